//! Limits, failures and tokens of the portals.

use std::{sync::Arc, time::Duration};

use crate::support::{TestDist, database, portal::Portal, standing_clock};
use b24_host::{
    clock::Clock,
    rest::{Advice, RestError, advice},
};
use futures::future::join_all;
use serde_json::json;
use tokio::time::timeout;

#[tokio::test]
async fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let rest = &host.app.backend.rest;
    for (status, code, tries) in [
        (503, "QUERY_LIMIT_EXCEEDED", 2),
        (503, "OVERLOAD_LIMIT", 2),
        (500, "INTERNAL_SERVER_ERROR", 2),
        (400, "ERROR_PLACEMENT_NOT_FOUND", 1),
        (403, "insufficient_scope", 1),
        (429, "OPERATION_TIME_LIMIT", 1),
    ] {
        let before = portal.count("placement.get");
        portal.answer("placement.get", status, json!({ "error": code }));
        let answer = rest.call("a1", "placement.get", json!({})).await;
        assert_eq!(answer.is_ok(), tries == 2, "{code}");
        assert_eq!(portal.count("placement.get") - before, tries, "{code}");
    }
}

#[tokio::test]
async fn a_portal_that_stays_down_is_asked_five_times() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    for _ in 0..9 {
        portal.answer("placement.get", 502, json!("<html>"));
    }
    let before = portal.count("placement.get");
    let answer = host
        .app
        .backend
        .rest
        .call("a1", "placement.get", json!({}))
        .await;
    assert!(matches!(
        answer,
        Err(RestError::Malformed { status: 502, .. })
    ));
    assert_eq!(portal.count("placement.get") - before, 5);
}

#[tokio::test]
async fn twenty_calls_with_an_expired_token_refresh_it_once() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let before = portal.count("oauth");
    portal.expire_all();
    let rest = &host.app.backend.rest;
    let calls = (0..20).map(|_| rest.call("a1", "placement.get", json!({})));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(portal.count("oauth") - before, 1);
}

#[tokio::test]
async fn replicas_on_one_database_refresh_once_between_them() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let mut args = database::fresh(&dist.data()).await;
    args.extend(portal.args(&dist.data()));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let one = dist.replica(&args, Clock::System).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(one.post("/install", form).await.status, 200);
    // A replica has a folder of its own for what is its own; the database is shared.
    std::fs::remove_file(dist.data().join("replica")).unwrap();
    let other = dist.replica(&args, Clock::System).await;

    let before = portal.count("oauth");
    portal.expire_all();
    // While the one exchanges, the other waits for it.
    let asked = portal.requests() + 2;
    portal.hang_at(asked, false);
    let backend = Arc::clone(&one.app.backend);
    let exchanging =
        tokio::spawn(async move { backend.rest.call("a1", "placement.get", json!({})).await });
    portal.until_requests(asked).await;
    let call = other
        .app
        .backend
        .rest
        .call("a1", "placement.get", json!({}));
    let waiting = timeout(Duration::from_millis(300), call).await;
    assert!(waiting.is_err() && portal.count("oauth") - before == 1);
    portal.let_go();
    assert!(exchanging.await.unwrap().is_ok());
    assert_eq!(portal.count("oauth") - before, 1);

    let before = portal.count("oauth");
    portal.expire_all();
    let calls = (0..20).map(|number| {
        let host = if number % 2 == 0 { &one } else { &other };
        host.app.backend.rest.call("a1", "placement.get", json!({}))
    });
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(portal.count("oauth") - before, 1);
}

#[tokio::test]
async fn every_documented_code_has_a_cause_and_a_cure() {
    for code in [
        "EMPTY_ERROR_HANDLER_URL",
        "ERROR_PLACEMENT_NOT_FOUND",
        "ERROR_PLACEMENT_MAX_COUNT",
        "ERROR_PLACEMENT_USER_MODE",
        "ERROR_PLACEMENT_HANDLER_NOT_FOUND",
        "ERROR_WRONG_HANDLER_URL",
        "ERROR_UNSUPPORTED_PROTOCOL",
        "ERROR_ARGUMENT",
        "ERROR_CORE",
        "WRONG_AUTH_TYPE",
        "ACCESS_DENIED",
        "INVALID_CREDENTIALS",
        "user_access_error",
        "insufficient_scope",
        "expired_token",
        "invalid_token",
        "NO_AUTH_FOUND",
        "invalid_grant",
        "invalid_client",
        "wrong_client",
        "ERROR_OAUTH",
        "NOT_INSTALLED",
        "APPLICATION_NOT_FOUND",
        "PAYMENT_REQUIRED",
        "PORTAL_DELETED",
        "QUERY_LIMIT_EXCEEDED",
        "OVERLOAD_LIMIT",
        "OPERATION_TIME_LIMIT",
        "INVALID_REQUEST",
        "ERROR_METHOD_NOT_FOUND",
        "COMMAND_ERROR",
        "PARAMS_ERROR",
        "MODULE_ID_ERROR",
        "USER_ID_ACCESS_ERROR",
        "INTERNAL_SERVER_ERROR",
        "ERROR_UNEXPECTED_ANSWER",
    ] {
        let text = RestError::refused(code, 400).to_string();
        let Some(Advice { cause, cure }) = advice(code) else {
            panic!("nothing is said of {code}: {text}");
        };
        assert_eq!(text, format!("{code}: {cause}: {cure}"));
    }
    let odd = RestError::refused("<script>token", 400).to_string();
    assert!(!odd.contains("script"), "{odd}");
}

#[tokio::test]
async fn tokens_lie_sealed_in_the_database() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let (token, _) = portal.login(7);
    host.ask(
        "PUT",
        "/settings/a1/me",
        &token,
        r#"{"password":"hunter2hunter2"}"#,
    )
    .await;
    host.post("/events", portal.click("c.1")).await;
    if std::env::var("B24_TEST_POSTGRES").is_ok() {
        return; // The files are the server's.
    }
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(dist.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("host.db") {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("a1.localhost"));
    for secret in portal.simulator.tokens() {
        assert!(!text.contains(&secret), "{secret}");
    }
    for secret in ["hunter2", "apptoken1", "15550199"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
