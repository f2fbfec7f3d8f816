//! Retention terms: how they are written, and when they end.
//!
//! Invariant: terms are counted on the calendar of the policy's time zone, clamped to the month's end, and end half-open:
//! at the moment of the end the data may no longer be there.

use jiff::Span;
use jiff::tz::TimeZone;

use super::Retention;
use crate::time::Time;

/// The longest term, in years. Longer is for ever by another name.
const YEARS_MAX: u16 = 100;

impl Retention {
    /// Reads `none`, `P2Y`, `P13M`, `P1Y6M`, `P2W`, `P90D` or `P7Y from year end`. `None` for anything else, for nothing (`P0D`)
    /// and for more than 100 years.
    pub fn parse(term: &str) -> Option<Retention> {
        if term == "none" {
            return Some(Retention::None);
        }
        let (duration, from_year_end) = match term.strip_suffix(" from year end") {
            Some(duration) => (duration, true),
            None => (term, false),
        };
        let (months, days) = months_and_days(duration)?;
        let years = months / 12;
        let long = months > YEARS_MAX * 12 || days > YEARS_MAX * 365;
        match (months, days) {
            (0, 0) => None,
            _ if long => None,
            (months, 0) if from_year_end && months % 12 == 0 => u8::try_from(years).ok().map(Retention::YearsFromYearEnd),
            _ if from_year_end => None,
            (months, days) => Some(Retention::For { months, days }),
        }
    }

    /// The moment from which something from `from` may no longer be kept; `None` if it may not be stored at all.
    ///
    /// `from` is the earlier of when it happened and when it was recorded. An end past the calendar reads as `from` itself: not
    /// kept, rather than for ever.
    pub fn ends(self, from: Time, tz: &TimeZone) -> Option<Time> {
        let local = || from.to_jiff().to_zoned_datetime(tz.clone());
        let end = match self {
            Retention::None => return None,
            Retention::For { months, days } => {
                Span::new().try_months(months).and_then(|s| s.try_days(days)).and_then(|s| local().checked_add(s))
            }
            // The first moment of the year after, and so many whole years more.
            Retention::YearsFromYearEnd(years) => local()
                .date()
                .last_of_year()
                .tomorrow()
                .and_then(|first| first.checked_add(Span::new().try_years(years)?))
                .and_then(|first| first.to_zoned_datetime(tz.clone())),
        };
        Some(end.map_or(from, |end| Time::from_millis(end.timestamp().as_millisecond())))
    }
}

/// ISO 8601 in years, months, weeks and days, each at most once and in that order.
fn months_and_days(duration: &str) -> Option<(u16, u16)> {
    let mut rest = duration.strip_prefix('P')?;
    let (mut months, mut days) = (0u16, 0u16);
    for (unit, in_months, in_days) in [('Y', 12, 0), ('M', 1, 0), ('W', 0, 7), ('D', 0, 1)] {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Some(after) = rest[digits..].strip_prefix(unit) else { continue };
        let number: u16 = rest[..digits].parse().ok()?;
        months = months.checked_add(number.checked_mul(in_months)?)?;
        days = days.checked_add(number.checked_mul(in_days)?)?;
        rest = after;
    }
    (rest.is_empty() && duration.len() > 1).then_some((months, days))
}
