//! What strangers may cost, and that honest visitors are served beside them.

use std::sync::{Arc, atomic::Ordering};

use crate::support::{Host, TestDist, captured::Captured, portal::Portal, request, standing_clock};
use futures::future::join_all;
use serde_json::json;

/// A host with that interval, behind one proxy, with a client of each address.
async fn installed<'a>(dist: &'a TestDist, portal: &Portal, interval: &str) -> Host<'a> {
    let mut args = portal.args(&dist.data());
    for arg in [
        "--stranger-interval",
        interval,
        "--proxies",
        "1",
        "--rate-limit",
        "100000",
    ] {
        args.push(arg.to_owned());
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host_at(&args, standing_clock().0).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    host
}

async fn settings(host: &Host<'_>, token: &str, from: &str) -> u16 {
    let token = format!("Bearer {token}");
    let headers = [("authorization", token.as_str()), ("x-forwarded-for", from)];
    let asked = request("GET", "/settings/a1/me", &headers, "");
    host.send(asked).await.status.as_u16()
}

async fn post(host: &Host<'_>, path: &str, form: String, from: &str) -> u16 {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-for", from),
    ];
    host.send(request("POST", path, &headers, form))
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn a_thousand_junk_tokens_lead_to_one_question_in_an_interval() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = installed(&dist, &portal, "3600000").await;
    let known = portal.login(7).0;
    assert_eq!(settings(&host, &known, "192.0.2.7").await, 200);
    let before = portal.requests();
    let junk: Vec<String> = (0..1000).map(|number| format!("junk{number}")).collect();
    let asked = junk.iter().map(|it| settings(&host, it, "192.0.2.1"));
    let answers = join_all(asked).await;
    assert!(answers.iter().all(|it| [403, 503].contains(it)));
    assert_eq!(portal.requests() - before, 1);
    // Who was known goes on.
    assert_eq!(settings(&host, &known, "192.0.2.7").await, 200);
}

#[tokio::test]
async fn an_honest_token_among_junk_gets_its_turn() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = installed(&dist, &portal, "20").await;
    let honest = portal.login(7).0;
    let junk: Vec<String> = (0..200).map(|number| format!("junk{number}")).collect();
    let flood = junk.iter().map(|it| settings(&host, it, "192.0.2.1"));
    let (_, served) = tokio::join!(join_all(flood), settings(&host, &honest, "192.0.2.7"));
    assert_eq!(served, 200);
}

#[tokio::test]
async fn junk_installs_lead_to_one_question_leave_no_row_and_hold_up_nobody_known() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = installed(&dist, &portal, "3600000").await;
    let stranger = portal.neighbour("zz");
    let before = portal.requests();
    let posts = (0..300).map(|number| {
        // Each names a portal of its own, at a name that may be called.
        let form = portal
            .install_form(&(format!("junk{number}"), format!("refresh{number}")))
            .replace("member_id=a1", &format!("member_id=x{number}"));
        post(&host, "/install", form, "192.0.2.1")
    });
    let answers = join_all(posts).await;
    assert!(answers.iter().all(|it| [403, 503].contains(it)));
    assert_eq!(portal.requests() - before, 1);
    assert!(
        host.app
            .backend
            .store
            .open_installs()
            .await
            .unwrap()
            .is_empty()
    );
    // A portal that is known installs again beside them.
    let form = portal.install_form(&portal.login(1));
    assert_eq!(post(&host, "/install", form, "192.0.2.7").await, 200);
    drop(stranger);
}

#[tokio::test]
async fn installs_that_nobody_vouches_for_fill_no_table_and_come_after_real_work() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = installed(&dist, &portal, "0").await;
    // The OAuth server is away: then a post is kept, for it may be an honest one.
    for number in 0..150 {
        for _ in 0..5 {
            portal.answer("app.info", 503, json!({ "error": "OVERLOAD_LIMIT" }));
        }
        let form = portal
            .install_form(&(format!("junk{number}"), format!("refresh{number}")))
            .replace("member_id=a1", &format!("member_id=x{number}"));
        assert_eq!(post(&host, "/install", form, "192.0.2.1").await, 503);
    }
    let backend = &host.app.backend;
    assert!(backend.store.open_installs().await.unwrap().len() <= 101);
    let form = portal.install_form(&portal.login(1));
    assert_eq!(post(&host, "/install", form, "192.0.2.7").await, 200);
}

#[tokio::test]
async fn an_install_that_nobody_vouches_for_waits_behind_the_portals_own_work() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = dist.installed(&portal, &clock).await;
    for _ in 0..5 {
        portal.answer("app.info", 503, json!({ "error": "OVERLOAD_LIMIT" }));
    }
    let junk = portal.install_form(&("junk".to_owned(), "refresh".to_owned()));
    assert_eq!(host.post("/install", junk).await.status, 503);
    let backend = Arc::clone(&host.app.backend);
    assert_eq!(backend.store.open_installs().await.unwrap().len(), 1);
    portal.unbind("CONTACT_CENTER");
    for binding in backend.store.bindings_of("a1").await.unwrap() {
        if binding.placement == "CONTACT_CENTER" {
            backend.store.want_binding(&binding, 0).await.unwrap();
        }
    }
    time.fetch_add(120, Ordering::SeqCst);
    // The OAuth server takes its time over the junk.
    portal.hang("app.info");
    let working = tokio::spawn(async move { backend.work().await });
    portal.until(|it| it.handlers.len() == 3).await;
    working.abort();
}

#[tokio::test]
async fn garbage_on_the_handler_keeps_no_administrator_from_regaining_a_lost_portal() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = installed(&dist, &portal, "20").await;
    let backend = &host.app.backend;
    portal.simulator.expire_all(true);
    let lost = backend.rest.call("a1", "placement.get", json!({})).await;
    assert_eq!(lost.unwrap_err().code(), Some("invalid_grant"));
    // All from one address, as behind one office's wall.
    for number in 0..300 {
        let junk = (format!("junk{number}"), format!("refresh{number}"));
        assert_eq!(
            post(&host, "/handler", portal.visit(&junk), "192.0.2.1").await,
            200
        );
    }
    let operator = portal.login(7);
    post(&host, "/handler", portal.visit(&operator), "192.0.2.2").await;
    let admin = portal.login(1);
    assert_eq!(
        post(&host, "/handler", portal.visit(&admin), "192.0.2.1").await,
        200
    );
    let regained = async {
        while backend
            .store
            .portal("a1")
            .await
            .unwrap()
            .unwrap()
            .lost
            .is_some()
        {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let regained = tokio::time::timeout(std::time::Duration::from_secs(60), regained).await;
    assert!(regained.is_ok(), "the portal is still lost");
    let answer = backend.rest.call("a1", "placement.get", json!({})).await;
    assert!(answer.is_ok());
}

#[tokio::test]
async fn a_lost_portal_is_not_asked_at_each_click() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let (clock, time) = standing_clock();
    let host = dist.installed(&portal, &clock).await;
    portal.simulator.expire_all(true);
    time.fetch_add(3601, Ordering::SeqCst);
    assert_eq!(host.post("/events", portal.click("c.1")).await.status, 503);
    let before = portal.requests();
    for number in 0..20 {
        let answer = host
            .post("/events", portal.click(&format!("d.{number}")))
            .await;
        assert_eq!(answer.status, 503);
        assert!(answer.text().contains("administrator"), "{}", answer.text());
    }
    assert_eq!(portal.requests(), before);
}

#[tokio::test]
async fn events_of_all_portals_may_come_from_one_address_and_forgeries_are_limited() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let mut args = portal.args(&dist.data());
    args.extend(["--rate-limit".to_owned(), "3".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host(&args).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    for number in 0..30 {
        let click = portal.click(&format!("c.{number}"));
        assert_eq!(host.post("/events", click).await.status, 200);
    }
    let forged = portal.event("ONAPPUNINSTALL", "forged1", &[]);
    for _ in 0..3 {
        assert_eq!(host.post("/events", forged.clone()).await.status, 403);
    }
    assert_eq!(host.post("/events", forged).await.status, 429);
    assert_eq!(host.post("/events", portal.click("c.99")).await.status, 200);
}

#[tokio::test]
async fn what_the_database_says_is_not_for_strangers() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let token = portal.login(7).0;
    host.app.backend.store.close().await;
    for answer in [
        host.ask("GET", "/settings/a1/me", &token, "").await,
        host.post("/events", portal.click("c.1")).await,
        host.post("/error?portal=x", "").await,
        host.post("/install", portal.install_form(&portal.login(1)))
            .await,
        host.get("/ready").await,
    ] {
        assert_eq!(answer.status, 503, "{}", answer.text());
        let text = answer.text().to_lowercase();
        assert!(text.contains("database") && text.contains("log"), "{text}");
        for word in ["pool", "sqlx", "closed", "select", "sqlite"] {
            assert!(!text.contains(word), "{text}");
        }
    }
}

#[tokio::test]
async fn a_forged_event_is_logged_with_the_address_it_came_from() {
    let log = Captured::start();
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = installed(&dist, &portal, "1").await;
    let forged = portal.event("ONAPPUNINSTALL", "forged1", &[]);
    assert_eq!(post(&host, "/events", forged, "192.0.2.66").await, 403);
    let text = log.text();
    let told = text
        .lines()
        .find(|it| it.contains("another application token"));
    let told = told.unwrap_or_else(|| panic!("not in the log:\n{text}"));
    assert!(
        told.contains("192.0.2.66") && !told.contains("forged1"),
        "{told}"
    );
}

#[tokio::test]
async fn a_proxy_that_nobody_has_told_of_is_noticed_once() {
    let log = Captured::start();
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    let notices = |text: String| text.matches("--proxies is 0").count();
    assert_eq!(host.get("/handler").await.status, 200);
    assert_eq!(notices(log.text()), 0, "nothing stands before it");
    let forwarded = [("x-forwarded-for", "192.0.2.7")];
    for path in [
        "/handler",
        "/ready",
        "/settings/a1/me",
        "/handler",
        "/assets/boot.1a.js",
    ] {
        host.send(request("GET", path, &forwarded, "")).await;
    }
    assert_eq!(notices(log.text()), 1);

    let log = Captured::start();
    let host = dist.host(&["--proxies", "1"]).await;
    host.send(request("GET", "/handler", &forwarded, "")).await;
    assert_eq!(notices(log.text()), 0, "it was told of");
}
