//! Answers that say no, in plain text.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// A refused request: cause and cure for the person who set the handler up.
///
/// The text is fixed by this crate. It never carries what the request brought,
/// for a portal's POST holds access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The answer's status.
    pub status: StatusCode,
    /// One line of explanation.
    pub text: String,
}

impl Refusal {
    /// Pairs a status with its explanation.
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let headers = [
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            ),
        ];
        (self.status, headers, format!("{}\n", self.text)).into_response()
    }
}

/// Answers a method that the path does not take.
pub async fn wrong_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this path is not for that method: the Allow header lists those it takes",
    )
}
