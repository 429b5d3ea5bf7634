//! `/handler`: one address for every placement.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use tracing::warn;

use crate::{
    life::Life,
    page::fresh_nonce,
    placement_post::{Placement, check},
    refusal::Refusal,
    site::Site,
    web::{form::read_form, pages},
};

/// Answers GET and HEAD, whatever the query says: apps on Bitrix24's own storage are loaded
/// so, and a person who opens the page is told by the page itself that it needs a portal.
pub async fn get(State(site): State<Arc<Site>>) -> Response {
    page(&site)
}

/// Answers the portal's form.
///
/// # Errors
/// When it is not a form that a portal sends for one of our placements.
pub async fn post(
    State(site): State<Arc<Site>>,
    State(life): State<Arc<Life>>,
    request: Request,
) -> Result<Response, Refusal> {
    let checked = match read_form(request).await {
        Ok(fields) => check(&fields),
        Err(refusal) => Err(refusal),
    };
    let post = checked.inspect_err(|refusal| {
        // The text names fields and causes, never values.
        warn!(
            status = refusal.status.as_u16(),
            reason = refusal.text,
            "post refused"
        );
    })?;
    if let Some(candidate) = post.candidate {
        // Beside the answer, which stands on the portal's clock.
        tokio::spawn(async move { life.adopt(&candidate).await });
    }
    Ok(match post.placement {
        Placement::Worker => page(&site),
        Placement::Connection => pages::respond(&site.app_pages.connection),
        Placement::Link => pages::respond(&site.app_pages.link),
    })
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

/// The headers that every page has.
///
/// No X-Frame-Options: it cannot name portals, and would outlaw the frame where
/// frame-ancestors is not understood.
#[must_use]
pub fn fixed_headers() -> [(HeaderName, &'static str); 3] {
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
