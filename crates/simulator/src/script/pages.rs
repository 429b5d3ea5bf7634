//! Looking at pages and clicking on them.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body::Script, fail};
use crate::hub::Hub;

/// A page that does not answer within this time is busy or frozen.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks a page and waits for its answer. `None`: no such page, or it does not answer.
pub(super) async fn ask(hub: &Hub, id: &str, what: Value) -> Option<Value> {
    let answer = hub.world().pages.ask(id, what)?;
    tokio::time::timeout(PATIENCE, answer).await.ok()?.ok()
}

/// The present state of every page.
pub(super) async fn all(hub: &Hub) -> Vec<Value> {
    let ids = hub.world().pages.ids();
    for id in ids {
        // The answer comes after a state message, which is what counts.
        ask(hub, &id, json!({"what": "state"})).await;
    }
    hub.world().pages.states()
}

pub(super) async fn list(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(json!(all(&hub).await))
}

pub(super) async fn one(State(hub): State<Arc<Hub>>, Path(id): Path<String>) -> Response {
    ask(&hub, &id, json!({"what": "state"})).await;
    match hub.world().pages.state(&id) {
        Some(state) => Json(state.clone()).into_response(),
        None => fail(404, format!("no open page {id}")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Click {
    button: String,
    #[serde(default)]
    value: Value,
}

/// Clicks the button a person would click.
pub(super) async fn click(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    Script(click): Script<Click>,
) -> Response {
    let what = json!({"what": "click", "button": click.button, "value": click.value});
    done(&hub, &id, what).await
}

/// Where a page is to go: exactly one of these.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum Go {
    /// To another page of the portal, as by a link on it.
    Path(String),
    Reload,
    Back,
    /// Opens a page of the portal in a slider over this one.
    Slider(String),
    /// Closes the topmost slider.
    CloseSlider,
}

/// Takes a page somewhere else. The answer comes before it has gone.
pub(super) async fn go(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    Script(go): Script<Go>,
) -> Response {
    let (how, path) = match go {
        Go::Path(path) => ("path", path),
        Go::Slider(path) => ("slider", path),
        Go::Reload => ("reload", String::new()),
        Go::Back => ("back", String::new()),
        Go::CloseSlider => ("closeSlider", String::new()),
    };
    if matches!(how, "path" | "slider") && !path.starts_with('/') {
        return fail(
            400,
            format!("{path:?} must be a path of the portal, /crm/deal/details/7/"),
        );
    }
    done(&hub, &id, json!({"what": "go", "how": how, "path": path})).await
}

/// Asks a page to do something, and says whether it has.
async fn done(hub: &Hub, id: &str, what: Value) -> Response {
    if hub.world().pages.state(id).is_none() {
        return fail(404, format!("no open page {id}"));
    }
    let Some(answer) = ask(hub, id, what).await else {
        return fail(504, format!("page {id} does not answer"));
    };
    if answer["ok"] == true {
        return Json(json!({"ok": true})).into_response();
    }
    let reason = answer["reason"].as_str();
    fail(409, reason.unwrap_or("it had no effect"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SetClock {
    /// Whether it stands still; as it is, where this is not given.
    held: Option<bool>,
    #[serde(default)]
    advance_ms: u64,
}

/// Holds, lets go and advances the portal's clock, of the server and of every page.
pub(super) async fn clock(State(hub): State<Arc<Hub>>, Script(set): Script<SetClock>) -> Response {
    let (clock, ids) = {
        let mut world = hub.world();
        if let Some(held) = set.held {
            world.clock.hold(held);
        }
        world.clock.advance(set.advance_ms);
        world.announce();
        (world.clock, world.pages.ids())
    };
    for id in ids {
        ask(&hub, &id, json!({"what": "clock", "clock": clock})).await;
    }
    Json(json!(clock)).into_response()
}
