//! The message log: every message in both directions, REST, pushes and the load clock.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Older entries are forgotten.
const KEPT: usize = 5_000;
/// Longer texts are cut.
const LONGEST: usize = 2_000;

/// One line of the log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Entry {
    /// Counts up from 1 without gaps.
    pub(crate) n: u64,
    /// Milliseconds since 1970 by the machine's clock.
    pub(crate) at: u64,
    /// The page, `p1`; empty for the server's own.
    pub(crate) page: String,
    /// The frame's APP_SID; empty where no frame is concerned.
    pub(crate) sid: String,
    /// `in` frame to portal, `out` portal to frame, `rest`, `push`, `pull`, `event`, `clock`, `phone`, `note`.
    pub(crate) kind: String,
    /// Command, event, REST method or push command.
    pub(crate) name: String,
    /// The message as it was, tokens masked.
    pub(crate) text: String,
}

impl Entry {
    /// An entry of the server's own.
    pub(crate) fn new(kind: &str, name: &str, text: impl Into<String>) -> Entry {
        Entry {
            kind: kind.into(),
            name: name.into(),
            text: text.into(),
            ..Entry::default()
        }
    }
}

/// The last entries, numbered.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Journal {
    /// Numbers, masks and keeps an entry.
    pub(crate) fn add(&mut self, mut entry: Entry, now_ms: u64) -> Entry {
        self.last += 1;
        entry.n = self.last;
        entry.at = now_ms;
        entry.text = crate::mask::text(&entry.text);
        if let Some((end, _)) = entry.text.char_indices().nth(LONGEST) {
            entry.text.truncate(end);
            entry.text.push('…');
        }
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry.clone());
        entry
    }

    /// The entries after number `since`.
    pub(crate) fn since(&self, since: u64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.n > since)
    }

    /// The number of the newest entry.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }
}
