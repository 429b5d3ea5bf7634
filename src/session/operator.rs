//! What the operator does, on the card or through the application.

use super::Direction;
use super::call::{Call, Leg};
use super::card_handle::CardRequest;
use super::io::{OperatorAction, Output, Token};
use super::machine::Session;
use super::time::Instant;
use crate::card::{CardCommand, CardEvent, EntityChange, Reply, UiState};
use crate::error::{Error, ErrorKind};
use crate::rest::StatusCode;
use crate::softphone::{EndCause, PhoneActionKind};

impl Session {
    /// A click on the card of our call.
    pub(super) fn act_on_click(&mut self, now: Instant, event: CardEvent) {
        let action = match event {
            CardEvent::Answer => OperatorAction::Answer,
            CardEvent::Skip => OperatorAction::Skip,
            CardEvent::Hangup => OperatorAction::HangUp,
            CardEvent::Mute(on) => OperatorAction::SetMuted(on),
            CardEvent::Hold(on) => OperatorAction::SetHeld(on),
            CardEvent::Dialpad(tone) => OperatorAction::SendDtmf(tone),
            CardEvent::Transfer(target) => OperatorAction::Transfer(target),
            CardEvent::CompleteTransfer => OperatorAction::CompleteTransfer,
            CardEvent::CancelTransfer => OperatorAction::CancelTransfer,
            CardEvent::MakeCall => return self.make_call(),
            CardEvent::Next => return self.go_on(now),
            CardEvent::EntityChanged(entity) => return self.follow_client(&entity),
            CardEvent::Close => return self.leave_call(now),
            CardEvent::QualityMeter(grade) => {
                if let Some(call) = &mut self.call {
                    call.vote = Some(grade);
                }
                return;
            }
            // Comments and call lists are told to the application; the rest is news.
            _ => return,
        };
        // A click may come late: the call it was meant for has just ended. That is no fault.
        let _ = self.handle_operator(now, action);
    }

    /// Does it, or says why it can't be done.
    pub(super) fn handle_operator(
        &mut self,
        now: Instant,
        action: OperatorAction,
    ) -> Result<Reply, Error> {
        let action = match action {
            OperatorAction::Dial { number, line } => return self.start_call(now, number, line),
            OperatorAction::Transfer(target) => return self.start_transfer(now, target),
            OperatorAction::CompleteTransfer => return self.complete_transfer(now),
            OperatorAction::CancelTransfer => return self.cancel_transfer(),
            action => action,
        };
        let deadline = now + self.config.patience.hang_up;
        let call = self
            .call
            .as_mut()
            .filter(|call| call.is_alive())
            .ok_or_else(no_call)?;
        let kind = match (action, &call.leg) {
            (OperatorAction::Answer, Leg::Ringing) => {
                call.leg = Leg::Answering;
                PhoneActionKind::Answer
            }
            (OperatorAction::Skip, Leg::Ringing) => {
                call.end_locally(StatusCode::Declined, deadline);
                PhoneActionKind::Reject { status: 603 }
            }
            (OperatorAction::HangUp | OperatorAction::Skip, Leg::Ready { .. }) => {
                self.end_call(now, &EndCause::local());
                return Ok(Reply::Done);
            }
            (OperatorAction::HangUp, Leg::Ringing) => {
                call.end_locally(StatusCode::Declined, deadline);
                PhoneActionKind::Reject { status: 603 }
            }
            (OperatorAction::HangUp, leg) if !matches!(leg, Leg::Ending { .. }) => {
                let status = match leg {
                    Leg::Up { .. } => StatusCode::Success,
                    Leg::Answering => StatusCode::Declined,
                    _ => StatusCode::Cancelled,
                };
                call.end_locally(status, deadline);
                PhoneActionKind::HangUp
            }
            (OperatorAction::SetMuted(on), Leg::Up { .. }) => {
                call.muted.ask(on);
                PhoneActionKind::SetMuted(on)
            }
            (OperatorAction::SetHeld(on), Leg::Up { .. }) => {
                call.held.ask(on);
                PhoneActionKind::SetHeld(on)
            }
            (OperatorAction::SendDtmf(tone), Leg::Up { .. } | Leg::Dialing { progress: true }) => {
                PhoneActionKind::SendDtmf(tone)
            }
            _ => return Err(no_call()),
        };
        let output = kind.of(&call.phone_id);
        if !call.is_up() {
            self.drop_transfer();
        }
        self.push(output);
        Ok(Reply::Done)
    }

    fn start_call(
        &mut self,
        now: Instant,
        number: String,
        line: Option<String>,
    ) -> Result<Reply, Error> {
        if number.trim().is_empty() {
            return Err(Error::new(
                ErrorKind::Malformed,
                "there is no number to dial",
            ));
        }
        if self.call.as_ref().is_some_and(Call::is_alive) {
            return Err(Error::new(
                ErrorKind::Busy,
                "a call is up; end it before you dial another number",
            ));
        }
        self.end_aftermath(now);
        let ready = Leg::Ready {
            auto: true,
            until: Some(now + self.config.patience.register),
        };
        let mut call = self.new_call(Direction::Outgoing, Some(number), ready);
        call.line = line.or_else(|| self.config.lines.first().cloned());
        self.call = Some(call);
        Ok(Reply::Done)
    }

    /// The card's call or redial button.
    fn make_call(&mut self) {
        let phone_id = self.new_phone_id();
        let Some(call) = &mut self.call else { return };
        match &call.leg {
            Leg::Ready { .. } => self.dial(),
            Leg::Over(outcome)
                if outcome
                    .aftermath
                    .as_ref()
                    .is_some_and(|a| a.ui_state == UiState::Redial) =>
            {
                call.phone_id = phone_id;
                self.dial();
            }
            _ => {}
        }
    }

    /// The operator has closed the card: nobody could end the call any more, so it ends.
    fn leave_call(&mut self, now: Instant) {
        if self.handle_operator(now, OperatorAction::HangUp).is_err() {
            self.end_aftermath(now);
        }
    }

    /// A campaign goes on to its next client. As long as nobody was called the call waits for them:
    /// the card stays, and `entityChanged` tells who it is.
    fn go_on(&mut self, now: Instant) {
        let waits = |call: &Call| matches!(call.leg, Leg::Ready { auto: false, .. });
        if !self.call.as_ref().is_some_and(waits) {
            self.leave_call(now);
        }
    }

    /// Another client of a campaign has come to the card before anybody was called.
    fn follow_client(&mut self, entity: &EntityChange) {
        let ready = |call: &&mut Call| matches!(call.leg, Leg::Ready { auto: false, .. });
        let number = entity.phone_number.known();
        if let (Some(call), Some(number)) = (self.call.as_mut().filter(ready), number) {
            call.number = Some(number.to_owned());
        }
    }

    /// A command of the application, with the proof of its card.
    pub(super) fn handle_request(&mut self, request: CardRequest, token: Token) {
        let CardRequest { serial, command } = request;
        let Some(card) = self.card.as_mut().filter(|card| card.serial == serial) else {
            let result = Err(Error::card_closed());
            return self.push(Output::Answer { token, result });
        };
        card.sent(&command);
        let closes = command == CardCommand::Close {};
        self.push(Output::Card {
            serial,
            command,
            token: Some(token),
        });
        if closes {
            self.drop_card();
        }
    }
}

fn no_call() -> Error {
    Error::new(ErrorKind::NoCall, "there is no call in a state for this")
}
