//! What others ask of the worker: a click on a number, a signal of a backend.
//!
//! Each of the operator's pages hears of it and one of them does it. Which one is decided outside,
//! by [`Output::Claim`]; a page whose claim is refused leaves it alone.

use super::Direction;
use super::call::{Call, Leg};
use super::io::{AppEvent, Output, PortalAction};
use super::machine::Session;
use super::record::Record;
use super::time::Instant;
use crate::card::{CallDirection, CallId, CallInfo};
use crate::error::ErrorKind;
use crate::rest::StatusCode;
use crate::signal::{Command, Dial, Signal};
use crate::softphone::EndCause;

/// How many keys are remembered, so that nothing is asked for twice.
const REMEMBERED: usize = 64;

/// Something that waits for its claim.
#[derive(Debug)]
pub(super) struct Errand {
    key: String,
    what: What,
}

#[derive(Debug)]
enum What {
    Call(Dial),
    Portal(PortalAction),
    Show(CallId),
}

/// The key of the claim to dial a call that the portal has named.
pub(crate) fn claim_of_call(call_id: &CallId) -> String {
    format!("call {call_id}")
}

impl Session {
    /// A card that none of our calls has asked for: the operator may have clicked a number.
    pub(super) fn consider_card(&mut self, info: CallInfo) {
        let outgoing = matches!(
            info.direction,
            CallDirection::Outgoing | CallDirection::Callback
        );
        let our_line = |line: &String| self.config.lines.contains(line);
        // The card of a call whose `register` is not answered yet looks the same.
        let nameless = |call: &Call| call.show && call.record.call_id().is_none();
        if !outgoing
            || !info.line_number.as_ref().is_some_and(our_line)
            || self.call.iter().chain(&self.closing).any(nameless)
        {
            return;
        }
        if let Some(number) = info.phone_number.known() {
            self.claim_call(Dial {
                number: number.to_owned(),
                line: info.line_number.clone(),
                call_id: Some(info.call_id.clone()),
                user_id: None,
                call_list_id: None,
                mobile: false,
            });
        }
    }

    /// A signal that is not stale.
    pub(super) fn handle_signal(&mut self, signal: Signal) {
        let key = signal.id.as_ref().map(|id| format!("signal {id}"));
        if key.as_ref().is_some_and(|key| !self.remember_errand(key)) {
            return;
        }
        let command = signal.command();
        let key = key.unwrap_or_else(|| format!("signal {}", signal.name));
        self.push(Output::Event(AppEvent::Signal(signal.clone())));
        match command {
            Ok(Some(Command::Dial(dial))) => {
                let ours = dial.user_id.is_none_or(|user| user == self.config.user_id);
                if ours && !dial.mobile {
                    match dial.call_id {
                        Some(_) => self.claim_call(dial),
                        None => self.claim(key, What::Call(dial)),
                    }
                }
            }
            Ok(Some(Command::OpenApplication(params))) => {
                self.claim(key, What::Portal(PortalAction::OpenApplication(params)));
            }
            Ok(Some(Command::OpenPath(path))) => {
                self.claim(key, What::Portal(PortalAction::OpenPath(path)));
            }
            Ok(Some(Command::Show(call_id))) => self.claim(key, What::Show(call_id)),
            Ok(None) => {}
            Err(missing) => self.push_error(
                ErrorKind::Malformed,
                format!(
                    "the signal {} lacks {missing}; nothing is done",
                    signal.name
                ),
            ),
        }
    }

    /// The page may do what it has claimed, or another one does.
    pub(super) fn handle_claimed(&mut self, now: Instant, key: &str, granted: bool) {
        let found = self.errands.iter().position(|errand| errand.key == key);
        let Some(errand) = found.map(|index| self.errands.remove(index)) else {
            return;
        };
        if !granted {
            return;
        }
        match errand.what {
            What::Call(dial) => self.start_asked(now, dial),
            What::Portal(action) => self.push(Output::Portal(action)),
            What::Show(call_id) => self.show(call_id),
        }
    }

    /// A call that the portal knows, by its own name: the card and the signal of one click meet here.
    fn claim_call(&mut self, dial: Dial) {
        let Some(call_id) = &dial.call_id else { return };
        let key = claim_of_call(call_id);
        let is = |call: &Call| call.record.call_id() == Some(call_id);
        let known =
            self.call.iter().chain(&self.closing).any(is) || self.finished.contains(call_id);
        if !known && self.remember_errand(&key) {
            self.claim(key, What::Call(dial));
        }
    }

    fn claim(&mut self, key: String, what: What) {
        self.push(Output::Claim { key: key.clone() });
        self.errands.push(Errand { key, what });
    }

    /// Whether it is new.
    fn remember_errand(&mut self, key: &str) -> bool {
        if self.heard.iter().any(|heard| heard == key) {
            return false;
        }
        if self.heard.len() == REMEMBERED {
            self.heard.pop_front();
        }
        self.heard.push_back(key.to_owned());
        true
    }

    fn start_asked(&mut self, now: Instant, dial: Dial) {
        let busy = self.call.as_ref().is_some_and(Call::is_alive);
        if !busy {
            self.end_aftermath(now);
        }
        let until = dial
            .call_id
            .is_none()
            .then(|| now + self.config.patience.register);
        let auto = self.config.auto_dial;
        let leg = Leg::Ready { auto, until };
        let mut call = self.new_call(Direction::Outgoing, Some(dial.number), leg);
        call.line = dial.line.or_else(|| self.config.lines.first().cloned());
        call.call_list_id = dial.call_list_id;
        if let Some(call_id) = dial.call_id {
            // Its card is asked for should it not come by itself.
            call.card_due = Some(now + self.config.patience.card);
            call.record = Record::Open(call_id);
        }
        if busy {
            self.refuse_asked(now, call);
        } else {
            self.call = Some(call);
        }
    }

    /// One call at a time. What the portal has registered is finished, or it would stay open for ever.
    fn refuse_asked(&mut self, now: Instant, mut call: Call) {
        self.push_error(
            ErrorKind::Busy,
            "a call was asked for while another is up; end that one first",
        );
        call.card_due = None;
        let Some(call_id) = call.record.call_id().cloned() else {
            return;
        };
        call.end_locally(StatusCode::Cancelled, now);
        call.end(now, &EndCause::local(), &self.config);
        self.tell_end(&call);
        if self
            .card
            .as_ref()
            .is_some_and(|card| card.call_id == call_id)
        {
            self.close_card();
        }
        self.closing.push(call);
    }
}
