//! `/settings/{portal}/{user}`: an operator's softphone account, for that operator alone.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, RawQuery, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{
    bearer::{forbidden, user},
    client::Client,
    form::read,
    refusal::Refusal,
};
use crate::{
    backend::Backend,
    rest::RestError,
    secret::Secret,
    store::{FIELDS, StoreError},
    turn::{is_ice, is_turn},
};

/// The longest value.
const LONGEST: usize = 1024;

/// What stands for a secret that is only to be known as present.
const SAVED: &str = "saved";

/// All settings of the operator; with the query `masked` the passwords are only told to be there,
/// which is all that a form needs.
///
/// # Errors
/// 403 for anybody else.
pub async fn get(
    State(backend): State<Arc<Backend>>,
    Path((member, whose)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (member, user_id) = owner(&backend, &headers, client, &member, &whose).await?;
    let settings = backend.store.settings(&member, user_id).await;
    let mut settings = settings.map_err(unavailable)?;
    if query.as_deref() == Some("masked") {
        for name in ["password", "turnPassword"] {
            if let Some(password) = settings.get_mut(name) {
                *password = Secret::new(SAVED);
            }
        }
    }
    Ok(json(settings))
}

/// One setting of the operator.
///
/// # Errors
/// 403 for anybody else, 404 for what is no setting.
pub async fn get_field(
    State(backend): State<Arc<Backend>>,
    Path((member, whose, field)): Path<(String, String, String)>,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (member, user_id) = owner(&backend, &headers, client, &member, &whose).await?;
    if !FIELDS.contains(&field.as_str()) {
        return Err(Refusal::new(StatusCode::NOT_FOUND, known()));
    }
    let settings = backend.store.settings(&member, user_id).await;
    let mut settings = settings.map_err(unavailable)?;
    settings.retain(|name, _| *name == field);
    Ok(json(settings))
}

/// Saves the given fields; the others stay, and an empty one is removed.
///
/// # Errors
/// 400 names a malformed field, 403 for anybody else.
pub async fn put(
    State(backend): State<Arc<Backend>>,
    Path((member, whose)): Path<(String, String)>,
    client: Client,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let body = read(&parts.headers, body).await?;
    // Who it is comes first: a stranger learns nothing about fields.
    let (member, user_id) = owner(&backend, &parts.headers, client, &member, &whose).await?;
    let fields = fields(&body)?;
    if fields.contains_key("ice") {
        let before = backend.store.settings(&member, user_id).await;
        check_relay(&fields, &before.map_err(unavailable)?)?;
    }
    let saved = backend.store.save_settings(&member, user_id, &fields).await;
    saved.map_err(unavailable)?;
    backend.metrics.event("settings_saved");
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn owner(
    backend: &Backend,
    headers: &HeaderMap,
    client: Client,
    member: &str,
    whose: &str,
) -> Result<(String, i64), Refusal> {
    let (portal, profile) = user(backend, headers, member, client).await?;
    if whose == "me" || whose == profile.id.to_string() {
        Ok((portal.member_id, profile.id))
    } else {
        backend.metrics.event("settings_refused");
        Err(forbidden())
    }
}

fn fields(body: &[u8]) -> Result<BTreeMap<String, Secret>, Refusal> {
    let bad = |text: String| Refusal::new(StatusCode::BAD_REQUEST, text);
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return Err(bad(
            "the body is not a JSON object: send fields and their texts".to_owned(),
        ));
    };
    let mut fields = BTreeMap::new();
    for (name, value) in object {
        let Some(known_name) = FIELDS.iter().find(|it| **it == name) else {
            return Err(bad(known()));
        };
        let Value::String(text) = value else {
            return Err(bad(format!(
                "{known_name} is not a text: send it in quotes"
            )));
        };
        if text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(bad(format!(
                "{known_name} is longer than {LONGEST} bytes or has control characters: shorten it"
            )));
        }
        let is_socket = ["wss://", "ws://"].iter().any(|it| text.starts_with(it));
        if *known_name == "server" && !text.is_empty() && !is_socket {
            return Err(bad(
                "server is not the address of a WebSocket: give one like wss://sip.example.com"
                    .to_owned(),
            ));
        }
        if *known_name == "ice" && !text.is_empty() && !is_ice(&text) {
            return Err(bad(
                "ice is not the address of a STUN or TURN server: give one like stun:stun.example.com or \
                 turns:turn.example.com:443?transport=tcp, without //"
                    .to_owned(),
            ));
        }
        fields.insert(name, Secret::new(text));
    }
    Ok(fields)
}

/// A TURN server lets nobody through whom it does not know.
fn check_relay(
    fields: &BTreeMap<String, Secret>,
    before: &BTreeMap<String, Secret>,
) -> Result<(), Refusal> {
    let text = |name: &str| fields.get(name).or_else(|| before.get(name));
    let is_there = |name: &str| text(name).is_some_and(|it| !it.is_empty());
    let relays = text("ice").is_some_and(|it| is_turn(it.reveal()));
    if relays && !(is_there("turnUser") && is_there("turnPassword")) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "a TURN server wants a user and a password: give turnUser and turnPassword".to_owned(),
        ));
    }
    Ok(())
}

fn known() -> String {
    format!("there is no such setting: there are {}", FIELDS.join(", "))
}

fn json(settings: BTreeMap<String, Secret>) -> Response {
    let object: Map<String, Value> = settings
        .into_iter()
        .map(|(name, text)| (name, Value::String(text.reveal().to_owned())))
        .collect();
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_TYPE, "application/json"),
    ];
    (headers, Value::Object(object).to_string()).into_response()
}

#[allow(clippy::needless_pass_by_value, reason = "it is used with map_err")]
fn unavailable(error: StoreError) -> Refusal {
    let error = RestError::Store(error);
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}
