// What somebody dials: typed, pasted from a letter or a web page, or clicked as a `tel:` link. Out of it
// come the number, and what is to be sent as tones once it has answered: an extension, a PIN.
//
// Only the writing is understood here. Which prefix gets an outside line, and what a number without a
// country means, are rules of one PBX: see the option `numbering`.

import { problem } from '../lib/problem.js';

/** What stands before an extension, in the languages whose numbers we were shown. */
const EXTENSION = /^(.*?\d[\s)./-]*)[,;]?\s*(?:extension|ext|extn|poste|int|interno|dw|durchwahl|доб|добавочный|вн|внутр|x)[\s.:=№]*(\d+)$/iu;
/** Pauses as phones write them: `,` or `p` for a moment, `;` or `w` until somebody asks for the rest. */
const PAUSE = /^([+*#\d\s()./-]*\d[\s)./-]*)([,;pw][\s,;pw\d*#A-D-]*)$/i;
const WRITTEN = /^[+*#\d\s()./-]+$/;

/**
 * @param {string} text
 * @returns {{ number: string, tones: string }} `number` may also be a name or a SIP address; `tones` as
 *   RTCDTMFSender takes them, `,` for a pause of two seconds
 */
export function dialled(text) {
  const plain = legible(String(text));
  if (/^sips?:/i.test(plain)) return { number: plain, tones: '' };
  if (/^(tel|callto|phone):/i.test(plain)) return link(plain.replace(/^\w+:(\/\/)?/, ''));
  if (/^[^@\s]+@[^@\s]+$/.test(plain)) return { number: `sip:${plain}`, tones: '' };
  return written(plain);
}

/** One way to write each digit, space and dash, and nothing that can't be seen. */
function legible(text) {
  return text
    .normalize('NFKC') // full-width digits and signs
    .replace(/\p{Cf}|\u00ad/gu, '') // directional marks, joiners, soft hyphens: pasted along, and invisible
    .replace(/\p{Nd}/gu, (digit) => digitValue(digit))
    .replace(/[\p{Pd}\u2212\u2043]/gu, '-')
    .replace(/[\p{Zs}\t]+/gu, ' ')
    .trim();
}

/** Decimal digits stand in rows of ten, each row from 0 to 9. */
function digitValue(digit) {
  const code = digit.codePointAt(0);
  if (code < 0x80) return digit;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String(code - zero);
}

/** A `tel:` URI (RFC 3966), as it stands in links. */
function link(text) {
  let decoded = text;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    // not encoded, then
  }
  const [first, ...parameters] = legible(decoded).split(/;(?=[a-z-]+=|[a-z-]+(?:;|$))/i);
  const { number, tones } = written(first);
  const parameter = (name) => parameters.map((it) => it.split('=')).find(([key]) => key.toLowerCase() === name)?.[1];
  const extension = parameter('ext')?.replace(/[^\d*#]/g, '');
  const post = parameter('postd');
  return { number, tones: tones || (post ? pauses(post) : extension ? `,${extension}` : '') };
}

function written(text) {
  const extension = EXTENSION.exec(text);
  if (extension && WRITTEN.test(extension[1])) return { number: digits(extension[1]), tones: `,${extension[2]}` };
  const paused = PAUSE.exec(text);
  if (paused) return { number: digits(paused[1]), tones: pauses(paused[2]) };
  // Numbers are written with all kinds of gaps; names are dialled as they are.
  const number = WRITTEN.test(text) ? digits(text) : text;
  if (!/^[+*#\w.~!$&'=-]+$/.test(number)) refuse();
  return { number, tones: '' };
}

/** `(0)` after a country is what one dials within it, and never with it. */
function digits(text) {
  const bare = text.replace(/^(\s*\+\s*\d[\d\s]*)\(0\)/, '$1').replace(/[\s().\/-]/g, '');
  if (!/^\+?[\d*#]+$/.test(bare) || !/[\d*#]/.test(bare)) refuse();
  return bare;
}

function pauses(text) {
  const tones = text.replace(/[\s-]/g, '').replace(/[;pw]/gi, ',').toUpperCase();
  return /[\d*#A-D]/.test(tones) ? tones : '';
}

function refuse() {
  throw problem('BAD_NUMBER', 'this can\'t be dialled: it is neither a number nor a SIP address');
}

/** What was dialled as a SIP address: a number or a name at our own domain, an address as it is. */
export function target(text, domain, numbering = (number) => number) {
  const { number } = dialled(text);
  if (/^sips?:/i.test(number)) return number;
  return `sip:${String(numbering(number)).replace(/#/g, '%23')}@${domain}`;
}
