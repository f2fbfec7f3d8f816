//! How good is a recommender? Next-item prediction over held-out sessions.
//!
//! For each test session and each t from 1 to its length less one, the input is the newest `max_items` of the first t
//! items and the answer is at most *n* items. HR and MRR look at the immediate next item; Precision is the answer's
//! overlap with the distinct remaining items over n; Recall is that overlap over the number of remaining items, repeats
//! included. All are means over every (session, t). Items that training never saw count as misses.
//!
//! Invariant: the recommender sees only the past. Left out: reading files and clocks; the caller measures time in its
//! closure.

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
    /// Share of steps in which the next item equals the current one, whatever was recommended.
    pub repeat_rate: f64,
}

/// Evaluates `recommend(input, answer)`, which fills `answer` (cleared before) with distinct items, best first; what goes
/// past `n` is ignored.
pub fn next_item<'a>(
    sessions: impl Iterator<Item = &'a [ItemId]>,
    n: usize,
    max_items: usize,
    mut recommend: impl FnMut(&[ItemId], &mut Vec<ItemId>),
) -> Metrics {
    let mut sums = Metrics::default();
    let mut answer = Vec::new();
    let mut remaining = Vec::new();
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
            let found = answer.iter().filter(|item| remaining.binary_search(item).is_ok()).count() as f64;
            sums.precision += found / n.max(1) as f64;
            sums.recall += found / (session.len() - t) as f64;
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
        repeat_rate: sums.repeat_rate / count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(numbers: &[u32]) -> Vec<ItemId> {
        numbers.iter().copied().map(ItemId).collect()
    }

    #[test]
    fn worked_by_hand() {
        // Always answers 3, 2. Session 1, 2, 3, 3: inputs [1], [1, 2], [2, 3] with max_items 2.
        let session = items(&[1, 2, 3, 3]);
        let mut inputs = Vec::new();
        let metrics = next_item([session.as_slice()].into_iter(), 2, 2, |input, answer| {
            inputs.push(input.to_vec());
            answer.extend(items(&[3, 2, 1]));
        });
        assert_eq!(inputs, [items(&[1]), items(&[1, 2]), items(&[2, 3])]);
        assert_eq!(metrics.predictions, 3);
        assert_eq!(metrics.hit_rate, 1.0);
        assert!((metrics.mrr - (0.5 + 1.0 + 1.0) / 3.0).abs() < 1e-12);
        // Overlap 2 of {2, 3}, 1 of {3}, 1 of {3}; remaining 3, 2, 1.
        assert!((metrics.precision - (1.0 + 0.5 + 0.5) / 3.0).abs() < 1e-12);
        assert!((metrics.recall - (2.0 / 3.0 + 0.5 + 1.0) / 3.0).abs() < 1e-12);
        assert!((metrics.repeat_rate - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_predict() {
        let one = items(&[1]);
        let metrics = next_item([one.as_slice(), &[]].into_iter(), 20, 9, |_, _| {});
        assert_eq!(metrics, Metrics::default());
    }
}
