//! A small `dist/`, the host as a service on it, and requests.

pub mod captured;
pub mod database;
pub mod portal;
pub mod process;

use std::{
    fs,
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use b24_host::{
    app::App, cli::Cli, clock::Clock, site::Site, start_error::StartError, web::routes::router,
};
use clap::Parser;
use http_body_util::BodyExt;
use tower::ServiceExt;

use portal::{NOW, Portal};

/// The page of the test's `dist/`.
pub const HTML: &str = "<!doctype html>\n\
    <script type=\"application/json\" id=\"b24-config\">__B24_CONFIG__</script>\n\
    <script nonce=\"__B24_NONCE__\">start()</script>\n\
    <script nonce=\"__B24_NONCE__\">go()</script>\n";

/// The script of the test's `dist/`.
pub const BOOT: &str = "export const boot = 'a module long enough to be worth its compression';";

/// A `dist/` folder that lasts as long as the value.
pub struct TestDist(PathBuf);

impl TestDist {
    /// Makes a complete folder.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("b24-host-{}-{number}", std::process::id()));
        let dist = Self(folder);
        fs::create_dir_all(dist.path().join("assets")).unwrap();
        dist.write("handler.html", HTML);
        dist.write("service-worker.js", "// keeps the page");
        dist.write(
            "manifest.json",
            r#"{"boot.js":"boot.1a.js","worker.js":"worker.2b.js","worker_bg.wasm":"worker_bg.3c.wasm",
                "direct.js":"direct.2c.js","hub.js":"hub.0d.js","hub_bg.wasm":"hub_bg.1e.wasm",
                "recorder.js":"recorder.6f.js","account.js":"account.7a.js","connection.js":"connection.0f.js","callbacks.js":"callbacks.9c.js","diagnostics.js":"diagnostics.8b.js","texts.js":"texts.9d.js","errors.html":"errors.3e.html","adapters/loopback.js":"loopback.4d.js","adapters/sip.js":"sip.5e.js"}"#,
        );
        dist.write(
            "options.json",
            r#"{"worker":{"transfer":{"types":["string"],"values":["attended","blind"]},"statusTexts":{"types":["object"]}},"recorder":{"toneSeconds":{"types":["number"]}},
                "adapters":{"sip":{"server":{"types":["string"]},"line":{"types":["string"]},"n":{"types":["array"]}}}}"#,
        );
        for name in [
            "worker.2b.js",
            "direct.2c.js",
            "hub.0d.js",
            "loopback.4d.js",
            "sip.5e.js",
            "recorder.6f.js",
            "account.7a.js",
            "connection.0f.js",
            "diagnostics.8b.js",
            "callbacks.9c.js",
            "texts.9d.js",
        ] {
            dist.write(&format!("assets/{name}"), "export {};");
        }
        dist.write("assets/errors.3e.html", "<h3>HUB</h3>");
        dist.write("assets/boot.1a.js", BOOT);
        dist.write("assets/boot.1a.js.br", "as brotli");
        dist.write("assets/boot.1a.js.gz", "as gzip");
        dist.write("assets/worker_bg.3c.wasm", "\0asm");
        dist.write("assets/hub_bg.1e.wasm", "\0asm");
        dist
    }

    /// Writes one file of it.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the host of this folder keeps its data.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// A host that has installed its app on the portal, with a clock of the test's. Its user 1
    /// is an administrator.
    pub async fn installed(&self, portal: &Portal, clock: &Clock) -> Host<'_> {
        let args = portal.args(&self.data());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let host = self.host_at(&args, clock.clone()).await;
        let form = portal.install_form(&portal.login(1));
        let answer = host.post("/install", form).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        host
    }

    /// What the host makes of it when started with these arguments.
    pub fn site(&self, args: &[&str]) -> Result<Site, StartError> {
        let dist = self.0.to_str().unwrap();
        let all = [&["b24-host", "--dist", dist], args].concat();
        Site::new(&Cli::try_parse_from(all).unwrap())
    }

    /// The service when started with these arguments.
    pub async fn host(&self, args: &[&str]) -> Host<'_> {
        self.host_at(args, Clock::System).await
    }

    /// The same with a clock of the test's.
    pub async fn host_at(&self, args: &[&str], clock: Clock) -> Host<'_> {
        let own = database::fresh(&self.data()).await;
        self.replica(
            &[
                own.iter().map(String::as_str).collect::<Vec<_>>(),
                args.to_vec(),
            ]
            .concat(),
            clock,
        )
        .await
    }

    /// A host whose database is among the arguments.
    pub async fn replica(&self, args: &[&str], clock: Clock) -> Host<'_> {
        let dist = self.0.to_str().unwrap();
        let all = [&["b24-host", "--dist", dist], args].concat();
        let app = App::new(&Cli::try_parse_from(all).unwrap(), clock)
            .await
            .unwrap();
        Host {
            app: app.clone(),
            router: router(app),
            dist: PhantomData,
        }
    }
}

impl Drop for TestDist {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The service under test. It borrows its `dist/`, which would else be gone too early.
pub struct Host<'a> {
    pub app: App,
    router: Router,
    dist: PhantomData<&'a TestDist>,
}

/// A response, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Host<'_> {
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    pub async fn method(&self, method: &str, path: &str) -> Answer {
        self.send(request(method, path, &[], "")).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.method("GET", path).await
    }

    pub async fn get_accepting(&self, path: &str, encodings: &str) -> Answer {
        let headers = [("accept-encoding", encodings)];
        self.send(request("GET", path, &headers, "")).await
    }

    /// A request with a JSON body and a user's token.
    pub async fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> Answer {
        let token = format!("Bearer {token}");
        let headers = [("authorization", token.as_str())];
        self.send(request(method, path, &headers, body.to_owned()))
            .await
    }

    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        let form = [(
            header::CONTENT_TYPE.as_str(),
            "application/x-www-form-urlencoded",
        )];
        self.send(request("POST", path, &form, body)).await
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    /// One directive of the content security policy.
    pub fn policy(&self, directive: &str) -> Vec<&str> {
        self.header("content-security-policy")
            .split("; ")
            .find_map(|it| it.strip_prefix(directive)?.strip_prefix(' '))
            .unwrap_or_default()
            .split(' ')
            .collect()
    }

    /// The configuration as the page reads it.
    pub fn config(&self) -> serde_json::Value {
        let (_, rest) = self.text().split_once("id=\"b24-config\">").unwrap();
        let (json, _) = rest.split_once("</script>").unwrap();
        serde_json::from_str(json).unwrap()
    }
}

/// A clock that stands until it is set.
pub fn standing_clock() -> (Clock, Arc<AtomicI64>) {
    let time = Arc::new(AtomicI64::new(NOW));
    (Clock::Set(time.clone()), time)
}

pub fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

/// A payload of the official documentation: its query and its fields.
pub fn payload(name: &str) -> (String, Vec<(String, String)>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/payloads");
    let text = fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let pairs = |key: &str| -> Vec<(String, String)> {
        let map = json[key].as_object().unwrap();
        map.iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().into()))
            .collect()
    };
    (encode(&pairs("query")), pairs("fields"))
}

/// Encodes fields as a form does.
pub fn encode(fields: &[(String, String)]) -> String {
    serde_urlencoded::to_string(fields).unwrap()
}
