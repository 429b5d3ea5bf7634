//! The call as a state machine: no I/O, no clock, no JavaScript.
//!
//! A [`Session`] is fed with [`Session::handle_input`] and [`Session::handle_timeout`], and drained
//! with [`Session::poll_output`] and [`Session::poll_timeout`]. Whoever drives it does what comes
//! out, brings back what comes of it, and calls `handle_timeout` when the time has come; drain it
//! after every call. Everything the worker promises about calls is decided here:
//!
//! * a card command is sent only while there is a card, and only to the card it was meant for;
//! * card, softphone and call record agree: the card shows what is derived from
//!   the call, and nothing else sets it;
//! * every registered call is finished once;
//! * whatever happened to a call, the next one rings.

mod call;
mod card_handle;
mod config;
mod errand;
mod io;
mod machine;
mod operator;
mod page_card;
mod phone;
mod record;
mod records;
mod sound;
mod time;
mod toggle;
mod transfer;
mod view;

pub use call::{CallPhase, CallSnapshot, Direction};
pub use card_handle::{CardHandle, CardRequest, CardSerial};
pub use config::{Config, Patience, SecondCall, StatusTexts, TransferMode};
#[cfg(target_arch = "wasm32")]
pub(crate) use errand::claim_of_call;
pub use io::{AppEvent, CallEnd, Input, OperatorAction, Output, PortalAction, Token};
pub use machine::Session;
pub use record::RequestId;
pub use time::Instant;
pub use transfer::TransferPhase;
