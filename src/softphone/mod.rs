//! The softphone, in telephony's words: what it is asked, what it tells, why a call ends.
//!
//! The same vocabulary as the adapter interface `www/softphone.d.ts`.

mod action;
mod end_cause;
mod event;
mod headers;
mod kept;

pub use action::{PhoneAction, PhoneActionKind};
pub use end_cause::{EndCause, EndedBy};
pub use event::{PhoneCallId, PhoneEvent};
pub use headers::Headers;
pub use kept::KeptCall;
