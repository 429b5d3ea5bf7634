//! What must be known of the calls should everything here be gone before their records are closed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::machine::Session;
use crate::call::{Call, Direction, Origin, Outcome};
use crate::card::CallId;
use crate::error::ErrorKind;
use crate::rest::StatusCode;
use crate::softphone::PhoneCallId;
use crate::time::Instant;

/// One call whose record is not closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The name the portal knows it by, or will.
    pub external_id: String,
    /// The portal's own, once it is registered.
    pub call_id: Option<CallId>,
    /// The softphone's name of it.
    pub phone_call_id: PhoneCallId,
    /// Who called whom.
    pub direction: Direction,
    /// The other side's number.
    pub number: Option<String>,
    /// The line of the call.
    pub line: Option<String>,
    /// When it began.
    pub began: Instant,
    /// When the two sides began to talk.
    pub since: Option<Instant>,
    /// How it ended, if it has.
    pub end: Option<JournalEnd>,
    /// When this was last known to be so.
    pub at: Instant,
}

/// How a call of the journal ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEnd {
    /// When.
    pub at: Instant,
    /// How long the two sides talked.
    pub duration: Duration,
    /// How it went.
    pub status: StatusCode,
    /// Why it failed.
    pub reason: Option<String>,
}

impl Session {
    /// What a journal should hold now: each call whose record is not closed. It is written before
    /// `register` is sent, and an entry stays until `finish` is answered.
    #[must_use]
    pub fn journal(&self, now: Instant) -> Vec<JournalEntry> {
        let owed = self.calls().filter(|call| !call.record().is_settled());
        owed.map(|call| entry(call, now)).collect()
    }

    /// Closes the records that a session before this one has left open: whoever had its calls is gone.
    pub fn take_over(&mut self, now: Instant, entries: Vec<JournalEntry>) {
        let patience = self.config.patience;
        for entry in entries {
            if self.calls().any(|call| call.has_name(&entry.external_id)) {
                continue;
            }
            if now.since(entry.at) > patience.finish_for {
                self.push_error(
                    ErrorKind::Rest,
                    "a call's record could not be finished for two days; it stays open on the portal",
                );
                continue;
            }
            let call = left_open(entry);
            self.close(call.without_card());
        }
        self.settle_records(now);
    }
}

fn entry(call: &Call, now: Instant) -> JournalEntry {
    JournalEntry {
        external_id: call.external_id().to_owned(),
        call_id: call.call_id().cloned(),
        phone_call_id: call.phone_id().clone(),
        direction: call.direction(),
        number: call.number().cloned(),
        line: call.line().cloned(),
        began: call.began(),
        since: call.leg().since(),
        end: call.outcome().map(|outcome| JournalEnd {
            at: outcome.at,
            duration: outcome.duration,
            status: outcome.status,
            reason: outcome.reason.clone(),
        }),
        at: now,
    }
}

/// The call as it was when it was last heard of, and over since then.
fn left_open(entry: JournalEntry) -> Call {
    let origin = Origin {
        number: entry.number,
        line: entry.line,
        call_id: entry.call_id,
        ..Origin::default()
    };
    let end = entry.end.unwrap_or_else(|| JournalEnd {
        at: entry.at,
        duration: entry
            .since
            .map(|since| entry.at.since(since))
            .unwrap_or_default(),
        status: match (entry.since, entry.direction) {
            (Some(_), _) => StatusCode::Success,
            (None, Direction::Incoming) => StatusCode::Missed,
            (None, Direction::Outgoing) => StatusCode::Cancelled,
        },
        reason: None,
    });
    let outcome = Outcome {
        at: end.at,
        duration: end.duration,
        status: end.status,
        reason: end.reason,
        aftermath: None,
    };
    Call::over(
        entry.began,
        entry.direction,
        entry.phone_call_id,
        entry.external_id,
        origin,
        outcome,
    )
}
