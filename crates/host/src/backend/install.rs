//! Installing and uninstalling.

use std::{net::IpAddr, time::Duration};

use tokio::time::sleep;
use tracing::{error, info, warn};

use super::{Backend, identity::Profile, install_error::InstallError, placements};
use crate::{
    rest::{Address, Grant, LOST_EXCHANGE, RestError},
    secret::Secret,
    store::{Candidate, Portal, StoreError, Tokens},
};

/// A portal whose tokens were checked.
struct Verified {
    portal: Portal,
    /// Whether an exchanged refresh token vouches for it, and not an access token alone.
    exchanged: bool,
    /// Whether it is in the store as it is, perhaps with newer tokens by now.
    kept: bool,
}

/// The lane of all portals that are not known here: whoever posts an install names one freely.
const STRANGERS: &str = "";

/// How long the database may be away while the tokens of an exchange wait to be written.
const WRITE_TRIES: u32 = 60;

/// How often somebody looks whether the same install, begun by another request, is done.
const LOOKS: u32 = 150;

impl Backend {
    /// Installs the app: nothing of the candidate is believed before the OAuth server has said
    /// that its tokens are this app's and for which portal, and the portal that they are an
    /// administrator's.
    ///
    /// # Errors
    /// When the candidate does not hold, or nobody answers; then it is tried again later.
    pub async fn install(
        &self,
        candidate: &Candidate,
        from: IpAddr,
    ) -> Result<Portal, InstallError> {
        // Before a row is written: nobody fills the database with hosts that are never called.
        self.rest.address(candidate.https, &candidate.domain)?;
        // A row that does not open is known all the same, and the install mends it.
        let known = self.store.notice_tag(&candidate.member_id).await?.is_some();
        let lane = if known {
            &candidate.member_id
        } else {
            STRANGERS
        };
        let admitted = self.gate.look_up(lane, from, async {
            let id = self.store.begin_install(candidate).await?;
            match &id {
                Some(id) => self
                    .vouch(id, candidate)
                    .await
                    .map(|()| id.clone())
                    .map(Some),
                None => Ok(None),
            }
        });
        match admitted.await {
            Ok(Some(id)) => self.go_on_installing(&id, candidate, false).await,
            Ok(None) => self.installed_by_another(candidate).await,
            Err(refusal) => Err(self.refuse(refusal.into())),
        }
    }

    /// Asks the OAuth server about a written install's access token.
    pub(super) async fn vouch(&self, id: &str, candidate: &Candidate) -> Result<(), RestError> {
        let access = candidate.access.clone();
        let (endpoint, domain) = (&candidate.server_endpoint, &candidate.domain);
        match self
            .our_token(endpoint, domain, &candidate.member_id, &access)
            .await
        {
            Ok(_) => Ok(self.store.verify_install(id).await?),
            Err(refusal) => {
                if !refusal.is_passing() && !matches!(refusal, RestError::NoApplication) {
                    self.store.end_install(id).await?;
                }
                Err(refusal)
            }
        }
    }

    // A page that is loaded twice, or a load balancer that sends a post twice: the tokens buy one
    // pair, and whoever came second takes what the first has made of them.
    async fn installed_by_another(&self, candidate: &Candidate) -> Result<Portal, InstallError> {
        for _ in 0..LOOKS {
            if !self.store.is_installing(&candidate.member_id).await? {
                let portal = self.store.portal(&candidate.member_id).await?;
                return portal.ok_or(InstallError::UnderWay);
            }
            sleep(Duration::from_millis(200)).await;
        }
        Err(InstallError::UnderWay)
    }

    fn refuse(&self, refusal: InstallError) -> InstallError {
        self.metrics.event("install_refused");
        warn!(reason = %refusal, "install refused");
        refusal
    }

    /// Goes on with an install that is written down; `again` when it was begun before, by a host
    /// that may have died with its answers.
    pub(super) async fn go_on_installing(
        &self,
        id: &str,
        candidate: &Candidate,
        again: bool,
    ) -> Result<Portal, InstallError> {
        let verified = match self.verify(candidate, again).await {
            Ok(verified) => verified,
            Err(refusal) => {
                if !refusal.is_passing() {
                    self.store.end_install(id).await?;
                }
                return Err(self.refuse(refusal));
            }
        };
        let Verified {
            portal,
            exchanged,
            kept,
        } = verified;
        let member = portal.member_id.as_str();
        // A portal that comes back keeps its tag, and its handlers are bound under it.
        let known = self.store.notice_tag(member).await.ok().flatten();
        let tag = known.unwrap_or_else(|| portal.notice_tag.clone());
        let bindings = placements::all_for(&self.options, member, &tag);
        if kept {
            for binding in &bindings {
                let seconds = self.options.error_interval;
                self.store.want_binding(binding, seconds).await?;
            }
            self.store.end_install(id).await?;
        } else {
            self.keep(&portal, &bindings, id, exchanged).await?;
            self.metrics.event("installed");
            info!(member, "installed");
        }
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

    // The refresh token is spent: what it bought must not be lost to a database that is away.
    async fn keep(
        &self,
        portal: &Portal,
        bindings: &[crate::store::Binding],
        id: &str,
        exchanged: bool,
    ) -> Result<(), InstallError> {
        let seconds = self.options.error_interval;
        for _ in 1..WRITE_TRIES {
            let kept = self
                .store
                .keep_portal(portal, bindings, seconds, id, exchanged);
            if kept.await.is_ok() {
                return Ok(());
            }
            sleep(Duration::from_secs(1)).await;
        }
        let kept = self
            .store
            .keep_portal(portal, bindings, seconds, id, exchanged);
        Ok(kept.await?)
    }

    async fn verify(&self, candidate: &Candidate, again: bool) -> Result<Verified, InstallError> {
        let address = self.rest.address(candidate.https, &candidate.domain)?;
        let access = candidate.access.clone();
        // After a pause of an hour and more the access token has run out: then the new one speaks.
        let first = match self.profile(&address, &access).await {
            Err(stale) if again && stale.is_stale_token() => None,
            profile => Some(profile?),
        };
        if first.as_ref().is_some_and(|it| !it.is_admin) {
            return Err(InstallError::NotAdministrator);
        }
        let refresh = candidate.refresh.clone();
        let granted = self
            .rest
            .exchange(&candidate.server_endpoint, &candidate.domain, &refresh)
            .await;
        let grant = match granted {
            Ok(grant) => grant,
            Err(refusal) => {
                return self
                    .without_grant(candidate, &address, first, refusal, again)
                    .await;
            }
        };
        if grant.member_id != candidate.member_id {
            return Err(InstallError::AnotherPortal);
        }
        let profile = match first {
            Some(profile) => profile,
            None => self.profile(&address, &grant.tokens.access).await?,
        };
        if !profile.is_admin || (grant.user_id != 0 && grant.user_id != profile.id) {
            return Err(InstallError::NotAdministrator);
        }
        Ok(Verified {
            portal: portal_of(candidate, &address, grant, &profile),
            exchanged: true,
            kept: false,
        })
    }

    // The refresh token may be spent for an answer that never arrived. The access token is still an
    // administrator's of this app, as portal and OAuth server have said: it carries the portal for
    // an hour, and the next page that an administrator opens brings a new pair.
    async fn without_grant(
        &self,
        candidate: &Candidate,
        address: &Address,
        first: Option<Profile>,
        refusal: RestError,
        again: bool,
    ) -> Result<Verified, InstallError> {
        let spent = refusal.code() == Some(LOST_EXCHANGE)
            || (again && refusal.code() == Some("invalid_grant"));
        let known = self.store.portal(&candidate.member_id).await?;
        let works = known.filter(|it| it.lost.is_none());
        match (first, works) {
            // The page was loaded again with the tokens that are spent already.
            (Some(_), Some(portal)) if refusal.code() == Some("invalid_grant") => Ok(Verified {
                portal,
                exchanged: false,
                kept: true,
            }),
            (Some(profile), _) if spent => {
                warn!(
                    member = candidate.member_id,
                    "the answer to the exchange was lost: the access token carries the portal until \
                     an administrator opens any page of it"
                );
                let grant = Grant {
                    member_id: candidate.member_id.clone(),
                    user_id: profile.id,
                    scope: String::new(),
                    client_endpoint: address.as_str().to_owned(),
                    server: String::new(),
                    tokens: Tokens {
                        access: candidate.access.clone(),
                        refresh: candidate.refresh.clone(),
                        expires_at: self.store.clock.now() + 60 * 60,
                    },
                };
                let mut portal = portal_of(candidate, address, grant, &profile);
                portal.lost = Some(LOST_EXCHANGE.to_owned());
                Ok(Verified {
                    portal,
                    exchanged: false,
                    kept: false,
                })
            }
            _ => Err(refusal.into()),
        }
    }

    /// Takes the application token of a portal that never sent it, once: from an event whose access
    /// token is this app's, as the OAuth server says.
    ///
    /// # Errors
    /// When the token is another's, or the OAuth server does not answer.
    pub async fn learn_application_token(
        &self,
        portal: &Portal,
        access: &Secret,
        application_token: &Secret,
        from: IpAddr,
    ) -> Result<bool, RestError> {
        let (server, domain) = (&portal.oauth_server, &portal.domain);
        let ours = self.our_token(server, domain, &portal.member_id, access);
        self.gate.look_up(&portal.member_id, from, ours).await?;
        let learnt = self
            .store
            .learn_application_token(&portal.member_id, application_token)
            .await?;
        if learnt {
            self.metrics.event("application_token_learnt");
            info!(member = portal.member_id, "application token learnt");
        }
        Ok(learnt)
    }

    /// Removes every row of a portal; without `clean` all but what its operators have saved, for
    /// the day the app comes back.
    ///
    /// # Errors
    /// When the database fails; then nothing is removed.
    pub async fn uninstall(&self, member_id: &str, clean: bool) -> Result<(), StoreError> {
        let rows = if clean {
            self.store.forget_portal(member_id).await?
        } else {
            self.store.retire_portal(member_id).await?
        };
        self.metrics.event("uninstalled");
        info!(member = member_id, rows, clean, "uninstalled");
        Ok(())
    }
}

fn portal_of(candidate: &Candidate, address: &Address, grant: Grant, profile: &Profile) -> Portal {
    Portal {
        member_id: grant.member_id,
        domain: address.domain().to_owned(),
        client_endpoint: address.as_str().to_owned(),
        tokens: grant.tokens,
        application_token: candidate.application_token.clone(),
        admin_id: profile.id,
        scope: grant.scope,
        notice_tag: format!("{:032x}", rand::random::<u128>()),
        generation: 0,
        oauth_server: grant.server,
        lost: None,
    }
}
