//! What is kept of a call, so that another softphone can take it up when its own is gone.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PhoneCallId;

/// What another softphone must know to take a call up. Only softphones read it; to all others it is
/// a key to the call: whoever has it can take the call. So it is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCall {
    /// The call.
    pub call_id: PhoneCallId,
    /// JSON of the adapter's own.
    pub snapshot: String,
}

impl fmt::Debug for KeptCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptCall")
            .field("call_id", &self.call_id)
            .finish_non_exhaustive()
    }
}
