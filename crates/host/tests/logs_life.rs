//! A whole life in the log, and no secret in it.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use serde_json::json;
use support::{TestDist, captured::Captured, portal::Portal, standing_clock};
use tracing::Level;

// One test alone in its process: others would log into it, or mute it.
#[tokio::test]
async fn no_token_password_or_number_is_logged_in_a_whole_life() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let (token, _) = portal.login(7, false);
    let settings = r#"{"server":"wss://sip.example.com","account":"hunter1hunter1","password":"hunter2hunter2"}"#;
    host.ask("PUT", "/settings/a1/me", &token, settings).await;
    host.ask("GET", "/settings/a1/7/password", &token, "").await;
    let dial = r#"{"command":"dial","fields":{"phoneNumber":"+15550123"}}"#;
    host.ask("POST", "/signals/a1", &token, dial).await;
    host.post("/events", portal.click("c.1")).await;
    host.post(
        "/events",
        portal.event(
            "ONEXTERNALCALLBACKSTART",
            "apptoken1",
            &[("PHONE_NUMBER", "+15550177")],
        ),
    )
    .await;
    host.post(
        "/events",
        portal.event("ONAPPUNINSTALL", "forgedtoken", &[]),
    )
    .await;
    portal.with(|it| it.expired = it.tokens.keys().cloned().collect());
    host.app
        .backend
        .rest
        .call("a1", "placement.get", json!({}))
        .await
        .unwrap();
    portal.with(|it| {
        it.expired = it.tokens.keys().cloned().collect();
        it.refresh.clear();
    });
    host.post("/events", portal.click("c.2")).await;
    host.post(
        "/install",
        portal.install_form(&("unknowntoken".into(), "unknownrefresh".into())),
    )
    .await;
    host.app.backend.work().await.unwrap();

    let log = captured.text();
    let mut secrets = portal.with(|it| it.tokens.keys().cloned().collect::<Vec<_>>());
    secrets.extend(
        [
            "refresha1",
            "apptoken1",
            "forgedtoken",
            "unknowntoken",
            "unknownrefresh",
            "s3cr3t",
            "hunter1",
            "hunter2",
            "15550199",
            "15550123",
            "15550177",
            "15550100",
        ]
        .map(str::to_owned),
    );
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{secret} is in the log: {line:?}");
    }
    for told in [
        "installed",
        "call announced",
        "tokens refreshed",
        "ALARM",
        "event refused",
        "install refused",
    ] {
        assert!(log.contains(told), "{told} is not in the log");
    }
}
