// The media of one call leg: the RTCPeerConnection, the microphone in it, and the speaker. The SIP
// libraries only carry its descriptions back and forth, so both hold, mute and mend alike.

import { glare, pause, problem } from '../adapters/lib/problem.js';
import { audioDirection, continued, hasCandidates, takesTelephoneEvents, withOwnEvents } from '../adapters/lib/sdp.js';
import { Speaker } from './speaker.js';

const TONE = { duration: 100, gap: 70 };

export class Media {
  pc;
  #track;
  #transceiver;
  #speaker;
  #gatheringMs;
  #on;
  #muted = false;
  #held = false;
  #remoteHeld = false;
  #closed = new AbortController();
  #taking;

  /**
   * @param {MediaStreamTrack} track the microphone; stopped with the media
   * @param {{ iceServers: RTCIceServer[], relayOnly?: boolean, iceGatheringMs: number, muted?: boolean, held?: boolean, remoteHeld?: boolean }} options
   *   of a call that is up already, how it stands
   * @param {{ remoteHeld(held: boolean): void, blocked(error: Error): void }} on
   */
  constructor(track, { iceServers, relayOnly = false, iceGatheringMs, muted = false, held = false, remoteHeld = false }, on) {
    this.pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: relayOnly ? 'relay' : 'all' });
    this.#on = on;
    this.#gatheringMs = iceGatheringMs;
    this.#speaker = new Speaker(on.blocked);
    this.#track = track;
    this.#muted = muted;
    this.#remoteHeld = remoteHeld;
    this.pc.addTrack(track, new MediaStream([track]));
    this.#transceiver = this.pc.getTransceivers()[0];
    // The first description says sendrecv all the same: a browser that is offered `sendonly` for a start makes no
    // sender, and would never be heard again.
    this.#held = held;
    this.#apply();
    this.pc.ontrack = (event) => this.#speaker.play(event.track);
    this.pc.onsignalingstatechange = () => this.#heedRemote();
  }

  get closed() {
    return this.#closed.signal.aborted;
  }

  get microphone() {
    return this.#track;
  }

  // ---- descriptions

  /** Our offer, or our answer to the offer that is set, with its candidates. */
  async describe(type) {
    const { pc } = this;
    // Which of the two is said, and not left to the state that this finds: it may be another by then.
    await pc.setLocalDescription(await (type === 'offer' ? pc.createOffer() : pc.createAnswer()));
    await this.#gathered();
    if (this.closed) throw problem('CLOSED', 'the call ended meanwhile');
    // The other side's offer overtook ours, which is worth nothing now.
    if (type === 'offer' && (this.#taking || pc.signalingState !== 'have-local-offer')) {
      throw glare();
    }
    return pc.localDescription.sdp;
  }

  /** Theirs. How far it got decides what a rollback would take back. */
  take(type, sdp) {
    const taking = this.#take(type, sdp).finally(() => {
      if (this.#taking === taking) this.#taking = undefined;
    });
    return (this.#taking = taking);
  }

  async #take(type, sdp) {
    const { pc } = this;
    // Another branch of a fork answers than the one whose early media was heard.
    if (type === 'answer' && pc.signalingState === 'stable') await pc.setLocalDescription(await pc.createOffer());
    const before = { remote: pc.currentRemoteDescription?.sdp, local: pc.currentLocalDescription?.sdp, offered: pc.pendingLocalDescription?.sdp };
    await pc.setRemoteDescription({ type, sdp: withOwnEvents(continued(type, sdp, before)) });
    if (!this.#transceiver.mid) await this.#adopt();
    this.#heedRemote(); // before anybody is told that it was taken
  }

  /** Who is offered `sendonly`, or `inactive`, for a start gets a transceiver without our microphone. */
  async #adopt() {
    const theirs = this.pc.getTransceivers().find(({ mid, receiver }) => mid && receiver.track.kind === 'audio');
    if (!theirs) return;
    this.#transceiver.stop();
    this.#transceiver = theirs;
    await theirs.sender.replaceTrack(this.#track);
    theirs.direction = this.#held ? 'sendonly' : 'sendrecv';
  }

  /** Takes back an offer that was refused, so that the next one can be made. */
  async rollback() {
    // An offer of the other side's takes ours back by itself; a rollback after it would take back theirs.
    while (this.#taking) await this.#taking.catch(() => {});
    if (this.pc.signalingState === 'have-local-offer') await this.pc.setLocalDescription({ type: 'rollback' });
  }

  /** After a hold that was refused: Chromium stays deaf until an offer says again that we listen. */
  async listenAgain() {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    await this.rollback();
  }

  /**
   * A STUN server that does not answer must not hold up a call: what was found by then will do.
   *
   * After a restart of ICE Chromium still says `complete` for some milliseconds, of the candidates before: only
   * a description that has one, or a gathering that was seen to begin and end, is finished.
   */
  async #gathered() {
    const { pc } = this;
    const enough = new AbortController();
    let began = pc.iceGatheringState === 'gathering';
    const look = () => {
      if (pc.iceGatheringState === 'gathering') began = true;
      if (pc.iceGatheringState === 'complete' && (began || hasCandidates(pc.localDescription?.sdp))) enough.abort();
    };
    const events = ['icegatheringstatechange', 'icecandidate'];
    for (const event of events) pc.addEventListener(event, look);
    look();
    this.#closed.signal.addEventListener('abort', () => enough.abort(), { once: true });
    await pause(this.#gatheringMs, enough.signal);
    for (const event of events) pc.removeEventListener(event, look);
  }

  // SIP.js tells nothing of a remote hold, JsSIP tells it too often: what the two sides agreed on says it.
  #heedRemote() {
    const { pc } = this;
    if (pc.signalingState !== 'stable' || !pc.currentRemoteDescription) return;
    const { type, sdp } = pc.currentRemoteDescription;
    const direction = audioDirection(sdp);
    const says = direction === 'sendonly' || direction === 'inactive';
    // Who answers our own hold with `inactive` may only be polite.
    if (type === 'answer' && this.#held && direction === 'inactive') return;
    if (says === this.#remoteHeld) return;
    this.#remoteHeld = says;
    this.#on.remoteHeld(says);
  }

  get remoteHeld() {
    return this.#remoteHeld;
  }

  // ---- the microphone

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    this.#apply();
  }

  get held() {
    return this.#held;
  }

  /** Takes effect with the next offer. What the microphone hears stays here at once. */
  set held(held) {
    this.#held = held;
    this.#transceiver.direction = held ? 'sendonly' : 'sendrecv';
    this.#apply();
  }

  /** Another microphone in the middle of the call; it is as muted as the one before. */
  async replaceMicrophone(track) {
    if (this.closed) return track.stop();
    const before = this.#track;
    this.#track = track;
    this.#apply();
    await this.#transceiver.sender.replaceTrack(track);
    before.stop();
  }

  #apply() {
    this.#track.enabled = !this.#muted && !this.#held;
    this.#speaker.muted = this.#held;
  }

  /** As an RTP event; gives whether it could be said so, which shows only now. `atAnyRate`: also by a clock that is not the codec's. */
  sendTone(tone, { atAnyRate = false } = {}) {
    const { dtmf } = this.#transceiver.sender;
    if (!takesTelephoneEvents(this.pc.remoteDescription?.sdp, { atAnyRate }) || !dtmf?.canInsertDTMF) return false;
    // Tones queue up at the sender: a new one must not cut off those before it.
    dtmf.insertDTMF(dtmf.toneBuffer + tone, TONE.duration, TONE.gap);
    return true;
  }

  /** Is heard by this speaker; rejects where that can't be. */
  by(deviceId) {
    return this.#speaker.by(deviceId);
  }

  heedClick() {
    this.#speaker.again();
  }

  close() {
    if (this.closed) return;
    this.#closed.abort();
    this.#track.stop();
    this.#speaker.stop();
    // That may take a busy browser long: every microphone that is to be let go now goes first.
    queueMicrotask(() => this.pc.close());
  }
}
