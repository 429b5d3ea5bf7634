//! `POST /rest/upload/TOKEN`: where `attachRecord` lets a recording be sent to.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Multipart, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{RestError, with_cors};
use crate::{hub::Hub, journal::Entry};

/// A form with the recording as its file.
pub(crate) async fn upload(
    State(hub): State<Arc<Hub>>,
    Path(token): Path<String>,
    form: Multipart,
) -> Response {
    let fault = hub.world().faults.take_rest("upload");
    let outcome = match fault {
        Some(fault) => Err(RestError::new(
            fault.status.unwrap_or(503),
            fault.error.as_deref().unwrap_or("INTERNAL_SERVER_ERROR"),
            "Set by a fault of the simulator",
        )),
        None => match file(form).await {
            Some(bytes) => hub.world().calls.upload(&token, bytes),
            None => Err(RestError::core("The form has no file")),
        },
    };
    let (status, body) = match outcome {
        Ok(result) => (200, json!({ "result": result })),
        Err(error) => (error.status, error.json()),
    };
    hub.world().log(Entry::new(
        "rest",
        "upload",
        json!({ "status": status }).to_string(),
    ));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    with_cors((status, Json(body)).into_response())
}

async fn file(mut form: Multipart) -> Option<Bytes> {
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("file") {
            return field.bytes().await.ok();
        }
    }
    None
}
