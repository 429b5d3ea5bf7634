//! `/sim/app…`: what an administrator does with the app, and what befalls it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body::Script, fail};
use crate::{
    app::{OTHER_APP, delivery, life},
    hub::{Hub, UserId},
    portal::{self, Wanted},
    rest::Params,
};

pub(super) fn router() -> Router<Arc<Hub>> {
    Router::new()
        .route("/sim/app", get(app))
        .route("/sim/app/install", post(install))
        .route("/sim/app/uninstall", post(uninstall))
        .route("/sim/app/placements", post(bind))
        .route("/sim/app/expire", post(expire))
        .route("/sim/app/other-token", post(other_token))
        .route("/sim/callback", post(callback))
}

async fn app(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(hub.world().snapshot()["app"].take())
}

/// The first administrator.
fn administrator() -> UserId {
    1
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Install {
    #[serde(default = "administrator")]
    user_id: UserId,
}

/// An access token that the portal has given to another app.
async fn other_token(State(hub): State<Arc<Hub>>, Script(who): Script<Install>) -> Json<Value> {
    let pair = hub.world().issue_elsewhere(who.user_id);
    Json(json!({"accessToken": pair.access, "clientId": OTHER_APP}))
}

/// Installs without a browser: posts the installer's form as a frame would, and takes a 2xx for
/// a page that says `installFinish` at once.
async fn install(State(hub): State<Arc<Hub>>, Script(who): Script<Install>) -> Response {
    let form = {
        let mut world = hub.world();
        if world.app.installed {
            return fail(409, "the app is installed already");
        }
        let wanted = Wanted {
            row: None,
            placement: "DEFAULT".into(),
            options: json!({}),
        };
        portal::layout(&hub, &mut world, who.user_id, &wanted)
    };
    let form = match form {
        Ok(form) => form,
        Err(reason) => return fail(409, reason),
    };
    let fields = form["fields"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let fields = fields
        .map(|pair| (text(&pair[0]), text(&pair[1])))
        .collect();
    match delivery::post(&text(&form["action"]), &fields).await {
        Ok(status @ 200..=299) => {
            life::finish_install(&hub, who.user_id);
            Json(json!({"installed": true, "status": status})).into_response()
        }
        Ok(status) => fail(409, format!("the installer answered {status}")),
        Err(reason) => fail(409, format!("the installer: {reason}")),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Uninstall {
    /// The administrator ticked "clear the application's data".
    clean: bool,
}

async fn uninstall(State(hub): State<Arc<Hub>>, Script(wish): Script<Uninstall>) -> Response {
    if life::uninstall(&hub, wish.clean) {
        return StatusCode::NO_CONTENT.into_response();
    }
    fail(409, "the app is not installed")
}

/// Binds a widget as the app would with `placement.bind`; answers all rows.
async fn bind(State(hub): State<Arc<Hub>>, Script(params): Script<Value>) -> Response {
    let mut world = hub.world();
    let scopes = world.faults.scopes.clone();
    let outcome = world
        .app
        .placements
        .bind(&Params::new(params), false, &scopes);
    world.announce();
    match outcome {
        Ok(()) => Json(world.app.placements.list()).into_response(),
        Err(error) => super::refusal(&error),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expire {
    refresh: bool,
}

/// All access tokens run out now; with `refresh` the refresh tokens, too.
async fn expire(State(hub): State<Arc<Hub>>, Script(which): Script<Expire>) -> StatusCode {
    hub.world().tokens.expire(which.refresh);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Callback {
    number: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    voice: String,
    #[serde(default)]
    crm_entity_type: String,
    #[serde(default)]
    crm_entity_id: i64,
    #[serde(default)]
    line_number: String,
}

/// A visitor asks for a call in a CRM form. The portal registers nothing: the app does.
async fn callback(State(hub): State<Arc<Hub>>, Script(form): Script<Callback>) -> Response {
    const EVENT: &str = "ONEXTERNALCALLBACKSTART";
    if hub.world().app.handlers.of(EVENT).is_empty() {
        return fail(409, format!("the app has not bound {EVENT}"));
    }
    let data = json!({
        "PHONE_NUMBER": form.number,
        "TEXT": form.text,
        "VOICE": form.voice,
        "CRM_ENTITY_TYPE": form.crm_entity_type,
        "CRM_ENTITY_ID": form.crm_entity_id.to_string(),
        "LINE_NUMBER": form.line_number,
    });
    // In the background; its outcome is in the log.
    drop(life::raise(&hub, EVENT, administrator(), &data));
    StatusCode::NO_CONTENT.into_response()
}
