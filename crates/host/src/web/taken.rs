//! `/callbacks/{portal}/{call}/taken`: an operator's page makes a callback, so nobody else is asked.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};

use super::{bearer::user, client::Client, refusal::Refusal};
use crate::backend::Backend;

/// Takes the operator's word for it. A call that waits for nobody is no error: it was told twice.
///
/// # Errors
/// 403 for anybody else's portal, 503 when nobody answers.
pub async fn post(
    State(backend): State<Arc<Backend>>,
    Path((member, call)): Path<(String, String)>,
    client: Client,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let (portal, profile) = user(&backend, &headers, &member, client).await?;
    let taken = backend
        .callback_taken(&portal.member_id, &call, profile.id)
        .await;
    taken.map_err(|error| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}
