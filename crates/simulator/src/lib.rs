//! A stand-in for a Bitrix24 portal on one's own machine: the binary `b24-simulator`, and the same in
//! a test's own process ([`Simulator`]).
//!
//! It serves a portal page that loads an app's handler into a hidden frame the way the
//! portal does, speaks the portal's message protocol with it, shows the call card, answers
//! the REST methods a telephony app needs, and plays the customer's phone. Everything in it
//! can be driven over HTTP: see `docs/simulator.md`.
//!
//! It knows nothing of the worker's types. Two ends that share a type agree on a misspelt key.

mod ajax;
mod app;
mod assets;
mod calls;
mod clock;
mod cloud;
mod directory;
mod faults;
mod hub;
mod journal;
mod mask;
mod oauth;
mod options;
mod pages;
mod phone;
mod portal;
mod pull;
mod requests;
mod rest;
mod script;
mod server;
mod simulator;
mod tls;
mod tokens;

pub use options::Cli;
pub use simulator::{Server, Simulator};
