//! The nine commands, and what to expect of the portal when one is sent.

use std::time::Duration;

use serde::Serialize;

use super::UiState;

/// A command for the call card.
///
/// Serialized, it is the command's parameters, exactly as the portal takes them. A command acts on
/// the page's one card, whoever raised it; that is why only a
/// [`CardHandle`](crate::tab::CardHandle) can make one that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum CardCommand {
    /// Shows the microphone as muted or not. Raises no `muteButtonClick`.
    SetMute {
        /// The flag to show.
        muted: bool,
    },
    /// Shows the call as held or not. Raises no `holdButtonClick`.
    SetHold {
        /// The flag to show.
        held: bool,
    },
    /// Puts the card into another state.
    SetUiState {
        /// The state.
        #[serde(rename = "uiState")]
        ui_state: UiState,
        /// With [`UiState::Connected`]: leave the timer alone.
        #[serde(
            rename = "disableAutoStartTimer",
            skip_serializing_if = "std::ops::Not::not"
        )]
        disable_auto_start_timer: bool,
    },
    /// Asks for the names of the states. Needs no card.
    GetListUiStates {},
    /// Sets the card's title.
    SetCardTitle {
        /// The text; the portal shows it as text, not as HTML.
        title: String,
    },
    /// Sets the text in the middle of the card.
    SetStatusText {
        /// The text.
        #[serde(rename = "statusText")]
        status_text: String,
    },
    /// Closes the card. Raises no `closeButtonClick`.
    Close {},
    /// Shows the timer and lets it run.
    StartTimer {},
    /// Stops the timer.
    StopTimer {},
}

/// What the portal owes for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyContract {
    /// An answer always comes: silence is a fault.
    Answered,
    /// Only a failure is answered: silence is success.
    SilentOnSuccess,
}

impl CardCommand {
    /// All nine names, in the order in which a browser's `getInterface` lists them.
    pub const NAMES: [&'static str; 9] = [
        "CallCardSetMute",
        "CallCardSetHold",
        "CallCardSetUiState",
        "CallCardGetListUiStates",
        "CallCardSetCardTitle",
        "CallCardSetStatusText",
        "CallCardClose",
        "CallCardStartTimer",
        "CallCardStopTimer",
    ];

    /// The command's name on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SetMute { .. } => "CallCardSetMute",
            Self::SetHold { .. } => "CallCardSetHold",
            Self::SetUiState { .. } => "CallCardSetUiState",
            Self::GetListUiStates {} => "CallCardGetListUiStates",
            Self::SetCardTitle { .. } => "CallCardSetCardTitle",
            Self::SetStatusText { .. } => "CallCardSetStatusText",
            Self::Close {} => "CallCardClose",
            Self::StartTimer {} => "CallCardStartTimer",
            Self::StopTimer {} => "CallCardStopTimer",
        }
    }

    /// What the portal owes for it.
    ///
    /// `SetUiState` with `connected` counts as silent on success: while the CRM part of the card
    /// is still loading, the usual moment, the portal obeys and never answers.
    #[must_use]
    pub fn contract(&self) -> ReplyContract {
        match self {
            Self::StartTimer {}
            | Self::StopTimer {}
            | Self::SetUiState {
                ui_state: UiState::Connected,
                ..
            } => ReplyContract::SilentOnSuccess,
            _ => ReplyContract::Answered,
        }
    }

    /// How long to wait for the answer: 2 s where one is owed, 1 s where only a failure would come.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        match self.contract() {
            ReplyContract::Answered => Duration::from_secs(2),
            ReplyContract::SilentOnSuccess => Duration::from_secs(1),
        }
    }
}
