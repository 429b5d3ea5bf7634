//! A call on its way to somebody else.
//!
//! Attended, as the card's two buttons mean it: the customer is put on hold, the colleague is
//! called (the *consultation*, a call of its own at the softphone), and then the operator completes
//! the transfer or takes the customer back. Completing before the colleague has answered makes it
//! a blind one.

use serde::Serialize;

use super::call::{Call, Leg, failure_text};
use super::config::{StatusTexts, TransferMode};
use super::io::Output;
use super::machine::Session;
use super::time::Instant;
use crate::card::{Reply, TransferTarget, UiState};
use crate::error::{Error, ErrorKind};
use crate::rest::StatusCode;
use crate::softphone::{EndCause, PhoneActionKind, PhoneCallId, PhoneEvent};

/// Where a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TransferPhase {
    /// The customer is put on hold.
    Holding,
    /// The colleague is called.
    Calling,
    /// The operator talks to the colleague.
    Talking,
    /// The customer is being handed over.
    Joining,
    /// It failed; the customer is still on hold.
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) phase: TransferPhase,
    /// The number to dial, once it is known.
    target: String,
    /// The call to the colleague, while the softphone has it.
    consultation: Option<PhoneCallId>,
    /// The customer was on hold before, and stays so if the transfer is given up.
    was_held: bool,
    /// What the card says in place of the phase's own text.
    note: Option<String>,
    /// When the softphone has kept the operator waiting for too long.
    deadline: Option<Instant>,
}

impl Transfer {
    /// What the card shows.
    pub(super) fn view<'a>(&'a self, texts: &'a StatusTexts) -> (UiState, &'a String) {
        let (ui_state, text) = match self.phase {
            TransferPhase::Holding | TransferPhase::Calling => {
                (UiState::Transferring, &texts.transfer_calling)
            }
            TransferPhase::Talking => (UiState::Transferring, &texts.transfer_talking),
            TransferPhase::Joining => (UiState::Transferring, &texts.transfer_joining),
            TransferPhase::Failed => (UiState::TransferFailed, &texts.transfer_failed),
        };
        (ui_state, self.note.as_ref().unwrap_or(text))
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.deadline
    }

    fn enter(&mut self, phase: TransferPhase, deadline: Option<Instant>) {
        self.phase = phase;
        self.deadline = deadline;
        self.note = None;
    }

    fn fail(&mut self, note: Option<String>) {
        self.enter(TransferPhase::Failed, None);
        self.note = note;
    }
}

impl Session {
    /// The operator has picked where the call is to go.
    pub(super) fn start_transfer(
        &mut self,
        now: Instant,
        target: TransferTarget,
    ) -> Result<Reply, Error> {
        let deadline = now + self.config.patience.transfer;
        let call = self.call.as_mut().filter(|call| call.is_up());
        let call = call.ok_or_else(|| no_call("nobody talks: there is no call to transfer"))?;
        if call.transfer.is_some() {
            return Err(Error::new(
                ErrorKind::Busy,
                "a transfer is under way; complete or cancel it first",
            ));
        }
        call.transfer = Some(Transfer {
            phase: TransferPhase::Holding,
            target: String::new(),
            consultation: None,
            was_held: call.held.is_on(),
            note: None,
            deadline: Some(deadline),
        });
        let call = call.phone_id.clone();
        self.push(Output::Resolve { call, target });
        Ok(Reply::Done)
    }

    /// The softphone knows what to dial.
    pub(super) fn handle_resolved(
        &mut self,
        now: Instant,
        phone_id: &PhoneCallId,
        result: Result<String, EndCause>,
    ) {
        let deadline = now + self.config.patience.transfer;
        let mode = self.config.transfer;
        let Some((call, transfer)) = self.transfer_of(phone_id) else {
            return;
        };
        let fresh = transfer.phase == TransferPhase::Holding && transfer.target.is_empty();
        if !fresh {
            return;
        }
        let target = result.map(|target| target.trim().to_owned());
        let action = match target {
            Err(cause) => return transfer.fail(cause.text),
            Ok(target) if target.is_empty() => return transfer.fail(None),
            Ok(target) => {
                transfer.target.clone_from(&target);
                match mode {
                    TransferMode::Blind => {
                        transfer.enter(TransferPhase::Joining, Some(deadline));
                        PhoneActionKind::Transfer { target }
                    }
                    TransferMode::Attended if transfer.was_held => return self.consult(),
                    TransferMode::Attended => {
                        call.ask(true);
                        PhoneActionKind::SetHeld(true)
                    }
                }
            }
        };
        self.push(action.of(phone_id));
    }

    /// The customer waits: the colleague is called.
    fn consult(&mut self) {
        let consultation = self.new_phone_id();
        let Some(call) = &mut self.call else { return };
        let Some(transfer) = &mut call.transfer else {
            return;
        };
        transfer.enter(TransferPhase::Calling, None);
        transfer.consultation = Some(consultation.clone());
        let dial = PhoneActionKind::Dial {
            number: transfer.target.clone(),
            line: call.line.clone(),
            consultation_for: Some(call.phone_id.clone()),
        };
        self.push(dial.of(&consultation));
    }

    /// The operator hands the customer over.
    pub(super) fn complete_transfer(&mut self, now: Instant) -> Result<Reply, Error> {
        let deadline = now + self.config.patience.transfer;
        let nothing = || no_call("there is no transfer to complete");
        let call = self.call.as_mut().ok_or_else(nothing)?;
        let transfer = call.transfer.as_mut().ok_or_else(nothing)?;
        let mut outputs = Vec::new();
        match (transfer.phase, &transfer.consultation) {
            (TransferPhase::Talking, Some(consultation)) => {
                let consultation = consultation.clone();
                let action = PhoneActionKind::CompleteTransfer { consultation };
                outputs.push(action.of(&call.phone_id));
            }
            // Nobody has answered yet: the customer will hear it ring.
            (TransferPhase::Calling, Some(_)) => {
                let consultation = transfer.consultation.take();
                outputs.extend(consultation.map(|id| PhoneActionKind::HangUp.of(&id)));
                let target = transfer.target.clone();
                outputs.push(PhoneActionKind::Transfer { target }.of(&call.phone_id));
            }
            _ => return Err(nothing()),
        }
        transfer.enter(TransferPhase::Joining, Some(deadline));
        self.outputs.extend(outputs);
        Ok(Reply::Done)
    }

    /// The operator takes the customer back.
    pub(super) fn cancel_transfer(&mut self) -> Result<Reply, Error> {
        let nothing = || no_call("there is no transfer to cancel");
        let call = self.call.as_mut().ok_or_else(nothing)?;
        let transfer = call.transfer.as_ref().ok_or_else(nothing)?;
        if transfer.phase == TransferPhase::Joining {
            return Err(no_call(
                "the call is being handed over; that can't be taken back",
            ));
        }
        let was_held = transfer.was_held;
        self.drop_transfer();
        let Some(call) = &mut self.call else {
            return Err(nothing());
        };
        if call.held.is_on() && !was_held {
            call.held.ask(false);
            let action = PhoneActionKind::SetHeld(false).of(&call.phone_id);
            self.push(action);
        }
        Ok(Reply::Done)
    }

    /// There is no transfer any more; nobody is left on the line to the colleague.
    pub(super) fn drop_transfer(&mut self) {
        let transfer = self.call.as_mut().and_then(|call| call.transfer.take());
        let consultation = transfer.and_then(|transfer| transfer.consultation);
        self.outputs
            .extend(consultation.map(|id| PhoneActionKind::HangUp.of(&id)));
    }

    /// News of the consultation, or of the hold that precedes it. Says whether that was it.
    pub(super) fn follow_transfer(&mut self, event: &PhoneEvent) -> bool {
        let Some(call) = &mut self.call else {
            return false;
        };
        let Some(transfer) = &mut call.transfer else {
            return false;
        };
        if event.call() == transfer.consultation.as_ref() && event.call().is_some() {
            match event {
                PhoneEvent::Progress { .. } if transfer.phase == TransferPhase::Calling => {
                    transfer.note = Some(self.config.texts.transfer_ringing.clone());
                }
                PhoneEvent::Connected { .. } if transfer.phase == TransferPhase::Calling => {
                    transfer.enter(TransferPhase::Talking, None);
                }
                PhoneEvent::Ended { cause, .. } => {
                    transfer.consultation = None;
                    // While the two are joined the softphone ends it as part of that.
                    if transfer.phase != TransferPhase::Joining {
                        let texts = &self.config.texts;
                        transfer.fail(Some(why(cause, texts)));
                    }
                }
                _ => {}
            }
            return true;
        }
        let waits = transfer.phase == TransferPhase::Holding && !transfer.target.is_empty();
        let held = matches!(event, PhoneEvent::Held { call_id, held: true, by_remote: false }
            if *call_id == call.phone_id);
        if waits && held {
            self.consult();
        }
        // The call's own hold is the call's affair, too.
        false
    }

    /// The softphone could not do its part. Says whether that was about a transfer.
    pub(super) fn fail_transfer(
        &mut self,
        phone_id: &PhoneCallId,
        kind: &PhoneActionKind,
        cause: &EndCause,
    ) -> bool {
        let Some(call) = &mut self.call else {
            return false;
        };
        let Some(transfer) = &mut call.transfer else {
            return false;
        };
        let note = Some(why(cause, &self.config.texts));
        let about_consultation = transfer.consultation.as_ref() == Some(phone_id);
        let about_call = call.phone_id == *phone_id;
        match kind {
            PhoneActionKind::Dial { .. } if about_consultation => {
                self.outputs.push_back(PhoneActionKind::HangUp.of(phone_id));
                transfer.consultation = None;
                transfer.fail(note);
                true
            }
            PhoneActionKind::CompleteTransfer { .. } | PhoneActionKind::Transfer { .. }
                if about_call && transfer.phase == TransferPhase::Joining =>
            {
                if transfer.consultation.is_some() {
                    transfer.enter(TransferPhase::Talking, None);
                    transfer.note = note;
                } else {
                    transfer.fail(note);
                }
                true
            }
            PhoneActionKind::SetHeld(true)
                if about_call && transfer.phase == TransferPhase::Holding =>
            {
                transfer.fail(note);
                // The switch itself is put back as ever.
                false
            }
            _ => about_consultation,
        }
    }

    /// The softphone has been silent for too long.
    pub(super) fn expire_transfer(&mut self, now: Instant) {
        let transfer = self.call.as_mut().and_then(|call| call.transfer.as_mut());
        if let Some(transfer) = transfer.filter(|t| t.deadline.is_some_and(|at| at <= now)) {
            transfer.fail(None);
        }
    }

    /// The toggle of hold and the transfer of the call that the softphone knows by this name.
    fn transfer_of(
        &mut self,
        phone_id: &PhoneCallId,
    ) -> Option<(&mut super::toggle::Toggle, &mut Transfer)> {
        let call = self
            .call
            .as_mut()
            .filter(|call| call.phone_id == *phone_id)?;
        Some((&mut call.held, call.transfer.as_mut()?))
    }
}

impl Call {
    /// Whether the two sides talk.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.leg, Leg::Up { .. })
    }
}

/// Why the colleague can't be had.
fn why(cause: &EndCause, texts: &StatusTexts) -> String {
    let status = cause.status.map(StatusCode::from_sip);
    let said = cause.text.clone().filter(|text| !text.is_empty());
    said.or_else(|| status.map(|status| failure_text(status, texts).to_owned()))
        .unwrap_or_else(|| texts.transfer_failed.clone())
}

fn no_call(why: &str) -> Error {
    Error::new(ErrorKind::NoCall, why)
}
