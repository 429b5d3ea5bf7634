//! The messages.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::call::CallSnapshot;
use crate::card::{CallId, Reply, TransferTarget};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::quality::Counters;
use crate::session::{CardOrder, CardSeen, News, OperatorAction, PortalAction, Token};
use crate::softphone::{EndCause, KeptCall, PhoneAction, PhoneCallId, PhoneEvent};

/// One page's life in one frame; chosen by the tab, at random.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub struct TabId(pub u64);

/// One hub's life; chosen by the hub, at random. A tab that hears another one has a new hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct HubId(pub u64);

/// From the hub to one tab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToTab {
    /// Who speaks.
    pub hub: HubId,
    /// Counts the hub's messages to this tab.
    pub n: u64,
    /// The tab's items up to here were taken.
    pub ack: u64,
    /// How things are.
    pub state: HubState,
    /// What the tab has not yet said it has.
    pub items: Vec<(u64, ForTab)>,
}

/// How things are, for one tab.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HubState {
    /// The call, if there is one.
    pub call: Option<CallSnapshot>,
    /// Whether calls can come and go.
    pub registered: bool,
    /// Who has the seat.
    pub seat: Option<Seat>,
    /// What becomes of the card that this tab has; nothing is said of a card that is none of ours.
    pub card: Option<(CallId, CardOrder)>,
    /// Whether every call has been closed on the portal: this hub may be replaced.
    pub idle: bool,
}

/// The place of microphone, RTCPeerConnection and speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Which tab has it.
    pub tab: TabId,
    /// Counts the softphones that were started: another number is another softphone.
    pub run: u64,
    /// Whether the whole softphone lives there, and not only its media.
    pub whole: bool,
}

/// What a tab is told once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ForTab {
    /// News for the application.
    News(News),
    /// The answer to the application's request.
    Answer {
        /// From the request.
        token: Token,
        /// What came of it.
        result: Result<Reply, Error>,
    },
    /// Ask this of the portal's page.
    Portal(PortalAction),
    /// Ask this of the softphone in the seat.
    Phone {
        /// Of that softphone and no other.
        run: u64,
        /// What.
        action: PhoneAction,
    },
    /// Ask the softphone what to dial.
    Resolve {
        /// Comes back with the answer.
        question: u64,
        /// What the operator picked.
        target: TransferTarget,
    },
    /// Read a call's counters.
    Sample {
        /// The call.
        call: PhoneCallId,
    },
    /// Take calls up that another softphone has left.
    TakeUp {
        /// To be done by this softphone and no other.
        run: u64,
        /// The calls.
        calls: Vec<KeptCall>,
    },
    /// Bring a fresh token of the portal.
    RefreshAuth,
}

/// From one tab to the hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToHub {
    /// Who speaks.
    pub tab: TabId,
    /// Counts the tab's messages.
    pub n: u64,
    /// Whose messages it has heard.
    pub hub: HubId,
    /// The hub's items up to here were taken.
    pub ack: u64,
    /// The hub's state up to this message was taken.
    pub seen: u64,
    /// How the tab is.
    pub state: TabState,
    /// What the hub has not yet said it has.
    pub items: Vec<(u64, ForHub)>,
}

/// How a tab is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TabState {
    /// Whether its page has call cards: a slider has none.
    pub telephony: bool,
    /// Whether the operator looks at it.
    pub visible: bool,
    /// Whether it can take the seat.
    pub can_take_seat: bool,
    /// The call whose card it has.
    pub card: Option<CallId>,
    /// It is being left, frozen or unloaded.
    pub leaving: bool,
}

/// What the hub is told once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ForHub {
    /// How calls are to be treated; `renew`: by another softphone, made anew.
    Configure {
        /// How.
        config: Box<Config>,
        /// The operator's account has changed, say.
        renew: bool,
    },
    /// A token of the portal.
    Auth(Auth),
    /// A card has appeared.
    CardSeen(CardSeen),
    /// A card has gone, and nobody has closed it here.
    CardGone(CallId),
    /// A click on the card of this call.
    Click {
        /// The call.
        call_id: CallId,
        /// What it asks for.
        action: OperatorAction,
    },
    /// The application acts.
    Operator {
        /// What to do.
        action: OperatorAction,
        /// Comes back with the answer.
        token: Token,
    },
    /// The application wants to do this, which is done in one tab only.
    Once {
        /// What it calls it.
        key: String,
        /// Comes back with the answer.
        token: Token,
    },
    /// The softphone in the seat tells something.
    Phone {
        /// Which softphone it was.
        run: u64,
        /// What.
        event: PhoneEvent,
    },
    /// The softphone in the seat did not start.
    PhoneNotStarted {
        /// Which.
        run: u64,
        /// Why.
        cause: EndCause,
    },
    /// It was stopped, and its calls with it.
    PhoneStopped {
        /// Which.
        run: u64,
    },
    /// The softphone could not do what it was asked.
    PhoneFailed {
        /// Which softphone it was.
        run: u64,
        /// What it was asked.
        action: PhoneAction,
        /// Why not.
        cause: EndCause,
    },
    /// What another softphone would have to know to take up a call of this one's.
    Kept {
        /// Which softphone it was.
        run: u64,
        /// The call.
        call: KeptCall,
    },
    /// What to dial.
    Resolved {
        /// From the question.
        question: u64,
        /// The number.
        result: Result<String, EndCause>,
    },
    /// A call's counters.
    Stats {
        /// The call.
        call: PhoneCallId,
        /// What was counted.
        counters: Option<Counters>,
    },
}

/// A token of the portal, by which the hub makes REST calls without a page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// The token.
    pub access_token: String,
    /// Where it holds: the address of the portal's REST methods, with its last slash.
    pub endpoint: String,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Writes a message. Hub and tabs are of one version, so its format describes nothing.
#[must_use]
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    // Our own types, all of known length: there is nothing that could not be written.
    postcard::to_allocvec(message).unwrap_or_default()
}

/// Reads a message.
///
/// # Errors
/// [`Malformed`](ErrorKind::Malformed) for what is no message of this version.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    postcard::from_bytes(bytes).map_err(|error| {
        Error::new(
            ErrorKind::Malformed,
            format!("a message between hub and tab can't be read ({error}): reload the page"),
        )
    })
}
