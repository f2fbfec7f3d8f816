//! The canonical digest of a model, to compare two of them.
//!
//! Invariant: it is walked over what predictions read (sessions, postings, counters) and written in lasting keys only;
//! nothing is maintained on the side, since a maintained digest would prove nothing. Left out: parameters, slots, item
//! numbers, customers (their numbers do not last), items that no session holds.

use sha2::{Digest, Sha256};

use crate::model::Model;

impl Model {
    /// SHA-256 over everything learned. Two models with equal parameters and digests give equal predictions. Cost: sorts
    /// all sessions and items; for audits and tests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"regie-recommend model 1\0");
        hash.update((self.len() as u64).to_le_bytes());

        let mut slots: Vec<u32> = self.sessions.slots().collect();
        slots.sort_unstable_by_key(|&slot| (self.sessions.meta(slot).start, self.sessions.key(slot)));
        for slot in slots {
            let view = self.view(slot);
            hash.update(view.start.to_le_bytes());
            hash.update(view.key.0.to_le_bytes());
            hash.update(self.sessions.item_count(slot).to_le_bytes());
            for item in view.items() {
                hash.update(self.items.keys[item.0 as usize].to_le_bytes());
            }
        }

        let mut items: Vec<usize> = (0..self.items.len()).filter(|&item| self.items.postings[item].len() > 0).collect();
        items.sort_unstable_by_key(|&item| self.items.keys[item]);
        for item in items {
            let postings = &self.items.postings[item];
            hash.update(self.items.keys[item].to_le_bytes());
            hash.update((postings.len() as u64).to_le_bytes());
            hash.update(self.items.weight[item].to_bits().to_le_bytes());
            for posting in postings.runs().flat_map(|run| run.iter().rev()) {
                hash.update(posting.start.to_le_bytes());
                hash.update(self.sessions.key(posting.slot).to_le_bytes());
            }
        }
        hash.finalize().into()
    }
}
