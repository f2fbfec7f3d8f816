//! The data folder: its files, its format, and the lock that one writer holds.
//!
//! Invariant: FORMAT is written last when a folder is made, so a folder without it has never held a fact.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use crate::StoreError;

pub(crate) const FACTS: &str = "facts.db";
pub(crate) const KEYS: &str = "keys.db";
pub(crate) const TOMBSTONES: &str = "tombstones.log";
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const LEDGER: &str = "ledger";
pub(crate) const MASTER_KEY: &str = "master.key";
const FORMAT_FILE: &str = "FORMAT";
const LOCK: &str = "LOCK";

/// Makes the folder, for its owner only, if it is missing.
pub(crate) fn create(dir: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| StoreError::io(dir, &error))
}

/// Makes names that were added to a folder durable.
pub(crate) fn sync(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|open| open.sync_all()).map_err(|error| StoreError::io(dir, &error))
}

/// Takes the lock for as long as the returned file is kept. Who asks [`is_locked`] may hold it for an instant.
pub(crate) fn lock(dir: &Path) -> Result<File, StoreError> {
    let file = dir.join(LOCK);
    let open = File::options().create(true).truncate(false).write(true).open(&file).map_err(|error| StoreError::io(&file, &error))?;
    for tries_left in (0..10).rev() {
        match open.try_lock() {
            Ok(()) => return Ok(open),
            Err(TryLockError::WouldBlock) if tries_left > 0 => std::thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(StoreError::io(&file, &error)),
        }
    }
    Err(StoreError::Locked { file })
}

/// Does somebody hold the lock? Then they write.
pub(crate) fn is_locked(dir: &Path) -> bool {
    File::open(dir.join(LOCK)).is_ok_and(|open| matches!(open.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Whether the folder was made before (`false`: it is new, or its making was cut short).
pub(crate) fn is_made(dir: &Path) -> Result<bool, StoreError> {
    let file = dir.join(FORMAT_FILE);
    match std::fs::read(&file) {
        Ok(text) if text == format!("{}\n", crate::FORMAT).as_bytes() => Ok(true),
        Ok(text) => {
            let found: String = String::from_utf8_lossy(&text).trim().chars().take(40).collect();
            Err(StoreError::FormatUnknown { dir: dir.to_path_buf(), found })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io(&file, &error)),
    }
}

/// Says that the folder is complete.
pub(crate) fn mark_made(dir: &Path) -> Result<(), StoreError> {
    let journal = dir.join(JOURNAL);
    create(&journal)?;
    let (file, draft) = (dir.join(FORMAT_FILE), dir.join("FORMAT.new"));
    let write = || {
        std::fs::write(&draft, format!("{}\n", crate::FORMAT))?;
        File::open(&draft)?.sync_all()?;
        std::fs::rename(&draft, &file)
    };
    write().map_err(|error| StoreError::io(&file, &error))?;
    sync(dir)
}
