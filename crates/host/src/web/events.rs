//! `/events`: what portals tell the app by themselves.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use tracing::warn;

use super::{
    client::Client,
    form::{Fields, read_form},
    install::refusal,
    refusal::Refusal,
};
use crate::{
    backend::{Backend, calls::CallRequest},
    rest::RestError,
    secret::Secret,
    store::{Candidate, Portal},
};

/// Takes an event.
///
/// # Errors
/// 400 names a malformed field; 403 when the portal's token does not match.
pub async fn post(
    State(backend): State<Arc<Backend>>,
    client: Client,
    request: Request,
) -> Result<&'static str, Refusal> {
    let fields = read_form(request).await?;
    // In a task of its own: a sender that goes away must not stop an announcement half-way.
    let tasks = backend.tasks.clone();
    let taken = tasks
        .spawn(async move { take(&backend, &fields, client).await })
        .await;
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
            %client,
            "event refused"
        );
    })
}

async fn take(backend: &Backend, fields: &Fields, client: Client) -> Result<&'static str, Refusal> {
    let event = needed(fields, "event")?.to_ascii_uppercase();
    if event == "ONAPPPAYMENT" {
        // It carries no token, so nothing is believed: what it may have mended shows itself at
        // the next call.
        backend.metrics.event("payment_noticed");
        return Ok("ok\n");
    }
    let member = word(fields, "auth[member_id]")?;
    let token = Secret::new(needed(fields, "auth[application_token]")?);
    if event == "ONAPPINSTALL" {
        return install(backend, fields, client).await;
    }
    let portal = match checked(backend, fields, member, &token, client).await {
        // A new version may come with a new token, for which its refresh token vouches.
        Err(_) if event == "ONAPPUPDATE" && !text(fields, "auth[refresh_token]").is_empty() => {
            return install(backend, fields, client).await;
        }
        checked => checked?,
    };
    match event.as_str() {
        "ONAPPUPDATE" => {
            // A new version may bring new scopes, and with them placements that were refused.
            backend.bind_all(&portal).await;
        }
        // The documentation has it both ways.
        "ONAPPUNINSTALL" | "ONAPPSUNINSTALL" => {
            let clean = text(fields, "data[CLEAN]") != "0";
            let removed = backend.uninstall(member, clean).await;
            removed.map_err(|error| busy(&error.into()))?;
        }
        "ONEXTERNALCALLSTART" => {
            for name in ["data[CALL_ID]", "data[PHONE_NUMBER]"] {
                needed(fields, name)?;
            }
            let user = word(fields, "data[USER_ID]")?.parse::<i64>();
            if !user.is_ok_and(|id| id > 0) {
                return Err(malformed("data[USER_ID]", "is not a user's id"));
            }
            announce(backend, &portal, fields, false).await?;
        }
        "ONEXTERNALCALLBACKSTART" => {
            needed(fields, "data[PHONE_NUMBER]")?;
            announce(backend, &portal, fields, true).await?;
        }
        // Others may be bound to the same address by the integrator: not an error.
        _ => backend.metrics.event("event_ignored"),
    }
    Ok("ok\n")
}

// Only an exchanged refresh token brings an application token in the place of another: any
// administrator's token of any app could write one else.
async fn install(
    backend: &Backend,
    fields: &Fields,
    client: Client,
) -> Result<&'static str, Refusal> {
    // The endpoint knows the scheme; the domain alone does not.
    let endpoint = text(fields, "auth[client_endpoint]");
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", ""));
    let authority = rest.split('/').next().unwrap_or_default();
    let domain = if authority.is_empty() {
        needed(fields, "auth[domain]")?
    } else {
        authority
    };
    let member = word(fields, "auth[member_id]")?;
    let token = needed(fields, "auth[application_token]")?;
    let candidate = Candidate {
        member_id: member.to_owned(),
        domain: domain.to_ascii_lowercase(),
        https: scheme == "https",
        access: Secret::new(needed(fields, "auth[access_token]")?),
        refresh: Secret::new(text(fields, "auth[refresh_token]")),
        application_token: Secret::new(token),
        server_endpoint: text(fields, "auth[server_endpoint]").to_owned(),
    };
    if candidate.refresh.is_empty() {
        checked(backend, fields, member, &Secret::new(token), client).await?;
    } else {
        let installed = backend.install(&candidate, client.0).await;
        installed.map_err(|error| refusal(&error))?;
    }
    Ok("ok\n")
}

// The portal that an event's application token proves. Where the token never came it is learnt,
// once, from an event whose access token is this app's.
async fn checked(
    backend: &Backend,
    fields: &Fields,
    member: &str,
    token: &Secret,
    client: Client,
) -> Result<Portal, Refusal> {
    let portal = backend.store.portal(member).await;
    let portal = portal.map_err(|error| busy(&error.into()))?;
    let access = Secret::new(text(fields, "auth[access_token]"));
    let learns = |it: &Portal| {
        let gone = it.lost.as_deref() == Some("uninstalled");
        it.application_token.is_empty() && !gone && !access.is_empty()
    };
    match portal {
        Some(portal) if portal.application_token.matches(token.reveal()) => return Ok(portal),
        Some(portal) if learns(&portal) => {
            let learnt = backend
                .learn_application_token(&portal, &access, token, client.0)
                .await;
            match learnt {
                Ok(true) => return Ok(portal),
                Err(error) if error.is_passing() => return Err(busy(&error)),
                Ok(false) | Err(_) => {}
            }
        }
        _ => {}
    }
    backend.metrics.event("event_forged");
    warn!(%client, "an event came with another application token than the portal's");
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "auth[application_token] is not this portal's: install the app again if the portal is yours",
    ))
}

async fn announce(
    backend: &Backend,
    portal: &Portal,
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
        data.insert("ts".to_owned(), text(fields, "ts").to_owned());
    }
    let call = CallRequest {
        callback,
        // In the portal's time, which the worker goes by: a host's clock may be minutes off.
        at: backend
            .rest
            .portal_now(portal, text(fields, "ts").parse().ok()),
        data,
    };
    backend
        .announce(&portal.member_id, &call)
        .await
        .map_err(|error| busy(&error))
}

fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

fn needed<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    match text(fields, name) {
        "" => Err(malformed(name, "is missing or empty")),
        text if text.len() > 1024 => Err(malformed(name, "is too long")),
        text => Ok(text),
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

fn busy(error: &RestError) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}
