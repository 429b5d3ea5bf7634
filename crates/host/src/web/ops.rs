//! What a balancer and Prometheus ask. Strangers may, too, so none of it costs more than a look
//! at the database a second.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};

use crate::backend::Backend;

/// Whether the process lives.
pub async fn health() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], "ok")
}

/// Whether it may be sent requests: it is not about to stop, and the database answers in time.
pub async fn ready(State(backend): State<Arc<Backend>>) -> impl IntoResponse {
    let (status, text) = if backend.stopping.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if backend.readiness.is_ready(&backend.store).await {
        (StatusCode::OK, "ready")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer: see the log",
        )
    };
    (status, [(header::CACHE_CONTROL, "no-store")], text)
}

/// The counters.
pub async fn metrics(State(backend): State<Arc<Backend>>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    (
        [
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_TYPE, kind),
        ],
        backend.metrics.text(),
    )
}
