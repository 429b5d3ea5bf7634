//! How calls sound: what is told of it, what the card says, and what goes into the record.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;

use b24_background_worker::card::{CardEvent, UiState};
use b24_background_worker::quality::{Counters, SoundProblem};
use world::World;

/// Lets seconds pass in which `came` packets come each second and fifty go.
fn seconds(world: &mut World, n: u64, came: u64) {
    for _ in 0..n {
        let last = world.phone.counters.unwrap_or_default();
        world.phone.counters = Some(Counters {
            received: Some(last.received.unwrap_or(0) + came),
            sent: Some(last.sent.unwrap_or(0) + 50),
            ..last
        });
        world.pass(Duration::from_secs(1));
    }
}

#[test]
fn a_call_is_sampled_once_a_second_while_it_is_up_and_no_longer() {
    let mut world = World::talking();
    seconds(&mut world, 10, 50);
    assert_eq!(world.told.qualities.len(), 9);
    world.click(CardEvent::Hangup);
    world.pass(Duration::from_secs(60));
    assert_eq!(world.told.qualities.len(), 9);
    assert_eq!(world.poll_timeout(), None);
}

#[test]
fn a_softphone_without_statistics_is_asked_once() {
    let mut world = World::talking();
    world.pass(Duration::from_secs(10));
    assert_eq!(world.phone.samples, 1);
    world.click(CardEvent::Hangup);
    assert_eq!(world.only_finish().vote, None);
}

#[test]
fn the_card_says_that_nothing_is_heard_and_takes_it_back() {
    let mut world = World::talking();
    seconds(&mut world, 3, 50);
    seconds(&mut world, 3, 0);
    let problem = world.told.qualities.last().and_then(|q| q.problem);
    assert_eq!(problem, Some(SoundProblem::NothingHeard));
    assert_eq!(world.card().status, "Nothing comes from the other side");
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    seconds(&mut world, 1, 50);
    assert_eq!(world.card().status, "Connected");
}

#[test]
fn a_customer_on_hold_is_not_taken_for_a_silent_line() {
    let mut world = World::talking();
    world.click(CardEvent::Hold(true));
    seconds(&mut world, 10, 0);
    assert_eq!(world.card().status, "On hold");
}

#[test]
fn a_call_without_stars_is_graded_by_how_it_sounded() {
    let mut world = World::talking();
    seconds(&mut world, 10, 50);
    world.click(CardEvent::Hangup);
    assert_eq!(world.only_finish().vote, Some(5));
}

#[test]
fn the_operators_stars_outweigh_the_measurement() {
    let mut world = World::talking();
    seconds(&mut world, 10, 50);
    world.click(CardEvent::QualityMeter(2));
    world.click(CardEvent::Hangup);
    assert_eq!(world.only_finish().vote, Some(2));
}
