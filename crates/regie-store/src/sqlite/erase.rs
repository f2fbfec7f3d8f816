//! Erasing, in order, each step idempotent: log of tombstones, one transaction with the legal remainder, keys, rows, files.
//!
//! After the transaction an erasure can no longer be undone, only completed: `erasing` lists the positions that still must
//! go (and nothing else), and start-up works it off.

use std::time::{Duration, Instant};

use parking_lot::MutexGuard;
use regie_domain::ids::RecordId;
use rusqlite::{Connection, OptionalExtension as _};

use super::append::{bury, hollow};
use super::database::Database;
use super::{SqliteStore, Writer};
use crate::{Erasure, StoreError, tombstone};

/// How long the rows of an erasure may keep other writers waiting at a time, the commit included.
const SLICE: Duration = Duration::from_millis(3);
/// One attempt to empty a write-ahead log waits this long for readers, and all attempts together this long.
const ATTEMPT: Duration = Duration::from_millis(60);
const ATTEMPTS: Duration = Duration::from_secs(10);

/// How far an erasure has come; tests stop it after each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EraseStep {
    /// The tombstones are in the log.
    Logged,
    /// Tombstones, legal remainder and the list of what must go are in the database.
    Written,
    /// The keys are destroyed.
    KeysDestroyed,
    /// The rows are hollow.
    RowsDeleted,
    /// No file holds any of it.
    LogsEmptied,
}

impl SqliteStore {
    pub(super) fn erase_records(&self, erasure: &Erasure) -> Result<Option<u64>, StoreError> {
        self.erase_through(erasure, EraseStep::LogsEmptied)
    }

    /// Erases up to and with this step; only tests stop early.
    pub(super) fn erase_through(&self, erasure: &Erasure, last: EraseStep) -> Result<Option<u64>, StoreError> {
        let writer = self.writer()?;
        self.check_erasure(erasure)?;
        let records: Vec<RecordId> = erasure.records.iter().map(|erased| erased.record).collect();
        let mut fresh = Vec::new();
        for record in &records {
            if !self.is_buried(*record)? {
                fresh.push(*record);
            }
        }
        let mut first = None;
        let mut positions: Vec<u64> = erasure.records.iter().flat_map(|erased| &erased.positions).copied().collect();
        positions.sort_unstable();
        let mut job = None;
        if !fresh.is_empty() || records.is_empty() {
            self.keys.create(&erasure.append.new_records)?;
            let sealed = self.seal_batch(&erasure.append)?;
            let mut writer = writer.lock();
            let pending = self.pending_set();
            let unlogged: Vec<_> = fresh.iter().filter(|record| !pending.contains(*record)).map(|record| tombstone(*record)).collect();
            writer.tombstones.append(&unlogged)?;
            if last == EraseStep::Logged {
                return Ok(None);
            }
            first = writer.commit(self, &erasure.append, &sealed, |sql| {
                fresh.iter().try_for_each(|record| bury(sql, &tombstone(*record)))?;
                if !positions.is_empty() {
                    sql.execute("INSERT INTO erasing(positions) VALUES (?1)", [pack(&positions)])?;
                    job = Some(sql.last_insert_rowid());
                }
                Ok(())
            })?;
            if last == EraseStep::Written {
                return Ok(first);
            }
            // Under the writer's lock, so that no row of theirs can come after.
            self.keys.destroy(&records, &erasure.notes)?;
        } else {
            let _writer = writer.lock();
            self.keys.destroy(&records, &erasure.notes)?;
        }
        if last == EraseStep::KeysDestroyed {
            return Ok(first);
        }
        self.hollow_slices(&positions)?;
        if let Some(job) = job {
            writer.lock().facts.run(|sql| sql.execute("DELETE FROM erasing WHERE id = ?1", [job]))?;
        }
        if last == EraseStep::RowsDeleted {
            return Ok(first);
        }
        self.empty_logs()?;
        self.pending.lock().retain(|record| !records.contains(record));
        Ok(first)
    }

    fn pending_set(&self) -> hashbrown::HashSet<RecordId> {
        self.pending.lock().iter().copied().collect()
    }

    /// Refuses what would take away the wrong thing, before anything is done.
    fn check_erasure(&self, erasure: &Erasure) -> Result<(), StoreError> {
        let doomed: hashbrown::HashSet<RecordId> = erasure.records.iter().map(|erased| erased.record).collect();
        if let Some(index) = erasure.append.rows.iter().position(|row| doomed.contains(&row.record)) {
            return Err(StoreError::RecordUnknown { index });
        }
        for erased in &erasure.records {
            if erased.record == RecordId::RETAILER {
                return Err(StoreError::Conflict { position: erased.positions.first().copied().unwrap_or(0) });
            }
            for slice in erased.positions.chunks(1000) {
                self.readers.with(|db| {
                    let _reading = db.run(|sql| sql.unchecked_transaction())?;
                    for position in slice {
                        let record: Option<Option<[u8; 16]>> = db.run(|sql| {
                            sql.prepare_cached("SELECT record FROM facts WHERE position = ?1")?
                                .query_row([position.cast_signed()], |row| row.get(0))
                                .optional()
                        })?;
                        if record.flatten().is_some_and(|record| record != erased.record.0) {
                            return Err(StoreError::Conflict { position: *position });
                        }
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Hollows these rows, a few milliseconds at a time, so that other writers come in between.
    pub(super) fn hollow_slices(&self, positions: &[u64]) -> Result<(), StoreError> {
        let mut rest = positions.iter();
        while !rest.as_slice().is_empty() {
            let writer = self.writer()?.lock();
            writer.hollow_slice(&mut rest)?;
            MutexGuard::unlock_fair(writer);
        }
        Ok(())
    }

    /// Empties both write-ahead logs, trying again for as long as a reader is in the way, up to ten seconds.
    pub(super) fn empty_logs(&self) -> Result<(), StoreError> {
        let writer = self.writer()?;
        let started = Instant::now();
        let retry = |attempt: &dyn Fn() -> Result<(), StoreError>| loop {
            match attempt() {
                Err(StoreError::LogHeld { .. }) if started.elapsed() < ATTEMPTS => std::thread::sleep(Duration::from_millis(5)),
                done => return done,
            }
        };
        retry(&|| self.keys.truncate_log(ATTEMPT))?;
        retry(&|| writer.lock().facts.truncate_log(ATTEMPT))
    }
}

impl Writer {
    /// One commit of at most a slice.
    fn hollow_slice(&self, rest: &mut std::slice::Iter<'_, u64>) -> Result<(), StoreError> {
        self.facts.run(|sql| {
            let writing = sql.unchecked_transaction()?;
            let started = Instant::now();
            hollow(sql, &self.counter, std::iter::from_fn(|| (started.elapsed() <= SLICE).then(|| rest.next()).flatten()))?;
            writing.commit()
        })
    }
}

/// What erasures that were cut short still have to take away.
pub(super) fn unfinished(facts: &Database) -> Result<Vec<u64>, StoreError> {
    let jobs: Vec<Vec<u8>> =
        facts.run(|sql: &Connection| sql.prepare("SELECT positions FROM erasing")?.query_map([], |row| row.get(0))?.collect())?;
    let mut positions = Vec::new();
    for job in jobs {
        positions.extend(unpack(&job).ok_or_else(|| facts.damaged("the list of an unfinished erasure cannot be read"))?);
    }
    Ok(positions)
}

/// Ascending positions as differences, seven bits a byte: few bytes, so that the list of a large erasure is written at once.
fn pack(positions: &[u64]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(positions.len() * 2);
    let mut last = 0;
    for position in positions {
        let mut rest = position - last;
        last = *position;
        loop {
            let low = u8::try_from(rest & 127).unwrap_or(0);
            rest >>= 7;
            packed.push(low | if rest > 0 { 128 } else { 0 });
            if rest == 0 {
                break;
            }
        }
    }
    packed
}

fn unpack(packed: &[u8]) -> Option<Vec<u64>> {
    let (mut positions, mut last, mut value, mut shift) = (Vec::new(), 0u64, 0u64, 0u32);
    for byte in packed {
        value |= u64::from(byte & 127).checked_shl(shift)?;
        shift += 7;
        if byte & 128 == 0 {
            last = last.checked_add(value)?;
            positions.push(last);
            (value, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(positions)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn positions_come_back_as_they_were_packed(mut positions in prop::collection::vec(0..=u64::MAX >> 1, 0..50)) {
            positions.sort_unstable();
            prop_assert_eq!(unpack(&pack(&positions)), Some(positions));
        }
    }

    #[test]
    fn a_list_that_was_cut_is_noticed() {
        let packed = pack(&[300]);
        assert_eq!(unpack(&packed[..1]), None);
    }
}
