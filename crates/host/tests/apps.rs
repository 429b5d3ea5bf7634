//! Which app a token speaks for: tokens of the portal's other apps open nothing here, and an
//! application token is learnt from who can prove it.

use std::sync::atomic::Ordering;

use crate::support::{Host, TestDist, portal::Portal, standing_clock};
use serde_json::json;

/// What the app's routes take a token for: method, path and body.
const ROUTES: [(&str, &str, &str); 4] = [
    ("GET", "/settings/a1/me", ""),
    ("GET", "/settings/a1/me/password", ""),
    ("PUT", "/settings/a1/me", r#"{"password":"stolen"}"#),
    (
        "POST",
        "/signals/a1",
        r#"{"command":"dial","fields":{"phoneNumber":"+15550199"}}"#,
    ),
];

#[tokio::test]
async fn another_apps_token_of_the_same_user_opens_nothing() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let own = portal.login(7).0;
    let saved = r#"{"password":"hunter2"}"#;
    assert_eq!(
        host.ask("PUT", "/settings/a1/me", &own, saved).await.status,
        204
    );
    for user in [7, 1] {
        let foreign = portal.login_elsewhere(user);
        for (method, path, body) in ROUTES {
            let answer = host.ask(method, path, &foreign, body).await;
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
            assert!(!answer.text().contains("hunter2"));
        }
    }
    assert_eq!(portal.with(|it| it.signals.len()), 0);
    let answer = host.ask("GET", "/settings/a1/me", &own, "").await;
    assert_eq!(answer.text(), saved);
}

#[tokio::test]
async fn a_token_is_looked_up_once_in_its_life() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = dist.installed(&portal, &clock).await;
    let (own, foreign) = (portal.login(7).0, portal.login_elsewhere(8));
    let before = portal.requests();
    for _ in 0..20 {
        let answer = host.ask("GET", "/settings/a1/me", &own, "").await;
        assert_eq!(answer.status, 200);
        let answer = host.ask("GET", "/settings/a1/me", &foreign, "").await;
        assert_eq!(answer.status, 403);
    }
    assert_eq!(
        portal.count("app.info") - 1,
        2,
        "one each, and the install's"
    );
    assert_eq!(portal.requests() - before, 3);
    // An hour later it is not believed any more.
    portal.simulator.expire(&own);
    time.fetch_add(3601, Ordering::SeqCst);
    let answer = host.ask("GET", "/settings/a1/me", &own, "").await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn where_the_installation_is_not_finished_a_token_opens_nothing_until_it_is() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = dist.installed(&portal, &clock).await;
    let own = portal.login(7).0;
    portal.simulator.set_installed(false);
    let before = portal.requests();
    for (method, path, body) in ROUTES {
        let answer = host.ask(method, path, &own, body).await;
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        assert!(answer.text().contains("not finished"), "{}", answer.text());
    }
    assert_eq!(portal.requests() - before, 1, "asked for once");
    portal.simulator.set_installed(true);
    time.fetch_add(10, Ordering::SeqCst);
    let answer = host.ask("GET", "/settings/a1/me", &own, "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn another_apps_tokens_install_nothing() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = portal.args(&dist.data());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host(&args).await;
    let foreign = portal.login_elsewhere(1);
    let refresh = portal.login(1).1;
    let form = portal.install_form(&(foreign, refresh));
    let answer = host.post("/install", form).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_eq!(host.app.backend.store.rows_of("a1").await.unwrap(), 0);
    assert_eq!(
        portal.count("oauth"),
        0,
        "no refresh token was spent for it"
    );
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
}

#[tokio::test]
async fn no_access_token_writes_an_application_token_over_another() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    for token in [portal.login(1).0, portal.login_elsewhere(1)] {
        for event in ["ONAPPINSTALL", "ONAPPUPDATE", "ONEXTERNALCALLSTART"] {
            let form = portal.event(event, "forged1", &[("auth[access_token]", &token)]);
            assert_eq!(host.post("/events", form).await.status, 403, "{event}");
        }
    }
    let form = portal.event("ONAPPUNINSTALL", "forged1", &[]);
    assert_eq!(host.post("/events", form).await.status, 403);
    assert_eq!(host.post("/events", portal.click("c.1")).await.status, 200);
    assert_eq!(portal.with(|it| it.signals.len()), 1);
}

#[tokio::test]
async fn an_install_whose_exchange_was_lost_writes_no_application_token_over_another() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    // The token is spent, and nobody has seen what it bought: only the access token vouches.
    portal.fault(json!({ "rest": { "oauth.token": [{ "drop": true, "times": 1 }] } }));
    let form = portal.install_form(&portal.login(1));
    let form = form.replace("apptoken1", "forged1");
    assert_eq!(host.post("/install", form).await.status, 200);
    let kept = host.app.backend.store.portal("a1").await.unwrap().unwrap();
    assert_eq!(kept.lost.as_deref(), Some("lost_exchange"));
    let forged = portal.event("ONAPPUNINSTALL", "forged1", &[]);
    assert_eq!(host.post("/events", forged).await.status, 403);
    assert_eq!(host.post("/events", portal.click("c.1")).await.status, 200);
}

#[tokio::test]
async fn an_exchanged_refresh_token_brings_a_new_application_token() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    for (event, token) in [("ONAPPUPDATE", "apptoken2"), ("ONAPPINSTALL", "apptoken3")] {
        let (access, refresh) = portal.login(1);
        let data = [
            ("auth[access_token]", access.as_str()),
            ("auth[refresh_token]", &refresh),
            ("VERSION", "2"),
        ];
        let form = portal.event(event, token, &data);
        assert_eq!(host.post("/events", form).await.status, 200, "{event}");
        let click = portal.click(token);
        assert_eq!(host.post("/events", click.clone()).await.status, 403);
        let click = click.replace("apptoken1", token);
        assert_eq!(host.post("/events", click).await.status, 200);
    }
    // Another portal's refresh token, or an invented one, brings none.
    let other = portal.neighbour("b2");
    for refresh in [other.login(1).1, "invented".to_owned()] {
        let access = portal.login(1).0;
        let data = [
            ("auth[access_token]", access.as_str()),
            ("auth[refresh_token]", &refresh),
        ];
        let form = portal.event("ONAPPUPDATE", "forged1", &data);
        host.post("/events", form).await;
        let click = portal.click("c.9").replace("apptoken1", "forged1");
        assert_eq!(host.post("/events", click).await.status, 403);
    }
}

#[tokio::test]
async fn an_update_binds_what_the_new_version_may_have() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    portal.unbind("CONTACT_CENTER");
    let form = portal.event("ONAPPUPDATE", "apptoken1", &[("VERSION", "2")]);
    assert_eq!(host.post("/events", form).await.status, 200);
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
}

/// A portal that has never told its application token.
async fn silent<'a>(dist: &'a TestDist, portal: &Portal) -> Host<'a> {
    let args = portal.args(&dist.data());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host(&args).await;
    let form = portal.install_form(&portal.login(1));
    let form = form.replace("&APPLICATION_TOKEN=apptoken1", "");
    assert_eq!(host.post("/install", form).await.status, 200);
    host
}

#[tokio::test]
async fn where_it_never_came_the_first_event_with_a_token_of_this_app_brings_it() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = silent(&dist, &portal).await;
    let click = |token: &str, access: &str| {
        format!("{}&auth%5Baccess_token%5D={access}", portal.click("c.1"))
            .replace("apptoken1", token)
    };
    let (foreign, own) = (portal.login_elsewhere(1), portal.login(7).0);
    let neighbours = portal.neighbour("b2").login(1).0;
    for access in [&foreign, &neighbours, "invented", ""] {
        let answer = host.post("/events", click("forged1", access)).await;
        assert_eq!(answer.status, 403, "{access}");
    }
    assert_eq!(
        host.post("/events", click("apptoken9", &own)).await.status,
        200
    );
    assert_eq!(portal.with(|it| it.signals.len()), 1);
    // Once: the same access token brings no other.
    assert_eq!(
        host.post("/events", click("forged1", &own)).await.status,
        403
    );
    assert_eq!(
        host.app.backend.metrics.count("application_token_learnt"),
        1
    );
}

#[tokio::test]
async fn a_payment_is_taken_without_a_token_and_believed_in_nothing() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let before = portal.requests();
    for form in [
        "event=ONAPPPAYMENT&data%5BCODE%5D=acme.calls&auth%5Bdomain%5D=a.bitrix24.com",
        "event=onAppPayment&auth%5Bmember_id%5D=a1",
    ] {
        assert_eq!(host.post("/events", form).await.status, 200);
    }
    assert_eq!(portal.requests(), before);
}

#[tokio::test]
async fn an_uninstall_without_clean_keeps_what_operators_have_saved_for_the_day_it_comes_back() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let token = portal.login(7).0;
    let saved = r#"{"account":"101"}"#;
    host.ask("PUT", "/settings/a1/me", &token, saved).await;
    let form = portal.event("ONAPPUNINSTALL", "apptoken1", &[("CLEAN", "0")]);
    assert_eq!(host.post("/events", form).await.status, 200);
    // Nothing opens it meanwhile: neither tokens nor events, nor is the portal asked.
    let before = portal.requests();
    let answer = host.ask("GET", "/settings/a1/me", &token, "").await;
    assert_eq!(answer.status, 403);
    assert_eq!(host.post("/events", portal.click("c.1")).await.status, 403);
    let backend = &host.app.backend;
    let refused = backend.rest.call("a1", "placement.get", json!({})).await;
    assert_eq!(refused.unwrap_err().code(), Some("uninstalled"));
    assert_eq!(portal.requests(), before);
    let kept = backend.store.portal("a1").await.unwrap().unwrap();
    assert!(kept.tokens.refresh.is_empty() && kept.application_token.is_empty());

    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    let token = portal.login(7).0;
    let answer = host.ask("GET", "/settings/a1/me", &token, "").await;
    assert_eq!(answer.text(), saved);
}
