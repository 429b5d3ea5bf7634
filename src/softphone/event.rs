//! What the softphone tells.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::EndCause;
use crate::error::{Error, ErrorKind};
use crate::lenient;

/// Names one call at the softphone. The adapter chooses it for incoming calls, the worker for
/// outgoing ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PhoneCallId(pub String);

impl<'de> Deserialize<'de> for PhoneCallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::text(deserializer)?
            .map(Self)
            .ok_or_else(|| D::Error::custom("callId is missing"))
    }
}

/// News from the softphone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum PhoneEvent {
    /// Signalling is up: calls can come and go.
    Registered,
    /// Signalling is down. Calls in progress may live on.
    Unregistered {
        /// Why.
        #[serde(default, deserialize_with = "lenient::text")]
        text: Option<String>,
    },
    /// A call rings.
    Incoming {
        /// The call.
        call_id: PhoneCallId,
        /// The caller's number; `None` when withheld.
        #[serde(default, deserialize_with = "lenient::text")]
        number: Option<String>,
        /// The caller's name.
        #[serde(default, deserialize_with = "lenient::text")]
        display_name: Option<String>,
        /// The number that was called.
        #[serde(default, deserialize_with = "lenient::text")]
        line: Option<String>,
    },
    /// The far end of an outgoing call rings, or speaks before it answers.
    Progress {
        /// The call.
        call_id: PhoneCallId,
        /// Whether the far end can be heard already.
        #[serde(default, deserialize_with = "lenient::flag")]
        early_media: bool,
    },
    /// The call is answered and its media is agreed.
    Connected {
        /// The call.
        call_id: PhoneCallId,
    },
    /// The microphone is muted, or no longer.
    Muted {
        /// The call.
        call_id: PhoneCallId,
        /// The new state.
        #[serde(default, deserialize_with = "lenient::flag")]
        muted: bool,
    },
    /// The call is on hold, or no longer.
    Held {
        /// The call.
        call_id: PhoneCallId,
        /// The new state.
        #[serde(default, deserialize_with = "lenient::flag")]
        held: bool,
        /// Whether the other side holds, not this one.
        #[serde(default, rename = "by", deserialize_with = "by_remote")]
        by_remote: bool,
    },
    /// The call is over.
    Ended {
        /// The call.
        call_id: PhoneCallId,
        /// Why.
        #[serde(default)]
        cause: EndCause,
    },
}

impl PhoneEvent {
    /// Reads what an adapter emitted.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) for an unknown type, or a call's event without its `callId`.
    ///
    /// ```
    /// use b24_background_worker::softphone::PhoneEvent;
    ///
    /// let event = serde_json::json!({ "type": "incoming", "callId": "a1", "number": "+15550199" });
    /// assert!(matches!(PhoneEvent::parse(event).unwrap(), PhoneEvent::Incoming { .. }));
    /// ```
    pub fn parse<'de, D: Deserializer<'de>>(event: D) -> Result<Self, Error> {
        Self::deserialize(event).map_err(|error| {
            Error::new(
                ErrorKind::Malformed,
                format!("the softphone emitted an event that can't be read: {error}"),
            )
        })
    }

    /// The call the news is about.
    #[must_use]
    pub fn call(&self) -> Option<&PhoneCallId> {
        match self {
            Self::Registered | Self::Unregistered { .. } => None,
            Self::Incoming { call_id, .. }
            | Self::Progress { call_id, .. }
            | Self::Connected { call_id }
            | Self::Muted { call_id, .. }
            | Self::Held { call_id, .. }
            | Self::Ended { call_id, .. } => Some(call_id),
        }
    }
}

fn by_remote<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(lenient::text(deserializer)?.as_deref() == Some("remote"))
}
