//! The push server: what apps know as the pull channel.
//!
//! A frame asks REST for its channels, connects to them by WebSocket or long polling, and
//! hears what the app's backend sends there.

mod admission;
mod channel;
mod message;
mod methods;
mod polling;
mod sending;
mod socket;
mod subscriber;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde_json::Value;
use tokio::sync::mpsc;

pub(crate) use channel::Channel;
pub(crate) use message::Body;
pub(crate) use methods::call;
pub(crate) use polling::{acknowledge, poll};
pub(crate) use sending::To;
pub(crate) use socket::socket;

use crate::{hub::UserId, tokens};
use admission::{Pass, Since};
use channel::Channels;
use message::Message;
use subscriber::{Signal, Subscriber};

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
