//! A call's record on the portal: opened by `register`, closed by `finish`, each until it is done.

use crate::card::CallId;
use crate::config::Patience;
use crate::rest::RestFailure;
use crate::time::Instant;

/// Names one REST call, so that its answer finds the record it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub(crate) u64);

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// To be registered at this moment, after `tries` failures.
    ToRegister { at: Instant, tries: u32 },
    /// `register` is under way.
    Registering { request: RequestId, tries: u32 },
    /// `register` is under way, and what it opens is somebody else's to close. Its card is heard of by the answer.
    Leaving { request: RequestId },
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
    /// Finished, by us or by somebody who was told so.
    Finished(CallId),
    /// Nothing more is owed: the portal knows no such call or will not be told, or somebody else
    /// keeps the record.
    Closed(Option<CallId>),
}

/// What a failure has come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is tried again by itself.
    TriedAgain,
    /// An earlier try, whose answer was lost, had done it.
    DoneBefore,
    /// That was the last try.
    GivenUp,
}

impl Record {
    pub(crate) fn call_id(&self) -> Option<&CallId> {
        match self {
            Self::Open(call_id)
            | Self::ToFinish { call_id, .. }
            | Self::Finishing { call_id, .. }
            | Self::Finished(call_id) => Some(call_id),
            Self::Closed(call_id) => call_id.as_ref(),
            Self::ToRegister { .. } | Self::Registering { .. } | Self::Leaving { .. } => None,
        }
    }

    /// The REST call this record waits for.
    pub(crate) fn request(&self) -> Option<RequestId> {
        match self {
            Self::Registering { request, .. }
            | Self::Leaving { request }
            | Self::Finishing { request, .. } => Some(*request),
            _ => None,
        }
    }

    /// The moment at which it has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        match self {
            Self::ToRegister { at, .. } | Self::ToFinish { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// Nothing more will happen to it.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self, Self::Finished(_) | Self::Closed(_))
    }

    /// The portal has opened it.
    pub(crate) fn registered(&mut self, call_id: CallId) {
        *self = match self {
            Self::Leaving { .. } => Self::Closed(Some(call_id)),
            _ => Self::Open(call_id),
        };
    }

    /// Somebody else keeps it.
    pub(crate) fn leave(&mut self) {
        *self = match self {
            Self::Registering { request, .. } | Self::Leaving { request } => {
                Self::Leaving { request: *request }
            }
            _ => Self::Closed(self.call_id().cloned()),
        };
    }

    /// Whether nothing of it is ours to do.
    pub(crate) fn is_left(&self) -> bool {
        matches!(self, Self::Leaving { .. })
    }

    /// What it waited for is asked of the portal.
    pub(crate) fn sent(&mut self, request: RequestId) {
        *self = match std::mem::replace(self, Self::Closed(None)) {
            Self::ToRegister { tries, .. } => Self::Registering { request, tries },
            Self::Open(call_id) => Self::Finishing {
                call_id,
                request,
                tries: 0,
            },
            Self::ToFinish { call_id, tries, .. } => Self::Finishing {
                call_id,
                request,
                tries,
            },
            other => other,
        };
    }

    /// Nothing is waited for any more: whatever is owed is sent now.
    pub(crate) fn hurry(&mut self, now: Instant) {
        if let Self::ToFinish { at, .. } | Self::ToRegister { at, .. } = self {
            *at = now;
        }
    }

    /// The REST call it waits for has failed. `give_up`: the moment after which it is not tried again.
    pub(crate) fn fail(
        &mut self,
        now: Instant,
        failure: &RestFailure,
        patience: &Patience,
        give_up: Instant,
    ) -> Verdict {
        let tries = match self {
            Self::Registering { tries, .. } | Self::Finishing { tries, .. } => *tries + 1,
            _ => return Verdict::TriedAgain,
        };
        let at = now + patience.backoff(tries).max(failure.wait());
        let again = failure.is_passing() && at < give_up;
        let mut verdict = Verdict::GivenUp;
        *self = match std::mem::replace(self, Self::Closed(None)) {
            Self::Registering { .. } if again => Self::ToRegister { at, tries },
            Self::Finishing { call_id, .. } if again => Self::ToFinish { call_id, at, tries },
            // An earlier try that was never answered may have done it: then the portal no longer
            // knows the call, and that is what it says now.
            Self::Finishing { call_id, .. } if tries > 1 && !failure.is_passing() => {
                verdict = Verdict::DoneBefore;
                Self::Finished(call_id)
            }
            Self::Finishing { call_id, .. } => Self::Closed(Some(call_id)),
            _ => Self::Closed(None),
        };
        if again {
            verdict = Verdict::TriedAgain;
        }
        verdict
    }
}
