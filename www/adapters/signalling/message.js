// A SIP message as it came, read without judging it: the lines, in their order. The libraries' own parsers
// drop a message whose one header they can't read; here such a header can still be seen, and mended.

/** RFC 3261 7.3.3, RFC 3515, RFC 3892, RFC 4028, RFC 6665. */
const COMPACT = {
  v: 'via', f: 'from', t: 'to', i: 'call-id', m: 'contact', l: 'content-length', c: 'content-type', e: 'content-encoding',
  k: 'supported', s: 'subject', o: 'event', r: 'refer-to', b: 'referred-by', x: 'session-expires', u: 'allow-events',
};
const CRLF = '\r\n';

export class Message {
  /** The first line. */
  first;
  /** `[name as it stands, value]`, unfolded. */
  #lines;
  body;

  /** @returns {Message | undefined} nothing where there is not even a first line and an end of the headers */
  static read(text) {
    const end = text.indexOf(CRLF + CRLF);
    if (end < 0) return undefined;
    const [first, ...lines] = text.slice(0, end).replace(/\r\n[ \t]+/g, ' ').split(CRLF);
    if (!/^SIP\/2\.0 \d{3}|^[A-Z]+ \S.* SIP\/2\.0$/i.test(first)) return undefined;
    const message = new Message();
    message.first = first;
    message.#lines = lines.map((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [line, ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
    message.body = text.slice(end + 4);
    return message;
  }

  /** The status of a response; nothing of a request. */
  get status() {
    const status = /^SIP\/2\.0 (\d{3})/i.exec(this.first)?.[1];
    return status && Number(status);
  }

  /** What it asks for, or what it answers. */
  get method() {
    return this.status ? this.get('cseq')?.split(/\s+/)[1] : this.first.split(' ')[0];
  }

  get uri() {
    return this.status ? undefined : this.first.slice(this.first.indexOf(' ') + 1, this.first.lastIndexOf(' ')).trim();
  }

  set uri(uri) {
    this.first = `${this.method} ${uri} SIP/2.0`;
  }

  get callId() {
    return this.get('call-id');
  }

  /** Within a dialog: both ends have named it. */
  get inDialog() {
    return /;\s*tag=/i.test(this.get('to') ?? '');
  }

  get(name) {
    return this.all(name)[0];
  }

  /** Every value of a header, one a line. */
  all(name) {
    return this.#lines.filter(([is]) => canonical(is) === name.toLowerCase()).map(([, value]) => value);
  }

  /** Puts these values in the place of the header's own, one a line; none takes it out. */
  set(name, ...values) {
    const at = this.#lines.findIndex(([is]) => canonical(is) === name.toLowerCase());
    const rest = this.#lines.filter(([is]) => canonical(is) !== name.toLowerCase());
    rest.splice(at < 0 ? rest.length : at, 0, ...values.map((value) => [name, value]));
    this.#lines = rest;
  }

  /** Every header whose value is changed by `change`. */
  map(names, change) {
    this.#lines = this.#lines.map(([name, value]) => [name, names.includes(canonical(name)) ? change(value, canonical(name)) : value]);
  }

  toString() {
    return [this.first, ...this.#lines.map(([name, value]) => (value || canonical(name) !== name ? `${name}: ${value}` : `${name}:`))].join(CRLF) + CRLF + CRLF + this.body;
  }
}

const canonical = (name) => COMPACT[name.toLowerCase()] ?? name.toLowerCase();

/** The parts of a header's value between commas, or another sign, that stand outside of quotes and brackets. */
export function parts(value, sign = ',') {
  const found = [''];
  let quoted = false;
  let bracket = false;
  for (let i = 0; i < value.length; i++) {
    const char = value[i];
    if (quoted && char === '\\') {
      found[found.length - 1] += char + (value[++i] ?? '');
      continue;
    }
    if (char === '"' && !bracket) quoted = !quoted;
    if (!quoted && char === '<') bracket = true;
    if (!quoted && char === '>') bracket = false;
    if (char === sign && !quoted && !bracket) found.push('');
    else found[found.length - 1] += char;
  }
  return found.map((part) => part.trim()).filter(Boolean);
}
