//! Where to listen, as `pull.application.config.get` tells.

use serde_json::Value;

use super::message::{Position, number, text};

/// The first version of the push server that speaks JSON-RPC.
const JSON_RPC: f64 = 5.0;
/// The revision of the protocol that this client speaks; the server tells newer ones to reload.
const REVISION: &str = "19";

/// Where and as whom to listen.
#[derive(Clone)]
pub struct Config {
    secure: bool,
    version: f64,
    enabled: bool,
    socket_enabled: bool,
    /// The address for pages on https, and the one for pages on http.
    socket: [Option<String>; 2],
    polling: [Option<String>; 2],
    private: Option<String>,
    shared: Option<String>,
    jwt: Option<String>,
    /// Only where several portals share the server.
    client: Option<String>,
}

impl Config {
    /// Reads the answer of `pull.application.config.get`, for a page on https (`secure`), which may
    /// use the secure addresses only, or on http. What is missing is found missing when it is used.
    #[must_use]
    pub fn new(answer: &Value, secure: bool) -> Self {
        let server = &answer["server"];
        let channel = |kind: &str| text(&answer["channels"][kind]["id"]);
        // The portal's own spelling; the documentation of older portals has the other one.
        let polling = ["long_pooling_secure", "long_polling_secure"];
        let polling = polling.iter().find_map(|name| text(&server[name]));
        Self {
            secure,
            version: number(&server["version"]).unwrap_or_default(),
            enabled: server["server_enabled"] != false,
            socket_enabled: server["websocket_enabled"] != false,
            socket: [
                text(&server["websocket_secure"]),
                text(&server["websocket"]),
            ],
            polling: [polling, text(&server["long_polling"])],
            private: channel("private"),
            shared: channel("shared"),
            jwt: text(&answer["jwt"]),
            client: text(&answer["clientId"]).filter(|_| server["mode"] == "shared"),
        }
    }

    /// Whether there is anything to listen to.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.enabled && (self.has_socket() || self.has_polling()) && self.who().is_some()
    }

    pub(super) fn has_socket(&self) -> bool {
        self.socket_enabled && self.choice(&self.socket).is_some()
    }

    pub(super) fn has_polling(&self) -> bool {
        self.choice(&self.polling).is_some()
    }

    /// The WebSocket to open; with what was heard before, the server adds what was missed since.
    pub(super) fn socket_url(&self, position: &Position) -> Option<String> {
        self.url(self.choice(&self.socket)?, position)
    }

    /// The address to poll.
    pub(super) fn polling_url(&self, position: &Position) -> Option<String> {
        self.url(self.choice(&self.polling)?, position)
    }

    /// A channel was replaced by another of its type. Whether this says which.
    pub(super) fn replace(&mut self, new: &Value) -> bool {
        let id = text(&new["id"]);
        let known = id.is_some();
        match text(&new["type"]).as_deref() {
            Some("private") if known => self.private = id,
            Some("shared") if known => self.shared = id,
            _ => return false,
        }
        true
    }

    fn choice<'a>(&self, addresses: &'a [Option<String>; 2]) -> Option<&'a str> {
        let [secure, plain] = addresses;
        let (first, second) = if self.secure {
            (secure, plain)
        } else {
            (plain, secure)
        };
        first.as_deref().or(second.as_deref())
    }

    fn who(&self) -> Option<(&'static str, String)> {
        if let Some(jwt) = &self.jwt {
            return Some(("token", jwt.clone()));
        }
        let channels = match (&self.private, &self.shared) {
            (Some(private), Some(shared)) => format!("{private}/{shared}"),
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => return None,
        };
        Some(("CHANNEL_ID", channels))
    }

    fn url(&self, address: &str, position: &Position) -> Option<String> {
        let (name, who) = self.who()?;
        let sign = if address.contains('?') { '&' } else { '?' };
        let mut url = format!("{address}{sign}{name}={}", escaped(&who));
        url += if self.version >= JSON_RPC {
            "&jsonRpc=true"
        } else {
            "&format=json"
        };
        let mut add = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                url += &format!("&{name}={}", escaped(value));
            }
        };
        add("clientId", &self.client);
        add("mid", &position.mid);
        add("tag", &position.tag);
        add("time", &position.time);
        Some(url + "&revision=" + REVISION)
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
