//! The OAuth servers: `/oauth/token/` gives a pair of new tokens for a refresh token, `/rest/app.info`
//! tells which app a token was given to.
//!
//! In the cloud there is a server for each region; here they are names beside the portal's,
//! `oauth.localhost` and `oauth-east.localhost`. The first also answers at the portal's own name.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    app::OTHER_APP,
    faults::Region,
    hub::Hub,
    journal::Entry,
    mask, portal,
    rest::{Params, RestError, lost_on_the_way},
    tokens::Refusal,
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
    let asked = region(&headers);
    let fault = hub.world().faults.take_rest(METHOD).unwrap_or_default();
    let (status, answer) = if fault.status.is_some() || fault.error.is_some() {
        let error = fault.error.as_deref().unwrap_or("invalid_grant");
        refused_with(
            fault.status.unwrap_or(400),
            error,
            "Set by a fault of the simulator",
        )
    } else {
        renew(&hub, &params, asked)
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

/// The host and port of a region's server.
pub(crate) fn authority(hub: &Hub, region: Region) -> String {
    let name = match region {
        Region::West => "oauth.localhost",
        Region::East => "oauth-east.localhost",
    };
    match hub.config.authority.rsplit_once(':') {
        Some((_, port)) => format!("{name}:{port}"),
        None => name.to_owned(),
    }
}

/// The server a request was sent to; none at the portal's own name.
pub(crate) fn region(headers: &HeaderMap) -> Option<Region> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    match host.split(':').next()? {
        "oauth.localhost" => Some(Region::West),
        "oauth-east.localhost" => Some(Region::East),
        _ => None,
    }
}

/// `app.info` of an OAuth server: the app and the portal that a token belongs to.
///
/// # Errors
/// 401 for a token that this server does not know.
pub(crate) fn app_info(hub: &Hub, region: Region, params: &Params) -> Result<Value, RestError> {
    let world = hub.world();
    let refused = |(status, error, text): Refusal| RestError::new(status, error, text);
    let token = params.text("auth").unwrap_or_default();
    if world.faults.region != region {
        return Err(RestError::new(
            401,
            "invalid_token",
            "Unknown to this server",
        ));
    }
    let user = world.tokens.check(Some(&token), world.now_ms());
    let user = user.map_err(refused)?;
    let foreign = world.tokens.is_foreign(&token);
    let client_id = if foreign {
        OTHER_APP
    } else {
        &hub.config.app.client_id
    };
    Ok(json!({
        "client_id": client_id,
        "user_id": user,
        "install": {
            "installed": foreign || world.app.installed,
            "version": 1,
            "status": "L",
            "scope": world.faults.scopes.join(","),
            "domain": hub.config.authority,
            "member_id": portal::member_id(&hub.config.authority),
        },
    }))
}

fn renew(hub: &Hub, params: &Params, asked: Option<Region>) -> (u16, Value) {
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
    let region = world.faults.region;
    if asked.unwrap_or(Region::West) != region {
        return refused("invalid_grant", "The portal is of another region");
    }
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
        "server_endpoint": format!("http://{}/rest/", self::authority(hub, region)),
        "domain": self::authority(hub, region),
        "member_id": portal::member_id(authority),
        "scope": world.faults.scopes.join(","),
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
