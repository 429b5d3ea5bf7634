// A softphone by SIP.js. SIP.js speaks SIP; sockets, media, holds and repairs are ours (`signalling/`, `../media/`), because
// there both libraries leave the same things to be done. Options: `sipjs.d.ts`.

import { EmitterImpl } from 'sip.js/lib/api/emitter.js';
import { Inviter } from 'sip.js/lib/api/inviter.js';
import { Registerer } from 'sip.js/lib/api/registerer.js';
import { RegistererState } from 'sip.js/lib/api/registerer-state.js';
import { SessionState } from 'sip.js/lib/api/session-state.js';
import { TransportState } from 'sip.js/lib/api/transport-state.js';
import { SIPExtension } from 'sip.js/lib/api/user-agent-options.js';
import { UserAgent } from 'sip.js/lib/api/user-agent.js';

import { readOptions } from './signalling/options.js';
import { inPage } from './signalling/in-page.js';
import { Phone } from './signalling/phone.js';
import { glare, problem } from './lib/problem.js';
import { optionTags, replaces } from './signalling/dialog.js';
import { referredBy } from './signalling/referred-by.js';

/** @type {import('./sipjs.js').default} */
export default async function sipjs(options, page) {
  return inPage(await readOptions('sipjs', options), page, Line);
}

/** @type {import('./sipjs.js').inHub} */
export async function inHub(options, page) {
  return new Phone(await readOptions('sipjs', options), page, Line);
}

class Line {
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

/** SIP.js's idea of a transport, onto our socket. */
class Transport {
  state = TransportState.Disconnected;
  stateChange = new EmitterImpl();
  onConnect;
  onDisconnect;
  onMessage;
  #socket;

  constructor(_logger, { socket }) {
    this.#socket = socket;
    this.protocol = socket.protocol;
    socket.onopen = () => {
      this.#turn(TransportState.Connected);
      this.onConnect?.();
    };
    socket.onclose = () => {
      this.#turn(TransportState.Disconnected);
      this.onDisconnect?.(new Error('the connection is lost'));
    };
    socket.onmessage = (text) => this.onMessage?.(text);
  }

  // Opening, and opening again, is the socket's own doing.
  async connect() {}
  async disconnect() {
    this.#socket.close();
  }
  dispose() {
    return this.disconnect();
  }
  isConnected() {
    return this.#socket.isOpen;
  }
  async send(text) {
    if (!this.#socket.send(text)) throw new Error('there is no connection');
  }
  #turn(state) {
    this.state = state;
    this.stateChange.emit(state);
  }
}

/** SIP.js's idea of media, onto ours. */
class Descriptions {
  #session;
  #leg;

  constructor(session, leg) {
    this.#session = session;
    this.#leg = leg;
  }

  get #media() {
    return this.#leg.media;
  }

  async getDescription() {
    const { dialog } = this.#session;
    const asked = dialog ? dialog.signalingState === 'HaveRemoteOffer' : this.#media.signalingState === 'have-remote-offer';
    return { body: await this.#media.describe(asked ? 'answer' : 'offer'), contentType: 'application/sdp' };
  }

  hasDescription(type) {
    return type === 'application/sdp';
  }

  async setDescription(sdp) {
    const isAnswer = this.#isAnswer();
    try {
      await this.#media.take(isAnswer ? 'answer' : 'offer', sdp);
    } catch (error) {
      // SIP.js would hang up, because a change could not be made: the call is what it was before.
      if (!isAnswer || this.#session.state !== SessionState.Established) throw error;
      this.#leg.notTaken(error);
    }
  }

  /** SIP.js does not say which: an offer may come while ours is not sent yet. */
  #isAnswer() {
    const { dialog, state } = this.#session;
    if (dialog?.signalingState === 'HaveRemoteOffer') return false;
    const calling = this.#session instanceof Inviter && state === SessionState.Establishing;
    return calling || this.#media.signalingState === 'have-local-offer';
  }

  rollbackDescription() {
    return this.#media.rollback();
  }

  sendDtmf() {
    return false;
  }

  // The media goes when the call does.
  close() {}
}

class Leg {
  on = {};
  media;
  #session;
  #follow;
  #answered = false;
  #ours = false;
  #cause;
  #unheard = false;
  #bad;
  #supported = [];
  #waiting = new Set();

  constructor(session, incoming, media, follow) {
    this.#session = session;
    this.incoming = incoming;
    this.media = media;
    this.#follow = follow;
    // SIP.js leaves the brackets out, without which a `?Replaces=` does not belong to the address.
    session.referToString = (to) => `<${to}>`;
    if (incoming) this.#supported = optionTags(session.request.getHeaders('supported'));
    this.#hear();
  }

  get callId() {
    return this.#session.request.callId;
  }
  get number() {
    return this.#session.remoteIdentity.uri.user ?? '';
  }
  get displayName() {
    return this.#session.remoteIdentity.displayName || undefined;
  }
  /** Who has transferred the caller here. */
  get transferredBy() {
    return this.incoming ? referredBy(this.#session.request.getHeader('Referred-By')) : undefined;
  }
  get remoteAddress() {
    return this.#session.remoteIdentity.uri.toRaw();
  }
  get gone() {
    return this.#session.state === SessionState.Terminated && !this.#unheard;
  }
  /** An answer to a change of ours could not be taken. */
  notTaken = (error) => (this.#bad = error);

  /** Where the far end itself is to be reached: its Contact. */
  get remoteTarget() {
    return this.#session.dialog?.remoteTarget?.toRaw();
  }
  /** SIP.js knows no session timers. */
  needsRefresh = true;

  /** What of the dialog another one must know to take its place, or to end it. */
  get dialog() {
    const { callId, localTag, remoteTag, localSequenceNumber, localURI, remoteURI, remoteTarget, routeSet } = this.#session.dialog.dialogState;
    return {
      dialog: { callId, localTag, remoteTag, sequence: localSequenceNumber ?? 0 },
      local: localURI.toString(),
      remote: remoteURI.toString(),
      target: remoteTarget.toString(),
      route: [...routeSet],
      supported: this.#supported,
    };
  }

  use(media) {
    this.media = media;
  }

  invite() {
    const session = this.#session;
    // SIP.js ends a call that one branch of a fork answers after another was heard early.
    const accepted = session.onAccept.bind(session);
    session.onAccept = (response) => {
      this.#supported = optionTags(response.message.getHeaders('supported'));
      if (session.earlyMediaDialog !== response.session) session.earlyMediaDialog = undefined;
      return accepted(response);
    };
    const requestDelegate = {
      onProgress: ({ message }) => this.on.progress?.(!!message.body),
      onReject: ({ message }) => (this.#cause ??= { by: 'remote', status: message.statusCode }),
      onRedirect: ({ message }) => (this.#cause ??= { by: 'remote', status: message.statusCode }),
    };
    session.invite({ requestDelegate }).catch((error) => {
      this.#cause ??= { by: 'error', code: error.code ?? 'SIP', text: error.message };
    });
  }

  async answer(media) {
    this.media = media;
    await this.#session.accept();
  }

  reject(statusCode) {
    this.#ours = true;
    this.#session.reject({ statusCode }).catch(() => {});
  }

  async end() {
    const session = this.#session;
    if (this.gone) return;
    this.#ours = true;
    switch (session.state) {
      case SessionState.Initial:
      case SessionState.Establishing:
        return this.incoming ? session.reject({ statusCode: 480 }) : session.cancel();
      case SessionState.Established:
        return this.#bye((options) => session.bye(options));
      default:
        // Its BYE was lost with the connection; SIP.js believes it is over.
        if (this.#unheard) return this.#bye(async ({ requestDelegate }) => session.dialog.bye(requestDelegate));
    }
  }

  async #bye(send) {
    this.#unheard = true;
    await this.#answerTo((settle, fail) => {
      const onReject = ({ message }) => ([408, 503].includes(message.statusCode) ? fail(message.statusCode) : settle());
      send({ requestDelegate: { onAccept: settle, onReject } }).catch(() => fail());
    });
    this.#unheard = false;
  }

  forget() {
    this.#unheard = false;
    if (this.#session.state !== SessionState.Terminated) this.#session.dispose().catch(() => {});
  }

  /** The connection is lost, and with it every answer that was to come. */
  lost() {
    for (const fail of this.#waiting) fail();
  }

  async reinvite() {
    const session = this.#session;
    if (session.pendingReinvite || session.dialog?.signalingState !== 'Stable') {
      throw glare();
    }
    this.#bad = undefined;
    await this.#answerTo((settle, fail) => {
      const requestDelegate = { onAccept: settle, onReject: ({ message }) => fail(message.statusCode) };
      // What can't even be sent met a change of the other side's.
      session.invite({ requestDelegate }).catch((error) => fail(error.status ?? (session.state === SessionState.Established ? 491 : undefined)));
    }).finally(() => (session.pendingReinvite = false));
    if (this.#bad) throw problem('NOT_TAKEN', `the other side's answer can't be taken: ${this.#bad.message}`);
  }

  info(contentType, content) {
    return this.#answerTo((settle, fail) => {
      const requestOptions = { body: { contentDisposition: 'render', contentType, content } };
      this.#session.info({ requestOptions, requestDelegate: { onAccept: settle, onReject: ({ message }) => fail(message.statusCode) } }).catch(() => fail());
    });
  }

  /** A request whose answer may never come, because the connection breaks. */
  #answerTo(send) {
    return new Promise((resolve, reject) => {
      const fail = (status) => {
        this.#waiting.delete(fail);
        reject(problem('REFUSED', `it was not accepted${status ? ` (${status})` : ''}`, { status }));
      };
      this.#waiting.add(fail);
      send(() => {
        this.#waiting.delete(fail);
        resolve();
      }, fail);
    });
  }

  /** Resolves when the target has answered. `other` is the leg the target is to be spoken to on. */
  refer(target, other) {
    const to = UserAgent.makeURI(other ? `${target}?Replaces=${encodeURIComponent(replaces(other))}` : target);
    return new Promise((resolve, reject) => {
      const refused = (status) => reject(problem('TRANSFER', `the transfer was refused${status ? ` (${status})` : ''}`, { status }));
      this.#session.stateChange.addListener((state) => state === SessionState.Terminated && resolve());
      const onNotify = (notification) => {
        notification.accept();
        const status = Number(/^SIP\/2\.0 (\d{3})/.exec(notification.request.body)?.[1]);
        if (status >= 300) refused(status);
        else if (status >= 200) resolve();
      };
      this.#session
        .refer(to, { onNotify, requestDelegate: { onReject: ({ message }) => refused(message.statusCode) } })
        .catch(() => refused());
    });
  }

  #hear() {
    const session = this.#session;
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) {
        this.#answered = true;
        this.on.answered?.();
      } else if (state === SessionState.Terminated) {
        // The response that ended it is told after the end.
        queueMicrotask(() => this.on.ended?.(this.#why()));
      }
    });
    session.delegate = {
      onBye: (bye) => {
        this.#cause = { by: 'remote' };
        void bye.accept();
      },
      onCancel: () => (this.#cause = { by: 'remote', status: 487 }),
      onRefer: (referral) => this.#referred(referral),
    };
  }

  #referred(referral) {
    const { uri, displayName } = referral.referTo;
    this.on.refer?.({
      number: uri.user ?? '',
      displayName: displayName || undefined,
      refuse: () => void referral.reject({ statusCode: 603 }),
      accept: (media) => {
        void referral.accept();
        const leg = this.#follow(referral.makeInviter({ earlyMedia: true }), media);
        leg.invite();
        return leg;
      },
    });
  }

  #why() {
    if (this.#ours) return { by: 'local' };
    return this.#cause ?? (this.#answered ? { by: 'error', code: 'SIP', text: 'the call was lost' } : { by: 'error', code: 'SIP', text: 'the call could not be made' });
  }
}
