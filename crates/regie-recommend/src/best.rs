//! The best items of a prediction: a few dozen out of some hundreds.
//!
//! A bar is found first that enough of the scores reach and few others; only what reaches it is sorted. Scores are compared as
//! whole numbers: the bits of floats that are zero or more are in the order of the floats.
//!
//! Invariant: the result depends on scores and keys alone, not on the order of items. Left out: what a score means.

#[derive(Clone, Debug, Default)]
pub(crate) struct Best {
    /// Bits of the scores, in the order of the items. Signed, because the processor compares these side by side.
    pub(crate) scores: Vec<i32>,
    lanes: Vec<i32>,
    /// Score above, item below; room.
    found: Vec<u64>,
}

impl Best {
    /// The best `n` of the items that `keep` lets through, as pairs of item and score, best first; of equals the one with the
    /// lesser key. `scores` must be set.
    pub(crate) fn of(
        &mut self,
        items: &[u32],
        n: usize,
        keep: impl Fn(u32) -> bool,
        key: impl Fn(u32) -> u64,
    ) -> impl ExactSizeIterator<Item = (u32, f32)> {
        let mut wanted = n.min(items.len());
        let mut len;
        loop {
            let bar = self.bar(wanted);
            len = self.gather(items, bar, &keep);
            if bar == 0 || len >= n {
                break;
            }
            wanted *= 4;
        }
        let found = &mut self.found[..len];
        found.sort_unstable_by(|a, b| b.cmp(a));
        for equals in found.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
            if equals.len() > 1 {
                equals.sort_unstable_by_key(|&one| key(item_of(one)));
            }
        }
        found.iter().take(n).map(|&one| (item_of(one), f32::from_bits((one >> 32) as u32)))
    }

    /// A score that at least `n` reach; zero if it would not spare much.
    fn bar(&mut self, n: usize) -> i32 {
        // The best of each lane are different items, so if n lanes reach a score, n items do. With half as many lanes again it
        // is passed by about half as many again.
        let lanes = (n + n / 2).next_multiple_of(16);
        if n == 0 || self.scores.len() <= lanes * 2 {
            return 0;
        }
        self.lanes.clear();
        self.lanes.resize(lanes, 0);
        for row in self.scores.chunks(lanes) {
            self.lanes.iter_mut().zip(row).for_each(|(best, score)| *best = *score.max(best));
        }
        *self.lanes.select_nth_unstable_by(n - 1, |a, b| b.cmp(a)).1
    }

    /// Puts into `found` what reaches the bar and may stay, and says how many those are. `keep` is asked only about these.
    fn gather(&mut self, items: &[u32], bar: i32, keep: impl Fn(u32) -> bool) -> usize {
        if self.found.len() < items.len() {
            self.found.resize(items.len(), 0);
        }
        let found = self.found.as_mut_slice();
        let mut len = 0;
        for (&item, &score) in items.iter().zip(&self.scores) {
            // Written before it is known to be wanted: there is nothing to guess.
            found[len] = u64::from(score.cast_unsigned()) << 32 | u64::from(item);
            len += usize::from(score >= bar);
        }
        let mut kept = 0;
        for at in 0..len {
            found[kept] = found[at];
            kept += usize::from(keep(item_of(found[at])));
        }
        kept
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        (self.scores.capacity() + self.lanes.capacity()) * 4 + self.found.capacity() * 8
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is the item")]
fn item_of(found: u64) -> u32 {
    found as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_if_all_were_sorted(
            scores in prop::collection::vec(0_u8..40, 0..600),
            n in 1_usize..60,
            one_in in 1_u32..12,
        ) {
            let items: Vec<u32> = (0..).take(scores.len()).collect();
            // Few scores and scrambled keys: ties are everywhere, and order by key is not order by item.
            let key = |item: u32| u64::from(item.wrapping_mul(0x9E37_79B1));
            let keep = |item: u32| item.is_multiple_of(one_in);
            let mut best = Best { scores: scores.iter().map(|&score| f32::from(score).to_bits().cast_signed()).collect(), ..Best::default() };
            let found: Vec<(u32, f32)> = best.of(&items, n, keep, key).collect();

            let mut all: Vec<u32> = items.into_iter().filter(|&item| keep(item)).collect();
            all.sort_by_key(|&item| (std::cmp::Reverse(scores[item as usize]), key(item)));
            let expected: Vec<(u32, f32)> = all.into_iter().take(n).map(|item| (item, f32::from(scores[item as usize]))).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
