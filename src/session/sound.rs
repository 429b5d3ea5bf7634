//! How the call sounds, asked once a second while the two sides talk.

use std::time::Duration;

use super::call::Call;
use super::io::{AppEvent, Output};
use super::machine::Session;
use super::time::Instant;
use crate::quality::{Counters, Meter, Silence, SoundProblem};
use crate::softphone::PhoneCallId;

const PERIOD: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sound {
    meter: Meter,
    /// When to ask next.
    at: Option<Instant>,
    shown: Option<SoundProblem>,
}

impl Sound {
    pub(super) fn watch(&mut self, now: Instant) {
        self.at = Some(now + PERIOD);
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.at
    }

    /// What the card should say.
    pub(super) fn problem(&self) -> Option<SoundProblem> {
        self.shown
    }

    /// The stars the call would deserve, if the operator gives none.
    pub(super) fn grade(&self) -> Option<u8> {
        self.meter.grade()
    }
}

impl Session {
    pub(super) fn sample_sound(&mut self, now: Instant) {
        let Some(call) = &mut self.call else { return };
        if call.sound.at.is_none_or(|at| at > now) {
            return;
        }
        // Asked again when this is answered: a browser that is slow is not asked more often.
        call.sound.at = None;
        if call.is_up() {
            let call = call.phone_id.clone();
            self.push(Output::Sample { call });
        }
    }

    pub(super) fn handle_stats(
        &mut self,
        now: Instant,
        phone_id: &PhoneCallId,
        counters: Option<Counters>,
    ) {
        let on_card = self.config.sound_on_card;
        let up = |call: &&mut Call| call.phone_id == *phone_id && call.is_up();
        let (Some(call), Some(counters)) = (self.call.as_mut().filter(up), counters) else {
            return;
        };
        call.sound.at = Some(now + PERIOD);
        let silence = Silence {
            held: call.held.is_on() || call.held_by_remote || call.media_lost,
            muted: call.muted.is_on(),
        };
        if let Some(quality) = call.sound.meter.sample(counters, silence) {
            call.sound.shown = quality.problem.filter(|_| on_card);
            self.push(Output::Event(AppEvent::Quality(quality)));
        }
    }
}
