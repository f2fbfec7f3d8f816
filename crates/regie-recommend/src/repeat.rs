//! What a customer tends to buy again, from that customer's own purchases alone.
//!
//! Score = number of purchases × decay with the time since the last, times a damping while it is early for the next. The
//! first is the personal frequency component of TIFU-kNN (Hu et al., "Modeling Personalized Item Frequency Information
//! for Next-basket Recommendation", SIGIR 2020), with one decay by time in place of its groups of baskets. The damping
//! follows "Buy It Again" (Bhagat et al., KDD 2018): after a purchase the wish returns over the customer's own mean
//! interval.
//!
//! Invariant: a pure function of the given history and `now`, so forgetting is leaving it out. Left out: neighbours and
//! popularity ([`crate::blend`] fills up), declared rules such as durable goods (the caller's `keep`).

use crate::ItemId;

/// What is known of one item that the customer bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnItem {
    pub item: ItemId,
    /// Baskets with it; an item with zero is left out.
    pub count: u32,
    /// Unix seconds of the last purchase.
    pub last: u32,
    /// Mean seconds between purchases; zero if not known (bought once).
    pub mean_interval: u32,
}

/// How repeats are weighed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RepeatParameters {
    /// Seconds after which a purchase counts for half; zero switches the decay off.
    pub half_life: u32,
    /// What is left of the score right after a purchase of which the interval is known, from 0 (nothing) to 1 (no damping).
    /// It returns in a straight line over the mean interval.
    pub just_bought: f32,
}

impl Default for RepeatParameters {
    /// Half after 13 weeks; half right after buying.
    fn default() -> Self {
        Self { half_life: 13 * 7 * 86_400, just_bought: 0.5 }
    }
}

/// An item that the customer may buy again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeat {
    pub item: ItemId,
    /// Over zero; comparable within one customer and moment.
    pub score: f32,
}

/// The `n` best repeats at `now` (Unix seconds), best first, into `out` (cleared before). `tie` decides between equal
/// scores, lower first: give the item's key, or its popularity rank. Purchases after `now` count as just done. Items
/// must be distinct. Cost: linear, plus sorting.
pub fn score_repeats(
    history: &[OwnItem],
    now: u32,
    n: usize,
    parameters: &RepeatParameters,
    tie: impl Fn(ItemId) -> u64,
    out: &mut Vec<Repeat>,
) {
    out.clear();
    let scored = history.iter().filter(|own| own.count > 0).map(|own| Repeat { item: own.item, score: score(own, now, parameters) });
    out.extend(scored.filter(|repeat| repeat.score > 0.0));
    out.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| tie(a.item).cmp(&tie(b.item))));
    out.truncate(n);
}

#[expect(clippy::cast_possible_truncation, reason = "a score needs no more than 24 bits")]
fn score(own: &OwnItem, now: u32, parameters: &RepeatParameters) -> f32 {
    let since = f64::from(now.saturating_sub(own.last));
    let decay = if parameters.half_life == 0 { 1.0 } else { (-since / f64::from(parameters.half_life)).exp2() };
    let readiness = if own.mean_interval == 0 { 1.0 } else { (since / f64::from(own.mean_interval)).min(1.0) };
    let floor = f64::from(parameters.just_bought.clamp(0.0, 1.0));
    (f64::from(own.count) * decay * (floor + (1.0 - floor) * readiness)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u32 = 86_400;
    const NOW: u32 = 1_000 * DAY;

    fn own(item: u32, count: u32, days_ago: u32, interval_days: u32) -> OwnItem {
        OwnItem { item: ItemId(item), count, last: NOW - days_ago * DAY, mean_interval: interval_days * DAY }
    }

    fn order(history: &[OwnItem], parameters: &RepeatParameters) -> Vec<u32> {
        let mut out = Vec::new();
        score_repeats(history, NOW, 10, parameters, |item| u64::from(item.0), &mut out);
        out.iter().map(|repeat| repeat.item.0).collect()
    }

    #[test]
    fn order_of_repeats() {
        let default = RepeatParameters::default();
        let undecayed = RepeatParameters { half_life: 0, just_bought: 1.0 };
        let cases: [(&str, Vec<OwnItem>, RepeatParameters, Vec<u32>); 6] = [
            ("nothing", vec![], default, vec![]),
            ("more often first", vec![own(1, 2, 10, 0), own(2, 5, 10, 0)], default, vec![2, 1]),
            ("long ago counts less", vec![own(1, 5, 400, 0), own(2, 2, 10, 0)], default, vec![2, 1]),
            ("unless decay is off", vec![own(1, 5, 400, 0), own(2, 2, 10, 0)], undecayed, vec![1, 2]),
            ("just bought waits", vec![own(1, 5, 0, 30), own(2, 5, 20, 20)], default, vec![2, 1]),
            ("ties by key, none without purchase", vec![own(9, 1, 5, 0), own(3, 1, 5, 0), own(1, 0, 5, 0)], default, vec![3, 9]),
        ];
        for (name, history, parameters, expected) in cases {
            assert_eq!(order(&history, &parameters), expected, "{name}");
        }
    }

    #[test]
    fn half_life_is_half() {
        let parameters = RepeatParameters { half_life: 100 * DAY, just_bought: 1.0 };
        assert_eq!(score(&own(1, 4, 100, 0), NOW, &parameters), 2.0);
        let future = OwnItem { item: ItemId(1), count: 4, last: NOW + DAY, mean_interval: 0 };
        assert_eq!(score(&future, NOW, &parameters), 4.0);
    }
}
