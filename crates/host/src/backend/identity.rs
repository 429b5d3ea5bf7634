//! Who somebody is: asked of the portal, never of the request.

use serde_json::{Value, json};

use super::Backend;
use crate::{
    rest::{Address, RestError},
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
        let id = id.ok_or(RestError::Malformed { status: 200 })?;
        let is_admin = answer.get("ADMIN").is_some_and(is_yes);
        Ok(Profile { id, is_admin })
    }

    /// The user a token speaks for at an installed portal, and the portal.
    ///
    /// # Errors
    /// When the portal is unknown here, does not know the token, or does not answer.
    pub async fn user(
        &self,
        member_id: &str,
        token: &Secret,
    ) -> Result<(Portal, Profile), RestError> {
        let portal = self.store.portal(member_id).await?;
        let portal = portal.ok_or(RestError::NotInstalled)?;
        let address = self.rest.address_of(&portal)?;
        let profile = self.profile(&address, token).await?;
        Ok((portal, profile))
    }
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
