//! `/signals/{portal}`: a user's own page signals the user's own worker, in whichever tab it is.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
};
use serde_json::{Map, Value};

use super::{bearer::user, client::Client, form::read, refusal::Refusal};
use crate::backend::{Backend, signal::Signal};

/// The longest text of a signal's fields. The channel documents no limit; this is far below
/// what is known to pass.
const LONGEST: usize = 4096;

/// Sends a signal to the one who asks.
///
/// # Errors
/// 400 names what is malformed, 403 for anybody else's portal, 503 when the portal refuses.
pub async fn post(
    State(backend): State<Arc<Backend>>,
    Path(member): Path<String>,
    client: Client,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let (parts, body) = request.into_parts();
    let body = read(&parts.headers, body).await?;
    let (portal, profile) = user(&backend, &parts.headers, &member, client).await?;
    let signal = signal(&body, backend.rest.portal_now(&portal, None))?;
    backend
        .signal(&portal.member_id, Some(profile.id), &signal)
        .await
        .map_err(|error| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

fn signal(body: &[u8], now: i64) -> Result<Signal, Refusal> {
    let bad = |text: &str| Refusal::new(StatusCode::BAD_REQUEST, text);
    let mut object: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|_| bad("the body is not a JSON object: send command and fields"))?;
    let command = match object.remove("command") {
        Some(Value::String(text)) if is_command(&text) => text,
        _ => {
            return Err(bad(
                "command is missing or not made of letters, digits and _ : | . -: give one like dial",
            ));
        }
    };
    let fields = match object.remove("fields") {
        Some(Value::Object(fields))
            if Value::Object(fields.clone()).to_string().len() <= LONGEST =>
        {
            fields
        }
        None => Map::new(),
        Some(_) => return Err(bad("fields is not an object of 4 KiB at most: send less")),
    };
    if command == "dial" && !fields.get("phoneNumber").is_some_and(is_phone) {
        return Err(bad(
            "fields.phoneNumber is not a number: give one like +15550100",
        ));
    }
    Ok(Signal::new(command, now, fields))
}

fn is_command(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_:|.-".contains(&byte))
}

fn is_phone(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        (1..=64).contains(&text.len())
            && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+*#() -.@_".contains(&byte))
    })
}
