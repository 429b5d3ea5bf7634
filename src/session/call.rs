//! One call: its leg at the softphone, its record on the portal, and what its card shows.

use std::time::Duration;

use serde::Serialize;

use super::Instant;
use super::config::{Config, StatusTexts};
use super::record::Record;
use super::sound::Sound;
use super::toggle::Toggle;
use super::transfer::{Transfer, TransferPhase};
use super::view::View;
use crate::card::{CallId, UiState};
use crate::quality::SoundProblem;
use crate::rest::StatusCode;
use crate::softphone::{EndCause, EndedBy, PhoneCallId};

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// A customer calls.
    Incoming,
    /// The operator calls.
    Outgoing,
}

/// The call at the softphone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leg {
    /// An incoming call rings.
    Ringing,
    /// The operator has answered; the softphone is connecting.
    Answering,
    /// An outgoing call that is not dialled yet. `auto`: dial as soon as it is registered;
    /// otherwise the card's call button decides. `until`: how long it waits to be registered.
    Ready { auto: bool, until: Option<Instant> },
    /// The softphone dials; `progress` once the far end rings.
    Dialing { progress: bool },
    /// The two sides talk.
    Up { since: Instant },
    /// This side has hung up or refused; the softphone owes an `ended`.
    Ending {
        since: Option<Instant>,
        status: StatusCode,
        deadline: Instant,
    },
    /// It is over.
    Over(Outcome),
}

/// How a call went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) duration: Duration,
    pub(super) status: StatusCode,
    pub(super) reason: Option<String>,
    /// What the card still shows, and until when.
    pub(super) aftermath: Option<Aftermath>,
}

/// The card's last word about a call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aftermath {
    pub(super) ui_state: UiState,
    pub(super) text: String,
    pub(super) until: Instant,
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) phone_id: PhoneCallId,
    pub(super) external_id: String,
    pub(super) direction: Direction,
    pub(super) number: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) line: Option<String>,
    /// The call list it belongs to.
    pub(super) call_list_id: Option<String>,
    /// Whether `register` asks for a card.
    pub(super) show: bool,
    pub(super) leg: Leg,
    pub(super) record: Record,
    pub(super) muted: Toggle,
    pub(super) held: Toggle,
    pub(super) held_by_remote: bool,
    /// The media path has broken, and is being mended.
    pub(super) media_lost: bool,
    pub(super) transferred_here: bool,
    pub(super) transfer: Option<Transfer>,
    /// The operator's stars.
    pub(super) vote: Option<u8>,
    pub(super) sound: Sound,
    /// When to ask again for a card that has not appeared, and how often that was done.
    pub(super) card_due: Option<Instant>,
    pub(super) shows: u32,
}

impl Call {
    /// Whether the softphone still has it.
    pub(super) fn is_alive(&self) -> bool {
        !matches!(self.leg, Leg::Over(_))
    }

    /// Over, and the card has nothing more to say.
    pub(super) fn is_closed(&self) -> bool {
        matches!(&self.leg, Leg::Over(outcome) if outcome.aftermath.is_none())
    }

    /// This side ends the call: what it becomes while the softphone does so.
    pub(super) fn end_locally(&mut self, status: StatusCode, deadline: Instant) {
        let since = match self.leg {
            Leg::Up { since } => Some(since),
            _ => None,
        };
        self.leg = Leg::Ending {
            since,
            status,
            deadline,
        };
    }

    /// The call is over, for this cause.
    pub(super) fn end(&mut self, now: Instant, cause: &EndCause, config: &Config) {
        let (texts, patience) = (&config.texts, &config.patience);
        let transferred = cause.code.as_deref() == Some(EndCause::TRANSFERRED);
        let broken = cause.by == EndedBy::Error && !transferred;
        let sip = cause.status.map(StatusCode::from_sip);
        let mut outcome = Outcome {
            duration: Duration::ZERO,
            status: StatusCode::Other,
            reason: cause.code.clone().or_else(|| cause.text.clone()),
            aftermath: None,
        };
        let mut last_word = None;
        match &self.leg {
            Leg::Over(_) => return,
            Leg::Ending { since, status, .. } => {
                outcome.status = *status;
                outcome.duration = since.map(|since| now.since(since)).unwrap_or_default();
            }
            Leg::Up { since } => {
                outcome.status = StatusCode::Success;
                outcome.duration = now.since(*since);
                if broken {
                    last_word = Some((UiState::Error, texts.connection_lost.clone()));
                }
            }
            Leg::Ringing => outcome.status = StatusCode::Missed,
            Leg::Answering if broken => {
                last_word = Some((UiState::Error, texts.failed.clone()));
            }
            Leg::Answering => outcome.status = StatusCode::Missed,
            Leg::Ready { .. } => outcome.status = StatusCode::Cancelled,
            Leg::Dialing { .. } if cause.by == EndedBy::Local => {
                outcome.status = StatusCode::Cancelled;
            }
            Leg::Dialing { .. } => {
                outcome.status = sip.unwrap_or(if broken {
                    StatusCode::Other
                } else {
                    StatusCode::TemporarilyUnavailable
                });
                let ui_state = match outcome.status {
                    StatusCode::NoMoney => UiState::MoneyError,
                    _ if broken && sip.is_none() => UiState::Error,
                    _ => UiState::Redial,
                };
                last_word = Some((ui_state, failure_text(outcome.status, texts).to_owned()));
            }
        }
        outcome.aftermath = last_word.map(|(ui_state, text)| Aftermath {
            ui_state,
            text: cause.text.clone().unwrap_or(text),
            until: now
                + match ui_state {
                    UiState::Redial => patience.redial,
                    _ => patience.error,
                },
        });
        self.leg = Leg::Over(outcome);
    }

    /// What the card should show now; `None` where the session leaves it as it is.
    pub(super) fn view(&self, texts: &StatusTexts, caller_waits: bool) -> Option<View> {
        let (ui_state, text) = match &self.leg {
            Leg::Ringing if self.transferred_here => (UiState::TransferIncoming, &texts.incoming),
            Leg::Ringing => (UiState::Incoming, &texts.incoming),
            Leg::Answering => (UiState::ConnectingIncoming, &texts.answering),
            Leg::Ready { .. } => (UiState::Outgoing, &texts.ready),
            Leg::Dialing { progress: false } => (UiState::ConnectingOutgoing, &texts.dialing),
            Leg::Dialing { progress: true } => (UiState::ConnectingOutgoing, &texts.ringing),
            Leg::Up { .. } if self.transfer.is_some() => self.transfer.as_ref()?.view(texts),
            Leg::Up { .. } => (
                UiState::Connected,
                if self.media_lost {
                    &texts.media_lost
                } else if let Some(problem) = self.sound.problem() {
                    problem_text(problem, texts)
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
                },
            ),
            Leg::Ending { .. } => return None,
            Leg::Over(outcome) => {
                let aftermath = outcome.aftermath.as_ref()?;
                (aftermath.ui_state, &aftermath.text)
            }
        };
        Some(View {
            ui_state: Some(ui_state),
            status_text: Some(text.clone()),
            muted: Some(self.muted.is_on()),
            held: Some(self.held.is_on()),
        })
    }

    /// The moment at which it has something to do by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        let leg = match &self.leg {
            Leg::Ending { deadline, .. } => Some(*deadline),
            Leg::Ready { until, .. } => *until,
            Leg::Over(outcome) => outcome.aftermath.as_ref().map(|a| a.until),
            _ => None,
        };
        let transfer = self.transfer.as_ref().and_then(Transfer::due);
        let sound = if self.is_up() { self.sound.due() } else { None };
        [leg, self.record.due(), self.card_due, transfer, sound]
            .into_iter()
            .flatten()
            .min()
    }

    pub(super) fn snapshot(&self) -> CallSnapshot {
        CallSnapshot {
            call_id: self.record.call_id().cloned(),
            phone_call_id: self.phone_id.0.clone(),
            direction: self.direction,
            number: self.number.clone(),
            display_name: self.display_name.clone(),
            line: self.line.clone(),
            call_list_id: self.call_list_id.clone(),
            state: match &self.leg {
                Leg::Ringing => CallPhase::Ringing,
                Leg::Answering => CallPhase::Answering,
                Leg::Ready { .. } => CallPhase::Ready,
                Leg::Dialing { .. } => CallPhase::Dialing,
                Leg::Up { .. } => CallPhase::Connected,
                Leg::Ending { .. } => CallPhase::Ending,
                Leg::Over(_) => CallPhase::Failed,
            },
            muted: self.muted.is_on(),
            held: self.held.is_on(),
            held_by_remote: self.held_by_remote,
            media_lost: self.media_lost,
            transfer: self.transfer.as_ref().map(|transfer| transfer.phase),
        }
    }
}

fn problem_text(problem: SoundProblem, texts: &StatusTexts) -> &String {
    match problem {
        SoundProblem::NothingHeard => &texts.nothing_heard,
        SoundProblem::NothingSent => &texts.nothing_sent,
        SoundProblem::MicrophoneSilent => &texts.microphone_silent,
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

/// Where a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CallPhase {
    /// An incoming call rings.
    Ringing,
    /// Answered, being connected.
    Answering,
    /// An outgoing call that is not dialled yet.
    Ready,
    /// Dialling, or the far end rings.
    Dialing,
    /// The two sides talk.
    Connected,
    /// Hung up; the softphone is ending it.
    Ending,
    /// Failed; the card says why or offers to dial again.
    Failed,
}

/// A call at one moment, as an application sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallSnapshot {
    /// The portal's name of the call, once it is registered.
    pub call_id: Option<CallId>,
    /// The softphone's name of it.
    pub phone_call_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// The other side's number; `None` when withheld.
    pub number: Option<String>,
    /// The other side's name, if the softphone knows it.
    pub display_name: Option<String>,
    /// The line of the call.
    pub line: Option<String>,
    /// The call list it belongs to, where a campaign has asked for it.
    pub call_list_id: Option<String>,
    /// Where it is.
    pub state: CallPhase,
    /// Whether the microphone is muted.
    pub muted: bool,
    /// Whether this side holds the call.
    pub held: bool,
    /// Whether the other side holds it.
    pub held_by_remote: bool,
    /// Whether its media path has broken and is being mended.
    pub media_lost: bool,
    /// Where its transfer is, while there is one.
    pub transfer: Option<TransferPhase>,
}
