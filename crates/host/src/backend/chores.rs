//! What a running host does beside its rounds, for many portals at once: one that hangs holds up
//! no other.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::sleep};
use tracing::warn;

use super::{Backend, signal::SIGNAL_SECONDS};
use crate::rest::RestError;

/// How many portals are worked for at once.
const AT_ONCE: usize = 16;

/// How often, at least, the host looks whether something is due.
const ROUND: Duration = Duration::from_secs(5);

impl Backend {
    /// Works until the host is asked to stop.
    pub async fn run_chores(self: Arc<Self>) {
        loop {
            self.do_chores().await;
            tokio::select! {
                () = self.due.notified() => {}
                () = sleep(ROUND) => {}
                () = self.stopping.cancelled() => return,
            }
        }
    }

    /// Does once what is due. What fails is logged, and tried again in its turn.
    pub async fn do_chores(self: &Arc<Self>) {
        let members = self.portals_with_other_lines().await;
        self.each(members, |it, member| async move {
            it.try_to_settle_lines(&member).await
        })
        .await;
        let callbacks = self.store.due_callbacks().await.map_err(RestError::from);
        self.each(callbacks, |it, callback| async move {
            it.go_on_with_callback(callback).await
        })
        .await;
        let before = self.store.clock.now() - SIGNAL_SECONDS;
        let missed = self.store.missed_calls(before).await;
        self.each(missed.map_err(RestError::from), |it, call| async move {
            it.end_missed_call(call).await
        })
        .await;
    }

    async fn each<T, F>(
        self: &Arc<Self>,
        due: Result<Vec<T>, RestError>,
        work: impl Fn(Arc<Self>, T) -> F,
    ) where
        F: Future<Output = Result<(), RestError>> + Send + 'static,
    {
        let due = due.unwrap_or_else(|failure| {
            warn!(%failure, "will be tried again");
            Vec::new()
        });
        let mut running = JoinSet::new();
        for one in due {
            if running.len() >= AT_ONCE {
                finish_one(&mut running).await;
            }
            running.spawn(work(Arc::clone(self), one));
        }
        while !running.is_empty() {
            finish_one(&mut running).await;
        }
    }
}

async fn finish_one(running: &mut JoinSet<Result<(), RestError>>) {
    match running.join_next().await {
        Some(Ok(Err(failure))) => warn!(%failure, "will be tried again"),
        Some(Err(failure)) => warn!(%failure, "a chore has failed inside the host"),
        _ => {}
    }
}
