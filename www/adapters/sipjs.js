// A softphone by SIP.js. SIP.js speaks SIP; sockets, media, holds and repairs are ours (`signalling/`, `../media/`), because
// there both libraries leave the same things to be done. Options: `sipjs.d.ts`.

import { inPage } from './signalling/in-page.js';
import { readOptions } from './signalling/options.js';
import { Phone } from './signalling/phone.js';
import { Line } from './sipjs/line.js';

/** @type {import('./sipjs.js').default} */
export default async function sipjs(options, page) {
  return inPage(await readOptions('sipjs', options), page, Line);
}

/** @type {import('./sipjs.js').inHub} */
export async function inHub(options, page) {
  return new Phone(await readOptions('sipjs', options), page, Line);
}
