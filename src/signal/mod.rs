//! What a backend, or another page of the application, tells the worker: dial, open a page, or
//! whatever the application defines.
//!
//! Signals come over the [pull channel](crate::pull). Each may have an `id`, by which one that comes
//! twice is known, and `expires`, in seconds of Unix time: a browser that was asleep must not dial
//! a number that somebody clicked in the morning.

mod clock;

use serde_json::{Map, Value};

pub use clock::ServerClock;

use crate::card::{CallId, CrmEntity};
use crate::pull::{Message, number, text};

/// One signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Tells it from others: `id`, or the channel's own number of the message.
    pub id: Option<String>,
    /// Until when it is worth acting upon, in seconds of Unix time.
    pub expires: Option<f64>,
    /// The command: one of [`Command`]'s, or the application's own.
    pub name: String,
    /// All its parameters.
    pub params: Map<String, Value>,
}

/// What the worker itself acts upon.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// `dial`: call a number.
    Dial(Dial),
    /// `openApplication`: open the application in a slider; the parameters, a JSON object, become
    /// its `PLACEMENT_OPTIONS`.
    OpenApplication(String),
    /// `openPath {path}`: open a page of the portal in a slider.
    OpenPath(String),
    /// `show {callId}`: show the card of a call in the operator's tabs.
    Show(CallId),
}

/// A call that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// The number.
    pub number: String,
    /// The line to call from.
    pub line: Option<String>,
    /// The portal's name of the call, where it is registered already: a click on a number, or a
    /// callback that the backend has registered.
    pub call_id: Option<CallId>,
    /// Who is to call; nobody else does.
    pub user_id: Option<u64>,
    /// The call list it belongs to.
    pub call_list_id: Option<String>,
    /// What a client has written who asks to be called back.
    pub text: Option<String>,
    /// What is to be dialled once they have answered.
    pub extension: Option<String>,
    /// Whose call it is.
    pub crm_entity: Option<CrmEntity>,
    /// The operator uses the portal's mobile app, and this browser is not where they are.
    pub mobile: bool,
}

impl Signal {
    /// Makes a signal of a message of the channel.
    #[must_use]
    pub fn new(message: Message) -> Self {
        let mid = message.mid().map(str::to_owned);
        let params = message.params;
        Self {
            id: param(&params, "id").or(mid),
            expires: params.get("expires").and_then(number),
            name: message.command,
            params,
        }
    }

    /// What the worker has to do about it; `None` for the application's own.
    ///
    /// # Errors
    /// The name of a parameter that is missing.
    pub fn command(&self) -> Result<Option<Command>, &'static str> {
        let needed = |name| param(&self.params, name).ok_or(name);
        Ok(Some(match self.name.as_str() {
            "dial" => Command::Dial(Dial {
                number: needed("phoneNumber")?,
                line: param(&self.params, "lineNumber"),
                call_id: param(&self.params, "callId").and_then(CallId::new),
                user_id: id(&self.params, "userId"),
                call_list_id: param(&self.params, "callListId"),
                text: param(&self.params, "text"),
                extension: param(&self.params, "extension"),
                crm_entity: CrmEntity::new(
                    param(&self.params, "crmEntityType"),
                    id(&self.params, "crmEntityId"),
                ),
                mobile: self.params.get("mobile") == Some(&Value::Bool(true)),
            }),
            "openApplication" => Command::OpenApplication(json(&self.own_params())),
            "openPath" => Command::OpenPath(needed("path")?),
            "show" => Command::Show(CallId::new(needed("callId")?).ok_or("callId")?),
            _ => return Ok(None),
        }))
    }

    /// All parameters, as JSON.
    #[must_use]
    pub fn params_json(&self) -> String {
        json(&self.params)
    }

    /// The parameters without what every signal has.
    fn own_params(&self) -> Map<String, Value> {
        let mut params = self.params.clone();
        params.remove("id");
        params.remove("expires");
        params
    }
}

fn json(params: &Map<String, Value>) -> String {
    // A map of JSON values always prints.
    serde_json::to_string(params).unwrap_or_default()
}

fn id(params: &Map<String, Value>, name: &str) -> Option<u64> {
    let id = params.get(name).and_then(number)? as u64;
    (id > 0).then_some(id)
}

fn param(params: &Map<String, Value>, name: &str) -> Option<String> {
    let text = text(params.get(name)?)?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
