/**
 * The softphone adapter interface: what the call worker asks of a WebRTC softphone,
 * and what it wants to be told. Nine small methods and one event union; SIP's and
 * WebRTC's own words. An adapter module's default export is an `AdapterFactory`.
 *
 * The rules, all of them:
 *
 * 1. Events may be emitted at any moment, also from inside a method: the worker only queues them.
 * 2. A method may return a promise. If it throws or rejects, the worker takes what was asked for as
 *    not done: `dial` and `answer` end the call with an error, `setMuted` and `setHeld` put the card
 *    back, `reject` and `hangUp` end the call all the same.
 * 3. Each call ends with exactly one `ended` event, whoever ended it. What comes later is ignored.
 * 4. Methods for a call that is over do nothing.
 */

/** Names one call at the softphone. The adapter chooses it for incoming calls, the worker for outgoing ones. */
export type SoftphoneCallId = string;

/** Why a call ended. */
export interface EndCause {
  /** Who ended it. `error`: nobody did, it broke. */
  by: 'local' | 'remote' | 'error';
  /** The SIP final response of a call that was never answered, e.g. 486 busy here, 603 decline, 487 cancelled. */
  status?: number;
  /** A stable code where the cause is not a SIP response, e.g. `MICROPHONE_DENIED`, `ICE_FAILED`. */
  code?: string;
  /** A sentence for the operator. */
  text?: string;
}

/** What a softphone tells the worker. */
export type SoftphoneEvent =
  /** Signalling is up: calls can come and go. */
  | { type: 'registered' }
  /** Signalling is down. Calls in progress may live on. */
  | { type: 'unregistered'; text?: string }
  /** A call rings (SIP: INVITE received). `line` is the number that was called. */
  | { type: 'incoming'; callId: SoftphoneCallId; number: string; displayName?: string; line?: string }
  /** The far end of an outgoing call rings (180), or speaks before it answers (183, early media). */
  | { type: 'progress'; callId: SoftphoneCallId; earlyMedia?: boolean }
  /** The call is answered and its media is agreed (200 and ACK). */
  | { type: 'connected'; callId: SoftphoneCallId }
  /** The microphone is muted, or no longer. */
  | { type: 'muted'; callId: SoftphoneCallId; muted: boolean }
  /** The call is on hold, or no longer. `by: 'remote'` when the other side holds. */
  | { type: 'held'; callId: SoftphoneCallId; held: boolean; by: 'local' | 'remote' }
  /** The call is over. */
  | { type: 'ended'; callId: SoftphoneCallId; cause: EndCause };

/** What the worker asks of a softphone. */
export interface Softphone {
  /** Connects, registers, and from now on tells what happens through `emit`. Called once. */
  start(emit: (event: SoftphoneEvent) => void): void | Promise<void>;
  /** Calls `number`. Progress, answer and end come as events with this `callId`. */
  dial(callId: SoftphoneCallId, number: string, options: { line?: string }): void | Promise<void>;
  /** Answers a ringing call. */
  answer(callId: SoftphoneCallId): void | Promise<void>;
  /** Refuses a ringing call with a SIP status: 603 declined by the operator, 486 busy. */
  reject(callId: SoftphoneCallId, status: number): void | Promise<void>;
  /** Ends a call in whatever state it is (BYE or CANCEL). */
  hangUp(callId: SoftphoneCallId): void | Promise<void>;
  /** Mutes or unmutes the microphone, then emits `muted`. */
  setMuted(callId: SoftphoneCallId, muted: boolean): void | Promise<void>;
  /** Puts the call on hold or takes it back (re-INVITE), then emits `held` with `by: 'local'`. */
  setHeld(callId: SoftphoneCallId, held: boolean): void | Promise<void>;
  /** Sends one DTMF tone, `0`-`9`, `*` or `#`. Tones are asked for in the order they were dialled. */
  sendDtmf(callId: SoftphoneCallId, tone: string): void | Promise<void>;
  /** The call's `RTCPeerConnection`, for statistics, while there is one. */
  peerConnection?(callId: SoftphoneCallId): RTCPeerConnection | undefined;
  /** Ends all calls and signs off. */
  stop?(): void | Promise<void>;
}

/** The default export of an adapter module. `options` is the `--adapter-options` JSON of the host. */
export type AdapterFactory<Options = unknown> = (options: Options) => Softphone | Promise<Softphone>;
