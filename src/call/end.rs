//! How a call ends, and what of it is recorded and shown.

use std::time::Duration;

use super::Call;
use super::leg::{Aftermath, Leg, Outcome};
use super::snapshot::CallEnd;
use super::view::failure_text;
use crate::card::UiState;
use crate::config::Config;
use crate::rest::StatusCode;
use crate::softphone::{EndCause, EndedBy};
use crate::time::Instant;

impl Call {
    /// This side ends the call: what it becomes while the softphone does so.
    pub(super) fn end_locally(&mut self, now: Instant, status: StatusCode, deadline: Instant) {
        self.leg = Leg::Ending {
            since: self.leg.since(),
            until: self.last_heard(now),
            status,
            deadline,
        };
    }

    /// The call is over, for this cause. Says whether it was not before.
    pub(crate) fn end(&mut self, now: Instant, cause: &EndCause, config: &Config) -> bool {
        let (texts, patience) = (&config.texts, &config.patience);
        let code = cause.code.as_deref();
        let transferred = code == Some(EndCause::TRANSFERRED);
        let elsewhere = code == Some(EndCause::ANSWERED_ELSEWHERE);
        let broken = cause.by == EndedBy::Error && !transferred && !elsewhere;
        let sip = cause.status.map(StatusCode::from_sip);
        let mut outcome = Outcome {
            at: now,
            duration: Duration::ZERO,
            status: StatusCode::Other,
            reason: cause.code.clone().or_else(|| cause.text.clone()),
            aftermath: None,
        };
        let mut last_word = None;
        match &self.leg {
            Leg::Over(_) => return false,
            Leg::Ending {
                since,
                until,
                status,
                ..
            } => {
                outcome.status = *status;
                // The time it took the softphone to say so is nobody's talk.
                outcome.duration = since.map(|since| until.since(since)).unwrap_or_default();
            }
            Leg::Up { since } | Leg::Lost { since, .. } => {
                outcome.status = StatusCode::Success;
                outcome.duration = self.last_heard(now).since(*since);
                if broken {
                    last_word = Some((UiState::Error, texts.connection_lost.clone()));
                } else if transferred {
                    // Whether the colleague has answered is not known.
                    last_word = Some((UiState::TransferConnected, texts.handed_over.clone()));
                }
            }
            Leg::Answering if broken => {
                last_word = Some((UiState::Error, texts.failed.clone()));
            }
            // The portal takes 304 for missed, counts it and asks to call back.
            Leg::Ringing | Leg::Answering if elsewhere => {}
            Leg::Ringing | Leg::Answering => outcome.status = StatusCode::Missed,
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
        outcome.aftermath = last_word
            .filter(|_| self.show)
            .map(|(ui_state, text)| Aftermath {
                ui_state,
                text: cause.text.clone().unwrap_or(text),
                until: now
                    + match ui_state {
                        UiState::Redial => patience.redial,
                        UiState::TransferConnected => patience.handed_over,
                        _ => patience.error,
                    },
            });
        self.leg = Leg::Over(outcome);
        true
    }

    /// Refused without the softphone's having to say so.
    pub(crate) fn refuse(&mut self, now: Instant, status: StatusCode, config: &Config) {
        self.end_locally(now, status, now);
        self.end(now, &EndCause::local(), config);
    }

    /// Whether the card offers to dial again.
    pub(crate) fn offers_redial(&self) -> bool {
        matches!(&self.leg, Leg::Over(outcome)
            if outcome.aftermath.as_ref().is_some_and(|a| a.ui_state == UiState::Redial))
    }

    /// The card has said its last word.
    pub(crate) fn end_aftermath(&mut self) -> bool {
        match &mut self.leg {
            Leg::Over(outcome) => outcome.aftermath.take().is_some(),
            _ => false,
        }
    }

    /// How it ended, if it has.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match &self.leg {
            Leg::Over(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// The same, as an application is told.
    pub(crate) fn told_end(&self) -> Option<CallEnd> {
        let outcome = self.outcome()?;
        Some(CallEnd {
            call_id: self.record.call_id().cloned(),
            phone_call_id: self.phone_id.0.clone(),
            direction: self.direction,
            duration: outcome.duration.as_secs(),
            status_code: outcome.status,
            reason: outcome.reason.clone(),
        })
    }
}
