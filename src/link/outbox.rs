//! Items that arrive once and in order, whatever becomes of the messages that carry them.

use std::collections::VecDeque;

/// What the other side has not yet said it has.
#[derive(Debug)]
pub(crate) struct Outbox<T> {
    last: u64,
    items: VecDeque<(u64, T)>,
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        Self {
            last: 0,
            items: VecDeque::new(),
        }
    }
}

impl<T: Clone> Outbox<T> {
    pub(crate) fn push(&mut self, item: T) {
        self.last += 1;
        self.items.push_back((self.last, item));
    }

    /// The other side has everything up to here.
    pub(crate) fn acknowledged(&mut self, up_to: u64) {
        while self.items.front().is_some_and(|(id, _)| *id <= up_to) {
            self.items.pop_front();
        }
    }

    /// The others are not worth telling any more.
    pub(crate) fn keep(&mut self, worth_telling: impl Fn(&T) -> bool) {
        self.items.retain(|(_, item)| worth_telling(item));
    }

    /// None is worth telling any more.
    pub(crate) fn clear(&mut self) {
        self.items.clear();
    }

    pub(crate) fn any(&self, is: impl Fn(&T) -> bool) -> bool {
        self.items.iter().any(|(_, item)| is(item))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn items(&self) -> Vec<(u64, T)> {
        self.items.iter().cloned().collect()
    }
}

/// How far the other side's items were taken.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Inbox {
    last: u64,
}

impl Inbox {
    pub(crate) fn last(self) -> u64 {
        self.last
    }

    /// Those that are new.
    pub(crate) fn take<T>(&mut self, items: Vec<(u64, T)>) -> Vec<T> {
        let mut new = Vec::new();
        for (id, item) in items {
            if id > self.last {
                self.last = id;
                new.push(item);
            }
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_arrives_once_and_in_order_though_messages_are_lost_doubled_and_late() {
        let (mut outbox, mut inbox) = (Outbox::default(), Inbox::default());
        outbox.push('a');
        let first = outbox.items();
        outbox.push('b');
        let second = outbox.items();
        assert_eq!(inbox.take(second.clone()), ['a', 'b']);
        assert!(inbox.take(second).is_empty(), "doubled");
        assert!(inbox.take(first).is_empty(), "late");
        outbox.push('c');
        let _lost = outbox.items();
        outbox.push('d');
        assert_eq!(inbox.take(outbox.items()), ['c', 'd']);
        outbox.acknowledged(inbox.last());
        assert!(outbox.is_empty());
    }
}
