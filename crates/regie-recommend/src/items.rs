//! Items: their numbers, keys, and per item the postings and the logarithm of how many sessions hold it.
//!
//! Invariant: `ln_count` is a pure function of the posting list's length, renewed with every change of it. An item stays
//! known after the last session with it is forgotten: that the shop has it says nothing about anyone.

use hashbrown::HashMap;

use crate::postings::{Posting, Postings};
use crate::{ItemId, ItemKey};

#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    by_key: HashMap<u64, u32>,
    pub(crate) keys: Vec<u64>,
    pub(crate) postings: Vec<Postings>,
    /// Apart from the postings and dense, because a prediction reads it for every item it scores.
    pub(crate) ln_count: Vec<f32>,
}

impl Items {
    pub(crate) fn intern(&mut self, key: ItemKey) -> ItemId {
        if let Some(&id) = self.by_key.get(&key.0) {
            return ItemId(id);
        }
        let id = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.by_key.insert(key.0, id);
        self.keys.push(key.0);
        self.postings.push(Postings::default());
        self.ln_count.push(0.0);
        ItemId(id)
    }

    pub(crate) fn without_postings(&self) -> Self {
        Self {
            by_key: self.by_key.clone(),
            keys: self.keys.clone(),
            postings: vec![Postings::default(); self.len()],
            ln_count: vec![0.0; self.len()],
        }
    }

    pub(crate) fn find(&self, key: ItemKey) -> Option<ItemId> {
        self.by_key.get(&key.0).copied().map(ItemId)
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn insert(&mut self, item: u32, posting: Posting, key: u64, key_of: impl Fn(u32) -> u64) {
        self.postings[item as usize].insert(posting, key, key_of);
        self.count_changed(item);
    }

    pub(crate) fn remove(&mut self, item: u32, posting: Posting, key: u64, key_of: impl Fn(u32) -> u64) {
        self.postings[item as usize].remove(posting, key, key_of);
        self.count_changed(item);
    }

    pub(crate) fn count_changed(&mut self, item: u32) {
        self.ln_count[item as usize] = ln(self.postings[item as usize].len());
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.by_key.allocation_size()
            + self.keys.capacity() * 8
            + self.ln_count.capacity() * 4
            + self.postings.capacity() * size_of::<Postings>()
            + self.postings.iter().map(Postings::memory_bytes).sum::<usize>()
    }
}

/// The natural logarithm, zero for zero.
#[expect(clippy::cast_possible_truncation, reason = "a weight needs no more than 24 bits")]
pub(crate) fn ln(count: usize) -> f32 {
    (count.max(1) as f64).ln() as f32
}
