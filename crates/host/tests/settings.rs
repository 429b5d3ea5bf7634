//! An operator's settings are the operator's alone.

use crate::support::{TestDist, portal::Portal, request, standing_clock};
use b24_host::store::FIELDS;
use serde_json::{Map, Value, json};

fn value(field: &str) -> String {
    match field {
        "server" => "wss://sip.example.com/zzz".into(),
        "ice" => "turn:zzz.example.com".into(),
        _ => format!("zzz-{field}"),
    }
}

fn all() -> String {
    let fields: Map<String, Value> = FIELDS
        .iter()
        .map(|it| ((*it).into(), json!(value(it))))
        .collect();
    Value::Object(fields).to_string()
}

#[tokio::test]
async fn no_field_can_be_read_or_written_with_another_users_or_portals_identity() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let other = portal.neighbour("b2");
    let host = dist.installed(&portal, &standing_clock().0).await;
    let form = other.install_form(&other.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    let (owner, colleague, admin) = (portal.login(7).0, portal.login(8).0, portal.login(1).0);
    // The same user id, on another portal.
    let namesake = other.login(7).0;
    let expired = portal.login(7).0;
    portal.simulator.expire(&expired);
    assert_eq!(
        host.ask("PUT", "/settings/a1/7", &owner, &all())
            .await
            .status,
        204
    );

    for field in FIELDS {
        let own = host
            .ask("GET", &format!("/settings/a1/7/{field}"), &owner, "")
            .await;
        assert_eq!(own.status, 200);
        assert_eq!(own.text(), json!({ field: value(field) }).to_string());
        assert_eq!(own.header("cache-control"), "no-store");
        for (who, token) in [
            ("a colleague", &colleague),
            ("the administrator", &admin),
            ("a namesake of another portal", &namesake),
            ("an expired token", &expired),
            ("an invented token", &"invented".to_owned()),
        ] {
            let path = format!("/settings/a1/7/{field}");
            let answer = host.ask("GET", &path, token, "").await;
            assert_eq!(answer.status, 403, "{who}, {field}");
            assert!(!answer.text().contains("zzz"), "{who}, {field}");
            let body = json!({ field: "" }).to_string();
            let answer = host.ask("PUT", "/settings/a1/7", token, &body).await;
            assert_eq!(answer.status, 403, "{who}, {field}");
        }
        for (path, token) in [
            ("/settings/b2/7", &owner),
            ("/settings/zz/7", &owner),
            ("/settings/a1/07", &colleague),
        ] {
            let answer = host.ask("GET", &format!("{path}/{field}"), token, "").await;
            assert_eq!(answer.status, 403, "{path}");
        }
        let nobody = host
            .send(request("GET", &format!("/settings/a1/7/{field}"), &[], ""))
            .await;
        assert_eq!(nobody.status, 401);
    }
    // Each has their own.
    assert_eq!(
        host.ask("GET", "/settings/a1/me", &colleague, "")
            .await
            .text(),
        "{}"
    );
    assert_eq!(
        host.ask("GET", "/settings/b2/me", &namesake, "")
            .await
            .text(),
        "{}"
    );
    let whole: Value =
        serde_json::from_str(host.ask("GET", "/settings/a1/me", &owner, "").await.text()).unwrap();
    assert_eq!(
        whole.to_string(),
        serde_json::from_str::<Value>(&all()).unwrap().to_string()
    );
}

#[tokio::test]
async fn what_is_not_sent_stays_and_what_is_empty_goes() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let token = portal.login(7).0;
    host.ask(
        "PUT",
        "/settings/a1/me",
        &token,
        r#"{"account":"101","password":"p"}"#,
    )
    .await;
    host.ask(
        "PUT",
        "/settings/a1/me",
        &token,
        r#"{"account":"","line":"+1"}"#,
    )
    .await;
    let answer = host.ask("GET", "/settings/a1/me", &token, "").await;
    assert_eq!(answer.text(), r#"{"line":"+1","password":"p"}"#);
}

#[tokio::test]
async fn malformed_settings_name_the_field_and_no_value() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let token = portal.login(7).0;
    let long = json!({ "name": "z".repeat(1025) }).to_string();
    for (body, says) in [
        ("", "JSON object"),
        ("[]", "JSON object"),
        (r#"{"zzz":"1"}"#, "no such setting"),
        (r#"{"account":1}"#, "account"),
        (r#"{"password":null}"#, "password"),
        (r#"{"login":"zzz\r\nX: y"}"#, "login"),
        (r#"{"server":"https://zzz"}"#, "server"),
        (r#"{"ice":"https://zzz"}"#, "ice is not the address"),
        (r#"{"ice":"turn://zzz"}"#, "without //"),
        (
            r#"{"ice":"turn:zzz?transport=sctp"}"#,
            "ice is not the address",
        ),
        (r#"{"ice":"turn:zzz"}"#, "wants a user and a password"),
        (
            r#"{"ice":"turns:zzz:443","turnUser":"zzz"}"#,
            "turnPassword",
        ),
        (&*long, "name"),
    ] {
        let answer = host.ask("PUT", "/settings/a1/me", &token, body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(
            answer.text().contains(says) && !answer.text().contains("zzz"),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_turn_server_is_saved_with_its_user_and_password_of_now_or_of_before() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let token = portal.login(7).0;
    for (body, status) in [
        (r#"{"ice":"stun:stun.example.com"}"#, 204),
        (
            r#"{"ice":"turn:t.example.com","turnUser":"u","turnPassword":"p"}"#,
            204,
        ),
        (r#"{"ice":"turns:t.example.com:443?transport=tcp"}"#, 204),
        (r#"{"ice":"turn:t.example.com","turnPassword":""}"#, 400),
        (r#"{"ice":""}"#, 204),
    ] {
        let answer = host.ask("PUT", "/settings/a1/me", &token, body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_portal_that_does_not_answer_is_not_taken_for_a_refusal() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let token = portal.login(7).0;
    for _ in 0..5 {
        portal.answer("profile", 503, json!({ "error": "QUERY_LIMIT_EXCEEDED" }));
    }
    assert_eq!(
        host.ask("GET", "/settings/a1/me", &token, "").await.status,
        503
    );
    assert_eq!(
        host.ask("GET", "/settings/a1/me", &token, "").await.status,
        200
    );
}

#[tokio::test]
async fn a_form_is_told_that_there_is_a_password_and_never_which() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let token = portal.login(7).0;
    let without = host.ask("GET", "/settings/a1/me?masked", &token, "").await;
    assert_eq!(without.text(), "{}");
    host.ask("PUT", "/settings/a1/me", &token, &all()).await;
    let masked = host.ask("GET", "/settings/a1/me?masked", &token, "").await;
    let fields: Map<String, Value> = serde_json::from_str(masked.text()).unwrap();
    assert_eq!(fields["password"], "saved");
    assert_eq!(fields["turnPassword"], "saved");
    assert_eq!(fields["account"], "zzz-account");
    let whole = host.ask("GET", "/settings/a1/me", &token, "").await;
    assert!(whole.text().contains("zzz-password"), "the worker needs it");
}
