//! All addresses of the host.

use std::time::Duration;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    routing::{any, get, post},
};
use tower_http::{
    compression::{CompressionLayer, predicate::SizeAbove},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};

use super::{
    assets, deletion, error_codes, events, handler, install,
    limit::limit,
    ops, pbx,
    refusal::{Refusal, wrong_method},
    request_log, room, service_worker, settings, signals, taken, turn,
};
use crate::app::App;

/// How long an answer may take that hangs on a portal.
const PATIENCE: Duration = Duration::from_secs(90);

/// The longest page that is sent as it is: it travels in the first packets of a connection, and
/// arrives no later than a compressed one, which would take longer to make.
const WORTH_COMPRESSING: u64 = 8 * 1024;

/// The host as a service.
pub fn router(app: App) -> Router {
    let backend = Router::new()
        .route("/install", post(install::post))
        .route("/error", any(deletion::any))
        .route(
            "/settings/{portal}/{user}",
            get(settings::get).put(settings::put),
        )
        .route(
            "/settings/{portal}/{user}/{field}",
            get(settings::get_field),
        )
        .route("/turn/{portal}", get(turn::get))
        .route("/signals/{portal}", post(signals::post))
        .route("/callbacks/{portal}/{call}/taken", post(taken::post))
        .route_layer(from_fn_with_state(app.limits.backend.clone(), limit));
    // A PBX has one address and many calls.
    let pbx = Router::new()
        .route("/pbx/{portal}/search", post(pbx::search))
        .route("/pbx/{portal}/calls", post(pbx::register))
        .route("/pbx/{portal}/calls/{call}/show", post(pbx::show))
        .route("/pbx/{portal}/calls/{call}/hide", post(pbx::hide))
        .route("/pbx/{portal}/calls/{call}/finish", post(pbx::finish))
        .route(
            "/pbx/{portal}/calls/{call}/transcription",
            post(pbx::transcription),
        )
        .route_layer(from_fn_with_state(app.limits.pages.clone(), limit));
    let events = Router::new()
        .route("/events", post(events::post))
        .route_layer(from_fn_with_state(app.limits.events.clone(), limit));
    let patient = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE);
    let asks_portals = backend
        .merge(events)
        .merge(pbx)
        .layer(patient)
        .layer(from_fn_with_state(
            app.limits.portals.clone(),
            room::portals,
        ));
    let pages = Router::new()
        .route("/handler", get(handler::get).post(handler::post))
        .route(service_worker::PATH, get(service_worker::get))
        .route(error_codes::PATH, get(error_codes::get))
        // Before the assets are merged, which are compressed by the build.
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(WORTH_COMPRESSING)))
        .merge(assets::router(app.site.assets.clone()))
        .route_layer(from_fn_with_state(app.limits.pages.clone(), limit));
    Router::new()
        .merge(asks_portals)
        .merge(pages)
        .route("/health", get(ops::health))
        .route("/healthz", get(ops::health))
        .merge(if app.ops_apart {
            Router::new()
        } else {
            ops(&app)
        })
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(
            app.backend.metrics.clone(),
            request_log::log,
        ))
        .layer(SetResponseHeaderLayer::overriding(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .with_state(app)
}

/// What answers connections that there is no room for.
pub fn full_router(app: &App) -> Router {
    let metrics = app.backend.metrics.clone();
    Router::new()
        .fallback(room::closed)
        .layer(from_fn_with_state(metrics, request_log::log))
}

/// What operations look at, as a service of its own.
pub fn ops_router(app: App) -> Router {
    ops(&app).fallback(unknown_path).with_state(app)
}

fn ops(app: &App) -> Router<App> {
    Router::new()
        .route("/ready", get(ops::ready))
        .route("/metrics", get(ops::metrics))
        .route_layer(from_fn_with_state(app.limits.ops.clone(), limit))
}

async fn unknown_path() -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "no such path: the page is at /handler, its assets are under /assets/",
    )
}
