//! Encryption at rest: XChaCha20-Poly1305 with a random nonce for every text.
//!
//! The place a text belongs to (table, portal, user, field) is authenticated with it, so that
//! a row copied to another portal or user does not open there.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

use crate::secret::Secret;

/// The length of a key in bytes.
pub const KEY_BYTES: usize = 32;

const NONCE_BYTES: usize = 24;

/// What stands before each sealed text, so that a later form can be told from this one.
const VERSION: &str = "1.";

/// A key at work.
#[derive(Clone)]
pub struct Seal(XChaCha20Poly1305);

/// A sealed text does not open: another key, another place, or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WillNotOpen;

impl Seal {
    /// Takes a key.
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(XChaCha20Poly1305::new(Key::from_slice(key)))
    }

    /// Seals a text for a place.
    #[must_use]
    pub fn seal(&self, place: &[&str], text: &str) -> String {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let place = joined(place);
        let payload = Payload {
            msg: text.as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self
            .0
            .encrypt(XNonce::from_slice(&nonce), payload)
            .expect("only texts of 256 GiB and more cannot be encrypted");
        format!("{VERSION}{}", BASE64.encode([&nonce[..], &sealed].concat()))
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// When it was not.
    pub fn open(&self, place: &[&str], sealed: &str) -> Result<Secret, WillNotOpen> {
        let text = sealed.strip_prefix(VERSION).ok_or(WillNotOpen)?;
        let bytes = BASE64.decode(text).map_err(|_| WillNotOpen)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(WillNotOpen)?;
        let place = joined(place);
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        let open = self
            .0
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| WillNotOpen)?;
        String::from_utf8(open)
            .map(Secret::new)
            .map_err(|_| WillNotOpen)
    }
}

// The length before each part: ("ab", "c") and ("a", "bc") are different places.
fn joined(place: &[&str]) -> String {
    place
        .iter()
        .map(|part| format!("{}:{part}", part.len()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_opens_only_at_its_place_and_with_its_key() {
        let seal = Seal::new(&[7; KEY_BYTES]);
        let sealed = seal.seal(&["settings", "m", "1", "password"], "hunter2");
        assert!(!sealed.contains("hunter2"));
        assert_eq!(
            seal.open(&["settings", "m", "1", "password"], &sealed),
            Ok(Secret::new("hunter2"))
        );
        for place in [
            ["settings", "m", "2", "password"],
            ["settings", "n", "1", "password"],
            ["settings", "m1", "", "password"],
        ] {
            assert_eq!(seal.open(&place, &sealed), Err(WillNotOpen));
        }
        let other = Seal::new(&[8; KEY_BYTES]);
        assert!(
            other
                .open(&["settings", "m", "1", "password"], &sealed)
                .is_err()
        );
    }

    #[test]
    fn damage_is_no_panic() {
        let seal = Seal::new(&[7; KEY_BYTES]);
        for text in ["", "1.", "1.!", "1.AAAA", "2.AAAA", &seal.seal(&["b"], "")] {
            assert_eq!(seal.open(&["a"], text), Err(WillNotOpen), "{text}");
        }
    }
}
