//! From what the customer chose ("one week") to the end that is recorded.
//!
//! Invariant: a day, a week and a month are counted on the calendar of the policy's time zone and end at the same local time,
//! clamped to the month's end; a chosen date ends at 24:00 local. A recorded end is a whole second, rounded down, after `now`.

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Span, ZonedDateTime};

use super::line::code;
use crate::fact::{Until, VisitId};
use crate::time::Time;

/// The furthest end that a customer can choose; "until withdrawn" is the way to say more.
pub const UNTIL_YEARS_MAX: i16 = 50;

/// What the customer chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UntilWish {
    /// This visit.
    Visit,
    /// Once.
    Once,
    /// `P1D`.
    Day,
    /// `P1W`.
    Week,
    /// `P1M`.
    Month,
    /// Through this date, local.
    Date(Date),
    /// This moment.
    Moment(Time),
    /// Until withdrawn.
    Withdrawn,
}

/// Why a chosen end cannot be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UntilError {
    /// None of the forms.
    #[error("`until` must be `visit`, `once`, `P1D`, `P1W`, `P1M`, a date, an RFC 3339 time or `withdrawn`")]
    NotUnderstood,
    /// A consent that would be over before it began.
    #[error("`until` lies in the past")]
    InThePast,
    /// Further than [`UNTIL_YEARS_MAX`].
    #[error("`until` lies too far ahead: the furthest is {furthest}; for longer choose `withdrawn`")]
    TooFar {
        /// The furthest moment that can be chosen now.
        furthest: Time,
    },
    /// `visit` without saying which.
    #[error("`until: visit` needs a `visit_id`")]
    VisitMissing,
}

impl UntilError {
    /// The API's word.
    pub fn code(self) -> &'static str {
        match self {
            UntilError::NotUnderstood => "until_not_understood",
            UntilError::InThePast => "until_in_the_past",
            UntilError::TooFar { .. } => "until_too_far",
            UntilError::VisitMissing => "visit_missing",
        }
    }
}

impl UntilWish {
    /// Reads `visit`, `once`, `P1D`, `P1W`, `P1M`, `2026-06-06`, `2026-06-06T22:00:00Z` or `withdrawn`.
    ///
    /// # Errors
    /// [`UntilError::NotUnderstood`] for anything else.
    pub fn parse(text: &str) -> Result<UntilWish, UntilError> {
        Ok(match text {
            "visit" => UntilWish::Visit,
            "once" => UntilWish::Once,
            "P1D" => UntilWish::Day,
            "P1W" => UntilWish::Week,
            "P1M" => UntilWish::Month,
            "withdrawn" => UntilWish::Withdrawn,
            // Ten characters are a date alone; the parser of dates would read one out of a longer text too.
            date if date.len() == 10 => UntilWish::Date(date.parse().map_err(|_| UntilError::NotUnderstood)?),
            time => UntilWish::Moment(Time::parse(time).or_else(|_| past_the_calendar(time))?),
        })
    }
}

/// The end to record for a wish made at `now`. `visit` is the visit that the wish was made in.
///
/// # Errors
/// [`UntilError::InThePast`] unless the end lies after `now`, [`UntilError::TooFar`], [`UntilError::VisitMissing`].
pub fn resolve_until(wish: UntilWish, now: Time, zone: &TimeZone, visit: Option<VisitId>) -> Result<Until, UntilError> {
    let furthest = furthest(now, zone);
    let moment = |local: Result<ZonedDateTime, jiff::Error>| {
        local.map(|local| Time::from_millis(local.timestamp().as_millisecond())).map_err(|_| UntilError::TooFar { furthest })
    };
    let after = |span: Span| moment(now.to_jiff().to_zoned_datetime(zone.clone()).checked_add(span));
    let end = match wish {
        UntilWish::Visit => return visit.map(Until::Visit).ok_or(UntilError::VisitMissing),
        UntilWish::Once => return Ok(Until::Once),
        UntilWish::Withdrawn => return Ok(Until::Withdrawn),
        UntilWish::Day => after(Span::new().days(1))?,
        UntilWish::Week => after(Span::new().weeks(1))?,
        UntilWish::Month => after(Span::new().months(1))?,
        UntilWish::Date(date) => moment(date.tomorrow().and_then(|next| next.to_zoned_datetime(zone.clone())))?,
        UntilWish::Moment(at) => at,
    };
    let end = Time::from_seconds(end.seconds());
    if end <= now {
        Err(UntilError::InThePast)
    } else if end > furthest {
        Err(UntilError::TooFar { furthest })
    } else {
        Ok(Until::Moment(end))
    }
}

/// The last whole second that may be chosen at `now`: [`UNTIL_YEARS_MAX`] ahead, and not past what the hot views can hold.
fn furthest(now: Time, zone: &TimeZone) -> Time {
    let ahead = now.to_jiff().to_zoned_datetime(zone.clone()).checked_add(Span::new().years(UNTIL_YEARS_MAX));
    let ahead = ahead.map_or(i64::MAX, |local| local.timestamp().as_second());
    Time::from_seconds(ahead.min(i64::from(code::MOMENT_MAX)))
}

/// A time that is one by its form, and lies past the last moment that can be counted (some write "for ever" as 9999-12-31).
fn past_the_calendar(text: &str) -> Result<Time, UntilError> {
    let is_past = Pieces::parse(text).is_ok_and(|p| p.date().year() == Date::MAX.year() && p.time().is_some() && p.offset().is_some());
    if is_past { Ok(Time::from_millis(i64::MAX)) } else { Err(UntilError::NotUnderstood) }
}
