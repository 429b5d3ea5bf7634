//! What portals answer when they refuse, and what to do about it.

use std::{fmt, time::Duration};

use serde_json::Value;

use super::{oauth::LOST_EXCHANGE, transport::Answer};
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

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// What is wrong.
    pub cause: &'static str,
    /// What makes it right.
    pub cure: &'static str,
}

/// Cause and cure of every code that the documentation gives for the methods this host calls.
#[must_use]
pub fn advice(code: &str) -> Option<Advice> {
    let (cause, cure) = match code {
        "EMPTY_ERROR_HANDLER_URL" => (
            "the placement wants OPTIONS[errorHandlerUrl] and got none",
            "give one with --error-handler, or start with --public-url",
        ),
        "ERROR_PLACEMENT_NOT_FOUND" => (
            "the portal has no such placement, or the app lacks the scope that opens it",
            "check the name with `b24-host status`, and give the app the scopes placement and telephony",
        ),
        "ERROR_PLACEMENT_MAX_COUNT" => (
            "the app has a handler in this placement already and may have only one",
            "remove it with `b24-host unbind`, or for one user bind before the handler for everyone",
        ),
        "ERROR_PLACEMENT_USER_MODE" => (
            "the placement takes no handler for a single user",
            "leave --user-id out",
        ),
        "ERROR_PLACEMENT_HANDLER_NOT_FOUND" => (
            "the handler is not bound to this placement",
            "see what is with `b24-host status`",
        ),
        "ERROR_WRONG_HANDLER_URL" => (
            "the portal does not take the handler's address: its host has no dot in it, or is not public",
            "give an address like https://calls.example.com/handler with --public-url",
        ),
        "ERROR_UNSUPPORTED_PROTOCOL" => (
            "the handler's address is neither http nor https",
            "give an https address with --public-url",
        ),
        "ERROR_ARGUMENT" => (
            "a required parameter is missing or has the wrong type",
            "give the placement, its handler and, for PAGE_BACKGROUND_WORKER, --error-handler",
        ),
        "ERROR_CORE" => (
            "the portal could not do it; for a handler: the same address is bound already",
            "compare with `b24-host status`; several users of one placement need addresses that differ, e.g. by a query",
        ),
        "WRONG_AUTH_TYPE" => (
            "the method works in the context of an application only, not with a webhook",
            "install the app on the portal and use its tokens",
        ),
        "ACCESS_DENIED" => (
            "the user is no administrator, or the plan has no REST",
            "have an administrator open the app, and check the portal's plan",
        ),
        "INVALID_CREDENTIALS" | "user_access_error" => (
            "the user may not use the app, or not this method",
            "give the user access to the app in the portal's settings",
        ),
        "insufficient_scope" => (
            "the app lacks a scope that the method needs",
            "give it placement, telephony, pull and contact_center in its card, and install it again",
        ),
        LOST_EXCHANGE => (
            "the answer to an exchange of the refresh token was lost on the way, and the token is spent",
            "have an administrator open any page of the portal",
        ),
        "expired_token" => (
            "the access token has run out and could not be renewed",
            "have an administrator open the app on the portal",
        ),
        "invalid_token" | "NO_AUTH_FOUND" => (
            "the portal does not know the access token",
            "have an administrator open the app on the portal; if it was removed there, install it again",
        ),
        "invalid_grant" => (
            "the refresh token is spent, or belongs to another app",
            "have an administrator open the app on the portal, and check --client-id",
        ),
        "invalid_client" | "wrong_client" | "ERROR_OAUTH" => (
            "the OAuth server does not know the app by its id and secret",
            "check --client-id and --client-secret-file against the app's card",
        ),
        "PAYMENT_REQUIRED" => (
            "the app's subscription has ended on this portal",
            "renew it in the portal's Market",
        ),
        "APPLICATION_NOT_FOUND" | "NOT_INSTALLED" => {
            ("the app is not installed on the portal", "install it there")
        }
        "PORTAL_DELETED" => (
            "the portal is gone",
            "remove it here with `b24-host forget`",
        ),
        "uninstalled" => (
            "the app was removed from the portal, and what operators have saved was to be kept",
            "install it there again, or remove what is left with `b24-host forget`",
        ),
        "QUERY_LIMIT_EXCEEDED" | "OVERLOAD_LIMIT" => (
            "the portal is asked too often",
            "wait; if it goes on, see which other apps share this address",
        ),
        "OPERATION_TIME_LIMIT" => (
            "the method has used up its time on the portal for these ten minutes",
            "wait ten minutes",
        ),
        "INVALID_REQUEST" => (
            "the portal takes requests over https only",
            "use its https address",
        ),
        "ERROR_METHOD_NOT_FOUND" => (
            "the portal does not know the method, or the app lacks its scope",
            "check the app's scopes; a portal on premises may need an update",
        ),
        "COMMAND_ERROR" | "PARAMS_ERROR" | "MODULE_ID_ERROR" => (
            "the signal is malformed",
            "name it with letters, digits and _ : | . - only, and give it an object",
        ),
        "USER_ID_ACCESS_ERROR" => (
            "only an administrator's token may signal other users",
            "have an administrator open the app on the portal",
        ),
        "INTERNAL_SERVER_ERROR" | "ERROR_UNEXPECTED_ANSWER" => (
            "the portal failed",
            "try again; if it goes on, ask Bitrix24's support",
        ),
        _ => return None,
    };
    Some(Advice { cause, cure })
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
