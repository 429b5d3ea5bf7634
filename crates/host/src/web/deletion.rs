//! `/error`: the notice that a portal has deleted the handler. It carries no authorization, so
//! it is answered at once and only makes the host look for itself.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::{form::read, refusal::Refusal};
use crate::backend::Backend;

/// Takes a notice, whatever its method, media type and body: none of them is documented.
///
/// # Errors
/// 503 when the database fails, so that the sender tries again.
pub async fn any(
    State(backend): State<Arc<Backend>>,
    request: Request,
) -> Result<&'static str, Refusal> {
    let (parts, body) = request.into_parts();
    read(&parts.headers, body).await?;
    let query: Vec<(String, String)> =
        serde_urlencoded::from_str(parts.uri.query().unwrap_or_default()).unwrap_or_default();
    let tag = query.iter().find(|(name, _)| name == "portal");
    let tag = tag.map_or("", |(_, tag)| tag.as_str());
    backend
        .deletion_noticed(tag)
        .await
        .map_err(|error| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    Ok("ok\n")
}
