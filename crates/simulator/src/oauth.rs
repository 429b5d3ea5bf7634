//! `/oauth/token/`: a refresh token for a pair of new ones.
//!
//! In the cloud this is a server of its own; here it stands beside the portal.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    app::SCOPES,
    hub::Hub,
    journal::Entry,
    mask, portal,
    rest::{Params, lost_on_the_way},
};

/// What the faults call it: `{"rest": {"oauth.token": {…}}}`.
const METHOD: &str = "oauth.token";

/// A renewal, by POST with a form or by GET.
pub(crate) async fn token(
    State(hub): State<Arc<Hub>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let params = Params::of_request(query.as_deref(), &headers, &bytes);
    let fault = hub.world().faults.take_rest(METHOD).unwrap_or_default();
    let (status, answer) = if fault.status.is_some() || fault.error.is_some() {
        let error = fault.error.as_deref().unwrap_or("invalid_grant");
        refused_with(
            fault.status.unwrap_or(400),
            error,
            "Set by a fault of the simulator",
        )
    } else {
        renew(&hub, &params)
    };
    let shown = json!({"status": status, "params": mask::json(params.all()), "answer": mask::json(&answer)});
    hub.world()
        .log(Entry::new("rest", METHOD, shown.to_string()));
    hub.delay(|faults| faults.rest_delay_ms).await;
    if fault.drop {
        return lost_on_the_way();
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(answer)).into_response()
}

fn renew(hub: &Hub, params: &Params) -> (u16, Value) {
    let text = |name: &str| params.text(name).unwrap_or_default();
    if text("grant_type") != "refresh_token" {
        return refused("invalid_request", "grant_type must be refresh_token");
    }
    let identity = &hub.config.app;
    if text("client_id") != identity.client_id || text("client_secret") != identity.client_secret {
        return refused(
            "invalid_client",
            "The application is not known by this id and secret",
        );
    }
    let mut world = hub.world();
    let world = &mut *world;
    let (now, lifetime) = (world.now_ms(), world.faults.token_lifetime_s);
    let reuse = world.faults.refresh_token_reuse;
    let Some((user, pair)) = world
        .tokens
        .renew(&text("refresh_token"), reuse, lifetime, now)
    else {
        return refused(
            "invalid_grant",
            "The refresh token is unknown, spent, expired or revoked",
        );
    };
    let authority = &hub.config.authority;
    let answer = json!({
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "expires": now / 1000 + pair.lifetime_s,
        "expires_in": pair.lifetime_s,
        "client_endpoint": format!("http://{authority}/rest/"),
        "server_endpoint": format!("http://{authority}/rest/"),
        "domain": authority,
        "member_id": portal::member_id(authority),
        "scope": SCOPES.join(","),
        "status": "L",
        "user_id": user,
    });
    (200, answer)
}

fn refused(error: &str, text: &str) -> (u16, Value) {
    refused_with(400, error, text)
}

fn refused_with(status: u16, error: &str, text: &str) -> (u16, Value) {
    (status, json!({"error": error, "error_description": text}))
}
