//! Origins as they stand in a content security policy.
//!
//! Whatever goes into the policy passes through here: a stray `;` or space in an option
//! would otherwise end one directive and begin another.

use std::fmt;

/// Scheme, host and optional port, e.g. `https://*.bitrix24.com` or `http://portal.localhost:8081`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads a portal's origin: `http` or `https`, where the host may begin with `*.`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn portal(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = split_scheme(text)?;
        if scheme != "https" && scheme != "http" {
            return Err("its scheme is neither https nor http");
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err("an origin ends after the host and port, without a path");
        }
        let named = authority.strip_prefix("*.").unwrap_or(authority);
        check_authority(named)?;
        Ok(Self(format!("{scheme}://{authority}").to_ascii_lowercase()))
    }

    /// The origin of an absolute URL of the schemes `http`, `https`, `ws` or `wss`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn of_url(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = split_scheme(url)?;
        if !matches!(scheme, "https" | "http" | "wss" | "ws") {
            return Err("its scheme is none of https, http, wss and ws");
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        check_authority(authority)?;
        Ok(Self(format!("{scheme}://{authority}").to_ascii_lowercase()))
    }

    /// Whether nothing protects what is sent there, so that `https:` and `wss:` do not cover it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.starts_with("http://") || self.0.starts_with("ws://")
    }

    /// The host without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        let (_, authority) = self.0.split_once("://").unwrap_or_default();
        authority.split(':').next().unwrap_or_default()
    }

    /// Whether `other` is this origin, or below it where this one begins with `*.`.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let (scheme, authority) = self.0.split_once("://").unwrap_or_default();
        let (other_scheme, other_authority) = other.0.split_once("://").unwrap_or_default();
        let below = authority.strip_prefix('*').is_some_and(|parent| {
            other_authority
                .strip_suffix(parent)
                .is_some_and(|name| !name.is_empty() && !name.starts_with('*'))
        });
        scheme == other_scheme
            && !other_authority.starts_with('*')
            && (below || authority == other_authority)
    }

    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the text is a host name or IPv4 address, with or without a port.
#[must_use]
pub fn is_authority(text: &str) -> bool {
    check_authority(text).is_ok()
}

fn split_scheme(text: &str) -> Result<(&str, &str), &'static str> {
    text.split_once("://")
        .ok_or("it does not begin with a scheme like https://")
}

fn check_authority(text: &str) -> Result<(), &'static str> {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    if host.len() > 253 || !host.split('.').all(is_label) {
        return Err("its host is not a plain name (a name in other letters has an xn-- form)");
    }
    match port {
        Some(port) if !is_port(port) => Err("its port is not a number from 1 to 65535"),
        _ => Ok(()),
    }
}

// An underscore is no letter of host names, yet intranets and containers use it.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|number| number != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_may_be_a_wildcard_or_a_name_with_a_port() {
        for text in [
            "https://*.bitrix24.com",
            "https://crm.example.com",
            "http://portal.localhost:8081",
            "http://192.168.1.5",
        ] {
            assert_eq!(
                Origin::portal(text).map(|it| it.to_string()),
                Ok(text.into())
            );
        }
        assert_eq!(
            Origin::portal("https://CRM.Example.com/").map(|it| it.to_string()),
            Ok("https://crm.example.com".into())
        );
    }

    #[test]
    fn what_could_break_out_of_the_policy_is_no_origin() {
        for text in [
            "",
            "*",
            "crm.example.com",
            "https://",
            "https://*",
            "https://a.*.com",
            "https://a.com; script-src *",
            "https://a.com https://b.com",
            "https://a.com,https://b.com",
            "https://user@a.com",
            "https://a.com/path",
            "https://a.com:0",
            "https://a.com:65536",
            "https://a.com:+80",
            "https://a.com:",
            "https://-a.com",
            "https://a..com",
            "ftp://a.com",
            "https://a.com\r\nX: y",
        ] {
            assert!(Origin::portal(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_origin_of_a_url_leaves_its_path_and_query_behind() {
        let origin = Origin::of_url("ws://portal.localhost:8081/phone?secret=1");
        assert_eq!(
            origin.as_ref().map(Origin::as_str),
            Ok("ws://portal.localhost:8081")
        );
        assert!(origin.is_ok_and(|it| it.is_plain()));
        assert!(Origin::of_url("https://api.bitrix24.com/api/v1/").is_ok_and(|it| !it.is_plain()));
        assert!(Origin::of_url("blob:https://a.com/1").is_err());
    }
}
