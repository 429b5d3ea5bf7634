//! What comes over the channel.

use serde_json::{Map, Value};

/// One message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Message {
    /// Which module of the portal sent it: `application` unless the backend chose another, and
    /// `pull` for the channel's own.
    pub module: String,
    /// What is to be done.
    pub command: String,
    /// With what.
    pub params: Map<String, Value>,
    /// The portal's time when it was delivered, in seconds of Unix time, where it says so.
    pub server_time: Option<f64>,
    pub(super) position: Position,
}

impl Message {
    /// The channel's own number of it, the same for all who hear it.
    #[must_use]
    pub fn mid(&self) -> Option<&str> {
        self.position.mid.as_deref()
    }
}

/// How far the channel was heard. A connection that names it gets what it has missed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Position {
    pub(super) mid: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) time: Option<String>,
}

/// Parses JSON, where it is JSON. A browser has its own parser.
pub type ParseJson = fn(&str) -> Option<Value>;

/// Reads a text of the channel: a list of messages, JSON-RPC (server version 5 and above), or the
/// marked text of older servers. What can't be read is left out; it is never fatal.
#[must_use]
pub fn read(text: &str, parse: ParseJson) -> Vec<Message> {
    const BEGIN: &str = "#!NGINXNMS!#";
    const END: &str = "#!NGINXNME!#";
    if !text.contains(BEGIN) {
        return json(parse(text));
    }
    let pieces = text.split(BEGIN).skip(1);
    pieces
        .filter_map(|piece| Some(json(parse(piece.split_once(END)?.0))))
        .flatten()
        .collect()
}

fn json(parsed: Option<Value>) -> Vec<Message> {
    match parsed {
        Some(Value::Array(list)) => list.into_iter().filter_map(message).collect(),
        Some(one) => message(one).into_iter().collect(),
        None => Vec::new(),
    }
}

fn message(mut value: Value) -> Option<Message> {
    let rpc = value.get("jsonrpc").is_some();
    if rpc && value["method"] != "incoming.message" {
        return None;
    }
    let mut envelope = if rpc { value["params"].take() } else { value };
    let mut body = envelope.get_mut(if rpc { "body" } else { "text" })?.take();
    if !body.is_object() {
        return None;
    }
    let extra = [body["extra"].take(), envelope["extra"].take()];
    let mut params = object(body["params"].take());
    // What the portal adds for this user stands beside the body.
    for beside in ["user_params", "dictionary"] {
        params.extend(object(envelope[beside].take()));
    }
    Some(Message {
        module: text(&body["module_id"]).unwrap_or_default(),
        command: text(&body["command"])?,
        params,
        server_time: extra.iter().find_map(server_time),
        position: Position {
            mid: text(&envelope["mid"]),
            tag: text(&envelope["tag"]),
            time: text(&envelope["time"]),
        },
    })
}

// A message from the channel's history says how long ago it was sent.
fn server_time(extra: &Value) -> Option<f64> {
    let sent = number(extra.get("server_time_unix")?)?;
    let ago = extra.get("server_time_ago").and_then(number).unwrap_or(0.0);
    Some(sent + ago.max(0.0))
}

/// A number, also one in quotes.
pub(crate) fn number(value: &Value) -> Option<f64> {
    value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// A text that is not empty; a whole number, as the portal prints it.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.as_i64()?.to_string()),
        _ => None,
    }
}

/// PHP prints an empty map as a list.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
