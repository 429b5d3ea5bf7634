//! The binary as a process.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::support::TestDist;

/// A started host that does not outlive its test.
struct Started {
    child: Child,
    port: u16,
    line: String,
}

impl Started {
    fn new(dist: &TestDist, args: &[&str]) -> Self {
        let mut child = command()
            .args(["--listen", "127.0.0.1:0", "--dist"])
            .arg(dist.path())
            .arg("--data")
            .arg(dist.path().join("data"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port, line }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends the signal; returns the exit code and the log.
    fn stop(&mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        let deadline = Instant::now() + Duration::from_secs(10);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "still running after {signal}");
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (status.code(), log)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_b24-host"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("B24_HOST_")) {
        command.env_remove(name);
    }
    for name in ["RUST_LOG", "DATABASE_URL"] {
        command.env_remove(name);
    }
    command
}

fn run(args: &[&str]) -> Output {
    command().args(args).output().unwrap()
}

#[test]
fn it_prints_its_address_serves_and_stops_on_sigterm() {
    let dist = TestDist::new();
    let mut host = Started::new(&dist, &["--log", "json"]);
    assert_eq!(
        host.line,
        format!("listening http://app.localhost:{}\n", host.port)
    );
    let health = host.get("/healthz");
    assert!(
        health.starts_with("HTTP/1.1 200") && health.ends_with("\r\n\r\nok"),
        "{health}"
    );
    assert!(host.get("/handler").contains("/assets/boot.1a.js"));

    let (code, log) = host.stop("-TERM");
    assert_eq!(code, Some(0));
    for line in log.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "{line}"
        );
    }
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn hosts_may_start_at_once_on_a_new_folder() {
    let dist = TestDist::new();
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| Started::new(&dist, &[])))
            .collect();
        for start in starts {
            let host = start.join().unwrap();
            assert!(host.get("/ready").ends_with("ready"));
        }
    });
}

#[test]
fn an_idle_connection_does_not_delay_the_stop_by_sigint() {
    let dist = TestDist::new();
    let mut host = Started::new(&dist, &["--host-name", "calls.localhost"]);
    assert!(host.line.starts_with("listening http://calls.localhost:"));
    let _idle = TcpStream::connect(("127.0.0.1", host.port)).unwrap();
    assert_eq!(host.stop("-INT").0, Some(0));
}

#[test]
fn a_missing_dist_ends_it_with_2_and_the_cure_on_stderr() {
    let output = run(&["--listen", "127.0.0.1:0", "--dist", "no/such/folder"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("run ./build.sh first"));
}

#[test]
fn a_taken_port_is_named() {
    let dist = TestDist::new();
    let host = Started::new(&dist, &[]);
    let listen = format!("127.0.0.1:{}", host.port);
    let dist = dist.path().to_str().unwrap();
    let data = format!("{dist}/data");
    let output = run(&["--listen", &listen, "--dist", dist, "--data", &data]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        error.contains(&format!("cannot listen on {listen}")),
        "{error}"
    );
}

#[test]
fn options_may_come_from_the_environment() {
    let dist = TestDist::new();
    let output = command()
        .env("B24_HOST_ADAPTER", "pigeon")
        .env("B24_HOST_DIST", dist.path())
        .args(["--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("pigeon"));
}

#[test]
fn help_explains_every_option_and_shows_no_private_value() {
    let output = command()
        .env("B24_HOST_ADAPTER_OPTIONS", r#"{"password":"hunter2"}"#)
        .env("B24_HOST_LINES", "+15550199")
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8_lossy(&output.stdout);
    for option in [
        "--listen",
        "--host-name",
        "--dist",
        "--bx24-js",
        "--portal",
        "--adapter",
        "--adapter-options",
        "--line",
        "--log",
        "--data",
        "--database",
        "--key-file",
        "--client-id",
        "--client-secret-file",
        "--oauth-server",
        "--public-url",
        "--title",
        "--error-interval",
        "--retry-pause",
        "--portal-rate",
        "--allow-loopback",
        "--rate-limit",
        "--proxies",
        "bind",
        "unbind",
        "status",
        "forget",
        "backup",
        "restore",
        "pbx-key",
        "callbacks",
        "--callback-wait",
        "--mobile-hook",
        "--line-crm-auto-create",
    ] {
        assert!(help.contains(option), "{option}");
    }
    assert!(
        !help.contains("hunter2") && !help.contains("15550199"),
        "{help}"
    );
}
