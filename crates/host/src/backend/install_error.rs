//! Why an install came to nothing.

use std::fmt;

use crate::{rest::RestError, store::StoreError};

/// Why an install came to nothing.
#[derive(Debug)]
pub enum InstallError {
    /// The portal or the OAuth server refused, or did not answer.
    Rest(RestError),
    /// The tokens are not those of an administrator.
    NotAdministrator,
    /// The tokens are those of another portal.
    AnotherPortal,
    /// Another request with the same tokens is at it.
    UnderWay,
}

impl InstallError {
    /// Whether the same install may succeed a little later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Rest(error) => {
                error.is_passing()
                    || matches!(error, RestError::Store(_) | RestError::NoApplication)
            }
            Self::UnderWay => true,
            Self::NotAdministrator | Self::AnotherPortal => false,
        }
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest(error) => error.fmt(f),
            Self::NotAdministrator => f.write_str(
                "the tokens are not an administrator's: have an administrator install the app",
            ),
            Self::AnotherPortal => f.write_str(
                "the tokens are another portal's than the post says: install from the portal itself",
            ),
            Self::UnderWay => {
                f.write_str("the same install is under way already: wait a minute and look again")
            }
        }
    }
}

impl std::error::Error for InstallError {}

impl From<RestError> for InstallError {
    fn from(error: RestError) -> Self {
        Self::Rest(error)
    }
}

impl From<StoreError> for InstallError {
    fn from(error: StoreError) -> Self {
        Self::Rest(RestError::Store(error))
    }
}
