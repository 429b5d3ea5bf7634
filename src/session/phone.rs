//! What the softphone tells, and what it could not do.

use super::Direction;
use super::call::{Call, Leg};
use super::config::SecondCall;
use super::io::{AppEvent, Output};
use super::machine::Session;
use super::time::Instant;
use crate::error::ErrorKind;
use crate::rest::StatusCode;
use crate::softphone::{EndCause, PhoneAction, PhoneActionKind, PhoneCallId, PhoneEvent};

impl Session {
    pub(super) fn handle_phone(&mut self, now: Instant, event: PhoneEvent) {
        if self.follow_transfer(&event) {
            return;
        }
        match event {
            PhoneEvent::Registered => self.tell_registration(true),
            PhoneEvent::Unregistered { .. } => self.tell_registration(false),
            PhoneEvent::Incoming {
                call_id,
                number,
                display_name,
                line,
                transferred_by,
            } => {
                let mut call = self.new_call(Direction::Incoming, number, Leg::Ringing);
                call.phone_id = call_id;
                call.display_name = display_name;
                call.line = line;
                call.transferred_here = transferred_by.is_some();
                self.handle_ring(now, call);
            }
            PhoneEvent::Ended { call_id, cause } => {
                if self.is_current(&call_id) {
                    self.end_call(now, &cause);
                } else {
                    self.end_waiting(now, &call_id, &cause);
                }
            }
            event => {
                let call = self
                    .call
                    .as_mut()
                    .filter(|call| event.call() == Some(&call.phone_id));
                if let Some(call) = call {
                    call.follow(now, &event);
                }
            }
        }
    }

    fn tell_registration(&mut self, registered: bool) {
        self.push(Output::Event(AppEvent::Registration { registered }));
    }

    fn handle_ring(&mut self, now: Instant, mut call: Call) {
        let same = |other: &Call| other.phone_id == call.phone_id && other.is_alive();
        if self.call.iter().chain(&self.waiting).any(same) {
            return;
        }
        self.end_aftermath(now);
        if self.call.is_some() && self.config.second_call == SecondCall::Wait {
            self.waiting.push_back(call);
        } else if self.call.is_some() {
            // One call at a time: the second caller hears busy, and the portal records it as missed.
            let status = 486;
            self.push(PhoneActionKind::Reject { status }.of(&call.phone_id));
            call.show = false;
            call.end_locally(StatusCode::Busy, now);
            call.end(now, &EndCause::local(), &self.config);
            self.tell_end(&call);
            self.closing.push(call);
        } else {
            self.call = Some(call);
        }
    }

    /// A caller has stopped waiting: there was no card for it, but there is a record.
    pub(super) fn end_waiting(&mut self, now: Instant, phone_id: &PhoneCallId, cause: &EndCause) {
        let found = self
            .waiting
            .iter()
            .position(|call| call.phone_id == *phone_id);
        if let Some(mut call) = found.and_then(|index| self.waiting.remove(index)) {
            call.show = false;
            call.end(now, cause, &self.config);
            self.tell_end(&call);
            self.closing.push(call);
        }
    }

    pub(super) fn handle_phone_failure(
        &mut self,
        now: Instant,
        action: PhoneAction,
        cause: EndCause,
    ) {
        let code = cause.code.as_deref().unwrap_or("no code");
        let text = cause.text.as_deref().unwrap_or("no reason given");
        self.push_error(
            ErrorKind::Softphone,
            format!("{} failed ({code}): {text}", action.kind.method()),
        );
        if self.fail_transfer(&action.call, &action.kind, &cause) || !self.is_current(&action.call)
        {
            return;
        }
        match action.kind {
            PhoneActionKind::Dial { .. } | PhoneActionKind::Answer => {
                self.push(PhoneActionKind::HangUp.of(&action.call));
                self.end_call(now, &cause);
            }
            PhoneActionKind::Reject { .. } | PhoneActionKind::HangUp => {
                self.end_call(now, &EndCause::local());
            }
            PhoneActionKind::SetMuted(on) => {
                if let Some(call) = &mut self.call {
                    call.muted.fail(on);
                }
            }
            PhoneActionKind::SetHeld(on) => {
                if let Some(call) = &mut self.call {
                    call.held.fail(on);
                }
            }
            PhoneActionKind::SendDtmf(_)
            | PhoneActionKind::Transfer { .. }
            | PhoneActionKind::CompleteTransfer { .. } => {}
        }
    }
}

impl Call {
    /// The softphone tells how the call goes on.
    fn follow(&mut self, now: Instant, event: &PhoneEvent) {
        match (event, &mut self.leg) {
            (PhoneEvent::Progress { .. }, Leg::Dialing { progress }) => *progress = true,
            (PhoneEvent::Connected { .. }, Leg::Ringing | Leg::Answering | Leg::Dialing { .. }) => {
                self.leg = Leg::Up { since: now };
                self.sound.watch(now);
            }
            (PhoneEvent::Muted { muted, .. }, _) => self.muted.confirm(*muted),
            (
                PhoneEvent::Held {
                    held, by_remote, ..
                },
                _,
            ) if *by_remote => {
                self.held_by_remote = *held;
            }
            (PhoneEvent::Held { held, .. }, _) => self.held.confirm(*held),
            (PhoneEvent::Media { flowing, .. }, _) => self.media_lost = !flowing,
            (
                PhoneEvent::Transferred {
                    number,
                    display_name,
                    ..
                },
                _,
            ) => {
                // The record keeps the number it was opened with.
                self.number.clone_from(number);
                self.display_name.clone_from(display_name);
                self.held_by_remote = false;
            }
            (
                PhoneEvent::Identity {
                    number,
                    display_name,
                    ..
                },
                _,
            ) => {
                self.number.clone_from(number);
                self.display_name.clone_from(display_name);
            }
            _ => {}
        }
    }
}
