//! The parameters of session kNN, and their ranges.
//!
//! Two algorithms over one index. **VMIS-kNN** (Kersbergen et al., "Serenade", SIGMOD 2022): neighbours by weighted overlap,
//! items by idf. **VSTAN** (Ludewig et al., "Empirical analysis of session-based recommendation algorithms", UMUAI 2021;
//! after STAN, Garg et al., SIGIR 2019) also weighs where in the neighbour an item stands. Names follow those papers:
//! `spw` weighs a position of the visit, `snh` a neighbour's age, `inh` an item's distance from the shared item, `ipw` how
//! far back in the visit the newest shared item is. Their λ is ours as a factor for each step: factor = exp(−1/λ).
//!
//! Beyond the papers, because measuring spoke for it: the distance may count differently after and before the shared
//! item; what comes right after the current item may get more (a first-order transition); an item that the visit already holds may
//! get less; the most similar neighbours may count more; rare items of the visit may speak louder; popular items may be
//! damped by a power of their count.
//!
//! Invariant: a model only ever holds valid parameters, so that no sum of weights leaves 32 bits.

use std::fmt;

/// How a prediction is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// VMIS-kNN as published, which is what its peers are measured with.
    Vmis,
    /// VSTAN, the default: better on every set that was tried.
    #[default]
    Vstan,
}

impl Algorithm {
    /// Its name on the command line and in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Vmis => "vmis",
            Self::Vstan => "vstan",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Vmis, Self::Vstan].into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// How much less an older item of the visit weighs (`spw`).
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
    pub algorithm: Algorithm,
    /// The newest sessions that are looked at, for each item of the visit and in total; 1–4,000.
    pub m: usize,
    /// The most similar of those, whose items are scored; 1–4,000.
    pub k: usize,
    /// The newest events of the visit that count; 1–16. With VMIS, from the tenth on they only make sessions more similar:
    /// of a session that shares nothing newer no item is scored.
    pub max_items: usize,
    /// Distinct items kept of one session, the newest; 1–4,096. A constant, never a percentile: that would shift when
    /// somebody leaves.
    pub max_session_items: usize,
    /// `spw`.
    pub decay: VisitDecay,
    /// Whether the visit's newest item may itself be recommended.
    pub repeat_current: bool,
    /// VSTAN only, as are all that follow. `ipw`: a neighbour counts by this factor less for each step that its newest shared
    /// item is away from the end of the visit; over 0 and at most 1.
    pub ipw: f64,
    /// `inh` after the shared item: what an item weighs less for each further step; over 0 and at most 1.
    pub inh_after: f64,
    /// `inh` before the shared item, likewise.
    pub inh_before: f64,
    /// What the item just before the shared item weighs, the item just after it weighing 1; over 0 and at most 1.
    pub before: f64,
    /// What the item right after the visit's newest item weighs more, 0–3.
    pub next: f64,
    /// What a shared item itself weighs, the item just after it weighing 1: how likely it is to be looked at again; 0–4.
    pub again: f64,
    /// In half steps, how much more the most similar neighbours count than the others: a neighbour's share of the greatest
    /// possible similarity to the power of `alike` / 2; 0–4.
    pub alike: u8,
    /// In half steps, how strongly rare items of the visit speak louder: idf to the power of `visit_idf` / 2; 0–4.
    pub visit_idf: u8,
    /// Popular items are damped: a score is divided by the item's sessions to this power; 0–1.
    pub damping: f64,
    /// `snh`: seconds after which a neighbour counts for half, from the start of the newest of them; 0 switches it off.
    pub snh_half_life: u32,
}

impl Default for Parameters {
    /// What did well on seven click logs, cut by time from the training parts of two shops' logs, and on a grocer's baskets, where
    /// order says little; never chosen on a set that is used to compare with others.
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Vstan,
            m: 1_000,
            k: 150,
            max_items: 8,
            max_session_items: 64,
            decay: VisitDecay::Exponential { factor: 0.65 },
            repeat_current: false,
            ipw: 1.0,
            inh_after: 0.8,
            inh_before: 0.6,
            before: 0.9,
            next: 0.3,
            again: 0.4,
            alike: 1,
            visit_idf: 4,
            damping: 0.1,
            snh_half_life: 0,
        }
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
    /// A factor that is not over `over` (or, if `or_equal`, at least it) and at most `max`.
    Factor {
        name: &'static str,
        factor: f64,
        min: f64,
        or_equal: bool,
        max: f64,
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
            Self::Factor { name: "decay", .. } => "decay_out_of_range",
            Self::Factor { .. } => "factor_out_of_range",
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
            Self::Factor { name, factor, min, or_equal, max } => {
                let from = if *or_equal { "from" } else { "over" };
                write!(f, "{name} is {factor}; choose a number {from} {min} and at most {max}")
            }
        }
    }
}

impl std::error::Error for InvalidParameters {}

pub(crate) const MAX_ITEMS: usize = 16;

impl Parameters {
    /// VMIS-kNN with the parameters its peers are measured with.
    #[must_use]
    pub fn vmis() -> Self {
        Self { algorithm: Algorithm::Vmis, m: 500, k: 100, max_items: 9, decay: VisitDecay::Linear, ..Self::default() }
    }

    /// # Errors
    /// The first parameter that is out of range.
    pub fn validate(&self) -> Result<(), InvalidParameters> {
        let ranges = [
            ("m", self.m, 1, 4_000),
            ("k", self.k, 1, 4_000),
            ("max_items", self.max_items, 1, MAX_ITEMS),
            ("max_session_items", self.max_session_items, 1, 4_096),
            ("alike", usize::from(self.alike), 0, 4),
            ("visit_idf", usize::from(self.visit_idf), 0, 4),
        ];
        for (name, value, min, max) in ranges {
            if value < min || value > max {
                return Err(InvalidParameters::OutOfRange { name, value, min, max });
            }
        }
        let decay = match self.decay {
            VisitDecay::Linear => 1.0,
            VisitDecay::Exponential { factor } => factor,
        };
        let factors = [
            ("decay", decay, false, 1.0),
            ("ipw", self.ipw, false, 1.0),
            ("inh_after", self.inh_after, false, 1.0),
            ("inh_before", self.inh_before, false, 1.0),
            ("before", self.before, false, 1.0),
            ("next", self.next, true, 3.0),
            ("again", self.again, true, 4.0),
            ("damping", self.damping, true, 1.0),
        ];
        for (name, factor, or_equal, max) in factors {
            let above = factor > 0.0 || or_equal && factor == 0.0;
            if !above || factor > max {
                return Err(InvalidParameters::Factor { name, factor, min: 0.0, or_equal, max });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        for good in [Parameters::default(), Parameters::vmis()] {
            assert_eq!(good.validate(), Ok(()));
        }
        let good = Parameters::default();
        let bad = [
            Parameters { m: 0, ..good },
            Parameters { m: 4_001, ..good },
            Parameters { k: 0, ..good },
            Parameters { k: 4_001, ..good },
            Parameters { max_items: 17, ..good },
            Parameters { max_session_items: 0, ..good },
            Parameters { visit_idf: 5, ..good },
            Parameters { alike: 5, ..good },
        ];
        for parameters in bad {
            assert_eq!(parameters.validate().map_err(|e| e.code()), Err("parameter_out_of_range"));
        }
        for factor in [0.0, -0.5, 1.1, f64::NAN] {
            let parameters = Parameters { decay: VisitDecay::Exponential { factor }, ..good };
            assert_eq!(parameters.validate().map_err(|e| e.code()), Err("decay_out_of_range"));
        }
        let bad = [
            Parameters { ipw: 0.0, ..good },
            Parameters { inh_after: 1.01, ..good },
            Parameters { inh_before: f64::NAN, ..good },
            Parameters { before: -1.0, ..good },
            Parameters { next: 3.1, ..good },
            Parameters { again: 4.1, ..good },
            Parameters { damping: -0.1, ..good },
        ];
        for parameters in bad {
            assert_eq!(parameters.validate().map_err(|e| e.code()), Err("factor_out_of_range"));
        }
    }

    #[test]
    fn names_lead_back() {
        for algorithm in [Algorithm::Vmis, Algorithm::Vstan] {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name("als"), None);
    }
}
