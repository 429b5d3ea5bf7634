//! The office's TURN server is told to operators the host knows, and its secret to nobody.

use std::fs;

use crate::support::{Host, TestDist, portal::Portal, standing_clock};
use b24_host::clock::Clock;
use serde_json::{Value, json};

/// A host with these options, whose app is installed on the portal. `FILE` is a file that says `north`.
async fn host<'a>(dist: &'a TestDist, portal: &Portal, clock: &Clock, more: &[&str]) -> Host<'a> {
    let secret = dist.data().with_extension("turn");
    fs::write(&secret, "north\n").unwrap();
    let mut args = portal.args(&dist.data());
    args.extend(
        more.iter()
            .map(|it| it.replace("FILE", secret.to_str().unwrap())),
    );
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host_at(&args, clock.clone()).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    host
}

const TURN: [&str; 3] = ["--accounts", "--turn", "turn:turn.example.com"];

#[tokio::test]
async fn an_operator_is_given_a_password_of_a_few_hours_and_later_another() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let (clock, time) = standing_clock();
    let args = [&TURN[..], &["--turn-secret-file", "FILE"]].concat();
    let host = host(&dist, &portal, &clock, &args).await;
    let (one, other) = (portal.login(7).0, portal.login(8).0);
    let ask = async |token: &str| -> Value {
        let answer = host.ask("GET", "/turn/a1", token, "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.text().contains("north"), "the secret stays here");
        serde_json::from_str(answer.text()).unwrap()
    };
    let (first, another) = (ask(&one).await, ask(&other).await);
    let server = &first["iceServers"][0];
    assert_eq!(server["urls"], json!(["turn:turn.example.com"]));
    assert_eq!(server["username"], "1790043200:7");
    assert_eq!(first["seconds"], 43_200);
    assert_ne!(server["credential"], another["iceServers"][0]["credential"]);
    time.fetch_add(3600, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(ask(&one).await["iceServers"][0]["username"], "1790046800:7");
    let page = host.get("/handler").await;
    assert_eq!(page.config()["account"]["turn"], true);
    assert!(!page.text().contains("turn.example.com"), "{}", page.text());
}

#[tokio::test]
async fn a_user_for_all_is_told_to_operators_alone() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let more = ["--turn-user", "office", "--turn-password-file", "FILE"];
    let args = [&TURN[..], &more].concat();
    let host = host(&dist, &portal, &standing_clock().0, &args).await;
    let answer = host.ask("GET", "/turn/a1", &portal.login(7).0, "").await;
    let expected = json!({ "iceServers": [{ "urls": ["turn:turn.example.com"], "username": "office", "credential": "north" }] });
    assert_eq!(
        serde_json::from_str::<Value>(answer.text()).unwrap(),
        expected
    );
    assert_eq!(host.ask("GET", "/turn/a1", "junk", "").await.status, 403);
    assert_eq!(host.get("/turn/a1").await.status, 401);
    assert!(!host.get("/handler").await.text().contains("office"));
}

#[tokio::test]
async fn a_host_without_one_says_so_and_its_pages_do_not_ask() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = host(&dist, &portal, &standing_clock().0, &["--accounts"]).await;
    let answer = host.ask("GET", "/turn/a1", &portal.login(7).0, "").await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("--turn"));
    assert_eq!(
        host.get("/handler").await.config()["account"]["turn"],
        false
    );
}

#[test]
fn a_mistake_is_told_at_start_with_its_cure_and_without_what_was_given() {
    let dist = TestDist::new();
    fs::create_dir_all(dist.data()).unwrap();
    let file = dist.data().join("secret");
    fs::write(&file, "zzz").unwrap();
    let file = file.to_str().unwrap();
    let secret = ["--turn-secret-file", file];
    let password = ["--turn-password-file", file];
    let accounts = ["--accounts", "--client-id", "app.1"];
    for (args, says) in [
        (
            [&accounts[..], &["--turn", "turn://zzz"], &secret].concat(),
            "without //",
        ),
        (
            [&accounts[..], &["--turn", "stun:zzz"], &secret].concat(),
            "not the address of a TURN server",
        ),
        (
            [&["--turn", "turn:turn.example.com"][..], &secret].concat(),
            "--accounts",
        ),
        ([&accounts[..], &TURN[1..]].concat(), "--turn-secret-file"),
        (
            [&accounts[..], &TURN[1..], &password].concat(),
            "--turn-user",
        ),
        (
            [
                &accounts[..],
                &TURN[1..],
                &secret,
                &password,
                &["--turn-user", "u"],
            ]
            .concat(),
            "either",
        ),
        ([&accounts[..], &secret].concat(), "no TURN server"),
        (
            [&accounts[..], &TURN[1..], &["--turn-secret-file", "/none"]].concat(),
            "check --turn-secret-file",
        ),
    ] {
        let error = dist.site(&args).unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("zzz"), "{error}");
    }
}
