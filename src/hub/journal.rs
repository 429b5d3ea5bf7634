//! When the journal is written.

use std::time::Duration;

use super::io::Output;
use super::machine::Hub;
use crate::time::Instant;

/// How often it says that a call still lives: its duration would be right to that.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(5);

impl Hub {
    /// Written before what it is about is sent, and again while a call lives.
    pub(super) fn settle_journal(&mut self, now: Instant) {
        let mut journal = self.session.journal(now);
        journal.calls.extend(self.inherited.iter().cloned());
        let entries = &mut journal.calls;
        self.kept
            .retain(|kept| entries.iter().any(|entry| entry.is_about(&kept.call_id)));
        for entry in entries {
            let its = self.kept.iter().filter(|it| entry.is_about(&it.call_id));
            entry.kept = its.cloned().collect();
        }
        let unchanged = journal.says_the_same(&self.journal);
        let alive = !self.session.is_idle() && now >= self.journal_at + HEARTBEAT;
        if !unchanged || (alive && !journal.calls.is_empty()) {
            self.outputs.push_back(Output::Journal(journal.clone()));
        }
        if !unchanged || alive {
            self.journal = journal;
            self.journal_at = now;
        }
    }
}
