//! Calls on their way to somebody else, and callers who wait.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;

use b24_background_worker::card::{CardEvent, TransferTarget, UiState};
use b24_background_worker::rest::StatusCode;
use b24_background_worker::session::{
    CallPhase, Config, OperatorAction, SecondCall, TransferMode, TransferPhase,
};
use b24_background_worker::softphone::{EndCause, Headers, PhoneCallId, PhoneEvent};
use world::{PhoneCall, World};

fn pick(world: &mut World, target: &str) {
    world.click(CardEvent::Transfer(TransferTarget {
        phone_number: Some(world::CUSTOMER.to_owned()),
        kind: None,
        target: target.to_owned(),
    }));
}

fn connected(call_id: PhoneCallId) -> PhoneEvent {
    PhoneEvent::Connected {
        call_id,
        tones: None,
    }
}

fn refused(status: u16) -> impl FnOnce(PhoneCallId) -> PhoneEvent {
    move |call_id| PhoneEvent::Ended {
        call_id,
        cause: EndCause::remote(Some(status)),
    }
}

fn customer_hangs_up(world: &mut World) {
    let call_id = PhoneCallId("a".to_owned());
    world.phone.calls.insert("a".to_owned(), PhoneCall::Over);
    world.phone_says(PhoneEvent::Ended {
        call_id,
        cause: EndCause::remote(None),
    });
    world.settle();
}

fn phase(world: &World) -> Option<TransferPhase> {
    world.call().and_then(|call| call.transfer)
}

fn nobody_is_on_the_line(world: &World) {
    let alive = world
        .phone
        .calls
        .values()
        .filter(|c| **c != PhoneCall::Over);
    assert_eq!(alive.count(), 0, "{:?}", world.phone.calls);
}

#[test]
fn the_customer_waits_while_the_colleague_is_asked_and_is_then_handed_over() {
    let mut world = World::talking();
    world.pass(Duration::from_secs(10));
    pick(&mut world, "101");
    assert_eq!(world.ui_state(), Some(UiState::Transferring));
    assert!(world.call().expect("a call").held);
    assert_eq!(world.phone.dialled, ["101"]);
    assert_eq!(world.phone.consultations[0].1, "a");
    world.colleague(|call_id| PhoneEvent::Progress {
        call_id,
        early_media: false,
    });
    assert!(world.card().status.contains("rings"));
    world.colleague(connected);
    assert_eq!(phase(&world), Some(TransferPhase::Talking));
    world.pass(Duration::from_secs(5));
    world.click(CardEvent::CompleteTransfer);
    assert_eq!(world.phone.transferred.len(), 1);
    world.pass(Duration::from_secs(4));
    assert!(!world.has_card());
    let finish = world.only_finish();
    assert_eq!(finish.status_code, StatusCode::Success);
    assert_eq!(finish.duration, 15);
    nobody_is_on_the_line(&world);
    world.the_next_call_rings();
}

#[test]
fn a_transfer_completed_before_the_colleague_answers_is_a_blind_one() {
    let mut world = World::talking();
    pick(&mut world, "101");
    world.click(CardEvent::CompleteTransfer);
    let target = ("a".to_owned(), "101".to_owned());
    assert_eq!(world.phone.transferred, [target]);
    nobody_is_on_the_line(&world);
    world.pass(Duration::from_secs(4));
    assert!(!world.has_card());
    world.the_next_call_rings();
}

#[test]
fn a_blind_transfer_asks_nobody() {
    let mut world = World::talking_with(|config| config.transfer = TransferMode::Blind);
    pick(&mut world, "101");
    let target = ("a".to_owned(), "101".to_owned());
    assert_eq!(world.phone.transferred, [target]);
    assert!(world.phone.dialled.is_empty());
    world.pass(Duration::from_secs(4));
    assert_eq!(world.only_finish().status_code, StatusCode::Success);
    world.the_next_call_rings();
}

#[test]
fn a_transfer_taken_back_returns_to_the_customer() {
    let mut world = World::talking();
    pick(&mut world, "101");
    world.colleague(connected);
    world.click(CardEvent::CancelTransfer);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    let call = world.call().expect("the customer's call");
    assert!(!call.held && call.transfer.is_none());
    assert!(!world.card().held);
    let alive = world.phone.calls.values().filter(|c| **c == PhoneCall::Up);
    assert_eq!(alive.count(), 1, "the colleague was let go");
    pick(&mut world, "102");
    assert_eq!(
        world.phone.dialled,
        ["101", "102"],
        "and another can be asked"
    );
}

#[test]
fn a_customer_who_was_on_hold_before_stays_so_when_the_transfer_is_taken_back() {
    let mut world = World::talking();
    world.click(CardEvent::Hold(true));
    pick(&mut world, "101");
    assert_eq!(phase(&world), Some(TransferPhase::Calling));
    world.click(CardEvent::CancelTransfer);
    assert!(world.call().expect("a call").held);
    assert!(world.card().held);
}

#[test]
fn a_colleague_who_is_busy_fails_the_transfer_and_the_customer_is_taken_back() {
    let mut world = World::talking();
    pick(&mut world, "101");
    world.colleague(refused(486));
    assert_eq!(world.ui_state(), Some(UiState::TransferFailed));
    assert_eq!(world.card().status, "The line is busy");
    world.click(CardEvent::CancelTransfer);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    assert!(!world.call().expect("a call").held);
    world.click(CardEvent::Hangup);
    assert_eq!(world.only_finish().status_code, StatusCode::Success);
    world.the_next_call_rings();
}

#[test]
fn a_refused_hand_over_leaves_the_operator_with_the_colleague() {
    let mut world = World::talking();
    pick(&mut world, "101");
    world.colleague(connected);
    let cause = EndCause::error("REFER_REFUSED", "The other phone can't be transferred");
    world.phone.fails.push(("completeTransfer", cause));
    world.click(CardEvent::CompleteTransfer);
    assert_eq!(phase(&world), Some(TransferPhase::Talking));
    assert_eq!(world.card().status, "The other phone can't be transferred");
    world.click(CardEvent::CompleteTransfer);
    assert_eq!(world.phone.transferred.len(), 1, "a second try may succeed");
}

#[test]
fn a_refused_blind_transfer_can_be_taken_back() {
    let mut world = World::talking_with(|config| config.transfer = TransferMode::Blind);
    let cause = EndCause {
        status: Some(480),
        ..EndCause::default()
    };
    world.phone.fails.push(("transfer", cause));
    pick(&mut world, "101");
    assert_eq!(world.ui_state(), Some(UiState::TransferFailed));
    assert_eq!(world.card().status, "No answer");
    world.click(CardEvent::CancelTransfer);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
}

#[test]
fn a_softphone_that_can_not_hold_can_not_consult() {
    let mut world = World::talking();
    world
        .phone
        .fails
        .push(("setHeld", EndCause::error("GLARE", "")));
    pick(&mut world, "101");
    assert_eq!(world.ui_state(), Some(UiState::TransferFailed));
    assert!(world.phone.dialled.is_empty());
    world.click(CardEvent::CancelTransfer);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    assert!(!world.card().held);
}

#[test]
fn a_user_nobody_has_an_extension_for_fails_the_transfer_with_the_reason() {
    let mut world = World::talking();
    world.phone.knows_no_target = true;
    pick(&mut world, "42");
    assert_eq!(world.ui_state(), Some(UiState::TransferFailed));
    assert_eq!(world.card().status, "Nobody has this extension");
    world.click(CardEvent::Hangup);
    assert_eq!(world.only_finish().status_code, StatusCode::Success);
}

#[test]
fn the_customer_hangs_up_while_the_colleague_is_asked() {
    let mut world = World::talking();
    pick(&mut world, "101");
    world.colleague(connected);
    customer_hangs_up(&mut world);
    assert!(!world.has_card());
    nobody_is_on_the_line(&world);
    world.the_next_call_rings();
}

#[test]
fn hanging_up_in_a_transfer_ends_both_calls() {
    let mut world = World::talking();
    pick(&mut world, "101");
    world.operate(OperatorAction::HangUp);
    world.settle();
    nobody_is_on_the_line(&world);
    assert_eq!(world.only_finish().status_code, StatusCode::Success);
    world.the_next_call_rings();
}

#[test]
fn leaving_the_page_in_a_transfer_hangs_up_on_both() {
    let mut world = World::talking();
    pick(&mut world, "101");
    world.navigate(world.first());
    nobody_is_on_the_line(&world);
}

#[test]
fn a_softphone_that_stays_silent_in_a_transfer_is_not_waited_for_for_ever() {
    let mut world = World::talking();
    world.phone.calls.insert("a".to_owned(), PhoneCall::Over); // of such a call it says nothing
    pick(&mut world, "101");
    assert_eq!(phase(&world), Some(TransferPhase::Holding));
    world.pass(Duration::from_secs(61));
    assert_eq!(world.ui_state(), Some(UiState::TransferFailed));
    world.click(CardEvent::Hangup);
    world.pass(Duration::from_secs(10));
    assert!(world.call().is_none());
    world.the_next_call_rings();
}

#[test]
fn a_second_transfer_while_one_is_under_way_is_refused() {
    let mut world = World::talking();
    pick(&mut world, "101");
    pick(&mut world, "102");
    assert_eq!(world.phone.dialled, ["101"]);
}

#[test]
fn a_call_transferred_at_the_far_end_goes_on_with_somebody_else() {
    let mut world = World::talking();
    world.far_end(|call_id| PhoneEvent::Transferred {
        call_id,
        number: Some("+15550111".to_owned()),
        display_name: Some("Warehouse".to_owned()),
    });
    let call = world.call().expect("it goes on");
    assert_eq!(call.display_name.as_deref(), Some("Warehouse"));
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    world.far_end_hangs_up();
    assert_eq!(world.only_finish().status_code, StatusCode::Success);
}

#[test]
fn whom_the_server_names_is_whom_the_card_shows() {
    let mut world = World::talking();
    world.far_end(|call_id| PhoneEvent::Identity {
        call_id,
        number: Some("+15550111".to_owned()),
        display_name: Some("Warehouse".to_owned()),
    });
    let call = world.call().expect("it goes on");
    assert_eq!(call.number.as_deref(), Some("+15550111"));
    assert_eq!(call.display_name.as_deref(), Some("Warehouse"));
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    world.far_end_hangs_up();
    assert_eq!(world.only_finish().status_code, StatusCode::Success);
}

#[test]
fn a_call_a_colleague_sends_rings_as_a_transferred_one() {
    let mut world = World::new();
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(PhoneEvent::Incoming {
        call_id: PhoneCallId("a".to_owned()),
        number: Some(world::CUSTOMER.to_owned()),
        display_name: None,
        line: None,
        transferred_by: Some("102".to_owned()),
        external_id: None,
        headers: Headers::default(),
    });
    world.settle();
    assert_eq!(world.ui_state(), Some(UiState::TransferIncoming));
    world.click(CardEvent::Answer);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
}

#[test]
fn a_broken_media_path_shows_on_the_card_until_it_is_mended() {
    let mut world = World::talking();
    let media = |flowing| move |call_id| PhoneEvent::Media { call_id, flowing };
    world.far_end(media(false));
    assert!(world.card().status.contains("restoring"));
    world.far_end(media(true));
    assert_eq!(world.card().status, "Connected");
    assert_eq!(world.ui_state(), Some(UiState::Connected));
}

#[test]
fn a_caller_who_waits_takes_the_card_when_the_call_is_over() {
    let mut world = World::talking_with(|config| config.second_call = SecondCall::Wait);
    world.ring("b");
    assert!(world.card().status.contains("waiting"));
    assert_eq!(world.phone.calls["b"], PhoneCall::Ringing);
    world.click(CardEvent::Hangup);
    assert_eq!(world.ui_state(), Some(UiState::Incoming));
    world.click(CardEvent::Answer);
    assert_eq!(world.phone.calls["b"], PhoneCall::Up);
    world.click(CardEvent::Hangup);
    assert_eq!(world.portal.finishes().count(), 2);
    nobody_is_on_the_line(&world);
}

#[test]
fn a_caller_who_tires_of_waiting_is_recorded_as_missed_and_the_call_goes_on() {
    let mut world = World::talking_with(|config| config.second_call = SecondCall::Wait);
    world.ring("b");
    world.phone.calls.insert("b".to_owned(), PhoneCall::Over);
    world.phone_says(PhoneEvent::Ended {
        call_id: PhoneCallId("b".to_owned()),
        cause: EndCause::remote(Some(487)),
    });
    world.settle();
    assert_eq!(world.only_finish().status_code, StatusCode::Missed);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    assert_eq!(world.card().status, "Connected");
    world.click(CardEvent::Hangup);
    world.the_next_call_rings();
}

#[test]
fn leaving_the_page_lets_go_of_callers_who_wait() {
    let mut world = World::talking_with(|config| config.second_call = SecondCall::Wait);
    world.ring("b");
    world.navigate(world.first());
    nobody_is_on_the_line(&world);
}

#[test]
fn a_call_handed_over_says_so_on_its_card_and_makes_room_at_once_for_the_next() {
    let blind = |config: &mut Config| config.transfer = TransferMode::Blind;
    let mut world = World::talking_with(blind);
    world.pass(Duration::from_secs(5));
    pick(&mut world, "101");
    assert_eq!(world.ui_state(), Some(UiState::TransferConnected));
    assert_eq!(world.card().status, "The call was handed over");
    let state = world.call().map(|call| call.state);
    assert_eq!(state, Some(CallPhase::Ending), "it has not failed");
    world.pass(Duration::from_secs(4));
    assert!(!world.has_card());
    assert_eq!(
        world.only_finish().duration,
        5,
        "not the time the card was read"
    );

    let mut world = World::talking_with(blind);
    pick(&mut world, "101");
    world.click(CardEvent::Hangup);
    assert!(!world.has_card(), "the operator has read it");
    world.only_finish();

    let mut world = World::talking_with(blind);
    pick(&mut world, "101");
    world.the_next_call_rings();
}
