//! Connections, and the end of the process.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use std::process::Stdio;

use support::{TestDist, database, portal::Portal};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

struct Serving {
    child: Child,
    port: String,
}

impl Serving {
    async fn start(dist: &TestDist, args: &[String]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_b24-host"))
            .args(["--listen", "127.0.0.1:0", "--dist"])
            .arg(dist.path())
            .args(args)
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let port = line.rsplit(':').next().unwrap().to_owned();
        Self { child, port }
    }

    async fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port))
            .await
            .unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn get(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        read(self.send(&request).await).await
    }

    async fn post(&self, path: &str, form: &str) -> TcpStream {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        self.send(&request).await
    }

    fn terminate(&self) {
        let pid = self.child.id().unwrap().to_string();
        let killed = std::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status();
        assert!(killed.unwrap().success());
    }
}

async fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn arguments(dist: &TestDist, portal: &Portal, more: &[&str]) -> Vec<String> {
    let mut args = database::fresh(&dist.data()).await;
    args.extend(portal.args(&dist.data()));
    args.extend(more.iter().map(|it| (*it).to_owned()));
    args
}

#[tokio::test]
async fn connections_that_only_sit_there_are_closed_and_make_room() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = arguments(&dist, &portal, &["--connections", "2"]).await;
    let host = Serving::start(&dist, &args).await;
    // All the room there is: one says nothing, one does not come to the end of its head.
    let silent = host.send("").await;
    let slow = host.send("GET /health HTTP/1.1\r\nX-Slow: ").await;
    // Waits for room, and gets it.
    let answer = host.get("/health").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for stream in [silent, slow] {
        let answer = read(stream).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test]
async fn what_operations_look_at_may_have_an_address_of_its_own() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ops = free.local_addr().unwrap();
    drop(free);
    let args = arguments(&dist, &portal, &["--ops-listen", &ops.to_string()]).await;
    let mut host = Serving::start(&dist, &args).await;
    for path in ["/ready", "/metrics"] {
        assert!(host.get(path).await.starts_with("HTTP/1.1 404"), "{path}");
    }
    host.port = ops.port().to_string();
    assert!(host.get("/ready").await.ends_with("ready"));
    assert!(host.get("/metrics").await.contains("# EOF"));
    assert!(host.get("/handler").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn a_stop_is_told_to_the_balancer_first_and_lets_an_install_come_to_its_end() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = arguments(&dist, &portal, &["--drain", "3"]).await;
    let mut host = Serving::start(&dist, &args).await;
    let form = portal.install_form(&portal.login(1, true));
    // The exchange hangs until the host was told to stop.
    portal.hang("a1 oauth");
    let installing = host.post("/install", &form).await;
    portal.until_requests(3).await;
    host.terminate();
    loop {
        let ready = host.get("/ready").await;
        if ready.starts_with("HTTP/1.1 503") {
            assert!(ready.ends_with("stopping"), "{ready}");
            break;
        }
    }
    // Requests that the balancer sends meanwhile are still served.
    assert!(host.get("/handler").await.starts_with("HTTP/1.1 200"));
    portal.let_go();
    let answer = read(installing).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(host.child.wait().await.unwrap().success());
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
}

#[tokio::test]
async fn a_click_under_way_when_the_sender_goes_away_and_the_host_stops_still_rings() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = arguments(&dist, &portal, &[]).await;
    let mut host = Serving::start(&dist, &args).await;
    let form = portal.install_form(&portal.login(1, true));
    read(host.post("/install", &form).await).await;
    portal.hang("a1 pull.application.event.add");
    let asked = portal.requests() + 1;
    let sent = host.post("/events", &portal.click("c.1")).await;
    portal.until_requests(asked).await;
    drop(sent);
    host.terminate();
    portal.let_go();
    assert!(host.child.wait().await.unwrap().success());
    assert_eq!(portal.with(|it| it.signals.len()), 1);
}
