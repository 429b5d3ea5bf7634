//! What a running host does by itself: it finishes what was begun, and looks into notices
//! of deleted handlers.

use std::time::Duration;

use tokio::time::sleep;
use tracing::{error, info, warn};

use super::{Life, bind::is_wanted, placements::WORKER};
use crate::{rest::RestError, store::Binding};

/// How long the next look may be put off when a portal keeps deleting the handler.
const LONGEST_BACKOFF: i64 = 60 * 60;

/// How often the host looks whether something is left to do, e.g. by a replica that died.
const ROUND: Duration = Duration::from_secs(15);

impl Life {
    /// Works until the process ends.
    pub async fn run(&self) {
        let mut round = self.recover().await;
        loop {
            if let Err(failure) = round {
                warn!(%failure, "will be tried again");
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(ROUND) => {}
            }
            round = self.work().await;
        }
    }

    /// Goes on at once, at the start, with what a killed host has left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recover(&self) -> Result<(), RestError> {
        if self.store.is_local {
            self.store.end_leases().await?;
        }
        self.finish_installs(0).await?;
        for binding in self.store.unsettled_bindings().await? {
            if binding.pending && self.settle(&binding).await.is_err() {
                self.metrics.happened("bind_failed");
            }
        }
        self.work().await
    }

    /// Does once what is left to do.
    ///
    /// # Errors
    /// When the database fails. What a portal refuses is logged, and tried again later.
    pub async fn work(&self) -> Result<(), RestError> {
        self.store.sweep().await?;
        self.finish_installs(self.options.error_interval).await?;
        for binding in self.store.unsettled_bindings().await? {
            if binding.check_due {
                self.look(&binding).await?;
            } else {
                self.try_to_settle(&binding).await?;
            }
        }
        self.send_the_unsent().await
    }

    // One that was tried a moment ago may be under way in another task or replica.
    async fn finish_installs(&self, idle: i64) -> Result<(), RestError> {
        let before = self.store.clock.now() - idle;
        for (id, candidate) in self.store.open_installs().await? {
            if self.store.retry_install(&id, before).await? {
                // A refusal is logged there.
                let _ = self.go_on_installing(&id, &candidate).await;
            }
        }
        Ok(())
    }

    /// Takes a notice that a handler was deleted. Nobody vouches for it, so it only makes the
    /// host look, and that not more often than the interval allows. An unknown tag is ignored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deletion_noticed(&self, tag: &str) -> Result<(), RestError> {
        self.metrics.happened("deletion_noticed");
        let Some(member) = self.store.member_tagged(tag).await? else {
            return Ok(());
        };
        if self.store.note_deletion(&member, WORKER).await? {
            self.wake.notify_one();
        }
        Ok(())
    }

    async fn try_to_settle(&self, binding: &Binding) -> Result<(), RestError> {
        let name = format!("bind {} {}", binding.placement, binding.user_id);
        let interval = self.options.error_interval;
        let member = binding.member_id.as_str();
        if !self.store.take_turn(member, &name, interval).await? {
            return Ok(());
        }
        if let Err(refusal) = self.settle(binding).await {
            let wait = self
                .store
                .put_off(member, &name, interval, LONGEST_BACKOFF)
                .await?;
            self.metrics.happened("bind_failed");
            error!(
                member,
                placement = binding.placement,
                %refusal,
                wait,
                "not bound"
            );
        }
        Ok(())
    }

    async fn look(&self, binding: &Binding) -> Result<(), RestError> {
        const NAME: &str = "look";
        let interval = self.options.error_interval;
        let member = binding.member_id.as_str();
        if !self.store.take_turn(member, NAME, interval).await? {
            return Ok(());
        }
        self.store.begin_check(binding).await?;
        let there = match self.handlers(member).await {
            Ok(handlers) => handlers.iter().any(|it| {
                it.placement == binding.placement
                    && it.user_id == binding.user_id
                    && is_wanted(it, binding)
            }),
            Err(refusal) => {
                // Still due: the next round looks again.
                let wait = self
                    .store
                    .put_off(member, NAME, interval, LONGEST_BACKOFF)
                    .await?;
                warn!(member, %refusal, wait, "a deletion notice could not be looked into");
                return Ok(());
            }
        };
        if there {
            info!(member, "a deletion notice was not true");
        } else {
            self.metrics.happened("handler_deleted");
            error!(
                member,
                placement = binding.placement,
                "ALARM: the portal has deleted the handler, which loaded slower than 5 s more than \
                 ten times in a day: it is bound again; look for slow responses and networks"
            );
            self.store.want_binding(binding).await?;
            let wait = self
                .store
                .put_off(member, NAME, interval, LONGEST_BACKOFF)
                .await?;
            match self.settle(binding).await {
                Ok(_) => self.metrics.happened("handler_rebound"),
                Err(refusal) => {
                    self.metrics.happened("bind_failed");
                    error!(member, %refusal, wait, "not bound again, will be tried");
                }
            }
        }
        self.store.end_check(binding).await?;
        Ok(())
    }
}
