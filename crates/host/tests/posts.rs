//! What portals and others post.

use std::{convert::Infallible, time::Duration};

use crate::support::{Answer, TestDist, captured::Captured, encode, payload, request};
use axum::body::Body;
use futures::stream;
use tokio::time::Instant;

const OURS: [&str; 3] = [
    "page-background-worker.2026",
    "page-background-worker.en",
    "page-background-worker.ru",
];

/// The query part of the fields, as real portals split them.
const IN_QUERY: [&str; 4] = ["DOMAIN", "PROTOCOL", "LANG", "APP_SID"];

/// A sound post with one field changed, or removed by `None`.
fn with(name: &str, value: Option<&str>) -> String {
    let (_, mut fields) = payload("page-background-worker.2026");
    fields.retain(|(key, _)| key != name);
    fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    encode(&fields)
}

#[tokio::test]
async fn the_documented_posts_are_answered_with_the_page() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for name in OURS {
        let (query, fields) = payload(name);
        let page = host
            .post(&format!("/handler?{query}"), encode(&fields))
            .await;
        assert_eq!(page.status, 200, "{name}: {}", page.text());
        assert_eq!(page.config()["boot"], "/assets/boot.1a.js");
        assert!(
            page.header("content-security-policy")
                .contains("frame-ancestors")
        );
        assert_eq!(page.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn fields_may_be_split_between_query_and_body_as_portals_do() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for name in OURS {
        let (_, fields) = payload(name);
        let (query, body): (Vec<_>, Vec<_>) = fields
            .into_iter()
            .partition(|(key, _)| IN_QUERY.contains(&key.as_str()));
        let path = format!("/handler?handler=1&{}", encode(&query));
        assert_eq!(host.post(&path, encode(&body)).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn nothing_of_a_post_comes_back() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for name in OURS {
        let (_, fields) = payload(name);
        let page = host.post("/handler", encode(&fields)).await;
        for (key, value) in fields.iter().filter(|(_, value)| value.len() > 4) {
            assert!(!page.text().contains(value.as_str()), "{name}: {key}");
        }
    }
}

#[tokio::test]
async fn another_placement_is_told_which_one_is_served() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    // The documentation prints this one for CONTACT_CENTER, with a slip in PLACEMENT.
    let answer = host
        .post("/handler", encode(&payload("contact-center.en").1))
        .await;
    assert_eq!(answer.status, 404);
    for name in [
        "CRM_DEAL_DETAIL_TAB",
        "PAGE_BACKGROUND_WORKER",
        "CONTACT_CENTER",
        "REST_APP_URI",
    ] {
        assert!(answer.text().contains(name), "{}", answer.text());
    }
}

#[tokio::test]
async fn each_placement_gets_its_page() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for (name, placement, page) in [
        ("page-background-worker.en", None, "b24-config"),
        (
            "contact-center.en",
            Some("CONTACT_CENTER"),
            "data-page=\"connection\"",
        ),
        (
            "contact-center.en",
            Some("DEFAULT"),
            "data-page=\"connection\"",
        ),
        ("rest-app-uri.en", None, "data-page=\"link\""),
    ] {
        let (query, mut fields) = payload(name);
        if let Some(placement) = placement {
            fields.retain(|(key, _)| key != "PLACEMENT");
            fields.push(("PLACEMENT".into(), placement.into()));
        }
        let answer = host
            .post(&format!("/handler?{query}"), encode(&fields))
            .await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert!(answer.text().contains(page), "{name}");
        assert!(!answer.text().contains("__B24_"), "{name}");
        for (key, value) in fields.iter().filter(|(_, value)| value.len() > 20) {
            assert!(!answer.text().contains(value.as_str()), "{name}: {key}");
        }
        assert!(
            answer
                .policy("frame-ancestors")
                .contains(&"https://*.bitrix24.com")
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_placement_that_is_no_name_is_not_repeated() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    let long = "A".repeat(65);
    for value in ["<script>", "page_background_worker", "A B", &long] {
        let answer = host.post("/handler", with("PLACEMENT", Some(value))).await;
        assert_eq!(answer.status, 404);
        assert!(!answer.text().contains(value), "{}", answer.text());
        assert!(answer.header("content-type").starts_with("text/plain"));
    }
}

/// Field, value and what is said of it: without these it is no portal's post.
const NO_PORTALS: [(&str, Option<&str>, &str); 22] = [
    ("DOMAIN", None, "is missing"),
    ("DOMAIN", Some(""), "is empty"),
    ("DOMAIN", Some("https://zzz.bitrix24.com"), "host name"),
    ("DOMAIN", Some("zzz.bitrix24.com/x"), "host name"),
    ("DOMAIN", Some("zzz bitrix24.com"), "host name"),
    ("DOMAIN", Some("zzz.bitrix24.com:"), "host name"),
    ("DOMAIN", Some("zzz.bitrix24.com:0"), "host name"),
    ("DOMAIN", Some("zzz.bitrix24.com:65536"), "host name"),
    ("DOMAIN", Some("zzz.bitrix24.com:https"), "host name"),
    ("DOMAIN", Some("zzz@evil.example"), "host name"),
    ("DOMAIN", Some("-zzz.example"), "host name"),
    ("DOMAIN", Some("zzz..example"), "host name"),
    ("DOMAIN", Some("zzz\r\nSet-Cookie: a=b"), "host name"),
    ("DOMAIN", Some("<zzz>"), "host name"),
    ("APP_SID", None, "is missing"),
    ("APP_SID", Some(""), "is empty"),
    ("APP_SID", Some("zzz|1"), "letters, digits"),
    ("APP_SID", Some("zzz zzz"), "letters, digits"),
    ("APP_SID", Some("<zzz>"), "letters, digits"),
    ("APP_SID", Some("zzzé"), "letters, digits"),
    ("PLACEMENT", None, "is missing"),
    ("PLACEMENT", Some(""), "is empty"),
];

/// What the pages do not need: odd, and served all the same. The install page is strict.
const ODD: [(&str, Option<&str>, &str); 34] = [
    ("PROTOCOL", Some("zzz"), "neither 0 nor 1"),
    ("PROTOCOL", Some(""), "neither 0 nor 1"),
    ("LANG", Some(""), "language"),
    ("LANG", Some("zzz en"), "language"),
    ("LANG", Some("../zzz"), "language"),
    ("member_id", Some(""), "is empty"),
    ("member_id", Some("zzz-1"), "letters and digits"),
    ("member_id", Some("zzz' OR 1=1"), "letters and digits"),
    ("AUTH_ID", Some(""), "is empty"),
    ("AUTH_ID", Some("zzz zzz"), "not a token"),
    ("AUTH_ID", Some("zzz\r\nX: y"), "not a token"),
    ("REFRESH_ID", Some(""), "is empty"),
    ("REFRESH_ID", Some("<zzz>"), "not a token"),
    ("SERVER_ENDPOINT", Some(""), "not an address"),
    ("SERVER_ENDPOINT", Some("zzz"), "not an address"),
    ("SERVER_ENDPOINT", Some("file:///zzz"), "not an address"),
    (
        "SERVER_ENDPOINT",
        Some("https://zzz@evil.example/"),
        "not an address",
    ),
    ("status", Some(""), "is none of"),
    ("status", Some("zzz"), "is none of"),
    ("status", Some("l"), "is none of"),
    ("APPLICATION_TOKEN", Some(""), "is empty"),
    ("APPLICATION_TOKEN", Some("zzz\0"), "not a token"),
    ("APPLICATION_SCOPE", Some("zzz;zzz"), "list of scopes"),
    ("AUTH_EXPIRES", Some("3600zzz"), "whole number"),
    ("AUTH_EXPIRES", Some("zzz"), "whole number"),
    ("AUTH_EXPIRES", Some(""), "whole number"),
    ("AUTH_EXPIRES", Some("-3600"), "whole number"),
    ("AUTH_EXPIRES", Some("99999999999999999999"), "whole number"),
    ("PLACEMENT_OPTIONS", Some("{\"zzz\":"), "JSON"),
    ("PLACEMENT_OPTIONS", Some(""), "JSON"),
    ("PLACEMENT_OPTIONS", Some("undefined"), "JSON"),
    ("PLACEMENT_OPTIONS", Some("zzz"), "JSON"),
    ("PLACEMENT_OPTIONS", Some("\"zzz\""), "JSON"),
    (
        "PLACEMENT_OPTIONS",
        Some("\"{\\\"ID\\\":\\\"zzz\\\"}\""),
        "JSON",
    ),
];

fn is_told(answer: &Answer, name: &str, value: Option<&str>, cause: &str) {
    let case = format!("{name}={value:?}: {}", answer.text());
    assert_eq!(answer.status, 400, "{case}");
    assert!(answer.text().starts_with(&format!("{name} ")), "{case}");
    assert!(answer.text().contains(cause), "{case}");
    assert!(
        answer
            .text()
            .split_once(": ")
            .is_some_and(|(_, cure)| cure.len() > 10),
        "{case}"
    );
    assert!(!answer.text().contains("zzz"), "{case}");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn a_post_that_no_portal_sends_is_told_field_cause_and_cure_but_no_value() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for (name, value, cause) in NO_PORTALS {
        let answer = host.post("/handler", with(name, value)).await;
        is_told(&answer, name, value, cause);
    }
}

#[tokio::test]
async fn what_the_page_does_not_need_may_be_odd_and_is_counted() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for (name, value, cause) in ODD {
        let log = Captured::start();
        let before = host.app.backend.metrics.count("post_odd");
        let page = host.post("/handler", with(name, value)).await;
        assert_eq!(page.status, 200, "{name}={value:?}: {}", page.text());
        assert!(page.text().contains("b24-config"), "{name}={value:?}");
        assert!(!page.text().contains("zzz"), "{name}={value:?}");
        let counted = host.app.backend.metrics.count("post_odd") - before;
        assert_eq!(counted, 1, "{name}={value:?}");
        let log = log.text();
        let warning = log.lines().find(|it| it.contains("odd field"));
        assert!(
            warning.is_some_and(|it| it.contains("WARN") && it.contains(name)),
            "{name}={value:?}: {log}"
        );
        let install = host.post("/install", with(name, value)).await;
        is_told(&install, name, value, cause);
    }
}

#[tokio::test]
async fn fields_that_a_portal_leaves_out_are_not_missed() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for name in [
        "PROTOCOL",
        "member_id",
        "AUTH_EXPIRES",
        "PLACEMENT_OPTIONS",
        "LANG",
        "AUTH_ID",
    ] {
        assert_eq!(
            host.post("/handler", with(name, None)).await.status,
            200,
            "{name}"
        );
    }
    let unusual = [
        ("DOMAIN", "portal.localhost:8081"),
        ("DOMAIN", "192.168.1.5"),
        ("PROTOCOL", "0"),
        ("PLACEMENT_OPTIONS", "[]"),
        ("SOMETHING_NEW", "%"),
    ];
    for (name, value) in unusual {
        assert_eq!(
            host.post("/handler", with(name, Some(value))).await.status,
            200,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused_whatever_it_holds() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for kind in [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
    ] {
        let headers = [("content-type", kind)];
        let answer = host
            .send(request("POST", "/handler", &headers, with("", None)))
            .await;
        assert_eq!(answer.status, 415, "{kind}");
        assert!(answer.text().contains("application/x-www-form-urlencoded"));
    }
    let answer = host
        .send(request("POST", "/handler", &[], with("", None)))
        .await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn a_form_may_name_its_charset() {
    let dist = TestDist::new();
    let headers = [(
        "content-type",
        "Application/X-WWW-Form-Urlencoded ; charset=UTF-8",
    )];
    let request = request("POST", "/handler", &headers, with("", None));
    assert_eq!(dist.host(&[]).await.send(request).await.status, 200);
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_with_or_without_a_declared_length() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    let sound = with("", None);
    let fill = |size: usize| format!("{sound}&x={}", "a".repeat(size - sound.len() - 3));
    assert_eq!(host.post("/handler", fill(64 * 1024)).await.status, 200);

    let answer = host.post("/handler", fill(64 * 1024 + 1)).await;
    assert_eq!(answer.status, 413);
    assert!(answer.text().contains("64 KiB"));

    let form = ("content-type", "application/x-www-form-urlencoded");
    let lying = request(
        "POST",
        "/handler",
        &[form, ("content-length", "999999999")],
        "",
    );
    assert_eq!(host.send(lying).await.status, 413);
}

#[tokio::test]
async fn bytes_that_are_no_text_do_no_harm() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    for body in [
        &b"\xff\xfe=\xff&%zz=%&&==&\0"[..],
        b"",
        b"&",
        b"=",
        b"DOMAIN=%ff%fe",
    ] {
        let answer = host.post("/handler", Body::from(body.to_vec())).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text().starts_with("DOMAIN "), "{}", answer.text());
    }
    assert_eq!(
        host.post("/handler?%ff=%&&=", with("", None)).await.status,
        200
    );
}

#[tokio::test]
async fn a_body_that_does_not_come_to_its_end_is_given_up() {
    let dist = TestDist::new();
    let host = dist.host(&[]).await;
    tokio::time::pause();
    let began = Instant::now();
    for path in ["/handler", "/error?portal=x"] {
        let never = Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = host.send(request("POST", path, &form, never)).await;
        assert_eq!(answer.status, 408, "{path}");
    }
    assert!(began.elapsed() < Duration::from_secs(30));
}
