// Every story of a call, told with JsSIP.
import { tell } from '../support/sip-story.mjs';
import { calls } from './calls.mjs';

await tell('jssip', [calls]);
