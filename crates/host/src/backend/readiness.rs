//! Whether the database answers, asked once a second at most and never waited for long.

use std::time::Duration;

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::store::Store;

/// A balancer gives up after a few seconds; it is to hear why before that.
const PATIENCE: Duration = Duration::from_secs(2);

const KEPT: Duration = Duration::from_secs(1);

/// What was seen last.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(Instant, bool)>>);

impl Readiness {
    /// Whether the database answers, or has within the last second.
    pub async fn is_ready(&self, store: &Store) -> bool {
        let mut seen = self.0.lock().await;
        if let Some((at, ready)) = *seen
            && at.elapsed() < KEPT
        {
            return ready;
        }
        let ready = timeout(PATIENCE, store.ping())
            .await
            .is_ok_and(|it| it.is_ok());
        *seen = Some((Instant::now(), ready));
        ready
    }
}
