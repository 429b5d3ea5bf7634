//! Text that must not be seen.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

/// A token, a password or a key: it prints as no more than that it is secret, and is wiped from
/// memory when it is dropped.
#[derive(Clone, Debug, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself: for the wire and the cipher, never for a message.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reveal().is_empty()
    }

    /// Compares in a time that does not depend on where the texts differ.
    /// An empty secret equals nothing.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        !self.is_empty() && bool::from(self.reveal().as_bytes().ct_eq(other.as_bytes()))
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        bool::from(self.reveal().as_bytes().ct_eq(other.reveal().as_bytes()))
    }
}

impl Eq for Secret {}

// Into what is sealed, and out of it.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.reveal())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_and_an_empty_one_matches_nothing() {
        assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter2"));
        assert!(Secret::new("a").matches("a"));
        assert!(!Secret::new("a").matches("b"));
        assert!(!Secret::default().matches(""));
    }
}
