import type { CallWorker } from '../worker.js';
import type { Softphone } from '../softphone.js';

export interface RecorderOptions {
  /** Hears what goes wrong: `RECORDING`, and `RECORD_REFUSED` when the portal takes no record. */
  report?(problem: { code: string; message: string }): void;
  /** Samples a second; a telephone's 8000 (58 MB an hour) unless told. */
  sampleRate?: number;
  /** What a call says after so many minutes is not recorded. 120 unless told. */
  maxMinutes?: number;
  /** Every how many seconds both sides hear a tone that says that they are recorded; 0 for none, as it is unless told. */
  toneSeconds?: number;
  /** Whose records these are, `PORTAL USER`: they are attached by nobody else. Asked of the portal unless told. */
  owner?: string;
}

/** What is being recorded can be left out for a while, as while somebody reads out a card's number. */
export interface Recording {
  pause(): void;
  resume(): void;
  readonly paused: boolean;
}

/**
 * Records every call of this worker from now on, and attaches each record to its call with
 * `telephony.externalCall.attachRecord` once the call is finished.
 *
 * Rejects with the code `RECORDING` when the softphone has no `peerConnection` or the browser no storage.
 */
export function record(worker: CallWorker, softphone: Softphone, options?: RecorderOptions): Promise<Recording>;
