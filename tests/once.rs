//! What is done once: in one of several tabs, and not again by the hub after this one.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;

use b24_background_worker::ErrorKind;
use b24_background_worker::card::{CardEvent, Reply};
use b24_background_worker::hub::{Input, PhonePlace};
use b24_background_worker::link::TabId;
use b24_background_worker::session::Config;
use b24_background_worker::signal::Signal;
use serde_json::{Map, Value, json};
use world::{CUSTOMER, LINE, World};

const ONE: TabId = TabId(1);
const TWO: TabId = TabId(2);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn two_tabs() -> World {
    let mut config = Config::new(7, "test");
    config.lines = vec![LINE.to_owned()];
    World::with_tabs(config, 2, PhonePlace::Seat)
}

fn signal(world: &mut World, name: &str, params: &Value) {
    let params = params.as_object().cloned().unwrap_or_else(Map::new);
    world.feed_hub(Input::Signal(Signal {
        id: params["id"].as_str().map(str::to_owned),
        expires: None,
        name: name.to_owned(),
        params,
    }));
    world.settle();
}

#[test]
fn of_two_tabs_that_want_to_do_a_thing_the_first_one_does_it() {
    let mut world = two_tabs();
    assert_eq!(world.once(TWO, "greet deal 7"), Ok(Reply::First(true)));
    assert_eq!(world.once(ONE, "greet deal 7"), Ok(Reply::First(false)));
    assert_eq!(world.once(TWO, "greet deal 7"), Ok(Reply::First(false)));
    assert_eq!(world.once(ONE, "greet deal 8"), Ok(Reply::First(true)));
}

#[test]
fn what_was_done_once_is_not_done_again_after_the_hubs_death_and_may_be_after_two_days() {
    let mut world = two_tabs();
    assert_eq!(world.once(ONE, "a"), Ok(Reply::First(true)));
    world.kill_hub();
    assert_eq!(world.once(TWO, "a"), Ok(Reply::First(false)));
    world.pass(DAY * 3);
    world.kill_hub();
    assert_eq!(world.once(TWO, "a"), Ok(Reply::First(true)));
}

#[test]
fn a_key_that_names_nothing_is_refused() {
    let mut world = two_tabs();
    for key in [String::new(), "k".repeat(201)] {
        let refused = world.once(ONE, &key).map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::Malformed));
    }
    assert_eq!(world.once(ONE, &"k".repeat(200)), Ok(Reply::First(true)));
}

#[test]
fn a_signal_that_comes_again_after_the_hubs_death_does_not_dial_again() {
    let mut world = two_tabs();
    let dial = json!({ "id": "s1", "phoneNumber": CUSTOMER });
    signal(&mut world, "dial", &dial);
    world.far_end_answers();
    world.far_end_hangs_up();
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    world.kill_hub();
    signal(&mut world, "dial", &dial);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    let another = json!({ "id": "s2", "phoneNumber": CUSTOMER });
    signal(&mut world, "dial", &another);
    assert_eq!(world.phone.dialled, [CUSTOMER, CUSTOMER]);
}

#[test]
fn a_click_whose_signal_comes_after_the_hubs_death_is_not_dialled_again() {
    let mut world = two_tabs();
    let call_id = world.click_to_call(LINE);
    world.far_end_answers();
    world.kill_hub();
    world.pass(Duration::from_secs(2));
    world.kill_hub();
    let dial = json!({ "id": "s1", "phoneNumber": CUSTOMER, "callId": call_id });
    signal(&mut world, "dial", &dial);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    assert_eq!(world.portal.calls[&call_id].finishes.len(), 1);
}

#[test]
fn a_page_that_thaws_with_the_card_of_a_finished_call_has_it_closed_and_dials_nothing() {
    let mut world = two_tabs();
    world.dial();
    let call_id = world
        .call()
        .and_then(|call| call.call_id)
        .expect("its name");
    world.far_end_answers();
    world.freeze(TWO, false);
    world.click_in(ONE, CardEvent::Hangup);
    world.pass(DAY);
    world.kill_hub();
    // The frozen page was not told that its card has gone.
    world.portal.keep_stale(TWO, &call_id);
    world.thaw(TWO);
    world.pass(Duration::from_secs(30));
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    assert!(!world.has_card(), "the card of a call that is long over");
    world.the_next_call_rings();
}
