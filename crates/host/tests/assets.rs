//! The hashed assets.

use crate::support::{BOOT, TestDist, request};

#[tokio::test]
async fn modules_and_wasm_have_the_types_that_browsers_insist_on() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    let script = host.get("/assets/boot.1a.js").await;
    assert_eq!(script.status, 200);
    assert!(script.header("content-type").starts_with("text/javascript"));
    assert_eq!(script.text(), BOOT);
    let wasm = host.get("/assets/worker_bg.3c.wasm").await;
    assert_eq!(wasm.header("content-type"), "application/wasm");
    assert_eq!(wasm.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn a_found_asset_is_kept_for_good() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for path in ["/assets/boot.1a.js", "/assets/boot.1a.js?retry=1"] {
        let answer = host.get(path).await;
        assert_eq!(
            answer.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
    }
}

#[tokio::test]
async fn any_origin_may_load_an_asset() {
    let dist = TestDist::new();
    let answer = dist.host(&[]).await.get("/assets/boot.1a.js").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(
        answer.header("cross-origin-resource-policy"),
        "cross-origin"
    );
}

#[tokio::test]
async fn the_copy_that_the_browser_prefers_is_served() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for (accepted, encoding, text) in [
        ("gzip, deflate, br, zstd", "br", "as brotli"),
        ("gzip", "gzip", "as gzip"),
        ("br;q=0, gzip", "gzip", "as gzip"),
        ("identity", "", BOOT),
    ] {
        let answer = host.get_accepting("/assets/boot.1a.js", accepted).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{accepted}");
        assert_eq!(answer.text(), text, "{accepted}");
        assert!(answer.header("content-type").starts_with("text/javascript"));
        assert_eq!(answer.header("vary"), "Accept-Encoding");
    }
}

#[tokio::test]
async fn an_asset_without_copies_is_served_as_it_is() {
    let dist = TestDist::new();
    let answer = dist
        .host(&[])
        .await
        .get_accepting("/assets/sip.5e.js", "br, gzip")
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-encoding"), "");
}

#[tokio::test]
async fn a_missing_asset_is_never_remembered() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for path in [
        "/assets/boot.old.js",
        "/assets/",
        "/assets",
        "/assets/none/",
        "/assets/%ff",
    ] {
        let answer = host.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(
            answer.header("content-type").starts_with("text/plain"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_can_be_read() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for path in [
        "/assets/../manifest.json",
        "/assets/..%2fmanifest.json",
        "/assets/%2e%2e/manifest.json",
        "/assets//etc/hosts",
        "/assets/..%5cmanifest.json",
    ] {
        assert_eq!(host.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn head_tells_the_size_and_sends_nothing() {
    let dist = TestDist::new();
    let answer = dist
        .host(&[])
        .await
        .method("HEAD", "/assets/boot.1a.js")
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-length"), BOOT.len().to_string());
    assert!(answer.bytes.is_empty());
}

#[tokio::test]
async fn assets_cannot_be_written() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = host
            .send(request(method, "/assets/boot.1a.js", &[], "x"))
            .await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "GET,HEAD");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}
