//! The log of what the host has asked of portals.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use std::fs;

use serde_json::Value;
use support::{TestDist, database, portal::Portal, process::Process};

#[tokio::test]
async fn every_call_is_logged_with_its_outcome_and_without_a_token_or_a_number() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let mut args = database::fresh(&dist.data()).await;
    args.extend(portal.args(&dist.data()));
    let host = Process::start(&dist, &args).await;
    let login = portal.login(1, true);
    host.post("/install", &portal.install_form(&login)).await;
    let refused = serde_json::json!({ "error": "insufficient_scope" });
    portal.answer("pull.application.event.add", 403, refused);
    host.post("/events", &portal.click("c.1")).await;
    host.kill().await;

    let folder = dist.data().join("rest-log");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(files.len(), 1);
    let text = fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let of = |name: &str| {
        lines
            .iter()
            .find(|it| it["url"].as_str().unwrap().contains(name))
            .unwrap()
    };
    let bind = of("/rest/placement.bind");
    assert_eq!(bind["status"], 200);
    assert!(
        bind["parameters"].as_str().unwrap().contains("HANDLER"),
        "{bind}"
    );
    assert!(
        bind["timestamp"].is_string() && bind["ms"].is_number(),
        "{bind}"
    );
    assert_eq!(of("/oauth/token")["status"], 200);
    let signal = of("pull.application.event.add");
    assert_eq!(
        (&signal["status"], &signal["code"]),
        (&403.into(), &"insufficient_scope".into())
    );
    for secret in [&login.0, &login.1, "s3cr3t", "15550199", "apptoken1"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
