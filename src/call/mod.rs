//! One call: its leg at the softphone, its record on the portal, its switches, its transfer, its sound.
//!
//! The fields are private: a call changes by its transitions and in no other way. They do no I/O;
//! what they want of the softphone they give back.

mod caller;
mod end;
mod leg;
mod lost;
mod operate;
mod record;
mod snapshot;
mod sound;
mod toggle;
mod transfer;
mod view;

pub(crate) use caller::PLACEHOLDER;
#[cfg(target_arch = "wasm32")]
pub(crate) use caller::has_digit;
pub use record::RequestId;
pub(crate) use record::{Record, Verdict};
pub use snapshot::{CallEnd, CallPhase, CallRecord, CallSnapshot, Direction};
pub use transfer::{Consultation, TransferPhase};
pub use view::CardView;

use crate::card::{CallId, CrmEntity};
use crate::config::Config;
use crate::rest::RecordDetails;
use crate::softphone::{EndCause, Headers, PhoneAction, PhoneActionKind, PhoneCallId, PhoneEvent};
use crate::time::Instant;
use caller::Called;
pub(crate) use leg::{Leg, Outcome};
pub use lost::Talk;
pub(crate) use operate::no_call;
use sound::Sound;
use toggle::Toggle;
use transfer::Transfer;

/// One call. See the [module](self).
#[derive(Debug, Clone)]
pub(crate) struct Call {
    phone_id: PhoneCallId,
    external_id: String,
    /// Others know the call by that name, too: the PBX has given it.
    named_by_pbx: bool,
    direction: Direction,
    number: Option<String>,
    display_name: Option<String>,
    line: Option<String>,
    /// The call list it belongs to.
    call_list_id: Option<String>,
    crm_entity: Option<CrmEntity>,
    headers: Headers,
    /// What the card says of it before anybody is reached.
    note: Option<String>,
    /// What is to be dialled once the far end has answered; `,` is a pause.
    tones: Option<String>,
    /// Whether it is to have a card.
    show: bool,
    began: Instant,
    leg: Leg,
    record: Record,
    /// When `register` was sent first: the portal may have heard it, though it has not answered.
    asked_at: Option<Instant>,
    /// Under which number it is registered.
    called: Called,
    /// The far end's number when `register` was sent first: asked again with another, the portal would open
    /// another record.
    registered_as: Option<String>,
    muted: Toggle,
    held: Toggle,
    held_by_remote: bool,
    /// The media path has broken, and is being mended.
    media_lost: bool,
    transferred_here: bool,
    transfer: Option<Transfer>,
    /// The operator's stars.
    vote: Option<u8>,
    details: RecordDetails,
    sound: Sound,
}

/// What a new call is known by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) number: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) line: Option<String>,
    pub(crate) call_list_id: Option<String>,
    /// Whose call it is, where that is known.
    pub(crate) crm_entity: Option<CrmEntity>,
    /// The portal's name of the call, where it is registered already.
    pub(crate) call_id: Option<CallId>,
    pub(crate) transferred_here: bool,
    pub(crate) named_by_pbx: bool,
    /// The headers of the INVITE that were asked for, or those to send with it.
    pub(crate) headers: Headers,
    pub(crate) note: Option<String>,
    pub(crate) tones: Option<String>,
}

impl Call {
    /// A call that rings here.
    pub(crate) fn incoming(
        now: Instant,
        phone_id: PhoneCallId,
        external_id: String,
        origin: Origin,
    ) -> Self {
        Self::new(
            now,
            Direction::Incoming,
            phone_id,
            external_id,
            origin,
            Leg::Ringing,
        )
    }

    /// A call that is to be dialled: as soon as it is registered (`auto`), or by the card's call
    /// button. Until then it waits no longer than `until`.
    pub(crate) fn outgoing(
        now: Instant,
        name: String,
        origin: Origin,
        auto: bool,
        until: Option<Instant>,
    ) -> Self {
        let leg = Leg::Ready { auto, until };
        Self::new(
            now,
            Direction::Outgoing,
            PhoneCallId(name.clone()),
            name,
            origin,
            leg,
        )
    }

    /// A call of the journal.
    pub(crate) fn of_journal(
        began: Instant,
        direction: Direction,
        phone_id: PhoneCallId,
        external_id: String,
        origin: Origin,
        leg: Leg,
    ) -> Self {
        Self::new(began, direction, phone_id, external_id, origin, leg)
    }

    fn new(
        now: Instant,
        direction: Direction,
        phone_id: PhoneCallId,
        external_id: String,
        origin: Origin,
        leg: Leg,
    ) -> Self {
        Self {
            phone_id,
            external_id,
            named_by_pbx: origin.named_by_pbx,
            direction,
            number: origin.number,
            display_name: origin.display_name,
            line: origin.line,
            call_list_id: origin.call_list_id,
            crm_entity: origin.crm_entity,
            headers: origin.headers,
            note: origin.note,
            tones: origin.tones,
            show: true,
            began: now,
            leg,
            record: match origin.call_id {
                Some(call_id) => Record::Open(call_id),
                None => Record::ToRegister {
                    at: Instant::default(),
                    tries: 0,
                },
            },
            asked_at: None,
            registered_as: None,
            called: Called::Itself,
            muted: Toggle::default(),
            held: Toggle::default(),
            held_by_remote: false,
            media_lost: false,
            transferred_here: origin.transferred_here,
            transfer: None,
            vote: None,
            details: RecordDetails::default(),
            sound: Sound::default(),
        }
    }

    /// It is to have a record and no card.
    pub(crate) fn without_card(mut self) -> Self {
        self.show = false;
        self
    }

    // ---- what it is ----

    pub(crate) fn phone_id(&self) -> &PhoneCallId {
        &self.phone_id
    }

    pub(crate) fn external_id(&self) -> &str {
        &self.external_id
    }

    pub(crate) fn direction(&self) -> Direction {
        self.direction
    }

    pub(crate) fn number(&self) -> Option<&String> {
        self.number.as_ref()
    }

    pub(crate) fn line(&self) -> Option<&String> {
        self.line.as_ref()
    }

    pub(crate) fn crm_entity(&self) -> Option<&CrmEntity> {
        self.crm_entity.as_ref()
    }

    pub(crate) fn call_list_id(&self) -> Option<&String> {
        self.call_list_id.as_ref()
    }

    pub(crate) fn is_transferred_here(&self) -> bool {
        self.transferred_here
    }

    pub(crate) fn wants_card(&self) -> bool {
        self.show
    }

    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    pub(crate) fn leg(&self) -> &Leg {
        &self.leg
    }

    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    pub(crate) fn call_id(&self) -> Option<&CallId> {
        self.record.call_id()
    }

    pub(crate) fn is(&self, call_id: &CallId) -> bool {
        self.record.call_id() == Some(call_id)
    }

    /// Whether the softphone still has it.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.leg, Leg::Over(_))
    }

    /// Whether the two sides talk.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.leg, Leg::Up { .. })
    }

    /// Over, and the card has nothing more to say.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(&self.leg, Leg::Over(outcome) if outcome.aftermath.is_none())
    }

    /// Whether it is to be dialled, and no softphone has been asked to.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.leg, Leg::Ready { .. })
    }

    /// Whether it waits for its card's call button.
    pub(crate) fn waits_for_button(&self) -> bool {
        matches!(self.leg, Leg::Ready { auto: false, .. })
    }

    pub(crate) fn grade(&self) -> Option<u8> {
        self.vote.or_else(|| self.sound.grade())
    }

    /// What else belongs on its record.
    pub(crate) fn details(&self) -> &RecordDetails {
        &self.details
    }

    pub(crate) fn add_details(&mut self, details: &RecordDetails) {
        self.details.add(details);
    }

    /// The moment at which it has something to do by itself.
    pub(crate) fn due(&self) -> Option<Instant> {
        let leg = match &self.leg {
            Leg::Ending { deadline, .. } | Leg::Lost { deadline, .. } => Some(*deadline),
            // Once it is registered nothing is waited for but the operator.
            Leg::Ready { until, .. } if self.record.call_id().is_none() => *until,
            Leg::Over(outcome) => outcome.aftermath.as_ref().map(|a| a.until),
            _ => None,
        };
        let transfer = self.transfer.as_ref().and_then(Transfer::due);
        let sound = if self.is_up() { self.sound.due() } else { None };
        [leg, self.record.due(), transfer, sound]
            .into_iter()
            .flatten()
            .min()
    }

    // ---- how it changes ----

    /// It is registered: what it is called on the portal.
    pub(crate) fn registered(&mut self, call_id: CallId) {
        self.record.registered(call_id);
    }

    /// Its record is closed on the portal.
    pub(crate) fn finished(&mut self) {
        if let Some(call_id) = self.record.call_id().cloned() {
            self.record = Record::Finished(call_id);
        }
    }

    /// Somebody else has taken it: the record that all who were rung share is theirs. One that only we
    /// know of is ours to close.
    pub(crate) fn taken_elsewhere(&mut self) {
        if self.named_by_pbx {
            self.leave_record();
        }
    }

    /// Somebody else keeps its record.
    pub(crate) fn leave_record(&mut self) {
        self.record.leave();
    }

    /// The PBX keeps its record, and its card has come.
    pub(crate) fn adopt(&mut self, call_id: CallId) {
        self.record = Record::Closed(Some(call_id));
    }

    /// It is dialled again, for which the PBX opens another record; the card of the one before.
    pub(crate) fn await_another_record(&mut self, now: Instant) -> Option<CallId> {
        self.began = now;
        let before = self.record.call_id().cloned();
        self.record = Record::Closed(None);
        before
    }

    /// Whether it rang here and somebody else has taken it.
    pub(crate) fn is_answered_elsewhere(&self) -> bool {
        let reason = self.outcome().and_then(|outcome| outcome.reason.as_deref());
        reason == Some(EndCause::ANSWERED_ELSEWHERE)
    }

    /// What its record waited for is asked of the portal now.
    pub(crate) fn sent(&mut self, now: Instant, request: RequestId) {
        if matches!(self.record, Record::ToRegister { .. }) {
            self.asked_at.get_or_insert(now);
            self.registered_as = self.registered_as.take().or_else(|| self.number.clone());
        }
        self.record.sent(request);
    }

    /// Since when the portal may know it.
    pub(crate) fn asked_at(&self) -> Option<Instant> {
        self.asked_at
    }

    /// The same of a call of the journal.
    pub(crate) fn asked_before(mut self, at: Option<Instant>) -> Self {
        self.asked_at = at;
        self
    }

    pub(crate) fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }

    /// Another client has come to the card before anybody was called.
    pub(crate) fn call_another(&mut self, number: &str) {
        if self.waits_for_button() {
            self.number = Some(number.to_owned());
        }
    }

    pub(crate) fn vote(&mut self, grade: u8) {
        self.vote = Some(grade);
    }

    /// Dials now; a further try has another name at the softphone, so that the far end does not
    /// confuse it with the first.
    pub(crate) fn dial(&mut self, another: Option<PhoneCallId>) -> PhoneAction {
        if let Some(name) = another {
            self.phone_id = name;
            self.muted = Toggle::default();
            self.held = Toggle::default();
        }
        self.leg = Leg::Dialing { progress: false };
        self.act(PhoneActionKind::Dial {
            number: self.number.clone().unwrap_or_default(),
            line: self.line.clone(),
            headers: self.headers.clone(),
            consultation_for: None,
        })
    }

    /// The softphone tells how the call goes on.
    pub(crate) fn follow(&mut self, now: Instant, event: &PhoneEvent) {
        match event {
            PhoneEvent::Progress { .. } => {
                if let Leg::Dialing { progress } = &mut self.leg {
                    *progress = true;
                }
            }
            PhoneEvent::Connected { tones, .. } => {
                if self.leg.can_connect() {
                    self.tones = tones.clone().or_else(|| self.tones.take());
                    let since = self.leg.since().unwrap_or(now);
                    self.leg = Leg::Up { since };
                    self.sound.watch(now);
                }
            }
            PhoneEvent::Muted { muted, .. } => self.muted.confirm(*muted),
            PhoneEvent::Held {
                held, by_remote, ..
            } if *by_remote => self.held_by_remote = *held,
            PhoneEvent::Held { held, .. } => self.held.confirm(*held),
            PhoneEvent::Media { flowing, .. } => self.media_lost = !flowing,
            PhoneEvent::Transferred {
                number,
                display_name,
                ..
            } => {
                // The record keeps the number it was opened with.
                self.number.clone_from(number);
                self.display_name.clone_from(display_name);
                self.held_by_remote = false;
            }
            PhoneEvent::Identity {
                number,
                display_name,
                ..
            } => {
                self.number.clone_from(number);
                self.display_name.clone_from(display_name);
            }
            PhoneEvent::Record { details, .. } => self.add_details(details),
            PhoneEvent::Registered
            | PhoneEvent::Unregistered { .. }
            | PhoneEvent::Incoming { .. }
            | PhoneEvent::Ended { .. } => {}
        }
    }

    /// The softphone could not throw a switch.
    pub(crate) fn switch_failed(&mut self, kind: &PhoneActionKind) {
        match kind {
            PhoneActionKind::SetMuted(_) => self.muted.fail(),
            PhoneActionKind::SetHeld(_) => self.held.fail(),
            _ => {}
        }
    }

    fn act(&self, kind: PhoneActionKind) -> PhoneAction {
        kind.of(&self.phone_id)
    }

    /// The name by which the portal may know it already, should two of us hear it ring.
    pub(crate) fn has_name(&self, external_id: &str) -> bool {
        self.external_id == external_id
    }

    /// What its card shows now; `None` where it has none, or leaves it as it is.
    pub(crate) fn card_view(&self, config: &Config, caller_waits: bool) -> Option<CardView> {
        self.show.then(|| self.view(config, caller_waits)).flatten()
    }
}
