//! Whether a POST is one that a portal sends for our placement.
//!
//! The page does not need a single field of it: BX24.js learns the portal from the frame's
//! name, and the tokens from the portal's answer. The check is for people. A handler bound
//! to the wrong placement, or called by something that is no portal, is told so at once.
//!
//! Values are looked at and forgotten; no message ever contains one.

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::Value;

use crate::{origin::is_authority, refusal::Refusal};

/// The placement this host serves.
pub const PLACEMENT: &str = "PAGE_BACKGROUND_WORKER";

/// The largest body taken. A portal's form has some 2 KiB.
pub const BODY_LIMIT: usize = 64 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// Checks the media type a POST was declared with.
///
/// # Errors
/// 415 unless it is that of an HTML form.
pub fn check_media_type(content_type: Option<&str>) -> Result<(), Refusal> {
    let essence = content_type.and_then(|text| text.split(';').next());
    if essence.is_some_and(|text| text.trim().eq_ignore_ascii_case(FORM)) {
        return Ok(());
    }
    let text = format!("Content-Type is not {FORM}: send the fields as an HTML form does");
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text))
}

/// The answer to a body larger than [`BODY_LIMIT`].
#[must_use]
pub fn too_large() -> Refusal {
    let limit = BODY_LIMIT / 1024;
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!(
            "the body is larger than {limit} KiB: a portal's form is far smaller, send only its fields"
        ),
    )
}

/// Checks the fields of query and body, which a portal splits between the two.
///
/// # Errors
/// 400 names a malformed field, its cause and its cure; 404 names another placement.
pub fn check_fields(query: &str, body: &[u8]) -> Result<(), Refusal> {
    let mut fields = parse(query.as_bytes(), "the query")?;
    fields.extend(parse(body, "the body")?);
    let field = |name: &str| fields.get(name).map(String::as_str);

    required(
        "DOMAIN",
        field("DOMAIN"),
        is_authority,
        Fault {
            cause: "is not a host name with or without a port",
            cure: "send the portal's host, like example.bitrix24.com",
        },
    )?;
    required(
        "APP_SID",
        field("APP_SID"),
        is_sid,
        Fault {
            cause: "is not made of letters and digits",
            cure: "send the id the portal gave the frame",
        },
    )?;
    optional(
        "PROTOCOL",
        field("PROTOCOL"),
        |text| matches!(text, "0" | "1"),
        Fault {
            cause: "is neither 0 nor 1",
            cure: "send 1 for https, 0 for http",
        },
    )?;
    optional(
        "member_id",
        field("member_id"),
        |text| !text.is_empty(),
        Fault {
            cause: "is empty",
            cure: "send the portal's id, or leave it out",
        },
    )?;
    optional(
        "AUTH_EXPIRES",
        field("AUTH_EXPIRES"),
        is_number,
        Fault {
            cause: "is not a whole number",
            cure: "send the token's life in seconds",
        },
    )?;
    optional(
        "PLACEMENT_OPTIONS",
        field("PLACEMENT_OPTIONS"),
        is_collection,
        Fault {
            cause: "is not a JSON object or array",
            cure: "send JSON, or leave it out",
        },
    )?;
    required(
        "PLACEMENT",
        field("PLACEMENT"),
        |text| !text.is_empty(),
        Fault {
            cause: "is empty",
            cure: "bind the handler to PAGE_BACKGROUND_WORKER with placement.bind",
        },
    )?;
    check_placement(field("PLACEMENT").unwrap_or_default())
}

/// What is wrong with a field, and what makes it right.
struct Fault {
    cause: &'static str,
    cure: &'static str,
}

fn parse(text: &[u8], place: &str) -> Result<HashMap<String, String>, Refusal> {
    serde_urlencoded::from_bytes(text).map_err(|_| {
        let text = format!("{place} is not form-encoded: send fields as NAME=VALUE joined by &");
        Refusal::new(StatusCode::BAD_REQUEST, text)
    })
}

fn required(
    name: &str,
    value: Option<&str>,
    holds: impl Fn(&str) -> bool,
    fault: Fault,
) -> Result<(), Refusal> {
    match value {
        None => Err(malformed(name, "is missing", fault.cure)),
        Some("") => Err(malformed(name, "is empty", fault.cure)),
        Some(_) => optional(name, value, holds, fault),
    }
}

fn optional(
    name: &str,
    value: Option<&str>,
    holds: impl Fn(&str) -> bool,
    fault: Fault,
) -> Result<(), Refusal> {
    match value {
        Some(text) if !holds(text) => Err(malformed(name, fault.cause, fault.cure)),
        _ => Ok(()),
    }
}

fn malformed(name: &str, cause: &str, cure: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, format!("{name} {cause}: {cure}"))
}

fn is_sid(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_ok()
}

// PHP writes an empty map as `[]`.
fn is_collection(text: &str) -> bool {
    matches!(
        serde_json::from_str(text),
        Ok(Value::Object(_) | Value::Array(_))
    )
}

fn check_placement(name: &str) -> Result<(), Refusal> {
    if name == PLACEMENT {
        return Ok(());
    }
    // Placement names are public, but only what looks like one is repeated.
    let plain = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
    let named = if plain { name } else { "this one" };
    let text = format!(
        "PLACEMENT {named} is not served: this handler serves {PLACEMENT} only so far, \
         bind it to that placement"
    );
    Err(Refusal::new(StatusCode::NOT_FOUND, text))
}
