//! A list that is not twenty times nearly the same.
//!
//! Greedy: the next place goes to the item with the best score after every item that is already there from the same group
//! (department, kind, brand: whatever the caller says) has damped it. A group that has its most is passed over, unless
//! the list would stay short: nobody gets a shorter list for the sake of variety.
//!
//! Invariant: a function of the list and the rules; the first item stays first; ties keep the list's order. Left out: what
//! groups there are.

/// How much variety.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diversity {
    /// What an item keeps of its score for each one of the same group before it, 0–1; 1 changes nothing.
    pub keeps: f64,
    /// The most items of one group while there are others; 0 for any number.
    pub group_max: usize,
}

impl Default for Diversity {
    /// Mild: of a list of twenty at least six are something else. On a grocer's year that costs 2 % of Recall@20; six of a group
    /// at most would cost 14 %, because that is how people buy.
    fn default() -> Self {
        Self { keeps: 1.0, group_max: 14 }
    }
}

/// The groups of one item, each number above all numbers of another kind of group; `None` for no group.
pub type Groups = [Option<u64>; 2];

/// A kind of item: those with the same groups. They are damped alike, so the first that is left is the best of them.
struct Alike {
    groups: Groups,
    /// Places in the list, the last one first.
    left: Vec<usize>,
}

/// The `n` chosen of `list` (best first, scores zero or more), as places in it, into `out` (cleared before). An item may be in
/// two groups; both damp. Cost: the list, plus `n` times the distinct pairs of groups.
pub fn diversify<T>(
    list: &[T],
    n: usize,
    diversity: Diversity,
    score: impl Fn(&T) -> f64,
    groups: impl Fn(&T) -> Groups,
    out: &mut Vec<usize>,
) {
    out.clear();
    let keeps = if diversity.keeps.is_nan() { 1.0 } else { diversity.keeps.clamp(0.0, 1.0) };
    let mut alike: Vec<Alike> = Vec::new();
    for (place, item) in list.iter().enumerate().rev() {
        let groups = groups(item);
        match alike.iter_mut().find(|alike| alike.groups == groups) {
            Some(alike) => alike.left.push(place),
            None => alike.push(Alike { groups, left: vec![place] }),
        }
    }
    // How often a group was taken, and what its items keep of their score.
    let mut taken: Vec<(u64, usize, f64)> = Vec::new();
    while out.len() < n {
        // The first of the best; groups that are full come after all others.
        let mut best: Option<(bool, f64, usize, usize)> = None;
        for (at, alike) in alike.iter().enumerate() {
            let Some(&place) = alike.left.last() else { continue };
            let (mut full, mut value) = (false, score(&list[place]));
            for group in alike.groups.into_iter().flatten() {
                if let Some(&(_, count, kept)) = taken.iter().find(|taken| taken.0 == group) {
                    full |= diversity.group_max > 0 && count >= diversity.group_max;
                    value *= kept;
                }
            }
            let is_better = best.is_none_or(|(best_full, best_value, best_place, _)| {
                full.cmp(&best_full).then(best_value.total_cmp(&value)).then(place.cmp(&best_place)).is_lt()
            });
            if is_better {
                best = Some((full, value, place, at));
            }
        }
        let Some((_, _, place, at)) = best else { break };
        alike[at].left.pop();
        for group in alike[at].groups.into_iter().flatten() {
            match taken.iter_mut().find(|taken| taken.0 == group) {
                Some((_, count, kept)) => (*count, *kept) = (*count + 1, *kept * keeps),
                None => taken.push((group, 1, keeps)),
            }
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
            diversify(list, n, diversity, |item| item.0, |item| [Some(item.1), None], &mut out);
            assert_eq!(out, expected, "{name}");
        }
    }

    #[test]
    fn odd_rules_and_scores_still_give_every_item_once() {
        for keeps in [f64::NAN, -1.0, 0.0, 2.0] {
            let list = [(f64::NAN, 1), (0.0, 1), (f64::NEG_INFINITY, 2), (5.0, 1)];
            let mut out = Vec::new();
            diversify(&list, 9, Diversity { keeps, group_max: 1 }, |item| item.0, |item| [Some(item.1), None], &mut out);
            out.sort_unstable();
            assert_eq!(out, [0, 1, 2, 3]);
        }
    }
}
