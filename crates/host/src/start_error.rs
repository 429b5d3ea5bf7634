//! Why the host did not start, and what to do about it.

use std::fmt;

/// A failure to start, worded for the person at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError {
    /// What was found to be wrong.
    pub cause: String,
    /// What makes it right.
    pub cure: String,
}

impl StartError {
    /// Pairs a cause with its cure.
    pub fn new(cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            cure: cure.into(),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.cause, self.cure)
    }
}

impl std::error::Error for StartError {}
