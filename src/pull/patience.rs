//! How long the channel waits, as the portal's documentation asks of every client.

use std::time::Duration;

/// How long a socket may take to open.
pub(super) const OPENING: Duration = Duration::from_secs(20);
/// A socket that was open for this long was a good one.
pub(super) const STEADY: Duration = Duration::from_secs(10);
/// How long a server that pings may be silent: it does so every 10 s.
pub(super) const SILENCE: Duration = Duration::from_secs(30);
/// How long one poll may take.
pub(super) const POLL: Duration = Duration::from_secs(60);
/// A poll that came back empty within this time would make the next ones a flood.
pub(super) const SHORT_POLL: Duration = Duration::from_secs(1);
/// How long channels live.
pub(super) const CHANNEL: Duration = Duration::from_secs(12 * 3600);
/// How long a blocked WebSocket is left alone.
pub(super) const BLOCKED: Duration = Duration::from_secs(30 * 60);

/// The pause after the `failures`-th failure in a row; `chance` is from 0 to 1.
pub(super) fn backoff(failures: u32, chance: f64) -> Duration {
    let seconds = match failures {
        0 | 1 => 0.1,
        2 => 15.0,
        3..=5 => 45.0,
        6..=10 => 600.0,
        _ => 3600.0,
    };
    Duration::from_secs_f64(seconds * (1.0 + 0.2 * chance))
}

/// The pause before the configuration is asked for after the server changed: all its clients
/// hear of that at the same moment.
pub(super) fn spread(chance: f64) -> Duration {
    Duration::from_secs_f64(10.0 + 110.0 * chance)
}
