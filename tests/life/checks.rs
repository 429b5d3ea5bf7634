//! What holds whatever happens.

use std::collections::{HashMap, HashSet};

use b24_background_worker::card::{CallId, UiState};
use b24_background_worker::hub::PhonePlace;
use b24_background_worker::link::TabId;
use b24_background_worker::session::{CallPhase, CallSnapshot, TransferPhase};

use super::Life;
use crate::world::{Card, PhoneCall};

impl Life {
    /// After every step; the more is asked, the less is under way.
    pub fn check(&self) {
        self.nothing_bad_has_happened();
        let ghosts = self.world.hub.tabs();
        let ghosts = ghosts.filter(|id| !self.world.tabs.contains_key(id));
        if self.world.pending.is_empty() && !self.lost && ghosts.count() == 0 {
            self.all_agree();
            self.no_colleague_is_forgotten();
            self.all_tabs_were_told_the_same();
        }
    }

    fn nothing_bad_has_happened(&self) {
        let (portal, phone) = (&self.world.portal, &self.world.phone);
        assert_eq!(portal.misdirected, 0, "a command hit another call's card");
        assert_eq!(portal.undefined, 0, "a command was sent without a card");
        assert_eq!(portal.finished_twice, 0, "a call was finished twice");
        assert_eq!(portal.not_journalled, 0, "the journal knew nothing of it");
        assert!(phone.digits.len() <= self.keys, "a key was sent twice");
        for ((call, method), times) in &phone.asked {
            let once = match *method {
                "dial" | "answer" => true,
                "hangUp" | "reject" => !self.unreliable,
                _ => false,
            };
            // Whether who takes a call up knows of it when it is to hang up can't be told: it is told again.
            let again = *method == "hangUp" && phone.taken_up.contains(call);
            let most = if again { 2 } else { 1 };
            assert!(!once || *times <= most, "{method} {times} times for {call}");
        }
        let mut numbers = HashSet::new();
        for call in portal.calls.values().filter(|call| call.register.is_some()) {
            let ring = call.number.starts_with("+1556");
            let twice = ring && !numbers.insert(&call.number);
            assert!(!twice, "{} was registered twice", call.number);
        }
        for page in self.world.tabs.values() {
            for told in [&page.ended, &page.recorded] {
                let calls: HashSet<_> = told.iter().collect();
                assert_eq!(calls.len(), told.len(), "told twice: {told:?}");
            }
        }
    }

    /// The tabs that hub and portal have.
    fn present(&self) -> impl Iterator<Item = TabId> {
        let hub: HashSet<TabId> = self.world.hub.tabs().collect();
        let awake = self.world.tabs.iter().filter(|(_, page)| !page.frozen);
        awake.map(|(id, _)| *id).filter(move |id| hub.contains(id))
    }

    /// Once everything has arrived, the cards in all tabs and the softphone say the same.
    fn all_agree(&self) {
        let call = self.world.call();
        for id in self.present() {
            let page = &self.world.tabs[&id];
            assert_eq!(page.tab.call(), call.as_ref(), "the call in {id:?}");
            let card = self.world.portal.cards.get(&id);
            let call = call.as_ref().filter(|call| {
                call.call_id.is_some() && card.map(|card| &card.call_id) == call.call_id.as_ref()
            });
            if let (Some(card), Some(call)) = (card, call) {
                agrees(id, card, call);
            }
        }
        if let Some(call) = call {
            self.softphone_agrees(&call);
        }
    }

    /// It runs in a page that is frozen, or is to start there, or no page is there that it could start in: what
    /// becomes of its call is not heard of yet.
    fn softphone_sleeps(&self) -> bool {
        let runs_in = self.world.phone.runs_in.map(|(tab, _)| tab);
        let starts_in = self.world.hub.seat().map(|seat| seat.tab);
        let tabs = &self.world.tabs;
        let asleep = |tab: TabId| tabs.get(&tab).is_some_and(|page| page.frozen);
        let nowhere = self.world.place == PhonePlace::Seat && runs_in.or(starts_in).is_none();
        nowhere || runs_in.is_some_and(asleep) || starts_in.is_some_and(asleep)
    }

    fn softphone_agrees(&self, call: &CallSnapshot) {
        let phone = &self.world.phone;
        let truth = phone.calls.get(&call.phone_call_id).copied();
        let live = truth.filter(|truth| *truth != PhoneCall::Over);
        let expected = match call.state {
            CallPhase::Ringing | CallPhase::Answering => Some(PhoneCall::Ringing),
            CallPhase::Dialing => Some(PhoneCall::Dialing),
            CallPhase::Connected => Some(PhoneCall::Up),
            CallPhase::Ready | CallPhase::Failed => None,
            CallPhase::Ending => return,
        };
        // Its softphone is gone, and what it would take to go on was not heard: the network ends it.
        let left = phone.left.contains(&call.phone_call_id);
        if self.unreliable || left || self.softphone_sleeps() {
            return;
        }
        assert_eq!(live, expected, "what the softphone does: {call:?}");
        if live == Some(PhoneCall::Up) {
            let switches = phone.switches.get(&call.phone_call_id);
            let (muted, held) = switches.copied().unwrap_or_default();
            assert_eq!((call.muted, call.held), (muted, held), "mute and hold");
        }
    }

    /// Once everything has arrived, no colleague is on a line that nobody sees any more.
    fn no_colleague_is_forgotten(&self) {
        if self.unreliable || self.softphone_sleeps() {
            return;
        }
        let phone = &self.world.phone;
        let lines = phone.consultations.iter();
        // Of one that answered while the hub died nobody knows; the network ends it.
        let lines = lines.filter(|(id, _)| phone.is_alive(id) && !phone.left.contains(id));
        let lines = lines.count();
        let transfer = self.world.call().and_then(|call| call.transfer);
        let may = match transfer {
            None | Some(TransferPhase::Holding | TransferPhase::Failed) => 0,
            Some(_) => 1,
        };
        assert!(lines <= may, "{transfer:?}: {:?}", phone.calls);
    }

    /// What is told once is told in every tab that lived: who came later has heard the last of it.
    fn all_tabs_were_told_the_same(&self) {
        let pages = self.present().map(|id| &self.world.tabs[&id]);
        let pages: Vec<_> = pages.filter(|page| !page.patchy).collect();
        for told in [
            pages.iter().map(|page| &page.ended).collect::<Vec<_>>(),
            pages.iter().map(|page| &page.recorded).collect(),
        ] {
            if let Some(longest) = told.iter().max_by_key(|told| told.len()) {
                for told in &told {
                    assert!(longest.ends_with(told), "{told:?} of {longest:?}");
                }
            }
        }
    }

    /// The call's card stands in every tab that can have one, and shows it.
    pub(super) fn it_shows_in_every_tab(&self) {
        let world = &self.world;
        assert_eq!(self.present().count(), world.tabs.len(), "tabs at the hub");
        for id in self.present() {
            let expected = match world.portal.sliders.contains(&id) {
                true => None,
                false => Some(UiState::Incoming),
            };
            assert_eq!(world.ui_state_in(id), expected, "in {id:?}");
        }
    }

    pub(super) fn nothing_is_left(&self) {
        let world = &self.world;
        assert!(world.call().is_none(), "a call is left: {:?}", world.call());
        assert!(world.journal.calls.is_empty(), "left: {:?}", world.journal);
        assert_eq!(world.poll_timeout(), None, "a timer is left");
        for (id, page) in &world.tabs {
            assert!(page.asked.is_empty(), "{id:?} waits for an answer");
        }
        if world.place == PhonePlace::Seat {
            let seat = world.hub.seat().map(|seat| (seat.tab, seat.run));
            assert_eq!(world.phone.runs_in, seat, "where the softphone runs");
        }
        if !self.refused {
            let finishes: HashMap<&CallId, usize> = world
                .portal
                .calls
                .iter()
                .filter(|(_, call)| call.register.is_some())
                .filter(|(_, call)| !self.elsewhere.contains(&call.number))
                .map(|(call_id, call)| (call_id, call.finishes.len()))
                .collect();
            let once = finishes.values().all(|n| *n == 1);
            assert!(
                once,
                "a record stays open, or is closed twice: {finishes:?}"
            );
        }
    }
}

fn agrees(id: TabId, card: &Card, call: &CallSnapshot) {
    let shown = card.ui_state;
    let expected: &[UiState] = match (call.state, call.transfer) {
        (CallPhase::Ending, _) => return, // the card is about to be closed
        (CallPhase::Ringing, _) => &[UiState::Incoming, UiState::TransferIncoming],
        (CallPhase::Answering, _) => &[UiState::ConnectingIncoming],
        (CallPhase::Ready, _) => &[UiState::Outgoing],
        (CallPhase::Dialing, _) => &[UiState::ConnectingOutgoing],
        (CallPhase::Connected, None) => &[UiState::Connected],
        (CallPhase::Connected, Some(TransferPhase::Failed)) => &[UiState::TransferFailed],
        (CallPhase::Connected, Some(_)) => &[UiState::Transferring],
        (CallPhase::Failed, _) => &[UiState::Redial, UiState::Error, UiState::MoneyError],
    };
    let right = shown.is_some_and(|shown| expected.contains(&shown));
    assert!(right, "{id:?} shows {shown:?}: {call:?}");
    let switches = (card.muted, card.held);
    assert_eq!(switches, (call.muted, call.held), "mute and hold in {id:?}");
}
