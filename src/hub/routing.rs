//! Who is told what: the softphone, one tab, all of them.

use super::io::{Output, PhonePlace};
use super::machine::Hub;
use crate::error::Error;
use crate::link::{ForTab, HubState, TabId};
use crate::session::{self, News, PortalAction};
use crate::softphone::EndCause;
use crate::time::Instant;

/// How many errors wait for the first tab.
const UNTOLD: usize = 8;

impl Hub {
    /// What the session wants goes to whom it concerns.
    pub(super) fn route(&mut self, now: Instant, output: session::Output) {
        match output {
            session::Output::Phone(action) => match self.seat.filter(|seat| seat.whole) {
                Some(seat) => self.tell(
                    seat.tab,
                    ForTab::Phone {
                        run: seat.run,
                        action,
                    },
                ),
                None if self.phone == PhonePlace::Hub => {
                    self.outputs.push_back(Output::Phone(action));
                }
                // No page is open in which a softphone could live.
                None => {
                    let cause =
                        EndCause::error(EndCause::PAGE_GONE, "No page of the portal is open");
                    self.feed(now, session::Input::PhoneFailed { action, cause });
                }
            },
            session::Output::Resolve { question, target } => {
                match self.seat.filter(|seat| seat.whole) {
                    Some(seat) => self.tell(seat.tab, ForTab::Resolve { question, target }),
                    None => self.outputs.push_back(Output::Resolve { question, target }),
                }
            }
            session::Output::Sample { call } => match self.seat.filter(|seat| seat.whole) {
                Some(seat) => self.tell(seat.tab, ForTab::Sample { call }),
                None => self.outputs.push_back(Output::Sample { call }),
            },
            session::Output::Rest { id, request } => {
                self.outputs.push_back(Output::Rest { id, request });
            }
            session::Output::Portal(action) => self.open(action),
            session::Output::Answer { token, result } => {
                if let Some((tab, token)) = self.asked.remove(&token) {
                    self.tell(tab, ForTab::Answer { token, result });
                }
            }
            session::Output::News(news) => self.tell_all(&news),
        }
    }

    /// The tab the operator looks at opens it.
    fn open(&mut self, action: PortalAction) {
        self.tell_one(ForTab::Portal(action));
    }

    pub(super) fn tell_one(&mut self, item: ForTab) {
        let best = self.tabs.iter().max_by_key(|(id, member)| {
            (
                member.state.visible,
                member.state.telephony,
                member.joined,
                **id,
            )
        });
        if let Some(tab) = best.map(|(id, _)| *id) {
            self.tell(tab, item);
        }
    }

    /// Also one that is gone: it may come back, and wait for an answer.
    pub(super) fn tell(&mut self, tab: TabId, item: ForTab) {
        let mut gone = self.gone.iter_mut();
        let gone = gone.find(|(id, _)| *id == tab).map(|(_, member)| member);
        if let Some(member) = self.tabs.get_mut(&tab).or(gone) {
            member.push(item);
        }
    }

    pub(super) fn tell_all(&mut self, news: &News) {
        if let (News::Error(error), true) = (news, self.tabs.is_empty()) {
            self.untold.push(error.clone());
            let old = self.untold.len().saturating_sub(UNTOLD);
            self.untold.drain(..old);
        }
        for member in self.tabs.values_mut() {
            member.push(ForTab::News(news.clone()));
        }
    }

    pub(super) fn tell_error(&mut self, error: Error) {
        self.tell_all(&News::Error(error));
    }

    pub(super) fn tell_tabs(&mut self, now: Instant) {
        let (call, registered) = (self.session.call(), self.session.registered());
        let idle = self.is_idle();
        let ids: Vec<TabId> = self.tabs.keys().copied().collect();
        for id in ids {
            let Some(member) = self.tabs.get(&id) else {
                continue;
            };
            let state = HubState {
                call: call.clone(),
                registered,
                seat: self.seat,
                card: self.order_for(now, id, member),
                idle,
            };
            let message = self
                .tabs
                .get_mut(&id)
                .and_then(|m| m.message(now, self.id, state));
            self.outputs
                .extend(message.map(|message| Output::Tab(id, message)));
        }
    }
}
