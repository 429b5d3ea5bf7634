//! The page's own files, embedded, and BX24.js.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, LazyLock},
};

use axum::{
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::hub::Hub;

const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// The page's files: name and text.
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../www/", $name)))),*];
    };
}

files![
    "app-layout.js",
    "app-pages.js",
    "bus.js",
    "call-card.js",
    "call-controller.js",
    "card-dialogs.js",
    "card-face.js",
    "card-states.js",
    "card-timer.js",
    "card-view.js",
    "card.css",
    "clock.js",
    "crm.js",
    "dock.css",
    "dock.js",
    "dock-log.js",
    "dock-panels.js",
    "dock-tabs.js",
    "dom.js",
    "generic-commands.js",
    "icons.js",
    "load-clock.js",
    "log.js",
    "main.js",
    "phone-number.js",
    "platform-worker.js",
    "portal.css",
    "script.js",
    "server.js",
    "slider.js",
    "tab-flag.js",
    "wire.js",
];

/// Where the files are, with a number that changes with them: a browser keeps them as it keeps the
/// portal's own, and never those of an older build.
pub(crate) static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    FILES.hash(&mut hasher);
    format!("/portal/assets/{:016x}", hasher.finish())
});

/// `GET /portal/assets/NUMBER/NAME`.
pub(crate) async fn file(Path((_, name)): Path<(String, String)>) -> Response {
    match FILES.iter().find(|(known, _)| *known == name) {
        Some((name, text)) => sent(
            *text,
            if name.ends_with(".css") { CSS } else { JS },
            "public, max-age=31536000, immutable",
        ),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Links that let the browser fetch all modules at once, instead of import by import.
pub(crate) fn preloads() -> String {
    FILES
        .iter()
        .filter(|(name, _)| name.ends_with(".js"))
        .map(|(name, _)| format!("<link rel=\"modulepreload\" href=\"{}/{name}\">\n", *FOLDER))
        .collect()
}

/// BX24.js: the stand-in, or the file given on the command line.
pub(crate) async fn bx24(State(hub): State<Arc<Hub>>) -> Response {
    hub.delay(|f| f.bx24_delay_ms).await;
    let status = hub.world().faults.bx24_status;
    if let Some(status) = status.and_then(|s| StatusCode::from_u16(s).ok()) {
        return (status, ANYONE, "set by a fault of the simulator").into_response();
    }
    match &hub.config.bx24_js {
        Some(text) => sent(text.clone(), JS, "no-cache"),
        None => sent(
            concat!(
                include_str!("../www/bx24/wire.js"),
                include_str!("../www/bx24/rest.js"),
                include_str!("../www/bx24/api.js"),
            ),
            JS,
            "no-cache",
        ),
    }
}

const ANYONE: [(HeaderName, &str); 1] = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

fn sent(text: impl IntoResponse, kind: &'static str, caching: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, caching),
    ];
    (ANYONE, headers, text).into_response()
}
