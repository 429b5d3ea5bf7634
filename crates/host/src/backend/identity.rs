//! Who somebody is: asked of the portal and the OAuth server, never of the request.
//!
//! The portal's `profile` says which user a token speaks for, and answers every app's token. Only
//! the OAuth server's `app.info` says which app and which portal it was given to.

use std::{net::IpAddr, time::Duration};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Backend;
use crate::{
    rest::{Address, RestError, TokenInfo},
    secret::Secret,
    store::Portal,
};

/// A user as the portal knows the bearer of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The user's id.
    pub id: i64,
    /// Whether the user administers the portal.
    pub is_admin: bool,
}

/// The life of an access token, where the OAuth server does not say how much of it is left.
const TOKEN_SECONDS: i64 = 60 * 60;

/// The code for a token of an app whose installation is not finished.
pub const UNFINISHED: &str = "INSTALLATION_NOT_FINISHED";

/// How long it is taken for that without asking again.
const UNFINISHED_SECONDS: i64 = 10;

/// What is known of a token, under its hash.
#[derive(Clone)]
pub(super) struct Known {
    found: Found,
    until: i64,
}

#[derive(Clone)]
enum Found {
    User(Profile),
    Nobody(&'static str),
}

/// The tokens looked up lately, by hash.
pub(super) type KnownTokens = moka::sync::Cache<[u8; 32], Known>;

/// The most tokens remembered.
const MOST: u64 = 200_000;

/// A cache that holds no token for longer than any token lives.
pub(super) fn known_tokens() -> KnownTokens {
    moka::sync::Cache::builder()
        .max_capacity(MOST)
        .time_to_live(Duration::from_secs(TOKEN_SECONDS.unsigned_abs()))
        .build()
}

impl Backend {
    /// The user a token speaks for at an address.
    ///
    /// # Errors
    /// When the portal does not know the token, or does not answer.
    pub async fn profile(&self, address: &Address, token: &Secret) -> Result<Profile, RestError> {
        let answer = self
            .rest
            .call_with(address, token, "profile", &json!({}))
            .await?;
        let id = answer.get("ID").and_then(number).filter(|id| *id > 0);
        let id = id.ok_or(RestError::malformed(200))?;
        let is_admin = answer.get("ADMIN").is_some_and(is_yes);
        Ok(Profile { id, is_admin })
    }

    /// The user of this app that a token speaks for at an installed portal, and the portal. A
    /// token that was looked up before costs no call for as long as it lives.
    ///
    /// # Errors
    /// When the portal is unknown here, the token is another app's, another portal's or nobody's,
    /// or nobody answers.
    pub async fn user(
        &self,
        member_id: &str,
        token: &Secret,
        from: IpAddr,
    ) -> Result<(Portal, Profile), RestError> {
        let portal = self.store.portal(member_id).await?;
        let portal = portal.filter(|it| it.lost.as_deref() != Some("uninstalled"));
        let portal = portal.ok_or(RestError::NotInstalled)?;
        let profile = self.user_at(&portal, token, from).await?;
        Ok((portal, profile))
    }

    pub(super) async fn user_at(
        &self,
        portal: &Portal,
        token: &Secret,
        from: IpAddr,
    ) -> Result<Profile, RestError> {
        let hash = hash(&portal.member_id, token);
        if let Some(known) = self.known(&hash) {
            return known;
        }
        let address = self.rest.address_of(portal)?;
        let looked_up = self
            .gate
            .look_up(&portal.member_id, from, async {
                // Whoever waited before may have asked for the same token.
                if let Some(known) = self.known(&hash) {
                    return known.map(Err);
                }
                self.our_token(
                    &portal.oauth_server,
                    &portal.domain,
                    &portal.member_id,
                    token,
                )
                .await
                .map(Ok)
            })
            .await;
        let found = match looked_up {
            Ok(Err(profile)) => return Ok(profile),
            // Until its installation is finished the portal shows no page of the app to anybody, so
            // nobody has an honest use for its tokens.
            Ok(Ok(info)) if !info.installed => Err(RestError::refused(UNFINISHED, 403)),
            Ok(Ok(info)) => self
                .profile(&address, token)
                .await
                .map(|profile| (profile, info)),
            Err(error) => Err(error),
        };
        let now = self.store.clock.now();
        match found {
            Ok((profile, info)) => {
                let left = info.expires_in.unwrap_or(TOKEN_SECONDS);
                let until = now + left.clamp(0, TOKEN_SECONDS);
                let found = Found::User(profile);
                self.tokens.insert(hash, Known { found, until });
                Ok(profile)
            }
            Err(error) => {
                let refused = match error.code() {
                    _ if matches!(error, RestError::AnotherApp) => {
                        Some(("another_app", TOKEN_SECONDS))
                    }
                    Some("expired_token") => Some(("expired_token", TOKEN_SECONDS)),
                    // It may be finished at any moment, and the token is good then.
                    Some(UNFINISHED) => Some((UNFINISHED, UNFINISHED_SECONDS)),
                    _ if error.is_nobodys() => Some(("invalid_token", TOKEN_SECONDS)),
                    _ => None,
                };
                if let Some((code, seconds)) = refused {
                    let found = Found::Nobody(code);
                    let until = now + seconds;
                    self.tokens.insert(hash, Known { found, until });
                    self.metrics.event("token_refused");
                }
                Err(error)
            }
        }
    }

    /// What the OAuth server knows of a token, if it is this app's at that portal.
    ///
    /// # Errors
    /// When it is not, or the OAuth server does not answer.
    pub(super) async fn our_token(
        &self,
        oauth_server: &str,
        domain: &str,
        member_id: &str,
        token: &Secret,
    ) -> Result<TokenInfo, RestError> {
        let info = self.rest.token_info(oauth_server, domain, token).await?;
        if info.member_id == member_id {
            Ok(info)
        } else {
            Err(RestError::AnotherApp)
        }
    }

    fn known(&self, hash: &[u8; 32]) -> Option<Result<Profile, RestError>> {
        let known = self.tokens.get(hash)?;
        if known.until <= self.store.clock.now() {
            self.tokens.invalidate(hash);
            return None;
        }
        Some(match known.found {
            Found::User(profile) => Ok(profile),
            Found::Nobody("another_app") => Err(RestError::AnotherApp),
            Found::Nobody(code) => Err(RestError::refused(code, 401)),
        })
    }
}

fn hash(member_id: &str, token: &Secret) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(format!("{}:{member_id}", member_id.len()));
    digest.update(token.reveal());
    digest.finalize().into()
}

/// A number that may have come as text.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn is_yes(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| {
        value.as_i64() == Some(1) || matches!(value.as_str(), Some("true" | "Y" | "1"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_remembered_for_longer_than_it_lives() {
        let policy = known_tokens().policy();
        assert_eq!(policy.max_capacity(), Some(MOST));
        let hour = Duration::from_secs(TOKEN_SECONDS.unsigned_abs());
        assert_eq!(policy.time_to_live(), Some(hour));
    }
}
