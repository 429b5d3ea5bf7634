//! The binary as a process: a host that serves, and commands beside it.

use std::process::{Output, Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use super::TestDist;

/// A running host, which ends with the value.
pub struct Process {
    child: Child,
    port: String,
}

impl Process {
    /// Starts one, and waits until it listens.
    pub async fn start(dist: &TestDist, args: &[String]) -> Self {
        let mut child = command()
            .args(["--listen", "127.0.0.1:0", "--dist"])
            .arg(dist.path())
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let port = line.rsplit(':').next().unwrap().to_owned();
        Self { child, port }
    }

    /// The whole answer to a request.
    pub async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port))
            .await
            .unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// A form's answer.
    pub async fn post(&self, path: &str, form: &str) -> String {
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.send("POST", path, kind, form).await
    }

    /// The answer to a user's request.
    pub async fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> String {
        let bearer = format!("Authorization: Bearer {token}\r\n");
        self.send(method, path, &bearer, body).await
    }

    /// SIGKILL, and the end of the process.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Runs a command to its end. Of a host's arguments it is given those that commands take.
pub async fn run(args: &[&str], serving: &[String]) -> Output {
    let mut command = command();
    command.args(args);
    let mut serving = serving.iter();
    while let Some(arg) = serving.next() {
        if arg == "--portal" {
            serving.next();
        } else {
            command.arg(arg);
        }
    }
    command.output().await.unwrap()
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_b24-host"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("B24_HOST_")) {
        command.env_remove(name);
    }
    command.env_remove("DATABASE_URL").kill_on_drop(true);
    command
}
