//! Notices that a handler was deleted, true ones and forged ones.

use std::sync::atomic::Ordering;

use crate::support::{Host, TestDist, encode, portal::Portal, standing_clock};

/// The path of the address that the portal was given for notices.
fn notice_path(portal: &Portal) -> String {
    let url = portal.with(|it| {
        it.handlers
            .iter()
            .find(|it| !it.3.is_empty())
            .unwrap()
            .3
            .clone()
    });
    url.strip_prefix("https://calls.example.com")
        .unwrap()
        .to_owned()
}

async fn notice(host: &Host<'_>, path: &str) {
    let fields = [
        (
            "error".to_owned(),
            "ERROR_PLACEMENT_LOADING_OVERTIME".to_owned(),
        ),
        (
            "error_description".to_owned(),
            "longer than 5 seconds, more than 10 times".to_owned(),
        ),
    ];
    assert_eq!(host.post(path, encode(&fields)).await.status, 200);
    host.app.backend.work().await.unwrap();
}

#[tokio::test]
async fn a_deleted_handler_is_bound_again_once_and_the_alarm_is_counted() {
    let (dist, portal, (clock, _)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = dist.installed(&portal, &clock).await;
    let path = notice_path(&portal);
    portal.unbind("PAGE_BACKGROUND_WORKER");
    let binds = portal.count("placement.bind");
    notice(&host, &path).await;
    notice(&host, &path).await;
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
    assert_eq!(portal.count("placement.bind") - binds, 1);
    assert_eq!(notice_path(&portal), path);
    let metrics = host.get("/metrics").await;
    for line in [
        "event=\"handler_deleted\"} 1",
        "event=\"handler_rebound\"} 1",
    ] {
        assert!(metrics.text().contains(line), "{}", metrics.text());
    }
}

#[tokio::test]
async fn a_thousand_forged_notices_cause_one_call_in_an_interval() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let mut args = portal.args(&dist.data());
    args.extend(["--rate-limit".to_owned(), "100000".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host_at(&args, clock).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    let (path, before) = (notice_path(&portal), portal.requests());
    for interval in 1..=3 {
        for _ in 0..1000 {
            notice(&host, &path).await;
        }
        assert_eq!(portal.requests() - before, interval);
        time.fetch_add(60, Ordering::SeqCst);
    }
    for guess in [
        "/error",
        "/error?portal=",
        "/error?portal=0123456789abcdef",
        "/error?portal=%ff",
    ] {
        notice(&host, guess).await;
    }
    // One look was still due from the last notices; guessed tags add none.
    assert_eq!(portal.requests() - before, 4);
}

#[tokio::test]
async fn a_true_notice_among_forged_ones_is_not_lost() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = dist.installed(&portal, &clock).await;
    let path = notice_path(&portal);
    notice(&host, &path).await;
    portal.unbind("PAGE_BACKGROUND_WORKER");
    notice(&host, &path).await;
    assert_eq!(portal.with(|it| it.handlers.len()), 2);
    time.fetch_add(60, Ordering::SeqCst);
    host.app.backend.work().await.unwrap();
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
}

#[tokio::test]
async fn a_portal_that_keeps_deleting_waits_longer_each_time() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = dist.installed(&portal, &clock).await;
    let path = notice_path(&portal);
    for wait in [120, 240, 480] {
        portal.unbind("PAGE_BACKGROUND_WORKER");
        notice(&host, &path).await;
        assert_eq!(portal.with(|it| it.handlers.len()), 3);
        portal.unbind("PAGE_BACKGROUND_WORKER");
        notice(&host, &path).await;
        time.fetch_add(wait - 1, Ordering::SeqCst);
        host.app.backend.work().await.unwrap();
        assert_eq!(portal.with(|it| it.handlers.len()), 2, "{wait}");
        time.fetch_add(1, Ordering::SeqCst);
    }
    host.app.backend.work().await.unwrap();
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
}

#[tokio::test]
async fn a_look_that_fails_is_done_again() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = dist.installed(&portal, &clock).await;
    let path = notice_path(&portal);
    portal.unbind("PAGE_BACKGROUND_WORKER");
    portal.answer(
        "placement.get",
        403,
        serde_json::json!({ "error": "ACCESS_DENIED" }),
    );
    notice(&host, &path).await;
    assert_eq!(portal.with(|it| it.handlers.len()), 2);
    time.fetch_add(120, Ordering::SeqCst);
    host.app.backend.work().await.unwrap();
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
}
