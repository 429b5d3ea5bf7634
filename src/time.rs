//! Time, as it is handed in.

use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, as the time since 1970: `std::time::Instant` panics in a browser, a test wants to make
/// time pass, and a hub and its tabs, or a hub and the one after it, must mean the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Instant(Duration);

impl Instant {
    /// The moment `since_1970` after the first second of 1970 (UTC).
    #[must_use]
    pub fn new(since_1970: Duration) -> Self {
        Self(since_1970)
    }

    /// The time from `earlier` to this moment; zero if the clock went backwards.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The time since 1970.
    #[must_use]
    pub fn since_1970(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}
