// What a SIP library must bring for a Phone (`phone.js`): a Line, constructed with the options, the
// socket and these handlers, and a Leg for each SIP dialog.

import type { EndCause } from '../../softphone.js';

export interface LineEvents {
  connected(): void;
  disconnected(): void;
  /** Why not is heard on the wire. */
  registered(is: boolean): void;
  incoming(leg: Leg): void;
}

export interface Line {
  start(): void;
  register(): void;
  /** `headers` as they stand in the INVITE; `sessionTimers` where the server wants a longer interval than the option's. */
  invite(target: string, media: object, how?: { headers?: string[]; sessionTimers?: number }): Leg;
  /** Ends a dialog of a hub that is gone. Resolves when that was heard. */
  bye(dialog: Dialog): Promise<unknown>;
  stop(): void | Promise<void>;
  /** Dialogs that are not over. */
  readonly dialogs: number;
}

export interface Leg {
  /** Set by the phone before anything happens to the leg. */
  on: {
    progress?(earlyMedia: boolean): void;
    answered?(): void;
    ended?(cause: EndCause): void;
    refer?(referral: Offer & { accept(media: object): Leg }): void;
    replaced?(replacement: Offer & { answered(media: object): Leg }): void;
  };
  readonly incoming: boolean;
  /** The Call-ID. */
  readonly callId?: string;
  readonly number: string;
  readonly displayName?: string;
  /** The far end's address of record, for a REFER that names it. */
  readonly remoteAddress: string;
  /** Where it is to be reached itself: its Contact. */
  readonly remoteTarget?: string;
  /** It is over, and so is its BYE. */
  readonly gone: boolean;
  /** The library knows no session timers. */
  readonly needsRefresh?: boolean;
  /** Once it is answered. */
  readonly dialog: Dialog;
  /** Goes on with other media: with that which makes the next description. */
  use(media: object): void;
  answer(media: object): void | Promise<void>;
  reject(status: number): void;
  /** CANCEL or BYE; resolves when it was heard, rejects when the connection broke before. May be repeated. */
  end(): Promise<void>;
  /** Nothing more is to be sent. */
  forget(): void;
  /** Rejects with `status`; 491 is tried again. */
  reinvite(): Promise<void>;
  info(type: string, body: string): Promise<unknown>;
  /** Resolves when the target has answered; with `other`, by REFER with Replaces. */
  refer(target: string, other?: Leg): Promise<unknown>;
}

/** Who the call is to go on with. */
export interface Offer {
  number: string;
  displayName?: string;
  /** With the one who is there, in another place. */
  same?: boolean;
  refuse(): void;
}

/** What of a dialog another one must know to take its place, or to end it. Addresses as the library has them. */
export interface Dialog {
  dialog: { callId: string; localTag: string; remoteTag: string; sequence: number };
  local: string;
  remote: string;
  /** The far end's Contact, and the way there. */
  target: string;
  route: string[];
  /** The option tags of its Supported. */
  supported: string[];
}
