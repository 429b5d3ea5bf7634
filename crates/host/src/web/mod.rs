//! The addresses of the app's life: install, events, deletion notices, settings, signals, and
//! what operations look at.

pub mod bearer;
pub mod deletion;
pub mod events;
pub mod form;
pub mod install;
pub mod limit;
pub mod ops;
pub mod pages;
pub mod settings;
pub mod signals;
