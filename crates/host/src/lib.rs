//! The host of a Bitrix24 background worker: it answers the portal's form POST with the
//! handler page and serves the assets the page asks for.
//!
//! The portal measures how long the handler takes to load, so the page is rendered from
//! memory: everything that can fail is read and checked once, at start.
//!
//! The binary `b24-host` is a thin shell around [`site::Site`] and [`routes::router`].

pub mod app;
pub mod assets;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod csp;
pub mod dist;
pub mod handler;
pub mod key;
pub mod life;
pub mod metrics;
pub mod origin;
pub mod page;
pub mod placement_post;
pub mod refusal;
pub mod request_log;
pub mod rest;
pub mod routes;
pub mod seal;
pub mod secret;
pub mod site;
pub mod start_error;
pub mod store;
pub mod web;
