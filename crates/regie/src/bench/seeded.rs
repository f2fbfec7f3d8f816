//! A die that falls the same way every time, and a popularity that few items share.

/// `SplitMix64`: the same customers, items and moments in every run.
#[derive(Debug, Clone)]
pub(super) struct Seeded(pub(super) u64);

impl Seeded {
    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        scale(self.next(), n)
    }

    /// From 0 up to, not including, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The rank of an item, from 0: the chance of rank *r* falls with 1/(r + 1), as in Zipf's law.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped below the number of items")]
    pub(super) fn zipf(&mut self, items: u32) -> u32 {
        let rank = (f64::from(items) + 1.0).powf(self.share()) - 1.0;
        (rank as u32).min(items - 1)
    }

    /// 128 bits.
    pub(super) fn wide(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

/// A number below `n` from the upper half of `bits`.
pub(super) fn scale(bits: u64, n: u32) -> u32 {
    (((bits >> 32) * u64::from(n)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn popularity_falls_with_the_rank_and_stays_inside() {
        let mut seeded = Seeded(1);
        let mut counts = [0u32; 100];
        for _ in 0..100_000 {
            counts[seeded.zipf(100) as usize] += 1;
        }
        assert!(counts[0] > counts[1] && counts[1] > counts[9] && counts[9] > counts[99] && counts[99] > 0, "{counts:?}");
    }
}
