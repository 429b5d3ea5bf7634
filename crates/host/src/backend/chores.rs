//! What a running host does beside its rounds, for each portal in a task of its own: one that hangs
//! holds up no other.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::warn;

use super::{
    Backend,
    rounds::{Busy, LONGEST_JOB},
    signal::SIGNAL_SECONDS,
};
use crate::{
    rest::RestError,
    store::{OpenCall, WaitingCallback},
};

/// How often, at least, the host looks whether something is due.
const ROUND: Duration = Duration::from_secs(5);

/// What is due at one portal.
#[derive(Default)]
struct Due {
    callbacks: Vec<WaitingCallback>,
    missed: Vec<OpenCall>,
    lines: bool,
}

impl Backend {
    /// Works until the host is asked to stop.
    pub async fn run_chores(self: Arc<Self>) {
        loop {
            for (member, due) in self.due_chores().await {
                let Some(turn) = Busy::take(&self, format!("chores {member}")) else {
                    continue;
                };
                let backend = Arc::clone(&self);
                self.tasks.spawn(async move {
                    let _turn = turn;
                    let _room = backend.chore_room.acquire().await;
                    if backend.stopping.is_cancelled() {
                        return;
                    }
                    let done = timeout(LONGEST_JOB, backend.do_due(&member, due)).await;
                    if done.is_err() {
                        warn!(member, "the portal is slow: the rest is done in its turn");
                    }
                });
            }
            tokio::select! {
                () = self.due.notified() => {}
                () = sleep(ROUND) => {}
                () = self.stopping.cancelled() => return,
            }
        }
    }

    /// Does once what is due, to the end. What fails is logged, and tried again in its turn.
    pub async fn do_chores(self: &Arc<Self>) {
        let mut portals = JoinSet::new();
        for (member, due) in self.due_chores().await {
            let backend = Arc::clone(self);
            portals.spawn(async move { backend.do_due(&member, due).await });
        }
        portals.join_all().await;
    }

    async fn due_chores(&self) -> BTreeMap<String, Due> {
        let mut all: BTreeMap<String, Due> = BTreeMap::new();
        let callbacks = self.store.due_callbacks().await.map_err(RestError::from);
        for callback in found(callbacks) {
            let due = all.entry(callback.member_id.clone()).or_default();
            due.callbacks.push(callback);
        }
        let before = self.store.clock.now() - SIGNAL_SECONDS;
        let missed = self.store.missed_calls(before).await;
        for call in found(missed.map_err(RestError::from)) {
            let due = all.entry(call.member_id.clone()).or_default();
            due.missed.push(call);
        }
        for member in found(self.portals_with_other_lines().await) {
            all.entry(member).or_default().lines = true;
        }
        all
    }

    // Somebody waits to be called back; lines may wait.
    async fn do_due(&self, member: &str, due: Due) {
        let tell = |done: Result<(), RestError>| {
            if let Err(failure) = done {
                warn!(member, %failure, "will be tried again");
            }
        };
        for callback in due.callbacks {
            tell(self.go_on_with_callback(callback).await);
        }
        for call in due.missed {
            tell(self.end_missed_call(&call).await);
        }
        if due.lines {
            tell(self.try_to_settle_lines(member).await);
        }
    }
}

fn found<T>(due: Result<Vec<T>, RestError>) -> Vec<T> {
    due.unwrap_or_else(|failure| {
        warn!(%failure, "will be tried again");
        Vec::new()
    })
}
