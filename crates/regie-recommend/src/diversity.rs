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

/// An item that has no place yet.
#[derive(Clone, Copy)]
struct Left {
    place: usize,
    score: f64,
    /// Its groups by their numbers here; number 0 is no group.
    groups: [usize; 2],
}

/// How often a group was taken, and what its items keep of their score.
#[derive(Clone, Copy)]
struct Taken {
    count: usize,
    kept: f64,
}

/// The `n` chosen of `list` (best first, scores zero or more), as places in it, into `out` (cleared before). An item may be in
/// two groups; both damp. Cost: the list, and for each place those items that might still be better than the first ones left: one,
/// where nothing is damped and no group is full.
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
    let mut known: Vec<u64> = Vec::with_capacity(list.len() * 2);
    let mut number = |group: u64| match known.iter().position(|&one| one == group) {
        Some(at) => at + 1,
        None => {
            known.push(group);
            known.len()
        }
    };
    let numbered = list.iter().enumerate().map(|(place, item)| Left {
        place,
        score: score(item),
        groups: groups(item).map(|group| group.map_or(0, &mut number)),
    });
    let mut left: Vec<Left> = numbered.collect();
    let mut taken = vec![Taken { count: 0, kept: 1.0 }; known.len() + 1];
    // A score is never raised: where scores fall, no item after one that keeps its own can be better.
    let falls = left.windows(2).all(|two| two[0].score >= two[1].score) && left.last().is_some_and(|last| last.score >= 0.0);
    while out.len() < n {
        // The first of the best; groups that are full come after all others.
        let mut best: Option<(bool, f64, usize)> = None;
        for (at, one) in left.iter().enumerate() {
            if falls && best.is_some_and(|(full, value, _)| !full && value >= one.score) {
                break;
            }
            let (mut full, mut value) = (false, one.score);
            for group in one.groups {
                full |= diversity.group_max > 0 && taken[group].count >= diversity.group_max;
                value *= taken[group].kept;
            }
            if best.is_none_or(|(best_full, best_value, _)| full.cmp(&best_full).then(best_value.total_cmp(&value)).is_lt()) {
                best = Some((full, value, at));
            }
        }
        let Some((.., at)) = best else { break };
        let one = left.remove(at);
        for group in one.groups.into_iter().filter(|&group| group > 0) {
            taken[group].count += 1;
            taken[group].kept *= keeps;
        }
        out.push(one.place);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn each_place_goes_to_the_best_that_is_left(
            scores in prop::collection::vec(0_u8..20, 0..40),
            kinds in prop::collection::vec((0_u64..5, 0_u64..5), 40),
            (n, tenths, group_max) in (0_usize..45, 0_u8..=10, 0_usize..6),
        ) {
            let mut scores = scores;
            scores.sort_unstable_by(|a, b| b.cmp(a));
            let list: Vec<(f64, Groups)> = scores.iter().zip(&kinds).map(|(&score, &(a, b))| {
                (f64::from(score), [(a > 0).then_some(a << 1), (b > 0).then_some(b << 1 | 1)])
            }).collect();
            let diversity = Diversity { keeps: f64::from(tenths) / 10.0, group_max };
            let mut out = Vec::new();
            diversify(&list, n, diversity, |item| item.0, |item| item.1, &mut out);

            // Every item that is left is looked at for every place.
            let (mut expected, mut before): (Vec<usize>, Vec<u64>) = (Vec::new(), Vec::new());
            while expected.len() < n.min(list.len()) {
                let rank = |&place: &usize| {
                    let own = || list[place].1.into_iter().flatten();
                    let counts = |group: u64| before.iter().filter(|&&one| one == group).count();
                    let full = group_max > 0 && own().any(|group| counts(group) >= group_max);
                    let kept = |group: u64| (0..counts(group)).fold(1.0, |kept, _| kept * diversity.keeps);
                    (full, own().fold(list[place].0, |value, group| value * kept(group)))
                };
                let left = (0..list.len()).filter(|place| !expected.contains(place));
                let best = left.min_by(|a, b| {
                    let ((a_full, a), (b_full, b)) = (rank(a), rank(b));
                    a_full.cmp(&b_full).then(b.total_cmp(&a))
                });
                let best = best.unwrap();
                before.extend(list[best].1.into_iter().flatten());
                expected.push(best);
            }
            prop_assert_eq!(out, expected);
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
