//! The measures, and the two protocols.
//!
//! Visits: for each test session and each t from 1 to its length less one, the input is the newest `max_items` of the first t
//! items and the answer is at most *n* items. HR and MRR look at the immediate next item; Precision is the answer's
//! overlap with the distinct remaining items over n; Recall is that overlap over the number of remaining items, repeats
//! included; NDCG gains by place for each of the distinct remaining items, its ideal over min(n, their number). All are means
//! over every (session, t). Items that training never saw count as misses.
//!
//! Baskets: for each customer one answer, held against the distinct items of the next basket. Recall is hits over those;
//! NDCG's ideal is over min(n, their number); PHR says whether there was any hit.

use crate::ItemId;

/// Means over all predictions, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metrics {
    /// How many were asked for; the rest is zero if none were.
    pub predictions: usize,
    pub hit_rate: f64,
    pub mrr: f64,
    pub precision: f64,
    pub recall: f64,
    pub ndcg: f64,
    /// Items that were recommended at least once.
    pub distinct_items: usize,
    /// Mean popularity of what was recommended; the most popular item has one.
    pub popularity: f64,
    /// Share of steps in which the next item equals the current one, whatever was recommended.
    pub repeat_rate: f64,
}

/// What an item at this place, counted from zero, gains.
fn gain(place: usize) -> f64 {
    1.0 / ((place + 2) as f64).log2()
}

fn ideal(items: usize) -> f64 {
    (0..items).map(gain).sum()
}

/// Evaluates `recommend(input, answer)`, which fills `answer` (cleared before) with distinct items, best first; what goes
/// past `n` is ignored. `popularity` gives an item's, from 0 to 1.
pub fn next_item<'a>(
    sessions: impl Iterator<Item = &'a [ItemId]>,
    n: usize,
    max_items: usize,
    popularity: impl Fn(ItemId) -> f64,
    mut recommend: impl FnMut(&[ItemId], &mut Vec<ItemId>),
) -> Metrics {
    let mut sums = Metrics::default();
    let (mut answer, mut remaining, mut recommended) = (Vec::new(), Vec::new(), Vec::new());
    let mut answered = 0_usize;
    for session in sessions {
        for t in 1..session.len() {
            answer.clear();
            recommend(&session[t.saturating_sub(max_items)..t], &mut answer);
            answer.truncate(n);
            let next = session[t];
            sums.predictions += 1;
            if let Some(rank) = answer.iter().position(|&item| item == next) {
                sums.hit_rate += 1.0;
                sums.mrr += 1.0 / (rank + 1) as f64;
            }
            remaining.clear();
            remaining.extend_from_slice(&session[t..]);
            remaining.sort_unstable();
            remaining.dedup();
            let mut found = 0.0;
            let mut gained = 0.0;
            for (place, item) in answer.iter().enumerate() {
                if remaining.binary_search(item).is_ok() {
                    found += 1.0;
                    gained += gain(place);
                }
                sums.popularity += popularity(*item);
                let at = item.0 as usize;
                if recommended.len() <= at {
                    recommended.resize(at + 1, false);
                }
                sums.distinct_items += usize::from(!std::mem::replace(&mut recommended[at], true));
            }
            answered += answer.len();
            sums.precision += found / n.max(1) as f64;
            sums.recall += found / (session.len() - t) as f64;
            sums.ndcg += gained / ideal(remaining.len().min(n)).max(f64::MIN_POSITIVE);
            sums.repeat_rate += f64::from(session[t - 1] == next);
        }
    }
    let count = sums.predictions.max(1) as f64;
    Metrics {
        predictions: sums.predictions,
        hit_rate: sums.hit_rate / count,
        mrr: sums.mrr / count,
        precision: sums.precision / count,
        recall: sums.recall / count,
        ndcg: sums.ndcg / count,
        distinct_items: sums.distinct_items,
        popularity: sums.popularity / answered.max(1) as f64,
        repeat_rate: sums.repeat_rate / count,
    }
}

/// Means over all customers, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BasketMetrics {
    pub customers: usize,
    pub recall: f64,
    pub ndcg: f64,
    /// Share of customers with at least one hit.
    pub phr: f64,
}

/// Holds answers against what was really bought: pairs of (answer best first, next basket). Customers with an empty next
/// basket are left out; what goes past `n` is ignored.
pub fn next_basket<'a, I: Ord + Copy + 'a>(pairs: impl Iterator<Item = (&'a [I], &'a [I])>, n: usize) -> BasketMetrics {
    let mut sums = BasketMetrics::default();
    for (answer, basket) in pairs {
        let mut basket = basket.to_vec();
        basket.sort_unstable();
        basket.dedup();
        if basket.is_empty() {
            continue;
        }
        sums.customers += 1;
        let hits = answer.iter().take(n).enumerate().filter(|(_, item)| basket.binary_search(item).is_ok());
        let (found, gained) = hits.fold((0.0, 0.0), |(found, gained), (place, _)| (found + 1.0, gained + gain(place)));
        sums.recall += found / basket.len() as f64;
        sums.ndcg += gained / ideal(basket.len().min(n)).max(f64::MIN_POSITIVE);
        sums.phr += f64::from(found > 0.0);
    }
    let count = sums.customers.max(1) as f64;
    BasketMetrics { customers: sums.customers, recall: sums.recall / count, ndcg: sums.ndcg / count, phr: sums.phr / count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(numbers: &[u32]) -> Vec<ItemId> {
        numbers.iter().copied().map(ItemId).collect()
    }

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
    }

    #[test]
    fn worked_by_hand() {
        // Always answers 3, 2. Session 1, 2, 3, 3: inputs [1], [1, 2], [2, 3] with max_items 2.
        let session = items(&[1, 2, 3, 3]);
        let mut inputs = Vec::new();
        let popularity = |item: ItemId| if item.0 == 3 { 1.0 } else { 0.5 };
        let metrics = next_item([session.as_slice()].into_iter(), 2, 2, popularity, |input, answer| {
            inputs.push(input.to_vec());
            answer.extend(items(&[3, 2, 1]));
        });
        assert_eq!(inputs, [items(&[1]), items(&[1, 2]), items(&[2, 3])]);
        assert_eq!((metrics.predictions, metrics.distinct_items), (3, 2));
        near(metrics.hit_rate, 1.0);
        near(metrics.mrr, (0.5 + 1.0 + 1.0) / 3.0);
        // Overlap 2 of {2, 3}, 1 of {3}, 1 of {3}; remaining 3, 2, 1.
        near(metrics.precision, (1.0 + 0.5 + 0.5) / 3.0);
        near(metrics.recall, (2.0 / 3.0 + 0.5 + 1.0) / 3.0);
        near(metrics.ndcg, 1.0);
        near(metrics.popularity, 0.75);
        near(metrics.repeat_rate, 1.0 / 3.0);
    }

    #[test]
    fn nothing_to_predict() {
        let one = items(&[1]);
        let metrics = next_item([one.as_slice(), &[]].into_iter(), 20, 9, |_| 0.0, |_, _| {});
        assert_eq!(metrics, Metrics::default());
    }

    #[test]
    fn baskets_by_hand() {
        // Two of three found, at places one and three; then nothing; an empty basket does not count.
        let pairs: [(&[u32], &[u32]); 3] = [(&[1, 9, 2, 3], &[3, 2, 1, 1]), (&[9], &[1]), (&[1], &[])];
        let metrics = next_basket(pairs.into_iter(), 3);
        assert_eq!(metrics.customers, 2);
        near(metrics.recall, 2.0 / 3.0 / 2.0);
        near(metrics.ndcg, (1.0 + 0.5) / (1.0 + 1.0 / 3.0_f64.log2() + 0.5) / 2.0);
        near(metrics.phr, 0.5);
    }
}
