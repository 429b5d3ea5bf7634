//! `/subws/`: the channel by WebSocket.

use std::sync::Arc;

use axum::{
    extract::{
        Query, State,
        ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    admission::{Ask, Pass, Refusal, admit},
    message::{Format, Message},
    subscriber::{self, Signal},
};
use crate::{hub::Hub, journal::Entry};

/// The client's channel id is unknown or over.
const WRONG_CHANNEL_ID: u16 = 4010;

/// `GET /subws/`.
pub(crate) async fn socket(
    State(hub): State<Arc<Hub>>,
    Query(ask): Query<Ask>,
    upgrade: WebSocketUpgrade,
) -> Response {
    match admit(&hub, &ask, "websocket") {
        Ok(pass) => upgrade.on_upgrade(move |socket| serve(hub, pass, socket)),
        // A browser tells its page nothing of a refused upgrade, so this refusal is a close code.
        Err(Refusal::WrongChannel) => upgrade.on_upgrade(|mut socket| async move {
            let _ = socket
                .send(closing(WRONG_CHANNEL_ID, "wrong channel id"))
                .await;
        }),
        Err(Refusal::Down) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn closing(code: u16, reason: &'static str) -> Frame {
    Frame::Close(Some(CloseFrame {
        code,
        reason: reason.into(),
    }))
}

async fn serve(hub: Arc<Hub>, pass: Pass, mut socket: WebSocket) {
    let (id, mut inbox) = subscriber::connect(&hub, &pass, "websocket");
    let mut changes = hub.changes();
    let ping = || hub.delay(|faults| faults.pull_ping_ms.max(SHORTEST_PING_MS));
    let mut next_ping = Box::pin(ping());
    let mut unanswered = false;
    let why = loop {
        tokio::select! {
            signal = inbox.recv() => match signal {
                Some(Signal::Message(message)) => {
                    if !pass_on(&hub, id, &pass, &message, &mut socket).await { break "lost" }
                }
                Some(Signal::Close(Some(code))) => {
                    let _ = socket.send(closing(code, "closed by a script")).await;
                    break "closed";
                }
                Some(Signal::Close(None)) | None => break "dropped",
            },
            frame = socket.recv() => match frame {
                Some(Ok(Frame::Text(text))) => {
                    unanswered = false;
                    let answer = heard(&hub, id, &text);
                    if let Some(answer) = answer && socket.send(Frame::text(answer)).await.is_err() {
                        break "lost"
                    }
                }
                Some(Ok(Frame::Close(_)) | Err(_)) | None => break "left",
                Some(Ok(_)) => unanswered = false,
            },
            () = &mut next_ping => {
                // Nothing came since the last one: nobody is there.
                if unanswered { break "silent" }
                unanswered = true;
                // Version 5 pings in text, so that a page can see it; others as WebSocket does.
                let ping_frame = match pass.format {
                    Format::JsonRpc => Frame::text("ping"),
                    _ => Frame::Ping(Vec::new().into()),
                };
                if socket.send(ping_frame).await.is_err() { break "lost" }
                next_ping = Box::pin(ping());
            }
            _ = changes.changed() => {
                let mut world = hub.world();
                world.pull_sweep();
                if world.faults.pull_down || !world.faults.pull_web_socket { break "down" }
            }
        }
    };
    subscriber::disconnect(&hub, id, why);
}

/// A ping a script asks for more often than this would keep the machine busy with nothing else.
const SHORTEST_PING_MS: u64 = 10;

/// Sends one message; whether the client is still there.
async fn pass_on(
    hub: &Hub,
    id: u64,
    pass: &Pass,
    message: &Message,
    socket: &mut WebSocket,
) -> bool {
    let name = pass.channel_of(message).unwrap_or_default();
    for frame in pass.format.frames(&[(message, name)]) {
        if socket.send(Frame::text(frame)).await.is_err() {
            return false;
        }
    }
    subscriber::delivered(hub, id, message);
    true
}

/// What a client says: an acknowledgement, `pong`, or a call of its own. The answer, if any.
fn heard(hub: &Hub, id: u64, text: &str) -> Option<String> {
    if let Some(mid) = text.strip_prefix("mack:") {
        let text = json!({"subscriber": format!("s{id}"), "mid": mid}).to_string();
        hub.world().log(Entry::new("pull", "ack", text));
        return None;
    }
    if text == "pong" {
        hub.world().log(Entry::new(
            "pull",
            "pong",
            json!({"subscriber": format!("s{id}")}).to_string(),
        ));
        return None;
    }
    let call: Value = serde_json::from_str(text).ok()?;
    let request = call.get("id")?;
    let mut answer = json!({"jsonrpc": "2.0", "id": request});
    match call["method"].as_str() {
        Some("ping") => answer["result"] = json!("pong"),
        _ => answer["error"] = json!({"code": -32601, "message": "Method not found"}),
    }
    Some(answer.to_string())
}
