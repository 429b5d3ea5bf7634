//! The host's own address: missing, changed, and another than portals come by.

use crate::support::{Host, TestDist, database, portal::Portal, request};
use b24_host::clock::Clock;
use serde_json::json;

const NEW: &str = "https://voice.example.org";

/// A host on one database, started with another address.
async fn started<'a>(
    dist: &'a TestDist,
    portal: &Portal,
    database: &[String],
    url: Option<&str>,
) -> Host<'a> {
    let mut args = database.to_vec();
    args.extend(portal.args(&dist.data()));
    let at = args.iter().position(|it| it == "--public-url").unwrap();
    match url {
        Some(url) => args[at + 1] = url.to_owned(),
        None => drop(args.drain(at..at + 2)),
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.replica(&args, Clock::System).await;
    host.app.backend.follow_public_url().await.unwrap();
    host
}

fn old_ones(portal: &Portal) -> usize {
    let old = |url: &String| !url.starts_with(NEW);
    portal.with(|it| {
        it.handlers.iter().filter(|it| old(&it.2)).count()
            + it.events.iter().filter(|it| old(&it.1)).count()
    })
}

#[tokio::test]
async fn portals_follow_a_host_to_another_address_and_no_dead_tile_stays() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let database = database::fresh(&dist.data()).await;
    let host = started(&dist, &portal, &database, Some("https://calls.example.com")).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    drop(host);
    let before = portal.with(|it| (it.handlers.len(), it.events.len()));

    let host = started(&dist, &portal, &database, Some(NEW)).await;
    // What is refused on the way is done in the next round.
    for method in ["event.unbind", "placement.unbind", "placement.unbind"] {
        portal.answer(method, 403, json!({ "error": "insufficient_scope" }));
    }
    for binding in host.app.backend.store.unsettled_bindings().await.unwrap() {
        let _ = host.app.backend.settle(&binding).await;
    }
    assert!(old_ones(&portal) > 0);
    for binding in host.app.backend.store.unsettled_bindings().await.unwrap() {
        host.app.backend.settle(&binding).await.unwrap();
    }
    assert_eq!(
        portal.with(|it| (it.handlers.len(), it.events.len())),
        before
    );
    assert_eq!(
        old_ones(&portal),
        0,
        "{:?}",
        portal.with(|it| it.handlers.clone())
    );
    assert!(portal.with(|it| {
        let worker = it
            .handlers
            .iter()
            .find(|it| it.0 == "PAGE_BACKGROUND_WORKER");
        worker.is_some_and(|it| it.3.starts_with(&format!("{NEW}/error?portal=")))
    }));

    // A start at the same address asks the portal for nothing, and the next click dials.
    let asked = portal.requests();
    let host = started(&dist, &portal, &database, Some(NEW)).await;
    host.app.backend.work().await.unwrap();
    assert_eq!(portal.requests(), asked);
    assert_eq!(host.post("/events", portal.click("c.1")).await.status, 200);
    assert_eq!(portal.with(|it| it.signals.len()), 1);
}

#[tokio::test]
async fn a_portal_that_installed_before_the_host_knew_its_address_is_bound_once_it_does() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let database = database::fresh(&dist.data()).await;
    let host = started(&dist, &portal, &database, None).await;
    let form = portal.install_form(&portal.login(1));
    let page = host.post("/install", form).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains("data-public-url=\"\""),
        "{}",
        page.text()
    );
    assert_eq!(portal.with(|it| it.handlers.len()), 0);
    drop(host);

    let host = started(&dist, &portal, &database, Some(NEW)).await;
    host.app.backend.work().await.unwrap();
    assert_eq!(
        portal.with(|it| (it.handlers.len(), it.events.len() > 3)),
        (3, true)
    );
    assert_eq!(old_ones(&portal), 0);
}

#[tokio::test]
async fn an_administrator_who_came_by_another_address_is_noticed() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &Clock::System).await;
    let count = || host.app.backend.metrics.count("install_at_another_address");
    assert_eq!(count(), 0);
    for (headers, noticed) in [
        (&[("host", "calls.example.com")][..], 0),
        (&[("host", "Calls.Example.COM")], 0),
        (
            &[
                ("host", "10.0.0.7:8080"),
                ("x-forwarded-host", "calls.example.com"),
            ],
            0,
        ),
        (&[("host", "cals.example.com")], 1),
    ] {
        let form = portal.install_form(&portal.login(1));
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let headers = [&[kind], headers].concat();
        let page = host.send(request("POST", "/install", &headers, form)).await;
        assert_eq!(page.status, 200);
        assert!(
            page.text()
                .contains("data-public-url=\"https://calls.example.com\"")
        );
        assert_eq!(count(), noticed, "{headers:?}");
    }
}
