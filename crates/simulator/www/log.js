// The message log. Tokens never leave the page: every long run of hex digits is cut first.

import { send } from './server.js';

const TOKEN = /[0-9a-fA-F]{41,}/g;

/** `text` without tokens. */
export const masked = (text) => String(text).replace(TOKEN, (token) => `${token.slice(0, 4)}…`);

/** Writes one line: kind `in`, `out`, `push`, `clock` or `note`. */
export function log(kind, name, text, sid = '') {
  send({ type: 'log', entry: { kind, name: String(name), text: masked(text), sid } });
}
