//! `telephony.externalCall.register`, `finish`, `show` and `hide`.
//!
//! Source: [telephony](https://apidocs.bitrix24.com/api-reference/telephony/index.html).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::card::CallId;
use crate::lenient;
use crate::time::Instant;

/// One REST call. Serialized, it is the method's parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum RestRequest {
    /// `telephony.externalCall.register`
    Register(Register),
    /// `telephony.externalCall.finish`
    Finish(Finish),
    /// `telephony.externalCall.show`
    Show(Visibility),
    /// `telephony.externalCall.hide`
    Hide(Visibility),
}

/// The answer to a [`RestRequest`] of the same name.
#[derive(Debug, Clone, PartialEq)]
pub enum RestAnswer {
    /// The call has its `CALL_ID`.
    Registered(Registered),
    /// The call is in the statistics.
    Finished(Finished),
    /// Whether the card was shown; `false` when there is no such call.
    Shown(bool),
    /// Whether the card was hidden; `false` when there is no such call.
    Hidden(bool),
}

impl RestRequest {
    /// The method's name.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self {
            Self::Register(_) => "telephony.externalCall.register",
            Self::Finish(_) => "telephony.externalCall.finish",
            Self::Show(_) => "telephony.externalCall.show",
            Self::Hide(_) => "telephony.externalCall.hide",
        }
    }

    /// Reads the `result` of the method's answer.
    ///
    /// # Errors
    /// A deserialization error when the answer lacks what it is about.
    pub fn parse_answer<'de, D: Deserializer<'de>>(
        &self,
        result: D,
    ) -> Result<RestAnswer, D::Error> {
        Ok(match self {
            Self::Register(_) => RestAnswer::Registered(Registered::deserialize(result)?),
            Self::Finish(_) => RestAnswer::Finished(Finished::deserialize(result)?),
            Self::Show(_) => RestAnswer::Shown(lenient::flag(result)?),
            Self::Hide(_) => RestAnswer::Hidden(lenient::flag(result)?),
        })
    }
}

/// The kind of a call: `TYPE` of `register`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CallType {
    /// The operator calls.
    Outgoing = 1,
    /// A customer calls.
    Incoming = 2,
    /// A customer calls and is redirected.
    IncomingRedirected = 3,
    /// The operator calls back.
    Callback = 4,
    /// A call that only gives information.
    Information = 5,
}

impl Serialize for CallType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

/// Parameters of `telephony.externalCall.register`.
///
/// Flags are printed as 0 and 1: the portal takes any non-empty string, also `"N"`, for true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Register {
    /// The operator's user id.
    pub user_id: u64,
    /// The other side's number.
    pub phone_number: String,
    /// When the call began, where the portal hears of it late: else its own time is taken. By this machine's
    /// clock; it is sent by the portal's, as `CALL_START_DATE`.
    #[serde(skip)]
    pub began: Option<Instant>,
    /// The kind of call.
    #[serde(rename = "TYPE")]
    pub call_type: CallType,
    /// The line of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_number: Option<String>,
    /// The call list the call belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_list_id: Option<String>,
    /// Whose call it is: `CONTACT`, `COMPANY`, `LEAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crm_entity_type: Option<String>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crm_entity_id: Option<u64>,
    /// Whether the portal creates a CRM entity for an unknown number.
    #[serde(serialize_with = "zero_or_one")]
    pub crm_create: bool,
    /// The source of such an entity, a `STATUS_ID` of the portal's sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crm_source: Option<String>,
    /// Whether the portal tells the operator's chat about the call. Always sent, as for [`Finish`].
    #[serde(serialize_with = "zero_or_one")]
    pub add_to_chat: bool,
    /// Whether the portal shows the card.
    #[serde(serialize_with = "zero_or_one")]
    pub show: bool,
    /// This call's own name: a register that is replayed with it finds the call again
    /// instead of making a second one.
    pub external_call_id: String,
}

/// The answer of `telephony.externalCall.register`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Registered {
    /// The portal's name of the call.
    pub call_id: CallId,
    /// The lead the portal has created for it.
    #[serde(default, deserialize_with = "lenient::id")]
    pub crm_created_lead: Option<u64>,
    /// Why the portal could not create one.
    #[serde(default, deserialize_with = "lenient::text")]
    pub lead_creation_error: Option<String>,
}

/// How a call went: `STATUS_CODE` of `finish`, one of the codes the portal documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each is its code
pub enum StatusCode {
    /// 200: the two sides talked.
    Success,
    /// 304: missed.
    Missed,
    /// 603: declined.
    Declined,
    /// 603-S: the caller cancelled it.
    Cancelled,
    /// 403
    Forbidden,
    /// 404
    WrongNumber,
    /// 486
    Busy,
    /// 484
    DirectionUnavailable,
    /// 503
    ServiceUnavailable,
    /// 480
    TemporarilyUnavailable,
    /// 402
    NoMoney,
    /// 423
    Blocked,
    /// OTHER
    Other,
}

impl StatusCode {
    const ALL: [Self; 13] = [
        Self::Success,
        Self::Missed,
        Self::Declined,
        Self::Cancelled,
        Self::Forbidden,
        Self::WrongNumber,
        Self::Busy,
        Self::DirectionUnavailable,
        Self::ServiceUnavailable,
        Self::TemporarilyUnavailable,
        Self::NoMoney,
        Self::Blocked,
        Self::Other,
    ];

    /// The portal's code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "200",
            Self::Missed => "304",
            Self::Declined => "603",
            Self::Cancelled => "603-S",
            Self::Forbidden => "403",
            Self::WrongNumber => "404",
            Self::Busy => "486",
            Self::DirectionUnavailable => "484",
            Self::ServiceUnavailable => "503",
            Self::TemporarilyUnavailable => "480",
            Self::NoMoney => "402",
            Self::Blocked => "423",
            Self::Other => "OTHER",
        }
    }

    /// The code for a SIP final response to a call that was never answered.
    #[must_use]
    pub fn from_sip(status: u16) -> Self {
        match status {
            402 => Self::NoMoney,
            403 => Self::Forbidden,
            404 | 410 | 604 => Self::WrongNumber,
            408 | 480 => Self::TemporarilyUnavailable,
            423 => Self::Blocked,
            484 => Self::DirectionUnavailable,
            486 | 600 => Self::Busy,
            487 => Self::Cancelled,
            500..=599 => Self::ServiceUnavailable,
            603 => Self::Declined,
            _ => Self::Other,
        }
    }
}

impl<'de> Deserialize<'de> for StatusCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|status| status.as_str() == code);
        Ok(known.unwrap_or(Self::Other))
    }
}

impl Serialize for StatusCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What stands on a call's record besides how the call went.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecordDetails {
    /// What the call cost: a decimal number.
    pub cost: Option<String>,
    /// In which currency, by ISO 4217.
    pub cost_currency: Option<String>,
    /// Where the portal finds a recording of it.
    pub record_url: Option<String>,
}

impl RecordDetails {
    /// What is said later is added to what was said before.
    pub(crate) fn add(&mut self, later: &Self) {
        let newer = |kept: &mut Option<String>, later: &Option<String>| {
            if later.is_some() {
                kept.clone_from(later);
            }
        };
        newer(&mut self.cost, &later.cost);
        newer(&mut self.cost_currency, &later.cost_currency);
        newer(&mut self.record_url, &later.record_url);
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if !self.cost.as_deref().is_none_or(is_decimal) {
            return Some("cost is no decimal number: give it as text, such as \"0.05\"");
        }
        if !self.record_url.as_ref().is_none_or(is_web) {
            return Some("recordUrl is no address of the web: it begins with https://");
        }
        None
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let points = text.bytes().filter(|byte| *byte == b'.').count();
    digits > 0 && points <= 1 && digits + points == text.len()
}

/// An address may be a key to what it leads to.
impl fmt::Debug for RecordDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordDetails")
            .field("cost", &self.cost)
            .field("cost_currency", &self.cost_currency)
            .finish_non_exhaustive()
    }
}

/// Parameters of `telephony.externalCall.finish`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Finish {
    /// The call.
    pub call_id: CallId,
    /// The operator's user id.
    pub user_id: u64,
    /// How long the two sides talked, in whole seconds.
    pub duration: u64,
    /// How it went.
    pub status_code: StatusCode,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_reason: Option<String>,
    /// The operator's grade of the connection, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vote: Option<u8>,
    /// What the call cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// In which currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_currency: Option<String>,
    /// Where the portal finds a recording of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_url: Option<String>,
    /// Whether the portal tells the operator's chat about the call. Always sent: the portal's
    /// documentation and code disagree about the default.
    #[serde(serialize_with = "zero_or_one")]
    pub add_to_chat: bool,
}

/// The answer of `telephony.externalCall.finish`: the record in the statistics.
///
/// The portal prints numbers as numbers or as strings, and some of them not always.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Finished {
    /// The record's id.
    #[serde(deserialize_with = "lenient::id")]
    pub id: Option<u64>,
    /// The call.
    #[serde(deserialize_with = "lenient::text")]
    pub call_id: Option<String>,
    /// The duration the portal has stored, in seconds.
    #[serde(deserialize_with = "lenient::id")]
    pub call_duration: Option<u64>,
    /// The activity that the CRM shows for it.
    #[serde(deserialize_with = "lenient::id")]
    pub crm_activity_id: Option<u64>,
    /// Whose call it is: `CONTACT`, `COMPANY`, `LEAD`, `DEAL`.
    #[serde(deserialize_with = "lenient::text")]
    pub crm_entity_type: Option<String>,
    /// Its id.
    #[serde(deserialize_with = "lenient::id")]
    pub crm_entity_id: Option<u64>,
}

/// Parameters of `telephony.externalCall.show` and `hide`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Visibility {
    /// The call.
    pub call_id: CallId,
    /// The users to show it to or hide it from.
    pub user_id: Vec<u64>,
}

fn zero_or_one<S: Serializer>(flag: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(u8::from(*flag))
}
