//! Time, as it is handed in.

use std::ops::Add;
use std::time::Duration;

/// A moment, as the time since some fixed moment the driver chose: `std::time::Instant` panics in
/// a browser, and a test wants to make time pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Instant(Duration);

impl Instant {
    /// The moment `since_start` after the driver's start.
    #[must_use]
    pub fn new(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// The time from `earlier` to this moment; zero if the clock went backwards.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}
