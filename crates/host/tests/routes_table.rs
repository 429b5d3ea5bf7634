//! Every route asked with every kind of token, and the table of it in docs/routes.md.
//!
//! `B24_WRITE_TABLE=1 cargo test -p b24-host --test host routes_table` writes what the run saw.

use std::fmt::Write;

use crate::support::{Answer, Host, TestDist, portal::Portal, request};
use b24_host::clock::Clock;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/routes.md");
const ROUTES: &str = include_str!("../src/web/routes.rs");

/// The kinds of token, in the table's order.
const KINDS: [&str; 8] = [
    "no token",
    "another app's",
    "another user's",
    "another portal's",
    "expired",
    "junk",
    "a plain user's own",
    "an administrator's",
];

/// How a route is asked.
#[derive(Clone, Copy)]
enum How {
    /// With the token in the Authorization header, and this body.
    Bearer(&'static str, &'static str),
    /// With the token where a PBX puts the portal's key, which no user's token is.
    Key,
    /// As a portal posts its pages: the token is AUTH_ID, with a refresh token of the same user.
    Post,
    /// As a portal tells an event: the application token, and the access token beside it.
    Event(&'static str),
    /// Whatever there is: the route takes no token.
    Open(&'static str),
}

impl How {
    fn method(self) -> &'static str {
        match self {
            How::Bearer(method, _) | How::Open(method) => method,
            How::Post | How::Event(_) | How::Key => "POST",
        }
    }
}

/// Address as the router has it, address as it is asked, what it is, how.
const ASKED: [(&str, &str, &str, How); 29] = [
    (
        "/settings/{portal}/{user}",
        "/settings/a1/7",
        "read user 7's account",
        How::Bearer("GET", ""),
    ),
    (
        "/settings/{portal}/{user}/{field}",
        "/settings/a1/7/password",
        "read user 7's password",
        How::Bearer("GET", ""),
    ),
    (
        "/settings/{portal}/{user}",
        "/settings/a1/7",
        "write user 7's account",
        How::Bearer("PUT", r#"{"password":"new"}"#),
    ),
    (
        "/turn/{portal}",
        "/turn/a1",
        "be let through the TURN server",
        How::Bearer("GET", ""),
    ),
    (
        "/signals/{portal}",
        "/signals/a1",
        "dial at the bearer's own phone",
        How::Bearer(
            "POST",
            r#"{"command":"dial","fields":{"phoneNumber":"+15550199"}}"#,
        ),
    ),
    (
        "/callbacks/{portal}/{call}/taken",
        "/callbacks/a1/c.1/taken",
        "take a callback",
        How::Bearer("POST", ""),
    ),
    (
        "/pbx/{portal}/search",
        "/pbx/a1/search",
        "who a caller is: a PBX key's",
        How::Key,
    ),
    (
        "/pbx/{portal}/calls",
        "/pbx/a1/calls",
        "register a call: a PBX key's",
        How::Key,
    ),
    (
        "/pbx/{portal}/calls/{call}/show",
        "/pbx/a1/calls/c.1/show",
        "show a card: a PBX key's",
        How::Key,
    ),
    (
        "/pbx/{portal}/calls/{call}/hide",
        "/pbx/a1/calls/c.1/hide",
        "hide a card: a PBX key's",
        How::Key,
    ),
    (
        "/pbx/{portal}/calls/{call}/finish",
        "/pbx/a1/calls/c.1/finish",
        "finish a call: a PBX key's",
        How::Key,
    ),
    (
        "/pbx/{portal}/calls/{call}/transcription",
        "/pbx/a1/calls/c.1/transcription",
        "attach a transcription: a PBX key's",
        How::Key,
    ),
    ("/install", "/install", "install", How::Post),
    ("/handler", "/handler", "a portal's page", How::Post),
    (
        "/events",
        "/events",
        "ONEXTERNALCALLSTART",
        How::Event("ONEXTERNALCALLSTART"),
    ),
    (
        "/events",
        "/events",
        "ONAPPUNINSTALL",
        How::Event("ONAPPUNINSTALL"),
    ),
    (
        "/events",
        "/events",
        "ONAPPINSTALL",
        How::Event("ONAPPINSTALL"),
    ),
    (
        "/events",
        "/events",
        "ONAPPUPDATE",
        How::Event("ONAPPUPDATE"),
    ),
    (
        "/events",
        "/events",
        "ONAPPPAYMENT",
        How::Event("ONAPPPAYMENT"),
    ),
    (
        "/error",
        "/error?portal=guess",
        "a deletion notice",
        How::Open("POST"),
    ),
    (
        "/handler",
        "/handler",
        "the page without a post",
        How::Open("GET"),
    ),
    (
        "/assets",
        "/assets/boot.1a.js",
        "an asset",
        How::Open("GET"),
    ),
    (
        "/service-worker.js",
        "/service-worker.js",
        "what keeps the page in browsers",
        How::Open("GET"),
    ),
    (
        "/errors",
        "/errors",
        "the way to the error codes",
        How::Open("GET"),
    ),
    ("/health", "/health", "whether it lives", How::Open("GET")),
    ("/healthz", "/healthz", "whether it lives", How::Open("GET")),
    ("/ready", "/ready", "whether it is ready", How::Open("GET")),
    ("/metrics", "/metrics", "the counters", How::Open("GET")),
    ("", "/elsewhere", "no route", How::Open("GET")),
];

struct World<'a> {
    host: Host<'a>,
    portal: Portal,
    other: Portal,
}

/// A pair of tokens, and the application token that comes with it. Where somebody installs, another
/// app's and another portal's tokens are an administrator's there, who could.
fn tokens(world: &World<'_>, kind: &str, how: How) -> ((String, String), &'static str) {
    let user = if matches!(how, How::Post | How::Event(_)) {
        1
    } else {
        7
    };
    match kind {
        "no token" => ((String::new(), String::new()), ""),
        "another app's" => {
            let foreign = world.portal.login_elsewhere(user);
            ((foreign, "otherapp".to_owned()), "othertoken")
        }
        "another user's" => (world.portal.login(8), "othertoken"),
        "another portal's" => (world.other.login(user), "apptoken2"),
        "expired" => {
            let pair = world.portal.login(user);
            world.portal.simulator.expire(&pair.0);
            (pair, "othertoken")
        }
        "junk" => (("junk".to_owned(), "junk".to_owned()), "junk"),
        "a plain user's own" => (world.portal.login(7), "apptoken1"),
        _ => (world.portal.login(1), "apptoken1"),
    }
}

async fn ask(world: &World<'_>, path: &str, how: How, kind: &str) -> Answer {
    let ((access, refresh), application) = tokens(world, kind, how);
    let host = &world.host;
    match how {
        How::Bearer(method, body) if access.is_empty() => {
            host.send(request(method, path, &[], body.to_owned())).await
        }
        How::Bearer(method, body) => host.ask(method, path, &access, body).await,
        How::Key if access.is_empty() => host.method("POST", path).await,
        How::Key => host.ask("POST", path, &access, "{}").await,
        How::Post => {
            let form = world.portal.install_form(&(access, refresh));
            let form = form.replace("&APPLICATION_TOKEN=apptoken1", "");
            host.post(path, form).await
        }
        How::Event(name) => {
            let data = [
                ("auth[access_token]", access.as_str()),
                ("auth[refresh_token]", &refresh),
                ("PHONE_NUMBER", "+15550199"),
                ("USER_ID", "7"),
                ("CALL_ID", "c.1"),
                ("CLEAN", "1"),
            ];
            host.post(path, world.portal.event(name, application, &data))
                .await
        }
        How::Open(method) if access.is_empty() => host.method(method, path).await,
        How::Open(method) => host.ask(method, path, &access, "").await,
    }
}

/// A host with two portals, on one of which an operator has saved a password.
async fn world<'a>(dist: &'a TestDist) -> World<'a> {
    let portal = Portal::start().await;
    let other = portal.neighbour("b2");
    let mut args = portal.args(&dist.data());
    args.extend(["--stranger-interval", "0"].map(str::to_owned));
    let secret = dist.data().with_extension("turn");
    std::fs::write(&secret, "hunter2").unwrap();
    args.extend(["--accounts", "--turn", "turn:turn.example.com"].map(str::to_owned));
    args.extend([
        "--turn-secret-file".to_owned(),
        secret.to_str().unwrap().to_owned(),
    ]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host_at(&args, Clock::System).await;
    for installed in [&portal, &other] {
        let form = installed.install_form(&installed.login(1));
        let token = if installed.member == "a1" {
            "apptoken1"
        } else {
            "apptoken2"
        };
        let form = form.replace("apptoken1", token);
        assert_eq!(host.post("/install", form).await.status, 200);
    }
    let owner = portal.login(7).0;
    let saved = host.ask("PUT", "/settings/a1/7", &owner, r#"{"password":"hunter2"}"#);
    assert_eq!(saved.await.status, 204);
    World {
        host,
        portal,
        other,
    }
}

/// Asks every route with a kind of token. Returns the answers' statuses.
async fn column(kind: &str) -> Vec<u16> {
    let dist = TestDist::new();
    let world = world(&dist).await;
    let store = &world.host.app.backend.store;
    let mut statuses = vec![0; ASKED.len()];
    // An uninstall that succeeds leaves nothing to ask, so it comes last.
    let (last, others): (Vec<_>, Vec<_>) =
        (0..ASKED.len()).partition(|row| ASKED[*row].2 == "ONAPPUNINSTALL");
    for row in others.into_iter().chain(last.clone()) {
        let (_, path, _, how) = ASKED[row];
        let answer = ask(&world, path, how, kind).await;
        let status = answer.status.as_u16();
        statuses[row] = status;
        let of_user_7 = kind == "a plain user's own";
        if let How::Bearer(method, _) = how {
            // A signal goes to the bearer's own phone, a callback and a password of the TURN server are
            // the bearer's: each user of this app has them.
            let of_this_app = ["another user's", "an administrator's"].contains(&kind);
            let served = of_user_7 || (of_this_app && !path.starts_with("/settings"));
            assert_eq!(status < 300, served, "{method} {path} for {kind}: {status}");
        }
        if matches!(how, How::Key) {
            assert!(status >= 400, "{path} for {kind}");
        }
        if !of_user_7 {
            assert!(!answer.text().contains("hunter2"), "{path} for {kind}");
        }
    }
    // Whoever may do nothing has left everything as it was.
    let owner = world.portal.login(7).0;
    let password = world
        .host
        .ask("GET", "/settings/a1/7/password", &owner, "")
        .await;
    let click = world.host.post("/events", world.portal.click("c.2")).await;
    if kind.ends_with("own") || kind == "an administrator's" {
        assert_eq!(store.rows_of("a1").await.unwrap(), 0, "{kind}: uninstalled");
    } else {
        assert!(
            password.text().contains("hunter2"),
            "{kind}: {}",
            password.text()
        );
        assert_eq!(click.status, 200, "{kind}: {}", click.text());
    }
    statuses
}

#[tokio::test]
async fn every_route_answers_each_kind_of_token_as_the_table_says() {
    let mut table = String::from(
        "# Every route, and whom it serves\n\n\
         Made by `tests/routes_table.rs` of the host, which asks every route with every kind of token and\n\
         compares; after a change `B24_WRITE_TABLE=1 cargo test -p b24-host --test host routes_table` writes it anew.\n\n\
         A page's post carries the token as AUTH_ID with a refresh token of the same user, an event carries the\n\
         application token and those beside it. \"Another app's\" is a token of the same user and portal that was\n\
         given to another app; whoever has it also has no application token of this app. What is user 7's is\n\
         asked for with tokens of user 7, but for another user's and an administrator's.\n\n",
    );
    let head = KINDS.join(" | ");
    writeln!(table, "| route | what | {head} |").unwrap();
    writeln!(table, "| --- | --- |{}", " --- |".repeat(KINDS.len())).unwrap();
    let mut columns = Vec::new();
    for kind in KINDS {
        columns.push(column(kind).await);
    }
    for (row, (_, path, what, how)) in ASKED.iter().enumerate() {
        let method = how.method();
        write!(table, "| `{method} {path}` | {what} |").unwrap();
        for column in &columns {
            write!(table, " {} |", column[row]).unwrap();
        }
        table.push('\n');
    }
    if std::env::var_os("B24_WRITE_TABLE").is_some() {
        std::fs::write(DOCUMENT, &table).unwrap();
    }
    let document = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert_eq!(document, table, "docs/routes.md is not what the host does");
}

#[test]
fn the_table_has_every_route() {
    let routes = ROUTES
        .lines()
        .filter_map(|line| line.split_once('"')?.1.split_once('"'))
        .map(|(route, _)| route)
        .filter(|it| it.starts_with('/'));
    for route in routes {
        let asked = ASKED.iter().any(|(it, ..)| *it == route);
        assert!(asked, "{route} is not in the table");
    }
}
