// What PBXs and carriers say, told to JsSIP.
import { tell } from '../support/sip-story.mjs';
import { pbx } from './pbx.mjs';

await tell('jssip', [pbx]);
