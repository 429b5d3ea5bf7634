// The page's half of a softphone whose signalling runs elsewhere: microphone, RTCPeerConnection and
// speaker of each call, asked for through a port. Loads no SIP.

import { problem, stableCode } from '../adapters/lib/problem.js';
import { Wire } from '../adapters/lib/wire.js';
import { chosen, heedChoice } from './choice.js';
import { find, isAnother, systemMicrophone } from './devices.js';
import { IceWatch } from './ice-watch.js';
import { Media } from './media.js';
import { openMicrophone } from './microphone.js';
import { Sounds } from './sounds.js';

/**
 * From now on calls are spoken here: this page has the seat.
 *
 * @param {MessagePort} port its other end is at the softphone, `seat(port)`
 * @param {Partial<import('../softphone.js').AdapterPage>} [page]
 * @returns {import('./serve.js').Seat}
 */
export function serve(port, page) {
  return new Seat(port, page);
}

class Seat {
  #wire;
  #page;
  /** By the names signalling has given them: `{ callId, media, watch, microphone, told }`. */
  #open = new Map();
  #stopped = false;
  #unheed;
  #told = new Set();
  /** The operator's choice, once there is one. */
  #speaker;
  /** One look at the devices after the other. */
  #looks = Promise.resolve();
  #sounds = new Sounds((error) => this.#problem(error));

  constructor(port, page) {
    this.#page = page;
    navigator.mediaDevices?.addEventListener?.('devicechange', this.#devicesChanged);
    this.#unheed = heedChoice(this.#devicesChanged);
    void this.#heedPermission();
    this.#wire = new Wire(port, {
      open: (id, settings) => this.#opened(id, settings),
      describe: (id, type) => this.#at(id, ({ media }) => media.describe(type)),
      take: (id, type, sdp) => this.#at(id, ({ media }) => media.take(type, sdp)),
      rollback: (id) => this.#at(id, ({ media }) => media.rollback()),
      listenAgain: (id) => this.#at(id, ({ media }) => media.listenAgain()),
      muted: (id, muted) => this.#at(id, ({ media }) => void (media.muted = muted)),
      held: (id, held) => this.#at(id, ({ media }) => void (media.held = held)),
      tone: (id, tone, how) => this.#at(id, ({ media }) => media.sendTone(tone, how)),
      microphone: (id, microphone) => this.#at(id, (one) => this.#otherMicrophone(one, microphone)),
      statistics: (id) => this.#at(id, async ({ media }) => [...(await media.pc.getStats()).values()]),
      joined: (id) => this.#joined(id),
      watch: (id) => this.#watch(id),
      sound: (sound) => this.#sounds.play(sound),
      confirmTransfer: (to) => this.#page?.confirmTransfer?.(to) ?? false,
      close: (id) => this.#close(id),
      leave: () => this.stop(),
    });
  }

  /** The call's RTCPeerConnection, for recording. */
  peerConnection(callId) {
    return [...this.#open.values()].findLast((one) => one.callId === callId && one.joined)?.media?.pc;
  }

  /** The operator has clicked on something: sound that was refused before a click may be allowed now. */
  heedClick() {
    this.#sounds.again();
    for (const { media } of this.#open.values()) media?.heedClick();
  }

  /** Lets microphone and speaker go. Signalling is not told: that is the hub's to do, by `seat(…)`. */
  stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#sounds.play(undefined);
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.#devicesChanged);
    this.#unheed();
    for (const id of [...this.#open.keys()]) this.#close(id);
    this.#wire.close();
  }

  async #opened(id, { callId, iceServers, relayOnly, iceGatheringMs, iceRestart, microphone, muted, held, remoteHeld }) {
    const one = { id, callId, iceRestart, microphone, joined: false };
    this.#open.set(id, one);
    let track;
    try {
      // Where the credentials of a relay are good for hours only, the page has those of now.
      const [servers, opened] = await Promise.all([this.#iceServers(), this.#microphone(one)]);
      track = opened;
      if (this.#open.get(id) !== one) throw problem('CLOSED', 'the call ended meanwhile');
      one.media = new Media(track, { iceServers: servers ?? iceServers, relayOnly, iceGatheringMs, muted, held, remoteHeld }, {
        remoteHeld: () => this.#tellState(one),
        blocked: (error) => this.#problem(error),
      });
      this.#heed(one, track);
      void this.#chooseSpeaker();
    } catch (error) {
      track?.stop(); // no failure may leave the microphone open
      this.#open.delete(id);
      throw error;
    }
  }

  async #iceServers() {
    try {
      return await this.#page?.iceServers?.();
    } catch (error) {
      this.#problem(error);
    }
  }

  async #at(id, act) {
    const one = this.#open.get(id);
    if (!one?.media) throw problem('CLOSED', 'the call ended meanwhile');
    try {
      return await act(one);
    } finally {
      this.#tellState(one); // before the answer, which is told what it has changed
    }
  }

  #tellState(one) {
    const { media } = one;
    if (media.closed) return;
    const state = { remoteHeld: media.remoteHeld, signalingState: media.pc.signalingState };
    if (Object.keys(state).every((key) => state[key] === one.told?.[key])) return;
    one.told = state;
    this.#wire.tell('state', one.id, state);
  }

  #joined(id) {
    const one = this.#open.get(id);
    if (one) one.joined = true;
  }

  #watch(id) {
    const one = this.#open.get(id);
    if (!one?.media) return;
    one.watch?.stop();
    one.watch = new IceWatch(one.media.pc, one.iceRestart, {
      flowing: (is) => this.#wire.tell('flowing', id, is),
      restart: () => this.#wire.ask('restart', [id]),
      failed: ({ code, message }) => this.#wire.tell('failed', id, { code, message }),
    });
  }

  #close(id) {
    const one = this.#open.get(id);
    this.#open.delete(id);
    one?.watch?.stop();
    one?.media?.close();
  }

  // ---- devices

  /** The microphone that is to be spoken into: what the options name, else the operator's choice, else the system's. */
  async #microphone(one) {
    const wanted = await this.#wish(one);
    const choice = wanted && find(await listed(), 'audioinput', wanted);
    const track = await openMicrophone({ ...one.microphone, ...(choice && { deviceId: { exact: choice.deviceId } }) });
    const open = (one.open = { deviceId: track.getSettings().deviceId });
    // What may be known of devices is known only now, and nobody need wait for it.
    void listed().then((devices) => (open.system = systemMicrophone(devices)));
    return track;
  }

  async #wish({ microphone }) {
    const named = microphone?.deviceId;
    return named ? { id: [named.exact ?? named.ideal ?? named].flat()[0] } : (await chosen()).microphone;
  }

  #devicesChanged = () => {
    this.#looks = this.#looks.then(() => this.#look()).catch((error) => this.#problem(error));
  };

  /** One that was taken back in mid-call ends the track, see `#heed`; when it is given again, no device comes that would tell. */
  async #heedPermission() {
    const permission = await navigator.permissions?.query({ name: 'microphone' }).catch(() => {}); // not every browser tells
    permission?.addEventListener('change', () => !this.#stopped && permission.state === 'granted' && this.#devicesChanged());
  }

  async #look() {
    const devices = await listed();
    for (const one of this.#open.values()) {
      if (!one.media) continue;
      const goes = one.media.microphone.readyState === 'ended';
      if (goes || isAnother(devices, one.open, await this.#wish(one))) await this.#otherMicrophone(one);
    }
    await this.#chooseSpeaker();
  }

  async #otherMicrophone(one, microphone = one.microphone) {
    one.microphone = microphone;
    const track = await this.#microphone(one);
    this.#heed(one, track);
    await one.media.replaceMicrophone(track);
  }

  /** All sound goes by the operator's choice, where the browser and the frame allow one. */
  async #chooseSpeaker() {
    const [{ speaker: wanted }, devices] = await Promise.all([chosen(), listed()]);
    if (!wanted && !this.#speaker) return;
    this.#speaker = wanted && (find(devices, 'audiooutput', wanted)?.deviceId ?? wanted.id);
    const players = [this.#sounds, ...[...this.#open.values()].map(({ media }) => media)];
    await Promise.all(players.map((player) => player?.by(this.#speaker ?? '').catch((error) => this.#once(error))));
  }

  /** A headset that is unplugged ends its track, and so does a permission that is taken back; a muted system only silences it. */
  #heed(one, track) {
    const isIts = () => this.#open.get(one.id) === one && one.media?.microphone === track;
    track.addEventListener('ended', () => isIts() && this.#otherMicrophone(one).catch((error) => this.#problem(error)));
    track.addEventListener('mute', () => isIts() && this.#problem(problem('MICROPHONE_SILENT', 'the microphone gives no sound: it is switched off at the headset or in the system')));
  }

  #problem(error) {
    this.#page?.report?.({ code: stableCode(error), message: error.message });
  }

  /** What is the same for each call is told once. */
  #once(error) {
    if (this.#told.has(error.code)) return;
    this.#told.add(error.code);
    this.#problem(error);
  }
}

const listed = async () => (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
