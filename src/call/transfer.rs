//! A call on its way to somebody else.
//!
//! Attended, as the card's two buttons mean it: the customer is put on hold, the colleague is
//! called (the *consultation*, a call of its own at the softphone), and then the operator completes
//! the transfer or takes the customer back. Completing before the colleague has answered makes it
//! a blind one.

use serde::{Deserialize, Serialize};

use super::Call;
use super::view::failure_text;
use crate::card::UiState;
use crate::config::{Config, StatusTexts, TransferMode};
use crate::error::{Error, ErrorKind};
use crate::rest::StatusCode;
use crate::softphone::{EndCause, Headers, PhoneAction, PhoneActionKind, PhoneCallId, PhoneEvent};
use crate::time::Instant;

/// Where a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// A call to a colleague who is asked about a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    /// The softphone's name of it.
    pub call: PhoneCallId,
    /// The colleague's number.
    pub target: String,
    /// Whether the customer was on hold before, and stays so if the transfer is given up.
    pub was_held: bool,
}

impl From<Consultation> for Transfer {
    fn from(consultation: Consultation) -> Self {
        Self {
            phase: TransferPhase::Talking,
            // It is resolved already: no answer is waited for.
            question: 0,
            target: consultation.target,
            consultation: Some(consultation.call),
            was_held: consultation.was_held,
            wish: None,
            is_back: false,
            note: None,
            deadline: None,
        }
    }
}

/// What the operator wants of a transfer while its calls have no softphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Complete,
    Cancel,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) phase: TransferPhase,
    /// Tells its question for what to dial from that of another transfer of the same call.
    question: u64,
    /// The number to dial, once it is known.
    target: String,
    /// The call to the colleague, while the softphone has it.
    consultation: Option<PhoneCallId>,
    /// The customer was on hold before, and stays so if the transfer is given up.
    was_held: bool,
    /// Done as soon as there is a softphone that can.
    wish: Option<Wish>,
    /// The softphone that takes the calls up has the colleague again.
    is_back: bool,
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

impl Call {
    /// The operator has picked where the call is to go. `question` comes back with what to dial.
    pub(crate) fn start_transfer(
        &mut self,
        now: Instant,
        question: u64,
        config: &Config,
    ) -> Result<(), Error> {
        if !self.is_up() {
            return Err(no_call("nobody talks: there is no call to transfer"));
        }
        if self.transfer.is_some() {
            return Err(Error::new(
                ErrorKind::Busy,
                "a transfer is under way; complete or cancel it first",
            ));
        }
        self.transfer = Some(Transfer {
            phase: TransferPhase::Holding,
            question,
            target: String::new(),
            consultation: None,
            was_held: self.held.is_on(),
            wish: None,
            is_back: false,
            note: None,
            deadline: Some(now + config.patience.transfer),
        });
        Ok(())
    }

    /// The softphone knows what to dial. `consultation` is the name of a call to the colleague.
    pub(crate) fn transfer_resolved(
        &mut self,
        now: Instant,
        question: u64,
        result: Result<String, EndCause>,
        consultation: PhoneCallId,
        config: &Config,
    ) -> Option<PhoneAction> {
        let asked = |transfer: &&mut Transfer| {
            transfer.question == question
                && transfer.phase == TransferPhase::Holding
                && transfer.target.is_empty()
        };
        let transfer = self.transfer.as_mut().filter(asked)?;
        let target = match result {
            Ok(target) => target.trim().to_owned(),
            Err(cause) => {
                transfer.fail(cause.text);
                return None;
            }
        };
        if target.is_empty() {
            transfer.fail(None);
            return None;
        }
        transfer.target.clone_from(&target);
        match config.transfer {
            TransferMode::Blind => {
                transfer.enter(TransferPhase::Joining, Some(now + config.patience.transfer));
                Some(self.act(PhoneActionKind::Transfer { target }))
            }
            TransferMode::Attended if transfer.was_held => self.consult(consultation),
            TransferMode::Attended => {
                self.held.ask(true);
                Some(self.act(PhoneActionKind::SetHeld(true)))
            }
        }
    }

    /// The customer waits: the colleague is called.
    fn consult(&mut self, consultation: PhoneCallId) -> Option<PhoneAction> {
        let transfer = self.transfer.as_mut()?;
        transfer.enter(TransferPhase::Calling, None);
        transfer.consultation = Some(consultation.clone());
        let dial = PhoneActionKind::Dial {
            number: transfer.target.clone(),
            line: self.line.clone(),
            headers: Headers::default(),
            consultation_for: Some(self.phone_id.clone()),
        };
        Some(dial.of(&consultation))
    }

    /// The operator hands the customer over.
    pub(crate) fn complete_transfer(
        &mut self,
        now: Instant,
        config: &Config,
    ) -> Result<Vec<PhoneAction>, Error> {
        let nothing = || no_call("there is no transfer to complete");
        if self.wishes(Wish::Complete) {
            return Ok(Vec::new());
        }
        let phone_id = self.phone_id.clone();
        let up = self.is_up();
        let transfer = self.transfer.as_mut().filter(|_| up).ok_or_else(nothing)?;
        let actions = match (transfer.phase, transfer.consultation.clone()) {
            (TransferPhase::Talking, Some(consultation)) => {
                vec![PhoneActionKind::CompleteTransfer { consultation }.of(&phone_id)]
            }
            // Nobody has answered yet: the customer will hear it ring.
            (TransferPhase::Calling, Some(consultation)) => {
                transfer.consultation = None;
                let target = transfer.target.clone();
                vec![
                    PhoneActionKind::HangUp.of(&consultation),
                    PhoneActionKind::Transfer { target }.of(&phone_id),
                ]
            }
            _ => return Err(nothing()),
        };
        transfer.enter(TransferPhase::Joining, Some(now + config.patience.transfer));
        Ok(actions)
    }

    /// The operator takes the customer back.
    pub(crate) fn cancel_transfer(&mut self) -> Result<Vec<PhoneAction>, Error> {
        let nothing = || no_call("there is no transfer to cancel");
        if self.wishes(Wish::Cancel) {
            return Ok(Vec::new());
        }
        let up = self.is_up();
        let transfer = self.transfer.as_ref().filter(|_| up).ok_or_else(nothing)?;
        if transfer.phase == TransferPhase::Joining {
            return Err(no_call(
                "the call is being handed over; that can't be taken back",
            ));
        }
        let was_held = transfer.was_held;
        let mut actions: Vec<_> = self.drop_transfer().into_iter().collect();
        if self.held.is_on() && !was_held {
            self.held.ask(false);
            actions.push(self.act(PhoneActionKind::SetHeld(false)));
        }
        Ok(actions)
    }

    /// While the call has no softphone: the next one is asked for it.
    fn wishes(&mut self, wish: Wish) -> bool {
        let lost = self.is_lost();
        let transfer = self.transfer.as_mut().filter(|_| lost);
        transfer
            .map(|transfer| transfer.wish = Some(wish))
            .is_some()
    }

    /// The softphone has the call again, or the colleague: what the operator has wanted of the transfer meanwhile.
    pub(crate) fn do_what_was_wished(&mut self, now: Instant, config: &Config) -> Vec<PhoneAction> {
        let up = self.is_up();
        let Some(transfer) = self.transfer.as_mut().filter(|_| up) else {
            return Vec::new();
        };
        let is_back = transfer.is_back;
        let done = match transfer
            .wish
            .take_if(|wish| *wish == Wish::Cancel || is_back)
        {
            Some(Wish::Cancel) => self.cancel_transfer(),
            Some(Wish::Complete) => self.complete_transfer(now, config),
            None => return Vec::new(),
        };
        // What has ended meanwhile can't be handed over.
        done.unwrap_or_default()
    }

    /// Whether the hold that is asked for is a transfer's.
    pub(super) fn holds_for_transfer(&self) -> bool {
        let transfer = self.transfer.as_ref();
        transfer.is_some_and(|it| it.phase == TransferPhase::Holding && !it.was_held)
    }

    /// The colleague who is talked to.
    pub(crate) fn consultation(&self) -> Option<Consultation> {
        let transfer = self.transfer.as_ref()?;
        let talks = transfer.phase == TransferPhase::Talking;
        Some(Consultation {
            call: transfer.consultation.clone().filter(|_| talks)?,
            target: transfer.target.clone(),
            was_held: transfer.was_held,
        })
    }

    /// The softphone is gone: unless the colleague can be talked to again, the customer comes first.
    pub(super) fn lose_consultation(&mut self, kept: impl Fn(&PhoneCallId) -> bool) {
        if let Some(transfer) = &mut self.transfer {
            transfer.is_back = false;
        }
        if self.consultation().is_some_and(|it| kept(&it.call)) {
            return;
        }
        match &mut self.transfer {
            Some(transfer) if self.held.is_on() => {
                transfer.consultation = None;
                transfer.fail(None);
            }
            // The customer was never left.
            transfer => *transfer = None,
        }
    }

    /// There is no transfer any more; nobody is left on the line to the colleague.
    pub(crate) fn drop_transfer(&mut self) -> Option<PhoneAction> {
        let consultation = self.transfer.take()?.consultation?;
        Some(PhoneActionKind::HangUp.of(&consultation))
    }

    /// The softphone has left both calls by itself.
    pub(crate) fn transferred_away(&mut self) {
        self.transfer = None;
    }

    /// Whether the news is the consultation's.
    pub(crate) fn is_consultation(&self, event: &PhoneEvent) -> bool {
        let transfer = self.transfer.as_ref();
        let consultation = transfer.and_then(|transfer| transfer.consultation.as_ref());
        consultation.is_some() && event.call() == consultation
    }

    /// News of the consultation.
    pub(crate) fn follow_consultation(&mut self, event: &PhoneEvent, texts: &StatusTexts) {
        let Some(transfer) = &mut self.transfer else {
            return;
        };
        match event {
            PhoneEvent::Progress { .. } if transfer.phase == TransferPhase::Calling => {
                transfer.note = Some(texts.transfer_ringing.clone());
            }
            PhoneEvent::Connected { .. } => {
                transfer.is_back = true;
                if transfer.phase == TransferPhase::Calling {
                    transfer.enter(TransferPhase::Talking, None);
                }
            }
            PhoneEvent::Ended { cause, .. } => {
                transfer.consultation = None;
                // While the two are joined the softphone ends it as part of that.
                if transfer.phase != TransferPhase::Joining {
                    transfer.fail(Some(why(cause, texts)));
                }
            }
            _ => {}
        }
    }

    /// The call is on hold: if a transfer has waited for that, the colleague is called.
    pub(crate) fn held_for_transfer(
        &mut self,
        event: &PhoneEvent,
        consultation: PhoneCallId,
    ) -> Option<PhoneAction> {
        let transfer = self.transfer.as_ref()?;
        let waits = transfer.phase == TransferPhase::Holding && !transfer.target.is_empty();
        let held = matches!(
            event,
            PhoneEvent::Held {
                held: true,
                by_remote: false,
                ..
            }
        );
        (waits && held)
            .then(|| self.consult(consultation))
            .flatten()
    }

    /// The softphone could not do its part. `None`: that was not about a transfer; else, what follows.
    pub(crate) fn transfer_failed(
        &mut self,
        action: &PhoneAction,
        cause: &EndCause,
        texts: &StatusTexts,
    ) -> Option<Vec<PhoneAction>> {
        let phone_id = &action.call;
        let about_call = self.phone_id == *phone_id;
        let transfer = self.transfer.as_mut()?;
        let note = Some(why(cause, texts));
        let about_consultation = transfer.consultation.as_ref() == Some(phone_id);
        match &action.kind {
            PhoneActionKind::Dial { .. } if about_consultation => {
                transfer.consultation = None;
                transfer.fail(note);
                Some(vec![PhoneActionKind::HangUp.of(phone_id)])
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
                Some(Vec::new())
            }
            PhoneActionKind::SetHeld(true)
                if about_call && transfer.phase == TransferPhase::Holding =>
            {
                transfer.fail(note);
                // The switch itself is put back as ever.
                None
            }
            _ => about_consultation.then(Vec::new),
        }
    }

    /// The softphone may have been silent for too long.
    pub(crate) fn expire_transfer(&mut self, now: Instant) {
        let late = |transfer: &&mut Transfer| transfer.deadline.is_some_and(|at| at <= now);
        if let Some(transfer) = self.transfer.as_mut().filter(late) {
            transfer.fail(None);
        }
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
