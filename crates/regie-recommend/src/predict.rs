//! Asking the model: what goes with this visit?
//!
//! Four steps. (1) Walk the visit's items, newest first, and collect the newest *m* sessions that hold any of them.
//! (2) Keep the *k* most similar: similarity is the sum of the weights of the visit's items they hold; ties go to the
//! later start, then to the greater session key. (3) Score their items: idf × Σ similarity × closeness, where closeness
//! falls by a tenth with the distance of the newest shared item from the end of the visit. (4) Take the best *n*.
//!
//! Why the newest *m* need no heap: when a list has yielded *m* sessions, nothing older than its last can be among the
//! newest *m* overall; so that start is a floor under all lists, and what little is too much is cut off afterwards. The
//! result is the newest *m* of the union, whatever the order of walking.
//!
//! Invariants: no allocation once the scratch has grown; sums are integers, so order cannot matter; idf is a pure
//! function of two counters. Left out: who asks and what they may see, which is the caller's `keep`.

use std::cmp::{Ordering, Reverse};

use crate::ItemId;
use crate::items::ln;
use crate::model::Model;
use crate::parameters::MAX_ITEMS;
use crate::scratch::{Candidate, ItemCell, Scratch, Touched};

/// A recommended item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    pub item: ItemId,
    /// Comparable within one answer only; zero or more.
    pub score: f32,
    /// The item of the visit that spoke for it most; of equals the newest.
    pub because: ItemId,
}

/// One distinct item of the visit.
#[derive(Clone, Copy, Debug)]
struct Asked {
    item: u32,
    position: u32,
}

const CLOSENESS_STEPS: u32 = 10;

/// Ten tenths less one for each step from the end of the visit, the newest item being one step away.
fn closeness(mask: u32) -> u32 {
    (CLOSENESS_STEPS - 1).saturating_sub(mask.trailing_zeros())
}

impl Model {
    /// The `n` best items that go with a visit, best first, into `out` (cleared before).
    ///
    /// `visit` is in order of event; its newest [`crate::Parameters::max_items`] events count, each distinct item at its
    /// newest place. Unknown items only take up their place. An empty or wholly unknown visit gives nothing. `keep`
    /// says whether an item may be recommended; it must be a pure function, and is asked only about items that would
    /// make the list. Ties go by [`crate::ItemKey`]. Fewer than `n` come if the neighbours hold no more.
    pub fn predict(&self, visit: &[ItemId], n: usize, keep: impl Fn(ItemId) -> bool, scratch: &mut Scratch, out: &mut Vec<Scored>) {
        self.ask(visit, n, keep, true, scratch, out);
    }

    /// As [`Model::predict`], but `because` is only the visit's newest known item: a fifth faster, for evaluation and
    /// for lists that nobody sees.
    pub fn predict_without_reasons(
        &self,
        visit: &[ItemId],
        n: usize,
        keep: impl Fn(ItemId) -> bool,
        scratch: &mut Scratch,
        out: &mut Vec<Scored>,
    ) {
        self.ask(visit, n, keep, false, scratch, out);
    }

    fn ask(&self, visit: &[ItemId], n: usize, keep: impl Fn(ItemId) -> bool, reasons: bool, scratch: &mut Scratch, out: &mut Vec<Scored>) {
        out.clear();
        let parameters = &self.parameters;
        let window = &visit[visit.len().saturating_sub(parameters.max_items)..];
        let (asked, known, distinct) = self.asked(window);
        let asked = &asked[..known];
        let Some(newest) = asked.first().filter(|_| n > 0) else {
            return;
        };
        let (weights, unit) = parameters.visit_weights(window.len(), distinct);
        if let [only] = asked {
            self.collect_one(*only, weights[only.position as usize], scratch);
        } else {
            self.collect(asked, &weights, scratch);
            self.keep_newest(scratch);
            self.keep_most_similar(scratch);
        }
        self.score_items(scratch);
        let current = window.last().copied().filter(|_| !parameters.repeat_current);
        let because = ItemId(newest.item);
        self.best_items(n, because, |item| Some(item) != current && keep(item), scratch, out);
        if reasons && asked.len() > 1 {
            self.explain(window, &weights, scratch, out);
        }
        let unit = unit / CLOSENESS_STEPS as f32;
        for scored in out {
            scored.score *= unit;
        }
    }

    /// The visit's distinct known items, newest first, how many they are, and the number of distinct items with the
    /// unknown ones.
    fn asked(&self, window: &[ItemId]) -> ([Asked; MAX_ITEMS], usize, usize) {
        let mut asked = [Asked { item: 0, position: 0 }; MAX_ITEMS];
        let (mut known, mut distinct) = (0, 0);
        for (position, item) in (0_u32..).zip(window.iter().rev()) {
            let newer = &window[window.len() - position as usize..];
            if newer.contains(item) {
                continue;
            }
            distinct += 1;
            if self.sessions_with(*item) > 0 {
                asked[known] = Asked { item: item.0, position };
                known += 1;
            }
        }
        (asked, known, distinct)
    }

    /// With one item all neighbours are equally similar, so the newest are the most similar.
    fn collect_one(&self, asked: Asked, weight: u32, scratch: &mut Scratch) {
        let mut left = self.parameters.m.min(self.parameters.k);
        let mask = 1 << asked.position;
        scratch.candidates.clear();
        for run in self.items.postings[asked.item as usize].runs() {
            let run = &run[run.len().saturating_sub(left)..];
            left -= run.len();
            scratch.candidates.extend(run.iter().map(|posting| Candidate {
                rank: u64::from(weight) << 32 | u64::from(posting.start),
                slot: posting.slot,
                mask,
            }));
            if left == 0 {
                break;
            }
        }
    }

    fn collect(&self, asked: &[Asked], weights: &[u32; MAX_ITEMS], scratch: &mut Scratch) {
        let m = self.parameters.m;
        let lists = asked.iter().map(|asked| self.items.postings[asked.item as usize].len().min(m));
        let shift = scratch.next_table(lists.sum());
        // No session older than this can be among the newest m.
        let mut floor = 0;
        for &Asked { item, position } in asked {
            let (weight, bit) = (weights[position as usize], 1 << position);
            let mut left = m;
            for run in self.items.postings[item as usize].runs() {
                let run = &run[run.len().saturating_sub(left)..];
                left -= run.len();
                for &posting in run.iter().rev() {
                    if posting.start < floor {
                        left = usize::MAX;
                        break;
                    }
                    scratch.add(shift, posting, weight, bit);
                }
                if left == usize::MAX {
                    break;
                }
                if left == 0 {
                    floor = floor.max(run.first().map_or(0, |oldest| oldest.start));
                    break;
                }
            }
        }
    }

    fn keep_newest(&self, scratch: &mut Scratch) {
        let m = self.parameters.m;
        if scratch.candidates.len() > m {
            scratch.candidates.select_nth_unstable_by(m - 1, |a, b| b.start().cmp(&a.start()).then_with(|| self.by_key(*a, *b)));
            scratch.candidates.truncate(m);
        }
    }

    fn keep_most_similar(&self, scratch: &mut Scratch) {
        let k = self.parameters.k;
        if scratch.candidates.len() > k {
            scratch.candidates.select_nth_unstable_by(k - 1, |a, b| b.rank.cmp(&a.rank).then_with(|| self.by_key(*a, *b)));
            scratch.candidates.truncate(k);
        }
    }

    /// Greater key first.
    fn by_key(&self, a: Candidate, b: Candidate) -> Ordering {
        self.sessions.key(b.slot).cmp(&self.sessions.key(a.slot))
    }

    fn score_items(&self, scratch: &mut Scratch) {
        if scratch.items.len() < self.items.len() {
            scratch.items.resize(self.items.len(), ItemCell::default());
        }
        let stamp = scratch.next_item_stamp();
        scratch.touched.clear();
        // Reading all neighbours' lines once before use lets the waits for memory overlap.
        let total: u32 = scratch.candidates.iter().map(|near| self.sessions.item_count(near.slot)).sum();
        scratch.touched.reserve(total as usize);
        let mut index = 0;
        for neighbour in &scratch.candidates {
            let weight = neighbour.similarity() * closeness(neighbour.mask);
            if weight == 0 {
                continue;
            }
            let (first, rest) = self.sessions.items(neighbour.slot);
            for &item in first.iter().chain(rest) {
                let cell = &mut scratch.items[item as usize];
                if cell.stamp == stamp {
                    scratch.touched[cell.index as usize].sum += weight;
                } else {
                    *cell = ItemCell { stamp, index };
                    index += 1;
                    scratch.touched.push(Touched { item, sum: weight });
                }
            }
        }
    }

    fn best_items(&self, n: usize, because: ItemId, keep: impl Fn(ItemId) -> bool, scratch: &mut Scratch, out: &mut Vec<Scored>) {
        let ln_sessions = ln(self.len());
        // Apart from choosing, because a loop without branches lets the waits for memory overlap.
        scratch.scores.clear();
        scratch
            .scores
            .extend(scratch.touched.iter().map(|touched| touched.sum as f32 * (ln_sessions - self.items.ln_count[touched.item as usize])));
        let mut worst = f32::NEG_INFINITY;
        for (touched, &score) in scratch.touched.iter().zip(&scratch.scores) {
            if score < worst {
                continue;
            }
            let item = ItemId(touched.item);
            let at = out.partition_point(|other| {
                other.score > score || other.score == score && self.items.keys[other.item.0 as usize] < self.items.keys[item.0 as usize]
            });
            if at < n && keep(item) {
                out.truncate(n - 1);
                out.insert(at, Scored { item, score, because });
                if out.len() == n {
                    worst = out[n - 1].score;
                }
            }
        }
    }

    /// Finds for each recommended item which item of the visit gave it most, by going over the neighbours again, which
    /// are still near.
    fn explain(&self, window: &[ItemId], weights: &[u32; MAX_ITEMS], scratch: &mut Scratch, out: &mut [Scored]) {
        let stamp = scratch.next_item_stamp();
        scratch.contributions.clear();
        scratch.contributions.resize(out.len(), [0; MAX_ITEMS]);
        for (index, scored) in (0_u32..).zip(out.iter()) {
            scratch.items[scored.item.0 as usize] = ItemCell { stamp, index };
        }
        for neighbour in &scratch.candidates {
            let closeness = closeness(neighbour.mask);
            let (first, rest) = self.sessions.items(neighbour.slot);
            for &item in first.iter().chain(rest) {
                let cell = scratch.items[item as usize];
                if cell.stamp != stamp {
                    continue;
                }
                let contributions = &mut scratch.contributions[cell.index as usize];
                let mut mask = neighbour.mask;
                while mask != 0 {
                    let position = mask.trailing_zeros() as usize;
                    contributions[position] += weights[position] * closeness;
                    mask &= mask - 1;
                }
            }
        }
        for (scored, contributions) in out.iter_mut().zip(&scratch.contributions) {
            let strongest = (0..window.len()).max_by_key(|&position| (contributions[position], Reverse(position)));
            if let Some(position) = strongest {
                scored.because = window[window.len() - 1 - position];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closeness_falls_to_zero() {
        assert_eq!([1_u32, 0b10, 0b110, 1 << 8, 1 << 9, 1 << 15].map(closeness), [9, 8, 8, 1, 0, 0]);
    }
}
