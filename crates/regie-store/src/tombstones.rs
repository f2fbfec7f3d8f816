//! `tombstones.log`: one line of 64 hexadecimal digits per erased record, appended and made durable before anything is erased.
//!
//! It is kept outside the backups of facts and keys, and laid beside them when one is restored; so the store can tell what
//! was erased after the backup. A line that a crash cut short at the very end is dropped: its erasure was never acknowledged.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use hashbrown::HashSet;

use crate::StoreError;

/// The log, open for appending.
#[derive(Debug)]
pub(crate) struct TombstoneLog {
    file: PathBuf,
    open: File,
    /// Up to where the file is whole; a failed append is cut back to here.
    length: u64,
}

impl TombstoneLog {
    /// Opens the log and returns what it holds. It is made with its data folder, never later: a folder that lost it may hold
    /// customers who were erased since.
    pub(crate) fn open(file: &Path, create: bool) -> Result<(Self, HashSet<[u8; 32]>), StoreError> {
        let open = File::options().create(create).append(true).open(file).map_err(|error| refused(file, &error))?;
        let Content { known, whole, torn } = read(file)?;
        let log = Self { file: file.to_path_buf(), open, length: whole };
        if torn {
            log.cut_back()?;
        }
        Ok((log, known))
    }

    /// Appends tombstones; durable on return.
    pub(crate) fn append(&mut self, hashes: &[[u8; 32]]) -> Result<(), StoreError> {
        if hashes.is_empty() {
            return Ok(());
        }
        let mut text = String::with_capacity(hashes.len() * 65);
        for hash in hashes {
            text.extend(hash.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)));
            text.push('\n');
        }
        match self.open.write_all(text.as_bytes()).and_then(|()| self.open.sync_all()) {
            Ok(()) => {
                self.length += text.len() as u64;
                Ok(())
            }
            Err(error) => {
                // Half a line in the middle would damage the log for ever.
                self.cut_back()?;
                Err(StoreError::io(&self.file, &error))
            }
        }
    }

    fn cut_back(&self) -> Result<(), StoreError> {
        self.open.set_len(self.length).and_then(|()| self.open.sync_all()).map_err(|error| StoreError::io(&self.file, &error))
    }
}

/// What a log holds.
pub(crate) struct Content {
    /// The tombstones.
    pub(crate) known: HashSet<[u8; 32]>,
    /// Up to where the file is whole.
    whole: u64,
    /// Is there half a line behind that?
    torn: bool,
}

/// Reads a log.
pub(crate) fn read(file: &Path) -> Result<Content, StoreError> {
    let text = std::fs::read(file).map_err(|error| refused(file, &error))?;
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut known = HashSet::with_capacity(whole / 65);
    for line in text[..whole].split_inclusive(|byte| *byte == b'\n') {
        let hash = unhex(&line[..line.len() - 1]).ok_or_else(|| StoreError::FactsCorrupt {
            file: file.to_path_buf(),
            detail: format!("line {} is no tombstone", known.len() + 1),
        })?;
        known.insert(hash);
    }
    Ok(Content { known, whole: whole as u64, torn: whole < text.len() })
}

fn refused(file: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::NotFound => StoreError::TombstonesGone { file: file.to_path_buf() },
        _ => StoreError::io(file, error),
    }
}

/// 32 bytes from 64 hexadecimal digits.
pub(crate) fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(0)? << 4 | digit(1)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_dropped_and_the_rest_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("tombstones.log");
        let (mut log, known) = TombstoneLog::open(&file, true).unwrap();
        assert!(known.is_empty());
        log.append(&[[1; 32], [0xab; 32]]).unwrap();
        let whole = std::fs::read(&file).unwrap();
        let torn = [whole.as_slice(), b"0123"].concat();
        std::fs::write(&file, torn).unwrap();
        let (mut log, known) = TombstoneLog::open(&file, true).unwrap();
        assert_eq!(known, HashSet::from_iter([[1; 32], [0xab; 32]]));
        log.append(&[[2; 32]]).unwrap();
        assert_eq!(TombstoneLog::open(&file, true).unwrap().1.len(), 3);
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("tombstones.log");
        TombstoneLog::open(&file, true).unwrap().0.append(&[[1; 32], [2; 32]]).unwrap();
        let mut text = std::fs::read(&file).unwrap();
        text[3] = b'x';
        std::fs::write(&file, text).unwrap();
        assert_eq!(TombstoneLog::open(&file, true).unwrap_err().code(), "facts_corrupt");
    }
}
