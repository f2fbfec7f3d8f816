//! Retries of the last seven days, known by a keyed hash of (source, `messageId`); bounded, the oldest leave first. Those
//! whose rows go are known by [`super::seen`] from then on.

use std::collections::VecDeque;

use hashbrown::HashSet;
use regie_domain::time::Time;

/// At most so many are remembered (16 bytes each and the table).
pub(crate) const ENTRIES_MAX: usize = 4_000_000;
/// For so long a message is known.
pub(crate) const REMEMBERED_SECONDS: i64 = 7 * 86_400;

/// Message hashes seen lately.
#[derive(Debug, Default)]
pub(crate) struct Duplicates {
    seen: HashSet<u64>,
    order: VecDeque<(u32, u64)>,
}

impl Duplicates {
    /// Was this message recorded within the last seven days?
    pub(crate) fn contains(&self, message: u64) -> bool {
        message != 0 && self.seen.contains(&message)
    }

    /// Remembers a message (0: the source gave no id) and lets go of what is too old or too much. Amortised O(1).
    pub(crate) fn insert(&mut self, message: u64, recorded_at: Time) {
        self.let_go(recorded_at);
        if message != 0 && self.seen.insert(message) {
            self.order.push_back((recorded_at.seconds32(), message));
        }
    }

    /// As [`Duplicates::insert`], but the message is not known before [`Duplicates::index`]: most of a log is older than is
    /// remembered. The log holds no message twice within that time, unless the bound
    /// made the first be let go.
    pub(crate) fn note(&mut self, message: u64, recorded_at: Time) {
        self.let_go(recorded_at);
        // A message that left several facts left them one after another.
        if message != 0 && self.order.back().is_none_or(|&(_, last)| last != message) {
            self.order.push_back((recorded_at.seconds32(), message));
        }
    }

    /// Knows all that was noted.
    pub(crate) fn index(&mut self) {
        self.seen.extend(self.order.iter().map(|&(_, message)| message));
    }

    fn let_go(&mut self, now: Time) {
        let since = now.seconds() - REMEMBERED_SECONDS;
        while self.order.front().is_some_and(|&(at, _)| i64::from(at) < since) || self.order.len() >= ENTRIES_MAX {
            if let Some((_, old)) = self.order.pop_front() {
                self.seen.remove(&old);
            }
        }
    }
}

impl Duplicates {
    /// Forgets messages with the moments at which they were recorded: those of an erased customer. O(log n) each.
    pub(crate) fn forget(&mut self, messages: impl IntoIterator<Item = (u64, Time)>) {
        for (message, recorded_at) in messages {
            if message == 0 || !self.seen.remove(&message) {
                continue;
            }
            // In the order they were recorded; 0 keeps the place of what is gone.
            let at = recorded_at.seconds32();
            let from = self.order.partition_point(|&(other, _)| other < at);
            if let Some(entry) = self.order.range_mut(from..).take_while(|(other, _)| *other == at).find(|(_, m)| *m == message) {
                entry.1 = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_for_seven_days() {
        let mut duplicates = Duplicates::default();
        let at = |day: i64| Time::from_seconds(day * 86_400 + 1);
        duplicates.insert(1, at(0));
        duplicates.insert(0, at(0));
        assert!(duplicates.contains(1) && !duplicates.contains(0) && !duplicates.contains(2));
        duplicates.insert(2, at(6));
        assert!(duplicates.contains(1));
        duplicates.insert(3, at(8));
        assert!(!duplicates.contains(1) && duplicates.contains(2) && duplicates.order.len() == 2);
    }

    #[test]
    fn noting_a_log_and_then_indexing_it_is_the_same_as_inserting() {
        let (mut inserted, mut noted) = (Duplicates::default(), Duplicates::default());
        for (message, day) in [(1u64, 0i64), (2, 1), (0, 2), (3, 8), (1, 9), (4, 9)] {
            let at = Time::from_seconds(day * 86_400 + 1);
            inserted.insert(message, at);
            noted.note(message, at);
        }
        noted.index();
        assert_eq!((noted.seen, noted.order), (inserted.seen, inserted.order));
    }

    #[test]
    fn a_forgotten_message_is_nowhere_and_may_come_again() {
        let mut duplicates = Duplicates::default();
        let at = Time::from_seconds;
        for message in 1..=6 {
            duplicates.insert(message, at(i64::try_from(message / 2).unwrap()));
        }
        duplicates.forget([(4, at(2)), (0, at(2)), (99, at(1)), (6, at(3))]);
        assert_eq!([3, 4, 5, 6].map(|message| duplicates.contains(message)), [true, false, true, false]);
        assert!(!duplicates.order.iter().any(|(_, message)| [4, 6].contains(message)));
        duplicates.insert(4, at(9));
        duplicates.insert(7, at(8 * 86_400));
        assert!(duplicates.contains(7) && !duplicates.contains(4) && !duplicates.contains(1));
        assert_eq!((duplicates.seen.len(), duplicates.order.len()), (1, 1));
    }
}
