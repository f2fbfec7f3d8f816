//! Identifiers of erased customers, as keyed hashes: what they did before is refused, from whatever import it comes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use regie_domain::collection::limits::AHEAD_SECONDS_MAX;
use regie_domain::fact::IdentifierSuppressed;
use regie_domain::time::Time;

use super::duplicates::REMEMBERED_SECONDS;

/// What is remembered of an erased identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suppressed {
    /// When it was erased.
    pub at: Time,
    /// See [`IdentifierSuppressed::last`].
    pub last: Time,
    /// Forgotten then.
    pub until: Time,
    /// Set once the customer consented again: what happened from then on, and is new, is welcome.
    pub not_before: Option<Time>,
    /// Direct marketing that its customer had objected to.
    pub objected: Vec<String>,
    /// Where the facts that say so lie.
    positions: Vec<u64>,
}

/// What of an identifier is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is not on the list.
    Nothing,
    /// Its customer is back: what happened before then.
    Before(Time),
    /// Its customer was erased: all but orders that happened then or later.
    AllButOrdersFrom(Time),
}

/// The suppression list. Its key serves nothing else, so its hashes match nothing else.
#[derive(Debug, Default)]
pub(crate) struct Suppression {
    by_hash: HashMap<Arc<str>, Suppressed>,
    by_end: BTreeSet<(Time, Arc<str>)>,
}

impl Suppression {
    /// An identifier was erased; the fact at this position says so.
    pub(crate) fn add(&mut self, position: u64, erased: &IdentifierSuppressed) {
        let IdentifierSuppressed { hash, at, last, until, objected } = erased;
        let (hash, until): (Arc<str>, Time) = (hash.as_str().into(), *until);
        let mut entry = Suppressed { at: *at, last: *last, until, not_before: None, objected: objected.clone(), positions: Vec::new() };
        if let Some(earlier) = self.by_hash.remove(&hash) {
            self.by_end.remove(&(earlier.until, hash.clone()));
            entry.positions = earlier.positions;
            (entry.at, entry.last) = (entry.at.max(earlier.at), entry.last.max(earlier.last));
        }
        entry.positions.push(position);
        self.by_end.insert((until, hash.clone()));
        self.by_hash.insert(hash, entry);
    }

    /// Its customer consented again.
    pub(crate) fn lift(&mut self, hash: &str, position: u64, not_before: Time) {
        if let Some(entry) = self.by_hash.get_mut(hash) {
            entry.not_before = Some(not_before);
            entry.positions.push(position);
        }
    }

    /// Where the facts of entries lie whose end has come, of about so many facts. O(these).
    pub(crate) fn over(&self, now: Time, most: usize) -> (Vec<Arc<str>>, Vec<u64>) {
        let (mut hashes, mut positions) = (Vec::new(), Vec::new());
        for (_, hash) in self.by_end.iter().take_while(|(until, _)| *until <= now) {
            if positions.len() >= most {
                break;
            }
            positions.extend(self.by_hash.get(hash).into_iter().flat_map(|entry| &entry.positions));
            hashes.push(hash.clone());
        }
        positions.sort_unstable();
        (hashes, positions)
    }

    /// Forgets entries.
    pub(crate) fn forget(&mut self, hashes: &[Arc<str>]) {
        for hash in hashes {
            if let Some(entry) = self.by_hash.remove(hash) {
                self.by_end.remove(&(entry.until, hash.clone()));
            }
        }
    }

    /// What of this identifier is refused that arrives now, where the messages of rows that went after `known_since` are known. A source's clock
    /// may run so far ahead that what was erased seems to have happened after the erasure: by its message it is known for a week, and before
    /// that is over (also of an earlier erasure that such a clock reaches past this one) all is refused that could be of such a clock.
    /// What has no message id is refused up to the last such order, whenever it comes.
    pub(crate) fn refused(&self, hash: &str, has_id: bool, known_since: Time, now: Time) -> Refused {
        let Some(s) = self.by_hash.get(hash).filter(|s| now < s.until) else { return Refused::Nothing };
        let is_known = s.at > known_since && now <= s.at.plus_seconds(REMEMBERED_SECONDS - AHEAD_SECONDS_MAX);
        let erased = if is_known { s.at } else { s.at.plus_seconds(AHEAD_SECONDS_MAX) };
        let erased = if has_id { erased } else { erased.max(s.last) };
        match s.not_before {
            Some(back) => Refused::Before(back.max(erased)),
            None => Refused::AllButOrdersFrom(erased),
        }
    }

    /// When the identifier was erased, if it is on the list.
    pub(crate) fn erased_at(&self, hash: &str) -> Option<Time> {
        self.by_hash.get(hash).map(|s| s.at)
    }

    /// What its customer had objected to before the erasure: whatever they consent to since, that stands.
    pub(crate) fn objected(&self, hash: &str, now: Time) -> &[String] {
        self.by_hash.get(hash).filter(|s| now < s.until).map_or(&[], |s| &s.objected)
    }

    /// Is the identifier on the list and not lifted?
    pub(crate) fn holds(&self, hash: &str, now: Time) -> bool {
        self.by_hash.get(hash).is_some_and(|s| now < s.until && s.not_before.is_none())
    }

    /// Every entry, in no meaningful order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Suppressed)> {
        self.by_hash.iter().map(|(hash, entry)| (&**hash, entry))
    }

    /// Is there none? Then nobody needs to hash.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erased(hash: &str, at: Time, until: Time) -> IdentifierSuppressed {
        IdentifierSuppressed { hash: hash.into(), at, last: Time::default(), until, objected: Vec::new() }
    }

    #[test]
    fn what_happened_before_stays_refused() {
        let at = Time::from_seconds;
        let mut list = Suppression::default();
        list.add(1, &erased("h", at(7), at(10 * REMEMBERED_SECONDS)));
        let refused = |list: &Suppression, now| list.refused("h", true, at(0), at(now));
        assert!(list.holds("h", at(10)) && list.refused("other", true, at(0), at(10)) == Refused::Nothing);
        let week = REMEMBERED_SECONDS;
        assert_eq!(refused(&list, 10), Refused::AllButOrdersFrom(at(7)));
        let known = week - AHEAD_SECONDS_MAX + 7;
        assert_eq!(refused(&list, known), Refused::AllButOrdersFrom(at(7)));
        assert_eq!(refused(&list, known + 1), Refused::AllButOrdersFrom(at(7 + AHEAD_SECONDS_MAX)), "soon no message is known any more");
        let unknown = list.refused("h", true, at(7), at(10));
        assert_eq!(unknown, Refused::AllButOrdersFrom(at(7 + AHEAD_SECONDS_MAX)), "there was no room to know its messages");
        list.lift("h", 2, at(20));
        assert_eq!(refused(&list, 30), Refused::Before(at(20)));
        assert_eq!(refused(&list, week + 8), Refused::Before(at(7 + AHEAD_SECONDS_MAX)));
        assert_eq!(refused(&list, 10 * week), Refused::Nothing, "the list itself has an end");
    }

    #[test]
    fn an_entry_whose_end_has_come_is_forgotten_with_all_its_facts() {
        let at = Time::from_seconds;
        let mut list = Suppression::default();
        list.add(1, &erased("a", at(7), at(100)));
        list.lift("a", 2, at(20));
        list.add(3, &erased("b", at(7), at(200)));
        list.add(4, &erased("a", at(50), at(150)));
        assert_eq!(list.over(at(149), 9), (vec![], vec![]), "erased again, it stays for the new term");
        let (hashes, positions) = list.over(at(200), 9);
        assert_eq!((hashes.len(), positions), (2, vec![1, 2, 3, 4]));
        let (hashes, positions) = list.over(at(200), 1);
        assert_eq!((hashes.clone(), positions), (vec!["a".into()], vec![1, 2, 4]), "one after another");
        list.forget(&hashes);
        assert_eq!(list.over(at(200), 9).1, [3]);
        assert!(list.erased_at("a").is_none() && !list.is_empty());
    }
}
