//! Retries of the last seven days, known by a keyed hash of (source, `messageId`); bounded, the oldest leave first.

use std::collections::VecDeque;

use hashbrown::HashSet;
use regie_domain::time::Time;

/// At most so many are remembered (16 bytes each and the table).
pub(crate) const ENTRIES_MAX: usize = 4_000_000;
const REMEMBERED_SECONDS: i64 = 7 * 86_400;

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
        let now = recorded_at.seconds();
        while self.order.front().is_some_and(|&(at, _)| i64::from(at) < now - REMEMBERED_SECONDS) || self.order.len() >= ENTRIES_MAX {
            if let Some((_, old)) = self.order.pop_front() {
                self.seen.remove(&old);
            }
        }
        if message != 0 && self.seen.insert(message) {
            self.order.push_back((recorded_at.seconds32(), message));
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
}
