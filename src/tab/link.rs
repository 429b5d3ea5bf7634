//! The tab's side of the link: what the hub says is followed, and what is new is said.

use super::io::{Output, TabEvent};
use super::machine::Tab;
use crate::link::{ForHub, ForTab, HubId, HubState, Inbox, RESEND, ToHub, ToTab};
use crate::time::Instant;

impl Tab {
    pub(super) fn configure(&mut self, renew: bool) {
        let config = Box::new(self.config.clone());
        self.outbox.push(ForHub::Configure { config, renew });
    }

    /// A hub that may know nothing of this tab is told how it is.
    pub(super) fn greet(&mut self) {
        self.sent = None;
        self.owes_ack = true;
    }

    pub(super) fn handle_hub(&mut self, now: Instant, message: ToTab) {
        if message.hub != self.hub {
            self.kept = None;
            if self.hub != HubId::default() || self.outdated {
                // This one was never told how calls are to be treated.
                self.configure(false);
                self.requests_are_lost();
            }
            self.hub = message.hub;
            (self.seen, self.inbox) = (0, Inbox::default());
            self.greet();
        }
        (self.outdated, self.greets) = (false, false);
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
            self.hear(message.state);
        }
        self.follow_order(now);
        for item in items {
            self.handle_item(item);
        }
    }

    fn hear(&mut self, state: HubState) {
        let before = std::mem::replace(&mut self.heard, state);
        let (registered, call) = (self.heard.registered, self.heard.call.clone());
        if before.registered != registered {
            self.tell(TabEvent::Registration { registered });
        }
        if before.call != call {
            self.tell(TabEvent::CallChanged(call));
        }
        self.follow_seat();
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
            self.kept = None;
            self.outputs.push_back(Output::StartPhone {
                run: seat.run,
                whole: seat.whole,
            });
        }
    }

    /// Does with the card what the hub says of it, if it is the card the hub means, and the hub has heard of
    /// what was clicked on it: what it said before would undo that for a moment.
    pub(super) fn follow_order(&mut self, now: Instant) {
        let (Some(card), Some((call_id, order))) = (&mut self.card, &self.heard.card) else {
            return;
        };
        let clicked =
            |item: &ForHub| matches!(item, ForHub::Click { call_id: its, .. } if its == call_id);
        if card.call_id == *call_id && !self.outbox.any(clicked) {
            let commands = card.follow(now, order);
            self.command(commands);
        }
    }

    fn handle_item(&mut self, item: ForTab) {
        match item {
            ForTab::News(news) => self.tell(TabEvent::News(news)),
            ForTab::Answer { token, result } => self.answer(token, result),
            ForTab::Portal(action) => self.outputs.push_back(Output::Portal(action)),
            ForTab::Phone { run, action } if self.run == Some(run) => {
                self.outputs.push_back(Output::Phone { run, action });
            }
            ForTab::TakeUp { run, calls } if self.run == Some(run) => {
                self.outputs.push_back(Output::TakeUp { run, calls });
            }
            ForTab::Phone { .. } | ForTab::TakeUp { .. } => {}
            ForTab::Resolve { question, target } => {
                self.outputs.push_back(Output::Resolve { question, target });
            }
            ForTab::Sample { call } => self.outputs.push_back(Output::Sample { call }),
            ForTab::RefreshAuth => self.outputs.push_back(Output::RefreshAuth),
        }
    }

    /// Says what is new, and what was not heard.
    pub(super) fn speak(&mut self, now: Instant) {
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
        if !self.outbox.is_empty() || self.greets {
            self.waits_since.get_or_insert(now);
        }
        self.outputs.push_back(Output::Hub(ToHub {
            tab: self.id,
            n: self.n,
            // Who is taken for a stranger is answered.
            hub: if self.greets {
                HubId::default()
            } else {
                self.hub
            },
            ack: self.inbox.last(),
            seen: self.seen,
            state: self.state.clone(),
            items: self.outbox.items(),
        }));
    }
}
