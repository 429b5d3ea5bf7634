// Headers of the application's in an INVITE. What they may not be, is SIP's own to say.

import { problem } from '../lib/problem.js';

export const isHeaderName = (name) => typeof name === 'string' && /^[\w.!%*+`'~-]+$/.test(name);

/** What makes an INVITE what it is: a second one would be another call, or none. */
const SIPS_OWN = /^(via|v|from|f|to|t|call-id|i|cseq|contact|m|route|record-route|max-forwards|content-(length|type|encoding|disposition)|l|c|e|(proxy-)?authorization|require|replaces|session-expires|x|min-se)$/i;

/** @param {Record<string, string>} headers @returns {string[]} the lines */
export function headerLines(headers = {}) {
  return Object.entries(headers).map(([name, value]) => {
    if (!isHeaderName(name)) throw problem('BAD_HEADER', `"${name}" is no name of a header`);
    if (SIPS_OWN.test(name)) throw problem('BAD_HEADER', `the header ${name} is not the application's to set`);
    return `${name}: ${String(value).replace(/[\r\n]+/g, ' ')}`;
  });
}
