//! Searching parameters on a retailer's own training set.
//!
//! The newest sessions are cut by time into slices; each validates a model of all that came before it, so that no single day
//! decides. A candidate races against the best so far (Maron and Moore 1994; Birattari et al. 2002): both are asked the same,
//! block by block, and who falls behind by more than chance explains is dropped. First come candidates that differ from the best in
//! some parameters, drawn by a seed; then its neighbours, one parameter at a time, until none is better; at last each
//! parameter goes back to where the search began unless that is worse. So a small set, on which little can be told apart, stays near the
//! starting point.
//!
//! What is best: relative to VMIS-kNN as published, the mean of the reciprocal rank and, half as much again, the hit rate.
//!
//! Invariant: the same sessions, settings and seed give the same parameters on every machine; past [`Settings::budget`]
//! predictions no candidate is begun; the test set is never seen. Left out: `max_session_items`, which is fixed when a model is
//! built, and `snh_half_life`, of which no measured set wanted any.

use crate::evaluate::clicks::Clicks;
use crate::evaluate::report;
use crate::{Algorithm, InvalidParameters, ItemId, ItemKey, Model, Parameters, Scratch, VisitDecay};

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub seed: u64,
    /// The list's length.
    pub n: usize,
    /// Candidates that are drawn.
    pub candidates: usize,
    /// Predictions for one candidate over all slices, about, if there are as many.
    pub predictions: usize,
    /// Predictions after which no candidate is begun. It bounds the time: one takes 10 to 40 µs.
    pub budget: usize,
    /// Where the search begins; its algorithm, `max_session_items` and `repeat_current` are kept.
    pub start: Parameters,
}

impl Default for Settings {
    /// About a minute for half a million events, and never more than a few.
    fn default() -> Self {
        Self { seed: 1, n: 20, candidates: 150, predictions: 45_000, budget: 6_000_000, start: Parameters::default() }
    }
}

/// How far the search is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Predictions made.
    pub done: usize,
    /// Predictions that will be made at most.
    pub total: usize,
    /// The best so far.
    pub best: Parameters,
}

/// What the search found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuned {
    pub parameters: Parameters,
    /// On the validation sessions, with the best parameters.
    pub hit_rate: f64,
    pub mrr: f64,
    /// The same with VMIS-kNN as published.
    pub vmis_hit_rate: f64,
    pub vmis_mrr: f64,
    /// Sessions that were only learned from, and those that also validated.
    pub train: usize,
    pub validation: usize,
}

/// Why there was nothing to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TuneError {
    /// Too few sessions for a validation part in which something can be hit.
    TooFew {
        sessions: usize,
    },
    Parameters(InvalidParameters),
}

impl TuneError {
    /// Stable name of the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "too_few_sessions",
            Self::Parameters(invalid) => invalid.code(),
        }
    }
}

impl std::fmt::Display for TuneError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooFew { sessions } => {
                write!(f, "{sessions} sessions are too few to search parameters on; keep the defaults, or give a longer period")
            }
            Self::Parameters(invalid) => invalid.fmt(f),
        }
    }
}

impl std::error::Error for TuneError {}

/// Slices of time that validate.
const SLICES: usize = 3;
/// One in so many of all sessions is in each of them.
const SLICE_PART: usize = 10;
/// Parts of a race, each of sessions from all over all slices.
const BLOCKS: usize = 8;
/// How many times the reciprocal rank the hit rate counts: parameters that look only at the current item win a lot of rank for
/// a little of it.
const HIT_RATE_SHARE: f64 = 1.5;
/// Standard errors behind the best at which a candidate is dropped.
const DROPPED: f64 = 1.5;
/// Standard errors before the best that make a candidate the best.
const BETTER: f64 = 1.0;
/// Standard errors that going back to the starting point may cost.
const AS_GOOD: f64 = 0.5;

/// Cuts the newest sessions into slices: for each, what came before and the slice, oldest first. `sessions` are in order of time,
/// as the reader gives them.
pub fn slices(sessions: &[Clicks]) -> impl Iterator<Item = (&[Clicks], &[Clicks])> {
    let count = sessions.len();
    let cut = move |left: usize| count - count * left / SLICE_PART;
    (0..SLICES).rev().map(move |newer| (&sessions[..cut(newer + 1)], &sessions[cut(newer + 1)..cut(newer)]))
}

struct Slice {
    model: Model,
    /// In an order of which every part is spread over the slice.
    sessions: Vec<Vec<ItemId>>,
    predictions: usize,
    /// Hit rate and reciprocal rank of VMIS-kNN.
    reference: (f64, f64),
}

/// A candidate and what it reached: per session its hits and its reciprocal ranks, in the order of asking.
struct Trial {
    parameters: Parameters,
    reached: Vec<(f64, f64)>,
    /// The same in one number, so that the sum is the score.
    values: Vec<f64>,
}

struct Search<P> {
    slices: Vec<Slice>,
    settings: Settings,
    best: Trial,
    tried: Vec<Parameters>,
    done: usize,
    scratch: Scratch,
    progress: P,
}

/// Searches parameters on `train`, of which the longest sessions should be left out before.
///
/// # Errors
/// Too few sessions, or a starting point out of range.
pub fn tune(train: &[Clicks], settings: Settings, progress: impl FnMut(Progress)) -> Result<Tuned, TuneError> {
    settings.start.validate().map_err(TuneError::Parameters)?;
    let slices: Result<Vec<Slice>, _> = slices(train).map(|(older, newer)| Slice::new(older, newer, settings)).collect();
    let slices = slices.map_err(TuneError::Parameters)?;
    let nothing = Trial { parameters: settings.start, reached: Vec::new(), values: Vec::new() };
    let mut search = Search { slices, settings, best: nothing, tried: Vec::new(), done: 0, scratch: Scratch::new(), progress };
    let Parameters { max_session_items, repeat_current, .. } = settings.start;
    let vmis = search.whole(Parameters { max_session_items, repeat_current, ..Parameters::vmis() })?;
    for (at, reference) in search.means(&vmis).into_iter().enumerate() {
        if reference.0 == 0.0 || reference.1 == 0.0 {
            return Err(TuneError::TooFew { sessions: train.len() });
        }
        search.slices[at].reference = reference;
    }
    search.best = search.whole(settings.start)?;
    search.draw()?;
    search.climb()?;
    search.go_back()?;
    let mean = |trial: &Trial| {
        let sum = search.means(trial).into_iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (sum.0 / SLICES as f64, sum.1 / SLICES as f64)
    };
    let ((hit_rate, mrr), (vmis_hit_rate, vmis_mrr)) = (mean(&search.best), mean(&vmis));
    let validation = train.len() * SLICES / SLICE_PART;
    Ok(Tuned { parameters: search.best.parameters, hit_rate, mrr, vmis_hit_rate, vmis_mrr, train: train.len() - validation, validation })
}

impl Slice {
    fn new(older: &[Clicks], newer: &[Clicks], settings: Settings) -> Result<Self, InvalidParameters> {
        let mut model = report::build(older, settings.start)?;
        let asked: Vec<&Clicks> = newer.iter().filter(|session| session.items.len() > 1).collect();
        let all: usize = asked.iter().map(|session| session.items.len() - 1).sum();
        let stride = all.div_ceil((settings.predictions / SLICES).max(1)).max(1);
        let sample: Vec<&Clicks> = asked.into_iter().step_by(stride).collect();
        let spread = (0..BLOCKS).flat_map(|block| sample.iter().skip(block).step_by(BLOCKS));
        let mut ids = |session: &Clicks| session.items.iter().map(|&item| model.intern(ItemKey(item))).collect::<Vec<_>>();
        let sessions: Vec<Vec<ItemId>> = spread.map(|session| ids(session)).collect();
        let predictions = sessions.iter().map(|session| session.len() - 1).sum();
        Ok(Self { model, sessions, predictions, reference: (1.0, 1.0) })
    }

    fn block(&self, block: usize) -> std::ops::Range<usize> {
        let cut = |block: usize| self.sessions.len() * block / BLOCKS;
        cut(block)..cut(block + 1)
    }

    /// What a session's hits and reciprocal ranks are worth.
    fn value(&self, (hits, ranks): (f64, f64)) -> f64 {
        let relative = HIT_RATE_SHARE * hits / self.reference.0 + ranks / self.reference.1;
        relative / ((HIT_RATE_SHARE + 1.0) * self.predictions.max(1) as f64 * SLICES as f64)
    }
}

impl<P: FnMut(Progress)> Search<P> {
    /// Asks one block, and adds what was reached.
    fn ask(&mut self, trial: &mut Trial, block: usize) -> Result<(), TuneError> {
        let (n, mut out) = (self.settings.n, Vec::new());
        for slice in &mut self.slices {
            slice.model.set_parameters(trial.parameters).map_err(TuneError::Parameters)?;
            for session in &slice.sessions[slice.block(block)] {
                let mut reached = (0.0, 0.0);
                for t in 1..session.len() {
                    slice.model.predict_without_reasons(&session[..t], n, |_| true, &mut self.scratch, &mut out);
                    if let Some(place) = out.iter().position(|scored| scored.item == session[t]) {
                        reached.0 += 1.0;
                        reached.1 += 1.0 / (place + 1) as f64;
                    }
                }
                self.done += session.len() - 1;
                trial.values.push(slice.value(reached));
                trial.reached.push(reached);
            }
        }
        (self.progress)(Progress { done: self.done.min(self.settings.budget), total: self.settings.budget, best: self.best.parameters });
        Ok(())
    }

    fn whole(&mut self, parameters: Parameters) -> Result<Trial, TuneError> {
        let mut trial = Trial { parameters, reached: Vec::new(), values: Vec::new() };
        (0..BLOCKS).try_for_each(|block| self.ask(&mut trial, block))?;
        self.tried.push(parameters);
        Ok(trial)
    }

    /// Lets a candidate race against the best, in whose place it comes if it is so many standard errors before it at the end.
    fn race(&mut self, parameters: Parameters, better_by: f64) -> Result<bool, TuneError> {
        if self.tried.contains(&parameters) || self.done >= self.settings.budget {
            return Ok(false);
        }
        self.tried.push(parameters);
        let mut trial = Trial { parameters, reached: Vec::new(), values: Vec::new() };
        let mut ahead = 0.0;
        for block in 0..BLOCKS {
            self.ask(&mut trial, block)?;
            ahead = standard_errors(&trial.values, &self.best.values);
            if ahead < -DROPPED {
                return Ok(false);
            }
        }
        let better = ahead > better_by;
        if better {
            self.best = trial;
        }
        Ok(better)
    }

    fn draw(&mut self) -> Result<(), TuneError> {
        let mut random = Random(self.settings.seed);
        for _ in 0..self.settings.candidates {
            self.race(drawn(self.best.parameters, &mut random), BETTER)?;
        }
        Ok(())
    }

    /// Tries the neighbours of the best, and of what becomes the best.
    fn climb(&mut self) -> Result<(), TuneError> {
        loop {
            let mut better = false;
            for axis in axes(self.settings.start.algorithm) {
                for up in [false, true] {
                    // As far this way as it gets better.
                    while let Some(neighbour) = axis.beside(self.best.parameters, up)
                        && self.race(neighbour, BETTER)?
                    {
                        better = true;
                    }
                }
            }
            if !better {
                return Ok(());
            }
        }
    }

    fn go_back(&mut self) -> Result<(), TuneError> {
        for axis in axes(self.settings.start.algorithm) {
            let parameters = axis.moved(self.best.parameters, (axis.get)(&self.settings.start));
            if parameters != self.best.parameters {
                // What was tried before lost, but perhaps by a hair.
                self.tried.retain(|tried| *tried != parameters);
                self.race(parameters, -AS_GOOD)?;
            }
        }
        Ok(())
    }

    /// Hit rate and mean reciprocal rank by slice.
    fn means(&self, trial: &Trial) -> Vec<(f64, f64)> {
        let mut sums = vec![(0.0, 0.0); self.slices.len()];
        let mut reached = trial.reached.iter();
        for block in 0..BLOCKS {
            for (slice, sum) in self.slices.iter().zip(&mut sums) {
                for one in reached.by_ref().take(slice.block(block).len()) {
                    *sum = (sum.0 + one.0, sum.1 + one.1);
                }
            }
        }
        let mean = |(slice, sum): (&Slice, (f64, f64))| {
            let predictions = slice.predictions.max(1) as f64;
            (sum.0 / predictions, sum.1 / predictions)
        };
        self.slices.iter().zip(sums).map(mean).collect()
    }
}

/// By how many standard errors of their paired difference the first is better; zero if they are equal.
fn standard_errors(values: &[f64], others: &[f64]) -> f64 {
    let differences = values.iter().zip(others).map(|(value, other)| value - other);
    let (sum, squares) = differences.fold((0.0, 0.0), |(sum, squares), one| (sum + one, squares + one * one));
    if squares == 0.0 { 0.0 } else { sum / squares.sqrt() }
}

/// Numbers that look random and are the same every time (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let at = self.next() % choices.len() as u64;
        choices[usize::try_from(at).unwrap_or(0)]
    }
}

/// One parameter that is searched.
struct Axis {
    choices: &'static [f64],
    get: fn(&Parameters) -> f64,
    set: fn(&mut Parameters, f64),
}

/// The ranges keep a prediction within about twice the cost of the defaults.
const AXES: [Axis; 13] = [
    Axis {
        choices: &[0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0],
        get: spw,
        set: |p, v| p.decay = VisitDecay::Exponential { factor: v },
    },
    Axis { choices: &[100.0, 150.0, 200.0, 300.0, 400.0, 500.0], get: |p| p.k as f64, set: |p, v| p.k = whole(v) },
    Axis { choices: &[500.0, 1_000.0, 1_500.0, 2_500.0], get: |p| p.m as f64, set: |p, v| p.m = whole(v) },
    Axis { choices: &[3.0, 4.0, 5.0, 6.0, 9.0, 12.0], get: |p| p.max_items as f64, set: |p, v| p.max_items = whole(v) },
    // What follows only VSTAN knows.
    Axis { choices: &[0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5], get: |p| p.again, set: |p, v| p.again = v },
    Axis { choices: &[0.0, 1.0, 2.0, 3.0, 4.0], get: |p| p.alike.into(), set: |p, v| p.alike = half_steps(v) },
    Axis { choices: &[0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], get: |p| p.ipw, set: |p, v| p.ipw = v },
    Axis { choices: &[0.0, 0.15, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0], get: |p| p.next, set: |p, v| p.next = v },
    Axis { choices: &[0.0, 1.0, 2.0, 3.0, 4.0], get: |p| p.visit_idf.into(), set: |p, v| p.visit_idf = half_steps(v) },
    Axis { choices: &[0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4], get: |p| p.damping, set: |p, v| p.damping = v },
    Axis { choices: &[0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], get: |p| p.before, set: |p, v| p.before = v },
    Axis { choices: &[0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], get: |p| p.inh_after, set: |p, v| p.inh_after = v },
    Axis { choices: &[0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], get: |p| p.inh_before, set: |p, v| p.inh_before = v },
];
const VMIS_AXES: usize = 4;

fn spw(parameters: &Parameters) -> f64 {
    match parameters.decay {
        VisitDecay::Linear => 1.0,
        VisitDecay::Exponential { factor } => factor,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the choices are small whole numbers")]
fn whole(choice: f64) -> usize {
    choice as usize
}

fn half_steps(choice: f64) -> u8 {
    u8::try_from(whole(choice)).unwrap_or(0)
}

fn axes(algorithm: Algorithm) -> &'static [Axis] {
    match algorithm {
        Algorithm::Vmis => &AXES[..VMIS_AXES],
        Algorithm::Vstan => &AXES,
    }
}

impl Axis {
    fn moved(&self, from: Parameters, to: f64) -> Parameters {
        let mut parameters = from;
        (self.set)(&mut parameters, to);
        parameters
    }

    /// The choice next to the present one, up or down.
    fn beside(&self, from: Parameters, up: bool) -> Option<Parameters> {
        let now = (self.get)(&from);
        let choice =
            if up { self.choices.iter().find(|choice| **choice > now) } else { self.choices.iter().rev().find(|choice| **choice < now) };
        choice.map(|&choice| self.moved(from, choice))
    }
}

/// About a third of the parameters drawn anew.
fn drawn(from: Parameters, random: &mut Random) -> Parameters {
    axes(from.algorithm).iter().fold(from, |parameters, axis| {
        let choice = random.pick(axis.choices);
        if random.pick(&[true, false, false]) { axis.moved(parameters, choice) } else { parameters }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_up(sessions: u32) -> Vec<Clicks> {
        let mut random = Random(5);
        let session = |number: u32| {
            let first = random.next() % 40;
            let items = (0..2 + random.next() % 5).map(|step| (first + step * (1 + random.next() % 2)) % 50).collect();
            Clicks { key: u64::from(number), start: 1_000_000 + number * 100, items }
        };
        (0..sessions).map(session).collect()
    }

    #[test]
    fn the_newest_validate_what_came_before() {
        let sessions = made_up(1_000);
        let sizes: Vec<_> = slices(&sessions).map(|(older, newer)| (older.len(), newer.len())).collect();
        assert_eq!(sizes, [(700, 100), (800, 100), (900, 100)]);
        for (older, newer) in slices(&sessions) {
            assert!(older.last().unwrap().start < newer[0].start);
        }
        assert!(slices(&[]).all(|(older, newer)| older.is_empty() && newer.is_empty()));
    }

    #[test]
    fn a_lead_is_measured_by_its_chance() {
        assert_eq!(standard_errors(&[0.5, 0.25], &[0.5, 0.25]), 0.0);
        assert_eq!(standard_errors(&[1.0; 4], &[0.0; 4]), 2.0);
        assert_eq!(standard_errors(&[0.0, 1.0], &[1.0, 0.0]), 0.0);
        assert_eq!(standard_errors(&[0.0; 9], &[1.0; 9]), -3.0);
        assert_eq!(standard_errors(&[1.0], &[0.0; 9]), 1.0, "the first of a race against the same of the best");
    }

    #[test]
    fn every_choice_is_valid() {
        for axis in &AXES {
            assert!(axis.choices.is_sorted());
            for &choice in axis.choices {
                let parameters = axis.moved(Parameters::default(), choice);
                assert_eq!((parameters.validate(), (axis.get)(&parameters)), (Ok(()), choice));
            }
        }
        let mut random = Random(3);
        let differs = (0..50).filter(|_| drawn(Parameters::default(), &mut random) != Parameters::default()).count();
        assert!(differs > 40);
    }

    #[test]
    fn searching_helps_and_repeats() {
        let sessions = made_up(3_000);
        let settings = Settings { candidates: 12, predictions: 600, budget: 30_000, ..Settings::default() };
        let mut seen = Vec::new();
        let tuned = tune(&sessions, settings, |progress| seen.push(progress.done)).unwrap();
        assert_eq!(tune(&sessions, settings, |_| {}).unwrap(), tuned);
        assert!(seen.is_sorted() && seen.len() > 20);
        // A race that has begun is run to its end.
        assert!(*seen.last().unwrap() <= settings.budget + settings.predictions);
        assert!(HIT_RATE_SHARE * tuned.hit_rate / tuned.vmis_hit_rate + tuned.mrr / tuned.vmis_mrr >= HIT_RATE_SHARE + 1.0);
        assert_eq!(tuned.train + tuned.validation, 3_000);
        let still = Settings { budget: 0, ..settings };
        assert_eq!(tune(&sessions, still, |_| {}).unwrap().parameters, settings.start, "what was not tried is not chosen");
        let vmis = Settings { start: Parameters::vmis(), ..settings };
        assert_eq!(tune(&sessions, vmis, |_| {}).unwrap().parameters.algorithm, Algorithm::Vmis);
    }

    #[test]
    fn what_cannot_be_searched_is_said() {
        let code = |sessions: &[Clicks], start| tune(sessions, Settings { start, ..Settings::default() }, |_| {}).unwrap_err().code();
        assert_eq!(code(&[], Parameters::default()), "too_few_sessions");
        assert_eq!(code(&made_up(5)[..1], Parameters::default()), "too_few_sessions");
        assert_eq!(code(&made_up(50), Parameters { k: 0, ..Parameters::default() }), "parameter_out_of_range");
    }
}
