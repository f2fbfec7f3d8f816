//! Which records are one customer. A set, computed from edges that records contributed; never a row or a key that moves.

use std::collections::HashMap;

use super::RecordIx;

/// Joined records. Costs nothing for the many customers that are a single record.
#[derive(Debug, Default)]
pub(crate) struct Customers {
    /// Every record of a set of two or more, and its set.
    member_of: HashMap<RecordIx, usize>,
    /// Sets, each ascending by age; the first is canonical. `None` where a set was dissolved.
    sets: Vec<Option<Vec<RecordIx>>>,
}

impl Customers {
    /// The customer a record belongs to: the index of its oldest record.
    pub(crate) fn canonical(&self, record: RecordIx) -> RecordIx {
        self.set(record).and_then(|set| set.first().copied()).unwrap_or(record)
    }

    /// Are these two records one customer?
    pub(crate) fn same(&self, a: RecordIx, b: RecordIx) -> bool {
        a == b || self.canonical(a) == self.canonical(b)
    }

    /// All records of the customer that this record belongs to.
    pub(crate) fn records_of(&self, record: RecordIx) -> Vec<RecordIx> {
        self.members(&record).to_vec()
    }

    /// As [`Customers::records_of`], without a copy.
    pub(crate) fn members<'a>(&'a self, record: &'a RecordIx) -> &'a [RecordIx] {
        self.set(*record).unwrap_or(std::slice::from_ref(record))
    }

    /// Makes two customers one. `age` orders records: the first position, or anything that grows with it.
    pub(crate) fn join(&mut self, a: RecordIx, b: RecordIx, age: impl Fn(RecordIx) -> u64) {
        if self.same(a, b) {
            return;
        }
        let mut set = self.records_of(a);
        set.extend(self.records_of(b));
        set.sort_by_key(|&r| age(r));
        for old in [a, b] {
            if let Some(&at) = self.member_of.get(&old) {
                self.sets[at] = None;
            }
        }
        self.sets.push(Some(set.clone()));
        for record in set {
            self.member_of.insert(record, self.sets.len() - 1);
        }
    }

    /// Forgets the whole customer.
    pub(crate) fn forget(&mut self, record: RecordIx) {
        for member in self.records_of(record) {
            if let Some(at) = self.member_of.remove(&member) {
                self.sets[at] = None;
            }
        }
    }

    fn set(&self, record: RecordIx) -> Option<&[RecordIx]> {
        let at = *self.member_of.get(&record)?;
        self.sets.get(at)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_are_transitive_and_the_oldest_is_canonical() {
        let mut customers = Customers::default();
        let age = |r: RecordIx| u64::from(100 - r.0);
        let [a, b, c] = [RecordIx(1), RecordIx(2), RecordIx(3)];
        assert_eq!(customers.canonical(a), a);
        customers.join(a, b, age);
        customers.join(b, c, age);
        customers.join(a, c, age);
        assert!(customers.same(a, c));
        assert_eq!(customers.canonical(a), c);
        assert_eq!(customers.records_of(b), [c, b, a]);
        customers.forget(b);
        assert_eq!((customers.canonical(a), customers.records_of(c)), (a, vec![c]));
    }
}
