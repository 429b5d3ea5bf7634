// A page in plain JavaScript, inline, over BX24.js.

import { bx24AfterLoad } from './after-load.js';
import { listen } from './over-bx24.js';

bx24AfterLoad(() => listen());
