//! What a running host does by itself: it finishes what was begun, and looks into notices
//! of deleted handlers.

use std::time::Duration;

use tokio::time::sleep;
use tracing::{error, info, warn};

use super::{Backend, bind::is_wanted, placements::WORKER};
use crate::{
    rest::RestError,
    store::{Binding, Candidate},
};

/// How long the next look may be put off when a portal keeps deleting the handler.
const LONGEST_BACKOFF: i64 = 60 * 60;

/// An install that was tried within so many seconds may be under way in another task or replica. A
/// second try would spend the same refresh token, which is good for one.
const INSTALL_SECONDS: i64 = 60;

/// How often, at least, the host looks whether something is left to do, e.g. by a replica that died.
const LONGEST_ROUND: u64 = 15;

/// What a host that was killed has left.
pub struct Unfinished {
    installs: Vec<(String, Candidate)>,
    bindings: Vec<Binding>,
}

impl Backend {
    /// Finds what a host that was killed has left: to be called before requests are taken, so
    /// that what they begin is not taken for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unfinished(&self) -> Result<Unfinished, RestError> {
        self.store.end_leases(&self.holder).await?;
        let mut bindings = self.store.unsettled_bindings().await?;
        bindings.retain(|it| it.pending);
        Ok(Unfinished {
            installs: self.store.open_installs().await?,
            bindings,
        })
    }

    /// Works until the process ends, and first at what was left over.
    pub async fn run(&self, left: Unfinished) {
        for (id, candidate) in &left.installs {
            let turn = self.store.retry_install(id, self.store.clock.now()).await;
            if turn.is_ok_and(|it| it) {
                // A refusal is logged there.
                let _ = self.go_on_installing(id, candidate).await;
            }
        }
        for binding in &left.bindings {
            if let Err(refusal) = self.settle(binding).await {
                warn!(
                    member = binding.member_id,
                    placement = binding.placement,
                    %refusal,
                    "not bound, will be tried again"
                );
            }
        }
        let interval = u64::try_from(self.options.error_interval).unwrap_or(LONGEST_ROUND);
        let round = Duration::from_secs(interval.min(LONGEST_ROUND));
        loop {
            if let Err(failure) = self.work().await {
                warn!(%failure, "will be tried again");
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(round) => {}
            }
        }
    }

    /// Does once what is left to do.
    ///
    /// # Errors
    /// When the database fails. What a portal refuses is logged, and tried again later.
    pub async fn work(&self) -> Result<(), RestError> {
        self.store.sweep().await?;
        let before = self.store.clock.now() - INSTALL_SECONDS;
        for (id, candidate) in self.store.open_installs().await? {
            if self.store.retry_install(&id, before).await? {
                // A refusal is logged there.
                let _ = self.go_on_installing(&id, &candidate).await;
            }
        }
        for binding in self.store.unsettled_bindings().await? {
            if binding.check_due {
                self.check_handler(&binding).await?;
            } else {
                self.try_to_settle(&binding).await?;
            }
        }
        self.send_the_unsent().await
    }

    /// Takes a notice that a handler was deleted. Nobody vouches for it, so it only makes the
    /// host look, and that not more often than the interval allows. An unknown tag is ignored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deletion_noticed(&self, tag: &str) -> Result<(), RestError> {
        self.metrics.event("deletion_noticed");
        let Some(member) = self.store.member_tagged(tag).await? else {
            return Ok(());
        };
        if self.store.note_deletion(&member, WORKER).await? {
            self.wake.notify_one();
        }
        Ok(())
    }

    async fn try_to_settle(&self, binding: &Binding) -> Result<(), RestError> {
        let name = binding.turn();
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
            self.metrics.event("bind_failed");
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

    async fn check_handler(&self, binding: &Binding) -> Result<(), RestError> {
        const NAME: &str = "check";
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
            self.metrics.event("handler_deleted");
            error!(
                member,
                placement = binding.placement,
                "ALARM: the portal has deleted the handler, which loaded slower than 5 s more than \
                 ten times in a day: it is bound again; look for slow responses and networks"
            );
            self.store.want_binding(binding, interval).await?;
            let wait = self
                .store
                .put_off(member, NAME, interval, LONGEST_BACKOFF)
                .await?;
            match self.settle(binding).await {
                Ok(_) => self.metrics.event("handler_rebound"),
                Err(refusal) => {
                    self.metrics.event("bind_failed");
                    error!(member, %refusal, wait, "not bound again, will be tried");
                }
            }
        }
        self.store.end_check(binding).await?;
        Ok(())
    }
}
