import type { AdapterPage } from '../../softphone.js';
import type { SipSoftphone } from '../sip-options.js';
import type { ReadSipOptions } from './options.js';
import type { LineClass } from './phone.js';

/** The whole phone in one page: signalling and media. */
export function inPage(options: ReadSipOptions, page: AdapterPage | undefined, Line: LineClass): SipSoftphone;
