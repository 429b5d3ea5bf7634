//! What the softphone tells, and what it could not do.

use super::io::{News, Output};
use super::machine::Session;
use crate::call::{Call, Origin};
use crate::config::SecondCall;
use crate::quality::Counters;
use crate::rest::StatusCode;
use crate::softphone::{EndCause, PhoneAction, PhoneActionKind, PhoneCallId, PhoneEvent};
use crate::time::Instant;

impl Session {
    pub(super) fn handle_phone(&mut self, now: Instant, event: PhoneEvent) {
        match event {
            PhoneEvent::Registered => self.set_registered(true),
            PhoneEvent::Unregistered { .. } => self.set_registered(false),
            PhoneEvent::Incoming {
                call_id,
                number,
                display_name,
                line,
                transferred_by,
                external_id,
                headers,
            } => {
                let origin = Origin {
                    number,
                    display_name,
                    line,
                    transferred_here: transferred_by.is_some(),
                    named_by_pbx: external_id.is_some(),
                    headers,
                    ..Origin::default()
                };
                let name = external_id.unwrap_or_else(|| self.new_name());
                let call = Call::incoming(now, call_id, name, origin).registrable();
                self.handle_ring(now, self.recorded_by_whom(call));
                self.reconsider_cards(now);
            }
            event => self.follow(now, &event),
        }
    }

    fn follow(&mut self, now: Instant, event: &PhoneEvent) {
        let consultation = self.call.as_ref().is_some_and(|c| c.is_consultation(event));
        if consultation {
            if let Some(call) = &mut self.call {
                call.follow_consultation(event, &self.config.texts);
                let wished = call.do_what_was_wished(now, &self.config);
                self.phone(wished);
            }
            return;
        }
        let Some(phone_id) = event.call().cloned() else {
            return;
        };
        if matches!(event, PhoneEvent::Connected { .. }) && self.was_left(&phone_id) {
            // The operator has hung up before there was a softphone that could do it.
            return self.phone([PhoneActionKind::HangUp.of(&phone_id)]);
        }
        if let PhoneEvent::Ended { cause, .. } = event {
            if self.is_current(&phone_id) {
                self.end_call(now, cause);
            } else {
                self.end_waiting(now, &phone_id, cause);
            }
        } else if self.is_current(&phone_id) {
            let consultation = self.new_phone_id();
            if let Some(call) = &mut self.call {
                let taken_up = call.is_lost();
                call.follow(now, event);
                let action = call.held_for_transfer(event, consultation);
                let mut wishes = Vec::new();
                if taken_up && call.is_up() {
                    wishes = call.ask_what_waits();
                    wishes.extend(call.do_what_was_wished(now, &self.config));
                }
                self.phone(action.into_iter().chain(wishes));
            }
        } else if let PhoneEvent::Record { .. }
        | PhoneEvent::Muted { .. }
        | PhoneEvent::Held { .. } = event
        {
            let mut waiting = self.waiting.iter_mut();
            if let Some(call) = waiting.find(|call| *call.phone_id() == phone_id) {
                call.follow(now, event);
            }
        }
    }

    /// Whether it was taken up though nobody waits for it any more.
    fn was_left(&mut self, phone_id: &PhoneCallId) -> bool {
        let before = self.left.len();
        self.left.retain(|left| left != phone_id);
        self.left.len() < before && !self.is_lost(phone_id)
    }

    fn handle_ring(&mut self, now: Instant, mut call: Call) {
        let same = |other: &Call| other.phone_id() == call.phone_id() && other.is_alive();
        if self.call.iter().chain(&self.waiting).any(same) {
            return;
        }
        self.end_aftermath(now);
        // A customer who calls is worth more than a call that waits for its button.
        if let Some(waits) = self.call.take_if(|call| call.waits_for_button()) {
            let mut waits = waits;
            waits.refuse(now, StatusCode::Cancelled, &self.config);
            self.close(waits);
        }
        if self.call.is_none() {
            self.call = Some(call);
        } else if self.config.second_call == SecondCall::Wait {
            self.waiting.push_back(call);
        } else {
            // One call at a time: the second caller hears busy, and the portal records it as missed.
            let status = 486;
            self.phone([PhoneActionKind::Reject { status }.of(call.phone_id())]);
            call.refuse(now, StatusCode::Busy, &self.config);
            self.close(call.without_card());
        }
    }

    /// A caller has stopped waiting: there was no card for it, but there is a record.
    fn end_waiting(&mut self, now: Instant, phone_id: &PhoneCallId, cause: &EndCause) {
        let mut waiting = self.waiting.iter();
        let found = waiting.position(|call| call.phone_id() == phone_id);
        if let Some(mut call) = found.and_then(|index| self.waiting.remove(index)) {
            call.end(now, cause, &self.config);
            if cause.code.as_deref() == Some(EndCause::ANSWERED_ELSEWHERE) {
                call.taken_elsewhere();
            }
            self.close(call.without_card());
        }
    }

    pub(super) fn handle_phone_failure(
        &mut self,
        now: Instant,
        action: &PhoneAction,
        cause: &EndCause,
    ) {
        self.push_error(cause.failed(&format!("{} failed", action.kind.method())));
        let texts = &self.config.texts;
        let call = self.call.as_mut();
        if let Some(actions) = call.and_then(|call| call.transfer_failed(action, cause, texts)) {
            return self.phone(actions);
        }
        if !self.is_current(&action.call) {
            return;
        }
        match action.kind {
            PhoneActionKind::Dial { .. } | PhoneActionKind::Answer => {
                self.phone([PhoneActionKind::HangUp.of(&action.call)]);
                self.end_call(now, cause);
            }
            PhoneActionKind::Reject { .. } | PhoneActionKind::HangUp => {
                self.end_call(now, &EndCause::local());
            }
            PhoneActionKind::SetMuted(_) | PhoneActionKind::SetHeld(_) => {
                if let Some(call) = &mut self.call {
                    call.switch_failed(&action.kind);
                }
            }
            PhoneActionKind::SendDtmf(_)
            | PhoneActionKind::Transfer { .. }
            | PhoneActionKind::CompleteTransfer { .. } => {}
        }
    }

    /// The softphone has gone, e.g. with its page: its calls are over, but for one that another
    /// softphone can take up.
    pub(super) fn handle_phone_gone(
        &mut self,
        now: Instant,
        cause: &EndCause,
        kept: &[PhoneCallId],
    ) {
        self.set_registered(false);
        let deadline = now + self.config.patience.away;
        let lost = |call: &mut Call| call.lose(now, deadline, |call| kept.contains(call));
        // What no softphone has dialled yet is for the next one.
        let ready = self.call.as_ref().is_some_and(Call::is_ready);
        if self.call.as_mut().is_some_and(lost) {
            self.left = kept.to_vec();
        } else if !ready {
            if let Some(call) = &mut self.call {
                call.transferred_away(); // nobody is left to hang the consultation up
            }
            self.end_call(now, cause);
        }
        while let Some(mut call) = self.waiting.pop_front() {
            call.end(now, cause, &self.config);
            self.close(call.without_card());
        }
    }

    pub(super) fn handle_stats(
        &mut self,
        now: Instant,
        phone_id: &PhoneCallId,
        counters: Option<Counters>,
    ) {
        let on_card = self.config.sound_on_card;
        let (true, Some(counters)) = (self.is_current(phone_id), counters) else {
            return;
        };
        let call = self.call.as_mut();
        if let Some(quality) = call.and_then(|call| call.sampled(now, counters, on_card)) {
            self.push(Output::News(News::Quality(quality)));
        }
    }
}
