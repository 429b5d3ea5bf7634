//! Trying again what may pass.

use std::{future::Future, time::Duration};

use backon::{ExponentialBuilder, Retryable};

use super::RestError;

/// How often and how far apart a request is tried.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// The pause after the first attempt; each later one is twice as long.
    pub pause: Duration,
    /// How many attempts there are.
    pub attempts: usize,
    /// How many requests a second a portal takes of an app.
    pub per_second: u32,
}

/// The longest pause. The portal's bucket empties by two requests a second.
const LONGEST: Duration = Duration::from_secs(8);

impl Retry {
    /// Runs the request until it succeeds, fails for good, or was tried often enough. Who asks
    /// to be left alone for longer than the longest pause is left alone.
    pub(super) async fn run<T, F>(&self, request: impl FnMut() -> F) -> Result<T, RestError>
    where
        F: Future<Output = Result<T, RestError>>,
    {
        // With jitter, so that replicas do not come back in step.
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.pause)
            .with_max_delay(LONGEST)
            .with_max_times(self.attempts.saturating_sub(1))
            .with_jitter();
        request
            .retry(pauses)
            .when(|error| error.is_passing() && error.wait().is_none_or(|it| it <= LONGEST))
            .adjust(|error, pause| pause.map(|it| it.max(error.wait().unwrap_or_default())))
            .await
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            pause: Duration::from_millis(500),
            attempts: 5,
            per_second: 2,
        }
    }
}
