//! `/install`: the page a portal shows to the administrator who installs the app.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use tracing::warn;

use super::{
    client::Client, form::read_form, pages, placement_post::check_install, refusal::Refusal,
};
use crate::{
    backend::{Backend, install_error::InstallError},
    site::Site,
};

/// Installs the app and answers with the page that tells the portal so.
///
/// # Errors
/// 400 names a malformed field, 403 what did not hold, 503 who did not answer.
pub async fn post(
    State(site): State<Arc<Site>>,
    State(backend): State<Arc<Backend>>,
    client: Client,
    request: Request,
) -> Result<Response, Refusal> {
    let host = own_host(request.headers()).map(str::to_owned);
    let candidate = check_install(&read_form(request).await?).inspect_err(|refusal| {
        warn!(reason = refusal.text, %client, "install post refused");
    })?;
    let noticing = Arc::clone(&backend);
    // In a task of its own: a browser that goes away must not stop an install half-way.
    let tasks = backend.tasks.clone();
    let installed = tasks
        .spawn(async move { backend.install(&candidate, client.0).await })
        .await;
    match installed {
        Ok(Ok(_)) => {
            noticing.notice_address(host.as_deref());
            Ok(pages::respond(&site.app_pages.install))
        }
        Ok(Err(error)) => Err(refusal(&error)),
        Err(_) => Err(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the install failed inside the host: see its log",
        )),
    }
}

// A proxy in front says by which name it was asked; what a stranger says there leads to a line in
// the log and no further.
fn own_host(headers: &HeaderMap) -> Option<&str> {
    let forwarded = headers.get("x-forwarded-host");
    forwarded
        .or_else(|| headers.get(header::HOST))?
        .to_str()
        .ok()
}

/// An install's failure as an answer.
#[must_use]
pub fn refusal(error: &InstallError) -> Refusal {
    let status = if error.is_passing() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::FORBIDDEN
    };
    Refusal::new(status, error.to_string())
}
