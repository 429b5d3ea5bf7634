//! A renamed portal: its old name answers with a redirect to the new one.

use tracing::{info, warn};
use url::Url;

use super::{Address, Rest, RestError};
use crate::secret::Secret;

impl Rest {
    /// Where a redirect leads, if that is the same method at another portal's name.
    pub(super) fn new_name(
        &self,
        old: &Address,
        method: &str,
        to: &str,
    ) -> Result<Address, RestError> {
        let elsewhere = || RestError::Redirected(to.into());
        let url = Url::parse(&old.method(method))
            .and_then(|url| url.join(to))
            .map_err(|_| elsewhere())?;
        let host = url.host_str().ok_or_else(elsewhere)?;
        let domain = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        // The token goes along, so only to a name that may be called anyway.
        let renamed = self
            .address(url.scheme() == "https", &domain)
            .map_err(|_| elsewhere())?;
        let same_method = renamed.method(method) == url.as_str();
        if same_method && renamed != *old {
            Ok(renamed)
        } else {
            Err(elsewhere())
        }
    }

    /// Keeps a portal's new name, once the new name has taken the token and the OAuth server has
    /// said that it is the same portal's.
    pub(super) async fn learn_name(
        &self,
        old: &Address,
        renamed: &Address,
        token: &Secret,
    ) -> Result<(), RestError> {
        let Some(portal) = self.store.portal_at(old.domain()).await? else {
            return Ok(());
        };
        let member = portal.member_id.as_str();
        match self
            .token_info(&portal.oauth_server, &portal.domain, token)
            .await
        {
            Ok(info) if info.member_id == member => {
                self.store
                    .rename_portal(member, renamed.domain(), renamed.as_str())
                    .await?;
                self.metrics.event("portal_renamed");
                info!(member, "the portal has a new name");
            }
            Ok(_) => warn!(
                member,
                "a redirect led to another portal: not followed again"
            ),
            Err(refusal) => warn!(member, %refusal, "a portal's new name could not be verified"),
        }
        Ok(())
    }
}
