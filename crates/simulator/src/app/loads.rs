//! How workers load: the eleventh slow load within a day costs a handler its row.

use std::collections::BTreeMap;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// So many slow loads are forgiven.
const FORGIVEN: u32 = 10;
/// The same in older portals, which never forget one.
const FORGIVEN_BEFORE: u32 = 3;

/// Slow loads by row. They are counted for the row, whoever loads it wherever.
#[derive(Debug, Default)]
pub(crate) struct Loads {
    strikes: BTreeMap<u64, u32>,
    last_ms: BTreeMap<u64, u64>,
    /// The first slow load after this time starts a new count, for all rows.
    reset_at: Option<u64>,
}

impl Loads {
    /// A frame has loaded in time or late.
    pub(crate) fn loaded(&mut self, row: u64, ms: u64) {
        self.last_ms.insert(row, ms);
    }

    /// Counts a slow load at `now_ms`; says whether it was one too many.
    pub(crate) fn slow(&mut self, row: u64, older_rule: bool, now_ms: u64) -> bool {
        if !older_rule && self.reset_at.is_none_or(|at| now_ms >= at) {
            self.strikes.clear();
            self.reset_at = Some(now_ms.saturating_add(DAY_MS));
        }
        let strikes = self.strikes.entry(row).or_default();
        *strikes += 1;
        *strikes
            > if older_rule {
                FORGIVEN_BEFORE
            } else {
                FORGIVEN
            }
    }

    /// Slow loads of a row since the count began.
    pub(crate) fn strikes(&self, row: u64) -> u32 {
        self.strikes.get(&row).copied().unwrap_or_default()
    }

    /// The last load of a row.
    pub(crate) fn last_ms(&self, row: u64) -> Option<u64> {
        self.last_ms.get(&row).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Loads};

    #[test]
    fn case_99_the_eleventh_slow_load_within_a_day_is_one_too_many() {
        let mut loads = Loads::default();
        for at in 0..10 {
            assert!(!loads.slow(1, false, at), "number {}", at + 1);
        }
        assert!(!loads.slow(2, false, 10), "another row has its own count");
        assert!(loads.slow(1, false, DAY_MS - 1));
    }

    #[test]
    fn a_day_after_the_first_one_the_count_begins_anew() {
        let mut loads = Loads::default();
        for at in 0..10 {
            loads.slow(1, false, at);
        }
        assert!(!loads.slow(1, false, DAY_MS));
        assert_eq!(loads.strikes(1), 1);
    }

    #[test]
    fn older_portals_delete_at_the_fourth_and_never_forget() {
        let mut loads = Loads::default();
        assert!((0..3).all(|day| !loads.slow(1, true, day * 2 * DAY_MS)));
        assert!(loads.slow(1, true, 8 * DAY_MS));
    }
}
