//! What the page may do and who may frame it.

use std::collections::HashSet;

use crate::support::TestDist;

#[tokio::test]
async fn every_response_has_a_nonce_of_its_own_on_each_script() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let page = host.get("/handler").await;
        let source = page.policy("script-src")[0].to_owned();
        let nonce = source
            .strip_prefix("'nonce-")
            .unwrap()
            .strip_suffix('\'')
            .unwrap();
        assert!(nonce.len() >= 22, "128 bits");
        assert_eq!(
            page.text().matches(&format!("nonce=\"{nonce}\"")).count(),
            2
        );
        assert!(!page.text().contains("__B24_"));
        assert!(seen.insert(source));
    }
}

#[tokio::test]
async fn the_given_portals_may_frame_the_page_beside_the_clouds_or_alone() {
    let dist = TestDist::new();
    let named = [
        "--portal",
        "https://crm.example.com",
        "--portal",
        "http://portal.localhost:8081/",
    ];
    let page = dist.host(&named).await.get("/handler").await;
    let framers = page.policy("frame-ancestors");
    for origin in [
        "https://crm.example.com",
        "http://portal.localhost:8081",
        "https://*.bitrix24.com",
    ] {
        assert!(framers.contains(&origin), "{origin}");
    }
    assert_eq!(page.header("x-frame-options"), "");

    let alone = [&named[..], &["--only-named-portals"]].concat();
    let page = dist.host(&alone).await.get("/handler").await;
    assert_eq!(
        page.policy("frame-ancestors"),
        ["https://crm.example.com", "http://portal.localhost:8081"]
    );
}

#[tokio::test]
async fn without_portals_those_of_the_cloud_may_frame_it() {
    let dist = TestDist::new();
    let page = dist.host(&[]).await.get("/handler").await;
    let framers = page.policy("frame-ancestors");
    for domain in [
        "com", "ru", "de", "eu", "com.br", "vn", "mx", "co", "id", "tech",
    ] {
        assert!(
            framers.contains(&format!("https://*.bitrix24.{domain}").as_str()),
            "{domain}"
        );
    }
    assert!(
        framers
            .iter()
            .all(|it| it.starts_with("https://*.bitrix24."))
    );
}

#[tokio::test]
async fn the_policy_allows_what_the_worker_needs_and_nothing_else() {
    let dist = TestDist::new();
    let page = dist.host(&[]).await.get("/handler").await;
    assert_eq!(page.policy("default-src"), ["'none'"]);
    assert_eq!(page.policy("base-uri"), ["'none'"]);
    assert_eq!(page.policy("form-action"), ["'none'"]);
    assert_eq!(
        page.policy("script-src")[1..],
        [
            "'strict-dynamic'",
            "'wasm-unsafe-eval'",
            "'self'",
            "https://api.bitrix24.com"
        ]
    );
    assert_eq!(page.policy("connect-src"), ["'self'", "https:", "wss:"]);
    assert!(page.policy("media-src").contains(&"mediastream:"));
    assert!(
        !page
            .header("content-security-policy")
            .contains("unsafe-inline")
    );
}

#[tokio::test]
async fn connections_without_tls_are_named_one_by_one() {
    let dist = TestDist::new();
    let page = dist
        .host(&[
            "--portal",
            "http://portal.localhost:8081",
            "--bx24-js",
            "http://scripts.localhost:8082/api/v1/",
            "--adapter-options",
            r#"{"deep":[{"network":"ws://phone.localhost:8083/phone?a=b"}],"t":"wss://x.com"}"#,
        ])
        .await
        .get("/handler")
        .await;
    assert_eq!(
        page.policy("connect-src"),
        [
            "'self'",
            "https:",
            "wss:",
            "http://portal.localhost:8081",
            "http://scripts.localhost:8082",
            "ws://phone.localhost:8083",
        ]
    );
}

#[tokio::test]
async fn microphone_camera_and_autoplay_stay_as_the_portal_grants_them() {
    let dist = TestDist::new();
    let page = dist.host(&[]).await.get("/handler").await;
    for feature in ["microphone", "camera", "autoplay"] {
        assert!(
            !page.header("permissions-policy").contains(feature),
            "{feature}"
        );
    }
}
