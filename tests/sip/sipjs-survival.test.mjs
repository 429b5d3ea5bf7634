// What calls and registrations live through, told with SIP.js.
import { tell } from '../support/sip-story.mjs';
import { survival } from './survival.mjs';

await tell('sipjs', [survival]);
