//! Calls whose records the PBX's own connector keeps: it registers, shows and finishes them; the
//! worker finds their cards, and drives them.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;

use b24_background_worker::card::{CallDirection, CallId, CardCommand, CardEvent, UiState};
use b24_background_worker::hub::{Input, PhonePlace};
use b24_background_worker::link::TabId;
use b24_background_worker::session::{CallPhase, Config, OperatorAction, Records};
use b24_background_worker::signal::Signal;
use b24_background_worker::softphone::{EndCause, EndedBy, PhoneEvent};
use world::{CUSTOMER, LINE, PhoneCall, World, incoming};

const SECOND: Duration = Duration::from_secs(1);

fn world_with(change: impl FnOnce(&mut Config)) -> World {
    let mut config = Config::new(7, "test");
    config.lines = vec![LINE.to_owned()];
    config.records = Records::Backend;
    change(&mut config);
    World::with_tabs(config, 2, PhonePlace::Seat)
}

fn world() -> World {
    world_with(|_| {})
}

impl World {
    /// The PBX's connector registers a call and shows it.
    fn connector_shows(&mut self, number: &str, direction: CallDirection) -> CallId {
        let call_id = self.portal.new_call(None, number, direction);
        self.raise(&call_id, Some(LINE));
        self.settle();
        call_id
    }

    fn connector_finishes(&mut self, call_id: &CallId) {
        self.portal.take_away(Some(call_id));
        self.settle();
    }

    fn ring_named(&mut self, id: &str, name: &str) {
        self.phone.calls.insert(id.to_owned(), PhoneCall::Ringing);
        let mut ring = incoming(id);
        if let PhoneEvent::Incoming { external_id, .. } = &mut ring {
            *external_id = Some(name.to_owned());
        }
        self.phone_says(ring);
        self.settle();
    }

    fn all_show(&self, ui_state: UiState) -> bool {
        let mut tabs = self.tabs.keys();
        tabs.all(|id| self.ui_state_in(*id) == Some(ui_state))
    }

    /// Nothing was registered or finished, and nothing is kept but what they talk in, to be taken up.
    fn the_record_is_the_connectors(&self) {
        assert!(
            self.portal
                .calls
                .values()
                .all(|call| call.register.is_none())
        );
        assert_eq!(self.portal.finishes().count(), 0);
        let talks = self.call().is_some();
        assert!(self.journal.calls.iter().all(|it| it.by_backend && talks));
        assert_eq!(self.portal.undefined + self.portal.misdirected, 0);
    }

    fn the_next_call_rings_and_is_driven(&mut self) {
        self.ring("the next one");
        self.connector_shows(CUSTOMER, CallDirection::Incoming);
        assert!(self.all_show(UiState::Incoming));
        self.click(CardEvent::Answer);
        assert!(self.all_show(UiState::Connected));
        self.the_record_is_the_connectors();
    }
}

#[test]
fn the_card_of_a_ringing_call_is_found_by_its_number_and_driven() {
    let mut world = world();
    world.ring("a");
    assert!(!world.has_card(), "the connector shows it, and nobody else");
    let call_id = world.connector_shows("15550199", CallDirection::Incoming);
    assert!(world.all_show(UiState::Incoming));
    assert_eq!(
        world.call().and_then(|call| call.call_id).as_ref(),
        Some(&call_id)
    );
    world.click_in(TabId(2), CardEvent::Answer);
    assert!(world.all_show(UiState::Connected));
    world.pass(SECOND * 30);
    world.far_end_hangs_up();
    assert_eq!(world.told.ended[0].duration, 30);
    assert_eq!(world.told.ended[0].call_id.as_ref(), Some(&call_id));
    assert!(world.told.recorded.is_empty());
    world.connector_finishes(&call_id);
    world.pass(SECOND * 3600);
    world.the_record_is_the_connectors();
    assert_eq!(world.poll_timeout(), None);
    world.the_next_call_rings_and_is_driven();
}

#[test]
fn a_card_that_comes_before_its_call_rings_is_found_too() {
    let mut world = world();
    world.connector_shows(CUSTOMER, CallDirection::Incoming);
    assert_eq!(world.ui_state(), None);
    world.pass(SECOND * 3);
    world.ring("a");
    assert!(world.all_show(UiState::Incoming));
    world.the_record_is_the_connectors();
}

#[test]
fn the_name_in_a_header_finds_the_card_where_the_number_does_not() {
    let mut world = world();
    let call_id = world
        .portal
        .new_call(None, "+15550000", CallDirection::Incoming);
    world.ring_named("a", call_id.as_str());
    world.raise(&call_id, None);
    world.settle();
    assert!(world.all_show(UiState::Incoming));
}

#[test]
fn the_card_of_another_call_is_left_alone() {
    for (number, direction, wait) in [
        ("+15550000", CallDirection::Incoming, 0),
        (CUSTOMER, CallDirection::Outgoing, 0),
        (CUSTOMER, CallDirection::Incoming, 61),
    ] {
        let mut world = world();
        world.ring("a");
        world.pass(SECOND * wait);
        world.connector_shows(number, direction);
        world.pass(SECOND * 10);
        assert!(world.portal.commands.is_empty(), "{number}, {wait} s apart");
        world.click(CardEvent::Answer);
        assert_eq!(world.phone.calls["a"], PhoneCall::Ringing);
        world.operate(OperatorAction::Answer);
        world.settle();
        assert_eq!(
            world.phone.calls["a"],
            PhoneCall::Up,
            "the application can answer"
        );
    }
}

#[test]
fn an_outgoing_call_is_dialled_at_once_and_adopts_its_card_when_it_comes() {
    let mut world = world();
    world.dial();
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    world.pass(SECOND * 20);
    assert_eq!(
        world.call().map(|call| call.state),
        Some(CallPhase::Dialing)
    );
    world.connector_shows(CUSTOMER, CallDirection::Outgoing);
    assert!(world.all_show(UiState::ConnectingOutgoing));
    world.far_end_answers();
    assert!(world.all_show(UiState::Connected));
    world.click(CardEvent::Hangup);
    assert!(world.call().is_none());
    world.the_record_is_the_connectors();
}

#[test]
fn a_redialled_call_adopts_the_card_of_its_new_record() {
    let mut world = world();
    world.dial();
    let first = world.connector_shows(CUSTOMER, CallDirection::Outgoing);
    world.far_end_refuses(486);
    assert!(world.all_show(UiState::Redial));
    world.click(CardEvent::MakeCall);
    assert_eq!(world.phone.dialled.len(), 2);
    world.connector_finishes(&first);
    let second = world.connector_shows(CUSTOMER, CallDirection::Outgoing);
    assert!(world.all_show(UiState::ConnectingOutgoing));
    assert_eq!(world.call().and_then(|call| call.call_id), Some(second));
    world.the_record_is_the_connectors();
}

#[test]
fn a_card_that_matches_no_call_dials_nobody_and_a_signal_that_names_it_does() {
    let mut world = world();
    let call_id = world.connector_shows(CUSTOMER, CallDirection::Outgoing);
    world.pass(SECOND * 5);
    assert!(
        world.phone.dialled.is_empty(),
        "the operator's desk phone may have dialled"
    );
    let mut params = serde_json::Map::new();
    params.insert("phoneNumber".to_owned(), CUSTOMER.into());
    params.insert("callId".to_owned(), call_id.as_str().into());
    world.feed_hub(Input::Signal(Signal {
        id: None,
        expires: None,
        name: "dial".to_owned(),
        params,
    }));
    world.settle();
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    assert!(world.all_show(UiState::ConnectingOutgoing));
    world.the_record_is_the_connectors();
}

#[test]
fn a_signals_call_is_dialled_at_once_where_no_card_could_have_a_button_for_it() {
    let mut world = world_with(|config| config.auto_dial = false);
    let mut params = serde_json::Map::new();
    params.insert("phoneNumber".to_owned(), CUSTOMER.into());
    world.feed_hub(Input::Signal(Signal {
        id: None,
        expires: None,
        name: "dial".to_owned(),
        params,
    }));
    world.settle();
    assert_eq!(world.phone.dialled, [CUSTOMER]);
}

#[test]
fn a_card_is_kept_for_the_connector_and_closed_when_it_does_not_come() {
    let mut world = world();
    world.ring("a");
    world.connector_shows(CUSTOMER, CallDirection::Incoming);
    world.click(CardEvent::Answer);
    world.far_end_hangs_up();
    world.pass(SECOND * 65);
    assert!(world.has_card(), "a comment may be being written");
    world.pass(SECOND * 10);
    assert!(!world.has_card());
    world.the_record_is_the_connectors();
    world.the_next_call_rings_and_is_driven();
}

#[test]
fn a_call_answered_elsewhere_closes_its_card_at_once() {
    let mut world = world();
    world.ring("a");
    world.connector_shows(CUSTOMER, CallDirection::Incoming);
    world.far_end(|call_id| {
        let cause = EndCause {
            by: EndedBy::Remote,
            code: Some(EndCause::ANSWERED_ELSEWHERE.to_owned()),
            ..EndCause::default()
        };
        PhoneEvent::Ended { call_id, cause }
    });
    world.pass(SECOND * 2);
    assert!(!world.has_card());
    world.the_record_is_the_connectors();
}

#[test]
fn a_second_caller_hears_busy_and_no_record_is_opened_for_him() {
    let mut world = world();
    world.ring("a");
    world.connector_shows(CUSTOMER, CallDirection::Incoming);
    world.click(CardEvent::Answer);
    world.ring("b");
    assert_eq!(world.phone.calls["b"], PhoneCall::Over);
    assert!(world.all_show(UiState::Connected));
    world.the_record_is_the_connectors();
}

#[test]
fn a_hub_that_dies_leaves_the_record_to_the_connector() {
    let mut world = world();
    world.ring("a");
    world.connector_shows(CUSTOMER, CallDirection::Incoming);
    world.click(CardEvent::Answer);
    world.kill_hub();
    world.pass(SECOND * 100);
    let closes = |command: &&CardCommand| matches!(command, CardCommand::Close {});
    assert_eq!(world.portal.commands.iter().filter(closes).count(), 0);
    world.the_record_is_the_connectors();
}
