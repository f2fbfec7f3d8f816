//! The parameters of session kNN, and their ranges.
//!
//! Invariant: a model only ever holds valid parameters, so that no sum of weights leaves 32 bits.

use std::fmt;

/// How much less an older item of the visit weighs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum VisitDecay {
    /// VMIS-kNN: the newest of *l* items weighs *l*, the oldest 1.
    Linear,
    /// Each step back multiplies the weight by this factor, over 0 and at most 1.
    Exponential { factor: f64 },
}

/// What decides a prediction, apart from the sessions. Changing `max_session_items` needs a new model; the others only
/// matter at the time of asking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// The newest sessions that are looked at, for each item of the visit and in total; 1–4,000.
    pub m: usize,
    /// The most similar of those, whose items are scored; 1–4,000.
    pub k: usize,
    /// The newest events of the visit that count; 1–16. From the tenth on they only make sessions more similar: of a
    /// session that shares nothing newer no item is scored.
    pub max_items: usize,
    /// Distinct items kept of one session, the newest; 1–4,096. A constant, never a percentile: that would shift when
    /// somebody leaves.
    pub max_session_items: usize,
    pub decay: VisitDecay,
    /// Whether the visit's newest item may itself be recommended.
    pub repeat_current: bool,
}

impl Default for Parameters {
    /// VMIS-kNN as published, which is what its peers are measured with.
    fn default() -> Self {
        Self { m: 500, k: 100, max_items: 9, max_session_items: 64, decay: VisitDecay::Linear, repeat_current: false }
    }
}

/// A parameter outside its range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InvalidParameters {
    OutOfRange {
        name: &'static str,
        value: usize,
        min: usize,
        max: usize,
    },
    Decay {
        factor: f64,
    },
    /// Sessions were already cut to `current` items.
    SessionItemsFixed {
        current: usize,
    },
}

impl InvalidParameters {
    /// Stable name of the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "parameter_out_of_range",
            Self::Decay { .. } => "decay_out_of_range",
            Self::SessionItemsFixed { .. } => "max_session_items_fixed",
        }
    }
}

impl fmt::Display for InvalidParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { name, value, min, max } => {
                write!(f, "{name} is {value}; choose a number from {min} to {max}")
            }
            Self::SessionItemsFixed { current } => {
                write!(f, "the learned sessions were cut to {current} items; build a new model to change that")
            }
            Self::Decay { factor } => {
                write!(f, "the decay factor is {factor}; choose a number over 0 and at most 1")
            }
        }
    }
}

impl std::error::Error for InvalidParameters {}

/// Fixed-point one for exponential weights. With 16 items and 4,000 neighbours the largest item sum is
/// 16 × 1,024 × 10 × 4,000 = 655 million, inside 32 bits.
const ONE: f64 = 1024.0;
pub(crate) const MAX_ITEMS: usize = 16;

impl Parameters {
    /// # Errors
    /// The first parameter that is out of range.
    pub fn validate(&self) -> Result<(), InvalidParameters> {
        let ranges = [
            ("m", self.m, 4_000),
            ("k", self.k, 4_000),
            ("max_items", self.max_items, MAX_ITEMS),
            ("max_session_items", self.max_session_items, 4_096),
        ];
        for (name, value, max) in ranges {
            if value < 1 || value > max {
                return Err(InvalidParameters::OutOfRange { name, value, min: 1, max });
            }
        }
        if let VisitDecay::Exponential { factor } = self.decay
            && !(factor > 0.0 && factor <= 1.0)
        {
            return Err(InvalidParameters::Decay { factor });
        }
        Ok(())
    }

    /// Integer weights by distance from the visit's newest event, for a visit of `len` events, and what one unit of
    /// weight means. Integers, because their sums do not depend on the order of adding.
    pub(crate) fn visit_weights(&self, len: usize, distinct: usize) -> ([u32; MAX_ITEMS], f32) {
        let mut weights = [0; MAX_ITEMS];
        #[expect(clippy::cast_possible_truncation, reason = "both sides are validated: at most 16 items, 1,024 a weight")]
        #[expect(clippy::cast_sign_loss, reason = "the factor is over 0")]
        match self.decay {
            VisitDecay::Linear => {
                for (position, weight) in weights.iter_mut().enumerate().take(len) {
                    *weight = (len - position) as u32;
                }
                (weights, 1.0 / distinct.max(1) as f32)
            }
            VisitDecay::Exponential { factor } => {
                // By repeated multiplication: unlike powi and exp it is the same on every machine.
                let mut value = ONE;
                for weight in weights.iter_mut().take(len) {
                    *weight = (value.round() as u32).max(1);
                    value *= factor;
                }
                (weights, 1.0 / ONE as f32)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        let good = Parameters::default();
        assert_eq!(good.validate(), Ok(()));
        let bad = [
            Parameters { m: 0, ..good },
            Parameters { m: 4_001, ..good },
            Parameters { k: 0, ..good },
            Parameters { k: 4_001, ..good },
            Parameters { max_items: 17, ..good },
            Parameters { max_session_items: 0, ..good },
        ];
        for parameters in bad {
            assert_eq!(parameters.validate().map_err(|e| e.code()), Err("parameter_out_of_range"));
        }
        for factor in [0.0, -0.5, 1.1, f64::NAN] {
            let parameters = Parameters { decay: VisitDecay::Exponential { factor }, ..good };
            assert_eq!(parameters.validate().map_err(|e| e.code()), Err("decay_out_of_range"));
        }
    }

    #[test]
    fn newest_weighs_most() {
        let linear = Parameters::default().visit_weights(3, 3).0;
        assert_eq!(linear[..4], [3, 2, 1, 0]);
        let decay = VisitDecay::Exponential { factor: 0.5 };
        let halved = Parameters { decay, ..Parameters::default() }.visit_weights(3, 3).0;
        assert_eq!(halved[..4], [1024, 512, 256, 0]);
    }
}
