//! `/pbx/{portal}/…`: what a PBX asks of a portal, as one HTTP request with the portal's PBX key.
//! The host has the portal's tokens, so the PBX needs none. Numbers stand in bodies only, for
//! addresses end up in logs.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
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

/// The body of `search`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Search {
    phone_number: String,
}

/// The body of `show`, `hide` and `answered`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Users {
    users: Vec<i64>,
}

/// `search`: who a caller is, and whom to ring first.
///
/// # Errors
/// 401 and 403 without the portal's key, 400 for a malformed body, 502 and 503 as the portal does.
pub async fn search(
    State(backend): State<Arc<Backend>>,
    Path(member): Path<String>,
    request: Request,
) -> Result<Json<Caller>, Refusal> {
    let Search { phone_number } = asked(&backend, &member, request).await?;
    check_phone(&phone_number)?;
    let found = backend.caller(&member, &phone_number).await;
    Ok(Json(found.map_err(|error| refused(&error))?))
}

/// `calls`: registers a call, and shows it to all it rings at.
///
/// # Errors
/// As [`search`].
pub async fn register(
    State(backend): State<Arc<Backend>>,
    Path(member): Path<String>,
    request: Request,
) -> Answer {
    let call: NewCall = asked(&backend, &member, request).await?;
    check_phone(&call.phone_number)?;
    check_users(&call.users)?;
    let registered = backend.register_call(&member, &call).await;
    let registered = registered.map_err(|error| refused(&error))?;
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
pub async fn show(
    State(backend): State<Arc<Backend>>,
    Path((member, call)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let Users { users } = asked(&backend, &member, request).await?;
    check_users(&users)?;
    there_is(backend.show_call(&member, &call, &users).await)
}

/// `hide`: it closes at these, because another one has answered.
///
/// # Errors
/// As [`show`].
pub async fn hide(
    State(backend): State<Arc<Backend>>,
    Path((member, call)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let Users { users } = asked(&backend, &member, request).await?;
    check_users(&users)?;
    there_is(backend.hide_call(&member, &call, &users).await)
}

/// `finish`: closes the call's record.
///
/// # Errors
/// As [`search`].
pub async fn finish(
    State(backend): State<Arc<Backend>>,
    Path((member, call)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let end: CallEnd = asked(&backend, &member, request).await?;
    check_users(&[end.user_id])?;
    let record = backend.finish_call(&member, &call, &end).await;
    Ok(Json(record.map_err(|error| refused(&error))?))
}

/// `transcription`: what was said, once the call is finished.
///
/// # Errors
/// As [`search`].
pub async fn transcription(
    State(backend): State<Arc<Backend>>,
    Path((member, call)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let text: Transcription = asked(&backend, &member, request).await?;
    if text.messages.is_empty() {
        return Err(bad("messages is empty: send what was said"));
    }
    let attached = backend.transcribe_call(&member, &call, &text).await;
    let attached = attached.map_err(|error| refused(&error))?;
    Ok(Json(
        json!({ "transcriptId": attached.get("TRANSCRIPT_ID") }),
    ))
}

async fn asked<T: DeserializeOwned>(
    backend: &Backend,
    member: &str,
    request: Request,
) -> Result<T, Refusal> {
    let (parts, body) = request.into_parts();
    let body = read(&parts.headers, body).await?;
    check_key(backend, member, &parts.headers).await?;
    // The parser's text quotes at most what the PBX itself has sent, and to the PBX alone.
    serde_json::from_slice(&body)
        .map_err(|error| bad(&format!("the body is not what is asked for: {error}")))
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
