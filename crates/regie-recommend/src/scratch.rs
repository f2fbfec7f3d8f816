//! The working memory of a prediction: candidate sessions, touched items, and the tables that find them.
//!
//! Candidates are found by hash in a table as large as the question needs, so that it stays in the nearest cache however
//! large the model is; items, of which there are fewer, directly by number, in a table that is wiped where it was used. The
//! loops over items are written so that the processor need not guess: whether an item was seen before is a coin toss, and so is
//! the length of a session, and a wrong guess costs as much as ten entries. Whether a session is a candidate already is guessed:
//! otherwise each entry waits for what the one before it wrote, which was measured to cost more.
//!
//! Invariant: nothing of one question shows in the next. Left out: what the numbers mean (`predict`).

use std::ops::Range;

use crate::ItemId;
use crate::best::Best;
use crate::parameters::MAX_ITEMS;
use crate::postings::{Posting, touch};
use crate::sessions::LINE;
use crate::weights::REACH;

/// Bits of a cell that hold a place among the candidates.
pub(crate) const PLACE_BITS: u32 = 16;
const PLACE: u32 = (1 << PLACE_BITS) - 1;

/// A session that shares an item with the visit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Candidate {
    pub(crate) posting: Posting,
    /// Similarity in the upper half; in the lower which positions of the visit it shares, bit 0 the newest. One number,
    /// because both grow together.
    pub(crate) tally: u64,
}

/// What a session gains by holding the item at a position of the visit.
pub(crate) fn tally(weight: u32, position: u32) -> u64 {
    u64::from(weight) << 32 | 1 << position
}

impl Candidate {
    pub(crate) fn similarity(self) -> u32 {
        (self.tally >> 32) as u32
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half is the mask")]
    pub(crate) fn mask(self) -> u32 {
        self.tally as u32
    }
}

/// What of the visit spoke most for one recommended item: at most three items, the strongest first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reasons {
    strongest: [(u32, f32); 3],
    len: usize,
}

impl Reasons {
    /// One item spoke for it, alone.
    pub(crate) fn only(item: ItemId) -> Self {
        let mut reasons = Self::default();
        reasons.push(item, 1.0);
        reasons
    }

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

/// An item of a neighbour that is one of the answers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answer {
    /// Where the neighbour holds it.
    pub(crate) place: u32,
    /// Which answer it is.
    pub(crate) index: u32,
}

/// What items get by their distance from a shared item: entry [`REACH`] is the shared item itself, the outermost are of all that are
/// farther.
pub(crate) type Row = [u32; REACH * 2 + 1];

/// The sessions whose items are scored, and their items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Near {
    pub(crate) neighbours: Vec<Candidate>,
    /// Room for [`Gifts`], which hold their items one neighbour after the other until the next question.
    pub(crate) items: Vec<u32>,
    pub(crate) given: Vec<u32>,
}

impl Near {
    fn memory_bytes(&self) -> usize {
        self.neighbours.capacity() * size_of::<Candidate>() + (self.items.capacity() + self.given.capacity()) * 4
    }
}

/// Working memory of one reader. Grows to the model's size once (4 bytes an item) and is then reused; it may be used with
/// several models in turn.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// Room; the first `len` are candidates.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) len: usize,
    /// The question above, the place among the candidates below; the first `size` are in use, a power of two. What another
    /// question left counts as empty, so that nothing needs to be wiped.
    cells: Vec<u32>,
    size: usize,
    question: u32,
    pub(crate) near: Near,
    /// Where those wait while a further question is asked.
    pub(crate) own_near: Near,
    /// What items get by their distance, for each newest shared item and shared item: see `score`.
    pub(crate) rows: Vec<Row>,
    /// What the items of one neighbour get.
    pub(crate) one: Vec<u32>,
    /// The answers among them.
    pub(crate) answers: Vec<Answer>,
    /// By item; all zero between questions.
    pub(crate) sums: Vec<u32>,
    /// The distinct items of the neighbours.
    pub(crate) touched: Vec<u32>,
    pub(crate) starts: Vec<u32>,
    pub(crate) keys: Vec<u64>,
    pub(crate) best: Best,
    /// The best items and their scores, best first.
    pub(crate) contenders: Vec<(u32, f32)>,
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
            + self.near.memory_bytes()
            + self.own_near.memory_bytes()
            + [&self.cells, &self.sums, &self.touched, &self.starts, &self.one].iter().map(|room| room.capacity() * 4).sum::<usize>()
            + self.answers.capacity() * size_of::<Answer>()
            + self.rows.capacity() * size_of::<Row>()
            + self.keys.capacity() * 8
            + self.best.memory_bytes()
            + self.contenders.capacity() * size_of::<(u32, f32)>()
            + self.contributions.capacity() * size_of::<[u32; MAX_ITEMS]>()
            + self.reasons.capacity() * size_of::<Reasons>()
    }

    /// No candidates, and an empty table that is not crowded with `expected` of them; it grows if there are more.
    pub(crate) fn clear_candidates(&mut self, expected: usize) {
        self.len = 0;
        self.clear_table(expected);
    }

    fn clear_table(&mut self, expected: usize) {
        // Crowded one in four: a session in another's cell is a wrong guess. Small questions use only the start of the table, which
        // stays in the nearest cache.
        self.size = (expected * 4).next_power_of_two().max(64);
        if self.cells.len() < self.size {
            self.cells.resize(self.size, 0);
        }
        self.question = self.question.wrapping_add(1 << PLACE_BITS);
        if self.question == 0 {
            self.cells.fill(0);
            self.question = 1 << PLACE_BITS;
        }
    }

    /// Makes room for `more` candidates; the table stays at least half empty.
    fn reserve_candidates(&mut self, more: usize) {
        let entries = self.len + more;
        if self.candidates.len() < entries {
            self.candidates.resize(entries * 2, Candidate::default());
        }
        if entries * 2 > self.size {
            self.clear_table(entries);
            let shift = shift(self.size);
            for (place, candidate) in (0..).zip(&self.candidates[..self.len]) {
                let mut at = home(candidate.posting, shift);
                while self.cells[at & (self.size - 1)] >= self.question {
                    at += 1;
                }
                self.cells[at & (self.size - 1)] = self.question | place;
            }
        }
    }

    /// Adds sessions of which none is a candidate yet.
    pub(crate) fn add_new(&mut self, run: &[Posting], gain: u64) {
        self.reserve_candidates(run.len());
        let shift = shift(self.size);
        let (cells, fresh) = (&mut self.cells[..self.size], &mut self.candidates[self.len..][..run.len()]);
        let last = cells.len() - 1;
        let places = self.question | as_place(self.len)..;
        for ((place, candidate), &posting) in places.zip(fresh).zip(run) {
            *candidate = Candidate { posting, tally: gain };
            let mut at = home(posting, shift) & last;
            while cells[at] >= self.question {
                at = (at + 1) & last;
            }
            cells[at] = place;
        }
        self.len += run.len();
    }

    /// Adds sessions that may be candidates already, for another position of the visit.
    pub(crate) fn add(&mut self, run: &[Posting], gain: u64) {
        self.reserve_candidates(run.len());
        let shift = shift(self.size);
        let (cells, candidates, question) = (&mut self.cells[..self.size], self.candidates.as_mut_slice(), self.question);
        let last = cells.len() - 1;
        let mut len = as_place(self.len);
        for &posting in run {
            let mut at = home(posting, shift) & last;
            while cells[at] >= question && candidates[(cells[at] & PLACE) as usize].posting.slot != posting.slot {
                at = (at + 1) & last;
            }
            if cells[at] >= question {
                candidates[(cells[at] & PLACE) as usize].tally += gain;
            } else {
                candidates[len as usize] = Candidate { posting, tally: gain };
                cells[at] = question | len;
                len += 1;
            }
        }
        self.len = len as usize;
    }

    pub(crate) fn newest_start(&self) -> u32 {
        self.near.neighbours.iter().map(|near| near.posting.start).max().unwrap_or(0)
    }
}

/// The neighbours' items and what each gives, one after the other, repeats included.
#[derive(Debug)]
pub(crate) struct Gifts<'a> {
    items: &'a mut [u32],
    given: &'a mut [u32],
    len: usize,
}

impl<'a> Gifts<'a> {
    /// None yet, and room for `count`.
    pub(crate) fn new(items: &'a mut Vec<u32>, given: &'a mut Vec<u32>, count: usize) -> Self {
        // A line is always written whole, whatever of it counts.
        let room = count + LINE;
        if items.len() < room {
            items.resize(room, 0);
            given.resize(room, 0);
        }
        Self { items, given, len: 0 }
    }

    /// The first `len` items of a neighbour's line.
    #[inline]
    pub(crate) fn line(&mut self, len: usize, items: &[u32; LINE], given: &[u32; LINE]) {
        let at = self.len;
        self.items[at..at + LINE].copy_from_slice(items);
        self.given[at..at + LINE].copy_from_slice(given);
        self.len = at + len;
    }

    /// Some items of a neighbour.
    pub(crate) fn some(&mut self, items: &[u32], given: &[u32]) {
        let to = self.len + items.len();
        self.items[self.len..to].copy_from_slice(items);
        self.given[self.len..to].copy_from_slice(given);
        self.len = to;
    }

    /// One more item of a neighbour.
    pub(crate) fn one(&mut self, item: u32, given: u32) {
        self.items[self.len] = item;
        self.given[self.len] = given;
        self.len += 1;
    }

    /// Adds up what each item was given, into `sums` by item, which must be zero; `touched` gets the items. What is given must
    /// be over zero.
    pub(crate) fn sum_up(self, sums: &mut [u32], touched: &mut Vec<u32>) {
        // The place after the last is written before it is known to be needed.
        touched.resize(self.len + 1, 0);
        let distinct = touched.as_mut_slice();
        let mut len = 0;
        for (&item, &given) in self.items[..self.len].iter().zip(&self.given[..self.len]) {
            let sum = &mut sums[item as usize];
            distinct[len] = item;
            len += usize::from(*sum == 0);
            *sum += given;
        }
        touched.truncate(len);
    }
}

/// At most 16 × 4,000 sessions are collected, which fits.
#[expect(clippy::cast_possible_truncation, reason = "see above")]
fn as_place(len: usize) -> u32 {
    len as u32
}

/// The part of a run that started in `starts`.
pub(crate) fn within(run: &[Posting], starts: Range<u32>) -> &[Posting] {
    let older = |than: u32| run.partition_point(|one| one.start < than);
    let from = if run.first().is_some_and(|oldest| oldest.start < starts.start) { older(starts.start) } else { 0 };
    let to = if run.last().is_some_and(|newest| newest.start >= starts.end) { older(starts.end) } else { run.len() };
    let run = run.get(from..to).unwrap_or_default();
    touch(run);
    run
}

fn shift(size: usize) -> u32 {
    32 - size.trailing_zeros()
}

/// The cell where the search for a session begins.
fn home(posting: Posting, shift: u32) -> usize {
    (posting.slot.wrapping_mul(0x9E37_79B1) >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_of_what_was_given() {
        let (mut items, mut given, mut sums, mut touched) = (Vec::new(), Vec::new(), vec![0; 20], Vec::new());
        let mut gifts = Gifts::new(&mut items, &mut given, 6);
        let line: [u32; LINE] = std::array::from_fn(|at| u32::try_from(at).unwrap());
        gifts.line(3, &line, &[5; LINE]);
        gifts.line(2, &line, &[1; LINE]);
        gifts.one(19, 7);
        gifts.sum_up(&mut sums, &mut touched);
        assert_eq!(touched, [0, 1, 2, 19]);
        assert_eq!([0, 1, 2, 3, 19].map(|item: usize| sums[item]), [6, 6, 5, 0, 7]);
    }

    fn run(starts: impl Iterator<Item = u32>) -> Vec<Posting> {
        starts.zip(0..).map(|(start, slot)| Posting { start, slot: slot * 1_000 }).collect()
    }

    #[test]
    fn a_part_of_a_run() {
        let run = run([3, 5, 5, 9].into_iter());
        let part = |starts| within(&run, starts).iter().map(|one| one.start).collect::<Vec<_>>();
        assert_eq!(part(0..10), [3, 5, 5, 9]);
        assert_eq!(part(4..9), [5, 5]);
        assert!([6..9, 20..30, 0..3].into_iter().all(|starts| part(starts).is_empty()));
    }

    #[test]
    fn sessions_that_share_a_cell_stay_apart() {
        // The second table is too small and has to grow on the way.
        for expected in [400, 1] {
            let mut scratch = Scratch::default();
            scratch.clear_candidates(expected);
            let run = run(0..400);
            run[..300].chunks(40).for_each(|part| scratch.add_new(part, tally(3, 0)));
            scratch.add(&run[200..], tally(2, 1));
            assert_eq!(scratch.len, 400);
            for candidate in &scratch.candidates[..400] {
                let expected = match candidate.posting.start {
                    0..200 => (3, 1),
                    200..300 => (5, 3),
                    _ => (2, 2),
                };
                assert_eq!(
                    (candidate.posting.slot, candidate.similarity(), candidate.mask()),
                    (candidate.posting.start * 1_000, expected.0, expected.1)
                );
            }
        }
    }
}
