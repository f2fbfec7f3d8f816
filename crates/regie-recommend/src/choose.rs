//! Choosing the neighbours: of the candidates the newest *m*, and of those the *k* most similar.
//!
//! Both are a cut through some hundreds of plain numbers of which a part is wanted. A sample says where the cut will be at the
//! latest, so that most of the others are passed over in one go without sorting them out.
//!
//! Invariant: the result depends on similarities, starts and session keys alone, not on the order of candidates.

use crate::model::Model;
use crate::parameters::Parameters;
use crate::postings::Posting;
use crate::scratch::{Candidate, PLACE_BITS, Scratch};

/// The size of a sample.
const SAMPLE: usize = 32;

impl Model {
    /// Of the candidates the newest *m*, of those the *k* most similar, as neighbours.
    pub(crate) fn choose(&self, scratch: &mut Scratch) {
        let Parameters { m, k, .. } = self.parameters;
        let floor = if scratch.len > m { self.keep_newest(m, scratch) } else { 0 };
        let Scratch { candidates, len, keys, near, .. } = scratch;
        let candidates = &candidates[..*len];
        // The more similar and then the newer, the less; what is too old comes last.
        let key = |(index, candidate): (u64, &Candidate)| {
            let start = candidate.posting.start;
            let rank = u64::from(candidate.similarity()) << (32 + PLACE_BITS) | u64::from(start) << PLACE_BITS | index;
            if start < floor { u64::MAX } else { !rank }
        };
        let candidate = |key: u64| candidates[(!key & ((1 << PLACE_BITS) - 1)) as usize];
        let mut chosen = gather(candidates, k, key, keys);
        if chosen.len() > k {
            let (_, &mut worst, others) = chosen.select_nth_unstable(k - 1);
            let alike = |key: u64| key >> PLACE_BITS;
            if others.iter().any(|&key| alike(key) == alike(worst)) {
                let session_key = |key: u64| self.sessions.key(candidate(key).posting.slot);
                chosen.select_nth_unstable_by(k - 1, |&a, &b| alike(a).cmp(&alike(b)).then_with(|| session_key(b).cmp(&session_key(a))));
            }
            chosen = &mut chosen[..k];
        }
        near.neighbours.clear();
        near.neighbours.extend(chosen.iter().map(|&key| candidate(key)));
    }

    /// The start of the `m`-th newest candidate; no more than `m` are left that are not older (but for sessions that break the rule of unique keys). There must be more than `m`.
    fn keep_newest(&self, m: usize, scratch: &mut Scratch) -> u32 {
        let Scratch { candidates, len, keys, .. } = scratch;
        let older = *len - m;
        let oldest = gather(&candidates[..*len], older + 1, |(_, candidate)| candidate.posting.start.into(), keys);
        let (less, &mut floor, _) = oldest.select_nth_unstable(older);
        let tied = less.iter().filter(|&&start| start == floor).count();
        #[expect(clippy::cast_possible_truncation, reason = "it was a start")]
        let floor = floor as u32;
        if tied > 0 {
            // Those with the least session keys go.
            keys.clear();
            keys.extend(candidates[..*len].iter().filter(|one| one.posting.start == floor).map(|one| self.sessions.key(one.posting.slot)));
            let least_kept = *keys.select_nth_unstable(tied).1;
            let mut kept = 0;
            for index in 0..*len {
                let Posting { start, slot } = candidates[index].posting;
                candidates[kept] = candidates[index];
                kept += usize::from(start != floor || self.sessions.key(slot) >= least_kept);
            }
            *len = kept;
        }
        floor
    }
}

/// The `count` least keys and some more; fewer only if there are no more under the greatest number. `keys` is room.
fn gather<'a, 'b>(
    candidates: &'a [Candidate],
    count: usize,
    key: impl Fn((u64, &'a Candidate)) -> u64,
    keys: &'b mut Vec<u64>,
) -> &'b mut [u64] {
    if keys.len() < candidates.len() {
        keys.resize(candidates.len(), 0);
    }
    let mut bar = sampled_bar(candidates, count, &key);
    loop {
        let mut len = 0;
        for (index, candidate) in (0..).zip(candidates) {
            // Written before it is known to be wanted: there is nothing to guess.
            let key = key((index, candidate));
            keys[len] = key;
            len += usize::from(key <= bar);
        }
        if len >= count || bar == u64::MAX - 1 {
            return &mut keys[..len];
        }
        bar = u64::MAX - 1;
    }
}

/// What the `count` least keys are likely under, and not many others.
fn sampled_bar<'a>(candidates: &'a [Candidate], count: usize, key: impl Fn((u64, &'a Candidate)) -> u64) -> u64 {
    let expected = count * SAMPLE / candidates.len().max(1);
    let at = expected + expected / 4 + 3;
    if at >= SAMPLE {
        return u64::MAX - 1;
    }
    let mut sample = [0; SAMPLE];
    for (turn, one) in sample.iter_mut().enumerate() {
        let index = turn * candidates.len() / SAMPLE;
        *one = key((index as u64, &candidates[index]));
    }
    sample.sort_unstable();
    (sample[at] | ((1 << PLACE_BITS) - 1)).min(u64::MAX - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scratch::tally;

    proptest! {
        #[test]
        fn gathers_the_least(starts in prop::collection::vec(0_u32..500, 1..400), count in 1_usize..200) {
            let candidates: Vec<Candidate> =
                starts.iter().map(|&start| Candidate { posting: Posting { start, slot: 0 }, tally: tally(1, 0) }).collect();
            let mut keys = Vec::new();
            // Those from 400 on do not count.
            let key = |(_, one): (u64, &Candidate)| if one.posting.start < 400 { u64::from(one.posting.start) << PLACE_BITS } else { u64::MAX };
            let keys = gather(&candidates, count, key, &mut keys);
            keys.sort_unstable();
            let mut all: Vec<u64> = candidates.iter().map(|one| key((0, one))).filter(|&key| key != u64::MAX).collect();
            all.sort_unstable();
            prop_assert!(keys.len() >= count.min(all.len()));
            prop_assert_eq!(&keys[..], &all[..keys.len()]);
        }
    }
}
