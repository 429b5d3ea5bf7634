//! What a balancer and Prometheus ask.

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

/// Whether it may be sent requests: the database answers.
pub async fn ready(State(backend): State<Arc<Backend>>) -> impl IntoResponse {
    let (status, text) = match backend.store.ping().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer: see the log",
        ),
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
