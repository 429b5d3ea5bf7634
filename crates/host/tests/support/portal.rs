//! The simulator as the portals of a test, in its own process, and the forms that they post.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use b24_simulator::{Cli, Simulator};
use clap::Parser;
use futures::future::select_all;
use serde_json::{Value, json};
use tokio::time::timeout;

/// A test that waits for longer waits for what never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What finds whom a portal knows by a number.
pub const SEARCH: &str = "telephony.externalCall.searchCrmEntities";

/// When the portals' clocks stand, as that of the test's host does.
pub const NOW: i64 = 1_790_000_000;

/// A running portal. Its user 1 is an administrator, 7 to 9 are not.
#[derive(Clone)]
pub struct Portal {
    pub simulator: Simulator,
    pub member: String,
    pub domain: String,
    all: Arc<Mutex<Vec<Simulator>>>,
}

/// What a portal has at a moment.
pub struct Seen {
    /// Placement, user, handler, address for deletion notices.
    pub handlers: Vec<(String, i64, String, String)>,
    pub events: Vec<(String, String)>,
    /// The parameters of every signal.
    pub signals: Vec<Value>,
    /// Calls registered by the app: their EXTERNAL_CALL_ID.
    pub registered: Vec<String>,
    /// External lines: number, name, CRM_AUTO_CREATE.
    pub lines: Vec<(String, String, String)>,
    /// Telephony calls with their parameters, without the method's `telephony.`.
    pub telephony: Vec<(String, Value)>,
    /// Calls that are finished.
    pub finished: Vec<String>,
}

impl Portal {
    /// Starts a portal, and with it the OAuth servers of all that come beside it.
    pub async fn start() -> Self {
        Self::start_by(&[]).await
    }

    /// The same with further arguments of the simulator's.
    pub async fn start_by(more: &[&str]) -> Self {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/directory.json");
        let args = [
            "b24-simulator",
            "--listen=127.0.0.1:0",
            "--portal-host=a1.localhost",
            "--member-id=a1",
            "--client-id=app.1",
            "--client-secret=s3cr3t",
            "--application-token=apptoken1",
            "--install-url=https://calls.example.com/install",
            "--directory",
            directory,
        ];
        let cli = Cli::parse_from(args.iter().chain(more));
        let (simulator, server) = Simulator::open(&cli).await.unwrap();
        tokio::spawn(server.run(pending()));
        Self::opened(simulator, Arc::default())
    }

    /// Opens another one beside it, known to the same OAuth servers.
    pub fn neighbour(&self, member: &str) -> Self {
        let name = format!("{member}.localhost:{}", self.port());
        let simulator = self.simulator.neighbour(&name, member);
        Self::opened(simulator, self.all.clone())
    }

    fn opened(simulator: Simulator, all: Arc<Mutex<Vec<Simulator>>>) -> Self {
        simulator.set_installed(true);
        all.lock().unwrap().push(simulator.clone());
        let portal = Self {
            member: simulator.member_id().to_owned(),
            domain: simulator.authority().to_owned(),
            simulator,
            all,
        };
        portal.stop_clock_at(NOW);
        portal
    }

    fn all(&self) -> Vec<Simulator> {
        self.all.lock().unwrap().clone()
    }

    /// The port of all of them.
    pub fn port(&self) -> &str {
        self.domain.rsplit(':').next().unwrap()
    }

    /// The host of the OAuth server in the west, where each portal is at first.
    pub fn oauth(&self) -> String {
        format!("oauth.localhost:{}", self.port())
    }

    fn scheme(&self) -> &'static str {
        if self.protocol() == "1" {
            "https"
        } else {
            "http"
        }
    }

    fn protocol(&self) -> &'static str {
        let tls = self.simulator.address().starts_with("https:");
        if tls { "1" } else { "0" }
    }

    /// Gives a user a pair of tokens.
    pub fn login(&self, user: i64) -> (String, String) {
        self.simulator.issue(user)
    }

    /// A token that another app of the portal was given.
    pub fn login_elsewhere(&self, user: i64) -> String {
        self.simulator.issue_elsewhere(user)
    }

    /// Lets every access token run out.
    pub fn expire_all(&self) {
        self.simulator.expire_all(false);
    }

    /// Does something on the portal as the app may, in the administrator's name.
    pub fn call(&self, method: &str, params: Value) -> Value {
        let answer = self.simulator.call(1, method, params);
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The portal forgets the handlers of a placement.
    pub fn unbind(&self, placement: &str) {
        self.call("placement.unbind", json!({ "PLACEMENT": placement }));
    }

    /// The portal forgets all handlers.
    pub fn unbind_all(&self) {
        for (placement, ..) in self.with(|it| it.handlers.clone()) {
            self.unbind(&placement);
        }
    }

    /// The app has a handler at that address.
    pub fn bind(&self, placement: &str, handler: &str) {
        let options = json!({ "errorHandlerUrl": "https://old.example.com/error" });
        self.call(
            "placement.bind",
            json!({ "PLACEMENT": placement, "HANDLER": handler, "OPTIONS": options }),
        );
    }

    /// The app has that line.
    pub fn add_line(&self, number: &str, name: &str) {
        self.call(
            "telephony.externalLine.add",
            json!({ "NUMBER": number, "NAME": name, "CRM_AUTO_CREATE": "Y" }),
        );
    }

    /// Stops the portal's clock at that second.
    pub fn stop_clock_at(&self, seconds: i64) {
        let ms = u64::try_from(seconds).unwrap() * 1000;
        self.simulator.stop_clock_at(ms);
    }

    /// Looks at this portal.
    pub fn with<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&Seen::at(&self.simulator))
    }

    /// Sets a fault of the portal.
    pub fn fault(&self, fault: Value) {
        self.simulator.set_faults(&fault).unwrap();
    }

    fn rest_fault(&self, method: &str, fault: Value) {
        let mut rest = self.simulator.faults()["rest"].take();
        match &mut rest[faulty(method)] {
            Value::Array(faults) => faults.push(fault),
            none => *none = json!([fault]),
        }
        self.fault(json!({ "rest": rest }));
    }

    /// Lets a method answer something else first.
    pub fn answer(&self, method: &str, status: u16, body: Value) {
        let fault = json!({ "status": status, "body": body, "times": 1 });
        self.rest_fault(method, fault);
    }

    /// Lets a method answer with this result from now on.
    pub fn always(&self, method: &str, result: Value) {
        let mut rest = self.simulator.faults()["rest"].take();
        rest[method] = json!({ "body": { "result": result } });
        self.fault(json!({ "rest": rest }));
    }

    /// Leaves a method without an answer from now on.
    pub fn hang(&self, method: &str) {
        self.rest_fault(method, json!({ "hold": "before" }));
    }

    /// Leaves the request of that number without an answer; what it asks for is done first, or not.
    pub fn hang_at(&self, number: u64, done: bool) {
        let hold = if done { "after" } else { "before" };
        self.fault(json!({ "holdRequest": { "number": number, "hold": hold } }));
    }

    /// Answers what was left without an answer, and what comes.
    pub fn let_go(&self) {
        self.fault(json!({ "rest": {}, "holdRequest": null }));
    }

    /// How often a method was called, at this portal and those beside it.
    pub fn count(&self, method: &str) -> u64 {
        let of = |it: &Simulator| match method {
            "app.info" => it.requests_for("app.info") + it.requests_for("oauth.app.info"),
            _ => it.requests_for(faulty(method)),
        };
        self.all().iter().map(of).sum()
    }

    /// How many requests came, here and beside.
    pub fn requests(&self) -> u64 {
        self.all().iter().map(Simulator::requests).sum()
    }

    /// Waits until something holds of this portal.
    pub async fn until(&self, holds: impl Fn(&Seen) -> bool) {
        self.until_so(|| self.with(|seen| holds(seen))).await;
    }

    /// Waits until so many requests have come.
    pub async fn until_requests(&self, number: u64) {
        self.until_so(|| self.requests() >= number).await;
    }

    async fn until_so(&self, holds: impl Fn() -> bool) {
        let mut changes: Vec<_> = self.all().iter().map(Simulator::changes).collect();
        let seen = async {
            while !holds() {
                select_all(changes.iter_mut().map(|it| Box::pin(it.changed())))
                    .await
                    .0
                    .unwrap();
            }
        };
        let seen = timeout(PATIENCE, seen).await;
        assert!(seen.is_ok(), "the portal has not seen it in {PATIENCE:?}");
    }

    /// What the host is started with to serve this portal.
    pub fn args(&self, data: &std::path::Path) -> Vec<String> {
        std::fs::create_dir_all(data).unwrap();
        let secret = data.join("client-secret");
        std::fs::write(&secret, "s3cr3t\n").unwrap();
        let own = format!("{}://{}", self.scheme(), self.domain);
        let oauth = format!("{}://{}", self.scheme(), self.oauth());
        let mut args: Vec<String> = [
            "--allow-loopback",
            "--portal",
            &own,
            "--oauth-server",
            &oauth,
            "--client-id",
            "app.1",
            "--client-secret-file",
            secret.to_str().unwrap(),
            "--public-url",
            "https://calls.example.com",
            "--retry-pause",
            "1",
            "--portal-rate",
            "1000",
        ]
        .map(str::to_owned)
        .to_vec();
        for portal in self.all() {
            if portal.authority() != self.domain {
                args.extend(["--portal".to_owned(), portal.address()]);
            }
        }
        args
    }

    /// The form of an install page's post.
    pub fn install_form(&self, tokens: &(String, String)) -> String {
        let fields = [
            ("DOMAIN", self.domain.as_str()),
            ("PROTOCOL", self.protocol()),
            ("LANG", "en"),
            ("APP_SID", "588b8a98e848778a4ffb38fbcf70f2b9"),
            ("AUTH_ID", &tokens.0),
            ("AUTH_EXPIRES", "3600"),
            ("REFRESH_ID", &tokens.1),
            ("member_id", &self.member),
            ("status", "L"),
            ("PLACEMENT", "DEFAULT"),
            ("PLACEMENT_OPTIONS", "[]"),
            ("APPLICATION_TOKEN", "apptoken1"),
        ];
        serde_urlencoded::to_string(fields).unwrap()
    }

    /// The form of a page with the worker.
    pub fn visit(&self, tokens: &(String, String)) -> String {
        let fields = [
            ("DOMAIN", self.domain.as_str()),
            ("PROTOCOL", self.protocol()),
            ("APP_SID", "ab"),
            ("AUTH_ID", &tokens.0),
            ("REFRESH_ID", &tokens.1),
            ("member_id", &self.member),
            ("PLACEMENT", "PAGE_BACKGROUND_WORKER"),
        ];
        serde_urlencoded::to_string(fields).unwrap()
    }

    /// The form of an event.
    pub fn event(&self, name: &str, token: &str, data: &[(&str, &str)]) -> String {
        let mut fields = vec![
            ("event".to_owned(), name.to_owned()),
            ("event_handler_id".to_owned(), "7".to_owned()),
            ("ts".to_owned(), "1790000000".to_owned()),
            ("auth[member_id]".to_owned(), self.member.clone()),
            ("auth[domain]".to_owned(), self.domain.clone()),
            (
                "auth[client_endpoint]".to_owned(),
                format!("{}://{}/rest/", self.scheme(), self.domain),
            ),
            ("auth[application_token]".to_owned(), token.to_owned()),
        ];
        for (name, value) in data {
            let name = if name.contains('[') {
                (*name).to_owned()
            } else {
                format!("data[{name}]")
            };
            fields.push((name, (*value).to_owned()));
        }
        serde_urlencoded::to_string(fields).unwrap()
    }

    /// The form of a click on a number, of which the portal has registered the call.
    pub fn click(&self, call_id: &str) -> String {
        self.simulator.register_click(call_id, 7, "+15550199");
        self.event(
            "ONEXTERNALCALLSTART",
            "apptoken1",
            &[
                ("PHONE_NUMBER", "+15550199"),
                ("USER_ID", "7"),
                ("CALL_LIST_ID", "12"),
                ("LINE_NUMBER", "+15550100"),
                ("IS_MOBILE", "0"),
                ("CALL_ID", call_id),
                ("CRM_ENTITY_TYPE", "CONTACT"),
                ("CRM_ENTITY_ID", "5"),
            ],
        )
    }
}

// The OAuth server's methods have names of their own.
fn faulty(method: &str) -> &str {
    match method {
        "oauth" => "oauth.token",
        "app.info" => "oauth.app.info",
        other => other,
    }
}

impl Seen {
    fn at(simulator: &Simulator) -> Self {
        let state = simulator.state();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let calls = list(&state["calls"]);
        let asked: Vec<(String, Value)> = simulator
            .log("rest")
            .iter()
            .filter_map(|line| {
                let told: Value = serde_json::from_str(line["text"].as_str()?).ok()?;
                let mut params = told["params"].clone();
                params.as_object_mut()?.remove("auth");
                (told["status"] == 200).then(|| (text(&line["name"]), params))
            })
            .collect();
        let of = |start: &str| -> Vec<(String, Value)> {
            let asked = asked.iter();
            asked
                .filter_map(|(name, params)| {
                    Some((name.strip_prefix(start)?.to_owned(), params.clone()))
                })
                .collect()
        };
        Self {
            handlers: list(&state["app"]["placements"])
                .iter()
                .map(|it| {
                    (
                        text(&it["placement"]),
                        it["userId"].as_i64().unwrap(),
                        text(&it["handler"]),
                        text(&it["options"]["errorHandlerUrl"]),
                    )
                })
                .collect(),
            events: list(&state["app"]["events"])
                .iter()
                .map(|it| (text(&it["event"]), text(&it["handler"])))
                .collect(),
            signals: of("pull.application.event.add")
                .into_iter()
                .map(|(_, params)| params)
                .collect(),
            registered: calls
                .iter()
                .filter(|it| it["origin"] == "rest")
                .map(|it| text(&it["EXTERNAL_CALL_ID"]))
                .collect(),
            lines: list(&state["app"]["lines"])
                .iter()
                .map(|it| {
                    (
                        text(&it["NUMBER"]),
                        text(&it["NAME"]),
                        text(&it["CRM_AUTO_CREATE"]),
                    )
                })
                .collect(),
            telephony: of("telephony."),
            finished: calls
                .iter()
                .filter(|it| it["live"] == false)
                .map(|it| text(&it["CALL_ID"]))
                .collect(),
        }
    }
}
