//! Every record: its id, its handle, its own numbering, and where its facts lie.
//!
//! Where a customer's facts lie is a view, not a disk index (an index by record costs a factor of ten at ten million rows).
//! Memory: about 120 bytes a record plus 2–4 bytes a fact.

use hashbrown::HashTable;
use regie_domain::ids::{Handle, RecordId};

use super::RecordIx;
use super::days::Days;

/// The positions of one record's facts, ascending, as differences in LEB128: 1–4 bytes a fact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Positions {
    last: u64,
    bytes: Vec<u8>,
}

impl Positions {
    /// Adds a position beyond the last one. Amortised O(1).
    pub(crate) fn push(&mut self, position: u64) {
        debug_assert!(position > self.last, "positions ascend");
        let mut rest = position - self.last;
        self.last = position;
        let mut word = [0u8; 10];
        let mut length = 0;
        loop {
            let low = (rest & 0x7f) as u8;
            rest >>= 7;
            word[length] = if rest == 0 { low } else { low | 0x80 };
            length += 1;
            if rest == 0 {
                break;
            }
        }
        if self.bytes.capacity() < self.bytes.len() + length {
            // Growing by half rather than doubling: a million small lists waste less.
            self.bytes.reserve_exact((self.bytes.len() / 2).max(12));
        }
        self.bytes.extend_from_slice(&word[..length]);
    }

    /// All positions, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let mut at = 0;
        let mut position = 0u64;
        std::iter::from_fn(move || {
            let mut shift = 0;
            let mut step = 0u64;
            loop {
                let byte = *self.bytes.get(at)?;
                at += 1;
                step |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            position += step;
            Some(position)
        })
    }

    /// The first position, by which the use journal knows the record.
    pub(crate) fn first(&self) -> Option<u64> {
        self.iter().next()
    }

    /// The list without these, which ascend too. O(n log m).
    #[must_use]
    pub(crate) fn without(&self, gone: &[u64]) -> Positions {
        let mut kept = Positions::default();
        self.iter().filter(|p| gone.binary_search(p).is_err()).for_each(|p| kept.push(p));
        kept
    }
}

/// One record.
#[derive(Debug)]
pub(crate) struct Record {
    /// The store's name for it.
    pub id: RecordId,
    /// The world's name for it; what a law keeps of an erased customer has none.
    pub handle: Option<Handle>,
    /// The next fact's number.
    pub next_n: u32,
    /// Where its facts lie.
    pub positions: Positions,
    /// What happened on which day.
    pub days: Days,
}

/// All records. Look-ups by id and by handle are one hash probe.
#[derive(Debug, Default)]
pub(crate) struct Records {
    all: Vec<Option<Record>>,
    free: Vec<RecordIx>,
    by_id: HashTable<RecordIx>,
    by_handle: HashTable<RecordIx>,
    count: usize,
}

// Ids and handles are random: their own first bytes are the best hash there is.
fn hash_id(id: RecordId) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = id.0;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

#[expect(clippy::cast_possible_truncation, reason = "the low half of a random number")]
fn hash_handle(handle: Handle) -> u64 {
    handle.0 as u64
}

impl Records {
    /// A new record. O(1).
    pub(crate) fn insert(&mut self, id: RecordId, handle: Option<Handle>) -> RecordIx {
        let record = Record { id, handle, next_n: 0, positions: Positions::default(), days: Days::default() };
        let ix = if let Some(ix) = self.free.pop() {
            self.all[ix.at()] = Some(record);
            ix
        } else {
            self.all.push(Some(record));
            RecordIx(u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX))
        };
        let all = &self.all;
        self.by_id.insert_unique(hash_id(id), ix, |&other| all[other.at()].as_ref().map_or(0, |r| hash_id(r.id)));
        if let Some(handle) = handle {
            let hash_of = |ix: &RecordIx| all[ix.at()].as_ref().and_then(|r| r.handle).map_or(0, hash_handle);
            self.by_handle.insert_unique(hash_handle(handle), ix, hash_of);
        }
        self.count += 1;
        ix
    }

    /// Forgets a record; its index may be used again.
    pub(crate) fn remove(&mut self, ix: RecordIx) -> Option<Record> {
        let record = self.all.get_mut(ix.at())?.take()?;
        if let Ok(entry) = self.by_id.find_entry(hash_id(record.id), |&other| other == ix) {
            entry.remove();
        }
        if let Some(handle) = record.handle
            && let Ok(entry) = self.by_handle.find_entry(hash_handle(handle), |&other| other == ix)
        {
            entry.remove();
        }
        self.free.push(ix);
        self.count -= 1;
        Some(record)
    }

    /// The record of this id.
    pub(crate) fn by_id(&self, id: RecordId) -> Option<RecordIx> {
        self.by_id.find(hash_id(id), |ix| self.get(*ix).is_some_and(|r| r.id == id)).copied()
    }

    /// The record of this handle.
    pub(crate) fn by_handle(&self, handle: Handle) -> Option<RecordIx> {
        self.by_handle.find(hash_handle(handle), |ix| self.get(*ix).is_some_and(|r| r.handle == Some(handle))).copied()
    }

    /// What stands behind an index; `None` once it is erased.
    pub(crate) fn get(&self, ix: RecordIx) -> Option<&Record> {
        self.all.get(ix.at())?.as_ref()
    }

    /// The same, to change.
    pub(crate) fn get_mut(&mut self, ix: RecordIx) -> Option<&mut Record> {
        self.all.get_mut(ix.at())?.as_mut()
    }

    /// Every record there is.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RecordIx, &Record)> {
        (0u32..).zip(&self.all).filter_map(|(i, r)| Some((RecordIx(i), r.as_ref()?)))
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_back_ascending() {
        let all = [1u64, 2, 130, 16_500, 1 << 40];
        let mut positions = Positions::default();
        all.iter().for_each(|&p| positions.push(p));
        assert_eq!(positions.iter().collect::<Vec<_>>(), all);
        assert_eq!(positions.first(), Some(1));
        assert_eq!(positions.without(&[1, 16_500]).iter().collect::<Vec<_>>(), [2, 130, 1 << 40]);
    }

    #[test]
    fn a_removed_record_is_gone_by_every_name() {
        let mut records = Records::default();
        let a = records.insert(RecordId([1; 16]), Some(Handle(1)));
        let b = records.insert(RecordId([2; 16]), Some(Handle(2)));
        assert_eq!(records.by_handle(Handle(2)), Some(b));
        records.remove(a);
        assert_eq!((records.by_id(RecordId([1; 16])), records.by_handle(Handle(1)), records.len()), (None, None, 1));
        let c = records.insert(RecordId([3; 16]), Some(Handle(3)));
        assert_eq!((c, records.by_handle(Handle(3))), (a, Some(c)));
    }
}
