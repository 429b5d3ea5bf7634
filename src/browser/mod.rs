//! The edge: BX24.js, timers, promises and the softphone, carried to and from
//! [tab](crate::tab) and [hub](crate::hub).
//!
//! Start a [`Worker`] with a [`Softphone`]; listen to its [`Events`]. JavaScript does the same
//! through the class `CallWorker` (feature `js`).

mod card;
mod clock;
mod driver;
mod engine;
mod env;
#[cfg(feature = "js")]
mod exports;
mod from_js;
mod hub_driver;
#[cfg(feature = "js-hub")]
mod hub_exports;
#[cfg(feature = "js-hub")]
mod hub_phone;
mod journal;
mod js_error;
#[cfg(feature = "js")]
mod js_softphones;
#[cfg(feature = "js")]
mod listeners;
mod options;
mod page;
mod patient;
mod placement;
#[cfg_attr(not(feature = "js-hub"), allow(dead_code))] // a page has no need of `fetch`
mod portal;
mod pull;
mod reach;
mod rest;
mod softphone;
mod stats;
mod sys;
mod to_js;
mod worker;

pub use card::CallCard;
pub use options::Options;
pub use placement::{
    Auth, PageOptions, close_application, domain, language, open_application, open_path,
    placement_options, refresh_auth,
};
pub use rest::{call_batch, call_method};
pub use softphone::{Counted, Done, Emitter, JsSoftphone, Made, Resolved, Softphone};
pub use worker::{Events, Worker, WorkerEvent};
