//! The portal's clock: the machine's, plus what a script has advanced it by; or it stands still.
//!
//! Half an hour of re-registration, an hour of token life, a minute of a card that lingers:
//! a test advances the clock over them and need not wait. Five seconds in which something must
//! happen: it stops the clock, and a slow machine has all the time it needs.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// Pages run by the same numbers, see `www/clock.js`.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Clock {
    /// While it goes: milliseconds ahead of the machine's.
    ahead_ms: i64,
    /// While it is held: the time it shows.
    stands_at: Option<u64>,
}

impl Clock {
    /// Milliseconds since 1970.
    pub(crate) fn now_ms(self) -> u64 {
        self.at(machine_ms())
    }

    fn at(self, machine: u64) -> u64 {
        self.stands_at
            .unwrap_or_else(|| machine.saturating_add_signed(self.ahead_ms))
    }

    pub(crate) fn advance(&mut self, ms: u64) {
        match &mut self.stands_at {
            Some(at) => *at = at.saturating_add(ms),
            None => {
                self.ahead_ms = self
                    .ahead_ms
                    .saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
            }
        }
    }

    /// Stops it, or lets it go on from where it stands.
    pub(crate) fn hold(&mut self, held: bool) {
        self.hold_at(held, machine_ms());
    }

    /// Stops it at a time.
    pub(crate) fn stop_at(&mut self, ms: u64) {
        self.stands_at = Some(ms);
    }

    fn hold_at(&mut self, held: bool, machine: u64) {
        let now = self.at(machine);
        if held {
            self.stands_at = Some(now);
        } else {
            self.stands_at = None;
            self.ahead_ms =
                i64::try_from(i128::from(now) - i128::from(machine)).unwrap_or(i64::MAX);
        }
    }
}

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

/// Milliseconds since 1970 of `2026-03-01T12:30:00+03:00`; without a zone in UTC, without a time at midnight.
/// `None` for what is no such date, or lies before 1970.
pub(crate) fn parse_iso(text: &str) -> Option<u64> {
    let (date, time) = match text.split_at_checked(10)? {
        (date, "") => (date, "00:00:00"),
        (date, time) => (date, time.strip_prefix(['T', 't', ' '])?),
    };
    let [year, month, day] = numbers(date, '-')?;
    let at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(at);
    let [hours, minutes, seconds] = numbers(time.split('.').next()?, ':')?;
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hours > 24
        || minutes > 59
        || seconds > 60
    {
        return None;
    }
    let zone = match zone {
        "" | "Z" | "z" => 0,
        zone => {
            let [hours, minutes, _] = numbers(&format!("{}:00", zone.get(1..)?), ':')?;
            let seconds = hours * 3600 + minutes * 60;
            if zone.starts_with('+') {
                seconds
            } else {
                -seconds
            }
        }
    };
    let seconds = days(year, month, day) * 86_400 + hours * 3600 + minutes * 60 + seconds - zone;
    u64::try_from(seconds.checked_mul(1000)?).ok()
}

/// Three numbers of digits alone, none longer than a year.
fn numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let mut parts = text.split(between).map(|part| {
        let sound = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| part.parse().ok()).flatten()
    });
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

/// Days from 1970-01-01 to a date: what `civil` turns back.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
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
    use super::{Clock, iso, parse_iso};

    #[test]
    fn a_held_clock_shows_the_same_time_until_it_is_advanced() {
        let mut clock = Clock::default();
        clock.hold_at(true, 1000);
        assert_eq!(clock.at(9000), 1000);
        clock.advance(500);
        assert_eq!(clock.at(9000), 1500);
    }

    #[test]
    fn a_clock_that_is_let_go_goes_on_from_where_it_stood() {
        let mut clock = Clock::default();
        clock.advance(200);
        clock.hold_at(true, 1000);
        clock.hold_at(false, 9000);
        assert_eq!(clock.at(9000), 1200);
        assert_eq!(clock.at(9100), 1300);
    }

    #[test]
    fn a_clock_can_be_advanced_past_all_bounds() {
        let mut clock = Clock::default();
        clock.advance(u64::MAX);
        clock.advance(u64::MAX);
        assert!(clock.at(1000) > 1000);
        clock.hold_at(true, 1000);
        clock.advance(u64::MAX);
        clock.hold_at(false, 1000);
        assert!(clock.at(1000) > 1000);
    }

    #[test]
    fn dates_are_read_as_they_are_printed() {
        for ms in [0, 951_782_400_000, 1_767_225_599_000, 4_102_444_800_000] {
            assert_eq!(parse_iso(&iso(ms)), Some(ms), "{}", iso(ms));
        }
        assert_eq!(
            parse_iso("2026-03-07T10:20:30+03:00"),
            parse_iso("2026-03-07T07:20:30Z")
        );
        assert_eq!(
            parse_iso("2026-03-07T10:20:30.123-02:30"),
            parse_iso("2026-03-07 12:50:30")
        );
        assert_eq!(parse_iso("2026-03-07"), parse_iso("2026-03-07T00:00:00Z"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "today",
            "2026-13-01",
            "2026-03-07T",
            "2026-03-07T1:2",
            "1960-01-01",
            "2026-03-07T10:20:30+3",
            "2026-03-0ä",
            "2026-03-07X10:20:30",
        ] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_printed_as_rest_prints_them() {
        assert_eq!(iso(0), "1970-01-01T00:00:00+00:00");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00+00:00");
        assert_eq!(iso(1_767_225_599_999), "2025-12-31T23:59:59+00:00");
    }
}
