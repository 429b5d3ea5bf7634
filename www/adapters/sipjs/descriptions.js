import { Inviter } from 'sip.js/lib/api/inviter.js';
import { SessionState } from 'sip.js/lib/api/session-state.js';

/** SIP.js's idea of media, onto ours. */
export class Descriptions {
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
