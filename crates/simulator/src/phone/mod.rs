//! The customer's phone, and the network between it and the softphone in the frame.
//!
//! Only signalling: the softphone makes the audio itself. Messages are described in
//! `docs/design.md`; a softphone that says something else is told nothing, as on a real line.

mod call;
mod socket;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::clock;
use call::PhoneCall;
pub(crate) use socket::socket;

/// Calls kept for the dock and the script.
const KEPT_CALLS: usize = 50;

/// The phone and its line.
#[derive(Debug, Default)]
pub(crate) struct Phone {
    softphones: BTreeMap<u64, Softphone>,
    calls: Vec<PhoneCall>,
    last: u64,
    settings: Settings,
}

#[derive(Debug)]
struct Softphone {
    to: mpsc::UnboundedSender<String>,
    line: Option<String>,
    /// Another one can take its calls up, should its page be gone.
    takes_up: bool,
}

/// `PUT /sim/phone`.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Settings {
    /// The customer answers outgoing calls by herself after this long; `null`: never.
    auto_answer_ms: Option<u64>,
    /// The customer's phone is busy: outgoing calls end with this status at once.
    auto_decline: Option<u16>,
}

/// Why the phone cannot do what a script or a click asks.
pub(crate) type NotNow = &'static str;

impl Phone {
    /// For `GET /sim/state` and the dock.
    pub(crate) fn state(&self) -> Value {
        let lines: Vec<_> = self
            .softphones
            .values()
            .filter_map(|s| s.line.as_ref())
            .collect();
        json!({
            "registered": lines.len(),
            "lines": lines,
            "settings": self.settings,
            "calls": self.calls.iter().map(PhoneCall::json).collect::<Vec<_>>(),
        })
    }

    /// Changes settings; answers all of them.
    ///
    /// # Errors
    /// A sentence about the key that is wrong.
    pub(crate) fn set(&mut self, patch: &Value) -> Result<Value, String> {
        let Value::Object(patch) = patch else {
            return Err("phone settings must be a JSON object".into());
        };
        let mut merged = serde_json::to_value(&self.settings).map_err(|e| e.to_string())?;
        if let Some(all) = merged.as_object_mut() {
            all.extend(patch.clone());
        }
        self.settings =
            serde_json::from_value(merged.clone()).map_err(|e| format!("bad setting: {e}"))?;
        Ok(merged)
    }

    /// Ends all calls and forgets them and the settings.
    pub(crate) fn reset(&mut self) {
        let live: Vec<_> = self
            .calls
            .iter()
            .filter(|c| c.live())
            .map(|c| c.call.clone())
            .collect();
        for call in live {
            let _ = self.hang_up(Some(&call));
        }
        self.calls.clear();
        self.settings = Settings::default();
    }

    /// The customer calls the operator.
    ///
    /// # Errors
    /// When no softphone is registered.
    pub(crate) fn call(
        &mut self,
        number: &str,
        display_name: Option<&str>,
        line: Option<&str>,
    ) -> Result<Value, NotNow> {
        let at: Vec<u64> = self
            .softphones
            .iter()
            .filter(|(_, s)| s.line.is_some())
            .map(|(id, _)| *id)
            .collect();
        let Some(first) = at.first().and_then(|id| self.softphones.get(id)) else {
            return Err("no softphone is registered");
        };
        let line = line
            .map(str::to_owned)
            .or_else(|| first.line.clone().filter(|l| !l.is_empty()));
        self.last += 1;
        let mut call = PhoneCall::new(format!("net-{}", self.last), true, number.into(), at);
        call.display_name = display_name.map(Into::into);
        call.line = line;
        let mut invite = json!({"type": "invite", "call": call.call, "from": call.number});
        if let Some(name) = &call.display_name {
            invite["displayName"] = json!(name);
        }
        if let Some(line) = &call.line {
            invite["line"] = json!(line);
        }
        let answer = call.json();
        self.tell(&call.at, &invite);
        self.keep(call);
        Ok(answer)
    }

    /// The customer answers an outgoing call.
    ///
    /// # Errors
    /// When none rings at her.
    pub(crate) fn answer(&mut self, which: Option<&str>) -> Result<Value, NotNow> {
        let call = self
            .find(which, |c| !c.incoming && c.state == "ringing")
            .ok_or("no call rings at the customer's phone")?;
        call.state = "connected";
        call.answered_at = Some(clock::machine_ms());
        let (answer, at, message) = (
            call.json(),
            call.at.clone(),
            json!({"type": "answer", "call": call.call}),
        );
        self.tell(&at, &message);
        Ok(answer)
    }

    /// The customer refuses an outgoing call.
    ///
    /// # Errors
    /// When none rings at her.
    pub(crate) fn decline(&mut self, which: Option<&str>, status: u64) -> Result<Value, NotNow> {
        let call = self
            .find(which, |c| !c.incoming && c.state == "ringing")
            .ok_or("no call rings at the customer's phone")?;
        call.end("customer", Some(status));
        let (answer, at, message) = (
            call.json(),
            call.at.clone(),
            json!({"type": "decline", "call": call.call, "status": status}),
        );
        self.tell(&at, &message);
        Ok(answer)
    }

    /// The customer hangs up, or gives up ringing.
    ///
    /// # Errors
    /// When she has no call.
    pub(crate) fn hang_up(&mut self, which: Option<&str>) -> Result<Value, NotNow> {
        let call = self
            .find(which, PhoneCall::live)
            .ok_or("the customer has no call")?;
        call.end("customer", None);
        let (answer, at, message) = (
            call.json(),
            call.at.clone(),
            json!({"type": "bye", "call": call.call}),
        );
        self.tell(&at, &message);
        Ok(answer)
    }

    /// The newest call that fits, or the one named if it does.
    fn find(
        &mut self,
        which: Option<&str>,
        fits: impl Fn(&PhoneCall) -> bool,
    ) -> Option<&mut PhoneCall> {
        self.calls
            .iter_mut()
            .rev()
            .find(|c| which.is_none_or(|w| w == c.call) && fits(c))
    }

    fn keep(&mut self, call: PhoneCall) {
        if self.calls.len() == KEPT_CALLS {
            self.calls.remove(0);
        }
        self.calls.push(call);
    }

    fn tell(&self, softphones: &[u64], message: &Value) {
        for id in softphones {
            if let Some(softphone) = self.softphones.get(id) {
                let _ = softphone.to.send(message.to_string());
            }
        }
    }

    /// One message of softphone `id`. Answers the call the customer will take by herself, if any.
    fn heard(&mut self, id: u64, message: &Value) -> Option<(String, u64)> {
        let name = message["call"].as_str().unwrap_or_default();
        match message["type"].as_str().unwrap_or_default() {
            "register" => {
                if let Some(softphone) = self.softphones.get_mut(&id) {
                    softphone.line = Some(text(&message["line"]).unwrap_or_default());
                    softphone.takes_up = message["takesUp"].as_bool().unwrap_or_default();
                }
                self.tell(&[id], &json!({"type": "registered"}));
                None
            }
            "invite" => self.invited(id, name, message),
            "takeUp" => {
                self.taken_up(id, name);
                None
            }
            kind => {
                self.in_call(id, name, kind, message);
                None
            }
        }
    }

    fn invited(&mut self, id: u64, name: &str, message: &Value) -> Option<(String, u64)> {
        if name.is_empty() || self.find(Some(name), |_| true).is_some() {
            return None;
        }
        let number = text(&message["to"]).unwrap_or_default();
        let mut call = PhoneCall::new(name.into(), false, number, vec![id]);
        call.line = text(&message["line"]);
        if let Some(status) = self.settings.auto_decline.map(u64::from) {
            call.end("customer", Some(status));
            self.tell(
                &[id],
                &json!({"type": "decline", "call": name, "status": status}),
            );
            self.keep(call);
            return None;
        }
        self.tell(&[id], &json!({"type": "ringing", "call": name}));
        self.keep(call);
        self.settings.auto_answer_ms.map(|ms| (name.to_owned(), ms))
    }

    /// A message about a call that softphone `id` has or is offered.
    fn in_call(&mut self, id: u64, name: &str, kind: &str, message: &Value) {
        let Some(call) = self.find(Some(name), |c| c.live() && c.at.contains(&id)) else {
            return;
        };
        let mut others = Vec::new();
        match kind {
            "ringing" => {}
            "answer" if call.incoming && call.state == "ringing" => {
                call.state = "connected";
                call.answered_at = Some(clock::machine_ms());
                others = std::mem::replace(&mut call.at, vec![id]);
                others.retain(|other| *other != id);
            }
            "decline" => {
                let status = message["status"].as_u64();
                others.clone_from(&call.at);
                others.retain(|other| *other != id);
                call.end("operator", status);
            }
            "bye" => {
                others.clone_from(&call.at);
                others.retain(|other| *other != id);
                call.end("operator", None);
            }
            "dtmf" => call
                .tones
                .push_str(message["tone"].as_str().unwrap_or_default()),
            "hold" => call.held = message["held"].as_bool().unwrap_or_default(),
            "mute" => call.muted = message["muted"].as_bool().unwrap_or_default(),
            _ => {}
        }
        // Softphones in other tabs stop ringing.
        self.tell(&others, &json!({"type": "bye", "call": name}));
    }

    /// A softphone takes a call up that another one had, or it itself before its socket broke.
    fn taken_up(&mut self, id: u64, name: &str) {
        let Some(call) = self.find(Some(name), |c| c.state == "connected") else {
            return self.tell(&[id], &json!({"type": "bye", "call": name}));
        };
        let mut others = std::mem::replace(&mut call.at, vec![id]);
        others.retain(|other| *other != id);
        self.tell(&[id], &json!({"type": "takenUp", "call": name}));
        self.tell(&others, &json!({"type": "bye", "call": name}));
    }

    /// A softphone's socket is gone: its calls are as well. Answers those that another one may take up;
    /// they wait for it.
    fn lost(&mut self, id: u64) -> Vec<String> {
        let softphone = self.softphones.remove(&id);
        let takes_up = softphone.is_some_and(|softphone| softphone.takes_up);
        let mut left = Vec::new();
        for call in self.calls.iter_mut().filter(|c| c.live()) {
            let had = call.at.contains(&id);
            call.at.retain(|at| *at != id);
            if !had || !call.at.is_empty() {
                continue;
            }
            if takes_up && call.state == "connected" {
                left.push(call.call.clone());
            } else {
                call.end("network", None);
            }
        }
        left
    }

    /// Nobody has taken it up: the customer is alone.
    fn give_up(&mut self, name: &str) {
        if let Some(call) = self.find(Some(name), |c| c.live() && c.at.is_empty()) {
            call.end("network", None);
        }
    }
}

/// A text, or a number as one.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}
