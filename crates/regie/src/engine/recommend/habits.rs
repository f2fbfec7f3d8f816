//! What of the customer's own speaks loudest: the few strongest of a long history, without looking at the rest more closely than at a
//! count and a moment.
//!
//! Invariant: a pure function of profile, `now` and what counts; ties go by keys, so the order of the profile does not matter.

use crate::engine::views::profiles::Counted;

/// How strongly a known item speaks for the customer's habits, without the exact score of each: the order is that of
/// log2(count) × half-life − seconds since, which needs no power for an item.
pub(super) struct Strength {
    half_life: u32,
    now: u32,
    /// Nearly every count is small.
    few: [i64; 16],
}

impl Strength {
    pub(super) fn new(half_life: u32, now: u32) -> Strength {
        let few = std::array::from_fn(|count| Self::worth(u32::try_from(count).unwrap_or(1), half_life));
        Strength { half_life, now, few }
    }

    #[expect(clippy::cast_possible_truncation, reason = "below 32 × 2^32")]
    fn worth(count: u32, half_life: u32) -> i64 {
        // Without decay the count alone decides.
        (f64::from(count.max(1)).log2() * f64::from(half_life.max(1 << 16))) as i64
    }

    pub(super) fn of(&self, known: &Counted) -> i64 {
        let worth = self.few.get(known.count as usize).copied().unwrap_or_else(|| Self::worth(known.count, self.half_life));
        if self.half_life == 0 { worth } else { worth - i64::from(self.now.saturating_sub(known.at)) }
    }
}

/// An item of the customer's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habit {
    pub(super) strength: i64,
    pub(super) known: Counted,
}

/// The strongest of many: those that reach a bar, which rises with them.
#[derive(Debug, Default)]
pub(super) struct Strongest {
    found: Vec<Habit>,
    most: usize,
    /// Nothing below it can be among them.
    bar: i64,
    /// How many may be found before the bar is raised.
    room: usize,
}

impl Strongest {
    /// None yet, and at most so many.
    pub(super) fn begin(&mut self, most: usize) {
        self.found.clear();
        (self.most, self.bar, self.room) = (most, i64::MIN, most * 4);
    }

    /// Can it be among them? Cheap, and for most of a long history the last that is asked.
    pub(super) fn may_be(&self, strength: i64) -> bool {
        strength >= self.bar && self.most > 0
    }

    pub(super) fn add(&mut self, habit: Habit) {
        if !self.may_be(habit.strength) {
            return;
        }
        self.found.push(habit);
        if self.found.len() >= self.room {
            let (_, last, _) = self.found.select_nth_unstable_by_key(self.most - 1, |habit| std::cmp::Reverse(habit.strength));
            self.bar = last.strength;
            // Those that tie with the last stay: their keys decide.
            self.found.retain(|habit| habit.strength >= self.bar);
            self.room = self.found.len().max(self.most) * 4;
        }
    }

    /// The strongest, in no order; of equals the first by `tie`.
    pub(super) fn chosen(&mut self, tie: impl Fn(&Counted, &Counted) -> std::cmp::Ordering) -> &mut [Habit] {
        if self.found.len() > self.most {
            self.found.select_nth_unstable_by(self.most, |a, b| b.strength.cmp(&a.strength).then_with(|| tie(&a.known, &b.known)));
            self.found.truncate(self.most);
        }
        &mut self.found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_if_all_were_sorted(strengths in prop::collection::vec(0_i64..30, 0..400), most in 0_usize..20) {
            let known = |item| Counted { item, count: 1, bought: true, at: 0 };
            let mut strongest = Strongest::default();
            // What an earlier question left must not show.
            strongest.begin(3);
            strongest.add(Habit { strength: 99, known: known(7) });
            strongest.begin(most);
            for (item, &strength) in (0..).zip(&strengths) {
                strongest.add(Habit { strength, known: known(item) });
            }
            let mut found: Vec<u32> = strongest.chosen(|a, b| b.item.cmp(&a.item)).iter().map(|habit| habit.known.item).collect();
            found.sort_unstable();
            let mut all: Vec<(i64, u32)> = strengths.into_iter().zip(0..).collect();
            all.sort_unstable();
            let mut expected: Vec<u32> = all.iter().rev().take(most).map(|one| one.1).collect();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
