//! The definition of a prediction, written as plainly as possible, to hold the index against. No index, no scratch, no
//! shared code but the parameters; everything in lasting keys.

use std::collections::BTreeMap;

use regie_recommend::{Parameters, VisitDecay};

/// A session as events: start, lasting key, and the keys of its items in order, repeats included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    pub(crate) start: u32,
    pub(crate) key: u64,
    pub(crate) events: Vec<u64>,
}

/// Item key, score, key of the visit's item that spoke for it most.
pub(crate) type Answer = (u64, f32, u64);

/// Distinct items at their last occurrence, the newest `max`, oldest first.
pub(crate) fn canonical(events: &[u64], max: usize) -> Vec<u64> {
    let mut items: Vec<u64> = Vec::new();
    for &item in events {
        items.retain(|&other| other != item);
        items.push(item);
    }
    items.split_off(items.len().saturating_sub(max))
}

fn weight(parameters: &Parameters, len: usize, position: usize) -> u64 {
    match parameters.decay {
        VisitDecay::Linear => (len - position) as u64,
        VisitDecay::Exponential { factor } => {
            let mut value = 1024.0;
            for _ in 0..position {
                value *= factor;
            }
            (value.round() as u64).max(1)
        }
    }
}

pub(crate) fn predict(sessions: &[Plain], parameters: &Parameters, visit: &[u64], n: usize, blocked: u64) -> Vec<Answer> {
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
    let mut near: Vec<_> = sessions.iter().filter(|(_, _, items)| asked.iter().any(|(_, a)| items.contains(a))).collect();
    near.sort_by_key(|(start, key, _)| std::cmp::Reverse((*start, *key)));
    near.truncate(parameters.m);
    let similarity = |items: &[u64]| -> u64 {
        asked.iter().filter(|(_, a)| items.contains(a)).map(|&(at, _)| weight(parameters, window.len(), at)).sum()
    };
    near.sort_by_key(|(start, key, items)| std::cmp::Reverse((similarity(items), *start, *key)));
    near.truncate(parameters.k);

    let mut sums: BTreeMap<u64, u64> = BTreeMap::new();
    let mut reasons: BTreeMap<(u64, usize), u64> = BTreeMap::new();
    for (_, _, items) in near {
        let newest = asked.iter().find(|(_, a)| items.contains(a)).map_or(0, |&(position, _)| position);
        let closeness = 9_u64.saturating_sub(newest as u64);
        for &item in items {
            if closeness == 0 {
                continue;
            }
            *sums.entry(item).or_default() += closeness * similarity(items);
            for &(position, a) in &asked {
                if items.contains(&a) {
                    *reasons.entry((item, position)).or_default() += closeness * weight(parameters, window.len(), position);
                }
            }
        }
    }
    let ln = |count: usize| (count as f64).ln() as f32;
    let unit = match parameters.decay {
        VisitDecay::Linear => 1.0 / asked.len() as f32,
        VisitDecay::Exponential { .. } => 1.0 / 1024.0,
    };
    let mut answers: Vec<Answer> = sums
        .iter()
        .filter(|&(&item, _)| item != blocked && (parameters.repeat_current || window.last() != Some(&item)))
        .map(|(&item, &sum)| {
            let count = sessions.iter().filter(|(_, _, items)| items.contains(&item)).count();
            let idf = ln(sessions.len()) - ln(count);
            let mut because = asked.clone();
            because.sort_by_key(|&(position, _)| (std::cmp::Reverse(reasons.get(&(item, position)).copied().unwrap_or(0)), position));
            (item, sum as f32 * idf, because[0].1)
        })
        .collect();
    answers.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    answers.truncate(n);
    for answer in &mut answers {
        answer.1 *= unit / 10.0;
    }
    answers
}
