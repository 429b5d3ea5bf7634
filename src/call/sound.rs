//! How the call sounds, asked once a second while the two sides talk.

use std::time::Duration;

use super::Call;
use crate::quality::{Counters, Meter, Quality, Silence, SoundProblem};
use crate::time::Instant;

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

impl Call {
    /// Whether its counters are wanted now.
    pub(crate) fn wants_sample(&mut self, now: Instant) -> bool {
        if self.sound.at.is_none_or(|at| at > now) {
            return false;
        }
        // Asked again when this is answered: a browser that is slow is not asked more often.
        self.sound.at = None;
        self.is_up()
    }

    /// What WebRTC has counted.
    pub(crate) fn sampled(
        &mut self,
        now: Instant,
        counters: Counters,
        on_card: bool,
    ) -> Option<Quality> {
        if !self.is_up() {
            return None;
        }
        self.sound.at = Some(now + PERIOD);
        let silence = Silence {
            held: self.held.is_on() || self.held_by_remote || self.media_lost,
            muted: self.muted.is_on(),
        };
        let quality = self.sound.meter.sample(counters, silence)?;
        self.sound.shown = quality.problem.filter(|_| on_card);
        Some(quality)
    }

    /// The page with the media is another: what was counted there goes on from nothing.
    pub(crate) fn media_moved(&mut self, now: Instant) {
        self.sound.meter.restart();
        if self.is_up() {
            self.sound.watch(now);
        }
    }
}
