//! Asking for the next basket.
//!
//! (1) The customer's strongest items, by weight times idf, each yield at most *m* customers. (2) Of those the 2 *k* with most
//! in common are compared exactly: Σ idf² × own weight × theirs, over the length of their vector. (3) The *k* most alike are
//! averaged. (4) Own, neighbours' and popular items are added up, each part divided by its best.
//!
//! Invariant: integers until the last step, which divides sums that do not depend on any order; ties go by lasting keys.

use std::cmp::Reverse;

use super::index::BasketModel;
use crate::items::ln;
use crate::{CustomerSlot, ItemId};

/// A recommended item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BasketScored {
    pub item: ItemId,
    /// Comparable within one answer only.
    pub score: f64,
    pub shares: Shares,
    /// What the customer bought that spoke for it most, at most three, the strongest first: the item itself if the customer
    /// bought it, then what the neighbours who buy it share with the customer.
    pub because: [Option<ItemId>; 3],
}

/// From what the score is made; the parts add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    pub own: f64,
    pub neighbours: f64,
    pub popular: f64,
}

#[derive(Clone, Copy, Debug)]
struct Near {
    slot: u32,
    /// What they have in common, then how alike they are.
    rank: u64,
}

/// Working memory of one reader, reused. Grows to the number of items and customers (16 and 12 bytes).
#[derive(Clone, Debug, Default)]
pub struct BasketScratch {
    /// By item, zero between questions: what the customer's item adds to likeness.
    query: Vec<u64>,
    /// By item, zero between questions: the neighbours' sum.
    sums: Vec<u64>,
    /// By customer, zero between questions: what they have in common.
    common: Vec<u64>,
    near: Vec<Near>,
    strongest: Vec<(u64, u32)>,
    candidates: Vec<u32>,
    scored: Vec<BasketScored>,
}

impl BasketScratch {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        (self.query.capacity() + self.sums.capacity() + self.common.capacity()) * 8
            + self.near.capacity() * size_of::<Near>()
            + self.strongest.capacity() * 16
            + self.candidates.capacity() * 4
            + self.scored.capacity() * size_of::<BasketScored>()
    }
}

/// Fixed-point one of idf squared and of likeness.
const ONE: f64 = 1024.0;

impl BasketModel {
    /// The `n` items most likely in the customer's next basket, best first, into `out` (cleared before). A customer without
    /// baskets gets popular items. `keep` says whether an item may be recommended; it must be a pure function. Ties go by item
    /// key. Fewer than `n` come only if there are no more items that were ever bought.
    ///
    /// Cost: some tens of microseconds for a customer of 25 items, some hundreds for one of 400.
    pub fn predict(
        &self,
        customer: CustomerSlot,
        n: usize,
        keep: impl Fn(ItemId) -> bool,
        scratch: &mut BasketScratch,
        out: &mut Vec<BasketScored>,
    ) {
        self.answer(customer, n, keep, true, scratch, out);
    }

    /// As [`BasketModel::predict`], but `because` stays empty: several times as fast, for evaluation and for lists that nobody
    /// sees.
    pub fn predict_without_reasons(
        &self,
        customer: CustomerSlot,
        n: usize,
        keep: impl Fn(ItemId) -> bool,
        scratch: &mut BasketScratch,
        out: &mut Vec<BasketScored>,
    ) {
        self.answer(customer, n, keep, false, scratch, out);
    }

    fn answer(
        &self,
        customer: CustomerSlot,
        n: usize,
        keep: impl Fn(ItemId) -> bool,
        reasons: bool,
        scratch: &mut BasketScratch,
        out: &mut Vec<BasketScored>,
    ) {
        out.clear();
        if n == 0 {
            return;
        }
        let vector = self.customers.get(customer.0 as usize).map_or(&[][..], |known| known.vector.as_slice());
        scratch.query.resize(self.keys.len().max(scratch.query.len()), 0);
        scratch.sums.resize(self.keys.len().max(scratch.sums.len()), 0);
        scratch.common.resize(self.customers.len().max(scratch.common.len()), 0);
        if self.parameters.neighbours > 0.0 {
            self.ask(vector, scratch);
            self.gather(customer.0, scratch);
            self.compare(scratch);
        } else {
            scratch.near.clear();
        }
        self.add_up(vector, n, keep, scratch);
        if reasons {
            self.explain(vector, scratch);
        }
        for &(item, _) in vector {
            scratch.query[item as usize] = 0;
        }
        out.extend_from_slice(&scratch.scored);
    }

    /// idf squared, at least one unit.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundred times the fixed-point one at most")]
    fn idf_square(&self, item: u32) -> u64 {
        let idf = f64::from(ln(self.len()) - ln(self.counts[item as usize] as usize));
        ((idf * idf * ONE).round() as u64).max(1)
    }

    fn ask(&self, vector: &[(u32, u32)], scratch: &mut BasketScratch) {
        scratch.strongest.clear();
        for &(item, weight) in vector {
            // 28 bits of weight and 18 of idf become 26: times 28 bits of a neighbour's weight, that leaves room to sum.
            let asked = ((u64::from(weight) * self.idf_square(item)) >> 20).max(1);
            scratch.query[item as usize] = asked;
            scratch.strongest.push((asked, item));
        }
        let order = |entry: &(u64, u32)| (Reverse(entry.0), self.keys[entry.1 as usize]);
        let wanted = self.parameters.query_items;
        if scratch.strongest.len() > wanted {
            scratch.strongest.select_nth_unstable_by_key(wanted, order);
            scratch.strongest.truncate(wanted);
        }
    }

    /// The customers that have most in common with the question, twice as many as are wanted.
    fn gather(&self, customer: u32, scratch: &mut BasketScratch) {
        scratch.near.clear();
        for &(asked, item) in &scratch.strongest {
            let mut left = self.parameters.m;
            for run in self.postings[item as usize].runs() {
                let run = &run[run.len().saturating_sub(left)..];
                left -= run.len();
                for posting in run {
                    let common = &mut scratch.common[posting.slot as usize];
                    if *common == 0 {
                        scratch.near.push(Near { slot: posting.slot, rank: 0 });
                    }
                    *common += asked;
                }
                if left == 0 {
                    break;
                }
            }
        }
        for near in &mut scratch.near {
            near.rank = std::mem::take(&mut scratch.common[near.slot as usize]);
        }
        scratch.near.retain(|near| near.slot != customer);
        self.keep_best(self.parameters.k * 2, scratch);
    }

    fn keep_best(&self, count: usize, scratch: &mut BasketScratch) {
        let order = |near: &Near| (Reverse(near.rank), self.customers[near.slot as usize].key);
        if scratch.near.len() > count {
            scratch.near.select_nth_unstable_by_key(count, order);
            scratch.near.truncate(count);
        }
    }

    fn compare(&self, scratch: &mut BasketScratch) {
        for near in &mut scratch.near {
            let other = &self.customers[near.slot as usize];
            let product: u64 =
                other.vector.iter().map(|&(item, weight)| scratch.query[item as usize].saturating_mul(u64::from(weight)) >> 8).sum();
            // A square root is the same on every machine; what it takes is an integer.
            let alike = product as f64 / (other.square.max(1) as f64).sqrt();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; zero or more")]
            let rank = (alike * ONE).round() as u64;
            near.rank = rank;
        }
        self.keep_best(self.parameters.k, scratch);
        // The most alike counts 1,024.
        let best = scratch.near.iter().map(|near| near.rank).max().unwrap_or(0).max(1);
        for near in &mut scratch.near {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the fixed-point one")]
            let share = (near.rank as f64 / best as f64 * ONE).round() as u64;
            near.rank = share.max(1);
        }
    }

    fn add_up(&self, vector: &[(u32, u32)], n: usize, keep: impl Fn(ItemId) -> bool, scratch: &mut BasketScratch) {
        scratch.candidates.clear();
        for near in &scratch.near {
            for &(item, weight) in &self.customers[near.slot as usize].vector {
                let sum = &mut scratch.sums[item as usize];
                if *sum == 0 {
                    scratch.candidates.push(item);
                }
                // At most 4,000 × 1,024 × 28 bits.
                *sum += near.rank * u64::from(weight);
            }
        }
        let sums = &mut scratch.sums;
        let best_sum = scratch.candidates.iter().map(|&item| sums[item as usize]).max().unwrap_or(0).max(1) as f64;
        let own = |item: u32| vector.binary_search_by_key(&item, |entry| entry.0).map_or(0, |at| vector[at].1);
        let best_own = f64::from(vector.iter().map(|entry| entry.1).max().unwrap_or(0).max(1));
        let best_count = f64::from(self.popular.last().map_or(0, |most| most.0).max(1));
        scratch.candidates.extend(vector.iter().map(|entry| entry.0).filter(|&item| sums[item as usize] == 0));
        let score = |item: u32, sum: u64| {
            let shares = Shares {
                own: f64::from(own(item)) / best_own,
                neighbours: self.parameters.neighbours * (sum as f64 / best_sum),
                popular: self.parameters.popularity * (f64::from(self.counts[item as usize]) / best_count),
            };
            BasketScored { item: ItemId(item), score: shares.own + shares.neighbours + shares.popular, shares, because: [None; 3] }
        };
        let scored = &mut scratch.scored;
        scored.clear();
        scored.extend(scratch.candidates.iter().filter(|&&item| keep(ItemId(item))).map(|&item| score(item, sums[item as usize])));
        // Of what neither the customer nor a neighbour bought, only the n most popular can make the list.
        let known = |item: u32| sums[item as usize] > 0 || own(item) > 0;
        let others = self.popular.iter().rev().map(|&(_, _, item)| item).filter(|&item| !known(item) && keep(ItemId(item)));
        scored.extend(others.take(n).map(|item| score(item, 0)));
        for item in &scratch.candidates {
            sums[*item as usize] = 0;
        }
        let order = |a: &BasketScored, b: &BasketScored| {
            b.score.total_cmp(&a.score).then_with(|| self.keys[a.item.0 as usize].cmp(&self.keys[b.item.0 as usize]))
        };
        if scored.len() > n {
            scored.select_nth_unstable_by(n, order);
            scored.truncate(n);
        }
        scored.sort_unstable_by(order);
    }

    /// For each answer the customer's own items that spoke for it.
    fn explain(&self, vector: &[(u32, u32)], scratch: &mut BasketScratch) {
        let mut scored = std::mem::take(&mut scratch.scored);
        for scored in &mut scored {
            let mut count = 0;
            if scored.shares.own > 0.0 {
                scored.because[0] = Some(scored.item);
                count = 1;
            }
            if scored.shares.neighbours <= scored.shares.own {
                continue;
            }
            // What the neighbours who buy it share with the customer.
            for near in &scratch.near {
                let other = &self.customers[near.slot as usize].vector;
                let Ok(at) = other.binary_search_by_key(&scored.item.0, |entry| entry.0) else {
                    continue;
                };
                let gives = (near.rank * u64::from(other[at].1)) >> 10;
                for &(item, weight) in other.iter().filter(|entry| scratch.query[entry.0 as usize] > 0 && entry.0 != scored.item.0) {
                    let speaks = scratch.query[item as usize].saturating_mul(u64::from(weight)) >> 16;
                    let sum = &mut scratch.sums[item as usize];
                    *sum = sum.saturating_add(gives.saturating_mul(speaks) >> 8);
                }
            }
            while let Some(place) = scored.because.get_mut(count) {
                let best = vector.iter().map(|entry| entry.0).filter(|&item| scratch.sums[item as usize] > 0);
                let best = best.max_by_key(|&item| (scratch.sums[item as usize], Reverse(self.keys[item as usize])));
                let Some(item) = best else { break };
                *place = Some(ItemId(item));
                scratch.sums[item as usize] = 0;
                count += 1;
            }
            for &(item, _) in vector {
                scratch.sums[item as usize] = 0;
            }
        }
        scratch.scored = scored;
    }
}
