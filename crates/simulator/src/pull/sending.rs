//! What goes out: messages of apps and scripts, and the push server's own commands.

use serde_json::json;

use super::{
    Channel,
    message::{Body, Message},
};
use crate::{
    hub::{UserId, World},
    journal::Entry,
};

/// To whom a message goes.
#[derive(Debug)]
pub(crate) enum To<'a> {
    /// The private channels of these users.
    Users(&'a [UserId]),
    /// The channel all users of the app share.
    Shared,
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
        // One under a `mid` of a script's choice would spoil the order of those resumed.
        let keep = mid.is_none();
        self.pull_publish(channels, body, mid, keep)
    }

    /// Sends a command of the push server itself to everybody who is connected, and to nobody
    /// who connects later.
    pub(crate) fn pull_announce(&mut self, command: &str) {
        if command == "config_expire" {
            self.pull.config_timestamp += 1;
        }
        let everybody = self.pull.subscribers.values();
        let channels = everybody
            .flat_map(|s| s.pass.channels.iter().map(|c| c.name.clone()))
            .collect();
        self.pull_publish(channels, Body::system(command, json!({})), None, false);
    }

    fn pull_publish(
        &mut self,
        channels: Vec<String>,
        body: Body,
        mid: Option<String>,
        keep: bool,
    ) -> String {
        self.pull.last_message += 1;
        let mut message = Message::new(self.pull.last_message, self.now_ms(), channels, body);
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
    pub(super) fn pull_sweep(&mut self) {
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
                false,
            );
        }
    }
}
