//! `/assets/*`: modules and wasm under names that hold their content's hash.
//!
//! They are read once, at start, with the copies that the build has compressed: a page loads several
//! on the portal's clock, and a host that was built anew beside a running one takes nothing away.

use std::{collections::HashMap, fs, io, path::Path, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::refusal::Refusal;
use crate::start_error::StartError;

/// A year, the most that caches agree upon.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Every file of `dist/assets/`, by name.
#[derive(Debug, Default)]
pub struct Assets(HashMap<String, Asset>);

#[derive(Debug)]
struct Asset {
    plain: Copy,
    brotli: Option<Copy>,
    gzip: Option<Copy>,
}

/// One file as it is sent.
#[derive(Debug)]
struct Copy {
    headers: HeaderMap,
    bytes: Bytes,
}

impl Assets {
    /// Reads the folder.
    ///
    /// # Errors
    /// When it or a file in it can't be read.
    pub fn read(folder: &Path) -> Result<Self, StartError> {
        Self::read_all(folder).map_err(|error| {
            StartError::new(
                format!("cannot read {}: {error}", folder.display()),
                "run ./build.sh first, or give its dist folder with --dist",
            )
        })
    }

    fn read_all(folder: &Path) -> io::Result<Self> {
        let mut files = HashMap::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if let (true, Ok(name)) = (
                entry.file_type()?.is_file(),
                entry.file_name().into_string(),
            ) {
                files.insert(name, Bytes::from(fs::read(entry.path())?));
            }
        }
        let mut assets = HashMap::new();
        for (name, bytes) in &files {
            let copy = |ending: &str, encoding: &'static str| {
                let bytes = files.get(&format!("{name}{ending}"))?;
                Some(Copy::new(name, bytes.clone(), encoding))
            };
            let asset = Asset {
                plain: Copy::new(name, bytes.clone(), ""),
                brotli: copy(".br", "br"),
                gzip: copy(".gz", "gzip"),
            };
            assets.insert(name.clone(), asset);
        }
        Ok(Self(assets))
    }
}

impl Copy {
    // There is nothing personal in them, and a page of another origin may be bound to the same worker.
    fn new(name: &str, bytes: Bytes, encoding: &'static str) -> Self {
        let mut headers = HeaderMap::new();
        let kind = mime_guess::from_path(name).first_raw();
        let kind = kind.unwrap_or("application/octet-stream");
        for (name, value) in [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, FOREVER),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "cross-origin",
            ),
            (header::VARY, "Accept-Encoding"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if !encoding.is_empty() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        Self { headers, bytes }
    }

    fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.bytes.clone()));
        *response.headers_mut() = self.headers.clone();
        response
    }
}

/// The routes below `/assets`.
pub fn router<S: Clone + Send + Sync + 'static>(assets: Arc<Assets>) -> Router<S> {
    Router::new()
        .route("/assets/{*file}", get(serve))
        .with_state(assets)
}

// The path as it came: no name of ours is written in another way.
async fn serve(State(assets): State<Arc<Assets>>, request: Request) -> Response {
    let name = request.uri().path().strip_prefix("/assets/");
    let Some(asset) = name.and_then(|it| assets.0.get(it)) else {
        return Refusal::new(
            StatusCode::NOT_FOUND,
            "no such asset: the page that names it is older than dist/, load it again",
        )
        .into_response();
    };
    let accepted = request.headers().get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let copy = [("br", &asset.brotli), ("gzip", &asset.gzip)]
        .into_iter()
        .find_map(|(name, copy)| copy.as_ref().filter(|_| accepts(accepted, name)));
    copy.unwrap_or(&asset.plain).response()
}

/// Whether a browser takes an encoding, by its `Accept-Encoding`.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        parts
            .next()
            .is_some_and(|it| it.eq_ignore_ascii_case(encoding))
            && !parts.any(|it| {
                it.strip_prefix("q=")
                    .is_some_and(|it| it.parse() == Ok(0.0_f32))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_unless_it_is_refused_or_not_named() {
        for (accepted, taken) in [
            ("gzip, deflate, br", true),
            ("BR;q=0.1", true),
            ("br; q=1.0, gzip", true),
            ("gzip, br;q=0", false),
            ("br;q=0.000", false),
            ("brotli", false),
            ("", false),
        ] {
            assert_eq!(accepts(accepted, "br"), taken, "{accepted}");
        }
    }
}
