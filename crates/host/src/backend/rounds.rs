//! What a running host does by itself: it finishes what was begun, and looks into notices
//! of deleted handlers.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{error, info, warn};

use super::{Backend, bind::is_wanted, placements::WORKER, signal::SIGNAL_SECONDS};
use crate::{
    rest::RestError,
    store::{Binding, OpenCall, OpenInstall},
};

/// How long the next look may be put off when a portal keeps deleting the handler.
const LONGEST_BACKOFF: i64 = 60 * 60;

/// An install that was tried within so many seconds may be under way in another task or replica. A
/// second try would spend the same refresh token, which is good for one.
const INSTALL_SECONDS: i64 = 60;

/// How often, at least, the host looks whether something is left to do, e.g. by a replica that died.
const LONGEST_ROUND: u64 = 15;

/// Stands for the address of who posted an install before this host was started.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// How many portals are worked at together.
pub(super) const AT_ONCE: usize = 128;

/// How long one portal may take in a round. What is not done by then is done in another.
pub(super) const LONGEST_JOB: Duration = Duration::from_secs(180);

/// What a host that was killed has left.
pub struct Unfinished(Work);

/// What is left to do, by portal: one that hangs holds up no other.
type Work = BTreeMap<String, Jobs>;

#[derive(Default)]
struct Jobs {
    installs: Vec<OpenInstall>,
    calls: Vec<OpenCall>,
    bindings: Vec<Binding>,
    /// Whether a host that was killed had begun it, so that nobody else is at it.
    resumed: bool,
}

impl Backend {
    /// Finds what a host that was killed has left: to be called before requests are taken, so
    /// that what they begin is not taken for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unfinished(&self) -> Result<Unfinished, RestError> {
        self.store.end_leases(&self.holder).await?;
        let mut work = self.left_to_do().await?;
        for jobs in work.values_mut() {
            jobs.bindings.retain(|it| it.pending);
            jobs.resumed = true;
        }
        Ok(Unfinished(work))
    }

    /// Gives back what this host holds, for others to go on with at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hand_over(&self) -> Result<(), RestError> {
        Ok(self.store.end_leases(&self.holder).await?)
    }

    /// Works until the host is asked to stop, and first at what a killed host had begun.
    pub async fn run(self: Arc<Self>, left: Unfinished) {
        self.begin(left.0);
        let backend = Arc::clone(&self);
        self.tasks.spawn(async move { backend.seal_anew().await });
        let interval = u64::try_from(self.options.error_interval).unwrap_or(LONGEST_ROUND);
        let round = Duration::from_secs(interval.min(LONGEST_ROUND));
        loop {
            match self.round().await {
                Ok(work) => self.begin(work),
                Err(failure) => warn!(%failure, "will be tried again"),
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(round) => {}
                () = self.stopping.cancelled() => return,
            }
        }
    }

    async fn seal_anew(&self) {
        match self.store.seal_anew().await {
            Ok(None) => {}
            Ok(Some(texts)) => info!(
                texts,
                "everything is sealed with the first key: the others may be taken away once every \
                 replica has it"
            ),
            Err(error) => warn!(%error, "not everything is sealed with the first key yet"),
        }
    }

    /// Does once what is left to do, to the end.
    ///
    /// # Errors
    /// When the database fails. What a portal refuses is logged, and tried again later.
    pub async fn work(self: &Arc<Self>) -> Result<(), RestError> {
        let mut portals = JoinSet::new();
        for (member, jobs) in self.round().await? {
            let backend = Arc::clone(self);
            portals.spawn(async move { backend.work_at(&member, jobs).await });
        }
        portals.join_all().await;
        Ok(())
    }

    // Each portal in a task of its own, unless one is at it still.
    fn begin(self: &Arc<Self>, work: Work) {
        for (member, jobs) in work {
            let Some(turn) = Busy::take(self, member.clone()) else {
                continue;
            };
            let backend = Arc::clone(self);
            self.tasks.spawn(async move {
                let _turn = turn;
                let _room = backend.room.acquire().await;
                if backend.stopping.is_cancelled() {
                    return;
                }
                let done = timeout(LONGEST_JOB, backend.work_at(&member, jobs)).await;
                if done.is_err() {
                    warn!(
                        member,
                        "the portal is slow: the rest is done in another round"
                    );
                }
            });
        }
    }

    async fn round(&self) -> Result<Work, RestError> {
        self.store.sweep().await?;
        self.left_to_do().await
    }

    async fn left_to_do(&self) -> Result<Work, RestError> {
        let mut work = Work::new();
        for install in self.store.open_installs().await? {
            let member = install.candidate.member_id.clone();
            work.entry(member).or_default().installs.push(install);
        }
        let since = self.store.clock.now() - SIGNAL_SECONDS;
        for call in self.store.unsettled_calls(since).await? {
            let member = call.member_id.clone();
            work.entry(member).or_default().calls.push(call);
        }
        for binding in self.store.unsettled_bindings().await? {
            let member = binding.member_id.clone();
            work.entry(member).or_default().bindings.push(binding);
        }
        Ok(work)
    }

    // Clicks come first: somebody waits for them.
    async fn work_at(&self, member: &str, jobs: Jobs) {
        let now = self.store.clock.now();
        let before = if jobs.resumed {
            now
        } else {
            now - INSTALL_SECONDS
        };
        let (vouched, others): (Vec<_>, Vec<_>) =
            jobs.installs.iter().partition(|install| install.verified);
        for call in &jobs.calls {
            self.send_again(call).await;
        }
        for install in vouched {
            self.retry_install(install, before).await;
        }
        for binding in &jobs.bindings {
            let done = if jobs.resumed {
                self.settle_resumed(binding).await;
                Ok(())
            } else if binding.check_due {
                self.check_handler(binding).await
            } else {
                self.try_to_settle(binding).await
            };
            if let Err(failure) = done {
                warn!(member, %failure, "will be tried again");
            }
        }
        // What nobody has vouched for comes after the work that is known to be real.
        for install in others {
            self.retry_install(install, before).await;
        }
    }

    async fn settle_resumed(&self, binding: &Binding) {
        if let Err(refusal) = self.settle(binding).await {
            warn!(
                member = binding.member_id,
                placement = binding.placement,
                %refusal,
                "not bound, will be tried again"
            );
        }
    }

    // A refusal is logged where it happens.
    async fn retry_install(&self, install: &OpenInstall, before: i64) {
        let turn = self.store.retry_install(&install.id, before).await;
        if !turn.is_ok_and(|it| it) {
            return;
        }
        let vouched = install.verified
            || self
                .gate
                .look_up("", UNKNOWN, self.vouch(&install.id, &install.candidate))
                .await
                .is_ok();
        if vouched {
            let _ = self
                .go_on_installing(&install.id, &install.candidate, true)
                .await;
        }
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

/// The turn at a portal's work in this process; drop gives it back.
pub(super) struct Busy(Arc<Backend>, String);

impl Busy {
    /// Takes the turn, unless somebody has it.
    pub(super) fn take(backend: &Arc<Backend>, work: String) -> Option<Self> {
        let mut busy = backend.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.insert(work.clone())
            .then(|| Self(Arc::clone(backend), work))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(&self.1);
    }
}
