//! OAuth servers by region, renamed portals, portals with two names, and refusals that lead where
//! they should.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use crate::support::{Host, TestDist, portal::Portal, standing_clock};
use b24_host::rest::RestError;
use serde_json::json;

/// The names of the world's two OAuth servers.
const SERVERS: [(&str, &str); 2] = [("west", "oauth"), ("east", "oauth-east")];

/// A host that may ask both.
async fn with_two_servers<'a>(dist: &'a TestDist, portal: &Portal) -> Host<'a> {
    let mut args = portal.args(&dist.data());
    let east = format!("http://oauth-east.localhost:{}", portal.port());
    args.extend(["--oauth-server".to_owned(), east]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    dist.host_at(&args, standing_clock().0).await
}

/// Knows the portal by its old name, and may follow it to the new one, which comes with it.
async fn with_a_name_to_come<'a>(dist: &'a TestDist, portal: &Portal) -> (Host<'a>, String) {
    let new = format!("renamed.localhost:{}", portal.port());
    let mut args = portal.args(&dist.data());
    args.extend(["--portal".to_owned(), format!("http://{new}")]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host_at(&args, standing_clock().0).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    (host, new)
}

#[tokio::test]
async fn each_portal_is_renewed_at_the_server_of_its_region() {
    for (region, name) in SERVERS {
        let (dist, portal) = (TestDist::new(), Portal::start().await);
        portal.fault(json!({ "region": region }));
        let host = with_two_servers(&dist, &portal).await;
        let server = format!("{name}.localhost:{}", portal.port());
        let form = portal.install_form(&portal.login(1));
        let form = format!("{form}&SERVER_ENDPOINT=http%3A%2F%2F{server}%2Frest%2F");
        let answer = host.post("/install", form).await;
        assert_eq!(answer.status, 200, "{region}: {}", answer.text());
        assert_eq!((portal.count("oauth"), portal.count("app.info")), (1, 1));
        let backend = &host.app.backend;
        let kept = backend.store.portal("a1").await.unwrap().unwrap();
        assert_eq!(kept.oauth_server, format!("http://{server}"));
        // An hour later.
        portal.expire_all();
        let answer = backend.rest.call("a1", "placement.get", json!({})).await;
        assert!(answer.is_ok(), "{region}");
        assert_eq!(portal.count("oauth"), 2, "the other server was not asked");
    }
}

#[tokio::test]
async fn a_portal_that_names_no_server_is_tried_at_each_and_the_right_one_is_remembered() {
    for (region, _) in SERVERS {
        let (dist, portal) = (TestDist::new(), Portal::start().await);
        portal.fault(json!({ "region": region }));
        let host = with_two_servers(&dist, &portal).await;
        let form = portal.install_form(&portal.login(1));
        assert_eq!(host.post("/install", form).await.status, 200, "{region}");
        let before = portal.count("oauth");
        portal.expire_all();
        let rest = &host.app.backend.rest;
        assert!(rest.call("a1", "placement.get", json!({})).await.is_ok());
        assert_eq!(portal.count("oauth") - before, 1);
    }
}

#[tokio::test]
async fn a_grant_that_names_another_server_is_renewed_there() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = with_two_servers(&dist, &portal).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    let east = format!("http://oauth-east.localhost:{}", portal.port());
    let (access, refresh) = portal.login(1);
    let grant = json!({
        "access_token": access, "refresh_token": refresh, "expires_in": 3600, "member_id": "a1",
        "client_endpoint": format!("http://{}/rest/", portal.domain),
        "server_endpoint": format!("{east}/rest/"),
    });
    portal.answer("oauth", 200, grant);
    portal.expire_all();
    let backend = &host.app.backend;
    let _ = backend.rest.call("a1", "placement.get", json!({})).await;
    let kept = backend.store.portal("a1").await.unwrap().unwrap();
    assert_eq!(kept.oauth_server, east);
    // The portal has moved there, too.
    portal.fault(json!({ "region": "east" }));
    portal.expire_all();
    let before = portal.count("oauth");
    let answer = backend.rest.call("a1", "placement.get", json!({})).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(portal.count("oauth") - before, 1);
}

#[tokio::test]
async fn a_server_that_is_not_on_the_list_is_never_asked() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let stranger = portal.neighbour("b2");
    let host = with_two_servers(&dist, &portal).await;
    let form = format!(
        "{}&SERVER_ENDPOINT=http%3A%2F%2F{}%2Frest%2F",
        portal.install_form(&portal.login(1)),
        stranger.domain.replace(':', "%3A"),
    );
    assert_eq!(host.post("/install", form).await.status, 200);
    assert_eq!(stranger.simulator.requests(), 0);
}

#[tokio::test]
async fn a_renamed_portal_is_followed_once_and_its_new_name_learnt() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let (host, new) = with_a_name_to_come(&dist, &portal).await;
    portal.fault(json!({ "renamedTo": new }));
    let backend = &host.app.backend;
    let answer = backend.rest.call("a1", "placement.get", json!({})).await;
    assert_eq!(answer.unwrap().as_array().unwrap().len(), 3);
    let kept = backend.store.portal("a1").await.unwrap().unwrap();
    assert_eq!(kept.domain, new);
    assert_eq!(kept.client_endpoint, format!("http://{new}/rest/"));
    // A redirect that leads on is not followed.
    portal.fault(json!({ "renamedTo": format!("http://{}/rest/placement.get", portal.domain) }));
    let answer = backend.rest.call("a1", "placement.get", json!({})).await;
    assert!(matches!(answer, Err(RestError::Redirected(_))));
}

#[tokio::test]
async fn a_redirect_elsewhere_carries_no_token_there_and_a_licence_page_is_told_as_one() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let stranger = portal.neighbour("b2");
    let rest = &host.app.backend.rest;
    for (to, says) in [
        (stranger.domain.clone(), "elsewhere"),
        (
            "https://evil.example/rest/placement.get.json".to_owned(),
            "elsewhere",
        ),
        (format!("http://{}/login/", portal.domain), "elsewhere"),
        (
            format!("http://{}/settings/license_all.php", portal.domain),
            "licence",
        ),
    ] {
        portal.fault(json!({ "renamedTo": to }));
        let refused = rest.call("a1", "placement.get", json!({})).await;
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(says), "{to}: {text}");
    }
    assert_eq!(stranger.simulator.requests(), 0);
    let kept = host.app.backend.store.portal("a1").await.unwrap().unwrap();
    assert_eq!(kept.domain, portal.domain);
}

#[tokio::test]
async fn a_portal_with_two_names_installs_by_either() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let other = format!("crm.localhost:{}", portal.port());
    let mut args = portal.args(&dist.data());
    args.extend(["--portal".to_owned(), format!("http://{other}")]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host(&args).await;
    for name in [portal.domain.clone(), other] {
        let mut portal = portal.clone();
        portal.domain.clone_from(&name);
        let form = portal.install_form(&portal.login(1));
        let answer = host.post("/install", form).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let kept = host.app.backend.store.portal("a1").await.unwrap().unwrap();
        assert_eq!(kept.domain, name);
    }
}

#[tokio::test]
async fn a_refusal_of_the_oauth_server_is_told_as_what_it_is_and_a_visit_mends_it() {
    for (status, code) in [
        (400, "invalid_grant"),
        (401, "expired_token"),
        (402, "PAYMENT_REQUIRED"),
        (400, "NOT_INSTALLED"),
    ] {
        let (dist, portal, (clock, time)) =
            (TestDist::new(), Portal::start().await, standing_clock());
        let host = dist.installed(&portal, &clock).await;
        let backend = &host.app.backend;
        portal.expire_all();
        time.fetch_add(3601, Ordering::SeqCst);
        portal.answer("oauth", status, json!({ "error": code }));
        let call = || backend.rest.call("a1", "placement.get", json!({}));
        assert_eq!(call().await.unwrap_err().code(), Some(code));
        let lost = backend.store.portal("a1").await.unwrap().unwrap().lost;
        assert_eq!(lost.as_deref(), Some(code));
        let before = portal.requests();
        assert_eq!(call().await.unwrap_err().code(), Some(code));
        assert_eq!(portal.requests(), before, "{code}: not asked again at once");

        let visit = portal.visit(&portal.login(1));
        assert_eq!(host.post("/handler", visit).await.status, 200);
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
        assert!(call().await.is_ok(), "{code}");
    }
}

#[tokio::test]
async fn what_was_paid_again_is_noticed_within_the_hour() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = dist.installed(&portal, &clock).await;
    let rest = &host.app.backend.rest;
    portal.expire_all();
    time.fetch_add(3601, Ordering::SeqCst);
    portal.answer("oauth", 402, json!({ "error": "PAYMENT_REQUIRED" }));
    assert!(rest.call("a1", "placement.get", json!({})).await.is_err());
    time.fetch_add(3599, Ordering::SeqCst);
    assert!(rest.call("a1", "placement.get", json!({})).await.is_err());
    time.fetch_add(2, Ordering::SeqCst);
    assert!(rest.call("a1", "placement.get", json!({})).await.is_ok());
}

#[tokio::test]
async fn a_busy_portal_is_left_alone_for_as_long_as_it_asks() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let rest = &host.app.backend.rest;
    for (status, body, again) in [
        (429, json!({ "error": "OPERATION_TIME_LIMIT" }), false),
        (429, json!("<html>"), true),
        (503, json!("<html>"), true),
        (401, json!({ "error": "NO_AUTH_FOUND" }), true),
    ] {
        portal.answer("placement.get", status, body.clone());
        let before = portal.count("placement.get");
        let answer = rest.call("a1", "placement.get", json!({})).await;
        assert_eq!(answer.is_ok(), again, "{status} {body}");
        if let Err(refusal) = &answer {
            assert!(refusal.is_passing() && refusal.wait().is_some());
        }
        let attempts = portal.count("placement.get") - before;
        assert_eq!(attempts, 1 + u64::from(again), "{status} {body}");
    }
    // Who says for how long is asked no earlier; when that is long, the caller is told.
    for (seconds, again) in [(1, true), (40, false)] {
        let busy = json!({ "status": 503, "body": "<html>", "retryAfterS": seconds, "times": 1 });
        portal.fault(json!({ "rest": { "placement.get": [busy] } }));
        let asked = Instant::now();
        let answer = rest.call("a1", "placement.get", json!({})).await;
        assert_eq!(answer.is_ok(), again, "{seconds}");
        match answer {
            Ok(_) => assert!(asked.elapsed() >= Duration::from_secs(seconds)),
            Err(refusal) => assert_eq!(refusal.wait(), Some(Duration::from_secs(seconds))),
        }
    }
}

#[tokio::test]
async fn a_new_name_is_learnt_only_if_the_oauth_server_says_that_it_is_the_same_portals() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let (host, new) = with_a_name_to_come(&dist, &portal).await;
    let backend = &host.app.backend;
    // Another page of the new name is no answer, and is sent no token.
    portal.fault(json!({ "renamedTo": format!("http://{new}/login/") }));
    let asked = portal.requests();
    let answer = backend.rest.call("a1", "placement.get", json!({})).await;
    assert!(matches!(answer, Err(RestError::Redirected(_))));
    assert_eq!(portal.requests(), asked, "nothing but the redirect");
    portal.fault(json!({ "renamedTo": new }));
    let another =
        json!({ "client_id": "app.1", "install": { "installed": true, "member_id": "b2" } });
    portal.answer("app.info", 200, json!({ "result": another }));
    let mut names = Vec::new();
    for _ in 0..2 {
        let answer = backend.rest.call("a1", "placement.get", json!({})).await;
        assert!(answer.is_ok());
        let kept = backend.store.portal("a1").await.unwrap().unwrap();
        names.push(kept.domain);
    }
    assert_eq!(names, [portal.domain.clone(), new]);
}
