//! Signals to the worker through the portal's pull channel.

use serde_json::{Map, Value, json};

use super::Backend;
use crate::rest::RestError;

/// How many seconds a signal is worth acting upon. A browser that was asleep for longer must
/// not dial a number that somebody clicked in the morning.
pub const SIGNAL_SECONDS: i64 = 60;

/// What the worker is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// The command: `dial`, `openApplication`, `openPath`, `show`, `diagnostics`, or one that
    /// the application defines.
    pub command: String,
    /// Tells it from others, so that what arrives twice is done once.
    pub id: String,
    /// When it was caused, in seconds of Unix time.
    pub caused_at: i64,
    /// The command's fields.
    pub fields: Map<String, Value>,
}

impl Signal {
    /// A signal with an id of its own.
    #[must_use]
    pub fn new(command: impl Into<String>, caused_at: i64, fields: Map<String, Value>) -> Self {
        Self {
            command: command.into(),
            id: format!("{:032x}", rand::random::<u128>()),
            caused_at,
            fields,
        }
    }

    /// What stands in `PARAMS`: the fields, `id`, and `expires` in seconds of Unix time.
    #[must_use]
    pub fn params(&self) -> Value {
        let mut params = self.fields.clone();
        params.insert("id".to_owned(), json!(self.id));
        params.insert("expires".to_owned(), json!(self.caused_at + SIGNAL_SECONDS));
        Value::Object(params)
    }
}

impl Backend {
    /// Sends a signal to one user of a portal, or to every user of the app there.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn signal(
        &self,
        member_id: &str,
        user_id: Option<i64>,
        signal: &Signal,
    ) -> Result<(), RestError> {
        let mut fields = json!({
            "COMMAND": signal.command,
            "PARAMS": signal.params(),
            "MODULE_ID": "application",
        });
        if let Some(user) = user_id {
            fields["USER_ID"] = json!(user);
        }
        self.rest
            .call(member_id, "pull.application.event.add", fields)
            .await?;
        self.metrics.event("signal_sent");
        Ok(())
    }
}
