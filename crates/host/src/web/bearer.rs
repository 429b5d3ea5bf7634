//! Who asks: the user whose access token comes in the Authorization header, as the portal
//! itself knows him.

use axum::http::{HeaderMap, StatusCode, header};

use super::{client::Client, refusal::Refusal};
use crate::{
    backend::{
        Backend,
        identity::{Profile, UNFINISHED},
    },
    rest::RestError,
    secret::Secret,
    store::Portal,
};

/// The portal and the user a request speaks for.
///
/// # Errors
/// 401 without a token, 403 when the named portal does not know it, 503 when nobody
/// answers, or too many unknown tokens came lately.
pub async fn user(
    backend: &Backend,
    headers: &HeaderMap,
    member_id: &str,
    client: Client,
) -> Result<(Portal, Profile), Refusal> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|it| it.to_str().ok())
        .and_then(|it| it.strip_prefix("Bearer "))
        .filter(|it| !it.is_empty())
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                "there is no access token: send Authorization: Bearer and the token of BX24.getAuth()",
            )
        })?;
    backend
        .user(member_id, &Secret::new(token), client.0)
        .await
        .map_err(|error| match error {
            RestError::Unreachable
            | RestError::Malformed { .. }
            | RestError::Certificate
            | RestError::Redirected(_)
            | RestError::NoApplication
            | RestError::Store(_) => {
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            passing if passing.is_passing() => {
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, passing.to_string())
            }
            RestError::AnotherApp => {
                Refusal::new(StatusCode::FORBIDDEN, RestError::AnotherApp.to_string())
            }
            unfinished if unfinished.code() == Some(UNFINISHED) => {
                Refusal::new(StatusCode::FORBIDDEN, unfinished.to_string())
            }
            // Whether the portal is unknown or the token is: nobody needs to learn which.
            _ => forbidden(),
        })
}

/// The answer to whoever asks for what is another's.
#[must_use]
pub fn forbidden() -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "that is not yours: the access token must be of the same portal and user",
    )
}
