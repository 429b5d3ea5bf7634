//! The edge: BX24.js, timers, promises and the softphone, carried to and from the
//! [session](crate::session).
//!
//! Start a [`Worker`] with a [`Softphone`]; listen to its [`Events`]. JavaScript does the same
//! through the class `CallWorker` (feature `js`).

mod card;
mod claims;
mod clock;
mod driver;
#[cfg(feature = "js")]
mod exports;
mod js_error;
mod patient;
mod placement;
mod pull;
mod rest;
mod softphone;
mod stats;
mod sys;
mod worker;

pub use card::CallCard;
pub use placement::{
    Auth, close_application, domain, language, open_application, open_path, refresh_auth,
};
pub use rest::{call_batch, call_method};
pub use softphone::{Counted, Done, Emitter, JsSoftphone, Resolved, Softphone};
pub use worker::{Events, Options, Worker, WorkerEvent};
