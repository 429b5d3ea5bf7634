//! What the worker asks of the softphone.

use serde::{Deserialize, Serialize};

use super::{Headers, PhoneCallId};
use crate::card::Tone;

/// One request to the softphone, about one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneAction {
    /// The call.
    pub call: PhoneCallId,
    /// What to do with it.
    pub kind: PhoneActionKind,
}

/// What to do with a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PhoneActionKind {
    /// Call this number.
    Dial {
        /// The number.
        number: String,
        /// The line to call from, where there are several.
        line: Option<String>,
        /// Headers for the INVITE, by their names.
        headers: Headers,
        /// The call, on hold by then, about whose transfer the other side is to be consulted.
        consultation_for: Option<PhoneCallId>,
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
    /// Send the far end there without asking first (blind transfer: REFER). It is done when the
    /// target has answered; the call's end follows.
    Transfer {
        /// A number or an address.
        target: String,
    },
    /// Join the far ends of this call and of its consultation (attended transfer: REFER with Replaces).
    CompleteTransfer {
        /// The connected call that was dialled for it.
        consultation: PhoneCallId,
    },
}

impl PhoneActionKind {
    /// This, of that call.
    pub(crate) fn of(self, call: &PhoneCallId) -> PhoneAction {
        PhoneAction {
            call: call.clone(),
            kind: self,
        }
    }

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
            Self::Transfer { .. } => "transfer",
            Self::CompleteTransfer { .. } => "completeTransfer",
        }
    }
}
