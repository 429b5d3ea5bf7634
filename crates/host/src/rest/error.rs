//! What portals answer when they refuse, and what to do about it.

use std::{fmt, time::Duration};

use serde_json::Value;

use super::{
    advice::{Advice, advice},
    oauth::LOST_EXCHANGE,
    transport::Answer,
};
use crate::store::StoreError;

/// Why a call came to nothing.
#[derive(Debug)]
pub enum RestError {
    /// The portal or the OAuth server refused: its code, and the HTTP status.
    Refused {
        /// The portal's code.
        code: String,
        /// The answer's status.
        status: u16,
        /// How long it asks to be left alone, where it said so.
        wait: Option<Duration>,
    },
    /// Nobody answered, or not in time.
    Unreachable,
    /// The other end's certificate is of no authority this host trusts.
    Certificate,
    /// The portal sends elsewhere: the address.
    Redirected(Box<str>),
    /// Something else than a portal answered.
    Malformed {
        /// The answer's status.
        status: u16,
        /// How long it asks to be left alone, where it said so.
        wait: Option<Duration>,
    },
    /// The token is another app's, or another portal's.
    AnotherApp,
    /// The portal has refused this host's tokens before, with that code, and is not asked again
    /// until an administrator has brought new ones.
    Lost(String),
    /// Too many tokens that nobody knows came lately.
    Busy,
    /// The host may not be called, and why.
    NotAllowed(&'static str),
    /// No such portal is in the store.
    NotInstalled,
    /// The host was started without the application's id and secret.
    NoApplication,
    /// The database failed.
    Store(StoreError),
}

impl RestError {
    /// A refusal with a code that may be shown: letters, digits and underscores.
    #[must_use]
    pub fn refused(code: &str, status: u16) -> Self {
        let sound = (1..=64).contains(&code.len())
            && code
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let code = if sound { code } else { "unknown" }.to_owned();
        Self::Refused {
            code,
            status,
            wait: None,
        }
    }

    /// An answer that is no portal's.
    #[must_use]
    pub fn malformed(status: u16) -> Self {
        Self::Malformed { status, wait: None }
    }

    /// The portal's code, if it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } | Self::Lost(code) => Some(code),
            _ => None,
        }
    }

    /// How long the other end asks to be left alone.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        match self {
            // The budget is one of ten minutes.
            Self::Refused { code, wait, .. } if code == "OPERATION_TIME_LIMIT" => {
                Some(wait.unwrap_or(Duration::from_secs(600)))
            }
            Self::Refused { wait, .. } | Self::Malformed { wait, .. } => *wait,
            _ => None,
        }
    }

    /// Whether a token was presented that nobody has given out, or not for this app and portal:
    /// what a stranger can cause.
    #[must_use]
    pub fn is_nobodys(&self) -> bool {
        match self {
            Self::AnotherApp => true,
            Self::Refused { code, .. } => matches!(
                code.as_str(),
                "invalid_token"
                    | "wrong_token"
                    | "NO_AUTH_FOUND"
                    | "invalid_request"
                    | "invalid_grant"
                    | "INVALID_CREDENTIALS"
                    | "WRONG_TOKEN"
            ),
            _ => false,
        }
    }

    /// Whether the portal gives this host no tokens any more, so that an administrator, or who
    /// pays, has to act.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        matches!(
            self.code(),
            Some(
                "invalid_grant"
                    | "expired_token"
                    | "NOT_INSTALLED"
                    | "APPLICATION_NOT_FOUND"
                    | "PAYMENT_REQUIRED"
                    | "PORTAL_DELETED"
                    | LOST_EXCHANGE
            )
        )
    }

    /// Whether a new access token may help.
    #[must_use]
    pub fn is_stale_token(&self) -> bool {
        matches!(
            self,
            Self::Refused { code, .. }
                if matches!(code.as_str(), "expired_token" | "invalid_token" | "NO_AUTH_FOUND")
        )
    }

    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable => true,
            Self::Refused { status, code, .. } => {
                (*status >= 500 && code != "PORTAL_DELETED")
                    || *status == 429
                    || matches!(
                        code.as_str(),
                        "QUERY_LIMIT_EXCEEDED" | "OVERLOAD_LIMIT" | "OPERATION_TIME_LIMIT"
                    )
            }
            Self::Malformed { status, .. } => *status >= 500 || *status == 429,
            Self::Busy => true,
            Self::Certificate
            | Self::Redirected(_)
            | Self::AnotherApp
            | Self::Lost(_)
            | Self::NotAllowed(_)
            | Self::NotInstalled
            | Self::NoApplication
            | Self::Store(_) => false,
        }
    }
}

impl fmt::Display for RestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(code) => match advice(code) {
                Some(Advice { cause, cure }) => {
                    write!(f, "{code}: {cause}: {cure}; until then the portal is not asked")
                }
                None => write!(
                    f,
                    "{code}: the portal gives no tokens any more: have an administrator open the app"
                ),
            },
            Self::Certificate => f.write_str(
                "the certificate is of no authority that this machine trusts: for a portal with an \
                 authority of its own give that one's certificate with --ca-file",
            ),
            Self::Redirected(to) if to.contains("licen") => f.write_str(
                "the portal sends to its licence page: its licence has ended, or its plan has no \
                 REST: renew it",
            ),
            Self::Redirected(_) => f.write_str(
                "the portal sends elsewhere than to another name of its own: check its address, and \
                 whether --portal allows the new one",
            ),
            Self::AnotherApp => f.write_str(
                "the token is another app's or another portal's: use the one that this app's own \
                 page was given",
            ),
            Self::Busy => f.write_str(
                "too many tokens that nobody knows came lately: try again in a few seconds",
            ),
            Self::Refused { code, status, .. } => match advice(code) {
                Some(Advice { cause, cure }) => write!(f, "{code}: {cause}: {cure}"),
                None => write!(
                    f,
                    "{code} (status {status}): the portal refused for a reason this host does not \
                     know: see the REST documentation"
                ),
            },
            Self::Unreachable => {
                f.write_str("nobody answers there: check the network and the portal's address")
            }
            Self::Malformed { status, .. } if *status == 429 || *status == 503 => write!(
                f,
                "the portal is too busy to answer (status {status}): wait a little"
            ),
            Self::Malformed { status, .. } => write!(
                f,
                "the answer (status {status}) is not a portal's: check the portal's address"
            ),
            Self::NotAllowed(why) => {
                write!(
                    f,
                    "the portal may not be called, {why}: name it with --portal"
                )
            }
            Self::NotInstalled => {
                f.write_str("no such portal is known here: install the app on it first")
            }
            Self::NoApplication => f.write_str(
                "the host does not know the app's id and secret: start it with --client-id and \
                 --client-secret-file (or B24_HOST_CLIENT_SECRET)",
            ),
            // What the database says is for the log and the terminal, not for who asked.
            Self::Store(_) => f.write_str("the host's database does not answer: see the host's log"),
        }
    }
}

impl std::error::Error for RestError {}

impl From<StoreError> for RestError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Takes the result out of a portal's answer.
pub(super) fn result_of(answer: Answer) -> Result<Value, RestError> {
    let Answer {
        status,
        mut json,
        wait,
    } = answer;
    if let Some(code) = json.get("error") {
        let mut refusal = RestError::refused(code.as_str().unwrap_or_default(), status);
        if let RestError::Refused { wait: it, .. } = &mut refusal {
            *it = wait;
        }
        return Err(refusal);
    }
    match json.get_mut("result") {
        Some(result) if status < 400 => Ok(result.take()),
        _ => Err(RestError::Malformed { status, wait }),
    }
}

/// How an attempt ended, for the metrics.
pub(super) fn outcome<T>(answer: &Result<T, RestError>) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(error) if error.is_stale_token() => "expired",
        Err(error) if error.is_passing() => "again",
        Err(_) => "refused",
    }
}
