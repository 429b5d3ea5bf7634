//! Trying again what may pass.

use std::{future::Future, time::Duration};

use tokio::time::sleep;

use super::RestError;

/// How often and how far apart a request is tried.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// The pause after the first attempt; each later one is twice as long.
    pub pause: Duration,
    /// How many attempts there are.
    pub attempts: u32,
}

/// The longest pause. The portal's bucket empties by two requests a second.
const LONGEST: Duration = Duration::from_secs(8);

impl Retry {
    /// Runs the request until it succeeds, fails for good, or was tried often enough.
    pub(super) async fn run<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T, RestError>
    where
        F: Future<Output = Result<T, RestError>>,
    {
        let mut tried = 1;
        loop {
            match request().await {
                Err(error) if error.is_passing() && tried < self.attempts => {
                    sleep(self.pause_after(tried)).await;
                    tried += 1;
                }
                other => return other,
            }
        }
    }

    // Up to a fifth more, so that replicas do not come back in step.
    fn pause_after(&self, tried: u32) -> Duration {
        let whole = self
            .pause
            .saturating_mul(1 << (tried - 1).min(16))
            .min(LONGEST);
        whole.mul_f64(1.0 + 0.2 * rand::random::<f64>())
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            pause: Duration::from_millis(500),
            attempts: 5,
        }
    }
}
