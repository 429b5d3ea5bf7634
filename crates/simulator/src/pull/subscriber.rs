//! Who listens now: one entry for each open socket, and for each poll that waits.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Channel, Message, admission::Pass};
use crate::{hub::Hub, journal::Entry};

/// One open socket, or one poll that waits.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) pass: Pass,
    pub(super) transport: &'static str,
    pub(super) to: mpsc::UnboundedSender<Signal>,
}

/// What a connection is told to do.
#[derive(Debug)]
pub(super) enum Signal {
    /// Pass this on.
    Message(Arc<Message>),
    /// End, with a code or as if the network had failed.
    Close(Option<u16>),
}

impl Subscriber {
    /// As scripts and the log see it.
    pub(super) fn json(&self, id: u64) -> Value {
        json!({
            "subscriber": format!("s{id}"),
            "user": self.pass.user,
            "transport": self.transport,
            "format": self.pass.format.name(),
            "channels": self.pass.channels.iter().map(Channel::kind).collect::<Vec<_>>(),
        })
    }
}

/// Connects a client that was let in.
pub(super) fn connect(
    hub: &Hub,
    pass: &Pass,
    transport: &'static str,
) -> (u64, mpsc::UnboundedReceiver<Signal>) {
    let mut world = hub.world();
    let (id, inbox) = world.pull.subscribe(pass, transport);
    let text = world.pull.subscribers[&id].json(id).to_string();
    world.log(Entry::new("pull", "connect", text));
    (id, inbox)
}

/// Forgets a client.
pub(super) fn disconnect(hub: &Hub, id: u64, why: &str) {
    let mut world = hub.world();
    if let Some(subscriber) = world.pull.subscribers.remove(&id) {
        let mut all = subscriber.json(id);
        all["why"] = json!(why);
        world.log(Entry::new("pull", "disconnect", all.to_string()));
    }
}

/// Logs that a message is on the wire.
pub(super) fn delivered(hub: &Hub, id: u64, message: &Message) {
    let mut world = hub.world();
    let user = world.pull.subscribers.get(&id).and_then(|s| s.pass.user);
    let text = json!({
        "subscriber": format!("s{id}"),
        "user": user,
        "mid": message.mid,
        "module": message.body.module,
        "command": message.body.command,
        "params": message.body.params,
    });
    world.log(Entry::new("pull", "deliver", text.to_string()));
}
