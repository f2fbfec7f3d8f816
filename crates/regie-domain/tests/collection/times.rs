//! When an event happened, and when its word for that is doubted.

use regie_domain::collection::{limits, parse_event};
use regie_domain::time::Time;

use super::received;

fn when(fields: &str) -> (String, bool) {
    let text = format!(r#"{{"type":"screen","userId":"1"{fields}}}"#);
    let event = parse_event(None, text.as_bytes(), received()).unwrap().incoming;
    (event.happened_at.to_string(), event.time_doubted)
}

#[test]
fn the_source_is_believed_within_reason() {
    let ours = "2026-06-06T22:00:00Z";
    for (fields, expected, doubted) in [
        ("", ours, false),
        (r#","timestamp":null"#, ours, false),
        (r#","timestamp":"2026-06-01T10:00:00+02:00""#, "2026-06-01T08:00:00Z", false),
        // As systems write it that do not keep to RFC 3339.
        (r#","timestamp":"2026-06-01T10:00:00+0200""#, "2026-06-01T08:00:00Z", false),
        (r#","timestamp":"2026-06-01T10:00+02:00""#, "2026-06-01T08:00:00Z", false),
        (r#","timestamp":"2026-06-01T08:00Z""#, "2026-06-01T08:00:00Z", false),
        (r#","timestamp":"20260601T080000Z""#, "2026-06-01T08:00:00Z", false),
        (r#","originalTimestamp":"2026-06-01T08:00Z","sentAt":"2026-06-01T08:00:01+0000""#, "2026-06-06T21:59:59Z", false),
        // Not corrected, whatever the client's clock says.
        (r#","timestamp":"2026-06-01T08:00:00Z","sentAt":"2026-06-01T08:00:01Z""#, "2026-06-01T08:00:00Z", false),
        // Corrected: the device is five days behind.
        (r#","originalTimestamp":"2026-06-01T08:00:00Z","sentAt":"2026-06-01T08:00:01Z""#, "2026-06-06T21:59:59Z", false),
        (r#","originalTimestamp":"2026-06-01T08:00:00Z""#, "2026-06-01T08:00:00Z", false),
        (r#","originalTimestamp":"2026-06-01T08:00:00Z","sentAt":"soon""#, "2026-06-01T08:00:00Z", false),
        (r#","timestamp":"2026-06-01T08:00:00Z","originalTimestamp":"2026-05-01T08:00:00Z""#, "2026-06-01T08:00:00Z", false),
        // A day ahead, and a second more.
        (r#","timestamp":"2026-06-07T22:00:00Z""#, "2026-06-07T22:00:00Z", false),
        (r#","timestamp":"2026-06-07T22:00:01Z""#, ours, true),
        // Twenty years back, and a second more.
        (r#","timestamp":"2006-06-06T22:00:00Z""#, "2006-06-06T22:00:00Z", false),
        (r#","timestamp":"2006-06-06T21:59:59Z""#, ours, true),
        (r#","timestamp":"1970-01-01T00:00:00Z""#, ours, true),
        (r#","timestamp":"+275760-09-13T00:00:00.000Z""#, ours, true),
        (r#","timestamp":"yesterday""#, ours, true),
        (r#","timestamp":"""#, ours, true),
        (r#","originalTimestamp":"9999-12-30T00:00:00Z","sentAt":"-009999-01-02T00:00:00Z""#, ours, true),
    ] {
        assert_eq!(when(fields), (expected.to_owned(), doubted), "{fields}");
    }
}

#[test]
fn nothing_happened_before_2000() {
    let early = Time::from_seconds(limits::EARLIEST_SECONDS + 3_600);
    for (timestamp, doubted) in [("2000-01-01T00:00:00Z", false), ("1999-12-31T23:59:59Z", true)] {
        let text = format!(r#"{{"type":"screen","userId":"1","timestamp":"{timestamp}"}}"#);
        let event = parse_event(None, text.as_bytes(), early).unwrap().incoming;
        assert_eq!(event.time_doubted, doubted, "{timestamp}");
    }
}

#[test]
fn an_extreme_clock_of_ours_ends_nothing() {
    for now in [i64::MIN, 0, i64::MAX] {
        let text = br#"{"type":"screen","userId":"1","originalTimestamp":"2026-06-06T22:00:00Z","sentAt":"2026-06-06T22:00:00Z"}"#;
        assert!(parse_event(None, text, Time::from_millis(now)).is_ok());
    }
}
