//! Why a call ended.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, ErrorKind};
use crate::lenient;

/// Who ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EndedBy {
    /// This side: the operator, or the worker.
    Local,
    /// The other side.
    Remote,
    /// Nobody: it broke.
    #[default]
    Error,
}

impl<'de> Deserialize<'de> for EndedBy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if lenient::is_own(&deserializer) {
            return Ok(match u32::deserialize(deserializer)? {
                0 => Self::Local,
                1 => Self::Remote,
                _ => Self::Error,
            });
        }
        Ok(match lenient::text(deserializer)?.as_deref() {
            Some("local") => Self::Local,
            Some("remote") => Self::Remote,
            _ => Self::Error,
        })
    }
}

/// Why a call ended, as the softphone tells it. Each part may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EndCause {
    /// Who ended it.
    pub by: EndedBy,
    /// The SIP final response of a call that was never answered.
    #[serde(deserialize_with = "sip_status")]
    pub status: Option<u16>,
    /// A stable code where the cause is not a SIP response, e.g. `MICROPHONE_DENIED`.
    #[serde(deserialize_with = "lenient::text")]
    pub code: Option<String>,
    /// A sentence for the operator.
    #[serde(deserialize_with = "lenient::text")]
    pub text: Option<String>,
}

impl EndCause {
    /// The code of a call that was transferred away, which is no failure.
    pub const TRANSFERRED: &str = "TRANSFERRED";

    /// The code of a call that rang here and that somebody else has answered.
    pub const ANSWERED_ELSEWHERE: &str = "ANSWERED_ELSEWHERE";

    /// The code of a call that ended with the page it was spoken in.
    pub const PAGE_GONE: &str = "PAGE_GONE";

    /// Reads whatever an adapter gives as a cause: what is no object says nothing, but the call has
    /// ended all the same.
    pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CauseVisitor)
    }

    /// This side ended it.
    #[must_use]
    pub fn local() -> Self {
        Self {
            by: EndedBy::Local,
            ..Self::default()
        }
    }

    /// The other side ended it, before an answer with this SIP status.
    #[must_use]
    pub fn remote(status: Option<u16>) -> Self {
        Self {
            by: EndedBy::Remote,
            status,
            ..Self::default()
        }
    }

    /// It broke, for a reason with a stable code.
    #[must_use]
    pub fn error(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            by: EndedBy::Error,
            status: None,
            code: Some(code.into()),
            text: Some(text.into()),
        }
    }

    /// The failure of what was asked of the softphone, in words and as data.
    pub(crate) fn failed(&self, what: &str) -> Error {
        let code = self.code.as_deref().unwrap_or("no code");
        let text = self.text.as_deref().unwrap_or("no reason given");
        let error = Error::new(ErrorKind::Softphone, format!("{what} ({code}): {text}"));
        match &self.code {
            Some(code) => error.because(code, text),
            None => error,
        }
    }
}

/// A final response that ends a call: 300 to 699; anything else is "none".
fn sip_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    if lenient::is_own(&deserializer) {
        return Option::deserialize(deserializer);
    }
    Ok(lenient::id(deserializer)?
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| (300..=699).contains(status)))
}

struct CauseVisitor;

impl<'de> Visitor<'de> for CauseVisitor {
    type Value = EndCause;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cause")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EndCause, A::Error> {
        EndCause::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_str<E>(self, text: &str) -> Result<EndCause, E> {
        Ok(EndCause {
            text: (!text.is_empty()).then(|| text.to_owned()),
            ..EndCause::default()
        })
    }

    fn visit_unit<E>(self) -> Result<EndCause, E> {
        Ok(EndCause::default())
    }

    fn visit_none<E>(self) -> Result<EndCause, E> {
        Ok(EndCause::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<EndCause, E> {
        Ok(EndCause::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<EndCause, E> {
        Ok(EndCause::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<EndCause, E> {
        Ok(EndCause::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<EndCause, E> {
        Ok(EndCause::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<EndCause, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(EndCause::default())
    }
}
