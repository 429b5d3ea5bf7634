// A page in plain JavaScript, inline, with BX24.js in a script element of its head before this.

import { listen } from './over-bx24.js';

listen();
