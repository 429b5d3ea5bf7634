//! All addresses of the host: the pages and their assets, what portals post, what operators'
//! pages ask, and what operations look at.

pub mod assets;
pub mod bearer;
pub mod client;
pub mod csp;
pub mod deletion;
pub mod error_codes;
pub mod events;
pub mod form;
pub mod handler;
pub mod install;
pub mod limit;
pub mod ops;
pub mod page;
pub mod pages;
pub mod pbx;
pub mod placement_post;
pub mod refusal;
pub mod request_log;
pub mod room;
pub mod routes;
pub mod serve;
pub mod service_worker;
pub mod settings;
pub mod signals;
pub mod taken;
pub mod turn;
