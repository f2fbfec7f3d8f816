//! Where and when each record's e-mail address was said, so that "was this address given at a sale?" is answered from memory.
//!
//! Invariant: a function of the record's remaining facts, whatever their order: a row that goes is taken out again. Only what a source says
//! that may speak for its customers is an address (all attributes are of one category, `contact`, so a row is kept or goes as a whole); what a browser claims is none. Memory: about 40 bytes a record that has an address. Left
//! out: the address itself (a keyed hash tells one from another); who has to write to it reads it from the store.

use hashbrown::HashMap;
use regie_domain::fact::{AttributesProvided, EventName, Fact};
use regie_domain::policy::Policy;
use smallvec::SmallVec;

use super::RecordIx;
use super::days::day_in;
use crate::engine::rules::Rules;

/// The attribute that holds it.
const EMAIL: &str = "email";

/// An address, once said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    /// Where the fact lies.
    pub position: u64,
    /// The local day that it was so, by the source's word.
    pub day: u16,
    /// Keyed hash of the address; equal for equal addresses.
    pub address: u32,
}

impl Said {
    /// What this fact says of the address, if anything. `policy`: whose time zone tells the day.
    pub(crate) fn of(rules: &Rules, policy: &Policy, position: u64, fact: &Fact) -> Option<Said> {
        let Fact::AttributesProvided(AttributesProvided { source, values, happened_at, .. }) = fact else { return None };
        let (_, address) = values.iter().find(|(name, _)| name == EMAIL).filter(|_| !rules.claims(source))?;
        Some(Said { position, day: day_in(&policy.time_zone, *happened_at), address: rules.address_hash(address) })
    }

    /// The local day of an order, if the fact is one.
    pub(crate) fn ordered(policy: &Policy, fact: &Fact) -> Option<u16> {
        match fact {
            Fact::EventKept(event) if event.name == EventName::OrderCompleted => Some(day_in(&policy.time_zone, event.happened_at)),
            _ => None,
        }
    }
}

/// Was the address that the customer has now given on a day with an order of theirs? Earlier, corrected addresses say nothing.
pub(crate) fn given_at_a_sale(mut said: impl Iterator<Item = Said> + Clone, ordered: impl Fn(u16) -> bool) -> bool {
    let Some(now) = said.clone().max_by_key(|said| said.position) else { return false };
    said.any(|said| said.address == now.address && ordered(said.day))
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Addresses(HashMap<RecordIx, SmallVec<[Said; 1]>>);

impl Addresses {
    /// An address was said. Amortised O(1).
    pub(crate) fn say(&mut self, record: RecordIx, said: Said) {
        self.0.entry(record).or_default().push(said);
    }

    /// The row that said it is gone. O(addresses of the record).
    pub(crate) fn forget_row(&mut self, record: RecordIx, position: u64) {
        if let Some(all) = self.0.get_mut(&record) {
            all.retain(|said| said.position != position);
            if all.is_empty() {
                self.0.remove(&record);
            }
        }
    }

    /// Forgets a record.
    pub(crate) fn forget(&mut self, record: RecordIx) {
        self.0.remove(&record);
    }

    /// What was said of this record.
    pub(crate) fn of(&self, record: RecordIx) -> &[Said] {
        self.0.get(&record).map_or(&[], SmallVec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(position: u64, day: u16, address: u32) -> Said {
        Said { position, day, address }
    }

    #[test]
    fn the_newest_address_counts_and_wherever_it_was_said() {
        let at_sale = |all: &[Said]| given_at_a_sale(all.iter().copied(), |day| day == 5);
        assert!(!at_sale(&[]));
        assert!(at_sale(&[said(1, 5, 7)]));
        assert!(!at_sale(&[said(1, 4, 7)]));
        assert!(!at_sale(&[said(1, 5, 7), said(2, 6, 8)]), "corrected to one that no sale brought");
        assert!(at_sale(&[said(1, 5, 7), said(2, 6, 7)]), "the same one, said again");
        assert!(at_sale(&[said(2, 6, 7), said(1, 5, 7)]), "whatever the order of the rows");
        assert!(at_sale(&[said(1, 5, 7), said(2, 6, 8), said(3, 9, 7)]), "changed back");
    }

    #[test]
    fn a_row_that_goes_leaves_nothing() {
        let mut addresses = Addresses::default();
        addresses.say(RecordIx(1), said(1, 5, 7));
        addresses.say(RecordIx(1), said(2, 6, 8));
        addresses.forget_row(RecordIx(1), 2);
        assert_eq!(addresses.of(RecordIx(1)), [said(1, 5, 7)]);
        addresses.forget_row(RecordIx(1), 1);
        assert!(addresses.0.is_empty());
    }
}
