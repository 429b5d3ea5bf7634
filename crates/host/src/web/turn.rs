//! `/turn/{portal}`: the office's TURN server, with credentials for the operator who asks.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};

use super::{bearer::user, client::Client, refusal::Refusal};
use crate::{backend::Backend, site::Site};

/// What `RTCPeerConnection` needs of it.
///
/// # Errors
/// 403 for anybody else's portal, 404 where the host has no TURN server, 503 when nobody answers.
pub async fn get(
    State(backend): State<Arc<Backend>>,
    State(site): State<Arc<Site>>,
    Path(member): Path<String>,
    client: Client,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    // Who it is comes first: a stranger learns nothing about servers.
    let (_, profile) = user(&backend, &headers, &member, client).await?;
    let turn = site.turn.as_ref().ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "this host has no TURN server: it was started without --turn",
        )
    })?;
    backend.metrics.event("turn_given");
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(turn.for_user(profile.id, backend.store.clock.now())),
    ))
}
