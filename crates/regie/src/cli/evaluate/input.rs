//! Opening files: plain or gzip, by their first bytes, with a bar of how much is read.
//!
//! Invariant: memory is bounded whatever the file holds; of a line no more is read than one may have.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;
use regie_recommend::evaluate::{LINE_BYTES_MAX, ReadError};

use super::super::bar;
use super::problem::EvaluateError;

/// The largest JSON file: it is held whole.
const JSON_BYTES_MAX: u64 = 1 << 30;

/// Hands every line to `take`, with its end.
pub(super) fn lines(file: &Path, mut take: impl FnMut(&[u8]) -> Result<(), ReadError>) -> Result<(), EvaluateError> {
    let (mut reader, progress) = open(file)?;
    let mut line = Vec::new();
    loop {
        line.clear();
        // One byte more than a line may have, so that whoever takes it can say so.
        let read = reader.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line);
        if read.map_err(|why| unreadable(file, why))? == 0 {
            break;
        }
        take(&line).map_err(|problem| wrong(file, problem))?;
    }
    progress.finish_and_clear();
    Ok(())
}

/// The whole file, for JSON.
pub(super) fn whole(file: &Path) -> Result<Vec<u8>, EvaluateError> {
    let (reader, progress) = open(file)?;
    let mut bytes = Vec::new();
    reader.take(JSON_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|why| unreadable(file, why))?;
    if bytes.len() as u64 > JSON_BYTES_MAX {
        return Err(EvaluateError::TooLarge { file: file.to_owned(), limit: JSON_BYTES_MAX });
    }
    progress.finish_and_clear();
    Ok(bytes)
}

pub(super) fn wrong(file: &Path, problem: ReadError) -> EvaluateError {
    EvaluateError::Wrong { file: file.to_owned(), problem }
}

fn unreadable(file: &Path, why: std::io::Error) -> EvaluateError {
    EvaluateError::Unreadable { file: file.to_owned(), why }
}

fn open(file: &Path) -> Result<(Box<dyn BufRead>, ProgressBar), EvaluateError> {
    let opened = File::open(file).map_err(|why| unreadable(file, why))?;
    let progress = bar("Reading");
    progress.set_length(opened.metadata().map_or(0, |about| about.len()));
    let mut plain = BufReader::with_capacity(1 << 16, progress.wrap_read(opened));
    let is_gzip = plain.fill_buf().map_err(|why| unreadable(file, why))?.starts_with(&[0x1f, 0x8b]);
    let reader: Box<dyn BufRead> = if is_gzip { Box::new(BufReader::new(MultiGzDecoder::new(plain))) } else { Box::new(plain) };
    Ok((reader, progress))
}
