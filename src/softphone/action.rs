//! What the worker asks of the softphone.

use super::PhoneCallId;
use crate::card::Tone;

/// One request to the softphone, about one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneAction {
    /// The call.
    pub call: PhoneCallId,
    /// What to do with it.
    pub kind: PhoneActionKind,
}

/// What to do with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneActionKind {
    /// Call this number.
    Dial {
        /// The number.
        number: String,
        /// The line to call from, where there are several.
        line: Option<String>,
    },
    /// Take the ringing call.
    Answer,
    /// Refuse the ringing call.
    Reject {
        /// The SIP status: 603 declined, 486 busy.
        status: u16,
    },
    /// End the call in whatever state it is.
    HangUp,
    /// Mute the microphone, or unmute it.
    SetMuted(bool),
    /// Put the call on hold, or take it back.
    SetHeld(bool),
    /// Send one DTMF tone.
    SendDtmf(Tone),
}

impl PhoneActionKind {
    /// The adapter's method, for messages.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self {
            Self::Dial { .. } => "dial",
            Self::Answer => "answer",
            Self::Reject { .. } => "reject",
            Self::HangUp => "hangUp",
            Self::SetMuted(_) => "setMuted",
            Self::SetHeld(_) => "setHeld",
            Self::SendDtmf(_) => "sendDtmf",
        }
    }
}
