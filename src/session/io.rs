//! The session's whole boundary: what goes in, what comes out.

use serde::{Deserialize, Serialize};

use crate::call::{CallEnd, CallRecord, RequestId};
use crate::card::{
    CallDirection, CallId, CallInfo, CardEvent, CrmEntity, Reply, Tone, TransferTarget,
};
use crate::error::Error;
use crate::lenient;
use crate::quality::{Counters, Quality};
use crate::rest::{RestAnswer, RestFailure, RestRequest};
use crate::signal::Signal;
use crate::softphone::{EndCause, Headers, PhoneAction, PhoneCallId, PhoneEvent};

/// Names one request of the application, so that its answer finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Token(pub u64);

/// Everything that can happen to a session.
#[derive(Debug, Clone)]
pub enum Input {
    /// A card has appeared in one of the operator's tabs.
    CardSeen(CardSeen),
    /// The operator has clicked on the card of this call, in whichever tab.
    Click {
        /// The call whose card it was.
        call_id: CallId,
        /// What the click asks for.
        action: OperatorAction,
    },
    /// The application acts, as the operator could on the card.
    Operator {
        /// What to do.
        action: OperatorAction,
        /// Comes back in [`Output::Answer`].
        token: Token,
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
    /// The softphone has gone, and its calls with it: but those that are kept another one can take up.
    PhoneGone {
        /// Why those that are not kept end.
        cause: EndCause,
        /// The calls that are kept.
        kept: Vec<PhoneCallId>,
    },
    /// The softphone's media is in another page from now on.
    MediaMoved,
    /// The softphone knows what to dial for a transfer's target, or why it does not.
    Resolved {
        /// From [`Output::Resolve`].
        question: u64,
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
    /// Whoever runs the session has to stop: what is not sent now may never be.
    Leave(EndCause),
}

/// What the session must know of a card that it has not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSeen {
    /// The call it shows.
    pub call_id: CallId,
    /// Whether the portal believes that the operator calls.
    pub outgoing: bool,
    /// The line of the call.
    pub line: Option<String>,
    /// The other side's number.
    pub number: Option<String>,
}

impl From<&CallInfo> for CardSeen {
    fn from(info: &CallInfo) -> Self {
        let outgoing = [CallDirection::Outgoing, CallDirection::Callback];
        Self {
            call_id: info.call_id.clone(),
            outgoing: outgoing.contains(&info.direction),
            line: info.line_number.clone(),
            number: info.phone_number.known().map(str::to_owned),
        }
    }
}

/// What can be asked of the operator's calls: by a click on a card, or by the application in the
/// operator's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperatorAction {
    /// Call a number: registers the call, then dials.
    Dial {
        /// The number.
        number: String,
        /// How.
        how: DialOptions,
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
    /// The card's call or redial button.
    MakeCall,
    /// A campaign's next client.
    Next,
    /// The card was closed by its button.
    Close,
    /// The operator's stars, 1 to 5.
    Vote(u8),
    /// Another client of a campaign has come to the card, with this number.
    Client(String),
}

impl OperatorAction {
    /// What a click on the card asks for; `None` for news that asks for nothing.
    #[must_use]
    pub fn of_click(event: &CardEvent) -> Option<Self> {
        Some(match event {
            CardEvent::Answer => Self::Answer,
            CardEvent::Skip => Self::Skip,
            CardEvent::Hangup => Self::HangUp,
            CardEvent::Mute(on) => Self::SetMuted(*on),
            CardEvent::Hold(on) => Self::SetHeld(*on),
            CardEvent::Dialpad(tone) => Self::SendDtmf(*tone),
            CardEvent::Transfer(target) => Self::Transfer(target.clone()),
            CardEvent::CompleteTransfer => Self::CompleteTransfer,
            CardEvent::CancelTransfer => Self::CancelTransfer,
            CardEvent::MakeCall => Self::MakeCall,
            CardEvent::Next => Self::Next,
            CardEvent::Close => Self::Close,
            CardEvent::QualityMeter(grade) => Self::Vote(*grade),
            CardEvent::EntityChanged(entity) => {
                Self::Client(entity.phone_number.known()?.to_owned())
            }
            // Comments and call lists are told to the application; the rest is news.
            CardEvent::Initialized(_) | CardEvent::AddComment(_) | CardEvent::NotifyAdmin => {
                return None;
            }
        })
    }
}

/// What the portal's page can do apart from the card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PortalAction {
    /// Open the application in a slider, with these `PLACEMENT_OPTIONS`: a JSON object.
    OpenApplication(String),
    /// Open a page of the portal in a slider.
    OpenPath(String),
}

/// Everything a session asks of the world.
#[derive(Debug)]
pub enum Output {
    /// Ask this of the softphone.
    Phone(PhoneAction),
    /// Ask the softphone what to dial for a transfer's target, and bring it as [`Input::Resolved`].
    Resolve {
        /// Comes back with the answer.
        question: u64,
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
    /// Ask this of a portal's page: one of the operator's.
    Portal(PortalAction),
    /// The answer to the application's request.
    Answer {
        /// From the input.
        token: Token,
        /// What came of it.
        result: Result<Reply, Error>,
    },
    /// Tell the application, in every tab.
    News(News),
}

/// How an application dials.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DialOptions {
    /// The line to call from; without it the first of the lines.
    #[serde(deserialize_with = "lenient::text")]
    pub line: Option<String>,
    /// Headers for the INVITE, by their names.
    pub headers: Headers,
    /// Whose call it is; without it the portal looks for the number in its CRM.
    pub crm_entity: Option<CrmEntity>,
}

/// What an application hears once, in every tab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// The line is down.
    CallEnded(CallEnd),
    /// The call's record is closed on the portal.
    CallRecorded {
        /// How the call ended.
        end: CallEnd,
        /// What the portal has made of it; `None` where its answer was lost.
        record: Option<CallRecord>,
    },
    /// How the call sounds, about once a second while the two sides talk.
    Quality(Quality),
    /// A signal has come: its command, and its parameters, a JSON object.
    Signal {
        /// The command.
        name: String,
        /// A JSON object.
        params: String,
    },
    /// Something failed. The worker goes on.
    Error(Error),
}
