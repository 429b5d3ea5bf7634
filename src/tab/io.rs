//! The tab's whole boundary: what goes in, what comes out, what its application hears.

use super::card_handle::{CardHandle, CardRequest, CardSerial};
use crate::call::CallSnapshot;
use crate::card::{CallId, CallInfo, CardCommand, CardEvent, Reply, TransferTarget};
use crate::error::Error;
use crate::link::{Auth, ToHub, ToTab};
use crate::quality::Counters;
use crate::session::{News, OperatorAction, PortalAction, Token};
use crate::softphone::{EndCause, KeptCall, PhoneAction, PhoneCallId, PhoneEvent};

/// Everything that can happen to a tab.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // each field is named by what it says
pub enum Input {
    /// The hub says something.
    Hub(ToTab),
    /// The hub is another one, or is reached anew: it is told everything again.
    HubReached,
    /// A hub of a newer version has taken this one's place: the page is of no use until it is reloaded.
    Outdated,
    /// The card raised an event.
    Card(CardEvent),
    /// The portal answered a command, or its deadline passed.
    CardReply {
        serial: CardSerial,
        command: CardCommand,
        token: Option<Token>,
        result: Result<Reply, Error>,
    },
    /// The application sends a card command through its handle.
    Request { request: CardRequest, token: Token },
    /// The application acts on the call, as the operator could on the card.
    Operator {
        action: OperatorAction,
        token: Token,
    },
    /// The application wants to do this, which is done in one tab only.
    Once { key: String, token: Token },
    /// Whether the page has call cards.
    Telephony(bool),
    /// Whether the operator looks at the page.
    Visible(bool),
    /// Whether a softphone could be started here.
    CanTakeSeat(bool),
    /// The softphone's lines are these.
    Lines(Vec<String>),
    /// The account has changed: another softphone is wanted, made anew.
    Renew,
    /// A token of the portal.
    Auth(Auth),
    /// The softphone of this run tells something.
    Phone { run: u64, event: PhoneEvent },
    /// It did not start.
    PhoneNotStarted { run: u64, cause: EndCause },
    /// It could not do what it was asked.
    PhoneFailed {
        run: u64,
        action: PhoneAction,
        cause: EndCause,
    },
    /// What another softphone would have to know to take up a call of this run's.
    Kept { run: u64, call: KeptCall },
    /// What it would dial.
    Resolved {
        question: u64,
        result: Result<String, EndCause>,
    },
    /// What it has counted.
    Stats {
        call: PhoneCallId,
        counters: Option<Counters>,
    },
    /// The page is being left or frozen; a browser may bring it back as it was.
    Leaving,
    /// It is back.
    Back,
}

/// Everything a tab asks of its page.
#[derive(Debug)]
#[allow(missing_docs)] // each field is named by what it says
pub enum Output {
    /// Send this to the hub.
    Hub(ToHub),
    /// The hub has been silent for too long: reach for one anew.
    HubLost,
    /// Send this command to the card, and bring the answer as [`Input::CardReply`].
    Card {
        serial: CardSerial,
        command: CardCommand,
        token: Option<Token>,
    },
    /// Start a softphone; what it tells comes with this run's number. `whole`: with its signalling.
    StartPhone { run: u64, whole: bool },
    /// Have it take up these calls that another softphone has left.
    TakeUp { run: u64, calls: Vec<KeptCall> },
    /// Stop it, for good.
    StopPhone,
    /// Ask this of it.
    Phone { run: u64, action: PhoneAction },
    /// Ask it what to dial.
    Resolve {
        question: u64,
        target: TransferTarget,
    },
    /// Read what it has counted.
    Sample { call: PhoneCallId },
    /// Ask this of the portal's page.
    Portal(PortalAction),
    /// Bring a fresh token, as [`Input::Auth`].
    RefreshAuth,
    /// The answer to the application's request.
    Answer {
        token: Token,
        result: Result<Reply, Error>,
    },
    /// Tell the application.
    Event(TabEvent),
}

/// What an application hears. `C` is its handle to a card.
#[derive(Debug)]
pub enum TabEvent<C = CardHandle> {
    /// A card has appeared: the only source of a handle.
    CardInitialized {
        /// The card. The handle is the only way to command it.
        card: C,
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
    /// The softphone is registered, or no longer.
    Registration {
        /// Whether calls can come and go.
        registered: bool,
    },
    /// What is told once, in every tab.
    News(News),
}
