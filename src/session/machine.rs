//! The machine itself: inputs change the call, and after each input [`Session::settle`] brings
//! record and card into line with it.

use std::collections::VecDeque;

use super::call::{Call, CallSnapshot, Leg};
use super::card_handle::{CardHandle, CardSerial};
use super::config::Config;
use super::errand::Errand;
use super::io::{AppEvent, CallEnd, Input, Output};
use super::page_card::Card;
use super::record::Record;
use super::sound::Sound;
use super::time::Instant;
use crate::card::{CallId, CallInfo, CardCommand, CardEvent};
use crate::error::{Error, ErrorKind};
use crate::softphone::{EndCause, PhoneActionKind, PhoneCallId};

/// How many finished calls are remembered, to close a card that appears after its call's end.
const REMEMBERED: usize = 16;

/// How often a vanished card of a living call is asked for again.
const SHOWS: u32 = 3;

/// The calls of one worker. See the [module](super).
#[derive(Debug)]
pub struct Session {
    pub(super) config: Config,
    pub(super) card: Option<Card>,
    pub(super) call: Option<Call>,
    /// Callers that wait for the call to end, with [`SecondCall::Wait`](super::SecondCall::Wait).
    pub(super) waiting: VecDeque<Call>,
    /// Calls that are over; their records are being closed.
    pub(super) closing: Vec<Call>,
    pub(super) finished: VecDeque<CallId>,
    /// What others have asked for and this page has claimed.
    pub(super) errands: Vec<Errand>,
    /// What has been asked for, by key.
    pub(super) heard: VecDeque<String>,
    /// Cards told to close that have not answered yet, and whose they are.
    pub(super) being_closed: Vec<(CardSerial, CallId)>,
    pub(super) outputs: VecDeque<Output>,
    told: Option<CallSnapshot>,
    cards: u32,
    calls: u64,
    pub(super) requests: u64,
}

impl Session {
    /// A session without a call.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            card: None,
            call: None,
            waiting: VecDeque::new(),
            closing: Vec::new(),
            finished: VecDeque::new(),
            errands: Vec::new(),
            heard: VecDeque::new(),
            being_closed: Vec::new(),
            outputs: VecDeque::new(),
            told: None,
            cards: 0,
            calls: 0,
            requests: 0,
        }
    }

    /// The call, if there is one.
    #[must_use]
    pub fn call(&self) -> Option<CallSnapshot> {
        self.call.as_ref().map(Call::snapshot)
    }

    /// The card on the page, whoever's call it shows.
    #[must_use]
    pub fn card(&self) -> Option<(CardSerial, &CallId)> {
        self.card.as_ref().map(|card| (card.serial, &card.call_id))
    }

    /// Something has happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Card(event) => self.handle_card(now, event),
            Input::CardReply {
                serial,
                command,
                token,
                result,
            } => {
                if command == (CardCommand::Close {}) {
                    self.being_closed.retain(|(closed, _)| *closed != serial);
                }
                if let Some(card) = self.card.as_mut().filter(|card| card.serial == serial) {
                    card.answered(&command);
                }
                if let Err(error) = &result {
                    self.handle_card_failure(serial, token.is_none(), error.clone());
                }
                if let Some(token) = token {
                    self.push(Output::Answer { token, result });
                }
            }
            Input::Phone(event) => self.handle_phone(now, event),
            Input::PhoneFailed { action, cause } => self.handle_phone_failure(now, action, cause),
            Input::Resolved { call, result } => self.handle_resolved(now, &call, result),
            Input::Stats { call, counters } => self.handle_stats(now, &call, counters),
            Input::Rest { id, result } => self.handle_rest(now, id, result),
            Input::Signal(signal) => self.handle_signal(signal),
            Input::Claimed { key, granted } => self.handle_claimed(now, &key, granted),
            Input::Request { request, token } => self.handle_request(request, token),
            Input::Operator { action, token } => {
                let result = self.handle_operator(now, action);
                self.push(Output::Answer { token, result });
            }
            Input::PageHide => {
                if let Some(call) = self.call.as_ref().filter(|call| call.is_alive()) {
                    let output = PhoneActionKind::HangUp.of(&call.phone_id);
                    self.push(output);
                    self.end_call(now, &EndCause::local());
                }
                while let Some(id) = self.waiting.front().map(|call| call.phone_id.clone()) {
                    self.push(PhoneActionKind::HangUp.of(&id));
                    self.end_waiting(now, &id, &EndCause::local());
                }
                self.settle(now);
                // What is not sent now may never be: no record waits for its card to answer.
                self.being_closed.clear();
            }
        }
        self.settle(now);
    }

    /// The moment of [`Session::poll_timeout`] may have come; a call too early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if let Some(call) = &mut self.call {
            match &mut call.leg {
                Leg::Ending { deadline, .. } if due(Some(*deadline)) => {
                    self.end_call(now, &EndCause::local());
                }
                Leg::Ready { until, .. } if due(*until) => self.abandon_unregistered(now),
                Leg::Over(outcome) if due(outcome.aftermath.as_ref().map(|a| a.until)) => {
                    outcome.aftermath = None;
                }
                _ => {}
            }
        }
        self.expire_transfer(now);
        self.sample_sound(now);
        if self.call.as_ref().is_some_and(|call| due(call.card_due)) {
            self.push_error(
                ErrorKind::CardUndefined,
                "the call is registered, but the portal has not raised its card; asking again",
            );
            self.ask_for_card(now);
        }
        self.settle(now);
    }

    /// The next thing to do. Drain this after every `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The moment at which [`Session::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let calls = self.call.iter().chain(&self.closing);
        calls.filter_map(Call::due).min()
    }

    // ---- the card ----

    fn handle_card(&mut self, now: Instant, event: CardEvent) {
        if let CardEvent::Initialized(info) = event {
            return self.handle_initialized(info);
        }
        self.push(Output::Event(AppEvent::Card(event.clone())));
        // The card has thrown the switch itself, whoever's call it shows.
        if let Some(card) = &mut self.card {
            card.switched(&event);
        }
        let ours = self.card_is_ours();
        if matches!(event, CardEvent::Close) {
            self.drop_card();
        }
        if ours {
            self.act_on_click(now, event);
        }
    }

    fn handle_initialized(&mut self, info: CallInfo) {
        self.drop_card();
        self.cards += 1;
        let (serial, call_id) = (CardSerial(self.cards), info.call_id.clone());
        self.card = Some(Card::new(serial, call_id.clone()));
        self.push(Output::Event(AppEvent::CardInitialized {
            card: CardHandle::new(serial, call_id.clone()),
            call: info.clone(),
        }));
        let is = |call: &Call| call.record.call_id() == Some(&call_id);
        if self.call.as_ref().is_some_and(is) {
            return;
        }
        if self.finished.contains(&call_id) || self.closing.iter().any(is) {
            self.close_card();
        } else {
            self.consider_card(info);
        }
    }

    pub(super) fn card_is_ours(&self) -> bool {
        let call_id = self.call.as_ref().and_then(|call| call.record.call_id());
        call_id.is_some() && call_id == self.card.as_ref().map(|card| &card.call_id)
    }

    /// The card is no longer there.
    pub(super) fn drop_card(&mut self) {
        if let Some(card) = self.card.take() {
            self.push(Output::Event(AppEvent::CardClosed {
                call_id: card.call_id,
            }));
        }
    }

    pub(super) fn close_card(&mut self) {
        if let Some(card) = &self.card {
            let serial = card.serial;
            self.being_closed.push((serial, card.call_id.clone()));
            self.push(Output::Card {
                serial,
                command: CardCommand::Close {},
                token: None,
            });
            self.drop_card();
        }
    }

    fn handle_card_failure(&mut self, serial: CardSerial, own: bool, error: Error) {
        let current = self.card.as_ref().is_some_and(|card| card.serial == serial);
        if error.kind() == ErrorKind::CardUndefined {
            // Closed without an event: Esc, another tab, a `finish` by the backend.
            if current {
                let ours = self.card_is_ours();
                self.drop_card();
                if ours {
                    self.show_again();
                }
            }
        } else if own && current {
            self.push(Output::Event(AppEvent::Error(error)));
        }
    }

    // ---- the call ----

    pub(super) fn new_call(
        &mut self,
        direction: super::Direction,
        number: Option<String>,
        leg: Leg,
    ) -> Call {
        self.calls += 1;
        let external_id = format!("{}-{}", self.config.external_id_prefix, self.calls);
        Call {
            phone_id: PhoneCallId(external_id.clone()),
            external_id,
            direction,
            number,
            display_name: None,
            line: None,
            call_list_id: None,
            show: true,
            leg,
            record: Record::ToRegister {
                at: Instant::default(),
                tries: 0,
            },
            muted: Default::default(),
            held: Default::default(),
            held_by_remote: false,
            media_lost: false,
            transferred_here: false,
            transfer: None,
            vote: None,
            sound: Sound::default(),
            card_due: None,
            shows: 0,
        }
    }

    /// The softphone's name of a further try: the far end must not confuse it with the first.
    pub(super) fn new_phone_id(&mut self) -> PhoneCallId {
        self.calls += 1;
        PhoneCallId(format!("{}-{}", self.config.external_id_prefix, self.calls))
    }

    pub(super) fn is_current(&self, phone_id: &PhoneCallId) -> bool {
        self.call
            .as_ref()
            .is_some_and(|call| &call.phone_id == phone_id)
    }

    pub(super) fn end_call(&mut self, now: Instant, cause: &EndCause) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_alive()) else {
            return;
        };
        call.end(now, cause, &self.config);
        call.card_due = None;
        if cause.code.as_deref() == Some(EndCause::TRANSFERRED) {
            // The softphone leaves both calls by itself.
            call.transfer = None;
        }
        let call = call.clone();
        self.drop_transfer();
        self.tell_end(&call);
    }

    /// A failed call that still shows its cause makes room.
    pub(super) fn end_aftermath(&mut self, now: Instant) {
        if self.clear_aftermath() {
            self.settle(now);
        }
    }

    fn clear_aftermath(&mut self) -> bool {
        let leg = self.call.as_mut().map(|call| &mut call.leg);
        let Some(Leg::Over(outcome)) = leg else {
            return false;
        };
        outcome.aftermath = None;
        true
    }

    pub(super) fn tell_end(&mut self, call: &Call) {
        self.outputs
            .extend(call_end(call).map(|end| Output::Event(AppEvent::CallEnded(end))));
    }

    // ---- bringing everything into line ----

    fn settle(&mut self, now: Instant) {
        self.dial_when_ready();
        // Who waits is worth more than what the card still has to say about the last call.
        if !self.waiting.is_empty() {
            self.clear_aftermath();
        }
        if self.call.as_ref().is_some_and(Call::is_closed) {
            if self.card_is_ours() {
                self.close_card();
            }
            self.closing.extend(self.call.take());
        }
        if self.call.is_none() {
            self.call = self.waiting.pop_front();
        }
        self.settle_records(now);
        self.settle_card();
        let snapshot = self.call();
        if snapshot != self.told {
            self.told.clone_from(&snapshot);
            self.push(Output::Event(AppEvent::CallChanged(snapshot)));
        }
    }

    fn dial_when_ready(&mut self) {
        let Some(call) = &mut self.call else { return };
        let ready = matches!(call.leg, Leg::Ready { auto: true, .. });
        if ready && matches!(call.record, Record::Open(_)) {
            self.dial();
        }
    }

    pub(super) fn dial(&mut self) {
        let Some(call) = &mut self.call else { return };
        call.leg = Leg::Dialing { progress: false };
        let number = call.number.clone().unwrap_or_default();
        let line = call.line.clone();
        let dial = PhoneActionKind::Dial {
            number,
            line,
            consultation_for: None,
        };
        let output = dial.of(&call.phone_id);
        self.push(output);
    }

    fn settle_card(&mut self) {
        if !self.card_is_ours() {
            return;
        }
        let (Some(card), Some(call)) = (&mut self.card, &mut self.call) else {
            return;
        };
        call.card_due = None;
        if let Some(view) = call.view(&self.config.texts, !self.waiting.is_empty()) {
            let serial = card.serial;
            for command in view.commands_from(&card.shown) {
                card.sent(&command);
                self.outputs.push_back(Output::Card {
                    serial,
                    command,
                    token: None,
                });
            }
            card.shown = view;
        }
    }

    /// Whether a vanished card may be asked for again; counts the asking.
    pub(super) fn may_show(&mut self) -> Option<CallId> {
        let call = self.call.as_mut().filter(|call| call.is_alive())?;
        let Record::Open(call_id) = &call.record else {
            return None;
        };
        call.shows += 1;
        (call.shows <= SHOWS).then(|| call_id.clone())
    }

    pub(super) fn remember(&mut self, call_id: CallId) {
        if self.finished.len() == REMEMBERED {
            self.finished.pop_front();
        }
        self.finished.push_back(call_id);
    }

    pub(super) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(super) fn push_error(&mut self, kind: ErrorKind, detail: impl Into<String>) {
        self.push(Output::Event(AppEvent::Error(Error::new(kind, detail))));
    }
}

/// How this call ended, if it has.
pub(super) fn call_end(call: &Call) -> Option<CallEnd> {
    let Leg::Over(outcome) = &call.leg else {
        return None;
    };
    Some(CallEnd {
        call_id: call.record.call_id().cloned(),
        phone_call_id: call.phone_id.0.clone(),
        direction: call.direction,
        duration: outcome.duration.as_secs(),
        status_code: outcome.status,
        reason: outcome.reason.clone(),
    })
}
