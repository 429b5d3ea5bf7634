//! What the softphone tells.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{EndCause, Headers};
use crate::error::{Error, ErrorKind};
use crate::lenient;
use crate::rest::RecordDetails;

/// Names one call at the softphone. The adapter chooses it for incoming calls, the worker for
/// outgoing ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PhoneCallId(pub String);

/// News from the softphone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PhoneEvent {
    /// Signalling is up: calls can come and go.
    Registered,
    /// Signalling is down. Calls in progress may live on.
    Unregistered {
        /// Why.
        text: Option<String>,
    },
    /// A call rings.
    Incoming {
        /// The call.
        call_id: PhoneCallId,
        /// The caller's number; `None` when withheld.
        number: Option<String>,
        /// The caller's name.
        display_name: Option<String>,
        /// The number that was called.
        line: Option<String>,
        /// Who has transferred the call here, if it was.
        transferred_by: Option<String>,
        /// The PBX's name of the call, the same for all whom it rings.
        external_id: Option<String>,
        /// The headers of the INVITE that were asked for, by the names they were asked for by.
        headers: Headers,
    },
    /// The far end of an outgoing call rings, or speaks before it answers.
    Progress {
        /// The call.
        call_id: PhoneCallId,
        /// Whether the far end can be heard already.
        early_media: bool,
    },
    /// The call is answered and its media is agreed.
    Connected {
        /// The call.
        call_id: PhoneCallId,
        /// What was dialled after the number, to be sent as tones; `,` is a pause.
        tones: Option<String>,
    },
    /// The microphone is muted, or no longer.
    Muted {
        /// The call.
        call_id: PhoneCallId,
        /// The new state.
        muted: bool,
    },
    /// The call is on hold, or no longer.
    Held {
        /// The call.
        call_id: PhoneCallId,
        /// The new state.
        held: bool,
        /// Whether the other side holds, not this one.
        by_remote: bool,
    },
    /// The call goes on with somebody else: it was transferred at the other side.
    Transferred {
        /// The call.
        call_id: PhoneCallId,
        /// The new far end's number.
        number: Option<String>,
        /// Its name.
        display_name: Option<String>,
    },
    /// The server says who is at the far end now: who has answered, or has taken the call over.
    Identity {
        /// The call.
        call_id: PhoneCallId,
        /// The far end's number; `None` when withheld.
        number: Option<String>,
        /// Its name.
        display_name: Option<String>,
    },
    /// What belongs on the call's record on the portal.
    Record {
        /// The call.
        call_id: PhoneCallId,
        /// What.
        details: RecordDetails,
    },
    /// The media path has broken, or is there again.
    Media {
        /// The call.
        call_id: PhoneCallId,
        /// Whether sound can pass.
        flowing: bool,
    },
    /// The call is over.
    Ended {
        /// The call.
        call_id: PhoneCallId,
        /// Why.
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
        let malformed = |why: &dyn fmt::Display| {
            Error::new(
                ErrorKind::Malformed,
                format!("the softphone emitted an event that can't be read: {why}"),
            )
        };
        let wire = Wire::deserialize(event).map_err(|error| malformed(&error))?;
        let call_id = wire.call_id.map(PhoneCallId);
        let call_id = call_id.ok_or_else(|| malformed(&"callId is missing"));
        Ok(match wire.kind.as_deref() {
            Some("registered") => Self::Registered,
            Some("unregistered") => Self::Unregistered { text: wire.text },
            Some("incoming") => Self::Incoming {
                call_id: call_id?,
                number: wire.number,
                display_name: wire.display_name,
                line: wire.line,
                transferred_by: wire.transferred_by,
                external_id: wire.external_id,
                headers: wire.headers,
            },
            Some("progress") => Self::Progress {
                call_id: call_id?,
                early_media: wire.early_media,
            },
            Some("connected") => Self::Connected {
                call_id: call_id?,
                tones: wire.tones,
            },
            Some("muted") => Self::Muted {
                call_id: call_id?,
                muted: wire.muted,
            },
            Some("held") => Self::Held {
                call_id: call_id?,
                held: wire.held,
                by_remote: wire.by.as_deref() == Some("remote"),
            },
            Some("transferred") => Self::Transferred {
                call_id: call_id?,
                number: wire.number,
                display_name: wire.display_name,
            },
            Some("identity") => Self::Identity {
                call_id: call_id?,
                number: wire.number,
                display_name: wire.display_name,
            },
            Some("record") => {
                let details = RecordDetails {
                    cost: wire.cost,
                    cost_currency: wire.cost_currency,
                    record_url: wire.record_url,
                };
                if let Some(problem) = details.problem() {
                    return Err(malformed(&problem));
                }
                Self::Record {
                    call_id: call_id?,
                    details,
                }
            }
            Some("media") => Self::Media {
                call_id: call_id?,
                flowing: wire.flowing,
            },
            Some("ended") => Self::Ended {
                call_id: call_id?,
                cause: wire.cause,
            },
            Some(kind) => return Err(malformed(&format_args!("its type is {kind:?}"))),
            None => return Err(malformed(&"it has no type")),
        })
    }

    /// The call the news is about.
    #[must_use]
    pub fn call(&self) -> Option<&PhoneCallId> {
        match self {
            Self::Registered | Self::Unregistered { .. } => None,
            Self::Incoming { call_id, .. }
            | Self::Progress { call_id, .. }
            | Self::Connected { call_id, .. }
            | Self::Muted { call_id, .. }
            | Self::Held { call_id, .. }
            | Self::Transferred { call_id, .. }
            | Self::Identity { call_id, .. }
            | Self::Record { call_id, .. }
            | Self::Media { call_id, .. }
            | Self::Ended { call_id, .. } => Some(call_id),
        }
    }
}

/// All events in one: a derived tagged enum would buffer each event, and weigh ten times as much.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    kind: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    call_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    number: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    display_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    line: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    text: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    transferred_by: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    external_id: Option<String>,
    headers: Headers,
    #[serde(deserialize_with = "lenient::text")]
    tones: Option<String>,
    #[serde(deserialize_with = "lenient::decimal")]
    cost: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    cost_currency: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    record_url: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    by: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    early_media: bool,
    #[serde(deserialize_with = "lenient::flag")]
    muted: bool,
    #[serde(deserialize_with = "lenient::flag")]
    held: bool,
    #[serde(deserialize_with = "lenient::flag")]
    flowing: bool,
    #[serde(deserialize_with = "EndCause::read")]
    cause: EndCause,
}
