//! The log of what the host has asked of portals.

use std::fs;

use crate::support::{
    TestDist,
    portal::Portal,
    process::{Process, arguments},
};
use serde_json::Value;

#[tokio::test]
async fn every_call_is_logged_with_its_outcome_and_without_a_token_or_a_number() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = arguments(&dist, &portal, &[]).await;
    let host = Process::start(&dist, &args).await;
    let login = portal.login(1);
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

#[tokio::test]
async fn todays_calls_and_those_of_three_days_before_are_kept() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = arguments(&dist, &portal, &[]).await;
    let folder = dist.data().join("rest-log");
    fs::create_dir_all(&folder).unwrap();
    let mut last = None;
    for day in 1..=6 {
        let path = folder.join(format!("2026-01-0{day}.jsonl"));
        // Which one is older is told by when it was made, and the file system's clock ticks.
        loop {
            fs::write(&path, "{}\n").unwrap();
            let made = fs::metadata(&path).unwrap().created().ok();
            if made > last {
                last = made;
                break;
            }
            fs::remove_file(&path).unwrap();
        }
    }
    let host = Process::start(&dist, &args).await;
    let form = portal.install_form(&portal.login(1));
    host.post("/install", &form).await;
    host.kill().await;
    let files = fs::read_dir(&folder).unwrap();
    let mut names: Vec<String> = files
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(
        names[..3],
        ["2026-01-04.jsonl", "2026-01-05.jsonl", "2026-01-06.jsonl"]
    );
}
