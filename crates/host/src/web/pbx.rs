//! `/pbx/{portal}/…`: what a PBX asks of a portal, as one HTTP request with the portal's PBX key.
//! The host has the portal's tokens, so the PBX needs none. Numbers stand in bodies only, for
//! addresses end up in logs.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{FromRef, FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, StatusCode, header},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{form::read, refusal::Refusal};
use crate::{
    backend::{
        Backend,
        caller::Caller,
        pbx::{CallEnd, NewCall, Transcription},
    },
    rest::RestError,
};

type Answer = Result<Json<Value>, Refusal>;

/// What a PBX asks: its key is the portal's, and the body is sound.
pub struct Asked<T> {
    backend: Arc<Backend>,
    member: String,
    /// The call in the address; empty where that names none.
    call: String,
    body: T,
}

/// What is to be sound in a body, beside its form.
trait Check {
    fn check(&self) -> Result<(), Refusal>;
}

/// The body of `search`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Search {
    phone_number: String,
}

/// The body of `show` and `hide`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Users {
    users: Vec<i64>,
}

/// `search`: who a caller is, and whom to ring first.
///
/// # Errors
/// 401 and 403 without the portal's key, 400 for a malformed body, 502 and 503 as the portal does.
pub async fn search(asked: Asked<Search>) -> Result<Json<Caller>, Refusal> {
    let phone = &asked.body.phone_number;
    let found = asked.backend.caller(&asked.member, phone).await;
    Ok(Json(found.map_err(|error| refused(&error))?))
}

/// `calls`: registers a call, and shows it to all it rings at.
///
/// # Errors
/// As [`search`].
pub async fn register(asked: Asked<NewCall>) -> Answer {
    let registered = asked.backend.register_call(&asked.member, &asked.body);
    let registered = registered.await.map_err(|error| refused(&error))?;
    Ok(Json(json!({
        "callId": registered.get("CALL_ID"),
        "crmEntityType": registered.get("CRM_ENTITY_TYPE"),
        "crmEntityId": registered.get("CRM_ENTITY_ID"),
        "crmCreatedEntities": registered.get("CRM_CREATED_ENTITIES"),
    })))
}

/// `show`: the card of a call opens at these operators.
///
/// # Errors
/// As [`search`]; 404 when there is no such call, or no longer.
pub async fn show(asked: Asked<Users>) -> Answer {
    let Users { users } = &asked.body;
    let shown = asked.backend.show_call(&asked.member, &asked.call, users);
    there_is(shown.await)
}

/// `hide`: it closes at these, because another one has answered.
///
/// # Errors
/// As [`show`].
pub async fn hide(asked: Asked<Users>) -> Answer {
    let Users { users } = &asked.body;
    let hidden = asked.backend.hide_call(&asked.member, &asked.call, users);
    there_is(hidden.await)
}

/// `finish`: closes the call's record.
///
/// # Errors
/// As [`search`].
pub async fn finish(asked: Asked<CallEnd>) -> Answer {
    let end = &asked.body;
    let record = asked.backend.finish_call(&asked.member, &asked.call, end);
    Ok(Json(record.await.map_err(|error| refused(&error))?))
}

/// `transcription`: what was said, once the call is finished.
///
/// # Errors
/// As [`search`].
pub async fn transcription(asked: Asked<Transcription>) -> Answer {
    let text = &asked.body;
    let attached = asked
        .backend
        .transcribe_call(&asked.member, &asked.call, text);
    let attached = attached.await.map_err(|error| refused(&error))?;
    let id = attached.get("TRANSCRIPT_ID");
    Ok(Json(json!({ "transcriptId": id })))
}

impl<S, T> FromRequest<S> for Asked<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Check,
    Arc<Backend>: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let backend = Arc::<Backend>::from_ref(state);
        let (mut parts, body) = request.into_parts();
        let mut names = Path::<HashMap<String, String>>::from_request_parts(&mut parts, state)
            .await
            .map_err(|_| bad("the address is not UTF-8"))?;
        let mut name = |it: &str| names.remove(it).unwrap_or_default();
        let (member, call) = (name("portal"), name("call"));
        let body = read(&parts.headers, body).await?;
        check_key(&backend, &member, &parts.headers).await?;
        // The parser's text quotes at most what the PBX itself has sent, and to the PBX alone.
        let body: T = serde_json::from_slice(&body)
            .map_err(|error| bad(&format!("the body is not what is asked for: {error}")))?;
        body.check()?;
        Ok(Self {
            backend,
            member,
            call,
            body,
        })
    }
}

impl Check for Search {
    fn check(&self) -> Result<(), Refusal> {
        check_phone(&self.phone_number)
    }
}

impl Check for NewCall {
    fn check(&self) -> Result<(), Refusal> {
        check_phone(&self.phone_number)?;
        check_users(&self.users)
    }
}

impl Check for Users {
    fn check(&self) -> Result<(), Refusal> {
        check_users(&self.users)
    }
}

impl Check for CallEnd {
    fn check(&self) -> Result<(), Refusal> {
        check_users(&[self.user_id])
    }
}

impl Check for Transcription {
    fn check(&self) -> Result<(), Refusal> {
        if self.messages.is_empty() {
            return Err(bad("messages is empty: send what was said"));
        }
        Ok(())
    }
}

async fn check_key(backend: &Backend, member: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let key = headers
        .get(header::AUTHORIZATION)
        .and_then(|it| it.to_str().ok())
        .and_then(|it| it.strip_prefix("Bearer "))
        .filter(|it| it.starts_with("pbx_"))
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                "there is no key: send Authorization: Bearer and what `b24-host pbx-key` has printed",
            )
        })?;
    match backend.store.is_pbx_key(member, key).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            backend.metrics.event("pbx_refused");
            Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "the key is not this portal's: make one with `b24-host pbx-key`",
            ))
        }
        Err(_) => Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer: try again",
        )),
    }
}

fn check_phone(text: &str) -> Result<(), Refusal> {
    let known = (1..=64).contains(&text.len()) && !text.chars().any(char::is_control);
    if known {
        Ok(())
    } else {
        Err(bad(
            "phoneNumber is empty or longer than 64 letters: give one like +15550100",
        ))
    }
}

fn check_users(users: &[i64]) -> Result<(), Refusal> {
    if (1..=100).contains(&users.len()) && users.iter().all(|it| *it > 0) {
        Ok(())
    } else {
        Err(bad(
            "there are 1 to 100 users, each by the id the portal has for it",
        ))
    }
}

fn there_is(answer: Result<bool, RestError>) -> Answer {
    match answer {
        Ok(true) => Ok(Json(json!({}))),
        Ok(false) => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "the portal has no such call, or has finished it",
        )),
        Err(error) => Err(refused(&error)),
    }
}

fn bad(text: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, text)
}

fn refused(error: &RestError) -> Refusal {
    let status = match error {
        RestError::Refused { .. } if !error.is_passing() => StatusCode::BAD_GATEWAY,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    Refusal::new(status, error.to_string())
}
