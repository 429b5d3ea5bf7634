//! A call whose softphone is gone while the far end still talks: what is kept of it, and how it goes on
//! once another softphone has taken it up.

use serde::{Deserialize, Serialize};

use super::Call;
use super::leg::Leg;
use super::toggle::Toggle;
use super::transfer::Consultation;
use crate::softphone::PhoneCallId;
use crate::time::Instant;

/// What of a call that is up must be known to go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// The other side's name.
    pub display_name: Option<String>,
    /// Whether the microphone is muted.
    pub muted: bool,
    /// Whether this side holds the call.
    pub held: bool,
    /// What the operator wants of the microphone, where the softphone has not done it yet.
    #[serde(default)]
    pub wants_muted: Option<bool>,
    /// The same of the hold.
    #[serde(default)]
    pub wants_held: Option<bool>,
    /// The colleague who is talked to meanwhile.
    pub consultation: Option<Consultation>,
    /// Whether it is to have a card.
    pub show: bool,
}

impl Call {
    /// Its softphone is gone. Says whether another one can take it up, which is so while the two sides
    /// talk and this softphone's name of it is among those that are kept.
    pub(crate) fn lose(
        &mut self,
        now: Instant,
        deadline: Instant,
        kept: impl Fn(&PhoneCallId) -> bool,
    ) -> bool {
        let (since, at) = match self.leg {
            Leg::Up { since } => (since, now),
            Leg::Lost { since, at, .. } => (since, at),
            _ => return false,
        };
        if !kept(&self.phone_id) {
            return false;
        }
        self.leg = Leg::Lost {
            since,
            at,
            deadline,
        };
        self.muted.defer();
        if self.holds_for_transfer() {
            // The customer comes first: that transfer will not be.
            self.held = Toggle::known(self.held.confirmed());
        } else {
            self.held.defer();
        }
        // What holds at the far end is told anew.
        self.held_by_remote = false;
        self.media_lost = false;
        self.lose_consultation(kept);
        true
    }

    /// What a journal knew of it while the two sides talked.
    pub(crate) fn with_talk(mut self, talk: Talk) -> Self {
        self.display_name = talk.display_name;
        self.muted = Toggle::known(talk.muted).wanted(talk.wants_muted.unwrap_or(talk.muted));
        self.held = Toggle::known(talk.held).wanted(talk.wants_held.unwrap_or(talk.held));
        self.show = talk.show;
        self.transfer = talk.consultation.map(Into::into);
        self
    }

    /// It is being taken up, and waits no longer than this.
    pub(crate) fn wait_until(&mut self, latest: Instant) {
        if let Leg::Lost { deadline, .. } = &mut self.leg {
            *deadline = latest;
        }
    }

    /// Whether it waits to be taken up.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.leg, Leg::Lost { .. })
    }

    /// When it was last known that the two sides can hear each other.
    pub(crate) fn last_heard(&self, now: Instant) -> Instant {
        match self.leg {
            Leg::Lost { at, .. } => at,
            _ => now,
        }
    }

    /// What must be known to go on with it; `None` unless the two sides talk.
    pub(crate) fn talk(&self) -> Option<Talk> {
        (self.is_up() || self.is_lost()).then(|| Talk {
            display_name: self.display_name.clone(),
            muted: self.muted.confirmed(),
            held: self.held.confirmed(),
            wants_muted: self.muted.wish(),
            wants_held: self.held.wish().filter(|_| !self.holds_for_transfer()),
            consultation: self.consultation(),
            show: self.show,
        })
    }
}
