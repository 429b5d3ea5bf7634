import type { Softphone } from './softphone.js';

/** The causes of a `CallCardError`, stable from version to version. */
export type CallCardErrorCode =
  | 'NOT_IN_PLACEMENT' | 'WRONG_PLACEMENT' | 'INTERFACE_MISSING'
  | 'CARD_UNDEFINED' | 'CARD_CLOSED' | 'INVALID_UI_STATE' | 'REPLY_TIMEOUT'
  | 'MALFORMED' | 'REFUSED' | 'REST' | 'SOFTPHONE' | 'NO_CALL' | 'BUSY' | 'HUB';

/** What the worker throws and reports; `message` names cause and cure. */
export class CallCardError extends Error {
  private constructor();
  readonly name: 'CallCardError';
  readonly code: CallCardErrorCode;
  /** What the portal or the softphone gave as the reason: with `SOFTPHONE` and `REST`, where they gave one. */
  readonly cause?: { readonly code: string; readonly message: string };
}

/** The card's twelve states. */
export type UiState =
  | 'incoming' | 'transferIncoming' | 'outgoing' | 'connectingIncoming' | 'connectingOutgoing'
  | 'connected' | 'transferring' | 'transferFailed' | 'transferConnected'
  | 'error' | 'moneyError' | 'redial';

/** The texts in the middle of the card, each named by what it says. */
export type StatusText =
  | 'incoming' | 'answering' | 'ready' | 'dialing' | 'ringing' | 'connected' | 'onHold' | 'heldByRemote' | 'muted'
  | 'busy' | 'declined' | 'noAnswer' | 'wrongNumber' | 'noMoney' | 'failed' | 'connectionLost' | 'mediaLost'
  | 'soundElsewhere' | 'stillMuted' | 'callerWaits' | 'nothingHeard' | 'nothingSent' | 'microphoneSilent' | 'transferCalling' | 'transferRinging' | 'transferTalking' | 'transferJoining' | 'handedOver' | 'withheld' | 'transferFailed' | 'outdated';

/** Options of `CallWorker.start`. All of them may be left out. */
export interface StartOptions {
  /**
   * Your softphone, or a function that makes one. Of all the operator's tabs one has the *seat*: the softphone is
   * started there and nowhere else. A function is called in that tab only, and again when a softphone did not start
   * or `renewSoftphone()` asks for another; a softphone that was given as an object is started once in a tab's life.
   * Without one the worker is for all the rest: signals, cards, sliders, `once()`; `dial()` rejects with `SOFTPHONE`.
   */
  softphone?: Softphone | (() => Softphone | Promise<Softphone>);
  /**
   * Where the hub is loaded from, which all of the operator's tabs share: `hub.js` and `hub_bg.wasm` of this package,
   * on the page's own origin. Without it: beside `worker.js`. `phone`: the softphone's signalling lives in the hub,
   * and `media` serves it; `version`: a hub of a higher one takes over as soon as no call is up.
   */
  hub?: { script: string; hello: { wasm: string; signals?: boolean; phone?: boolean; version?: number } };
  /**
   * Serves the media of a softphone whose signalling lives in the hub: called when this tab gets the seat. `port` goes
   * to the hub, which makes the softphone of `phone`; `stop` is called when the seat moves on.
   */
  media?: () => HubMedia | Promise<HubMedia>;
  /** The numbers of its lines. A click on a phone number is taken for ours when its line is among them. */
  lines?: string[];
  /** The operator's user id; asked of the portal when absent. */
  userId?: number;
  /** `false`: a click on a number shows the card's call button instead of dialling at once. */
  autoDial?: boolean;
  /** What the card's transfer button begins: the colleague is asked first, or not. Default `attended`. */
  transfer?: 'attended' | 'blind';
  /** What becomes of a caller while a call is up: hears busy and is recorded, or waits. Default `reject`. */
  secondCall?: 'reject' | 'wait';
  /**
   * Who registers and finishes the calls on the portal: this worker, or a `backend`, the PBX's own connector, whose
   * cards the worker finds and drives. Default `worker`.
   */
  records?: 'worker' | 'backend';
  /** The card's texts in another language (`b24-background-worker/texts` has nine); those that are absent stay English. */
  statusTexts?: Partial<Record<StatusText, string>>;
  /** `false`: the card does not say when somebody can't hear. */
  soundOnCard?: boolean;
  /** `false`: the portal creates no CRM entity for an unknown number. */
  crmCreate?: boolean;
  /** The source of such an entity: a `STATUS_ID` of the portal's sources. */
  crmSource?: string;
  /**
   * The number under which a caller is registered who withholds theirs: the portal takes none without a digit. No CRM
   * entity is made of it, and the card's title says the status text `withheld`. Default `+88800000000`, which nobody has.
   */
  withheld?: string;
  /** `false`: the portal tells the operator's chat of no call. */
  addToChat?: boolean;
  /** `false`: signals of a backend are not listened to. They need the scope `pull`. */
  signals?: boolean;
  /** Hears of every error, also of those before `start` has resolved. */
  report?: (error: CallCardError) => void;
}

/** What a tab gives the hub's softphone. */
export interface HubMedia {
  port: MessagePort;
  phone: { module: string; options: unknown };
  stop(): void;
}

/** The portal's page that a worker stands on. */
export interface PortalPage {
  /** `PLACEMENT_OPTIONS`: what the portal tells of it. */
  options: {
    ID?: string;
    /** Its path and query, where the browser has told the portal. */
    URI?: string;
    [name: string]: unknown;
  };
  /** `en`, `de`, … */
  language: string;
}

/** An entity of the portal's CRM. */
export interface CrmEntity {
  /** `CONTACT`, `COMPANY`, `LEAD`, `DEAL`, … */
  entityType: string;
  entityId: number;
}

/** Whose call a card shows. */
export interface CallInfo {
  callId: string;
  /** A number, `hidden` or `unknown`. */
  phoneNumber: string;
  lineNumber?: string;
  lineName?: string;
  crmEntity?: CrmEntity;
  crmActivityId?: number;
  crmBindings: CrmEntity[];
  /** What the portal believes: `incoming`, `outgoing`, `callback`. */
  direction: string;
  callState: string;
  callListMode: boolean;
}

/** The operator's clicks and the card's news, `initialized` apart. */
export type CardEvent =
  | { event: 'entityChanged'; data: { crmEntity?: CrmEntity; phoneNumber: string } }
  | { event: 'addCommentButtonClick'; data: string }
  | { event: 'muteButtonClick' | 'holdButtonClick'; data: boolean }
  | { event: 'transferButtonClick'; data: { phoneNumber?: string; kind?: string; target: string } }
  | { event: 'qualityMeterClick'; data: number }
  | { event: 'dialpadButtonClick'; data: string }
  | {
      event:
        | 'closeButtonClick' | 'cancelTransferButtonClick' | 'completeTransferButtonClick' | 'hangupButtonClick'
        | 'nextButtonClick' | 'skipButtonClick' | 'answerButtonClick' | 'makeCallButtonClick' | 'notifyAdminButtonClick';
    };

/** A call at one moment. */
export interface CallSnapshot {
  /** The portal's name of it, once it is registered. */
  callId?: string;
  /** The softphone's name of it. */
  phoneCallId: string;
  direction: 'incoming' | 'outgoing';
  number?: string;
  displayName?: string;
  line?: string;
  /** The call list it belongs to, where a campaign has asked for it. */
  callListId?: string;
  state: 'ringing' | 'answering' | 'ready' | 'dialing' | 'connected' | 'ending' | 'failed';
  muted: boolean;
  held: boolean;
  heldByRemote: boolean;
  /** The media path has broken and is being mended. */
  mediaLost: boolean;
  /** What is to be dialled now that the far end has answered, an extension say; `,` is a pause: see `sendDtmf`. */
  tones?: string;
  /** The headers of the INVITE that the softphone was told to hand on (option `headers` of the SIP softphones). */
  headers: Record<string, string>;
  /** Where its transfer is, while there is one. */
  transfer?: 'holding' | 'calling' | 'talking' | 'joining' | 'failed';
}

/** How a call ended. */
export interface CallEnd {
  callId?: string;
  phoneCallId: string;
  direction: 'incoming' | 'outgoing';
  /** Whole seconds. */
  duration: number;
  /** As the portal records it: `200`, `304`, `486`, `603`, … */
  statusCode: string;
  reason?: string;
}

/** What the portal has made of a call's record. */
export interface CallRecord {
  /** Its id in the portal's statistics. */
  id?: number;
  /** The duration that it says, in whole seconds. */
  duration?: number;
  /** The activity that the CRM shows for it. */
  crmActivityId?: number;
  /** Whose call it is. */
  crmEntity?: CrmEntity;
}

/** How a call sounded in the last second. */
export interface CallQuality {
  /** The parts of the packets that never arrived, 0 to 1: the customer's, and the operator's. */
  lossIn: number;
  lossOut: number;
  /** How unevenly packets come, in milliseconds. */
  jitter: number;
  /** There and back, in milliseconds. */
  roundTrip: number;
  /** The mean opinion score by ITU-T's E-model, 1 to 4.5. */
  mos: number;
  /** Somebody can't hear. */
  problem?: 'nothingHeard' | 'nothingSent' | 'microphoneSilent';
}

/** What `CallWorker.on` listens to. */
export interface CallWorkerEvents {
  /** A card has appeared: the only source of a `CallCard`. */
  cardinitialized: { card: CallCard; call: CallInfo };
  /** That card is gone. */
  cardclosed: { callId: string };
  /** Any other event of the card. */
  cardevent: CardEvent;
  /** There is a call, or something about it has changed; without `call`: there is none any more. */
  callchanged: { call?: CallSnapshot };
  /**
   * A backend, or another page of the application, has signalled with `pull.application.event.add`. All the
   * operator's pages hear of it; `dial`, `openApplication`, `openPath` and `show` are acted upon by one of them.
   */
  signal: { command: string; params: Record<string, unknown> };
  /** The line is down. */
  callended: CallEnd;
  /** The call's record is closed on the portal. Without `record` where the portal's answer to it was lost. */
  callrecorded: CallEnd & { record?: CallRecord };
  /** The softphone is registered, or no longer. */
  registration: { registered: boolean };
  /** How the call sounds, about once a second while the two sides talk. */
  quality: CallQuality;
  /** Something failed; the worker goes on. */
  error: CallCardError;
}

export interface CallWorker {
  /** Calls `listener` for each event of this type; the function it returns stops that. */
  on<K extends keyof CallWorkerEvents>(event: K, listener: (detail: CallWorkerEvents[K]) => void): () => void;
}
