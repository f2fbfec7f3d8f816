//! Retention terms: how they are written, and vectors for when they end (checked by hand on a calendar).

use jiff::tz::TimeZone;
use regie_domain::policy::Retention;
use regie_domain::time::Time;

#[test]
fn terms_are_read() {
    let some = |months, days| Some(Retention::For { months, days });
    for (term, expected) in [
        ("none", Some(Retention::None)),
        ("P2Y", some(24, 0)),
        ("P13M", some(13, 0)),
        ("P1Y6M", some(18, 0)),
        ("P2W", some(0, 14)),
        ("P90D", some(0, 90)),
        ("P1Y2M3W4D", some(14, 25)),
        ("P100Y", some(1200, 0)),
        ("P7Y from year end", Some(Retention::YearsFromYearEnd(7))),
        ("P24M from year end", Some(Retention::YearsFromYearEnd(2))),
    ] {
        assert_eq!(Retention::parse(term), expected, "{term}");
    }
}

#[test]
fn what_is_not_a_term_is_refused() {
    for term in [
        "",
        " ",
        "None",
        "forever",
        "P",
        "P0D",
        "P0Y",
        "2Y",
        "PY",
        "P2",
        "P-2Y",
        "P+2Y",
        "P2y",
        "P2Y ",
        " P2Y",
        "P1M1Y",
        "P1Y1Y",
        "P1.5Y",
        "PT1H",
        "P1DT1H",
        "P2Y from",
        "P2Yfrom year end",
        "P6M from year end",
        "P90D from year end",
        "P7Y1D from year end",
        "none from year end",
        "P101Y",
        "P1201M",
        "P36501D",
        "P65536D",
        "P6000Y",
        "P99999999999999999999Y",
        "P２Y",
        "é",
    ] {
        assert_eq!(Retention::parse(term), None, "{term}");
    }
}

#[test]
fn terms_end_on_the_calendar_of_the_time_zone() {
    let tz = TimeZone::get("Europe/Amsterdam").unwrap();
    for (from, term, end) in [
        // Same local time, and clamped to the month's end.
        ("2026-06-06T10:00:00+02:00", "P3M", "2026-09-06T10:00:00+02:00"),
        ("2026-01-31T10:00:00+01:00", "P1M", "2026-02-28T10:00:00+01:00"),
        ("2028-02-29T10:00:00+01:00", "P1Y", "2029-02-28T10:00:00+01:00"),
        ("2028-02-29T10:00:00+01:00", "P4Y", "2032-02-29T10:00:00+01:00"),
        // Months first, then days: 31 January, one month (28 February), one day.
        ("2026-01-31T10:00:00+01:00", "P1M1D", "2026-03-01T10:00:00+01:00"),
        // Over the change to summer time: an hour less of real time, the same hour on the clock.
        ("2026-03-28T12:00:00+01:00", "P1D", "2026-03-29T12:00:00+02:00"),
        // 02:30 does not exist on 29 March 2026: half past three.
        ("2026-03-28T02:30:00+01:00", "P1D", "2026-03-29T03:30:00+02:00"),
        // 02:30 comes twice on 25 October 2026: the first.
        ("2026-10-24T02:30:00+02:00", "P1D", "2026-10-25T02:30:00+02:00"),
        ("2026-10-24T12:00:00+02:00", "P90D", "2027-01-22T12:00:00+01:00"),
        // A local day, although it is another day in UTC.
        ("2026-12-31T23:30:00Z", "P7Y from year end", "2035-01-01T00:00:00+01:00"),
        ("2026-12-31T22:30:00Z", "P7Y from year end", "2034-01-01T00:00:00+01:00"),
        ("2026-01-01T00:00:00+01:00", "P7Y from year end", "2034-01-01T00:00:00+01:00"),
    ] {
        let (from_time, end) = (Time::parse(from).unwrap(), Time::parse(end).unwrap());
        assert_eq!(Retention::parse(term).unwrap().ends(from_time, &tz), Some(end), "{term} from {from}");
    }
}

#[test]
fn nothing_is_kept_for_none_or_past_the_calendar() {
    let tz = TimeZone::get("Europe/Amsterdam").unwrap();
    assert_eq!(Retention::None.ends(Time::from_seconds(0), &tz), None);
    let last = Time::parse("9999-12-30T00:00:00Z").unwrap();
    for term in ["P1Y", "P7Y from year end", "P90D"] {
        assert_eq!(Retention::parse(term).unwrap().ends(last, &tz), Some(last), "{term}");
    }
}

#[test]
fn no_moment_and_no_term_is_too_much() {
    let tz = TimeZone::get("Europe/Amsterdam").unwrap();
    for from in [Time::from_millis(i64::MIN), Time::from_seconds(0), Time::parse("9999-12-30T22:00:00Z").unwrap()] {
        for term in [Retention::For { months: u16::MAX, days: u16::MAX }, Retention::YearsFromYearEnd(u8::MAX)] {
            let end = term.ends(from, &tz).unwrap();
            assert!(end >= from, "{term:?} from {from} ends {end}");
        }
    }
}
