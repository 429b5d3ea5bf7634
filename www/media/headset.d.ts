import type { CallWorker } from '../worker.js';

/** What of a worker a headset drives. */
export type Worker = Pick<CallWorker, 'on' | 'call' | 'answer' | 'hangUp' | 'setMuted'>;

export interface Headset {
  /** Asks the operator for a headset: to be called by a click, in a page whose frame may (`allow="hid"`). */
  choose(): Promise<void>;
  /** How many headsets are heard. */
  readonly connected: number;
  stop(): void;
}

export interface HeadsetBrowser {
  /** `navigator.hid` unless told. */
  hid?: EventTarget & { getDevices(): Promise<unknown[]>; requestDevice(options: object): Promise<unknown[]> };
  /** `navigator.mediaSession` unless told. */
  mediaSession?: { setActionHandler(action: any, handler: (() => void) | null): void };
  /** Hears what goes wrong, by the code `HEADSET`. */
  report?(problem: { code: string; message: string }): void;
}

/**
 * The buttons and lamps of headsets that the operator has once allowed: the hook answers and hangs up, the mute button mutes,
 * the lamps show how the call stands. So do the keys that Media Session knows.
 */
export function headset(worker: Worker, browser?: HeadsetBrowser): Promise<Headset>;
