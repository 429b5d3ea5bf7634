// What goes between a SIP library and its socket. The libraries drop, without an answer, what they can't read: a
// caller behind a container's name, a name in unquoted UTF-8, a `tel:` URI. Here every message is made
// readable on its way in, and given back as it was on its way out; and what the libraries tell nobody of
// (who the other side is now, why it rang no longer) is heard.

import { isReadable, isReadableHost, readableName, readUri, split } from './address.js';
import { Challenges } from './challenge.js';
import { Message, parts } from './message.js';
import { problem } from '../lib/problem.js';

/** How long a library may take until it answers an INVITE somehow. */
const SILENCE_MS = 2000;
/** How many substitutes for addresses are remembered. */
const KEPT = 500;
const SUBSTITUTE = /(?:sip:x@)?a(\d+)\.alias\.invalid/g;

export class Border {
  /** Set by the SIP library's binding. */
  onopen = () => {};
  onclose = () => {};
  onmessage = () => {};
  #socket;
  #uri;
  #user;
  #on;
  #challenges;
  /** The user of the Contact we registered with. */
  #contact;
  #originals = new Map();
  #substitutes = new Map();
  #count = 0;
  #sending = Promise.resolve();
  #busy = 0;
  /** INVITEs nobody has answered yet, by the branch of their Via. */
  #unanswered = new Map();
  /** The branches of UPDATEs and INFOs that only tell something. */
  #tellings = new Set();

  /**
   * @param socket a `SipSocket`
   * @param {{ uri: string, password: string }} options
   * @param {{ heard(message: Message): void, sent(message: Message): void, problem(error: Error): void }} on `heard` is
   *   told before the library is
   */
  constructor(socket, { uri, password }, on) {
    this.#socket = socket;
    this.#uri = uri;
    this.#user = readUri(uri).user;
    this.#on = on;
    this.#challenges = new Challenges(password);
    socket.onopen = () => this.onopen();
    socket.onclose = () => {
      for (const timer of this.#unanswered.values()) clearTimeout(timer);
      this.#unanswered.clear();
      this.onclose();
    };
    socket.onmessage = (text) => this.#incoming(text);
  }

  /** Whether this is the user of the Contact that the library made up for us, which names nobody. */
  isOurContact(user) {
    return user === this.#contactUser && user !== this.#user;
  }

  get #contactUser() {
    return readUri(split(this.#contact).uri).user;
  }

  get protocol() {
    return this.#socket.protocol;
  }
  get url() {
    return this.#socket.url;
  }
  get isOpen() {
    return this.#socket.isOpen;
  }
  open() {
    this.#socket.open();
  }
  close() {
    this.#socket.close();
  }

  // ---- from the library

  send(text) {
    if (!this.isOpen) return false;
    const message = Message.read(text);
    if (!message) return this.#socket.send(text);
    this.#answered(message);
    if (message.status >= 200 && this.#tellings.delete(branchOf(message)) && isNoUnderstanding(message.status)) return this.#socket.send(this.restored(taken(message, this.#contact)));
    if (message.method === 'REGISTER' && !message.status) this.#contact = message.get('contact') ?? this.#contact;
    const concerned = this.#challenges.concerns(message);
    const out = this.restored(text);
    this.#on.sent(message);
    if (!concerned && this.#busy === 0) return this.#socket.send(out);
    // What is said later must not overtake it.
    this.#busy++;
    this.#sending = this.#sending.then(async () => {
      const again = Message.read(out);
      if (concerned) await this.#challenges.answer(again);
      this.#busy--;
      this.#socket.send(concerned ? String(again) : out);
    });
    return true;
  }

  // ---- from the server

  #incoming(text) {
    const message = Message.read(text);
    if (!message) return this.#on.problem(problem('SIP_UNREADABLE', 'the SIP server sent something that is no SIP message'));
    this.#on.heard(Message.read(text)); // as it was said
    if (!message.status) this.#aim(message);
    else if (message.method === 'REGISTER') this.#findOurselves(message);
    if ([401, 407].includes(message.status)) this.#challenges.simplify(message);
    this.#describe(message);
    message.map(['via'], (via) => this.#readableVia(via));
    message.map(['from', 'to', 'refer-to'], (value) => this.#readable(value));
    message.map(['contact', 'record-route', 'route'], (value) => parts(value).map((it) => this.#readable(it)).join(', '));
    if (message.method === 'INVITE' && !message.status && !message.inDialog) this.#expectAnswer(message);
    if (!message.status && onlyTells(message)) this.#tellings.add(branchOf(message));
    this.onmessage(String(message));
  }

  /** Some servers keep the dialled number in the Request-URI, or put their own idea of us there: it is for us all the same. */
  #aim(message) {
    if (isReadable(message.uri) && [this.#user, this.#contactUser].includes(readUri(message.uri).user)) return;
    message.uri = this.#uri;
  }

  /** A 200 to REGISTER should list our Contact; some list it rewritten, or nothing. */
  #findOurselves(message) {
    if (message.status < 200 || message.status > 299 || !this.#contact) return;
    const { uri, rest } = split(this.#contact);
    const asked = /;\s*expires=(\d+)/i.exec(rest)?.[1];
    if (asked === '0') return;
    const listed = message.all('contact').flatMap((value) => parts(value));
    if (listed.some((it) => readUri(split(it).uri).user === this.#contactUser)) return;
    const granted = listed.map((it) => /;\s*expires=(\d+)/i.exec(it)?.[1]).find(Boolean) ?? message.get('expires') ?? asked;
    const ours = `<${uri}>${rest.replace(/;\s*expires=\d+/i, '')}${granted ? `;expires=${granted}` : ''}`;
    message.set('Contact', ...message.all('contact'), ours);
  }

  /** The libraries take a body for a description only where its type is `application/sdp` to the letter. */
  #describe(message) {
    const type = message.get('content-type');
    if (!type) return;
    const [kind, ...parameters] = type.split(';').map((it) => it.trim());
    let body;
    if (/^application\/sdp$/i.test(kind)) body = message.body;
    else if (/^multipart\//i.test(kind)) body = partOf(message.body, parameters);
    if (body === undefined) return;
    message.set('Content-Type', 'application/sdp');
    if (body === message.body) return;
    message.body = body;
    message.set('Content-Length', String(new TextEncoder().encode(body).length));
  }

  #readable(value) {
    if (value === '*') return value;
    const { name, uri, rest } = split(value);
    if (isReadable(uri)) {
      // Not touched where it can be read: what was signed, or is compared, stays as it is.
      const bare = !value.includes('<');
      const stated = bare ? '' : value.slice(0, value.indexOf(`<${uri}`));
      if (bare || /^\s*("([^"\\\r\n]|\\.)*"\s*)?$/.test(stated) || /^[\w.!%*+`'~\s-]*$/.test(stated)) return value;
    }
    return `${readableName(name)}<${isReadable(uri) ? uri : `sip:x@${this.#substitute(uri)}`}>${rest}`;
  }

  #readableVia(value) {
    return value.replace(/^(SIP\s*\/\s*2\.0\s*\/\s*\w+\s+)([^\s;,]+)/i, (all, protocol, sentBy) => {
      const [, host, port = ''] = /^(.*?)(:\d+)?$/.exec(sentBy);
      return isReadableHost(host) ? all : `${protocol}${this.#substitute(host)}${port}`;
    });
  }

  /** As its author said it: without our substitutes, which nobody else can read. */
  restored(text) {
    return text.replace(SUBSTITUTE, (alias, number) => this.#originals.get(Number(number)) ?? alias);
  }

  #substitute(original) {
    let number = this.#substitutes.get(original);
    if (number === undefined) {
      number = ++this.#count;
      this.#substitutes.set(original, number);
      this.#originals.set(number, original);
      if (this.#originals.size > KEPT) {
        const [oldest, uri] = this.#originals.entries().next().value;
        this.#originals.delete(oldest);
        this.#substitutes.delete(uri);
      }
    }
    return `a${number}.alias.invalid`;
  }

  // ---- no INVITE may vanish

  #expectAnswer(message) {
    const branch = branchOf(message);
    if (this.#unanswered.has(branch)) return;
    const timer = setTimeout(() => {
      this.#unanswered.delete(branch);
      this.#on.problem(problem('INVITE_UNREADABLE', 'a call came that could not be understood, and was refused'));
      this.#socket.send(this.restored(refusal(message)));
    }, SILENCE_MS);
    this.#unanswered.set(branch, timer);
  }

  #answered(message) {
    if (!message.status || message.method !== 'INVITE') return;
    const branch = branchOf(message);
    clearTimeout(this.#unanswered.get(branch));
    this.#unanswered.delete(branch);
  }
}

const branchOf = (message) => /;\s*branch=([^;,\s]+)/i.exec(message.get('via') ?? '')?.[1] ?? message.callId;

/**
 * An UPDATE without a description tells who is there now, or that a call is still wanted; an INFO of no package (RFC 6086)
 * tells what it tells. SIP.js takes neither, JsSIP no UPDATE before the answer; there is nothing in them to refuse.
 */
const onlyTells = (message) => (message.method === 'UPDATE' && !message.body) || (message.method === 'INFO' && !message.get('info-package'));

/** A refusal for want of understanding; that there is no such call is another matter. */
const isNoUnderstanding = (status) => status >= 300 && status !== 408 && status !== 481;

function taken(message, contact) {
  message.first = 'SIP/2.0 200 OK';
  if (contact) message.set('Contact', contact.replace(/>.*$/, '>'));
  return String(message);
}

function refusal(message) {
  const lines = [
    'SIP/2.0 400 Bad Request',
    ...message.all('via').map((via) => `Via: ${via}`),
    `From: ${message.get('from') ?? ''}`,
    `To: ${message.get('to') ?? ''};tag=${Math.random().toString(36).slice(2)}`,
    `Call-ID: ${message.callId ?? ''}`,
    `CSeq: ${message.get('cseq') ?? ''}`,
    'Content-Length: 0',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The description in a body of several parts (RFC 2046), as carriers send it beside other things. */
function partOf(body, parameters) {
  const boundary = parameters.map((it) => /^boundary=(.*)$/i.exec(it)?.[1]).find(Boolean)?.replace(/^"|"$/g, '');
  if (!boundary) return undefined;
  for (const part of `\r\n${body}`.split(`\r\n--${boundary}`).slice(1)) {
    const [head, ...rest] = part.replace(/^[ \t]*\r\n/, '').split('\r\n\r\n');
    if (/^content-type:\s*application\/sdp\b/im.test(head)) return `${rest.join('\r\n\r\n').trimEnd()}\r\n`;
  }
  return undefined;
}
