//! "One month": the calendar, its clock changes and its edges.

use jiff::tz::TimeZone;
use regie_domain::consent::{UntilError, UntilWish, resolve_until};
use regie_domain::fact::{Until, VisitId};

use crate::support::at;

fn resolve(wish: &str, now: &str) -> Result<Until, UntilError> {
    resolve_until(UntilWish::parse(wish)?, at(now), &TimeZone::get("Europe/Amsterdam").unwrap(), None)
}

#[test]
fn days_weeks_and_months_are_counted_on_the_local_calendar() {
    // Checked by hand: Amsterdam is UTC+1, and UTC+2 from 2026-03-29 02:00 to 2026-10-25 03:00 local.
    for (wish, now, end) in [
        ("P1D", "2026-06-01T10:00:00Z", "2026-06-02T10:00:00Z"),
        ("P1W", "2026-06-01T10:00:00Z", "2026-06-08T10:00:00Z"),
        ("P1M", "2026-06-01T10:00:00Z", "2026-07-01T10:00:00Z"),
        // The short day: 12:00 local to 12:00 local is 23 hours.
        ("P1D", "2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z"),
        // 02:30 does not exist on 29 March: 03:30 is the same distance past the gap.
        ("P1D", "2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z"),
        ("P1W", "2026-03-28T11:00:00Z", "2026-04-04T10:00:00Z"),
        ("P1M", "2026-03-15T11:00:00Z", "2026-04-15T10:00:00Z"),
        // The long day: 25 hours.
        ("P1D", "2026-10-24T10:00:00Z", "2026-10-25T11:00:00Z"),
        // 02:30 exists twice on 25 October: the first one counts.
        ("P1D", "2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z"),
        ("P1M", "2026-10-01T10:00:00Z", "2026-11-01T11:00:00Z"),
        // Clamped to the month's end.
        ("P1M", "2026-01-31T11:00:00Z", "2026-02-28T11:00:00Z"),
        ("P1M", "2028-01-31T11:00:00Z", "2028-02-29T11:00:00Z"),
        ("P1M", "2026-08-31T10:00:00Z", "2026-09-30T10:00:00Z"),
        // 31 January in Amsterdam while it is still the 30th in UTC.
        ("P1M", "2026-01-30T23:30:00Z", "2026-02-27T23:30:00Z"),
        // Fractions of a second round down.
        ("P1D", "2026-06-01T10:00:00.999Z", "2026-06-02T10:00:00Z"),
        ("2026-06-06T22:00:00.500Z", "2026-06-01T10:00:00Z", "2026-06-06T22:00:00Z"),
        ("2026-06-06T22:00:00+02:00", "2026-06-01T10:00:00Z", "2026-06-06T20:00:00Z"),
        // A date ends at 24:00 local, on clock-change days too.
        ("2026-06-06", "2026-06-01T10:00:00Z", "2026-06-06T22:00:00Z"),
        ("2026-06-01", "2026-06-01T10:00:00Z", "2026-06-01T22:00:00Z"),
        ("2026-03-28", "2026-03-01T10:00:00Z", "2026-03-28T23:00:00Z"),
        ("2026-03-29", "2026-03-01T10:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-10-25", "2026-03-01T10:00:00Z", "2026-10-25T23:00:00Z"),
    ] {
        assert_eq!(resolve(wish, now), Ok(Until::Moment(at(end))), "{wish} from {now}");
    }
}

#[test]
fn the_other_ends_are_what_they_say() {
    let (now, zone) = (at("2026-06-01T10:00:00Z"), TimeZone::UTC);
    assert_eq!(resolve("once", "2026-06-01T10:00:00Z"), Ok(Until::Once));
    assert_eq!(resolve("withdrawn", "2026-06-01T10:00:00Z"), Ok(Until::Withdrawn));
    assert_eq!(resolve_until(UntilWish::Visit, now, &zone, Some(VisitId(7))), Ok(Until::Visit(VisitId(7))));
}

#[test]
fn what_cannot_be_an_end_is_refused_by_name() {
    let now = "2026-06-01T10:00:00.250Z";
    for (wish, code) in [
        ("", "until_not_understood"),
        ("tomorrow", "until_not_understood"),
        ("P2D", "until_not_understood"),
        ("p1d", "until_not_understood"),
        ("PT24H", "until_not_understood"),
        ("2026-02-30", "until_not_understood"),
        ("2026-06-06T22:00:00", "until_not_understood"),
        ("visit", "visit_missing"),
        ("2026-05-31", "until_in_the_past"),
        ("2026-06-01T10:00:00.250Z", "until_in_the_past"),
        // Rounded down it lies before now.
        ("2026-06-01T10:00:00.900Z", "until_in_the_past"),
        ("1926-06-01T10:00:00Z", "until_in_the_past"),
        ("2076-06-02T10:00:00Z", "until_too_far"),
        ("9999-12-30", "until_too_far"),
        ("9999-12-31", "until_too_far"),
        // Past the last moment that can be counted, and still a time.
        ("9999-12-31T23:59:59Z", "until_too_far"),
        ("9999-12-31T23:59:59.999-12:00", "until_too_far"),
        ("9999-12-31T23:59:59", "until_not_understood"),
        ("9999-12-31T25:00:00Z", "until_not_understood"),
        ("99999-12-31T23:59:59Z", "until_not_understood"),
    ] {
        assert_eq!(resolve(wish, now).unwrap_err().code(), code, "{wish}");
    }
    assert_eq!(resolve("2026-06-01T10:00:01Z", now), Ok(Until::Moment(at("2026-06-01T10:00:01Z"))));
    assert_eq!(resolve("2076-06-01T10:00:00Z", now), Ok(Until::Moment(at("2076-06-01T10:00:00Z"))));
    // Near the end of what the hot view can hold, the answer is no rather than a shorter promise.
    let late = resolve_until(UntilWish::Moment(at("2110-01-01T00:00:00Z")), at("2100-01-01T00:00:00Z"), &TimeZone::UTC, None);
    assert_eq!(late, Err(UntilError::TooFar { furthest: at("2106-02-07T06:27:59Z") }));
    let never = resolve_until(UntilWish::Month, at("9999-12-30T00:00:00Z"), &TimeZone::UTC, None);
    assert!(matches!(never, Err(UntilError::TooFar { .. })));
}

#[test]
fn the_furthest_end_that_is_named_may_be_chosen() {
    for now in ["2026-06-01T10:00:00.250Z", "2028-02-29T12:00:00Z", "2090-01-01T00:00:00Z"] {
        let Err(UntilError::TooFar { furthest }) = resolve("9999-12-31T23:59:59Z", now) else { panic!("{now}") };
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let resolve = |at| resolve_until(UntilWish::Moment(at), self::at(now), &zone, None);
        assert_eq!(resolve(furthest), Ok(Until::Moment(furthest)), "{now}");
        assert_eq!(resolve(furthest.plus_seconds(1)), Err(UntilError::TooFar { furthest }), "{now}");
    }
}
