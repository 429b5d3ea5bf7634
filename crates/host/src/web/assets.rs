//! `/assets/*`: modules and wasm under names that hold their content's hash.

use std::path::Path;

use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get_service,
};
use tower_http::services::ServeDir;

use super::refusal::{Refusal, wrong_method};

/// A year, the most that caches agree upon.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// The routes below `/assets`.
pub fn router<S: Clone + Send + Sync + 'static>(folder: &Path) -> Router<S> {
    let files = ServeDir::new(folder)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    // A nested router, and not a bare service, so that the log knows the route.
    let inner = Router::new().route_service("/{*file}", get_service(files).fallback(wrong_method));
    Router::new().nest("/assets", inner).layer(from_fn(finish))
}

/// Gives found files their headers and others a text.
async fn finish(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    if status == StatusCode::NOT_FOUND {
        return Refusal::new(
            status,
            "no such asset: the page that names it is older than dist/, load it again",
        )
        .into_response();
    }
    let found = status.is_success() || status == StatusCode::NOT_MODIFIED;
    // A mistake must not be remembered for a year.
    let caching = if found { FOREVER } else { "no-store" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if found {
        // There is nothing personal in them, and a page of another origin may be bound
        // to the same worker.
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "cross-origin",
            ),
            (header::VARY, "Accept-Encoding"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}
