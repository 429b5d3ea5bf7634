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
