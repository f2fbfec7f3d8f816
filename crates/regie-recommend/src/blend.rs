//! One list of several: what goes with the visit, what the customer buys again, and what is popular.
//!
//! Each list's scores are divided by its best, then weighed; an item in several lists gets the sum, and its origin is the personal
//! list that gave it more. What is popular weighs little, but it weighs: where everybody buys the same few things, a list without
//! them is worse than one that holds nothing else. Items beyond all lists fill up: someone for whom little is known or allowed
//! still gets a full page.
//!
//! Invariant: the answer holds distinct items; ties go by key. Left out: what may be shown to whom, which the caller has
//! settled before.

use crate::predict::Scored;
use crate::repeat::Repeat;
use crate::{ItemId, ItemKey};

/// Where a recommended item comes from. The order decides when two lists give an item equally much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    Visit,
    Repeat,
    Popular,
}

/// How much each list weighs; zero leaves it out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    pub visit: f32,
    pub repeat: f32,
    pub popular: f32,
}

impl Default for Weights {
    /// Chosen on a grocer's year, by the visit before each household's last: what one buys again weighs most, what one does now
    /// nearly as much.
    fn default() -> Self {
        Self { visit: 0.8, repeat: 1.0, popular: 0.2 }
    }
}

/// An item of the blended list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blended {
    pub item: ItemId,
    /// At most the sum of the weights; zero for items that only fill up.
    pub score: f32,
    pub origin: Origin,
    /// For items from the visit, the item of the visit that spoke for it.
    pub because: Option<ItemId>,
}

/// What is blended. `visit` and `repeat` come best first, `popular` says what an item sold, `fill` is for what is still missing, in
/// its own order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lists<'a> {
    pub visit: &'a [Scored],
    pub repeat: &'a [Repeat],
    pub popular: &'a [(ItemId, f32)],
    pub fill: &'a [ItemId],
}

/// The `n` best distinct items into `out` (cleared before). `key` gives each item's lasting key, and is asked for equals only. Cost: each
/// item is looked for among those before it, and a sort; filling up compares each item with the list so far.
pub fn blend(lists: Lists<'_>, n: usize, weights: Weights, key: impl Fn(ItemId) -> ItemKey, out: &mut Vec<Blended>) {
    let Lists { visit, repeat, popular, fill } = lists;
    let mut all = Sum::of(visit.len() + repeat.len() + popular.len());
    if weights.visit > 0.0 {
        let unit = share(weights.visit, visit.iter().map(|scored| scored.score));
        visit.iter().for_each(|scored| all.add(scored.item, scored.score * unit, Origin::Visit, Some(scored.because)));
    }
    if weights.repeat > 0.0 {
        let unit = share(weights.repeat, repeat.iter().map(|scored| scored.score));
        repeat.iter().for_each(|scored| all.add(scored.item, scored.score * unit, Origin::Repeat, None));
    }
    if weights.popular > 0.0 {
        let unit = share(weights.popular, popular.iter().map(|scored| scored.1));
        popular.iter().for_each(|&(item, sold)| all.add(item, sold * unit, Origin::Popular, None));
    }
    all.best(n, key, out);
    fill_up(n, fill.iter().copied(), out);
}

/// Fills a list up to `n` with what it does not hold yet.
pub fn fill_up(n: usize, fill: impl IntoIterator<Item = ItemId>, out: &mut Vec<Blended>) {
    for item in fill {
        if out.len() >= n {
            break;
        }
        if !out.iter().any(|blended| blended.item == item) {
            out.push(Blended { item, score: 0.0, origin: Origin::Popular, because: None });
        }
    }
}

/// What the lists give together, each item once.
struct Sum {
    /// Apart and dense, because each item is looked for here.
    items: Vec<u32>,
    blended: Vec<Blended>,
}

impl Sum {
    fn of(room: usize) -> Sum {
        Sum { items: Vec::with_capacity(room), blended: Vec::with_capacity(room) }
    }

    fn add(&mut self, item: ItemId, score: f32, origin: Origin, because: Option<ItemId>) {
        // Most are new, and `contains` looks at several at once, which a search for the place does not.
        if self.items.contains(&item.0)
            && let Some(before) = self.blended.iter_mut().find(|blended| blended.item == item)
        {
            // The stronger of an item's personal entries names the origin.
            if origin != Origin::Popular && score.total_cmp(&before.score).is_gt() {
                (before.origin, before.because) = (origin, because);
            }
            before.score += score;
            return;
        }
        self.items.push(item.0);
        self.blended.push(Blended { item, score, origin, because });
    }

    /// The best of them, best first; of equals the one with the lesser key.
    fn best(self, n: usize, key: impl Fn(ItemId) -> ItemKey, out: &mut Vec<Blended>) {
        out.clear();
        // Whole numbers sort faster than what they stand for.
        let mut order: Vec<u64> =
            (0_u64..).zip(&self.blended).map(|(place, blended)| u64::from(!rank(blended.score)) << 32 | place).collect();
        order.sort_unstable();
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is the place")]
        let at = |one: u64| self.blended[one as u32 as usize];
        for equals in order.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
            if out.len() >= n {
                break;
            }
            if equals.len() > 1 {
                equals.sort_unstable_by_key(|&one| key(at(one).item));
            }
            out.extend(equals.iter().map(|&one| at(one)));
        }
        out.truncate(n);
    }
}

/// A number in the order of the floats, as `total_cmp` has it.
fn rank(score: f32) -> u32 {
    let bits = score.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// What one unit of a list's scores is worth, so that its best gets the list's weight.
fn share(weight: f32, scores: impl Iterator<Item = f32>) -> f32 {
    let best = scores.fold(0.0, f32::max);
    if best > 0.0 { weight / best } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Origin::{Popular, Repeat as Again, Visit};

    fn scored(list: &[(u32, f32)]) -> Vec<Scored> {
        list.iter().map(|&(item, score)| Scored { item: ItemId(item), score, because: ItemId(99) }).collect()
    }

    fn repeats(list: &[(u32, f32)]) -> Vec<Repeat> {
        list.iter().map(|&(item, score)| Repeat { item: ItemId(item), score }).collect()
    }

    type List = &'static [(u32, f32)];
    /// Name, from the visit, repeats, popular, and what is expected of three.
    type Case = (&'static str, List, List, &'static [u32], &'static [(u32, Origin)]);

    #[test]
    fn lists_become_one() {
        let cases: [Case; 6] = [
            ("nothing", &[], &[], &[], &[]),
            ("only popular, once each", &[], &[], &[5, 5, 6, 7, 8], &[(5, Popular), (6, Popular), (7, Popular)]),
            ("filled up", &[(1, 9.0)], &[], &[1, 2], &[(1, Visit), (2, Popular)]),
            ("scales do not matter", &[(1, 900.0), (2, 90.0)], &[(3, 0.5)], &[], &[(3, Again), (1, Visit), (2, Visit)]),
            ("both lists add up", &[(1, 1.0), (2, 0.7)], &[(2, 1.0)], &[], &[(2, Again), (1, Visit)]),
            ("ties by key, cut at n", &[(4, 1.0), (3, 1.0), (2, 1.0), (1, 1.0)], &[], &[], &[(1, Visit), (2, Visit), (3, Visit)]),
        ];
        for (name, visit, repeat, popular, expected) in cases {
            let popular: Vec<_> = popular.iter().copied().map(ItemId).collect();
            let mut out = Vec::new();
            let key = |item: ItemId| ItemKey(u64::from(item.0));
            let (visit, repeat) = (scored(visit), repeats(repeat));
            blend(Lists { visit: &visit, repeat: &repeat, popular: &[], fill: &popular }, 3, Weights::default(), key, &mut out);
            let got: Vec<_> = out.iter().map(|blended| (blended.item.0, blended.origin)).collect();
            assert_eq!(got, expected, "{name}");
            assert!(out.iter().all(|blended| blended.because.is_some() == (blended.origin == Visit)), "{name}");
        }
    }

    #[test]
    fn ranks_are_in_the_order_of_the_floats() {
        let floats = [f32::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-40, 0.5, 1.0, f32::INFINITY, f32::NAN];
        assert!(floats.windows(2).all(|two| rank(two[0]) < rank(two[1])));
    }

    #[test]
    fn the_stronger_personal_list_names_the_origin_and_the_reason() {
        let origin = |visit: f32, repeat: f32| {
            // The first of each list sets its scale.
            let (visit, repeat) = (scored(&[(8, 1.0), (1, visit)]), repeats(&[(9, 1.0), (1, repeat)]));
            let lists = Lists { visit: &visit, repeat: &repeat, popular: &[(ItemId(1), 5.0)], fill: &[] };
            let (weights, mut out) = (Weights { visit: 1.0, repeat: 1.0, popular: 9.0 }, Vec::new());
            blend(lists, 5, weights, |item| ItemKey(u64::from(item.0)), &mut out);
            (out[0].item.0, out[0].origin, out[0].because.is_some())
        };
        assert_eq!(origin(0.5, 0.4), (1, Visit, true));
        assert_eq!(origin(0.4, 0.5), (1, Again, false));
        assert_eq!(origin(0.5, 0.5), (1, Visit, true), "of equals the visit");
    }

    #[test]
    fn a_weight_of_zero_leaves_a_list_out() {
        let mut out = Vec::new();
        let weights = Weights { visit: 0.0, repeat: 1.0, popular: 0.0 };
        let (visit, repeat) = (scored(&[(1, 1.0)]), repeats(&[(2, 1.0)]));
        let lists = Lists { visit: &visit, repeat: &repeat, popular: &[(ItemId(3), 9.0)], fill: &[] };
        blend(lists, 5, weights, |item| ItemKey(u64::from(item.0)), &mut out);
        assert_eq!(out.iter().map(|blended| blended.item.0).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn what_sells_weighs_too_and_gives_no_reason() {
        let mut out = Vec::new();
        let weights = Weights { visit: 1.0, repeat: 1.0, popular: 0.5 };
        let popular = [(ItemId(7), 100.0), (ItemId(2), 80.0), (ItemId(1), 20.0)];
        let key = |item: ItemId| ItemKey(u64::from(item.0));
        let (visit, repeat) = (scored(&[(1, 1.0), (2, 0.3)]), repeats(&[(3, 0.4), (4, 0.1)]));
        blend(Lists { visit: &visit, repeat: &repeat, popular: &popular, fill: &[] }, 5, weights, key, &mut out);
        let got: Vec<_> = out.iter().map(|blended| (blended.item.0, blended.origin)).collect();
        assert_eq!(got, [(1, Visit), (3, Again), (2, Visit), (7, Popular), (4, Again)], "what is personal stays so");
        assert!((out[0].score - 1.1).abs() < 1e-6);
    }
}
