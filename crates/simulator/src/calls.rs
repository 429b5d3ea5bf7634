//! The portal's calls: registered, shown, finished.

use serde_json::{Value, json};

use crate::{
    clock,
    directory::Directory,
    hub::UserId,
    rest::{Params, RestError},
    tokens,
};

/// Registering the same call again within this time gives the old one back.
const SAME_CALL_MS: u64 = 30 * 60 * 1000;

/// All calls since start or reset.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    all: Vec<Call>,
    leads: i64,
}

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) call_id: String,
    pub(crate) user: UserId,
    number: String,
    /// 1 outgoing, 2 incoming, 3 incoming redirected, 4 callback, 5 information.
    kind: i64,
    line: String,
    external_id: Option<String>,
    registered_ms: u64,
    start: String,
    crm_type: String,
    crm_id: i64,
    lead: Option<i64>,
    /// A call of the portal's own telephony: its card answers no app.
    own: bool,
    /// Until `finish`.
    pub(crate) live: bool,
    registrations: u32,
    finish_requests: u32,
    record: Option<Value>,
    attached: Option<i64>,
    origin: &'static str,
}

/// Who registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An app, over REST.
    Rest,
    /// A script, in place of an app's backend.
    Backend,
    /// The portal itself: click-to-call.
    Portal,
}

impl Calls {
    /// `telephony.externalCall.register`. Answers the index of the call.
    ///
    /// # Errors
    /// As documented for the method.
    pub(crate) fn register(
        &mut self,
        directory: &Directory,
        params: &Params,
        origin: Origin,
        now_ms: u64,
    ) -> Result<usize, RestError> {
        let user = user_of(directory, params)?;
        let kind = match params.int("TYPE") {
            Some(kind @ 1..=5) => kind,
            _ => return Err(RestError::core("TYPE must be 1, 2, 3, 4 or 5")),
        };
        let number = params.text("PHONE_NUMBER").unwrap_or_default();
        if origin == Origin::Rest && !number.chars().any(|c| c.is_ascii_digit()) {
            return Err(RestError::core("PHONE_NUMBER has no supported format"));
        }
        let start = match params.text("CALL_START_DATE") {
            Some(date) if !looks_like_a_date(&date) => {
                return Err(RestError::core("CALL_START_DATE is not an ISO 8601 date"));
            }
            Some(date) => date,
            None => clock::iso(now_ms),
        };
        let line = params.text("LINE_NUMBER").unwrap_or_default();
        let external_id = params.text("EXTERNAL_CALL_ID");
        if let Some(same) = self.all.iter().position(|c| {
            c.live
                && c.origin != "portal"
                && now_ms.saturating_sub(c.registered_ms) < SAME_CALL_MS
                && (c.user, c.kind, c.number.as_str()) == (user, kind, number.as_str())
                && (line.is_empty() || c.line == line)
                && (external_id.is_none() || c.external_id == external_id)
        }) {
            self.all[same].registrations += 1;
            return Ok(same);
        }
        let mut call = Call {
            call_id: format!("externalCall.{}.{}", tokens::hex(32), now_ms / 1000),
            user,
            number,
            kind,
            line,
            external_id,
            registered_ms: now_ms,
            start,
            crm_type: params
                .text("CRM_ENTITY_TYPE")
                .unwrap_or_default()
                .to_ascii_uppercase(),
            crm_id: params.int("CRM_ENTITY_ID").unwrap_or_default(),
            lead: None,
            own: params.flag("own", false),
            live: true,
            registrations: 1,
            finish_requests: 0,
            record: None,
            attached: None,
            origin: match origin {
                Origin::Rest => "rest",
                Origin::Backend => "backend",
                Origin::Portal => "portal",
            },
        };
        if call.crm_id == 0 {
            if let Some(client) = directory.client_by_number(&call.number) {
                call.crm_type = client["type"].as_str().unwrap_or_default().into();
                call.crm_id = client["id"].as_i64().unwrap_or_default();
            } else if params.flag("CRM_CREATE", false) {
                self.leads += 1;
                let lead = 100 + self.leads;
                call.lead = Some(lead);
                call.crm_type = "LEAD".into();
                call.crm_id = lead;
            } else {
                call.crm_type.clear();
            }
        }
        self.all.push(call);
        Ok(self.all.len() - 1)
    }

    /// The call at an index that `register` gave.
    pub(crate) fn at(&self, index: usize) -> &Call {
        &self.all[index]
    }

    /// A call by its CALL_ID.
    pub(crate) fn get(&self, call_id: &str) -> Option<&Call> {
        self.all.iter().find(|c| c.call_id == call_id)
    }

    /// The client of a call is known now.
    pub(crate) fn identify(&mut self, call_id: &str, kind: &str, id: i64) -> Option<&Call> {
        let call = self.all.iter_mut().find(|c| c.call_id == call_id)?;
        call.crm_type = kind.to_ascii_uppercase();
        call.crm_id = id;
        Some(call)
    }

    /// `telephony.externalCall.finish`: the statistics record.
    ///
    /// # Errors
    /// As documented for the method; also for a call finished before, which is no longer live.
    pub(crate) fn finish(
        &mut self,
        directory: &Directory,
        params: &Params,
    ) -> Result<Value, RestError> {
        let Some(call_id) = params.value("CALL_ID").as_str().map(str::to_owned) else {
            return Err(RestError::new(
                400,
                "INVALID_ARGUMENT",
                "CALL_ID must be a string",
            ));
        };
        let id = 1000 + self.all.len() as i64;
        let call = self.all.iter_mut().find(|c| c.call_id == call_id);
        let call = match call {
            Some(call) => {
                call.finish_requests += 1;
                call
            }
            None => return Err(RestError::core("Call is not found: register it first")),
        };
        let user = user_of(directory, params)?;
        if !call.live {
            return Err(RestError::core("Call is not found: it is finished already"));
        }
        let duration = params.int("DURATION").unwrap_or_default().max(0);
        let status = params
            .text("STATUS_CODE")
            .unwrap_or_else(|| if duration > 0 { "200" } else { "304" }.into());
        call.live = false;
        call.user = user;
        let record = json!({
            "ID": id,
            "CALL_ID": call.call_id,
            "EXTERNAL_CALL_ID": call.external_id,
            "CALL_CATEGORY": "external",
            "CALL_VOTE": params.int("VOTE"),
            "PORTAL_USER_ID": user,
            "PHONE_NUMBER": call.number,
            "PORTAL_NUMBER": if call.line.is_empty() { "REST_APP:1" } else { call.line.as_str() },
            "INCOMING": call.kind,
            "CALL_DURATION": duration,
            "CALL_START_DATE": call.start,
            "CALL_FAILED_CODE": status,
            "CALL_FAILED_REASON": params.text("FAILED_REASON").unwrap_or_default(),
            "COST": params.text("COST").unwrap_or_else(|| "0".into()),
            "COST_CURRENCY": params.text("COST_CURRENCY").unwrap_or_default(),
            "CRM_ENTITY_TYPE": call.crm_type,
            "CRM_ENTITY_ID": call.crm_id,
            "CRM_ACTIVITY_ID": 500 + id,
            "REST_APP_ID": 1,
            "REST_APP_NAME": "Background worker",
        });
        call.record = Some(record.clone());
        Ok(record)
    }

    /// `telephony.externalCall.attachRecord`.
    ///
    /// # Errors
    /// `ERROR_CORE` before `finish`, and for what is not a recording.
    pub(crate) fn attach(&mut self, params: &Params) -> Result<Value, RestError> {
        let call_id = params.text("CALL_ID").unwrap_or_default();
        let Some(call) = self
            .all
            .iter_mut()
            .find(|c| c.call_id == call_id && c.record.is_some())
        else {
            return Err(RestError::core(
                "Call is not in the statistics: finish it first",
            ));
        };
        let name = params.text("FILENAME").unwrap_or_default();
        let file = json!({"FILE_ID": call.attached.get_or_insert(call.call_id.len() as i64 + 40)});
        if params.text("RECORD_URL").is_some_and(|url| !url.is_empty()) {
            return Ok(file);
        }
        if name.is_empty() {
            return Err(RestError::core("Neither RECORD_URL nor FILENAME is given"));
        }
        if ![".mp3", ".wav"]
            .iter()
            .any(|end| name.to_ascii_lowercase().ends_with(end))
        {
            return Err(RestError::core("FILENAME must end in .mp3 or .wav"));
        }
        match params.text("FILE_CONTENT") {
            None => Ok(json!({"uploadUrl": "/rest/upload", "fieldName": "file"})),
            Some(content) if content.is_empty() || !content.bytes().all(is_base64) => {
                Err(RestError::core("FILE_CONTENT is not Base64"))
            }
            Some(_) => Ok(file),
        }
    }

    /// All calls, oldest first, for scripts and docks.
    pub(crate) fn list(&self) -> Vec<Value> {
        self.all.iter().map(Call::json).collect()
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        self.all.clear();
    }
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
        })
    }

    fn json(&self) -> Value {
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
            "finish": self.record,
            "record": self.attached,
        })
    }
}

/// The employee a request names, by id or inner number.
fn user_of(directory: &Directory, params: &Params) -> Result<UserId, RestError> {
    let user = match params.int("USER_ID") {
        Some(id) if id > 0 => Some(id),
        _ => params
            .text("USER_PHONE_INNER")
            .and_then(|inner| directory.employee_by_number(&inner)),
    };
    let user = user.ok_or_else(|| RestError::core("USER_ID or USER_PHONE_INNER should be set"))?;
    if directory.employee(user).is_none() {
        return Err(RestError::core("User is not found or is not active"));
    }
    Ok(user)
}

/// `2026-03-01` and anything after it.
fn looks_like_a_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        })
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::{Calls, Origin};
    use crate::{directory::Directory, rest::Params};
    use serde_json::{Value, json};

    fn register(calls: &mut Calls, params: Value, now_ms: u64) -> String {
        let index = calls
            .register(
                &Directory::new(),
                &Params::new(params),
                Origin::Rest,
                now_ms,
            )
            .expect("registers");
        calls.at(index).call_id.clone()
    }

    fn ring(external_id: &str) -> Value {
        json!({"USER_ID": "1", "PHONE_NUMBER": "+12025550123", "TYPE": 2, "EXTERNAL_CALL_ID": external_id})
    }

    #[test]
    fn case_109_the_same_call_keeps_its_id_for_half_an_hour() {
        let mut calls = Calls::default();
        let first = register(&mut calls, ring("a"), 0);
        assert_eq!(register(&mut calls, ring("a"), 29 * 60_000), first);
        assert_ne!(register(&mut calls, ring("b"), 29 * 60_000), first);
        assert_ne!(register(&mut calls, ring("a"), 30 * 60_000), first);
    }

    #[test]
    fn a_call_is_finished_once() {
        let mut calls = Calls::default();
        let id = register(&mut calls, ring("a"), 0);
        let finish = Params::new(json!({"CALL_ID": id, "USER_ID": 1, "DURATION": "12"}));
        let record = calls.finish(&Directory::new(), &finish).expect("finishes");
        assert_eq!(record["CALL_DURATION"], 12);
        assert_eq!(record["CALL_FAILED_CODE"], "200");
        let again = calls
            .finish(&Directory::new(), &finish)
            .expect_err("is over");
        assert_eq!((again.status, again.error.as_str()), (400, "ERROR_CORE"));
        assert_eq!(calls.list()[0]["finishes"], 1);
        assert_eq!(calls.list()[0]["finishRequests"], 2);
    }

    #[test]
    fn bad_requests_are_refused_as_documented() {
        let mut calls = Calls::default();
        let directory = Directory::new();
        for bad in [
            json!({"PHONE_NUMBER": "+12025550123", "TYPE": 2}),
            json!({"USER_ID": 99, "PHONE_NUMBER": "+12025550123", "TYPE": 2}),
            json!({"USER_ID": 1, "PHONE_NUMBER": "+12025550123", "TYPE": 9}),
            json!({"USER_ID": 1, "PHONE_NUMBER": "nobody", "TYPE": 2}),
            json!({"USER_ID": 1, "PHONE_NUMBER": "1", "TYPE": 2, "CALL_START_DATE": "today"}),
        ] {
            let error = calls
                .register(&directory, &Params::new(bad.clone()), Origin::Rest, 0)
                .expect_err("is bad");
            assert_eq!(error.error, "ERROR_CORE", "{bad}");
        }
        let error = calls
            .finish(&directory, &Params::new(json!({"CALL_ID": 5})))
            .expect_err("is bad");
        assert_eq!(error.error, "INVALID_ARGUMENT");
    }

    #[test]
    fn an_inner_number_names_its_employee() {
        let mut calls = Calls::default();
        let params = json!({"USER_PHONE_INNER": "102", "PHONE_NUMBER": "103", "TYPE": "1"});
        register(&mut calls, params, 0);
        let show = calls.at(0).show_params(&Directory::new(), &[2]);
        assert_eq!(
            show["showCrmCard"], false,
            "a colleague's number has no CRM card"
        );
        assert_eq!(show["fromUserId"], json!([2]));
    }

    #[test]
    fn an_unknown_caller_becomes_a_lead_when_asked() {
        let mut calls = Calls::default();
        let params = json!({"USER_ID": 1, "PHONE_NUMBER": "+491110", "TYPE": 2, "CRM_CREATE": 1});
        register(&mut calls, params, 0);
        let answer = calls.at(0).registered();
        assert_eq!(answer["CRM_ENTITY_TYPE"], "LEAD");
        assert_eq!(answer["CRM_CREATED_ENTITIES"][0]["ENTITY_TYPE"], "LEAD");
    }
}
