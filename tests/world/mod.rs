//! A portal, a softphone and a clock, small enough to reason about: what a session does to them is
//! what it would do to real ones. Answers are delivered when the test says so, in an order it chooses.

#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use b24_background_worker::card::{
    CallDirection, CallId, CallInfo, CallState, CardCommand, CardEvent, PhoneNumber, Reply, UiState,
};
use b24_background_worker::quality::{Counters, Quality};
use b24_background_worker::rest::{
    CallType, Finish, Finished, Register, Registered, RestAnswer, RestFailure, RestRequest,
};
use b24_background_worker::session::{
    AppEvent, CallEnd, CallSnapshot, CardHandle, CardSerial, Config, Input, Instant,
    OperatorAction, Output, PortalAction, Session, Token,
};
use b24_background_worker::signal::Signal;
use b24_background_worker::softphone::{
    EndCause, PhoneAction, PhoneActionKind, PhoneCallId, PhoneEvent,
};
use b24_background_worker::{Error, ErrorKind};

pub const LINE: &str = "+15550100";
pub const CUSTOMER: &str = "+15550199";

pub struct World {
    pub session: Session,
    pub now: Instant,
    pub portal: Portal,
    pub phone: Phone,
    /// What is on its way to the session.
    pub pending: Vec<Input>,
    pub told: Told,
    /// What this page has claimed.
    pub claims: Vec<String>,
    /// Another page of the operator gets whatever this one claims.
    pub other_page_is_faster: bool,
    tokens: u64,
    /// Which call's card the session took each serial for.
    serials: HashMap<CardSerial, CallId>,
}

/// The portal's truth.
#[derive(Default)]
pub struct Portal {
    pub calls: BTreeMap<CallId, PortalCall>,
    pub card: Option<Card>,
    /// REST calls that will fail, by method, first come first served.
    pub failures: HashMap<&'static str, Vec<RestFailure>>,
    /// REST calls whose effect happens but whose answer is lost.
    pub lost_answers: HashMap<&'static str, u32>,
    /// Whether cards appear at all.
    pub raises_cards: bool,
    /// Commands that met no card, though the news of its end had arrived.
    pub undefined: u32,
    /// Commands that met another call's card, though the news of that card had arrived.
    pub misdirected: u32,
    /// `finish` for a call whose `finish` had been answered.
    pub finished_twice: u32,
    /// Cards that went away without an event.
    pub vanished: u32,
    pub commands: Vec<CardCommand>,
    /// What was opened in a slider.
    pub opened: Vec<PortalAction>,
    registered: u32,
    answers_lost: u32,
}

pub struct PortalCall {
    pub register: Option<Register>,
    pub finishes: Vec<Finish>,
    number: String,
    direction: CallDirection,
}

pub struct Card {
    pub call_id: CallId,
    pub ui_state: Option<UiState>,
    pub status: String,
    pub muted: bool,
    pub held: bool,
}

/// The softphone's truth.
#[derive(Default)]
pub struct Phone {
    pub calls: BTreeMap<String, PhoneCall>,
    pub dialled: Vec<String>,
    pub digits: String,
    /// The next actions of these methods fail.
    pub fails: Vec<(&'static str, EndCause)>,
    /// Never tells that a call has ended.
    pub mute_about_ends: bool,
    /// What WebRTC counts.
    pub counters: Option<Counters>,
    /// Does not know what to dial for a transfer's target.
    pub knows_no_target: bool,
    /// Calls dialled to ask a colleague, and about which call.
    pub consultations: Vec<(String, String)>,
    /// Calls that were transferred, and to whom.
    pub transferred: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneCall {
    Ringing,
    Dialing,
    Up,
    Over,
}

/// What the application has heard.
#[derive(Default)]
pub struct Told {
    pub cards: Vec<(CardHandle, CallInfo)>,
    pub closed: Vec<CallId>,
    pub calls: Vec<Option<CallSnapshot>>,
    pub ended: Vec<CallEnd>,
    pub recorded: Vec<CallEnd>,
    pub errors: Vec<Error>,
    pub answers: Vec<(Token, Result<Reply, Error>)>,
    pub qualities: Vec<Quality>,
    pub signals: Vec<Signal>,
}

impl World {
    pub fn new() -> Self {
        let mut config = Config::new(7, "test");
        config.lines = vec![LINE.to_owned()];
        Self::with(config)
    }

    pub fn with(config: Config) -> Self {
        Self {
            session: Session::new(config),
            now: Instant::new(Duration::from_secs(100)),
            portal: Portal {
                raises_cards: true,
                ..Portal::default()
            },
            phone: Phone::default(),
            pending: Vec::new(),
            told: Told::default(),
            claims: Vec::new(),
            other_page_is_faster: false,
            tokens: 0,
            serials: HashMap::new(),
        }
    }

    // ---- what many stories begin and end with ----

    /// An incoming call that was answered, in a world changed beforehand.
    pub fn talking_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(7, "test");
        config.lines = vec![LINE.to_owned()];
        change(&mut config);
        let mut world = Self::with(config);
        world.ring("a");
        world.click(CardEvent::Answer);
        assert_eq!(world.ui_state(), Some(UiState::Connected));
        world
    }

    /// An incoming call that was answered.
    pub fn talking() -> Self {
        Self::talking_with(|_| {})
    }

    /// After whatever happened, the next call rings on its card.
    pub fn the_next_call_rings(&mut self) {
        self.ring("the next one");
        assert_eq!(self.ui_state(), Some(UiState::Incoming));
        self.click(CardEvent::Answer);
        assert_eq!(self.ui_state(), Some(UiState::Connected));
    }

    // ---- what a story says ----

    /// A customer calls; everything that follows at once has followed.
    pub fn ring(&mut self, id: &str) {
        self.phone.calls.insert(id.to_owned(), PhoneCall::Ringing);
        self.phone_says(PhoneEvent::Incoming {
            call_id: PhoneCallId(id.to_owned()),
            number: Some(CUSTOMER.to_owned()),
            display_name: None,
            line: Some(LINE.to_owned()),
            transferred_by: None,
        });
        self.settle();
    }

    /// The operator clicks on a phone number in the CRM.
    pub fn click_to_call(&mut self, line: &str) -> CallId {
        let call_id = self
            .portal
            .new_call(None, CUSTOMER, CallDirection::Outgoing);
        let initialized = self.portal.raise(&call_id, Some(line));
        self.pending.extend(initialized.map(Input::Card));
        self.settle();
        call_id
    }

    /// The same, on a page whose card takes its time.
    pub fn clicked_before_the_card(&mut self) -> CallId {
        self.portal
            .new_call(None, CUSTOMER, CallDirection::Outgoing)
    }

    /// The card of a call appears.
    pub fn the_card_comes(&mut self, call_id: &CallId, line: &str) {
        let initialized = self.portal.raise(call_id, Some(line));
        self.pending.extend(initialized.map(Input::Card));
        self.settle();
    }

    /// Another tab closes the card, or Esc does: nobody is told.
    pub fn the_portal_takes_the_card_away(&mut self) {
        self.portal.card = None;
        self.portal.vanished += 1;
    }

    pub fn dial(&mut self) -> Token {
        let token = self.operate(OperatorAction::Dial {
            number: CUSTOMER.to_owned(),
            line: None,
        });
        self.settle();
        token
    }

    pub fn operate(&mut self, action: OperatorAction) -> Token {
        self.tokens += 1;
        let token = Token(self.tokens);
        self.feed(Input::Operator { action, token });
        token
    }

    pub fn request(&mut self, request: b24_background_worker::session::CardRequest) -> Token {
        self.tokens += 1;
        let token = Token(self.tokens);
        self.feed(Input::Request { request, token });
        token
    }

    /// The operator clicks on the card; the card does by itself what the portal makes it do.
    pub fn click(&mut self, event: CardEvent) {
        match &event {
            CardEvent::Mute(on) => self.card_mut().muted = *on,
            CardEvent::Hold(on) => self.card_mut().held = *on,
            CardEvent::Close => self.portal.card = None,
            _ => {}
        }
        self.feed(Input::Card(event));
        self.settle();
    }

    /// The far end answers, rings, hangs up.
    pub fn far_end(&mut self, event: impl FnOnce(PhoneCallId) -> PhoneEvent) {
        let id = self.phone.current().expect("a call at the softphone");
        let event = event(PhoneCallId(id.clone()));
        match &event {
            PhoneEvent::Connected { .. } => drop(self.phone.calls.insert(id, PhoneCall::Up)),
            PhoneEvent::Ended { .. } => drop(self.phone.calls.insert(id, PhoneCall::Over)),
            _ => {}
        }
        self.phone_says(event);
        self.settle();
    }

    /// The colleague who is asked about a transfer rings, answers, hangs up.
    pub fn colleague(&mut self, event: impl FnOnce(PhoneCallId) -> PhoneEvent) {
        let (id, _) = self.phone.consultations.last().expect("a consultation");
        let id = id.clone();
        let event = event(PhoneCallId(id.clone()));
        match &event {
            PhoneEvent::Connected { .. } => drop(self.phone.calls.insert(id, PhoneCall::Up)),
            PhoneEvent::Ended { .. } => drop(self.phone.calls.insert(id, PhoneCall::Over)),
            _ => {}
        }
        self.phone_says(event);
        self.settle();
    }

    pub fn far_end_answers(&mut self) {
        self.far_end(|call_id| PhoneEvent::Connected { call_id });
    }

    pub fn far_end_hangs_up(&mut self) {
        self.far_end(|call_id| PhoneEvent::Ended {
            call_id,
            cause: EndCause::remote(None),
        });
    }

    pub fn far_end_refuses(&mut self, status: u16) {
        self.far_end(|call_id| PhoneEvent::Ended {
            call_id,
            cause: EndCause::remote(Some(status)),
        });
    }

    pub fn phone_says(&mut self, event: PhoneEvent) {
        self.feed(Input::Phone(event));
    }

    /// Delivers everything that is on its way, oldest first, until nothing is.
    pub fn settle(&mut self) {
        while !self.pending.is_empty() {
            self.deliver(0);
        }
    }

    /// Delivers one of the things that are on their way, by chance. What the portal's page posts
    /// arrives in order, and so does what the softphone emits; REST answers overtake each other.
    pub fn deliver_by_chance(&mut self, chance: usize) {
        let channel = |input: &Input| match input {
            Input::Card(_) | Input::CardReply { .. } => 0,
            Input::Phone(_) | Input::PhoneFailed { .. } => 1,
            _ => 2,
        };
        let first = |wanted: usize| {
            self.pending
                .iter()
                .position(|input| channel(input) == wanted)
        };
        let mut choices: Vec<usize> = [first(0), first(1)].into_iter().flatten().collect();
        choices.extend((0..self.pending.len()).filter(|i| channel(&self.pending[*i]) == 2));
        if !choices.is_empty() {
            self.deliver(choices[chance % choices.len()]);
        }
    }

    /// Delivers one of the things that are on their way.
    pub fn deliver(&mut self, index: usize) {
        let input = self.pending.remove(index);
        if let Input::Card(CardEvent::Initialized(info)) = &input {
            // A card that was closed before the news of it arrived.
            if self.portal.card.as_ref().map(|card| &card.call_id) != Some(&info.call_id) {
                self.portal.vanished += 1;
            }
        }
        self.feed(input);
    }

    /// Lets time pass, waking the session whenever it asked for it.
    pub fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(due) = self.session.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.session.handle_timeout(self.now);
            self.carry_out();
            self.settle();
        }
        self.now = end;
    }

    pub fn card(&self) -> &Card {
        self.portal.card.as_ref().expect("a card on the page")
    }

    fn card_mut(&mut self) -> &mut Card {
        self.portal.card.as_mut().expect("a card on the page")
    }

    pub fn ui_state(&self) -> Option<UiState> {
        self.portal.card.as_ref().and_then(|card| card.ui_state)
    }

    pub fn only_finish(&self) -> &Finish {
        let finishes: Vec<_> = self.portal.finishes().collect();
        assert_eq!(finishes.len(), 1, "exactly one finish: {finishes:?}");
        finishes[0]
    }

    pub fn answer(&self, token: Token) -> &Result<Reply, Error> {
        let answer = self.told.answers.iter().find(|(t, _)| *t == token);
        &answer.expect("the request was answered").1
    }

    // ---- how the world reacts ----

    pub fn feed(&mut self, input: Input) {
        self.session.handle_input(self.now, input);
        self.carry_out();
    }

    pub fn carry_out(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Card {
                    serial,
                    command,
                    token,
                } => {
                    let meant = self.serials.get(&serial).cloned();
                    let news = |input: &Input| {
                        matches!(
                            input,
                            Input::Card(CardEvent::Initialized(_) | CardEvent::Close)
                        )
                    };
                    let in_flight = self.pending.iter().any(news);
                    let result = self.portal.obey(command.clone(), meant.as_ref(), in_flight);
                    self.pending.push(Input::CardReply {
                        serial,
                        command,
                        token,
                        result,
                    });
                }
                Output::Resolve { call, target } => {
                    let result = match self.phone.knows_no_target {
                        true => Err(EndCause::error("NO_TARGET", "Nobody has this extension")),
                        false => Ok(target.target),
                    };
                    self.pending.push(Input::Resolved { call, result });
                }
                Output::Sample { call } => {
                    let counters = self.phone.counters;
                    self.pending.push(Input::Stats { call, counters });
                }
                Output::Phone(action) => self.pending.extend(self.phone.act(action)),
                Output::Rest { id, request } => {
                    let (result, initialized) = self.portal.rest(request);
                    self.pending.extend(initialized.map(Input::Card));
                    self.pending.push(Input::Rest { id, result });
                }
                Output::Claim { key } => {
                    let granted = !self.other_page_is_faster;
                    self.claims.push(key.clone());
                    self.pending.push(Input::Claimed { key, granted });
                }
                Output::Portal(action) => self.portal.opened.push(action),
                Output::Answer { token, result } => self.told.answers.push((token, result)),
                Output::Event(event) => self.hear(event),
            }
        }
    }

    fn hear(&mut self, event: AppEvent) {
        match event {
            AppEvent::CardInitialized { card, call } => {
                self.serials.insert(card.serial(), call.call_id.clone());
                self.told.cards.push((card, call));
            }
            AppEvent::CardClosed { call_id } => self.told.closed.push(call_id),
            AppEvent::CallChanged(call) => self.told.calls.push(call),
            AppEvent::CallEnded(end) => self.told.ended.push(end),
            AppEvent::CallRecorded(end) => self.told.recorded.push(end),
            AppEvent::Error(error) => self.told.errors.push(error),
            AppEvent::Signal(signal) => self.told.signals.push(signal),
            AppEvent::Quality(quality) => self.told.qualities.push(quality),
            AppEvent::Card(_) | AppEvent::Registration { .. } => {}
        }
    }
}

impl Portal {
    pub fn finishes(&self) -> impl Iterator<Item = &Finish> {
        self.calls.values().flat_map(|call| &call.finishes)
    }

    pub fn new_call(
        &mut self,
        register: Option<Register>,
        number: &str,
        direction: CallDirection,
    ) -> CallId {
        self.registered += 1;
        let call_id = CallId::new(format!("externalCall.{}", self.registered)).expect("not empty");
        let call = PortalCall {
            register,
            finishes: Vec::new(),
            number: number.to_owned(),
            direction,
        };
        self.calls.insert(call_id.clone(), call);
        call_id
    }

    /// Raises a call's card, unless there is one already, and gives the event that tells of it.
    pub fn raise(&mut self, call_id: &CallId, line: Option<&str>) -> Option<CardEvent> {
        if self.card.is_some() || !self.raises_cards {
            return None;
        }
        let call = self
            .calls
            .get(call_id)
            .filter(|call| call.finishes.is_empty())?;
        self.card = Some(Card {
            call_id: call_id.clone(),
            ui_state: None,
            status: String::new(),
            muted: false,
            held: false,
        });
        Some(CardEvent::Initialized(CallInfo {
            call_id: call_id.clone(),
            phone_number: PhoneNumber::Known(call.number.clone()),
            line_number: line.map(str::to_owned),
            line_name: None,
            crm_entity: None,
            crm_activity_id: None,
            crm_bindings: Vec::new(),
            direction: call.direction.clone(),
            call_state: CallState::Idle,
            call_list_mode: false,
        }))
    }

    fn obey(
        &mut self,
        command: CardCommand,
        meant: Option<&CallId>,
        news_in_flight: bool,
    ) -> Result<Reply, Error> {
        self.commands.push(command.clone());
        let Some(card) = &mut self.card else {
            self.undefined += u32::from(!news_in_flight);
            return Err(Error::new(ErrorKind::CardUndefined, "no card"));
        };
        if meant != Some(&card.call_id) && !news_in_flight {
            self.misdirected += 1;
        }
        match command {
            CardCommand::SetUiState { ui_state, .. } => card.ui_state = Some(ui_state),
            CardCommand::SetStatusText { status_text } => card.status = status_text,
            CardCommand::SetMute { muted } => card.muted = muted,
            CardCommand::SetHold { held } => card.held = held,
            CardCommand::Close {} => self.card = None,
            _ => {}
        }
        Ok(Reply::Done)
    }

    fn rest(
        &mut self,
        request: RestRequest,
    ) -> (Result<RestAnswer, RestFailure>, Option<CardEvent>) {
        let method = request.method();
        if let Some(failure) = self.failures.get_mut(method).filter(|f| !f.is_empty()) {
            return (Err(failure.remove(0)), None);
        }
        let (result, initialized) = self.do_rest(request);
        match self.lost_answers.get_mut(method).filter(|n| **n > 0) {
            Some(lost) => {
                *lost -= 1;
                self.answers_lost += 1;
                (
                    Err(RestFailure::new(RestFailure::TIMEOUT, "lost")),
                    initialized,
                )
            }
            None => (result, initialized),
        }
    }

    fn do_rest(
        &mut self,
        request: RestRequest,
    ) -> (Result<RestAnswer, RestFailure>, Option<CardEvent>) {
        let not_found = || Err(RestFailure::new("ERROR_CORE", "call not found"));
        match request {
            RestRequest::Register(register) => {
                let same = |call: &PortalCall| {
                    call.register.as_ref().map(|r| &r.external_call_id)
                        == Some(&register.external_call_id)
                };
                let known = self.calls.iter().find(|(_, call)| same(call));
                let call_id = known.map(|(call_id, _)| call_id.clone());
                let call_id = call_id.unwrap_or_else(|| {
                    let direction = match register.call_type {
                        CallType::Outgoing => CallDirection::Outgoing,
                        _ => CallDirection::Incoming,
                    };
                    self.new_call(Some(register.clone()), &register.phone_number, direction)
                });
                let line = register.line_number.as_deref();
                let initialized = register.show.then(|| self.raise(&call_id, line)).flatten();
                let registered = Registered {
                    call_id,
                    crm_created_lead: None,
                    lead_creation_error: None,
                };
                (Ok(RestAnswer::Registered(registered)), initialized)
            }
            RestRequest::Finish(finish) => {
                let call = self.calls.get_mut(&finish.call_id);
                let Some(call) = call.filter(|call| call.finishes.is_empty()) else {
                    self.finished_twice += u32::from(self.answers_lost == 0);
                    return (not_found(), None);
                };
                if self
                    .card
                    .as_ref()
                    .is_some_and(|card| card.call_id == finish.call_id)
                {
                    self.card = None;
                }
                call.finishes.push(finish);
                (Ok(RestAnswer::Finished(Finished::default())), None)
            }
            RestRequest::Show(visibility) => {
                let initialized = self.raise(&visibility.call_id, None);
                (
                    Ok(RestAnswer::Shown(
                        self.calls.contains_key(&visibility.call_id),
                    )),
                    initialized,
                )
            }
            RestRequest::Hide(visibility) => (
                Ok(RestAnswer::Hidden(
                    self.calls.contains_key(&visibility.call_id),
                )),
                None,
            ),
        }
    }
}

impl Phone {
    /// The customer's call that is not over, if there is one; else a colleague's.
    pub fn current(&self) -> Option<String> {
        let colleague = |id: &String| self.consultations.iter().any(|(other, _)| other == id);
        let alive = self
            .calls
            .iter()
            .filter(|(_, call)| **call != PhoneCall::Over);
        let alive = alive.map(|(id, _)| id.clone());
        alive.max_by_key(|id| (!colleague(id), id.clone()))
    }

    fn act(&mut self, action: PhoneAction) -> Vec<Input> {
        let ended = |id: &str, code: &str| {
            let mut cause = EndCause::local();
            cause.code = Some(code.to_owned());
            let call_id = PhoneCallId(id.to_owned());
            Input::Phone(PhoneEvent::Ended { call_id, cause })
        };
        let both = match &action.kind {
            PhoneActionKind::CompleteTransfer { consultation } => Some(consultation.0.clone()),
            PhoneActionKind::Transfer { .. } => None,
            _ => return self.act_alone(action).into_iter().collect(),
        };
        if let Some(failed) = self.fails_to(&action) {
            return vec![failed];
        }
        let up = |phone: &Self, id: &str| phone.calls.get(id) == Some(&PhoneCall::Up);
        let id = action.call.0.clone();
        if !up(self, &id) || both.as_ref().is_some_and(|other| !up(self, other)) {
            let cause = EndCause::error("NO_CALL", "");
            return vec![Input::PhoneFailed { action, cause }];
        }
        let target = match &action.kind {
            PhoneActionKind::Transfer { target } => target.clone(),
            _ => both.clone().unwrap_or_default(),
        };
        self.transferred.push((id.clone(), target));
        let gone: Vec<_> = [Some(id), both].into_iter().flatten().collect();
        for id in &gone {
            self.calls.insert(id.clone(), PhoneCall::Over);
        }
        gone.iter()
            .map(|id| ended(id, EndCause::TRANSFERRED))
            .collect()
    }

    fn fails_to(&mut self, action: &PhoneAction) -> Option<Input> {
        let method = action.kind.method();
        let index = self.fails.iter().position(|(name, _)| *name == method)?;
        let (_, cause) = self.fails.remove(index);
        let action = action.clone();
        Some(Input::PhoneFailed { action, cause })
    }

    fn act_alone(&mut self, action: PhoneAction) -> Option<Input> {
        if let Some(failed) = self.fails_to(&action) {
            return Some(failed);
        }
        let call_id = action.call.clone();
        let id = action.call.0.clone();
        let state = self.calls.get(&id).copied();
        Some(Input::Phone(match action.kind {
            PhoneActionKind::Dial {
                number,
                consultation_for,
                ..
            } => {
                self.dialled.push(number);
                let call = consultation_for.map(|call| call.0);
                self.consultations
                    .extend(call.map(|call| (id.clone(), call)));
                self.calls.insert(id, PhoneCall::Dialing);
                return None;
            }
            PhoneActionKind::SendDtmf(tone) => {
                self.digits.push(tone.as_char());
                return None;
            }
            // Methods for a call that is over do nothing.
            _ if matches!(state, None | Some(PhoneCall::Over)) => return None,
            PhoneActionKind::Answer => {
                self.calls.insert(id, PhoneCall::Up);
                PhoneEvent::Connected { call_id }
            }
            PhoneActionKind::Reject { .. } | PhoneActionKind::HangUp => {
                self.calls.insert(id, PhoneCall::Over);
                if self.mute_about_ends {
                    return None;
                }
                PhoneEvent::Ended {
                    call_id,
                    cause: EndCause::local(),
                }
            }
            PhoneActionKind::SetMuted(muted) => PhoneEvent::Muted { call_id, muted },
            PhoneActionKind::SetHeld(held) => PhoneEvent::Held {
                call_id,
                held,
                by_remote: false,
            },
            PhoneActionKind::Transfer { .. } | PhoneActionKind::CompleteTransfer { .. } => {
                return None;
            }
        }))
    }
}
