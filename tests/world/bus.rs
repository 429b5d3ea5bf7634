//! What carries the messages between hub and tabs, and how it can be spoilt: each fault takes one of
//! the promises away that the messages' numbers and the journal make, without touching either side.

use std::collections::HashMap;

use b24_background_worker::link::{TabId, ToHub, ToTab};

/// Where the numbers of the spoilt begin: beyond all that are counted.
const BEYOND: u64 = 1 << 32;

/// What is taken out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// The dedupe: what is delivered is new to who gets it, though it has come before.
    pub dedupe: bool,
    /// The numbering: what is delivered last is the newest.
    pub numbering: bool,
    /// The journal: it dies with its hub.
    pub journal: bool,
}

#[derive(Default)]
pub struct Bus {
    pub without: Faults,
    last: u64,
    /// What was delivered under which number, and what it had been. Numbers from tabs and numbers
    /// from the hub are kept apart.
    items: [HashMap<(TabId, u64), u64>; 2],
    states: HashMap<(TabId, u64), u64>,
}

const FROM_TAB: usize = 0;
const FROM_HUB: usize = 1;

impl Bus {
    pub fn garble_to_hub(&mut self, mut message: ToHub) -> ToHub {
        let tab = message.tab;
        self.renumber_items(FROM_TAB, tab, &mut message.items);
        self.true_ack(FROM_HUB, tab, &mut message.ack);
        if self.without.numbering {
            let next = self.next();
            message.n = next;
            if let Some(seen) = self.states.get(&(tab, message.seen)) {
                message.seen = *seen;
            }
        }
        message
    }

    pub fn garble_to_tab(&mut self, tab: TabId, mut message: ToTab) -> ToTab {
        self.renumber_items(FROM_HUB, tab, &mut message.items);
        self.true_ack(FROM_TAB, tab, &mut message.ack);
        if self.without.numbering {
            let next = self.next();
            self.states.insert((tab, next), message.n);
            message.n = next;
        }
        message
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        BEYOND + self.last
    }

    fn renumber_items<T>(&mut self, from: usize, tab: TabId, items: &mut [(u64, T)]) {
        if !self.without.dedupe {
            return;
        }
        for (id, _) in items {
            let next = self.next();
            self.items[from].insert((tab, next), *id);
            *id = next;
        }
    }

    fn true_ack(&self, from: usize, tab: TabId, ack: &mut u64) {
        if let Some(was) = self.items[from].get(&(tab, *ack)) {
            *ack = *was;
        }
    }
}
