//! `/handler`: one address for every placement.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use tracing::warn;

use super::{
    client::Client,
    form::read_form,
    page::fresh_nonce,
    pages,
    placement_post::{Placement, check},
    refusal::Refusal,
};
use crate::{backend::Backend, site::Site};

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
    State(backend): State<Arc<Backend>>,
    client: Client,
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
    for field in &post.odd {
        warn!(
            field,
            "a post to the handler has an odd field: served all the same"
        );
        backend.metrics.event("post_odd");
    }
    if let Some(candidate) = post.candidate {
        // Beside the answer, which stands on the portal's clock.
        backend.visit(candidate, client.0);
    }
    Ok(match post.placement {
        Placement::Worker => page(&site),
        Placement::Connection => pages::respond(&site.app_pages.connection),
        Placement::Link => pages::respond(&site.app_pages.link),
    })
}

fn page(site: &Site) -> Response {
    let nonce = fresh_nonce();
    pages::respond_with(site.policy.with_nonce(&nonce), site.page.with_nonce(&nonce))
}
