//! The parameters of basket recommendation, and a basket's weight.
//!
//! Invariant: weights are integers of at most 65,536, and at most 4,096 baskets of a customer count, so that a vector's
//! entries are at most 2 to the power of 28.

use std::fmt;

/// What decides a basket prediction, apart from the baskets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BasketParameters {
    /// What a basket weighs less for each group of newer ones; over 0 and at most 1.
    pub group_decay: f64,
    /// Baskets of a group; 1–4,096.
    pub group: usize,
    /// Seconds after which a basket counts for half, from the customer's newest; 0 switches it off.
    pub half_life: u32,
    /// In quarter steps: a basket of *s* items weighs *s* to the power of −`size_damping` / 4; 0–4.
    pub size_damping: u8,
    /// Customers that are looked at for each item; 1–4,000. If more have it, a sample that depends on nothing but their keys.
    pub m: usize,
    /// The most alike of those, whose vectors are averaged; 1–4,000.
    pub k: usize,
    /// The strongest items of the customer by which neighbours are sought; 1–256.
    pub query_items: usize,
    /// What the neighbours' mean weighs, the own vector weighing 1; 0–100.
    pub neighbours: f64,
    /// What popularity weighs; 0–100.
    pub popularity: f64,
}

impl Default for BasketParameters {
    /// What did well on both measured sets, supermarkets in two countries.
    fn default() -> Self {
        Self {
            group_decay: 0.98,
            group: 1,
            half_life: 90 * 86_400,
            size_damping: 1,
            m: 2_000,
            k: 300,
            query_items: 64,
            neighbours: 0.6,
            popularity: 0.1,
        }
    }
}

/// A parameter outside its range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvalidBasketParameters {
    pub name: &'static str,
    pub value: f64,
    pub min: f64,
    pub max: f64,
}

impl InvalidBasketParameters {
    /// Stable name of the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "basket_parameter_out_of_range"
    }
}

impl fmt::Display for InvalidBasketParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, min, max } = self;
        write!(f, "{name} is {value}; choose a number from {min} to {max}")
    }
}

impl std::error::Error for InvalidBasketParameters {}

/// Baskets of one customer that count, the newest.
pub(crate) const BASKETS_MAX: usize = 4_096;
/// Fixed-point one of a basket's weight.
const ONE: f64 = 65_536.0;

impl BasketParameters {
    /// # Errors
    /// The first parameter that is out of range.
    pub fn validate(&self) -> Result<(), InvalidBasketParameters> {
        let ranges = [
            ("group_decay", self.group_decay, 0.001, 1.0),
            ("group", self.group as f64, 1.0, 4_096.0),
            ("size_damping", f64::from(self.size_damping), 0.0, 4.0),
            ("m", self.m as f64, 1.0, 4_000.0),
            ("k", self.k as f64, 1.0, 4_000.0),
            ("query_items", self.query_items as f64, 1.0, 256.0),
            ("neighbours", self.neighbours, 0.0, 100.0),
            ("popularity", self.popularity, 0.0, 100.0),
        ];
        for (name, value, min, max) in ranges {
            if !(min..=max).contains(&value) {
                return Err(InvalidBasketParameters { name, value, min, max });
            }
        }
        Ok(())
    }

    /// What the parts of a vector depend on; the others matter only at the time of asking.
    pub(crate) fn shapes_vectors_as(&self, other: &Self) -> bool {
        (self.group_decay, self.group, self.half_life, self.size_damping)
            == (other.group_decay, other.group, other.half_life, other.size_damping)
    }

    /// A basket's weight: `newer` baskets came after it, the newest of them `seconds` later; it holds `size` items.
    pub(crate) fn weight(&self, newer: usize, seconds: u32, size: usize) -> u32 {
        // Multiplication and square roots only: unlike powi and exp these are the same on every machine.
        let mut weight = repeated(self.group_decay, newer / self.group);
        if self.half_life > 0 {
            let eighths = u64::from(seconds) * 8 / u64::from(self.half_life);
            weight *= repeated(0.5_f64.sqrt().sqrt().sqrt(), usize::try_from(eighths).unwrap_or(usize::MAX));
        }
        let quarter = (size.max(1) as f64).sqrt().sqrt();
        weight /= repeated(quarter, usize::from(self.size_damping));
        #[expect(clippy::cast_possible_truncation, reason = "at most the fixed-point one")]
        #[expect(clippy::cast_sign_loss, reason = "zero or more")]
        let fixed = (weight * ONE).round() as u32;
        fixed.max(1)
    }
}

/// `factor` to the power of `times`, by squaring.
fn repeated(factor: f64, times: usize) -> f64 {
    let (mut result, mut square, mut left) = (1.0, factor, times);
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_basket_weighs() {
        let plain = BasketParameters { group_decay: 0.5, group: 2, half_life: 0, size_damping: 0, ..BasketParameters::default() };
        assert_eq!([0, 1, 2, 5, 60].map(|newer| plain.weight(newer, 9, 3)), [65_536, 65_536, 32_768, 16_384, 1]);
        let aged = BasketParameters { half_life: 100, ..plain };
        assert_eq!([0, 100, 200].map(|seconds| aged.weight(0, seconds, 1)), [65_536, 32_768, 16_384]);
        assert_eq!(aged.weight(0, u32::MAX, 1), 1);
        let sized = BasketParameters { size_damping: 2, ..plain };
        assert_eq!([0, 1, 4, 16].map(|size| sized.weight(0, 0, size)), [65_536, 65_536, 32_768, 16_384]);
    }

    #[test]
    fn ranges_are_checked() {
        let good = BasketParameters::default();
        assert_eq!(good.validate(), Ok(()));
        let bad = [
            BasketParameters { group_decay: 0.0, ..good },
            BasketParameters { group: 0, ..good },
            BasketParameters { m: 0, ..good },
            BasketParameters { k: 4_001, ..good },
            BasketParameters { query_items: 0, ..good },
            BasketParameters { neighbours: f64::NAN, ..good },
            BasketParameters { popularity: -0.1, ..good },
        ];
        for parameters in bad {
            assert_eq!(parameters.validate().map_err(|e| e.code()), Err("basket_parameter_out_of_range"));
        }
    }
}
