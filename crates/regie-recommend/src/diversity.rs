//! A list that is not twenty times nearly the same.
//!
//! Greedy: the next place goes to the item with the best score after every item that is already there from the same group
//! (department, kind, brand: whatever the caller says) has damped it. A group that has its most is passed over, unless
//! the list would stay short: nobody gets a shorter list for the sake of variety.
//!
//! Invariant: a function of the list and the rules; the first item stays first; ties keep the list's order. Left out: what
//! groups there are.

use std::collections::BTreeMap;

/// How much variety.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diversity {
    /// What an item keeps of its score for each one of the same group before it, 0–1; 1 changes nothing.
    pub keeps: f64,
    /// The most items of one group while there are others; 0 for any number.
    pub group_max: usize,
}

impl Default for Diversity {
    /// Mild: the fifth of a group keeps two thirds of its score, and no more than six come.
    fn default() -> Self {
        Self { keeps: 0.9, group_max: 6 }
    }
}

/// The `n` chosen of `list` (best first, scores zero or more), as places in it, into `out` (cleared before). An item may be in
/// several groups, which must be numbered apart; all of them damp. Cost: `n` times the list's length.
pub fn diversify<T, G: IntoIterator<Item = u64>>(
    list: &[T],
    n: usize,
    diversity: Diversity,
    score: impl Fn(&T) -> f64,
    groups: impl Fn(&T) -> G,
    out: &mut Vec<usize>,
) {
    out.clear();
    let keeps = if diversity.keeps.is_nan() { 1.0 } else { diversity.keeps.clamp(0.0, 1.0) };
    let mut left: Vec<(usize, f64, Vec<u64>)> =
        list.iter().enumerate().map(|(place, item)| (place, score(item), groups(item).into_iter().collect())).collect();
    let mut taken: BTreeMap<u64, usize> = BTreeMap::new();
    while out.len() < n && !left.is_empty() {
        let full = |groups: &[u64]| {
            diversity.group_max > 0 && groups.iter().any(|group| taken.get(group).is_some_and(|&count| count >= diversity.group_max))
        };
        let damped = |score: f64, groups: &[u64]| {
            let before: usize = groups.iter().filter_map(|group| taken.get(group)).sum();
            (0..before).fold(score, |score, _| score * keeps)
        };
        // The first of the best; groups that are full come after all others.
        let mut best = 0;
        let mut best_value = (true, f64::NEG_INFINITY);
        for (at, (_, score, groups)) in left.iter().enumerate() {
            let value = (full(groups), damped(*score, groups));
            if (best_value.0 && !value.0) || (best_value.0 == value.0 && value.1 > best_value.1) {
                (best, best_value) = (at, value);
            }
        }
        let (place, _, groups) = left.remove(best);
        for group in groups {
            *taken.entry(group).or_default() += 1;
        }
        out.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Score and group.
    type List = &'static [(f64, u64)];

    #[test]
    fn variety() {
        let list: List = &[(10.0, 1), (9.0, 1), (8.0, 1), (7.5, 2), (3.0, 3)];
        let cases: [(&str, List, usize, Diversity, &[usize]); 6] = [
            ("nothing", &[], 3, Diversity::default(), &[]),
            ("no variety asked", list, 3, Diversity { keeps: 1.0, group_max: 0 }, &[0, 1, 2]),
            ("damped", list, 4, Diversity { keeps: 0.8, group_max: 0 }, &[0, 3, 1, 2]),
            ("at most one", list, 3, Diversity { keeps: 1.0, group_max: 1 }, &[0, 3, 4]),
            ("never short", list, 5, Diversity { keeps: 1.0, group_max: 1 }, &[0, 3, 4, 1, 2]),
            ("equals keep their order", &[(1.0, 1), (1.0, 2), (1.0, 3)], 3, Diversity::default(), &[0, 1, 2]),
        ];
        for (name, list, n, diversity, expected) in cases {
            let mut out = Vec::new();
            diversify(list, n, diversity, |item| item.0, |item| [item.1], &mut out);
            assert_eq!(out, expected, "{name}");
        }
    }

    #[test]
    fn odd_rules_and_scores_still_give_every_item_once() {
        for keeps in [f64::NAN, -1.0, 0.0, 2.0] {
            let list = [(f64::NAN, 1), (0.0, 1), (f64::NEG_INFINITY, 2), (5.0, 1)];
            let mut out = Vec::new();
            diversify(&list, 9, Diversity { keeps, group_max: 1 }, |item| item.0, |item| [item.1], &mut out);
            out.sort_unstable();
            assert_eq!(out, [0, 1, 2, 3]);
        }
    }
}
