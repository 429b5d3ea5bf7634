// Every story of a transfer, told with SIP.js.
import { tell } from '../support/sip-story.mjs';
import { transfers } from './transfers.mjs';

await tell('sipjs', [transfers]);
