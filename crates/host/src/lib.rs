//! The host of a Bitrix24 background worker: it answers the portal's form POST with the
//! handler page and serves the assets the page asks for.
//!
//! The portal measures how long the handler takes to load, so the page is rendered from
//! memory: everything that can fail is read and checked once, at start.
//!
//! The binary `b24-host` is a thin shell around [`site::Site`] and [`web::routes::router`].

pub mod app;
pub mod backend;
pub mod backup;
pub mod certificate;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dist;
pub mod key;
pub mod lines;
pub mod metrics;
pub mod option_types;
pub mod origin;
pub mod rest;
pub mod seal;
pub mod secret;
pub mod site;
pub mod start_error;
pub mod store;
pub mod turn;
pub mod web;
