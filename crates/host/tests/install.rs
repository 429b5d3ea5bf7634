//! Installing, events and uninstalling.

use std::sync::atomic::Ordering;

use crate::support::{TestDist, encode, portal::Portal, standing_clock};
use serde_json::json;

#[tokio::test]
async fn an_install_binds_everything_and_tells_the_portal_so() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    portal.with(|it| {
        let mut placements: Vec<_> = it.handlers.iter().map(|it| it.0.as_str()).collect();
        placements.sort_unstable();
        assert_eq!(
            placements,
            ["CONTACT_CENTER", "PAGE_BACKGROUND_WORKER", "REST_APP_URI"]
        );
        assert!(
            it.handlers
                .iter()
                .all(|it| it.2 == "https://calls.example.com/handler")
        );
        assert!(
            it.handlers[0]
                .3
                .starts_with("https://calls.example.com/error?portal=")
        );
        assert_eq!(it.events.len(), 5);
    });
    let kept = host.app.backend.store.portal("a1").await.unwrap().unwrap();
    assert_eq!((kept.admin_id, kept.lost), (1, None));
    assert_eq!(kept.scope, "contact_center,placement,pull,telephony");

    let page = host
        .post("/install", portal.install_form(&portal.login(1)))
        .await;
    assert!(
        page.text().contains("BX24.installFinish()"),
        "{}",
        page.text()
    );
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
}

#[tokio::test]
async fn nothing_is_believed_before_portal_and_oauth_server_confirm_it() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let other = portal.neighbour("b2");
    let args = portal.args(&dist.data());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host(&args).await;
    let (admin, plain) = (portal.login(1), portal.login(7));
    let foreign = other.login(1);
    let mut victim = other.clone();
    victim.member = portal.member.clone();
    for (why, form, status) in [
        (
            "an unknown token",
            portal.install_form(&("x".into(), admin.1.clone())),
            403,
        ),
        (
            "an unknown refresh token",
            portal.install_form(&(admin.0.clone(), "x".into())),
            403,
        ),
        ("no administrator", portal.install_form(&plain), 403),
        (
            "another portal's refresh token",
            portal.install_form(&(admin.0.clone(), foreign.1.clone())),
            403,
        ),
        (
            "another portal under this one's id",
            victim.install_form(&foreign),
            403,
        ),
    ] {
        let answer = host.post("/install", form).await;
        assert_eq!(answer.status, status, "{why}: {}", answer.text());
        assert_eq!(
            host.app.backend.store.rows_of("a1").await.unwrap(),
            0,
            "{why}"
        );
    }
    assert_eq!(portal.with(|it| it.handlers.len()), 0);
}

#[tokio::test]
async fn a_host_that_is_no_portal_of_ours_is_not_called() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = portal.args(&dist.data());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host(&args).await;
    let mut stranger = portal.neighbour("c3");
    let tokens = stranger.login(1);
    for domain in [
        stranger.domain.clone(),
        "169.254.169.254".into(),
        "metadata.internal".into(),
    ] {
        stranger.domain = domain;
        let answer = host.post("/install", stranger.install_form(&tokens)).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        let answer = host
            .post(
                "/events",
                stranger.event(
                    "ONAPPINSTALL",
                    "t",
                    &[
                        ("auth[access_token]", &tokens.0),
                        ("auth[refresh_token]", &tokens.1),
                    ],
                ),
            )
            .await;
        assert_eq!(answer.status, 403, "{}", answer.text());
    }
    assert_eq!(portal.requests(), 0);
    assert_eq!(host.app.backend.store.rows_of("c3").await.unwrap(), 0);
}

#[tokio::test]
async fn the_install_event_does_what_the_page_does() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = portal.args(&dist.data());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host(&args).await;
    let (access, refresh) = portal.login(1);
    let form = portal.event(
        "ONAPPINSTALL",
        "apptoken1",
        &[
            ("auth[access_token]", &access),
            ("auth[refresh_token]", &refresh),
            ("VERSION", "1"),
        ],
    );
    assert_eq!(host.post("/events", form).await.status, 200);
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
    assert_eq!(host.post("/events", portal.click("c.1")).await.status, 200);
    assert_eq!(portal.with(|it| it.signals.len()), 1);
}

#[tokio::test]
async fn every_event_needs_the_portals_application_token() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let rows = host.app.backend.store.rows_of("a1").await.unwrap();
    let mut unknown = portal.clone();
    unknown.member = "zz".into();
    for event in [
        "ONAPPUNINSTALL",
        "ONEXTERNALCALLSTART",
        "ONEXTERNALCALLBACKSTART",
        "ONSOMETHING",
    ] {
        for form in [
            portal.event(event, "apptoken2", &[]),
            portal.event(event, "apptoken", &[]),
            unknown.event(event, "apptoken1", &[]),
        ] {
            assert_eq!(host.post("/events", form).await.status, 403, "{event}");
        }
        assert_eq!(
            host.post("/events", portal.event(event, "", &[]))
                .await
                .status,
            400
        );
    }
    assert_eq!(host.app.backend.store.rows_of("a1").await.unwrap(), rows);
    assert_eq!(host.app.backend.metrics.count("event_forged"), 12);
}

#[tokio::test]
async fn malformed_events_are_answered_400_with_the_fields_name() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let long = "9".repeat(2000);
    for (event, data, field) in [
        ("", vec![], "event"),
        ("ONEXTERNALCALLSTART", vec![], "data[CALL_ID]"),
        (
            "ONEXTERNALCALLSTART",
            vec![("CALL_ID", "c"), ("PHONE_NUMBER", "")],
            "data[PHONE_NUMBER]",
        ),
        (
            "ONEXTERNALCALLSTART",
            vec![("CALL_ID", "c"), ("PHONE_NUMBER", "1")],
            "data[USER_ID]",
        ),
        (
            "ONEXTERNALCALLSTART",
            vec![("CALL_ID", "c"), ("PHONE_NUMBER", "1"), ("USER_ID", "0")],
            "data[USER_ID]",
        ),
        (
            "ONEXTERNALCALLSTART",
            vec![("CALL_ID", "c"), ("PHONE_NUMBER", "1"), ("USER_ID", "x1")],
            "data[USER_ID]",
        ),
        (
            "ONEXTERNALCALLSTART",
            vec![("CALL_ID", &*long), ("PHONE_NUMBER", "1"), ("USER_ID", "1")],
            "data[CALL_ID]",
        ),
        ("ONEXTERNALCALLBACKSTART", vec![], "data[PHONE_NUMBER]"),
    ] {
        let answer = host
            .post("/events", portal.event(event, "apptoken1", &data))
            .await;
        assert_eq!(answer.status, 400, "{event} {}", answer.text());
        assert!(
            answer.text().starts_with(&format!("{field} ")),
            "{}",
            answer.text()
        );
    }
    assert_eq!(host.get("/health").await.status, 200);
}

#[tokio::test]
async fn an_install_that_takes_its_time_is_not_begun_twice() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let (clock, time) = standing_clock();
    let mut args = portal.args(&dist.data());
    args.extend(["--error-interval".to_owned(), "1".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host_at(&args, clock).await;
    let form = portal.install_form(&portal.login(1));
    portal.hang_at(2, false);
    let meanwhile = async {
        portal.until_requests(2).await;
        time.fetch_add(30, Ordering::SeqCst);
        host.app.backend.work().await.unwrap();
        assert_eq!(portal.requests(), 2, "the token buys one pair only");
        // Nobody finishes it: then another does.
        time.fetch_add(31, Ordering::SeqCst);
        host.app.backend.work().await.unwrap();
        assert_eq!(portal.with(|it| it.handlers.len()), 3);
    };
    tokio::select! {
        _ = host.post("/install", form) => panic!("the portal has not answered"),
        () = meanwhile => {}
    }
}

#[tokio::test]
async fn an_uninstall_leaves_no_row() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let other = portal.neighbour("b2");
    let host = dist.installed(&portal, &standing_clock().0).await;
    let form = other.install_form(&other.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    let (token, _) = portal.login(7);
    let saved = host
        .ask("PUT", "/settings/a1/me", &token, r#"{"account":"101"}"#)
        .await;
    assert_eq!(saved.status, 204);
    host.post("/events", portal.click("c.1")).await;
    let neighbours = host.app.backend.store.rows_of("b2").await.unwrap();

    let form = portal.event("ONAPPUNINSTALL", "apptoken1", &[("CLEAN", "1")]);
    assert_eq!(host.post("/events", form.clone()).await.status, 200);
    assert_eq!(host.app.backend.store.rows_of("a1").await.unwrap(), 0);
    assert_eq!(
        host.app.backend.store.rows_of("b2").await.unwrap(),
        neighbours
    );
    // What comes too late writes nothing.
    assert_eq!(host.post("/events", form).await.status, 403);
    assert_eq!(host.post("/events", portal.click("c.2")).await.status, 403);
    assert!(
        host.app
            .backend
            .store
            .claim_call("a1", "c.3", "{}")
            .await
            .is_err()
    );
    assert_eq!(host.app.backend.store.rows_of("a1").await.unwrap(), 0);
}

#[tokio::test]
async fn a_portal_whose_authorization_was_lost_gets_it_back_when_an_administrator_opens_the_app() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let backend = &host.app.backend;
    portal.simulator.expire_all(true);
    let refused = backend.rest.call("a1", "placement.get", json!({})).await;
    assert_eq!(refused.unwrap_err().code(), Some("invalid_grant"));
    assert!(
        backend
            .store
            .portal("a1")
            .await
            .unwrap()
            .unwrap()
            .lost
            .is_some()
    );
    assert_eq!(backend.metrics.count("authorization_lost"), 1);

    let (access, refresh) = portal.login(1);
    let fields = [
        ("DOMAIN", portal.domain.as_str()),
        ("PROTOCOL", "0"),
        ("APP_SID", "ab"),
        ("AUTH_ID", &access),
        ("REFRESH_ID", &refresh),
        ("member_id", "a1"),
        ("PLACEMENT", "PAGE_BACKGROUND_WORKER"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let before = portal.requests();
    assert_eq!(host.post("/handler", encode(&fields)).await.status, 200);
    portal.until_requests(before + 2).await;
    while backend
        .store
        .portal("a1")
        .await
        .unwrap()
        .unwrap()
        .lost
        .is_some()
    {
        tokio::task::yield_now().await;
    }
    assert!(
        backend
            .rest
            .call("a1", "placement.get", json!({}))
            .await
            .is_ok()
    );
}
