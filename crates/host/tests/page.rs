//! The handler page as it is served.

use std::{fs, io::Read};

use crate::support::{TestDist, request};
use serde_json::json;

#[tokio::test]
async fn the_page_carries_the_configuration_of_manifest_and_command_line() {
    let dist = TestDist::new();
    let host = dist
        .host(&[
            "--bx24-js",
            "http://portal.localhost:8081/api/v1/",
            "--adapter",
            "sip",
            "--adapter-options",
            r#"{"server":"wss://sip.example.com","n":[1]}"#,
            "--line",
            "+15550100",
            "--line",
            "+15550101",
        ])
        .await;
    let page = host.get("/handler").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let mut config = page.config();
    let hub = config.as_object_mut().unwrap().remove("hub").unwrap();
    assert_eq!(hub["script"], "/assets/hub.0d.js");
    assert_eq!(hub["wasm"], "/assets/hub_bg.1e.wasm");
    assert!(hub["version"].as_u64().is_some_and(|made| made > 0));
    assert_eq!(
        config,
        json!({
            "bx24": "http://portal.localhost:8081/api/v1/",
            "boot": "/assets/boot.1a.js",
            "glue": "/assets/worker.2b.js",
            "wasm": "/assets/worker_bg.3c.wasm",
            "adapter": {
                "module": "/assets/sip.5e.js",
                "options": { "server": "wss://sip.example.com", "n": [1] },
            },
            "worker": { "lines": ["+15550100", "+15550101"] },
            "diagnostics": "/assets/diagnostics.8b.js",
            "serviceWorker": "/service-worker.js",
            "texts": "/assets/texts.9d.js",
            "version": env!("CARGO_PKG_VERSION"),
        })
    );
}

#[tokio::test]
async fn a_page_that_speaks_to_the_portal_directly_is_told_by_what() {
    let dist = TestDist::new();
    let through = dist.host(&[]).await.get("/handler").await;
    assert_eq!(through.config().get("direct"), None);
    let host = dist.host(&["--transport", "direct"]).await;
    let page = host.get("/handler").await;
    assert_eq!(page.config()["direct"], "/assets/direct.2c.js");
}

#[tokio::test]
async fn browsers_keep_the_page_and_a_host_that_is_to_do_without_ends_what_they_have() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    let script = host.get("/service-worker.js").await;
    assert_eq!(script.status, 200);
    assert_eq!(script.text(), "// keeps the page");
    assert_eq!(script.header("content-type"), "text/javascript");
    // A browser has to hear of another one.
    assert_eq!(script.header("cache-control"), "no-cache");

    let host = dist.host(&["--no-service-worker"]).await;
    assert_eq!(
        host.get("/handler").await.config().get("serviceWorker"),
        None
    );
    let script = host.get("/service-worker.js").await;
    assert!(script.text().contains("registration.unregister()"));
    assert_eq!(script.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn an_error_codes_link_leads_to_the_page_of_the_build_that_is_served() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    let way = host.get("/errors").await;
    assert_eq!(way.status, 307);
    assert_eq!(way.header("location"), "/assets/errors.3e.html");
    let page = host.get(way.header("location")).await;
    assert_eq!(page.text(), "<h3>HUB</h3>");
    assert_eq!(page.header("content-type"), "text/html");
}

#[tokio::test]
async fn a_host_that_records_tells_the_page_and_one_that_does_not_is_silent() {
    let dist = TestDist::new();
    let options = r#"{"transfer":"blind","statusTexts":{"connected":"Verbunden"}}"#;
    let host = dist
        .host(&[
            "--record",
            "--record-options",
            r#"{"toneSeconds":15}"#,
            "--worker-options",
            options,
            "--line",
            "+15550100",
        ])
        .await;
    let config = host.get("/handler").await.config();
    assert_eq!(
        config["recorder"],
        json!({ "module": "/assets/recorder.6f.js", "options": { "toneSeconds": 15 } })
    );
    assert_eq!(
        config["worker"],
        json!({
            "lines": ["+15550100"],
            "transfer": "blind",
            "statusTexts": { "connected": "Verbunden" },
        })
    );
    let config = dist.host(&[]).await.get("/handler").await.config();
    assert!(config.get("recorder").is_none());
    for (args, says) in [
        (
            &["--record-options", r#"{"toneSeconds":15}"#][..],
            "add --record",
        ),
        (
            &["--record", "--record-options", r#"{"toneSecond":15}"#],
            "did you mean \"toneSeconds\"",
        ),
    ] {
        let refused = dist.site(args).unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
    }
}

#[test]
fn only_the_sip_adapters_are_told_to_read_an_account_as_their_options() {
    let dist = TestDist::new();
    dist.write("assets/jssip.9c.js", "export {};");
    let manifest = fs::read_to_string(dist.path().join("manifest.json")).unwrap();
    let manifest = manifest.replacen('{', r#"{"adapters/jssip.js":"jssip.9c.js","#, 1);
    dist.write("manifest.json", &manifest);
    let page = |args: &[&str]| dist.site(args).unwrap().page.with_nonce("n");
    for (adapter, sip) in [("jssip", true), ("loopback", false)] {
        let page = page(&["--accounts", "--client-id", "app.1", "--adapter", adapter]);
        let says =
            format!(r#""account":{{"module":"/assets/account.7a.js","sip":{sip},"turn":false}}"#);
        assert!(page.contains(&says), "{page}");
    }
    assert!(!page(&[]).contains(r#""account""#));
}

#[tokio::test]
async fn without_options_the_page_gets_the_loopback_and_the_public_bx24_js() {
    let dist = TestDist::new();
    let config = dist.host(&[]).await.get("/handler").await.config();
    assert_eq!(config["bx24"], "https://api.bitrix24.com/api/v1/");
    assert_eq!(
        config["adapter"],
        json!({ "module": "/assets/loopback.4d.js", "options": {} })
    );
    assert_eq!(config["worker"], json!({}));
}

#[tokio::test]
async fn an_option_cannot_leave_the_script_element() {
    let dist = TestDist::new();
    let hostile = "</script><script>alert(1)//\u{2028}\u{2029}<!--";
    let options = json!({ "a": hostile }).to_string();
    let page = dist
        .host(&["--adapter-options", &options])
        .await
        .get("/handler")
        .await;
    assert!(!page.text().contains("alert(1)//\u{2028}"));
    assert!(!page.text().contains("</script><script>alert"));
    assert!(!page.text().contains("<!--"));
    assert_eq!(page.config()["adapter"]["options"]["a"], hostile);
}

#[tokio::test]
async fn an_adapter_may_be_a_url_whose_origin_is_trusted_with_scripts() {
    let dist = TestDist::new();
    let page = dist
        .host(&["--adapter", "https://cdn.example.com/phone.js?v=1"])
        .await
        .get("/handler")
        .await;
    assert_eq!(
        page.config()["adapter"]["module"],
        "https://cdn.example.com/phone.js?v=1"
    );
    assert!(
        page.policy("script-src")
            .contains(&"https://cdn.example.com")
    );
}

#[tokio::test]
async fn the_page_is_never_stored_and_never_sniffed() {
    let dist = TestDist::new();
    let page = dist.host(&[]).await.get("/handler").await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(
        page.header("referrer-policy"),
        "strict-origin-when-cross-origin"
    );
}

#[tokio::test]
async fn a_page_that_is_long_is_compressed_as_the_browser_asks() {
    let dist = TestDist::new();
    let short = dist.host(&[]).await.get_accepting("/handler", "br").await;
    assert_eq!(short.header("content-encoding"), "");

    let options = format!(r#"{{"n":[{}1]}}"#, "1,".repeat(10_000));
    let long = ["--adapter", "sip", "--adapter-options", &options];
    let host = dist.host(&long).await;
    let plain = host.get("/handler").await;
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain.header("vary").to_ascii_lowercase(), "accept-encoding");

    let brotli = host.get_accepting("/handler", "gzip, deflate, br").await;
    assert_eq!(brotli.header("content-encoding"), "br");
    assert!(brotli.bytes.len() < plain.bytes.len());

    let gzip = host.get_accepting("/handler", "gzip").await;
    assert_eq!(gzip.header("content-encoding"), "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(gzip.bytes.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.contains("/assets/boot.1a.js"));
}

#[tokio::test]
async fn head_has_the_headers_without_the_page() {
    let dist = TestDist::new();
    let head = dist.host(&[]).await.method("HEAD", "/handler").await;
    assert_eq!(head.status, 200);
    assert!(head.bytes.is_empty());
    assert!(
        head.header("content-security-policy")
            .contains("frame-ancestors")
    );
}

#[tokio::test]
async fn a_get_serves_the_page_whatever_its_query_says() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for query in [
        "?DOMAIN=a.bitrix24.com&APP_SID=1f&PROTOCOL=1&LANG=en",
        "?DOMAIN=%%",
        "?x",
    ] {
        let page = host.get(&format!("/handler{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(!page.text().contains("a.bitrix24.com"));
    }
}

#[tokio::test]
async fn other_methods_are_told_which_ones_the_page_takes() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = host.send(request(method, "/handler", &[], "")).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "GET,HEAD,POST");
    }
}

#[tokio::test]
async fn an_unknown_path_names_the_known_ones() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for path in [
        "/",
        "/handler/",
        "/handler.html",
        "/manifest.json",
        "/a?b=c",
    ] {
        let answer = host.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.header("content-type").starts_with("text/plain"));
        assert!(answer.text().contains("/handler"));
    }
}

#[tokio::test]
async fn the_health_check_answers_ok() {
    let dist = TestDist::new();
    let answer = dist.host(&[]).await.get("/healthz").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "ok"));
}
