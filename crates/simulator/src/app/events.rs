//! Event handlers: `event.bind`, `event.unbind`, `event.get`.

use serde_json::{Value, json};

use super::placements::check_handler;
use crate::{
    hub::UserId,
    rest::{Caller, Params, RestError, insufficient_scope},
};

/// Events that can be bound; the simulator itself sends the first four.
const KNOWN: [&str; 9] = [
    "ONAPPINSTALL",
    "ONAPPUNINSTALL",
    "ONEXTERNALCALLSTART",
    "ONEXTERNALCALLBACKSTART",
    "ONAPPUPDATE",
    "ONAPPPAYMENT",
    "ONVOXIMPLANTCALLINIT",
    "ONVOXIMPLANTCALLSTART",
    "ONVOXIMPLANTCALLEND",
];

/// Who is told of an event.
#[derive(Clone, Debug)]
pub(crate) struct Handler {
    /// `event_handler_id`.
    pub(crate) id: u64,
    /// The event's name, in capitals.
    pub(crate) event: String,
    /// Where it is posted to.
    pub(crate) url: String,
    /// Whose tokens it brings; 0 for those of the user who caused it.
    pub(crate) auth_type: UserId,
}

/// All event handlers of the app.
#[derive(Debug, Default)]
pub(crate) struct Handlers {
    all: Vec<Handler>,
    last_id: u64,
}

impl Handlers {
    /// `event.bind`. Somebody who is no administrator binds in the own name only.
    ///
    /// # Errors
    /// As documented for the method.
    pub(crate) fn bind(
        &mut self,
        caller: &Caller,
        params: &Params,
        scopes: &[String],
    ) -> Result<(), RestError> {
        let event = params
            .text("event")
            .unwrap_or_default()
            .to_ascii_uppercase();
        let url = params.text("handler").unwrap_or_default();
        if !KNOWN.contains(&event.as_str()) {
            return Err(RestError::new(
                400,
                "ERROR_EVENT_NOT_FOUND",
                "Event not found",
            ));
        }
        // Those of telephony need its permission.
        let telephony = event.starts_with("ONEXTERNALCALL") || event.starts_with("ONVOX");
        if telephony && !scopes.iter().any(|it| it == "telephony") {
            return Err(insufficient_scope());
        }
        if params
            .text("event_type")
            .is_some_and(|kind| kind == "offline")
        {
            return Err(denied("Offline events are not part of the simulator"));
        }
        check_handler(&url)?;
        let wanted = params.int("auth_type").unwrap_or_default();
        let auth_type = match wanted {
            own if caller.admin || own == caller.user => own,
            0 => caller.user,
            _ => {
                return Err(denied(
                    "Access denied! Event binding with AUTH_TYPE requires administrator access rights",
                ));
            }
        };
        let same = |it: &Handler| it.event == event && it.url == url && it.auth_type == auth_type;
        if self.all.iter().any(same) {
            return Err(RestError::core(
                "Unable to set event handler: Handler already binded",
            ));
        }
        self.last_id += 1;
        let id = self.last_id;
        self.all.push(Handler {
            id,
            event,
            url,
            auth_type,
        });
        Ok(())
    }

    /// `event.unbind`: whatever is not given matches everything.
    ///
    /// # Errors
    /// When somebody who is no administrator names another user.
    pub(crate) fn unbind(&mut self, caller: &Caller, params: &Params) -> Result<Value, RestError> {
        let event = params
            .text("event")
            .unwrap_or_default()
            .to_ascii_uppercase();
        let (url, auth_type) = (params.text("handler"), params.int("auth_type"));
        if !caller.admin && auth_type.is_some_and(|user| user != caller.user) {
            return Err(denied(
                "Access denied! Event unbinding with AUTH_TYPE requires administrator access rights",
            ));
        }
        let before = self.all.len();
        self.all.retain(|it| {
            it.event != event
                || url.as_ref().is_some_and(|url| *url != it.url)
                || auth_type.is_some_and(|user| user != it.auth_type)
                || !(caller.admin || it.auth_type == caller.user)
        });
        Ok(json!({"count": before - self.all.len()}))
    }

    /// Those bound to `event`.
    pub(crate) fn of(&self, event: &str) -> Vec<Handler> {
        let bound = self.all.iter().filter(|it| it.event == event);
        bound.cloned().collect()
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    /// `event.get`.
    pub(crate) fn list(&self) -> Value {
        let print = |it: &Handler| json!({"event": it.event, "handler": it.url, "auth_type": it.auth_type.to_string(), "offline": 0});
        self.all.iter().map(print).collect()
    }
}

fn denied(text: &str) -> RestError {
    RestError::new(403, "ACCESS_DENIED", text)
}
