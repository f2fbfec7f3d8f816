//! How good is a recommender? For retailers, on their own data.
//!
//! [`clicks`] and [`baskets`] read files that the caller opens, [`next_item`] and [`next_basket`] ask and count, [`report`]
//! puts visits, model and clock together into what the command line prints.
//!
//! Invariant: the recommender sees only the past. Left out: opening files and reading clocks; the caller does both.

pub mod baskets;
pub mod clicks;
mod metrics;
pub mod report;

pub use metrics::{BasketMetrics, Metrics, next_basket, next_item};

use std::fmt;

use sha2::{Digest, Sha256};

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Counted from one; zero if it is about the file as a whole.
    pub line: usize,
    pub problem: Problem,
}

/// Each problem has a remedy, said by `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    Empty,
    /// The header is not the expected one.
    Header {
        expected: &'static str,
    },
    Fields {
        expected: usize,
        found: usize,
    },
    EmptyField {
        name: &'static str,
    },
    /// Not a number, or not of our time.
    Time,
    Milliseconds,
    NotText,
    LineTooLong {
        limit: usize,
    },
    TooManyEvents {
        limit: usize,
    },
    /// The text is not JSON of the expected form; what the parser said.
    Json {
        detail: String,
    },
}

impl ReadError {
    fn at(line: usize, problem: Problem) -> Self {
        Self { line, problem }
    }

    /// Stable name of the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.problem {
            Problem::Empty => "file_empty",
            Problem::Header { .. } => "header_unknown",
            Problem::Fields { .. } => "fields_missing",
            Problem::EmptyField { .. } => "field_empty",
            Problem::Time => "time_unreadable",
            Problem::Milliseconds => "time_in_milliseconds",
            Problem::NotText => "not_utf8",
            Problem::LineTooLong { .. } => "line_too_long",
            Problem::TooManyEvents { .. } => "file_too_large",
            Problem::Json { .. } => "json_unreadable",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        match &self.problem {
            Problem::Empty => write!(f, "there is nothing in it; it needs a header and at least one line"),
            Problem::Header { expected } => write!(f, "the header must be `{expected}`; write it as the first line"),
            Problem::Fields { expected, found } => {
                write!(f, "{found} fields; there must be {expected}, with the separator of the header")
            }
            Problem::EmptyField { name } => write!(f, "the field {name} is empty; fill it or leave the line out"),
            Problem::Time => write!(f, "the time is not a number from 0 to 4294967295; give Unix seconds, fractions are allowed"),
            Problem::Milliseconds => write!(f, "the time looks like milliseconds; divide it by 1000"),
            Problem::NotText => write!(f, "it is not UTF-8; save the file as UTF-8"),
            Problem::LineTooLong { limit } => write!(f, "longer than {limit} bytes; is the separator or the line end wrong?"),
            Problem::TooManyEvents { limit } => write!(f, "more than {limit} events; evaluate a part of them"),
            Problem::Json { detail } => {
                write!(f, "not of the form {{\"customer\": [[-1], [items], …, [-1]]}}: {detail}")
            }
        }
    }
}

impl std::error::Error for ReadError {}

/// Longest line that is read.
pub const LINE_BYTES_MAX: usize = 65_536;
/// Most events of one file, because they are held in memory: 24 bytes each.
pub const EVENTS_MAX: usize = 500_000_000;

/// The key of an id: the number it is, else a hash, so that ids need not be numbers.
#[must_use]
pub fn key_of(id: &str) -> u64 {
    match id.parse::<u64>() {
        // "007" and "7" are different ids.
        Ok(number) if id == "0" || !id.starts_with(['0', '+']) => number,
        _ => {
            let digest = Sha256::digest(id.as_bytes());
            digest.iter().take(8).fold(0, |key, &byte| key << 8 | u64::from(byte))
        }
    }
}

/// Unix seconds, whole ones for the caller and all of it for the order.
fn time_of(text: &str) -> Result<f64, Problem> {
    let time: f64 = text.parse().map_err(|_| Problem::Time)?;
    if time > 1e11 && time < 1e14 {
        return Err(Problem::Milliseconds);
    }
    if (0.0..=f64::from(u32::MAX)).contains(&time) { Ok(time) } else { Err(Problem::Time) }
}

/// What a line of a file with this header holds; nothing if it is the header itself (the first line, in any case) or empty.
fn content<'a>(number: usize, bytes: &'a [u8], header: &'static str) -> Result<Option<&'a str>, Problem> {
    if bytes.len() > LINE_BYTES_MAX {
        return Err(Problem::LineTooLong { limit: LINE_BYTES_MAX });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::NotText)?.trim_end_matches(['\n', '\r']);
    if number == 1 {
        let is_header = text.trim_start_matches('\u{feff}').eq_ignore_ascii_case(header);
        return if is_header { Ok(None) } else { Err(Problem::Header { expected: header }) };
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_need_not_be_numbers() {
        assert_eq!([key_of("0"), key_of("17"), key_of("18446744073709551615")], [0, 17, u64::MAX]);
        let others = ["", "007", "7", "+7", "-7", "SKU-7", "18446744073709551616", "havermelk"].map(key_of);
        for (at, key) in others.iter().enumerate() {
            assert!(!others[..at].contains(key));
        }
    }
}
