import type { HubSoftphone, Softphone, SoftphoneCallId } from '../softphone.js';

/** The options both SIP adapters take. In the demo hosts they are part of the page: see `password`. */
export interface SipOptions {
  /** The SIP server's WebSocket address, `wss://pbx.example.com:8443/ws`; several are tried in turn. */
  server: string | string[];
  /** Who registers, `sip:101@pbx.example.com`. */
  uri: string;
  /** The name to authenticate with, where it is not the one in `uri`. */
  user?: string;
  /**
   * The password. Options given to the host stand in the page it serves, readable by whoever can open
   * it: fine for a demo. In production give `credentials` instead.
   */
  password?: string;
  /**
   * Supplies `uri` and `password`, and any other option: a function, or an address that is fetched
   * with the user's cookies and answers JSON.
   */
  credentials?: string | (() => Partial<SipOptions> | Promise<Partial<SipOptions>>);
  /** The name the far end sees. */
  displayName?: string;
  /** The number incoming calls are told to have come in on; by default the one that was called. */
  line?: string;
  /**
   * STUN and TURN servers. None by default: no third party learns of your calls. `page`: the page's `iceServers()` gives them
   * for each call, where credentials are good for hours only.
   */
  iceServers?: RTCIceServer[] | 'page';
  /** Whether sound goes by TURN only (false): nobody then learns the operator's address, and a strict firewall lets it pass. */
  relayOnly?: boolean;
  /** Which microphone, and how: what getUserMedia takes for `audio`. */
  microphone?: MediaTrackConstraints;
  /** Seconds a registration is asked to last (600). */
  registerExpires?: number;
  /** Within how many seconds a call is refreshed (RFC 4028), 90 or more (true: 1800; false: never). */
  sessionTimers?: boolean | number;
  /**
   * What happens to a call that comes during another: `ring` (default) leaves it to the worker, whose
   * own `secondCall` refuses it and records it; `reject` answers 486 and tells nobody.
   */
  secondCall?: 'reject' | 'ring';
  /** The extensions of the portal's users, by user id: whom the card offers to transfer to. */
  extensions?: Record<string, string>;
  /**
   * Whether to dial where a far end says that transfers us (REFER): `domain` (default) where it speaks from our own domain
   * or the SIP server's, `always` (or true), `never` (or false), `ask` the page's `confirmTransfer`; or a function that
   * decides, only from an adapter of your own. Who says nothing in half a minute says no.
   */
  followTransfers?: 'domain' | 'always' | 'ask' | 'never' | boolean | ((to: { callId: SoftphoneCallId; number: string; displayName?: string }) => boolean | Promise<boolean>);
  /**
   * Whether the SIP server vouches for P-Asserted-Identity and Remote-Party-ID (true). They then go before From,
   * and tell who is there after a transfer. False where callers could set them themselves.
   */
  assertedIdentity?: boolean;
  /** Headers of an incoming call to hand to the application, `["X-Queue"]`. */
  headers?: string[];
  /** The header in which the PBX names a call to all its phones alike (`X-Call-ID`); without it the Call-ID is the name. */
  externalId?: string;
  /** Headers that every call we make carries, `{ "X-Office": "Berlin" }`. */
  extraHeaders?: Record<string, string>;
  /** Whether the line that is chosen for a call is asked for by P-Preferred-Identity (true). */
  preferredIdentity?: boolean;
  /** The status a call is declined with (480). 486 is busy; 603 ends the call for all who are rung with us. */
  decline?: 480 | 486 | 603;
  /** Whether to answer by itself a call whose PBX asks for that: `Call-Info: …;answer-after=0` and its like (false). */
  autoAnswer?: boolean;
  /** Whether to call where a 301 or 302 says, once (true). */
  followRedirects?: boolean;
  /** Whether calls ring in the page that has the seat (true), or the address of a sound of your own. */
  ringtone?: boolean | string;
  /** Whether our own calls are heard ringing at the far end, where it sends no sound itself (true). */
  ringback?: boolean;
  /** Tones dialled after a number are kept until `sendPostDial` asks for them (`ask`), or sent by themselves (`send`). */
  postDial?: 'ask' | 'send';
  /** The rules of your PBX for numbers, `(number) => "0" + number`: a function, so only from an adapter of your own. */
  numbering?: (number: string) => string;
  /** Tones as RTP events (RFC 4733), by SIP INFO, or (`auto`) as events where the far end takes them by the codec's clock. */
  dtmf?: 'auto' | 'rtp' | 'info';
  /** How long candidates are gathered at most before an offer or answer goes out, in ms (2000). */
  iceGatheringMs?: number;
  /** The first pause before the connection is tried again, and the longest, in ms (500, 30 000). */
  reconnect?: { first?: number; last?: number };
  /** How often the connection is tested, and how long an answer may take, in ms (25 000, 5000). */
  ping?: { every?: number; deadline?: number };
  /**
   * How long ICE may be interrupted before it is restarted, how long a restart may take, both in ms,
   * and how often it is tried before the call ends with `ICE_FAILED` (2000, 8000, 3).
   */
  iceRestart?: { patience?: number; wait?: number; tries?: number };
  /** How long a hang-up is owed to the far end while there is no connection, in ms (60 000). */
  byeDeadlineMs?: number;
}

/** What the adapters take: `server`, `uri` and `password` may come from `credentials`. */
export type GivenSipOptions =
  | SipOptions
  | (Omit<SipOptions, 'server' | 'uri'> & Partial<SipOptions> & { credentials: NonNullable<SipOptions['credentials']> });

/** What both SIP softphones have beside what the worker asks. */
interface SipExtras {
  /** Speaks into another microphone, in the calls there are and in those to come; a mute stays. */
  useMicrophone(deviceId: string): Promise<void>;
  /** Sends the tones that were dialled after the number, an extension or a PIN. */
  sendPostDial(callId: SoftphoneCallId): Promise<void>;
  /** SIP dialogs that are not over. */
  readonly dialogs: number;
}

export interface SipSoftphone extends Required<Omit<Softphone, 'peerConnection'>>, SipExtras {
  peerConnection(callId: SoftphoneCallId): RTCPeerConnection | undefined;
  /** The operator has clicked on something: sound that was refused before a click may be allowed now. */
  heedClick(): void;
}

export interface SipHubSoftphone extends Required<HubSoftphone>, SipExtras {}
