// What calls and registrations live through, told with JsSIP.
import { tell } from '../support/sip-story.mjs';
import { survival } from './survival.mjs';

await tell('jssip', [survival]);
