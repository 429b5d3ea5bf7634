//! One refresh in flight for a portal, in this process and among replicas.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::sleep};
use tracing::{error, info};

use super::{Rest, RestError};
use crate::store::Portal;

const LEASE: &str = "refresh";

/// How long a replica may take. One that died is waited for so long.
const LEASE_SECONDS: i64 = 20;

const PAUSE: Duration = Duration::from_millis(50);

/// Tries until a dead replica's lease has run out, and a little more.
const TRIES: u32 = 25 * 20;

impl Rest {
    /// Returns the portal with newer tokens than those of `stale`.
    ///
    /// Who comes while a refresh is under way waits for it and takes its tokens.
    ///
    /// # Errors
    /// When the OAuth server refuses or does not answer.
    pub async fn refresh(&self, stale: &Portal) -> Result<Portal, RestError> {
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
        match self.exchange(&now.tokens.refresh).await {
            Ok(grant) if grant.member_id == member => {
                let kept = self
                    .store
                    .replace_tokens(member, now.generation, &grant.tokens);
                if kept.await? {
                    self.metrics.event("token_refreshed");
                    info!(member, "tokens refreshed");
                }
                Ok(())
            }
            Ok(_) => Err(RestError::refused("invalid_grant", 400)),
            Err(refusal) => {
                if refusal.code() == Some("invalid_grant") {
                    self.store.mark_lost(member, now.generation).await?;
                    self.metrics.event("authorization_lost");
                    error!(
                        member,
                        "ALARM: the refresh token was refused: an administrator has to open the \
                         app on the portal"
                    );
                }
                Err(refusal)
            }
        }
    }
}
