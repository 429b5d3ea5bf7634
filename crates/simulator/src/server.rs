//! Which address answers what.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get, post},
};

use crate::{ajax, assets, hub::Hub, oauth, pages, phone, portal, pull, rest, script};

/// A recording attached in Base64 is the largest body.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// The whole server.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        // For apps in the frame.
        .route("/api/v1/", get(assets::bx24))
        .route("/api/v1", get(assets::bx24))
        .route("/bx24.js", get(assets::bx24))
        .route("/rest/upload/{token}", post(rest::upload))
        .route("/rest/{*method}", any(rest::serve))
        .route("/oauth/token/", get(oauth::token).post(oauth::token))
        .route("/phone", get(phone::socket))
        .route("/subws/", get(pull::socket))
        .route("/sub/", get(pull::poll).options(pull::poll))
        .route("/pub/", post(pull::acknowledge).options(pull::acknowledge))
        // For the portal page itself.
        .route("/portal/assets/{number}/{name}", get(assets::file))
        .route("/portal/socket", get(pages::socket))
        .route("/portal/layout", post(ajax::layout))
        .route("/portal/refresh", post(ajax::refresh))
        .route("/portal/option", post(ajax::option))
        .route("/portal/installed", post(ajax::installed))
        .route("/portal/install-finish", post(ajax::install_finish))
        .route("/portal/crm-card", post(ajax::crm_card))
        .route("/portal/comment", post(ajax::comment))
        .route("/portal/click-to-call", post(ajax::click_to_call))
        // For scripts and people with curl.
        .merge(script::router())
        .route("/healthz", get(|| async { "ok" }))
        .route(
            "/favicon.ico",
            get(|| async { axum::http::StatusCode::NO_CONTENT }),
        )
        // Everything else is a page of the portal.
        .fallback(get(portal::page))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(hub)
}
