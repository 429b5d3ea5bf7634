// Stories of calls that are spoken in one page after another, told with JsSIP.
import { tell } from '../support/sip-story.mjs';
import { seat } from './seat.mjs';

await tell('jssip', [seat], { hub: true });
