//! Keys that are changed while there are rows, and authorities that are a company's own.

use std::collections::BTreeSet;

use crate::support::{TestDist, database, portal::Portal, process::arguments};
use b24_host::{
    app::App,
    cli::Cli,
    clock::Clock,
    store::{CopiedRow, Store},
};
use clap::Parser;
use serde_json::json;

const OTHER: &str = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

fn strings(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

async fn start_error(dist: &TestDist, args: &[String]) -> String {
    let folder = dist.path().to_str().unwrap();
    let all = [&["b24-host", "--dist", folder], &strings(args)[..]].concat();
    let app = App::new(&Cli::try_parse_from(all).unwrap(), Clock::System).await;
    app.err().map(|it| it.to_string()).unwrap_or_default()
}

/// Every sealed text of the database with its column: also of a table that is yet to come.
async fn sealed(store: &Store) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for CopiedRow { table, row } in store.copy().await.unwrap().rows {
        for (column, value) in row {
            let text = value.as_str().unwrap_or_default();
            if text.starts_with("1.") && text.len() > 50 {
                found.insert((format!("{table}.{column}"), text.to_owned()));
            }
        }
    }
    found
}

#[tokio::test]
async fn keys_are_rotated_by_putting_the_new_one_first() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let own = database::fresh(&dist.data()).await;
    let mut args = [own.clone(), portal.args(&dist.data())].concat();
    args.extend(["--line", "+15550100"].map(str::to_owned));
    let key = match own.iter().position(|it| it == "--key-file") {
        Some(at) => own[at + 1].clone().into(),
        None => dist.data().join("key"),
    };
    let saved = r#"{"password":"hunter2"}"#;
    let token = portal.login(7).0;
    {
        let host = dist.replica(&strings(&args), Clock::System).await;
        let form = portal.install_form(&portal.login(1));
        assert_eq!(host.post("/install", form).await.status, 200);
        let put = host.ask("PUT", "/settings/a1/me", &token, saved).await;
        assert_eq!(put.status, 204);
        portal.answer(
            "pull.application.event.add",
            403,
            json!({ "error": "insufficient_scope" }),
        );
        host.post("/events", portal.click("c.1")).await;
        let form = [("PHONE_NUMBER", "+15550177")];
        let form = portal.event("ONEXTERNALCALLBACKSTART", "apptoken1", &form);
        assert_eq!(host.post("/events", form).await.status, 200);
        host.app.backend.settle_lines("a1").await.unwrap();
    }
    let old = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, format!("{OTHER}\n{old}")).unwrap();
    {
        // Both open; everything is sealed by the first.
        let host = dist.replica(&strings(&args), Clock::System).await;
        let read = host.ask("GET", "/settings/a1/me", &token, "").await;
        assert_eq!(read.text(), saved);
        let store = &host.app.backend.store;
        let before = sealed(store).await;
        let done = store.seal_anew().await.unwrap();
        // Three tokens, a password, a click, a callback, the lines.
        assert_eq!(done, Some(7));
        assert_eq!(
            before.len(),
            8,
            "these, and the text that tells a wrong key"
        );
        let still = sealed(store).await;
        let still: Vec<_> = before.intersection(&still).map(|it| &it.0).collect();
        assert!(still.is_empty(), "by the old key: {still:?}");
        assert_eq!(store.seal_anew().await.unwrap(), Some(0));
    }
    std::fs::write(&key, OTHER).unwrap();
    {
        let host = dist.replica(&strings(&args), Clock::System).await;
        let read = host.ask("GET", "/settings/a1/me", &token, "").await;
        assert_eq!(read.text(), saved);
        host.app.backend.work().await.unwrap();
        assert_eq!(portal.with(|it| it.signals.len()), 2);
        host.app.backend.settle_lines("a1").await.unwrap();
        let store = &host.app.backend.store;
        let waiting = portal.with(|it| it.signals[0]["PARAMS"]["callId"].clone());
        let waiting = store.callback_of("a1", waiting.as_str().unwrap()).await;
        assert!(waiting.unwrap().is_some());
        assert_eq!(store.seal_anew().await.unwrap(), None);
    }
    std::fs::write(&key, old).unwrap();
    let error = start_error(&dist, &args).await;
    assert!(error.contains("not the one this database"), "{error}");
}

/// A portal and its OAuth server behind TLS, with a certificate of an authority that nobody knows.
/// Returns the authority's certificate, too, as a file.
async fn behind_tls(dist: &TestDist) -> (Portal, String) {
    let issuer = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&issuer).unwrap();
    let issuer = rcgen::Issuer::new(authority, issuer);
    let key = rcgen::KeyPair::generate().unwrap();
    let names = ["a1.localhost", "oauth.localhost"].map(str::to_owned);
    let own = rcgen::CertificateParams::new(names).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    let file = |name: &str, pem: String| {
        dist.write(name, &pem);
        dist.path().join(name).to_str().unwrap().to_owned()
    };
    let (own, key) = (
        file("own.pem", own.pem()),
        file("own.key", key.serialize_pem()),
    );
    let portal = Portal::start_by(&["--tls-cert", &own, "--tls-key", &key]).await;
    (portal, file("authority.pem", certificate.pem()))
}

#[tokio::test]
async fn a_portal_with_an_authority_of_its_own_is_trusted_when_told_and_named_otherwise() {
    let dist = TestDist::new();
    let (portal, file) = behind_tls(&dist).await;
    let mut args = arguments(&dist, &portal, &[]).await;
    {
        let host = dist.replica(&strings(&args), Clock::System).await;
        let form = portal.install_form(&portal.login(1));
        let answer = host.post("/install", form).await;
        let text = answer.text();
        assert_eq!(answer.status, 403, "{text}");
        assert!(
            text.contains("certificate") && text.contains("--ca-file"),
            "{text}"
        );
    }
    args.extend(["--ca-file".to_owned(), file.clone()]);
    let host = dist.replica(&strings(&args), Clock::System).await;
    let form = portal.install_form(&portal.login(1));
    let answer = host.post("/install", form).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let kept = host.app.backend.store.portal("a1").await.unwrap().unwrap();
    assert!(kept.client_endpoint.starts_with("https://a1.localhost:"));

    std::fs::write(&file, "no certificate").unwrap();
    let error = start_error(&dist, &args).await;
    assert!(error.contains("--ca-file"), "{error}");
}
