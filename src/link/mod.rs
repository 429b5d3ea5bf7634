//! What travels between the hub and its tabs.
//!
//! Each message carries the sender's whole state, numbered, and all that the other side has not yet
//! said it has. So a message may be lost, come twice, or come late: an older state is ignored, and
//! each item is acted upon once, in order.

mod message;
mod outbox;

pub use message::{
    Auth, ForHub, ForTab, HubId, HubState, Seat, TabId, TabState, ToHub, ToTab, decode, encode,
};
pub(crate) use outbox::{Inbox, Outbox};

use std::time::Duration;

/// After this long without an answer a message is sent again.
pub(crate) const RESEND: Duration = Duration::from_secs(1);
/// Whoever has answered nothing for so long is taken for gone.
pub(crate) const SILENT: Duration = Duration::from_secs(10);
