//! Reading: by positions, from a small pool of connections, in read transactions of at most a few milliseconds.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use regie_domain::ids::RecordId;
use rusqlite::{Connection, OptionalExtension as _, Row, types::ValueRef};

use super::SqliteStore;
use super::append::read_head;
use super::database::{Access, Database};
use crate::seal::{self, Key, Sealer};
use crate::{Meta, Opened, RawRow, StoreError, Tally, folder, tombstone, tombstones};

/// A read transaction that lasted this long ends, so that it never keeps a write-ahead log from being emptied.
pub(super) const SLICE: Duration = Duration::from_millis(20);

/// Connections for reading, made when needed and kept.
pub(super) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Database>>,
}

impl Readers {
    pub(super) fn new(facts: &Path) -> Self {
        Self { file: facts.to_path_buf(), idle: Mutex::default() }
    }

    pub(super) fn with<T>(&self, ask: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle.lock().pop();
        let db = match idle {
            Some(db) => db,
            None => Database::open(&self.file, Access::Read, 4 * 1024)?,
        };
        let answer = ask(&db);
        let mut idle = self.idle.lock();
        if idle.len() < 8 {
            idle.push(db);
        }
        answer
    }
}

/// The columns that [`row_at`] expects.
pub(super) const COLUMNS: &str = "position, record, n, revision, format, choice, sealed";

/// A row's clear part and its sealed bytes in `sealed`; `None` for a hollow one.
pub(super) fn row_at(sql: &Connection, row: &Row<'_>, sealed: &mut Vec<u8>) -> rusqlite::Result<Option<Meta>> {
    let ValueRef::Blob(record) = row.get_ref(1)? else { return Ok(None) };
    let record =
        RecordId(record.try_into().map_err(|_| rusqlite::Error::InvalidColumnType(1, "record".to_owned(), rusqlite::types::Type::Blob))?);
    sealed.clear();
    let revision = match row.get_ref(6)? {
        ValueRef::Integer(slot) => {
            sql.prepare_cached("SELECT revision, sealed FROM grown WHERE slot = ?1")?.query_row([slot], |grown| {
                sealed.extend_from_slice(grown.get_ref(1)?.as_bytes()?);
                grown.get(0)
            })?
        }
        bytes => {
            sealed.extend_from_slice(bytes.as_bytes()?);
            row.get(3)?
        }
    };
    Ok(Some(Meta {
        position: row.get::<_, i64>(0)?.cast_unsigned(),
        record,
        n: row.get(2)?,
        revision,
        format: row.get(4)?,
        choice: row.get(5)?,
    }))
}

impl SqliteStore {
    pub(super) fn read_rows(&self, positions: &[u64], only_choices: bool) -> Result<Vec<Opened>, StoreError> {
        let mut opened = Vec::with_capacity(positions.len());
        let mut last: Option<(RecordId, Sealer)> = None;
        self.raw_each(positions, only_choices, |meta, sealed| {
            if last.as_ref().is_none_or(|(record, _)| *record != meta.record) {
                let Some(key) = self.key(meta.record)? else { return self.must_be_erased(meta) };
                last = Some((meta.record, Sealer::new(&key)?));
            }
            let Some((_, sealer)) = &last else { return Ok(()) };
            let payload =
                sealer.open(&seal::row_binding(meta), sealed).ok_or(StoreError::SealedRowUnreadable { position: meta.position })?;
            opened.push(Opened { meta: *meta, payload: payload.to_vec() });
            Ok(())
        })?;
        Ok(opened)
    }

    /// Rows as they lie on disk, in the order asked for; those that are gone are left out.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn read_raw(&self, positions: &[u64]) -> Result<Vec<RawRow>, StoreError> {
        let mut rows = Vec::with_capacity(positions.len());
        self.raw_each(positions, false, |meta, sealed| {
            rows.push(RawRow { meta: *meta, sealed: sealed.to_vec() });
            Ok(())
        })?;
        Ok(rows)
    }

    /// Shows every row as it lies on disk, from a position up to the present head, until `each` says `false`.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn scan_raw(&self, from: u64, mut each: impl FnMut(RawRow) -> bool) -> Result<(), StoreError> {
        let head = self.read_head()?;
        let mut next = from;
        while next <= head {
            let slice: Vec<u64> = (next..=head.min(next + 999)).collect();
            next += 1000;
            for row in self.read_raw(&slice)? {
                if !each(row) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The clear payload of a row as it lay on disk; `None` if its record was erased since.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] for a record that nobody erased, [`StoreError::SealedRowUnreadable`] if the row was altered.
    pub fn unseal(&self, row: &RawRow) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(key) = self.key(row.meta.record)? else { return self.must_be_erased(&row.meta).map(|()| None) };
        let mut sealed = row.sealed.clone();
        let clear = Sealer::new(&key)?.open(&seal::row_binding(&row.meta), &mut sealed).map(<[u8]>::to_vec);
        clear.map(Some).ok_or(StoreError::SealedRowUnreadable { position: row.meta.position })
    }

    /// A record's key as it lies on disk: nonce, ciphertext, tag; `None` if it has none.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn wrapped_key(&self, record: RecordId) -> Result<Option<Vec<u8>>, StoreError> {
        self.keys.wrapped(record)
    }

    /// A record's key; a reader beside another process looks again for one that it does not know.
    pub(super) fn key(&self, record: RecordId) -> Result<Option<Key>, StoreError> {
        if self.writer.is_none() && !self.keys.has(record) {
            self.keys.refresh()?;
        }
        self.keys.key(record)
    }

    /// Nothing to say about a row without a key whose record was erased; else the store is not whole.
    pub(super) fn must_be_erased(&self, meta: &Meta) -> Result<(), StoreError> {
        let is_erased = self.is_buried(meta.record)? || self.is_logged(meta.record)?;
        if is_erased { Ok(()) } else { Err(StoreError::KeyMissing { position: meta.position }) }
    }

    /// Does the log of tombstones name it, beside an older database? A writer has put what that says into the database when it opened it.
    fn is_logged(&self, record: RecordId) -> Result<bool, StoreError> {
        if self.writer.is_some() {
            return Ok(false);
        }
        let mut logged = self.logged.lock();
        let known = match &mut *logged {
            Some(known) => known,
            unread => unread.insert(tombstones::read(&self.dir.join(folder::TOMBSTONES))?.known),
        };
        Ok(known.contains(&tombstone(record)))
    }

    pub(super) fn is_buried(&self, record: RecordId) -> Result<bool, StoreError> {
        self.readers.with(|db| db.run(|sql| sql.prepare_cached("SELECT 1 FROM tombstones WHERE hash = ?1")?.exists([tombstone(record)])))
    }

    fn raw_each(
        &self,
        positions: &[u64],
        only_choices: bool,
        mut each: impl FnMut(&Meta, &mut [u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let ask = format!("SELECT {COLUMNS} FROM facts WHERE position = ?1{}", if only_choices { " AND choice" } else { "" });
        let mut sealed = Vec::new();
        let mut rest = positions.iter();
        while !rest.as_slice().is_empty() {
            self.readers.with(|db| {
                let _reading = db.run(|sql| sql.unchecked_transaction())?;
                let mut statement = db.run(|sql| sql.prepare_cached(&ask))?;
                let started = Instant::now();
                for position in rest.by_ref() {
                    let found = statement.query_row([position.cast_signed()], |row| row_at(&db.sql, row, &mut sealed)).optional();
                    if let Some(meta) = found.map_err(|error| db.failed(&error))?.flatten() {
                        each(&meta, &mut sealed)?;
                    }
                    if started.elapsed() > SLICE {
                        break;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    pub(super) fn read_value(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers.with(|db| {
            db.run(|sql| sql.prepare_cached("SELECT value FROM named WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional())
        })
    }

    pub(super) fn read_tallies(&self, day: u32) -> Result<Vec<Tally>, StoreError> {
        self.readers.with(|db| {
            db.run(|sql| {
                let mut statement =
                    sql.prepare_cached("SELECT day, store, item, count FROM tallies WHERE day >= ?1 ORDER BY day, store, item")?;
                statement
                    .query_map([day], |row| Ok(Tally { day: row.get(0)?, store: row.get(1)?, item: row.get(2)?, count: row.get(3)? }))?
                    .collect()
            })
        })
    }

    pub(super) fn read_head(&self) -> Result<u64, StoreError> {
        self.readers.with(|db| db.run(read_head)).map(|head| head.position)
    }

    pub(super) fn read_leaves(&self, range: Range<u64>) -> Result<Vec<[u8; 32]>, StoreError> {
        let mut leaves = Vec::new();
        let mut next = range.start;
        while next < range.end {
            let end = range.end.min(next + 10_000);
            let before = leaves.len();
            self.readers.with(|db| db.run(|sql| leaves_in(sql, next..end, &mut leaves)))?;
            if leaves.len() == before {
                break;
            }
            next = end;
        }
        Ok(leaves)
    }

    pub(super) fn read_leaf_position(&self, index: u64) -> Result<Option<u64>, StoreError> {
        let found = self.readers.with(|db| {
            let ask = "SELECT position FROM leaves WHERE idx = ?1";
            db.run(|sql| sql.prepare_cached(ask)?.query_row([index.cast_signed()], |row| row.get::<_, Option<i64>>(0)).optional())
        })?;
        Ok(found.flatten().map(i64::cast_unsigned))
    }

    pub(super) fn read_leaf_positions(&self, range: Range<u64>) -> Result<Vec<Option<u64>>, StoreError> {
        self.readers.with(|db| {
            db.run(|sql| {
                let mut statement = sql.prepare_cached("SELECT position FROM leaves WHERE idx >= ?1 AND idx < ?2 ORDER BY idx")?;
                let rows = statement.query_map([range.start.cast_signed(), range.end.cast_signed()], |row| row.get::<_, Option<i64>>(0))?;
                rows.map(|row| Ok(row?.map(i64::cast_unsigned))).collect()
            })
        })
    }

    /// Positions ascend with the indexes, so a search by halves finds one; leaves that know no row stand before all others.
    pub(super) fn find_leaf(&self, position: u64) -> Result<Option<u64>, StoreError> {
        let wanted = position.cast_signed();
        self.readers.with(|db| {
            db.run(|sql| {
                let mut at = sql.prepare_cached("SELECT position FROM leaves WHERE idx = ?1")?;
                let (mut low, mut high) = (0, read_head(sql)?.leaves.cast_signed());
                while low < high {
                    let middle = low + (high - low) / 2;
                    match at.query_row([middle], |row| row.get::<_, Option<i64>>(0))? {
                        Some(found) if found == wanted => return Ok(Some(middle.cast_unsigned())),
                        Some(found) if found > wanted => high = middle,
                        _ => low = middle + 1,
                    }
                }
                Ok(None)
            })
        })
    }
}

/// Appends the leaves of a range, in one read.
pub(crate) fn leaves_in(sql: &Connection, range: Range<u64>, into: &mut Vec<[u8; 32]>) -> rusqlite::Result<()> {
    let mut statement = sql.prepare_cached("SELECT commitment FROM leaves WHERE idx >= ?1 AND idx < ?2 ORDER BY idx")?;
    let mut rows = statement.query([range.start.cast_signed(), range.end.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let leaf = row.get_ref(0)?.as_blob()?;
        into.push(
            leaf.try_into().map_err(|_| rusqlite::Error::InvalidColumnType(0, "commitment".to_owned(), rusqlite::types::Type::Blob))?,
        );
    }
    Ok(())
}
