//! The binary as a process: a host that serves, and commands beside it.

use std::process::{Output, Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use super::{TestDist, database, portal::Portal};

/// A running host, which ends with the value.
pub struct Process {
    child: Child,
    /// Where it listens, or whom else it is asked at.
    pub port: String,
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

    /// Sends these bytes, and leaves the connection open.
    pub async fn begin(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port))
            .await
            .unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Sends a form, and does not wait for the answer.
    pub async fn begin_post(&self, path: &str, form: &str) -> TcpStream {
        self.begin(&head("POST", path, FORM, form)).await
    }

    /// The whole answer to a request.
    pub async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        read(self.begin(&head(method, path, headers, body)).await).await
    }

    /// The answer to a request without a body.
    pub async fn get(&self, path: &str) -> String {
        self.send("GET", path, "", "").await
    }

    /// A form's answer.
    pub async fn post(&self, path: &str, form: &str) -> String {
        self.send("POST", path, FORM, form).await
    }

    /// The answer to a user's request.
    pub async fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> String {
        let bearer = format!("Authorization: Bearer {token}\r\n");
        self.send(method, path, &bearer, body).await
    }

    /// SIGTERM.
    pub async fn terminate(&self) {
        let pid = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(sent.unwrap().success());
    }

    /// Waits until it has ended by itself. Returns whether in good order.
    pub async fn ended(mut self) -> bool {
        self.child.wait().await.unwrap().success()
    }

    /// SIGKILL, and the end of the process.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

fn head(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// All that still comes.
pub async fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// What a host for this portal is started with, on a database of its own.
pub async fn arguments(dist: &TestDist, portal: &Portal, more: &[&str]) -> Vec<String> {
    let mut args = database::fresh(&dist.data()).await;
    args.extend(portal.args(&dist.data()));
    args.extend(more.iter().map(|it| (*it).to_owned()));
    args
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
