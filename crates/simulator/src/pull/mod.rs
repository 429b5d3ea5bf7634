//! The push server: what apps know as the pull channel.
//!
//! A frame asks REST for its channels, connects to them by WebSocket or long polling, and
//! hears what the app's backend sends there.

mod admission;
mod channel;
mod message;
mod methods;
mod polling;
mod socket;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde_json::{Value, json};
use tokio::sync::mpsc;

pub(crate) use channel::Channel;
pub(crate) use message::{Body, Message};
pub(crate) use methods::call;
pub(crate) use polling::{acknowledge, poll};
pub(crate) use socket::socket;

use crate::{
    hub::{Hub, UserId, World},
    journal::Entry,
    tokens,
};
use admission::{Pass, Since};
use channel::Channels;

/// A message can be resumed from for this long.
const KEPT_MS: u64 = 10 * 60 * 1000;

/// `{"alg":"HS256","typ":"JWT"}`.
const JWT_HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// Everything the push server knows.
#[derive(Debug)]
pub(crate) struct Pull {
    channels: Channels,
    subscribers: BTreeMap<u64, Subscriber>,
    history: VecDeque<Arc<Message>>,
    /// The channels each handed out `jwt` stands for.
    jwts: BTreeMap<String, Vec<String>>,
    /// The portal's name at a push server it shares with others.
    client_id: String,
    /// Changes with the configuration.
    config_timestamp: u64,
    last_message: u64,
    last_subscriber: u64,
}

/// One open socket, or one poll that waits.
#[derive(Debug)]
struct Subscriber {
    pass: Pass,
    transport: &'static str,
    to: mpsc::UnboundedSender<Signal>,
}

/// What a connection is told to do.
#[derive(Debug)]
enum Signal {
    /// Pass this on.
    Message(Arc<Message>),
    /// End, with a code or as if the network had failed.
    Close(Option<u16>),
}

/// To whom a message goes.
#[derive(Debug)]
pub(crate) enum To<'a> {
    /// The private channels of these users.
    Users(&'a [UserId]),
    /// The channel all users of the app share.
    Shared,
}

impl Pull {
    /// A server nobody has connected to.
    pub(crate) fn new(now_ms: u64) -> Pull {
        Pull {
            channels: Channels::default(),
            subscribers: BTreeMap::new(),
            history: VecDeque::new(),
            jwts: BTreeMap::new(),
            client_id: tokens::hex(32),
            config_timestamp: now_ms / 1000,
            last_message: 0,
            last_subscriber: 0,
        }
    }

    /// Forgets all messages; connections and channels stay.
    pub(crate) fn reset(&mut self) {
        self.history.clear();
    }

    /// Who is connected, for scripts.
    pub(crate) fn list(&self) -> Value {
        let one = |(id, subscriber): (&u64, &Subscriber)| subscriber.json(*id);
        self.subscribers.iter().map(one).collect()
    }

    /// Connects: what was missed comes first, then what happens.
    fn subscribe(
        &mut self,
        pass: &Pass,
        transport: &'static str,
    ) -> (u64, mpsc::UnboundedReceiver<Signal>) {
        let (to, inbox) = mpsc::unbounded_channel();
        for message in self.missed(pass) {
            let _ = to.send(Signal::Message(message));
        }
        self.last_subscriber += 1;
        let subscriber = Subscriber {
            pass: pass.clone(),
            transport,
            to,
        };
        self.subscribers.insert(self.last_subscriber, subscriber);
        (self.last_subscriber, inbox)
    }

    /// The kept messages that came after the one the client had last.
    fn missed(&self, pass: &Pass) -> Vec<Arc<Message>> {
        let start = match &pass.since {
            Since::Now => return Vec::new(),
            Since::Mid(mid) => self.history.iter().position(|m| m.mid > *mid),
            Since::Tag(tag, time) => self
                .history
                .iter()
                .position(|m| m.tag() == *tag && m.time() == *time)
                .map(|had| had + 1),
        };
        let kept = self
            .history
            .iter()
            .skip(start.unwrap_or(self.history.len()));
        kept.filter(|m| pass.channel_of(m).is_some())
            .cloned()
            .collect()
    }

    /// The newest kept message a subscriber could have had.
    fn last_mid(&self, pass: &Pass) -> Option<&str> {
        let mut newest_first = self.history.iter().rev();
        newest_first
            .find(|m| pass.channel_of(m).is_some())
            .map(|m| m.mid.as_str())
    }

    /// Hands a message to whoever listens to one of its channels, once each, and keeps it.
    fn publish(&mut self, message: Message, keep: bool) {
        let message = Arc::new(message);
        for subscriber in self.subscribers.values() {
            if subscriber.pass.channel_of(&message).is_some() {
                let _ = subscriber.to.send(Signal::Message(Arc::clone(&message)));
            }
        }
        let oldest = message.at_ms.saturating_sub(KEPT_MS);
        while self.history.front().is_some_and(|m| m.at_ms < oldest) {
            self.history.pop_front();
        }
        if keep {
            self.history.push_back(message);
        }
    }

    /// A token that stands for these channels.
    fn jwt(&mut self, channels: Vec<String>) -> String {
        // Header, claims, signature; no client reads the last two.
        let jwt = format!("{JWT_HEADER}.{}.{}", tokens::hex(64), tokens::hex(64));
        self.jwts.insert(jwt.clone(), channels);
        jwt
    }

    /// Ends the connections of `users`; of everybody when empty. How many there were.
    pub(crate) fn close(&self, users: &[UserId], code: Option<u16>) -> usize {
        let concerned = self
            .subscribers
            .values()
            .filter(|s| users.is_empty() || s.pass.user.is_some_and(|u| users.contains(&u)));
        concerned
            .filter(|s| s.to.send(Signal::Close(code)).is_ok())
            .count()
    }
}

impl Subscriber {
    fn json(&self, id: u64) -> Value {
        json!({
            "subscriber": format!("s{id}"),
            "user": self.pass.user,
            "transport": self.transport,
            "format": self.pass.format.name(),
            "channels": self.pass.channels.iter().map(Channel::kind).collect::<Vec<_>>(),
        })
    }
}

impl World {
    /// Sends over the pull channel; the message's `mid`, or the one it is to be sent under.
    pub(crate) fn pull_send(&mut self, to: &To<'_>, body: Body, mid: Option<String>) -> String {
        self.pull_sweep();
        let now = self.now_ms();
        let readers: Vec<Option<UserId>> = match to {
            To::Users(users) => users.iter().copied().map(Some).collect(),
            To::Shared => vec![None],
        };
        let channels = readers
            .into_iter()
            .map(|reader| self.pull.channels.of(reader, true, now).name.clone())
            .collect();
        self.pull_publish(channels, body, mid)
    }

    /// Sends a command of the push server itself to everybody who is connected.
    pub(crate) fn pull_announce(&mut self, command: &str) -> String {
        if command == "config_expire" {
            self.pull.config_timestamp += 1;
        }
        let everybody = self.pull.subscribers.values();
        let channels = everybody
            .flat_map(|s| s.pass.channels.iter().map(|c| c.name.clone()))
            .collect();
        self.pull_publish(channels, Body::system(command, json!({})), None)
    }

    fn pull_publish(&mut self, channels: Vec<String>, body: Body, mid: Option<String>) -> String {
        self.pull.last_message += 1;
        let mut message = Message::new(self.pull.last_message, self.now_ms(), channels, body);
        // One under a `mid` of a script's choice would spoil the order of those resumed.
        let keep = mid.is_none();
        if let Some(mid) = mid {
            message.mid = mid;
        }
        let mid = message.mid.clone();
        self.pull.publish(message, keep);
        mid
    }

    /// Ends the channels that fit now, and tells their readers what to do: `action` or what is
    /// usual for the kind of channel.
    pub(crate) fn pull_expire(&mut self, fits: impl Fn(&Channel) -> bool, action: Option<&str>) {
        let now = self.now_ms();
        self.pull.channels.end(fits, now);
        self.pull_tell_ends(action);
    }

    /// Tells the readers of channels that are over by the portal's clock.
    fn pull_sweep(&mut self) {
        self.pull_tell_ends(None);
    }

    /// `channel_expire`: a private channel's reader asks for a new configuration, the readers
    /// of the shared one are handed its successor.
    fn pull_tell_ends(&mut self, action: Option<&str>) {
        let now = self.now_ms();
        for over in self.pull.channels.newly_over(now) {
            let usual = if over.user.is_some() {
                "get_config"
            } else {
                "reconnect"
            };
            let action = action.unwrap_or(usual);
            let mut params = json!({
                "action": action,
                "channel": { "id": over.id, "type": over.kind() },
            });
            if action == "reconnect" {
                params["new_channel"] = self.pull.channels.of(over.user, true, now).json();
            }
            self.log(Entry::new(
                "pull",
                "expire",
                json!({"user": over.user, "channel": over.kind(), "action": action}).to_string(),
            ));
            self.pull_publish(
                vec![over.name.clone()],
                Body::system("channel_expire", params),
                None,
            );
        }
    }
}

/// Connects a client that was let in.
fn connect(
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
fn disconnect(hub: &Hub, id: u64, why: &str) {
    let mut world = hub.world();
    if let Some(subscriber) = world.pull.subscribers.remove(&id) {
        let mut all = subscriber.json(id);
        all["why"] = json!(why);
        world.log(Entry::new("pull", "disconnect", all.to_string()));
    }
}

/// Logs that a message is on the wire.
fn delivered(hub: &Hub, id: u64, message: &Message) {
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
