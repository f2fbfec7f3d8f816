//! Items: their numbers, keys, and per item the postings and what its commonness does to a score.
//!
//! Invariant: `weight` is a pure function of the posting list's length and the parameters, renewed with every change of
//! either. An item stays known after the last session with it is forgotten: that the shop has it says nothing about anyone.

use hashbrown::HashMap;

use crate::parameters::{Algorithm, Parameters};
use crate::postings::{Posting, Postings};
use crate::{ItemId, ItemKey};

#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    by_key: HashMap<u64, u32>,
    pub(crate) keys: Vec<u64>,
    pub(crate) postings: Vec<Postings>,
    /// Apart from the postings and dense, because a prediction reads it for every item it scores.
    pub(crate) weight: Vec<f32>,
    weighing: Weighing,
}

/// What an item's count does to its score.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Weighing {
    /// VMIS: the weight is the logarithm of the count; the score is multiplied by what is missing to that of all sessions.
    #[default]
    Logarithm,
    /// VSTAN: the weight is the count to the power of −`damping`; the score is multiplied by it.
    Damped { damping: f64 },
}

impl Weighing {
    fn weight(self, count: usize) -> f32 {
        match self {
            Self::Logarithm => ln(count),
            Self::Damped { damping: 0.0 } => 1.0,
            #[expect(clippy::cast_possible_truncation, reason = "a weight needs no more than 24 bits")]
            Self::Damped { damping } => (-damping * (count.max(1) as f64).ln()).exp() as f32,
        }
    }
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
        self.weight.push(self.weighing.weight(0));
        ItemId(id)
    }

    /// Weighs all items by these parameters; nothing is done if they weigh alike.
    pub(crate) fn weigh_by(&mut self, parameters: &Parameters) {
        let weighing = match parameters.algorithm {
            Algorithm::Vmis => Weighing::Logarithm,
            Algorithm::Vstan => Weighing::Damped { damping: parameters.damping },
        };
        if weighing != self.weighing {
            self.weighing = weighing;
            for (weight, postings) in self.weight.iter_mut().zip(&self.postings) {
                *weight = weighing.weight(postings.len());
            }
        }
    }

    /// A score is the sum times (first − second × weight): `ln_sessions` is the logarithm of the number of sessions.
    pub(crate) fn scale(&self, ln_sessions: f32) -> (f32, f32) {
        match self.weighing {
            Weighing::Logarithm => (ln_sessions, 1.0),
            Weighing::Damped { .. } => (0.0, -1.0),
        }
    }

    pub(crate) fn without_postings(&self) -> Self {
        Self {
            by_key: self.by_key.clone(),
            keys: self.keys.clone(),
            postings: vec![Postings::default(); self.len()],
            weight: vec![self.weighing.weight(0); self.len()],
            weighing: self.weighing,
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
        self.weigh(item);
    }

    /// Makes these the item's sessions, oldest first; it must have none yet.
    pub(crate) fn fill(&mut self, item: u32, entries: &[Posting]) {
        self.postings[item as usize] = Postings::of(entries);
        self.weigh(item);
    }

    /// Without weighing the item again, which is for the caller to do.
    pub(crate) fn remove(&mut self, item: u32, posting: Posting, key: u64, key_of: impl Fn(u32) -> u64) {
        self.postings[item as usize].remove(posting, key, key_of);
    }

    pub(crate) fn weigh(&mut self, item: u32) {
        self.weight[item as usize] = self.weighing.weight(self.postings[item as usize].len());
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.by_key.allocation_size()
            + self.keys.capacity() * 8
            + self.weight.capacity() * 4
            + self.postings.capacity() * size_of::<Postings>()
            + self.postings.iter().map(Postings::memory_bytes).sum::<usize>()
    }
}

/// The natural logarithm, zero for zero.
#[expect(clippy::cast_possible_truncation, reason = "a weight needs no more than 24 bits")]
pub(crate) fn ln(count: usize) -> f32 {
    (count.max(1) as f64).ln() as f32
}
