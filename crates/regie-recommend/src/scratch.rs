//! The working memory of a prediction: candidate sessions, touched items, and the tables that find them.
//!
//! Candidates are found by hash in a table as large as the question needs, so that it stays in the nearest cache however
//! large the model is; items, of which there are fewer, directly by number, in a table that is wiped where it was used. The
//! loops here are written so that the processor need not guess: whether a session or an item was seen before is a coin
//! toss, and so is the length of a session, and a wrong guess costs as much as ten entries.
//!
//! Invariant: nothing of one question shows in the next. Left out: what the numbers mean (`predict`).

use std::ops::Range;

use crate::ItemId;
use crate::parameters::MAX_ITEMS;
use crate::postings::Posting;
use crate::sessions::INLINE;
use crate::weights::REACH;

/// A session that shares an item with the visit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Candidate {
    /// Similarity above, start below: one comparison decides nearly always.
    pub(crate) rank: u64,
    pub(crate) slot: u32,
    /// Which positions of the visit it shares, bit 0 the newest.
    pub(crate) mask: u32,
}

impl Candidate {
    pub(crate) fn new(posting: Posting, weight: u32, mask: u32) -> Self {
        Self { rank: u64::from(weight) << 32 | u64::from(posting.start), slot: posting.slot, mask }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half is the start")]
    pub(crate) fn start(self) -> u32 {
        self.rank as u32
    }

    pub(crate) fn similarity(self) -> u32 {
        (self.rank >> 32) as u32
    }
}

/// An item that may make the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contender {
    pub(crate) score: f32,
    pub(crate) item: u32,
}

/// What of the visit spoke most for one recommended item: at most three items, the strongest first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reasons {
    strongest: [(u32, f32); 3],
    len: usize,
}

impl Reasons {
    pub(crate) fn push(&mut self, item: ItemId, share: f32) {
        if let Some(place) = self.strongest.get_mut(self.len) {
            *place = (item.0, share);
            self.len += 1;
        }
    }

    /// The item of the visit, and its share of the score from 0 to 1.
    pub fn iter(&self) -> impl Iterator<Item = (ItemId, f32)> + '_ {
        self.strongest[..self.len].iter().map(|&(item, share)| (ItemId(item), share))
    }
}

/// Working memory of one reader. Grows to the model's size once (4 bytes an item) and is then reused; it may be used with
/// several models in turn.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// Room; the first `len` are candidates.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) len: usize,
    /// Place among the candidates and one, or zero.
    cells: Vec<u16>,
    /// The neighbours' items and what each gives, one after the other, repeats included; room, as above.
    flat: Vec<u32>,
    given: Vec<u32>,
    flat_len: usize,
    /// What items get by their distance, for each newest shared item and shared item: see `score`.
    pub(crate) rows: Vec<[u32; REACH * 2 + 1]>,
    /// By item; all zero between questions.
    pub(crate) sums: Vec<u32>,
    /// Room; the first `touched_len` are the distinct items of the neighbours.
    pub(crate) touched: Vec<u32>,
    pub(crate) touched_len: usize,
    pub(crate) starts: Vec<u32>,
    pub(crate) ranks: Vec<u64>,
    pub(crate) contenders: Vec<Contender>,
    pub(crate) contributions: Vec<[u32; MAX_ITEMS]>,
    pub(crate) reasons: Vec<Reasons>,
}

impl Scratch {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For each item of the last answer of [`crate::Model::predict`], in its order, what of the visit spoke for it.
    #[must_use]
    pub fn reasons(&self) -> &[Reasons] {
        &self.reasons
    }

    /// Bytes held. Stops growing once the largest question was asked.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.candidates.capacity() * size_of::<Candidate>()
            + self.cells.capacity() * 2
            + (self.flat.capacity() + self.given.capacity() + self.sums.capacity() + self.touched.capacity() + self.starts.capacity()) * 4
            + self.rows.capacity() * size_of::<[u32; REACH * 2 + 1]>()
            + self.ranks.capacity() * 8
            + self.contenders.capacity() * size_of::<Contender>()
            + self.contributions.capacity() * size_of::<[u32; MAX_ITEMS]>()
            + self.reasons.capacity() * size_of::<Reasons>()
    }

    /// No candidates, and room for `entries`.
    pub(crate) fn clear_candidates(&mut self, entries: usize) {
        // One more, because the place after the last is written before it is known to be needed.
        if self.candidates.len() <= entries {
            self.candidates.resize(entries + 1, Candidate::default());
        }
        self.len = 0;
    }

    /// An empty table with room for `entries` without crowding; returns the shift that takes a hash to a cell.
    pub(crate) fn next_table(&mut self, entries: usize) -> u32 {
        // Crowded one in four: a session in another's cell is a wrong guess too.
        let size = (entries * 4).next_power_of_two().max(64);
        if self.cells.len() < size {
            self.cells.resize(size, 0);
        }
        // Small questions use only the start of the table, which stays in the nearest cache.
        self.cells[..size].fill(0);
        self.clear_candidates(entries);
        32 - size.trailing_zeros()
    }

    /// Room for the sums of `known` items and for all items of `neighbours` sessions that fit their line.
    pub(crate) fn clear_items(&mut self, known: usize, neighbours: usize) {
        if self.sums.len() < known {
            self.sums.resize(known, 0);
        }
        self.flat_len = 0;
        self.reserve_flat(neighbours * INLINE);
    }

    pub(crate) fn reserve_flat(&mut self, more: usize) {
        // A line is always written whole, whatever of it counts.
        let room = self.flat_len + more + INLINE;
        if self.flat.len() < room {
            self.flat.resize(room, 0);
            self.given.resize(room, 0);
            self.touched.resize(room + 1, 0);
        }
    }

    /// Adds the first `len` items of a neighbour's line.
    #[inline]
    pub(crate) fn give_line(&mut self, len: usize, items: &[u32; INLINE], given: &[u32; INLINE]) {
        let at = self.flat_len;
        self.flat[at..at + INLINE].copy_from_slice(items);
        self.given[at..at + INLINE].copy_from_slice(given);
        self.flat_len = at + len;
    }

    /// Adds one more item of a neighbour. There must be room.
    pub(crate) fn give(&mut self, item: u32, given: u32) {
        self.flat[self.flat_len] = item;
        self.given[self.flat_len] = given;
        self.flat_len += 1;
    }

    /// Adds up what was given to each item. What is given must be over zero.
    pub(crate) fn sum_up(&mut self) {
        let (sums, touched) = (self.sums.as_mut_slice(), self.touched.as_mut_slice());
        let mut len = 0;
        for (&item, &given) in self.flat[..self.flat_len].iter().zip(&self.given[..self.flat_len]) {
            let sum = &mut sums[item as usize];
            touched[len] = item;
            len += usize::from(*sum == 0);
            *sum += given;
        }
        self.touched_len = len;
    }

    pub(crate) fn newest_start(&self) -> u32 {
        self.candidates[..self.len].iter().map(|candidate| candidate.start()).max().unwrap_or(0)
    }

    /// Drops the other candidates, without guessing which.
    pub(crate) fn retain(&mut self, keep: impl Fn(Candidate) -> bool) {
        let candidates = &mut self.candidates[..self.len];
        let mut kept = 0;
        for at in 0..candidates.len() {
            let candidate = candidates[at];
            candidates[kept] = candidate;
            kept += usize::from(keep(candidate));
        }
        self.len = kept;
    }

    /// A floor under the starts of the newest `m` candidates.
    pub(crate) fn floor(&mut self, m: usize) -> u32 {
        if self.len < m || m == 0 {
            return 0;
        }
        self.starts.clear();
        self.starts.extend(self.candidates[..self.len].iter().map(|candidate| candidate.start()));
        let at = self.starts.len() - m;
        *self.starts.select_nth_unstable(at).1
    }

    /// Counts the sessions of a run for a position of the visit, but only those that started in `starts`; false if there
    /// are older ones in the run, behind which there is nothing of interest.
    pub(crate) fn add(&mut self, shift: u32, run: &[Posting], starts: Range<u32>, weight: u32, bit: u32) -> bool {
        let size = 1_usize << (32 - shift);
        let (cells, candidates) = (&mut self.cells[..size], self.candidates.as_mut_slice());
        let mut len = self.len;
        let older = |than: u32| run.partition_point(|one| one.start < than);
        let from = if run.first().is_some_and(|oldest| oldest.start < starts.start) { older(starts.start) } else { 0 };
        let to = if run.last().is_some_and(|newest| newest.start >= starts.end) { older(starts.end) } else { run.len() };
        let run = run.get(from..to).unwrap_or_default();
        // Touching each line of memory once before use lets the waits overlap.
        std::hint::black_box(run.iter().step_by(8).fold(0, |all, one| all | one.start));
        for &posting in run {
            let mut at = (posting.slot.wrapping_mul(0x9E37_79B1) >> shift) as usize;
            loop {
                let cell = usize::from(cells[at & (size - 1)]);
                let fresh = cell == 0;
                let index = if fresh { len } else { cell - 1 };
                let candidate = &mut candidates[index];
                // Both are looked at, so that only the rare answer is a surprise.
                if !fresh & (candidate.slot != posting.slot) {
                    at += 1;
                    continue;
                }
                let (rank, mask) = if fresh { (u64::from(posting.start), 0) } else { (candidate.rank, candidate.mask) };
                *candidate = Candidate { rank: rank + (u64::from(weight) << 32), slot: posting.slot, mask: mask | bit };
                // At most 16 × 4,000 sessions are collected, which fits.
                #[expect(clippy::cast_possible_truncation, reason = "see above")]
                let place = (index + 1) as u16;
                cells[at & (size - 1)] = place;
                len += usize::from(fresh);
                break;
            }
        }
        self.len = len;
        from == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_of_what_was_given() {
        let mut scratch = Scratch::default();
        scratch.clear_items(20, 2);
        let items: [u32; INLINE] = std::array::from_fn(|at| u32::try_from(at).unwrap());
        scratch.give_line(3, &items, &[5; INLINE]);
        scratch.give_line(2, &items, &[1; INLINE]);
        scratch.reserve_flat(1);
        scratch.give(19, 7);
        scratch.sum_up();
        assert_eq!(scratch.touched[..scratch.touched_len], [0, 1, 2, 19]);
        assert_eq!([0, 1, 2, 3, 19].map(|item: usize| scratch.sums[item]), [6, 6, 5, 0, 7]);
    }

    #[test]
    fn the_floor_is_under_the_newest() {
        let mut scratch = Scratch::default();
        let shift = scratch.next_table(4);
        let run: Vec<Posting> = [3, 5, 5, 9].into_iter().zip(0..).map(|(start, slot)| Posting { start, slot }).collect();
        scratch.add(shift, &run, 0..u32::MAX, 1, 1);
        assert_eq!([1, 2, 3, 4, 5].map(|m| scratch.floor(m)), [9, 5, 5, 3, 0]);
    }

    #[test]
    fn sessions_that_share_a_cell_stay_apart() {
        let mut scratch = Scratch::default();
        let shift = scratch.next_table(40);
        let run: Vec<Posting> = (0..40).map(|slot| Posting { start: slot, slot: slot * 1_000 }).collect();
        assert!(scratch.add(shift, &run, 0..u32::MAX, 3, 1));
        assert!(!scratch.add(shift, &run, 20..u32::MAX, 2, 2), "the floor stops it");
        assert_eq!(scratch.len, 40);
        for candidate in &scratch.candidates[..40] {
            let twice = candidate.start() >= 20;
            assert_eq!(candidate.slot, candidate.start() * 1_000);
            assert_eq!((candidate.similarity(), candidate.mask), if twice { (5, 3) } else { (3, 1) });
        }
    }
}
