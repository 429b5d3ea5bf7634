//! Whether the card's microphone button may show something else than its switch.
//!
//! A folded card keeps the buttons it had, and shows them again as they were when it is unfolded;
//! nothing tells of either. So when we have thrown the switch since the operator last clicked on an
//! unfolded card, its button may be shown wrongly, and a click on it may mean its opposite.

use crate::card::{CardEvent, UiState};

/// Whether the button may be wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Doubt(bool);

impl Doubt {
    /// A command of ours throws the switch, which was known to stand otherwise. Only a card that
    /// talks can be folded with a switch on it.
    pub(super) fn thrown(&mut self, ui_state: Option<UiState>) {
        self.0 |= ui_state == Some(UiState::Connected);
    }

    /// A click that switches the microphone on, by a button that may have shown it on: who clicked may
    /// have wanted it off. In doubt it stays off.
    pub(super) fn refuses(self, event: &CardEvent) -> bool {
        self.0 && matches!(event, CardEvent::Mute(false))
    }

    /// A click that only an unfolded card can bring: it can be redrawn.
    pub(super) fn ends_with(self, event: &CardEvent) -> bool {
        self.0 && needs_unfolded(event)
    }
}

/// Whether it is a click on a button that a folded card has not.
pub(super) fn needs_unfolded(event: &CardEvent) -> bool {
    matches!(
        event,
        CardEvent::Answer
            | CardEvent::Mute(_)
            | CardEvent::Hold(_)
            | CardEvent::Dialpad(_)
            | CardEvent::Transfer(_)
            | CardEvent::CancelTransfer
            | CardEvent::CompleteTransfer
            | CardEvent::MakeCall
            | CardEvent::QualityMeter(_)
    )
}
