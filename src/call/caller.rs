//! Who calls, as the portal can take it: it registers no call whose number has no digit.

use super::{Call, Direction, Record};
use crate::config::{Config, Records};
use crate::time::Instant;

/// The number that stands for a withheld one where the integrator has chosen none, or one that the
/// portal refuses, too: of a country code that nobody has, so that nobody is called back by it.
pub(crate) const PLACEHOLDER: &str = "+88800000000";

/// Under which number a call is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Called {
    /// Its own.
    Itself,
    /// The integrator's placeholder.
    Withheld,
    /// Ours.
    Nobody,
}

impl Call {
    /// A caller who withholds the number, or has a name in its place, is registered under a placeholder.
    pub(crate) fn registrable(mut self) -> Self {
        if self.direction == Direction::Incoming && !self.number.as_deref().is_some_and(has_digit) {
            self.called = Called::Withheld;
        }
        self
    }

    /// What the portal is told as its number.
    pub(crate) fn registered_number<'a>(&'a self, config: &'a Config) -> &'a str {
        match self.called {
            Called::Itself => self.number_for_record().map_or(PLACEHOLDER, String::as_str),
            Called::Withheld => &config.withheld,
            Called::Nobody => PLACEHOLDER,
        }
    }

    /// The far end's number; until the portal has answered, the one that it was asked to register.
    pub(crate) fn number_for_record(&self) -> Option<&String> {
        let asked = self
            .registered_as
            .as_ref()
            .filter(|_| self.call_id().is_none());
        asked.or(self.number.as_ref())
    }

    /// Whether the portal is told another number than the caller's: it must make no client of it.
    pub(crate) fn has_placeholder(&self) -> bool {
        self.called != Called::Itself
    }

    /// The portal takes no such number: another one is tried, and the call is not given up. Says whether there
    /// is one.
    pub(crate) fn withhold(&mut self, now: Instant, config: &Config) -> bool {
        self.called = match self.called {
            _ if self.direction == Direction::Outgoing => return false,
            Called::Itself => Called::Withheld,
            Called::Withheld if config.withheld != PLACEHOLDER => Called::Nobody,
            Called::Withheld | Called::Nobody => return false,
        };
        self.record = Record::ToRegister { at: now, tries: 0 };
        true
    }

    /// What the card's title says in place of the placeholder; `None` where the portal has written the right one.
    pub(super) fn title<'a>(&'a self, config: &'a Config) -> Option<&'a String> {
        if self.called == Called::Itself || config.records == Records::Backend {
            return None;
        }
        let number = self.number.as_ref().filter(|number| !number.is_empty());
        Some(number.unwrap_or(&config.texts.withheld))
    }
}

/// The portal strips all but digits, and takes what is left for no number where that is `0`.
pub(crate) fn has_digit(number: &str) -> bool {
    let mut digits = number.chars().filter(char::is_ascii_digit);
    !matches!(
        (digits.next(), digits.next()),
        (None, _) | (Some('0'), None)
    )
}
