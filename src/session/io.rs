//! The session's whole boundary: what goes in, what comes out.

use serde::Serialize;
use serde_json::{Map, Value};

use super::call::{CallSnapshot, Direction};
use super::card_handle::{CardHandle, CardRequest, CardSerial};
use super::record::RequestId;
use crate::card::{CallId, CallInfo, CardCommand, CardEvent, Reply, Tone, TransferTarget};
use crate::error::Error;
use crate::quality::{Counters, Quality};
use crate::rest::{RestAnswer, RestFailure, RestRequest, StatusCode};
use crate::signal::Signal;
use crate::softphone::{EndCause, PhoneAction, PhoneActionKind, PhoneCallId, PhoneEvent};

/// Names one request of the application, so that its answer finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub u64);

/// Everything that can happen to a session.
#[derive(Debug, Clone)]
pub enum Input {
    /// The card raised an event.
    Card(CardEvent),
    /// The portal answered a command, or its deadline passed.
    CardReply {
        /// From [`Output::Card`].
        serial: CardSerial,
        /// From [`Output::Card`].
        command: CardCommand,
        /// From [`Output::Card`].
        token: Option<Token>,
        /// The answer.
        result: Result<Reply, Error>,
    },
    /// The softphone told something.
    Phone(PhoneEvent),
    /// The softphone could not do what it was asked.
    PhoneFailed {
        /// From [`Output::Phone`].
        action: PhoneAction,
        /// Why.
        cause: EndCause,
    },
    /// The softphone knows what to dial for a transfer's target, or why it does not.
    Resolved {
        /// From [`Output::Resolve`].
        call: PhoneCallId,
        /// The number to dial.
        result: Result<String, EndCause>,
    },
    /// What WebRTC has counted for a call.
    Stats {
        /// From [`Output::Sample`].
        call: PhoneCallId,
        /// The counters; `None` if this softphone has none to give: it is not asked again.
        counters: Option<Counters>,
    },
    /// A REST call was answered, or its deadline passed.
    Rest {
        /// From [`Output::Rest`].
        id: RequestId,
        /// The answer.
        result: Result<RestAnswer, RestFailure>,
    },
    /// A backend, or another page of the application, signals; the signal is not stale.
    Signal(Signal),
    /// Whether this page may do what it has claimed.
    Claimed {
        /// From [`Output::Claim`].
        key: String,
        /// `false`: another page of the operator does it.
        granted: bool,
    },
    /// The application sends a card command through its handle.
    Request {
        /// The command and the proof of its card.
        request: CardRequest,
        /// Comes back in [`Output::Answer`].
        token: Token,
    },
    /// The application acts on the call, as the operator could on the card.
    Operator {
        /// What to do.
        action: OperatorAction,
        /// Comes back in [`Output::Answer`].
        token: Token,
    },
    /// The page is being left; a browser may keep it, and let it go on as if nothing had been.
    PageHide,
}

/// What an application can do to the call in the operator's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorAction {
    /// Call a number: registers the call, then dials.
    Dial {
        /// The number.
        number: String,
        /// The line to call from.
        line: Option<String>,
    },
    /// Take the ringing call.
    Answer,
    /// Refuse the ringing call.
    Skip,
    /// End the call.
    HangUp,
    /// Mute the microphone, or unmute it.
    SetMuted(bool),
    /// Put the call on hold, or take it back.
    SetHeld(bool),
    /// Send a DTMF tone.
    SendDtmf(Tone),
    /// Begin to transfer the call, as the card's transfer button does.
    Transfer(TransferTarget),
    /// Hand the call over.
    CompleteTransfer,
    /// Return to the call.
    CancelTransfer,
}

/// What the portal's page can do apart from the card.
#[derive(Debug, Clone, PartialEq)]
pub enum PortalAction {
    /// Open the application in a slider, with these `PLACEMENT_OPTIONS`.
    OpenApplication(Map<String, Value>),
    /// Open a page of the portal in a slider.
    OpenPath(String),
}

/// Everything a session asks of the world.
#[derive(Debug)]
pub enum Output {
    /// Send this command to the card, and bring the answer as [`Input::CardReply`].
    Card {
        /// The card it is for.
        serial: CardSerial,
        /// The command.
        command: CardCommand,
        /// The application's request it came from, if any.
        token: Option<Token>,
    },
    /// Ask this of the softphone.
    Phone(PhoneAction),
    /// Ask the softphone what to dial for a transfer's target, and bring it as [`Input::Resolved`].
    Resolve {
        /// The call to be transferred.
        call: PhoneCallId,
        /// What the operator picked.
        target: TransferTarget,
    },
    /// Read what WebRTC has counted for this call, and bring it as [`Input::Stats`].
    Sample {
        /// The call.
        call: PhoneCallId,
    },
    /// Make this REST call, and bring the answer as [`Input::Rest`].
    Rest {
        /// Names the call.
        id: RequestId,
        /// The call.
        request: RestRequest,
    },
    /// All the operator's pages have heard of this and one may act upon it: ask for it in the name
    /// of this page, and bring what comes of it as [`Input::Claimed`].
    Claim {
        /// The same on every page.
        key: String,
    },
    /// Ask this of the portal's page.
    Portal(PortalAction),
    /// The answer to the application's request.
    Answer {
        /// From the input.
        token: Token,
        /// What came of it.
        result: Result<Reply, Error>,
    },
    /// Tell the application.
    Event(AppEvent),
}

/// What an application hears.
#[derive(Debug)]
pub enum AppEvent {
    /// A card has appeared. The handle is the only way to command it.
    CardInitialized {
        /// The card.
        card: CardHandle,
        /// Whose call it shows; not necessarily one of this application.
        call: CallInfo,
    },
    /// That card is gone.
    CardClosed {
        /// The call it showed.
        call_id: CallId,
    },
    /// Any other event of the card.
    Card(CardEvent),
    /// There is a call, or something about it has changed; `None`: there is none any more.
    CallChanged(Option<CallSnapshot>),
    /// The line is down.
    CallEnded(CallEnd),
    /// The call's record is closed on the portal.
    CallRecorded(CallEnd),
    /// How the call sounds, about once a second while the two sides talk.
    Quality(Quality),
    /// The softphone is registered, or no longer.
    Registration {
        /// Whether calls can come and go.
        registered: bool,
    },
    /// A signal has come; the worker does its part about those it knows.
    Signal(Signal),
    /// Something failed. The session goes on.
    Error(Error),
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallEnd {
    /// The portal's name of the call, if it was registered.
    pub call_id: Option<CallId>,
    /// The softphone's name of it.
    pub phone_call_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// How long the two sides talked, in whole seconds.
    pub duration: u64,
    /// How it went, as the portal records it.
    pub status_code: StatusCode,
    /// A stable code or a sentence, where it failed.
    pub reason: Option<String>,
}

impl PhoneActionKind {
    pub(super) fn of(self, call: &PhoneCallId) -> Output {
        Output::Phone(PhoneAction {
            call: call.clone(),
            kind: self,
        })
    }
}
