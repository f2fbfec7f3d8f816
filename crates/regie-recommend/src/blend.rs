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

/// The `n` best distinct items into `out` (cleared before). `key` gives each item's lasting key. Cost: sorts the lists; filling up
/// compares each item with the list so far.
pub fn blend(lists: Lists<'_>, n: usize, weights: Weights, key: impl Fn(ItemId) -> ItemKey, out: &mut Vec<Blended>) {
    let Lists { visit, repeat, popular, fill } = lists;
    out.clear();
    let unit = share(weights.visit, visit.iter().map(|scored| scored.score));
    out.extend(visit.iter().filter(|_| weights.visit > 0.0).map(|scored| Blended {
        item: scored.item,
        score: scored.score * unit,
        origin: Origin::Visit,
        because: Some(scored.because),
    }));
    let unit = share(weights.repeat, repeat.iter().map(|scored| scored.score));
    out.extend(repeat.iter().filter(|_| weights.repeat > 0.0).map(|scored| Blended {
        item: scored.item,
        score: scored.score * unit,
        origin: Origin::Repeat,
        because: None,
    }));
    let unit = share(weights.popular, popular.iter().map(|scored| scored.1));
    out.extend(popular.iter().filter(|_| weights.popular > 0.0).map(|&(item, sold)| Blended {
        item,
        score: sold * unit,
        origin: Origin::Popular,
        because: None,
    }));

    // The stronger of an item's personal entries comes first, and takes the others' scores up.
    let is_popular = |blended: &Blended| blended.origin == Origin::Popular;
    out.sort_unstable_by(|a, b| {
        // By number, which is quicker than by key: which item comes first does not matter yet.
        let first = a.item.cmp(&b.item).then_with(|| is_popular(a).cmp(&is_popular(b)));
        first.then_with(|| b.score.total_cmp(&a.score)).then_with(|| a.origin.cmp(&b.origin))
    });
    out.dedup_by(|weaker, stronger| {
        let same = weaker.item == stronger.item;
        if same {
            stronger.score += weaker.score;
        }
        same
    });
    out.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| key(a.item).cmp(&key(b.item))));
    out.truncate(n);
    for &item in fill {
        if out.len() >= n {
            break;
        }
        if !out.iter().any(|blended| blended.item == item) {
            out.push(Blended { item, score: 0.0, origin: Origin::Popular, because: None });
        }
    }
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
