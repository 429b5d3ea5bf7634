//! A call worker for Bitrix24's `PAGE_BACKGROUND_WORKER` placement.
//!
//! Bitrix24 loads one page of a telephony application into a hidden frame on every portal page.
//! This crate is what runs there: it types the portal's call card, drives a WebRTC softphone, and
//! keeps card, softphone and call record in agreement from the first ring to the recorded end.
//!
//! The layers, each using only those above it:
//!
//! 0. vocabulary: [`card`], [`softphone`], [`rest`], [`quality`], [`signal`]. Plain data: parse and print.
//! 1. [`session`]: the call as a state machine without I/O and without a clock; [`pull`]: the channel
//!    from a backend to the worker, likewise.
//! 2. `browser` (wasm32 only): BX24.js, timers, promises; the Rust API `browser::Worker` and, with
//!    the feature `js`, the JavaScript classes `CallWorker` and `CallCard`.

mod call;
pub mod card;
pub mod config;
mod error;
pub mod hub;
mod lenient;
pub mod link;
pub mod pull;
pub mod quality;
pub mod rest;
pub mod session;
pub mod signal;
pub mod softphone;
pub mod tab;
pub mod time;

#[cfg(target_arch = "wasm32")]
pub mod browser;

pub use error::{Cause, Error, ErrorKind};
