//! A PBX's calls on a portal: one that rings at several operators, its end, its transcription.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Backend;
use crate::rest::RestError;

/// What a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallKind {
    /// By the operator.
    Outgoing,
    /// By the customer.
    Incoming,
    /// By the customer, and passed on by somebody.
    Redirected,
    /// Asked for by the customer in a form.
    Callback,
}

/// A call to be registered: one record, however many operators it rings at.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCall {
    /// The customer's number.
    pub phone_number: String,
    /// Whom it rings at. The first one's record it is until somebody else takes it.
    pub users: Vec<i64>,
    /// What it is.
    #[serde(rename = "type", default = "incoming")]
    pub kind: CallKind,
    /// The line it came on.
    pub line_number: Option<String>,
    /// The PBX's own name of it, by which the portal knows it again for half an hour.
    pub external_call_id: Option<String>,
    /// When it began, as ISO 8601 with a zone.
    pub call_start_date: Option<String>,
    /// Whether the CRM makes an entity of an unknown number.
    pub crm_create: Option<bool>,
    /// The entity's source.
    pub crm_source: Option<String>,
    /// The entity it is about.
    pub crm_entity_type: Option<String>,
    /// Its id.
    pub crm_entity_id: Option<i64>,
    /// Whether the operator's chat is told.
    pub add_to_chat: Option<bool>,
    /// The call list it belongs to.
    pub call_list_id: Option<i64>,
}

/// A call's end.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallEnd {
    /// Who took it, or whom it was for.
    pub user_id: i64,
    /// Whole seconds.
    #[serde(default)]
    pub duration: u32,
    /// `200`, `304`, `486`, `603`, …
    pub status_code: Option<String>,
    /// Why it failed.
    pub failed_reason: Option<String>,
    /// What it cost.
    pub cost: Option<f64>,
    /// In which currency.
    pub cost_currency: Option<String>,
    /// Where its record is.
    pub record_url: Option<String>,
    /// The customer's grade, 1 to 5.
    pub vote: Option<u8>,
    /// Whether the operator's chat is told.
    pub add_to_chat: Option<bool>,
}

/// What was said in a call.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Transcription {
    /// Each turn.
    pub messages: Vec<Said>,
    /// What it cost.
    pub cost: Option<f64>,
    /// In which currency.
    pub cost_currency: Option<String>,
}

/// One turn of a conversation.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Said {
    /// Who speaks.
    pub side: Side,
    /// From which second of the call.
    pub start_time: u32,
    /// To which second.
    pub stop_time: u32,
    /// The words.
    pub message: String,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The operator.
    User,
    /// The customer.
    Client,
}

fn incoming() -> CallKind {
    CallKind::Incoming
}

impl CallKind {
    /// `TYPE` as the portal has it.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Outgoing => 1,
            Self::Incoming => 2,
            Self::Redirected => 3,
            Self::Callback => 4,
        }
    }
}

impl Backend {
    /// Registers a call and shows it to all it rings at. Returns the portal's answer.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn register_call(&self, member_id: &str, call: &NewCall) -> Result<Value, RestError> {
        let fields = registration(call);
        let registered = self
            .rest
            .call(member_id, "telephony.externalCall.register", fields)
            .await?;
        let id = registered.get("CALL_ID").and_then(Value::as_str);
        let id = id.ok_or_else(|| RestError::refused("ERROR_UNEXPECTED_ANSWER", 200))?;
        if !call.users.is_empty() {
            self.show_call(member_id, id, &call.users).await?;
        }
        Ok(registered)
    }

    /// Shows a call's card to operators. Returns whether there is such a call.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn show_call(
        &self,
        member_id: &str,
        call_id: &str,
        users: &[i64],
    ) -> Result<bool, RestError> {
        // To several at once the portal shows an outgoing call as an incoming one.
        let mut shown = false;
        for user in users {
            let fields = json!({ "CALL_ID": call_id, "USER_ID": user });
            let answer = self
                .rest
                .call(member_id, "telephony.externalCall.show", fields);
            shown |= answer.await? == Value::Bool(true);
        }
        Ok(shown)
    }

    /// Takes a call's card away from operators. Returns whether there is such a call.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn hide_call(
        &self,
        member_id: &str,
        call_id: &str,
        users: &[i64],
    ) -> Result<bool, RestError> {
        let fields = json!({ "CALL_ID": call_id, "USER_ID": users });
        let answer = self
            .rest
            .call(member_id, "telephony.externalCall.hide", fields);
        Ok(answer.await? == Value::Bool(true))
    }

    /// Finishes a call. Returns the portal's record of it.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn finish_call(
        &self,
        member_id: &str,
        call_id: &str,
        end: &CallEnd,
    ) -> Result<Value, RestError> {
        let mut fields = json!({
            "CALL_ID": call_id,
            "USER_ID": end.user_id,
            "DURATION": end.duration,
            // The portal's code and its documentation differ in what they take for granted.
            "ADD_TO_CHAT": u8::from(end.add_to_chat.unwrap_or(true)),
        });
        set(&mut fields, "STATUS_CODE", end.status_code.as_ref());
        set(&mut fields, "FAILED_REASON", end.failed_reason.as_ref());
        set(&mut fields, "COST", end.cost);
        set(&mut fields, "COST_CURRENCY", end.cost_currency.as_ref());
        set(&mut fields, "RECORD_URL", end.record_url.as_ref());
        set(&mut fields, "VOTE", end.vote);
        self.rest
            .call(member_id, "telephony.externalCall.finish", fields)
            .await
    }

    /// Attaches what was said to a finished call. Returns the portal's answer.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn transcribe_call(
        &self,
        member_id: &str,
        call_id: &str,
        text: &Transcription,
    ) -> Result<Value, RestError> {
        let messages: Vec<Value> = text
            .messages
            .iter()
            .map(|it| {
                json!({
                    "SIDE": match it.side { Side::User => "User", Side::Client => "Client" },
                    "START_TIME": it.start_time,
                    "STOP_TIME": it.stop_time,
                    "MESSAGE": it.message,
                })
            })
            .collect();
        let mut fields = json!({ "CALL_ID": call_id, "MESSAGES": messages });
        set(&mut fields, "COST", text.cost);
        set(&mut fields, "COST_CURRENCY", text.cost_currency.as_ref());
        self.rest
            .call(member_id, "telephony.call.attachTranscription", fields)
            .await
    }
}

// Flags are sent as 0 and 1: the portal takes every other text for yes.
fn registration(call: &NewCall) -> Value {
    let mut fields = json!({
        "USER_ID": call.users.first(),
        "PHONE_NUMBER": call.phone_number,
        "TYPE": call.kind.code(),
        "SHOW": 0,
    });
    let flag = |it: Option<bool>| it.map(u8::from);
    set(&mut fields, "LINE_NUMBER", call.line_number.as_ref());
    set(
        &mut fields,
        "EXTERNAL_CALL_ID",
        call.external_call_id.as_ref(),
    );
    set(
        &mut fields,
        "CALL_START_DATE",
        call.call_start_date.as_ref(),
    );
    set(&mut fields, "CRM_CREATE", flag(call.crm_create));
    set(&mut fields, "CRM_SOURCE", call.crm_source.as_ref());
    set(
        &mut fields,
        "CRM_ENTITY_TYPE",
        call.crm_entity_type.as_ref(),
    );
    set(&mut fields, "CRM_ENTITY_ID", call.crm_entity_id);
    set(&mut fields, "ADD_TO_CHAT", flag(call.add_to_chat));
    set(&mut fields, "CALL_LIST_ID", call.call_list_id);
    fields
}

fn set(fields: &mut Value, name: &str, value: Option<impl Serialize>) {
    if let Some(value) = value {
        fields[name] = json!(value);
    }
}
