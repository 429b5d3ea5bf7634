//! Click-to-call, callbacks and other signals.

use std::sync::atomic::Ordering;

use crate::support::{
    TestDist, database,
    portal::{Portal, SEARCH},
    standing_clock,
};
use b24_host::clock::Clock;
use futures::future::join_all;
use serde_json::json;

#[tokio::test]
async fn a_click_makes_the_right_users_softphone_dial_once() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let clicks = (0..10).map(|_| host.post("/events", portal.click("c.1")));
    assert!(join_all(clicks).await.iter().all(|it| it.status == 200));
    let signals = portal.with(|it| it.signals.clone());
    assert_eq!(signals.len(), 1);
    let signal = &signals[0];
    assert_eq!(
        (&signal["COMMAND"], &signal["USER_ID"]),
        (&json!("dial"), &json!(7))
    );
    assert_eq!(signal["MODULE_ID"], "application");
    assert_eq!(
        signal["PARAMS"],
        json!({
            "id": "c.1",
            "expires": 1_790_000_060,
            "callId": "c.1",
            "phoneNumber": "+15550199",
            "lineNumber": "+15550100",
            "callListId": "12",
            "userId": 7,
            "callback": false,
            "crmEntityType": "CONTACT",
            "crmEntityId": "5",
        })
    );
    host.post("/events", portal.click("c.2")).await;
    assert_eq!(portal.with(|it| it.signals.len()), 2);
}

#[tokio::test]
async fn a_call_list_of_number_0_is_none() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    for (name, list) in [("c.1", "0"), ("c.2", "")] {
        let click = portal.click(name);
        let without = click.replace("CALL_LIST_ID%5D=12", &format!("CALL_LIST_ID%5D={list}"));
        assert_ne!(click, without);
        assert_eq!(host.post("/events", without).await.status, 200);
    }
    let signals = portal.with(|it| it.signals.clone());
    for signal in &signals {
        assert_eq!(signal["PARAMS"].get("callListId"), None, "{signal}");
    }
    assert_eq!(signals.len(), 2);
}

#[tokio::test]
async fn a_click_on_the_road_tells_the_worker_so() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let click = portal.click("c.1");
    let mobile = click.replace("IS_MOBILE%5D=0", "IS_MOBILE%5D=1");
    assert_ne!(click, mobile);
    host.post("/events", mobile).await;
    host.post("/events", portal.click("c.2")).await;
    let signals = portal.with(|it| it.signals.clone());
    assert_eq!(signals[0]["PARAMS"]["mobile"], json!(true));
    assert_eq!(signals[1]["PARAMS"]["mobile"], json!(null));
}

#[tokio::test]
async fn replicas_that_get_the_same_event_dial_once() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let mut args = database::fresh(&dist.data()).await;
    args.extend(portal.args(&dist.data()));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let one = dist.replica(&args, Clock::System).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(one.post("/install", form).await.status, 200);
    let other = dist.replica(&args, Clock::System).await;
    let events = (0..10).map(|number| {
        let host = if number % 2 == 0 { &one } else { &other };
        host.post("/events", portal.click("c.1"))
    });
    assert!(join_all(events).await.iter().all(|it| it.status == 200));
    one.app.backend.work().await.unwrap();
    other.app.backend.work().await.unwrap();
    assert_eq!(portal.with(|it| it.signals.len()), 1);
}

#[tokio::test]
async fn a_call_that_could_not_be_announced_goes_out_later_but_not_when_it_is_stale() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = dist.installed(&portal, &clock).await;
    let refuse = || {
        portal.answer(
            "pull.application.event.add",
            403,
            json!({ "error": "insufficient_scope" }),
        )
    };
    refuse();
    let answer = host.post("/events", portal.click("c.1")).await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("scope"), "{}", answer.text());
    host.app.backend.work().await.unwrap();
    assert_eq!(portal.with(|it| it.signals.len()), 1);

    refuse();
    host.post("/events", portal.click("c.2")).await;
    time.fetch_add(61, Ordering::SeqCst);
    host.app.backend.work().await.unwrap();
    assert_eq!(portal.with(|it| it.signals.len()), 1);
}

#[tokio::test]
async fn a_callback_is_registered_once_and_goes_to_the_clients_responsible_user() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    portal.always(SEARCH, json!([{ "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 5, "ASSIGNED_BY_ID": "9", "NAME": "Ann" }]));
    let form = |phone: &str| {
        let data = [
            ("PHONE_NUMBER", phone),
            ("TEXT", "call me"),
            ("VOICE", ""),
            ("LINE_NUMBER", "+15550100"),
        ];
        portal.event("ONEXTERNALCALLBACKSTART", "apptoken1", &data)
    };
    assert_eq!(host.post("/events", form("+15550177")).await.status, 200);
    assert_eq!(host.post("/events", form("+15550177")).await.status, 200);
    let (signals, registered) = portal.with(|it| (it.signals.clone(), it.registered.clone()));
    assert_eq!((signals.len(), registered.len()), (1, 1));
    assert_eq!(signals[0]["USER_ID"], 9);
    let params = &signals[0]["PARAMS"];
    assert_eq!(params["callback"], true);
    assert_eq!(params["phoneNumber"], "+15550177");
    let call = portal.simulator.state()["calls"][0]["CALL_ID"].clone();
    assert_eq!(params["callId"], call);
    assert!(!registered[0].contains("15550177"));

    portal.always(SEARCH, json!([]));
    host.post("/events", form("+15550178")).await;
    assert_eq!(portal.with(|it| it.signals[1]["USER_ID"].clone()), 1);
}

#[tokio::test]
async fn a_page_signals_its_own_user_and_nobody_else() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let token = portal.login(7).0;
    let dial = r#"{"command":"dial","fields":{"phoneNumber":"+1 (555) 01-99","USER_ID":9}}"#;
    assert_eq!(
        host.ask("POST", "/signals/a1", &token, dial).await.status,
        204
    );
    assert_eq!(
        host.ask(
            "POST",
            "/signals/a1",
            &token,
            r#"{"command":"diagnostics"}"#
        )
        .await
        .status,
        204
    );
    let signals = portal.with(|it| it.signals.clone());
    assert!(signals.iter().all(|it| it["USER_ID"] == 7));
    assert_ne!(signals[0]["PARAMS"]["id"], signals[1]["PARAMS"]["id"]);
    assert_eq!(signals[1]["PARAMS"]["expires"], 1_790_000_060);

    assert_eq!(
        host.ask("POST", "/signals/zz", &token, dial).await.status,
        403
    );
    assert_eq!(
        host.ask("POST", "/signals/a1", "invented", dial)
            .await
            .status,
        403
    );
    let long = json!({ "command": "x", "fields": { "a": "z".repeat(5000) } }).to_string();
    for body in [
        "",
        "[]",
        "{}",
        r#"{"command":""}"#,
        r#"{"command":"a b"}"#,
        r#"{"command":1}"#,
        r#"{"command":"dial"}"#,
        r#"{"command":"dial","fields":{"phoneNumber":"<script>"}}"#,
        r#"{"command":"dial","fields":{"phoneNumber":""}}"#,
        r#"{"command":"x","fields":[]}"#,
        &long,
    ] {
        assert_eq!(
            host.ask("POST", "/signals/a1", &token, body).await.status,
            400,
            "{body}"
        );
    }
    assert_eq!(portal.with(|it| it.signals.len()), 2);
}
