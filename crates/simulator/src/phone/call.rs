//! One call between the customer's phone and a softphone.

use serde_json::{Value, json};

use crate::clock;

/// A call, as the operator sees it: `incoming` is one the customer made.
#[derive(Debug)]
pub(super) struct PhoneCall {
    pub(super) call: String,
    pub(super) incoming: bool,
    pub(super) number: String,
    pub(super) display_name: Option<String>,
    pub(super) line: Option<String>,
    pub(super) state: &'static str,
    /// The softphones it rings at, or the one that has it.
    pub(super) at: Vec<u64>,
    pub(super) tones: String,
    pub(super) held: bool,
    pub(super) muted: bool,
    pub(super) ended_by: Option<&'static str>,
    pub(super) status: Option<u64>,
    pub(super) answered_at: Option<u64>,
    pub(super) ended_at: Option<u64>,
}

impl PhoneCall {
    /// A call that rings.
    pub(super) fn new(call: String, incoming: bool, number: String, at: Vec<u64>) -> PhoneCall {
        PhoneCall {
            call,
            incoming,
            number,
            display_name: None,
            line: None,
            state: "ringing",
            at,
            tones: String::new(),
            held: false,
            muted: false,
            ended_by: None,
            status: None,
            answered_at: None,
            ended_at: None,
        }
    }

    /// Not over yet.
    pub(super) fn live(&self) -> bool {
        self.state != "ended"
    }

    /// Over: who ended it, and the SIP status if it was refused.
    pub(super) fn end(&mut self, by: &'static str, status: Option<u64>) {
        self.state = "ended";
        self.ended_by = Some(by);
        self.status = status;
        self.ended_at = Some(clock::machine_ms());
    }

    /// For scripts and the dock.
    pub(super) fn json(&self) -> Value {
        json!({
            "call": self.call,
            "direction": if self.incoming { "incoming" } else { "outgoing" },
            "number": self.number,
            "displayName": self.display_name,
            "line": self.line,
            "state": self.state,
            "tones": self.tones,
            "held": self.held,
            "muted": self.muted,
            "endedBy": self.ended_by,
            "status": self.status,
            "answeredAt": self.answered_at,
            "endedAt": self.ended_at,
        })
    }
}
