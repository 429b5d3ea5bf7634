//! The portal's pull channel: how a backend reaches the worker in the operator's browser.
//!
//! [`Config`] says where to listen, [`Message`] is what comes, and [`Channel`] keeps listening,
//! whatever happens to the connection. None of them does I/O: a driver fetches configurations,
//! opens sockets and polls, as [`Output`] asks.
//!
//! Sources: [pull.application.config.get](https://apidocs.bitrix24.com/settings/interactivity/push-and-pull/pull-application-config-get.html),
//! [custom client](https://apidocs.bitrix24.com/settings/interactivity/custom-push-and-pull-client.html).

mod channel;
mod config;
mod message;
mod patience;

pub use channel::{Channel, Input, Output};
pub use config::Config;
pub use message::{Message, ParseJson, read};
pub(crate) use message::{number, text};
