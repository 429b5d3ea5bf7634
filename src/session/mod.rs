//! The operator's calls as a state machine: no I/O, no clock, no JavaScript, no card.
//!
//! A [`Session`] is fed with [`Session::handle_input`] and [`Session::handle_timeout`], and drained
//! with [`Session::poll_output`] and [`Session::poll_timeout`]. Whoever drives it does what comes
//! out, brings back what comes of it, and calls `handle_timeout` when the time has come; drain it
//! after every call. It decides:
//!
//! * what each call's card should show ([`Session::card_order`]), in whichever tabs it stands: that is
//!   derived from the call, and nothing else sets it;
//! * that every registered call is finished once;
//! * that the next call rings, whatever happened to one.

mod backend;
mod errand;
mod heard;
mod io;
mod journal;
mod machine;
mod operator;
mod phone;
mod records;

pub use crate::call::{
    CallEnd, CallPhase, CallRecord, CallSnapshot, CardView, Consultation, Direction, RequestId,
    Talk, TransferPhase,
};
pub use crate::config::{Config, Patience, Records, SecondCall, StatusTexts, TransferMode};
pub use heard::HeardEntry;
pub use io::{CardSeen, DialOptions, Input, News, OperatorAction, Output, PortalAction, Token};
pub use journal::{FinishedEntry, Journal, JournalEnd, JournalEntry};
pub use machine::{CardOrder, Session};
