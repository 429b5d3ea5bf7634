//! Which hosts may be called. Whoever posts an install names a host, so the name is checked
//! against the portals this host serves before anything is sent there.

use crate::origin::Origin;

/// The portals that may be called.
#[derive(Debug, Clone)]
pub struct Allowed {
    portals: Vec<Origin>,
    loopback: bool,
}

/// The REST address of an allowed portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Allowed {
    /// Takes the portals, and whether they may be reached without TLS on this machine
    /// (for development only).
    #[must_use]
    pub fn new(portals: Vec<Origin>, loopback: bool) -> Self {
        Self { portals, loopback }
    }

    /// The address of the portal with that host.
    ///
    /// # Errors
    /// Says why it is not allowed.
    pub fn address(&self, https: bool, domain: &str) -> Result<Address, &'static str> {
        let scheme = if https { "https" } else { "http" };
        let default_port = if https { ":443" } else { ":80" };
        let authority = domain.strip_suffix(default_port).unwrap_or(domain);
        let origin = Origin::portal(&format!("{scheme}://{authority}"))?;
        if !self.portals.iter().any(|portal| portal.covers(&origin)) {
            return Err("it is none of the portals named by --portal");
        }
        if is_this_machine(origin.host()) && !self.loopback {
            return Err("it is on this machine, which takes --allow-loopback");
        }
        if !https && !self.loopback {
            return Err("it is not reached over https");
        }
        Ok(Address(format!("{origin}/rest/")))
    }
}

impl Address {
    /// The address of a method.
    #[must_use]
    pub fn method(&self, name: &str) -> String {
        format!("{}{name}.json", self.0)
    }

    /// The address itself, ending in `/rest/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, with a port where that is not the scheme's own.
    #[must_use]
    pub fn domain(&self) -> &str {
        let (_, rest) = self.0.split_once("://").unwrap_or_default();
        rest.trim_end_matches("/rest/")
    }
}

/// Whether a name is one of this machine's own.
pub(super) fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host == "0.0.0.0"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(portals: &[&str], loopback: bool) -> Allowed {
        let portals = portals.iter().filter_map(|it| Origin::portal(it).ok());
        Allowed::new(portals.collect(), loopback)
    }

    #[test]
    fn only_named_portals_are_called_and_only_by_tls() {
        let cloud = allowed(
            &["https://*.bitrix24.com", "https://crm.example.com:8443"],
            false,
        );
        let address = cloud.address(true, "A.bitrix24.com:443");
        assert_eq!(
            address.as_ref().map(Address::as_str),
            Ok("https://a.bitrix24.com/rest/")
        );
        assert_eq!(address.as_ref().map(Address::domain), Ok("a.bitrix24.com"));
        assert!(cloud.address(true, "crm.example.com:8443").is_ok());
        for (https, domain) in [
            (false, "a.bitrix24.com"),
            (true, "bitrix24.com"),
            (true, "a.bitrix24.com.evil.example"),
            (true, "evilbitrix24.com"),
            (true, "a.bitrix24.com:8443"),
            (true, "crm.example.com"),
            (true, "169.254.169.254"),
            (true, "localhost"),
            (true, "a.bitrix24.com/x"),
            (true, "user@a.bitrix24.com"),
            (true, "*.bitrix24.com"),
            (true, ""),
        ] {
            assert!(cloud.address(https, domain).is_err(), "{domain}");
        }
    }

    #[test]
    fn this_machine_takes_a_flag_of_its_own() {
        let portals = ["http://portal.localhost:8081", "http://127.0.0.1:9"];
        for domain in ["portal.localhost:8081", "127.0.0.1:9"] {
            assert!(allowed(&portals, false).address(false, domain).is_err());
            assert!(allowed(&portals, true).address(false, domain).is_ok());
        }
    }
}
