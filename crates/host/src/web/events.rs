//! `/events`: what portals tell the app by themselves.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use tracing::warn;

use super::refusal::Refusal;
use super::{
    form::{Fields, read_form},
    install::refusal,
};
use crate::{
    backend::{Backend, calls::CallRequest},
    store::Candidate,
};

/// Takes an event.
///
/// # Errors
/// 400 names a malformed field; 403 when the portal's token does not match.
pub async fn post(
    State(backend): State<Arc<Backend>>,
    request: Request,
) -> Result<&'static str, Refusal> {
    let fields = read_form(request).await?;
    let taken = tokio::spawn(async move { take(&backend, &fields).await }).await;
    let taken = taken.unwrap_or_else(|_| {
        Err(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the event failed inside the host: see its log",
        ))
    });
    taken.inspect_err(|refusal| {
        warn!(
            status = refusal.status.as_u16(),
            reason = refusal.text,
            "event refused"
        );
    })
}

async fn take(backend: &Backend, fields: &Fields) -> Result<&'static str, Refusal> {
    let event = needed(fields, "event")?.to_ascii_uppercase();
    let member = word(fields, "auth[member_id]")?;
    let token = needed(fields, "auth[application_token]")?;
    if event == "ONAPPINSTALL" {
        return install(backend, fields).await;
    }
    check_token(backend, member, token).await?;
    match event.as_str() {
        "ONAPPUNINSTALL" => backend.uninstall(member).await.map_err(unavailable)?,
        "ONEXTERNALCALLSTART" => {
            for name in ["data[CALL_ID]", "data[PHONE_NUMBER]"] {
                needed(fields, name)?;
            }
            let user = word(fields, "data[USER_ID]")?.parse::<i64>();
            if !user.is_ok_and(|id| id > 0) {
                return Err(malformed("data[USER_ID]", "is not a user's id"));
            }
            announce(backend, member, fields, false).await?;
        }
        "ONEXTERNALCALLBACKSTART" => {
            needed(fields, "data[PHONE_NUMBER]")?;
            announce(backend, member, fields, true).await?;
        }
        // Others may be bound to the same address by the integrator: not an error.
        _ => backend.metrics.event("event_ignored"),
    }
    Ok("ok\n")
}

async fn install(backend: &Backend, fields: &Fields) -> Result<&'static str, Refusal> {
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    // The endpoint knows the scheme; the domain alone does not.
    let endpoint = text("auth[client_endpoint]");
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", ""));
    let authority = rest.split('/').next().unwrap_or_default();
    let domain = if authority.is_empty() {
        needed(fields, "auth[domain]")?
    } else {
        authority
    };
    let candidate = Candidate {
        member_id: word(fields, "auth[member_id]")?.to_owned(),
        domain: domain.to_ascii_lowercase(),
        https: scheme == "https",
        access: needed(fields, "auth[access_token]")?.to_owned(),
        refresh: text("auth[refresh_token]"),
        application_token: needed(fields, "auth[application_token]")?.to_owned(),
    };
    if candidate.refresh.is_empty() {
        let learned = backend.learn_application_token(&candidate).await;
        learned.map_err(|error| refusal(&error))?;
    } else {
        let installed = backend.install(&candidate).await;
        installed.map_err(|error| refusal(&error))?;
    }
    Ok("ok\n")
}

async fn check_token(backend: &Backend, member: &str, token: &str) -> Result<(), Refusal> {
    let portal = backend.store.portal(member).await.map_err(unavailable)?;
    if portal.is_some_and(|it| it.application_token.matches(token)) {
        return Ok(());
    }
    backend.metrics.event("event_forged");
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "auth[application_token] is not this portal's: install the app again if the portal is yours",
    ))
}

async fn announce(
    backend: &Backend,
    member: &str,
    fields: &Fields,
    callback: bool,
) -> Result<(), Refusal> {
    let mut data = BTreeMap::new();
    for (name, value) in fields {
        let inner = name
            .strip_prefix("data[")
            .and_then(|it| it.strip_suffix(']'));
        if let Some(inner) = inner {
            data.insert(inner.to_owned(), value.clone());
        }
    }
    if callback {
        // Two callbacks to one number are two calls.
        data.insert(
            "ts".to_owned(),
            fields.get("ts").cloned().unwrap_or_default(),
        );
    }
    let call = CallRequest {
        callback,
        at: backend.store.clock.now(),
        data,
    };
    backend
        .announce(member, &call)
        .await
        .map_err(|error| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))
}

fn needed<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    match fields.get(name).map(String::as_str) {
        None | Some("") => Err(malformed(name, "is missing or empty")),
        Some(text) if text.len() > 1024 => Err(malformed(name, "is too long")),
        Some(text) => Ok(text),
    }
}

fn word<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    let text = needed(fields, name)?;
    if text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(text)
    } else {
        Err(malformed(name, "is not made of letters and digits"))
    }
}

fn malformed(name: &str, cause: &str) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        format!("{name} {cause}: bind this address to the portal's events with event.bind"),
    )
}

#[allow(clippy::needless_pass_by_value, reason = "it is used with map_err")]
fn unavailable(error: crate::store::StoreError) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}
