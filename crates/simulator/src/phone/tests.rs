//! The network's promises to a softphone.

use super::{Phone, Softphone};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A softphone on line 1, registered.
fn softphone(phone: &mut Phone, id: u64) -> UnboundedReceiver<String> {
    let (to, mut from) = unbounded_channel();
    let (line, takes_up) = (None, false);
    phone
        .softphones
        .insert(id, Softphone { to, line, takes_up });
    phone.heard(
        id,
        &json!({"type": "register", "line": "+15550100", "takesUp": true}),
    );
    assert_eq!(next(&mut from), json!({"type": "registered"}));
    from
}

fn next(from: &mut UnboundedReceiver<String>) -> Value {
    let text = from.try_recv().expect("a message");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_customer_calls_and_the_operator_answers() {
    let mut phone = Phone::default();
    assert!(
        phone.call("+1", None, None).is_err(),
        "nobody is registered"
    );
    let mut one = softphone(&mut phone, 1);
    let mut two = softphone(&mut phone, 2);
    let call = phone
        .call("+12025550123", Some("Anna"), None)
        .expect("rings");
    let invite = json!({"type": "invite", "call": call["call"], "from": "+12025550123", "displayName": "Anna", "line": "+15550100"});
    assert_eq!(next(&mut one), invite);
    assert_eq!(next(&mut two), invite);
    phone.heard(1, &json!({"type": "answer", "call": call["call"]}));
    assert_eq!(next(&mut two)["type"], "bye", "the other tab stops ringing");
    phone.heard(
        1,
        &json!({"type": "dtmf", "call": call["call"], "tone": "5"}),
    );
    phone.heard(2, &json!({"type": "bye", "call": call["call"]}));
    assert_eq!(phone.state()["calls"][0]["tones"], "5");
    assert_eq!(
        phone.state()["calls"][0]["state"],
        "connected",
        "only who has it ends it"
    );
    phone.hang_up(None).expect("has a call");
    assert_eq!(next(&mut one)["type"], "bye");
    assert_eq!(phone.state()["calls"][0]["endedBy"], "customer");
}

#[test]
fn an_operator_calls_and_the_customer_declines() {
    let mut phone = Phone::default();
    let mut one = softphone(&mut phone, 1);
    phone.heard(1, &json!({"type": "invite", "call": "a", "to": "+1"}));
    assert_eq!(next(&mut one), json!({"type": "ringing", "call": "a"}));
    phone.decline(None, 486).expect("rings");
    assert_eq!(
        next(&mut one),
        json!({"type": "decline", "call": "a", "status": 486})
    );
    assert!(phone.answer(None).is_err(), "it is over");
}

#[test]
fn a_softphone_that_is_gone_takes_its_call_along() {
    let mut phone = Phone::default();
    let _one = softphone(&mut phone, 1);
    phone.heard(1, &json!({"type": "invite", "call": "a", "to": "+1"}));
    phone.lost(1);
    assert_eq!(phone.state()["calls"][0]["endedBy"], "network");
    assert_eq!(phone.state()["registered"], 0);
}

#[test]
fn a_call_waits_for_another_softphone_to_take_it_up() {
    let mut phone = Phone::default();
    let _one = softphone(&mut phone, 1);
    phone.heard(1, &json!({"type": "invite", "call": "a", "to": "+1"}));
    phone.answer(None).expect("rings");
    assert_eq!(phone.lost(1), ["a"]);
    let mut two = softphone(&mut phone, 2);
    phone.heard(2, &json!({"type": "takeUp", "call": "a"}));
    assert_eq!(next(&mut two), json!({"type": "takenUp", "call": "a"}));
    phone.give_up("a");
    assert_eq!(phone.state()["calls"][0]["state"], "connected");

    assert_eq!(phone.lost(2), ["a"]);
    phone.give_up("a");
    assert_eq!(phone.state()["calls"][0]["endedBy"], "network");
    let mut three = softphone(&mut phone, 3);
    phone.heard(3, &json!({"type": "takeUp", "call": "a"}));
    assert_eq!(next(&mut three), json!({"type": "bye", "call": "a"}));
}

#[test]
fn nonsense_does_no_harm() {
    let mut phone = Phone::default();
    let _one = softphone(&mut phone, 1);
    for message in [
        json!(null),
        json!([]),
        json!({"type": 5}),
        json!({"type": "answer"}),
        json!({"type": "invite"}),
    ] {
        phone.heard(1, &message);
    }
    assert!(phone.state()["calls"].as_array().is_some_and(Vec::is_empty));
}
