//! The portal's clock: the machine's, plus what a script has advanced it by.
//!
//! Half an hour of re-registration, an hour of token life, a minute of a card that lingers:
//! a test advances the clock over them and need not wait.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 by the machine.
pub(crate) fn machine_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

/// `2026-03-01T12:30:00+00:00`: the form of dates in REST answers.
pub(crate) fn iso(ms: u64) -> String {
    let seconds = ms / 1000;
    let (year, month, day) = civil(seconds / 86_400);
    let time = seconds % 86_400;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}+00:00",
        time / 3600,
        time / 60 % 60,
        time % 60
    )
}

/// The calendar date of a day counted from 1970-01-01, in 400-year eras that begin on 1 March
/// (so that a leap day is the last day of its year).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn dates_are_printed_as_rest_prints_them() {
        assert_eq!(iso(0), "1970-01-01T00:00:00+00:00");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00+00:00");
        assert_eq!(iso(1_767_225_599_999), "2025-12-31T23:59:59+00:00");
    }
}
