//! When one question about an end is welcome.

use crate::time::Time;

/// The question comes when so much is left, or less, and half of the time has passed: who chose a day is not asked at once.
pub const NEAR_SECONDS: i64 = 2 * 86_400;

/// Is the end so near that one question about it is welcome?
pub fn is_near(since: Time, end: Time, now: Time) -> bool {
    let (passed, left) = (now.seconds() - since.seconds(), end.seconds() - now.seconds());
    (1..=NEAR_SECONDS).contains(&left) && passed >= left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_comes_near_the_end_and_not_at_the_beginning() {
        let (hour, day) = (3600_i64, 86_400_i64);
        for (length, passed, asked) in [
            (day, 0, false),
            (day, 11 * hour, false),
            (day, 12 * hour, true),
            (7 * day, 4 * day, false),
            (7 * day, 5 * day, true),
            (7 * day, 7 * day - 1, true),
            (7 * day, 7 * day, false),
            (30 * day, 27 * day, false),
            (30 * day, 28 * day, true),
        ] {
            let at = |seconds: i64| Time::from_seconds(1_780_000_000 + seconds);
            assert_eq!(is_near(at(0), at(length), at(passed)), asked, "{length} s, of which {passed} passed");
        }
    }
}
