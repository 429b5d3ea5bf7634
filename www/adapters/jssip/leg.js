// One leg of a call by JsSIP: a dialog with the far end, and our media in the place of JsSIP's.

import RTCSession from 'jssip/lib/RTCSession.js';

import { glare, problem } from '../lib/problem.js';
import { optionTags, replaces } from '../signalling/dialog.js';
import { referredBy } from '../signalling/referred-by.js';
import { tame } from './tame.js';

/** What JsSIP asks of an RTCPeerConnection, onto our media, which goes when the call does. */
const asConnection = (media) => ({
  setRemoteDescription: ({ type, sdp }) => media.take(type, sdp),
  getSenders: () => [],
  close() {},
});

export class Leg {
  on = {};
  #session;
  #options;
  #media;
  #answered = false;
  #lost = () => {};
  #ours = false;
  #offering = false;
  /** Our offer met one of theirs. */
  #met = false;
  #supported = [];

  constructor(session, options, incoming) {
    this.#session = session;
    this.#options = options;
    this.incoming = incoming;
    tame(session, {
      describe: (type) => this.#media.describe(type),
      isOffering: () => this.#offering,
      failed: (error) => (this.#met = error.status === 491),
      refresh: () => this.on.refresh?.(),
      isUp: () => this.#answered,
      lost: () => this.#lost(),
    });
    this.#hear();
    if (incoming) this.#supported = optionTags(session._request?.getHeaders('supported'));
  }

  get callId() {
    return this.#session._request?.call_id;
  }
  get number() {
    return this.#session.remote_identity.uri.user ?? '';
  }
  get displayName() {
    return this.#session.remote_identity.display_name || undefined;
  }
  /** Who has transferred the caller here. */
  get transferredBy() {
    return this.incoming ? referredBy(this.#session._request?.getHeader('Referred-By')) : undefined;
  }
  get remoteAddress() {
    const { scheme, user, host, port } = this.#session.remote_identity.uri;
    return `${scheme}:${user}@${host}${port ? `:${port}` : ''}`;
  }
  /** Where the far end itself is to be reached: its Contact. */
  get remoteTarget() {
    return this.#session._dialog?._remote_target?.toString();
  }
  get gone() {
    return this.#session.isEnded();
  }
  get callOptions() {
    // The microphone is in our RTCPeerConnection already.
    const { sessionTimers } = this.#options;
    return {
      mediaConstraints: { audio: false, video: false },
      ...(sessionTimers && { sessionTimersExpires: sessionTimers }),
    };
  }
  /** What of the dialog another one must know to take its place, or to end it. */
  get dialog() {
    const { _dialog: dialog } = this.#session;
    const { call_id: callId, remote_tag: remoteTag, local_tag: localTag } = dialog.id;
    return {
      dialog: { callId, localTag, remoteTag, sequence: dialog.local_seqnum ?? 0 },
      local: dialog._local_uri.toString(),
      remote: dialog._remote_uri.toString(),
      target: dialog._remote_target.toString(),
      route: [...dialog._route_set],
      supported: this.#supported,
    };
  }

  /** Takes our media in place of the RTCPeerConnection that JsSIP would make. */
  use(media) {
    this.#media = media;
    this.#session._connection = asConnection(media);
  }

  answer(media) {
    this.use(media);
    this.#session.answer(this.callOptions);
  }

  reject(status) {
    if (!this.gone) this.#session.terminate({ status_code: status });
  }

  /** CANCEL or BYE, whichever is due. Resolves when the far end has heard it. */
  async end() {
    const session = this.#session;
    const { STATUS_CONFIRMED } = RTCSession.C;
    if (session.isEnded()) return;
    this.#ours = true;
    if (session.status !== STATUS_CONFIRMED) return session.terminate();
    await this.#request('BYE', {}, true); // refused or not, it was heard
  }

  /** Nothing more is to be sent. */
  forget() {
    if (!this.#session.isEnded()) this.#session._ended('local', null, 'Terminated');
  }

  async reinvite() {
    const session = this.#session;
    if (session.status !== RTCSession.C.STATUS_CONFIRMED || !session.isReadyToReOffer()) {
      throw glare();
    }
    this.#offering = true;
    this.#met = false;
    let over;
    await new Promise((resolve, reject) => {
      over = () => reject(problem('CLOSED', 'the call ended meanwhile'));
      session.on('ended', over);
      this.#lost = () => reject(problem('UNREGISTERED', 'the SIP server does not answer'));
      session._sendReinvite({
        eventHandlers: {
          succeeded: resolve,
          // Without a response nothing was sent, or what was answered could not be taken.
          failed: (response) => reject(this.#failure(response)),
        },
      });
    }).finally(() => {
      session.removeListener('ended', over);
      this.#offering = false;
    });
  }

  #failure(response) {
    if (this.#met) return glare();
    if (!response) return problem('NOT_TAKEN', 'the other side\'s answer can\'t be taken');
    return problem('REFUSED', 'the other side refused the change', { status: response.status_code });
  }

  info(type, body) {
    return this.#request('INFO', { extraHeaders: [`Content-Type: ${type}`], body });
  }

  #request(method, options, mayBeRefused = false) {
    return new Promise((resolve, reject) => {
      const fail = (code, message) => () => reject(problem(code, message));
      this.#session.sendRequest(method, {
        ...options,
        eventHandlers: {
          onSuccessResponse: resolve,
          onErrorResponse: mayBeRefused ? resolve : fail('REFUSED', `the far end takes no ${method}`),
          onDialogError: mayBeRefused ? resolve : fail('REFUSED', 'the far end no longer knows of this call'),
          onTransportError: fail('UNREGISTERED', 'the connection to the SIP server is lost'),
          onRequestTimeout: fail('TIMEOUT', 'the SIP server does not answer'),
        },
      });
    });
  }

  /** Resolves when the target has answered. `other` is the leg the target is to be spoken to on. */
  refer(target, other) {
    // By itself JsSIP swaps the tags of a consultation that came in (versatica/JsSIP#817).
    const to = other ? `${target}?Replaces=${encodeURIComponent(replaces(other))}` : target;
    return new Promise((resolve, reject) => {
      const refused = (status) => reject(problem('TRANSFER', `the transfer was refused${status ? ` (${status})` : ''}`, { status }));
      this.#session.on('ended', resolve);
      const sent = this.#session.refer(to);
      if (!sent) return refused();
      sent.on('accepted', resolve);
      sent.on('failed', ({ status_line }) => refused(status_line.status_code));
      sent.on('requestFailed', ({ response }) => refused(response?.status_code));
    });
  }

  #hear() {
    const session = this.#session;
    session.on('progress', ({ originator, response }) => originator === 'remote' && this.on.progress?.(!!response?.body));
    session.on('accepted', ({ response }) => {
      if (response) this.#supported = optionTags(response.getHeaders('supported'));
    });
    session.on('confirmed', () => {
      this.#answered = true;
      this.on.answered?.();
    });
    session.on('ended', (event) => this.on.ended?.(this.#cause(event)));
    session.on('failed', (event) => this.on.ended?.(this.#cause(event)));
    // Ours and theirs at once: JsSIP says 491 and then takes theirs all the same.
    session.on('reinvite', (event) => session._dialog.uac_pending_reply && event.reject({ status_code: 491 }));
    session.on('refer', ({ request, accept, reject }) => {
      const { uri, display_name: displayName } = request.refer_to;
      this.on.refer?.({
        number: uri.user ?? '',
        displayName,
        refuse: reject,
        accept: (media) => {
          let leg;
          // Before anything is sent, JsSIP lets us see the session it follows with.
          accept((next) => (leg = next.data.leg), this.#following(media, request.getHeader('Referred-By')));
          return leg;
        },
      });
    });
    session.on('replaces', ({ request, accept, reject }) => {
      this.on.replaced?.({
        number: request.from.uri.user ?? '',
        displayName: request.from.display_name || undefined,
        refuse: reject,
        answered: (media) => {
          let leg;
          accept((next) => {
            next.data.replaces = true; // it rings nobody
            leg = new Leg(next, this.#options, true);
          });
          leg.answer(media);
          return leg;
        },
      });
    });
  }

  #following(media, sender) {
    const options = this.#options;
    return {
      ...this.callOptions,
      // RFC 3892: the one we are sent to learns who did it.
      extraHeaders: sender ? [`Referred-By: ${sender}`] : [],
      data: {},
      eventHandlers: {
        peerconnection() {
          this.data.leg = new Leg(this, options, false);
          this.data.leg.use(media);
        },
      },
    };
  }

  #cause({ originator, message, cause }) {
    if (this.#ours) return { by: 'local' };
    if (this.#answered) return originator === 'remote' ? { by: 'remote' } : { by: 'error', code: 'SIP', text: cause };
    if (message?.status_code) return { by: 'remote', status: message.status_code };
    if (originator === 'remote' && message) return { by: 'remote', status: 487 }; // CANCEL, or BYE
    if (cause === 'Request Timeout') return { by: 'error', status: 408, text: 'no answer from the SIP server' };
    if (cause === 'Connection Error') return { by: 'error', code: 'UNREGISTERED', text: 'the connection to the SIP server is lost' };
    return { by: 'error', code: 'SIP', text: cause };
  }
}
