// What PBXs and carriers say, told to SIP.js.
import { tell } from '../support/sip-story.mjs';
import { pbx } from './pbx.mjs';

await tell('sipjs', [pbx]);
