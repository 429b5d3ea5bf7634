//! What the operator can ask of one call, on whichever card or through the application.

use super::{Call, Leg};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::rest::StatusCode;
use crate::softphone::{PhoneAction, PhoneActionKind};
use crate::time::Instant;

impl Call {
    /// Takes the ringing call.
    pub(crate) fn answer(&mut self) -> Result<PhoneAction, Error> {
        if self.leg != Leg::Ringing {
            return Err(no_call());
        }
        self.leg = Leg::Answering;
        Ok(self.act(PhoneActionKind::Answer))
    }

    /// Refuses the ringing call, or gives up one that is not dialled yet.
    pub(crate) fn skip(
        &mut self,
        now: Instant,
        config: &Config,
    ) -> Result<Option<PhoneAction>, Error> {
        match self.leg {
            Leg::Ringing => {
                self.end_locally(now, StatusCode::Declined, now + config.patience.hang_up);
                Ok(Some(self.act(PhoneActionKind::Reject { status: 603 })))
            }
            Leg::Ready { .. } => {
                self.refuse(now, StatusCode::Cancelled, config);
                Ok(None)
            }
            _ => Err(no_call()),
        }
    }

    /// Ends the call, in whatever state it is.
    pub(crate) fn hang_up(
        &mut self,
        now: Instant,
        config: &Config,
    ) -> Result<Option<PhoneAction>, Error> {
        let status = match self.leg {
            Leg::Ringing | Leg::Ready { .. } => return self.skip(now, config),
            Leg::Ending { .. } | Leg::Over(_) => return Err(no_call()),
            Leg::Up { .. } | Leg::Lost { .. } => StatusCode::Success,
            Leg::Answering => StatusCode::Declined,
            Leg::Dialing { .. } => StatusCode::Cancelled,
        };
        self.end_locally(now, status, now + config.patience.hang_up);
        Ok(Some(self.act(PhoneActionKind::HangUp)))
    }

    /// Mutes the microphone, or unmutes it: at once, or as soon as there is a softphone again.
    pub(crate) fn mute(&mut self, on: bool) -> Result<Option<PhoneAction>, Error> {
        if self.is_lost() {
            self.muted = self.muted.wanted(on);
            return Ok(None);
        }
        if !self.is_up() {
            return Err(no_call());
        }
        self.muted.ask(on);
        Ok(Some(self.act(PhoneActionKind::SetMuted(on))))
    }

    /// Puts the call on hold, or takes it back: the same.
    pub(crate) fn hold(&mut self, on: bool) -> Result<Option<PhoneAction>, Error> {
        if self.is_lost() {
            self.held = self.held.wanted(on);
            return Ok(None);
        }
        if !self.is_up() {
            return Err(no_call());
        }
        self.held.ask(on);
        Ok(Some(self.act(PhoneActionKind::SetHeld(on))))
    }

    /// What was asked for while the call had no softphone, of the one that has taken it up.
    pub(crate) fn ask_what_waits(&mut self) -> Vec<PhoneAction> {
        let muted = self.muted.wish().map(PhoneActionKind::SetMuted);
        let held = self.held.wish().map(PhoneActionKind::SetHeld);
        let kinds = muted.into_iter().chain(held);
        kinds.map(|kind| self.act(kind)).collect()
    }

    /// Sends a tone.
    pub(crate) fn tone(&self, tone: crate::card::Tone) -> Result<PhoneAction, Error> {
        match self.leg {
            Leg::Up { .. } | Leg::Dialing { progress: true } => {
                Ok(self.act(PhoneActionKind::SendDtmf(tone)))
            }
            _ => Err(no_call()),
        }
    }
}

pub(crate) fn no_call() -> Error {
    Error::new(ErrorKind::NoCall, "there is no call in a state for this")
}
