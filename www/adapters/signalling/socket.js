// The WebSocket SIP goes through, opened again whenever it closes: with growing, jittered pauses, at
// once when the browser is back online, on to the next server where there are several. A socket that
// died without a word (a laptop that slept, another network) is found by pings and by the clock.
//
// A ping is two line ends, which many servers answer with one (RFC 5626 4.4.1) and nobody takes for an attack; where
// they are not answered, OPTIONS. A server that asks for a password is asked no more: whoever guards it counts such
// requests, and would lock out the whole office.

import { Backoff } from './backoff.js';

const CRLF = '\r\n';
/** What either side may ping with, and what it then wants to hear. */
const PING = CRLF + CRLF;
const PONG = CRLF;

/** Browsers let the timers of a page that is not seen run once a minute: that is not sleep yet. */
const HIDDEN_PAGE_MS = 90_000;

export class SipSocket {
  /** How SIP is to be told of it: `WS` or `WSS`. */
  protocol;
  /** Set by the SIP library's binding. */
  onopen = () => {};
  onclose = () => {};
  onmessage = () => {};
  /** Told of a server that could not even be connected to. */
  onunreachable = () => {};
  #servers;
  #turn = 0;
  #socket;
  #backoff;
  #timer;
  #closed = true;
  #ping;
  #beat;
  #pong;
  #ponged = false;
  /** What this server answers: line ends; or that it answers no OPTIONS but asks who we are. */
  #answersCrlf = false;
  #asksWho = false;
  #seen = 0;
  #connecting;
  #opened = false;

  #uri;
  #callId;

  constructor({ servers, uri, reconnect, ping }) {
    this.#uri = uri;
    this.#servers = servers;
    this.#backoff = new Backoff(reconnect);
    this.#ping = ping;
    this.protocol = servers[0].startsWith('wss:') ? 'WSS' : 'WS';
  }

  get url() {
    return this.#servers[this.#turn % this.#servers.length];
  }

  get isOpen() {
    return this.#opened && this.#socket?.readyState === WebSocket.OPEN;
  }

  open() {
    if (!this.#closed) return;
    this.#closed = false;
    addEventListener('online', this.#online);
    addEventListener('pagehide', this.#left);
    this.#seen = Date.now();
    this.#beat = setInterval(() => this.#check(), this.#ping.every);
    this.#connect();
  }

  send(text) {
    if (!this.isOpen) return false;
    this.#socket.send(text);
    return true;
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    removeEventListener('online', this.#online);
    removeEventListener('pagehide', this.#left);
    clearInterval(this.#beat);
    clearTimeout(this.#timer);
    this.#drop();
  }

  #connect() {
    clearTimeout(this.#timer);
    clearTimeout(this.#connecting);
    const socket = new WebSocket(this.url, 'sip');
    this.#socket = socket;
    // A network that swallows packets would keep the browser trying for minutes.
    this.#connecting = setTimeout(() => this.#drop(), this.#ping.deadline * 2);
    socket.onopen = () => {
      clearTimeout(this.#connecting);
      this.#backoff.reset();
      this.#opened = true;
      this.#ponged = false;
      this.onopen();
      this.#probe(); // does it answer pings?
    };
    socket.onmessage = async ({ data }) => {
      const text = typeof data === 'string' ? data : await data.text();
      if (socket !== this.#socket) return;
      clearTimeout(this.#pong);
      this.#pong = undefined;
      if (this.#callId && text.includes(this.#callId)) this.#answered(text);
      else if (text === PING) socket.send(PONG);
      else if (text === PONG) this.#answersCrlf = this.#ponged = true;
      else this.onmessage(text);
    };
    // `error` is always followed by `close`.
    socket.onclose = () => socket === this.#socket && this.#lost();
  }

  /** Gives the socket up without waiting for its closing handshake, which a dead one never answers. */
  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#lost();
  }

  #lost() {
    const wasOpen = this.#opened;
    this.#socket = undefined;
    this.#opened = false;
    clearTimeout(this.#pong);
    clearTimeout(this.#connecting);
    this.#pong = undefined;
    if (!wasOpen && !this.#closed) this.onunreachable(this.url);
    if (!this.#closed) {
      this.#turn++;
      this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
    }
    if (wasOpen) this.onclose();
  }

  #check() {
    const now = Date.now();
    const slept = now - this.#seen > 2 * this.#ping.every + HIDDEN_PAGE_MS;
    this.#seen = now;
    if (slept) this.#online();
    else this.#probe();
  }

  #answered(text) {
    this.#ponged = true;
    if (!/^SIP\/2\.0 (401|403|407)/.test(text)) return;
    this.#asksWho = true;
    this.#ponged = this.#answersCrlf;
  }

  #probe() {
    if (!this.isOpen) return;
    this.#socket.send(PING);
    if (!this.#answersCrlf && !this.#asksWho) this.#options();
    if (this.#ponged) this.#pong ??= setTimeout(() => this.#drop(), this.#ping.deadline);
  }

  /**
   * OPTIONS that may not be passed on (Max-Forwards: 0): the server itself must answer it, with
   * whatever status. Only a server that has answered one, and does no longer, is taken for dead.
   */
  #options() {
    const token = () => Math.random().toString(36).slice(2);
    this.#callId = `ping-${token()}`;
    const lines = [
      `OPTIONS sip:${this.#uri.split('@')[1]} SIP/2.0`,
      `Via: SIP/2.0/${this.protocol} ${token()}.invalid;branch=z9hG4bK${token()};rport`,
      'Max-Forwards: 0',
      `From: <${this.#uri}>;tag=${token()}`,
      `To: <${this.#uri}>`,
      `Call-ID: ${this.#callId}`,
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
    ];
    this.send(lines.join(CRLF) + CRLF + CRLF);
  }

  // A page that the browser keeps for its Back button answers nobody: the server must not think so.
  // What was sent before, as the sign-off, still goes out.
  #left = () => this.#drop();

  // Awake, or online, again. An open socket may belong to the network before.
  #online = () => {
    this.#backoff.reset();
    if (!this.isOpen) {
      if (!this.#socket) this.#connect();
    } else if (this.#ponged) {
      this.#probe();
    } else {
      this.#turn--; // no fault of this server
      this.#drop();
    }
  };
}
