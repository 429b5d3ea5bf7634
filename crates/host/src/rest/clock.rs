//! Each portal's time of day, as its answers tell it: what a worker is told to do by a certain
//! time, it is told in the portal's.

use serde_json::Value;

use super::{Address, Rest};
use crate::store::Portal;

/// A clock that differs by more is not believed to be one.
const MOST_SECONDS: i64 = 24 * 60 * 60;

/// Seconds that a portal's clock is ahead of this host's, by domain.
pub(super) type Clocks = moka::sync::Cache<String, i64>;

/// The most portals remembered.
const MOST: u64 = 100_000;

pub(super) fn clocks() -> Clocks {
    moka::sync::Cache::new(MOST)
}

impl Rest {
    /// The portal's time of day. `told` is what the portal has just said, e.g. with an event; it
    /// counts where no answer of the portal's has been seen yet.
    #[must_use]
    pub fn portal_now(&self, portal: &Portal, told: Option<i64>) -> i64 {
        let now = self.store.clock.now();
        let ahead = self
            .clocks
            .get(&portal.domain)
            .unwrap_or_else(|| told.map_or(0, |told| told - now));
        if ahead.abs() <= MOST_SECONDS {
            now + ahead
        } else {
            now
        }
    }

    /// Notes the time that an answer tells.
    pub(super) fn learn_time(&self, address: &Address, answer: &Value) {
        let told = answer.pointer("/time/finish").and_then(Value::as_f64);
        #[expect(clippy::cast_possible_truncation, reason = "seconds, checked below")]
        let ahead = told.map(|told| told as i64 - self.store.clock.now());
        if let Some(ahead) = ahead.filter(|it| it.abs() <= MOST_SECONDS) {
            self.clocks.insert(address.domain().to_owned(), ahead);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_remembered_up_to_a_number() {
        assert_eq!(clocks().policy().max_capacity(), Some(MOST));
    }
}
