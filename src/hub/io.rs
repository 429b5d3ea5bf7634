//! The hub's whole boundary: what goes in, what comes out.

use crate::call::RequestId;
use crate::card::TransferTarget;
use crate::error::Error;
use crate::link::{Auth, TabId, ToHub, ToTab};
use crate::quality::Counters;
use crate::rest::{RestAnswer, RestFailure, RestRequest};
use crate::session::Journal;
use crate::signal::Signal;
use crate::softphone::{EndCause, KeptCall, PhoneAction, PhoneCallId, PhoneEvent};

/// Where the softphone lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhonePlace {
    /// Whole in the tab that has the seat.
    Seat,
    /// Its signalling in the hub, its media in the seat.
    Hub,
}

/// Everything that can happen to a hub.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // each field is named by what it says
pub enum Input {
    /// A tab says something.
    Tab(ToHub),
    /// A tab has gone: closed, crashed, left.
    TabGone(TabId),
    /// What a journal holds of calls that a hub before this one has left.
    Journal(Journal),
    /// A REST call was answered, or its deadline passed.
    Rest {
        id: RequestId,
        result: Result<RestAnswer, RestFailure>,
    },
    /// A signal has come; it is not stale.
    Signal(Signal),
    /// The softphone in the hub tells something.
    Phone(PhoneEvent),
    /// The softphone in the hub could not do what it was asked.
    PhoneFailed {
        action: PhoneAction,
        cause: EndCause,
    },
    /// The softphone in the hub knows what to dial.
    Resolved {
        question: u64,
        result: Result<String, EndCause>,
    },
    /// What the softphone in the hub has counted.
    Stats {
        call: PhoneCallId,
        counters: Option<Counters>,
    },
    /// What another softphone would have to know to take up a call of the one in the hub.
    Kept(KeptCall),
    /// Something in the hub failed.
    Failed(Error),
    /// A fresh token is needed.
    WantsAuth,
    /// The hub has to stop: a newer one waits, or its page is left.
    Leave,
}

/// Everything a hub asks of the world.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // there are a handful at a time
#[allow(missing_docs)] // each field is named by what it says
pub enum Output {
    /// Send this to a tab.
    Tab(TabId, ToTab),
    /// Make this REST call, once what the journal should hold is written.
    Rest { id: RequestId, request: RestRequest },
    /// Keep this in place of what the journal held.
    Journal(Journal),
    /// A token has come.
    Auth(Auth),
    /// Ask this of the softphone in the hub.
    Phone(PhoneAction),
    /// Ask it what to dial.
    Resolve {
        question: u64,
        target: TransferTarget,
    },
    /// Read a call's counters.
    Sample { call: PhoneCallId },
    /// Its media lives in this tab from now on.
    Seat(Option<TabId>),
    /// Have it take up these calls that a hub before this one has left.
    TakeUp(Vec<KeptCall>),
}
