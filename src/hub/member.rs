//! One tab, as the hub knows it.

use crate::link::{
    ForHub, ForTab, HubId, HubState, Inbox, Outbox, RESEND, SILENT, TabState, ToHub, ToTab,
};
use crate::session::CardOrder;
use crate::time::Instant;

#[derive(Debug)]
pub(super) struct Member {
    pub(super) state: TabState,
    /// When its card appeared, as far as the hub has heard.
    pub(super) card_at: Instant,
    pub(super) joined: Instant,
    outbox: Outbox<ForTab>,
    inbox: Inbox,
    heard: u64,
    told: HubState,
    n: u64,
    /// The last state and item the tab has said it has.
    seen: u64,
    sent_items: u64,
    sent_at: Option<Instant>,
    /// Since when it has owed an answer.
    waits_since: Option<Instant>,
    /// It has said something that wants an answer.
    owes_ack: bool,
}

impl Member {
    /// A tab that is heard for the first time.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            state: TabState::default(),
            card_at: now,
            joined: now,
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            heard: 0,
            told: HubState::default(),
            n: 0,
            seen: 0,
            sent_items: 0,
            sent_at: None,
            waits_since: None,
            owes_ack: true,
        }
    }

    /// A tab that was taken for gone, or was left and came back as it was. The counting goes on, so
    /// that nothing is heard twice; what it was to be told then is no news any more, but it still waits for
    /// the answers.
    pub(super) fn back(mut self, now: Instant) -> Self {
        self.outbox
            .keep(|item| matches!(item, ForTab::Answer { .. }));
        self.joined = now;
        self.waits_since = None;
        self.owes_ack = true;
        self
    }

    pub(super) fn push(&mut self, item: ForTab) {
        self.outbox.push(item);
    }

    /// Takes a message: its state, if it is the newest, and its items that are new.
    pub(super) fn take(&mut self, now: Instant, hub: HubId, message: ToHub) -> Vec<ForHub> {
        if message.hub == hub {
            self.outbox.acknowledged(message.ack);
            self.seen = self.seen.max(message.seen);
            if self.outbox.is_empty() && self.seen == self.n {
                self.waits_since = None;
            } else if self.waits_since.is_some() {
                self.waits_since = Some(now);
            }
        }
        if message.n > self.heard {
            self.heard = message.n;
            if message.state.card != self.state.card {
                self.card_at = now;
            }
            self.state = message.state;
        }
        self.owes_ack |= !message.items.is_empty() || message.hub != hub;
        self.inbox.take(message.items)
    }

    /// What it is to be told now, if anything is new.
    pub(super) fn message(&mut self, now: Instant, hub: HubId, state: HubState) -> Option<ToTab> {
        let new = state != self.told || self.outbox.last() > self.sent_items || self.owes_ack;
        let due = self.waits_since.is_some() && self.sent_at.is_some_and(|at| now >= at + RESEND);
        if !new && !due {
            return None;
        }
        self.n += 1;
        self.told = state;
        self.sent_items = self.outbox.last();
        self.sent_at = Some(now);
        self.owes_ack = false;
        self.waits_since.get_or_insert(now);
        Some(ToTab {
            hub,
            n: self.n,
            ack: self.inbox.last(),
            state: self.told.clone(),
            items: self.outbox.items(),
        })
    }

    /// When something has to be done about its silence.
    pub(super) fn due(&self) -> Option<Instant> {
        let since = self.waits_since?;
        let again = self.sent_at? + RESEND;
        Some(again.min(since + SILENT))
    }

    pub(super) fn is_told_to_close(&self) -> bool {
        matches!(self.told.card, Some((_, CardOrder::Close)))
    }

    pub(super) fn is_silent(&self, now: Instant) -> bool {
        self.waits_since.is_some_and(|since| now >= since + SILENT)
    }
}
