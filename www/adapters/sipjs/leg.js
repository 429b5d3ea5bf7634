// One leg of a call by SIP.js: a dialog with the far end.

import { SessionState } from 'sip.js/lib/api/session-state.js';
import { UserAgent } from 'sip.js/lib/api/user-agent.js';

import { glare, problem } from '../lib/problem.js';
import { optionTags, replaces } from '../signalling/dialog.js';
import { referredBy } from '../signalling/referred-by.js';

export class Leg {
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
