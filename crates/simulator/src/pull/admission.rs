//! Who may connect: the query of `/subws/` and `/sub/`.

use serde::Deserialize;
use serde_json::json;

use super::{
    channel::Channel,
    message::{Format, Message},
};
use crate::{
    hub::{Hub, UserId},
    journal::Entry,
};

/// The query as clients send it. What they send besides (`revision`) makes no difference.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ask {
    /// `private/shared`, in any order, or one of them.
    #[serde(rename = "CHANNEL_ID")]
    channel_id: String,
    /// The configuration's `jwt`, in place of the channels.
    token: String,
    #[serde(rename = "clientId")]
    client_id: String,
    #[serde(rename = "jsonRpc")]
    json_rpc: String,
    format: String,
    mid: String,
    tag: String,
    time: String,
}

/// From where on a client wants messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// From now on.
    Now,
    /// After the one with this `mid`.
    Mid(String),
    /// After the one with this tag and time.
    Tag(String, String),
}

/// A client that was let in.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// Whose private channel it reads; `None` when only the shared one.
    pub(super) user: Option<UserId>,
    /// What it reads.
    pub(super) channels: Vec<Channel>,
    /// How it wants it.
    pub(super) format: Format,
    /// From where on.
    pub(super) since: Since,
}

impl Pass {
    /// The name of the channel by which a message reaches this client.
    pub(super) fn channel_of(&self, message: &Message) -> Option<&str> {
        let names = self.channels.iter().map(|c| c.name.as_str());
        names
            .into_iter()
            .find(|name| message.channels.iter().any(|to| to == name))
    }
}

/// Why a client is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A channel it names is unknown or over: 4010, or 403 for a poll.
    WrongChannel,
    /// The server is down: 503, and no socket.
    Down,
}

/// Lets a client in, or not; the log has the reason.
pub(super) fn admit(hub: &Hub, ask: &Ask, transport: &str) -> Result<Pass, Refusal> {
    let mut world = hub.world();
    world.pull_sweep();
    let now = world.now_ms();
    let faults = world.faults.clone();
    let socket = transport == "websocket";
    let outcome = if faults.pull_down || (socket && !faults.pull_web_socket) {
        Err((Refusal::Down, "the server is down"))
    } else if faults.pull_shared && ask.client_id != world.pull.client_id {
        Err((Refusal::WrongChannel, "clientId is not this portal's"))
    } else {
        let ids: Vec<String> = match world.pull.jwts.get(&ask.token) {
            Some(ids) => ids.clone(),
            None => ask.channel_id.split('/').map(str::to_owned).collect(),
        };
        let channels: Option<Vec<Channel>> = ids
            .iter()
            .map(|id| world.pull.channels.open(id, now).cloned())
            .collect();
        channels.ok_or((Refusal::WrongChannel, "a channel is unknown or over"))
    };
    match outcome {
        Ok(channels) => Ok(Pass {
            user: channels.iter().find_map(|c| c.user),
            format: ask.format_of(faults.pull_version),
            since: ask.since(),
            channels,
        }),
        Err((refusal, why)) => {
            let text = json!({"transport": transport, "why": why}).to_string();
            world.log(Entry::new("pull", "refuse", text));
            Err(refusal)
        }
    }
}

impl Ask {
    fn format_of(&self, version: u8) -> Format {
        if version >= 5 && self.json_rpc == "true" {
            Format::JsonRpc
        } else if version >= 4 && self.format == "json" {
            Format::Json
        } else {
            Format::Text
        }
    }

    fn since(&self) -> Since {
        if !self.mid.is_empty() {
            Since::Mid(self.mid.clone())
        } else if !self.tag.is_empty() && !self.time.is_empty() {
            Since::Tag(self.tag.clone(), self.time.clone())
        } else {
            Since::Now
        }
    }
}
