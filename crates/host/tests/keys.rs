//! Keys that are changed while there are rows, and authorities that are a company's own.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use std::sync::Arc;

use b24_host::{app::App, cli::Cli, clock::Clock};
use clap::Parser;
use serde_json::json;
use support::{TestDist, database, portal::Portal};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, rustls};

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

#[tokio::test]
async fn keys_are_rotated_by_putting_the_new_one_first() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let own = database::fresh(&dist.data()).await;
    let args = [own.clone(), portal.args(&dist.data())].concat();
    let key = match own.iter().position(|it| it == "--key-file") {
        Some(at) => own[at + 1].clone().into(),
        None => dist.data().join("key"),
    };
    let saved = r#"{"password":"hunter2"}"#;
    let token = portal.login(7, false).0;
    {
        let host = dist.replica(&strings(&args), Clock::System).await;
        let form = portal.install_form(&portal.login(1, true));
        assert_eq!(host.post("/install", form).await.status, 200);
        let put = host.ask("PUT", "/settings/a1/me", &token, saved).await;
        assert_eq!(put.status, 204);
        portal.answer(
            "pull.application.event.add",
            403,
            json!({ "error": "insufficient_scope" }),
        );
        host.post("/events", portal.click("c.1")).await;
    }
    let old = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, format!("{OTHER}\n{old}")).unwrap();
    {
        // Both open; everything is sealed by the first.
        let host = dist.replica(&strings(&args), Clock::System).await;
        let read = host.ask("GET", "/settings/a1/me", &token, "").await;
        assert_eq!(read.text(), saved);
        let store = &host.app.backend.store;
        let done = store.seal_anew().await.unwrap();
        // Three tokens, a password, a click.
        assert_eq!(done, Some(5));
        assert_eq!(store.seal_anew().await.unwrap(), Some(0));
    }
    std::fs::write(&key, OTHER).unwrap();
    {
        let host = dist.replica(&strings(&args), Clock::System).await;
        let read = host.ask("GET", "/settings/a1/me", &token, "").await;
        assert_eq!(read.text(), saved);
        host.app.backend.work().await.unwrap();
        assert_eq!(portal.with(|it| it.signals.len()), 1);
        assert_eq!(host.app.backend.store.seal_anew().await.unwrap(), None);
    }
    std::fs::write(&key, old).unwrap();
    let error = start_error(&dist, &args).await;
    assert!(error.contains("not the one this database"), "{error}");
}

/// A portal behind TLS, with a certificate of an authority that nobody knows. Returns the port and
/// the authority's certificate.
async fn behind_tls(portal: &Portal) -> (u16, String) {
    let issuer = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&issuer).unwrap();
    let issuer = rcgen::Issuer::new(authority, issuer);
    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["crm.localhost".to_owned()];
    let own = rcgen::CertificateParams::new(names).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![own.der().clone()],
            rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let inner = portal.domain.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, inner) = (acceptor.clone(), inner.clone());
            tokio::spawn(async move {
                let Ok(mut outer) = acceptor.accept(stream).await else {
                    return;
                };
                let mut inner = TcpStream::connect(inner).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    (port, certificate.pem())
}

#[tokio::test]
async fn a_portal_with_an_authority_of_its_own_is_trusted_when_told_and_named_otherwise() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let (port, authority) = behind_tls(&portal).await;
    let file = dist.path().join("authority.pem");
    std::fs::write(&file, authority).unwrap();
    let domain = format!("crm.localhost:{port}");
    let form = |portal: &Portal| {
        let form = portal.install_form(&portal.login(1, true));
        let own = portal.domain.replace(':', "%3A");
        form.replace(&own, &domain.replace(':', "%3A"))
            .replace("PROTOCOL=0", "PROTOCOL=1")
    };
    let own = database::fresh(&dist.data()).await;
    let mut args = [own, portal.args(&dist.data())].concat();
    args.extend(["--portal".to_owned(), format!("https://{domain}")]);
    {
        let host = dist.replica(&strings(&args), Clock::System).await;
        let answer = host.post("/install", form(&portal)).await;
        let text = answer.text();
        assert_eq!(answer.status, 403, "{text}");
        assert!(
            text.contains("certificate") && text.contains("--ca-file"),
            "{text}"
        );
    }
    args.extend(["--ca-file".to_owned(), file.to_str().unwrap().to_owned()]);
    let host = dist.replica(&strings(&args), Clock::System).await;
    let answer = host.post("/install", form(&portal)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());

    std::fs::write(&file, "no certificate").unwrap();
    let error = start_error(&dist, &args).await;
    assert!(error.contains("--ca-file"), "{error}");
}

#[tokio::test]
async fn a_database_server_that_is_to_be_verified_is_not_spoken_to_without_tls() {
    let Ok(server) = std::env::var("B24_TEST_POSTGRES") else {
        return;
    };
    let dist = TestDist::new();
    let own = database::fresh(&dist.data()).await;
    assert!(own.iter().any(|it| it.starts_with(&server)));
    assert_eq!(start_error(&dist, &own).await, "");
    let verified = [own, vec!["--database-verify".to_owned()]].concat();
    let error = start_error(&dist, &verified).await;
    assert!(error.contains("does not answer"), "{error}");
}
