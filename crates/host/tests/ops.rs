//! What operations rely on.

use std::fs;

use crate::support::{TestDist, portal::Portal, standing_clock};
use b24_host::{app::App, cli::Cli, clock::Clock};
use clap::Parser;

async fn start_error(dist: &TestDist, args: &[&str]) -> String {
    let folder = dist.path().to_str().unwrap();
    let data = dist.data().to_str().unwrap().to_owned();
    let all = [&["b24-host", "--dist", folder, "--data", &data], args].concat();
    let cli = Cli::try_parse_from(all).unwrap();
    App::new(&cli, Clock::System)
        .await
        .err()
        .map(|it| it.to_string())
        .unwrap_or_default()
}

#[tokio::test]
async fn health_readiness_and_metrics_are_told() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    assert_eq!(host.get("/health").await.text(), "ok");
    assert_eq!(host.get("/ready").await.text(), "ready");
    let metrics = host.get("/metrics").await;
    let text = metrics.text();
    assert!(
        metrics
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    for line in [
        "b24_host_requests_total{route=\"/install\",status=\"200\"} 1",
        "b24_host_rest_calls_total{method=\"placement.bind\",outcome=\"ok\"} 3",
        "b24_host_events_total{event=\"installed\"} 1",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(
        !text.contains("127.0.0.1") && !text.contains("access"),
        "{text}"
    );
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_told_to_wait() {
    let dist = TestDist::new();
    let host = dist.host(&["--rate-limit", "3"]).await;
    for _ in 0..3 {
        assert_eq!(host.post("/install", "").await.status, 400);
    }
    let answer = host.post("/error?portal=x", "").await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "60");
    // Pages, and what a balancer asks, go on.
    assert_eq!(host.get("/handler").await.status, 200);
    for path in ["/ready", "/metrics", "/ready"] {
        assert_eq!(host.get(path).await.status, 200);
    }
    for path in ["/ready", "/metrics"] {
        assert_eq!(host.get(path).await.status, 429, "{path}");
    }
}

#[tokio::test]
async fn no_stranger_chooses_what_is_counted() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    let mut lines = Vec::new();
    for round in 0..2 {
        for number in 0..50 {
            for path in [
                "/nowhere",
                "/assets/none",
                "/settings/a1",
                "/pbx/a1/calls/c/show",
            ] {
                host.method("GET", &format!("{path}{round}x{number}")).await;
            }
            host.method(&format!("X{round}X{number}"), "/handler").await;
        }
        lines.push(host.get("/metrics").await.text().lines().count());
    }
    assert_eq!(
        lines[0] + 1,
        lines[1],
        "that of /metrics itself is the only new one"
    );
}

#[tokio::test]
async fn a_shared_database_needs_a_key_and_every_host_the_same() {
    let dist = TestDist::new();
    let error = start_error(&dist, &["--database", "postgres://127.0.0.1:1/none"]).await;
    assert!(
        error.contains("no key") && error.contains("--key-file"),
        "{error}"
    );
    let error = start_error(&dist, &["--database", "mysql://127.0.0.1/none"]).await;
    assert!(error.contains("postgres://"), "{error}");

    assert_eq!(start_error(&dist, &[]).await, "");
    let key = dist.data().join("key");
    assert_eq!(fs::read_to_string(&key).unwrap().trim().len(), 44);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&key).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::metadata(dist.data()).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
    fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let error = start_error(&dist, &[]).await;
    assert!(
        error.contains("not the one this database was sealed with"),
        "{error}"
    );
    fs::write(&key, "c2VjcmV0LWtleS10aGF0LWlzLXNob3J0").unwrap();
    let error = start_error(&dist, &[]).await;
    assert!(
        error.contains("openssl rand") && !error.contains("c2Vjc"),
        "{error}"
    );
}

#[tokio::test]
async fn malformed_options_are_told_with_their_cure() {
    let dist = TestDist::new();
    for (args, says) in [
        (&["--client-id", "app.1"][..], "--client-secret-file"),
        (
            &["--public-url", "calls.example.com"],
            "https://calls.example.com",
        ),
        (
            &["--public-url", "https://calls.example.com/x"],
            "https://calls.example.com",
        ),
        (&["--oauth-server", "http://oauth.example.com"], "https"),
        (&["--oauth-server", "oauth"], "--oauth-server"),
        (&["--title", "Calls"], "en=Calls"),
        (&["--key-file", "no/such/key"], "openssl rand"),
    ] {
        let error = start_error(&dist, args).await;
        assert!(error.contains(says), "{args:?}: {error}");
    }
}
