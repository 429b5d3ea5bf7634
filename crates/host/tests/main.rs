//! All tests of the host in one program: linking each file by itself would take longer than its tests.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

mod address;
mod apps;
mod assets;
#[cfg(unix)]
mod backup;
#[cfg(unix)]
mod binary;
mod bindings;
mod callbacks;
mod calls;
mod deletion;
mod install;
mod keys;
#[cfg(unix)]
mod kills;
mod lines;
mod logs;
mod lookups;
mod loses_nothing;
mod mobile;
mod ops;
mod page;
mod pbx;
mod policy;
mod portal_rate;
mod postgres;
mod posts;
mod regions;
mod rest_limits;
#[cfg(unix)]
mod rest_log;
mod routes_table;
mod security;
#[cfg(unix)]
mod serving;
mod settings;
mod start;
mod status;
mod strangers;
mod support;
mod turn;
