//! The one error of this crate: a cause a caller can act on, and a sentence.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why something failed, as a caller can act on it.
///
/// In JavaScript the same cause is the `code` of a `CallCardError`; see [`ErrorKind::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// BX24.js is missing or refused to start: the page is not in a frame of a portal.
    NotInPlacement,
    /// The page is in a portal's frame, but not in `PAGE_BACKGROUND_WORKER`.
    WrongPlacement,
    /// The portal page has not published the call card's events (no telephony on this page, or a slider).
    InterfaceMissing,
    /// The portal says there is no card, or only one that is not an external call's.
    CardUndefined,
    /// The handle's card is closed; the command was not sent.
    CardClosed,
    /// The portal does not know the card state it was given.
    InvalidUiState,
    /// The portal did not answer in time.
    ReplyTimeout,
    /// The portal, the softphone or the caller sent something of the wrong shape.
    Malformed,
    /// The portal refused a command for a reason of its own.
    Refused,
    /// A REST call failed.
    Rest,
    /// The softphone failed.
    Softphone,
    /// There is no call to act on.
    NoCall,
    /// A call is up already.
    Busy,
    /// The tabs of the browser can't share what should exist once, or not as they should.
    Hub,
}

impl ErrorKind {
    /// The stable code that JavaScript sees, e.g. `CARD_CLOSED`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotInPlacement => "NOT_IN_PLACEMENT",
            Self::WrongPlacement => "WRONG_PLACEMENT",
            Self::InterfaceMissing => "INTERFACE_MISSING",
            Self::CardUndefined => "CARD_UNDEFINED",
            Self::CardClosed => "CARD_CLOSED",
            Self::InvalidUiState => "INVALID_UI_STATE",
            Self::ReplyTimeout => "REPLY_TIMEOUT",
            Self::Malformed => "MALFORMED",
            Self::Refused => "REFUSED",
            Self::Rest => "REST",
            Self::Softphone => "SOFTPHONE",
            Self::NoCall => "NO_CALL",
            Self::Busy => "BUSY",
            Self::Hub => "HUB",
        }
    }
}

/// What the portal or the softphone gave as the reason, by its own code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause<'a> {
    /// Stable, e.g. `UNREGISTERED` or `ERROR_CORE`.
    pub code: &'a str,
    /// A sentence, for people.
    pub message: &'a str,
}

/// What failed: a [kind](ErrorKind) to act on and a sentence that names cause and cure.
///
/// Two errors are equal when their kinds are: the sentence is for people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Error(Box<Told>);

// Behind a box, so that a result that may fail is as small as one that can't: there are many.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Told {
    kind: ErrorKind,
    detail: String,
    /// Empty where nobody gave a reason.
    cause_code: String,
    cause_message: String,
}

impl Error {
    /// An error of this kind; `detail` names cause and cure, and nothing secret.
    #[must_use]
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Told {
            kind,
            detail: detail.into(),
            cause_code: String::new(),
            cause_message: String::new(),
        }))
    }

    /// The same, and what another gave as the reason.
    #[must_use]
    pub fn because(mut self, code: &str, message: &str) -> Self {
        code.clone_into(&mut self.0.cause_code);
        message.clone_into(&mut self.0.cause_message);
        self
    }

    /// The cause, to act on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence, for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What the portal or the softphone gave as the reason, if one of them did. In JavaScript the `cause` of a
    /// `CallCardError`.
    ///
    /// ```
    /// use b24_background_worker::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Softphone, "answer failed (MICROPHONE_DENIED): not allowed")
    ///     .because("MICROPHONE_DENIED", "not allowed");
    /// assert_eq!(error.cause().map(|cause| cause.code), Some("MICROPHONE_DENIED"));
    /// ```
    #[must_use]
    pub fn cause(&self) -> Option<Cause<'_>> {
        let (code, message) = (&*self.0.cause_code, &*self.0.cause_message);
        (!code.is_empty()).then_some(Cause { code, message })
    }

    pub(crate) fn card_closed() -> Self {
        Self::new(
            ErrorKind::CardClosed,
            "this call's card is closed; wait for the next `cardinitialized`",
        )
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        self.0.kind == other.0.kind
    }
}

impl Eq for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.code(), self.0.detail)
    }
}

impl std::error::Error for Error {}
