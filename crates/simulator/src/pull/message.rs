//! One message, and the four forms it takes on its way to a client.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::clock;

/// The revision of the protocol, as the configuration and each message tell it.
pub(crate) const REVISION_WEB: u64 = 19;
/// The same for mobile clients.
pub(crate) const REVISION_MOBILE: u64 = 3;

/// What a backend or the portal itself sends.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    /// `application` for an app's own, `pull` for the server's commands.
    pub(crate) module: String,
    /// The command's name.
    pub(crate) command: String,
    /// Whatever goes with it.
    pub(crate) params: Value,
}

impl Body {
    /// A command of the push server itself.
    pub(crate) fn system(command: &str, params: Value) -> Body {
        Body {
            module: "pull".into(),
            command: command.into(),
            params,
        }
    }
}

/// A body on its way.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Counts up from 1.
    pub(crate) id: u64,
    /// The second it was sent and its number, 26 digits in all: sorts as it was sent.
    pub(crate) mid: String,
    /// When it was sent.
    pub(crate) at_ms: u64,
    /// The names of the channels it goes to.
    pub(crate) channels: Vec<String>,
    /// What it says.
    pub(crate) body: Body,
}

impl Message {
    /// Message number `id`.
    pub(crate) fn new(id: u64, at_ms: u64, channels: Vec<String>, body: Body) -> Message {
        Message {
            id,
            mid: format!("{:010}{id:016}", at_ms / 1000),
            at_ms,
            channels,
            body,
        }
    }

    /// The E-tag by which clients of old servers resume.
    pub(crate) fn tag(&self) -> String {
        (self.id % 1000).to_string()
    }

    /// `Thu, 29 Jun 2017 09:50:16 GMT`.
    pub(crate) fn time(&self) -> String {
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(self.at_ms))
    }

    fn extra(&self) -> Value {
        json!({
            "server_time": clock::iso(self.at_ms),
            "server_time_unix": self.at_ms as f64 / 1000.0,
            "server_name": "b24-simulator",
            "revision_web": REVISION_WEB,
            "revision_mobile": REVISION_MOBILE,
        })
    }

    fn text(&self) -> Value {
        json!({
            "module_id": self.body.module,
            "command": self.body.command,
            "params": self.body.params,
            "extra": self.extra(),
        })
    }

    /// The envelope of servers up to 4, for a reader of channel `name`.
    ///
    /// `extra` is in it twice: beside `text`, where the documentation prints it, and inside,
    /// where the libraries read it.
    fn envelope(&self, name: &str) -> Value {
        json!({
            "id": self.id,
            "mid": self.mid,
            "channel": name,
            "tag": self.tag(),
            "time": self.time(),
            "text": self.text(),
            "extra": self.extra(),
        })
    }

    /// A call without an id: nothing is answered but `mack:<mid>`.
    fn call(&self) -> Value {
        json!({
            "jsonrpc": "2.0",
            "method": "incoming.message",
            "params": { "mid": self.mid, "body": self.text(), "sender": { "type": 2 } },
        })
    }
}

/// How a client wants its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `jsonRpc=true`, from version 5 on.
    JsonRpc,
    /// `format=json`, from version 4 on.
    Json,
    /// Everybody else: envelopes between marks.
    Text,
}

impl Format {
    /// Its name in the script API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::JsonRpc => "jsonRpc",
            Format::Json => "json",
            Format::Text => "text",
        }
    }

    /// One frame with these messages, each with the name of the channel it came by.
    /// JSON-RPC has a frame for each, so there may be several.
    pub(crate) fn frames(self, messages: &[(&Message, &str)]) -> Vec<String> {
        let envelopes = messages
            .iter()
            .map(|(message, name)| message.envelope(name));
        match self {
            Format::JsonRpc => messages.iter().map(|(m, _)| m.call().to_string()).collect(),
            Format::Json => vec![Value::from_iter(envelopes).to_string()],
            Format::Text => vec![
                envelopes
                    .map(|e| format!("#!NGINXNMS!#{e}#!NGINXNME!#"))
                    .collect(),
            ],
        }
    }

    /// All these messages as one answer to a poll: JSON-RPC has batches for that.
    pub(crate) fn answer(self, messages: &[(&Message, &str)]) -> String {
        match self {
            Format::JsonRpc => messages
                .iter()
                .map(|(m, _)| m.call())
                .collect::<Value>()
                .to_string(),
            _ => self.frames(messages).concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Body, Format, Message};

    fn message() -> Message {
        let body = Body {
            module: "application".into(),
            command: "test_event".into(),
            params: json!({"a": 1}),
        };
        Message::new(320_146, 1_498_729_816_500, vec!["c".into()], body)
    }

    #[test]
    fn an_envelope_is_as_documented() {
        let frames = Format::Json.frames(&[(&message(), "6221e0eb48981fce67cf4756e82e8102")]);
        let all: Value = serde_json::from_str(&frames[0]).expect("JSON");
        assert_eq!(all[0]["id"], 320_146);
        assert_eq!(all[0]["mid"], "14987298160000000000320146");
        assert_eq!(all[0]["channel"], "6221e0eb48981fce67cf4756e82e8102");
        assert_eq!(all[0]["tag"], "146");
        assert_eq!(all[0]["time"], "Thu, 29 Jun 2017 09:50:16 GMT");
        assert_eq!(all[0]["text"]["params"], json!({"a": 1}));
        assert_eq!(all[0]["extra"], all[0]["text"]["extra"]);
    }

    #[test]
    fn a_poll_of_json_rpc_is_answered_with_a_batch() {
        let one = message();
        let answer: Value =
            serde_json::from_str(&Format::JsonRpc.answer(&[(&one, "c"), (&one, "c")]))
                .expect("JSON");
        assert_eq!(answer.as_array().map(Vec::len), Some(2));
        assert_eq!(answer[1]["method"], "incoming.message");
    }

    #[test]
    fn text_frames_stand_between_marks() {
        let one = message();
        let answer = Format::Text.answer(&[(&one, "c"), (&one, "c")]);
        assert!(answer.starts_with("#!NGINXNMS!#{") && answer.ends_with("}#!NGINXNME!#"));
        assert_eq!(answer.matches("#!NGINXNMS!#").count(), 2);
    }
}
