//! One call as the portal knows it, and how it is told: to the registering app, to the pages, to scripts.

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::{directory::Directory, hub::UserId};

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) call_id: String,
    pub(crate) user: UserId,
    pub(super) number: String,
    /// 1 outgoing, 2 incoming, 3 incoming redirected, 4 callback, 5 information.
    pub(super) kind: i64,
    pub(super) line: String,
    pub(super) external_id: Option<String>,
    /// When it began; for the portal that is when it was registered, unless the app says otherwise.
    pub(super) begun_ms: u64,
    pub(super) start: String,
    pub(super) crm_type: String,
    pub(super) crm_id: i64,
    pub(super) lead: Option<i64>,
    /// A call of the portal's own telephony: its card answers no app.
    pub(super) own: bool,
    /// One of a call campaign: its card goes from client to client.
    pub(super) call_list: bool,
    /// Until `finish`.
    pub(crate) live: bool,
    pub(super) registrations: u32,
    pub(super) finish_requests: u32,
    /// What the employee wrote on its card.
    pub(super) comment: String,
    pub(super) record: Option<Value>,
    pub(super) attached: Option<i64>,
    /// How many turns of a conversation were attached.
    pub(super) transcript: usize,
    /// Names the address its recording may be uploaded to.
    pub(super) upload: Option<String>,
    /// What was uploaded.
    pub(super) recording: Option<Bytes>,
    pub(super) origin: &'static str,
}

impl Call {
    /// The answer of `register`.
    pub(crate) fn registered(&self) -> Value {
        let created: Vec<_> = self
            .lead
            .iter()
            .map(|id| json!({"ENTITY_TYPE": "LEAD", "ENTITY_ID": id}))
            .collect();
        json!({
            "CALL_ID": self.call_id,
            "CRM_CREATED_LEAD": self.lead,
            "CRM_CREATED_ENTITIES": created,
            "CRM_ENTITY_TYPE": if self.crm_type.is_empty() { Value::Null } else { json!(self.crm_type) },
            "CRM_ENTITY_ID": if self.crm_id == 0 { Value::Null } else { json!(self.crm_id) },
        })
    }

    /// Parameters of the push that makes the pages of `users` show the card.
    pub(crate) fn show_params(&self, directory: &Directory, users: &[UserId]) -> Value {
        let colleague = directory.employee_by_number(&self.number);
        let bindings: Vec<_> = (self.crm_id != 0)
            .then(|| json!({"ENTITY_TYPE": self.crm_type, "ENTITY_ID": self.crm_id}))
            .into_iter()
            .collect();
        json!({
            "callId": self.call_id,
            // An array for outgoing calls: a page that is shown to two users at once
            // compares it with 0 and takes the call for an incoming one.
            "fromUserId": if self.kind == 1 { json!(users) } else { json!(0) },
            "toUserId": if self.kind == 1 { json!(0) } else { json!(users) },
            "isCallback": self.kind == 4,
            "phoneNumber": if self.number.is_empty() { "hidden" } else { self.number.as_str() },
            "lineNumber": self.line,
            "companyPhoneNumber": directory.line_name(&self.line),
            "showCrmCard": colleague.is_none(),
            "crmEntityType": self.crm_type,
            "crmEntityId": self.crm_id,
            "crmBindings": bindings,
            "crmActivityId": 0,
            "crmActivityEditUrl": "",
            "config": {"CRM_CREATE": "none"},
            "portalCall": colleague.is_some(),
            "portalCallUserId": colleague.unwrap_or_default(),
            "portalCallData": [],
            "CRM": [],
            "external": !self.own,
            "callList": self.call_list,
        })
    }

    /// Its recording is there; a further one replaces it.
    pub(super) fn attach(&mut self, file_id: i64, recording: Option<Bytes>) -> Value {
        self.attached = Some(file_id);
        self.recording = recording;
        json!({"FILE_ID": file_id})
    }

    /// For `GET /sim/calls` and the dock.
    pub(super) fn json(&self) -> Value {
        json!({
            "CALL_ID": self.call_id,
            "EXTERNAL_CALL_ID": self.external_id,
            "USER_ID": self.user,
            "PHONE_NUMBER": self.number,
            "TYPE": self.kind,
            "LINE_NUMBER": self.line,
            "CALL_START_DATE": self.start,
            "CRM_ENTITY_TYPE": self.crm_type,
            "CRM_ENTITY_ID": self.crm_id,
            "origin": self.origin,
            "live": self.live,
            "registrations": self.registrations,
            "finishes": u32::from(self.record.is_some()),
            "finishRequests": self.finish_requests,
            "comment": self.comment,
            "finish": self.record,
            "record": self.attached,
            "transcript": self.transcript,
            "recordBytes": self.recording.as_ref().map(Bytes::len),
        })
    }
}
