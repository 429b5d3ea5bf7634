//! The page's one card, and what the session knows it to show.

use super::card_handle::CardSerial;
use super::view::View;
use crate::card::{CallId, CardCommand, CardEvent};

/// The page's one card.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) serial: CardSerial,
    pub(super) call_id: CallId,
    pub(super) shown: View,
    /// `SetMute` and `SetHold` that are not answered yet.
    mutes: u32,
    holds: u32,
}

impl Card {
    pub(super) fn new(serial: CardSerial, call_id: CallId) -> Self {
        Self {
            serial,
            call_id,
            shown: View::default(),
            mutes: 0,
            holds: 0,
        }
    }

    /// This command is on its way.
    pub(super) fn sent(&mut self, command: &CardCommand) {
        match command {
            CardCommand::SetMute { muted } => {
                self.shown.muted = Some(*muted);
                self.mutes += 1;
            }
            CardCommand::SetHold { held } => {
                self.shown.held = Some(*held);
                self.holds += 1;
            }
            _ => {}
        }
    }

    pub(super) fn answered(&mut self, command: &CardCommand) {
        match command {
            CardCommand::SetMute { .. } => self.mutes = self.mutes.saturating_sub(1),
            CardCommand::SetHold { .. } => self.holds = self.holds.saturating_sub(1),
            _ => {}
        }
    }

    /// A click has thrown one of the card's switches; but a command that is still unanswered was
    /// obeyed after that click, and has thrown it again.
    pub(super) fn switched(&mut self, event: &CardEvent) {
        match event {
            CardEvent::Mute(on) if self.mutes == 0 => self.shown.muted = Some(*on),
            CardEvent::Hold(on) if self.holds == 0 => self.shown.held = Some(*on),
            _ => {}
        }
    }
}
