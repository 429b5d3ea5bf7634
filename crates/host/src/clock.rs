//! The time of day, handed in so that tests can turn it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// Where seconds of Unix time come from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock. Replicas on one database are expected to agree within seconds.
    #[default]
    System,
    /// A clock that stands until it is set.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        match self {
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|it| i64::try_from(it.as_secs()).ok())
                .unwrap_or_default(),
            Self::Set(seconds) => seconds.load(Ordering::SeqCst),
        }
    }
}
