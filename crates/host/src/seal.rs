//! Encryption at rest: XChaCha20-Poly1305 with a random nonce for every text.
//!
//! The place a text belongs to (table, portal, user, field) is authenticated with it, so that
//! a row copied to another portal or user does not open there.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

use zeroize::Zeroizing;

use crate::secret::Secret;

/// The length of a key in bytes.
pub const KEY_BYTES: usize = 32;

const NONCE_BYTES: usize = 24;

/// What stands before each sealed text, so that a later form can be told from this one.
const VERSION: &str = "1.";

/// A key, wiped when it is dropped.
pub type SealKey = Zeroizing<[u8; KEY_BYTES]>;

/// Keys at work: the first seals, all of them open. The ciphers wipe theirs when they are dropped.
#[derive(Clone)]
pub struct Seal(Vec<XChaCha20Poly1305>);

/// A sealed text does not open: another key, another place, or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WillNotOpen;

impl Seal {
    /// Takes keys, of which there is one at least: the first seals.
    #[must_use]
    pub fn new(keys: &[SealKey]) -> Self {
        let cipher = |key: &SealKey| XChaCha20Poly1305::new(Key::from_slice(key.as_slice()));
        Self(keys.iter().map(cipher).collect())
    }

    /// Whether there are keys that only open.
    #[must_use]
    pub fn has_old_keys(&self) -> bool {
        self.0.len() > 1
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
            .first()
            .encrypt(XNonce::from_slice(&nonce), payload)
            .expect("only texts of 256 GiB and more cannot be encrypted");
        format!("{VERSION}{}", BASE64.encode([&nonce[..], &sealed].concat()))
    }

    /// Opens what was sealed for the same place by any of the keys.
    ///
    /// # Errors
    /// When it was not.
    pub fn open(&self, place: &[&str], sealed: &str) -> Result<Secret, WillNotOpen> {
        let opened = self.0.iter().find_map(|it| open(it, place, sealed).ok());
        opened.ok_or(WillNotOpen)
    }

    /// Seals by the first key what another one sealed; nothing where it is so already.
    ///
    /// # Errors
    /// When no key opens it.
    pub fn seal_anew(&self, place: &[&str], sealed: &str) -> Result<Option<String>, WillNotOpen> {
        if open(self.first(), place, sealed).is_ok() {
            return Ok(None);
        }
        let text = self.open(place, sealed)?;
        Ok(Some(self.seal(place, text.reveal())))
    }

    fn first(&self) -> &XChaCha20Poly1305 {
        self.0.first().expect("a seal is made of one key at least")
    }
}

fn open(cipher: &XChaCha20Poly1305, place: &[&str], sealed: &str) -> Result<Secret, WillNotOpen> {
    let text = sealed.strip_prefix(VERSION).ok_or(WillNotOpen)?;
    let bytes = BASE64.decode(text).map_err(|_| WillNotOpen)?;
    let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(WillNotOpen)?;
    let place = joined(place);
    let payload = Payload {
        msg: sealed,
        aad: place.as_bytes(),
    };
    let open = cipher
        .decrypt(XNonce::from_slice(nonce), payload)
        .map_err(|_| WillNotOpen)?;
    String::from_utf8(open)
        .map(Secret::new)
        .map_err(|_| WillNotOpen)
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

    fn key(byte: u8) -> SealKey {
        Zeroizing::new([byte; KEY_BYTES])
    }

    #[test]
    fn of_several_keys_the_first_seals_and_all_open() {
        let (old, new) = (Seal::new(&[key(7)]), Seal::new(&[key(8)]));
        let both = Seal::new(&[key(8), key(7)]);
        let sealed = old.seal(&["a"], "hunter2");
        assert_eq!(both.open(&["a"], &sealed), Ok(Secret::new("hunter2")));
        let anew = both.seal_anew(&["a"], &sealed).ok().flatten();
        let anew = anew.unwrap_or_default();
        assert_eq!(new.open(&["a"], &anew), Ok(Secret::new("hunter2")));
        assert_eq!(both.seal_anew(&["a"], &anew), Ok(None));
        assert_eq!(both.seal_anew(&["b"], &sealed), Err(WillNotOpen));
    }

    #[test]
    fn a_text_opens_only_at_its_place_and_with_its_key() {
        let seal = Seal::new(&[key(7)]);
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
        let other = Seal::new(&[key(8)]);
        assert!(
            other
                .open(&["settings", "m", "1", "password"], &sealed)
                .is_err()
        );
    }

    #[test]
    fn damage_is_no_panic() {
        let seal = Seal::new(&[key(7)]);
        for text in ["", "1.", "1.!", "1.AAAA", "2.AAAA", &seal.seal(&["b"], "")] {
            assert_eq!(seal.open(&["a"], text), Err(WillNotOpen), "{text}");
        }
    }
}
