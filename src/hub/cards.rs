//! The cards of a call, in all tabs: what each shows, and that those which are missing come back.

use std::time::Duration;

use super::machine::Hub;
use super::member::Member;
use crate::card::CallId;
use crate::error::{Error, ErrorKind};
use crate::link::{Seat, TabId};
use crate::session::{CallPhase, CardOrder, Input, OperatorAction};
use crate::time::Instant;

/// How soon a card that has gone is asked for again. The portal shows none for up to five seconds
/// after another page had one.
const AGAIN: Duration = Duration::from_millis(300);
/// A call may ring for so long behind the tab that the operator looks at.
const UNSEEN: Duration = Duration::from_secs(1);
/// The longest pause between two tries.
const PATIENT: Duration = Duration::from_secs(60);

/// When the portal is asked to show the card of the call in the tabs that have none.
#[derive(Debug)]
pub(super) struct Showing {
    call_id: CallId,
    since: Instant,
    due: Option<Instant>,
    tries: u32,
    /// Cards of calls that are over were closed for it.
    made_room: bool,
    /// One of our tabs has had it.
    seen: bool,
    /// Before which try it was last taken away from where nobody could use it.
    taken_away: Option<u32>,
}

impl Showing {
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }
}

impl Hub {
    /// What becomes of the card that this tab has.
    pub(super) fn order_for(
        &self,
        now: Instant,
        id: TabId,
        member: &Member,
    ) -> Option<(CallId, CardOrder)> {
        let call_id = member.state.card.clone()?;
        let mut order = self.session.card_order(now, &call_id)?;
        match &mut order {
            CardOrder::Keep => {
                // It came when its call was over, or stands where the next call's should.
                let late = self
                    .session
                    .over_at(&call_id)
                    .is_some_and(|over| over < member.card_at);
                if late || self.is_in_the_way(now, &call_id) {
                    order = CardOrder::Close;
                }
            }
            CardOrder::Show(view) => {
                let texts = &self.session.config().texts;
                let elsewhere = self.seat.is_some_and(|seat: Seat| seat.tab != id);
                let connected = view.status_text.strip_prefix(&texts.connected);
                // What is to be dialled may stand behind it.
                let connected = connected.filter(|rest| rest.is_empty() || rest.starts_with(" ·"));
                if let Some(rest) = connected.filter(|_| elsewhere && view.since.is_some()) {
                    view.status_text = format!("{}{rest}", texts.sound_elsewhere);
                }
            }
            CardOrder::Close => {}
        }
        Some((call_id, order))
    }

    /// Whether the next call's card can't come because this one stands. `Close` names no call: sent
    /// at once it could hit the next card, whose news is on its way, after `finish` took this one.
    fn is_in_the_way(&self, now: Instant, call_id: &CallId) -> bool {
        let showing = self.showing.as_ref();
        showing.is_some_and(|it| it.call_id != *call_id && now >= it.since + AGAIN)
    }

    /// A card has gone that nobody had closed by its button.
    pub(super) fn card_gone(&mut self, now: Instant, call_id: &CallId) {
        let call = self.session.call();
        let Some(call) = call.filter(|call| call.call_id.as_ref() == Some(call_id)) else {
            return;
        };
        if matches!(call.state, CallPhase::Ready | CallPhase::Failed) {
            // Esc closes the card in these states: the operator wants no more of it.
            let action = OperatorAction::Close;
            let call_id = call_id.clone();
            self.session
                .handle_input(now, Input::Click { call_id, action });
        }
    }

    /// Plans to ask for the cards that are missing.
    pub(super) fn settle_showing(&mut self, now: Instant) {
        let Some(wanted) = self.session.wants_card() else {
            self.showing = None;
            return;
        };
        let patience = self.session.config().patience.card;
        let missing = self.card_is_missing(&wanted);
        let seen = self.is_anywhere(&wanted);
        let behind = self.rings_behind(&wanted);
        match &mut self.showing {
            Some(showing) if showing.call_id == wanted => {
                let wait = pause(patience, showing.tries);
                showing.due = missing.then(|| showing.due.unwrap_or(now + wait));
                showing.seen |= seen;
                if behind && showing.taken_away.is_none() {
                    let soon = showing.since + UNSEEN;
                    showing.due = Some(showing.due.map_or(soon, |due| due.min(soon)));
                }
            }
            // The portal shows it by itself, where no card stands in its way.
            _ => {
                let in_the_way = self.tabs.values().any(|member| member.state.card.is_some());
                let wait = if in_the_way { AGAIN } else { patience };
                self.showing = Some(Showing {
                    call_id: wanted,
                    since: now,
                    due: Some(now + wait),
                    tries: 0,
                    made_room: false,
                    seen,
                    taken_away: None,
                });
            }
        }
    }

    /// Asks for the cards that are missing, if it is time.
    pub(super) fn ask_for_cards(&mut self, now: Instant) {
        let patience = self.session.config().patience.card;
        let due = self.showing.as_ref();
        let due = due.filter(|showing| showing.due.is_some_and(|due| due <= now));
        let Some(wanted) = due.map(|showing| showing.call_id.clone()) else {
            return;
        };
        let nowhere = !self.is_anywhere(&wanted);
        let behind = self.rings_behind(&wanted);
        let Some(showing) = &mut self.showing else {
            return;
        };
        let over = |member: &Member| {
            let card = member.state.card.as_ref();
            card.is_some_and(|card| self.session.card_closes_at(card).is_some())
        };
        if !showing.made_room && self.tabs.values().any(over) {
            showing.made_room = true;
            showing.due = Some(now + AGAIN);
            return;
        }
        // Who has a card holds the portal's mark for all pages of the browser, and by that keeps those from
        // showing theirs that hear of the call a tenth of a second later. That may be a page that is none of
        // ours, one of an older version, say, which may win the mark again: there it is taken away before each
        // try. Or a tab behind the one that the operator looks at: there once, for it is of use.
        let elsewhere = nowhere && (showing.tries > 0 || !showing.seen);
        let elsewhere = elsewhere && showing.taken_away != Some(showing.tries);
        if elsewhere || (behind && showing.taken_away.is_none()) {
            showing.taken_away = Some(showing.tries);
            showing.due = Some(now + AGAIN);
            return self.session.hide(wanted);
        }
        showing.tries += 1;
        showing.due = Some(now + pause(patience, showing.tries));
        if !self.card_is_missing(&wanted) {
            return;
        }
        if nowhere {
            self.tell_error(Error::new(
                ErrorKind::CardUndefined,
                "the call is registered, but the portal shows no card for it; asking again",
            ));
        }
        self.session.show(wanted);
    }

    /// Whether the call rings on cards of other tabs than those the operator looks at.
    fn rings_behind(&self, wanted: &CallId) -> bool {
        let call = self.session.call();
        let rings = call.is_some_and(|call| call.state == CallPhase::Ringing);
        let in_front = self.tabs.values().map(|member| &member.state);
        let mut in_front = in_front
            .filter(|state| state.visible && state.telephony)
            .peekable();
        rings
            && in_front.peek().is_some()
            && in_front.all(|state| state.card.as_ref() != Some(wanted))
            && self.is_anywhere(wanted)
    }

    fn is_anywhere(&self, wanted: &CallId) -> bool {
        let mut members = self.tabs.values();
        members.any(|member| member.state.card.as_ref() == Some(wanted))
    }

    /// Whether a tab that could have the card of this call has none, or another's.
    fn card_is_missing(&self, wanted: &CallId) -> bool {
        self.tabs.values().any(|member| {
            let state = &member.state;
            state.telephony && !state.leaving && state.card.as_ref() != Some(wanted)
        })
    }
}

/// The pause before the next try, after so many.
fn pause(patience: Duration, tries: u32) -> Duration {
    match tries {
        0 => AGAIN,
        tries => patience
            .saturating_mul(1 << (tries - 1).min(8))
            .min(PATIENT),
    }
}
