//! Collection, from the wire to what may be kept.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod any;
mod bad_input;
mod clients;
mod fields;
mod keeping;
mod narrowing;
mod times;

use regie_domain::collection::{Body, EventBody, EventError, Incoming, parse_event};
use regie_domain::time::Time;

/// Our now in these tests.
pub(crate) fn received() -> Time {
    Time::parse("2026-06-06T22:00:00Z").unwrap()
}

pub(crate) fn parse(text: &str) -> Result<Incoming, EventError> {
    parse_event(None, text.as_bytes(), received()).map(|single| single.incoming)
}

/// A `track` of this event with these properties.
pub(crate) fn track(event: &str, properties: &str) -> Result<Incoming, EventError> {
    parse(&format!(r#"{{"type":"track","userId":"17","event":"{event}","properties":{properties}}}"#))
}

pub(crate) fn body(incoming: Incoming) -> EventBody {
    match incoming.body {
        Body::Event(body) => body,
        other => panic!("not an event: {other:?}"),
    }
}
