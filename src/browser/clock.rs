//! The machines' time, from the browser's monotonic clock.

use std::time::Duration;

use super::env;
use crate::time::Instant;

/// Now. `performance.now()` never goes backwards; together with its origin it means the same moment
/// in a page and in a worker.
pub(super) fn now() -> Instant {
    // Every browser that runs wasm has it.
    let millis = env::performance_now().unwrap_or_default() + env::TIME_ORIGIN.with(|at| *at);
    Instant::new(Duration::from_secs_f64(millis.max(0.0) / 1000.0))
}
