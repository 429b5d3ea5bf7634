import type { AdapterPage, SoftphoneCallId } from '../softphone.js';

/** A page where calls are spoken. */
export interface Seat {
  /** The call's `RTCPeerConnection`, for recording. */
  peerConnection(callId: SoftphoneCallId): RTCPeerConnection | undefined;
  /** The operator has clicked on something: sound that was refused before a click may be allowed now. */
  heedClick(): void;
  /** Lets microphone and speaker go. */
  stop(): void;
}

/**
 * From now on calls are spoken in this page: microphone, `RTCPeerConnection` and speaker are here. The
 * port's other end is for the softphone that was made by an adapter's `inHub`: `seat(port)`.
 */
export function serve(port: MessagePort, page?: Partial<AdapterPage>): Seat;
