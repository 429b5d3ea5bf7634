//! The app's channels: a private one for each user, and one that all its users share.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{clock, hub::UserId, tokens};

/// A channel lives this long; then its id opens nothing.
const LIFE_MS: u64 = 12 * 60 * 60 * 1000;

/// One channel. Who knows its id reads its messages.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    /// Its reader; `None`: every user of the app.
    pub(crate) user: Option<UserId>,
    /// What a reader connects with: `private:public.signature`, or `id.signature` when shared.
    pub(crate) id: String,
    /// Its name in a message's envelope: the id without its secrets.
    pub(crate) name: String,
    start_ms: u64,
    end_ms: u64,
    /// Its readers were told of its end.
    told: bool,
}

impl Channel {
    fn new(user: Option<UserId>, now_ms: u64) -> Channel {
        let name = tokens::hex(32);
        let signature = tokens::hex(40);
        let id = match user {
            Some(_) => format!("{}:{name}.{signature}", tokens::hex(32)),
            None => format!("{name}.{signature}"),
        };
        Channel {
            user,
            id,
            name,
            start_ms: now_ms,
            end_ms: now_ms.saturating_add(LIFE_MS),
            told: false,
        }
    }

    /// `private` or `shared`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.user {
            Some(_) => "private",
            None => "shared",
        }
    }

    /// When it began, as REST prints dates.
    pub(crate) fn start(&self) -> String {
        clock::iso(self.start_ms)
    }

    /// When it ends, as REST prints dates.
    pub(crate) fn end(&self) -> String {
        clock::iso(self.end_ms)
    }

    /// As the configuration and `channel_expire` print it.
    pub(crate) fn json(&self) -> Value {
        let mut all = json!({
            "id": self.id,
            "start": self.start(),
            "end": self.end(),
            "type": self.kind(),
        });
        if self.user.is_some() {
            all["public_id"] = json!(format!("{}.{}", self.name, &self.id[self.id.len() - 40..]));
        }
        all
    }

    fn is_over(&self, now_ms: u64) -> bool {
        self.end_ms <= now_ms
    }
}

/// The newest channel of each reader.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    newest: BTreeMap<Option<UserId>, Channel>,
}

impl Channels {
    /// The reader's channel; a new one when there was none or, with `reopen`, when it is over.
    pub(crate) fn of(&mut self, user: Option<UserId>, reopen: bool, now_ms: u64) -> &Channel {
        let channel = self
            .newest
            .entry(user)
            .or_insert_with(|| Channel::new(user, now_ms));
        if reopen && channel.is_over(now_ms) {
            *channel = Channel::new(user, now_ms);
        }
        channel
    }

    /// The channel that `id` opens.
    pub(crate) fn open(&self, id: &str, now_ms: u64) -> Option<&Channel> {
        self.newest
            .values()
            .find(|channel| channel.id == id && !channel.is_over(now_ms))
    }

    /// Ends the channels that fit, before their time.
    pub(crate) fn end(&mut self, fits: impl Fn(&Channel) -> bool, now_ms: u64) {
        for channel in self.newest.values_mut().filter(|channel| fits(channel)) {
            channel.end_ms = channel.end_ms.min(now_ms);
        }
    }

    /// The channels that are over and whose readers do not know it; from now on they do.
    ///
    /// The shared one comes last. Libraries answer its end by connecting at once, and would be
    /// refused for a private channel of whose end they have not heard.
    pub(crate) fn newly_over(&mut self, now_ms: u64) -> Vec<Channel> {
        self.newest
            .values_mut()
            .rev()
            .filter(|channel| channel.is_over(now_ms) && !channel.told)
            .map(|channel| {
                channel.told = true;
                channel.clone()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Channels, LIFE_MS};

    #[test]
    fn a_channel_opens_for_twelve_hours_and_is_then_replaced() {
        let mut channels = Channels::default();
        let first = channels.of(Some(1), true, 0).id.clone();
        assert!(channels.open(&first, LIFE_MS - 1).is_some());
        assert!(channels.open(&first, LIFE_MS).is_none());
        assert_eq!(channels.of(Some(1), false, LIFE_MS).id, first);
        let second = channels.of(Some(1), true, LIFE_MS).id.clone();
        assert_ne!(second, first);
        assert!(channels.open(&second, LIFE_MS).is_some());
    }

    #[test]
    fn the_end_of_a_channel_is_told_once() {
        let mut channels = Channels::default();
        channels.of(Some(1), true, 0);
        channels.of(None, true, 0);
        channels.end(|channel| channel.kind() == "shared", 5);
        assert_eq!(channels.newly_over(5).len(), 1);
        assert!(channels.newly_over(5).is_empty());
    }

    #[test]
    fn ids_have_the_documented_form() {
        let mut channels = Channels::default();
        let private = channels.of(Some(1), true, 0).clone();
        let shared = channels.of(None, true, 0).clone();
        assert_eq!(private.id.len(), 32 + 1 + 32 + 1 + 40);
        assert_eq!(shared.id.len(), 32 + 1 + 40);
        assert!(
            private.json()["public_id"]
                .as_str()
                .is_some_and(|id| id.starts_with(&private.name))
        );
        assert!(shared.json().get("public_id").is_none());
    }
}
