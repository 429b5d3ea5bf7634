//! Who calls and what comes with the call: withheld numbers, headers.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;

use b24_background_worker::ErrorKind;
use b24_background_worker::card::{CardEvent, CrmEntity, UiState};
use b24_background_worker::hub::Input;
use b24_background_worker::rest::{CallType, Register};
use b24_background_worker::session::{Config, DialOptions, OperatorAction};
use b24_background_worker::signal::Signal;
use b24_background_worker::softphone::{Headers, PhoneEvent};
use world::{CUSTOMER, LINE, PhoneCall, World, incoming};

const SECOND: Duration = Duration::from_secs(1);

fn config(withheld: Option<&str>) -> Config {
    let mut config = Config::new(7, "test");
    config.lines = vec![LINE.to_owned()];
    if let Some(withheld) = withheld {
        config.withheld = withheld.to_owned();
    }
    config
}

impl World {
    /// Somebody calls who gives this for a number.
    fn rings_as(&mut self, caller: Option<&str>) {
        let mut ring = incoming("a");
        if let PhoneEvent::Incoming { number, .. } = &mut ring {
            *number = caller.map(str::to_owned);
        }
        self.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
        self.phone_says(ring);
        self.settle();
    }

    fn only_register(&self) -> &Register {
        let mut registers = self
            .portal
            .calls
            .values()
            .filter_map(|call| call.register.as_ref());
        registers.next().expect("a registered call")
    }

    fn title(&self) -> Option<&str> {
        self.card().title.as_deref()
    }

    /// It rang, and is answered, talked through and recorded as any other.
    fn goes_as_ever(&mut self) {
        assert_eq!(self.ui_state(), Some(UiState::Incoming));
        self.click(CardEvent::Answer);
        self.pass(SECOND * 9);
        self.click(CardEvent::Hangup);
        assert_eq!(self.only_finish().duration, 9);
        self.pass(SECOND * 5);
        self.ring("the next one");
        assert_eq!(self.ui_state(), Some(UiState::Incoming));
        assert_eq!(self.card().title, None, "the portal's own");
    }
}

#[test]
fn a_withheld_number_rings_under_the_integrators_placeholder_and_the_card_says_so() {
    for caller in [None, Some("")] {
        let mut world = World::with(config(Some("+100200")));
        world.rings_as(caller);
        assert_eq!(world.only_register().phone_number, "+100200");
        assert!(!world.only_register().crm_create, "nobody's client");
        assert_eq!(world.title(), Some("Number withheld"));
        world.goes_as_ever();
    }
}

#[test]
fn a_placeholder_that_the_portal_refuses_is_replaced_by_one_that_it_takes() {
    for withheld in ["nobody", "0", "+100200"] {
        let mut world = World::with(config(Some(withheld)));
        world.portal.refuses_numbers.push("100200".to_owned());
        world.rings_as(None);
        assert_eq!(world.only_register().phone_number, "+88800000000");
        world.goes_as_ever();
    }
}

#[test]
fn a_caller_who_has_a_name_in_place_of_a_number_is_named_on_the_card() {
    let mut world = World::with(config(None));
    world.rings_as(Some("alice"));
    assert_eq!(world.title(), Some("alice"));
    world.goes_as_ever();
}

#[test]
fn a_number_that_the_portal_refuses_does_not_cost_the_call_its_card() {
    let mut world = World::with(config(None));
    world.portal.refuses_numbers.push("15550199".to_owned());
    world.rings_as(Some(CUSTOMER));
    assert_eq!(world.only_register().phone_number, "+88800000000");
    assert_eq!(world.title(), Some(CUSTOMER));
    world.portal.refuses_numbers.clear();
    world.goes_as_ever();
}

#[test]
fn a_portal_that_refuses_every_number_leaves_a_call_that_can_be_answered() {
    let mut world = World::with(config(None));
    world.portal.refuses_numbers = vec!["15550199".to_owned(), "88800000000".to_owned()];
    world.rings_as(Some(CUSTOMER));
    assert!(!world.has_card());
    let token = world.operate(OperatorAction::Answer);
    world.settle();
    assert!(world.answer(token).is_ok());
    assert_eq!(world.phone.calls["a"], PhoneCall::Up);
    world.far_end_hangs_up();
    world.portal.refuses_numbers.clear();
    world.the_next_call_rings();
}

#[test]
fn who_turns_out_to_be_there_is_named_on_the_card_of_a_withheld_call() {
    let mut world = World::with(config(None));
    world.rings_as(None);
    world.click(CardEvent::Answer);
    world.far_end(|call_id| PhoneEvent::Identity {
        call_id,
        number: Some(CUSTOMER.to_owned()),
        display_name: None,
    });
    assert_eq!(world.title(), Some(CUSTOMER));
}

#[test]
fn the_title_that_an_application_has_written_stays() {
    let mut world = World::with(config(None));
    world.rings_as(None);
    let (handle, _) = world.told.cards.pop().expect("a card");
    world.request(handle.set_card_title("A client of Anna's"));
    world.pass(SECOND * 20);
    assert_eq!(world.title(), Some("A client of Anna's"));
}

#[test]
fn the_title_is_written_again_over_the_portals_that_comes_late() {
    let mut world = World::with(config(None));
    world.rings_as(None);
    world.card_mut().title = None;
    world.pass(SECOND * 6);
    assert_eq!(world.title(), Some("Number withheld"));
}

// ---- headers ----

fn headers(pairs: &[(&str, &str)]) -> Headers {
    pairs.iter().copied().collect()
}

#[test]
fn the_headers_of_an_incoming_call_reach_the_application_in_every_tab() {
    let mut world = World::with(config(None));
    let mut ring = incoming("a");
    if let PhoneEvent::Incoming { headers: its, .. } = &mut ring {
        *its = headers(&[("X-Queue", "sales")]);
    }
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(ring);
    world.settle();
    let call = world
        .tabs
        .values()
        .next()
        .and_then(|page| page.tab.call().cloned());
    assert_eq!(
        call.expect("a call").headers,
        headers(&[("X-Queue", "sales")])
    );
}

#[test]
fn an_adapters_headers_are_read_however_they_are_spelt() {
    let read = |headers: serde_json::Value| {
        let event = serde_json::json!({ "type": "incoming", "callId": "a", "headers": headers });
        match PhoneEvent::parse(event) {
            Ok(PhoneEvent::Incoming { headers, .. }) => headers,
            other => panic!("{other:?}"),
        }
    };
    let odd =
        serde_json::json!({ "X-Queue": "sales", "X-Level": 3, "X-None": null, "X-List": ["a"] });
    assert_eq!(
        read(odd),
        headers(&[("X-Level", "3"), ("X-Queue", "sales")])
    );
    for nothing in [
        serde_json::json!(null),
        serde_json::json!([]),
        serde_json::json!("X: y"),
    ] {
        assert!(read(nothing).is_empty());
    }
}

#[test]
fn an_application_dials_for_an_entity_of_the_crm_and_the_record_says_whose_call_it_is() {
    let mut world = World::with(config(None));
    world.operate(OperatorAction::Dial {
        number: CUSTOMER.to_owned(),
        how: DialOptions {
            crm_entity: Some(CrmEntity {
                entity_type: "LEAD".to_owned(),
                entity_id: 21,
            }),
            ..DialOptions::default()
        },
    });
    world.settle();
    let call = world.portal.calls.values().next().expect("a call");
    let register = call.register.as_ref().expect("registered here");
    assert_eq!(register.crm_entity_type.as_deref(), Some("LEAD"));
    assert_eq!(register.crm_entity_id, Some(21));
    world.far_end_answers();
    world.far_end_hangs_up();
    world.the_next_call_rings();
}

#[test]
fn an_application_dials_with_headers_and_none_of_them_can_become_another() {
    let dial = |headers| OperatorAction::Dial {
        number: CUSTOMER.to_owned(),
        how: DialOptions {
            headers,
            ..DialOptions::default()
        },
    };
    let mut world = World::with(config(None));
    for (name, value) in [
        ("X-Bad", "a\r\nVia: b"),
        ("X Bad", "a"),
        ("X-Bad:", "a"),
        ("", "a"),
    ] {
        let token = world.operate(dial(headers(&[(name, value)])));
        world.settle();
        let refused = world.answer(token).as_ref().map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::Malformed), "{name}");
    }
    assert!(world.phone.dialled.is_empty() && world.portal.calls.is_empty());
    world.operate(dial(headers(&[("X-Campaign", "7")])));
    world.settle();
    assert_eq!(world.phone.headers, headers(&[("X-Campaign", "7")]));
    world.far_end_refuses(486);
    world.click(CardEvent::MakeCall);
    assert_eq!(
        world.phone.headers,
        headers(&[("X-Campaign", "7")]),
        "dialled again"
    );
}

// ---- what else the record and the card are told ----

#[test]
fn a_caller_whom_a_colleague_has_sent_is_recorded_as_redirected() {
    let mut config = config(None);
    config.crm_source = Some("PARTNER".to_owned());
    config.add_to_chat = false;
    let mut world = World::with(config);
    let mut ring = incoming("a");
    if let PhoneEvent::Incoming { transferred_by, .. } = &mut ring {
        *transferred_by = Some("101".to_owned());
    }
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(ring);
    world.settle();
    let register = world.only_register();
    assert_eq!(register.call_type, CallType::IncomingRedirected);
    assert_eq!(register.crm_source.as_deref(), Some("PARTNER"));
    assert!(!register.add_to_chat);
}

fn asked_for(params: serde_json::Value) -> World {
    let mut config = config(None);
    config.auto_dial = false;
    let mut world = World::with(config);
    world.feed_hub(Input::Signal(Signal {
        id: None,
        expires: None,
        name: "dial".to_owned(),
        params: params.as_object().cloned().unwrap_or_default(),
    }));
    world.settle();
    world
}

#[test]
fn a_callback_shows_what_the_client_has_written_until_the_far_end_is_reached() {
    let text = "About order 4711, after six";
    let mut world = asked_for(serde_json::json!({ "phoneNumber": CUSTOMER, "text": text }));
    assert_eq!(world.card().status, text);
    world.click(CardEvent::MakeCall);
    assert_eq!(world.card().status, text);
    world.far_end(|call_id| PhoneEvent::Progress {
        call_id,
        early_media: false,
    });
    assert_eq!(world.card().status, "Ringing…");
}

#[test]
fn an_extension_shows_once_they_have_answered_and_the_application_has_it() {
    let mut world = asked_for(serde_json::json!({ "phoneNumber": CUSTOMER, "extension": 12 }));
    world.click(CardEvent::MakeCall);
    assert_eq!(
        world.call().and_then(|call| call.tones),
        None,
        "nobody listens"
    );
    world.far_end_answers();
    assert_eq!(world.card().status, "Connected · 12");
    assert_eq!(
        world.call().and_then(|call| call.tones).as_deref(),
        Some("12")
    );

    // What was dialled after the number, the softphone knows.
    let mut world = World::with(config(None));
    world.dial();
    world.far_end(|call_id| PhoneEvent::Connected {
        call_id,
        tones: Some(",,34".to_owned()),
    });
    assert_eq!(
        world.call().and_then(|call| call.tones).as_deref(),
        Some(",,34")
    );
}
