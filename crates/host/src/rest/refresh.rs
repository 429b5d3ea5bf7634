//! One refresh in flight for a portal, in this process and among replicas.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};
use tracing::{error, info};

use super::{Grant, REQUEST_PATIENCE, Rest, RestError};
use crate::store::Portal;

const LEASE: &str = "refresh";

/// How long an exchange may take with all its attempts.
const PATIENCE: Duration = REQUEST_PATIENCE.saturating_mul(2);

/// How long a replica may take: longer than any exchange, for who takes the lease over spends the
/// same token. One that died is waited for so long.
const LEASE_SECONDS: i64 = 90;
const _: () = assert!(LEASE_SECONDS.unsigned_abs() > PATIENCE.as_secs());

const PAUSE: Duration = Duration::from_millis(50);

/// How long a caller waits for another's refresh.
const TRIES: u32 = 10 * 20;

/// How long the database may be away while new tokens wait to be written.
const WRITE_TRIES: u32 = 60;

/// How often a portal that refuses is asked whether it still does: somebody may have paid.
const ASK_AGAIN_SECONDS: i64 = 60 * 60;

impl Rest {
    /// Returns the portal with newer tokens than those of `stale`.
    ///
    /// Who comes while a refresh is under way waits for it and takes its tokens. Who goes away
    /// does not stop it: the answer may hold the only tokens the portal will give.
    ///
    /// # Errors
    /// When the OAuth server refuses or does not answer.
    pub async fn refresh(&self, stale: &Portal) -> Result<Portal, RestError> {
        let (rest, stale) = (self.clone(), stale.clone());
        let done = tokio::spawn(async move { rest.refresh_in_turn(&stale).await });
        done.await.unwrap_or(Err(RestError::Unreachable))
    }

    async fn refresh_in_turn(&self, stale: &Portal) -> Result<Portal, RestError> {
        let lock = {
            let mut all = self.refreshing.lock().await;
            // Locks nobody holds are dropped, so that the map stays as small as the work.
            all.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(all.entry(stale.member_id.clone()).or_default())
        };
        let _turn = Mutex::lock(&lock).await;
        for _ in 0..TRIES {
            let portal = self.portal(&stale.member_id).await?;
            if portal.generation != stale.generation {
                return Ok(portal);
            }
            let member = portal.member_id.as_str();
            if let Some(code) = &portal.lost {
                let due = self.store.take_turn(member, "ask again", ASK_AGAIN_SECONDS);
                if code == "uninstalled" || !due.await? {
                    return Err(RestError::Lost(code.clone()));
                }
            }
            if self
                .store
                .take_lease(member, LEASE, &self.holder, LEASE_SECONDS)
                .await?
            {
                let done = self.refresh_alone(&portal).await;
                self.store.give_lease(member, LEASE, &self.holder).await?;
                done?;
                return self.portal(member).await;
            }
            sleep(PAUSE).await;
        }
        Err(RestError::Unreachable)
    }

    // The old refresh token stays in the store until the new one is: a host that dies in
    // between asks again with the old one.
    async fn refresh_alone(&self, portal: &Portal) -> Result<(), RestError> {
        let member = portal.member_id.as_str();
        // Between the look and the lease another replica may have been faster.
        let now = self.portal(member).await?;
        if now.generation != portal.generation {
            return Ok(());
        }
        let exchange = self.exchange(&now.oauth_server, &now.domain, &now.tokens.refresh);
        match timeout(PATIENCE, exchange)
            .await
            .unwrap_or(Err(RestError::Unreachable))
        {
            Ok(grant) if grant.member_id == member => {
                if self.keep_grant(now.generation, &grant).await? {
                    self.metrics.event("token_refreshed");
                    info!(member, "tokens refreshed");
                }
                Ok(())
            }
            Ok(_) => Err(RestError::refused("invalid_grant", 400)),
            Err(refusal) => {
                if refusal.is_loss() {
                    let code = refusal.code().unwrap_or_default();
                    self.store.mark_lost(member, now.generation, code).await?;
                    self.store
                        .take_turn(member, "ask again", ASK_AGAIN_SECONDS)
                        .await?;
                    self.metrics.event("authorization_lost");
                    error!(
                        member,
                        %refusal,
                        "ALARM: the portal gives no tokens any more: the next visit of an \
                         administrator mends what can be mended"
                    );
                }
                Err(refusal)
            }
        }
    }

    // The old token is spent: these are all there is, and a database that is away for a moment
    // must not lose them.
    async fn keep_grant(&self, generation: i64, grant: &Grant) -> Result<bool, RestError> {
        let member = grant.member_id.as_str();
        for _ in 1..WRITE_TRIES {
            let kept = self
                .store
                .replace_tokens(member, generation, &grant.tokens, &grant.server);
            match kept.await {
                Ok(kept) => return Ok(kept),
                Err(_) => sleep(Duration::from_secs(1)).await,
            }
        }
        let kept = self
            .store
            .replace_tokens(member, generation, &grant.tokens, &grant.server);
        Ok(kept.await?)
    }
}
