//! What a PostgreSQL server has to prove, and what is made of one that hangs.
//!
//! The server is a real one, with a certificate for `localhost` of an authority of its own.

use std::{env, fs, time::Duration};

use b24_host::{app::App, cli::Cli, clock::Clock};
use clap::Parser;
use sqlx::{AnyConnection, Connection};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

use crate::support::{TestDist, database, portal::Portal, process::arguments, standing_clock};

/// A database on the real server by the name of its certificate, and the authority's certificate.
async fn by_name(dist: &TestDist) -> Option<(Vec<String>, Url, String)> {
    let authority = env::var("B24_TEST_POSTGRES_CA").ok()?;
    let mut args = database::fresh(&dist.data()).await;
    let at = args.iter().position(|it| it == "--database").unwrap() + 1;
    let mut url = Url::parse(&args[at]).unwrap();
    url.set_query(None);
    url.set_host(Some("localhost")).unwrap();
    args.remove(at);
    args.remove(at - 1);
    Some((args, url, authority))
}

/// Why a host does not start with this database; nothing, if it does.
async fn start_error(dist: &TestDist, own: &[String], url: &str, more: &[&str]) -> String {
    let folder = dist.path().to_str().unwrap();
    let own = own.iter().map(String::as_str);
    let all = ["b24-host", "--dist", folder, "--database", url];
    let all = all.into_iter().chain(own).chain(more.iter().copied());
    let app = App::new(&Cli::try_parse_from(all).unwrap(), Clock::System).await;
    app.err().map(|it| it.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn a_server_with_a_certificate_of_the_named_authority_is_spoken_to_by_tls() {
    let dist = TestDist::new();
    let Some((own, url, authority)) = by_name(&dist).await else {
        return;
    };
    let folder = dist.path().to_str().unwrap();
    let more = [
        "b24-host",
        "--dist",
        folder,
        "--database",
        url.as_str(),
        "--database-ca",
        &authority,
    ];
    let all = more.into_iter().chain(own.iter().map(String::as_str));
    let app = App::new(&Cli::try_parse_from(all).unwrap(), Clock::System).await;
    let app = app.unwrap_or_else(|error| panic!("{error}"));
    app.backend.store.ping().await.unwrap();
    let mut beside = AnyConnection::connect(url.as_str()).await.unwrap();
    let plain: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE datname = $1 AND NOT ssl AND pid <> pg_backend_pid()",
    )
    .bind(url.path().trim_start_matches('/'))
    .fetch_one(&mut beside)
    .await
    .unwrap();
    assert_eq!(plain, 0);
}

#[tokio::test]
async fn another_authority_or_name_is_told_as_the_certificates_fault() {
    let dist = TestDist::new();
    let Some((own, url, authority)) = by_name(&dist).await else {
        return;
    };
    let key = rcgen::KeyPair::generate().unwrap();
    let mut other = rcgen::CertificateParams::new(Vec::new()).unwrap();
    other.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let other = other.self_signed(&key).unwrap().pem();
    let path = dist.path().join("other.pem");
    fs::write(&path, other).unwrap();
    let mut by_address = url.clone();
    by_address.set_host(Some("127.0.0.1")).unwrap();
    for (url, more) in [
        (&url, &["--database-verify"][..]),
        (&url, &["--database-ca", path.to_str().unwrap()]),
        (&by_address, &["--database-ca", &authority]),
    ] {
        let error = start_error(&dist, &own, url.as_str(), more).await;
        assert!(
            error.contains("certificate is not to be trusted") && error.contains("--database-ca"),
            "{more:?}: {error}"
        );
    }
    // Unasked, nothing is verified.
    assert_eq!(start_error(&dist, &own, by_address.as_str(), &[]).await, "");
}

#[tokio::test]
async fn a_server_that_is_to_be_verified_is_not_spoken_to_without_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://tests@{}/none", listener.local_addr().unwrap());
    // The server answers the wish for TLS with No, and listens to whatever else comes.
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut wish = [0; 8];
        stream.read_exact(&mut wish).await.unwrap();
        stream.write_all(b"N").await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        rest
    });
    let dist = TestDist::new();
    let key = dist.path().join("key");
    fs::write(&key, "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap();
    let own = [
        "--data".to_owned(),
        dist.data().display().to_string(),
        "--key-file".to_owned(),
        key.display().to_string(),
    ];
    let error = start_error(&dist, &own, &url, &["--database-verify"]).await;
    assert!(
        error.contains("TLS") && error.contains("--database-verify"),
        "{error}"
    );
    assert_eq!(server.await.unwrap(), b"");
}

#[tokio::test]
async fn a_database_that_hangs_is_given_up_and_a_balancer_told_before() {
    if env::var("B24_TEST_POSTGRES").is_err() {
        return;
    }
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = arguments(&dist, &portal, &[]).await;
    let at = args.iter().position(|it| it == "--database").unwrap() + 1;
    let all: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.replica(&all, standing_clock().0).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    let mut beside = AnyConnection::connect(&args[at]).await.unwrap();
    let mut locked = beside.begin().await.unwrap();
    sqlx::query("LOCK TABLE portals, facts")
        .execute(&mut *locked)
        .await
        .unwrap();
    let click = host.post("/events", portal.click("c.1"));
    // It has waited for a while when the balancer asks, who is told all the same before it.
    let ready = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        host.get("/ready").await
    };
    tokio::pin!(click);
    tokio::select! {
        ready = ready => assert_eq!(ready.status, 503),
        click = &mut click => panic!("the click was answered first: {}", click.status),
    }
    // Given up by the database, which has the lock still, and not by who waits for answers.
    let click = click.await;
    assert_eq!(click.status, 503);
    assert!(click.text().contains("database"), "{}", click.text());
    locked.rollback().await.unwrap();
    assert_eq!(host.post("/events", portal.click("c.1")).await.status, 200);
    assert_eq!(portal.with(|it| it.signals.len()), 1);
}
