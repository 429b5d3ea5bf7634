//! How a REST call fails.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// A failed REST call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestFailure {
    /// The portal's code, e.g. `ERROR_CORE`; `TIMEOUT` where it never answered.
    pub code: String,
    /// The portal's description.
    pub description: String,
}

impl RestFailure {
    /// The code of a call that was never answered: BX24.js is silent on a 5xx and a lost network.
    pub const TIMEOUT: &'static str = "TIMEOUT";

    /// The code of a call that could not be made: no page of the portal has brought a token that holds.
    pub const NO_TOKEN: &'static str = "NO_TOKEN";

    /// A failure with the portal's code and description.
    #[must_use]
    pub fn new(code: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            description: description.into(),
        }
    }

    /// Whether the same call may succeed later.
    ///
    /// Source: [system errors](https://apidocs.bitrix24.com/_includes/system-errors.html).
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self.code.as_str(),
            Self::TIMEOUT
                | "QUERY_LIMIT_EXCEEDED"
                | "OPERATION_TIME_LIMIT"
                | "OVERLOAD_LIMIT"
                | "INTERNAL_SERVER_ERROR"
                | "ERROR_UNEXPECTED_ANSWER"
                | "expired_token"
                | Self::NO_TOKEN
        )
    }

    /// The failure of what was asked of the portal, in words and as data.
    pub(crate) fn failed(&self, what: &str, consequence: &str) -> Error {
        let (code, description) = (&self.code, &self.description);
        let detail = format!("{what} ({code}): {description}; {consequence}");
        Error::new(ErrorKind::Rest, detail).because(code, description)
    }

    /// How long the portal wants to be left alone before the same call is made again.
    pub(crate) fn wait(&self) -> Duration {
        match self.code.as_str() {
            "QUERY_LIMIT_EXCEEDED" => Duration::from_secs(1),
            "OPERATION_TIME_LIMIT" => Duration::from_secs(60),
            _ => Duration::ZERO,
        }
    }
}
