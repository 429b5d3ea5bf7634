//! How much is done at once. What is beyond it is told at once to come again: an answer that comes
//! too late helps nobody, and what is served stays quick.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use super::refusal::Refusal;

/// Room for requests that wait for portals. Pages need no portal, and always have room.
#[derive(Clone)]
pub struct Room(Arc<Semaphore>);

impl Room {
    /// For so many at once.
    #[must_use]
    pub fn new(requests: u32) -> Self {
        Self(Arc::new(Semaphore::new(
            usize::try_from(requests).unwrap_or(Semaphore::MAX_PERMITS),
        )))
    }
}

/// Refuses what there is no room for.
pub async fn portals(State(room): State<Room>, request: Request, next: Next) -> Response {
    match room.0.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => full(),
    }
}

/// Refuses a connection that there is no room for.
pub async fn closed() -> Response {
    let mut response = full();
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn full() -> Response {
    let refusal = Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the host has too much to do: come again in a second",
    );
    let mut response = refusal.into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
