//! The machine itself: what tabs say goes to the session, what it wants goes to whom it concerns,
//! and after each input every tab is told what is new for it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::cards::Showing;
use super::io::{Input, Output, PhonePlace};
use super::journal::HEARTBEAT;
use super::life::Life;
use super::member::Member;
use super::seat::Retry;
use crate::card::Reply;
use crate::config::Config;
use crate::error::Error;
use crate::link::{ForHub, ForTab, HubId, Seat, TabId, ToHub};
use crate::session::{self, Journal, JournalEntry, News, Session, Token};
use crate::softphone::{EndCause, KeptCall, PhoneCallId};
use crate::time::Instant;

/// How many tabs that have gone are remembered, so that what comes late from one is not heard twice.
const REMEMBERED: usize = 32;

/// One per browser, portal and operator. See the [module](super).
#[derive(Debug)]
pub struct Hub {
    pub(super) id: HubId,
    pub(super) session: Session,
    pub(super) phone: PhonePlace,
    pub(super) tabs: BTreeMap<TabId, Member>,
    pub(super) gone: VecDeque<(TabId, Member)>,
    pub(super) seat: Option<Seat>,
    pub(super) runs: u64,
    pub(super) showing: Option<Showing>,
    pub(super) retry: Retry,
    /// Whose request it was, and its name there.
    pub(super) asked: HashMap<Token, (TabId, Token)>,
    tokens: u64,
    /// What waits for a moment without calls.
    next_config: Option<(Config, bool)>,
    pub(super) life: Life,
    /// What has happened before it was known who the operator is: no call is made in nobody's name.
    early: Vec<session::Input>,
    /// What a hub before this one has left, until it is known whose calls they are.
    pub(super) inherited: Vec<JournalEntry>,
    /// What softphones have kept of their calls.
    pub(super) kept: Vec<KeptCall>,
    /// The run of the softphone that was told to take calls up.
    pub(super) takes_up: Option<u64>,
    pub(super) journal: Journal,
    pub(super) journal_at: Instant,
    /// What failed while no tab was there.
    pub(super) untold: Vec<Error>,
    /// Since when no tab is there.
    away: Option<Instant>,
    pub(super) outputs: VecDeque<Output>,
}

impl Hub {
    /// A hub without tabs. `id` is chosen at random; `config` holds until a tab brings its own.
    #[must_use]
    pub fn new(id: HubId, config: Config, phone: PhonePlace) -> Self {
        Self {
            id,
            session: Session::new(config),
            phone,
            tabs: BTreeMap::new(),
            gone: VecDeque::new(),
            seat: None,
            // No two hubs start softphones of the same number.
            runs: id.0,
            showing: None,
            retry: Retry::default(),
            asked: HashMap::new(),
            tokens: 0,
            next_config: None,
            life: Life::default(),
            early: Vec::new(),
            inherited: Vec::new(),
            kept: Vec::new(),
            takes_up: None,
            journal: Journal::default(),
            journal_at: Instant::default(),
            untold: Vec::new(),
            away: None,
            outputs: VecDeque::new(),
        }
    }

    /// The operator's calls.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Who has the seat.
    #[must_use]
    pub fn seat(&self) -> Option<Seat> {
        self.seat
    }

    /// The softphone's calls of which something is kept.
    #[must_use]
    pub fn kept_calls(&self) -> Vec<PhoneCallId> {
        let kept = self.kept.iter();
        kept.map(|kept| kept.call_id.clone()).collect()
    }

    /// The tabs there are.
    pub fn tabs(&self) -> impl Iterator<Item = TabId> {
        self.tabs.keys().copied()
    }

    /// Whether nothing would be lost if this hub ended now.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.session.is_idle() && self.journal.calls.is_empty()
    }

    /// Something has happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Tab(message) => self.handle_tab(now, message),
            Input::TabGone(tab) => self.forget(tab),
            Input::Journal(journal) => {
                self.journal.clone_from(&journal);
                for entry in &journal.calls {
                    self.kept.extend_from_slice(&entry.kept);
                }
                self.inherited = self.session.recall(now, journal);
            }
            Input::Rest { id, result } => self.feed(now, session::Input::Rest { id, result }),
            Input::Signal(signal) => self.feed(now, session::Input::Signal(signal)),
            Input::Phone(event) => self.feed(now, session::Input::Phone(event)),
            Input::PhoneFailed { action, cause } => {
                self.feed(now, session::Input::PhoneFailed { action, cause });
            }
            Input::Resolved { question, result } => {
                self.feed(now, session::Input::Resolved { question, result });
            }
            Input::Stats { call, counters } => {
                self.feed(now, session::Input::Stats { call, counters });
            }
            Input::Kept(call) => self.keep(call),
            Input::Failed(error) => self.tell_all(&News::Error(error)),
            Input::WantsAuth => self.tell_one(ForTab::RefreshAuth),
            Input::Leave => {
                self.life = Life::Retired;
                self.feed(now, session::Input::Leave(EndCause::local()));
            }
        }
        self.settle(now);
    }

    /// The moment of [`Hub::poll_timeout`] may have come; a call too early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        let silent = self.tabs.iter().filter(|(_, member)| member.is_silent(now));
        let silent: Vec<TabId> = silent.map(|(id, _)| *id).collect();
        for tab in silent {
            self.forget(tab);
        }
        // What is due now is due to a softphone that is there.
        self.settle_seat(now);
        self.session.handle_timeout(now);
        self.ask_for_cards(now);
        self.retry_phone(now);
        if self.away_ends().is_some_and(|at| at <= now) {
            self.away = Some(now);
            self.feed(now, session::Input::Leave(EndCause::local()));
        }
        self.settle(now);
    }

    /// The next thing to do. Drain this after every `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The moment at which [`Hub::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let members = self.tabs.values().filter_map(Member::due);
        let closes = self.tabs.values().filter_map(|member| {
            let call_id = member.state.card.as_ref()?;
            let closes = self.session.card_closes_at(call_id)?;
            // Once it is told, the tab does it.
            (!member.is_told_to_close()).then_some(closes)
        });
        let heartbeat = (!self.session.is_idle()).then(|| self.journal_at + HEARTBEAT);
        let showing = self.showing.as_ref().and_then(Showing::due);
        let own = [
            self.session.poll_timeout(),
            showing,
            self.away_ends(),
            heartbeat,
            self.retry.due(),
        ];
        own.into_iter().flatten().chain(members).chain(closes).min()
    }

    /// When a call ends that nobody has come back to.
    fn away_ends(&self) -> Option<Instant> {
        let away = self.away.filter(|_| !self.session.is_idle())?;
        Some(away + self.session.config().patience.away)
    }

    // ---- tabs ----

    fn handle_tab(&mut self, now: Instant, message: ToHub) {
        let id = message.tab;
        let member = self.tabs.entry(id).or_insert_with(|| {
            let known = self.gone.iter().position(|(gone, _)| *gone == id);
            match known.and_then(|index| self.gone.remove(index)) {
                Some((_, member)) => member.back(now),
                None => Member::new(now),
            }
        });
        for error in std::mem::take(&mut self.untold) {
            member.push(ForTab::News(News::Error(error)));
        }
        for item in member.take(now, self.id, message) {
            self.handle_item(now, id, item);
            // The journal holds what each has asked for, though the next may take it back. What is
            // asked with the last word of a page is answered, should it come back.
            self.carry_out(now);
        }
        if self
            .tabs
            .get(&id)
            .is_some_and(|member| member.state.leaving)
        {
            self.forget(id);
        }
    }

    fn handle_item(&mut self, now: Instant, tab: TabId, item: ForHub) {
        let seated = |run: u64| {
            self.seat
                .is_some_and(|seat| seat.tab == tab && seat.run == run)
        };
        let input = match item {
            ForHub::Configure { config, renew } => return self.configure(*config, renew),
            ForHub::Auth(auth) => return self.outputs.push_back(Output::Auth(auth)),
            ForHub::CardSeen(card) => session::Input::CardSeen(card),
            ForHub::CardGone(call_id) => return self.card_gone(now, &call_id),
            ForHub::Click { call_id, action } => session::Input::Click { call_id, action },
            ForHub::Operator { action, token } => {
                self.tokens += 1;
                let name = Token(self.tokens);
                self.asked.insert(name, (tab, token));
                session::Input::Operator {
                    action,
                    token: name,
                }
            }
            ForHub::Once { key, token } => {
                let result = self.session.once(now, key).map(Reply::First);
                return self.tell(tab, ForTab::Answer { token, result });
            }
            ForHub::Phone { run, event } if seated(run) => {
                self.retry.forget(&event);
                session::Input::Phone(event)
            }
            ForHub::PhoneFailed { run, action, cause } if seated(run) => {
                session::Input::PhoneFailed { action, cause }
            }
            // What a softphone says that is none any more.
            ForHub::Kept { run, call } if seated(run) => return self.keep(call),
            ForHub::Phone { .. } | ForHub::PhoneFailed { .. } | ForHub::Kept { .. } => return,
            ForHub::PhoneNotStarted { run, cause } if seated(run) => {
                return self.phone_not_started(now, &cause);
            }
            ForHub::PhoneStopped { run } if seated(run) => return self.phone_stopped(now),
            ForHub::PhoneNotStarted { .. } | ForHub::PhoneStopped { .. } => return,
            ForHub::Resolved { question, result } => session::Input::Resolved { question, result },
            ForHub::Stats { call, counters } => session::Input::Stats { call, counters },
        };
        self.feed(now, input);
    }

    /// It is tried again: a server may be back, an account mended.
    fn phone_not_started(&mut self, now: Instant, cause: &EndCause) {
        self.retry.plan(now);
        self.tell_error(cause.failed("the softphone did not start"));
        let (cause, kept) = (cause.clone(), Vec::new());
        self.feed(now, session::Input::PhoneGone { cause, kept });
    }

    fn forget(&mut self, tab: TabId) {
        if let Some(member) = self.tabs.remove(&tab) {
            if self.gone.len() == REMEMBERED
                && let Some((forgotten, _)) = self.gone.pop_front()
            {
                self.asked.retain(|_, (asker, _)| *asker != forgotten);
            }
            self.gone.push_back((tab, member));
        }
    }

    /// The newest wish holds, from the next moment without a call on.
    fn configure(&mut self, mut config: Config, renew: bool) {
        let own = self.session.config().external_id_prefix.clone();
        config.external_id_prefix = own;
        let renew = renew || self.next_config.as_ref().is_some_and(|(_, renew)| *renew);
        self.next_config = Some((config, renew));
    }

    // ---- the session ----

    pub(super) fn feed(&mut self, now: Instant, input: session::Input) {
        if self.life == Life::Nobodys {
            return self.early.push(input);
        }
        self.session.handle_input(now, input);
    }

    /// Everything is brought into line with what has happened.
    fn settle(&mut self, now: Instant) {
        let nobodys = self.life == Life::Nobodys;
        if (self.session.is_idle() || nobodys)
            && let Some((config, renew)) = self.next_config.take()
        {
            self.session.configure(config);
            if nobodys {
                self.begin(now);
            } else if renew {
                self.renew_phone();
            }
        }
        match (self.tabs.is_empty(), self.life) {
            (true, Life::Tended) => {
                self.life = Life::Away;
                self.away = Some(now);
            }
            (false, Life::Away) => {
                self.life = Life::Tended;
                self.away = None;
            }
            _ => {}
        }
        // What was wanted of the softphone until now is not for another.
        self.carry_out(now);
        self.settle_seat(now);
        self.have_calls_taken_up(now);
        self.settle_showing(now);
        self.carry_out(now);
        self.tell_tabs(now);
    }

    /// It is known who the operator is: what has waited for that happens now.
    fn begin(&mut self, now: Instant) {
        self.life = Life::Tended;
        let inherited = std::mem::take(&mut self.inherited);
        self.session.take_over(now, inherited);
        for input in std::mem::take(&mut self.early) {
            self.session.handle_input(now, input);
            // As with what tabs ask: the journal holds each, though the next may take it back.
            self.carry_out(now);
        }
    }

    /// What the session wants is done, once the journal holds what it is about.
    fn carry_out(&mut self, now: Instant) {
        self.settle_journal(now);
        while let Some(output) = self.session.poll_output() {
            self.route(now, output);
        }
    }
}
