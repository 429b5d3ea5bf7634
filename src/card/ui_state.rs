//! The twelve states of the card, and the buttons each one draws.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::EventName;

/// A state of the call card, for [`CardCommand::SetUiState`](super::CardCommand::SetUiState).
///
/// Source: [card](https://apidocs.bitrix24.com/api-reference/widgets/ui-interaction/page-background-worker/card.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UiState {
    /// A call rings: answer, skip.
    Incoming,
    /// A transferred call rings: answer, skip.
    TransferIncoming,
    /// A call can be made: call.
    Outgoing,
    /// The operator has answered, the call is being connected: hang up.
    ConnectingIncoming,
    /// The other side is being called: hang up.
    ConnectingOutgoing,
    /// The two sides talk; the card's timer runs.
    Connected,
    /// A transfer is under way: complete, cancel.
    Transferring,
    /// The transfer failed: cancel (return to the call).
    TransferFailed,
    /// The transfer is done: hang up.
    TransferConnected,
    /// The call failed: close.
    Error,
    /// The account has no money: notify the administrator, close.
    MoneyError,
    /// The call was not answered: redial.
    Redial,
}

/// A button of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Button {
    /// Takes a ringing call.
    Answer,
    /// Refuses a ringing call.
    Skip,
    /// Makes the call ("call" and "redial").
    MakeCall,
    /// Ends the call.
    Hangup,
    /// Puts the call on hold, or takes it back.
    Hold,
    /// Mutes the microphone, or unmutes it.
    Mute,
    /// Grades the quality of the connection, one to five.
    QualityMeter,
    /// Folds the card; raises no event.
    Fold,
    /// Opens the choice of a transfer's target.
    Transfer,
    /// Opens the keypad.
    Dialpad,
    /// Completes a transfer.
    CompleteTransfer,
    /// Returns from a transfer.
    CancelTransfer,
    /// Closes the card.
    Close,
    /// Tells the administrator that there is no money.
    NotifyAdmin,
}

impl UiState {
    /// All twelve, in the order in which `CallCardGetListUiStates` answers them.
    pub const ALL: [Self; 12] = [
        Self::Incoming,
        Self::TransferIncoming,
        Self::Outgoing,
        Self::ConnectingIncoming,
        Self::ConnectingOutgoing,
        Self::Connected,
        Self::Transferring,
        Self::TransferFailed,
        Self::TransferConnected,
        Self::Error,
        Self::MoneyError,
        Self::Redial,
    ];

    /// The portal's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::TransferIncoming => "transferIncoming",
            Self::Outgoing => "outgoing",
            Self::ConnectingIncoming => "connectingIncoming",
            Self::ConnectingOutgoing => "connectingOutgoing",
            Self::Connected => "connected",
            Self::Transferring => "transferring",
            Self::TransferFailed => "transferFailed",
            Self::TransferConnected => "transferConnected",
            Self::Error => "error",
            Self::MoneyError => "moneyError",
            Self::Redial => "redial",
        }
    }

    /// The state of this name, or `None` for a word that is not among the twelve.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The buttons the card draws in this state.
    #[must_use]
    pub fn buttons(self) -> &'static [Button] {
        match self {
            Self::Incoming | Self::TransferIncoming => &[Button::Answer, Button::Skip],
            Self::Outgoing | Self::Redial => &[Button::MakeCall],
            Self::ConnectingIncoming | Self::ConnectingOutgoing | Self::TransferConnected => {
                &[Button::Hangup]
            }
            Self::Connected => &[
                Button::Hold,
                Button::Mute,
                Button::QualityMeter,
                Button::Fold,
                Button::Transfer,
                Button::Dialpad,
                Button::Hangup,
            ],
            Self::Transferring => &[Button::CompleteTransfer, Button::CancelTransfer],
            Self::TransferFailed => &[Button::CancelTransfer],
            Self::Error => &[Button::Close],
            Self::MoneyError => &[Button::NotifyAdmin, Button::Close],
        }
    }
}

impl Serialize for UiState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for UiState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_name(&String::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom("no state of the card"))
    }
}

impl Button {
    /// The event a click raises, if it raises one.
    #[must_use]
    pub fn event(self) -> Option<EventName> {
        Some(match self {
            Self::Answer => EventName::AnswerButtonClick,
            Self::Skip => EventName::SkipButtonClick,
            Self::MakeCall => EventName::MakeCallButtonClick,
            Self::Hangup => EventName::HangupButtonClick,
            Self::Hold => EventName::HoldButtonClick,
            Self::Mute => EventName::MuteButtonClick,
            Self::QualityMeter => EventName::QualityMeterClick,
            Self::Transfer => EventName::TransferButtonClick,
            Self::Dialpad => EventName::DialpadButtonClick,
            Self::CompleteTransfer => EventName::CompleteTransferButtonClick,
            Self::CancelTransfer => EventName::CancelTransferButtonClick,
            Self::Close => EventName::CloseButtonClick,
            Self::NotifyAdmin => EventName::NotifyAdminButtonClick,
            Self::Fold => return None,
        })
    }
}
