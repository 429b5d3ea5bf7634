//! What others ask of the worker: clicks on numbers, signals of a backend, pages to open. One of the
//! operator's pages does it, once, and the next call rings.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use b24_background_worker::ErrorKind;
use b24_background_worker::card::{CallId, CardEvent, EntityChange, PhoneNumber, UiState};
use b24_background_worker::hub::{Input, PhonePlace};
use b24_background_worker::link::TabId;
use b24_background_worker::pull::read;
use b24_background_worker::session::{CallPhase, Config, PortalAction};
use b24_background_worker::signal::{ServerClock, Signal};
use b24_background_worker::tab;
use serde_json::{Value, json};
use world::{CUSTOMER, LINE, World};

/// A signal as the channel brings it.
fn signal(command: &str, params: &Value) -> Signal {
    let text = json!({ "mid": "m1", "text":
        { "module_id": "application", "command": command, "params": params } });
    Signal::new(read(&text.to_string(), |text| serde_json::from_str(text).ok()).remove(0))
}

impl World {
    fn signal(&mut self, command: &str, params: &Value) {
        self.feed_hub(Input::Signal(signal(command, params)));
        self.settle();
    }

    fn phase(&self) -> Option<CallPhase> {
        self.call().map(|call| call.state)
    }
}

fn without_lines() -> World {
    World::with(Config::new(7, "test"))
}

// ---- click-to-call ----

#[test]
fn a_click_on_a_number_dials_once_when_the_card_comes_before_the_signal() {
    let mut world = World::new();
    let call_id = world.click_to_call(LINE);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    world.signal(
        "dial",
        &json!({ "id": call_id, "callId": call_id, "phoneNumber": CUSTOMER }),
    );
    assert_eq!(world.phone.dialled, [CUSTOMER]);
}

#[test]
fn a_click_on_a_number_dials_once_when_the_signal_comes_before_the_card() {
    let mut world = World::new();
    let call_id = world.clicked_before_the_card();
    world.signal(
        "dial",
        &json!({ "callId": call_id, "phoneNumber": CUSTOMER, "lineNumber": LINE }),
    );
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    world.the_card_comes(&call_id, LINE);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    assert_eq!(world.ui_state(), Some(UiState::ConnectingOutgoing));
}

#[test]
fn without_lines_the_signal_says_that_a_card_is_ours() {
    let mut world = without_lines();
    let call_id = world.click_to_call("+15550111");
    assert!(world.phone.dialled.is_empty());
    world.signal(
        "dial",
        &json!({ "callId": call_id, "phoneNumber": CUSTOMER, "lineNumber": "+15550111" }),
    );
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    assert_eq!(world.ui_state(), Some(UiState::ConnectingOutgoing));
    assert_eq!(
        world.call().and_then(|call| call.line).as_deref(),
        Some("+15550111")
    );
}

#[test]
fn a_click_on_a_number_dials_once_though_all_tabs_show_its_card() {
    let mut config = Config::new(7, "test");
    config.lines = vec![LINE.to_owned()];
    let mut world = World::with_tabs(config, 3, PhonePlace::Seat);
    let call_id = world.click_to_call(LINE);
    world.signal(
        "dial",
        &json!({ "callId": call_id, "phoneNumber": CUSTOMER, "lineNumber": LINE }),
    );
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    for tab in [1, 2, 3] {
        let shown = world.ui_state_in(TabId(tab));
        assert_eq!(shown, Some(UiState::ConnectingOutgoing), "tab {tab}");
    }
}

#[test]
fn a_click_during_a_call_is_refused_and_its_record_is_finished() {
    let mut world = World::talking();
    let call_id = world.clicked_before_the_card();
    world.signal(
        "dial",
        &json!({ "callId": call_id, "phoneNumber": CUSTOMER }),
    );
    assert!(world.phone.dialled.is_empty());
    assert_eq!(
        world.told.errors.last().map(|error| error.kind()),
        Some(ErrorKind::Busy)
    );
    assert_eq!(world.portal.calls[&call_id].finishes.len(), 1);
    assert_eq!(
        world.ui_state(),
        Some(UiState::Connected),
        "the call goes on"
    );
    world.click(CardEvent::Hangup);
    world.the_next_call_rings();
}

#[test]
fn a_card_that_never_comes_is_asked_for() {
    let mut world = World::new();
    let call_id = world.clicked_before_the_card();
    world.signal(
        "dial",
        &json!({ "callId": call_id, "phoneNumber": CUSTOMER }),
    );
    assert_eq!(world.ui_state(), None);
    world.pass(std::time::Duration::from_secs(6));
    assert_eq!(world.ui_state(), Some(UiState::ConnectingOutgoing));
}

#[test]
fn with_auto_dial_off_a_signal_waits_for_the_cards_call_button() {
    let mut world = World::with(Config {
        auto_dial: false,
        ..Config::new(7, "test")
    });
    let call_id = world.click_to_call(LINE);
    world.signal(
        "dial",
        &json!({ "callId": call_id, "phoneNumber": CUSTOMER }),
    );
    assert_eq!(world.ui_state(), Some(UiState::Outgoing));
    assert!(world.phone.dialled.is_empty());
    world.click(CardEvent::MakeCall);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
}

// ---- dial without a card ----

#[test]
fn a_page_of_the_application_dials_and_the_call_is_registered() {
    let mut world = World::new();
    let params = json!({ "id": "s1", "phoneNumber": CUSTOMER, "callListId": 12,
        "crmEntityType": "CONTACT", "crmEntityId": "42" });
    world.signal("dial", &params);
    world.signal("dial", &params);
    assert_eq!(
        world.phone.dialled,
        [CUSTOMER],
        "once, though it came twice"
    );
    let registered: Vec<_> = world
        .portal
        .calls
        .values()
        .filter_map(|call| call.register.as_ref())
        .collect();
    assert_eq!(registered.len(), 1);
    assert_eq!(registered[0].call_list_id.as_deref(), Some("12"));
    assert_eq!(registered[0].crm_entity_type.as_deref(), Some("CONTACT"));
    assert_eq!(registered[0].crm_entity_id, Some(42));
    assert_eq!(
        registered[0].line_number.as_deref(),
        Some(LINE),
        "the first of the lines"
    );
    assert_eq!(world.told.signals.len(), 1);
}

#[test]
fn a_dial_for_a_colleague_is_not_ours() {
    let mut world = World::new();
    world.signal("dial", &json!({ "phoneNumber": CUSTOMER, "userId": 8 }));
    assert!(world.phone.dialled.is_empty());
    world.signal(
        "dial",
        &json!({ "id": "s2", "phoneNumber": CUSTOMER, "userId": "7" }),
    );
    assert_eq!(world.phone.dialled, [CUSTOMER]);
}

#[test]
fn an_operator_on_the_road_is_not_called_in_the_browser() {
    let mut world = World::new();
    world.signal("dial", &json!({ "phoneNumber": CUSTOMER, "mobile": true }));
    assert!(world.phone.dialled.is_empty());
    assert_eq!(world.told.signals.len(), 1, "the application hears of it");
}

#[test]
fn a_dial_without_a_number_says_what_it_lacks() {
    let mut world = World::new();
    world.signal("dial", &json!({ "phoneNumber": " " }));
    let error = world.told.errors.last().expect("an error");
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.detail().contains("phoneNumber"), "{}", error.detail());
    world.the_next_call_rings();
}

#[test]
fn the_card_of_a_call_that_is_being_registered_is_no_click_on_a_number() {
    let mut world = World::new();
    world.signal("dial", &json!({ "id": "s1", "phoneNumber": CUSTOMER }));
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    assert_eq!(world.portal.calls.len(), 1);
}

#[test]
fn a_number_clicked_while_a_call_is_being_registered_is_refused_and_its_record_finished() {
    let mut world = World::new();
    world.feed_hub(Input::Signal(signal(
        "dial",
        &json!({ "phoneNumber": CUSTOMER }),
    )));
    // Nothing is answered yet: whose card this is, is not known.
    let clicked = world.clicked_before_the_card();
    world.portal.cards.clear();
    world.raise(&clicked, Some(LINE));
    world.settle();
    assert_eq!(world.phone.dialled, [CUSTOMER], "the first one");
    assert_eq!(world.portal.calls[&clicked].finishes.len(), 1);
}

// ---- a campaign ----

/// A client of a call list is on the card, and the card's call button decides.
fn campaign() -> (World, CallId) {
    let mut world = World::with(Config {
        auto_dial: false,
        ..Config::new(7, "test")
    });
    let call_id = world.click_to_call(LINE);
    world.signal(
        "dial",
        &json!({ "callId": call_id, "phoneNumber": CUSTOMER, "callListId": "3" }),
    );
    (world, call_id)
}

fn next_client() -> CardEvent {
    CardEvent::EntityChanged(EntityChange {
        crm_entity: None,
        phone_number: PhoneNumber::Known("+15550177".to_owned()),
    })
}

#[test]
fn a_campaign_goes_on_to_its_next_client() {
    let (mut world, call_id) = campaign();
    assert_eq!(
        world.call().and_then(|call| call.call_list_id).as_deref(),
        Some("3")
    );
    world.click(next_client());
    world.click(CardEvent::MakeCall);
    assert_eq!(world.phone.dialled, ["+15550177"]);
    world.click(CardEvent::Next);
    world.settle();
    assert_eq!(world.phase(), None);
    assert_eq!(world.portal.calls[&call_id].finishes.len(), 1);
    world.the_next_call_rings();
}

#[test]
fn the_next_client_of_a_campaign_is_called_where_nobody_was_yet() {
    let (mut world, call_id) = campaign();
    // In this order, as the portal does it.
    world.click(CardEvent::Next);
    world.click(next_client());
    assert!(world.portal.calls[&call_id].finishes.is_empty());
    world.click(CardEvent::MakeCall);
    assert_eq!(world.phone.dialled, ["+15550177"]);
}

#[test]
fn a_client_of_a_campaign_is_skipped_without_a_call() {
    let (mut world, call_id) = campaign();
    world.click(CardEvent::Skip);
    assert!(world.phone.dialled.is_empty());
    assert_eq!(world.portal.calls[&call_id].finishes.len(), 1);
    world.the_next_call_rings();
}

// ---- pages and cards ----

#[test]
fn a_signal_opens_the_application_with_its_own_parameters() {
    let mut world = World::new();
    world.signal(
        "openApplication",
        &json!({ "id": "s1", "expires": 9e9, "view": "queue" }),
    );
    let Some(PortalAction::OpenApplication(params)) = world.portal.opened.pop() else {
        panic!("nothing was opened");
    };
    assert_eq!(params, r#"{"view":"queue"}"#);
}

#[test]
fn a_signal_opens_a_page_of_the_portal_in_the_tab_the_operator_looks_at() {
    let mut world = World::with_tabs(Config::new(7, "test"), 3, PhonePlace::Seat);
    world.feed_tab(TabId(2), tab::Input::Visible(true));
    world.signal(
        "openPath",
        &json!({ "id": "s1", "path": "/crm/deal/details/7/" }),
    );
    let path = "/crm/deal/details/7/".to_owned();
    assert_eq!(world.portal.opened, [PortalAction::OpenPath(path)]);
}

#[test]
fn a_signal_shows_a_call_that_has_lost_its_card() {
    let mut world = World::talking();
    let call_id = world
        .call()
        .and_then(|call| call.call_id)
        .expect("registered");
    world.the_portal_takes_the_card_away();
    world.signal("show", &json!({ "callId": call_id }));
    assert_eq!(world.ui_state(), Some(UiState::Connected));
}

#[test]
fn what_the_application_defines_reaches_its_listeners_in_every_tab() {
    let mut world = World::with_tabs(Config::new(7, "test"), 2, PhonePlace::Seat);
    world.signal("queue.changed", &json!({ "waiting": 3 }));
    let told = ("queue.changed".to_owned(), r#"{"waiting":3}"#.to_owned());
    assert_eq!(world.told.signals, std::slice::from_ref(&told));
    assert_eq!(world.tabs[&TabId(2)].told.signals, [told]);
}

// ---- time ----

#[test]
fn a_stale_signal_is_known_by_the_portals_clock_not_by_the_computers() {
    let dial = signal("dial", &json!({ "phoneNumber": CUSTOMER, "expires": 1060 }));
    // A computer whose clock is a day ahead.
    let mut clock = ServerClock::default();
    clock.learn(1000.0, 87_400.0);
    assert!(!clock.is_stale(&dial, 87_400.0));
    assert!(!clock.is_stale(&dial, 87_459.0));
    assert!(clock.is_stale(&dial, 87_461.0));
    // A message that waited in a sleeping computer teaches nothing new.
    clock.learn(1010.0, 90_000.0);
    assert!(clock.is_stale(&dial, 90_000.0));
}

#[test]
fn a_signal_that_names_no_end_is_never_stale() {
    let dial = signal("dial", &json!({ "phoneNumber": CUSTOMER }));
    assert!(!ServerClock::default().is_stale(&dial, 1e12));
}

// ---- without a softphone ----

/// An application that is for more than calls.
fn without_softphone() -> World {
    let mut config = Config::new(7, "test");
    config.softphone = false;
    config.lines = vec![LINE.to_owned()];
    let mut world = World::with_tabs(config, 0, PhonePlace::Seat);
    world.portal.sliders.push(TabId(1));
    for id in [1, 2] {
        world.open_tab(TabId(id));
        world.feed_tab(TabId(id), tab::Input::CanTakeSeat(false));
    }
    world
}

#[test]
fn without_a_softphone_nothing_is_dialled_and_nothing_registered() {
    let mut world = without_softphone();
    world.signal("dial", &json!({ "id": "s1", "phoneNumber": CUSTOMER }));
    world.click_to_call(LINE);
    let token = world.dial();
    let refused = world.answer(token).as_ref().map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::Softphone));
    assert_eq!(
        world.told.signals.len(),
        1,
        "it is the application's affair"
    );
    assert!(world.call().is_none() && world.phone.dialled.is_empty());
    let registered = |call: &world::PortalCall| call.register.is_some();
    assert!(!world.portal.calls.values().any(registered));
    assert!(world.told.errors.is_empty(), "{:?}", world.told.errors);
}

#[test]
fn without_a_softphone_pages_are_opened_once_in_the_tab_in_front_a_slider_or_not() {
    for front in [1, 2] {
        let mut world = without_softphone();
        world.feed_tab(TabId(front), tab::Input::Visible(true));
        world.signal(
            "openPath",
            &json!({ "id": "s1", "path": "/crm/deal/details/7/" }),
        );
        assert_eq!(world.portal.opened_in, [TabId(front)]);
    }
}
