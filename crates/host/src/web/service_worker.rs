//! `/service-worker.js`: what answers the portal in browsers that have the page.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::site::Site;

/// Where it is: at the root, so that its scope is the whole host.
pub const PATH: &str = "/service-worker.js";

/// The script as it is sent.
#[derive(Debug, Clone)]
pub struct ServiceWorker(Bytes);

impl ServiceWorker {
    /// The build's; or none, and then one that ends those that browsers have.
    #[must_use]
    pub fn new(built: Option<&str>) -> Self {
        let off = include_str!("../../../../www/service-worker-off.js");
        Self(Bytes::from(built.unwrap_or(off).to_owned()))
    }
}

/// Answers with it. A browser asks after each load whether it is another.
pub async fn get(State(site): State<Arc<Site>>) -> Response {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/javascript"),
        (header::CACHE_CONTROL, "no-cache"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; connect-src 'self'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    (headers, site.service_worker.0.clone()).into_response()
}
