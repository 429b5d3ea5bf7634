//! Bodies of script requests: JSON whatever the content type, and a clear word when it is not.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::Response,
};
use serde::de::DeserializeOwned;

use super::fail;

/// A JSON body; an empty one counts as `{}`.
pub(super) struct Script<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Script<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|e| fail(400, e.to_string()))?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text)
            .map(Script)
            .map_err(|e| fail(400, format!("bad JSON body: {e}")))
    }
}
