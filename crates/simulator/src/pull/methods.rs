//! `pull.application.*`: where the channels are, and sending to them.

use serde_json::{Value, json};

use super::{
    Body, Pull, To,
    message::{REVISION_MOBILE, REVISION_WEB},
};
use crate::{
    faults::Faults,
    hub::{Config, Hub, UserId},
    portal,
    rest::{Params, RestError},
};

/// The configuration has to be asked for again after this long.
const CONFIG_LIFE_S: u64 = 24 * 60 * 60;

/// One method, named by what follows `pull.application.`, in lower case.
pub(crate) fn call(
    hub: &Hub,
    user: UserId,
    name: &str,
    params: &Params,
) -> Result<Value, RestError> {
    match name {
        "config.get" => Ok(config(hub, user, params)),
        "event.add" => event(hub, user, params),
        _ => Err(RestError::new(
            404,
            "ERROR_METHOD_NOT_FOUND",
            "Method not found!",
        )),
    }
}

/// `config.get`. `REOPEN: "N"` hands out a channel that is over as it is. `CACHE` makes no
/// difference, as the portal keeps nothing that could be old.
fn config(hub: &Hub, user: UserId, params: &Params) -> Value {
    let mut world = hub.world();
    world.pull_sweep();
    let now = world.now_ms();
    let reopen = params.value("REOPEN") != "N";
    let faults = world.faults.clone();
    let pull = &mut world.pull;
    let private = pull.channels.of(Some(user), reopen, now).clone();
    let shared = pull.channels.of(None, reopen, now).clone();
    let private_json = private.json();
    let (public_id, signature) = private_json["public_id"]
        .as_str()
        .and_then(|id| id.split_once('.'))
        .unwrap_or_default();
    let mut answer = json!({
        "server": server(&hub.config, &faults, pull),
        "api": { "revision_web": REVISION_WEB, "revision_mobile": REVISION_MOBILE },
        "channels": { "shared": shared.json(), "private": private_json },
        "exp": now / 1000 + CONFIG_LIFE_S,
        "publicChannels": {
            user.to_string(): {
                "user_id": user,
                "public_id": public_id,
                "signature": signature,
                "start": private.start(),
                "end": private.end(),
            },
        },
    });
    // Never both: a shared server gives out no tokens.
    if faults.pull_shared {
        answer["clientId"] = json!(pull.client_id);
    } else if faults.pull_jwt {
        answer["jwt"] = json!(pull.jwt(vec![private.id, shared.id]));
    }
    answer
}

/// The portal has addresses of one kind, so they stand for the other kind, too: a client that insists
/// on secure ones works without TLS. `long_pooling_secure` is the portal's spelling.
fn server(config: &Config, faults: &Faults, pull: &Pull) -> Value {
    let authority = &config.authority;
    let (poll, publish) = (config.url("/sub/"), config.url("/pub/"));
    let socket = poll.replacen("http", "ws", 1).replace("/sub/", "/subws/");
    json!({
        "version": faults.pull_version,
        "server_enabled": true,
        "mode": if faults.pull_shared { "shared" } else { "personal" },
        "hostname": portal::host_name(authority),
        "long_polling": poll,
        "long_pooling_secure": poll,
        "websocket_enabled": faults.pull_web_socket_enabled,
        "websocket": socket,
        "websocket_secure": socket,
        // Clients may acknowledge there, and no more.
        "publish_enabled": false,
        "publish": publish,
        "publish_secure": publish,
        "config_timestamp": pull.config_timestamp,
    })
}

/// `event.add`: an app's message to its own frames.
fn event(hub: &Hub, user: UserId, params: &Params) -> Result<Value, RestError> {
    let users = receivers(hub, user, params)?;
    let module = match params.value("MODULE_ID") {
        Value::Null => "application".to_owned(),
        Value::String(id)
            if consists_of(id, |c| {
                c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c)
            }) =>
        {
            id.clone()
        }
        _ => return Err(bad("MODULE_ID_ERROR", "Module ID format error")),
    };
    let command = match params.value("COMMAND") {
        Value::String(name)
            if consists_of(name, |c| c.is_ascii_alphanumeric() || "_:|.-".contains(c)) =>
        {
            name.clone()
        }
        _ => return Err(bad("COMMAND_ERROR", "Command format error")),
    };
    let params = match params.value("PARAMS") {
        Value::Null => json!([]),
        Value::Object(map) => portal::php(map.clone()),
        list @ Value::Array(_) => list.clone(),
        // A form cannot say an empty object in another way.
        Value::String(text) if text.is_empty() => json!([]),
        _ => return Err(bad("PARAMS_ERROR", "Params format error")),
    };
    let to = match &users {
        Some(users) => To::Users(users),
        None => To::Shared,
    };
    let body = Body {
        module,
        command,
        params,
    };
    hub.world().pull_send(&to, body, None);
    Ok(json!(true))
}

/// The users named by `USER_ID`; `None` for the shared channel.
fn receivers(hub: &Hub, user: UserId, params: &Params) -> Result<Option<Vec<UserId>>, RestError> {
    let given = match params.value("USER_ID") {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => true,
    };
    if !given {
        return Ok(None);
    }
    let ids = params.ints("USER_ID");
    let own = !ids.is_empty() && ids.iter().all(|id| *id == user);
    let admin = hub.directory.profile(user)["ADMIN"] == true;
    if !own && (!admin || ids.is_empty()) {
        return Err(bad(
            "USER_ID_ACCESS_ERROR",
            "Only admin can send notifications to other channels",
        ));
    }
    Ok(Some(
        ids.into_iter()
            .filter(|id| hub.directory.employee(*id).is_some())
            .collect(),
    ))
}

fn consists_of(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(allowed)
}

fn bad(error: &str, description: &str) -> RestError {
    RestError::new(400, error, description)
}
