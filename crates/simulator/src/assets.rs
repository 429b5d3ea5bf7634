//! The page's own files, embedded, and BX24.js.

use std::sync::Arc;

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
    "dom.js",
    "generic-commands.js",
    "icons.js",
    "load-clock.js",
    "log.js",
    "main.js",
    "platform-worker.js",
    "portal.css",
    "script.js",
    "server.js",
    "slider.js",
    "tab-flag.js",
    "wire.js",
];

/// `GET /portal/assets/NAME`.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, _)| *known == name) {
        Some((name, text)) => sent(*text, if name.ends_with(".css") { CSS } else { JS }),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Links that let the browser fetch all modules at once, instead of import by import.
pub(crate) fn preloads() -> String {
    FILES
        .iter()
        .filter(|(name, _)| name.ends_with(".js"))
        .map(|(name, _)| format!("<link rel=\"modulepreload\" href=\"/portal/assets/{name}\">\n"))
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
        Some(text) => sent(text.clone(), JS),
        None => sent(
            concat!(
                include_str!("../www/bx24/wire.js"),
                include_str!("../www/bx24/rest.js"),
                include_str!("../www/bx24/api.js"),
            ),
            JS,
        ),
    }
}

const ANYONE: [(HeaderName, &str); 1] = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

fn sent(text: impl IntoResponse, kind: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (ANYONE, headers, text).into_response()
}
