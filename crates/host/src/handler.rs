//! `/handler`: the page of the placement.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use tokio::time::timeout;
use tracing::warn;

use crate::{
    page::fresh_nonce,
    placement_post::{BODY_LIMIT, check_fields, check_media_type, too_large},
    refusal::Refusal,
    site::Site,
};

/// How long a body may trickle in.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// Answers GET and HEAD, whatever the query says: apps on Bitrix24's own storage are loaded
/// so, and a person who opens the page is told by the page itself that it needs a portal.
pub async fn get(State(site): State<Arc<Site>>) -> Response {
    page(&site)
}

/// Answers the portal's form.
///
/// # Errors
/// When it is not a form that a portal sends for our placement.
pub async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refusal> {
    check(request).await.inspect_err(|refusal| {
        // The text names fields and causes, never values.
        warn!(
            status = refusal.status.as_u16(),
            reason = refusal.text,
            "post refused"
        );
    })?;
    Ok(page(&site))
}

async fn check(request: Request) -> Result<(), Refusal> {
    let (parts, body) = request.into_parts();
    let text = |name| parts.headers.get(name).and_then(|it| it.to_str().ok());
    check_media_type(text(header::CONTENT_TYPE))?;
    let declared = text(header::CONTENT_LENGTH).and_then(|it| it.parse::<u64>().ok());
    if declared.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(too_large());
    }
    let body = read(body).await?;
    check_fields(parts.uri.query().unwrap_or_default(), &body)
}

async fn read(body: Body) -> Result<axum::body::Bytes, Refusal> {
    match timeout(BODY_PATIENCE, to_bytes(body, BODY_LIMIT)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // A body that breaks off lands here too; nobody is left to read the answer then.
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body took too long: send the form again",
        )),
    }
}

fn page(site: &Site) -> Response {
    let nonce = fresh_nonce();
    let Ok(policy) = HeaderValue::try_from(site.policy.with_nonce(&nonce)) else {
        // Origins are checked at start, so the policy is always a valid header.
        return Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the page's policy is no valid header: check --portal",
        )
        .into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in fixed_headers() {
        headers.insert(name, HeaderValue::from_static(value));
    }
    (headers, Html(site.page.with_nonce(&nonce))).into_response()
}

// No X-Frame-Options: it cannot name portals, and would outlaw the frame where
// frame-ancestors is not understood.
fn fixed_headers() -> [(HeaderName, &'static str); 3] {
    [
        // The policy's nonce must not be served twice.
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        // Microphone, camera and autoplay stay as the portal's frame grants them.
        (
            HeaderName::from_static("permissions-policy"),
            "geolocation=(), payment=()",
        ),
    ]
}
