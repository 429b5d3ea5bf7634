// The buttons and lamps of a headset, by WebHID, and the keys of a keyboard or a Bluetooth headset, by Media Session: optional,
// for pages whose frame may (`allow="hid"`), or that are pages of their own. USB headsets tell by the telephony page of
// the HID usage tables that the hook was lifted or the microphone switched off, and show what they are told by their lamps.

import { pressed, report } from './hid.js';

const TELEPHONY = 0x0b;
const LEDS = 0x08;
const HOOK = (TELEPHONY << 16) | 0x20;
const MUTE = (TELEPHONY << 16) | 0x2f;
const OFF_HOOK = (LEDS << 16) | 0x17;
const RING = (LEDS << 16) | 0x18;
const MUTED = (LEDS << 16) | 0x09;

/**
 * Answers, hangs up and mutes as the headset's buttons say, and lights its lamps as the call stands.
 *
 * @param {import('./headset.js').Worker} worker
 * @param {{ hid?: HID, mediaSession?: MediaSession, report?: (problem: { code: string, message: string }) => void }} [browser]
 * @returns {Promise<import('./headset.js').Headset>}
 */
export async function headset(worker, { hid = globalThis.navigator?.hid, mediaSession = globalThis.navigator?.mediaSession, report: tell = () => {} } = {}) {
  const buttons = new Buttons(worker, tell);
  const devices = new Map();
  const trouble = (error) => tell({ code: 'HEADSET', message: `the headset's buttons do not work: ${error.message}` });

  const take = async (device) => {
    if (devices.has(device) || !isHeadset(device)) return;
    try {
      if (!device.opened) await device.open();
    } catch (error) {
      return trouble(error);
    }
    const heed = ({ reportId, data }) => buttons.heed(device, pressed(device.collections, reportId, data));
    device.addEventListener('inputreport', heed);
    devices.set(device, () => device.removeEventListener('inputreport', heed));
    light();
  };
  const leave = (device) => {
    devices.get(device)?.();
    devices.delete(device);
  };
  const light = () => {
    const { call } = worker;
    const lamps = { [OFF_HOOK]: isUp(call), [RING]: call?.state === 'ringing' && call.direction === 'incoming', [MUTED]: !!call?.muted };
    for (const device of devices.keys()) {
      for (const { reportId, data } of report(device.collections, lamps)) device.sendReport(reportId, data).catch(trouble);
    }
  };

  const comes = ({ device }) => void take(device);
  const goes = ({ device }) => leave(device);
  hid?.addEventListener('connect', comes);
  hid?.addEventListener('disconnect', goes);
  const off = worker.on('callchanged', light);
  const actions = { hangup: () => buttons.hangUp(), togglemicrophone: () => buttons.mute() };
  for (const [name, act] of Object.entries(actions)) {
    try {
      mediaSession?.setActionHandler(name, act);
    } catch {
      // not one that this browser knows
    }
  }
  try {
    for (const device of (await hid?.getDevices()) ?? []) await take(device);
  } catch (error) {
    trouble(error); // the frame may not
  }

  return {
    /** Asks the operator for a headset; to be called by a click, which browsers want. */
    async choose() {
      if (!hid) throw Object.assign(new Error('this browser knows no WebHID: the buttons of a headset can\'t be heard'), { code: 'HEADSET' });
      for (const device of await hid.requestDevice({ filters: [{ usagePage: TELEPHONY }] })) await take(device);
    },
    get connected() {
      return devices.size;
    },
    stop() {
      off();
      hid?.removeEventListener('connect', comes);
      hid?.removeEventListener('disconnect', goes);
      for (const device of [...devices.keys()]) leave(device);
      for (const name of Object.keys(actions)) {
        try {
          mediaSession?.setActionHandler(name, null);
        } catch {
          // nor this
        }
      }
    },
  };
}

const isHeadset = ({ collections }) => collections.some(({ usagePage }) => usagePage === TELEPHONY);
const isUp = (call) => ['answering', 'dialing', 'connected'].includes(call?.state);

/** What a press means as the call stands. */
class Buttons {
  #worker;
  #tell;
  /** By device: which of its buttons were down when it spoke last. */
  #before = new WeakMap();

  constructor(worker, tell) {
    this.#worker = worker;
    this.#tell = tell;
  }

  heed(device, now) {
    if (!now) return;
    const before = this.#before.get(device) ?? {};
    this.#before.set(device, { ...before, ...now });
    // The hook is a switch, and tells both ways; mute is a button that is pressed and let go.
    if (HOOK in now && now[HOOK] !== !!before[HOOK]) now[HOOK] ? this.#lift() : this.hangUp();
    if (now[MUTE] && !before[MUTE]) this.mute();
  }

  #lift() {
    const { call } = this.#worker;
    if (call?.state === 'ringing') this.#do(this.#worker.answer());
  }

  hangUp() {
    const { call } = this.#worker;
    if (isUp(call)) this.#do(this.#worker.hangUp());
  }

  mute() {
    const { call } = this.#worker;
    if (call?.state === 'connected') this.#do(this.#worker.setMuted(!call.muted));
  }

  #do(promise) {
    promise.catch(({ message }) => this.#tell({ code: 'HEADSET', message: `what the headset's button asks for can't be done: ${message}` }));
  }
}
