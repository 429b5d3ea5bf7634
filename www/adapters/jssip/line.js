// The operator's line by JsSIP: one account, registered over one socket.

import RTCSession from 'jssip/lib/RTCSession.js';
import RequestSender from 'jssip/lib/RequestSender.js';
import { OutgoingRequest } from 'jssip/lib/SIPMessage.js';
import UA from 'jssip/lib/UA.js';

import { problem } from '../lib/problem.js';
import { Leg } from './leg.js';

/** Longer than any call: `SipSocket` reconnects, and JsSIP's own attempts would come on top. */
const NEVER_S = 1e6;

export class Line {
  #ua;
  #options;
  #socket;
  #on;

  constructor(options, socket, on) {
    this.#options = options;
    this.#socket = socket;
    this.#on = on;
  }

  start() {
    const { uri, user, password, displayName, registerExpires, sessionTimers } = this.#options;
    const ua = new UA({
      sockets: [asJsSipSocket(this.#socket)],
      uri,
      authorization_user: user,
      password,
      ...(displayName && { display_name: displayName }),
      register: false,
      register_expires: registerExpires,
      session_timers: !!sessionTimers,
      no_answer_timeout: 600, // how long it rings is the caller's and the PBX's to say
      connection_recovery_min_interval: NEVER_S,
      connection_recovery_max_interval: NEVER_S,
      user_agent: 'b24-background-worker',
    });
    // JsSIP forgets the password for a digest of it in one realm, and could answer no other realm's challenge.
    const set = ua.set.bind(ua);
    ua.set = (key, value) => ['ha1', 'realm'].includes(key) || set(key, value);
    this.#ua = ua;
    ua.on('connected', () => this.#on.connected());
    ua.on('disconnected', () => this.#on.disconnected());
    ua.on('registered', () => this.#on.registered(true));
    ua.on('unregistered', () => this.#on.registered(false));
    ua.on('registrationFailed', () => this.#on.registered(false));
    ua.on('newRTCSession', ({ originator, session }) => {
      if (originator === 'remote' && !session.data.replaces) this.#on.incoming(new Leg(session, this.#options, true));
    });
    ua.start();
  }

  register() {
    this.#ua.register();
  }

  invite(target, media, { headers, sessionTimers } = {}) {
    const session = new RTCSession(this.#ua);
    const leg = new Leg(session, { ...this.#options, ...(sessionTimers && { sessionTimers }) }, false);
    leg.use(media);
    session.connect(target, { ...leg.callOptions, extraHeaders: headers });
    return leg;
  }

  /** Ends a dialog that JsSIP does not have, see `kept.js`. */
  bye({ dialog, remote, local, target, route }) {
    const params = {
      cseq: dialog.sequence, call_id: dialog.callId, route_set: route,
      from_uri: this.#ua.normalizeTarget(local), from_tag: dialog.localTag,
      to_uri: this.#ua.normalizeTarget(remote), to_tag: dialog.remoteTag,
    };
    const request = new OutgoingRequest('BYE', this.#ua.normalizeTarget(target), this.#ua, params);
    return new Promise((resolve, reject) => {
      const lost = () => reject(problem('UNREGISTERED', 'the connection to the SIP server is lost'));
      const heard = ({ status_code }) => status_code >= 200 && resolve();
      new RequestSender(this.#ua, request, { onReceiveResponse: heard, onAuthenticated() {}, onTransportError: lost, onRequestTimeout: lost }).send();
    });
  }

  get dialogs() {
    return Object.keys(this.#ua._dialogs).length;
  }

  stop() {
    this.#ua?.stop();
  }
}

/** JsSIP's idea of a socket, onto ours. */
function asJsSipSocket(socket) {
  const it = {
    via_transport: socket.protocol,
    get url() {
      return socket.url;
    },
    get sip_uri() {
      return `sip:${new URL(socket.url).host};transport=${socket.protocol.toLowerCase()}`;
    },
    onconnect() {},
    ondisconnect() {},
    ondata() {},
    connect() {
      socket.onopen = () => it.onconnect();
      socket.onclose = () => it.ondisconnect(true, 1006, '');
      socket.onmessage = (text) => it.ondata(text);
    },
    disconnect: () => socket.close(),
    send: (text) => socket.send(text),
    isConnected: () => socket.isOpen,
    isConnecting: () => !socket.isOpen,
  };
  return it;
}
