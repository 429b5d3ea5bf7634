//! How often REST and the OAuth servers were asked for what, from the start on.

use std::collections::BTreeMap;

use serde::Serialize;

/// Counts by method, as the faults call them.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Requests {
    total: u64,
    by_method: BTreeMap<String, u64>,
}

impl Requests {
    /// Counts one. Returns its number, from one on.
    pub(crate) fn add(&mut self, method: &str) -> u64 {
        self.total += 1;
        *self.by_method.entry(method.to_owned()).or_default() += 1;
        self.total
    }

    /// How many there were.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// How many there were of a method.
    pub(crate) fn of(&self, method: &str) -> u64 {
        self.by_method.get(method).copied().unwrap_or_default()
    }
}
