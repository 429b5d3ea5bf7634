//! Access and refresh tokens of the simulated portal.

use std::collections::BTreeMap;

use crate::hub::UserId;

/// A pair as the portal hands it to a frame.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// Access token: goes into each REST request.
    pub(crate) access: String,
    /// Refresh token: stays with the page.
    pub(crate) refresh: String,
    /// Life of the access token.
    pub(crate) lifetime_s: u64,
}

/// Why a request is not let in: HTTP status, `error`, `error_description`.
pub(crate) type Refusal = (u16, &'static str, &'static str);

/// All tokens given out so far.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: BTreeMap<String, (UserId, u64)>,
}

impl Tokens {
    /// Gives `user` a new pair.
    pub(crate) fn issue(&mut self, user: UserId, lifetime_s: u64, now_ms: u64) -> Pair {
        let pair = Pair {
            access: hex(70),
            refresh: hex(70),
            lifetime_s,
        };
        self.issued.insert(
            pair.access.clone(),
            (user, now_ms.saturating_add(lifetime_s * 1000)),
        );
        pair
    }

    /// The user an access token speaks for.
    ///
    /// # Errors
    /// 401 for a missing, unknown or expired token.
    pub(crate) fn check(&self, access: Option<&str>, now_ms: u64) -> Result<UserId, Refusal> {
        let Some(access) = access.filter(|a| !a.is_empty()) else {
            return Err((401, "NO_AUTH_FOUND", "The request carries no token"));
        };
        match self.issued.get(access) {
            None => Err((
                401,
                "invalid_token",
                "This portal never gave out that token",
            )),
            Some((_, expires)) if *expires <= now_ms => {
                Err((401, "expired_token", "The access token has expired"))
            }
            Some((user, _)) => Ok(*user),
        }
    }
}

/// `digits` random hex digits.
pub(crate) fn hex(digits: usize) -> String {
    let mut text = String::new();
    while text.len() < digits {
        text.push_str(&format!("{:032x}", rand::random::<u128>()));
    }
    text.truncate(digits);
    text
}

#[cfg(test)]
mod tests {
    use super::Tokens;

    #[test]
    fn a_token_lives_as_long_as_it_says() {
        let mut tokens = Tokens::default();
        let pair = tokens.issue(7, 10, 1_000);
        assert_eq!(tokens.check(Some(&pair.access), 10_999), Ok(7));
        let (status, error, _) = tokens
            .check(Some(&pair.access), 11_000)
            .expect_err("expired");
        assert_eq!((status, error), (401, "expired_token"));
        assert_eq!(tokens.check(None, 0).expect_err("none").1, "NO_AUTH_FOUND");
        assert_eq!(
            tokens.check(Some("x"), 0).expect_err("bad").1,
            "invalid_token"
        );
    }
}
