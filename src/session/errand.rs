//! What others ask of the worker: a click on a number, a signal of a backend.
//!
//! The card of a click and its signal may come in either order, and each may come twice.

use std::time::Duration;

use super::io::{CardSeen, News, Output, PortalAction};
use super::machine::Session;
use crate::call::{Call, Direction, Origin};
use crate::config::Records;
use crate::error::{Error, ErrorKind};
use crate::rest::StatusCode;
use crate::signal::{Command, Dial, Signal};
use crate::time::Instant;

/// For how long a card may turn out to be one of a call of ours.
const UNSURE: Duration = Duration::from_secs(60);

/// The longest key, in bytes.
const KEY: usize = 200;

impl Session {
    /// Whether nobody has asked this before, in any of the operator's tabs, for two days and across the
    /// hub's restarts: whoever asks first does what the key stands for.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) for a key that is empty or longer than 200 bytes.
    pub fn once(&mut self, now: Instant, key: String) -> Result<bool, Error> {
        if key.is_empty() || key.len() > KEY {
            let detail = "once() needs a key of 1 to 200 bytes that names what is to be done";
            return Err(Error::new(ErrorKind::Malformed, detail));
        }
        Ok(self.once.remember(now, key))
    }

    /// A card: if none of our calls has asked for it, the operator may have clicked a number.
    pub(super) fn handle_card_seen(&mut self, now: Instant, seen: Instant, card: CardSeen) {
        if !self.config.softphone {
            return;
        }
        if self.config.records == Records::Backend {
            return self.find_call_of(now, seen, card);
        }
        let our_line = |line: &String| self.config.lines.contains(line);
        if !card.outgoing || !card.line.as_ref().is_some_and(our_line) {
            return;
        }
        // The card of a call whose `register` is not answered yet looks the same: the answer tells.
        // So does one of the journal, whose `register` died with its hub.
        let nameless =
            |call: &Call| call.direction() == Direction::Outgoing && call.call_id().is_none();
        if self.calls().any(nameless) {
            self.unsure
                .retain(|(_, other)| other.call_id != card.call_id);
            return self.unsure.push((seen, card));
        }
        if let Some(number) = card.number {
            self.dial_registered(
                now,
                Dial {
                    number,
                    line: card.line,
                    call_id: Some(card.call_id),
                    user_id: None,
                    call_list_id: None,
                    text: None,
                    extension: None,
                    crm_entity: None,
                    mobile: false,
                },
            );
        }
    }

    /// A call has got its name, or will get none: the cards that may have been its are looked at again.
    pub(super) fn reconsider_cards(&mut self, now: Instant) {
        for (seen, card) in std::mem::take(&mut self.unsure) {
            if now.since(seen) <= UNSURE {
                self.handle_card_seen(now, seen, card);
            }
        }
    }

    /// A signal that is not stale.
    pub(super) fn handle_signal(&mut self, now: Instant, signal: Signal) {
        let key = signal.id.as_ref().map(|id| format!("signal {id}"));
        if key.is_some_and(|key| !self.heard.remember(now, key)) {
            return;
        }
        self.push(Output::News(News::Signal {
            name: signal.name.clone(),
            params: signal.params_json(),
        }));
        match signal.command() {
            // It is told to the application, which may have another way to dial.
            Ok(Some(Command::Dial(_))) if !self.config.softphone => {}
            Ok(Some(Command::Dial(dial))) => {
                let ours = dial.user_id.is_none_or(|user| user == self.config.user_id);
                if ours && !dial.mobile {
                    match dial.call_id {
                        Some(_) => self.dial_registered(now, dial),
                        None => self.start_asked(now, dial),
                    }
                }
            }
            Ok(Some(Command::OpenApplication(params))) => {
                self.push(Output::Portal(PortalAction::OpenApplication(params)));
            }
            Ok(Some(Command::OpenPath(path))) => {
                self.push(Output::Portal(PortalAction::OpenPath(path)));
            }
            Ok(Some(Command::Show(call_id))) => self.show(call_id),
            Ok(None) => {}
            Err(missing) => self.push_error(Error::new(
                ErrorKind::Malformed,
                format!(
                    "the signal {} lacks {missing}; nothing is done",
                    signal.name
                ),
            )),
        }
    }

    /// A call that the portal has named: the card and the signal of one click meet here.
    fn dial_registered(&mut self, now: Instant, dial: Dial) {
        let Some(call_id) = &dial.call_id else { return };
        let known = self.calls().any(|call| call.is(call_id)) || self.is_finished(call_id);
        if !known && self.heard.remember(now, format!("call {call_id}")) {
            self.start_asked(now, dial);
        }
    }

    fn start_asked(&mut self, now: Instant, dial: Dial) {
        let busy = self.call.as_ref().is_some_and(Call::is_alive);
        if !busy {
            self.end_aftermath(now);
        }
        let until = now + self.config.patience.register;
        // Whose record the PBX opens, when it is dialled, has no card with a button before.
        let no_button = self.config.records == Records::Backend && dial.call_id.is_none();
        let origin = Origin {
            number: Some(dial.number),
            line: dial.line.or_else(|| self.config.lines.first().cloned()),
            call_list_id: dial.call_list_id,
            call_id: dial.call_id,
            note: dial.text,
            tones: dial.extension,
            crm_entity: dial.crm_entity,
            ..Origin::default()
        };
        let name = self.new_name();
        let auto = self.config.auto_dial || no_button;
        let call = self.recorded_by_whom(Call::outgoing(now, name, origin, auto, Some(until)));
        if busy {
            self.refuse_asked(now, call);
        } else {
            self.call = Some(call);
        }
    }

    /// One call at a time. What the portal has registered is finished, or it would stay open for ever.
    fn refuse_asked(&mut self, now: Instant, mut call: Call) {
        self.push_error(Error::new(
            ErrorKind::Busy,
            "a call was asked for while another is up; end that one first",
        ));
        if call.call_id().is_some() {
            call.refuse(now, StatusCode::Cancelled, &self.config);
            self.close(call);
        }
    }
}
