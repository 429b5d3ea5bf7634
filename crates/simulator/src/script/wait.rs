//! `GET /sim/wait`: a long poll for a line of the log, or for something to become so.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fail;
use crate::hub::{Hub, World};

/// What to wait for: either some of `kind`, `name`, `contains`, `page` of a log line after
/// `since`; or `path` of the state (of one page with `page`) being `is`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wish {
    #[serde(default)]
    since: u64,
    kind: Option<String>,
    name: Option<String>,
    contains: Option<String>,
    page: Option<String>,
    path: Option<String>,
    is: Option<String>,
    #[serde(default = "a_minute")]
    timeout_ms: u64,
}

fn a_minute() -> u64 {
    60_000
}

pub(super) async fn wait(State(hub): State<Arc<Hub>>, Query(wish): Query<Wish>) -> Response {
    let mut changes = hub.changes();
    let found = async {
        loop {
            changes.borrow_and_update();
            if let Some(found) = search(&hub.world(), &wish) {
                return found;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let patience = Duration::from_millis(wish.timeout_ms.min(600_000));
    match tokio::time::timeout(patience, found).await {
        Ok(found) => Json(found).into_response(),
        Err(_) => fail(408, "it did not happen in time"),
    }
}

fn search(world: &World, wish: &Wish) -> Option<Value> {
    let Some(path) = &wish.path else {
        return world
            .journal
            .since(wish.since)
            .find(|entry| {
                let fits =
                    |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|w| w == is);
                fits(&wish.kind, &entry.kind)
                    && fits(&wish.name, &entry.name)
                    && fits(&wish.page, &entry.page)
                    && wish
                        .contains
                        .as_ref()
                        .is_none_or(|c| entry.text.contains(c))
            })
            .map(|entry| json!(entry));
    };
    let root = match &wish.page {
        Some(page) => world.pages.state(page)?.clone(),
        None => {
            let mut all = world.snapshot();
            all["pages"] = json!(world.pages.states());
            all
        }
    };
    let mut at = &root;
    for key in path.split('.') {
        at = match at {
            Value::Array(items) => key.parse::<usize>().ok().and_then(|i| items.get(i)),
            other => other.get(key),
        }
        .unwrap_or(&Value::Null);
    }
    let holds = match &wish.is {
        Some(wanted) => match at {
            Value::String(text) => text == wanted,
            other => &other.to_string() == wanted,
        },
        None => !at.is_null(),
    };
    holds.then(|| json!({"value": at}))
}
