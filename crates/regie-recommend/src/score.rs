//! Scoring the items of the neighbours, and saying what spoke for each.
//!
//! VMIS: every item of a neighbour gets similarity × closeness, where closeness falls by a tenth with the distance of the
//! newest shared item from the end of the visit. VSTAN: each shared item speaks for the neighbour's items by their distance
//! from it; so every score is a plain sum over the visit's items, and so are the reasons.
//!
//! Invariant: sums of integers only, and [`Model::explain`] adds up the same terms as the scores. Left out: idf and damping,
//! which apply to the sum of an item.

use std::cmp::Reverse;

use crate::ItemId;
use crate::model::Model;
use crate::parameters::{Algorithm, MAX_ITEMS};
use crate::predict::{Question, Scored};
use crate::scratch::{Candidate, Reasons, Scratch};
use crate::sessions::INLINE;
use crate::weights::{REACH, closeness};

/// Where the visit's items are in a neighbour.
#[derive(Clone, Copy, Debug, Default)]
struct Shared {
    /// Index of the shared item in the neighbour.
    at: usize,
    weight: u32,
    /// Position in the visit.
    position: usize,
}

impl Model {
    pub(crate) fn score_evenly(&self, scratch: &mut Scratch) {
        self.make_ready(scratch);
        for at in 0..scratch.len {
            let neighbour = scratch.candidates[at];
            let weight = neighbour.similarity() * closeness(neighbour.mask);
            let (len, line) = self.sessions.line(neighbour.slot);
            // Of a neighbour that is too far nothing counts.
            let counting = if weight == 0 { 0 } else { len };
            scratch.give_line(counting.min(INLINE), line, &[weight; INLINE]);
            if counting > INLINE {
                let rest = self.sessions.rest(neighbour.slot);
                scratch.reserve_flat(rest.len() + (scratch.len - at) * INLINE);
                rest.iter().for_each(|&item| scratch.give(item, weight));
            }
        }
        scratch.sum_up();
    }

    pub(crate) fn score_by_distance(&self, question: &Question<'_>, scratch: &mut Scratch) {
        self.make_ready(scratch);
        let newest_start = scratch.candidates[..scratch.len].iter().map(|near| near.start()).max().unwrap_or(0);
        for at in 0..scratch.len {
            let neighbour = scratch.candidates[at];
            let (len, line) = self.sessions.line(neighbour.slot);
            if len > INLINE {
                self.score_long(question, scratch, at, newest_start);
                continue;
            }
            let (shared, count) = self.shared(question, neighbour, newest_start, line, &[]);
            let shared = &shared[..count];
            // All sums of the line at once: fixed lengths let the processor do them side by side.
            let mut sums = [0_u32; INLINE];
            for one in shared {
                let near = &self.tables.near[REACH - one.at..][..INLINE];
                for (sum, near) in sums.iter_mut().zip(near) {
                    *sum += one.weight * near;
                }
            }
            if let Some((next, boost)) = self.next(shared)
                && let Some(sum) = sums.get_mut(next)
            {
                *sum += boost;
            }
            scratch.give_line(len, line, &sums);
        }
        scratch.sum_up();
    }

    fn make_ready(&self, scratch: &mut Scratch) {
        // Touching all neighbours' lines once before use lets the waits for memory overlap.
        let neighbours = &scratch.candidates[..scratch.len];
        let total: u32 = neighbours.iter().map(|near| self.sessions.item_count(near.slot)).sum();
        scratch.clear_items(self.items.len(), scratch.len.max(total as usize / INLINE));
    }

    #[cold]
    fn score_long(&self, question: &Question<'_>, scratch: &mut Scratch, at: usize, newest_start: u32) {
        let neighbour = scratch.candidates[at];
        let (_, line) = self.sessions.line(neighbour.slot);
        let rest = self.sessions.rest(neighbour.slot);
        let (shared, count) = self.shared(question, neighbour, newest_start, line, rest);
        scratch.reserve_flat(rest.len() + (scratch.len - at) * INLINE);
        for (index, &item) in line.iter().chain(rest).enumerate() {
            let sum = shared[..count].iter().map(|one| one.weight * self.nearness(index, *one)).sum();
            scratch.give(item, sum);
        }
    }

    /// The shared items of a neighbour, the newest of the visit first.
    fn shared(
        &self,
        question: &Question<'_>,
        neighbour: Candidate,
        newest_start: u32,
        line: &[u32; INLINE],
        rest: &[u32],
    ) -> ([Shared; MAX_ITEMS], usize) {
        let mut shared = [Shared::default(); MAX_ITEMS];
        let mut count = 0;
        let mut mask = neighbour.mask;
        let newest = mask.trailing_zeros() as usize;
        let age = newest_start - neighbour.start();
        let window = question.window;
        while mask != 0 {
            let position = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let item = window[window.len() - 1 - position].0;
            let hits = line.iter().zip(0..).fold(0_u32, |hits, (&other, at)| hits | u32::from(other == item) << at);
            let at = if hits == 0 {
                rest.iter().position(|&other| other == item).map(|at| at + INLINE)
            } else {
                Some(hits.trailing_zeros() as usize)
            };
            let weight = question.weights.shared(&self.tables, &self.parameters, newest, position);
            let weight = self.tables.aged(weight, age, self.parameters.snh_half_life);
            if let Some(at) = at {
                shared[count] = Shared { at, weight, position };
                count += 1;
            }
        }
        (shared, count)
    }

    /// The index of the item right after the visit's newest, and what it gets more.
    fn next(&self, shared: &[Shared]) -> Option<(usize, u32)> {
        let newest = shared.first().filter(|one| one.position == 0)?;
        Some((newest.at + 1, newest.weight * (self.tables.next - self.tables.near[REACH + 1])))
    }

    fn nearness(&self, index: usize, one: Shared) -> u32 {
        if one.position == 0 && index == one.at + 1 {
            return self.tables.next;
        }
        self.tables.near[(index + REACH).saturating_sub(one.at).min(REACH * 2)]
    }

    /// Finds for each recommended item which items of the visit gave it most, by going over the neighbours again, which
    /// are still near.
    pub(crate) fn explain(&self, question: &Question<'_>, scratch: &mut Scratch, out: &mut [Scored]) {
        scratch.contributions.clear();
        scratch.contributions.resize(out.len(), [0; MAX_ITEMS]);
        // The sums are all zero between questions; here they say which answer an item is, plus one.
        for (index, scored) in (1_u32..).zip(out.iter()) {
            scratch.sums[scored.item.0 as usize] = index;
        }
        let newest_start = scratch.candidates[..scratch.len].iter().map(|near| near.start()).max().unwrap_or(0);
        for neighbour in &scratch.candidates[..scratch.len] {
            let (len, line) = self.sessions.line(neighbour.slot);
            let rest = if len > INLINE { self.sessions.rest(neighbour.slot) } else { &[] };
            let (shared, count) = match self.parameters.algorithm {
                Algorithm::Vmis => Self::shared_evenly(question, *neighbour),
                Algorithm::Vstan => self.shared(question, *neighbour, newest_start, line, rest),
            };
            for (index, &item) in line[..len.min(INLINE)].iter().chain(rest).enumerate() {
                let answer = scratch.sums[item as usize];
                if answer == 0 {
                    continue;
                }
                let contributions = &mut scratch.contributions[answer as usize - 1];
                for one in &shared[..count] {
                    contributions[one.position] += match self.parameters.algorithm {
                        Algorithm::Vmis => one.weight,
                        Algorithm::Vstan => one.weight * self.nearness(index, *one),
                    };
                }
            }
        }
        for scored in out.iter() {
            scratch.sums[scored.item.0 as usize] = 0;
        }
        for (scored, contributions) in out.iter_mut().zip(&scratch.contributions) {
            let reasons = strongest(question.window, *contributions);
            scored.because = reasons.iter().next().map_or(scored.because, |(item, _)| item);
            scratch.reasons.push(reasons);
        }
    }

    fn shared_evenly(question: &Question<'_>, neighbour: Candidate) -> ([Shared; MAX_ITEMS], usize) {
        let mut shared = [Shared::default(); MAX_ITEMS];
        let mut count = 0;
        let mut mask = neighbour.mask;
        while mask != 0 {
            let position = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let weight = question.weights.similar[position] * closeness(neighbour.mask);
            shared[count] = Shared { at: 0, weight, position };
            count += 1;
        }
        (shared, count)
    }
}

/// The three items of the visit that gave most; of equals the newer first.
fn strongest(window: &[ItemId], mut contributions: [u32; MAX_ITEMS]) -> Reasons {
    let total: u64 = contributions.iter().map(|&given| u64::from(given)).sum();
    let mut reasons = Reasons::default();
    for _ in 0..3 {
        let best = (0..window.len()).max_by_key(|&position| (contributions[position], Reverse(position)));
        let Some(position) = best.filter(|&position| contributions[position] > 0) else {
            break;
        };
        reasons.push(window[window.len() - 1 - position], contributions[position] as f32 / total as f32);
        contributions[position] = 0;
    }
    reasons
}
