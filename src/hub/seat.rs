//! Who has the seat: microphone, RTCPeerConnection, speaker.

use std::time::Duration;

use super::io::{Output, PhonePlace};
use super::life::Life;
use super::machine::Hub;
use crate::link::{ForTab, Seat, TabId};
use crate::session::Input;
use crate::softphone::{EndCause, KeptCall, PhoneEvent};
use crate::time::Instant;

/// The pause before a softphone that did not start is started again; doubles up to sixteen times.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// When a softphone that did not start is started again.
#[derive(Debug, Default)]
pub(super) struct Retry {
    due: Option<Instant>,
    tries: u32,
}

impl Retry {
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn plan(&mut self, now: Instant) {
        self.due = Some(now + FIRST_RETRY.saturating_mul(1 << self.tries.min(4)));
        self.tries += 1;
    }

    /// One that is registered has started.
    pub(super) fn forget(&mut self, event: &PhoneEvent) {
        if matches!(event, PhoneEvent::Registered) {
            *self = Self::default();
        }
    }
}

impl Hub {
    /// Another softphone in place of one that did not start.
    pub(super) fn retry_phone(&mut self, now: Instant) {
        if self.retry.due.is_some_and(|due| due <= now) {
            self.retry.due = None;
            self.renew_phone();
        }
    }

    /// The softphone in the seat was stopped, and the seat did not move: another one is started.
    pub(super) fn phone_stopped(&mut self, now: Instant) {
        if self.seat.is_some_and(|seat| seat.whole) {
            self.phone_gone(now, "The page with the call was left");
            self.renew_phone();
        }
    }

    /// The softphone is gone with its page. What it has kept of its calls, the next one is given.
    fn phone_gone(&mut self, now: Instant, why: &str) {
        let cause = EndCause::error(EndCause::PAGE_GONE, why);
        let kept = match self.life {
            Life::Retired => Vec::new(),
            _ => self.kept.iter().map(|kept| kept.call_id.clone()).collect(),
        };
        self.session
            .handle_input(now, Input::PhoneGone { cause, kept });
    }

    /// What another softphone would have to know to take up a call of this one's.
    pub(super) fn keep(&mut self, call: KeptCall) {
        self.kept.retain(|kept| kept.call_id != call.call_id);
        self.kept.push(call);
    }

    /// Calls whose softphone is gone are given to the one there is, once.
    pub(super) fn have_calls_taken_up(&mut self, now: Instant) {
        let lost = self.kept.iter();
        let lost = lost.filter(|kept| self.session.is_lost(&kept.call_id));
        let calls: Vec<KeptCall> = lost.cloned().collect();
        if calls.is_empty() {
            return;
        }
        let seat = self.seat.filter(|seat| self.takes_up != Some(seat.run));
        let Some(Seat { tab, run, .. }) = seat else {
            return;
        };
        self.takes_up = Some(run);
        self.session.is_taken_up(now);
        match self.phone {
            PhonePlace::Seat => self.tell(tab, ForTab::TakeUp { run, calls }),
            PhonePlace::Hub => self.outputs.push_back(Output::TakeUp(calls)),
        }
    }

    /// Gives the seat to a tab that can take it, if nobody has it any more.
    pub(super) fn settle_seat(&mut self, now: Instant) {
        let sits = |seat: &Seat| {
            let member = self.tabs.get(&seat.tab);
            member.is_some_and(|member| member.state.can_take_seat && !member.state.leaving)
        };
        let sits = |seat: &Seat| self.life != Life::Retired && sits(seat);
        if self.seat.as_ref().is_some_and(sits) {
            return;
        }
        let whole = self.phone == PhonePlace::Seat;
        let lost = self.seat.take();
        if lost.is_some() && whole {
            self.phone_gone(now, "The page with the call was closed");
        }
        if let Some(tab) = self.next_seat() {
            if whole {
                self.runs = self.runs.wrapping_add(1);
            }
            self.seat = Some(Seat {
                tab,
                run: self.runs,
                whole,
            });
        }
        if !whole && lost.map(|seat| seat.tab) != self.seat.map(|seat| seat.tab) {
            self.session.handle_input(now, Input::MediaMoved);
            self.outputs
                .push_back(Output::Seat(self.seat.map(|seat| seat.tab)));
        }
    }

    /// The tab the operator looks at, else the one that came last; a slider, which is soon closed, only
    /// where there is no page.
    fn next_seat(&self) -> Option<TabId> {
        if self.life == Life::Retired {
            return None;
        }
        let able = self
            .tabs
            .iter()
            .filter(|(_, member)| member.state.can_take_seat && !member.state.leaving);
        let best = able.max_by_key(|(id, member)| {
            let state = &member.state;
            (state.visible, state.telephony, member.joined, **id)
        });
        best.map(|(id, _)| *id)
    }

    /// The softphone in the seat is made anew: its account has changed, say.
    pub(super) fn renew_phone(&mut self) {
        if let Some(seat) = &mut self.seat {
            self.runs = self.runs.wrapping_add(1);
            seat.run = self.runs;
        }
    }
}
