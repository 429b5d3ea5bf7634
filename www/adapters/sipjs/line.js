// The operator's line by SIP.js: one account, registered over one socket.

import { Inviter } from 'sip.js/lib/api/inviter.js';
import { Registerer } from 'sip.js/lib/api/registerer.js';
import { RegistererState } from 'sip.js/lib/api/registerer-state.js';
import { SessionState } from 'sip.js/lib/api/session-state.js';
import { SIPExtension } from 'sip.js/lib/api/user-agent-options.js';
import { UserAgent } from 'sip.js/lib/api/user-agent.js';

import { Descriptions } from './descriptions.js';
import { Leg } from './leg.js';
import { Transport } from './transport.js';

export class Line {
  #options;
  #socket;
  #on;
  #agent;
  #registerer;
  #legs = new Map();

  constructor(options, socket, on) {
    this.#options = options;
    this.#socket = socket;
    this.#on = on;
  }

  start() {
    const { uri, user, password, displayName, registerExpires } = this.#options;
    const instanceId = UserAgent.newUUID();
    this.#agent = new UserAgent({
      uri: UserAgent.makeURI(uri),
      authorizationUsername: user,
      authorizationPassword: password,
      // SIP.js puts it between quotes as it is.
      ...(displayName && { displayName: displayName.replace(/[\\"]/g, '\\$&') }),
      instanceId,
      gracefulShutdown: false,
      logBuiltinEnabled: false, // it would log passwords and numbers
      sessionDescriptionHandlerFactory: (session) => new Descriptions(session, this.#legs.get(session)),
      sipExtensionReplaces: SIPExtension.Supported,
      transportConstructor: Transport,
      transportOptions: { socket: this.#socket },
      userAgentString: 'b24-background-worker',
      delegate: {
        onConnect: () => this.#on.connected(),
        onDisconnect: () => {
          for (const leg of this.#legs.values()) leg.lost();
          this.#on.disconnected();
        },
        onInvite: (invitation) => this.#invited(invitation),
      },
    });
    this.#registerer = new Registerer(this.#agent, { expires: registerExpires, instanceId, regId: 1, logConfiguration: false });
    this.#registerer.stateChange.addListener((state) => {
      // Also when it refreshes by itself, which no delegate is told of.
      if (state === RegistererState.Registered) this.#on.registered(true);
      if (state === RegistererState.Unregistered) this.#on.registered(false);
    });
    void this.#agent.start();
  }

  register() {
    // After an outage SIP.js has not noticed, and so tells of no change.
    const told = () => this.#on.registered(true);
    const refused = () => this.#on.registered(false);
    // A REGISTER that was lost with its connection is waited for until it times out: not by us.
    this.#registerer._waiting = false;
    this.#registerer.register({ requestDelegate: { onReject: refused, onAccept: told } }).catch(() => {});
  }

  invite(target, media, { headers } = {}) {
    const inviter = new Inviter(this.#agent, UserAgent.makeURI(target), { earlyMedia: true, extraHeaders: headers });
    const leg = this.#leg(inviter, false, media);
    leg.invite();
    return leg;
  }

  /** Ends a dialog that SIP.js does not have, see `kept.js`. */
  bye({ dialog, remote, local, target, route }) {
    const core = this.#agent.userAgentCore;
    const [to, from, uri] = [remote, local, target].map((it) => UserAgent.makeURI(it));
    const options = { callId: dialog.callId, cseq: dialog.sequence, fromTag: dialog.localTag, toTag: dialog.remoteTag, routeSet: route };
    return new Promise((resolve) => {
      core.request(core.makeOutgoingRequestMessage('BYE', uri, from, to, options), { onAccept: resolve, onReject: resolve });
    });
  }

  get dialogs() {
    // Those of a fork's other branches are kept for half a minute, as RFC 3261 wants it.
    return [...this.#agent.userAgentCore.dialogs.values()].filter(({ early }) => !early).length;
  }

  async stop() {
    if (this.#registerer?.state === RegistererState.Registered && this.#socket.isOpen) {
      await new Promise((resolve) => {
        this.#registerer._waiting = false;
        const done = () => resolve();
        this.#registerer.unregister({ requestDelegate: { onAccept: done, onReject: done } }).catch(done);
      });
    }
    await this.#agent?.stop();
  }

  #invited(invitation) {
    const leg = this.#leg(invitation, true);
    const replaced = invitation.replacee && this.#legs.get(invitation.replacee);
    if (!replaced) return this.#on.incoming(leg);
    const { number, displayName } = leg;
    const answered = (media) => {
      leg.answer(media).catch(() => {});
      return leg;
    };
    replaced.on.replaced?.({ number, displayName, answered, refuse: () => leg.reject(486) });
  }

  #leg(session, incoming, media) {
    const leg = new Leg(session, incoming, media, (referred, media) => this.#leg(referred, false, media));
    this.#legs.set(session, leg);
    session.stateChange.addListener((state) => state === SessionState.Terminated && this.#legs.delete(session));
    return leg;
  }
}
