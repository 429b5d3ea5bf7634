import type { AdapterPage, Softphone, SoftphoneCallId } from '../softphone.js';
import type { SipOptions } from './sip-options.js';

export type { SipOptions };

/** A softphone by JsSIP. */
export interface SipSoftphone extends Required<Omit<Softphone, 'peerConnection'>> {
  peerConnection(callId: SoftphoneCallId): RTCPeerConnection | undefined;
  /** Speaks into another microphone, in the calls there are and in those to come; a mute stays. */
  useMicrophone(deviceId: string): Promise<void>;
  /** Sends the tones that were dialled after the number, an extension or a PIN. */
  sendPostDial(callId: SoftphoneCallId): Promise<void>;
  /** SIP dialogs that are not over. */
  readonly dialogs: number;
}

export default function jssip(
  options: SipOptions | (Omit<SipOptions, 'server' | 'uri'> & Partial<SipOptions> & { credentials: NonNullable<SipOptions['credentials']> }),
  page?: AdapterPage,
): Promise<SipSoftphone>;
