//! Calls, told from the first ring to the recorded end, in virtual time.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;

use b24_background_worker::ErrorKind;
use b24_background_worker::card::{CardCommand, CardEvent, Tone, UiState};
use b24_background_worker::rest::{CallType, RestFailure, StatusCode};
use b24_background_worker::session::{CallPhase, Config, OperatorAction};
use b24_background_worker::softphone::{EndCause, Headers, PhoneCallId, PhoneEvent};
use world::{CUSTOMER, LINE, PhoneCall, World};

const SECOND: Duration = Duration::from_secs(1);
const REGISTER: &str = "telephony.externalCall.register";
const FINISH: &str = "telephony.externalCall.finish";

#[test]
fn an_incoming_call_rings_is_answered_and_is_recorded_once() {
    let mut world = World::new();
    world.ring("a");
    assert_eq!(world.ui_state(), Some(UiState::Incoming));
    assert_eq!(world.card().status, "Incoming call");
    let register = world
        .portal
        .calls
        .values()
        .next()
        .and_then(|call| call.register.clone());
    let register = register.expect("the worker registered it");
    assert_eq!(register.call_type, CallType::Incoming);
    assert_eq!(register.phone_number, CUSTOMER);
    assert_eq!(register.line_number.as_deref(), Some(LINE));
    assert_eq!(register.user_id, 7);

    world.click(CardEvent::Answer);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    world.pass(SECOND * 65);
    world.click(CardEvent::Hangup);

    assert!(!world.has_card(), "the card is closed");
    let finish = world.only_finish();
    assert_eq!(finish.duration, 65);
    assert_eq!(finish.status_code, StatusCode::Success);
    assert_eq!(world.told.recorded.len(), 1);
    assert_eq!(world.portal.undefined, 0);
    world.the_next_call_rings();
}

#[test]
fn the_card_shows_connecting_until_the_softphone_has_connected() {
    let mut world = World::new();
    world.ring("a");
    // Only the click; the softphone's answer is still on its way.
    world.page_says(CardEvent::Answer);
    assert_eq!(world.ui_state(), Some(UiState::ConnectingIncoming));
    world.settle();
    assert_eq!(world.ui_state(), Some(UiState::Connected));
}

#[test]
fn the_caller_who_hangs_up_ends_the_call_and_closes_the_card() {
    let mut world = World::talking();
    world.pass(SECOND * 3);
    world.far_end_hangs_up();
    assert!(!world.has_card());
    assert_eq!(world.only_finish().duration, 3);
    world.the_next_call_rings();
}

#[test]
fn a_caller_who_gives_up_is_recorded_as_missed() {
    let mut world = World::new();
    world.ring("a");
    world.pass(SECOND * 9);
    world.far_end_refuses(487);
    assert!(!world.has_card());
    let finish = world.only_finish();
    assert_eq!(
        (finish.duration, finish.status_code),
        (0, StatusCode::Missed)
    );
    world.the_next_call_rings();
}

#[test]
fn a_skipped_call_is_refused_and_recorded_as_declined() {
    let mut world = World::new();
    world.ring("a");
    world.click(CardEvent::Skip);
    assert_eq!(world.phone.calls["a"], PhoneCall::Over);
    assert!(!world.has_card());
    assert_eq!(world.only_finish().status_code, StatusCode::Declined);
    world.the_next_call_rings();
}

#[test]
fn a_caller_who_gives_up_before_the_call_is_registered_leaves_a_record_and_no_card() {
    let mut world = World::new();
    let id = PhoneCallId("a".to_owned());
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(PhoneEvent::Incoming {
        call_id: id.clone(),
        number: Some(CUSTOMER.to_owned()),
        display_name: None,
        line: None,
        transferred_by: None,
        external_id: None,
        headers: Headers::default(),
    });
    world.phone.calls.insert("a".to_owned(), PhoneCall::Over);
    world.phone_says(PhoneEvent::Ended {
        call_id: id,
        cause: EndCause::remote(Some(487)),
    });
    world.settle();
    assert!(!world.has_card());
    assert_eq!(world.only_finish().status_code, StatusCode::Missed);
    world.the_next_call_rings();
}

#[test]
fn mute_and_hold_on_the_card_reach_the_softphone_and_raise_no_echo() {
    let mut world = World::talking();
    let before = world.portal.commands.len();
    world.click(CardEvent::Mute(true));
    world.click(CardEvent::Hold(true));
    let call = world.call().expect("a call");
    assert!(call.muted && call.held);
    assert_eq!(world.card().status, "On hold");
    world.click(CardEvent::Hold(false));
    world.click(CardEvent::Mute(false));
    assert_eq!(world.card().status, "Connected");
    let echoes = world.portal.commands[before..].iter().filter(|command| {
        matches!(
            command,
            CardCommand::SetMute { .. } | CardCommand::SetHold { .. }
        )
    });
    assert_eq!(echoes.count(), 0, "the card had thrown its own switches");
}

#[test]
fn mute_at_the_softphone_shows_on_the_card() {
    let mut world = World::talking();
    world.far_end(|call_id| PhoneEvent::Muted {
        call_id,
        muted: true,
    });
    assert!(world.card().muted);
    world.far_end(|call_id| PhoneEvent::Held {
        call_id,
        held: true,
        by_remote: true,
    });
    assert!(!world.card().held, "it is the other side that holds");
    assert_eq!(world.card().status, "The other side holds the call");
}

#[test]
fn a_hold_the_softphone_refuses_is_taken_back_on_the_card() {
    let mut world = World::talking();
    world
        .phone
        .fails
        .push(("setHeld", EndCause::error("GLARE", "491")));
    world.click(CardEvent::Hold(true));
    assert!(!world.card().held);
    assert!(!world.call().expect("a call").held);
    let error = &world.told.errors[0];
    assert_eq!(error.kind(), ErrorKind::Softphone);
    let cause = error
        .cause()
        .expect("what the softphone gave as the reason");
    assert_eq!((cause.code, cause.message), ("GLARE", "491"));
}

#[test]
fn a_mute_that_fails_after_one_that_worked_leaves_the_call_muted() {
    let mut world = World::talking();
    world.operate(OperatorAction::SetMuted(true));
    let broken = EndCause::error("BROKEN", "");
    world.phone.fails.push(("setMuted", broken));
    world.operate(OperatorAction::SetMuted(true));
    world.settle();
    assert!(world.phone.switches["a"].0);
    assert!(world.call().expect("a call").muted);
    assert!(world.card().muted);
}

#[test]
fn fast_clicks_on_mute_end_where_the_last_click_said() {
    let mut world = World::talking();
    for on in [true, false, true, false, true] {
        world.card_mut().muted = on;
        world.page_says(CardEvent::Mute(on));
    }
    world.settle();
    assert!(world.card().muted);
    assert!(world.call().expect("a call").muted);
}

#[test]
fn dialpad_keys_reach_the_far_end_in_order() {
    let mut world = World::talking();
    for key in ["1", "2", "#", "*", "0"] {
        world.click(CardEvent::Dialpad(Tone::from_key(key).expect("a key")));
    }
    assert_eq!(world.phone.digits, "12#*0");
}

#[test]
fn the_stars_of_the_operator_go_into_the_record() {
    let mut world = World::talking();
    world.click(CardEvent::QualityMeter(4));
    world.click(CardEvent::Hangup);
    assert_eq!(world.only_finish().vote, Some(4));
}

#[test]
fn an_outgoing_call_of_the_application_is_registered_dialled_and_recorded() {
    let mut world = World::new();
    let token = world.dial();
    assert!(world.answer(token).is_ok());
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    assert_eq!(world.ui_state(), Some(UiState::ConnectingOutgoing));
    world.far_end(|call_id| PhoneEvent::Progress {
        call_id,
        early_media: false,
    });
    assert_eq!(world.card().status, "Ringing…");
    world.far_end_answers();
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    world.pass(SECOND * 12);
    world.far_end_hangs_up();
    let finish = world.only_finish();
    assert_eq!(
        (finish.duration, finish.status_code),
        (12, StatusCode::Success)
    );
    world.the_next_call_rings();
}

#[test]
fn a_click_on_a_number_is_dialled_once_and_not_registered_again() {
    let mut world = World::new();
    world.click_to_call(LINE);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
    assert_eq!(world.portal.calls.len(), 1, "the portal's own registration");
    world.far_end_answers();
    world.click(CardEvent::Hangup);
    assert_eq!(world.only_finish().status_code, StatusCode::Success);
    world.the_next_call_rings();
}

#[test]
fn a_click_on_a_number_can_wait_for_the_call_button() {
    let mut config = Config::new(7, "test");
    config.lines = vec![LINE.to_owned()];
    config.auto_dial = false;
    let mut world = World::with(config);
    world.click_to_call(LINE);
    assert_eq!(world.ui_state(), Some(UiState::Outgoing));
    assert!(world.phone.dialled.is_empty());
    world.click(CardEvent::MakeCall);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
}

#[test]
fn the_card_of_another_applications_call_is_left_alone() {
    let mut world = World::new();
    let call_id = world.click_to_call("another application's line");
    for event in [
        CardEvent::MakeCall,
        CardEvent::Answer,
        CardEvent::Hangup,
        CardEvent::Skip,
    ] {
        world.click(event);
    }
    assert!(world.portal.commands.is_empty());
    assert!(world.phone.dialled.is_empty());
    assert_eq!(
        world.told.cards[0].1.call_id, call_id,
        "the application may still look"
    );
}

#[test]
fn an_outgoing_call_cancelled_while_it_rings_is_recorded_as_cancelled() {
    let mut world = World::new();
    world.dial();
    world.click(CardEvent::Hangup);
    assert!(!world.has_card());
    assert_eq!(world.only_finish().status_code, StatusCode::Cancelled);
    world.the_next_call_rings();
}

#[test]
fn a_busy_number_offers_redial_and_redial_reaches_it() {
    let mut world = World::new();
    world.dial();
    world.far_end_refuses(486);
    assert_eq!(world.ui_state(), Some(UiState::Redial));
    assert_eq!(world.card().status, "The line is busy");
    assert_eq!(
        world.portal.finishes().count(),
        0,
        "finish would close the card"
    );

    world.click(CardEvent::MakeCall);
    assert_eq!(world.phone.dialled, [CUSTOMER, CUSTOMER]);
    assert_eq!(world.ui_state(), Some(UiState::ConnectingOutgoing));
    world.far_end_answers();
    world.pass(SECOND * 4);
    world.click(CardEvent::Hangup);
    let finish = world.only_finish();
    assert_eq!(
        (finish.duration, finish.status_code),
        (4, StatusCode::Success)
    );
}

#[test]
fn a_redial_nobody_wants_is_recorded_and_closed_after_a_while() {
    let mut world = World::new();
    world.dial();
    world.far_end_refuses(486);
    world.pass(SECOND * 21);
    assert!(!world.has_card());
    assert_eq!(world.only_finish().status_code, StatusCode::Busy);
    world.the_next_call_rings();
}

#[test]
fn a_call_that_rings_while_redial_is_offered_gets_the_card() {
    let mut world = World::new();
    world.dial();
    world.far_end_refuses(486);
    world.the_next_call_rings();
    assert_eq!(world.portal.undefined, 0);
    assert_eq!(world.only_finish().status_code, StatusCode::Busy);
}

#[test]
fn each_sip_failure_gets_its_card_state_and_its_status_code() {
    for (sip, ui_state, status) in [
        (486, UiState::Redial, StatusCode::Busy),
        (600, UiState::Redial, StatusCode::Busy),
        (603, UiState::Redial, StatusCode::Declined),
        (480, UiState::Redial, StatusCode::TemporarilyUnavailable),
        (408, UiState::Redial, StatusCode::TemporarilyUnavailable),
        (404, UiState::Redial, StatusCode::WrongNumber),
        (402, UiState::MoneyError, StatusCode::NoMoney),
        (503, UiState::Redial, StatusCode::ServiceUnavailable),
        (403, UiState::Redial, StatusCode::Forbidden),
        (488, UiState::Redial, StatusCode::Other),
    ] {
        let mut world = World::new();
        world.dial();
        world.far_end_refuses(sip);
        assert_eq!(world.ui_state(), Some(ui_state), "{sip}");
        world.pass(SECOND * 30);
        assert_eq!(world.only_finish().status_code, status, "{sip}");
    }
}

#[test]
fn a_microphone_that_is_denied_shows_its_cause_and_the_next_call_rings() {
    let mut world = World::new();
    let cause = EndCause::error("MICROPHONE_DENIED", "Allow the microphone for this site");
    world.phone.fails.push(("answer", cause));
    world.ring("a");
    world.click(CardEvent::Answer);
    assert_eq!(world.ui_state(), Some(UiState::Error));
    assert_eq!(world.card().status, "Allow the microphone for this site");
    assert_eq!(
        world.phone.calls["a"],
        PhoneCall::Over,
        "the caller does not ring for ever"
    );
    world.pass(SECOND * 10);
    let finish = world.only_finish();
    assert_eq!(finish.failed_reason.as_deref(), Some("MICROPHONE_DENIED"));
    world.the_next_call_rings();
}

#[test]
fn a_broken_connection_is_shown_and_recorded_with_the_time_talked() {
    let mut world = World::talking();
    world.pass(SECOND * 30);
    world.far_end(|call_id| PhoneEvent::Ended {
        call_id,
        cause: EndCause {
            code: Some("ICE_FAILED".to_owned()),
            ..EndCause::default()
        },
    });
    assert_eq!(world.ui_state(), Some(UiState::Error));
    world.click(CardEvent::Close);
    assert_eq!(world.only_finish().duration, 30);
    world.the_next_call_rings();
}

#[test]
fn a_softphone_that_never_confirms_a_hang_up_does_not_keep_the_call() {
    let mut world = World::talking();
    world.phone.mute_about_ends = true;
    world.click(CardEvent::Hangup);
    world.pass(SECOND * 6);
    assert!(!world.has_card());
    assert_eq!(world.only_finish().status_code, StatusCode::Success);
    world.the_next_call_rings();
}

#[test]
fn a_second_caller_hears_busy_is_recorded_and_leaves_the_first_call_alone() {
    let mut world = World::talking();
    world.ring("b");
    assert_eq!(world.phone.calls["b"], PhoneCall::Over);
    assert_eq!(world.phone.calls["a"], PhoneCall::Up);
    assert_eq!(world.ui_state(), Some(UiState::Connected));
    let finish = world.only_finish();
    assert_eq!(finish.status_code, StatusCode::Busy);
    let shown = world.portal.calls[&finish.call_id]
        .register
        .as_ref()
        .map(|r| r.show);
    assert_eq!(shown, Some(false), "no card for it");
}

#[test]
fn the_card_may_appear_before_the_register_is_answered() {
    let mut world = World::new();
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(PhoneEvent::Incoming {
        call_id: PhoneCallId("a".to_owned()),
        number: Some(CUSTOMER.to_owned()),
        display_name: None,
        line: None,
        transferred_by: None,
        external_id: None,
        headers: Headers::default(),
    });
    // The push beats the HTTP answer, and the other way round.
    assert_eq!(world.pending.len(), 2);
    world.deliver(0);
    assert_eq!(world.ui_state(), None, "whose card it is, is not known yet");
    world.deliver(0);
    assert_eq!(world.ui_state(), Some(UiState::Incoming));

    let mut world = World::new();
    world.phone_says(PhoneEvent::Incoming {
        call_id: PhoneCallId("a".to_owned()),
        number: None,
        display_name: None,
        line: None,
        transferred_by: None,
        external_id: None,
        headers: Headers::default(),
    });
    world.deliver(1);
    world.deliver(0);
    assert_eq!(world.ui_state(), Some(UiState::Incoming));
}

#[test]
fn a_register_that_fails_in_passing_is_tried_again_and_makes_one_call() {
    let mut world = World::new();
    let failure = RestFailure::new("QUERY_LIMIT_EXCEEDED", "too many");
    world.portal.failures.insert(REGISTER, vec![failure]);
    world.portal.lost_answers.insert(REGISTER, 1);
    world.ring("a");
    assert_eq!(world.ui_state(), None);
    world.pass(SECOND * 10);
    assert_eq!(world.ui_state(), Some(UiState::Incoming));
    assert_eq!(world.portal.calls.len(), 1, "the replay found its call");
}

#[test]
fn a_register_that_is_asked_again_names_the_caller_it_named_first() {
    let mut world = World::new();
    world.portal.lost_answers.insert(REGISTER, 1);
    world.ring("a");
    world.phone_says(PhoneEvent::Transferred {
        call_id: PhoneCallId("a".to_owned()),
        number: Some("+15550123".to_owned()),
        display_name: None,
    });
    world.pass(SECOND * 10);
    assert_eq!(
        world.portal.calls.len(),
        1,
        "the portal knows a call by its number, too"
    );
    world.far_end_hangs_up();
    world.only_finish();
}

#[test]
fn a_number_clicked_while_the_softphone_signs_on_is_dialled_when_it_has() {
    let mut world = World::new();
    world.phone_says(PhoneEvent::Unregistered { text: None });
    world.dial();
    world.pass(SECOND * 2);
    assert!(world.phone.dialled.is_empty());
    world.phone_says(PhoneEvent::Registered);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
}

#[test]
fn a_softphone_that_never_tells_that_it_is_registered_dials_all_the_same() {
    let mut world = World::new();
    world.phone_says(PhoneEvent::Unregistered { text: None });
    world.dial();
    world.pass(SECOND * 6);
    assert_eq!(world.phone.dialled, [CUSTOMER]);
}

#[test]
fn a_call_that_the_portal_hears_of_late_is_recorded_for_when_it_began() {
    let mut world = World::new();
    world.ring("a");
    let began = |world: &World| {
        let last = world.portal.calls.values().last().expect("a call");
        last.register.as_ref().expect("ours").began
    };
    assert_eq!(began(&world), None, "the portal's own time is right");
    world.far_end_hangs_up();
    let failure = RestFailure::new(RestFailure::TIMEOUT, "");
    world.portal.failures.insert(REGISTER, vec![failure; 6]);
    let rang = world.now;
    world.ring("b");
    world.far_end_hangs_up();
    world.pass(SECOND * 120);
    assert_eq!(began(&world), Some(rang));
}

#[test]
fn a_finish_whose_answer_was_lost_is_recorded_once() {
    let mut world = World::talking();
    world.portal.lost_answers.insert(FINISH, 1);
    world.click(CardEvent::Hangup);
    world.pass(SECOND * 10);
    world.only_finish();
    world.the_next_call_rings();
}

#[test]
fn a_finish_is_tried_until_the_portal_is_back_and_the_next_call_rings_meanwhile() {
    let mut world = World::talking();
    let failure = RestFailure::new(RestFailure::TIMEOUT, "");
    world.portal.failures.insert(FINISH, vec![failure; 6]);
    world.pass(SECOND * 5);
    world.click(CardEvent::Hangup);
    world.the_next_call_rings();
    world.pass(SECOND * 120);
    assert_eq!(
        world.only_finish().duration,
        5,
        "not the time it took to tell"
    );
    assert_eq!(world.ui_state(), Some(UiState::Connected));
}

#[test]
fn an_outgoing_call_the_portal_will_not_register_is_not_dialled() {
    let mut world = World::new();
    let failure = RestFailure::new("ERROR_CORE", "unsupported phone format");
    world.portal.failures.insert(REGISTER, vec![failure]);
    world.dial();
    assert!(world.phone.dialled.is_empty());
    let error = &world.told.errors[0];
    assert_eq!(error.kind(), ErrorKind::Rest);
    let cause = error.cause().expect("what the portal gave as the reason");
    assert_eq!(cause.code, "ERROR_CORE");
    assert_eq!(cause.message, "unsupported phone format");
    assert!(world.call().is_none());
    world.the_next_call_rings();
}

#[test]
fn an_outgoing_call_that_waits_too_long_to_be_registered_is_given_up_and_its_record_closed() {
    let mut world = World::new();
    world.portal.lost_answers.insert(REGISTER, 6);
    world.dial();
    world.pass(SECOND * 16);
    assert!(world.call().is_none());
    assert!(world.phone.dialled.is_empty());
    world.pass(SECOND * 120);
    assert_eq!(world.only_finish().status_code, StatusCode::Cancelled);
    world.the_next_call_rings();
}

#[test]
fn an_incoming_call_the_portal_will_not_register_can_still_be_answered() {
    let mut world = World::new();
    let failure = RestFailure::new("ERROR_CORE", "no such user");
    world.portal.failures.insert(REGISTER, vec![failure]);
    world.ring("a");
    let token = world.operate(OperatorAction::Answer);
    world.settle();
    assert!(world.answer(token).is_ok());
    assert_eq!(world.phone.calls["a"], PhoneCall::Up);
    world.far_end_hangs_up();
    world.the_next_call_rings();
}

#[test]
fn a_card_closed_behind_our_back_is_raised_again_while_the_call_lives() {
    let mut world = World::talking();
    world.the_portal_takes_the_card_away();
    world.click_nothing_but_mute_at_the_softphone();
    world.pass(SECOND);
    assert_eq!(
        world.ui_state(),
        Some(UiState::Connected),
        "a fresh card, in the call's state"
    );
    assert!(world.card().muted);
    world.click(CardEvent::Hangup);
    world.only_finish();
}

#[test]
fn a_card_that_never_appears_is_asked_for_and_the_call_is_recorded_all_the_same() {
    let mut world = World::new();
    world.portal.raises_cards = false;
    world.ring("a");
    world.pass(SECOND * 60);
    assert!(
        world
            .told
            .errors
            .iter()
            .all(|error| error.kind() == ErrorKind::CardUndefined)
    );
    assert!(!world.told.errors.is_empty());
    assert!(world.portal.commands.is_empty(), "no card, no command");
    world.far_end_hangs_up();
    world.only_finish();
    world.portal.raises_cards = true;
    world.the_next_call_rings();
}

#[test]
fn a_stale_handle_cannot_touch_the_next_calls_card() {
    let mut world = World::talking();
    world.click(CardEvent::Hangup);
    let (handle, _) = world.told.cards.remove(0);
    world.ring("b");
    let before = world.portal.commands.len();
    let token = world.request(handle.set_mute(true));
    assert_eq!(
        world.answer(token).as_ref().expect_err("stale").kind(),
        ErrorKind::CardClosed
    );
    let token = world.request(handle.close());
    assert_eq!(
        world.answer(token).as_ref().expect_err("stale").kind(),
        ErrorKind::CardClosed
    );
    assert_eq!(world.portal.commands.len(), before);
    assert_eq!(world.ui_state(), Some(UiState::Incoming));
}

#[test]
fn an_application_can_drive_the_card_through_its_handle() {
    let mut world = World::talking();
    let (handle, _) = world.told.cards.remove(0);
    let token = world.request(handle.set_status_text("VIP"));
    world.settle();
    assert!(world.answer(token).is_ok());
    assert_eq!(world.card().status, "VIP");
    world.click(CardEvent::Mute(true));
    assert_eq!(
        world.card().status,
        "Microphone off",
        "until the call changes"
    );
}

#[test]
fn closing_the_card_ends_the_call_nobody_could_end_any_more() {
    let mut world = World::talking();
    world.click(CardEvent::Close);
    assert_eq!(world.phone.calls["a"], PhoneCall::Over);
    world.only_finish();
    assert_eq!(world.portal.undefined, 0, "the card was gone already");
    world.the_next_call_rings();
}

#[test]
fn a_comment_that_is_being_written_when_the_caller_hangs_up_is_kept() {
    let mut world = World::talking();
    world.far_end_hangs_up();
    world.only_finish();
    // `CallCardClose` would lose it; `finish` makes the portal save it before the card goes.
    let closes = |command: &&CardCommand| matches!(command, CardCommand::Close {});
    assert_eq!(world.portal.commands.iter().filter(closes).count(), 0);
    world.the_next_call_rings();
}

#[test]
fn a_card_is_closed_when_finish_can_not_take_it_away() {
    let mut world = World::talking();
    let failure = RestFailure::new(RestFailure::TIMEOUT, "");
    world.portal.failures.insert(FINISH, vec![failure; 9]);
    world.far_end_hangs_up();
    assert!(world.has_card());
    world.pass(SECOND * 4);
    assert!(!world.has_card(), "it would show a call that is over");
    world.the_next_call_rings();
}

#[test]
fn leaving_the_only_page_ends_a_call_that_lives_in_it_and_records_it_once() {
    let mut world = World::talking();
    world.pass(SECOND * 7);
    world.navigate(world.first());
    assert_eq!(world.phone.calls["a"], PhoneCall::Over);
    world.pass(SECOND * 30);
    assert_eq!(world.only_finish().duration, 7);
    world.the_next_call_rings();
}

#[test]
fn events_of_a_call_that_is_over_change_nothing() {
    let mut world = World::talking();
    world.far_end_hangs_up();
    let commands = world.portal.commands.len();
    let call_id = PhoneCallId("a".to_owned());
    world.phone_says(PhoneEvent::Connected {
        call_id: call_id.clone(),
        tones: None,
    });
    world.phone_says(PhoneEvent::Muted {
        call_id: call_id.clone(),
        muted: true,
    });
    world.phone_says(PhoneEvent::Ended {
        call_id,
        cause: EndCause::default(),
    });
    world.settle();
    assert!(world.call().is_none());
    assert_eq!(world.portal.commands.len(), commands);
    world.only_finish();
}

#[test]
fn dialling_while_a_call_is_up_is_refused_and_harms_nothing() {
    let mut world = World::talking();
    let token = world.dial();
    assert_eq!(
        world.answer(token).as_ref().expect_err("busy").kind(),
        ErrorKind::Busy
    );
    assert_eq!(
        world.call().map(|call| call.state),
        Some(CallPhase::Connected)
    );
}

#[test]
fn a_card_that_appears_after_its_call_is_over_is_closed() {
    let mut world = World::new();
    world.phone.calls.insert("a".to_owned(), PhoneCall::Ringing);
    world.phone_says(PhoneEvent::Incoming {
        call_id: PhoneCallId("a".to_owned()),
        number: Some(CUSTOMER.to_owned()),
        display_name: None,
        line: None,
        transferred_by: None,
        external_id: None,
        headers: Headers::default(),
    });
    world.deliver(1); // the register's answer; the card's `initialized` is late
    world.phone.calls.insert("a".to_owned(), PhoneCall::Over);
    world.phone_says(PhoneEvent::Ended {
        call_id: PhoneCallId("a".to_owned()),
        cause: EndCause::remote(Some(487)),
    });
    world.settle();
    assert!(!world.has_card());
    world.the_next_call_rings();
}

impl World {
    /// The softphone mutes itself: the session's next card command meets no card.
    fn click_nothing_but_mute_at_the_softphone(&mut self) {
        self.far_end(|call_id| PhoneEvent::Muted {
            call_id,
            muted: true,
        });
    }
}
