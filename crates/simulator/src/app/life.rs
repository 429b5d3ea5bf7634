//! What happens to the app, and whom the portal tells of it: installed, uninstalled, a handler
//! deleted, a call wanted.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    delivery::{self, Form},
    events::Handler,
    placements::Row,
};
use crate::{
    hub::{Hub, UserId, World},
    journal::Entry,
    mask, oauth,
};

/// The installer has finished: the portal's part of `setInstallFinish`. False when there was
/// nothing to finish.
pub(crate) fn finish_install(hub: &Arc<Hub>, user: UserId) -> bool {
    {
        let mut world = hub.world();
        if world.app.installed || hub.directory.profile(user)["ADMIN"] != true {
            return false;
        }
        world.app.installed = true;
        world.announce();
    }
    let data = json!({"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "en"});
    raise(hub, "ONAPPINSTALL", user, &data);
    true
}

/// The app is removed: rows, handlers and tokens go. False when there was nothing to remove.
pub(crate) fn uninstall(hub: &Arc<Hub>, clean: bool) -> bool {
    let data = json!({"LANGUAGE_ID": "en", "CLEAN": i32::from(clean)});
    let letters: Vec<_> = {
        let mut world = hub.world();
        if !world.app.installed {
            return false;
        }
        let handlers = world.app.handlers.of("ONAPPUNINSTALL");
        // Written before the token changes; without tokens, which are good for nothing now.
        let write = |it: &Handler| (it.url.clone(), letter(hub, &mut world, it, None, &data));
        let letters = handlers.iter().map(write).collect();
        world.app.installed = false;
        world.app.placements.clear();
        world.app.handlers.clear();
        world.app.token = hub.config.app.new_token();
        world.tokens.revoke();
        world.announce();
        letters
    };
    for (url, form) in letters {
        tokio::spawn(send(Arc::clone(hub), "ONAPPUNINSTALL".into(), url, form));
    }
    true
}

/// A worker's frame has loaded late. One time too many and its row is gone, of which the
/// portal tells without any token.
pub(crate) fn slow_load(hub: &Arc<Hub>, world: &mut World, row: u64) {
    let (now, older) = (world.now_ms(), world.faults.older_load_rule);
    if world.app.placements.row(row).is_none() || !world.app.loads.slow(row, older, now) {
        return;
    }
    let Some(row) = world.app.placements.remove(row) else {
        return;
    };
    let (url, form) = (row.error_handler().to_owned(), notice(&row));
    tokio::spawn(send(
        Arc::clone(hub),
        "ERROR_PLACEMENT_LOADING_OVERTIME".into(),
        url,
        form,
    ));
}

fn notice(row: &Row) -> Form {
    let text = format!(
        "The handler of {} took longer than 5 seconds to load, more than 10 times: it is removed",
        row.placement
    );
    vec![
        ("error".into(), "ERROR_PLACEMENT_LOADING_OVERTIME".into()),
        ("error_description".into(), text),
    ]
}

/// Tells all handlers of an event that `user` has caused, in the background. Returns at once;
/// the handle ends when the last backend has answered.
pub(crate) fn raise(
    hub: &Arc<Hub>,
    event: &'static str,
    user: UserId,
    data: &Value,
) -> tokio::task::JoinHandle<()> {
    let mut letters = Vec::new();
    {
        let mut world = hub.world();
        // Before the installation is finished events stay in the portal.
        let handlers = if world.app.installed {
            world.app.handlers.of(event)
        } else {
            Vec::new()
        };
        for handler in handlers {
            let whose = if handler.auth_type == 0 {
                user
            } else {
                handler.auth_type
            };
            let form = letter(hub, &mut world, &handler, Some(whose), data);
            letters.push((handler.url, form));
        }
    }
    let hub = Arc::clone(hub);
    tokio::spawn(async move {
        for (url, form) in letters {
            send(Arc::clone(&hub), event.to_owned(), url, form).await;
        }
    })
}

/// An event as the portal writes it: `event`, `data[…]`, `ts`, `auth[…]`.
fn letter(
    hub: &Hub,
    world: &mut World,
    handler: &Handler,
    user: Option<UserId>,
    data: &Value,
) -> Form {
    let rest = hub.config.url("/rest/");
    let mut auth = Map::new();
    auth.insert("domain".into(), json!(hub.config.authority));
    let oauth = oauth::authority(hub, world.faults.region);
    auth.insert(
        "server_endpoint".into(),
        json!(format!("{}://{oauth}/rest/", hub.config.scheme())),
    );
    auth.insert("client_endpoint".into(), json!(rest));
    auth.insert("member_id".into(), json!(hub.config.member_id));
    auth.insert("application_token".into(), json!(world.app.token));
    if let Some(user) = user {
        let pair = world.issue(user);
        auth.insert("access_token".into(), json!(pair.access));
        auth.insert("refresh_token".into(), json!(pair.refresh));
        auth.insert("expires_in".into(), json!(pair.lifetime_s));
        auth.insert("scope".into(), json!(world.faults.scopes.join(",")));
        auth.insert("status".into(), json!("L"));
    }
    let mut form = vec![
        ("event".to_owned(), handler.event.clone()),
        ("event_handler_id".to_owned(), handler.id.to_string()),
    ];
    form.extend(fields("data", data));
    form.push(("ts".to_owned(), (world.now_ms() / 1000).to_string()));
    form.extend(fields("auth", &Value::Object(auth)));
    form
}

/// `{"A": 1}` as `name[A]=1`.
fn fields(name: &str, all: &Value) -> Form {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let all = all.as_object().into_iter().flatten();
    all.map(|(key, value)| (format!("{name}[{key}]"), text(value)))
        .collect()
}

/// Posts one letter as the faults have it, and writes the outcome to the log.
async fn send(hub: Arc<Hub>, name: String, url: String, form: Form) {
    hub.delay(|faults| faults.event(&name).delay_ms).await;
    let fault = hub.world().faults.event(&name);
    let copies = if fault.lost { 0 } else { fault.copies };
    if copies == 0 {
        told(&hub, &name, &url, &form, &json!("lost"));
    }
    for _ in 0..copies {
        let outcome = match delivery::post(&url, &form).await {
            Ok(status) => json!(status),
            Err(reason) => json!(reason),
        };
        told(&hub, &name, &url, &form, &outcome);
    }
}

fn told(hub: &Hub, name: &str, url: &str, form: &Form, outcome: &Value) {
    // The last part of `auth[access_token]` is what the mask knows.
    let shown = form.iter().map(|(key, value)| {
        let inner = key.rsplit('[').next().unwrap_or(key).trim_end_matches(']');
        let masked = mask::json(&json!({inner: value}));
        (key.clone(), masked[inner].clone())
    });
    let shown: Map<String, Value> = shown.collect();
    let text = json!({"to": url, "outcome": outcome, "form": shown});
    hub.world().log(Entry::new("event", name, text.to_string()));
}
