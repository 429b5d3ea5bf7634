//! Text that must not be seen.

use std::fmt;

/// A token, a password or a key. It prints as dots, so that a careless `{:?}` tells nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the wire and the cipher, never for a message.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in a time that does not depend on where the texts differ.
    /// An empty secret equals nothing.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        use subtle::ConstantTimeEq;
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(other.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_dots_and_an_empty_one_matches_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "•••");
        assert!(Secret::new("a").matches("a"));
        assert!(!Secret::new("a").matches("b"));
        assert!(!Secret::default().matches(""));
    }
}
