//! The machine itself.

use std::collections::VecDeque;

use super::card_handle::{CardHandle, CardRequest, CardSerial};
use super::page_card::PageCard;
use crate::call::CallSnapshot;
use crate::card::{CallId, CallInfo, CardCommand, CardEvent, Reply, TransferTarget};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::link::{
    Auth, ForHub, ForTab, HubId, HubState, Inbox, Outbox, RESEND, SILENT, TabId, TabState, ToHub,
    ToTab,
};
use crate::quality::Counters;
use crate::session::{CardSeen, News, OperatorAction, PortalAction, Token};
use crate::softphone::{EndCause, PhoneAction, PhoneCallId, PhoneEvent};
use crate::time::Instant;

/// Everything that can happen to a tab.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // each field is named by what it says
pub enum Input {
    /// The hub says something.
    Hub(ToTab),
    /// The hub is another one, or is reached anew: it is told everything again.
    HubReached,
    /// The card raised an event.
    Card(CardEvent),
    /// The portal answered a command, or its deadline passed.
    CardReply {
        serial: CardSerial,
        command: CardCommand,
        token: Option<Token>,
        result: Result<Reply, Error>,
    },
    /// The application sends a card command through its handle.
    Request { request: CardRequest, token: Token },
    /// The application acts on the call, as the operator could on the card.
    Operator {
        action: OperatorAction,
        token: Token,
    },
    /// The application wants to do this, which is done in one tab only.
    Once { key: String, token: Token },
    /// Whether the page has call cards.
    Telephony(bool),
    /// Whether the operator looks at the page.
    Visible(bool),
    /// Whether a softphone could be started here.
    CanTakeSeat(bool),
    /// The softphone's lines are these.
    Lines(Vec<String>),
    /// The account has changed: another softphone is wanted, made anew.
    Renew,
    /// A token of the portal.
    Auth(Auth),
    /// The softphone of this run tells something.
    Phone { run: u64, event: PhoneEvent },
    /// It did not start.
    PhoneNotStarted { run: u64, cause: EndCause },
    /// It could not do what it was asked.
    PhoneFailed {
        run: u64,
        action: PhoneAction,
        cause: EndCause,
    },
    /// What it would dial.
    Resolved {
        question: u64,
        result: Result<String, EndCause>,
    },
    /// What it has counted.
    Stats {
        call: PhoneCallId,
        counters: Option<Counters>,
    },
    /// The page is being left or frozen; a browser may bring it back as it was.
    Leaving,
    /// It is back.
    Back,
}

/// Everything a tab asks of its page.
#[derive(Debug)]
#[allow(missing_docs)] // each field is named by what it says
pub enum Output {
    /// Send this to the hub.
    Hub(ToHub),
    /// The hub has been silent for too long: reach for one anew.
    HubLost,
    /// Send this command to the card, and bring the answer as [`Input::CardReply`].
    Card {
        serial: CardSerial,
        command: CardCommand,
        token: Option<Token>,
    },
    /// Start a softphone; what it tells comes with this run's number. `whole`: with its signalling.
    StartPhone { run: u64, whole: bool },
    /// Stop it, for good.
    StopPhone,
    /// Ask this of it.
    Phone { run: u64, action: PhoneAction },
    /// Ask it what to dial.
    Resolve {
        question: u64,
        target: TransferTarget,
    },
    /// Read what it has counted.
    Sample { call: PhoneCallId },
    /// Ask this of the portal's page.
    Portal(PortalAction),
    /// Bring a fresh token, as [`Input::Auth`].
    RefreshAuth,
    /// The answer to the application's request.
    Answer {
        token: Token,
        result: Result<Reply, Error>,
    },
    /// Tell the application.
    Event(TabEvent),
}

/// What an application hears. `C` is its handle to a card.
#[derive(Debug)]
pub enum TabEvent<C = CardHandle> {
    /// A card has appeared: the only source of a handle.
    CardInitialized {
        /// The card. The handle is the only way to command it.
        card: C,
        /// Whose call it shows; not necessarily one of this application.
        call: CallInfo,
    },
    /// That card is gone.
    CardClosed {
        /// The call it showed.
        call_id: CallId,
    },
    /// Any other event of the card.
    Card(CardEvent),
    /// There is a call, or something about it has changed; `None`: there is none any more.
    CallChanged(Option<CallSnapshot>),
    /// The softphone is registered, or no longer.
    Registration {
        /// Whether calls can come and go.
        registered: bool,
    },
    /// What is told once, in every tab.
    News(News),
}

/// One page's part. See the [module](super).
#[derive(Debug)]
pub struct Tab {
    id: TabId,
    config: Config,
    state: TabState,
    hub: HubId,
    heard: HubState,
    /// The newest of the hub's messages.
    seen: u64,
    inbox: Inbox,
    outbox: Outbox<ForHub>,
    n: u64,
    sent: Option<(TabState, u64, u64)>,
    sent_at: Option<Instant>,
    waits_since: Option<Instant>,
    owes_ack: bool,
    card: Option<PageCard>,
    cards: u32,
    /// The portal has announced the CRM part of a card that is to come.
    crm_announced: bool,
    /// The call whose card was stuck, and raised anew: once is enough.
    raised_anew: Option<CallId>,
    /// The softphone that runs here.
    run: Option<u64>,
    outputs: VecDeque<Output>,
}

impl Tab {
    /// A tab that has not reached a hub. `id` is chosen at random.
    #[must_use]
    pub fn new(id: TabId, config: Config) -> Self {
        let mut tab = Self {
            id,
            config,
            state: TabState::default(),
            hub: HubId::default(),
            heard: HubState::default(),
            seen: 0,
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            n: 0,
            sent: None,
            sent_at: None,
            waits_since: None,
            owes_ack: false,
            card: None,
            cards: 0,
            crm_announced: false,
            raised_anew: None,
            run: None,
            outputs: VecDeque::new(),
        };
        tab.configure(false);
        tab
    }

    /// Which tab it is.
    #[must_use]
    pub fn id(&self) -> TabId {
        self.id
    }

    /// The call, if there is one.
    #[must_use]
    pub fn call(&self) -> Option<&CallSnapshot> {
        self.heard.call.as_ref()
    }

    /// Whether calls can come and go.
    #[must_use]
    pub fn registered(&self) -> bool {
        self.heard.registered
    }

    /// Whether the page has been left, and has not come back.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.state.leaving
    }

    /// Whether the sound is in this tab.
    #[must_use]
    pub fn has_seat(&self) -> bool {
        self.heard.seat.is_some_and(|seat| seat.tab == self.id)
    }

    /// Something has happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Hub(message) => self.handle_hub(now, message),
            Input::HubReached => self.greet(),
            Input::Card(event) => self.handle_card(now, event),
            Input::CardReply {
                serial,
                command,
                token,
                result,
            } => self.handle_reply(serial, &command, token, result),
            Input::Request { request, token } => self.handle_request(request, token),
            Input::Operator { action, token } => {
                self.outbox.push(ForHub::Operator { action, token });
            }
            Input::Once { key, token } => self.outbox.push(ForHub::Once { key, token }),
            Input::Telephony(is) => self.state.telephony = is,
            Input::Visible(is) => self.state.visible = is,
            Input::CanTakeSeat(can) => self.state.can_take_seat = can,
            Input::Lines(lines) => {
                if self.config.lines != lines {
                    self.config.lines = lines;
                    self.configure(false);
                }
            }
            Input::Renew => self.configure(true),
            Input::Auth(auth) => self.outbox.push(ForHub::Auth(auth)),
            Input::Phone { run, event } => self.outbox.push(ForHub::Phone { run, event }),
            Input::PhoneNotStarted { run, cause } => {
                self.outbox.push(ForHub::PhoneNotStarted { run, cause });
            }
            Input::PhoneFailed { run, action, cause } => {
                self.outbox.push(ForHub::PhoneFailed { run, action, cause });
            }
            Input::Resolved { question, result } => {
                self.outbox.push(ForHub::Resolved { question, result });
            }
            Input::Stats { call, counters } => self.outbox.push(ForHub::Stats { call, counters }),
            Input::Leaving => {
                self.state.leaving = true;
                if let Some(run) = self.run.take() {
                    self.outputs.push_back(Output::StopPhone);
                    // Should the page come back before the hub has heard that it was left.
                    self.outbox.push(ForHub::PhoneStopped { run });
                }
            }
            Input::Back => {
                self.state.leaving = false;
                self.greet();
            }
        }
        self.speak(now);
    }

    /// The moment of [`Tab::poll_timeout`] may have come; a call too early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        let commands = self.card.as_mut().map(|card| card.repeat(now));
        self.command(commands.unwrap_or_default());
        if self.waits_since.is_some_and(|since| now >= since + SILENT) {
            self.waits_since = None;
            self.sent_at = None;
            self.outputs.push_back(Output::HubLost);
        }
        self.speak(now);
    }

    /// The next thing to do. Drain this after every `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The moment at which [`Tab::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let card = self.card.as_ref().and_then(PageCard::due);
        let again = self.waits_since.and(self.sent_at).map(|at| at + RESEND);
        let silent = self.waits_since.map(|since| since + SILENT);
        [card, again, silent].into_iter().flatten().min()
    }

    // ---- the hub ----

    fn configure(&mut self, renew: bool) {
        let config = Box::new(self.config.clone());
        self.outbox.push(ForHub::Configure { config, renew });
    }

    /// A hub that may know nothing of this tab is told how it is.
    fn greet(&mut self) {
        self.sent = None;
        self.owes_ack = true;
    }

    fn handle_hub(&mut self, now: Instant, message: ToTab) {
        if message.hub != self.hub {
            if self.hub != HubId::default() {
                // This one was never told how calls are to be treated.
                self.configure(false);
            }
            self.hub = message.hub;
            (self.seen, self.inbox) = (0, Inbox::default());
            self.greet();
        }
        self.outbox.acknowledged(message.ack);
        if self.outbox.is_empty() {
            self.waits_since = None;
        } else if self.waits_since.is_some() {
            self.waits_since = Some(now);
        }
        self.owes_ack |= !message.items.is_empty() || message.n > self.seen;
        let items = self.inbox.take(message.items);
        if message.n > self.seen {
            self.seen = message.n;
            self.hear(now, message.state);
        }
        for item in items {
            self.handle_item(item);
        }
    }

    fn hear(&mut self, now: Instant, state: HubState) {
        let before = std::mem::replace(&mut self.heard, state);
        let (registered, call) = (self.heard.registered, self.heard.call.clone());
        if before.registered != registered {
            self.tell(TabEvent::Registration { registered });
        }
        if before.call != call {
            self.tell(TabEvent::CallChanged(call));
        }
        self.follow_seat();
        self.follow_order(now);
    }

    fn follow_seat(&mut self) {
        let seat = self
            .heard
            .seat
            .filter(|seat| seat.tab == self.id && !self.state.leaving);
        let wanted = seat.map(|seat| seat.run);
        if wanted == self.run {
            return;
        }
        if self.run.take().is_some() {
            self.outputs.push_back(Output::StopPhone);
        }
        if let Some(seat) = seat {
            self.run = Some(seat.run);
            self.outputs.push_back(Output::StartPhone {
                run: seat.run,
                whole: seat.whole,
            });
        }
    }

    /// Does with the card what the hub says of it, if it is the card the hub means.
    fn follow_order(&mut self, now: Instant) {
        let (Some(card), Some((call_id, order))) = (&mut self.card, &self.heard.card) else {
            return;
        };
        if card.call_id == *call_id {
            let commands = card.follow(now, order);
            self.command(commands);
        }
    }

    fn handle_item(&mut self, item: ForTab) {
        match item {
            ForTab::News(news) => self.tell(TabEvent::News(news)),
            ForTab::Answer { token, result } => {
                self.outputs.push_back(Output::Answer { token, result });
            }
            ForTab::Portal(action) => self.outputs.push_back(Output::Portal(action)),
            ForTab::Phone { run, action } if self.run == Some(run) => {
                self.outputs.push_back(Output::Phone { run, action });
            }
            ForTab::Phone { .. } => {}
            ForTab::Resolve { question, target } => {
                self.outputs.push_back(Output::Resolve { question, target });
            }
            ForTab::Sample { call } => self.outputs.push_back(Output::Sample { call }),
            ForTab::RefreshAuth => self.outputs.push_back(Output::RefreshAuth),
        }
    }

    /// Says what is new, and what was not heard.
    fn speak(&mut self, now: Instant) {
        self.state.card = self.card.as_ref().map(|card| card.call_id.clone());
        let says = (self.state.clone(), self.outbox.last(), self.inbox.last());
        let new = self.sent.as_ref() != Some(&says) || self.owes_ack;
        let due = self.waits_since.is_some() && self.sent_at.is_some_and(|at| now >= at + RESEND);
        if !new && !due {
            return;
        }
        self.n += 1;
        self.sent = Some(says);
        self.sent_at = Some(now);
        self.owes_ack = false;
        if !self.outbox.is_empty() {
            self.waits_since.get_or_insert(now);
        }
        self.outputs.push_back(Output::Hub(ToHub {
            tab: self.id,
            n: self.n,
            hub: self.hub,
            ack: self.inbox.last(),
            seen: self.seen,
            state: self.state.clone(),
            items: self.outbox.items(),
        }));
    }

    // ---- the card ----

    fn handle_card(&mut self, now: Instant, event: CardEvent) {
        if let CardEvent::Initialized(info) = event {
            return self.handle_initialized(now, info);
        }
        self.crm_announced |= matches!(event, CardEvent::EntityChanged(_));
        self.tell(TabEvent::Card(event.clone()));
        let Some(card) = &mut self.card else { return };
        let (believed, commands) = card.clicked(now, &event, &self.config.texts);
        let call_id = card.call_id.clone();
        if matches!(event, CardEvent::Close) {
            self.drop_card();
        } else {
            self.command(commands);
        }
        if let (true, Some(action)) = (believed, OperatorAction::of_click(&event)) {
            self.outbox.push(ForHub::Click { call_id, action });
        }
    }

    fn handle_initialized(&mut self, now: Instant, info: CallInfo) {
        let crm = std::mem::take(&mut self.crm_announced);
        self.drop_card();
        self.cards += 1;
        let serial = CardSerial(self.cards);
        self.card = Some(PageCard::new(now, serial, info.call_id.clone(), crm));
        self.outbox.push(ForHub::CardSeen(CardSeen::from(&info)));
        self.tell(TabEvent::CardInitialized {
            card: CardHandle::new(serial, info.call_id.clone()),
            call: info,
        });
        // What is known of its call already is shown at once.
        self.follow_order(now);
    }

    fn handle_reply(
        &mut self,
        serial: CardSerial,
        command: &CardCommand,
        token: Option<Token>,
        result: Result<Reply, Error>,
    ) {
        let current = self.card.as_mut().filter(|card| card.serial == serial);
        if let Some(card) = current {
            card.answered(command, result.as_ref().ok());
            match &result {
                // Closed without an event: Esc, another tab, a `finish`.
                Err(error) if error.kind() == ErrorKind::CardUndefined => {
                    let call_id = card.call_id.clone();
                    self.drop_card();
                    self.outbox.push(ForHub::CardGone(call_id));
                }
                _ if token.is_none() && card.closes_on(command) => {
                    self.command(vec![CardCommand::Close {}]);
                }
                Ok(_) if card.is_stuck() && self.raised_anew.as_ref() != Some(&card.call_id) => {
                    // The hub asks for the card that is missing then.
                    self.raised_anew = Some(card.call_id.clone());
                    self.command(vec![CardCommand::Close {}]);
                }
                Err(error) if token.is_none() => {
                    self.tell(TabEvent::News(News::Error(error.clone())))
                }
                _ => {}
            }
        }
        if let Some(token) = token {
            self.outputs.push_back(Output::Answer { token, result });
        }
    }

    /// A command of the application, with the proof of its card.
    fn handle_request(&mut self, request: CardRequest, token: Token) {
        let CardRequest { serial, command } = request;
        let Some(card) = self.card.as_mut().filter(|card| card.serial == serial) else {
            let result = Err(Error::card_closed());
            return self.outputs.push_back(Output::Answer { token, result });
        };
        card.requested(&command);
        let closes = command == CardCommand::Close {};
        self.outputs.push_back(Output::Card {
            serial,
            command,
            token: Some(token),
        });
        if closes {
            self.drop_card();
        }
    }

    /// Sends commands of ours.
    fn command(&mut self, commands: Vec<CardCommand>) {
        let Some(serial) = self.card.as_ref().map(|card| card.serial) else {
            return;
        };
        let closes = commands.contains(&CardCommand::Close {});
        self.outputs
            .extend(commands.into_iter().map(|command| Output::Card {
                serial,
                command,
                token: None,
            }));
        if closes {
            self.drop_card();
        }
    }

    /// The card is no longer there.
    fn drop_card(&mut self) {
        self.crm_announced = false;
        if let Some(card) = self.card.take() {
            let call_id = card.call_id;
            self.tell(TabEvent::CardClosed { call_id });
        }
    }

    fn tell(&mut self, event: TabEvent) {
        self.outputs.push_back(Output::Event(event));
    }
}
