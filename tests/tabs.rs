//! Calls of an operator who has several tabs open, in virtual time: one phone for all of them, and
//! what becomes of a call when its page, all pages or the hub go.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;

use b24_background_worker::card::{
    CallDirection, CardCommand, CardEvent, EntityChange, PhoneNumber, TransferTarget, UiState,
};
use b24_background_worker::hub::{Input, PhonePlace};
use b24_background_worker::link::TabId;
use b24_background_worker::rest::{RecordDetails, RestFailure, StatusCode};
use b24_background_worker::session::{
    CallPhase, Config, DialOptions, OperatorAction, PortalAction, Token,
};
use b24_background_worker::signal::Signal;
use b24_background_worker::softphone::{EndCause, EndedBy, PhoneCallId, PhoneEvent};
use b24_background_worker::{ErrorKind, tab};
use world::{CUSTOMER, LINE, Pending, PhoneCall, PhoneNews, World, incoming};

const SECOND: Duration = Duration::from_secs(1);
const REGISTER: &str = "telephony.externalCall.register";
const FINISH: &str = "telephony.externalCall.finish";
const ONE: TabId = TabId(1);
const TWO: TabId = TabId(2);
const THREE: TabId = TabId(3);

/// That many tabs, and where the softphone lives.
fn tabs_with(tabs: u64, place: PhonePlace, change: impl FnOnce(&mut Config)) -> World {
    let mut config = Config::new(7, "test");
    config.lines = vec![LINE.to_owned()];
    change(&mut config);
    World::with_tabs(config, tabs, place)
}

fn tabs(tabs: u64, place: PhonePlace) -> World {
    tabs_with(tabs, place, |_| {})
}

/// The same, and a call that was answered in the first tab.
fn talking(count: u64, place: PhonePlace) -> World {
    let mut world = tabs(count, place);
    world.ring("a");
    world.click(CardEvent::Answer);
    assert!(world.all_show(UiState::Connected));
    world
}

fn transfer_to(target: &str) -> CardEvent {
    CardEvent::Transfer(TransferTarget {
        phone_number: None,
        kind: None,
        target: target.to_owned(),
    })
}

fn muted(call_id: PhoneCallId) -> PhoneEvent {
    let muted = true;
    PhoneEvent::Muted { call_id, muted }
}

impl World {
    fn all_show(&self, ui_state: UiState) -> bool {
        self.tabs
            .keys()
            .all(|id| self.ui_state_in(*id) == Some(ui_state))
    }

    /// After whatever happened: in every tab.
    fn the_next_call_rings_everywhere(&mut self) {
        self.ring("the next one");
        self.pass(SECOND * 2);
        let shown: Vec<_> = self.tabs.keys().map(|id| self.ui_state_in(*id)).collect();
        assert!(self.all_show(UiState::Incoming), "{shown:?}");
        self.click_in(*self.tabs.keys().last().expect("a tab"), CardEvent::Answer);
        assert!(self.all_show(UiState::Connected));
    }

    fn seat(&self) -> Option<TabId> {
        self.hub.seat().map(|seat| seat.tab)
    }

    /// A tab that is not the seat, or that is.
    fn tab_with_seat(&self, seated: bool) -> TabId {
        let mut tabs = self.tabs.keys().copied();
        tabs.find(|id| (self.seat() == Some(*id)) == seated)
            .expect("such a tab")
    }

    fn look_at(&mut self, looked_at: TabId) {
        for id in self.tabs.keys().copied().collect::<Vec<_>>() {
            self.feed_tab(id, tab::Input::Visible(id == looked_at));
        }
    }
}

// ---- once, and agreed ----

#[test]
fn three_tabs_ring_once_and_any_of_them_answers() {
    for answers in [ONE, TWO, THREE] {
        let mut world = tabs(3, PhonePlace::Seat);
        world.ring("a");
        assert!(world.all_show(UiState::Incoming));
        assert_eq!(world.portal.calls.len(), 1, "one register");
        world.click_in(answers, CardEvent::Answer);
        assert!(world.all_show(UiState::Connected));
        world.pass(SECOND * 30);
        world.click_in(answers, CardEvent::Hangup);
        assert!(!world.has_card());
        assert_eq!(world.only_finish().duration, 30);
        for page in world.tabs.values() {
            assert_eq!((page.ended.len(), page.recorded.len()), (1, 1));
        }
        world.the_next_call_rings_everywhere();
    }
}

#[test]
fn mute_and_hold_in_one_tab_show_in_all() {
    let mut world = talking(3, PhonePlace::Seat);
    world.click_in(ONE, CardEvent::Mute(true));
    assert!(world.portal.cards.values().all(|card| card.muted));
    world.click_in(TWO, CardEvent::Hold(true));
    assert!(world.portal.cards.values().all(|card| card.held));
    world.click_in(ONE, CardEvent::Mute(false));
    assert!(world.portal.cards.values().all(|card| !card.muted));
    assert_eq!(world.phone.switches["a"], (false, true));
}

#[test]
fn a_card_says_that_the_sound_is_in_another_tab() {
    let world = talking(2, PhonePlace::Seat);
    let seated = world.tab_with_seat(true);
    let other = world.tab_with_seat(false);
    assert_eq!(world.portal.cards[&seated].status, "Connected");
    assert_eq!(
        world.portal.cards[&other].status,
        "Connected; the sound is in another tab"
    );
}

#[test]
fn a_doubled_click_acts_once() {
    let mut world = tabs(2, PhonePlace::Seat);
    world.ring("a");
    for _ in 0..2 {
        world.click_slowly(TWO, CardEvent::Answer);
    }
    world.settle();
    assert_eq!(world.phone.asked[&("a".to_owned(), "answer")], 1);
    for tab in [ONE, TWO] {
        world.click_slowly(tab, CardEvent::Hangup);
    }
    world.settle();
    assert_eq!(world.phone.asked[&("a".to_owned(), "hangUp")], 1);
    world.only_finish();
    assert!(world.told.errors.is_empty(), "it is nobody's fault");
}

#[test]
fn a_click_whose_message_comes_twice_acts_once() {
    let mut world = talking(2, PhonePlace::Seat);
    world.slow_link = true;
    let key = b24_background_worker::card::Tone::from_key("5").expect("a key");
    world.click_slowly(TWO, CardEvent::Dialpad(key));
    let message = |pending: &&Pending| matches!(pending, Pending::ToHub(_));
    let message = world.pending.iter().find(message).cloned();
    world.pending.extend(message);
    world.settle();
    assert_eq!(world.phone.digits, "5");
}

#[test]
fn a_click_for_a_call_that_is_over_does_not_touch_the_next() {
    let mut world = tabs(2, PhonePlace::Seat);
    world.ring("a");
    // The operator refuses it in the moment in which it ends and the next one rings.
    world.slow_link = true;
    world.click_slowly(TWO, CardEvent::Skip);
    let late = world.pending.pop().expect("the click, on its way");
    world.slow_link = false;
    world.far_end_refuses(487);
    world.ring("b");
    world.pass(SECOND);
    world.pending.push(late);
    world.settle();
    assert_eq!(world.phone.calls["b"], PhoneCall::Ringing);
    assert!(world.all_show(UiState::Incoming));
}

#[test]
fn a_card_closed_by_its_button_in_one_tab_is_closed_in_all() {
    let mut world = talking(3, PhonePlace::Seat);
    world.click_in(TWO, CardEvent::Close);
    world.pass(SECOND * 10);
    assert!(!world.has_card());
    assert_eq!(world.phone.calls["a"], PhoneCall::Over);
    world.only_finish();
    assert_eq!(world.portal.undefined, 0);
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_card_that_vanishes_in_one_tab_comes_back() {
    let mut world = talking(3, PhonePlace::Seat);
    world.portal.vanish(TWO);
    world.pass(SECOND * 15);
    assert!(world.all_show(UiState::Connected));
    assert_eq!(world.phone.calls["a"], PhoneCall::Up);
    assert!(world.told.ended.is_empty());
}

/// One tab, and the next hub has heard nothing of it yet.
fn a_tab_whose_hub_died(place: PhonePlace) -> World {
    let mut world = tabs(1, place);
    world.slow_link = true;
    world.kill_hub_slowly();
    world
}

#[test]
fn a_greeting_that_the_next_hub_does_not_hear_is_said_again() {
    let mut world = a_tab_whose_hub_died(PhonePlace::Seat);
    world.deliver(0);
    world.garble(0, true);
    world.pass(SECOND * 3);
    assert_eq!(world.seat(), Some(ONE));
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_page_of_an_older_version_asks_nobody_who_will_not_answer() {
    let mut world = a_tab_whose_hub_died(PhonePlace::Seat);
    world.deliver(0);
    world.garble(0, true);
    let due = |world: &World| world.tabs[&ONE].tab.poll_timeout();
    assert!(due(&world).is_some(), "the greeting is said again");
    world.feed_tab(ONE, tab::Input::Outdated);
    assert_eq!(due(&world), None);
}

#[test]
fn a_card_on_a_page_of_an_older_version_says_so_again_when_its_crm_part_has_wiped_the_words() {
    let mut world = a_tab_whose_hub_died(PhonePlace::Seat);
    world.feed_tab(ONE, tab::Input::Outdated);
    let call = world
        .portal
        .new_call(None, CUSTOMER, CallDirection::Incoming);
    for (tab, event) in world.portal.raise(&[ONE], &call, None) {
        world.feed_tab(tab, tab::Input::Card(event));
    }
    let says = |world: &World| world.portal.cards[&ONE].status.clone();
    assert_eq!(world.ui_state_in(ONE), Some(UiState::Error));
    let words = says(&world);
    assert!(words.starts_with("Reload this page"), "{words}");
    for card in world.portal.cards.values_mut() {
        card.status.clear();
    }
    world.pass(SECOND * 6);
    assert_eq!(says(&world), words);
}

#[test]
fn a_call_that_rings_behind_the_tab_in_front_comes_to_it() {
    let mut world = tabs(3, PhonePlace::Seat);
    world.look_at(TWO);
    world.portal.late = Some(TWO);
    world.ring("a");
    assert_eq!(world.ui_state_in(TWO), None);
    world.pass(SECOND * 2);
    assert!(world.all_show(UiState::Incoming));
    world.click_in(TWO, CardEvent::Answer);
    assert!(world.all_show(UiState::Connected));
}

#[test]
fn a_card_is_not_taken_away_from_who_can_use_it() {
    let mut world = tabs(3, PhonePlace::Seat);
    world.look_at(TWO);
    world.portal.late = Some(ONE);
    world.ring("a");
    world.pass(SECOND * 20);
    assert_eq!(world.ui_state_in(ONE), None, "nobody looks there");
    assert_eq!(world.ui_state_in(TWO), Some(UiState::Incoming));
    world.click_in(TWO, CardEvent::Answer);
    world.look_at(ONE);
    world.pass(SECOND * 20);
    assert_eq!(
        world.ui_state_in(TWO),
        Some(UiState::Connected),
        "a comment may be written on it"
    );
}

#[test]
fn a_card_that_a_page_of_an_older_version_takes_first_again_and_again_comes_to_ours() {
    let mut world = tabs(2, PhonePlace::Seat);
    world.portal.older_page_is_first = 3;
    world.ring("a");
    assert!(world.portal.cards.is_empty());
    world.pass(SECOND * 30);
    assert!(world.all_show(UiState::Incoming));
    world.click(CardEvent::Answer);
    assert!(world.all_show(UiState::Connected));
    world.click(CardEvent::Hangup);
    world.only_finish();
    world.the_next_call_rings_everywhere();
}

#[test]
fn the_card_of_the_next_call_is_not_hit_by_the_close_of_the_one_before() {
    let mut world = talking(2, PhonePlace::Seat);
    world.phone.calls.insert("a".to_owned(), PhoneCall::Over);
    world.phone_says(PhoneEvent::Ended {
        call_id: PhoneCallId("a".to_owned()),
        cause: EndCause::remote(None),
    });
    world.phone.calls.insert("b".to_owned(), PhoneCall::Ringing);
    world.phone_says(incoming("b"));
    // `finish` has taken the first card, and the second stands; the tabs have not heard of it yet.
    let answer = |pending: &Pending| matches!(pending, Pending::Rest(..));
    while let Some(index) = world.pending.iter().position(answer) {
        world.deliver(index);
    }
    world.settle();
    assert!(world.all_show(UiState::Incoming));
    let closes = |command: &&CardCommand| matches!(command, CardCommand::Close {});
    assert_eq!(world.portal.commands.iter().filter(closes).count(), 0);
}

// ---- a card that can't be trusted ----

#[test]
fn a_call_muted_at_the_softphone_while_the_card_is_folded_never_goes_live_by_a_click() {
    let mut world = World::talking();
    world.far_end(muted);
    // The unfolded card shows its old button; who clicks it wants the microphone off.
    world.click(CardEvent::Mute(false));
    assert!(world.call().expect("a call").muted);
    assert!(world.card().muted, "and now it shows so");
    assert!(world.card().status.starts_with("Still muted"));
    world.click(CardEvent::Mute(false));
    assert!(!world.call().expect("a call").muted);
    assert!(!world.card().muted);
    assert_eq!(world.card().status, "Connected");
}

/// How often the card was told its state, which makes its buttons anew.
fn drawn(world: &World) -> usize {
    let commands = world.portal.commands.iter();
    commands
        .filter(|command| matches!(command, CardCommand::SetUiState { .. }))
        .count()
}

#[test]
fn no_click_is_lost_to_buttons_made_anew_while_it_rings_and_after_it_was_answered_on_the_card() {
    let mut world = World::new();
    world.pass(SECOND * 10);
    world.ring("a");
    let before = drawn(&world);
    world.pass(SECOND * 60);
    assert_eq!(
        drawn(&world),
        before,
        "it has just come up, nobody has folded it"
    );
    world.click(CardEvent::Answer);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    let before = drawn(&world);
    world.pass(SECOND * 60);
    assert_eq!(drawn(&world), before, "it was answered by its own button");
}

#[test]
fn buttons_that_may_not_be_the_ones_that_are_seen_are_made_anew_until_they_are_clicked() {
    let mut world = World::new();
    world.pass(SECOND * 10);
    world.dial();
    world.pass(SECOND * 10);
    // The card may have been folded while it rang out there, and be unfolded at any moment.
    world.far_end_answers();
    let before = drawn(&world);
    let mut again = Vec::new();
    for second in 1..=70 {
        world.pass(SECOND);
        if drawn(&world) > before + again.len() {
            again.push(second);
        }
    }
    assert_eq!(
        again,
        [5, 25, 45, 65],
        "seldom under a click, soon after she unfolds it"
    );

    world.click(CardEvent::Mute(true));
    let before = drawn(&world);
    world.pass(SECOND * 60);
    assert_eq!(drawn(&world), before);
}

#[test]
fn the_buttons_of_a_card_that_came_before_its_page_could_hear_are_made_anew() {
    let mut world = World::new();
    world.ring("a");
    let before = drawn(&world);
    world.pass(SECOND * 10);
    assert_eq!(drawn(&world), before + 1);
}

/// The portal announces the CRM part of a card that is to come.
fn announced() -> CardEvent {
    CardEvent::EntityChanged(EntityChange {
        crm_entity: None,
        phone_number: PhoneNumber::Unknown,
    })
}

#[test]
fn a_card_that_was_folded_before_its_crm_part_came_is_raised_anew_once_and_can_be_used() {
    let mut world = tabs(1, PhonePlace::Seat);
    world.page_says(announced());
    world.ring("a");
    world.card_mut().stuck = true;
    world.click(CardEvent::Answer);
    assert_eq!(
        world.ui_state(),
        Some(UiState::ConnectingIncoming),
        "no button works"
    );
    world.pass(SECOND * 30);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    world.click(CardEvent::Mute(true));
    assert_eq!(world.phone.switches["a"], (true, false));

    // Should it be folded again there is no end of it: it stays.
    let closes = |world: &World| {
        let closes = |command: &&CardCommand| matches!(command, CardCommand::Close {});
        world.portal.commands.iter().filter(closes).count()
    };
    world.card_mut().stuck = true;
    world.pass(SECOND * 60);
    assert_eq!(closes(&world), 1);
    world.click(CardEvent::Hangup);
    world.only_finish();
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_card_without_a_crm_part_is_left_alone_though_it_never_answers() {
    let mut world = tabs(1, PhonePlace::Seat);
    world.portal.simple_layout = true;
    world.ring("a");
    world.click(CardEvent::Answer);
    world.pass(SECOND * 120);
    let closed = |command: &CardCommand| matches!(command, CardCommand::Close {});
    assert!(!world.portal.commands.iter().any(closed));
}

#[test]
fn a_call_muted_in_another_tab_never_goes_live_by_a_click_on_a_folded_card() {
    let mut world = talking(2, PhonePlace::Seat);
    world.click_in(ONE, CardEvent::Mute(true));
    world.click_in(TWO, CardEvent::Mute(false));
    assert!(world.call().expect("a call").muted);
    world.click_in(TWO, CardEvent::Mute(false));
    assert!(!world.call().expect("a call").muted);
}

#[test]
fn words_that_are_said_again_before_the_hub_hears_of_a_click_do_not_undo_it() {
    for (event, shown) in [
        (CardEvent::Mute(true), (true, false)),
        (CardEvent::Hold(true), (false, true)),
    ] {
        let mut world = talking(1, PhonePlace::Seat);
        world.slow_link = true;
        let before = world.portal.commands.len();
        world.click_slowly(ONE, event.clone());
        world.stand_still(SECOND * 6);
        let commands = &world.portal.commands[before..];
        assert!(!commands.is_empty(), "they are said again");
        let throws = |command: &CardCommand| {
            matches!(
                command,
                CardCommand::SetMute { .. } | CardCommand::SetHold { .. }
            )
        };
        assert!(!commands.iter().any(throws), "{commands:?}");
        world.settle();
        assert_eq!((world.card().muted, world.card().held), shown);
        // Nobody has thrown the switch but the operator, whose next click is believed.
        world.click(CardEvent::Mute(!shown.0));
        assert_eq!(world.call().expect("a call").muted, !shown.0);
    }
}

#[test]
fn a_click_on_a_doubtful_card_is_not_undone_while_the_hub_hears_of_it() {
    let mut world = talking(2, PhonePlace::Seat);
    world.click_in(ONE, CardEvent::Mute(true));
    world.click_in(ONE, CardEvent::Mute(false));
    world.slow_link = true;
    let before = world.portal.commands.len();
    world.click_slowly(TWO, CardEvent::Mute(true));
    world.settle();
    let unmutes = |command: &CardCommand| *command == CardCommand::SetMute { muted: false };
    let commands = &world.portal.commands[before..];
    assert!(!commands.iter().any(unmutes), "{commands:?}");
    world.click_in(TWO, CardEvent::Mute(false));
    assert!(!world.call().expect("a call").muted, "it was in no doubt");
}

// ---- calls that wait for their button ----

#[test]
fn esc_frees_the_line_of_a_call_that_waits_for_its_button() {
    let mut world = tabs_with(2, PhonePlace::Seat, |config| config.auto_dial = false);
    world.click_to_call(LINE);
    assert!(world.all_show(UiState::Outgoing));
    world.the_portal_takes_the_card_away();
    world.pass(SECOND * 10);
    assert!(world.call().is_none());
    assert_eq!(world.only_finish().status_code, StatusCode::Cancelled);
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_caller_displaces_a_call_that_waits_for_its_button() {
    let mut world = tabs_with(2, PhonePlace::Seat, |config| config.auto_dial = false);
    world.click_to_call(LINE);
    assert!(world.all_show(UiState::Outgoing));
    world.the_next_call_rings_everywhere();
    assert_eq!(world.only_finish().status_code, StatusCode::Cancelled);
}

// ---- pages go ----

#[test]
fn a_call_in_the_seats_page_ends_with_it_and_the_next_rings_in_the_others() {
    #[allow(clippy::type_complexity)]
    let stages: [(&str, fn(&mut World), StatusCode); 4] = [
        ("ringing", |_| {}, StatusCode::Missed),
        (
            "talking",
            |world| world.click(CardEvent::Answer),
            StatusCode::Success,
        ),
        (
            "held",
            |world| {
                world.click(CardEvent::Answer);
                world.click(CardEvent::Hold(true));
            },
            StatusCode::Success,
        ),
        (
            "consulting",
            |world| {
                world.click(CardEvent::Answer);
                world.click(transfer_to("101"));
                world.colleague(|call_id| PhoneEvent::Connected {
                    call_id,
                    tones: None,
                });
            },
            StatusCode::Success,
        ),
    ];
    for (stage, reach, status) in stages {
        for told in [true, false] {
            let mut world = tabs(3, PhonePlace::Seat);
            world.ring("a");
            reach(&mut world);
            world.pass(SECOND * 7);
            let seat = world.seat().expect("a seat");
            world.close_tab(seat, told);
            assert!(
                world
                    .phone
                    .calls
                    .values()
                    .all(|call| *call == PhoneCall::Over)
            );
            assert_ne!(world.seat(), Some(seat), "another tab has it");
            world.pass(SECOND * 20);
            assert!(world.call().is_none(), "{stage}");
            let finish = world.only_finish();
            assert_eq!(finish.status_code, status, "{stage}");
            assert_eq!(finish.duration, if stage == "ringing" { 0 } else { 7 });
            world.the_next_call_rings_everywhere();
        }
    }
}

#[test]
fn a_call_whose_softphone_is_in_the_hub_goes_on_when_the_seats_page_goes() {
    for told in [true, false] {
        let mut world = talking(3, PhonePlace::Hub);
        world.click_in(ONE, CardEvent::Hold(true));
        let seat = world.seat().expect("a seat");
        world.close_tab(seat, told);
        let next = world.seat().expect("another tab has it");
        assert_ne!(next, seat);
        assert_eq!(world.seats.last(), Some(&Some(next)), "the media follows");
        world.pass(SECOND * 5);
        assert_eq!(world.phone.calls["a"], PhoneCall::Up);
        let call = world.call().expect("the call");
        assert!(call.held && call.state == CallPhase::Connected);
        assert!(world.all_show(UiState::Connected));
        world.far_end_hangs_up();
        assert_eq!(world.only_finish().duration, 5);
        world.the_next_call_rings_everywhere();
    }
}

#[test]
fn a_call_rings_on_when_the_seats_page_goes_and_the_softphone_is_in_the_hub() {
    let mut world = tabs(2, PhonePlace::Hub);
    world.ring("a");
    world.close_tab(world.seat().expect("a seat"), false);
    assert!(world.all_show(UiState::Incoming));
    world.click(CardEvent::Answer);
    assert!(world.all_show(UiState::Connected));
}

/// No page is open when a backend asks for a call.
fn asked_for_a_call_without_a_page() -> World {
    let mut world = tabs(1, PhonePlace::Seat);
    world.close_tab(ONE, true);
    let mut params = serde_json::Map::new();
    params.insert("phoneNumber".to_owned(), CUSTOMER.into());
    world.feed_hub(Input::Signal(Signal {
        id: None,
        expires: None,
        name: "dial".to_owned(),
        params,
    }));
    world.settle();
    world
}

#[test]
fn a_signal_that_asks_for_a_call_between_two_pages_is_dialled_in_the_next() {
    let mut world = asked_for_a_call_without_a_page();
    world.open_tab(TWO);
    world.pass(SECOND * 2);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
}

#[test]
fn a_call_that_was_not_dialled_yet_when_its_page_closed_is_dialled_in_the_next() {
    let mut world = tabs(2, PhonePlace::Seat);
    let seat = world.tab_with_seat(true);
    let other = world.tab_with_seat(false);
    world.operate_in(
        other,
        OperatorAction::Dial {
            number: CUSTOMER.to_owned(),
            how: DialOptions::default(),
        },
    );
    assert!(world.phone.dialled.is_empty(), "it is being registered");
    world.close_tab(seat, true);
    world.settle();
    world.pass(SECOND * 2);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    assert_eq!(world.phone.runs_in.map(|(tab, _)| tab), Some(other));
    world.far_end_answers();
    world.far_end_hangs_up();
    world.only_finish();
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_page_that_comes_back_is_heard_though_its_first_word_is_lost() {
    let mut world = tabs(2, PhonePlace::Seat);
    world.slow_link = true;
    world.freeze(TWO, true);
    world.settle();
    assert_eq!(world.hub.tabs().count(), 1);
    world.thaw(TWO);
    world.garble(0, true);
    assert!(world.pending.is_empty(), "what it said is lost");
    world.pass(SECOND * 3);
    assert_eq!(world.hub.tabs().count(), 2);
    world.slow_link = false;
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_signal_that_asks_for_a_call_while_no_page_has_a_softphone_ends_honestly() {
    let mut world = asked_for_a_call_without_a_page();
    world.pass(SECOND * 15);
    assert!(world.call().is_none());
    world.open_tab(TWO);
    world.settle();
    let finish = world.only_finish();
    assert_eq!(finish.failed_reason.as_deref(), Some("PAGE_GONE"));
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_link_followed_in_the_only_tab_leaves_the_call_up_and_brings_its_card_back() {
    let mut world = talking(1, PhonePlace::Hub);
    world.pass(SECOND * 65);
    world.close_tab(ONE, true);
    assert_eq!(world.seats.last(), Some(&None));
    world.pass(SECOND * 19);
    assert_eq!(world.phone.calls["a"], PhoneCall::Up);
    world.open_tab(TWO);
    assert_eq!(world.seats.last(), Some(&Some(TWO)));
    world.pass(SECOND * 6);
    assert_eq!(
        world.ui_state(),
        Some(UiState::Connected),
        "asked for again"
    );
    let status = &world.card().status;
    let goes_on = status.starts_with("Connected · 01:");
    assert!(goes_on, "the portal's timer began anew: {status}");
    world.far_end_hangs_up();
    assert_eq!(world.only_finish().duration, 90);
    world.the_next_call_rings_everywhere();
}

#[test]
fn no_tab_for_longer_than_the_grace_ends_the_call_with_the_right_duration() {
    let mut world = talking(2, PhonePlace::Hub);
    world.pass(SECOND * 10);
    world.close_tab(ONE, true);
    world.close_tab(TWO, false);
    world.pass(SECOND * 60);
    assert_eq!(world.phone.calls["a"], PhoneCall::Over);
    let finish = world.only_finish();
    assert_eq!(
        (finish.duration, finish.status_code),
        (30, StatusCode::Success)
    );
    world.open_tab(THREE);
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_page_that_was_frozen_and_comes_back_shows_how_things_are() {
    let mut world = talking(3, PhonePlace::Seat);
    let other = world.tab_with_seat(false);
    world.freeze(other, true);
    world.click_in(world.tab_with_seat(true), CardEvent::Mute(true));
    world.pass(SECOND * 60);
    world.thaw(other);
    world.settle();
    assert!(world.portal.cards[&other].muted);
    assert!(world.all_show(UiState::Connected));
    world.far_end_hangs_up();
    world.only_finish();
    assert_eq!(world.tabs[&other].ended, ["a"]);
}

#[test]
fn what_a_page_asks_with_its_last_word_is_answered_when_it_comes_back() {
    let mut world = tabs(2, PhonePlace::Seat);
    world.slow_link = true;
    let token = world.operate_in(TWO, OperatorAction::Answer);
    world.freeze(TWO, true);
    // The message that says that it is left brings the request, too.
    world.garble(0, true);
    world.settle();
    world.thaw(TWO);
    world.settle();
    assert!(!world.tabs[&TWO].asked.contains(&token));
}

fn refused_by_no_hub(world: &World, token: Token) -> bool {
    let answer = world.answer(token);
    matches!(answer, Err(error) if error.kind() == ErrorKind::Hub)
}

#[test]
fn what_a_hub_has_taken_and_not_answered_when_it_died_is_answered_all_the_same() {
    // The next one does not know yet who the operator is, and keeps the request until it does.
    let mut world = a_tab_whose_hub_died(PhonePlace::Seat);
    let token = world.operate(OperatorAction::Answer);
    world.deliver(1); // the request, which has overtaken the news of the hub's death
    world.deliver(1); // that it was taken
    assert!(world.tabs[&ONE].asked.contains(&token), "not yet");
    world.kill_hub();
    assert!(refused_by_no_hub(&world, token));
    world.slow_link = false;
    world.the_next_call_rings_everywhere();
}

#[test]
fn the_journal_holds_a_call_that_came_and_went_before_it_was_known_who_the_operator_is() {
    let mut world = a_tab_whose_hub_died(PhonePlace::Hub);
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(known_to_all("a"));
    world.far_end(answered_elsewhere);
    assert_eq!(world.call(), None, "nobody's call rings nowhere");
    world.settle();
    world.pass(SECOND * 10);
    assert_eq!(world.portal.not_journalled, 0);
    assert_eq!(world.portal.finishes().count(), 0);
    world.slow_link = false;
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_page_of_an_older_version_is_told_that_nobody_does_what_it_asks() {
    let mut world = a_tab_whose_hub_died(PhonePlace::Seat);
    let before = world.operate(OperatorAction::Answer);
    world.feed_tab(ONE, tab::Input::Outdated);
    let after = world.operate(OperatorAction::Answer);
    for token in [before, after] {
        assert!(refused_by_no_hub(&world, token));
    }
    // Should a hub of its version be there again, what was refused is not done.
    world.settle();
    world.pass(SECOND * 3);
    world.slow_link = false;
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_seats_page_that_is_left_and_back_before_the_hub_hears_of_it_has_lost_its_call() {
    let mut world = talking(1, PhonePlace::Seat);
    world.slow_link = true;
    world.freeze(ONE, true);
    world.thaw(ONE);
    world.settle();
    world.pass(SECOND * 20);
    assert!(world.call().is_none(), "its softphone was stopped");
    world.only_finish();
    world.slow_link = false;
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_page_that_freezes_without_a_word_is_taken_for_gone_and_comes_back() {
    let mut world = talking(2, PhonePlace::Seat);
    let other = world.tab_with_seat(false);
    world.freeze(other, false);
    world.far_end_hangs_up();
    world.pass(SECOND * 30);
    assert_eq!(world.hub.tabs().count(), 1);
    world.thaw(other);
    world.settle();
    assert_eq!(world.hub.tabs().count(), 2);
    world.the_next_call_rings_everywhere();
}

#[test]
fn the_seat_goes_to_a_page_and_not_to_its_slider() {
    let mut world = tabs(2, PhonePlace::Seat);
    world.portal.sliders.push(THREE);
    world.open_tab(THREE);
    for id in [ONE, TWO, THREE] {
        world.feed_tab(id, tab::Input::Visible(true));
    }
    let seat = world.seat().expect("a seat");
    world.close_tab(seat, true);
    let page = world.seat().expect("a seat");
    assert_ne!(page, THREE);
    world.close_tab(page, true);
    assert_eq!(world.seat(), Some(THREE), "better than none");
}

// ---- another softphone takes the call up ----

/// The same, with a softphone whose calls another one can take up.
fn talking_to_be_kept(count: u64, place: PhonePlace) -> World {
    let mut world = tabs(count, place);
    world.phone.keeps = true;
    world.ring("a");
    world.click(CardEvent::Answer);
    world
}

#[test]
fn a_call_in_the_seats_page_is_taken_up_in_another_as_it_was() {
    for told in [true, false] {
        let mut world = talking_to_be_kept(2, PhonePlace::Seat);
        world.click(CardEvent::Hold(true));
        world.click(CardEvent::Mute(true));
        world.pass(SECOND * 7);
        world.close_tab(world.seat().expect("a seat"), told);
        world.pass(SECOND * 3);
        let call = world.call().expect("it goes on");
        assert!(call.held && call.muted && !call.media_lost);
        assert_eq!(world.phone.calls["a"], PhoneCall::Up);
        assert!(world.phone.left.is_empty(), "somebody has it");
        assert!(world.all_show(UiState::Connected));
        let tab = world.first();
        world.operate_in(tab, OperatorAction::SetMuted(false));
        world.settle();
        assert_eq!(world.phone.switches["a"], (false, true));
        world.far_end_hangs_up();
        assert_eq!(world.only_finish().duration, 10);
        world.the_next_call_rings_everywhere();
    }
}

#[test]
fn while_nobody_has_the_call_its_card_says_that_there_is_no_sound() {
    let mut world = talking_to_be_kept(1, PhonePlace::Seat);
    world.slow_link = true;
    world.close_tab(ONE, true);
    let call = world.call().expect("it waits");
    assert!(call.media_lost && call.state == CallPhase::Connected);
}

#[test]
fn a_link_followed_in_the_only_tab_has_its_page_take_the_call_up() {
    let mut world = talking_to_be_kept(1, PhonePlace::Seat);
    world.pass(SECOND * 5);
    world.close_tab(ONE, true);
    world.pass(SECOND * 19);
    world.open_tab(TWO);
    world.pass(SECOND * 6);
    assert!(world.phone.left.is_empty(), "it was given time");
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    world.far_end_hangs_up();
    assert_eq!(world.only_finish().duration, 30);
    world.the_next_call_rings_everywhere();
}

#[test]
fn what_the_operator_clicks_while_the_call_moves_holds_in_the_next_page() {
    let mut world = talking_to_be_kept(2, PhonePlace::Seat);
    let seat = world.seat().expect("a seat");
    let other = world.tab_with_seat(false);
    world.slow_link = true;
    world.close_slowly(seat, false);
    let before = world.portal.commands.len();
    world.click_slowly(other, CardEvent::Mute(true));
    world.click_slowly(other, CardEvent::Hold(true));
    world.settle();
    assert_eq!(world.phone.switches["a"], (true, true));
    let call = world.call().expect("it goes on");
    assert!(call.muted && call.held);
    assert!(world.portal.cards[&other].muted && world.portal.cards[&other].held);
    let off = CardCommand::SetMute { muted: false };
    assert!(
        !world.portal.commands[before..].contains(&off),
        "not for a moment"
    );
    world.far_end_hangs_up();
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_click_on_mute_right_before_the_hub_dies_is_done_by_the_next() {
    let mut world = talking_to_be_kept(1, PhonePlace::Hub);
    world.click_slowly(ONE, CardEvent::Mute(true));
    world.kill_hub();
    world.pass(SECOND * 5);
    assert_eq!(world.phone.switches["a"], (true, false));
    assert!(world.card().muted);
}

#[test]
fn a_call_that_nobody_takes_up_ends_when_it_was_last_heard() {
    let mut world = talking_to_be_kept(1, PhonePlace::Seat);
    world.pass(SECOND * 5);
    world.close_tab(ONE, true);
    world.pass(SECOND * 60);
    let finish = world.only_finish();
    let expected = (5, StatusCode::Success);
    assert_eq!((finish.duration, finish.status_code), expected);
    world.open_tab(TWO);
    world.phone.calls.insert("a".to_owned(), PhoneCall::Over);
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_colleague_who_is_talked_to_is_taken_up_with_the_customer_and_one_who_rings_is_not() {
    for answered in [true, false] {
        let mut world = talking_to_be_kept(2, PhonePlace::Seat);
        world.click(transfer_to("101"));
        if answered {
            world.colleague(|call_id| PhoneEvent::Connected {
                call_id,
                tones: None,
            });
        }
        world.close_tab(world.seat().expect("a seat"), false);
        world.pass(SECOND * 3);
        let (shown, lines) = match answered {
            true => (UiState::Transferring, 2),
            false => (UiState::TransferFailed, 1),
        };
        assert!(world.all_show(shown));
        let up = |call: &&PhoneCall| **call == PhoneCall::Up;
        assert_eq!(world.phone.calls.values().filter(up).count(), lines);
        let tab = world.first();
        world.click_in(tab, CardEvent::CancelTransfer);
        assert!(world.all_show(UiState::Connected));
        assert_eq!(world.phone.calls.values().filter(up).count(), 1);
        assert_eq!(world.phone.switches["a"], (false, false), "taken back");
        world.far_end_hangs_up();
        world.the_next_call_rings_everywhere();
    }
}

#[test]
fn a_transfer_is_completed_or_taken_back_though_the_click_comes_while_its_calls_move() {
    for (click, by_hub) in [
        (CardEvent::CancelTransfer, false),
        (CardEvent::CancelTransfer, true),
        (CardEvent::CompleteTransfer, false),
        (CardEvent::CompleteTransfer, true),
    ] {
        let mut world = talking_to_be_kept(2, PhonePlace::Seat);
        world.click(transfer_to("101"));
        world.colleague(|call_id| PhoneEvent::Connected {
            call_id,
            tones: None,
        });
        world.pass(SECOND * 6);
        let seat = world.seat().expect("a seat");
        let other = world.tab_with_seat(false);
        world.slow_link = true;
        match by_hub {
            true => world.kill_hub_slowly(),
            false => world.close_slowly(seat, false),
        }
        world.click_slowly(other, click.clone());
        world.settle();
        world.pass(SECOND * 3);
        let up = |call: &&PhoneCall| **call == PhoneCall::Up;
        if click == CardEvent::CancelTransfer {
            assert!(world.all_show(UiState::Connected));
            assert_eq!(world.phone.calls.values().filter(up).count(), 1);
            assert_eq!(world.phone.switches["a"], (false, false), "taken back");
            world.far_end_hangs_up();
        } else {
            assert_eq!(world.phone.transferred.len(), 1);
            assert_eq!(world.phone.calls.values().filter(up).count(), 0);
        }
        world.pass(SECOND * 5);
        world.only_finish();
        world.the_next_call_rings_everywhere();
    }
}

#[test]
fn the_hub_that_follows_has_the_call_taken_up_from_the_journal() {
    for place in [PhonePlace::Hub, PhonePlace::Seat] {
        let mut world = talking_to_be_kept(2, place);
        world.click(CardEvent::Hold(true));
        world.pass(SECOND * 63);
        world.kill_hub();
        world.pass(SECOND * 10);
        let call = world.call().expect("it goes on");
        assert!(call.held && !call.media_lost, "{place:?}");
        assert!(world.all_show(UiState::Connected));
        assert!(world.phone.left.is_empty());
        world.click(CardEvent::Hold(false));
        world.far_end_hangs_up();
        let finish = world.only_finish();
        assert_eq!(finish.duration, 73, "from the first word to the last");
        assert_eq!(world.portal.calls.len(), 1, "registered once");
        world.the_next_call_rings_everywhere();
    }
}

#[test]
fn a_call_whose_far_end_went_while_there_was_no_hub_is_finished_once() {
    let mut world = talking_to_be_kept(2, PhonePlace::Hub);
    world.pass(SECOND * 30);
    world.phone.calls.insert("a".to_owned(), PhoneCall::Over);
    world.kill_hub();
    world.pass(SECOND * 30);
    let finish = world.only_finish();
    assert!((25..=30).contains(&finish.duration), "{}", finish.duration);
    let reason = world
        .told
        .ended
        .last()
        .and_then(|end| end.reason.as_deref());
    assert_eq!(reason, Some(EndCause::PAGE_GONE));
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_call_of_a_browser_that_was_away_for_longer_than_the_grace_is_over() {
    let mut world = talking_to_be_kept(1, PhonePlace::Hub);
    world.pass(SECOND * 30);
    world.now = world.now + SECOND * 60;
    world.kill_hub();
    assert!(world.call().is_none());
    world.pass(SECOND);
    let duration = world.only_finish().duration;
    assert!((25..=30).contains(&duration), "{duration}");
    world.phone.calls.insert("a".to_owned(), PhoneCall::Over);
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_call_hung_up_before_it_is_taken_up_is_not_left_to_itself() {
    let mut world = talking_to_be_kept(2, PhonePlace::Seat);
    world.pass(SECOND * 7);
    let seat = world.seat().expect("a seat");
    world.slow_link = true;
    world.close_slowly(seat, false);
    let tab = world.first();
    // The click arrives before the softphone of this page has begun.
    world.click_slowly(tab, CardEvent::Hangup);
    world.settle();
    world.slow_link = false;
    world.pass(SECOND * 20);
    assert_eq!(world.phone.calls["a"], PhoneCall::Over);
    assert!(world.call().is_none());
    assert_eq!(world.only_finish().duration, 7);
    world.the_next_call_rings_everywhere();
}

#[test]
fn the_key_to_a_call_is_never_printed() {
    let mut world = talking_to_be_kept(1, PhonePlace::Hub);
    world.pass(SECOND * 6);
    let entry = world.journal.calls.first().expect("the call");
    let snapshot = &entry.kept.first().expect("its key").snapshot;
    assert_eq!(snapshot, "false false");
    let printed = format!("{:?} {:?}", world.hub, world.journal);
    assert!(!printed.contains(snapshot));
}

// ---- the hub goes ----

#[test]
fn the_hub_that_follows_finishes_a_call_once_from_the_journal() {
    let mut world = talking(2, PhonePlace::Hub);
    world.pass(SECOND * 63);
    world.kill_hub();
    world.pass(SECOND * 30);
    let finish = world.only_finish();
    assert_eq!(finish.status_code, StatusCode::Success);
    assert!((58..=63).contains(&finish.duration), "{}", finish.duration);
    assert!(world.journal.calls.is_empty());
    world.the_next_call_rings_everywhere();
    assert_eq!(world.portal.calls.len(), 2);
}

#[test]
fn what_the_softphone_says_of_cost_and_recording_is_on_the_record_even_after_a_hubs_death() {
    let mut world = talking(1, PhonePlace::Hub);
    let says = |world: &mut World, details: RecordDetails| {
        world.far_end(|call_id| PhoneEvent::Record { call_id, details });
    };
    let cost = RecordDetails {
        cost: Some("0.05".to_owned()),
        cost_currency: Some("EUR".to_owned()),
        record_url: None,
    };
    says(&mut world, cost);
    let recording = Some("https://pbx.example/a.mp3".to_owned());
    let record_url = recording.clone();
    says(
        &mut world,
        RecordDetails {
            record_url,
            ..RecordDetails::default()
        },
    );
    world.pass(SECOND * 6);
    world.kill_hub();
    world.pass(SECOND * 30);
    let finish = world.only_finish();
    assert_eq!(finish.cost.as_deref(), Some("0.05"));
    assert_eq!(finish.cost_currency.as_deref(), Some("EUR"));
    assert_eq!(finish.record_url, recording);
    world.the_next_call_rings_everywhere();
    world.far_end_hangs_up();
    world.pass(SECOND * 5);
    let next = world.portal.finishes().last().expect("its record");
    assert_eq!(next.cost, None, "that was the call before");
}

#[test]
fn the_card_of_a_call_that_died_with_its_hub_is_not_taken_for_a_click_on_a_number() {
    let mut world = tabs(1, PhonePlace::Hub);
    world.operate(OperatorAction::Dial {
        number: CUSTOMER.to_owned(),
        how: DialOptions::default(),
    });
    // `register` has raised the card, and neither its news nor the answer has arrived.
    world.kill_hub();
    world.pass(SECOND * 20);
    assert!(world.phone.dialled.is_empty(), "nobody has asked for that");
    assert_eq!(world.only_finish().status_code, StatusCode::Cancelled);
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_register_that_was_under_way_when_the_hub_died_opens_no_second_record() {
    let mut world = tabs(1, PhonePlace::Hub);
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(incoming("a"));
    world.kill_hub();
    world.pass(SECOND * 10);
    assert_eq!(world.portal.calls.len(), 1);
    assert_eq!(world.only_finish().status_code, StatusCode::Missed);
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_register_whose_answer_was_never_heard_is_not_sent_again_when_the_portal_has_forgotten_it() {
    let mut world = tabs(1, PhonePlace::Hub);
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(incoming("a"));
    // The browser ends before the answer, and is opened again when the portal would open another call.
    world.close_slowly(ONE, false);
    world.kill_hub();
    world.pass(SECOND * 3600);
    world.told.errors.clear();
    world.open_tab(ONE);
    world.pass(SECOND * 60);
    assert_eq!(world.portal.calls.len(), 1, "no second record");
    assert!(world.journal.calls.is_empty());
    let told = world.told.errors.iter();
    assert_eq!(told.filter(|e| e.kind() == ErrorKind::Rest).count(), 1);
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_finish_that_waits_for_the_portal_outlives_two_hubs() {
    let mut world = talking(1, PhonePlace::Hub);
    world.pass(SECOND * 9);
    let failure = RestFailure::new(RestFailure::TIMEOUT, "");
    world.portal.failures.insert(FINISH, vec![failure; 20]);
    world.far_end_hangs_up();
    for _ in 0..2 {
        world.kill_hub();
        world.pass(SECOND * 600);
    }
    world.portal.failures.clear();
    world.pass(SECOND * 1200);
    assert_eq!(
        world.only_finish().duration,
        9,
        "not the time until it was told"
    );
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_journal_older_than_two_days_is_dropped_with_a_word() {
    let mut world = talking(1, PhonePlace::Hub);
    let journal = world.journal.clone();
    assert_eq!(journal.calls.len(), 1);
    world.far_end_hangs_up();
    world.pass(SECOND * 3600 * 49);
    world.journal = journal;
    let before = world.portal.finishes().count();
    world.told.errors.clear();
    world.kill_hub();
    world.pass(SECOND * 60);
    assert_eq!(world.portal.finishes().count(), before);
    assert!(world.journal.calls.is_empty());
    let told = world.told.errors.iter();
    assert_eq!(told.filter(|e| e.kind() == ErrorKind::Rest).count(), 1);
    world.the_next_call_rings_everywhere();
}

// ---- names, ends, targets ----

/// Somebody else of those who were rung answers.
fn answered_elsewhere(call_id: PhoneCallId) -> PhoneEvent {
    let cause = EndCause {
        by: EndedBy::Remote,
        code: Some(EndCause::ANSWERED_ELSEWHERE.to_owned()),
        ..EndCause::default()
    };
    PhoneEvent::Ended { call_id, cause }
}

/// It rings under the PBX's own name for it.
fn known_to_all(id: &str) -> PhoneEvent {
    let mut ring = incoming(id);
    if let PhoneEvent::Incoming { external_id, .. } = &mut ring {
        *external_id = Some("the PBX's".to_owned());
    }
    ring
}

#[test]
fn a_call_answered_elsewhere_that_all_know_by_one_name_leaves_the_record_to_who_answered() {
    let mut world = tabs(2, PhonePlace::Seat);
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(known_to_all("a"));
    world.settle();
    world.far_end(answered_elsewhere);
    world.pass(SECOND * 10);
    assert!(!world.has_card());
    assert_eq!(world.portal.finishes().count(), 0);
    assert!(world.journal.calls.is_empty());
    assert_eq!(world.told.ended.len(), 1);
    world.the_next_call_rings_everywhere();
}

#[test]
fn a_colleague_who_answers_before_the_portal_has_answered_leaves_no_card_behind() {
    for refused in [false, true] {
        let mut world = tabs(2, PhonePlace::Seat);
        if refused {
            let failure = RestFailure::new("QUERY_LIMIT_EXCEEDED", "");
            world.portal.failures.insert(REGISTER, vec![failure]);
        }
        world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
        world.phone_says(known_to_all("a"));
        world.phone_says(answered_elsewhere(PhoneCallId("a".to_owned())));
        world.phone.calls.insert("a".to_owned(), PhoneCall::Over);
        world.pass(SECOND * 10);
        assert!(!world.has_card(), "it would stand in the next one's way");
        assert_eq!(world.portal.finishes().count(), 0);
        assert!(world.journal.calls.is_empty());
        world.the_next_call_rings_everywhere();
    }
}

#[test]
fn a_call_answered_elsewhere_that_only_we_know_is_finished_and_no_missed_call() {
    let mut world = tabs(2, PhonePlace::Seat);
    world.ring("a");
    world.far_end(answered_elsewhere);
    world.pass(SECOND * 10);
    assert!(!world.has_card());
    let finish = world.only_finish();
    assert_eq!(finish.status_code, StatusCode::Other);
    assert_eq!(finish.failed_reason.as_deref(), Some("ANSWERED_ELSEWHERE"));
    assert!(!finish.add_to_chat, "who answered tells the chat");
    assert!(world.journal.calls.is_empty());
    world.the_next_call_rings_everywhere();
}

#[test]
fn the_pbxs_name_of_a_call_becomes_its_external_id() {
    let mut world = tabs(2, PhonePlace::Seat);
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    let mut ring = incoming("a");
    if let PhoneEvent::Incoming { external_id, .. } = &mut ring {
        *external_id = Some("the PBX's own".to_owned());
    }
    world.phone_says(ring);
    world.settle();
    let register = world.portal.calls.values().next();
    let register = register.and_then(|call| call.register.as_ref());
    let name = register.map(|register| register.external_call_id.as_str());
    assert_eq!(name, Some("the PBX's own"));
}

#[test]
fn calls_without_a_name_of_the_pbxs_get_one_each_even_after_a_hubs_death() {
    let mut world = tabs(1, PhonePlace::Hub);
    for id in ["a", "b", "c"] {
        world.ring(id);
        world.pass(SECOND);
        world.far_end_hangs_up();
        world.kill_hub();
        world.pass(SECOND * 10);
    }
    assert_eq!(world.portal.calls.len(), 3);
    assert_eq!(world.portal.finishes().count(), 3);
}

#[test]
fn a_late_answer_for_a_cancelled_transfers_target_dials_nobody() {
    let mut world = World::talking();
    world.click_slowly(ONE, transfer_to("101"));
    let resolved =
        |pending: &Pending| matches!(pending, Pending::Phone(_, PhoneNews::Resolved(..)));
    let index = world.pending.iter().position(resolved).expect("the answer");
    let late = world.pending.remove(index);
    world.click(CardEvent::CancelTransfer);
    world.click_slowly(ONE, transfer_to("102"));
    world.pending.insert(0, late);
    world.settle();
    assert_eq!(world.phone.dialled, ["102"]);
}

#[test]
fn a_call_that_ended_without_a_cause_is_over() {
    let mut world = talking(2, PhonePlace::Seat);
    world.far_end(|call_id| {
        let cause = EndCause::default();
        PhoneEvent::Ended { call_id, cause }
    });
    world.pass(SECOND * 20);
    assert!(world.call().is_none());
    world.only_finish();
    world.the_next_call_rings_everywhere();
}

#[test]
fn an_outgoing_call_that_is_refused_a_record_does_not_block_the_next_dial() {
    let mut world = tabs(2, PhonePlace::Seat);
    let failure = RestFailure::new("ERROR_CORE", "unsupported phone format");
    world.portal.failures.insert(REGISTER, vec![failure]);
    world.dial();
    let token = world.dial();
    assert!(world.answer(token).is_ok());
    assert_eq!(world.phone.dialled, [CUSTOMER]);
}

#[test]
fn a_request_is_answered_in_the_tab_that_asked() {
    let mut world = talking(2, PhonePlace::Seat);
    let token = world.operate_in(TWO, OperatorAction::SetMuted(true));
    world.settle();
    assert!(
        world.tabs[&TWO]
            .told
            .answers
            .iter()
            .any(|(t, r)| *t == token && r.is_ok())
    );
    assert!(world.told.answers.is_empty());
    assert!(world.portal.cards.values().all(|card| card.muted));
}

// ---- signals ----

#[test]
fn a_signal_opens_a_page_in_the_tab_the_operator_looks_at_and_in_no_other() {
    let mut world = tabs(3, PhonePlace::Seat);
    world.look_at(TWO);
    let path = "/crm/contact/details/1/";
    let mut params = serde_json::Map::new();
    params.insert("path".to_owned(), path.into());
    world.feed_hub(Input::Signal(Signal {
        id: Some("1".to_owned()),
        expires: None,
        name: "openPath".to_owned(),
        params,
    }));
    world.settle();
    assert_eq!(
        world.portal.opened,
        [PortalAction::OpenPath(path.to_owned())]
    );
    assert_eq!(world.portal.opened_in, [TWO]);
    assert!(
        world
            .tabs
            .values()
            .skip(1)
            .all(|page| page.told.signals.len() == 1)
    );
    assert_eq!(world.told.signals.len(), 1, "every tab is told");
}
