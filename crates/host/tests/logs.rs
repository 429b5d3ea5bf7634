//! What is logged, and what never is.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use support::{TestDist, captured::Captured, encode, payload};
use tracing::Level;

// One test alone in its process: others would log into it, or mute it.
#[tokio::test]
async fn the_log_tells_what_happened_without_a_token_or_number() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let dist = TestDist::new();
    let options = r#"{"password":"hunter2hunter2"}"#;
    let host = dist
        .host(&["--line", "+15550100", "--adapter-options", options])
        .await;
    let (_, fields) = payload("page-background-worker.2026");
    let form = encode(&fields);
    assert_eq!(host.post("/handler", form.clone()).await.status, 200);
    assert_eq!(
        host.get(&format!("/handler?{form}&phone=%2B15550199"))
            .await
            .status,
        200
    );
    assert_eq!(
        host.post("/handler?PHONE=15550199", format!("{form}&APP_SID=."))
            .await
            .status,
        400
    );
    assert_eq!(host.get("/15550199").await.status, 404);
    assert_eq!(host.get("/assets/15550199.js?t=15550199").await.status, 404);
    assert_eq!(host.method("X15550199", "/handler").await.status, 405);

    let log = captured.text();
    for (name, value) in fields.iter().filter(|(_, value)| value.len() > 4) {
        // The placement's own name is no secret.
        if name != "PLACEMENT" && name != "APPLICATION_SCOPE" {
            assert!(
                !log.contains(value.as_str()),
                "{name} is in the log:\n{log}"
            );
        }
    }
    for secret in ["15550100", "15550199", "hunter2"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    for told in [
        "\"/handler\"",
        "\"/assets/{*file}\"",
        "\"status\":400",
        "APP_SID is not made of",
    ] {
        assert!(log.contains(told), "{told} is not in the log:\n{log}");
    }
}
