//! What the operator does, on a card or through the application.

use super::io::{DialOptions, OperatorAction, Output};
use super::machine::Session;
use crate::call::{Call, Origin, no_call};
use crate::card::{CallId, Reply, TransferTarget};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::softphone::PhoneAction;
use crate::time::Instant;

impl Session {
    /// A click on a card of this call.
    pub(super) fn handle_click(&mut self, now: Instant, call_id: &CallId, action: OperatorAction) {
        if self.call.as_ref().is_some_and(|call| call.is(call_id)) {
            let hangs_up = action == OperatorAction::HangUp;
            // A click may come late: the call it was meant for has just ended. That is no fault.
            let done = self.handle_operator(now, action);
            if hangs_up && done.is_err() {
                // The button of a card that only says how its call has gone on.
                self.end_aftermath(now);
            }
        }
    }

    /// Does it, or says why it can't be done.
    pub(super) fn handle_operator(
        &mut self,
        now: Instant,
        action: OperatorAction,
    ) -> Result<Reply, Error> {
        match action {
            OperatorAction::Dial { number, how } => self.start_call(now, number, how),
            OperatorAction::Answer => self.ask(|call, _| call.answer().map(Some)),
            OperatorAction::Skip => self.end_by_operator(|call, config| call.skip(now, config)),
            OperatorAction::HangUp => {
                self.end_by_operator(|call, config| call.hang_up(now, config))
            }
            OperatorAction::SetMuted(on) => self.ask(|call, _| call.mute(on)),
            OperatorAction::SetHeld(on) => self.ask(|call, _| call.hold(on)),
            OperatorAction::SendDtmf(tone) => self.ask(|call, _| call.tone(tone).map(Some)),
            OperatorAction::Transfer(target) => self.transfer(now, target),
            OperatorAction::CompleteTransfer => {
                self.ask(|call, config| call.complete_transfer(now, config))
            }
            OperatorAction::CancelTransfer => self.ask(|call, _| call.cancel_transfer()),
            OperatorAction::MakeCall => self.make_call(now),
            OperatorAction::Close => self.leave_call(now),
            OperatorAction::Next => self.go_on(now),
            OperatorAction::Vote(grade) => {
                self.call.as_mut().ok_or_else(no_call)?.vote(grade);
                Ok(Reply::Done)
            }
            OperatorAction::Client(number) => {
                self.call
                    .as_mut()
                    .ok_or_else(no_call)?
                    .call_another(&number);
                Ok(Reply::Done)
            }
        }
    }

    fn ask<Actions: IntoIterator<Item = PhoneAction>>(
        &mut self,
        ask: impl FnOnce(&mut Call, &Config) -> Result<Actions, Error>,
    ) -> Result<Reply, Error> {
        let call = self.call.as_mut().ok_or_else(no_call)?;
        let actions = ask(call, &self.config)?;
        self.phone(actions);
        Ok(Reply::Done)
    }

    /// The call ends, or begins to: nobody is left on the line to a colleague.
    fn end_by_operator(
        &mut self,
        end: impl FnOnce(&mut Call, &Config) -> Result<Option<PhoneAction>, Error>,
    ) -> Result<Reply, Error> {
        let call = self.call.as_mut().ok_or_else(no_call)?;
        let action = end(call, &self.config)?;
        let consultation = call.drop_transfer();
        let over = call.clone();
        self.phone(consultation);
        self.phone(action);
        self.tell_end(&over);
        Ok(Reply::Done)
    }

    fn transfer(&mut self, now: Instant, target: TransferTarget) -> Result<Reply, Error> {
        let question = self.new_question();
        let nobody = || Error::new(ErrorKind::NoCall, "there is no call to transfer");
        let call = self.call.as_mut().ok_or_else(nobody)?;
        call.start_transfer(now, question, &self.config)?;
        self.push(Output::Resolve { question, target });
        Ok(Reply::Done)
    }

    fn start_call(
        &mut self,
        now: Instant,
        number: String,
        how: DialOptions,
    ) -> Result<Reply, Error> {
        let DialOptions {
            line,
            headers,
            crm_entity,
        } = how;
        if number.trim().is_empty() {
            return Err(Error::new(
                ErrorKind::Malformed,
                "there is no number to dial",
            ));
        }
        if let Some(name) = headers.unsendable() {
            let detail = format!(
                "{name:?} can't be a header of a call: a name is one word, a value one line"
            );
            return Err(Error::new(ErrorKind::Malformed, detail));
        }
        if !self.config.softphone {
            let detail = "the worker was started without a softphone: give it one to dial";
            return Err(Error::new(ErrorKind::Softphone, detail));
        }
        if self.call.as_ref().is_some_and(Call::is_alive) {
            return Err(Error::new(
                ErrorKind::Busy,
                "a call is up; end it before you dial another number",
            ));
        }
        self.end_aftermath(now);
        let origin = Origin {
            number: Some(number),
            line: line.or_else(|| self.config.lines.first().cloned()),
            headers,
            crm_entity,
            ..Origin::default()
        };
        let until = now + self.config.patience.register;
        let name = self.new_name();
        let call = Call::outgoing(now, name, origin, true, Some(until));
        let reply = Reply::Dialling(call.phone_id().clone());
        self.call = Some(self.recorded_by_whom(call));
        Ok(reply)
    }

    /// The card's call or redial button.
    fn make_call(&mut self, now: Instant) -> Result<Reply, Error> {
        let again = self.new_phone_id();
        let call = self.call.as_mut().ok_or_else(no_call)?;
        let another = if call.waits_for_button() {
            None
        } else if call.offers_redial() {
            Some(again)
        } else {
            return Err(no_call());
        };
        let redials = another.is_some();
        let action = call.dial(another);
        self.phone([action]);
        if redials {
            self.await_another_card(now);
        }
        Ok(Reply::Done)
    }

    /// The operator has closed the card: nobody could end the call any more, so it ends.
    fn leave_call(&mut self, now: Instant) -> Result<Reply, Error> {
        if self.handle_operator(now, OperatorAction::HangUp).is_err() {
            self.end_aftermath(now);
        }
        Ok(Reply::Done)
    }

    /// A campaign goes on to its next client. As long as nobody was called the call waits for them:
    /// the card stays, and `entityChanged` tells who it is.
    fn go_on(&mut self, now: Instant) -> Result<Reply, Error> {
        if self.call.as_ref().is_some_and(Call::waits_for_button) {
            return Ok(Reply::Done);
        }
        self.leave_call(now)
    }
}
