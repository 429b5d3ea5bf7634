//! Portals that answer as the documentation prints it, and the OAuth servers of all of them.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::pending,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

/// All portals, and what was asked of them.
#[derive(Default)]
pub struct World {
    pub portals: BTreeMap<String, PortalState>,
    /// Every request that has come, `MEMBER METHOD`.
    pub requests: Vec<String>,
    /// Answers that a method gives before its own.
    pub canned: HashMap<String, VecDeque<(u16, Value)>>,
    /// The request that is left without an answer, counted from one, and whether what it asks
    /// for is done first.
    pub hangs_at: Option<(usize, bool)>,
    /// Requests that are left without an answer from then on, `MEMBER METHOD`.
    pub hangs: Vec<String>,
    counter: u32,
}

/// A test that waits for longer waits for what never comes.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// One portal.
#[derive(Default)]
pub struct PortalState {
    pub domain: String,
    /// Users by access token: id, and whether it is an administrator.
    pub tokens: BTreeMap<String, (i64, bool)>,
    pub expired: Vec<String>,
    /// Access tokens that were given to another app of the portal.
    pub foreign: Vec<String>,
    /// Users by refresh token. Each is good for one pair.
    pub refresh: BTreeMap<String, (i64, bool)>,
    /// Where the portal answers that it was renamed to.
    pub moved_to: Option<String>,
    /// The host of the OAuth server that alone renews its tokens, if it is not any.
    pub oauth_host: Option<String>,
    /// The portal's time of day, which its answers tell.
    pub clock: Option<i64>,
    /// Whether the app's installation was finished.
    pub unfinished: bool,
    /// Placement, user, handler, address for deletion notices.
    pub handlers: Vec<(String, i64, String, String)>,
    pub events: Vec<(String, String)>,
    /// The parameters of every signal.
    pub signals: Vec<Value>,
    /// Calls registered: EXTERNAL_CALL_ID.
    pub registered: Vec<String>,
    /// What searchCrmEntities finds.
    pub clients: Value,
    /// External lines: number, name, CRM_AUTO_CREATE.
    pub lines: Vec<(String, String, String)>,
    /// Telephony calls with their parameters, `METHOD {…}`.
    pub telephony: Vec<(String, Value)>,
    /// Calls that are finished.
    pub finished: Vec<String>,
}

/// A running portal.
#[derive(Clone)]
pub struct Portal {
    pub world: Arc<Mutex<World>>,
    pub member: String,
    pub domain: String,
    changes: watch::Sender<u64>,
}

impl Portal {
    /// Starts a portal in a world of its own.
    pub async fn start() -> Self {
        Self::start_in(Arc::default(), "a1", watch::channel(0).0).await
    }

    /// Starts another one beside it, known to the same OAuth server.
    pub async fn neighbour(&self, member: &str) -> Self {
        Self::start_in(self.world.clone(), member, self.changes.clone()).await
    }

    async fn start_in(world: Arc<Mutex<World>>, member: &str, changes: watch::Sender<u64>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let domain = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let portal = Self {
            world,
            member: member.to_owned(),
            domain: domain.clone(),
            changes,
        };
        let state = PortalState {
            domain,
            clients: json!([]),
            ..PortalState::default()
        };
        portal
            .world
            .lock()
            .unwrap()
            .portals
            .insert(member.to_owned(), state);
        let app = Router::new()
            .route("/rest/{method}", post(rest))
            .route("/rest/app.info", post(app_info))
            .route("/oauth/token/", post(oauth))
            .with_state(portal.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        portal
    }

    /// Gives a user a pair of tokens.
    pub fn login(&self, user: i64, admin: bool) -> (String, String) {
        let mut world = self.world.lock().unwrap();
        world.grant(&self.member, user, admin)
    }

    /// A token that another app of the portal was given.
    pub fn login_elsewhere(&self, user: i64, admin: bool) -> String {
        let (token, _) = self.login(user, admin);
        self.with(|it| it.foreign.push(token.clone()));
        token
    }

    /// Looks at this portal, or changes it.
    pub fn with<T>(&self, look: impl FnOnce(&mut PortalState) -> T) -> T {
        look(
            self.world
                .lock()
                .unwrap()
                .portals
                .get_mut(&self.member)
                .unwrap(),
        )
    }

    /// Lets a method answer something else first.
    pub fn answer(&self, method: &str, status: u16, body: Value) {
        let mut world = self.world.lock().unwrap();
        world
            .canned
            .entry(method.to_owned())
            .or_default()
            .push_back((status, body));
    }

    /// Leaves this request without an answer from now on.
    pub fn hang(&self, request: &str) {
        self.world.lock().unwrap().hangs.push(request.to_owned());
    }

    /// Answers what was left without an answer, and what comes.
    pub fn let_go(&self) {
        self.world.lock().unwrap().hangs.clear();
        self.changes.send_modify(|version| *version += 1);
    }

    /// How often a method was called in this world.
    pub fn count(&self, method: &str) -> usize {
        let world = self.world.lock().unwrap();
        world
            .requests
            .iter()
            .filter(|it| it.ends_with(&format!(" {method}")))
            .count()
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.world.lock().unwrap().requests.len()
    }

    /// Waits until something holds of this portal.
    pub async fn until(&self, holds: impl Fn(&PortalState) -> bool) {
        let mut changes = self.changes.subscribe();
        let seen = async {
            while !self.with(|state| holds(state)) {
                changes.changed().await.unwrap();
            }
        };
        let seen = tokio::time::timeout(PATIENCE, seen).await;
        assert!(seen.is_ok(), "the portal has not seen it in {PATIENCE:?}");
    }

    /// Waits until so many requests have come.
    pub async fn until_requests(&self, number: usize) {
        let mut changes = self.changes.subscribe();
        let seen = async {
            while self.requests() < number {
                changes.changed().await.unwrap();
            }
        };
        let seen = tokio::time::timeout(PATIENCE, seen).await;
        assert!(seen.is_ok(), "no request {number} in {PATIENCE:?}");
    }

    /// What the host is started with to serve this portal.
    pub fn args(&self, data: &std::path::Path) -> Vec<String> {
        std::fs::create_dir_all(data).unwrap();
        let secret = data.join("client-secret");
        std::fs::write(&secret, "s3cr3t\n").unwrap();
        let own = format!("http://{}", self.domain);
        let mut args: Vec<String> = [
            "--allow-loopback",
            "--portal",
            &own,
            "--oauth-server",
            &own,
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
        for portal in self.world.lock().unwrap().portals.values() {
            if portal.domain != self.domain {
                args.extend(["--portal".to_owned(), format!("http://{}", portal.domain)]);
            }
        }
        args
    }

    /// The form of an install page's post.
    pub fn install_form(&self, tokens: &(String, String)) -> String {
        let fields = [
            ("DOMAIN", self.domain.as_str()),
            ("PROTOCOL", "0"),
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
            ("PROTOCOL", "0"),
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
                format!("http://{}/rest/", self.domain),
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

    /// The form of a click on a number.
    pub fn click(&self, call_id: &str) -> String {
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

impl World {
    fn grant(&mut self, member: &str, user: i64, admin: bool) -> (String, String) {
        self.counter += 1;
        let pair = (
            format!("access{member}{user}n{}", self.counter),
            format!("refresh{member}{user}n{}", self.counter),
        );
        let portal = self.portals.get_mut(member).unwrap();
        portal.tokens.insert(pair.0.clone(), (user, admin));
        portal.refresh.insert(pair.1.clone(), (user, admin));
        pair
    }

    // The OAuth server knows every token, and which app it was given to.
    fn app_info(&self, host: &str, body: &[u8]) -> (u16, Value) {
        let fields: HashMap<String, String> = serde_urlencoded::from_bytes(body).unwrap();
        let refused = |code: &str| (401, json!({ "error": code, "error_description": "…" }));
        let token = &fields["auth"];
        let found = self
            .portals
            .iter()
            .find(|(_, portal)| portal.tokens.contains_key(token) && portal.is_renewed_at(host));
        let Some((member, portal)) = found else {
            return refused("invalid_token");
        };
        if portal.expired.contains(token) {
            return refused("expired_token");
        }
        let foreign = portal.foreign.contains(token);
        let result = json!({
            "client_id": if foreign { "app.2" } else { "app.1" },
            "install": {
                "installed": !portal.unfinished,
                "version": 1,
                "status": "L",
                "domain": portal.domain,
                "member_id": member,
            },
        });
        (200, json!({ "result": result }))
    }

    fn exchange(&mut self, host: &str, body: &[u8]) -> (u16, Value) {
        let fields: HashMap<String, String> = serde_urlencoded::from_bytes(body).unwrap();
        let refused = |code: &str| (400, json!({ "error": code, "error_description": "…" }));
        if fields["client_id"] != "app.1" || fields["client_secret"] != "s3cr3t" {
            return refused("invalid_client");
        }
        let token = &fields["refresh_token"];
        let found = self.portals.iter_mut().find_map(|(member, portal)| {
            let portal = Some(portal).filter(|it| it.is_renewed_at(host))?;
            let (user, admin) = portal.refresh.remove(token)?;
            Some((member.clone(), portal.domain.clone(), user, admin))
        });
        let Some((member, domain, user, admin)) = found else {
            return refused("invalid_grant");
        };
        let (access, refresh) = self.grant(&member, user, admin);
        let answer = json!({
            "access_token": access,
            "expires": 1_790_003_600,
            "expires_in": 3600,
            "scope": "placement,telephony,pull,contact_center",
            "domain": "oauth.bitrix24.tech",
            "server_endpoint": format!("http://{host}/rest/"),
            "status": "L",
            "client_endpoint": format!("http://{domain}/rest/"),
            "member_id": member,
            "user_id": user,
            "refresh_token": refresh,
        });
        (200, answer)
    }
}

impl PortalState {
    fn is_renewed_at(&self, host: &str) -> bool {
        self.oauth_host.as_ref().is_none_or(|it| it == host)
    }

    fn call(&mut self, method: &str, fields: &Value) -> (u16, Value) {
        let error =
            |status, code: &str| (status, json!({ "error": code, "error_description": "…" }));
        let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
        let token = text("auth");
        if self.expired.contains(&token) {
            return error(401, "expired_token");
        }
        let Some(&(user, admin)) = self.tokens.get(&token) else {
            return error(401, "invalid_token");
        };
        if let Some(name) = method.strip_prefix("telephony.") {
            let mut told = fields.clone();
            told.as_object_mut().unwrap().remove("auth");
            self.telephony.push((name.to_owned(), told));
        }
        let result = match method {
            "profile" => json!({ "ID": user.to_string(), "ADMIN": admin, "NAME": "Ann", "LAST_NAME": "Lee" }),
            "placement.bind" => {
                let placement = text("PLACEMENT");
                let error_handler = fields["OPTIONS"]["errorHandlerUrl"].as_str().unwrap_or_default();
                let user_id = fields["USER_ID"].as_i64().unwrap_or_default();
                if !admin {
                    return error(403, "ACCESS_DENIED");
                }
                if placement == "PAGE_BACKGROUND_WORKER" && error_handler.is_empty() {
                    return error(200, "EMPTY_ERROR_HANDLER_URL");
                }
                if self.handlers.iter().any(|it| it.0 == placement && it.2 == text("HANDLER")) {
                    return error(400, "ERROR_CORE");
                }
                let single = placement != "CONTACT_CENTER";
                if single && self.handlers.iter().any(|it| it.0 == placement && (it.1 == 0 || it.1 == user_id)) {
                    return error(400, "ERROR_PLACEMENT_MAX_COUNT");
                }
                self.handlers.push((placement, user_id, text("HANDLER"), error_handler.to_owned()));
                json!(true)
            }
            "placement.get" => self
                .handlers
                .iter()
                .map(|(placement, user, handler, error_handler)| {
                    json!({
                        "placement": placement,
                        "userId": user,
                        "handler": handler,
                        "title": "",
                        "description": "",
                        "options": if error_handler.is_empty() { json!([]) } else { json!({ "errorHandlerUrl": error_handler }) },
                        "langAll": {},
                    })
                })
                .collect(),
            "placement.unbind" => {
                let before = self.handlers.len();
                self.handlers.retain(|it| it.0 != text("PLACEMENT") || it.2 != text("HANDLER"));
                json!({ "count": before - self.handlers.len() })
            }
            "app.info" => json!({ "ID": 1, "CODE": "app.1", "INSTALLED": !self.unfinished, "PAYMENT_EXPIRED": "N" }),
            "scope" => json!(["placement", "telephony", "pull"]),
            "placement.list" => json!(["PAGE_BACKGROUND_WORKER", "CONTACT_CENTER", "REST_APP_URI", "CALL_CARD"]),
            "event.bind" => {
                let pair = (text("event"), text("handler"));
                if self.events.contains(&pair) {
                    return error(400, "ERROR_EVENT_BINDING");
                }
                self.events.push(pair);
                json!(true)
            }
            "event.unbind" => {
                let pair = (text("event"), text("handler"));
                let before = self.events.len();
                self.events.retain(|it| *it != pair);
                json!({ "count": before - self.events.len() })
            }
            "event.get" => self
                .events
                .iter()
                .map(|(event, handler)| json!({ "event": event, "handler": handler, "auth_type": "0", "offline": 0 }))
                .collect(),
            "pull.application.event.add" => {
                self.signals.push(fields.clone());
                json!(true)
            }
            "telephony.externalCall.searchCrmEntities" => self.clients.clone(),
            "telephony.externalCall.register" => {
                let id = text("EXTERNAL_CALL_ID");
                if !self.registered.contains(&id) {
                    self.registered.push(id.clone());
                }
                json!({ "CALL_ID": format!("externalCall.{id}.1790000000"), "CRM_CREATED_LEAD": null })
            }
            "telephony.externalCall.show" | "telephony.externalCall.hide" => {
                json!(!self.finished.contains(&text("CALL_ID")))
            }
            "telephony.externalCall.finish" => {
                self.finished.push(text("CALL_ID"));
                json!({ "CALL_ID": text("CALL_ID"), "CALL_DURATION": fields["DURATION"] })
            }
            "telephony.call.attachTranscription" => json!({ "TRANSCRIPT_ID": 11 }),
            "telephony.externalLine.get" => self
                .lines
                .iter()
                .map(|it| json!({ "NUMBER": it.0, "NAME": it.1, "CRM_AUTO_CREATE": it.2 }))
                .collect(),
            "telephony.externalLine.add" => {
                let line = (text("NUMBER"), text("NAME"), text("CRM_AUTO_CREATE"));
                if self.lines.iter().any(|it| it.0 == line.0) {
                    return error(400, "ERROR_CORE");
                }
                self.lines.push(line);
                json!({ "ID": self.lines.len() })
            }
            "telephony.externalLine.update" => {
                let Some(line) = self.lines.iter_mut().find(|it| it.0 == text("NUMBER")) else {
                    return error(400, "ERROR_CORE");
                };
                line.2 = text("CRM_AUTO_CREATE");
                if fields.get("NAME").is_some() {
                    line.1 = text("NAME");
                }
                json!({ "ID": "1" })
            }
            "telephony.externalLine.delete" => {
                self.lines.retain(|it| it.0 != text("NUMBER"));
                json!([])
            }
            _ => return error(404, "ERROR_METHOD_NOT_FOUND"),
        };
        #[allow(clippy::cast_precision_loss, reason = "seconds")]
        let finish = self.clock.map_or(1.1, |it| it as f64 + 0.5);
        let time = json!({ "start": finish, "finish": finish, "duration": 0.1, "operating": 0 });
        (200, json!({ "result": result, "time": time }))
    }
}

async fn rest(State(portal): State<Portal>, Path(method): Path<String>, body: Bytes) -> Response {
    if let Some(to) = portal.with(|it| it.moved_to.clone()) {
        let to = if to.contains("://") {
            to
        } else {
            format!("http://{to}/rest/{method}")
        };
        return (StatusCode::FOUND, [("location", to)], "").into_response();
    }
    let method = method.trim_end_matches(".json").to_owned();
    answer(&portal, &method, |world| {
        let fields: Value = serde_json::from_slice(&body).unwrap();
        world
            .portals
            .get_mut(&portal.member)
            .unwrap()
            .call(&method, &fields)
    })
    .await
}

async fn oauth(State(portal): State<Portal>, headers: HeaderMap, body: Bytes) -> Response {
    let host = host(&headers);
    answer(&portal, "oauth", |world| world.exchange(&host, &body)).await
}

async fn app_info(State(portal): State<Portal>, headers: HeaderMap, body: Bytes) -> Response {
    let host = host(&headers);
    answer(&portal, "app.info", |world| world.app_info(&host, &body)).await
}

fn host(headers: &HeaderMap) -> String {
    headers["host"].to_str().unwrap().to_owned()
}

async fn answer(
    portal: &Portal,
    method: &str,
    act: impl FnOnce(&mut World) -> (u16, Value),
) -> Response {
    let request = format!("{} {method}", portal.member);
    let number = {
        let mut world = portal.world.lock().unwrap();
        world.requests.push(request.clone());
        world.requests.len()
    };
    let mut changes = portal.changes.subscribe();
    portal.changes.send_modify(|version| *version += 1);
    while portal.world.lock().unwrap().hangs.contains(&request) {
        changes.changed().await.unwrap();
    }
    let (hangs, answered) = {
        let mut world = portal.world.lock().unwrap();
        let hangs = world.hangs_at.filter(|(at, _)| *at == number);
        let canned = world.canned.get_mut(method).and_then(VecDeque::pop_front);
        let answered = match (hangs, canned) {
            (Some((_, false)), _) => None,
            (_, Some(canned)) => Some(canned),
            _ => Some(act(&mut world)),
        };
        (hangs.is_some(), answered)
    };
    portal.changes.send_modify(|version| *version += 1);
    if hangs {
        return pending().await;
    }
    let (status, json) = answered.unwrap();
    (StatusCode::from_u16(status).unwrap(), json.to_string()).into_response()
}
