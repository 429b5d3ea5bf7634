//! The records of all calls: what is sent to the portal, and what its answers change.

use std::time::Duration;

use super::io::{News, Output};
use super::machine::Session;
use crate::call::{Call, CallEnd, CallRecord, Direction, Record, RequestId, Verdict};
use crate::card::CallId;
use crate::config::{Config, Records};
use crate::rest::{
    CallType, Finish, Finished, Register, RestAnswer, RestFailure, RestRequest, StatusCode,
    Visibility,
};
use crate::softphone::EndCause;
use crate::time::Instant;

/// A call that is registered so late did not begin when the portal hears of it.
const LATE: Duration = Duration::from_secs(5);

impl Session {
    /// Sends what is due: `register` for every call, `finish` for every call that is over.
    pub(super) fn settle_records(&mut self, now: Instant) {
        let mut last = self.last_request();
        let mut sent = Vec::new();
        let closing = self.closing.iter_mut().map(|call| (true, call));
        let current = self.call.iter_mut().map(|call| (false, call));
        // `finish` first: it makes room for the next call's card.
        for (over, call) in closing.chain(current) {
            if let Some(request) = next_request(call, over, now, &self.config) {
                last += 1;
                let id = RequestId(last);
                call.sent(now, id);
                sent.push(Output::Rest { id, request });
            }
        }
        self.set_last_request(last);
        for output in sent {
            self.push(output);
        }
        self.drop_settled(now);
    }

    fn drop_settled(&mut self, now: Instant) {
        let (settled, open) = std::mem::take(&mut self.closing)
            .into_iter()
            .partition(|call| call.record().is_settled());
        self.closing = open;
        let settled: Vec<Call> = settled;
        for call in settled {
            if let Some(call_id) = call.call_id() {
                let taken_away = matches!(call.record(), Record::Finished(_))
                    || (self.config.records == Records::Backend && !call.is_answered_elsewhere());
                self.remember(now, call_id.clone(), taken_away);
            }
        }
    }

    pub(super) fn handle_rest(
        &mut self,
        now: Instant,
        id: RequestId,
        result: Result<RestAnswer, RestFailure>,
    ) {
        let mut calls = self.call.iter_mut().chain(&mut self.closing);
        let Some(call) = calls.find(|call| call.record().request() == Some(id)) else {
            // `show` and `hide` change no record; a `false` means there is no such call any more.
            return;
        };
        match result {
            Ok(RestAnswer::Registered(registered)) => call.registered(registered.call_id),
            Ok(answer) => {
                call.finished();
                let record = match answer {
                    RestAnswer::Finished(record) => Some(record),
                    _ => None,
                };
                let end = call.told_end();
                self.tell_recorded(end, record);
            }
            Err(failure) => self.handle_rest_failure(now, id, &failure),
        }
    }

    fn tell_recorded(&mut self, end: Option<CallEnd>, record: Option<Finished>) {
        if let Some(end) = end {
            self.push(Output::News(News::CallRecorded {
                end,
                record: record.map(CallRecord::from),
            }));
        }
    }

    fn handle_rest_failure(&mut self, now: Instant, id: RequestId, failure: &RestFailure) {
        let patience = self.config.patience;
        let mut calls = self.call.iter_mut().chain(&mut self.closing);
        let Some(call) = calls.find(|call| call.record().request() == Some(id)) else {
            return;
        };
        if call.record().is_left() {
            // It may be refused: who keeps the record has registered it, or will.
            *call.record_mut() = Record::Closed(None);
            return;
        }
        let registering = matches!(call.record(), Record::Registering { .. });
        let (method, give_up) = match call.outcome().filter(|_| !registering) {
            Some(outcome) => (
                "telephony.externalCall.finish",
                outcome.at + patience.finish_for,
            ),
            None => (
                "telephony.externalCall.register",
                call.asked_at().unwrap_or(now) + patience.register_for,
            ),
        };
        let verdict = call.record_mut().fail(now, failure, &patience, give_up);
        let end = call.told_end();
        let current = call.is_alive();
        let next = match verdict {
            // It is finished all the same, by a try whose answer was lost.
            Verdict::DoneBefore => return self.tell_recorded(end, None),
            Verdict::TriedAgain => "trying again",
            Verdict::GivenUp => "given up",
        };
        let withheld = verdict == Verdict::GivenUp && registering && is_about_number(failure);
        let next = match withheld && call.withhold(now, &self.config) {
            true => "registered under another number",
            false => next,
        };
        let given_up = verdict == Verdict::GivenUp && call.record().is_settled();
        self.push_error(failure.failed(&format!("{method} failed"), next));
        if given_up && registering && current {
            self.abandon_unregistered(now);
        }
    }

    /// An outgoing call that can't be registered is not dialled: nobody could record it. A
    /// `register` whose answer was lost is still asked after, so that what it opened is closed.
    /// An incoming call goes on ringing; the application can still answer it.
    pub(super) fn abandon_unregistered(&mut self, now: Instant) {
        if self.call.as_ref().is_some_and(Call::is_ready) {
            self.end_call(
                now,
                &EndCause::error("REST", "The portal can't register the call"),
            );
        }
    }

    /// Asks the portal to show a call's card in the operator's tabs that have none.
    pub fn show(&mut self, call_id: CallId) {
        self.request(call_id, RestRequest::Show);
    }

    /// Has the portal take the card of this call away, from whichever page.
    pub fn hide(&mut self, call_id: CallId) {
        self.request(call_id, RestRequest::Hide);
    }

    fn request(&mut self, call_id: CallId, what: fn(Visibility) -> RestRequest) {
        let id = RequestId(self.next_request());
        let user_id = vec![self.config.user_id];
        let request = what(Visibility { call_id, user_id });
        self.push(Output::Rest { id, request });
    }
}

/// The portal says so in English, whatever its language.
fn is_about_number(failure: &RestFailure) -> bool {
    failure.description.contains("phone number")
}

/// What this call's record wants of the portal now.
fn next_request(call: &Call, over: bool, now: Instant, config: &Config) -> Option<RestRequest> {
    match call.record() {
        Record::ToRegister { at, .. } if *at <= now => {
            Some(RestRequest::Register(register(call, over, now, config)))
        }
        Record::Open(call_id) if over => finish(call, call_id, config),
        Record::ToFinish { call_id, at, .. } if *at <= now => finish(call, call_id, config),
        _ => None,
    }
}

fn register(call: &Call, over: bool, now: Instant, config: &Config) -> Register {
    Register {
        user_id: config.user_id,
        phone_number: call.registered_number(config).to_owned(),
        began: Some(call.began()).filter(|began| now.since(*began) >= LATE),
        call_type: match call.direction() {
            Direction::Incoming if call.is_transferred_here() => CallType::IncomingRedirected,
            Direction::Incoming => CallType::Incoming,
            Direction::Outgoing => CallType::Outgoing,
        },
        line_number: call.line().cloned(),
        call_list_id: call.call_list_id().cloned(),
        crm_entity_type: call.crm_entity().map(|it| it.entity_type.clone()),
        crm_entity_id: call.crm_entity().map(|it| it.entity_id),
        crm_create: config.crm_create && !call.has_placeholder(),
        crm_source: config.crm_source.clone(),
        add_to_chat: config.add_to_chat,
        // A call that is over already needs a record, not a card.
        show: call.wants_card() && !over,
        external_call_id: call.external_id().to_owned(),
    }
}

fn finish(call: &Call, call_id: &CallId, config: &Config) -> Option<RestRequest> {
    let outcome = call.outcome()?;
    let success = outcome.status == StatusCode::Success;
    let details = call.details().clone();
    Some(RestRequest::Finish(Finish {
        call_id: call_id.clone(),
        user_id: config.user_id,
        duration: outcome.duration.as_secs(),
        status_code: outcome.status,
        failed_reason: (!success).then(|| outcome.reason.clone()).flatten(),
        vote: call.grade(),
        cost: details.cost,
        cost_currency: details.cost_currency,
        record_url: details.record_url,
        // Who has answered tells the chat.
        add_to_chat: config.add_to_chat && !call.is_answered_elsewhere(),
    }))
}
