//! What the portal promises about registering and finishing.

use super::{Calls, Origin};
use crate::{
    clock::{iso, machine_ms},
    directory::Directory,
    rest::Params,
};
use serde_json::{Value, json};

fn register(calls: &mut Calls, params: Value, now_ms: u64) -> String {
    let index = calls
        .register(
            &Directory::new(),
            &Params::new(params),
            Origin::Rest,
            now_ms,
        )
        .expect("registers");
    calls.at(index).call_id.clone()
}

fn ring(external_id: &str) -> Value {
    json!({"USER_ID": "1", "PHONE_NUMBER": "+12025550123", "TYPE": 2, "EXTERNAL_CALL_ID": external_id})
}

#[test]
fn case_109_the_same_call_keeps_its_id_for_half_an_hour() {
    let mut calls = Calls::default();
    let first = register(&mut calls, ring("a"), 0);
    assert_eq!(register(&mut calls, ring("a"), 29 * 60_000), first);
    assert_ne!(register(&mut calls, ring("b"), 29 * 60_000), first);
    assert_ne!(register(&mut calls, ring("a"), 30 * 60_000), first);
}

#[test]
fn each_employee_has_a_registration_of_their_own_under_the_same_external_id() {
    let mut calls = Calls::default();
    let first = register(&mut calls, ring("a"), 0);
    let mut another = ring("a");
    another["USER_ID"] = json!("2");
    assert_ne!(register(&mut calls, another, 0), first);
    assert_eq!(register(&mut calls, ring("a"), 0), first);
    assert_eq!(calls.list()[0]["registrations"], 2);
    assert_eq!(calls.list()[0]["EXTERNAL_CALL_ID"], "a");
}

#[test]
fn half_an_hour_is_counted_from_when_the_call_is_said_to_have_begun() {
    let mut calls = Calls::default();
    let begun = |minutes: u64| {
        let mut call = ring("a");
        call["CALL_START_DATE"] = json!(iso(machine_ms() - minutes * 60_000));
        call
    };
    let now = 10 * 3_600_000;
    let first = register(&mut calls, begun(29), now);
    assert_eq!(register(&mut calls, begun(29), now), first);
    let old = register(&mut calls, begun(31), now + 120_000);
    assert_ne!(old, first);
    assert_ne!(
        register(&mut calls, begun(31), now + 120_000),
        old,
        "older than that it is always another"
    );
}

#[test]
fn a_second_click_on_a_number_is_the_same_call_while_it_lives() {
    let mut calls = Calls::default();
    let click = || Params::new(json!({"USER_ID": 1, "PHONE_NUMBER": "+12025550123", "TYPE": 1}));
    let directory = Directory::new();
    let mut register = || {
        calls
            .register(&directory, &click(), Origin::Portal, 0)
            .expect("registers")
    };
    assert_eq!(register(), register());
}

#[test]
fn a_call_is_finished_once() {
    let mut calls = Calls::default();
    let id = register(&mut calls, ring("a"), 0);
    let finish = Params::new(json!({"CALL_ID": id, "USER_ID": 1, "DURATION": "12"}));
    let record = calls.finish(&Directory::new(), &finish).expect("finishes");
    assert_eq!(record["CALL_DURATION"], 12);
    assert_eq!(record["CALL_FAILED_CODE"], "200");
    let again = calls
        .finish(&Directory::new(), &finish)
        .expect_err("is over");
    assert_eq!((again.status, again.error.as_str()), (400, "ERROR_CORE"));
    assert_eq!(calls.list()[0]["finishes"], 1);
    assert_eq!(calls.list()[0]["finishRequests"], 2);
}

#[test]
fn bad_requests_are_refused_as_documented() {
    let mut calls = Calls::default();
    let directory = Directory::new();
    for bad in [
        json!({"PHONE_NUMBER": "+12025550123", "TYPE": 2}),
        json!({"USER_ID": 99, "PHONE_NUMBER": "+12025550123", "TYPE": 2}),
        json!({"USER_ID": 1, "PHONE_NUMBER": "+12025550123", "TYPE": 9}),
        json!({"USER_ID": 1, "PHONE_NUMBER": "nobody", "TYPE": 2}),
        json!({"USER_ID": 1, "PHONE_NUMBER": "1", "TYPE": 2, "CALL_START_DATE": "today"}),
    ] {
        let error = calls
            .register(&directory, &Params::new(bad.clone()), Origin::Rest, 0)
            .expect_err("is bad");
        assert_eq!(error.error, "ERROR_CORE", "{bad}");
    }
    let error = calls
        .finish(&directory, &Params::new(json!({"CALL_ID": 5})))
        .expect_err("is bad");
    assert_eq!(error.error, "INVALID_ARGUMENT");
}

#[test]
fn an_inner_number_names_its_employee() {
    let mut calls = Calls::default();
    let params = json!({"USER_PHONE_INNER": "102", "PHONE_NUMBER": "103", "TYPE": "1"});
    register(&mut calls, params, 0);
    let show = calls.at(0).show_params(&Directory::new(), &[2]);
    assert_eq!(
        show["showCrmCard"], false,
        "a colleague's number has no CRM card"
    );
    assert_eq!(show["fromUserId"], json!([2]));
}

#[test]
fn an_unknown_caller_becomes_a_lead_when_asked() {
    let mut calls = Calls::default();
    let params = json!({"USER_ID": 1, "PHONE_NUMBER": "+491110", "TYPE": 2, "CRM_CREATE": 1});
    register(&mut calls, params, 0);
    let answer = calls.at(0).registered();
    assert_eq!(answer["CRM_ENTITY_TYPE"], "LEAD");
    assert_eq!(answer["CRM_CREATED_ENTITIES"][0]["ENTITY_TYPE"], "LEAD");
}

#[test]
fn a_transcription_comes_after_the_end_and_has_turns() {
    let mut calls = Calls::default();
    let id = register(&mut calls, ring("a"), 0);
    let said = json!({"CALL_ID": id, "MESSAGES": [{"SIDE": "Client", "START_TIME": 0, "STOP_TIME": 3, "MESSAGE": "Hello"}]});
    assert!(calls.transcribe(&Params::new(said.clone())).is_err());
    let end = json!({"CALL_ID": id, "USER_ID": "1", "DURATION": 5});
    calls
        .finish(&Directory::new(), &Params::new(end))
        .expect("finishes");
    for wrong in [
        json!([]),
        json!([{"SIDE": "Robot", "MESSAGE": "Hello"}]),
        json!("Hello"),
    ] {
        let wrong = json!({"CALL_ID": id, "MESSAGES": wrong});
        assert!(calls.transcribe(&Params::new(wrong)).is_err());
    }
    assert!(calls.transcribe(&Params::new(said)).is_ok());
    assert_eq!(calls.list()[0]["transcript"], 1);
}
