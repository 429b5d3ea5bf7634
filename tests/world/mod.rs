//! A portal, a softphone and a clock, small enough to reason about: what a session does to them is
//! what it would do to real ones. Answers are delivered when the test says so, in an order it chooses.

#![allow(dead_code, unreachable_pub)] // each test file uses its part

pub mod bus;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use b24_background_worker::card::{
    CallDirection, CallId, CallInfo, CallState, CardCommand, CardEvent, PhoneNumber, Reply,
    TransferTarget, UiState,
};
use b24_background_worker::hub::{self, Hub, PhonePlace};
use b24_background_worker::link::{HubId, TabId, ToHub, ToTab, decode, encode};
use b24_background_worker::quality::{Counters, Quality};
use b24_background_worker::rest::{
    CallType, Finish, Finished, Register, Registered, RestAnswer, RestFailure, RestRequest,
};
use b24_background_worker::session::{
    CallEnd, CallSnapshot, Config, DialOptions, Journal, News, OperatorAction, PortalAction, Token,
};
use b24_background_worker::softphone::{
    EndCause, Headers, KeptCall, PhoneAction, PhoneActionKind, PhoneCallId, PhoneEvent,
};
use b24_background_worker::tab::{self, CardHandle, CardRequest, CardSerial, Tab, TabEvent};
use b24_background_worker::time::Instant;
use b24_background_worker::{Error, ErrorKind};

pub const LINE: &str = "+15550100";
pub const CUSTOMER: &str = "+15550199";

use bus::Bus;

pub struct World {
    pub hub: Hub,
    pub tabs: BTreeMap<TabId, Page>,
    pub now: Instant,
    pub portal: Portal,
    pub phone: Phone,
    /// What is on its way.
    pub pending: Vec<Pending>,
    /// What the application of one tab has heard: the first, and the pages that follow it there.
    pub told: Told,
    listens: TabId,
    /// What the journal holds, and what it held when each REST call was sent.
    pub journal: Journal,
    /// Messages between hub and tabs are on their way, too, and may be lost.
    pub slow_link: bool,
    pub bus: Bus,
    pub place: PhonePlace,
    /// Where the media of a softphone in the hub was told to live.
    pub seats: Vec<Option<TabId>>,
    /// How the tabs are configured.
    config: Config,
    tokens: u64,
    lives: u64,
}

/// One page with its tab.
pub struct Page {
    pub tab: Tab,
    /// Which call's card the tab took each serial for.
    serials: HashMap<CardSerial, CallId>,
    pub told: Told,
    /// The ends it was told of, by the softphone's name of the call; each is told once.
    pub ended: Vec<String>,
    pub recorded: Vec<String>,
    /// The hub may have taken it for gone: it need not have heard all.
    pub patchy: bool,
    /// The softphone that runs in it.
    pub run: Option<u64>,
    /// It is frozen: what is for it waits.
    pub frozen: bool,
    asleep: Vec<Pending>,
    /// What the application has asked and was not answered yet.
    pub asked: HashSet<Token>,
}

/// Something on its way.
#[derive(Debug, Clone)]
pub enum Pending {
    /// From the portal's page to its tab.
    Card(TabId, CardEvent),
    Reply(TabId, tab::Input),
    /// From the softphone, which ran in this tab with this number.
    Phone(Option<(TabId, u64)>, PhoneNews),
    /// From the portal's server; the call that it says is finished.
    Rest(hub::Input, Option<CallId>),
    ToHub(ToHub),
    ToTab(TabId, ToTab),
    /// A tab that missed the hub has reached it again.
    HubReached(TabId),
}

#[derive(Debug, Clone)]
pub enum PhoneNews {
    Event(PhoneEvent),
    Failed(PhoneAction, EndCause),
    Resolved(u64, Result<String, EndCause>),
    Stats(PhoneCallId, Option<Counters>),
}

/// The portal's truth.
#[derive(Default)]
pub struct Portal {
    pub calls: BTreeMap<CallId, PortalCall>,
    /// The card of each page that has one.
    pub cards: BTreeMap<TabId, Card>,
    /// REST calls that will fail, by method, first come first served.
    pub failures: HashMap<&'static str, Vec<RestFailure>>,
    /// REST calls whose effect happens but whose answer is lost.
    pub lost_answers: HashMap<&'static str, u32>,
    /// Whether cards appear at all.
    pub raises_cards: bool,
    /// Cards have no CRM part, and never answer `connected`.
    pub simple_layout: bool,
    /// Numbers it takes for none, without all but their digits.
    pub refuses_numbers: Vec<String>,
    /// Pages without call cards.
    pub sliders: Vec<TabId>,
    /// For so many times a page of an older version shows the card first, and then none of ours shows it.
    pub older_page_is_first: u32,
    older_page: Option<CallId>,
    /// A page that hears of the next card too late to show it beside the others'.
    pub late: Option<TabId>,
    /// Pages for which the card of a call went away without a word.
    silent: Vec<(TabId, CallId)>,
    /// Commands that met no card, though the news of its end had arrived.
    pub undefined: u32,
    /// Commands that met another call's card, though the news of that card had arrived.
    pub misdirected: u32,
    /// `finish` for a call whose `finish` had been answered.
    pub finished_twice: u32,
    answered: HashSet<CallId>,
    /// REST calls of which the journal knew nothing.
    pub not_journalled: u32,
    pub commands: Vec<CardCommand>,
    /// What was opened in a slider, and on which page.
    pub opened: Vec<PortalAction>,
    pub opened_in: Vec<TabId>,
    registered: u32,
}

pub struct PortalCall {
    pub register: Option<Register>,
    pub finishes: Vec<Finish>,
    pub number: String,
    direction: CallDirection,
}

pub struct Card {
    pub call_id: CallId,
    pub ui_state: Option<UiState>,
    pub status: String,
    /// It was folded before its CRM part came.
    pub stuck: bool,
    /// What was written over the portal's own.
    pub title: Option<String>,
    pub muted: bool,
    pub held: bool,
}

impl Card {
    /// As the portal raises it, before anybody has commanded it.
    fn raised(call_id: CallId) -> Self {
        Self {
            call_id,
            ui_state: None,
            status: String::new(),
            stuck: false,
            title: None,
            muted: false,
            held: false,
        }
    }
}

/// The softphone's truth.
#[derive(Default)]
pub struct Phone {
    pub calls: BTreeMap<String, PhoneCall>,
    /// Its switches: muted, held.
    pub switches: HashMap<String, (bool, bool)>,
    /// What was asked of it, by call.
    pub asked: HashMap<(String, &'static str), u32>,
    /// The tab it runs in, and its number there.
    pub runs_in: Option<(TabId, u64)>,
    pub dialled: Vec<String>,
    /// The headers of the last call that was dialled.
    pub headers: Headers,
    pub digits: String,
    /// The next actions of these methods fail.
    pub fails: Vec<(&'static str, EndCause)>,
    /// Never tells that a call has ended.
    pub mute_about_ends: bool,
    /// How often it was asked what WebRTC counts.
    pub samples: u32,
    /// What WebRTC counts.
    pub counters: Option<Counters>,
    /// Does not know what to dial for a transfer's target.
    pub knows_no_target: bool,
    /// Calls dialled to ask a colleague, and about which call.
    pub consultations: Vec<(String, String)>,
    /// Calls that were transferred, and to whom.
    pub transferred: Vec<(String, String)>,
    /// Whether another softphone can take its calls up.
    pub keeps: bool,
    /// Calls that another softphone has taken up.
    pub taken_up: HashSet<String>,
    /// Calls of a softphone that is gone, of which the far end still talks.
    pub left: HashSet<String>,
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
    pub signals: Vec<(String, String)>,
}

impl World {
    pub fn new() -> Self {
        let mut config = Config::new(7, "test");
        config.lines = vec![LINE.to_owned()];
        Self::with(config)
    }

    /// One tab of an operator, whose softphone lives in it.
    pub fn with(config: Config) -> Self {
        Self::with_tabs(config, 1, PhonePlace::Seat)
    }

    pub fn with_tabs(config: Config, tabs: u64, place: PhonePlace) -> Self {
        let mut world = Self {
            hub: Hub::new(HubId(1000), nobodys("hub 1000"), place),
            tabs: BTreeMap::new(),
            now: Instant::new(Duration::from_secs(100)),
            portal: Portal {
                raises_cards: true,
                ..Portal::default()
            },
            phone: Phone::default(),
            pending: Vec::new(),
            told: Told::default(),
            listens: TabId(1),
            journal: Journal::default(),
            slow_link: false,
            bus: Bus::default(),
            place,
            seats: Vec::new(),
            config,
            tokens: 0,
            lives: 1000,
        };
        for id in 1..=tabs {
            world.open_tab(TabId(id));
        }
        world.settle();
        world
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
        self.pass(Duration::from_secs(1));
        assert_eq!(self.ui_state(), Some(UiState::Incoming));
        self.click(CardEvent::Answer);
        assert_eq!(self.ui_state(), Some(UiState::Connected));
    }

    // ---- tabs ----

    /// A page is opened, or another one takes its place in the tab.
    pub fn open_tab(&mut self, id: TabId) {
        let config = self.config.clone();
        let page = Page {
            tab: Tab::new(id, config),
            serials: HashMap::new(),
            told: Told::default(),
            ended: Vec::new(),
            recorded: Vec::new(),
            patchy: false,
            run: None,
            frozen: false,
            asleep: Vec::new(),
            asked: HashSet::new(),
        };
        self.tabs.insert(id, page);
        let telephony = !self.portal.sliders.contains(&id);
        self.feed_tab(id, tab::Input::CanTakeSeat(true));
        self.feed_tab(id, tab::Input::Telephony(telephony));
    }

    /// The page ends; `told`: by `pagehide`, else it crashes.
    pub fn close_tab(&mut self, id: TabId, told: bool) {
        self.close_slowly(id, told);
        self.settle();
    }

    /// The same, and nothing has followed yet.
    pub fn close_slowly(&mut self, id: TabId, told: bool) {
        if told {
            self.feed_tab(id, tab::Input::Leaving);
        }
        self.tabs.remove(&id);
        if self.phone.runs_in.is_some_and(|(tab, _)| tab == id) {
            self.phone.die();
        }
        self.portal.cards.remove(&id);
        let gone = |pending: &Pending| match pending {
            Pending::Card(tab, _)
            | Pending::Reply(tab, _)
            | Pending::ToTab(tab, _)
            | Pending::HubReached(tab) => *tab == id,
            Pending::Phone(from, _) => from.is_some_and(|(tab, _)| tab == id),
            // What was posted has arrived, or is lost with the page.
            Pending::Rest(..) | Pending::ToHub(_) => false,
        };
        self.pending.retain(|pending| !gone(pending));
        self.feed_hub(hub::Input::TabGone(id));
    }

    /// The browser freezes the page: what is for it waits. `told`: it hears that before.
    pub fn freeze(&mut self, id: TabId, told: bool) {
        if told {
            self.feed_tab(id, tab::Input::Leaving);
        }
        if let Some(page) = self.tabs.get_mut(&id) {
            page.frozen = true;
            page.patchy = true;
        }
    }

    pub fn thaw(&mut self, id: TabId) {
        let Some(page) = self.tabs.get_mut(&id).filter(|page| page.frozen) else {
            return;
        };
        page.frozen = false;
        let later = std::mem::take(&mut self.pending);
        self.pending = std::mem::take(&mut page.asleep);
        self.pending.extend(later);
        self.feed_tab(id, tab::Input::Back);
    }

    /// The operator follows a link: another page in the same tab.
    pub fn navigate(&mut self, id: TabId) -> TabId {
        self.close_tab(id, true);
        self.lives += 1;
        let next = TabId(self.lives);
        if self.listens == id {
            self.listens = next;
        }
        self.open_tab(next);
        self.settle();
        next
    }

    /// The hub dies with everything it knew but its journal, and another one takes its place.
    pub fn kill_hub(&mut self) {
        self.kill_hub_slowly();
        self.settle();
    }

    /// The same, and nothing has followed yet.
    pub fn kill_hub_slowly(&mut self) {
        self.lives += 1000;
        let config = nobodys(&format!("hub {}", self.lives));
        self.hub = Hub::new(HubId(self.lives), config, self.place);
        let in_hub = self.place == PhonePlace::Hub;
        let dead = |pending: &Pending| match pending {
            Pending::ToTab(..) | Pending::Rest(..) => true,
            Pending::Phone(..) => in_hub,
            _ => false,
        };
        self.pending.retain(|pending| !dead(pending));
        for page in self.tabs.values_mut() {
            page.asleep.retain(|pending| !dead(pending));
            page.patchy = true;
        }
        if in_hub {
            self.phone.die();
        }
        if self.bus.without.journal {
            self.journal = Journal::default();
        }
        let journal = self.journal.clone();
        self.feed_hub(hub::Input::Journal(journal));
        for id in self.tabs.keys().copied().collect::<Vec<_>>() {
            self.pending.push(Pending::HubReached(id));
        }
    }

    pub fn first(&self) -> TabId {
        *self.tabs.keys().next().expect("a tab")
    }

    // ---- what a story says ----

    /// A customer calls; everything that follows at once has followed.
    pub fn ring(&mut self, id: &str) {
        self.phone.calls.insert(id.to_owned(), PhoneCall::Ringing);
        self.phone_says(incoming(id));
        self.settle();
    }

    /// The operator clicks on a phone number in the CRM.
    pub fn click_to_call(&mut self, line: &str) -> CallId {
        let call_id = self
            .portal
            .new_call(None, CUSTOMER, CallDirection::Outgoing);
        self.raise(&call_id, Some(line));
        self.settle();
        call_id
    }

    /// The same, on a page whose card takes its time.
    pub fn clicked_before_the_card(&mut self) -> CallId {
        self.portal
            .new_call(None, CUSTOMER, CallDirection::Outgoing)
    }

    /// The card of a call appears, on all pages that have none.
    pub fn the_card_comes(&mut self, call_id: &CallId, line: &str) {
        self.raise(call_id, Some(line));
        self.settle();
    }

    pub fn raise(&mut self, call_id: &CallId, line: Option<&str>) {
        let tabs: Vec<TabId> = self.tabs.keys().copied().collect();
        for (tab, event) in self.portal.raise(&tabs, call_id, line) {
            self.pending.push(Pending::Card(tab, event));
        }
    }

    /// Another tab closes the card, or Esc does: nobody is told.
    pub fn the_portal_takes_the_card_away(&mut self) {
        self.portal.take_away(None);
    }

    pub fn dial(&mut self) -> Token {
        let token = self.operate(OperatorAction::Dial {
            number: CUSTOMER.to_owned(),
            how: DialOptions::default(),
        });
        self.settle();
        token
    }

    pub fn operate(&mut self, action: OperatorAction) -> Token {
        self.operate_in(self.first(), action)
    }

    pub fn operate_in(&mut self, tab: TabId, action: OperatorAction) -> Token {
        self.tokens += 1;
        let token = Token(self.tokens);
        if let Some(page) = self.tabs.get_mut(&tab) {
            page.asked.insert(token);
        }
        self.feed_tab(tab, tab::Input::Operator { action, token });
        token
    }

    /// The application of one tab wants to do something that is done in one tab only: may it?
    pub fn once(&mut self, tab: TabId, key: &str) -> Result<Reply, Error> {
        self.tokens += 1;
        let token = Token(self.tokens);
        let key = key.to_owned();
        self.feed_tab(tab, tab::Input::Once { key, token });
        self.settle();
        self.answer(token).clone()
    }

    pub fn request(&mut self, request: CardRequest) -> Token {
        self.request_in(self.first(), request)
    }

    pub fn request_in(&mut self, tab: TabId, request: CardRequest) -> Token {
        self.tokens += 1;
        let token = Token(self.tokens);
        self.feed_tab(tab, tab::Input::Request { request, token });
        token
    }

    /// The operator clicks on the card; the card does by itself what the portal makes it do.
    pub fn click(&mut self, event: CardEvent) {
        self.click_in(self.first(), event);
    }

    pub fn click_in(&mut self, tab: TabId, event: CardEvent) {
        self.click_slowly(tab, event);
        self.settle();
    }

    /// The same, and nothing has followed yet.
    pub fn click_slowly(&mut self, tab: TabId, event: CardEvent) {
        self.portal.clicked(tab, &event);
        self.feed_tab(tab, tab::Input::Card(event));
    }

    /// The far end answers, rings, hangs up.
    pub fn far_end(&mut self, event: impl FnOnce(PhoneCallId) -> PhoneEvent) {
        let id = self.phone.current().expect("a call at the softphone");
        let event = event(PhoneCallId(id.clone()));
        self.phone.follow(id, &event);
        self.phone_says(event);
        self.settle();
    }

    /// The colleague who is asked about a transfer rings, answers, hangs up.
    pub fn colleague(&mut self, event: impl FnOnce(PhoneCallId) -> PhoneEvent) {
        let (id, _) = self.phone.consultations.last().expect("a consultation");
        let id = id.clone();
        let event = event(PhoneCallId(id.clone()));
        self.phone.follow(id, &event);
        self.phone_says(event);
        self.settle();
    }

    pub fn far_end_answers(&mut self) {
        self.far_end(|call_id| PhoneEvent::Connected {
            call_id,
            tones: None,
        });
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
        if self.is_left(&event) {
            return;
        }
        self.phone_news(PhoneNews::Event(event));
    }

    /// The same, on its way.
    pub fn phone_says_slowly(&mut self, event: PhoneEvent) {
        if self.is_left(&event) {
            return;
        }
        let from = self.phone.runs_in;
        let news = PhoneNews::Event(event);
        self.pending.push(Pending::Phone(from, news));
    }

    /// Nobody is there to hear of it.
    fn is_left(&self, event: &PhoneEvent) -> bool {
        event
            .call()
            .is_some_and(|call| self.phone.left.contains(&call.0))
    }

    /// What another softphone would have to know of a call.
    fn kept(&self, id: &str) -> Option<KeptCall> {
        let phone = &self.phone;
        let up = phone.calls.get(id) == Some(&PhoneCall::Up) && !phone.left.contains(id);
        let (muted, held) = phone.switches.get(id).copied().unwrap_or_default();
        (phone.keeps && up).then(|| KeptCall {
            call_id: PhoneCallId(id.to_owned()),
            snapshot: format!("{muted} {held}"),
        })
    }

    fn phone_takes_up(&mut self, calls: Vec<KeptCall>) {
        let from = self.phone.runs_in;
        for KeptCall { call_id, snapshot } in calls {
            let id = call_id.0.clone();
            let there = self.phone.left.remove(&id) && self.phone.is_alive(&id);
            self.phone.taken_up.insert(id.clone());
            let events = if there {
                let muted = snapshot.starts_with("true");
                let held = snapshot.ends_with("true");
                self.phone.switches.insert(id, (muted, held));
                vec![
                    PhoneEvent::Connected {
                        call_id: call_id.clone(),
                        tones: None,
                    },
                    PhoneEvent::Muted {
                        call_id: call_id.clone(),
                        muted,
                    },
                    PhoneEvent::Held {
                        call_id,
                        held,
                        by_remote: false,
                    },
                ]
            } else {
                let cause = EndCause::error(EndCause::PAGE_GONE, "it was over");
                vec![PhoneEvent::Ended { call_id, cause }]
            };
            let news = events.into_iter().map(PhoneNews::Event);
            self.pending
                .extend(news.map(|news| Pending::Phone(from, news)));
        }
    }

    /// The softphone speaks from where it lives; one that lives nowhere says nothing.
    fn phone_news(&mut self, news: PhoneNews) {
        self.phone_news_from(self.phone.runs_in, news);
    }

    fn phone_news_from(&mut self, from: Option<(TabId, u64)>, news: PhoneNews) {
        let call = match &news {
            PhoneNews::Event(event) => event.call().map(|call| call.0.clone()),
            _ => None,
        };
        let runs = self.place == PhonePlace::Hub || from == self.phone.runs_in;
        self.feed_phone(from, news);
        if let Some(call) = call.filter(|_| runs).and_then(|id| self.kept(&id)) {
            match from {
                _ if self.place == PhonePlace::Hub => self.feed_hub(hub::Input::Kept(call)),
                Some((id, run)) => self.feed_tab(id, tab::Input::Kept { run, call }),
                None => {}
            }
        }
    }

    fn feed_phone(&mut self, from: Option<(TabId, u64)>, news: PhoneNews) {
        if self.place == PhonePlace::Hub {
            return self.feed_hub(match news {
                PhoneNews::Event(event) => hub::Input::Phone(event),
                PhoneNews::Failed(action, cause) => hub::Input::PhoneFailed { action, cause },
                PhoneNews::Resolved(question, result) => hub::Input::Resolved { question, result },
                PhoneNews::Stats(call, counters) => hub::Input::Stats { call, counters },
            });
        }
        let Some((id, run)) = from else { return };
        self.feed_tab(
            id,
            match news {
                PhoneNews::Event(event) => tab::Input::Phone { run, event },
                PhoneNews::Failed(action, cause) => tab::Input::PhoneFailed { run, action, cause },
                PhoneNews::Resolved(question, result) => tab::Input::Resolved { question, result },
                PhoneNews::Stats(call, counters) => tab::Input::Stats { call, counters },
            },
        );
    }

    /// Delivers everything that is on its way, oldest first, until nothing is.
    pub fn settle(&mut self) {
        while !self.pending.is_empty() {
            self.deliver(0);
        }
    }

    /// Delivers one of the things that are on their way, by chance. What the portal's page posts
    /// arrives in order, and so does what the softphone emits; REST answers overtake each other, and
    /// so may the messages between hub and tabs, if they are slow.
    pub fn deliver_by_chance(&mut self, chance: usize) {
        let channel = |pending: &Pending| match pending {
            Pending::Card(tab, _) | Pending::Reply(tab, _) => Some((*tab, 0)),
            Pending::Phone(..) => Some((TabId(0), 1)),
            Pending::Rest(..) | Pending::ToHub(_) | Pending::ToTab(..) | Pending::HubReached(_) => {
                None
            }
        };
        let mut seen = Vec::new();
        let choices: Vec<usize> = (0..self.pending.len())
            .filter(|index| match channel(&self.pending[*index]) {
                None => true,
                Some(channel) if seen.contains(&channel) => false,
                Some(channel) => {
                    seen.push(channel);
                    true
                }
            })
            .collect();
        if !choices.is_empty() {
            self.deliver(choices[chance % choices.len()]);
        }
    }

    /// One message between hub and tabs is lost, or comes twice.
    pub fn garble(&mut self, chance: usize, lost: bool) {
        let link = |pending: &&Pending| matches!(pending, Pending::ToHub(_) | Pending::ToTab(..));
        let messages = self.pending.iter().filter(link).count();
        if messages == 0 {
            return;
        }
        let positions = (0..self.pending.len()).filter(|i| link(&&self.pending[*i]));
        let index = positions.collect::<Vec<_>>()[chance % messages];
        if lost {
            self.pending.remove(index);
        } else {
            self.pending.push(self.pending[index].clone());
        }
    }

    /// Delivers one of the things that are on their way; for a frozen page it waits there.
    pub fn deliver(&mut self, index: usize) {
        let pending = self.pending.remove(index);
        let to = match &pending {
            Pending::Card(tab, _)
            | Pending::Reply(tab, _)
            | Pending::ToTab(tab, _)
            | Pending::HubReached(tab) => Some(*tab),
            Pending::Phone(from, _) => from.map(|(tab, _)| tab),
            Pending::Rest(..) | Pending::ToHub(_) => None,
        };
        let page = to.and_then(|tab| self.tabs.get_mut(&tab));
        if let Some(page) = page.filter(|page| page.frozen) {
            return page.asleep.push(pending);
        }
        match pending {
            Pending::Card(tab, event) => self.feed_tab(tab, tab::Input::Card(event)),
            Pending::Reply(tab, reply) => self.feed_tab(tab, reply),
            Pending::Phone(from, news) => self.phone_news_from(from, news),
            Pending::Rest(answer, finished) => {
                self.portal.answered.extend(finished);
                self.feed_hub(answer);
            }
            Pending::ToHub(message) => {
                let message = self.bus.garble_to_hub(message);
                self.feed_hub(hub::Input::Tab(message));
            }
            Pending::ToTab(tab, message) => {
                let message = self.bus.garble_to_tab(tab, message);
                self.feed_tab(tab, tab::Input::Hub(message));
            }
            Pending::HubReached(tab) => self.feed_tab(tab, tab::Input::HubReached),
        }
    }

    fn is_frozen(&self, id: TabId) -> bool {
        self.tabs.get(&id).is_some_and(|page| page.frozen)
    }

    /// Lets time pass, waking hub and tabs whenever they asked for it; all that is sent arrives.
    pub fn pass(&mut self, duration: Duration) {
        self.wait(duration, true);
    }

    /// The same, and nothing arrives.
    pub fn stand_still(&mut self, duration: Duration) {
        self.wait(duration, false);
    }

    fn wait(&mut self, duration: Duration, arrives: bool) {
        let end = self.now + duration;
        if arrives {
            self.settle();
        }
        for woken in 0.. {
            assert!(woken < 20_000, "somebody asks to be woken without end");
            let tabs = self.tabs.iter().filter(|(_, page)| !page.frozen);
            let tabs = tabs.filter_map(|(id, page)| Some((page.tab.poll_timeout()?, Some(*id))));
            let hub = self.hub.poll_timeout().map(|due| (due, None));
            let Some((due, who)) = tabs.chain(hub).min().filter(|(due, _)| *due <= end) else {
                break;
            };
            self.now = self.now.max(due);
            match who {
                None => {
                    self.hub.handle_timeout(self.now);
                    self.carry_out_hub();
                }
                Some(id) => {
                    let page = self.tabs.get_mut(&id).expect("it was there");
                    page.tab.handle_timeout(self.now);
                    self.carry_out_tab(id);
                }
            }
            if arrives {
                self.settle();
            }
        }
        self.now = end;
    }

    /// When something happens next without anybody's doing.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let awake = self.tabs.values().filter(|page| !page.frozen);
        let tabs = awake.filter_map(|page| page.tab.poll_timeout());
        tabs.chain(self.hub.poll_timeout()).min()
    }

    pub fn call(&self) -> Option<CallSnapshot> {
        self.hub.session().call()
    }

    pub fn has_card(&self) -> bool {
        !self.portal.cards.is_empty()
    }

    pub fn card(&self) -> &Card {
        self.portal
            .cards
            .get(&self.first())
            .expect("a card on the page")
    }

    pub fn card_mut(&mut self) -> &mut Card {
        let first = self.first();
        self.portal
            .cards
            .get_mut(&first)
            .expect("a card on the page")
    }

    pub fn ui_state(&self) -> Option<UiState> {
        self.ui_state_in(self.first())
    }

    pub fn ui_state_in(&self, tab: TabId) -> Option<UiState> {
        self.portal.cards.get(&tab).and_then(|card| card.ui_state)
    }

    pub fn only_finish(&self) -> &Finish {
        let finishes: Vec<_> = self.portal.finishes().collect();
        assert_eq!(finishes.len(), 1, "exactly one finish: {finishes:?}");
        finishes[0]
    }

    pub fn answer(&self, token: Token) -> &Result<Reply, Error> {
        let pages = self.tabs.values().map(|page| &page.told);
        let mut answers = pages.chain([&self.told]).flat_map(|told| &told.answers);
        let answer = answers.find(|(t, _)| *t == token);
        &answer.expect("the request was answered").1
    }

    // ---- how the world reacts ----

    /// The page of the first tab posts this event.
    pub fn page_says(&mut self, event: CardEvent) {
        let first = self.first();
        self.feed_tab(first, tab::Input::Card(event));
    }

    pub fn feed_tab(&mut self, id: TabId, input: tab::Input) {
        if let Some(page) = self.tabs.get_mut(&id) {
            page.tab.handle_input(self.now, input);
            self.carry_out_tab(id);
        }
    }

    pub fn feed_hub(&mut self, input: hub::Input) {
        self.hub.handle_input(self.now, input);
        self.carry_out_hub();
    }

    fn carry_out_tab(&mut self, id: TabId) {
        loop {
            let Some(page) = self.tabs.get_mut(&id) else {
                return;
            };
            let Some(output) = page.tab.poll_output() else {
                return;
            };
            match output {
                tab::Output::Hub(message) if self.slow_link => {
                    self.pending.push(Pending::ToHub(message));
                }
                tab::Output::Hub(message) => {
                    let bytes = encode(&message);
                    let message = decode(&bytes).expect("what was written can be read");
                    self.feed_hub(hub::Input::Tab(message));
                }
                tab::Output::Card {
                    serial,
                    command,
                    token,
                } => {
                    let meant = page.serials.get(&serial).cloned();
                    let news = |pending: &Pending| match pending {
                        Pending::Card(tab, CardEvent::Initialized(_) | CardEvent::Close) => {
                            *tab == id
                        }
                        _ => false,
                    };
                    let in_flight = self.pending.iter().any(news);
                    let portal = &mut self.portal;
                    let result = portal.obey(id, command.clone(), meant.as_ref(), in_flight);
                    let reply = tab::Input::CardReply {
                        serial,
                        command,
                        token,
                        result,
                    };
                    self.pending.push(Pending::Reply(id, reply));
                }
                tab::Output::StartPhone { run, whole } => {
                    page.run = Some(run);
                    // One that is to be stopped again at once, as the next message says, does no harm.
                    let seat = self.hub.seat().map(|seat| (seat.tab, seat.run));
                    if whole && seat == Some((id, run)) {
                        self.phone.die();
                        self.phone.runs_in = Some((id, run));
                        self.phone_signs_on();
                    }
                }
                tab::Output::TakeUp { run, calls } => {
                    if self.phone.runs_in == Some((id, run)) {
                        self.phone_takes_up(calls);
                    }
                }
                tab::Output::StopPhone => {
                    page.run = None;
                    if self.phone.runs_in.is_some_and(|(tab, _)| tab == id) {
                        self.phone.die();
                    }
                }
                // One that another was started in place of does nothing any more.
                tab::Output::Phone { run, action } => {
                    if self.phone.runs_in == Some((id, run)) {
                        self.phone_does(action);
                    }
                }
                tab::Output::Resolve { question, target } => self.phone_resolves(question, target),
                tab::Output::Sample { call } => self.phone_counts(call),
                tab::Output::Portal(action) => {
                    self.portal.opened_in.push(id);
                    self.portal.opened.push(action);
                }
                tab::Output::RefreshAuth => {}
                tab::Output::HubLost => self.pending.push(Pending::HubReached(id)),
                tab::Output::Answer { token, result } => {
                    page.asked.remove(&token);
                    page.told.answers.push((token, result));
                }
                tab::Output::Event(event) => {
                    match &event {
                        TabEvent::CardInitialized { card, call } => {
                            page.serials.insert(card.serial(), call.call_id.clone());
                        }
                        TabEvent::News(News::CallEnded(end)) => {
                            page.ended.push(end.phone_call_id.clone());
                        }
                        TabEvent::News(News::CallRecorded { end, .. }) => {
                            page.recorded.push(end.phone_call_id.clone());
                        }
                        _ => {}
                    }
                    if self.listens == id {
                        self.told.hear(event);
                    } else if let Some(page) = self.tabs.get_mut(&id) {
                        page.told.hear(event);
                    }
                }
            }
        }
    }

    fn carry_out_hub(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            match output {
                hub::Output::Tab(tab, message) if self.slow_link || self.is_frozen(tab) => {
                    self.pending.push(Pending::ToTab(tab, message));
                }
                hub::Output::Tab(tab, message) => {
                    let bytes = encode(&message);
                    let message = decode(&bytes).expect("what was written can be read");
                    self.feed_tab(tab, tab::Input::Hub(message));
                }
                hub::Output::Rest { id, request } => {
                    self.portal.is_journalled(&request, &self.journal);
                    let tabs: Vec<TabId> = self.tabs.keys().copied().collect();
                    let finished = match &request {
                        RestRequest::Finish(finish) => Some(finish.call_id.clone()),
                        _ => None,
                    };
                    let (result, events) = self.portal.rest(&tabs, request);
                    let finished = finished.filter(|_| result.is_ok());
                    let events = events.into_iter();
                    self.pending
                        .extend(events.map(|(tab, event)| Pending::Card(tab, event)));
                    let answer = hub::Input::Rest { id, result };
                    self.pending.push(Pending::Rest(answer, finished));
                }
                hub::Output::Journal(journal) => self.journal = journal,
                hub::Output::Phone(action) => self.phone_does(action),
                hub::Output::Resolve { question, target } => self.phone_resolves(question, target),
                hub::Output::Sample { call } => self.phone_counts(call),
                hub::Output::Seat(seat) => {
                    self.seats.push(seat);
                    self.phone_signs_on();
                }
                hub::Output::TakeUp(calls) => self.phone_takes_up(calls),
                hub::Output::Auth(_) => {}
            }
        }
    }

    fn phone_signs_on(&mut self) {
        self.phone_says_slowly(PhoneEvent::Registered);
    }

    fn phone_does(&mut self, action: PhoneAction) {
        let from = self.phone.runs_in;
        let news = self.phone.act(action).into_iter();
        self.pending
            .extend(news.map(|news| Pending::Phone(from, news)));
    }

    fn phone_resolves(&mut self, question: u64, target: TransferTarget) {
        let result = match self.phone.knows_no_target {
            true => Err(EndCause::error("NO_TARGET", "Nobody has this extension")),
            false => Ok(target.target),
        };
        let news = PhoneNews::Resolved(question, result);
        let from = self.phone.runs_in;
        self.pending.push(Pending::Phone(from, news));
    }

    fn phone_counts(&mut self, call: PhoneCallId) {
        self.phone.samples += 1;
        let news = PhoneNews::Stats(call, self.phone.counters);
        let from = self.phone.runs_in;
        self.pending.push(Pending::Phone(from, news));
    }
}

/// A hub learns from its tabs who the operator is, and how calls are treated.
fn nobodys(prefix: &str) -> Config {
    Config::new(0, prefix)
}

/// A customer's call.
pub fn incoming(id: &str) -> PhoneEvent {
    PhoneEvent::Incoming {
        call_id: PhoneCallId(id.to_owned()),
        number: Some(CUSTOMER.to_owned()),
        display_name: None,
        line: Some(LINE.to_owned()),
        transferred_by: None,
        external_id: None,
        headers: Headers::default(),
    }
}

impl Told {
    fn hear(&mut self, event: TabEvent) {
        match event {
            TabEvent::CardInitialized { card, call } => self.cards.push((card, call)),
            TabEvent::CardClosed { call_id } => self.closed.push(call_id),
            TabEvent::CallChanged(call) => self.calls.push(call),
            TabEvent::News(News::CallEnded(end)) => self.ended.push(end),
            TabEvent::News(News::CallRecorded { end, .. }) => self.recorded.push(end),
            TabEvent::News(News::Error(error)) => self.errors.push(error),
            TabEvent::News(News::Signal { name, params }) => self.signals.push((name, params)),
            TabEvent::News(News::Quality(quality)) => self.qualities.push(quality),
            TabEvent::Card(_) | TabEvent::Registration { .. } => {}
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

    /// Raises a call's card on each page that has none, and gives the events that tell of it.
    pub fn raise(
        &mut self,
        tabs: &[TabId],
        call_id: &CallId,
        line: Option<&str>,
    ) -> Vec<(TabId, CardEvent)> {
        let call = self.calls.get(call_id);
        let Some(call) = call.filter(|call| call.finishes.is_empty() && self.raises_cards) else {
            return Vec::new();
        };
        let info = CallInfo {
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
        };
        if self.older_page.is_none() && self.older_page_is_first > 0 {
            self.older_page_is_first -= 1;
            self.older_page = Some(call_id.clone());
        }
        let mut events = Vec::new();
        if self.older_page.is_some() {
            return events;
        }
        for tab in tabs {
            if self.cards.contains_key(tab) || self.sliders.contains(tab) || self.late == Some(*tab)
            {
                continue;
            }
            self.cards.insert(*tab, Card::raised(call_id.clone()));
            events.push((*tab, CardEvent::Initialized(info.clone())));
        }
        events
    }

    /// The cards go, of one call or whichever there are, and nobody is told.
    pub fn take_away(&mut self, call_id: Option<&CallId>) {
        (self.older_page, self.late) = (None, None);
        let silent = &mut self.silent;
        self.cards.retain(|tab, card| {
            let stays = call_id.is_some_and(|call_id| card.call_id != *call_id);
            if !stays {
                silent.push((*tab, card.call_id.clone()));
            }
            stays
        });
    }

    /// A page still has the card of a call that is over.
    pub fn keep_stale(&mut self, tab: TabId, call_id: &CallId) {
        self.cards.insert(tab, Card::raised(call_id.clone()));
    }

    /// The card of one page goes, and nobody is told.
    pub fn vanish(&mut self, tab: TabId) {
        if let Some(card) = self.cards.remove(&tab) {
            self.silent.push((tab, card.call_id));
        }
    }

    /// What the portal's page does when the operator clicks: a card that is closed by its button is
    /// closed in all tabs.
    pub fn clicked(&mut self, tab: TabId, event: &CardEvent) {
        match (event, self.cards.get_mut(&tab)) {
            (CardEvent::Mute(on), Some(card)) => card.muted = *on,
            (CardEvent::Hold(on), Some(card)) => card.held = *on,
            (CardEvent::Close, _) => {
                self.cards.remove(&tab);
                self.take_away(None);
            }
            _ => {}
        }
    }

    /// Nothing is asked of the portal that would be lost with whoever asks.
    fn is_journalled(&mut self, request: &RestRequest, journal: &Journal) {
        let known = match request {
            RestRequest::Register(register) => journal
                .calls
                .iter()
                .any(|entry| entry.external_id == register.external_call_id),
            RestRequest::Finish(finish) => journal
                .calls
                .iter()
                .any(|entry| entry.call_id.as_ref() == Some(&finish.call_id)),
            RestRequest::Show(_) | RestRequest::Hide(_) => true,
        };
        self.not_journalled += u32::from(!known);
    }

    fn obey(
        &mut self,
        tab: TabId,
        command: CardCommand,
        meant: Option<&CallId>,
        news_in_flight: bool,
    ) -> Result<Reply, Error> {
        self.commands.push(command.clone());
        let Some(card) = self.cards.get_mut(&tab) else {
            let silent = |meant: &&CallId| {
                self.silent
                    .iter()
                    .any(|(page, call_id)| *page == tab && call_id == *meant)
            };
            let unknown = meant.filter(silent).is_none();
            self.undefined += u32::from(unknown && !news_in_flight);
            return Err(Error::new(ErrorKind::CardUndefined, "no card"));
        };
        if meant != Some(&card.call_id) && !news_in_flight {
            self.misdirected += 1;
        }
        match command {
            CardCommand::SetUiState { ui_state, .. }
                if ui_state == UiState::Connected && self.simple_layout =>
            {
                card.ui_state = Some(ui_state);
                return Ok(Reply::Silent);
            }
            CardCommand::SetUiState { ui_state, .. }
                if ui_state == UiState::Connected && card.stuck =>
            {
                return Ok(Reply::Silent);
            }
            CardCommand::SetUiState { ui_state, .. } => card.ui_state = Some(ui_state),
            CardCommand::SetStatusText { status_text } => card.status = status_text,
            CardCommand::SetCardTitle { title } => card.title = Some(title),
            CardCommand::SetMute { muted } => card.muted = muted,
            CardCommand::SetHold { held } => card.held = held,
            CardCommand::Close {} => {
                if meant != Some(&card.call_id) {
                    // Its news is on its way: nobody will know that this one has gone, too.
                    self.silent.push((tab, card.call_id.clone()));
                }
                // In the other tabs it goes by itself, whosever it is.
                self.cards.remove(&tab);
                self.take_away(None);
            }
            _ => {}
        }
        Ok(Reply::Done)
    }

    fn rest(
        &mut self,
        tabs: &[TabId],
        request: RestRequest,
    ) -> (Result<RestAnswer, RestFailure>, Vec<(TabId, CardEvent)>) {
        let user = match &request {
            RestRequest::Register(register) => vec![register.user_id],
            RestRequest::Finish(finish) => vec![finish.user_id],
            RestRequest::Show(its) | RestRequest::Hide(its) => its.user_id.clone(),
        };
        assert_eq!(user, [7], "in whose name");
        let method = request.method();
        if let Some(failure) = self.failures.get_mut(method).filter(|f| !f.is_empty()) {
            return (Err(failure.remove(0)), Vec::new());
        }
        let (result, initialized) = self.do_rest(tabs, request);
        match self.lost_answers.get_mut(method).filter(|n| **n > 0) {
            Some(lost) => {
                *lost -= 1;
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
        tabs: &[TabId],
        request: RestRequest,
    ) -> (Result<RestAnswer, RestFailure>, Vec<(TabId, CardEvent)>) {
        let not_found = || Err(RestFailure::new("ERROR_CORE", "call not found"));
        match request {
            RestRequest::Register(register) => {
                let digits = register.phone_number.chars().filter(char::is_ascii_digit);
                let digits: String = digits.collect();
                if digits.is_empty() || digits == "0" || self.refuses_numbers.contains(&digits) {
                    let why = "Unsupported phone number format";
                    return (Err(RestFailure::new("ERROR_CORE", why)), Vec::new());
                }
                let same = |call: &PortalCall| {
                    call.register.as_ref().is_some_and(|its| {
                        its.external_call_id == register.external_call_id
                            && its.phone_number == register.phone_number
                    })
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
                let initialized = match register.show {
                    true => self.raise(tabs, &call_id, line),
                    false => Vec::new(),
                };
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
                    self.finished_twice += u32::from(self.answered.contains(&finish.call_id));
                    return (not_found(), Vec::new());
                };
                let call_id = finish.call_id.clone();
                call.finishes.push(finish);
                self.take_away(Some(&call_id));
                (Ok(RestAnswer::Finished(Finished::default())), Vec::new())
            }
            RestRequest::Show(visibility) => {
                let initialized = self.raise(tabs, &visibility.call_id, None);
                (
                    Ok(RestAnswer::Shown(
                        self.calls.contains_key(&visibility.call_id),
                    )),
                    initialized,
                )
            }
            RestRequest::Hide(visibility) => {
                self.take_away(Some(&visibility.call_id));
                (
                    Ok(RestAnswer::Hidden(
                        self.calls.contains_key(&visibility.call_id),
                    )),
                    Vec::new(),
                )
            }
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

    pub fn is_alive(&self, id: &str) -> bool {
        self.calls.get(id).is_some_and(|c| *c != PhoneCall::Over)
    }

    /// It has gone with its page, and its calls with it.
    fn die(&mut self) {
        for (id, call) in &mut self.calls {
            if self.keeps && *call == PhoneCall::Up {
                self.left.insert(id.clone());
            } else {
                *call = PhoneCall::Over;
            }
        }
        self.runs_in = None;
    }

    pub fn follow(&mut self, id: String, event: &PhoneEvent) {
        match event {
            PhoneEvent::Connected { .. } => drop(self.calls.insert(id, PhoneCall::Up)),
            PhoneEvent::Ended { .. } => drop(self.calls.insert(id, PhoneCall::Over)),
            PhoneEvent::Muted { muted, .. } => self.switches.entry(id).or_default().0 = *muted,
            _ => {}
        }
    }

    fn act(&mut self, action: PhoneAction) -> Vec<PhoneNews> {
        if self.left.contains(&action.call.0) {
            return Vec::new(); // it is none of this softphone's calls
        }
        let asked = (action.call.0.clone(), action.kind.method());
        *self.asked.entry(asked).or_default() += 1;
        let ended = |id: &str, code: &str| {
            let mut cause = EndCause::local();
            cause.code = Some(code.to_owned());
            let call_id = PhoneCallId(id.to_owned());
            PhoneNews::Event(PhoneEvent::Ended { call_id, cause })
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
            return vec![PhoneNews::Failed(action, cause)];
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

    fn fails_to(&mut self, action: &PhoneAction) -> Option<PhoneNews> {
        let method = action.kind.method();
        let index = self.fails.iter().position(|(name, _)| *name == method)?;
        let (_, cause) = self.fails.remove(index);
        let action = action.clone();
        Some(PhoneNews::Failed(action, cause))
    }

    fn act_alone(&mut self, action: PhoneAction) -> Option<PhoneNews> {
        if let Some(failed) = self.fails_to(&action) {
            return Some(failed);
        }
        let call_id = action.call.clone();
        let id = action.call.0.clone();
        let state = self.calls.get(&id).copied();
        Some(PhoneNews::Event(match action.kind {
            PhoneActionKind::Dial {
                number,
                headers,
                consultation_for,
                ..
            } => {
                self.dialled.push(number);
                self.headers = headers;
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
                PhoneEvent::Connected {
                    call_id,
                    tones: None,
                }
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
            PhoneActionKind::SetMuted(muted) => {
                self.switches.entry(id).or_default().0 = muted;
                PhoneEvent::Muted { call_id, muted }
            }
            PhoneActionKind::SetHeld(held) => {
                self.switches.entry(id).or_default().1 = held;
                PhoneEvent::Held {
                    call_id,
                    held,
                    by_remote: false,
                }
            }
            PhoneActionKind::Transfer { .. } | PhoneActionKind::CompleteTransfer { .. } => {
                return None;
            }
        }))
    }
}
