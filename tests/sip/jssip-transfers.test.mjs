// Every story of a transfer, told with JsSIP.
import { tell } from '../support/sip-story.mjs';
import { transfers } from './transfers.mjs';

await tell('jssip', [transfers]);
