//! Each word of the portal, read from what its documentation prints and from every looser shape it
//! is known to send, and printed exactly.
#![cfg(not(target_arch = "wasm32"))]

use b24_background_worker::ErrorKind;
use b24_background_worker::card::{
    Button, CallDirection, CallId, CallState, CardCommand, CardEvent, EventName, PhoneNumber,
    Reply, ReplyContract, UiState,
};
use b24_background_worker::rest::{
    CallType, Finish, Profile, Register, RestAnswer, RestRequest, StatusCode, Visibility,
};
use b24_background_worker::softphone::{EndCause, EndedBy, PhoneEvent};
use serde_json::{Value, json};

fn event(name: EventName, payload: Value) -> CardEvent {
    CardEvent::parse(name, payload).expect("a readable payload")
}

fn malformed(name: EventName, payload: Value) {
    let text = payload.to_string();
    match CardEvent::parse(name, payload) {
        Err(error) => assert_eq!(error.kind(), ErrorKind::Malformed, "{text}"),
        Ok(event) => panic!("{text} was read as {event:?}"),
    }
}

/// What the documentation's page about `initialized` prints.
fn documented_initialized() -> Value {
    json!({
        "CALL_ID": "E45D40253D1C2D2F.1774588815.822533",
        "PHONE_NUMBER": "+19001234567",
        "LINE_NUMBER": "reg151083",
        "LINE_NAME": "",
        "CRM_ENTITY_TYPE": "CONTACT",
        "CRM_ENTITY_ID": 123,
        "CRM_ACTIVITY_ID": 456,
        "CRM_BINDINGS": [{ "ENTITY_TYPE": "DEAL", "ENTITY_ID": 789 }],
        "CALL_DIRECTION": "outgoing",
        "CALL_STATE": "idle",
        "CALL_LIST_MODE": false
    })
}

fn initialized(payload: Value) -> b24_background_worker::card::CallInfo {
    match event(EventName::Initialized, payload) {
        CardEvent::Initialized(info) => info,
        other => panic!("{other:?}"),
    }
}

#[test]
fn initialized_is_read_as_the_documentation_prints_it() {
    let info = initialized(documented_initialized());
    assert_eq!(info.call_id.as_str(), "E45D40253D1C2D2F.1774588815.822533");
    assert_eq!(info.phone_number.known(), Some("+19001234567"));
    assert_eq!(info.line_number.as_deref(), Some("reg151083"));
    assert_eq!(info.line_name, None);
    let entity = info.crm_entity.expect("an entity");
    assert_eq!(
        (entity.entity_type.as_str(), entity.entity_id),
        ("CONTACT", 123)
    );
    assert_eq!(info.crm_activity_id, Some(456));
    assert_eq!(info.crm_bindings[0].entity_id, 789);
    assert_eq!(info.direction, CallDirection::Outgoing);
    assert_eq!(info.call_state, CallState::Idle);
    assert!(!info.call_list_mode);
}

#[test]
fn initialized_is_read_with_everything_but_the_call_id_absent() {
    let info = initialized(json!({ "CALL_ID": "x" }));
    assert_eq!(info.phone_number, PhoneNumber::Unknown);
    assert_eq!((info.line_number, info.line_name), (None, None));
    assert_eq!((info.crm_entity, info.crm_activity_id), (None, None));
    assert!(info.crm_bindings.is_empty());
    assert_eq!(info.direction, CallDirection::Other(String::new()));
}

#[test]
fn initialized_is_read_with_each_shape_of_nothing() {
    for nothing in [
        json!(null),
        json!(""),
        json!(0),
        json!("0"),
        json!([]),
        json!({}),
        json!(false),
    ] {
        let mut payload = documented_initialized();
        for key in [
            "CRM_ENTITY_ID",
            "CRM_ACTIVITY_ID",
            "CRM_BINDINGS",
            "CALL_LIST_MODE",
        ] {
            payload[key] = nothing.clone();
        }
        let info = initialized(payload);
        assert_eq!(info.crm_entity, None, "{nothing}");
        assert_eq!(info.crm_activity_id, None, "{nothing}");
        assert!(info.crm_bindings.is_empty(), "{nothing}");
        assert!(!info.call_list_mode, "{nothing}");
    }
}

#[test]
fn initialized_keeps_words_and_keys_of_tomorrow_out_of_the_way() {
    let mut payload = documented_initialized();
    payload["CALL_DIRECTION"] = json!("sideways");
    payload["CALL_STATE"] = json!("parked");
    payload["SOMETHING_NEW"] = json!({ "deep": [1, 2, 3] });
    let info = initialized(payload);
    assert_eq!(info.direction.as_str(), "sideways");
    assert_eq!(info.call_state.as_str(), "parked");
}

#[test]
fn numbers_come_as_strings_and_strings_as_numbers() {
    let mut payload = documented_initialized();
    payload["CRM_ENTITY_ID"] = json!("42");
    payload["LINE_NUMBER"] = json!(15550100);
    payload["CALL_LIST_MODE"] = json!("Y");
    let info = initialized(payload);
    assert_eq!(info.crm_entity.map(|entity| entity.entity_id), Some(42));
    assert_eq!(info.line_number.as_deref(), Some("15550100"));
    assert!(info.call_list_mode);
}

#[test]
fn a_number_may_be_hidden_or_unknown() {
    for (word, number) in [
        (json!("hidden"), PhoneNumber::Hidden),
        (json!("unknown"), PhoneNumber::Unknown),
        (json!(""), PhoneNumber::Unknown),
        (json!("101"), PhoneNumber::Known("101".to_owned())),
    ] {
        let payload = json!({ "CALL_ID": "x", "PHONE_NUMBER": word });
        assert_eq!(initialized(payload).phone_number, number);
    }
}

#[test]
fn bindings_with_holes_and_strangers_are_read_as_far_as_they_go() {
    let mut payload = documented_initialized();
    payload["CRM_BINDINGS"] = json!({ "0": { "ENTITY_TYPE": "DEAL", "ENTITY_ID": 1 }, "2": "?", "3": { "ENTITY_ID": 9 } });
    let bindings = initialized(payload).crm_bindings;
    assert_eq!(bindings.len(), 1);
    assert_eq!(bindings[0].entity_type, "DEAL");
}

#[test]
fn an_initialized_without_a_call_is_malformed_and_names_the_key() {
    for payload in [
        json!([]),
        json!(""),
        json!(null),
        json!({}),
        json!({ "CALL_ID": "" }),
        json!({ "CALL_ID": null }),
    ] {
        malformed(EventName::Initialized, payload);
    }
    let error =
        CardEvent::parse(EventName::Initialized, json!({ "CALL_ID": "" })).expect_err("refused");
    assert!(error.detail().contains("CALL_ID"), "{error}");
}

#[test]
fn entity_changed_is_read_with_and_without_an_entity() {
    let CardEvent::EntityChanged(change) = event(
        EventName::EntityChanged,
        json!({ "CRM_ENTITY_TYPE": "LEAD", "CRM_ENTITY_ID": 5, "PHONE_NUMBER": "hidden" }),
    ) else {
        panic!("another event");
    };
    assert_eq!(change.crm_entity.map(|entity| entity.entity_id), Some(5));
    assert_eq!(change.phone_number, PhoneNumber::Hidden);
    let nothing = json!({ "CRM_ENTITY_TYPE": "", "CRM_ENTITY_ID": 0, "PHONE_NUMBER": "+1" });
    let CardEvent::EntityChanged(change) = event(EventName::EntityChanged, nothing) else {
        panic!("another event");
    };
    assert_eq!(change.crm_entity, None);
}

#[test]
fn events_without_data_are_read_from_each_shape_of_no_data() {
    for name in [
        EventName::HangupButtonClick,
        EventName::AnswerButtonClick,
        EventName::SkipButtonClick,
        EventName::CloseButtonClick,
        EventName::MakeCallButtonClick,
        EventName::NextButtonClick,
        EventName::CancelTransferButtonClick,
        EventName::CompleteTransferButtonClick,
        EventName::NotifyAdminButtonClick,
    ] {
        // BX24.js, the SDK, nothing at all, and something nobody documented.
        for payload in [json!([]), json!(""), json!(null), json!({ "x": 1 })] {
            assert_eq!(event(name, payload).name(), name);
        }
    }
}

#[test]
fn mute_and_hold_carry_the_new_state_in_any_of_its_shapes() {
    for (payload, on) in [
        (json!(true), true),
        (json!(false), false),
        (json!(1), true),
        (json!("0"), false),
        (json!("true"), true),
        (json!("false"), false),
    ] {
        assert_eq!(
            event(EventName::MuteButtonClick, payload.clone()),
            CardEvent::Mute(on)
        );
        assert_eq!(
            event(EventName::HoldButtonClick, payload),
            CardEvent::Hold(on)
        );
    }
    malformed(EventName::MuteButtonClick, json!([]));
    malformed(EventName::HoldButtonClick, json!(null));
}

#[test]
fn a_comment_may_be_empty() {
    for (payload, text) in [
        (json!("called back"), "called back"),
        (json!(""), ""),
        (json!([]), ""),
    ] {
        assert_eq!(
            event(EventName::AddCommentButtonClick, payload),
            CardEvent::AddComment(text.to_owned())
        );
    }
}

#[test]
fn keys_and_stars_are_read_or_refused() {
    for key in ["0", "5", "9", "*", "#"] {
        let CardEvent::Dialpad(tone) = event(EventName::DialpadButtonClick, json!(key)) else {
            panic!("another event");
        };
        assert_eq!(tone.as_char().to_string(), key);
    }
    assert!(
        matches!(event(EventName::DialpadButtonClick, json!(7)), CardEvent::Dialpad(tone) if tone.as_char() == '7')
    );
    for payload in [json!("+"), json!("12"), json!(""), json!([]), json!("A")] {
        malformed(EventName::DialpadButtonClick, payload);
    }
    assert_eq!(
        event(EventName::QualityMeterClick, json!("4")),
        CardEvent::QualityMeter(4)
    );
    assert_eq!(
        event(EventName::QualityMeterClick, json!(5)),
        CardEvent::QualityMeter(5)
    );
    for payload in [json!("0"), json!("6"), json!("four"), json!([]), json!(4.5)] {
        malformed(EventName::QualityMeterClick, payload);
    }
}

#[test]
fn a_transfer_target_is_read_in_both_shapes_and_as_a_number() {
    let target = |payload| match event(EventName::TransferButtonClick, payload) {
        CardEvent::Transfer(target) => target,
        other => panic!("{other:?}"),
    };
    let first = target(json!({ "phoneNumber": "+1", "target": "101" }));
    assert_eq!(
        (first.phone_number.as_deref(), first.target.as_str()),
        (Some("+1"), "101")
    );
    assert_eq!(
        target(json!({ "phoneNumber": "+1", "target": 7 })).target,
        "7"
    );
    let second = target(json!({ "type": "queue", "target": 3 }));
    assert_eq!(
        (second.kind.as_deref(), second.target.as_str()),
        (Some("queue"), "3")
    );
    malformed(
        EventName::TransferButtonClick,
        json!({ "phoneNumber": "+1" }),
    );
    malformed(EventName::TransferButtonClick, json!([]));
}

#[test]
fn seventeen_events_have_the_portals_names() {
    let names: Vec<_> = EventName::ALL.iter().map(|name| name.short()).collect();
    assert_eq!(
        names,
        [
            "initialized",
            "addCommentButtonClick",
            "muteButtonClick",
            "holdButtonClick",
            "closeButtonClick",
            "transferButtonClick",
            "cancelTransferButtonClick",
            "completeTransferButtonClick",
            "hangupButtonClick",
            "nextButtonClick",
            "skipButtonClick",
            "answerButtonClick",
            "entityChanged",
            "qualityMeterClick",
            "dialpadButtonClick",
            "makeCallButtonClick",
            "notifyAdminButtonClick",
        ]
    );
    assert!(
        EventName::ALL
            .iter()
            .all(|name| name.wire().starts_with("BackgroundCallCard::"))
    );
}

#[test]
fn nine_commands_are_printed_exactly() {
    let text = || "x".to_owned();
    let connected = |disable_auto_start_timer| CardCommand::SetUiState {
        ui_state: UiState::Connected,
        disable_auto_start_timer,
    };
    for (command, name, params) in [
        (
            CardCommand::SetMute { muted: true },
            "CallCardSetMute",
            json!({ "muted": true }),
        ),
        (
            CardCommand::SetHold { held: false },
            "CallCardSetHold",
            json!({ "held": false }),
        ),
        (
            connected(false),
            "CallCardSetUiState",
            json!({ "uiState": "connected" }),
        ),
        (
            connected(true),
            "CallCardSetUiState",
            json!({ "uiState": "connected", "disableAutoStartTimer": true }),
        ),
        (
            CardCommand::GetListUiStates {},
            "CallCardGetListUiStates",
            json!({}),
        ),
        (
            CardCommand::SetCardTitle { title: text() },
            "CallCardSetCardTitle",
            json!({ "title": "x" }),
        ),
        (
            CardCommand::SetStatusText {
                status_text: text(),
            },
            "CallCardSetStatusText",
            json!({ "statusText": "x" }),
        ),
        (CardCommand::Close {}, "CallCardClose", json!({})),
        (CardCommand::StartTimer {}, "CallCardStartTimer", json!({})),
        (CardCommand::StopTimer {}, "CallCardStopTimer", json!({})),
    ] {
        assert_eq!(command.name(), name);
        assert_eq!(
            serde_json::to_value(&command).expect("plain data"),
            params,
            "{name}"
        );
        assert!(CardCommand::NAMES.contains(&name));
    }
}

#[test]
fn the_silent_commands_are_known() {
    let silent = |command: CardCommand| command.contract() == ReplyContract::SilentOnSuccess;
    assert!(silent(CardCommand::StartTimer {}));
    assert!(silent(CardCommand::StopTimer {}));
    let state = |ui_state| CardCommand::SetUiState {
        ui_state,
        disable_auto_start_timer: false,
    };
    assert!(silent(state(UiState::Connected)));
    assert!(!silent(state(UiState::Incoming)));
    assert!(!silent(CardCommand::Close {}));
}

#[test]
fn replies_are_read_in_every_documented_shape() {
    let refused = |code: &str| json!([{ "result": "error", "errorCode": code }]);
    let kind = |answer| Reply::parse(answer).expect_err("a refusal").kind();
    for done in [
        json!([]),
        json!(null),
        json!(""),
        json!({}),
        json!({ "result": "ok" }),
        json!(true),
    ] {
        assert_eq!(
            Reply::parse(done.clone()).expect("success"),
            Reply::Done,
            "{done}"
        );
    }
    assert_eq!(
        kind(refused("Call card is undefined")),
        ErrorKind::CardUndefined
    );
    assert_eq!(kind(refused("Invalid ui state")), ErrorKind::InvalidUiState);
    assert_eq!(kind(refused("missing field title")), ErrorKind::Refused);
    // The desktop application leaves the array away.
    assert_eq!(
        kind(json!({ "result": "error", "errorCode": "missing field muted" })),
        ErrorKind::Refused
    );
    assert_eq!(kind(json!([{ "result": "error" }])), ErrorKind::Refused);
    assert_eq!(kind(json!(42)), ErrorKind::Malformed);
    let error = Reply::parse(refused("something new")).expect_err("a refusal");
    assert!(
        error.detail().contains("something new"),
        "the portal's own words are kept"
    );
}

#[test]
fn the_list_of_states_is_read_and_names_the_twelve() {
    let names: Vec<_> = UiState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(
        names,
        [
            "incoming",
            "transferIncoming",
            "outgoing",
            "connectingIncoming",
            "connectingOutgoing",
            "connected",
            "transferring",
            "transferFailed",
            "transferConnected",
            "error",
            "moneyError",
            "redial",
        ]
    );
    let Ok(Reply::UiStates(states)) = Reply::parse(json!(names)) else {
        panic!("no list");
    };
    assert_eq!(states, names);
    for state in UiState::ALL {
        assert_eq!(UiState::from_name(state.as_str()), Some(state));
    }
    assert_eq!(UiState::from_name("idle"), None);
}

#[test]
fn each_state_draws_the_documented_buttons() {
    use Button::*;
    for (state, buttons) in [
        (UiState::Incoming, &[Answer, Skip][..]),
        (UiState::TransferIncoming, &[Answer, Skip]),
        (UiState::Outgoing, &[MakeCall]),
        (UiState::ConnectingIncoming, &[Hangup]),
        (UiState::ConnectingOutgoing, &[Hangup]),
        (
            UiState::Connected,
            &[Hold, Mute, QualityMeter, Fold, Transfer, Dialpad, Hangup],
        ),
        (UiState::Transferring, &[CompleteTransfer, CancelTransfer]),
        (UiState::TransferFailed, &[CancelTransfer]),
        (UiState::TransferConnected, &[Hangup]),
        (UiState::Error, &[Close]),
        (UiState::MoneyError, &[NotifyAdmin, Close]),
        (UiState::Redial, &[MakeCall]),
    ] {
        assert_eq!(state.buttons(), buttons, "{state:?}");
    }
    assert_eq!(Fold.event(), None, "folding raises no event");
}

#[test]
fn register_is_printed_with_flags_as_numbers() {
    let register = RestRequest::Register(Register {
        user_id: 7,
        phone_number: "+15550199".to_owned(),
        began: None,
        call_type: CallType::Incoming,
        line_number: Some("+15550100".to_owned()),
        call_list_id: Some("7".to_owned()),
        crm_entity_type: Some("CONTACT".to_owned()),
        crm_entity_id: Some(42),
        crm_create: true,
        crm_source: Some("WEB".to_owned()),
        add_to_chat: false,
        show: false,
        external_call_id: "b24w-1".to_owned(),
    });
    assert_eq!(register.method(), "telephony.externalCall.register");
    assert_eq!(
        serde_json::to_value(&register).expect("plain data"),
        json!({
            "USER_ID": 7, "PHONE_NUMBER": "+15550199", "TYPE": 2, "LINE_NUMBER": "+15550100", "CALL_LIST_ID": "7",
            "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 42,
            "CRM_CREATE": 1, "CRM_SOURCE": "WEB", "ADD_TO_CHAT": 0, "SHOW": 0, "EXTERNAL_CALL_ID": "b24w-1"
        })
    );
}

#[test]
fn finish_show_and_hide_are_printed_exactly() {
    let call_id = CallId::new("externalCall.1").expect("not empty");
    let finish = RestRequest::Finish(Finish {
        call_id: call_id.clone(),
        user_id: 7,
        duration: 0,
        status_code: StatusCode::Cancelled,
        failed_reason: None,
        vote: Some(5),
        cost: Some("0.05".to_owned()),
        cost_currency: Some("EUR".to_owned()),
        record_url: Some("https://pbx.example/a.mp3".to_owned()),
        add_to_chat: false,
    });
    assert_eq!(
        serde_json::to_value(&finish).expect("plain data"),
        json!({
            "CALL_ID": "externalCall.1", "USER_ID": 7, "DURATION": 0, "STATUS_CODE": "603-S", "VOTE": 5, "ADD_TO_CHAT": 0,
            "COST": "0.05", "COST_CURRENCY": "EUR", "RECORD_URL": "https://pbx.example/a.mp3"
        })
    );
    let visibility = Visibility {
        call_id,
        user_id: vec![7, 8],
    };
    let show = RestRequest::Show(visibility.clone());
    assert_eq!(show.method(), "telephony.externalCall.show");
    assert_eq!(
        RestRequest::Hide(visibility).method(),
        "telephony.externalCall.hide"
    );
    assert_eq!(
        serde_json::to_value(&show).expect("plain data"),
        json!({ "CALL_ID": "externalCall.1", "USER_ID": [7, 8] })
    );
}

#[test]
fn rest_answers_are_read_with_numbers_as_strings_and_keys_absent() {
    let call_id = CallId::new("c").expect("not empty");
    let visibility = Visibility {
        call_id,
        user_id: vec![],
    };
    let show = RestRequest::Show(visibility);
    assert_eq!(
        show.parse_answer(json!(true)).expect("readable"),
        RestAnswer::Shown(true)
    );
    assert_eq!(
        show.parse_answer(json!(false)).expect("readable"),
        RestAnswer::Shown(false)
    );

    let register = RestRequest::Register(Register {
        user_id: 1,
        phone_number: "1".to_owned(),
        began: None,
        call_type: CallType::Outgoing,
        line_number: None,
        call_list_id: None,
        crm_entity_type: None,
        crm_entity_id: None,
        crm_create: false,
        crm_source: None,
        add_to_chat: true,
        show: true,
        external_call_id: "e".to_owned(),
    });
    let documented = json!({
        "CALL_ID": "externalCall.1", "CRM_CREATED_LEAD": "0", "CRM_CREATED_ENTITIES": [],
        "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": "42"
    });
    let RestAnswer::Registered(registered) = register.parse_answer(documented).expect("readable")
    else {
        panic!("another answer");
    };
    assert_eq!(registered.call_id.as_str(), "externalCall.1");
    assert_eq!(registered.crm_created_lead, None);
    assert!(register.parse_answer(json!({ "CALL_ID": "" })).is_err());
    assert!(register.parse_answer(json!([])).is_err());

    let profile = |id: Value| serde_json::from_value::<Profile>(json!({ "ID": id, "ADMIN": true }));
    assert_eq!(profile(json!("12")).expect("readable").user_id, 12);
    assert_eq!(profile(json!(12)).expect("readable").user_id, 12);
    assert!(profile(json!("")).is_err());
}

#[test]
fn softphone_events_are_read_and_strange_ones_refused() {
    let read = |event: Value| PhoneEvent::parse(event);
    let held = read(json!({ "type": "held", "callId": "a", "held": true, "by": "remote" }));
    assert!(matches!(
        held,
        Ok(PhoneEvent::Held {
            held: true,
            by_remote: true,
            ..
        })
    ));
    let ended = read(
        json!({ "type": "ended", "callId": "a", "cause": { "by": "remote", "status": "486", "new": 1 } }),
    );
    let Ok(PhoneEvent::Ended { cause, .. }) = ended else {
        panic!("{ended:?}");
    };
    assert_eq!((cause.by, cause.status), (EndedBy::Remote, Some(486)));
    let ended = read(json!({ "type": "ended", "callId": 5 }));
    assert!(matches!(ended, Ok(PhoneEvent::Ended { cause, .. }) if cause == EndCause::default()));
    let record = read(
        json!({ "type": "record", "callId": "a", "cost": 2, "costCurrency": "EUR", "recordUrl": "https://pbx.example/a" }),
    );
    let Ok(PhoneEvent::Record { details, .. }) = record else {
        panic!("{record:?}");
    };
    assert_eq!(details.cost.as_deref(), Some("2"));
    assert!(!format!("{details:?}").contains("pbx.example"));
    let nobody = read(json!({ "type": "incoming", "callId": "a", "number": "" }));
    assert!(matches!(
        nobody,
        Ok(PhoneEvent::Incoming { number: None, .. })
    ));
    for strange in [
        json!({}),
        json!(null),
        json!({ "type": "exploded" }),
        json!({ "type": "connected" }),
        json!("ended"),
        json!({ "type": "record", "callId": "a", "cost": 0.05 }),
        json!({ "type": "record", "callId": "a", "cost": "five cents" }),
        json!({ "type": "record", "callId": "a", "cost": "1.2.3" }),
        json!({ "type": "record", "callId": "a", "recordUrl": "file:///etc/passwd" }),
    ] {
        assert_eq!(
            read(strange).expect_err("strange").kind(),
            ErrorKind::Malformed
        );
    }
}

#[test]
fn a_sip_status_that_ends_no_call_is_none() {
    for status in [
        json!(180),
        json!(200),
        json!(700),
        json!("x"),
        json!(-1),
        json!(null),
    ] {
        let event = json!({ "type": "ended", "callId": "a", "cause": { "by": "remote", "status": status } });
        assert!(
            matches!(PhoneEvent::parse(event), Ok(PhoneEvent::Ended { cause, .. }) if cause.status.is_none())
        );
    }
}

#[test]
fn events_are_printed_for_an_application() {
    let printed = |event: &CardEvent| serde_json::to_value(event).expect("plain data");
    assert_eq!(
        printed(&CardEvent::Mute(true)),
        json!({ "event": "muteButtonClick", "data": true })
    );
    assert_eq!(
        printed(&CardEvent::Hangup),
        json!({ "event": "hangupButtonClick" })
    );
    for name in EventName::ALL {
        if let Ok(event) = CardEvent::parse(name, json!("5")) {
            assert_eq!(printed(&event)["event"], json!(name.short()));
        }
    }
    let info = printed(&event(EventName::Initialized, documented_initialized()));
    assert_eq!(
        info["data"]["callId"],
        json!("E45D40253D1C2D2F.1774588815.822533")
    );
    assert_eq!(
        info["data"]["crmEntity"],
        json!({ "entityType": "CONTACT", "entityId": 123 })
    );
}

#[test]
fn an_error_tells_its_code_and_its_sentence() {
    let error = Reply::parse(json!([{ "result": "error", "errorCode": "Call card is undefined" }]))
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "CARD_UNDEFINED: the portal answered: Call card is undefined"
    );
}
