import type { Softphone, SoftphoneCallId } from '../softphone.js';

export interface LoopbackOptions {
  /**
   * The telephone network: the simulator's `ws://…/phone`. Without it the adapter plays the far end
   * itself, see `Loopback.remote`.
   */
  network?: string;
  /** The number this softphone is called at. */
  line?: string;
  /** With a network: whether another page takes up a call whose page is gone (`true`). */
  takesUp?: boolean;
  /** Without a network: how long the far end rings before it answers an outgoing call (1200). */
  answerAfterMs?: number;
}

/** What went through the operator's end of a call so far. */
export interface AudioFlow {
  sent: { packets: number; energy: number };
  received: { packets: number; energy: number };
}

/** A softphone without a SIP server: both ends of the call are in the page, joined by real WebRTC. */
export interface Loopback extends Softphone {
  /** The far end, where there is no network to play it. */
  readonly remote: {
    /** Calls the operator; gives the call's id. */
    call(number: string, displayName?: string): SoftphoneCallId;
    answer(): void;
    decline(status?: number): void;
    hangUp(): void;
    /** The DTMF tones of the newest call, as they were sent. */
    readonly digits: string;
    /** How the operator has ended the newest call, with the status of one that was refused; undefined while it is not over. */
    readonly ended?: { status?: number };
  };
  /** Packets and audio energy of a call, by getStats of the operator's end. */
  audio(callId: SoftphoneCallId): Promise<AudioFlow | undefined>;
  /** RTCPeerConnections that are not closed. */
  readonly live: number;
  /** What went wrong without ending a call: `{ code, message }`. */
  readonly problems: ReadonlyArray<{ code: string; message: string }>;
}

export default function loopback(options?: LoopbackOptions): Loopback;
