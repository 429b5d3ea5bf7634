//! `/errors`: each code's cause and cure. Pages that are open since before an update link there, too.

use std::sync::Arc;

use axum::{extract::State, response::Redirect};

use crate::site::Site;

/// Where it is; a code is its anchor, which browsers keep on the way.
pub const PATH: &str = "/errors";

/// Leads to the page as this build has it.
pub async fn get(State(site): State<Arc<Site>>) -> Redirect {
    Redirect::temporary(&site.error_codes)
}
