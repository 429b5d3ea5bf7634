//! The machine itself.

use std::collections::VecDeque;

use super::io::{Input, Output};
use super::page_card::PageCard;
use crate::call::CallSnapshot;
use crate::card::CallId;
use crate::config::Config;
use crate::link::{ForHub, HubId, HubState, Inbox, Outbox, RESEND, SILENT, TabId, TabState};
use crate::session::Token;
use crate::softphone::KeptCall;
use crate::time::Instant;

/// One page's part. See the [module](super).
#[derive(Debug)]
pub struct Tab {
    pub(super) id: TabId,
    /// When it heard of anything first.
    pub(super) begun: Option<Instant>,
    pub(super) config: Config,
    pub(super) state: TabState,
    pub(super) hub: HubId,
    pub(super) heard: HubState,
    /// The newest of the hub's messages.
    pub(super) seen: u64,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox<ForHub>,
    pub(super) n: u64,
    pub(super) sent: Option<(TabState, u64, u64)>,
    pub(super) sent_at: Option<Instant>,
    pub(super) waits_since: Option<Instant>,
    /// Whoever is the hub now has said nothing yet.
    pub(super) greets: bool,
    pub(super) owes_ack: bool,
    /// What the application waits for.
    pub(super) asked: Vec<Token>,
    pub(super) card: Option<PageCard>,
    pub(super) cards: u32,
    /// The portal has announced the CRM part of a card that is to come.
    pub(super) crm_announced: bool,
    /// The call whose card was stuck, and raised anew: once is enough.
    pub(super) raised_anew: Option<CallId>,
    /// The softphone that runs here.
    pub(super) run: Option<u64>,
    /// What the hub was told last of how to take up its call.
    pub(super) kept: Option<KeptCall>,
    /// A newer version has the phone.
    pub(super) outdated: bool,
    pub(super) outputs: VecDeque<Output>,
}

impl Tab {
    /// A tab that has not reached a hub. `id` is chosen at random.
    #[must_use]
    pub fn new(id: TabId, config: Config) -> Self {
        let mut tab = Self {
            id,
            begun: None,
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
            greets: false,
            owes_ack: false,
            asked: Vec::new(),
            card: None,
            cards: 0,
            crm_announced: false,
            raised_anew: None,
            run: None,
            kept: None,
            outdated: false,
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
        self.begun.get_or_insert(now);
        match input {
            Input::Hub(message) => self.handle_hub(now, message),
            Input::HubReached => {
                self.greets = true;
                self.greet();
            }
            Input::Outdated => {
                self.is_outdated();
                self.say_outdated(now);
            }
            Input::Card(event) => self.handle_card(now, event),
            Input::CardReply {
                serial,
                command,
                token,
                result,
            } => self.handle_reply(serial, &command, token, result),
            Input::Request { request, token } => self.handle_request(now, request, token),
            Input::Operator { action, token } => {
                self.ask(token, ForHub::Operator { action, token });
            }
            Input::Once { key, token } => self.ask(token, ForHub::Once { key, token }),
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
            Input::Kept { run, call } => {
                // It is asked for once a second, and seldom another.
                if self.kept.as_ref() != Some(&call) {
                    self.kept = Some(call.clone());
                    self.outbox.push(ForHub::Kept { run, call });
                }
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
                self.greets = !self.outdated;
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
}
