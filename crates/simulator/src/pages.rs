//! The portal pages that are open now, and the socket to each.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{
        Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::{
    app::life,
    hub::{Hub, UserId},
    journal::Entry,
};

/// All open pages by number: `p1` is 1.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    open: BTreeMap<u32, Page>,
    last_page: u32,
    last_ask: u64,
}

#[derive(Debug)]
struct Page {
    user: UserId,
    to: mpsc::UnboundedSender<String>,
    state: Value,
    asked: BTreeMap<u64, oneshot::Sender<Value>>,
}

impl Pages {
    /// A number for a page about to be rendered.
    pub(crate) fn number(&mut self) -> u32 {
        self.last_page += 1;
        self.last_page
    }

    /// What the pages last told of themselves.
    pub(crate) fn states(&self) -> Vec<Value> {
        self.open.values().map(|p| p.state.clone()).collect()
    }

    /// What page `id` last told of itself.
    pub(crate) fn state(&self, id: &str) -> Option<&Value> {
        self.open.get(&number_of(id)?).map(|p| &p.state)
    }

    /// The ids of all open pages.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.open.keys().map(|n| format!("p{n}")).collect()
    }

    /// Sends `message` to every page.
    pub(crate) fn tell_all(&self, message: &Value) {
        let text = message.to_string();
        for page in self.open.values() {
            let _ = page.to.send(text.clone());
        }
    }

    /// Shows every dock what all pages told last.
    pub(crate) fn tell_tabs(&self) {
        self.tell_all(&json!({"type": "tabs", "tabs": self.states()}));
    }

    /// Sends `message` to every page of `users`.
    pub(crate) fn tell_users(&self, users: &[UserId], message: &Value) {
        let text = message.to_string();
        for page in self.open.values().filter(|p| users.contains(&p.user)) {
            let _ = page.to.send(text.clone());
        }
    }

    /// Asks page `id` to do something; its answer comes through the receiver.
    /// `None` when there is no such page.
    pub(crate) fn ask(&mut self, id: &str, mut what: Value) -> Option<oneshot::Receiver<Value>> {
        let page = self.open.get_mut(&number_of(id)?)?;
        self.last_ask += 1;
        what["type"] = json!("ask");
        what["id"] = json!(self.last_ask);
        let (answer, receiver) = oneshot::channel();
        page.asked.insert(self.last_ask, answer);
        page.to.send(what.to_string()).ok()?;
        Some(receiver)
    }
}

fn number_of(id: &str) -> Option<u32> {
    id.strip_prefix('p')?.parse().ok()
}

/// Query of the socket's URL.
#[derive(Deserialize)]
pub(crate) struct Who {
    page: u32,
    user: UserId,
}

/// `GET /portal/socket`: the page's line to the server.
pub(crate) async fn socket(
    State(hub): State<Arc<Hub>>,
    Query(who): Query<Who>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.on_upgrade(move |socket| serve(hub, who, socket))
}

async fn serve(hub: Arc<Hub>, who: Who, mut socket: WebSocket) {
    let (to, mut outbox) = mpsc::unbounded_channel();
    {
        let mut world = hub.world();
        let state = json!({"id": format!("p{}", who.page), "user": who.user, "card": null, "frames": [], "interfaceReady": false});
        let hello = json!({"type": "world", "world": world.snapshot()});
        let _ = to.send(hello.to_string());
        world.pages.open.insert(
            who.page,
            Page {
                user: who.user,
                to,
                state,
                asked: BTreeMap::new(),
            },
        );
        world.pages.tell_tabs();
        world.touch();
    }
    loop {
        tokio::select! {
            text = outbox.recv() => {
                let Some(text) = text else { break };
                if socket.send(Message::text(text)).await.is_err() { break }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => heard(&hub, who.page, &text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            }
        }
    }
    let mut world = hub.world();
    world.pages.open.remove(&who.page);
    world.pages.tell_tabs();
    world.touch();
}

/// One message of a page.
fn heard(hub: &Arc<Hub>, page: u32, text: &str) {
    let Ok(mut message) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let mut world = hub.world();
    match message["type"].as_str() {
        Some("state") => {
            let state = message["state"].take();
            if let Some(open) = world.pages.open.get_mut(&page)
                && open.state != state
            {
                open.state = state;
                world.pages.tell_tabs();
            }
            world.touch();
        }
        Some("log") => {
            let mut entry: Entry =
                serde_json::from_value(message["entry"].take()).unwrap_or_default();
            entry.page = format!("p{page}");
            world.log(entry);
        }
        Some("loaded") => {
            let number = |name: &str| message[name].as_u64().unwrap_or_default();
            world.app.loads.loaded(number("row"), number("ms"));
            if message["slow"] == true {
                world.strikes += 1;
                life::slow_load(hub, &mut world, number("row"));
            }
            world.announce();
        }
        Some("answer") => {
            let waiting = message["id"].as_u64().and_then(|id| {
                let open = world.pages.open.get_mut(&page)?;
                open.asked.remove(&id)
            });
            if let Some(waiting) = waiting {
                let _ = waiting.send(message);
            }
        }
        _ => tracing::debug!(page, "a page said something unknown"),
    }
}
