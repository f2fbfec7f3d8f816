//! Moments, in UTC. The domain never reads a clock: every `now` is an argument.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const DAY_SECONDS: u32 = 86_400;
/// 0000-01-01T00:00:00Z.
const YEAR_0_MILLIS: i64 = -62_167_219_200_000;

/// A moment in milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 with `Z`: in JSON to the second, fractions rounded down; as
/// text ([`fmt::Display`]) exactly, for what is committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Time(i64);

/// A text was not an RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time: expected RFC 3339, such as 2026-06-06T22:00:00Z")]
pub struct NotATime;

impl Time {
    /// A moment from milliseconds since the epoch. Clamped to the years 0 to 9999, which is what can be written.
    pub fn from_millis(millis: i64) -> Time {
        // Whole seconds: the calendar's very last 999 ms cannot be made from milliseconds.
        Time(millis.clamp(YEAR_0_MILLIS, jiff::Timestamp::MAX.as_second() * 1000))
    }

    /// A moment from whole seconds since the epoch; clamped like [`Time::from_millis`].
    pub fn from_seconds(seconds: i64) -> Time {
        Time::from_millis(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The second that it falls in: its fraction is dropped.
    #[must_use]
    pub fn whole(self) -> Time {
        Time::from_seconds(self.seconds())
    }

    /// Whole seconds in the 32 bits that the hot views keep (until the year 2106), clamped to `1..=u32::MAX - 1`:
    /// both ends are taken by the views for "never asked" and "until withdrawn".
    pub fn seconds32(self) -> u32 {
        u32::try_from(self.seconds().clamp(1, i64::from(u32::MAX) - 1)).unwrap_or(1)
    }

    /// The day in UTC, as days since 1970-01-01; clamped to what 32 bits hold.
    pub fn day(self) -> u32 {
        self.seconds32() / DAY_SECONDS
    }

    /// The beginning of a day in UTC.
    pub fn from_day(day: u32) -> Time {
        Time::from_seconds(i64::from(day) * i64::from(DAY_SECONDS))
    }

    /// Reads RFC 3339; fractions below a millisecond are dropped.
    ///
    /// # Errors
    /// [`NotATime`] for anything else.
    pub fn parse(text: &str) -> Result<Time, NotATime> {
        if !is_rfc_3339(text) {
            return Err(NotATime);
        }
        Time::parse_loosely(text)
    }

    /// Reads some forms of ISO 8601 that name one moment, beside RFC 3339: without seconds, with an offset as `+0100`, and such. For times that
    /// other systems send of what happened: taken for no time, an old event would become one of now.
    ///
    /// # Errors
    /// [`NotATime`] for anything else.
    pub fn parse_loosely(text: &str) -> Result<Time, NotATime> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| NotATime)?;
        Ok(Time::from_millis(moment.as_millisecond()))
    }

    /// The same moment as jiff knows it.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// `self` plus so many seconds.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Time {
        Time::from_millis(self.0.saturating_add(seconds.saturating_mul(1000)))
    }
}

/// The form of RFC 3339, section 5.6: ISO 8601 has more, such as times without seconds and offsets of a day. What is in its fields is not
/// looked at, but for the offset's.
fn is_rfc_3339(text: &str) -> bool {
    let Some((whole, rest)) = text.as_bytes().split_at_checked("2026-06-01T10:00:00".len()) else { return false };
    let fits = |(place, byte): (usize, &u8)| match place {
        4 | 7 => *byte == b'-',
        10 => matches!(byte, b'T' | b't' | b' '),
        13 | 16 => *byte == b':',
        _ => byte.is_ascii_digit(),
    };
    let fraction = match rest {
        [b'.', digits @ ..] => 1 + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let two = |tens: u8, ones: u8, below: u8| tens.is_ascii_digit() && ones.is_ascii_digit() && (tens - b'0') * 10 + (ones - b'0') < below;
    whole.iter().enumerate().all(fits)
        && fraction != 1
        && match rest[fraction..] {
            [b'Z' | b'z'] => true,
            [b'+' | b'-', h, hh, b':', m, mm] => two(h, hh, 24) && two(m, mm, 60),
            _ => false,
        }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.whole())
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Time::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Moments inside facts: milliseconds as a number, because a fact is read far more often than it is looked at.
pub mod millis {
    use super::Time;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `with` hands over a reference")]
    pub(crate) fn serialize<S: Serializer>(time: &Time, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_i64(time.millis())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Time, D::Error> {
        Ok(Time::from_millis(i64::deserialize(d)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_as_it_was_written() {
        for (text, millis) in
            [("2026-06-06T22:00:00Z", 1_780_783_200_000), ("1970-01-01T00:00:00.001Z", 1), ("1969-12-31T23:59:59.999Z", -1)]
        {
            assert_eq!(Time::parse(text), Ok(Time::from_millis(millis)));
            assert_eq!(Time::from_millis(millis).to_string(), text);
        }
        assert_eq!(Time::parse("2026-06-07T00:00:00+02:00"), Time::parse("2026-06-06T22:00:00Z"));
    }

    #[test]
    fn only_rfc_3339_is_a_time() {
        for text in
            ["2026-06-01t10:00:00z", "2026-06-01 10:00:00Z", "2026-06-01T10:00:00.5+23:59", "2026-06-01T10:00:60Z", "0000-01-01T00:00:00Z"]
        {
            assert!(Time::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-06-01",
            "2026-06-01T10:00:00",
            "2026-06-01T10:00Z",
            "2026-06-01T10Z",
            "20260601T100000Z",
            "2026-06-01T10:00:00.Z",
            "2026-06-01T10:00:00,5Z",
            "2026-06-01T10:00:00+24:00",
            "2026-06-01T10:00:00-24:00",
            "2026-06-01T10:00:00+02:60",
            "2026-06-01T10:00:00+02",
            "2026-06-01T10:00:00+0200",
            "2026-06-01T10:00:00+02:00:00",
            "2026-06-01T10:00:00Z[Europe/Amsterdam]",
            "2026-13-01T10:00:00Z",
            "2026-06-31T10:00:00Z",
            "2026-06-01T24:00:00Z",
            "+02026-06-01T10:00:00Z",
            "２026-06-01T10:00:00Z",
        ] {
            assert_eq!(Time::parse(text), Err(NotATime), "{text}");
        }
    }

    #[test]
    fn json_knows_seconds_and_rounds_down() {
        for (text, written) in [
            ("2026-06-06T22:00:05Z", "\"2026-06-06T22:00:05Z\""),
            ("2026-06-06T22:00:05.999Z", "\"2026-06-06T22:00:05Z\""),
            ("1969-12-31T23:59:59.999Z", "\"1969-12-31T23:59:59Z\""),
        ] {
            assert_eq!(serde_json::to_string(&Time::parse(text).unwrap()).unwrap(), written);
        }
    }

    #[test]
    fn seconds_round_down_and_stay_inside_their_range() {
        assert_eq!(Time::from_millis(-1).seconds(), -1);
        assert_eq!(Time::from_millis(i64::MIN).seconds32(), 1);
        for edge in [i64::MIN, i64::MAX] {
            let time = Time::from_millis(edge);
            assert_eq!(Time::parse(&time.to_string()), Ok(time));
            assert_ne!(time.to_jiff(), jiff::Timestamp::UNIX_EPOCH);
        }
        assert_eq!(Time::from_millis(i64::MAX).seconds32(), u32::MAX - 1);
    }
}
