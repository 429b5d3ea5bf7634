//! The session's time, from the page's monotonic clock.

use std::time::Duration;

use crate::session::Instant;

/// Now. `performance.now()` counts from the page's start and never goes backwards.
pub(super) fn now() -> Instant {
    let performance = web_sys::window().and_then(|window| window.performance());
    // Every browser that runs wasm has it; without a window there is no page to work in.
    let millis = performance.map_or(0.0, |performance| performance.now());
    Instant::new(Duration::from_secs_f64(millis.max(0.0) / 1000.0))
}
