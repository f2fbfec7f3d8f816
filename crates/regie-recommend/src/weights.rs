//! The integer weights of one question, and the tables that follow from the parameters alone.
//!
//! Integers, because their sums do not depend on the order of adding. Powers are taken by repeated multiplication and square
//! roots: unlike powi and exp these are the same on every machine. (How rare an item
//! is, `items.rs`, is taken with logarithms: the same in one build of the program.)
//!
//! Invariant: no sum of item weights leaves 32 bits: with VMIS at most 16 × 1,024 × 10 × 4,000; with VSTAN one neighbour gives
//! an item at most (16 × 64 + 3 × 64 + 3 × 64) × 512, and there are at most 4,000.

use crate::parameters::{Algorithm, MAX_ITEMS, Parameters, VisitDecay};

/// Fixed-point one of VMIS's exponential weights.
const VMIS_ONE: f64 = 1024.0;
/// Fixed-point one of VSTAN's weights of the visit.
const VSTAN_ONE: f64 = 512.0;
/// Fixed-point one of distances.
const NEAR_ONE: f64 = 64.0;
/// Fixed-point one of what a neighbour counts, by its age and similarity.
pub(crate) const COUNT_ONE: u32 = 1024;
/// Steps of a half-life in which ages are counted, and how many of them before a neighbour weighs as good as nothing.
const AGE_STEPS: u32 = 8;
const AGES: usize = 65;
const CLOSENESS_STEPS: u32 = 10;

/// Farther items weigh what the item this far away weighs.
pub(crate) const REACH: usize = 16;

/// What follows from the parameters, made once.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    /// By distance from the shared item: entry [`REACH`] is the shared item itself, later ones come after it.
    pub(crate) near: [u32; REACH * 2 + 1],
    /// What the item right after the visit's newest weighs.
    pub(crate) next: u32,
    ages: [u32; AGES],
    /// Powers of `ipw`.
    ipw: [f64; MAX_ITEMS],
    spw: [f64; MAX_ITEMS],
}

#[expect(clippy::cast_possible_truncation, reason = "factors are validated: at most four times the fixed-point one")]
#[expect(clippy::cast_sign_loss, reason = "factors are validated: zero or more")]
fn fixed(value: f64) -> u32 {
    // Halves go up, as with `round`, which is a call where the processor's own rounding cannot be relied on.
    ((value + 0.5) as u32).max(1)
}

impl Tables {
    pub(crate) fn new(parameters: &Parameters) -> Self {
        let mut near = [fixed(NEAR_ONE); REACH * 2 + 1];
        let (mut after, mut before) = (NEAR_ONE, NEAR_ONE * parameters.before);
        for distance in 1..=REACH {
            near[REACH + distance] = fixed(after);
            near[REACH - distance] = fixed(before);
            after *= parameters.inh_after;
            before *= parameters.inh_before;
        }
        near[REACH] = fixed(NEAR_ONE * parameters.again);
        let mut ages = [COUNT_ONE; AGES];
        for (step, age) in (0_u32..).zip(&mut ages) {
            // 2^(−1/8) by three square roots.
            let eighth = 0.5_f64.sqrt().sqrt().sqrt();
            *age = fixed((0..step).fold(f64::from(COUNT_ONE), |value, _| value * eighth));
        }
        let powers = |factor: f64| {
            let mut powers = [1.0; MAX_ITEMS];
            for step in 1..MAX_ITEMS {
                powers[step] = powers[step - 1] * factor;
            }
            powers
        };
        let spw = match parameters.decay {
            VisitDecay::Linear => [1.0; MAX_ITEMS],
            VisitDecay::Exponential { factor } => powers(factor),
        };
        Self { near, next: fixed(NEAR_ONE * (1.0 + parameters.next)), ages, ipw: powers(parameters.ipw), spw }
    }

    /// What a neighbour of this age counts.
    fn aged(&self, seconds: u32, half_life: u32) -> u32 {
        if half_life == 0 {
            return COUNT_ONE;
        }
        let step = u64::from(seconds) * u64::from(AGE_STEPS) / u64::from(half_life);
        self.ages[usize::try_from(step).unwrap_or(AGES).min(AGES - 1)]
    }
}

/// What a neighbour that counts so much gives; never nothing.
pub(crate) fn counted(given: u32, count: u32) -> u32 {
    (given * count / COUNT_ONE).max(1)
}

/// The weights of one question, by distance from the visit's newest event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weights {
    /// For similarity.
    pub(crate) similar: [u32; MAX_ITEMS],
    /// What one unit of score means.
    pub(crate) unit: f32,
    /// The similarity of a session that shares everything.
    greatest: u32,
}

/// VMIS: ten tenths less one for each step from the end of the visit, the newest item being one step away.
pub(crate) fn closeness(mask: u32) -> u32 {
    (CLOSENESS_STEPS - 1).saturating_sub(mask.trailing_zeros())
}

impl Weights {
    /// For a visit of `len` events; `asked` gives the place of each distinct known item and its idf from 0 to 1, and
    /// `distinct` the number of distinct items with the unknown ones.
    pub(crate) fn new(
        parameters: &Parameters,
        tables: &Tables,
        len: usize,
        distinct: usize,
        asked: impl Iterator<Item = (usize, f64)>,
    ) -> Self {
        let mut similar = [0; MAX_ITEMS];
        #[expect(clippy::cast_possible_truncation, reason = "at most 16 items")]
        let linear = |position: usize| len.saturating_sub(position) as u32;
        match (parameters.algorithm, parameters.decay) {
            (Algorithm::Vmis, VisitDecay::Linear) => {
                asked.for_each(|(position, _)| similar[position] = linear(position));
                Self { similar, unit: 1.0 / (distinct.max(1) as f32 * CLOSENESS_STEPS as f32), greatest: 1 }
            }
            (Algorithm::Vmis, VisitDecay::Exponential { .. }) => {
                asked.for_each(|(position, _)| similar[position] = fixed(VMIS_ONE * tables.spw[position]));
                Self { similar, unit: 1.0 / (1024.0 * CLOSENESS_STEPS as f32), greatest: 1 }
            }
            (Algorithm::Vstan, decay) => {
                let mut weights = [0.0_f64; MAX_ITEMS];
                for (position, idf) in asked {
                    let place = match decay {
                        VisitDecay::Linear => f64::from(linear(position)) / len as f64,
                        VisitDecay::Exponential { .. } => tables.spw[position],
                    };
                    weights[position] = place * half_powers(idf, parameters.visit_idf);
                }
                // The strongest gets all 512 steps, so that a visit of common items is weighed as finely as any other.
                let best = weights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
                for (weight, similar) in weights.iter().zip(&mut similar) {
                    if *weight > 0.0 {
                        *similar = fixed(VSTAN_ONE * weight / best);
                    }
                }
                Self { similar, unit: 1.0 / (512.0 * 64.0), greatest: similar.iter().sum() }
            }
        }
    }

    /// VSTAN: what a neighbour counts, so many seconds older than the newest.
    pub(crate) fn count(&self, tables: &Tables, parameters: &Parameters, similarity: u32, seconds: u32) -> u32 {
        let age = tables.aged(seconds, parameters.snh_half_life);
        if parameters.alike == 0 {
            return age;
        }
        let share = f64::from(similarity) / f64::from(self.greatest);
        fixed(f64::from(age) * half_powers(share, parameters.alike))
    }

    /// VSTAN: the weight of the shared item at `position` in a neighbour whose newest shared item is at `newest`.
    pub(crate) fn shared(&self, tables: &Tables, parameters: &Parameters, newest: usize, position: usize) -> u32 {
        let weight = self.similar[position];
        if parameters.ipw == 1.0 { weight } else { fixed(f64::from(weight) * tables.ipw[newest]) }
    }
}

/// `value` to the power of `halves` / 2.
fn half_powers(value: f64, halves: u8) -> f64 {
    let value = value.max(0.001);
    match halves {
        0 => 1.0,
        1 => value.sqrt(),
        2 => value,
        3 => value * value.sqrt(),
        _ => value * value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similar(parameters: &Parameters, idf: [f64; 3]) -> [u32; 4] {
        let weights = Weights::new(parameters, &Tables::new(parameters), 3, 3, idf.into_iter().enumerate());
        [weights.similar[0], weights.similar[1], weights.similar[2], weights.similar[3]]
    }

    #[test]
    fn newest_weighs_most() {
        let halves = VisitDecay::Exponential { factor: 0.5 };
        let vmis = Parameters::vmis();
        let vstan = Parameters { decay: halves, visit_idf: 2, ..Parameters::default() };
        assert_eq!(similar(&vmis, [1.0; 3]), [3, 2, 1, 0]);
        assert_eq!(similar(&Parameters { decay: halves, ..vmis }, [1.0; 3]), [1024, 512, 256, 0]);
        assert_eq!(similar(&vstan, [1.0; 3]), [512, 256, 128, 0]);
        assert_eq!(similar(&vstan, [0.25, 0.5, 1.0]), [512, 512, 512, 0], "rare items speak louder");
        assert_eq!(similar(&Parameters { visit_idf: 0, ..vstan }, [0.25, 0.5, 1.0]), [512, 256, 128, 0]);
    }

    #[test]
    fn closeness_falls_to_zero() {
        assert_eq!([1_u32, 0b10, 0b110, 1 << 8, 1 << 9, 1 << 15].map(closeness), [9, 8, 8, 1, 0, 0]);
    }

    #[test]
    fn distance_and_age() {
        let parameters = Parameters { inh_after: 0.5, inh_before: 0.25, before: 0.5, next: 1.0, again: 0.75, ..Parameters::default() };
        let tables = Tables::new(&parameters);
        assert_eq!(tables.near[REACH - 2..REACH + 4], [8, 32, 48, 64, 32, 16]);
        assert_eq!(tables.next, 128);
        assert_eq!(tables.aged(1_000, 0), COUNT_ONE);
        assert_eq!([0, 100, 200, 1_000_000].map(|age| tables.aged(age, 100)), [1_024, 512, 256, 4]);
        assert_eq!([1_024, 512, 1].map(|count| counted(512, count)), [512, 256, 1]);
    }

    #[test]
    fn the_largest_sum_fits() {
        let (shared, next, again) = (16.0 * NEAR_ONE, 3.0 * NEAR_ONE, 3.0 * NEAR_ONE);
        assert!((shared + next + again) * VSTAN_ONE * 4_000.0 < f64::from(u32::MAX));
        assert!((shared + next + again) * VSTAN_ONE * f64::from(COUNT_ONE) < f64::from(u32::MAX), "before it is counted");
        assert!(16.0 * VMIS_ONE * 10.0 * 4_000.0 < f64::from(u32::MAX));
    }
}
