//! Clicks in the portal's mobile app, and what is dialled.

use std::sync::{Arc, Mutex, atomic::Ordering};

use crate::support::{Host, TestDist, database, portal::Portal, standing_clock};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use b24_host::clock::Clock;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

/// A PBX that takes calls, or does not.
#[derive(Clone, Default)]
struct Pbx {
    asked: Arc<Mutex<Vec<(Value, String)>>>,
    refuses: Arc<Mutex<bool>>,
}

impl Pbx {
    async fn start() -> (Self, String) {
        let pbx = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/dial", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/dial", post(dial))
            .with_state(pbx.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (pbx, url)
    }
}

async fn dial(State(pbx): State<Pbx>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["x-b24-host-signature"].to_str().unwrap().to_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cr3t").unwrap();
    mac.update(&body);
    assert_eq!(signature, BASE64.encode(mac.finalize().into_bytes()));
    let json = serde_json::from_slice(&body).unwrap();
    pbx.asked.lock().unwrap().push((json, signature));
    if *pbx.refuses.lock().unwrap() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::NO_CONTENT
    }
}

async fn host<'a>(dist: &'a TestDist, portal: &Portal, more: &[&str], clock: Clock) -> Host<'a> {
    let args = portal.args(&dist.data());
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    args.extend(more);
    let host = dist.host_at(&args, clock).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    host
}

fn on_the_road(portal: &Portal, call_id: &str) -> String {
    portal
        .click(call_id)
        .replace("IS_MOBILE%5D=0", "IS_MOBILE%5D=1")
}

#[tokio::test]
async fn a_click_on_the_road_is_handed_to_the_pbx_by_a_signed_hook() {
    let (dist, portal, (pbx, url)) = (TestDist::new(), Portal::start().await, Pbx::start().await);
    let host = host(&dist, &portal, &["--mobile-hook", &url], standing_clock().0).await;
    assert_eq!(
        host.post("/events", on_the_road(&portal, "c.1"))
            .await
            .status,
        200
    );
    assert_eq!(host.post("/events", portal.click("c.2")).await.status, 200);
    let asked = pbx.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].0,
        json!({
            "portal": "a1", "callId": "c.1", "userId": 7, "phoneNumber": "+15550199", "extension": "",
            "lineNumber": "+15550100", "crmEntityType": "CONTACT", "crmEntityId": "5", "expires": 1_790_000_060,
        })
    );
    assert_eq!(
        portal.with(|it| it.finished.len()),
        0,
        "the PBX finishes it"
    );
}

#[tokio::test]
async fn without_a_hook_or_with_one_that_refuses_the_call_is_finished_and_not_left_open() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let plain = host(&dist, &portal, &[], Clock::System).await;
    plain.post("/events", on_the_road(&portal, "c.1")).await;
    assert_eq!(portal.with(|it| it.finished.clone()), ["c.1"]);

    let (dist, portal, (pbx, url)) = (TestDist::new(), Portal::start().await, Pbx::start().await);
    *pbx.refuses.lock().unwrap() = true;
    let host = host(&dist, &portal, &["--mobile-hook", &url], Clock::System).await;
    host.post("/events", on_the_road(&portal, "c.1")).await;
    assert_eq!(pbx.asked.lock().unwrap().len(), 1);
    assert_eq!(portal.with(|it| it.finished.clone()), ["c.1"]);
    // And a click in a browser dials as ever.
    host.post("/events", portal.click("c.2")).await;
    assert_eq!(
        portal.with(|it| (it.signals.len(), it.finished.len())),
        (2, 1)
    );
}

#[tokio::test]
async fn one_that_could_not_be_announced_in_time_is_finished_all_the_same() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let host = host(&dist, &portal, &[], clock).await;
    portal.answer(
        "pull.application.event.add",
        403,
        json!({ "error": "insufficient_scope" }),
    );
    host.post("/events", on_the_road(&portal, "c.1")).await;
    assert_eq!(portal.with(|it| it.finished.len()), 0);
    time.fetch_add(61, Ordering::SeqCst);
    host.app.backend.do_chores().await;
    assert_eq!(portal.with(|it| it.finished.clone()), ["c.1"]);
    host.app.backend.do_chores().await;
    assert_eq!(portal.with(|it| it.finished.len()), 1);
}

#[tokio::test]
async fn the_number_with_its_country_is_dialled_and_the_extension_passed_on() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = host(&dist, &portal, &[], Clock::System).await;
    let data = [
        ("PHONE_NUMBER", "8 (495) 123-45-67"),
        ("PHONE_NUMBER_INTERNATIONAL", "+74951234567"),
        ("EXTENSION", "103"),
        ("USER_ID", "7"),
        ("CALL_ID", "c.1"),
        ("IS_MOBILE", "0"),
    ];
    host.post(
        "/events",
        portal.event("ONEXTERNALCALLSTART", "apptoken1", &data),
    )
    .await;
    let params = portal.with(|it| it.signals[0]["PARAMS"].clone());
    assert_eq!(params["phoneNumber"], "+74951234567");
    assert_eq!(params["extension"], "103");
}

#[tokio::test]
async fn a_hook_that_numbers_must_not_go_to_is_refused_at_start() {
    let dist = TestDist::new();
    for (more, says) in [
        (&["--mobile-hook", "pbx"][..], "not an address"),
        (&["--mobile-hook", "http://pbx.example.com/dial"], "https"),
        (
            &["--mobile-hook", "https://pbx.example.com/dial"],
            "--client-id",
        ),
    ] {
        let own = database::fresh(&dist.data()).await;
        let mut args: Vec<&str> = own.iter().map(String::as_str).collect();
        args.extend(more);
        let all = [
            &["b24-host", "--dist", dist.path().to_str().unwrap()][..],
            &args,
        ]
        .concat();
        let cli = clap::Parser::try_parse_from(all).unwrap();
        let error = b24_host::app::App::new(&cli, Clock::System)
            .await
            .err()
            .unwrap();
        assert!(error.to_string().contains(says), "{error}");
    }
}
