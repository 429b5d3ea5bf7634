//! What the call's card should show, in whichever tab it stands.

use serde::{Deserialize, Serialize};

use super::Call;
use super::leg::Leg;
use crate::card::UiState;
use crate::config::{Config, StatusTexts};
use crate::quality::SoundProblem;
use crate::rest::StatusCode;
use crate::time::Instant;

/// What a card should show. It is derived from the call, and nothing else sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// The card's state: its buttons.
    pub ui_state: UiState,
    /// Its title, where the portal's own is wrong.
    pub title: Option<String>,
    /// The text in its middle.
    pub status_text: String,
    /// Whether its microphone button is thrown.
    pub muted: bool,
    /// Whether its hold button is.
    pub held: bool,
    /// Since when the two sides talk.
    pub since: Option<Instant>,
}

impl Call {
    /// What the card should show now; `None` where it is left as it is.
    pub(super) fn view(&self, config: &Config, caller_waits: bool) -> Option<CardView> {
        let texts = &config.texts;
        let (ui_state, text) = match &self.leg {
            Leg::Ringing if self.transferred_here => (UiState::TransferIncoming, &texts.incoming),
            Leg::Ringing => (UiState::Incoming, &texts.incoming),
            Leg::Answering => (UiState::ConnectingIncoming, &texts.answering),
            Leg::Ready { .. } => (UiState::Outgoing, &texts.ready),
            Leg::Dialing { progress: false } => (UiState::ConnectingOutgoing, &texts.dialing),
            Leg::Dialing { progress: true } => (UiState::ConnectingOutgoing, &texts.ringing),
            Leg::Lost { .. } => {
                let transfer = self.transfer.as_ref().map(|it| it.view(texts).0);
                (transfer.unwrap_or(UiState::Connected), &texts.media_lost)
            }
            Leg::Up { .. } if self.transfer.is_some() => self.transfer.as_ref()?.view(texts),
            Leg::Up { .. } => (UiState::Connected, self.talk_text(texts, caller_waits)),
            Leg::Ending { .. } => return None,
            Leg::Over(outcome) => {
                let aftermath = outcome.aftermath.as_ref()?;
                (aftermath.ui_state, &aftermath.text)
            }
        };
        let before = matches!(
            self.leg,
            Leg::Ready { .. } | Leg::Dialing { progress: false }
        );
        let note = self.note.as_ref().filter(|_| before);
        let mut text = note.unwrap_or(text).clone();
        if let Some(tones) = self.tones.as_ref().filter(|_| text == texts.connected) {
            text = format!("{text} · {tones}");
        }
        Some(CardView {
            ui_state,
            title: self.title(config).cloned(),
            status_text: text,
            muted: self.muted.is_on(),
            held: self.held.is_on(),
            since: self.leg.since(),
        })
    }

    /// What matters most while they talk.
    fn talk_text<'a>(&self, texts: &'a StatusTexts, caller_waits: bool) -> &'a String {
        if self.media_lost {
            &texts.media_lost
        } else if let Some(problem) = self.sound.problem() {
            match problem {
                SoundProblem::NothingHeard => &texts.nothing_heard,
                SoundProblem::NothingSent => &texts.nothing_sent,
                SoundProblem::MicrophoneSilent => &texts.microphone_silent,
            }
        } else if caller_waits {
            &texts.caller_waits
        } else if self.held.is_on() {
            &texts.on_hold
        } else if self.held_by_remote {
            &texts.held_by_remote
        } else if self.muted.is_on() {
            &texts.muted
        } else {
            &texts.connected
        }
    }
}

pub(super) fn failure_text(status: StatusCode, texts: &StatusTexts) -> &str {
    match status {
        StatusCode::Busy => &texts.busy,
        StatusCode::Declined => &texts.declined,
        StatusCode::TemporarilyUnavailable => &texts.no_answer,
        StatusCode::WrongNumber | StatusCode::DirectionUnavailable => &texts.wrong_number,
        StatusCode::NoMoney => &texts.no_money,
        _ => &texts.failed,
    }
}
