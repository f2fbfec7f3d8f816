//! How recommendations are made: the model's parameters, the blend, variety, newcomers and durable goods.
//!
//! [`Section`] is the `[recommend]` of `regie.toml`, every key optional; [`Settings`] is the same, checked and complete. The section that
//! a folder was last served with is noted in the folder, so that measuring and auditing judge what customers get.
//! Invariant: settings that exist can be used. Left out: who may be shown what, which the policy and the catalogue say.

use std::collections::BTreeSet;

use regie_recommend::blend::Weights;
use regie_recommend::diversity::Diversity;
use regie_recommend::repeat::RepeatParameters;
use regie_recommend::{Algorithm, InvalidParameters, Parameters, VisitDecay};
use serde::{Deserialize, Serialize};

const DAY: u32 = 86_400;

/// The `[recommend]` of the configuration. The keys up to `snh_half_life` are those that `regie evaluate --tune` prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// `vstan` or `vmis`; what is not given below has that algorithm's default.
    pub algorithm: Option<String>,
    /// See [`Parameters::m`].
    pub m: Option<usize>,
    /// See [`Parameters::k`].
    pub k: Option<usize>,
    /// See [`Parameters::max_items`].
    pub max_items: Option<usize>,
    /// See [`Parameters::max_session_items`]. May change at any start: the model is folded anew.
    pub max_session_items: Option<usize>,
    /// See [`Parameters::decay`]; the factor.
    pub spw: Option<f64>,
    /// See [`Parameters::repeat_current`].
    pub repeat_current: Option<bool>,
    /// See [`Parameters::ipw`].
    pub ipw: Option<f64>,
    /// See [`Parameters::inh_after`].
    pub inh_after: Option<f64>,
    /// See [`Parameters::inh_before`].
    pub inh_before: Option<f64>,
    /// See [`Parameters::before`].
    pub before: Option<f64>,
    /// See [`Parameters::again`].
    pub again: Option<f64>,
    /// See [`Parameters::next`].
    pub next: Option<f64>,
    /// See [`Parameters::alike`].
    pub alike: Option<u8>,
    /// See [`Parameters::visit_idf`].
    pub visit_idf: Option<u8>,
    /// See [`Parameters::damping`].
    pub damping: Option<f64>,
    /// See [`Parameters::snh_half_life`].
    pub snh_half_life: Option<u32>,
    /// What others had together with what is in this visit weighs so much in the blend; 0–10.
    pub visit_weight: Option<f32>,
    /// What others had together with what the customer buys most, if the call carries no visit; 0–10.
    pub habits_weight: Option<f32>,
    /// What the customer buys again; 0–10.
    pub repeat_weight: Option<f32>,
    /// What sells; 0–10.
    pub popular_weight: Option<f32>,
    /// Days after which a purchase counts for half; 0: never less. At most 36,500.
    pub repeat_half_life_days: Option<u32>,
    /// What an item keeps of its score for each one of its department, and again of its brand, that stands before it; 0–1.
    pub variety_keeps: Option<f64>,
    /// The most items of one department, or of one brand, while there are others; 0: any number.
    pub variety_group_max: Option<usize>,
    /// Brands count as groups too.
    pub variety_by_brand: Option<bool>,
    /// Every so many places one goes to a new item; 0: none, else at least 2.
    pub new_every: Option<usize>,
    /// Days for which an item is new; at most 3,650.
    pub new_days: Option<u32>,
    /// Departments of goods that last: what was bought there is not recommended again for a while.
    pub durable_departments: Option<BTreeSet<String>>,
    /// For how many days; at most 36,500.
    pub durable_days: Option<u32>,
}

/// A key of `[recommend]` whose value cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("recommend.{key} {why}: {remedy}")]
pub struct SettingsError {
    /// The key.
    pub key: &'static str,
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The model's.
    pub parameters: Parameters,
    /// How the lists are blended.
    pub weights: Weights,
    /// What takes the visit's weight if the call carries no visit.
    pub habits_weight: f32,
    /// How repeats are weighed.
    pub repeat: RepeatParameters,
    /// How much variety.
    pub diversity: Diversity,
    /// Brands count as groups too.
    pub by_brand: bool,
    /// Every so many places one goes to a new item; 0: none.
    pub new_every: usize,
    /// Days for which an item is new.
    pub new_days: u32,
    /// Departments of goods that last.
    pub durable_departments: BTreeSet<String>,
    /// Seconds for which a durable item is not recommended again.
    pub durable_seconds: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            parameters: Parameters::default(),
            weights: Weights::default(),
            // More adds nothing to what is bought again and what sells, and takes from it.
            habits_weight: 0.2,
            repeat: RepeatParameters::default(),
            diversity: Diversity::default(),
            by_brand: true,
            // One in a list of twenty: more would cost more than a twentieth of what is found.
            new_every: 12,
            new_days: 28,
            durable_departments: BTreeSet::new(),
            durable_seconds: 180 * DAY,
        }
    }
}

impl Section {
    /// Checks every value and fills in the defaults.
    ///
    /// # Errors
    /// The first key that is out of range.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        let mut all = Settings { parameters: self.parameters()?, ..Settings::default() };
        set(&mut all.weights.visit, within("visit_weight", self.visit_weight, 0.0, 10.0)?);
        set(&mut all.habits_weight, within("habits_weight", self.habits_weight, 0.0, 10.0)?);
        set(&mut all.weights.repeat, within("repeat_weight", self.repeat_weight, 0.0, 10.0)?);
        set(&mut all.weights.popular, within("popular_weight", self.popular_weight, 0.0, 10.0)?);
        set(&mut all.repeat.half_life, within("repeat_half_life_days", self.repeat_half_life_days, 0, 36_500)?.map(|days| days * DAY));
        set(&mut all.diversity.keeps, within("variety_keeps", self.variety_keeps, 0.0, 1.0)?);
        set(&mut all.diversity.group_max, within("variety_group_max", self.variety_group_max, 0, 100)?);
        set(&mut all.by_brand, self.variety_by_brand);
        if self.new_every == Some(1) {
            return Err(wrong("new_every", "is 1".into(), "choose 0 for none, or a number from 2 to 100".into()));
        }
        set(&mut all.new_every, within("new_every", self.new_every, 0, 100)?);
        set(&mut all.new_days, within("new_days", self.new_days, 0, 3_650)?);
        set(&mut all.durable_departments, self.durable_departments.clone());
        set(&mut all.durable_seconds, within("durable_days", self.durable_days, 0, 36_500)?.map(|days| days * DAY));
        Ok(all)
    }

    fn parameters(&self) -> Result<Parameters, SettingsError> {
        let algorithm = self.algorithm.as_deref().unwrap_or(Algorithm::default().name());
        let mut all = match Algorithm::from_name(algorithm) {
            Some(Algorithm::Vstan) => Parameters::default(),
            Some(Algorithm::Vmis) => Parameters::vmis(),
            None => return Err(wrong("algorithm", "is not known".into(), "choose from vstan, vmis".into())),
        };
        set(&mut all.m, self.m);
        set(&mut all.k, self.k);
        set(&mut all.max_items, self.max_items);
        set(&mut all.max_session_items, self.max_session_items);
        set(&mut all.decay, self.spw.map(|factor| VisitDecay::Exponential { factor }));
        set(&mut all.repeat_current, self.repeat_current);
        set(&mut all.ipw, self.ipw);
        set(&mut all.inh_after, self.inh_after);
        set(&mut all.inh_before, self.inh_before);
        set(&mut all.before, self.before);
        set(&mut all.again, self.again);
        set(&mut all.next, self.next);
        set(&mut all.alike, self.alike);
        set(&mut all.visit_idf, self.visit_idf);
        set(&mut all.damping, self.damping);
        set(&mut all.snh_half_life, self.snh_half_life);
        all.validate().map_err(|invalid| match invalid {
            InvalidParameters::OutOfRange { name, value, min, max } => outside(name, value, min, max),
            InvalidParameters::Factor { name, factor, or_equal, min, max } => {
                let from = if or_equal { "from" } else { "over" };
                let name = if name == "decay" { "spw" } else { name };
                wrong(name, format!("is {factor}"), format!("choose a number {from} {min} and at most {max}"))
            }
            InvalidParameters::SessionItemsFixed { .. } => wrong("max_session_items", "is fixed".into(), "start the server anew".into()),
        })?;
        Ok(all)
    }
}

fn set<T>(into: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *into = given;
    }
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(
    key: &'static str,
    value: Option<T>,
    min: T,
    max: T,
) -> Result<Option<T>, SettingsError> {
    match value {
        Some(value) if !(min..=max).contains(&value) => Err(outside(key, value, min, max)),
        value => Ok(value),
    }
}

fn outside<T: std::fmt::Display>(key: &'static str, value: T, min: T, max: T) -> SettingsError {
    wrong(key, format!("is {value}"), format!("choose a number from {min} to {max}"))
}

fn wrong(key: &'static str, why: String, remedy: String) -> SettingsError {
    SettingsError { key, why, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_given_is_the_default() {
        assert_eq!(Section::default().settings(), Ok(Settings::default()));
    }

    #[test]
    fn every_key_has_its_range() {
        let cases: [(&str, &str); 15] = [
            ("algorithm", r#"{"algorithm": "als"}"#),
            ("k", r#"{"k": 0}"#),
            ("max_items", r#"{"max_items": 17}"#),
            ("max_session_items", r#"{"max_session_items": 5000}"#),
            ("spw", r#"{"spw": 1.5}"#),
            ("damping", r#"{"damping": -1}"#),
            ("visit_weight", r#"{"visit_weight": -0.1}"#),
            ("habits_weight", r#"{"habits_weight": 10.5}"#),
            ("popular_weight", r#"{"popular_weight": 11}"#),
            ("repeat_half_life_days", r#"{"repeat_half_life_days": 40000}"#),
            ("variety_keeps", r#"{"variety_keeps": 1.1}"#),
            ("variety_group_max", r#"{"variety_group_max": 101}"#),
            ("new_every", r#"{"new_every": 1}"#),
            ("new_days", r#"{"new_days": 4000}"#),
            ("durable_days", r#"{"durable_days": 40000}"#),
        ];
        for (key, json) in cases {
            let section: Section = serde_json::from_str(json).unwrap();
            assert_eq!(section.settings().map_err(|e| e.key), Err(key), "{json}");
        }
    }

    #[test]
    fn an_algorithm_brings_its_own_defaults() {
        let section = Section { algorithm: Some("vmis".into()), k: Some(7), ..Section::default() };
        assert_eq!(section.settings().map(|s| s.parameters), Ok(Parameters { k: 7, ..Parameters::vmis() }));
    }
}
