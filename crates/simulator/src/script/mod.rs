//! `/sim/…`: everything a person can do or see on the page, for scripts.

mod app;
mod body;
mod pages;
mod pull;
mod wait;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::App,
    calls::Origin,
    hub::Hub,
    rest::{self, Params},
};
use body::Script;

/// The routes.
pub(crate) fn router() -> Router<Arc<Hub>> {
    Router::new()
        .route("/sim/state", get(state))
        .route("/sim/pages", get(pages::list))
        .route("/sim/pages/{id}", get(pages::one))
        .route("/sim/pages/{id}/click", post(pages::click))
        .route("/sim/pages/{id}/go", post(pages::go))
        .route("/sim/phone", get(phone).put(set_phone))
        .route("/sim/phone/call", post(phone_call))
        .route("/sim/phone/answer", post(phone_answer))
        .route("/sim/phone/decline", post(phone_decline))
        .route("/sim/phone/hangup", post(phone_hangup))
        .route("/sim/calls", get(calls).post(register_call))
        .route("/sim/calls/{id}/identify", post(identify))
        .route("/sim/calls/{id}/record", get(recording))
        .route("/sim/click-to-call", post(click_to_call))
        .route("/sim/push", post(push))
        .merge(app::router())
        .merge(pull::router())
        .route("/sim/log", get(log))
        .route("/sim/wait", get(wait::wait))
        .route("/sim/faults", get(faults).put(set_faults))
        .route("/sim/clock", post(pages::clock))
        .route("/sim/reset", post(reset))
        .layer(middleware::from_fn(only_this_machine))
}

/// A website open in the same browser must not drive the simulator.
async fn only_this_machine(request: Request, next: Next) -> Response {
    if is_foreign(request.headers()) {
        return fail(403, "scripts of other origins may not drive the simulator");
    }
    next.run(request).await
}

/// Whether a browser sends this for a page that is neither the portal's nor on this machine.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    text(header::ORIGIN).is_some_and(|origin| {
        let host = origin.split("://").nth(1).unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        !(Some(host) == text(header::HOST)
            || name == "localhost"
            || name.ends_with(".localhost")
            || name == "127.0.0.1")
    })
}

/// A refusal with its reason.
fn fail(status: u16, reason: impl Into<String>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({"error": reason.into()}))).into_response()
}

async fn state(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let pages = pages::all(&hub).await;
    let world = hub.world();
    let mut state = world.snapshot();
    state["pages"] = json!(pages);
    state["log"] = json!(world.journal.last());
    state["portal"] = json!(hub.config.url(""));
    state["handler"] = json!(hub.config.app.handler);
    Json(state)
}

async fn phone(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(hub.world().phone.state())
}

async fn set_phone(State(hub): State<Arc<Hub>>, Script(patch): Script<Value>) -> Response {
    let mut world = hub.world();
    let outcome = world.phone.set(&patch);
    world.announce();
    outcome.map_or_else(|reason| fail(400, reason), |all| Json(all).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Ring {
    number: String,
    display_name: Option<String>,
    line: Option<String>,
}

async fn phone_call(State(hub): State<Arc<Hub>>, Script(ring): Script<Ring>) -> Response {
    let mut world = hub.world();
    let outcome = world.phone.call(
        &ring.number,
        ring.display_name.as_deref(),
        ring.line.as_deref(),
    );
    world.announce();
    phone_outcome(outcome)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Which {
    call: Option<String>,
    status: Option<u64>,
}

async fn phone_answer(State(hub): State<Arc<Hub>>, Script(which): Script<Which>) -> Response {
    let mut world = hub.world();
    let outcome = world.phone.answer(which.call.as_deref());
    world.announce();
    phone_outcome(outcome)
}

async fn phone_decline(State(hub): State<Arc<Hub>>, Script(which): Script<Which>) -> Response {
    let mut world = hub.world();
    let outcome = world
        .phone
        .decline(which.call.as_deref(), which.status.unwrap_or(486));
    world.announce();
    phone_outcome(outcome)
}

async fn phone_hangup(State(hub): State<Arc<Hub>>, Script(which): Script<Which>) -> Response {
    let mut world = hub.world();
    let outcome = world.phone.hang_up(which.call.as_deref());
    world.announce();
    phone_outcome(outcome)
}

fn phone_outcome(outcome: Result<Value, crate::phone::NotNow>) -> Response {
    match outcome {
        Ok(call) => Json(call).into_response(),
        Err(reason) => fail(409, reason),
    }
}

async fn calls(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(json!(hub.world().calls.list()))
}

/// An app's backend registers a call: the body has the parameters of
/// `telephony.externalCall.register`, and may have `"own": true` for a call of the portal's
/// own telephony.
async fn register_call(State(hub): State<Arc<Hub>>, Script(params): Script<Value>) -> Response {
    let mut params = params;
    if let Some(map) = params.as_object_mut() {
        map.entry("USER_ID").or_insert(json!(1));
        map.entry("TYPE").or_insert(json!(2));
    }
    register(&hub, &Params::new(params), Origin::Backend)
}

async fn click_to_call(
    State(hub): State<Arc<Hub>>,
    Script(request): Script<crate::ajax::ClickToCall>,
) -> Response {
    crate::ajax::click_to_call(State(hub), Json(request)).await
}

/// Registers and shows a call without an app's token.
pub(crate) fn register(hub: &Hub, params: &Params, origin: Origin) -> Response {
    let mut world = hub.world();
    let outcome = rest::register(hub, &mut world, params, origin);
    world.announce();
    match outcome {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => refusal(&error),
    }
}

/// A refusal of REST, told to a script.
pub(crate) fn refusal(error: &rest::RestError) -> Response {
    let text = format!("{}: {}", error.error, error.description);
    fail(error.status, text)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Identify {
    entity_type: String,
    /// Pushed as it is given, a number or a text.
    entity_id: Value,
}

/// The portal finds out who calls: its open cards load another CRM part.
async fn identify(
    State(hub): State<Arc<Hub>>,
    Path(call_id): Path<String>,
    Script(client): Script<Identify>,
) -> Response {
    let id = match &client.entity_id {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    let Some(id) = id else {
        return fail(
            400,
            "entityId must be a whole number, which may be written as a text",
        );
    };
    let mut world = hub.world();
    let Some(call) = world.calls.identify(&call_id, &client.entity_type, id) else {
        return fail(404, "no call with that CALL_ID");
    };
    let user = call.user;
    let params = json!({
        "callId": call_id, "CRM": {"FOUND": "Y"}, "showCrmCard": true,
        "crmEntityType": client.entity_type, "crmEntityId": client.entity_id,
    });
    world.push(&[user], "update_crm", &params);
    world.announce();
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Push {
    users: Vec<i64>,
    command: String,
    params: Value,
}

/// A push as the portal's server might send it: to show or hide what was never registered.
async fn push(State(hub): State<Arc<Hub>>, Script(push): Script<Push>) -> StatusCode {
    hub.world().push(&push.users, &push.command, &push.params);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

/// The recording that was uploaded for a call.
async fn recording(State(hub): State<Arc<Hub>>, Path(id): Path<String>) -> Response {
    match hub.world().calls.recording(&id) {
        Some(bytes) => ([(header::CONTENT_TYPE, "audio/wav")], bytes).into_response(),
        None => fail(404, "no recording was uploaded for this call"),
    }
}

/// The log, complete up to now: a page's answer comes after all it had to say.
async fn log(State(hub): State<Arc<Hub>>, Query(since): Query<Since>) -> Json<Value> {
    pages::all(&hub).await;
    let world = hub.world();
    Json(json!(world.journal.since(since.since).collect::<Vec<_>>()))
}

async fn faults(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(json!(hub.world().faults))
}

async fn set_faults(State(hub): State<Arc<Hub>>, Script(patch): Script<Value>) -> Response {
    let mut world = hub.world();
    match world.faults.patched(&patch) {
        Ok(faults) => {
            world.faults = faults;
            world.announce();
            Json(json!(world.faults)).into_response()
        }
        Err(reason) => fail(400, reason),
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Reset {
    /// The app stays as installed and bound as it is.
    keep_app: bool,
}

/// As after the start, but open pages stay open (without a card) and tokens stay good.
async fn reset(State(hub): State<Arc<Hub>>, Script(wish): Script<Reset>) -> StatusCode {
    let mut world = hub.world();
    if !wish.keep_app {
        world.app = App::new(&hub.config.app);
    }
    world.calls.reset();
    world.phone.reset();
    world.pull.reset();
    world.faults = crate::faults::Faults::default();
    world.journal = crate::journal::Journal::default();
    world.user_options.clear();
    world.app_options.clear();
    world.installed.clear();
    world.strikes = 0;
    world.clock.hold(false);
    world
        .pages
        .tell_all(&json!({"type": "reset", "clock": world.clock}));
    world.announce();
    StatusCode::NO_CONTENT
}
