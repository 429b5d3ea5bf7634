//! The portal's calls: registered, shown, finished.

mod call;
#[cfg(test)]
mod tests;

use axum::body::Bytes;
use serde_json::{Value, json};

pub(crate) use call::Call;

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
        let (start, age_ms) = match params.text("CALL_START_DATE") {
            Some(date) => match clock::parse_iso(&date) {
                // Apps know no clock but the machine's.
                Some(ms) => (date, clock::machine_ms().saturating_sub(ms)),
                None => return Err(RestError::core("CALL_START_DATE is not an ISO 8601 date")),
            },
            None => (clock::iso(now_ms), 0),
        };
        let line = params.text("LINE_NUMBER").unwrap_or_default();
        let external_id = params.text("EXTERNAL_CALL_ID");
        let own = params.flag("own", false);
        // By whoever it was registered: also the portal, for a click.
        if let Some(same) = self.all.iter().position(|c| {
            c.live
                && c.own == own
                && now_ms.saturating_sub(c.begun_ms) < SAME_CALL_MS
                && (c.user, c.kind, c.number.as_str()) == (user, kind, number.as_str())
                && (line.is_empty() || c.line == line)
                && (external_id.is_none() || c.external_id == external_id)
        }) {
            self.all[same].registrations += 1;
            return Ok(same);
        }
        let mut call = Call {
            call_id: match (origin, params.text("callId")) {
                (Origin::Portal, Some(name)) => name,
                _ => format!("externalCall.{}.{}", tokens::hex(32), now_ms / 1000),
            },
            user,
            number,
            kind,
            line,
            external_id,
            begun_ms: now_ms.saturating_sub(age_ms),
            start,
            crm_type: params
                .text("CRM_ENTITY_TYPE")
                .unwrap_or_default()
                .to_ascii_uppercase(),
            crm_id: params.int("CRM_ENTITY_ID").unwrap_or_default(),
            lead: None,
            own,
            call_list: params.flag("callList", false),
            live: true,
            registrations: 1,
            finish_requests: 0,
            comment: String::new(),
            record: None,
            attached: None,
            transcript: 0,
            upload: None,
            recording: None,
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

    /// What an employee wrote on the card of a call, also after its end.
    pub(crate) fn comment(&mut self, call_id: &str, text: String) {
        if let Some(call) = self.all.iter_mut().find(|c| c.call_id == call_id) {
            call.comment = text;
        }
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
    pub(crate) fn attach(&mut self, portal: &str, params: &Params) -> Result<Value, RestError> {
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
        let file_id = call.call_id.len() as i64 + 40;
        if params.text("RECORD_URL").is_some_and(|url| !url.is_empty()) {
            return Ok(call.attach(file_id, None));
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
            None => {
                let token = format!("{:032x}", rand::random::<u128>());
                let url = format!("{portal}/rest/upload/{token}");
                call.upload = Some(token);
                Ok(json!({"uploadUrl": url, "fieldName": "file"}))
            }
            Some(content) if content.is_empty() || !content.bytes().all(is_base64) => {
                Err(RestError::core("FILE_CONTENT is not Base64"))
            }
            Some(_) => Ok(call.attach(file_id, None)),
        }
    }

    /// `telephony.call.attachTranscription`.
    ///
    /// # Errors
    /// `ERROR_CORE` before `finish`, and for what is not a conversation.
    pub(crate) fn transcribe(&mut self, params: &Params) -> Result<Value, RestError> {
        let call_id = params.text("CALL_ID").unwrap_or_default();
        let mut finished = self.all.iter_mut().filter(|call| call.record.is_some());
        let Some(call) = finished.find(|call| call.call_id == call_id) else {
            return Err(RestError::core(
                "Call is not in the statistics: finish it first",
            ));
        };
        let said = params.value("MESSAGES").as_array().cloned();
        let said = said.filter(|all| !all.is_empty());
        let is_turn = |turn: &Value| {
            matches!(turn["SIDE"].as_str(), Some("User" | "Client")) && turn["MESSAGE"].is_string()
        };
        match said {
            Some(all) if all.iter().all(is_turn) => {
                call.transcript = all.len();
                Ok(json!({"TRANSCRIPT_ID": call.call_id.len() + 60}))
            }
            _ => Err(RestError::core(
                "MESSAGES should be turns with SIDE and MESSAGE",
            )),
        }
    }

    /// The recording that `attachRecord` has given an address for.
    ///
    /// # Errors
    /// `ERROR_CORE` for an address that was never given, or is used up.
    pub(crate) fn upload(&mut self, token: &str, bytes: Bytes) -> Result<Value, RestError> {
        let mut calls = self.all.iter_mut();
        let call = calls.find(|call| call.upload.as_deref() == Some(token));
        let Some(call) = call.filter(|_| !bytes.is_empty()) else {
            return Err(RestError::core("Nothing is to be uploaded here"));
        };
        call.upload = None;
        Ok(call.attach(call.call_id.len() as i64 + 40, Some(bytes)))
    }

    /// What was uploaded for this call.
    pub(crate) fn recording(&self, call_id: &str) -> Option<Bytes> {
        let mut calls = self.all.iter();
        calls.find(|c| c.call_id == call_id)?.recording.clone()
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

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n')
}
