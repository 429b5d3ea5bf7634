//! The app's own pages: the operator's connection, the page behind links, the install page.
//!
//! They are small and part of the binary; each is one file with its style and script inside.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::{page::fresh_nonce, refusal::Refusal};
use crate::{origin::Origin, start_error::StartError};

const NONCE: &str = "__B24_NONCE__";
const BX24: &str = "__B24_BX24_JS__";
const STYLE: &str = "__B24_STYLE__";
const COMMON: &str = "__B24_COMMON__";
const MODULE: &str = "__B24_MODULE__";
const GIVEN: &str = "__B24_GIVEN__";
const TURN: &str = "__B24_TURN__";
const PUBLIC_URL: &str = "__B24_PUBLIC_URL__";

/// A page that waits for the nonce of one response.
#[derive(Debug, Clone)]
pub struct AppPage {
    pieces: Vec<String>,
    policy: Vec<String>,
}

/// What the connection page must know to try a softphone.
#[derive(Debug)]
pub struct Softphone<'a> {
    /// What it loads: the devices and the self-test.
    pub module: &'a str,
    /// The options that an operator's account is laid over, as JSON.
    pub given: String,
    /// Whether the host has a TURN server.
    pub turn: bool,
}

/// All of them.
#[derive(Debug, Clone)]
pub struct AppPages {
    /// CONTACT_CENTER and the app opened from the menu.
    pub connection: AppPage,
    /// REST_APP_URI.
    pub link: AppPage,
    /// After an install.
    pub install: AppPage,
}

impl AppPages {
    /// Makes the pages for these portals and this BX24.js. The install page tells when there is
    /// no address that handlers could be bound at, or another than the one it was opened by.
    ///
    /// # Errors
    /// When BX24.js is not at a URL.
    pub fn new(
        bx24_js: &str,
        portals: &[Origin],
        public_url: Option<&str>,
        softphone: &Softphone<'_>,
    ) -> Result<Self, StartError> {
        let script = Origin::of_url(bx24_js).map_err(|problem| {
            let cause = format!("--bx24-js is not the URL of a script ({problem})");
            StartError::new(cause, "give one like https://example.com/script.js")
        })?;
        let page = |html: &str| AppPage::new(html, bx24_js, &script, portals);
        Ok(Self {
            connection: page(
                &include_str!("../../../../www/app/connection.html")
                    .replace(MODULE, softphone.module)
                    .replace(TURN, if softphone.turn { "true" } else { "false" })
                    .replace(GIVEN, &attribute(&softphone.given)),
            ),
            link: page(include_str!("../../../../www/app/link.html")),
            install: page(
                // An origin has been checked and has nothing to be escaped.
                &include_str!("../../../../www/app/install.html")
                    .replace(PUBLIC_URL, public_url.unwrap_or_default()),
            ),
        })
    }
}

impl AppPage {
    fn new(html: &str, bx24_js: &str, script: &Origin, portals: &[Origin]) -> Self {
        let ancestors: Vec<&str> = portals.iter().map(Origin::as_str).collect();
        let mut reached = vec!["'self'", "https:", "wss:"];
        let plain = portals
            .iter()
            .filter(|it| it.is_plain())
            .map(Origin::as_str);
        // In development neither the portal, which is asked who the operator is, nor the softphone's
        // socket, which the self-test opens, has TLS.
        if portals.iter().any(Origin::is_plain) {
            reached.push("ws:");
            reached.extend(plain);
        }
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{NONCE}' 'self' {script}; style-src 'nonce-{NONCE}'; \
             connect-src {}; img-src data:; media-src mediastream: blob:; base-uri 'none'; \
             form-action 'none'; frame-ancestors {}",
            reached.join(" "),
            ancestors.join(" ")
        );
        let url = attribute(bx24_js);
        let html = html
            .replace(STYLE, include_str!("../../../../www/app/app.css"))
            .replace(COMMON, include_str!("../../../../www/app/common.js"))
            .replace(BX24, &url);
        let cut = |text: &str| text.split(NONCE).map(str::to_owned).collect();
        Self {
            pieces: cut(&html),
            policy: cut(&policy),
        }
    }
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

/// Answers with a page.
#[must_use]
pub fn respond(page: &AppPage) -> Response {
    let nonce = fresh_nonce();
    respond_with(page.policy.join(&nonce), page.pieces.join(&nonce))
}

/// Answers with a page of this policy.
#[must_use]
pub fn respond_with(policy: String, html: String) -> Response {
    let Ok(policy) = HeaderValue::try_from(policy) else {
        // Origins are checked at start, so the policy is always a valid header.
        return Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the page's policy is no valid header: check --portal",
        )
        .into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in FIXED_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    (headers, Html(html)).into_response()
}

/// The headers that every page has.
///
/// No X-Frame-Options: it cannot name portals, and would outlaw the frame where
/// frame-ancestors is not understood.
const FIXED_HEADERS: [(HeaderName, &str); 3] = [
    // The policy's nonce must not be served twice.
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    // Microphone, camera and autoplay stay as the portal's frame grants them.
    (
        HeaderName::from_static("permissions-policy"),
        "geolocation=(), payment=()",
    ),
];
