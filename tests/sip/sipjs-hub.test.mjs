// The stories of a call whose signalling runs in a SharedWorker, told with SIP.js.
import { tell } from '../support/sip-story.mjs';
import { calls } from './calls.mjs';
import { survival } from './survival.mjs';
import { transfers } from './transfers.mjs';

await tell('sipjs', [calls, transfers, survival], { hub: true });
