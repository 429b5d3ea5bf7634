// What JsSIP would do by itself, and must not.

import RTCSession from 'jssip/lib/RTCSession.js';
import DialogRequestSender from 'jssip/lib/Dialog/RequestSender.js';

import { glare } from '../lib/problem.js';

// JsSIP repeats an INVITE that met the other side's (491) after exactly one second, with the offer of
// then: two JsSIPs would meet again, and again. `Call` repeats it with a new offer and RFC 3261's times.
const received = DialogRequestSender.prototype._receiveResponse;
DialogRequestSender.prototype._receiveResponse = function (response) {
  this._reattempt = true;
  return received.call(this, response);
};

// JsSIP would make an RTCPeerConnection for each session. Ours is made by whoever has the microphone.
RTCSession.prototype._createRTCConnection = function () {
  this.emit('peerconnection', {});
};

/**
 * @param session JsSIP's
 * @param {{ describe(type: 'offer' | 'answer'): Promise<string>, isOffering(): boolean, failed(error: Error): void, refresh(): void, isUp(): boolean, lost(): void }} on
 *   whose session it is: makes descriptions, knows how the call stands, and hears what JsSIP would act upon
 */
export function tame(session, on) {
  // All descriptions are made by our media: those of JsSIP may wait for candidates without end,
  // and answer a restart of ICE without any.
  session._createLocalDescription = async (type) => {
    session._rtcReady = false;
    try {
      const sdp = await on.describe(type);
      // Theirs came while ours was made: JsSIP would send ours all the same.
      if (type === 'offer' && on.isOffering() && session._dialog.uas_pending_reply) throw glare();
      return sdp;
    } catch (error) {
      on.failed(error);
      throw error;
    } finally {
      session._rtcReady = true;
    }
  };
  // The microphone and the directions in a description are ours, too.
  session._toggleMuteAudio = () => {};
  session._mangleOffer = (sdp) => sdp;
  // JsSIP decides when a session is to be refreshed (RFC 4028). By itself it would send an UPDATE, which
  // not every PBX takes, and never again if that fails.
  session._sendUpdate = () => on.refresh();
  // A call that is up outlives the connection to the server.
  for (const hook of ['onTransportError', 'onRequestTimeout']) {
    const native = session[hook].bind(session);
    session[hook] = () => (on.isUp() ? on.lost() : native());
  }
  // A call that was cancelled while it rang may be answered all the same. JsSIP then neither
  // acknowledges nor ends it, and the far end talks to nobody.
  const response = session._receiveInviteResponse.bind(session);
  session._receiveInviteResponse = (message) => {
    if (session.isEnded() && message.status_code >= 200 && message.status_code < 300) {
      session._acceptAndTerminate(message);
      session._dialog?.terminate();
      session._dialog = null;
      return;
    }
    response(message);
  };
}
