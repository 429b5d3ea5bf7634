//! The portal's clock, as far as it can be told from here.

use super::Signal;

/// Tells whether signals are stale, by the portal's time and not by the computer's: those are hours
/// wrong more often than one would think.
///
/// A message says when it was delivered. It may have waited since in a computer that slept, so the
/// clock believes the least late of all messages it has seen.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServerClock {
    ahead: Option<f64>,
}

impl ServerClock {
    /// A message delivered at `server_time` was read at `local_time`; both in seconds of Unix time.
    pub fn learn(&mut self, server_time: f64, local_time: f64) {
        let ahead = server_time - local_time;
        self.ahead = Some(self.ahead.map_or(ahead, |known| known.max(ahead)));
    }

    /// Whether it is too late to act upon this signal.
    #[must_use]
    pub fn is_stale(&self, signal: &Signal, local_time: f64) -> bool {
        let now = local_time + self.ahead.unwrap_or_default();
        signal.expires.is_some_and(|expires| expires < now)
    }
}
