//! This host's own address: checked at start, and followed by the portals when it changes.

use tracing::{info, warn};

use super::{Backend, placements};
use crate::{origin::Origin, start_error::StartError, store::StoreError};

const EXAMPLE: &str = "give the host's address as portals reach it, like https://calls.example.com";

/// Checks an address of this host.
///
/// # Errors
/// When it is no origin, or one that no portal can load a page from.
pub fn public_origin(text: &str, allow_loopback: bool) -> Result<String, StartError> {
    let refused = |problem: &str, cure: &str| {
        StartError::new(
            format!("--public-url is not this host's address ({problem})"),
            cure,
        )
    };
    let origin = Origin::portal(text).map_err(|problem| refused(problem, EXAMPLE))?;
    if origin.as_str().contains('*') {
        return Err(refused("it names many hosts", EXAMPLE));
    }
    if !allow_loopback {
        if origin.is_plain() {
            return Err(refused(
                "portals load pages over https only",
                "put a proxy with TLS in front and give its https address; on one machine, for \
                 development, add --allow-loopback",
            ));
        }
        if !origin.host().contains('.') {
            return Err(refused(
                "portals refuse a host without a dot in its name",
                EXAMPLE,
            ));
        }
    }
    // Browsers leave the scheme's own port out, and the install page compares.
    let usual = if origin.is_plain() { ":80" } else { ":443" };
    let text = origin.as_str();
    Ok(text.strip_suffix(usual).unwrap_or(text).to_owned())
}

impl Backend {
    /// Lets the portals follow when the host's address is another than at its last start: what
    /// stands at the old one is bound at the new one, and then removed. Portals that installed
    /// before there was an address get everything. The work itself is left to [`Backend::run`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn follow_public_url(&self) -> Result<(), StoreError> {
        let Some(url) = &self.options.public_url else {
            return Ok(());
        };
        let before = self.store.public_url().await?;
        if before.as_ref() == Some(url) {
            return Ok(());
        }
        let moved = match &before {
            Some(before) => self.store.move_handlers(before, url).await?,
            None => 0,
        };
        let mut bound = 0;
        for member in self.store.members_without_bindings().await? {
            // One that does not open stops nothing.
            let Ok(Some(portal)) = self.store.portal(&member).await else {
                continue;
            };
            for binding in placements::all_for(&self.options, &member, &portal.notice_tag) {
                self.store.want_binding(&binding, 0).await?;
                bound += 1;
            }
        }
        self.store.keep_public_url(url).await?;
        if let Some(before) = before {
            warn!(
                before,
                now = url,
                handlers = moved,
                "the public address has changed: handlers are bound at the new one and removed at the old"
            );
        } else if bound > 0 {
            info!(
                handlers = bound,
                "the public address is known now: handlers are bound"
            );
        }
        Ok(())
    }

    /// Notices a portal that came by another address than the one its handlers are bound at.
    /// Without a proxy's word the `Host` header may be the proxy's own choice, so it is only told.
    pub fn notice_address(&self, host: Option<&str>) {
        let (Some(url), Some(host)) = (&self.options.public_url, host) else {
            return;
        };
        let (_, own) = url.split_once("://").unwrap_or_default();
        if own.eq_ignore_ascii_case(host) {
            return;
        }
        self.metrics.event("install_at_another_address");
        warn!(
            public_url = url,
            "an administrator came to /install by another address than --public-url: if that is \
             not a proxy's doing, no page will load; correct --public-url and start again"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_no_portal_can_load_from_is_refused_with_its_cure() {
        for (text, says) in [
            ("http://calls.example.com", "https only"),
            ("https://*.example.com", "many hosts"),
            ("https://calls", "without a dot"),
            ("https://calls.example.com/app", "without a path"),
            ("calls.example.com", "scheme"),
            ("", "scheme"),
        ] {
            let error = public_origin(text, false).map_err(|it| it.to_string());
            assert!(
                error.as_ref().is_err_and(|it| it.contains(says)),
                "{text}: {error:?}"
            );
        }
        let given = "https://Calls.example.com:8443/";
        assert_eq!(
            public_origin(given, false),
            Ok("https://calls.example.com:8443".to_owned())
        );
        assert_eq!(
            public_origin("https://calls.example.com:443", false),
            Ok("https://calls.example.com".to_owned())
        );
        assert!(public_origin("http://app.localhost:8080", true).is_ok());
    }
}
