//! From two lists of sessions to everything that `regie evaluate` prints.
//!
//! The clock is an argument: a closure that gives nanoseconds from any beginning. One thread, no warm-up left out; reading the
//! clock costs some 30 ns a prediction and is part of what is measured.
//!
//! Invariant: building never sees the test sessions, and items that only they know are interned afterwards. Left out: reading
//! files, printing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::clicks::Clicks;
use super::metrics::next_item;
use crate::{Algorithm, CustomerSlot, InvalidParameters, ItemId, ItemKey, Model, Parameters, Scratch, Session, SessionKey, VisitDecay};

/// What an evaluation found; serialises to the command line's JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub algorithm: &'static str,
    pub parameters: ParameterList,
    pub train: Train,
    pub predictions: usize,
    pub predictions_per_second: f64,
    pub latency_us: Percentiles,
    /// The model, and the working memory of one reader.
    pub memory_bytes: usize,
    /// By name with the length of the list: `HR@20`, `MRR@20`, `Precision@20`, `Recall@20`, `NDCG@20`, `Coverage@20` (share of
    /// the training's items ever recommended), `Popularity@20` (mean popularity of what was, the most popular having 1) and
    /// `repeat_rate` (share of steps whose next item is the current one).
    pub metrics: BTreeMap<String, f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Train {
    pub sessions: usize,
    pub events: usize,
    pub items: usize,
    pub build_seconds: f64,
}

/// Microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
}

/// The parameters that matter to the algorithm, under their names; the same names as in the configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterList {
    pub m: usize,
    pub k: usize,
    pub max_items: usize,
    pub max_session_items: usize,
    /// The factor, or none for linear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spw: Option<f64>,
    pub repeat_current: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub vstan: Option<VstanList>,
}

/// What only VSTAN knows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct VstanList {
    pub ipw: f64,
    pub inh_after: f64,
    pub inh_before: f64,
    pub before: f64,
    pub next: f64,
    pub again: f64,
    pub alike: u8,
    pub visit_idf: u8,
    pub damping: f64,
    pub snh_half_life: u32,
}

impl From<&Parameters> for ParameterList {
    fn from(parameters: &Parameters) -> Self {
        let &Parameters { m, k, max_items, max_session_items, repeat_current, .. } = parameters;
        let &Parameters { ipw, inh_after, inh_before, before, next, again, alike, visit_idf, damping, snh_half_life, .. } = parameters;
        let spw = match parameters.decay {
            VisitDecay::Linear => None,
            VisitDecay::Exponential { factor } => Some(factor),
        };
        let all = VstanList { ipw, inh_after, inh_before, before, next, again, alike, visit_idf, damping, snh_half_life };
        let vstan = (parameters.algorithm == Algorithm::Vstan).then_some(all);
        Self { m, k, max_items, max_session_items, spw, repeat_current, vstan }
    }
}

/// A model and the sessions to ask it about.
#[derive(Debug)]
pub struct Evaluation {
    model: Model,
    train: Train,
    test: Interned,
    most_sessions: f64,
}

/// Builds a model from clicks, each session a customer of its own.
///
/// # Errors
/// A parameter out of range.
pub fn build(train: &[Clicks], parameters: Parameters) -> Result<Model, InvalidParameters> {
    let mut model = Model::new(parameters)?;
    let items = Interned::new(&mut model, train);
    model.build((0..).zip(train.iter().zip(items.sessions())).map(|(customer, (session, items))| Session {
        customer: CustomerSlot(customer),
        key: SessionKey(session.key),
        start: session.start,
        items,
    }));
    Ok(model)
}

/// The items of sessions, one after the other.
#[derive(Debug)]
struct Interned {
    items: Vec<ItemId>,
    lengths: Vec<usize>,
}

impl Interned {
    fn new(model: &mut Model, sessions: &[Clicks]) -> Self {
        let items = sessions.iter().flat_map(|session| &session.items).map(|&item| model.intern(ItemKey(item))).collect();
        Self { items, lengths: sessions.iter().map(|session| session.items.len()).collect() }
    }

    fn sessions(&self) -> impl Iterator<Item = &[ItemId]> {
        self.lengths.iter().scan(self.items.as_slice(), |rest, &len| {
            let (session, after) = rest.split_at(len);
            *rest = after;
            Some(session)
        })
    }
}

impl Evaluation {
    /// Builds the model from `train` and times it. Leave out the longest sessions before
    /// ([`super::clicks::leave_out_longest`]), as the peers do.
    ///
    /// # Errors
    /// A parameter out of range.
    pub fn new(
        train: &[Clicks],
        test: &[Clicks],
        parameters: Parameters,
        mut clock: impl FnMut() -> u64,
    ) -> Result<Self, InvalidParameters> {
        let started = clock();
        let mut model = build(train, parameters)?;
        let build_seconds = clock().saturating_sub(started) as f64 / 1e9;
        let items = model.item_count();
        let events = train.iter().map(|session| session.items.len()).sum();
        let most = (0..u32::try_from(items).unwrap_or(u32::MAX)).map(|item| model.sessions_with(ItemId(item))).max();
        let train = Train { sessions: model.len(), events, items, build_seconds };
        let test = Interned::new(&mut model, test);
        Ok(Self { model, train, test, most_sessions: most.unwrap_or(0).max(1) as f64 })
    }

    /// How many predictions [`Evaluation::run`] will make.
    #[must_use]
    pub fn predictions(&self) -> usize {
        self.test.sessions().map(|session| session.len().saturating_sub(1)).sum()
    }

    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Answers of `n` items for every step of the test sessions. `progress` is told after each session how many predictions
    /// are done.
    pub fn run(&self, n: usize, mut clock: impl FnMut() -> u64, mut progress: impl FnMut(usize)) -> Report {
        let parameters = self.model.parameters();
        let (mut scratch, mut out) = (Scratch::new(), Vec::new());
        let mut nanoseconds: Vec<u64> = Vec::with_capacity(self.predictions());
        let mut done = 0;
        let sessions = self.test.sessions().inspect(|session| {
            progress(done);
            done += session.len().saturating_sub(1);
        });
        let popularity = |item| self.model.sessions_with(item) as f64 / self.most_sessions;
        let metrics = next_item(sessions, n, parameters.max_items, popularity, |input, answer| {
            let asked = clock();
            self.model.predict_without_reasons(input, n, |_| true, &mut scratch, &mut out);
            nanoseconds.push(clock().saturating_sub(asked));
            answer.extend(out.iter().map(|scored| scored.item));
        });
        let total: u64 = nanoseconds.iter().sum();
        let named = [
            ("HR", metrics.hit_rate),
            ("MRR", metrics.mrr),
            ("Precision", metrics.precision),
            ("Recall", metrics.recall),
            ("NDCG", metrics.ndcg),
            ("Coverage", metrics.distinct_items as f64 / self.train.items.max(1) as f64),
            ("Popularity", metrics.popularity),
        ];
        let mut by_name: BTreeMap<String, f64> = named.into_iter().map(|(name, value)| (format!("{name}@{n}"), value)).collect();
        by_name.insert("repeat_rate".to_owned(), metrics.repeat_rate);
        Report {
            algorithm: parameters.algorithm.name(),
            parameters: parameters.into(),
            train: self.train,
            predictions: metrics.predictions,
            predictions_per_second: if total == 0 { 0.0 } else { metrics.predictions as f64 * 1e9 / total as f64 },
            latency_us: percentiles(nanoseconds),
            memory_bytes: self.model.memory_bytes() + scratch.memory_bytes(),
            metrics: by_name,
        }
    }
}

/// Of durations in nanoseconds.
#[must_use]
pub fn percentiles(mut nanoseconds: Vec<u64>) -> Percentiles {
    nanoseconds.sort_unstable();
    let at = |part: usize| nanoseconds.get(nanoseconds.len() * part / 100).copied().unwrap_or(0) as f64 / 1e3;
    Percentiles { p50: at(50), p90: at(90), p99: at(99) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clicks(rows: &[(u64, u32, &[u64])]) -> Vec<Clicks> {
        rows.iter().map(|&(key, start, items)| Clicks { key, start, items: items.to_vec() }).collect()
    }

    #[test]
    fn the_json_of_the_command_line() {
        let train = clicks(&[(1, 10, &[1, 2]), (2, 20, &[1, 2]), (3, 30, &[3, 4])]);
        let test = clicks(&[(4, 40, &[1, 2, 9]), (5, 50, &[1])]);
        let mut now = 0;
        let mut clock = || {
            now += 1_000;
            now
        };
        let evaluation = Evaluation::new(&train, &test, Parameters::vmis(), &mut clock).unwrap();
        assert_eq!(evaluation.predictions(), 2);
        let report = evaluation.run(20, &mut clock, |_| {});
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["algorithm"], "vmis");
        assert_eq!(json["parameters"]["m"], 500);
        assert_eq!(json["parameters"].get("ipw"), None);
        assert_eq!(json["train"], serde_json::json!({"sessions": 3, "events": 6, "items": 4, "build_seconds": 1e-6}));
        assert_eq!(json["predictions_per_second"], 1e6);
        assert_eq!(json["latency_us"], serde_json::json!({"p50": 1.0, "p90": 1.0, "p99": 1.0}));
        assert_eq!(json["metrics"]["HR@20"], 0.5);
        // After 1 the answer is 2; after 1, 2 it is 1.
        assert_eq!(json["metrics"]["Coverage@20"], 0.5);
        assert!(json["memory_bytes"].as_u64().unwrap() > 0);
        let vstan = serde_json::to_value(ParameterList::from(&Parameters::default())).unwrap();
        assert_eq!((&vstan["visit_idf"], &vstan["spw"]), (&4.into(), &0.65.into()));
    }

    #[test]
    fn nothing_to_evaluate() {
        let evaluation = Evaluation::new(&[], &[], Parameters::default(), || 0).unwrap();
        let report = evaluation.run(20, || 0, |_| {});
        assert_eq!((report.predictions, report.predictions_per_second), (0, 0.0));
    }
}
