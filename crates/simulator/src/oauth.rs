//! The OAuth servers: `/oauth/token/` gives a pair of new tokens for a refresh token, `/rest/app.info`
//! tells which app a token was given to.
//!
//! In the cloud there is a server for each region; here they are names beside the portal's,
//! `oauth.localhost` and `oauth-east.localhost`. The first also answers at the portal's own name.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::Response,
};
use serde_json::{Value, json};

use crate::{
    app::OTHER_APP,
    faults::Region,
    hub::{Hub, UserId, World},
    rest::{Asked, Params, RestError},
    tokens::{Pair, Refusal},
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
    let asked = Asked::new(&hub, METHOD).await;
    let answer = asked
        .refusal("invalid_grant")
        .unwrap_or_else(|| renew(&hub, &params, region(&headers)));
    asked.answer(METHOD, &params, answer).await
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
    let token = params.text("auth").unwrap_or_default();
    let portals = hub.portals().into_iter();
    let portal = portals.filter(|it| it.world().faults.region == region);
    let portal = portal
        .into_iter()
        .find(|it| it.world().tokens.knows(&token));
    let Some(portal) = portal else {
        return Err(RestError::new(
            401,
            "invalid_token",
            "Unknown to this server",
        ));
    };
    let world = portal.world();
    let refused = |(status, error, text): Refusal| RestError::new(status, error, text);
    let user = world.tokens.check(Some(&token), world.now_ms());
    let user = user.map_err(refused)?;
    let foreign = world.tokens.is_foreign(&token);
    let config = &portal.config;
    Ok(json!({
        "client_id": if foreign { OTHER_APP } else { &config.app.client_id },
        "user_id": user,
        "install": {
            "installed": foreign || world.app.installed,
            "version": 1,
            "status": "L",
            "scope": world.faults.scopes.join(","),
            "domain": config.authority,
            "member_id": config.member_id,
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
    let asked = asked.unwrap_or(Region::West);
    for portal in hub.portals() {
        let mut world = portal.world();
        let world = &mut *world;
        if world.faults.region != asked {
            continue;
        }
        let (now, lifetime) = (world.now_ms(), world.faults.token_lifetime_s);
        let reuse = world.faults.refresh_token_reuse;
        let renewed = world
            .tokens
            .renew(&text("refresh_token"), reuse, lifetime, now);
        if let Some((user, pair)) = renewed {
            return (200, grant(&portal, world, user, &pair));
        }
    }
    refused(
        "invalid_grant",
        "The refresh token is unknown to this server, spent, expired or revoked",
    )
}

fn grant(portal: &Hub, world: &World, user: UserId, pair: &Pair) -> Value {
    let config = &portal.config;
    let oauth = authority(portal, world.faults.region);
    json!({
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "expires": world.now_ms() / 1000 + pair.lifetime_s,
        "expires_in": pair.lifetime_s,
        "client_endpoint": config.url("/rest/"),
        "server_endpoint": format!("{}://{oauth}/rest/", config.scheme()),
        "domain": oauth,
        "member_id": config.member_id,
        "scope": world.faults.scopes.join(","),
        "status": "L",
        "user_id": user,
    })
}

fn refused(error: &str, text: &str) -> (u16, Value) {
    (400, json!({"error": error, "error_description": text}))
}
