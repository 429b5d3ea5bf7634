//! The records of all calls: what is sent to the portal, and what its answers change.

use super::call::{Call, Direction, Leg};
use super::config::Config;
use super::io::{AppEvent, Output};
use super::machine::{Session, call_end};
use super::record::{Record, RequestId, Verdict};
use super::time::Instant;
use crate::card::CallId;
use crate::error::ErrorKind;
use crate::rest::{
    CallType, Finish, Register, RestAnswer, RestFailure, RestRequest, StatusCode, Visibility,
};
use crate::softphone::EndCause;

impl Session {
    /// Sends what is due: `register` for every call, `finish` for every call that is over.
    pub(super) fn settle_records(&mut self, now: Instant) {
        let current = self.call.iter_mut().map(|call| (false, call));
        let closing = self.closing.iter_mut().map(|call| (true, call));
        for (over, call) in current.chain(closing) {
            // `finish` takes the card away, and may overtake the card's own `CallCardClose`, which
            // would then meet no card, or the next one's.
            let call_id = call.record.call_id();
            if over && self.being_closed.iter().any(|(_, id)| Some(id) == call_id) {
                continue;
            }
            if let Some(request) = next_request(call, over, now, &self.config) {
                self.requests += 1;
                let id = RequestId(self.requests);
                call.record = under_way(&call.record, id);
                self.outputs.push_back(Output::Rest { id, request });
            }
        }
        self.closing.retain(|call| !call.record.is_settled());
    }

    pub(super) fn handle_rest(
        &mut self,
        now: Instant,
        id: RequestId,
        result: Result<RestAnswer, RestFailure>,
    ) {
        let mut calls = self.call.iter_mut().chain(&mut self.closing);
        let Some(call) = calls.find(|call| call.record.request() == Some(id)) else {
            // `show` and `hide` change no record; a `false` means there is no such call any more.
            return;
        };
        match result {
            Ok(RestAnswer::Registered(registered)) => {
                let over = !call.is_alive();
                let call_id = registered.call_id;
                call.record = Record::Open(call_id.clone());
                call.card_due = call.is_alive().then(|| now + self.config.patience.card);
                // It ended before it had a name; its card may be up by now, and `finish` would
                // take it away without a word.
                let card = self.card.as_ref().map(|card| &card.call_id);
                if over && card == Some(&call_id) {
                    self.close_card();
                }
            }
            Ok(_) => {
                if let Some(call_id) = call.record.call_id().cloned() {
                    call.record = Record::Finished(call_id.clone());
                    let end = call_end(call);
                    self.outputs
                        .extend(end.map(|end| Output::Event(AppEvent::CallRecorded(end))));
                    self.remember(call_id);
                }
            }
            Err(failure) => {
                let method = match call.record {
                    Record::Registering { .. } => "telephony.externalCall.register",
                    _ => "telephony.externalCall.finish",
                };
                let known = call.record.call_id().cloned();
                let verdict = call.record.fail(now, &failure, &self.config.patience);
                let (code, description) = (&failure.code, &failure.description);
                let next = match verdict {
                    Verdict::TriedAgain => "trying again",
                    Verdict::GivenUp => "given up",
                };
                self.push_error(
                    ErrorKind::Rest,
                    format!("{method} failed ({code}): {description}; {next}"),
                );
                if verdict == Verdict::GivenUp && known.is_none() {
                    self.abandon_unregistered(now);
                }
                if let Some(call_id) = known {
                    self.remember(call_id);
                }
            }
        }
    }

    /// An outgoing call that can't be registered is not dialled: nobody could record it. A
    /// `register` whose answer was lost is still asked after, so that what it opened is closed.
    /// An incoming call goes on ringing; the application can still answer it.
    pub(super) fn abandon_unregistered(&mut self, now: Instant) {
        let ready = |call: &Call| matches!(call.leg, Leg::Ready { .. });
        if self.call.as_ref().is_some_and(ready) {
            self.end_call(
                now,
                &EndCause::error("REST", "The portal can't register the call"),
            );
        }
    }

    /// The card of a living call is gone, though nobody closed it here.
    pub(super) fn show_again(&mut self) {
        if let Some(call_id) = self.may_show() {
            self.show(call_id);
        }
    }

    /// A registered call's card has not appeared in time.
    pub(super) fn ask_for_card(&mut self, now: Instant) {
        let again = self.may_show();
        let due = again.as_ref().map(|_| now + self.config.patience.card);
        if let Some(call) = &mut self.call {
            call.card_due = due;
        }
        if let Some(call_id) = again {
            self.show(call_id);
        }
    }

    pub(super) fn show(&mut self, call_id: CallId) {
        self.requests += 1;
        let id = RequestId(self.requests);
        let user_id = vec![self.config.user_id];
        let request = RestRequest::Show(Visibility { call_id, user_id });
        self.push(Output::Rest { id, request });
    }
}

/// What this call's record wants of the portal now.
fn next_request(call: &Call, over: bool, now: Instant, config: &Config) -> Option<RestRequest> {
    match &call.record {
        Record::ToRegister { at, .. } if *at <= now => {
            Some(RestRequest::Register(register(call, over, config)))
        }
        Record::Open(call_id) if over => finish(call, call_id, config),
        Record::ToFinish { call_id, at, .. } if *at <= now => finish(call, call_id, config),
        _ => None,
    }
}

fn under_way(record: &Record, request: RequestId) -> Record {
    match record {
        Record::ToRegister { tries, .. } => Record::Registering {
            request,
            tries: *tries,
        },
        Record::Open(call_id) => Record::Finishing {
            call_id: call_id.clone(),
            request,
            tries: 0,
        },
        Record::ToFinish { call_id, tries, .. } => Record::Finishing {
            call_id: call_id.clone(),
            request,
            tries: *tries,
        },
        other => other.clone(),
    }
}

fn register(call: &Call, over: bool, config: &Config) -> Register {
    Register {
        user_id: config.user_id,
        // The portal's own word for a caller who withholds the number.
        phone_number: call.number.clone().unwrap_or_else(|| "hidden".to_owned()),
        call_type: match call.direction {
            Direction::Incoming => CallType::Incoming,
            Direction::Outgoing => CallType::Outgoing,
        },
        line_number: call.line.clone(),
        call_list_id: call.call_list_id.clone(),
        crm_create: config.crm_create,
        // A call that is over already needs a record, not a card.
        show: call.show && !over,
        external_call_id: call.external_id.clone(),
    }
}

fn finish(call: &Call, call_id: &CallId, config: &Config) -> Option<RestRequest> {
    let Leg::Over(outcome) = &call.leg else {
        return None;
    };
    let success = outcome.status == StatusCode::Success;
    Some(RestRequest::Finish(Finish {
        call_id: call_id.clone(),
        user_id: config.user_id,
        duration: outcome.duration.as_secs(),
        status_code: outcome.status,
        failed_reason: (!success).then(|| outcome.reason.clone()).flatten(),
        vote: call.vote.or_else(|| call.sound.grade()),
        add_to_chat: config.add_to_chat,
    }))
}
