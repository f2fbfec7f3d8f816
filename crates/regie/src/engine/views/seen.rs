//! Messages whose rows are gone, of an erasure or because they may be kept no longer: a late retry of one is known all the same.
//!
//! Each fact of [`MessagesSeen`] is remembered for a week from when the rows went, whatever else happens; then upkeep deletes it.

use std::collections::VecDeque;

use hashbrown::HashSet;
use regie_domain::fact::MessagesSeen;
use regie_domain::time::Time;

use super::duplicates::REMEMBERED_SECONDS;

/// At most so many messages are remembered (some 24 bytes each).
const MESSAGES_MAX: usize = 4_000_000;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    known: HashSet<u64>,
    /// Where each fact lies and what it says; the oldest first. Those let go for want of room say nothing any more.
    facts: VecDeque<(u64, MessagesSeen)>,
    let_go: usize,
    known_since: Time,
}

impl Seen {
    /// The fact at this position says so. Amortised O(its messages).
    pub(crate) fn add(&mut self, position: u64, seen: &MessagesSeen) {
        self.known.extend(&seen.messages);
        self.facts.push_back((position, seen.clone()));
        while self.known.len() > MESSAGES_MAX
            && let Some((_, oldest)) = self.facts.get_mut(self.let_go)
        {
            for message in oldest.messages.drain(..) {
                self.known.remove(&message);
            }
            (self.known_since, self.let_go) = (oldest.at, self.let_go + 1);
        }
    }

    /// Is it one of them?
    pub(crate) fn contains(&self, message: u64) -> bool {
        self.known.contains(&message)
    }

    /// Of rows that went until then, there was no room for all.
    pub(crate) fn known_since(&self) -> Time {
        self.known_since
    }

    /// What is remembered, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &MessagesSeen> {
        self.facts.iter().map(|(_, seen)| seen)
    }

    /// Where the facts lie whose week is over, so many at most, the oldest first. O(these).
    pub(crate) fn over(&self, now: Time, most: usize) -> Vec<u64> {
        self.facts.iter().take_while(|(_, seen)| is_over(seen, now)).take(most).map(|&(position, _)| position).collect()
    }

    /// The first so many of these facts are gone.
    pub(crate) fn forget(&mut self, count: usize) {
        for (_, seen) in self.facts.drain(..count.min(self.facts.len())) {
            for message in &seen.messages {
                self.known.remove(message);
            }
        }
        self.let_go = self.let_go.saturating_sub(count);
    }
}

/// Is its week over?
pub(crate) fn is_over(seen: &MessagesSeen, now: Time) -> bool {
    seen.at.plus_seconds(REMEMBERED_SECONDS) < now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: i64, messages: std::ops::Range<u64>) -> MessagesSeen {
        MessagesSeen { at: Time::from_seconds(at), messages: messages.collect() }
    }

    #[test]
    fn a_message_is_known_for_a_week_from_when_its_row_went() {
        let mut all = Seen::default();
        all.add(3, &seen(0, 1..3));
        all.add(7, &seen(60, 3..5));
        let now = |seconds| Time::from_seconds(REMEMBERED_SECONDS + seconds);
        assert_eq!((all.over(now(0), 9), all.over(now(1), 9), all.over(now(61), 9)), (vec![], vec![3], vec![3, 7]));
        assert_eq!(all.over(now(61), 1), [3]);
        all.forget(1);
        assert_eq!([1, 2, 3, 4].map(|message| all.contains(message)), [false, false, true, true]);
        assert_eq!((all.over(now(61), 9), all.iter().count()), (vec![7], 1));
    }

    #[test]
    fn for_want_of_room_the_oldest_go_and_their_facts_still_have_an_end() {
        let mut all = Seen::default();
        let half = u64::try_from(MESSAGES_MAX / 2).unwrap();
        all.add(1, &seen(10, 0..half));
        all.add(2, &seen(20, half..2 * half));
        assert_eq!(all.known_since(), Time::default());
        all.add(3, &seen(30, 2 * half..2 * half + 1));
        assert_eq!((all.known_since(), all.contains(1), all.contains(half)), (Time::from_seconds(10), false, true));
        assert_eq!(all.over(Time::from_seconds(REMEMBERED_SECONDS + 15), 9), [1]);
        all.forget(1);
        all.add(4, &seen(40, 3 * half..4 * half));
        assert_eq!((all.known_since(), all.contains(half), all.contains(2 * half)), (Time::from_seconds(20), false, true));
    }
}
