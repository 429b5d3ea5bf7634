//! `profile`: who is signed in.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::lenient::Scalar;

/// The answer of the `profile` method: who is signed in. It needs no scope.
///
/// Source: [profile](https://apidocs.bitrix24.com/api-reference/common/users/profile.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The user's id.
    pub user_id: u64,
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "ID", default)]
            id: Scalar,
        }
        Wire::deserialize(deserializer)?
            .id
            .id()
            .map(|user_id| Self { user_id })
            .ok_or_else(|| D::Error::custom("ID is missing"))
    }
}
