//! Calls whose records the PBX's own connector keeps: it registers, shows and finishes them. Their
//! cards are found, and driven; nothing is registered or finished here.

use std::time::Duration;

use super::io::CardSeen;
use super::machine::Session;
use crate::call::{Call, Direction};
use crate::config::Records;
use crate::time::Instant;

/// How far apart a call and its card may come, where only the number tells that they are one.
const APART: Duration = Duration::from_secs(60);
/// So many last digits tell a number: before them each side writes its own prefix.
const DIGITS: usize = 7;

impl Session {
    /// A new call, with a record of ours or none.
    pub(super) fn recorded_by_whom(&self, mut call: Call) -> Call {
        if self.config.records == Records::Backend {
            call.leave_record();
        }
        call
    }

    /// A card: it may be that of a call without one, or of a call that will only come.
    pub(super) fn find_call_of(&mut self, now: Instant, seen: Instant, card: CardSeen) {
        let known = |call: &Call| call.is(&card.call_id);
        if self.calls().any(known) || self.is_finished(&card.call_id) {
            return;
        }
        let nameless = |call: &Call| call.wants_card() && call.call_id().is_none();
        let named = |call: &Call| nameless(call) && call.has_name(card.call_id.as_str());
        let like = |call: &Call| nameless(call) && is_like(call, &card, now);
        let mine = if self.calls().any(named) {
            &named as &dyn Fn(&Call) -> bool
        } else {
            &like
        };
        let mut calls = self.call.iter_mut().chain(&mut self.waiting);
        let found = calls.find(|call| mine(call));
        match found {
            Some(call) => call.adopt(card.call_id),
            None => {
                self.unsure
                    .retain(|(_, other)| other.call_id != card.call_id);
                self.unsure.push((seen, card));
            }
        }
    }

    /// The call is dialled again: the PBX will show another card for it.
    pub(super) fn await_another_card(&mut self, now: Instant) {
        if self.config.records == Records::Backend
            && let Some(before) = self.call.as_mut().and_then(|c| c.await_another_record(now))
        {
            self.remember(now, before, true);
        }
    }
}

/// Whether the card may be this call's, by direction, number and time.
fn is_like(call: &Call, card: &CardSeen, now: Instant) -> bool {
    let outgoing = call.direction() == Direction::Outgoing;
    let same_number = match (call.number(), &card.number) {
        (Some(a), Some(b)) => same_number(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    outgoing == card.outgoing && same_number && now.since(call.began()) <= APART
}

/// `+7 495 123-45-67` and `84951234567` are one number; `101` is only itself.
fn same_number(a: &str, b: &str) -> bool {
    let digits = |text: &str| -> Vec<char> { text.chars().filter(char::is_ascii_digit).collect() };
    let (a, b) = (digits(a), digits(b));
    let last = |digits: &[char]| {
        digits
            .len()
            .checked_sub(DIGITS)
            .map(|at| digits[at..].to_vec())
    };
    a == b || last(&a).is_some_and(|a| Some(a) == last(&b))
}

#[cfg(test)]
mod tests {
    use super::same_number;

    #[test]
    fn a_number_is_known_however_its_prefix_is_written() {
        assert!(same_number("+7 495 123-45-67", "84951234567"));
        assert!(same_number("101", "101"));
        assert!(!same_number("101", "201"));
        assert!(!same_number("+74951234567", "67"));
        assert!(!same_number("+74951234567", "+74951234568"));
    }
}
