//! From the bytes of a request to events: decompress, read, and find the write key in the body.

use axum::http::StatusCode;
use regie_domain::collection::{BatchError, EventError, Incoming, Kind, limits, parse_batch, parse_event};
use regie_domain::time::Time;
use serde::Deserialize;

use super::super::problem::Problem;
use super::inflate::{Inflated, NotInflated, inflate};

/// What a path asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// One event of this kind.
    One(Kind),
    /// Many.
    Batch,
}

impl Asked {
    /// 400: clients that know Segment drop what gets it, and retry what gets 413.
    pub(super) fn too_large(self, bytes_max: usize) -> Problem {
        match self {
            Asked::One(_) => Problem::bad("event_too_large", format!("the event is larger than {bytes_max} bytes")),
            Asked::Batch => Problem::bad("batch_too_large", format!("the batch is larger than {bytes_max} bytes decompressed"))
                .remedy("send smaller batches, or allow the source more in the policy"),
        }
    }
}

/// What was read. The key is there also where the events are not: who sent it is asked first.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) write_key: Option<String>,
    /// Each event or why not; or why none.
    pub(super) events: Result<Vec<Result<Incoming, EventError>>, Problem>,
}

/// Reads a body. About 2 µs an event of 1 KB.
pub(super) fn parse(asked: Asked, sent: &[u8], bytes_max: usize, received: Time) -> Parsed {
    let inflated = match inflate(sent, bytes_max) {
        Ok(inflated) => inflated,
        Err(NotInflated::TooLarge) => return Parsed { write_key: None, events: Err(asked.too_large(bytes_max)) },
        Err(NotInflated::Broken) => {
            return Parsed {
                write_key: None,
                events: Err(Problem::bad("gzip_broken", "the body begins as gzip and does not go on as such")),
            };
        }
    };
    let bytes = match &inflated {
        Inflated::AsSent(bytes) => bytes,
        Inflated::Owned(bytes) => bytes.as_slice(),
    };
    match asked {
        Asked::One(kind) => match parse_event(Some(kind), bytes, received) {
            Ok(single) => Parsed { write_key: single.write_key, events: Ok(vec![Ok(single.incoming)]) },
            Err(e) => Parsed { write_key: write_key_in(bytes), events: Ok(vec![Err(e)]) },
        },
        Asked::Batch => match parse_batch(bytes, bytes_max, received) {
            Ok(batch) => Parsed { write_key: batch.write_key, events: Ok(batch.events) },
            Err(e) => Parsed { write_key: write_key_in(bytes), events: Err(refused(e)) },
        },
    }
}

fn refused(e: BatchError) -> Problem {
    let problem = Problem::new(StatusCode::BAD_REQUEST, e.code(), e.detail());
    match e {
        BatchError::TooLarge { .. } | BatchError::EventsTooMany => problem.remedy("send smaller batches"),
        BatchError::Unreadable | BatchError::EventsMissing | BatchError::ContextWrong => problem,
    }
}

/// The key of a body that is otherwise not as it should be.
fn write_key_in(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Keyed {
        #[serde(rename = "writeKey")]
        write_key: Option<String>,
    }
    let keyed: Keyed = serde_json::from_slice(bytes).ok()?;
    keyed.write_key.filter(|key| key.len() <= limits::ID_BYTES_MAX)
}
