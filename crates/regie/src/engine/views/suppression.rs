//! Identifiers of erased customers, as keyed hashes: what they did before is refused, from whatever import it comes.

use std::collections::HashMap;

use regie_domain::time::Time;

/// What is remembered of an erased identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suppressed {
    /// When it was erased.
    pub at: Time,
    /// Forgotten then.
    pub until: Time,
    /// Set once the customer consented again: what happened from then on is welcome.
    pub not_before: Option<Time>,
}

/// The suppression list. Its key serves nothing else, so its hashes match nothing else.
#[derive(Debug, Default)]
pub(crate) struct Suppression {
    by_hash: HashMap<String, Suppressed>,
}

impl Suppression {
    /// An identifier was erased.
    pub(crate) fn add(&mut self, hash: &str, at: Time, until: Time) {
        self.by_hash.insert(hash.to_owned(), Suppressed { at, until, not_before: None });
    }

    /// Its customer consented again.
    pub(crate) fn lift(&mut self, hash: &str, not_before: Time) {
        if let Some(entry) = self.by_hash.get_mut(hash) {
            entry.not_before = Some(not_before);
        }
    }

    /// Must an event of this identifier that happened then be refused?
    pub(crate) fn refuses(&self, hash: &str, happened_at: Time, now: Time) -> bool {
        self.by_hash.get(hash).is_some_and(|s| now < s.until && s.not_before.is_none_or(|from| happened_at < from))
    }

    /// When the identifier was erased, if it is on the list.
    pub(crate) fn erased_at(&self, hash: &str) -> Option<Time> {
        self.by_hash.get(hash).map(|s| s.at)
    }

    /// Is the identifier on the list and not lifted?
    pub(crate) fn holds(&self, hash: &str, now: Time) -> bool {
        self.by_hash.get(hash).is_some_and(|s| now < s.until && s.not_before.is_none())
    }

    /// Every entry, in no meaningful order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Suppressed)> {
        self.by_hash.iter().map(|(hash, entry)| (hash.as_str(), entry))
    }

    /// Is there none? Then nobody needs to hash.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_before_stays_refused() {
        let at = Time::from_seconds;
        let mut list = Suppression::default();
        list.add("h", at(7), at(1000));
        assert!(list.refuses("h", at(5), at(10)) && list.holds("h", at(10)));
        assert!(!list.refuses("other", at(5), at(10)));
        list.lift("h", at(20));
        assert!(list.refuses("h", at(19), at(30)) && !list.refuses("h", at(20), at(30)));
        assert!(!list.refuses("h", at(5), at(1000)), "the list itself has an end");
    }
}
