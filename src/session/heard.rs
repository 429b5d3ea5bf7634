//! What has been acted upon already: nothing is done twice, also by the hub after this one.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// For how long a key is remembered: as long as the portal could repeat what it is for.
pub(super) const REMEMBERED_FOR: Duration = Duration::from_secs(48 * 3600);

/// One key, and when it was acted upon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeardEntry {
    /// What it was.
    pub key: String,
    /// When.
    pub at: Instant,
}

/// Keys, the oldest first, and no more of them than a journal should hold.
#[derive(Debug)]
pub(super) struct Heard {
    entries: VecDeque<HeardEntry>,
    most: usize,
}

impl Heard {
    pub(super) fn new(most: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            most,
        }
    }

    /// Whether it is new; from now on it is not.
    pub(super) fn remember(&mut self, now: Instant, key: String) -> bool {
        if self.entries.iter().any(|entry| entry.key == key) {
            return false;
        }
        self.push(HeardEntry { key, at: now });
        true
    }

    /// What the journal knows of an earlier life.
    pub(super) fn recall(&mut self, now: Instant, entries: Vec<HeardEntry>) {
        for entry in entries {
            let known = self.entries.iter().any(|other| other.key == entry.key);
            if !known && now.since(entry.at) <= REMEMBERED_FOR {
                self.push(entry);
            }
        }
    }

    fn push(&mut self, entry: HeardEntry) {
        if self.entries.len() == self.most {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// What the journal is to hold.
    pub(super) fn entries(&self) -> Vec<HeardEntry> {
        self.entries.iter().cloned().collect()
    }
}
