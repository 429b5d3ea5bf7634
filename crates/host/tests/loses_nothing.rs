//! Neighbours that hang, rows that do not open, clocks that are wrong: nothing is lost by them.

use std::sync::{Arc, atomic::Ordering};

use crate::support::{TestDist, database, portal::Portal, process::arguments, standing_clock};
use b24_host::{clock::Clock, secret::Secret, store::Candidate};
use futures::future::join_all;
use serde_json::json;
use sqlx::{AnyConnection, Connection};

fn strings(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn a_portal_that_hangs_holds_up_no_other() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let other = portal.neighbour("b2");
    let host = dist.installed(&portal, &standing_clock().0).await;
    let form = other.install_form(&other.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    // Both have a click that did not get out; the first portal's never will.
    for it in [&portal, &other] {
        it.answer(
            "pull.application.event.add",
            403,
            json!({ "error": "insufficient_scope" }),
        );
        assert_eq!(host.post("/events", it.click("c.1")).await.status, 503);
    }
    portal.hang("pull.application.event.add");
    let backend = Arc::clone(&host.app.backend);
    let left = backend.unfinished().await.unwrap();
    let running = tokio::spawn(Arc::clone(&backend).run(left));
    other.until(|it| !it.signals.is_empty()).await;
    assert_eq!(portal.with(|it| it.signals.len()), 0);
    // And the next click of the others rings while it hangs.
    assert_eq!(host.post("/events", other.click("c.2")).await.status, 200);
    assert_eq!(other.with(|it| it.signals.len()), 2);
    running.abort();
}

#[tokio::test]
async fn a_row_that_does_not_open_stops_nothing() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let other = portal.neighbour("b2");
    let (clock, time) = standing_clock();
    let own = database::fresh(&dist.data()).await;
    let args = [own.clone(), portal.args(&dist.data())].concat();
    let host = dist.replica(&strings(&args), clock).await;
    for it in [&portal, &other] {
        let form = it.install_form(&it.login(1));
        assert_eq!(host.post("/install", form).await.status, 200);
        it.answer(
            "pull.application.event.add",
            403,
            json!({ "error": "insufficient_scope" }),
        );
        assert_eq!(host.post("/events", it.click("c.1")).await.status, 503);
    }
    let url = match own.iter().position(|it| it == "--database") {
        Some(at) => own[at + 1].clone(),
        None => format!("sqlite://{}", dist.data().join("host.db").display()),
    };
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    for spoil in [
        "UPDATE calls SET payload = '1.AAAA' WHERE member_id = 'a1'",
        "UPDATE portals SET access_token = '1.AAAA' WHERE member_id = 'a1'",
        "UPDATE bindings SET wanted = '?', pending = 1 WHERE member_id = 'a1'",
        "INSERT INTO installs (id, member_id, candidate, created_at, tried_at, verified) \
         VALUES ('x', 'a1', '1.AAAA', 1790000000, 0, 1)",
        "UPDATE bindings SET pending = 1 WHERE member_id = 'b2'",
    ] {
        sqlx::query(spoil).execute(&mut connection).await.unwrap();
    }
    time.fetch_add(1, Ordering::SeqCst);
    let backend = &host.app.backend;
    backend.work().await.unwrap();
    assert_eq!(other.with(|it| it.signals.len()), 1);
    assert_eq!(host.post("/events", other.click("c.2")).await.status, 200);
    // The spoilt one is refused by itself, and an install mends it.
    assert_eq!(host.post("/events", portal.click("c.2")).await.status, 503);
    let form = portal.install_form(&portal.login(1));
    let answer = host.post("/install", form).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(host.post("/events", portal.click("c.3")).await.status, 200);
}

#[tokio::test]
async fn a_host_whose_clock_is_minutes_off_loses_no_click() {
    for wrong in [-120, 120] {
        let (dist, portal) = (TestDist::new(), Portal::start().await);
        let (clock, time) = standing_clock();
        let right = time.fetch_add(wrong, Ordering::SeqCst);
        let args = arguments(&dist, &portal, &[]).await;
        let form = portal.install_form(&portal.login(1));
        let installer = dist.replica(&strings(&args), clock.clone()).await;
        assert_eq!(installer.post("/install", form).await.status, 200);
        // By what the event says, before the portal's clock was seen in an answer; then by that.
        let host = dist.replica(&strings(&args), clock).await;
        for number in 1..=2 {
            let click = portal.click(&format!("c.{number}"));
            assert!(click.contains(&format!("ts={right}")), "{click}");
            assert_eq!(host.post("/events", click).await.status, 200);
        }
        let token = portal.login(7).0;
        let signal = r#"{"command":"diagnostics"}"#;
        host.ask("POST", "/signals/a1", &token, signal).await;
        let expires: Vec<_> = portal.with(|it| {
            let signals = it.signals.iter();
            signals.map(|it| it["PARAMS"]["expires"].clone()).collect()
        });
        assert_eq!(expires, vec![json!(right + 60); 3], "{wrong} s off");
    }
}

#[tokio::test]
async fn the_same_install_posted_twice_spends_its_tokens_once() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let own = database::fresh(&dist.data()).await;
    let args = [own, portal.args(&dist.data())].concat();
    let one = dist.replica(&strings(&args), Clock::System).await;
    std::fs::remove_file(dist.data().join("replica")).unwrap();
    let other = dist.replica(&strings(&args), Clock::System).await;
    let form = portal.install_form(&portal.login(1));
    let posts = (0..6).map(|number| {
        let host = if number % 2 == 0 { &one } else { &other };
        host.post("/install", form.clone())
    });
    for answer in join_all(posts).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    // The page loaded again, with the tokens that are spent.
    assert_eq!(one.post("/install", form).await.status, 200);
    let kept = one.app.backend.store.portal("a1").await.unwrap().unwrap();
    assert_eq!(kept.lost, None);
    portal.expire_all();
    let rest = &one.app.backend.rest;
    assert!(rest.call("a1", "placement.get", json!({})).await.is_ok());
}

#[tokio::test]
async fn what_one_replica_got_for_an_installs_tokens_another_that_lost_them_does_not_replace() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let store = &host.app.backend.store;
    let (access, refresh) = portal.login(1);
    let candidate = Candidate {
        member_id: "a1".to_owned(),
        domain: portal.domain.clone(),
        https: false,
        access: Secret::new(access),
        refresh: Secret::new(refresh),
        application_token: Secret::default(),
        server_endpoint: String::new(),
    };
    let id = store.begin_install(&candidate).await.unwrap().unwrap();
    let mut got = store.portal("a1").await.unwrap().unwrap();
    got.tokens.access = Secret::new("got");
    let mut lost = got.clone();
    lost.tokens.access = candidate.access.clone();
    lost.lost = Some("lost_exchange".to_owned());
    store.keep_portal(&got, &[], 60, &id, true).await.unwrap();
    store.keep_portal(&lost, &[], 60, &id, false).await.unwrap();
    let kept = store.portal("a1").await.unwrap().unwrap();
    assert_eq!((kept.tokens.access.reveal(), kept.lost), ("got", None));
}

#[tokio::test]
async fn a_refresh_whose_caller_has_gone_away_is_kept_all_the_same() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let backend = &host.app.backend;
    portal.expire_all();
    let asked = portal.requests() + 2;
    let call = backend.rest.call("a1", "placement.get", json!({}));
    tokio::select! {
        _ = call => panic!("the caller was to go away before the answer"),
        // The exchange has been asked for, and its answer is on the way.
        () = portal.until_requests(asked) => {}
    }
    let exchanges = portal.count("oauth");
    let again = backend.rest.call("a1", "placement.get", json!({})).await;
    assert!(again.is_ok());
    assert_eq!(
        portal.count("oauth"),
        exchanges,
        "no second token was spent"
    );
}

#[tokio::test]
async fn what_is_swept_is_swept_in_steps() {
    let dist = TestDist::new();
    let (clock, time) = standing_clock();
    let portal = Portal::start().await;
    let host = dist.installed(&portal, &clock).await;
    let store = &host.app.backend.store;
    let before = store.rows_of("a1").await.unwrap();
    for number in 0..1100 {
        store
            .claim_call("a1", &format!("c.{number}"), "{}")
            .await
            .unwrap();
    }
    time.fetch_add(2 * 24 * 60 * 60, Ordering::SeqCst);
    store.sweep().await.unwrap();
    let left = store.rows_of("a1").await.unwrap();
    assert!(left > before + 50 && left < before + 200, "{left}");
    store.sweep().await.unwrap();
    assert!(store.rows_of("a1").await.unwrap() <= before);
}
