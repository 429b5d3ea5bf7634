//! A life: one hub, one to four tabs, a portal, a softphone, and whatever happens to them.

#![allow(dead_code, unreachable_pub)] // each test file uses its part

mod checks;
mod step;

use std::collections::HashSet;
use std::time::Duration;

use b24_background_worker::card::{CallDirection, CardEvent};
use b24_background_worker::hub::{self, PhonePlace};
use b24_background_worker::link::TabId;
use b24_background_worker::rest::RestFailure;
use b24_background_worker::session::{
    CallPhase, Config, DialOptions, OperatorAction, SecondCall, TransferMode,
};
use b24_background_worker::signal::Signal;
use b24_background_worker::softphone::{EndCause, Headers, PhoneCallId, PhoneEvent};
use b24_background_worker::tab;
use proptest::prelude::*;

use crate::world::{self, LINE, Pending, PhoneCall, World};
pub use step::{Click, Step, steps};

/// What is decided before it begins.
#[derive(Debug, Clone)]
pub struct Birth {
    pub tabs: u64,
    pub slider: bool,
    pub in_hub: bool,
    pub blind: bool,
    pub wait: bool,
    pub auto_dial: bool,
    pub slow_link: bool,
    pub keeps: bool,
}

pub fn birth() -> impl Strategy<Value = Birth> {
    let flag = any::<bool>;
    let (tabs, slider) = (1..=4u64, prop::bool::weighted(0.2));
    let rest = (flag(), flag(), flag(), prop::bool::weighted(0.7), flag());
    (tabs, slider, rest).prop_map(
        |(tabs, slider, (in_hub, blind, wait, auto_dial, slow_link))| Birth {
            tabs,
            slider,
            in_hub,
            blind,
            wait,
            auto_dial,
            slow_link,
            keeps: blind != wait,
        },
    )
}

pub struct Life {
    pub world: World,
    rings: u32,
    pages: u64,
    signals: u32,
    /// How often the operator has pressed a key of the dialpad.
    keys: usize,
    /// The calls that the PBX has given a name of its own.
    named: HashSet<String>,
    /// The numbers of callers whom somebody else has answered, in calls that all know by one name: the record
    /// is theirs.
    elsewhere: HashSet<String>,
    /// A refusal for good loses a record, by design: then not every call can be finished.
    refused: bool,
    /// A softphone that fails or keeps silent may keep calls that nobody knows of.
    unreliable: bool,
    /// Something between hub and tabs was lost, and may not have been said again.
    lost: bool,
}

impl Life {
    pub fn new(birth: &Birth) -> Self {
        let mut config = Config::new(7, "test");
        config.lines = vec![LINE.to_owned()];
        config.auto_dial = birth.auto_dial;
        if birth.blind {
            config.transfer = TransferMode::Blind;
        }
        if birth.wait {
            config.second_call = SecondCall::Wait;
        }
        let place = match birth.in_hub {
            true => PhonePlace::Hub,
            false => PhonePlace::Seat,
        };
        let mut life = Self {
            world: World::with_tabs(config, 0, place),
            rings: 0,
            pages: 10,
            signals: 0,
            keys: 0,
            named: HashSet::new(),
            elsewhere: HashSet::new(),
            refused: false,
            unreliable: false,
            lost: false,
        };
        life.world.slow_link = birth.slow_link;
        life.world.phone.keeps = birth.keeps;
        for _ in 0..birth.tabs {
            life.open(false);
        }
        if birth.slider {
            life.open(true);
        }
        life.world.settle();
        life
    }

    fn open(&mut self, slider: bool) {
        if self.world.tabs.len() >= 4 {
            return;
        }
        self.pages += 1;
        let id = TabId(self.pages);
        if slider {
            self.world.portal.sliders.push(id);
        }
        self.world.open_tab(id);
    }

    /// One of the pages that are awake.
    fn page(&self, chance: usize) -> Option<TabId> {
        let awake = self.world.tabs.iter().filter(|(_, page)| !page.frozen);
        let awake: Vec<TabId> = awake.map(|(id, _)| *id).collect();
        (!awake.is_empty()).then(|| awake[chance % awake.len()])
    }

    pub fn take(&mut self, step: &Step) {
        self.happen(step);
        let world = &mut self.world;
        let known: Vec<TabId> = world.hub.tabs().collect();
        for (id, page) in &mut world.tabs {
            page.patchy |= !known.contains(id);
        }
    }

    fn happen(&mut self, step: &Step) {
        let world = &mut self.world;
        match step {
            Step::Ring { named } => self.ring(*named),
            Step::Dial(tab) => {
                let number = world::CUSTOMER.to_owned();
                let how = DialOptions::default();
                let dial = OperatorAction::Dial { number, how };
                self.operate(*tab, &dial);
            }
            Step::ClickToCall => self.portal_call(LINE),
            Step::AnothersCard => self.portal_call("another application's line"),
            Step::Click { tab, click, twice } => self.click(*tab, click, *twice),
            Step::Operate(tab, action) => self.operate(*tab, action),
            Step::Signal(kind) => self.signal(*kind),
            Step::FarEndRings => self.far_end(PhoneCall::Dialing, |call_id| {
                let early_media = false;
                PhoneEvent::Progress {
                    call_id,
                    early_media,
                }
            }),
            Step::FarEndAnswers => {
                self.far_end(PhoneCall::Up, |call_id| PhoneEvent::Connected {
                    call_id,
                    tones: None,
                });
            }
            Step::FarEndEnds(cause) => {
                let cause = cause.clone();
                if cause.code.as_deref() == Some(EndCause::ANSWERED_ELSEWHERE) {
                    match world.phone.current() {
                        Some(id) if world.phone.calls[&id] == PhoneCall::Ringing => {
                            if self.named.contains(&id) {
                                self.elsewhere.insert(id.replace("ring ", "+1556"));
                            }
                        }
                        _ => return,
                    }
                }
                self.far_end(PhoneCall::Over, |call_id| PhoneEvent::Ended {
                    call_id,
                    cause,
                });
            }
            Step::PhoneMutes(muted) => {
                let muted = *muted;
                self.softphone_says(|call_id| PhoneEvent::Muted { call_id, muted });
            }
            Step::FarEndIsReplaced => self.softphone_says(|call_id| PhoneEvent::Transferred {
                call_id,
                number: None,
                display_name: None,
            }),
            Step::MediaFlows(flowing) => {
                let flowing = *flowing;
                self.softphone_says(|call_id| PhoneEvent::Media { call_id, flowing });
            }
            Step::PhoneKnowsNoTarget => world.phone.knows_no_target ^= true,
            Step::ColleagueAnswers => {
                self.colleague(PhoneCall::Up, |call_id| PhoneEvent::Connected {
                    call_id,
                    tones: None,
                });
            }
            Step::ColleagueEnds => self.colleague(PhoneCall::Over, |call_id| {
                let cause = EndCause::remote(Some(486));
                PhoneEvent::Ended { call_id, cause }
            }),
            Step::PhoneFails(method) => {
                self.unreliable = true;
                let cause = EndCause::error("BROKEN", "");
                world.phone.fails.push((method, cause));
            }
            Step::PhoneForgetsEnds => {
                self.unreliable = true;
                world.phone.mute_about_ends ^= true;
            }
            Step::RestFails(method, code) => {
                self.refused |= *code == "ERROR_CORE";
                let failures = world.portal.failures.entry(method).or_default();
                failures.push(RestFailure::new(*code, ""));
            }
            Step::AnswerLost(method) => *world.portal.lost_answers.entry(method).or_default() += 1,
            Step::CardVanishes(tab) => self.card_vanishes(*tab),
            Step::StaleRequest(tab) => self.stale_request(*tab),
            Step::OpenTab { slider } => self.open(*slider),
            Step::CloseTab(tab, told) => {
                if let Some(id) = self.page(*tab) {
                    self.world.close_slowly(id, *told);
                }
            }
            Step::Navigate(tab) => {
                if let Some(id) = self.page(*tab) {
                    self.world.close_slowly(id, true);
                    self.open(false);
                }
            }
            Step::Freeze(tab, told) => {
                if let Some(id) = self.page(*tab) {
                    self.world.freeze(id, *told);
                }
            }
            Step::Thaw => self.thaw(),
            Step::Visible(tab, visible) => {
                if let Some(id) = self.page(*tab) {
                    self.world.feed_tab(id, tab::Input::Visible(*visible));
                }
            }
            Step::KillHub => world.kill_hub_slowly(),
            Step::Garble(chance, lost) => {
                let before = world.pending.len();
                world.garble(*chance, *lost);
                self.lost |= world.pending.len() < before;
            }
            Step::DeliverAll => world.settle(),
            Step::Deliver(chance) => world.deliver_by_chance(*chance),
            Step::StandStill(seconds) => world.stand_still(Duration::from_secs(*seconds)),
            Step::Pass(seconds) => world.pass(Duration::from_secs(*seconds)),
            Step::Calm => self.calm_down(),
        }
    }

    /// What was lost is said again, and arrives.
    fn calm_down(&mut self) {
        self.world.settle();
        self.world.pass(Duration::from_secs(3));
        self.world.settle();
        self.lost = false;
    }

    /// Each caller has a number of their own, so that each ring's record can be told.
    fn ring(&mut self, named: bool) {
        let world = &mut self.world;
        if world.place == PhonePlace::Seat && world.phone.runs_in.is_none() {
            return; // nobody is registered
        }
        self.rings += 1;
        let id = format!("ring {}", self.rings);
        if named {
            self.named.insert(id.clone());
        }
        world.phone.calls.insert(id.clone(), PhoneCall::Ringing);
        world.phone_says_slowly(PhoneEvent::Incoming {
            external_id: named.then(|| format!("the PBX's {id}")),
            headers: Headers::default(),
            call_id: PhoneCallId(id),
            number: Some(format!("+1556{}", self.rings)),
            display_name: None,
            line: Some(LINE.to_owned()),
            transferred_by: None,
        });
    }

    fn operate(&mut self, tab: usize, action: &OperatorAction) {
        if let Some(id) = self.page(tab) {
            self.world.operate_in(id, action.clone());
        }
    }

    /// A person can click only on a card that is there, and only what it shows.
    fn click(&mut self, tab: usize, click: &Click, twice: bool) {
        let Some(id) = self.page(tab) else { return };
        for _ in 0..=usize::from(twice) {
            let Some(card) = self.world.portal.cards.get(&id) else {
                return;
            };
            let event = match click {
                Click::Mute => CardEvent::Mute(!card.muted),
                Click::Hold => CardEvent::Hold(!card.held),
                Click::Other(event) => event.clone(),
            };
            self.keys += usize::from(matches!(event, CardEvent::Dialpad(_)));
            self.world.portal.clicked(id, &event);
            self.world.pending.push(Pending::Card(id, event));
        }
    }

    fn signal(&mut self, kind: usize) {
        self.signals += 1;
        let mut params = serde_json::Map::new();
        let mut set = |name: &str, value: &str| {
            params.insert(name.to_owned(), value.into());
        };
        let mut open = self.world.portal.calls.iter();
        let open = open.rfind(|(_, call)| call.register.is_none() && call.finishes.is_empty());
        let known = open.map(|(call_id, _)| call_id.clone());
        let name = match (kind % 4, known) {
            (0, _) => {
                set("phoneNumber", world::CUSTOMER);
                "dial"
            }
            (1, Some(call_id)) => {
                set("phoneNumber", world::CUSTOMER);
                set("callId", call_id.as_str());
                "dial"
            }
            (2, Some(call_id)) => {
                set("callId", call_id.as_str());
                "show"
            }
            _ => {
                set("path", "/crm/contact/details/1/");
                "openPath"
            }
        };
        let signal = Signal {
            // Each comes twice now and then.
            id: Some(format!("signal {}", self.signals * 2 / 3)),
            expires: None,
            name: name.to_owned(),
            params,
        };
        self.world.feed_hub(hub::Input::Signal(signal));
    }

    fn portal_call(&mut self, line: &str) {
        let world = &mut self.world;
        if world.has_card() {
            return;
        }
        let call_id = world
            .portal
            .new_call(None, world::CUSTOMER, CallDirection::Outgoing);
        world.raise(&call_id, Some(line));
    }

    fn card_vanishes(&mut self, tab: usize) {
        let world = &mut self.world;
        let with_card: Vec<TabId> = world.portal.cards.keys().copied().collect();
        if !with_card.is_empty() {
            world.portal.vanish(with_card[tab % with_card.len()]);
        }
    }

    fn stale_request(&mut self, tab: usize) {
        let Some(id) = self.page(tab) else { return };
        if let Some((handle, _)) = self.world.tabs[&id].told.cards.first() {
            let request = handle.set_status_text("the application's");
            self.world.request_in(id, request);
        }
    }

    fn thaw(&mut self) {
        let frozen = self.world.tabs.iter().find(|(_, page)| page.frozen);
        if let Some(id) = frozen.map(|(id, _)| *id) {
            self.world.thaw(id);
        }
    }

    fn softphone_says(&mut self, event: impl FnOnce(PhoneCallId) -> PhoneEvent) {
        let world = &mut self.world;
        if let Some(id) = world.phone.current() {
            let event = event(PhoneCallId(id.clone()));
            world.phone.follow(id, &event);
            world.phone_says_slowly(event);
        }
    }

    /// The far end can ring and answer only where it was dialled, and hang up everywhere.
    fn far_end(&mut self, state: PhoneCall, event: impl FnOnce(PhoneCallId) -> PhoneEvent) {
        let world = &mut self.world;
        let Some(id) = world.phone.current() else {
            return;
        };
        if state == PhoneCall::Over || world.phone.calls[&id] == PhoneCall::Dialing {
            world.phone.calls.insert(id.clone(), state);
            world.phone_says_slowly(event(PhoneCallId(id)));
        }
    }

    fn colleague(&mut self, state: PhoneCall, event: impl FnOnce(PhoneCallId) -> PhoneEvent) {
        let world = &mut self.world;
        let last = world.phone.consultations.last().map(|(id, _)| id.clone());
        let alive = |id: &String| world.phone.is_alive(id);
        if let Some(id) = last.filter(alive) {
            world.phone.calls.insert(id.clone(), state);
            world.phone_says_slowly(event(PhoneCallId(id)));
        }
    }

    /// Everybody hangs up, the portal is well again, the next call rings in every tab, and once
    /// hours have passed all is recorded and nothing is left.
    pub fn come_to_an_end(&mut self) {
        let world = &mut self.world;
        world.portal.failures.clear();
        world.portal.lost_answers.clear();
        world.phone.fails.clear();
        world.phone.mute_about_ends = false;
        while self.world.tabs.values().any(|page| page.frozen) {
            self.thaw();
        }
        let sliders = &self.world.portal.sliders;
        if self.world.tabs.keys().all(|id| sliders.contains(id)) {
            if self.world.tabs.len() >= 4 {
                let first = self.world.first();
                self.world.close_slowly(first, true);
            }
            self.open(false);
        }
        self.calm_down();
        self.all_far_ends_hang_up();
        // Whoever was taken for gone is heard again, and who is gone is forgotten.
        self.world.pass(Duration::from_secs(25));
        // What waited for the portal's answer was dialled meanwhile.
        self.all_far_ends_hang_up();
        self.anothers_cards_are_closed();
        self.check();

        self.the_next_call_rings();
        self.all_far_ends_hang_up();
        self.world.pass(Duration::from_secs(2 * 3600));
        self.nothing_is_left();
        self.check();
        self.the_next_call_rings();
    }

    fn all_far_ends_hang_up(&mut self) {
        let world = &mut self.world;
        world.settle();
        while let Some(id) = world.phone.current() {
            world.phone.calls.insert(id.clone(), PhoneCall::Over);
            world.phone_says_slowly(PhoneEvent::Ended {
                call_id: PhoneCallId(id),
                cause: EndCause::remote(None),
            });
            world.settle();
        }
    }

    fn anothers_cards_are_closed(&mut self) {
        let world = &mut self.world;
        let ours = world.call().and_then(|call| call.call_id);
        let anothers = |card: &world::Card| Some(&card.call_id) != ours.as_ref();
        let mut cards = world.portal.cards.iter();
        let tab = cards.find_map(|(id, card)| anothers(card).then_some(*id));
        if let Some(tab) = tab {
            world.click_in(tab, CardEvent::Close);
        }
    }

    fn the_next_call_rings(&mut self) {
        self.ring(false);
        self.world.pass(Duration::from_secs(15));
        let world = &self.world;
        let call = world.call().unwrap_or_else(|| {
            let (seat, runs_in) = (world.hub.seat(), world.phone.runs_in);
            panic!("the next call does not ring; seat {seat:?}, the softphone is in {runs_in:?}")
        });
        let ring = format!("ring {}", self.rings);
        assert_eq!(call.phone_call_id, ring, "another call is left: {call:?}");
        assert_eq!(call.state, CallPhase::Ringing);
        self.it_shows_in_every_tab();
    }
}
