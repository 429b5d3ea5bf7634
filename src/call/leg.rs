//! The call at the softphone.

use std::time::Duration;

use crate::card::UiState;
use crate::rest::StatusCode;
use crate::time::Instant;

/// Where the call is at the softphone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leg {
    /// An incoming call rings.
    Ringing,
    /// The operator has answered; the softphone is connecting.
    Answering,
    /// An outgoing call that is not dialled yet. `auto`: dial as soon as it is registered;
    /// otherwise the card's call button decides. `until`: how long it waits to be registered.
    Ready { auto: bool, until: Option<Instant> },
    /// The softphone dials; `progress` once the far end rings.
    Dialing { progress: bool },
    /// The two sides talk.
    Up { since: Instant },
    /// The softphone that had it is gone, since the moment `at`; another is to take it up.
    Lost {
        since: Instant,
        at: Instant,
        deadline: Instant,
    },
    /// This side has hung up or refused; the softphone owes an `ended`.
    Ending {
        since: Option<Instant>,
        until: Instant,
        status: StatusCode,
        deadline: Instant,
    },
    /// It is over.
    Over(Outcome),
}

/// How a call went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) at: Instant,
    pub(crate) duration: Duration,
    pub(crate) status: StatusCode,
    pub(crate) reason: Option<String>,
    /// What the card still shows, and until when.
    pub(crate) aftermath: Option<Aftermath>,
}

/// The card's last word about a call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aftermath {
    pub(crate) ui_state: UiState,
    pub(crate) text: String,
    pub(crate) until: Instant,
}

impl Outcome {
    /// It goes on with somebody else, and the card still says so.
    pub(crate) fn is_handed_over(&self) -> bool {
        let aftermath = self.aftermath.as_ref();
        aftermath.is_some_and(|it| it.ui_state == UiState::TransferConnected)
    }
}

impl Leg {
    pub(crate) fn can_connect(&self) -> bool {
        matches!(
            self,
            Self::Ringing | Self::Answering | Self::Dialing { .. } | Self::Lost { .. }
        )
    }

    /// When the two sides began to talk.
    pub(crate) fn since(&self) -> Option<Instant> {
        match self {
            Self::Up { since } | Self::Lost { since, .. } => Some(*since),
            Self::Ending { since, .. } => *since,
            _ => None,
        }
    }
}
