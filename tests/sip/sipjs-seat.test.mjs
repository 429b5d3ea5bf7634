// Stories of calls that are spoken in one page after another, told with SIP.js.
import { tell } from '../support/sip-story.mjs';
import { seat } from './seat.mjs';

await tell('sipjs', [seat], { hub: true });
