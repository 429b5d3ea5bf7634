//! What a portal posts to the handler, checked field by field.
//!
//! A handler bound to the wrong placement, or called by something that is no portal, is told so
//! at once. Values are looked at and forgotten; no message ever contains one.

use axum::http::StatusCode;
use serde_json::Value;

use super::{form::Fields, refusal::Refusal};
use crate::{
    backend::placements::{APP_URI, CONTACT_CENTER, DEFAULT, WORKER},
    origin::{Origin, is_authority},
    store::Candidate,
};

/// The page that a placement gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// The hidden worker.
    Worker,
    /// The operator's connection, in the contact centre or from the menu.
    Connection,
    /// The page behind a link.
    Link,
}

/// A sound post.
pub struct Post {
    /// What it asks for.
    pub placement: Placement,
    /// The tokens it brought, if it brought all that an install needs.
    pub candidate: Option<Candidate>,
}

/// A field: its name, whether a post needs it, what it must be, and what to say if it is not.
struct Rule(
    &'static str,
    Need,
    fn(&str) -> bool,
    &'static str,
    &'static str,
);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Always,
    /// For an install.
    Install,
    Never,
}

/// Every documented field.
const RULES: [Rule; 14] = [
    Rule(
        "DOMAIN",
        Need::Always,
        is_authority,
        "is not a host name with or without a port",
        "send the portal's host, like example.bitrix24.com",
    ),
    Rule(
        "APP_SID",
        Need::Always,
        is_word,
        "is not made of letters and digits",
        "send the id the portal gave the frame",
    ),
    Rule(
        "PROTOCOL",
        Need::Never,
        |text| matches!(text, "0" | "1"),
        "is neither 0 nor 1",
        "send 1 for https, 0 for http",
    ),
    Rule(
        "LANG",
        Need::Never,
        is_language,
        "is not a language's code",
        "send one like en or pt-br, or leave it out",
    ),
    Rule(
        "member_id",
        Need::Install,
        |text| is_word(text) && text.len() <= 64,
        "is empty or not made of letters and digits",
        "send the portal's id",
    ),
    Rule(
        "AUTH_ID",
        Need::Install,
        is_token,
        "is empty or not a token",
        "send the access token as the portal gave it",
    ),
    Rule(
        "REFRESH_ID",
        Need::Install,
        is_token,
        "is empty or not a token",
        "send the refresh token as the portal gave it",
    ),
    Rule(
        "AUTH_EXPIRES",
        Need::Never,
        is_number,
        "is not a whole number",
        "send the token's life in seconds",
    ),
    Rule(
        "SERVER_ENDPOINT",
        Need::Never,
        |text| Origin::of_url(text).is_ok() && text.starts_with("http"),
        "is not an address",
        "send the OAuth server's, like https://oauth.bitrix24.tech/rest/",
    ),
    Rule(
        "status",
        Need::Never,
        |text| matches!(text, "L" | "F" | "D" | "T" | "P" | "S"),
        "is none of F, D, T, P, L and S",
        "send the app's status as the portal gave it",
    ),
    Rule(
        "APPLICATION_TOKEN",
        Need::Never,
        is_token,
        "is empty or not a token",
        "send it as the portal gave it, or leave it out",
    ),
    Rule(
        "APPLICATION_SCOPE",
        Need::Never,
        is_scope,
        "is not a list of scopes",
        "send names joined by commas, or leave it out",
    ),
    Rule(
        "PLACEMENT_OPTIONS",
        Need::Never,
        is_collection,
        "is not a JSON object or array",
        "send JSON, or leave it out",
    ),
    Rule(
        "PLACEMENT",
        Need::Always,
        |text| !text.is_empty(),
        "is empty",
        "bind the handler with placement.bind, which makes the portal send it",
    ),
];

/// Checks a post to the handler.
///
/// # Errors
/// 400 names a malformed field, its cause and its cure; 404 names another placement.
pub fn check(fields: &Fields) -> Result<Post, Refusal> {
    check_fields(fields, Need::Always)?;
    let placement = placement(fields.get("PLACEMENT").map_or("", String::as_str))?;
    Ok(Post {
        placement,
        candidate: candidate(fields),
    })
}

/// Checks a post to the install page, which needs the tokens and takes any placement.
///
/// # Errors
/// 400 names a malformed field, its cause and its cure.
pub fn check_install(fields: &Fields) -> Result<Candidate, Refusal> {
    check_fields(fields, Need::Install)?;
    candidate(fields).ok_or_else(|| malformed("AUTH_ID", "is missing", "install from a portal"))
}

fn check_fields(fields: &Fields, purpose: Need) -> Result<(), Refusal> {
    for Rule(name, need, holds, cause, cure) in RULES {
        let needed = match need {
            // The install page is posted before anything is bound.
            Need::Always => purpose == Need::Always || name != "PLACEMENT",
            Need::Install => purpose == Need::Install,
            Need::Never => false,
        };
        match fields.get(name).map(String::as_str) {
            None if needed => return Err(malformed(name, "is missing", cure)),
            Some("") if needed => return Err(malformed(name, "is empty", cure)),
            Some(text) if !holds(text) => return Err(malformed(name, cause, cure)),
            _ => {}
        }
    }
    Ok(())
}

fn candidate(fields: &Fields) -> Option<Candidate> {
    let text = |name: &str| fields.get(name).cloned();
    Some(Candidate {
        member_id: text("member_id")?,
        domain: text("DOMAIN")?.to_ascii_lowercase(),
        https: fields.get("PROTOCOL").is_none_or(|it| it == "1"),
        access: text("AUTH_ID")?,
        refresh: text("REFRESH_ID")?,
        application_token: text("APPLICATION_TOKEN").unwrap_or_default(),
    })
}

fn malformed(name: &str, cause: &str, cure: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, format!("{name} {cause}: {cure}"))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_token(text: &str) -> bool {
    (1..=1024).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_language(text: &str) -> bool {
    (2..=8).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || b"_-".contains(&byte))
}

fn is_scope(text: &str) -> bool {
    text.len() <= 4096
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_,. ".contains(&byte))
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

fn placement(name: &str) -> Result<Placement, Refusal> {
    match name {
        WORKER => return Ok(Placement::Worker),
        CONTACT_CENTER | DEFAULT => return Ok(Placement::Connection),
        APP_URI => return Ok(Placement::Link),
        _ => {}
    }
    // Placement names are public, but only what looks like one is repeated.
    let plain = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
    let named = if plain { name } else { "this one" };
    let text = format!(
        "PLACEMENT {named} is not served: this handler serves {WORKER}, {CONTACT_CENTER} and \
         {APP_URI}, bind it to one of them"
    );
    Err(Refusal::new(StatusCode::NOT_FOUND, text))
}
