//! The embedded store: two SQLite databases in a data folder.
//!
//! `facts.db` holds the sealed rows, leaves and small tables; `keys.db` the wrapped keys. One process writes, one batch at a
//! time; any number read. Rows and keys are appended at the end, changed in place to something not longer, or hollowed out;
//! never moved (`database` says why). No read transaction lasts longer than a slice of a few milliseconds.
//!
//! Left out: `n` is not checked when appending (the one writer counts it); space of hollowed rows is not given back to the disk.

mod append;
pub(crate) mod database;
mod erase;
mod hollowed;
mod keys;
mod notes;
mod open;
mod read;
mod replay;
#[cfg(test)]
mod tests;
mod wal;

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use hashbrown::HashSet;
use parking_lot::Mutex;
use regie_domain::ids::RecordId;

pub(crate) use self::append::read_head;
use self::database::Database;
use self::hollowed::Counter;
use self::keys::Keys;
use self::read::Readers;
pub(crate) use self::read::leaves_in;
use crate::tombstones::TombstoneLog;
use crate::{Batch, Erasure, Meta, Opened, Store, StoreError, Tally};

/// The store in a data folder. See [`Store`] for what it does.
pub struct SqliteStore {
    dir: PathBuf,
    // In the order of closing: the writer last, so that it moves its log into the database and gives up the lock at the very end.
    readers: Readers,
    keys: Keys,
    /// `None` for a reader of a folder that has no sum over hollow rows yet.
    counter: Option<Counter>,
    pending: Mutex<Vec<RecordId>>,
    /// What the log of tombstones names; read by a reader that misses a key.
    logged: Mutex<Option<HashSet<[u8; 32]>>>,
    /// `None` when opened for reading only.
    writer: Option<Mutex<Writer>>,
}

/// What only the holder of the folder's lock may touch.
struct Writer {
    facts: Database,
    /// `None` after a failed write, until it is read again: after a failed fsync only the database knows.
    head: Option<Head>,
    tombstones: TombstoneLog,
    counter: Counter,
    /// Held for as long as the store is open.
    _lock: File,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    position: u64,
    pub(crate) leaves: u64,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("dir", &self.dir).field("read_only", &self.writer.is_none()).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// The data folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn writer(&self) -> Result<&Mutex<Writer>, StoreError> {
        self.writer.as_ref().ok_or_else(|| StoreError::ReadOnly { dir: self.dir.clone() })
    }
}

impl Store for SqliteStore {
    fn append(&self, batch: Batch) -> Result<Option<u64>, StoreError> {
        self.append_batch(&batch)
    }

    fn read(&self, positions: &[u64]) -> Result<Vec<Opened>, StoreError> {
        self.read_rows(positions, false)
    }

    fn read_choices(&self, positions: &[u64]) -> Result<Vec<Opened>, StoreError> {
        self.read_rows(positions, true)
    }

    fn replay<T, E, D, A, P>(&self, from: u64, decode: D, apply: A, progress: P) -> Result<u64, E>
    where
        T: Send,
        E: From<StoreError> + Send,
        D: Fn(&Meta, &[u8]) -> Result<T, E> + Sync,
        A: FnMut(Meta, T) -> Result<(), E>,
        P: FnMut(u64, u64),
    {
        self.replay_rows(from, decode, apply, progress)
    }

    fn erase(&self, erasure: Erasure) -> Result<Option<u64>, StoreError> {
        self.erase_records(&erasure)
    }

    fn notes(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.read_notes()
    }

    fn change_notes(&self, keep: &[Vec<u8>], forget: &[u64]) -> Result<(), StoreError> {
        self.write_notes(keep, forget)
    }

    fn pending_tombstones(&self) -> Vec<RecordId> {
        self.pending.lock().clone()
    }

    fn truncate_logs(&self) -> Result<(), StoreError> {
        self.empty_logs()
    }

    fn value(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read_value(name)
    }

    fn tallies_since(&self, day: u32) -> Result<Vec<Tally>, StoreError> {
        self.read_tallies(day)
    }

    fn delete_tallies_before(&self, day: u32) -> Result<(), StoreError> {
        self.writer()?.lock().facts.run(|sql| sql.execute("DELETE FROM tallies WHERE day < ?1", [day])).map(drop)
    }

    fn head(&self) -> Result<u64, StoreError> {
        self.read_head()
    }

    fn leaves(&self, range: Range<u64>) -> Result<Vec<[u8; 32]>, StoreError> {
        self.read_leaves(range)
    }

    fn leaf_count(&self) -> Result<u64, StoreError> {
        self.readers.with(|db| db.run(read_head)).map(|head| head.leaves)
    }

    fn leaf_index(&self, position: u64) -> Result<Option<u64>, StoreError> {
        self.find_leaf(position)
    }

    fn leaf_position(&self, index: u64) -> Result<Option<u64>, StoreError> {
        self.read_leaf_position(index)
    }

    fn leaf_positions(&self, range: Range<u64>) -> Result<Vec<Option<u64>>, StoreError> {
        self.read_leaf_positions(range)
    }

    fn service_key(&self, name: &str) -> Result<[u8; 32], StoreError> {
        let key = self.keys.service(name, self.writer.is_some())?;
        key.ok_or_else(|| StoreError::ReadOnly { dir: self.dir.clone() })
    }

    fn has_service_key(&self, name: &str) -> bool {
        self.keys.has_service(name)
    }

    fn destroy_service_key(&self, name: &str) -> Result<(), StoreError> {
        self.writer()?;
        self.keys.destroy_service(name)
    }
}
