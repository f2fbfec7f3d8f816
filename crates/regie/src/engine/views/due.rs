//! When something of a customer ends next, so that one integer compare tells whether anything did.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::RecordIx;

/// Ends in seconds, one a customer, earliest first. O(log n) to change, O(1) to ask.
#[derive(Debug, Default)]
pub(crate) struct Due {
    order: BTreeSet<(u32, RecordIx)>,
    of: Vec<u32>,
}

/// Nothing ends.
const NEVER: u32 = 0;

impl Due {
    /// The customer's next end is at this second; `None`: nothing ends.
    pub(crate) fn set(&mut self, customer: RecordIx, at: Option<u32>) {
        let at = at.unwrap_or(NEVER);
        if self.of.len() <= customer.at() {
            if at == NEVER {
                return;
            }
            self.of.resize(customer.at() + 1, NEVER);
        }
        let old = std::mem::replace(&mut self.of[customer.at()], at);
        if old == at {
            return;
        }
        if old != NEVER {
            self.order.remove(&(old, customer));
        }
        if at != NEVER {
            self.order.insert((at, customer));
        }
    }

    /// The earlier of what was set and this.
    pub(crate) fn at_latest(&mut self, customer: RecordIx, at: u32) {
        match self.of.get(customer.at()) {
            Some(&old) if old != NEVER && old <= at => {}
            _ => self.set(customer, Some(at)),
        }
    }

    /// The customer's next end.
    pub(crate) fn of(&self, customer: RecordIx) -> Option<u32> {
        self.of.get(customer.at()).copied().filter(|&at| at != NEVER)
    }

    /// The earliest end of all.
    pub(crate) fn next(&self) -> Option<u32> {
        self.order.first().map(|&(at, _)| at)
    }

    /// Up to `most` customers whose end comes after what was told last and no later than `until`, with it: ask with the last one told.
    pub(crate) fn after(&self, last: (u32, RecordIx), until: u32, most: usize) -> Vec<(u32, RecordIx)> {
        self.order.range((Bound::Excluded(last), Bound::Unbounded)).take_while(|(at, _)| *at <= until).take(most).copied().collect()
    }

    /// Takes one customer whose end has come by `now`.
    pub(crate) fn take(&mut self, now: u32) -> Option<RecordIx> {
        let &(at, customer) = self.order.first()?;
        if at > now {
            return None;
        }
        self.set(customer, None);
        Some(customer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_come_in_their_order_and_once() {
        let mut due = Due::default();
        due.set(RecordIx(5), Some(50));
        due.set(RecordIx(1), Some(70));
        due.at_latest(RecordIx(1), 40);
        due.at_latest(RecordIx(5), 60);
        due.set(RecordIx(9), None);
        assert_eq!(due.next(), Some(40));
        assert_eq!(due.take(39), None);
        assert_eq!((due.take(100), due.take(100), due.take(100)), (Some(RecordIx(1)), Some(RecordIx(5)), None));
    }
}
