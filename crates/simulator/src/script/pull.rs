//! `/sim/pull…`: who listens to the pull channel, and whatever may happen there.

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

use super::{Script, fail};
use crate::{
    hub::{Hub, UserId},
    pull::{Body, To},
};

/// The routes.
pub(super) fn router() -> Router<Arc<Hub>> {
    Router::new()
        .route("/sim/pull", get(list))
        .route("/sim/pull/send", post(send))
        .route("/sim/pull/expire", post(expire))
        .route("/sim/pull/restart", post(restart))
        .route("/sim/pull/close", post(close))
}

async fn list(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(hub.world().pull.list())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    /// Absent: the shared channel.
    users: Option<Vec<UserId>>,
    #[serde(default = "application")]
    module: String,
    command: String,
    #[serde(default)]
    params: Value,
    /// An old one, or one that was there before.
    mid: Option<String>,
}

fn application() -> String {
    "application".into()
}

/// Any message, without the checks that REST makes.
async fn send(State(hub): State<Arc<Hub>>, Script(send): Script<Send>) -> Response {
    let strangers = send
        .users
        .iter()
        .flatten()
        .any(|id| hub.directory.employee(*id).is_none());
    if strangers {
        return fail(400, "users must be employees' ids");
    }
    let to = match &send.users {
        Some(users) => To::Users(users),
        None => To::Shared,
    };
    let body = Body {
        module: send.module,
        command: send.command,
        params: if send.params.is_null() {
            json!({})
        } else {
            send.params
        },
    };
    let mid = hub.world().pull_send(&to, body, send.mid);
    Json(json!({"mid": mid})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Expire {
    /// Whose private channels end; empty: everybody's.
    users: Vec<UserId>,
    /// Absent: channels of both kinds.
    channel: Option<Kind>,
    /// Absent: what the portal says when they end by themselves.
    action: Option<Action>,
    /// The configuration expires, and no channel does.
    config: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Private,
    Shared,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Reconnect,
    GetConfig,
}

/// Ends channels before their time, or the configuration.
async fn expire(State(hub): State<Arc<Hub>>, Script(expire): Script<Expire>) -> StatusCode {
    let mut world = hub.world();
    if expire.config {
        world.pull_announce("config_expire");
        return StatusCode::NO_CONTENT;
    }
    let action = expire.action.map(|action| match action {
        Action::Reconnect => "reconnect",
        Action::GetConfig => "get_config",
    });
    world.pull_expire(
        |channel| match channel.user {
            Some(user) => {
                expire.channel != Some(Kind::Shared)
                    && (expire.users.is_empty() || expire.users.contains(&user))
            }
            None => expire.channel != Some(Kind::Private),
        },
        action,
    );
    StatusCode::NO_CONTENT
}

/// `server_restart` to everybody.
async fn restart(State(hub): State<Arc<Hub>>) -> StatusCode {
    hub.world().pull_announce("server_restart");
    StatusCode::NO_CONTENT
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Close {
    /// Whose connections; empty: everybody's.
    users: Vec<UserId>,
    /// Absent: as if the network had failed.
    code: Option<u16>,
}

/// Ends connections from the server's side.
async fn close(State(hub): State<Arc<Hub>>, Script(close): Script<Close>) -> Response {
    if close.code.is_some_and(|code| !may_be_sent(code)) {
        return fail(
            400,
            "code must be one a server may close with: 1000-1003, 1007-1014, 3000-4999",
        );
    }
    let closed = hub.world().pull.close(&close.users, close.code);
    Json(json!({"closed": closed})).into_response()
}

fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
