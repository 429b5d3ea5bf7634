//! What the card should show, and the commands that make it so.

use crate::card::{CardCommand, UiState};

/// What a card shows, as far as the session drives it; `None`: not known.
///
/// A fresh card is not taken for untouched: a command for the card before it may have hit it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct View {
    pub(super) ui_state: Option<UiState>,
    pub(super) status_text: Option<String>,
    pub(super) muted: Option<bool>,
    pub(super) held: Option<bool>,
}

impl View {
    /// The commands that lead from `shown` to this view.
    pub(super) fn commands_from(&self, shown: &Self) -> Vec<CardCommand> {
        let mut commands = Vec::new();
        if self.ui_state != shown.ui_state {
            commands.extend(self.ui_state.map(|ui_state| CardCommand::SetUiState {
                ui_state,
                disable_auto_start_timer: false,
            }));
        }
        if self.status_text != shown.status_text {
            let text = self.status_text.clone().unwrap_or_default();
            commands.push(CardCommand::SetStatusText { status_text: text });
        }
        if self.muted != shown.muted {
            commands.extend(self.muted.map(|muted| CardCommand::SetMute { muted }));
        }
        if self.held != shown.held {
            commands.extend(self.held.map(|held| CardCommand::SetHold { held }));
        }
        commands
    }
}
