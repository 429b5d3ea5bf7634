//! What a portal posts to the handler, checked field by field.
//!
//! A refused post is a dead phone on every page of the portal. So the handler refuses what no
//! portal sends, and what it has no page for; a field that the page does not need may be as odd as
//! it likes. The install page takes tokens out of the post, and is strict. Values are looked at
//! and forgotten; no message ever contains one.

use axum::http::StatusCode;
use serde_json::Value;

use super::{form::Fields, refusal::Refusal};
use crate::{
    backend::placements::{APP_URI, CONTACT_CENTER, DEFAULT, WORKER},
    origin::{Origin, is_authority},
    secret::Secret,
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
    /// The fields that are not as documented.
    pub odd: Vec<&'static str>,
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
    /// For a page.
    Page,
    /// For an install.
    Install,
    Both,
    Neither,
}

/// Every documented field.
const RULES: [Rule; 14] = [
    Rule(
        "DOMAIN",
        Need::Both,
        is_authority,
        "is not a host name with or without a port",
        "send the portal's host, like example.bitrix24.com",
    ),
    Rule(
        "APP_SID",
        Need::Both,
        is_sid,
        "is not made of letters, digits, - and _",
        "send the id the portal gave the frame",
    ),
    Rule(
        "PROTOCOL",
        Need::Neither,
        |text| matches!(text, "0" | "1"),
        "is neither 0 nor 1",
        "send 1 for https, 0 for http",
    ),
    Rule(
        "LANG",
        Need::Neither,
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
        Need::Neither,
        is_number,
        "is not a whole number",
        "send the token's life in seconds",
    ),
    Rule(
        "SERVER_ENDPOINT",
        Need::Neither,
        is_address,
        "is not an address",
        "send the OAuth server's, like https://oauth.bitrix24.tech/rest/",
    ),
    Rule(
        "status",
        Need::Neither,
        |text| matches!(text, "L" | "F" | "D" | "T" | "P" | "S"),
        "is none of F, D, T, P, L and S",
        "send the app's status as the portal gave it",
    ),
    Rule(
        "APPLICATION_TOKEN",
        Need::Neither,
        is_token,
        "is empty or not a token",
        "send it as the portal gave it, or leave it out",
    ),
    Rule(
        "APPLICATION_SCOPE",
        Need::Neither,
        is_scope,
        "is not a list of scopes",
        "send names joined by commas, or leave it out",
    ),
    Rule(
        "PLACEMENT_OPTIONS",
        Need::Neither,
        is_collection,
        "is not a JSON object or array",
        "send JSON, or leave it out",
    ),
    Rule(
        "PLACEMENT",
        Need::Page,
        |text| !text.is_empty(),
        "is empty",
        "bind the handler with placement.bind, which makes the portal send it",
    ),
];

/// Checks a post to the handler.
///
/// # Errors
/// 400 names a field without which it is no portal's; 404 names another placement.
pub fn check(fields: &Fields) -> Result<Post, Refusal> {
    let mut odd = Vec::new();
    for rule in &RULES {
        if let Err(refusal) = rule.check(fields, Need::Page) {
            if rule.is_for(Need::Page) {
                return Err(refusal);
            }
            odd.push(rule.0);
        }
    }
    let placement = placement(fields.get("PLACEMENT").map_or("", String::as_str))?;
    let tokens = ["member_id", "AUTH_ID", "REFRESH_ID", "PROTOCOL"];
    let sound = tokens.iter().all(|name| !odd.contains(name));
    Ok(Post {
        placement,
        candidate: if sound { candidate(fields) } else { None },
        odd,
    })
}

/// Checks a post to the install page, which needs the tokens and takes any placement.
///
/// # Errors
/// 400 names a malformed field, its cause and its cure.
pub fn check_install(fields: &Fields) -> Result<Candidate, Refusal> {
    for rule in &RULES {
        rule.check(fields, Need::Install)?;
    }
    candidate(fields).ok_or_else(|| malformed("AUTH_ID", "is missing", "install from a portal"))
}

impl Rule {
    fn is_for(&self, purpose: Need) -> bool {
        self.1 == Need::Both || self.1 == purpose
    }

    fn check(&self, fields: &Fields, purpose: Need) -> Result<(), Refusal> {
        let Self(name, _, holds, cause, cure) = *self;
        match fields.get(name).map(String::as_str) {
            None if self.is_for(purpose) => Err(malformed(name, "is missing", cure)),
            Some("") if self.is_for(purpose) => Err(malformed(name, "is empty", cure)),
            Some(text) if !holds(text) => Err(malformed(name, cause, cure)),
            _ => Ok(()),
        }
    }
}

fn candidate(fields: &Fields) -> Option<Candidate> {
    let text = |name: &str| fields.get(name).cloned();
    let if_sound = |name: &str, holds: fn(&str) -> bool| {
        text(name).filter(|text| holds(text)).unwrap_or_default()
    };
    Some(Candidate {
        member_id: text("member_id")?,
        domain: text("DOMAIN")?.to_ascii_lowercase(),
        https: fields.get("PROTOCOL").is_none_or(|it| it == "1"),
        access: Secret::new(text("AUTH_ID")?),
        refresh: Secret::new(text("REFRESH_ID")?),
        application_token: Secret::new(if_sound("APPLICATION_TOKEN", is_token)),
        server_endpoint: if_sound("SERVER_ENDPOINT", is_address),
    })
}

fn malformed(name: &str, cause: &str, cure: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, format!("{name} {cause}: {cure}"))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

// Hexadecimal today; a dash breaks nothing, and the name of the frame has the same text.
fn is_sid(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_token(text: &str) -> bool {
    (1..=1024).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_address(text: &str) -> bool {
    Origin::of_url(text).is_ok() && text.starts_with("http")
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
