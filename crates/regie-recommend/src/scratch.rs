//! The working memory of a prediction: candidate sessions, touched items, and the tables that find them.
//!
//! Tables are not cleared between questions: a cell counts only if it carries the question's stamp. Candidates are found by
//! hash in a table as large as the question needs, so that it stays in the nearest cache however large the model is;
//! items, of which there are fewer, directly by number.
//!
//! Invariant: nothing of one question shows in the next. Left out: what the numbers mean (`predict`).

use crate::parameters::MAX_ITEMS;
use crate::postings::Posting;

/// A session that shares an item with the visit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// Similarity above, start below: one comparison decides nearly always.
    pub(crate) rank: u64,
    pub(crate) slot: u32,
    /// Which positions of the visit it shares, bit 0 the newest.
    pub(crate) mask: u32,
}

impl Candidate {
    pub(crate) fn start(self) -> u64 {
        self.rank & u64::from(u32::MAX)
    }

    pub(crate) fn similarity(self) -> u32 {
        (self.rank >> 32) as u32
    }
}

/// Where a session is among the candidates; empty unless the stamp is this question's.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) slot: u32,
    pub(crate) stamp: u16,
    pub(crate) index: u16,
}

/// Where an item is among those touched, or among those recommended; empty unless the stamp is the current one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ItemCell {
    pub(crate) stamp: u32,
    pub(crate) index: u32,
}

/// An item of a neighbour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touched {
    pub(crate) item: u32,
    pub(crate) sum: u32,
}

/// Working memory of one reader. Grows to the model's size once (8 bytes an item) and is then reused; it may be used with
/// several models in turn.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) stamp: u16,
    pub(crate) items: Vec<ItemCell>,
    pub(crate) item_stamp: u32,
    pub(crate) touched: Vec<Touched>,
    pub(crate) scores: Vec<f32>,
    pub(crate) contributions: Vec<[u32; MAX_ITEMS]>,
}

impl Scratch {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes held. Stops growing once the largest question was asked.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.candidates.capacity() * size_of::<Candidate>()
            + self.cells.capacity() * size_of::<Cell>()
            + self.items.capacity() * size_of::<ItemCell>()
            + self.touched.capacity() * size_of::<Touched>()
            + self.scores.capacity() * size_of::<f32>()
            + self.contributions.capacity() * size_of::<[u32; MAX_ITEMS]>()
    }

    /// An empty table with room for `entries` without crowding; returns the shift that takes a hash to a cell.
    pub(crate) fn next_table(&mut self, entries: usize) -> u32 {
        let size = (entries * 2).next_power_of_two().max(64);
        if self.cells.len() < size {
            self.cells.resize(size, Cell::default());
        }
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.cells.fill(Cell::default());
            self.stamp = 1;
        }
        self.candidates.clear();
        // Small questions use only the start of the table, which stays in the nearest cache.
        32 - size.trailing_zeros()
    }

    /// A stamp that no item cell carries yet.
    pub(crate) fn next_item_stamp(&mut self) -> u32 {
        if self.item_stamp == u32::MAX {
            self.items.fill(ItemCell::default());
            self.item_stamp = 0;
        }
        self.item_stamp += 1;
        self.item_stamp
    }

    /// Counts a session for a position of the visit.
    pub(crate) fn add(&mut self, shift: u32, posting: Posting, weight: u32, bit: u32) {
        let mut at = (posting.slot.wrapping_mul(0x9E37_79B1) >> shift) as usize;
        let wrap = (1_usize << (32 - shift)) - 1;
        loop {
            let cell = self.cells[at];
            if cell.stamp != self.stamp {
                // At most 16 × 4,000 sessions are collected, which fits.
                let index = u16::try_from(self.candidates.len()).unwrap_or(u16::MAX);
                self.cells[at] = Cell { slot: posting.slot, stamp: self.stamp, index };
                let rank = u64::from(weight) << 32 | u64::from(posting.start);
                self.candidates.push(Candidate { rank, slot: posting.slot, mask: bit });
                return;
            }
            if cell.slot == posting.slot {
                let candidate = &mut self.candidates[usize::from(cell.index)];
                candidate.rank += u64::from(weight) << 32;
                candidate.mask |= bit;
                return;
            }
            at = (at + 1) & wrap;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worn_out_scratch_starts_over() {
        // After as many questions as a stamp has values, old cells must not look fresh.
        let mut scratch = Scratch { stamp: u16::MAX, item_stamp: u32::MAX, ..Scratch::default() };
        scratch.cells = vec![Cell { slot: 3, stamp: 1, index: 9 }; 64];
        scratch.items = vec![ItemCell { stamp: 1, index: 5 }; 4];
        let shift = scratch.next_table(1);
        scratch.add(shift, Posting { start: 1, slot: 3 }, 2, 1);
        assert_eq!(scratch.candidates.len(), 1);
        assert_eq!(scratch.next_item_stamp(), 1);
        assert!(scratch.items.iter().all(|cell| cell.stamp == 0));
    }
}
