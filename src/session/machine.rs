//! The machine itself: inputs change the calls, and after each input [`Session::settle`] brings the
//! records into line with them.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::heard::{Heard, REMEMBERED_FOR};
use super::io::{CardSeen, Input, News, Output};
use super::journal::FinishedEntry;
use crate::call::{Call, CallSnapshot, CardView, Leg};
use crate::card::CallId;
use crate::config::{Config, Records};
use crate::error::Error;
use crate::softphone::{EndCause, PhoneAction, PhoneActionKind, PhoneCallId};
use crate::time::Instant;

/// How many finished calls are remembered, to close a card that appears after its call's end.
const REMEMBERED: usize = 16;
/// How many signals and clicks are, so that none is acted upon twice.
const HEARD: usize = 64;
/// How many of the application's keys are (see [`Session::once`]).
const ONCE: usize = 256;

/// For how long the portal keeps the card of a finished call for the comment that is being written,
/// and a little more.
const COMMENT: Duration = Duration::from_secs(70);

/// The operator's calls. See the [module](super).
#[derive(Debug)]
pub struct Session {
    pub(super) config: Config,
    pub(super) call: Option<Call>,
    /// Callers that wait for the call to end, with [`SecondCall::Wait`](crate::config::SecondCall::Wait).
    pub(super) waiting: VecDeque<Call>,
    /// Calls that are over; their records are being closed.
    pub(super) closing: Vec<Call>,
    finished: VecDeque<FinishedEntry>,
    /// What others have asked for already.
    pub(super) heard: Heard,
    /// What the application does once.
    pub(super) once: Heard,
    /// Cards that may be a click on a number, or those of a call that has no name yet.
    pub(super) unsure: Vec<(Instant, CardSeen)>,
    outputs: VecDeque<Output>,
    registered: bool,
    /// Calls of a softphone that is gone: another one may take them up, wanted or not.
    pub(super) left: Vec<PhoneCallId>,
    calls: u64,
    requests: u64,
    questions: u64,
}

/// What becomes of the cards of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CardOrder {
    /// They show this.
    Show(CardView),
    /// They stay as they are: the call is ending, or `finish` is taking them away.
    Keep,
    /// They are closed.
    Close,
}

impl Session {
    /// A session without a call.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            call: None,
            waiting: VecDeque::new(),
            closing: Vec::new(),
            finished: VecDeque::new(),
            heard: Heard::new(HEARD),
            once: Heard::new(ONCE),
            unsure: Vec::new(),
            outputs: VecDeque::new(),
            registered: false,
            left: Vec::new(),
            calls: 0,
            requests: 0,
            questions: 0,
        }
    }

    /// The call, if there is one.
    #[must_use]
    pub fn call(&self) -> Option<CallSnapshot> {
        self.call.as_ref().map(Call::snapshot)
    }

    /// Whether the softphone says that calls can come and go.
    #[must_use]
    pub fn registered(&self) -> bool {
        self.registered
    }

    /// Whether nothing would be lost if the configuration or the softphone changed now.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.call.is_none() && self.waiting.is_empty()
    }

    /// How calls are treated from now on.
    pub fn configure(&mut self, config: Config) {
        self.config = config;
    }

    /// How calls are treated.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What becomes of the cards of this call; `None` for a call that is none of ours.
    #[must_use]
    pub fn card_order(&self, now: Instant, call_id: &CallId) -> Option<CardOrder> {
        if let Some(call) = self.call.as_ref().filter(|call| call.is(call_id)) {
            let view = call.card_view(&self.config, !self.waiting.is_empty());
            return Some(view.map_or(CardOrder::Keep, CardOrder::Show));
        }
        let closes = self.card_closes_at(call_id)?;
        Some(if closes <= now {
            CardOrder::Close
        } else {
            CardOrder::Keep
        })
    }

    /// When a card of this call, which is over, is closed. `finish` takes it away, and keeps what the
    /// operator is writing for 65 s; only where that fails it is closed without it.
    #[must_use]
    pub fn card_closes_at(&self, call_id: &CallId) -> Option<Instant> {
        if let Some(call) = self.closing.iter().find(|call| call.is(call_id)) {
            let over = call
                .outcome()
                .map_or(Instant::default(), |outcome| outcome.at);
            return Some(over + self.config.patience.card_kept);
        }
        let finished = self.finished.iter().find(|it| it.call_id == *call_id)?;
        let kept = if finished.taken_away {
            COMMENT
        } else {
            Duration::ZERO
        };
        Some(finished.at + kept)
    }

    /// When this call, which is over, ended.
    #[must_use]
    pub fn over_at(&self, call_id: &CallId) -> Option<Instant> {
        let closing = self.closing.iter().find(|call| call.is(call_id));
        let closing = closing.and_then(Call::outcome).map(|outcome| outcome.at);
        let finished = || self.finished.iter().find(|it| it.call_id == *call_id);
        closing.or_else(|| finished().map(|finished| finished.at))
    }

    /// The call that is to have a card now.
    #[must_use]
    pub fn wants_card(&self) -> Option<CallId> {
        let call = self.call.as_ref().filter(|call| call.wants_card())?;
        let shown = call.is_alive() || !call.is_closed();
        call.call_id().filter(|_| shown).cloned()
    }

    /// Something has happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::CardSeen(card) => self.handle_card_seen(now, now, card),
            Input::Click { call_id, action } => self.handle_click(now, &call_id, action),
            Input::Operator { action, token } => {
                let result = self.handle_operator(now, action);
                self.push(Output::Answer { token, result });
            }
            Input::Phone(event) => self.handle_phone(now, event),
            Input::PhoneFailed { action, cause } => self.handle_phone_failure(now, &action, &cause),
            Input::PhoneGone { cause, kept } => self.handle_phone_gone(now, &cause, &kept),
            Input::MediaMoved => {
                if let Some(call) = &mut self.call {
                    call.media_moved(now);
                }
            }
            Input::Resolved { question, result } => {
                let consultation = self.new_phone_id();
                let config = &self.config;
                let call = self.call.as_mut();
                let action = call.and_then(|call| {
                    call.transfer_resolved(now, question, result, consultation, config)
                });
                self.phone(action);
            }
            Input::Stats { call, counters } => self.handle_stats(now, &call, counters),
            Input::Rest { id, result } => {
                self.handle_rest(now, id, result);
                self.reconsider_cards(now);
            }
            Input::Signal(signal) => self.handle_signal(now, signal),
            Input::Leave(cause) => self.leave(now, &cause),
        }
        self.settle(now);
    }

    /// The moment of [`Session::poll_timeout`] may have come; a call too early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        let due = |at: &Instant| *at <= now;
        if let Some(call) = &mut self.call {
            match call.leg() {
                Leg::Ending { deadline, .. } if due(deadline) => {
                    self.end_call(now, &EndCause::local());
                }
                Leg::Lost { deadline, .. } if due(deadline) => {
                    let hang_up = PhoneActionKind::HangUp.of(call.phone_id());
                    self.phone([hang_up]);
                    self.end_call(
                        now,
                        &EndCause::error(EndCause::PAGE_GONE, "Nobody took the call up"),
                    );
                }
                Leg::Ready { until, .. }
                    if call.call_id().is_none() && until.as_ref().is_some_and(due) =>
                {
                    self.abandon_unregistered(now);
                }
                Leg::Over(outcome) if outcome.aftermath.as_ref().is_some_and(|a| due(&a.until)) => {
                    call.end_aftermath();
                }
                _ => {}
            }
        }
        if let Some(call) = &mut self.call {
            call.expire_transfer(now);
            if call.wants_sample(now) {
                let call = call.phone_id().clone();
                self.push(Output::Sample { call });
            }
        }
        self.settle(now);
    }

    /// When the call is dialled that is ready for it: the softphone of a page that has just come is still
    /// signing on, and one that never tells of that is not waited for any longer.
    fn dials_at(&self) -> Option<Instant> {
        let call = self.call.as_ref()?;
        let ready = matches!(call.leg(), Leg::Ready { auto: true, .. });
        // The PBX registers a call when it is dialled.
        let by_backend = self.config.records == Records::Backend;
        let patience = match self.registered {
            true => Duration::ZERO,
            false => self.config.patience.sign_on,
        };
        (ready && (by_backend || call.call_id().is_some())).then(|| call.began() + patience)
    }

    /// The next thing to do. Drain this after every `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The moment at which [`Session::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        // Who waits is registered when their turn comes, and wants nothing before.
        let calls = self.call.iter().chain(&self.closing);
        calls.filter_map(Call::due).chain(self.dials_at()).min()
    }

    // ---- the call ----

    /// A name for a further call of ours.
    pub(super) fn new_name(&mut self) -> String {
        self.calls += 1;
        format!("{}-{}", self.config.external_id_prefix, self.calls)
    }

    /// The softphone's name of a further call or try: the far end must not confuse it with the first.
    pub(super) fn new_phone_id(&mut self) -> PhoneCallId {
        PhoneCallId(self.new_name())
    }

    pub(super) fn new_question(&mut self) -> u64 {
        self.questions += 1;
        self.questions
    }

    pub(super) fn is_current(&self, phone_id: &PhoneCallId) -> bool {
        self.call
            .as_ref()
            .is_some_and(|call| call.phone_id() == phone_id)
    }

    /// All calls whose records are not closed.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.call.iter().chain(&self.waiting).chain(&self.closing)
    }

    pub(super) fn end_call(&mut self, now: Instant, cause: &EndCause) {
        let Some(call) = &mut self.call else { return };
        if !call.end(now, cause, &self.config) {
            return;
        }
        match cause.code.as_deref() {
            Some(EndCause::TRANSFERRED) => call.transferred_away(),
            Some(EndCause::ANSWERED_ELSEWHERE) => call.taken_elsewhere(),
            _ => {}
        }
        let consultation = call.drop_transfer();
        let told = call.told_end();
        self.phone(consultation);
        self.outputs
            .extend(told.map(|end| Output::News(News::CallEnded(end))));
    }

    /// A call that is over and was never the operator's affair: its record is closed, and that is all.
    pub(super) fn close(&mut self, call: Call) {
        self.tell_end(&call);
        self.closing.push(call);
    }

    /// A failed call that still shows its cause makes room.
    pub(super) fn end_aftermath(&mut self, now: Instant) {
        if self.call.as_mut().is_some_and(Call::end_aftermath) {
            self.settle(now);
        }
    }

    pub(super) fn tell_end(&mut self, call: &Call) {
        let end = call.told_end();
        self.outputs
            .extend(end.map(|end| Output::News(News::CallEnded(end))));
    }

    /// Everything is ended now, the customer first, and every record sent on its way.
    fn leave(&mut self, now: Instant, cause: &EndCause) {
        if let Some(call) = &mut self.call {
            let action = call.hang_up(now, &self.config);
            self.phone(action.ok().flatten());
        }
        self.end_call(now, cause);
        if let Some(call) = &mut self.call {
            call.end_aftermath();
        }
        while let Some(mut call) = self.waiting.pop_front() {
            let action = call.hang_up(now, &self.config).ok().flatten();
            self.phone(action);
            call.end(now, cause, &self.config);
            self.close(call.without_card());
        }
        for call in &mut self.closing {
            call.record_mut().hurry(now);
        }
    }

    // ---- bringing everything into line ----

    fn settle(&mut self, now: Instant) {
        self.dial_when_ready(now);
        // Who waits is worth more than what the card still has to say about the last call.
        if !self.waiting.is_empty()
            && let Some(call) = &mut self.call
        {
            call.end_aftermath();
        }
        if self.call.as_ref().is_some_and(Call::is_closed) {
            self.closing.extend(self.call.take());
        }
        if self.call.is_none() {
            self.call = self.waiting.pop_front();
        }
        self.settle_records(now);
    }

    fn dial_when_ready(&mut self, now: Instant) {
        if self.dials_at().is_some_and(|at| at <= now)
            && let Some(call) = &mut self.call
        {
            let action = call.dial(None);
            self.phone(Some(action));
        }
    }

    pub(super) fn remember(&mut self, now: Instant, call_id: CallId, taken_away: bool) {
        if self.finished.len() == REMEMBERED {
            self.finished.pop_front();
        }
        self.finished.push_back(FinishedEntry {
            call_id,
            at: now,
            taken_away,
        });
    }

    /// What the journal knows of calls that an earlier life has finished.
    pub(super) fn recall_finished(&mut self, now: Instant, entries: Vec<FinishedEntry>) {
        for entry in entries {
            if !self.is_finished(&entry.call_id) && now.since(entry.at) <= REMEMBERED_FOR {
                self.remember(entry.at, entry.call_id, entry.taken_away);
            }
        }
    }

    pub(super) fn finished(&self) -> impl Iterator<Item = &FinishedEntry> {
        self.finished.iter()
    }

    pub(super) fn is_finished(&self, call_id: &CallId) -> bool {
        self.finished.iter().any(|it| it.call_id == *call_id)
    }

    pub(super) fn set_registered(&mut self, registered: bool) {
        self.registered = registered;
    }

    pub(super) fn last_request(&self) -> u64 {
        self.requests
    }

    pub(super) fn set_last_request(&mut self, last: u64) {
        self.requests = last;
    }

    pub(super) fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    pub(super) fn phone(&mut self, actions: impl IntoIterator<Item = PhoneAction>) {
        self.outputs.extend(actions.into_iter().map(Output::Phone));
    }

    pub(super) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(super) fn push_error(&mut self, error: Error) {
        self.push(Output::News(News::Error(error)));
    }
}
