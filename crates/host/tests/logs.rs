//! What is logged, and what never is.

use serde_json::json;

use crate::support::{
    TestDist, captured::Captured, encode, payload, portal::Portal, standing_clock,
};

#[tokio::test]
async fn the_log_tells_what_happened_without_a_token_or_number() {
    let captured = Captured::start();

    let dist = TestDist::new();
    let options = r#"{"password":"hunter2hunter2"}"#;
    let host = dist
        .host(&["--line", "+15550100", "--adapter-options", options])
        .await;
    let (_, fields) = payload("page-background-worker.2026");
    let form = encode(&fields);
    assert_eq!(host.post("/handler", form.clone()).await.status, 200);
    assert_eq!(
        host.get(&format!("/handler?{form}&phone=%2B15550199"))
            .await
            .status,
        200
    );
    assert_eq!(
        host.post("/handler?PHONE=15550199", format!("{form}&APP_SID=."))
            .await
            .status,
        400
    );
    assert_eq!(host.get("/15550199").await.status, 404);
    assert_eq!(host.get("/assets/15550199.js?t=15550199").await.status, 404);
    assert_eq!(host.method("X15550199", "/handler").await.status, 405);

    let log = captured.text();
    for (name, value) in fields.iter().filter(|(_, value)| value.len() > 4) {
        // The placement's own name is no secret.
        if name != "PLACEMENT" && name != "APPLICATION_SCOPE" {
            assert!(
                !log.contains(value.as_str()),
                "{name} is in the log:\n{log}"
            );
        }
    }
    for secret in ["15550100", "15550199", "hunter2"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    for told in [
        "\"/handler\"",
        "\"/assets/{*file}\"",
        "\"status\":400",
        "APP_SID is not made of",
    ] {
        assert!(log.contains(told), "{told} is not in the log:\n{log}");
    }
}

#[tokio::test]
async fn no_token_password_or_number_is_logged_in_a_whole_life() {
    let captured = Captured::start();

    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let (token, _) = portal.login(7);
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
    portal.expire_all();
    host.app
        .backend
        .rest
        .call("a1", "placement.get", json!({}))
        .await
        .unwrap();
    portal.simulator.expire_all(true);
    host.post("/events", portal.click("c.2")).await;
    host.post(
        "/install",
        portal.install_form(&("unknowntoken".into(), "unknownrefresh".into())),
    )
    .await;
    host.app.backend.work().await.unwrap();

    let log = captured.text();
    let mut secrets = portal.simulator.tokens();
    secrets.extend(
        [
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
