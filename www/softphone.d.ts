/**
 * The softphone adapter interface: what the call worker asks of a WebRTC softphone,
 * and what it wants to be told. A few small methods and one event union; SIP's and
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
 * 5. What has a `?` may be missing: the worker then offers less, and says so on the card.
 */

/** Names one call at the softphone. The adapter chooses it for incoming calls, the worker for outgoing ones. */
export type SoftphoneCallId = string;

/** Why a call ended. */
export interface EndCause {
  /** Who ended it. `error`: nobody did, it broke. */
  by: 'local' | 'remote' | 'error';
  /** The SIP final response of a call that was never answered, e.g. 486 busy here, 603 decline, 487 cancelled. */
  status?: number;
  /** A stable code where the cause is not a SIP response. */
  code?: EndCode | (string & {});
  /** A sentence for the operator. */
  text?: string;
}

/** Why calls end that nobody has ended, each with its cure in docs/errors.md; an adapter may have others. */
export type EndCode =
  /** The user, or the browser's settings, refuse the microphone. */
  | 'MICROPHONE_DENIED'
  /** There is no microphone. */
  | 'MICROPHONE_MISSING'
  /** The microphone is there but can't be read: another program has it, or the system refuses. */
  | 'MICROPHONE_UNREADABLE'
  /** The page was not loaded by https, so the browser offers no microphone at all. */
  | 'INSECURE_ORIGIN'
  /** The frame was created without `allow="microphone"`. */
  | 'FRAME_PERMISSION'
  /** The browser plays no sound before the operator has clicked. */
  | 'AUTOPLAY_BLOCKED'
  /** The media path broke and could not be mended. */
  | 'ICE_FAILED'
  /** The call was transferred away; no failure. */
  | 'TRANSFERRED'
  /** The page the call was spoken in is gone, and no other page could take it over. */
  | 'SEAT_LOST'
  /** The page with the whole softphone is gone, and no other softphone took the call up. */
  | 'PAGE_GONE'
  /** The transfer was refused, and the server has hung up on the customer. */
  | 'TRANSFER_LOST'
  /** Somebody else of those who were rung has answered; the call was not missed. */
  | 'ANSWERED_ELSEWHERE'
  /** The SIP server can't be reached. */
  | 'UNREGISTERED';

/** What a softphone tells the worker. */
export type SoftphoneEvent =
  /** Signalling is up: calls can come and go. */
  | { type: 'registered' }
  /** Signalling is down. Calls in progress may live on. */
  | { type: 'unregistered'; text?: string }
  /**
   * A call rings (SIP: INVITE received). `number` is empty where it is withheld; `line` is the number
   * that was called, `transferredBy` who sent the caller here (SIP: Referred-By).
   */
  | {
      type: 'incoming';
      callId: SoftphoneCallId;
      number: string;
      displayName?: string;
      line?: string;
      transferredBy?: string;
      /** What the PBX calls this call: one name for all who are rung. */
      externalId?: string;
      /** The headers of the INVITE that were asked for, by the names they were asked for by. */
      headers?: Record<string, string>;
    }
  /** The far end of an outgoing call rings (180), or speaks before it answers (183, early media). */
  | { type: 'progress'; callId: SoftphoneCallId; earlyMedia?: boolean }
  /** The call is answered and its media is agreed (200 and ACK). */
  | {
      type: 'connected';
      callId: SoftphoneCallId;
      /** Of a call that we have made: what the PBX calls it. */
      externalId?: string;
      /** What was dialled after the number, to be sent as tones; `,` is a pause. */
      tones?: string;
    }
  /** The microphone is muted, or no longer. */
  | { type: 'muted'; callId: SoftphoneCallId; muted: boolean }
  /** The call is on hold, or no longer. `by: 'remote'` when the other side holds. */
  | { type: 'held'; callId: SoftphoneCallId; held: boolean; by: 'local' | 'remote' }
  /**
   * The call goes on with somebody else: the far end, or a PBX in between, has transferred it
   * (SIP: REFER received, or an INVITE with Replaces for this call's dialog). Under the same `callId`.
   */
  | { type: 'transferred'; callId: SoftphoneCallId; number: string; displayName?: string }
  /**
   * The server says who is at the far end now (SIP: P-Asserted-Identity, Remote-Party-ID): who of a group
   * has answered, or to whom the call has been handed over behind the PBX. An empty number is withheld.
   */
  | { type: 'identity'; callId: SoftphoneCallId; number: string; displayName?: string }
  /**
   * What else belongs on the call's record: `cost`, a decimal number as text ("0.05"), in a `costCurrency` (ISO 4217),
   * and the address of a recording that the portal fetches by itself. Any time before `ended`; what comes later is added.
   */
  | { type: 'record'; callId: SoftphoneCallId; cost?: string; costCurrency?: string; recordUrl?: string }
  /**
   * The call's media path has broken, or is there again (ICE `disconnected`/`failed`, then
   * `connected`). Meanwhile the adapter restarts ICE; if that does not help it emits `ended` with
   * the code `ICE_FAILED`.
   */
  | { type: 'media'; callId: SoftphoneCallId; flowing: boolean }
  /** The call is over. */
  | { type: 'ended'; callId: SoftphoneCallId; cause: EndCause };

/** How to dial. */
export interface DialOptions {
  /** The outgoing line, where there are several. */
  line?: string;
  /** Headers for the INVITE, `{ "X-Campaign": "7" }`. */
  headers?: Record<string, string>;
  /** The call, on hold by then, about whose transfer the other side is to be consulted. */
  consultationFor?: SoftphoneCallId;
}

/** What the card says of a transfer's target. */
export interface TransferTarget {
  /** A user's id or a phone number. */
  target: string;
  /** The number of the call that is transferred. */
  phoneNumber?: string;
  /** `user`, `pstn` or `queue`, where the portal says so. */
  kind?: string;
}

/** What the worker asks of a softphone. */
export interface Softphone {
  /** Connects, registers, and from now on tells what happens through `emit`. Called once. */
  start(emit: (event: SoftphoneEvent) => void): void | Promise<void>;
  /** Calls `number`. Progress, answer and end come as events with this `callId`. */
  dial(callId: SoftphoneCallId, number: string, options: DialOptions): void | Promise<void>;
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
  /**
   * Sends the far end of the call to `target` without asking there first (blind transfer: REFER).
   * Resolves when the target has answered (NOTIFY with 200), and `ended` follows with the code
   * `TRANSFERRED`. Rejects when it was refused: the call goes on, held or not as it was.
   */
  transfer?(callId: SoftphoneCallId, target: string): Promise<void>;
  /**
   * Joins the far ends of two calls and leaves both (attended transfer: REFER with Replaces).
   * `consultationId` is a connected call that was dialled with `consultationFor: callId`.
   * Resolves and rejects as `transfer` does; after it resolves both calls end.
   */
  completeTransfer?(callId: SoftphoneCallId, consultationId: SoftphoneCallId): Promise<void>;
  /**
   * The number to dial for what the operator has picked on the card as a transfer's target. The
   * portal gives a user's id or a phone number, and only its format tells which: an adapter that
   * knows the users' extensions maps ids to them here. Without it the target is dialled as it is.
   */
  resolveTarget?(target: TransferTarget): string | Promise<string>;
  /** The call's `RTCPeerConnection`, for statistics, while there is one. */
  peerConnection?(callId: SoftphoneCallId): RTCPeerConnection | undefined;
  /**
   * Ends all calls and signs off, for good: when the page comes back, the factory makes another softphone. One that
   * has `takeUp` leaves the calls of which it gives a `snapshot` to the softphone of another page.
   */
  stop?(): void | Promise<void>;
  /**
   * What another softphone must know to take this call up, should this page, or this hub, be gone; nothing of a call that
   * can't be taken up. Asked for after each event of the call, and once a second while it is up: it must be quick.
   */
  snapshot?(callId: SoftphoneCallId): CallSnapshot | undefined;
  /**
   * Takes calls up that another softphone has left, under their ids. Called once, after `start`. `connected` tells of each
   * that is up again, followed by `muted` and `held` as it was taken up; `ended` of each that is over. Without this method a call
   * ends with its page.
   */
  takeUp?(snapshots: readonly CallSnapshot[]): void | Promise<void>;
}

/** What the handler page gives an adapter. */
export interface AdapterPage {
  /** Puts what went wrong without ending a call into the diagnostics; `code` in capitals. */
  report(problem: { code?: string; message?: string }): void;
  /** Whether to follow a far end that transfers us, where the adapter's options leave it to be asked. */
  confirmTransfer?(to: { callId: SoftphoneCallId; number: string; displayName?: string }): boolean | Promise<boolean>;
  /** STUN and TURN servers as they are now, for each call anew: they go before the options', whose credentials may have ended. */
  iceServers?(): RTCIceServer[] | undefined | Promise<RTCIceServer[] | undefined>;
}

/** The default export of an adapter module. `options` is the `--adapter-options` JSON of the host. */
export type AdapterFactory<Options = unknown> = (options: Options, page: AdapterPage) => Softphone | Promise<Softphone>;

/**
 * What another hub must know to take a call up, should this one be gone. JSON. It is a key to the call: whoever is
 * registered at the PBX and has it can take the call. Keep it sealed, and out of logs and diagnostics.
 */
export interface CallSnapshot {
  callId: SoftphoneCallId;
  [part: string]: unknown;
}

/**
 * A softphone whose signalling runs in a hub, a SharedWorker that outlives pages. Its calls are spoken in the page that
 * has the *seat*: microphone, `RTCPeerConnection` and speaker are there, served by `serve` of `media/serve.js`.
 */
export interface HubSoftphone extends Omit<Softphone, 'peerConnection'> {
  /**
   * From now on calls are spoken in the page at the other end of this port. Calls that are up move there, with their
   * ids, mute and hold; one that is being dialled or answered is finished there. Resolves when each has moved, or has
   * ended. May be called again at any time, also before: the newest port counts, and what an earlier one says is ignored.
   *
   * `null`: nobody has the seat, because its page is gone. Dialogs are kept alive, without sound, until the next port.
   */
  seat(port: MessagePort | null): Promise<void>;
  /** The call's statistics, asked of the page that has the seat. */
  peerConnection?(callId: SoftphoneCallId): { getStats(): Promise<ReadonlyMap<string, unknown>> } | undefined;
}

/** The export `inHub` of an adapter module whose signalling can run in a SharedWorker: without window and document. */
export type HubFactory<Options = unknown> = (options: Options, page: AdapterPage) => HubSoftphone | Promise<HubSoftphone>;
