// A softphone by JsSIP. JsSIP speaks SIP; sockets, media, holds and repairs are ours (`signalling/`, `../media/`), because
// there both libraries leave the same things to be done. Options: `jssip.d.ts`.

import { Line } from './jssip/line.js';
import { inPage } from './signalling/in-page.js';
import { readOptions } from './signalling/options.js';
import { Phone } from './signalling/phone.js';

/** @type {import('./jssip.js').default} */
export default async function jssip(options, page) {
  return inPage(await readOptions('jssip', options), page, Line);
}

/** @type {import('./jssip.js').inHub} */
export async function inHub(options, page) {
  return new Phone(await readOptions('jssip', options), page, Line);
}
