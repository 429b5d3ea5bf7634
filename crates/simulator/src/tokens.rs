//! Access and refresh tokens of the simulated portal.

use std::collections::{BTreeMap, BTreeSet};

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
    /// Those of the portal's other app.
    foreign: BTreeSet<String>,
    refresh: BTreeMap<String, Refresh>,
}

#[derive(Debug)]
struct Refresh {
    user: UserId,
    expires_ms: u64,
    spent: bool,
}

/// A refresh token is good for so long.
const REFRESH_LIFE_MS: u64 = 180 * 24 * 60 * 60 * 1000;

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
            (user, now_ms.saturating_add(lifetime_s.saturating_mul(1000))),
        );
        let refresh = Refresh {
            user,
            expires_ms: now_ms.saturating_add(REFRESH_LIFE_MS),
            spent: false,
        };
        self.refresh.insert(pair.refresh.clone(), refresh);
        pair
    }

    /// Gives `user` an access token of another app.
    pub(crate) fn issue_elsewhere(&mut self, user: UserId, lifetime_s: u64, now_ms: u64) -> Pair {
        let pair = self.issue(user, lifetime_s, now_ms);
        self.refresh.remove(&pair.refresh);
        self.foreign.insert(pair.access.clone());
        pair
    }

    /// Every access and refresh token.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        let all = self.issued.keys().chain(self.refresh.keys());
        all.map(String::as_str)
    }

    /// Whether an access token was given out here, and not revoked.
    pub(crate) fn knows(&self, access: &str) -> bool {
        self.issued.contains_key(access)
    }

    /// The app that a token was given to: whether it is the other one.
    pub(crate) fn is_foreign(&self, access: &str) -> bool {
        self.foreign.contains(access)
    }

    /// A new pair for a refresh token, which is good for one only unless `reuse` says otherwise.
    pub(crate) fn renew(
        &mut self,
        refresh: &str,
        reuse: bool,
        lifetime_s: u64,
        now_ms: u64,
    ) -> Option<(UserId, Pair)> {
        let known = self.refresh.get_mut(refresh)?;
        if (known.spent && !reuse) || known.expires_ms <= now_ms {
            return None;
        }
        known.spent = true;
        let user = known.user;
        Some((user, self.issue(user, lifetime_s, now_ms)))
    }

    /// Lets one access token run out now. Returns whether there was one.
    pub(crate) fn expire_one(&mut self, access: &str) -> bool {
        let found = self.issued.get_mut(access);
        found.map(|(_, expires)| *expires = 0).is_some()
    }

    /// Lets all access tokens run out now, and all refresh tokens if `refresh_too`.
    pub(crate) fn expire(&mut self, refresh_too: bool) {
        self.issued
            .values_mut()
            .for_each(|(_, expires)| *expires = 0);
        if refresh_too {
            self.refresh.clear();
        }
    }

    /// Forgets all tokens.
    pub(crate) fn revoke(&mut self) {
        self.issued.clear();
        self.refresh.clear();
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

    #[test]
    fn a_refresh_token_is_good_for_one_pair() {
        let mut tokens = Tokens::default();
        let (frame, server) = (tokens.issue(7, 10, 0), tokens.issue(7, 10, 0));
        let (user, pair) = tokens.renew(&frame.refresh, false, 10, 0).expect("fresh");
        assert_eq!((user, tokens.check(Some(&pair.access), 0)), (7, Ok(7)));
        assert!(tokens.renew(&frame.refresh, false, 10, 0).is_none());
        assert!(tokens.renew(&frame.refresh, true, 10, 0).is_some());
        assert!(
            tokens.renew(&server.refresh, false, 10, 0).is_some(),
            "a pair of its own"
        );
        assert!(tokens.renew("x", true, 10, 0).is_none());
        assert!(
            tokens
                .renew(&pair.refresh, false, 10, super::REFRESH_LIFE_MS)
                .is_none()
        );
    }
}
