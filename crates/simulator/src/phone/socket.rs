//! The WebSocket `/phone`, one for each softphone.

use std::sync::Arc;
use std::time::Duration;

use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use serde_json::Value;
use tokio::sync::mpsc;

use super::Softphone;
use crate::{hub::Hub, journal::Entry};

/// How long a call waits to be taken up by another softphone: longer than a worker does without a page.
const TAKE_UP: Duration = Duration::from_secs(30);

/// `GET /phone`: a softphone's line to the network.
pub(crate) async fn socket(State(hub): State<Arc<Hub>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| serve(hub, socket))
}

async fn serve(hub: Arc<Hub>, mut socket: WebSocket) {
    let (to, mut outbox) = mpsc::unbounded_channel::<String>();
    let id = {
        let mut world = hub.world();
        world.phone.last += 1;
        let id = world.phone.last;
        world.phone.softphones.insert(
            id,
            Softphone {
                to,
                line: None,
                takes_up: false,
            },
        );
        id
    };
    loop {
        tokio::select! {
            text = outbox.recv() => {
                let Some(text) = text else { break };
                log(&hub, "out", &text);
                if socket.send(Message::text(text)).await.is_err() { break }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => heard(&hub, id, &text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            }
        }
    }
    let left = {
        let mut world = hub.world();
        let left = world.phone.lost(id);
        world.announce();
        left
    };
    if left.is_empty() {
        return;
    }
    tokio::time::sleep(TAKE_UP).await;
    let mut world = hub.world();
    for call in left {
        world.phone.give_up(&call);
    }
    world.announce();
}

fn heard(hub: &Arc<Hub>, id: u64, text: &str) {
    log(hub, "in", text);
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let mut world = hub.world();
    let auto = world.phone.heard(id, &message);
    world.announce();
    drop(world);
    if let Some((call, after)) = auto {
        let hub = Arc::clone(hub);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(after)).await;
            let mut world = hub.world();
            // Cancelled meanwhile: nothing to answer.
            let _ = world.phone.answer(Some(&call));
            world.announce();
        });
    }
}

fn log(hub: &Hub, direction: &str, text: &str) {
    let name = serde_json::from_str::<Value>(text)
        .ok()
        .and_then(|m| m["type"].as_str().map(str::to_owned))
        .unwrap_or_default();
    hub.world()
        .log(Entry::new("phone", &name, format!("{direction} {text}")));
}
