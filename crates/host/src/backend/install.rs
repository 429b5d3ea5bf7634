//! Installing and uninstalling.

use tracing::{error, info, warn};

use super::{Backend, identity::Profile, placements};
use crate::{
    rest::{Address, Grant, RestError},
    secret::Secret,
    store::{Candidate, Portal, StoreError},
};

/// Why an install came to nothing.
#[derive(Debug)]
pub enum InstallError {
    /// The portal or the OAuth server refused, or did not answer.
    Rest(RestError),
    /// The tokens are not those of an administrator.
    NotAdministrator,
    /// The tokens are those of another portal.
    AnotherPortal,
    /// Too many installs are under way.
    TooMany,
}

impl Backend {
    /// Installs the app: nothing of the candidate is believed before the OAuth server has said
    /// which portal its tokens are for, and the portal that they are an administrator's.
    ///
    /// # Errors
    /// When the candidate does not hold, or nobody answers; then it is tried again later.
    pub async fn install(&self, candidate: &Candidate) -> Result<Portal, InstallError> {
        // Before a row is written: nobody fills the database with hosts that are never called.
        self.rest.address(candidate.https, &candidate.domain)?;
        let Some(id) = self.store.begin_install(candidate).await? else {
            return Err(InstallError::TooMany);
        };
        self.go_on_installing(&id, candidate).await
    }

    pub(super) async fn go_on_installing(
        &self,
        id: &str,
        candidate: &Candidate,
    ) -> Result<Portal, InstallError> {
        let verified = self.verify(candidate).await;
        let portal = match verified {
            Ok(portal) => portal,
            Err(refusal) => {
                if !refusal.is_passing() {
                    self.store.end_install(id).await?;
                }
                self.metrics.event("install_refused");
                warn!(reason = %refusal, "install refused");
                return Err(refusal);
            }
        };
        let member = portal.member_id.as_str();
        // A portal that comes back keeps its tag, and its handlers are bound under it.
        let known = self.store.portal(member).await?;
        let tag = known.map_or_else(|| portal.notice_tag.clone(), |it| it.notice_tag);
        let bindings = placements::all_for(&self.options, member, &tag);
        let seconds = self.options.error_interval;
        self.store
            .keep_portal(&portal, &bindings, seconds, id)
            .await?;
        self.metrics.event("installed");
        info!(member, "installed");
        if bindings.is_empty() {
            warn!(
                member,
                "nothing is bound: start with --public-url, or run `b24-host bind`"
            );
        }
        self.due.notify_one();
        for binding in &bindings {
            if let Err(refusal) = self.settle(binding).await {
                error!(
                    member,
                    placement = binding.placement,
                    %refusal,
                    "not bound, will be tried again"
                );
            }
        }
        Ok(portal)
    }

    async fn verify(&self, candidate: &Candidate) -> Result<Portal, InstallError> {
        let address = self.rest.address(candidate.https, &candidate.domain)?;
        let access = Secret::new(candidate.access.as_str());
        // After a pause of an hour and more the access token has run out: then the new one speaks.
        let first = match self.profile(&address, &access).await {
            Err(stale) if stale.code() == Some("expired_token") => None,
            profile => Some(profile?),
        };
        if first.as_ref().is_some_and(|it| !it.is_admin) {
            return Err(InstallError::NotAdministrator);
        }
        let refresh = Secret::new(candidate.refresh.as_str());
        let grant = self.rest.exchange(&refresh).await?;
        if grant.member_id != candidate.member_id || !leads_to(&grant, &address) {
            return Err(InstallError::AnotherPortal);
        }
        let profile = match first {
            Some(profile) => profile,
            None => self.profile(&address, &grant.tokens.access).await?,
        };
        if !profile.is_admin || (grant.user_id != 0 && grant.user_id != profile.id) {
            return Err(InstallError::NotAdministrator);
        }
        Ok(portal_of(candidate, &address, grant, &profile))
    }

    /// Takes the application token of a portal that is installed already from an event without
    /// a refresh token, once the portal has confirmed its access token.
    ///
    /// # Errors
    /// When the portal is unknown or does not confirm it.
    pub async fn learn_application_token(&self, candidate: &Candidate) -> Result<(), InstallError> {
        let portal = self.store.portal(&candidate.member_id).await?;
        let portal = portal.ok_or(RestError::NotInstalled)?;
        let address = self.rest.address_of(&portal)?;
        let access = Secret::new(candidate.access.as_str());
        if !self.profile(&address, &access).await?.is_admin {
            return Err(InstallError::NotAdministrator);
        }
        let token = Secret::new(candidate.application_token.as_str());
        self.store
            .keep_application_token(&portal.member_id, &token)
            .await?;
        Ok(())
    }

    /// Removes every row of a portal.
    ///
    /// # Errors
    /// When the database fails; then nothing is removed.
    pub async fn uninstall(&self, member_id: &str) -> Result<(), StoreError> {
        let rows = self.store.forget_portal(member_id).await?;
        self.metrics.event("uninstalled");
        info!(member = member_id, rows, "uninstalled");
        Ok(())
    }

    /// Takes an administrator's tokens for a portal whose own were refused. Does nothing for
    /// any other portal.
    pub async fn adopt(&self, candidate: &Candidate) {
        let known = self.store.portal(&candidate.member_id).await;
        if !known.is_ok_and(|portal| portal.is_some_and(|it| it.lost)) {
            return;
        }
        let turn = self
            .store
            .take_turn(&candidate.member_id, "adopt", self.options.error_interval);
        if turn.await.is_ok_and(|it| it) && self.install(candidate).await.is_ok() {
            self.metrics.event("authorization_regained");
        }
    }
}

fn portal_of(candidate: &Candidate, address: &Address, grant: Grant, profile: &Profile) -> Portal {
    Portal {
        member_id: grant.member_id,
        domain: address.domain().to_owned(),
        client_endpoint: address.as_str().to_owned(),
        tokens: grant.tokens,
        application_token: Secret::new(candidate.application_token.as_str()),
        admin_id: profile.id,
        scope: grant.scope,
        notice_tag: format!("{:032x}", rand::random::<u128>()),
        generation: 0,
        lost: false,
    }
}

fn leads_to(grant: &Grant, address: &Address) -> bool {
    let (_, rest) = grant.client_endpoint.split_once("://").unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default();
    let plain = authority
        .strip_suffix(":443")
        .or_else(|| authority.strip_suffix(":80"))
        .unwrap_or(authority);
    plain.eq_ignore_ascii_case(address.domain())
}

impl InstallError {
    /// Whether the same install may succeed a little later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Rest(error) => {
                error.is_passing()
                    || matches!(error, RestError::Store(_) | RestError::NoApplication)
            }
            Self::TooMany => true,
            Self::NotAdministrator | Self::AnotherPortal => false,
        }
    }
}

impl std::fmt::Display for InstallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rest(error) => error.fmt(f),
            Self::NotAdministrator => f.write_str(
                "the tokens are not an administrator's: have an administrator install the app",
            ),
            Self::AnotherPortal => f.write_str(
                "the tokens are another portal's than the post says: install from the portal itself",
            ),
            Self::TooMany => {
                f.write_str("too many installs are under way: try again in a few minutes")
            }
        }
    }
}

impl std::error::Error for InstallError {}

impl From<RestError> for InstallError {
    fn from(error: RestError) -> Self {
        Self::Rest(error)
    }
}

impl From<StoreError> for InstallError {
    fn from(error: StoreError) -> Self {
        Self::Rest(RestError::Store(error))
    }
}
