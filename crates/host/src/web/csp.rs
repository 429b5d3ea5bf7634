//! The content security policy of the handler page.

use crate::origin::Origin;

/// A policy that waits for the nonce of one response.
#[derive(Debug, Clone)]
pub struct Policy {
    before_nonce: String,
    after_nonce: String,
}

impl Policy {
    /// The policy for these portals, foreign script origins and plain (not TLS) connections;
    /// with `accounts`, operators choose their softphone's server.
    #[must_use]
    pub fn new(portals: &[Origin], scripts: &[Origin], plain: &[Origin], accounts: bool) -> Self {
        let portal_rest = portals.iter().filter(|portal| portal.is_plain());
        // Operators in development have servers without TLS, and nobody can name them beforehand.
        let sockets = if accounts && portals.iter().any(Origin::is_plain) {
            "connect-src 'self' https: wss: ws:"
        } else {
            "connect-src 'self' https: wss:"
        };
        let after_nonce = [
            // The rest of script-src. `'strict-dynamic'` carries the trust of the inline bootstrap
            // to what it imports and injects; browsers that do not know it go by the origins.
            list(
                "' 'strict-dynamic' 'wasm-unsafe-eval' 'self'",
                scripts.iter(),
            ),
            // Portals, REST and SIP servers are the integrator's affair, as long as they have TLS.
            list(sockets, portal_rest.chain(plain)),
            "media-src 'self' blob: mediastream: data: https:".to_owned(),
            "worker-src 'self' blob:".to_owned(),
            "base-uri 'none'".to_owned(),
            "form-action 'none'".to_owned(),
            list("frame-ancestors", portals.iter()),
        ]
        .join("; ");
        Self {
            before_nonce: "default-src 'none'; script-src 'nonce-".to_owned(),
            after_nonce,
        }
    }

    /// The header's value for one response.
    #[must_use]
    pub fn with_nonce(&self, nonce: &str) -> String {
        [&self.before_nonce, nonce, &self.after_nonce].concat()
    }
}

fn list<'a>(head: &str, origins: impl Iterator<Item = &'a Origin>) -> String {
    let mut text = head.to_owned();
    let mut seen = Vec::new();
    for origin in origins {
        if !seen.contains(&origin) {
            seen.push(origin);
            text.push(' ');
            text.push_str(origin.as_str());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(texts: &[&str]) -> Vec<Origin> {
        texts
            .iter()
            .filter_map(|text| Origin::of_url(text).ok())
            .collect()
    }

    #[test]
    fn only_plain_portals_are_named_in_connect_src() {
        let portals = origins(&["https://a.example.com", "http://portal.localhost:8081"]);
        let policy = Policy::new(
            &portals,
            &[],
            &origins(&["ws://portal.localhost:8081"]),
            false,
        );
        assert!(policy.with_nonce("n").contains(
            "; connect-src 'self' https: wss: http://portal.localhost:8081 ws://portal.localhost:8081;"
        ));
    }

    #[test]
    fn an_operators_own_server_needs_tls_except_in_development() {
        let live = Policy::new(&origins(&["https://a.example.com"]), &[], &[], true);
        assert!(!live.with_nonce("n").contains("ws: "));
        assert!(live.with_nonce("n").contains("https: wss:;"));
        let plain = Policy::new(&origins(&["http://portal.localhost"]), &[], &[], true);
        assert!(plain.with_nonce("n").contains("https: wss: ws: http:"));
    }

    #[test]
    fn an_origin_is_named_once() {
        let plain = origins(&["http://portal.localhost:8081"]);
        let text = Policy::new(&plain, &plain, &plain, false).with_nonce("n");
        assert_eq!(
            text.matches("http://portal.localhost:8081").count(),
            3,
            "{text}"
        );
    }
}
