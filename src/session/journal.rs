//! What must be known of the calls should everything here be gone before they are over and their records closed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::heard::HeardEntry;
use super::machine::Session;
use crate::call::{Call, Direction, Leg, Origin, Outcome, Talk};
use crate::card::CallId;
use crate::error::{Error, ErrorKind};
use crate::rest::{RecordDetails, StatusCode};
use crate::softphone::{KeptCall, PhoneCallId};
use crate::time::Instant;

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Journal {
    /// The calls whose records are not closed.
    pub calls: Vec<JournalEntry>,
    /// The last calls whose records are: a card of one that is seen again is no click on a number.
    pub finished: Vec<FinishedEntry>,
    /// The signals and clicks that were acted upon.
    pub heard: Vec<HeardEntry>,
    /// What the application has done once.
    pub once: Vec<HeardEntry>,
}

impl Journal {
    /// Whether the other says the same, but for when each was last known to be so.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let same = |(a, b): (&JournalEntry, &JournalEntry)| {
            let at = b.at;
            JournalEntry { at, ..a.clone() } == *b
        };
        self.calls.len() == other.calls.len()
            && self.calls.iter().zip(&other.calls).all(same)
            && self.finished == other.finished
            && self.heard == other.heard
            && self.once == other.once
    }
}

/// A call that is recorded, or whose record is not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishedEntry {
    /// The call.
    pub call_id: CallId,
    /// When that was known.
    pub at: Instant,
    /// `finish` takes its card away, whoever sends it.
    pub taken_away: bool,
}

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
    /// When `register` was sent first.
    pub asked: Option<Instant>,
    /// When the two sides began to talk.
    pub since: Option<Instant>,
    /// How it ended, if it has.
    pub end: Option<JournalEnd>,
    /// When this was last known to be so.
    pub at: Instant,
    /// Whether somebody else keeps its record.
    pub by_backend: bool,
    /// What is known of it while the two sides talk.
    pub talk: Option<Talk>,
    /// What else belongs on its record.
    #[serde(default)]
    pub details: RecordDetails,
    /// What the softphone has kept of it and of its consultation.
    pub kept: Vec<KeptCall>,
}

impl JournalEntry {
    /// The softphone's calls that it is about.
    #[must_use]
    pub fn is_about(&self, call: &PhoneCallId) -> bool {
        let talk = self.talk.as_ref();
        let consultation = talk.and_then(|talk| talk.consultation.as_ref());
        self.phone_call_id == *call || consultation.is_some_and(|it| it.call == *call)
    }
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
    /// What a journal should hold now. A call is written before `register` is sent, and stays until
    /// `finish` is answered.
    #[must_use]
    pub fn journal(&self, now: Instant) -> Journal {
        let owed = |call: &&Call| !call.record().is_settled() || call.talk().is_some();
        let owed = self.calls().filter(owed);
        Journal {
            calls: owed.map(|call| entry(call, now)).collect(),
            finished: self.finished().cloned().collect(),
            heard: self.heard.entries(),
            once: self.once.entries(),
        }
    }

    /// Whether this call of the softphone's waits for another softphone to take it up.
    #[must_use]
    pub fn is_lost(&self, call: &PhoneCallId) -> bool {
        let lost = self.call.as_ref().filter(|call| call.is_lost());
        lost.is_some_and(|lost| {
            let consultation = lost.consultation();
            lost.phone_id() == call || consultation.is_some_and(|it| it.call == *call)
        })
    }

    /// A softphone is taking the lost call up: it may take its time.
    pub fn is_taken_up(&mut self, now: Instant) {
        let deadline = now + self.config.patience.away;
        if let Some(call) = &mut self.call {
            call.wait_until(deadline);
        }
    }

    /// What a session before this one has done is not done again. Gives the calls that it has left, for
    /// [`Session::take_over`].
    pub fn recall(&mut self, now: Instant, journal: Journal) -> Vec<JournalEntry> {
        self.recall_finished(now, journal.finished);
        self.heard.recall(now, journal.heard);
        self.once.recall(now, journal.once);
        journal.calls
    }

    /// Closes the records that a session before this one has left open: whoever had its calls is gone. A
    /// call of which enough is kept goes on, once a softphone has taken it up. The
    /// operator must be known by then, for a record is finished in their name.
    pub fn take_over(&mut self, now: Instant, calls: Vec<JournalEntry>) {
        let patience = self.config.patience;
        for entry in calls {
            if self.calls().any(|call| call.has_name(&entry.external_id)) {
                continue;
            }
            if self.call.is_none()
                && let Some(call) = still_there(&entry, now, patience.away)
            {
                let kept = entry.kept.into_iter();
                self.left = kept.map(|kept| kept.call_id).collect();
                self.call = Some(call);
                continue;
            }
            if entry.by_backend {
                continue;
            }
            if now.since(entry.at) > patience.finish_for {
                self.push_error(Error::new(
                    ErrorKind::Rest,
                    "a call's record could not be finished for two days; it stays open on the portal",
                ));
                continue;
            }
            // The portal knows it by its name for half an hour only: asked again later, it would open another.
            let lost = |asked: Instant| now.since(asked) > patience.register_for;
            if entry.call_id.is_none() && entry.asked.is_some_and(lost) {
                self.push_error(Error::new(
                    ErrorKind::Rest,
                    "whether a call was registered was not heard in time; its record may stay open on the portal",
                ));
                continue;
            }
            let told = entry.end.is_some();
            let call = left_open(entry).without_card();
            if told {
                self.closing.push(call);
            } else {
                self.close(call);
            }
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
        number: call.number_for_record().cloned(),
        line: call.line().cloned(),
        began: call.began(),
        asked: call.asked_at(),
        since: call.leg().since(),
        end: call.outcome().map(|outcome| JournalEnd {
            at: outcome.at,
            duration: outcome.duration,
            status: outcome.status,
            reason: outcome.reason.clone(),
        }),
        at: call.last_heard(now),
        by_backend: call.record().is_settled() || call.record().is_left(),
        talk: call.talk(),
        details: call.details().clone(),
        kept: Vec::new(),
    }
}

/// The call, if its far end may still talk and enough is kept to take it up.
fn still_there(entry: &JournalEntry, now: Instant, grace: Duration) -> Option<Call> {
    let since = entry.since.filter(|_| entry.end.is_none())?;
    let kept = |kept: &KeptCall| kept.call_id == entry.phone_call_id;
    if !entry.kept.iter().any(kept) || now.since(entry.at) > grace {
        return None;
    }
    let talk = entry.talk.clone()?;
    let leg = Leg::Lost {
        since,
        at: entry.at,
        deadline: now + grace,
    };
    let mut call = of_journal(entry.clone(), leg).with_talk(talk);
    if entry.by_backend {
        call.leave_record();
    }
    Some(call)
}

/// The call as it was when it was last heard of, and over since then.
fn left_open(entry: JournalEntry) -> Call {
    let (at, since, direction) = (entry.at, entry.since, entry.direction);
    let end = entry.end.clone().unwrap_or_else(|| JournalEnd {
        at,
        duration: since.map(|since| at.since(since)).unwrap_or_default(),
        status: match (since, direction) {
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
    of_journal(entry, Leg::Over(outcome))
}

fn of_journal(entry: JournalEntry, leg: Leg) -> Call {
    let asked = entry.asked;
    let origin = Origin {
        number: entry.number,
        line: entry.line,
        call_id: entry.call_id,
        ..Origin::default()
    };
    let mut call = Call::of_journal(
        entry.began,
        entry.direction,
        entry.phone_call_id,
        entry.external_id,
        origin,
        leg,
    );
    call.add_details(&entry.details);
    call.registrable().asked_before(asked)
}
