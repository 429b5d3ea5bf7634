//! The seventeen events of the card and their payloads.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{CallInfo, EntityChange};
use crate::error::{Error, ErrorKind};
use crate::lenient::{self, Scalar};

/// The name of an event, without its prefix `BackgroundCallCard::`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the portal's; what each says stands at `CardEvent`
pub enum EventName {
    Initialized,
    AddCommentButtonClick,
    MuteButtonClick,
    HoldButtonClick,
    CloseButtonClick,
    TransferButtonClick,
    CancelTransferButtonClick,
    CompleteTransferButtonClick,
    HangupButtonClick,
    NextButtonClick,
    SkipButtonClick,
    AnswerButtonClick,
    EntityChanged,
    QualityMeterClick,
    DialpadButtonClick,
    MakeCallButtonClick,
    NotifyAdminButtonClick,
}

impl EventName {
    /// All seventeen, in the order in which the portal lists them.
    pub const ALL: [Self; 17] = [
        Self::Initialized,
        Self::AddCommentButtonClick,
        Self::MuteButtonClick,
        Self::HoldButtonClick,
        Self::CloseButtonClick,
        Self::TransferButtonClick,
        Self::CancelTransferButtonClick,
        Self::CompleteTransferButtonClick,
        Self::HangupButtonClick,
        Self::NextButtonClick,
        Self::SkipButtonClick,
        Self::AnswerButtonClick,
        Self::EntityChanged,
        Self::QualityMeterClick,
        Self::DialpadButtonClick,
        Self::MakeCallButtonClick,
        Self::NotifyAdminButtonClick,
    ];

    /// The name as it is bound, e.g. `BackgroundCallCard::initialized`.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::Initialized => "BackgroundCallCard::initialized",
            Self::AddCommentButtonClick => "BackgroundCallCard::addCommentButtonClick",
            Self::MuteButtonClick => "BackgroundCallCard::muteButtonClick",
            Self::HoldButtonClick => "BackgroundCallCard::holdButtonClick",
            Self::CloseButtonClick => "BackgroundCallCard::closeButtonClick",
            Self::TransferButtonClick => "BackgroundCallCard::transferButtonClick",
            Self::CancelTransferButtonClick => "BackgroundCallCard::cancelTransferButtonClick",
            Self::CompleteTransferButtonClick => "BackgroundCallCard::completeTransferButtonClick",
            Self::HangupButtonClick => "BackgroundCallCard::hangupButtonClick",
            Self::NextButtonClick => "BackgroundCallCard::nextButtonClick",
            Self::SkipButtonClick => "BackgroundCallCard::skipButtonClick",
            Self::AnswerButtonClick => "BackgroundCallCard::answerButtonClick",
            Self::EntityChanged => "BackgroundCallCard::entityChanged",
            Self::QualityMeterClick => "BackgroundCallCard::qualityMeterClick",
            Self::DialpadButtonClick => "BackgroundCallCard::dialpadButtonClick",
            Self::MakeCallButtonClick => "BackgroundCallCard::makeCallButtonClick",
            Self::NotifyAdminButtonClick => "BackgroundCallCard::notifyAdminButtonClick",
        }
    }

    /// The name without its prefix, e.g. `initialized`.
    #[must_use]
    pub fn short(self) -> &'static str {
        self.wire().trim_start_matches("BackgroundCallCard::")
    }
}

/// Something the card tells: an operator's click, or news of the call.
///
/// Serialized, it is `{ "event": "muteButtonClick", "data": true }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", content = "data")]
pub enum CardEvent {
    /// A card has appeared and can be driven.
    #[serde(rename = "initialized")]
    Initialized(CallInfo),
    /// The client of the call became known or changed. May come before `initialized`.
    #[serde(rename = "entityChanged")]
    EntityChanged(EntityChange),
    /// A comment was written (the portal has saved it already); may be empty.
    #[serde(rename = "addCommentButtonClick")]
    AddComment(String),
    /// The mute button was clicked; the new state, which the card shows already.
    #[serde(rename = "muteButtonClick")]
    Mute(bool),
    /// The hold button was clicked; the new state, which the card shows already.
    #[serde(rename = "holdButtonClick")]
    Hold(bool),
    /// A transfer's target was picked.
    #[serde(rename = "transferButtonClick")]
    Transfer(TransferTarget),
    /// The operator returns from a transfer.
    #[serde(rename = "cancelTransferButtonClick")]
    CancelTransfer,
    /// The operator completes a transfer.
    #[serde(rename = "completeTransferButtonClick")]
    CompleteTransfer,
    /// The operator hangs up. The card stays until it is closed.
    #[serde(rename = "hangupButtonClick")]
    Hangup,
    /// The operator asks for the next entry of a call list.
    #[serde(rename = "nextButtonClick")]
    Next,
    /// The operator refuses the call, or skips an entry of a call list. The card stays.
    #[serde(rename = "skipButtonClick")]
    Skip,
    /// The operator takes the call. The card's state does not change by itself.
    #[serde(rename = "answerButtonClick")]
    Answer,
    /// The operator calls or calls again.
    #[serde(rename = "makeCallButtonClick")]
    MakeCall,
    /// The operator closes the card: it is gone when this arrives.
    #[serde(rename = "closeButtonClick")]
    Close,
    /// The operator grades the connection, 1 (bad) to 5 (good).
    #[serde(rename = "qualityMeterClick")]
    QualityMeter(u8),
    /// A key of the dialpad.
    #[serde(rename = "dialpadButtonClick")]
    Dialpad(Tone),
    /// The operator asks that the administrator be told that there is no money.
    #[serde(rename = "notifyAdminButtonClick")]
    NotifyAdmin,
}

impl CardEvent {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> EventName {
        match self {
            Self::Initialized(_) => EventName::Initialized,
            Self::EntityChanged(_) => EventName::EntityChanged,
            Self::AddComment(_) => EventName::AddCommentButtonClick,
            Self::Mute(_) => EventName::MuteButtonClick,
            Self::Hold(_) => EventName::HoldButtonClick,
            Self::Transfer(_) => EventName::TransferButtonClick,
            Self::CancelTransfer => EventName::CancelTransferButtonClick,
            Self::CompleteTransfer => EventName::CompleteTransferButtonClick,
            Self::Hangup => EventName::HangupButtonClick,
            Self::Next => EventName::NextButtonClick,
            Self::Skip => EventName::SkipButtonClick,
            Self::Answer => EventName::AnswerButtonClick,
            Self::MakeCall => EventName::MakeCallButtonClick,
            Self::Close => EventName::CloseButtonClick,
            Self::QualityMeter(_) => EventName::QualityMeterClick,
            Self::Dialpad(_) => EventName::DialpadButtonClick,
            Self::NotifyAdmin => EventName::NotifyAdminButtonClick,
        }
    }

    /// Reads the payload that came with an event. "No data" may be anything: `[]`, `""`, `undefined`.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) when the payload lacks what the event is about, e.g. an
    /// `initialized` without a `CALL_ID`.
    ///
    /// ```
    /// use b24_background_worker::card::{CardEvent, EventName};
    ///
    /// let payload = serde_json::json!("5");
    /// let event = CardEvent::parse(EventName::DialpadButtonClick, payload).unwrap();
    /// assert!(matches!(event, CardEvent::Dialpad(tone) if tone.as_char() == '5'));
    /// ```
    pub fn parse<'de, D: Deserializer<'de>>(name: EventName, payload: D) -> Result<Self, Error> {
        let malformed = |why: &dyn fmt::Display| {
            Error::new(
                ErrorKind::Malformed,
                format!(
                    "{} came with a payload that can't be read: {why}",
                    name.wire()
                ),
            )
        };
        let scalar = |payload: D| Scalar::deserialize(payload).map_err(|e| malformed(&e));
        Ok(match name {
            EventName::Initialized => {
                Self::Initialized(CallInfo::deserialize(payload).map_err(|e| malformed(&e))?)
            }
            EventName::EntityChanged => {
                Self::EntityChanged(EntityChange::deserialize(payload).map_err(|e| malformed(&e))?)
            }
            EventName::TransferButtonClick => {
                Self::Transfer(TransferTarget::deserialize(payload).map_err(|e| malformed(&e))?)
            }
            EventName::AddCommentButtonClick => {
                Self::AddComment(scalar(payload)?.text().unwrap_or_default())
            }
            EventName::MuteButtonClick => Self::Mute(
                scalar(payload)?
                    .flag()
                    .ok_or_else(|| malformed(&"no flag"))?,
            ),
            EventName::HoldButtonClick => Self::Hold(
                scalar(payload)?
                    .flag()
                    .ok_or_else(|| malformed(&"no flag"))?,
            ),
            EventName::QualityMeterClick => Self::QualityMeter(
                scalar(payload)?
                    .id()
                    .and_then(|grade| u8::try_from(grade).ok())
                    .filter(|grade| (1..=5).contains(grade))
                    .ok_or_else(|| malformed(&"not a grade from 1 to 5"))?,
            ),
            EventName::DialpadButtonClick => Self::Dialpad(
                scalar(payload)?
                    .text()
                    .and_then(|key| Tone::from_key(&key))
                    .ok_or_else(|| malformed(&"not one of 0-9, * and #"))?,
            ),
            EventName::CancelTransferButtonClick => Self::CancelTransfer,
            EventName::CompleteTransferButtonClick => Self::CompleteTransfer,
            EventName::HangupButtonClick => Self::Hangup,
            EventName::NextButtonClick => Self::Next,
            EventName::SkipButtonClick => Self::Skip,
            EventName::AnswerButtonClick => Self::Answer,
            EventName::MakeCallButtonClick => Self::MakeCall,
            EventName::CloseButtonClick => Self::Close,
            EventName::NotifyAdminButtonClick => Self::NotifyAdmin,
        })
    }
}

/// A DTMF tone of a telephone keypad: `0`-`9`, `*`, `#`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tone(char);

impl Tone {
    /// The tone of a key, or `None` when the text is not exactly one key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        let mut chars = key.chars();
        match (chars.next(), chars.next()) {
            (Some(tone @ ('0'..='9' | '*' | '#')), None) => Some(Self(tone)),
            _ => None,
        }
    }

    /// The key.
    #[must_use]
    pub fn as_char(self) -> char {
        self.0
    }
}

/// Where the operator wants a call to go.
///
/// The portal has two shapes: `{phoneNumber, target}` once any card command was used, and
/// `{type, target}` before. The target is a user's id or a phone number; only its format tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferTarget {
    /// The call's own number (first shape).
    pub phone_number: Option<String>,
    /// `user`, `pstn` or `queue` (second shape).
    pub kind: Option<String>,
    /// A user's id or a phone number.
    pub target: String,
}

impl<'de> Deserialize<'de> for TransferTarget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default, rename = "phoneNumber", deserialize_with = "lenient::text")]
            phone_number: Option<String>,
            #[serde(default, rename = "type", deserialize_with = "lenient::text")]
            kind: Option<String>,
            #[serde(deserialize_with = "lenient::needed_text")]
            target: String,
        }
        let wire = Wire::deserialize(deserializer)?;
        Ok(Self {
            phone_number: wire.phone_number,
            kind: wire.kind,
            target: wire.target,
        })
    }
}
