//! The definition of a prediction, written as plainly as possible, to hold the index against. No index, no scratch, no
//! shared code but the parameters; everything in lasting keys.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use regie_recommend::{Algorithm, Parameters, VisitDecay};

/// A session as events: start, lasting key, and the keys of its items in order, repeats included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    pub(crate) start: u32,
    pub(crate) key: u64,
    pub(crate) events: Vec<u64>,
}

/// Item key, score, keys of the visit's items that spoke for it most, at most three.
pub(crate) type Answer = (u64, f32, Vec<u64>);

/// Distinct items at their last occurrence, the newest `max`, oldest first.
pub(crate) fn canonical(events: &[u64], max: usize) -> Vec<u64> {
    let mut items: Vec<u64> = Vec::new();
    for &item in events {
        items.retain(|&other| other != item);
        items.push(item);
    }
    items.split_off(items.len().saturating_sub(max))
}

fn powered(factor: f64, exponent: usize) -> f64 {
    (0..exponent).fold(1.0, |value, _| value * factor)
}

/// At least one.
fn rounded(value: f64) -> u64 {
    (value.round() as u64).max(1)
}

/// The similarity weights of the visit's items, in the order of `asked`.
fn weights(parameters: &Parameters, len: usize, asked: &[(usize, u64)], idf: &dyn Fn(u64) -> f64) -> Vec<u64> {
    let place = |position: usize| match parameters.decay {
        VisitDecay::Linear => (len - position) as f64,
        VisitDecay::Exponential { factor } => powered(factor, position),
    };
    match (parameters.algorithm, parameters.decay) {
        (Algorithm::Vmis, VisitDecay::Linear) => asked.iter().map(|&(at, _)| (len - at) as u64).collect(),
        (Algorithm::Vmis, VisitDecay::Exponential { .. }) => asked.iter().map(|&(at, _)| rounded(1024.0 * place(at))).collect(),
        (Algorithm::Vstan, _) => {
            let known: Vec<_> = asked.iter().filter(|(_, item)| idf(*item) < 2.0).collect();
            let idf_of = |item: u64| {
                let idf = if known.len() > 1 { idf(item).max(0.001) } else { 1.0 };
                half_powers(idf, parameters.visit_idf)
            };
            let share = if parameters.decay == VisitDecay::Linear { len as f64 } else { 1.0 };
            let raw: Vec<f64> = asked.iter().map(|&(at, item)| place(at) / share * idf_of(item)).collect();
            let strongest = known.iter().map(|(at, item)| place(*at) / share * idf_of(*item)).fold(f64::MIN_POSITIVE, f64::max);
            raw.iter().map(|weight| rounded(512.0 * weight / strongest)).collect()
        }
    }
}

/// What an item at `index` of a neighbour gets of a shared item at `at`.
fn nearness(parameters: &Parameters, index: usize, at: usize, current: bool) -> u64 {
    let steps = |first: f64, factor: f64, distance: usize| rounded((1..distance.min(16)).fold(64.0 * first, |value, _| value * factor));
    match index.cmp(&at) {
        Ordering::Equal => rounded(64.0 * parameters.again),
        Ordering::Greater if current && index == at + 1 => rounded(64.0 * (1.0 + parameters.next)),
        Ordering::Greater => steps(1.0, parameters.inh_after, index - at),
        Ordering::Less => steps(parameters.before, parameters.inh_before, at - index),
    }
}

/// `value` to the power of `halves` / 2.
fn half_powers(value: f64, halves: u8) -> f64 {
    let value = value.max(0.001);
    let root = value.sqrt();
    [1.0, root, value, value * root, value * value][usize::from(halves)]
}

/// In 1,024ths, what a neighbour counts that shares so much of the greatest possible similarity.
fn counts(parameters: &Parameters, share: f64, seconds: u32) -> u64 {
    let age = match parameters.snh_half_life {
        0 => 1024,
        half_life => {
            let step = (u64::from(seconds) * 8 / u64::from(half_life)).min(64) as usize;
            let eighth = 0.5_f64.sqrt().sqrt().sqrt();
            rounded((0..step).fold(1024.0, |value, _| value * eighth))
        }
    };
    if parameters.alike == 0 { age } else { rounded(age as f64 * half_powers(share, parameters.alike)) }
}

/// With VSTAN, a list that is too short goes on with what goes with it.
pub(crate) fn predict(sessions: &[Plain], parameters: &Parameters, visit: &[u64], n: usize, blocked: u64) -> Vec<Answer> {
    let current = visit.last().filter(|_| !parameters.repeat_current);
    let may = |item: u64| item != blocked && Some(&item) != current;
    let mut answers = first_answers(sessions, parameters, visit, n, &may);
    let (Algorithm::Vstan, Some(last)) = (parameters.algorithm, answers.last()) else { return answers };
    let (below, found) = (last.1 * 0.5, answers.len());
    // What comes further has the newest item of the visit that any session holds for its reason.
    let held = |item: u64| sessions.iter().any(|plain| canonical(&plain.events, parameters.max_session_items).contains(&item));
    let window = &visit[visit.len().saturating_sub(parameters.max_items)..];
    let because: Vec<u64> = window.iter().rev().copied().find(|&item| held(item)).into_iter().collect();
    let known: Vec<u64> = answers.iter().map(|(item, _, _)| *item).collect();
    let further: Vec<u64> = known.iter().take(parameters.max_items).rev().copied().collect();
    let may = |item: u64| may(item) && !known.contains(&item);
    let more = first_answers(sessions, parameters, &further, n - found, &may);
    let greatest = more.first().map_or(1.0, |(_, score, _)| *score);
    answers.extend(more.iter().map(|(item, score, _)| (*item, below * (score / greatest), because.clone())));
    answers
}

fn first_answers(sessions: &[Plain], parameters: &Parameters, visit: &[u64], n: usize, may: &dyn Fn(u64) -> bool) -> Vec<Answer> {
    let window = &visit[visit.len().saturating_sub(parameters.max_items)..];
    // Distinct items by distance from the end.
    let mut asked: Vec<(usize, u64)> = Vec::new();
    for (position, &item) in window.iter().rev().enumerate() {
        if asked.iter().all(|&(_, other)| other != item) {
            asked.push((position, item));
        }
    }
    let sessions: Vec<(u32, u64, Vec<u64>)> = sessions
        .iter()
        .map(|plain| (plain.start, plain.key, canonical(&plain.events, parameters.max_session_items)))
        .filter(|(_, _, items)| !items.is_empty())
        .collect();
    let count = |item: u64| sessions.iter().filter(|(_, _, items)| items.contains(&item)).count();
    let ln = |count: usize| (count as f64).ln() as f32;
    // From 0 to 1; an item that no session holds is far over it.
    let idf = |item: u64| match count(item) {
        0 => 9.0,
        count => 1.0 - f64::from(ln(count)) / f64::from(ln(sessions.len())).max(1.0),
    };
    let weights = weights(parameters, window.len(), &asked, &idf);
    let mut near: Vec<_> = sessions.iter().filter(|(_, _, items)| asked.iter().any(|(_, a)| items.contains(a))).collect();
    near.sort_by_key(|(start, key, _)| Reverse((*start, *key)));
    near.truncate(parameters.m);
    let similarity =
        |items: &[u64]| -> u64 { asked.iter().zip(&weights).filter(|((_, a), _)| items.contains(a)).map(|(_, weight)| weight).sum() };
    near.sort_by_key(|(start, key, items)| Reverse((similarity(items), *start, *key)));
    near.truncate(parameters.k);
    let newest_start = near.iter().map(|(start, _, _)| *start).max().unwrap_or(0);

    // Of the items that any session holds.
    let greatest: u64 = asked.iter().zip(&weights).filter(|((_, a), _)| count(*a) > 0).map(|(_, weight)| weight).sum();
    let counted = |gives: u64, items: &[u64], start: u32| match parameters.algorithm {
        Algorithm::Vmis => gives,
        Algorithm::Vstan => {
            let share = similarity(items) as f64 / greatest as f64;
            (gives * counts(parameters, share, newest_start - start) / 1024).max(1)
        }
    };

    // By item and position of the visit.
    let mut given: BTreeMap<(u64, usize), u64> = BTreeMap::new();
    let mut sums: BTreeMap<u64, u64> = BTreeMap::new();
    for (start, _, items) in near {
        let newest = asked.iter().find(|(_, a)| items.contains(a)).map_or(0, |&(position, _)| position);
        let mut of_neighbour: BTreeMap<u64, u64> = BTreeMap::new();
        for (&(position, a), &weight) in asked.iter().zip(&weights) {
            let Some(at) = items.iter().position(|item| *item == a) else {
                continue;
            };
            for (index, &item) in items.iter().enumerate() {
                let gives = match parameters.algorithm {
                    Algorithm::Vmis => 9_u64.saturating_sub(newest as u64) * weight,
                    Algorithm::Vstan => {
                        let weight = if parameters.ipw == 1.0 { weight } else { rounded(weight as f64 * powered(parameters.ipw, newest)) };
                        weight * nearness(parameters, index, at, position == 0)
                    }
                };
                if gives > 0 {
                    *given.entry((item, position)).or_default() += counted(gives, items, *start);
                    *of_neighbour.entry(item).or_default() += gives;
                }
            }
        }
        for (item, gives) in of_neighbour {
            *sums.entry(item).or_default() += counted(gives, items, *start);
        }
    }
    let unit = match (parameters.algorithm, parameters.decay) {
        (Algorithm::Vmis, VisitDecay::Linear) => 1.0 / (asked.len() as f32 * 10.0),
        (Algorithm::Vmis, VisitDecay::Exponential { .. }) => 1.0 / (1024.0 * 10.0),
        (Algorithm::Vstan, _) => 1.0 / (512.0 * 64.0),
    };
    let mut answers: Vec<Answer> = sums
        .iter()
        .filter(|&(&item, _)| may(item))
        .map(|(&item, &sum)| {
            let value = match parameters.algorithm {
                Algorithm::Vmis => ln(sessions.len()) - ln(count(item)),
                Algorithm::Vstan if parameters.damping == 0.0 => 1.0,
                Algorithm::Vstan => (-parameters.damping * (count(item) as f64).ln()).exp() as f32,
            };
            let mut strongest: Vec<_> =
                asked.iter().filter_map(|&(position, a)| Some((given.get(&(item, position))?, position, a))).collect();
            strongest.sort_by_key(|&(gives, position, _)| (Reverse(*gives), position));
            (item, sum as f32 * value, strongest.iter().take(3).map(|&(_, _, a)| a).collect())
        })
        .collect();
    answers.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    answers.truncate(n);
    for answer in &mut answers {
        answer.1 *= unit;
    }
    answers
}
