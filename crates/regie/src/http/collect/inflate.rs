//! gzip, whether the header says so or not: real clients send it under any content type.
//!
//! Invariant: never more than the limit is decompressed, so a small bomb costs no more than an honest batch.

use std::io::Read;

use axum::http::{HeaderMap, StatusCode, header};
use flate2::bufread::MultiGzDecoder;

use super::super::problem::Problem;

/// The first bytes of gzip with its only method. No JSON begins so.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// A body as JSON.
#[derive(Debug)]
pub(super) enum Inflated<'a> {
    /// It was not compressed.
    AsSent(&'a [u8]),
    /// It was.
    Owned(Vec<u8>),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotInflated {
    /// More than allowed.
    TooLarge,
    /// Begins as gzip and does not go on as such.
    Broken,
}

/// Decompresses up to `bytes_max`.
pub(super) fn inflate(sent: &[u8], bytes_max: usize) -> Result<Inflated<'_>, NotInflated> {
    if !sent.starts_with(&GZIP) {
        return Ok(Inflated::AsSent(sent));
    }
    let mut all = Vec::with_capacity(sent.len().saturating_mul(8).min(bytes_max));
    let read = MultiGzDecoder::new(sent).take(bytes_max as u64 + 1).read_to_end(&mut all);
    if all.len() > bytes_max {
        return Err(NotInflated::TooLarge);
    }
    read.map_err(|_| NotInflated::Broken)?;
    Ok(Inflated::Owned(all))
}

/// Is it an encoding that is read here?
pub(super) fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(encoding) = headers.get(header::CONTENT_ENCODING) else { return Ok(()) };
    let encoding = encoding.to_str().unwrap_or_default().trim();
    if ["", "identity", "gzip", "x-gzip"].iter().any(|known| encoding.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoding_unknown", "the body is encoded in a way that is not read here")
        .remedy("send it as it is, or as gzip"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(sent: &[u8], max: usize) -> Result<Vec<u8>, NotInflated> {
        inflate(sent, max).map(|inflated| match inflated {
            Inflated::AsSent(bytes) => bytes.to_vec(),
            Inflated::Owned(bytes) => bytes,
        })
    }

    #[test]
    fn what_is_compressed_is_read_up_to_the_limit() {
        let text = vec![b'x'; 1000];
        assert_eq!(read(&text, 10), Ok(text.clone()), "what is not compressed was measured before");
        assert_eq!(read(&gzip(&text), 1000), Ok(text.clone()));
        assert_eq!(read(&gzip(&text), 999), Err(NotInflated::TooLarge));
        let two = [gzip(&text), gzip(&text)].concat();
        assert_eq!(read(&two, 2000).map(|t| t.len()), Ok(2000));
        assert_eq!(read(&two, 1999), Err(NotInflated::TooLarge));
    }

    #[test]
    fn a_bomb_costs_no_more_than_the_limit() {
        let bomb = gzip(&vec![0; 100 << 20]);
        assert!(bomb.len() < 200_000);
        assert_eq!(read(&bomb, 500_000), Err(NotInflated::TooLarge));
    }

    #[test]
    fn what_only_begins_as_gzip_is_broken() {
        let whole = gzip(b"{\"batch\":[]}");
        for cut in 3..whole.len() {
            assert_eq!(read(&whole[..cut], 1000), Err(NotInflated::Broken), "{cut}");
        }
    }
}
