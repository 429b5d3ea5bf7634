// Every story of a call, told with SIP.js.
import { tell } from '../support/sip-story.mjs';
import { calls } from './calls.mjs';

await tell('sipjs', [calls]);
