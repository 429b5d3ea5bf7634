//! A call's record on the portal: opened by `register`, closed by `finish`, each until it is done.

use super::Instant;
use super::config::Patience;
use crate::card::CallId;
use crate::rest::RestFailure;

/// Names one REST call of the session, so that its answer finds the record it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub(super) u64);

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    /// To be registered at this moment, after `tries` failures.
    ToRegister { at: Instant, tries: u32 },
    /// `register` is under way.
    Registering { request: RequestId, tries: u32 },
    /// Registered.
    Open(CallId),
    /// To be finished at this moment, after `tries` failures.
    ToFinish {
        call_id: CallId,
        at: Instant,
        tries: u32,
    },
    /// `finish` is under way.
    Finishing {
        call_id: CallId,
        request: RequestId,
        tries: u32,
    },
    /// Finished.
    Finished(CallId),
    /// Given up: the portal knows no such call, or will not be told.
    Lost,
}

/// What a failure has come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is tried again by itself.
    TriedAgain,
    /// That was the last try.
    GivenUp,
}

impl Record {
    pub(super) fn call_id(&self) -> Option<&CallId> {
        match self {
            Self::Open(call_id)
            | Self::ToFinish { call_id, .. }
            | Self::Finishing { call_id, .. }
            | Self::Finished(call_id) => Some(call_id),
            Self::ToRegister { .. } | Self::Registering { .. } | Self::Lost => None,
        }
    }

    /// The REST call this record waits for.
    pub(super) fn request(&self) -> Option<RequestId> {
        match self {
            Self::Registering { request, .. } | Self::Finishing { request, .. } => Some(*request),
            _ => None,
        }
    }

    /// The moment at which it has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        match self {
            Self::ToRegister { at, .. } | Self::ToFinish { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// Nothing more will happen to it.
    pub(super) fn is_settled(&self) -> bool {
        matches!(self, Self::Finished(_) | Self::Lost)
    }

    /// The REST call it waits for has failed.
    pub(super) fn fail(
        &mut self,
        now: Instant,
        failure: &RestFailure,
        patience: &Patience,
    ) -> Verdict {
        let (tries, most) = match self {
            Self::Registering { tries, .. } => (*tries + 1, patience.register_tries),
            Self::Finishing { tries, .. } => (*tries + 1, patience.finish_tries),
            _ => return Verdict::TriedAgain,
        };
        let again = failure.is_passing() && tries < most;
        let at = now + patience.backoff(tries);
        *self = match std::mem::replace(self, Self::Lost) {
            Self::Registering { .. } if again => Self::ToRegister { at, tries },
            Self::Finishing { call_id, .. } if again => Self::ToFinish { call_id, at, tries },
            // An earlier try that was never answered may have done it: then the portal no longer
            // knows the call, and that is what it says now.
            Self::Finishing { call_id, .. } if tries > 1 && !failure.is_passing() => {
                Self::Finished(call_id)
            }
            _ => Self::Lost,
        };
        if again || matches!(self, Self::Finished(_)) {
            Verdict::TriedAgain
        } else {
            Verdict::GivenUp
        }
    }
}
