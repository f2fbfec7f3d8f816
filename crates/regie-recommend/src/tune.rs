//! Searching parameters on a retailer's own training set.
//!
//! A validation part is split off the end of the training sessions; candidates, drawn at random from bounded ranges by a seed,
//! are tried on few of its predictions, the better third of them on more, the best on all (successive halving, Jamieson and
//! Talwalkar 2016); then the best one's neighbours are tried, one parameter at a time, until none is better or the budget is
//! spent. The ranges keep a prediction within about twice the cost of the defaults.
//!
//! What is best: relative to VMIS-kNN as published, the mean of the reciprocal rank and, three times, the hit rate.
//!
//! Invariant: the same sessions, settings and seed give the same parameters on every machine; the test set is never seen.
//! Left out: `max_session_items`, which is fixed when the model is built.

use crate::evaluate::clicks::Clicks;
use crate::evaluate::{next_item, report};
use crate::{Algorithm, InvalidParameters, ItemId, ItemKey, Model, Parameters, Scratch, VisitDecay};

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub seed: u64,
    /// The list's length.
    pub n: usize,
    /// Candidates of the first round, the starting point not counted.
    pub candidates: usize,
    /// Neighbours that are tried at the end, at most.
    pub steps: usize,
    /// Predictions of the last round, at most; the first round takes a tenth of them, the second a third.
    pub predictions: usize,
    /// Which part of the sessions, the newest, validates.
    pub validation: Validation,
    /// Where the search begins; its algorithm, `max_session_items` and `repeat_current` are kept.
    pub start: Parameters,
}

/// The newest sessions, on which candidates are tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Validation {
    /// Those that began in the last 24 hours, if they are between a fiftieth and a quarter of all; else the last tenth.
    LastDay,
    /// The last share of all, over 0 and under 1.
    Last(f64),
}

impl Default for Settings {
    /// About half a minute for half a million events.
    fn default() -> Self {
        let start = Parameters::default();
        Self { seed: 1, n: 20, candidates: 120, steps: 60, predictions: 20_000, validation: Validation::LastDay, start }
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
    /// Sessions that were trained on and that validated.
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

/// Splits the newest sessions off. `sessions` are in order of time, as the reader gives them.
#[must_use]
pub fn split(sessions: &[Clicks], validation: Validation) -> (&[Clicks], &[Clicks]) {
    let count = sessions.len();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let share = |share: f64| count - ((count as f64 * share.clamp(0.0, 1.0)).round() as usize).min(count);
    let at = match validation {
        Validation::Last(part) => share(part),
        Validation::LastDay => {
            let newest = sessions.last().map_or(0, |session| session.start);
            let day = sessions.partition_point(|session| session.start < newest.saturating_sub(86_399));
            let part = (count - day) as f64 / count.max(1) as f64;
            if (0.02..=0.25).contains(&part) { day } else { share(0.1) }
        }
    };
    sessions.split_at(at)
}

struct Search<P> {
    model: Model,
    sessions: Vec<Vec<ItemId>>,
    settings: Settings,
    reference: [(f64, f64); ROUNDS],
    tried: Vec<Parameters>,
    done: usize,
    total: usize,
    best: Option<(f64, Parameters)>,
    progress: P,
}

const ROUNDS: usize = 3;

/// How many times the reciprocal rank the hit rate counts: parameters that look only at the current item win a lot of rank for
/// a little of it.
const HIT_RATE_SHARE: f64 = 3.0;

/// Searches parameters on `train`, of which the longest sessions should be left out before.
///
/// # Errors
/// Too few sessions, or a starting point out of range.
pub fn tune(train: &[Clicks], settings: Settings, progress: impl FnMut(Progress)) -> Result<Tuned, TuneError> {
    settings.start.validate().map_err(TuneError::Parameters)?;
    let (older, newer) = split(train, settings.validation);
    let too_few = TuneError::TooFew { sessions: train.len() };
    let mut model = report::build(older, settings.start).map_err(TuneError::Parameters)?;
    let mut ids = |session: &Clicks| session.items.iter().map(|&item| model.intern(ItemKey(item))).collect::<Vec<_>>();
    let sessions: Vec<Vec<ItemId>> = newer.iter().map(&mut ids).filter(|session| session.len() > 1).collect();
    let mut search =
        Search { model, sessions, settings, reference: [(1.0, 1.0); ROUNDS], tried: Vec::new(), done: 0, total: 0, best: None, progress };
    let rounds: Vec<usize> = (0..ROUNDS).map(|round| search.predictions(round)).collect();
    let (first, second) = (settings.candidates + 1, settings.candidates / 4 + 1);
    search.total = rounds[0] * (first + 1) + rounds[1] * (second + 1) + rounds[2] * (second.div_ceil(4) + 2 + settings.steps);

    let vmis = Parameters {
        max_session_items: settings.start.max_session_items,
        repeat_current: settings.start.repeat_current,
        ..Parameters::vmis()
    };
    for round in 0..ROUNDS {
        let measured = search.measure(vmis, round)?;
        search.reference[round] = measured;
        if measured.0 == 0.0 || measured.1 == 0.0 {
            return Err(too_few);
        }
    }
    let mut random = Random(settings.seed);
    let mut candidates = vec![settings.start];
    candidates.extend((0..settings.candidates).map(|_| drawn(settings.start, &mut random)));
    for (round, keep) in [(0, second), (1, second.div_ceil(4))] {
        let mut scored = Vec::with_capacity(candidates.len());
        for parameters in candidates {
            scored.push((search.score(parameters, round)?, parameters));
        }
        // Stable: of equals the earlier.
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        candidates = scored.into_iter().take(keep).map(|(_, parameters)| parameters).collect();
        // The defaults always reach the last round, so that the result is never worse on the validation part.
        if !candidates.contains(&settings.start) {
            candidates.push(settings.start);
        }
    }
    for parameters in candidates {
        search.try_last(parameters)?;
    }
    search.climb()?;
    let parameters = search.best.map_or(settings.start, |(_, parameters)| parameters);
    let (hit_rate, mrr) = search.measure(parameters, ROUNDS - 1)?;
    let (vmis_hit_rate, vmis_mrr) = search.reference[ROUNDS - 1];
    Ok(Tuned { parameters, hit_rate, mrr, vmis_hit_rate, vmis_mrr, train: older.len(), validation: newer.len() })
}

impl<P: FnMut(Progress)> Search<P> {
    fn steps(session: &[ItemId]) -> usize {
        session.len() - 1
    }

    /// Predictions of a round: the sessions are taken evenly over the validation part.
    fn stride(&self, round: usize) -> usize {
        let wanted = self.settings.predictions / [10, 3, 1][round];
        let all: usize = self.sessions.iter().map(|session| Self::steps(session)).sum();
        all.div_ceil(wanted.max(1)).max(1)
    }

    fn predictions(&self, round: usize) -> usize {
        self.sessions.iter().step_by(self.stride(round)).map(|session| Self::steps(session)).sum()
    }

    /// Hit rate and reciprocal rank.
    fn measure(&mut self, parameters: Parameters, round: usize) -> Result<(f64, f64), TuneError> {
        self.model.set_parameters(parameters).map_err(TuneError::Parameters)?;
        let (model, mut scratch, mut out) = (&self.model, Scratch::new(), Vec::new());
        let sessions = self.sessions.iter().step_by(self.stride(round)).map(Vec::as_slice);
        let n = self.settings.n;
        let metrics = next_item(
            sessions,
            n,
            parameters.max_items,
            |_| 0.0,
            |visit, answer| {
                model.predict_without_reasons(visit, n, |_| true, &mut scratch, &mut out);
                answer.extend(out.iter().map(|scored| scored.item));
            },
        );
        self.done += metrics.predictions;
        let best = self.best.map_or(self.settings.start, |(_, best)| best);
        (self.progress)(Progress { done: self.done.min(self.total), total: self.total, best });
        Ok((metrics.hit_rate, metrics.mrr))
    }

    fn score(&mut self, parameters: Parameters, round: usize) -> Result<f64, TuneError> {
        let (hit_rate, mrr) = self.measure(parameters, round)?;
        let reference = self.reference[round];
        Ok((HIT_RATE_SHARE * hit_rate / reference.0 + mrr / reference.1) / (HIT_RATE_SHARE + 1.0))
    }

    /// Whether it is the best on all.
    fn try_last(&mut self, parameters: Parameters) -> Result<bool, TuneError> {
        if self.tried.contains(&parameters) {
            return Ok(false);
        }
        self.tried.push(parameters);
        let score = self.score(parameters, ROUNDS - 1)?;
        let better = self.best.is_none_or(|(best, _)| score > best);
        if better {
            self.best = Some((score, parameters));
        }
        Ok(better)
    }

    /// Tries the neighbours of the best, and of what becomes the best.
    fn climb(&mut self) -> Result<(), TuneError> {
        let mut left = self.settings.steps;
        loop {
            let Some((_, from)) = self.best else { return Ok(()) };
            let mut better = false;
            for neighbour in neighbours(from) {
                // The best may have moved on by now: take this one step from there.
                if self.tried.contains(&neighbour) {
                    continue;
                }
                if left == 0 {
                    return Ok(());
                }
                left -= 1;
                if self.try_last(neighbour)? {
                    better = true;
                    break;
                }
            }
            if !better {
                return Ok(());
            }
        }
    }
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

const M: [usize; 4] = [500, 1_000, 1_500, 2_500];
const K: [usize; 6] = [100, 150, 200, 300, 400, 500];
const MAX_ITEMS: [usize; 5] = [3, 4, 5, 6, 9];
const SPW: [f64; 9] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0];
const IPW: [f64; 7] = [0.3, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0];
const INH: [f64; 8] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
const BEFORE: [f64; 7] = [0.2, 0.35, 0.5, 0.7, 0.85, 0.95, 1.0];
const NEXT: [f64; 7] = [0.0, 0.15, 0.3, 0.6, 1.0, 1.7, 3.0];
const VISIT_IDF: [u8; 5] = [0, 1, 2, 3, 4];
const DAMPING: [f64; 7] = [0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4];

fn drawn(start: Parameters, random: &mut Random) -> Parameters {
    let parameters = Parameters {
        m: random.pick(&M),
        k: random.pick(&K),
        max_items: random.pick(&MAX_ITEMS),
        decay: VisitDecay::Exponential { factor: random.pick(&SPW) },
        ..start
    };
    if start.algorithm == Algorithm::Vmis {
        return parameters;
    }
    Parameters {
        ipw: random.pick(&IPW),
        inh_after: random.pick(&INH),
        inh_before: random.pick(&INH),
        before: random.pick(&BEFORE),
        next: random.pick(&NEXT),
        visit_idf: random.pick(&VISIT_IDF),
        damping: random.pick(&DAMPING),
        ..parameters
    }
}

/// The choices next to `value`.
fn beside<T: Copy + PartialOrd>(choices: &[T], value: T) -> impl Iterator<Item = T> {
    let below = choices.iter().rev().find(|choice| **choice < value).copied();
    let above = choices.iter().find(|choice| **choice > value).copied();
    below.into_iter().chain(above)
}

/// One parameter a step up or down.
fn neighbours(from: Parameters) -> Vec<Parameters> {
    let mut all = Vec::new();
    if let VisitDecay::Exponential { factor } = from.decay {
        all.extend(beside(&SPW, factor).map(|factor| Parameters { decay: VisitDecay::Exponential { factor }, ..from }));
    }
    if from.algorithm == Algorithm::Vstan {
        all.extend(beside(&IPW, from.ipw).map(|ipw| Parameters { ipw, ..from }));
        all.extend(beside(&NEXT, from.next).map(|next| Parameters { next, ..from }));
        all.extend(beside(&DAMPING, from.damping).map(|damping| Parameters { damping, ..from }));
        all.extend(beside(&VISIT_IDF, from.visit_idf).map(|visit_idf| Parameters { visit_idf, ..from }));
        all.extend(beside(&BEFORE, from.before).map(|before| Parameters { before, ..from }));
        all.extend(beside(&INH, from.inh_after).map(|inh_after| Parameters { inh_after, ..from }));
        all.extend(beside(&INH, from.inh_before).map(|inh_before| Parameters { inh_before, ..from }));
    }
    all.extend(beside(&K, from.k).map(|k| Parameters { k, ..from }));
    all.extend(beside(&M, from.m).map(|m| Parameters { m, ..from }));
    all.extend(beside(&MAX_ITEMS, from.max_items).map(|max_items| Parameters { max_items, ..from }));
    all
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
    fn the_newest_validate() {
        let sessions = made_up(4_000);
        // 864 sessions a day.
        let (older, newer) = split(&sessions, Validation::LastDay);
        assert_eq!((older.len(), newer.len()), (4_000 - 864, 864));
        assert_eq!(split(&sessions[..1_000], Validation::LastDay).1.len(), 100, "a day is too much of it");
        assert_eq!(split(&sessions, Validation::Last(0.25)).1.len(), 1_000);
        assert_eq!(split(&[], Validation::LastDay).1.len(), 0);
    }

    #[test]
    fn searching_helps_and_repeats() {
        let sessions = made_up(3_000);
        let settings = Settings { candidates: 12, steps: 10, predictions: 600, ..Settings::default() };
        let mut seen = Vec::new();
        let tuned = tune(&sessions, settings, |progress| seen.push(progress.done)).unwrap();
        assert_eq!(tune(&sessions, settings, |_| {}).unwrap(), tuned);
        assert!(seen.is_sorted() && seen.len() > 20);
        assert!(3.0 * tuned.hit_rate / tuned.vmis_hit_rate + tuned.mrr / tuned.vmis_mrr >= 4.0);
        assert_eq!(tuned.train + tuned.validation, 3_000);
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
