//! All addresses of the host.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::from_fn,
    response::IntoResponse,
    routing::get,
};
use tower_http::{compression::CompressionLayer, set_header::SetResponseHeaderLayer};

use crate::{
    assets, handler,
    refusal::{Refusal, wrong_method},
    request_log,
    site::Site,
};

/// The host as a service.
pub fn router(site: Site) -> Router {
    let assets = assets::router(&site.assets);
    Router::new()
        .route("/handler", get(handler::get).post(handler::post))
        // Before the assets are merged, which are compressed by the build.
        .layer(CompressionLayer::new())
        .route("/healthz", get(health))
        .merge(assets)
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(request_log::log))
        .layer(SetResponseHeaderLayer::overriding(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .with_state(Arc::new(site))
}

async fn health() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], "ok")
}

async fn unknown_path() -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "no such path: the page is at /handler, its assets are under /assets/",
    )
}
