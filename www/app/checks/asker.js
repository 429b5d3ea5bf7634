// The least of a SIP client: asks a server something outside of any call, and knows the password when it is asked for one.
// It goes by the same socket and border as the softphone, and leaves nothing behind at the server.

import { DigestAuthentication } from 'sip.js/lib/core/messages/digest-authentication.js';

import { Border } from '../../adapters/signalling/border.js';
import { readDigest } from '../../adapters/signalling/challenge.js';
import { Message } from '../../adapters/signalling/message.js';
import { SipSocket } from '../../adapters/signalling/socket.js';

const CRLF = '\r\n';
/** It does not last: nothing is to be opened again, and no ping is due. */
const NEVER_MS = 1e9;
const token = () => Math.random().toString(36).slice(2);
const quiet = { getLogger: () => ({ warn() {} }) };

export class Asker {
  #options;
  #socket;
  #answers = new Map();
  /** Resolves when the server is there; rejects with the address that is not. */
  connected;

  /** @param {{ server: string, uri: string, user: string, password: string }} options */
  constructor(options) {
    this.#options = options;
    const reconnect = { first: NEVER_MS, last: NEVER_MS };
    const socket = new SipSocket({ servers: [options.server], uri: options.uri, reconnect, ping: { every: NEVER_MS, deadline: NEVER_MS } });
    this.#socket = new Border(socket, options, { heard() {}, sent() {}, problem() {} });
    this.#socket.onmessage = (text) => {
      const message = Message.read(text);
      if (message?.status >= 200) this.#answers.get(message.get('cseq'))?.(message);
    };
    this.connected = new Promise((resolve, reject) => {
      this.#socket.onopen = resolve;
      socket.onunreachable = reject;
    });
    this.#socket.open();
  }

  /**
   * @param {string} method
   * @param {string} uri whom
   * @returns {Promise<Message>} the last answer, where need be after it was told the password: 401 and 407 are of one who knows it
   */
  async ask(method, uri) {
    const callId = `${token()}@self-test.invalid`;
    const from = token();
    const credentials = [];
    let stale = false;
    for (let cseq = 1; ; cseq++) {
      const answer = await this.#send(method, uri, { callId, from, cseq, credentials });
      const [header, ours] = answer.status === 401 ? ['www-authenticate', 'Authorization'] : ['proxy-authenticate', 'Proxy-Authorization'];
      const challenge = [401, 407].includes(answer.status) && readDigest(answer.get(header));
      const again = challenge && (credentials.length === 0 || (!stale && challenge.get('stale') === 'true'));
      if (!again) return answer;
      stale = credentials.length > 0;
      const { user, password } = this.#options;
      const digest = new DigestAuthentication(quiet, undefined, user, password);
      if (!digest.authenticate({ method, ruri: uri }, Object.fromEntries(challenge))) return answer;
      credentials.splice(0, 1, `${ours}: ${digest}`);
    }
  }

  #send(method, uri, { callId, from, cseq, credentials }) {
    const { protocol } = this.#socket;
    const answered = new Promise((resolve) => this.#answers.set(`${cseq} ${method}`, resolve));
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/${protocol} ${token()}.invalid;branch=z9hG4bK${token()};rport`,
      'Max-Forwards: 70',
      `From: <${this.#options.uri}>;tag=${from}`,
      `To: <${method === 'REGISTER' ? this.#options.uri : uri}>`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      ...credentials,
      'Content-Length: 0',
    ];
    this.#socket.send(lines.join(CRLF) + CRLF + CRLF);
    return answered;
  }

  close() {
    this.#socket.close();
  }
}
