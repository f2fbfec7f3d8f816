//! Writing: a batch is sealed outside the lock, then written in one transaction whose last statement moves the head.

use rusqlite::{Connection, OptionalExtension as _, params, types::ValueRef};

use super::hollowed::Counter;
use super::{Head, SqliteStore, Writer};
use crate::seal::{self, Sealer};
use crate::{Batch, FORMAT, Meta, StoreError};

/// The sealed payloads of a batch, in its order.
pub(super) struct SealedBatch {
    rows: Vec<Vec<u8>>,
    replace: Vec<Vec<u8>>,
}

impl SqliteStore {
    pub(super) fn append_batch(&self, batch: &Batch) -> Result<Option<u64>, StoreError> {
        let writer = self.writer()?;
        self.keys.create(&batch.new_records)?;
        let sealed = self.seal_batch(batch)?;
        writer.lock().commit(self, batch, &sealed, |_| Ok(()))
    }

    /// Seals every payload of the batch; rows of one record in a row share the prepared key.
    pub(super) fn seal_batch(&self, batch: &Batch) -> Result<SealedBatch, StoreError> {
        let mut nonces = seal::nonces(batch.rows.len() + batch.replace.len())?;
        let mut last: Option<(_, Sealer)> = None;
        let mut seal = |index: usize, meta: &Meta, clear: &[u8]| {
            if last.as_ref().is_none_or(|(record, _)| *record != meta.record) {
                let key = self.keys.key(meta.record)?.ok_or(StoreError::RecordUnknown { index })?;
                last = Some((meta.record, Sealer::new(&key)?));
            }
            let nonce = nonces.next().ok_or(StoreError::CryptoFailed { doing: "drawing nonces" })?;
            match &last {
                Some((_, sealer)) => sealer.seal(nonce, &seal::row_binding(meta), clear),
                None => Err(StoreError::RecordUnknown { index }),
            }
        };
        let rows = batch.rows.iter().enumerate().map(|(index, row)| {
            let meta = Meta { position: 0, record: row.record, n: row.n, revision: 0, format: FORMAT, choice: row.choice };
            seal(index, &meta, &row.payload)
        });
        let rows = rows.collect::<Result<_, _>>()?;
        let replace = batch.replace.iter().enumerate().map(|(index, row)| {
            let meta =
                Meta { position: row.position, record: row.record, n: row.n, revision: row.revision, format: FORMAT, choice: row.choice };
            seal(index, &meta, &row.payload)
        });
        Ok(SealedBatch { rows, replace: replace.collect::<Result<_, _>>()? })
    }
}

impl Writer {
    /// Writes one transaction. `also` may add statements of its own to it.
    pub(super) fn commit(
        &mut self,
        store: &SqliteStore,
        batch: &Batch,
        sealed: &SealedBatch,
        also: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<Option<u64>, StoreError> {
        // A record may have been erased since its rows were sealed; its rows must not come after its tombstone.
        let gone = batch.rows.iter().position(|row| !store.keys.has(row.record));
        if let Some(index) = gone {
            return Err(StoreError::RecordUnknown { index });
        }
        let before = match self.head {
            Some(head) => head,
            None => read_head(&self.facts.sql).map_err(|error| self.facts.failed(&error))?,
        };
        self.head = None;
        let writing = self.facts.run(|sql| sql.unchecked_transaction())?;
        for (row, sealed) in batch.replace.iter().zip(&sealed.replace) {
            let found = self.facts.run(|sql| replace(sql, row, sealed))?;
            if !found {
                return Err(StoreError::Conflict { position: row.position });
            }
        }
        let after = self.facts.run(|sql| {
            hollow(sql, &self.counter, &batch.delete)?;
            small_tables(sql, batch)?;
            also(sql)?;
            append_rows(sql, batch, &sealed.rows, before)
        })?;
        let expected = Head {
            position: before.position + batch.rows.len() as u64,
            leaves: before.leaves + batch.rows.iter().filter(|row| row.leaf.is_some()).count() as u64,
        };
        if after != expected {
            return Err(self.facts.damaged("another program wrote into it"));
        }
        writing.commit().map_err(|error| self.facts.failed(&error))?;
        self.head = Some(after);
        Ok((!batch.rows.is_empty()).then_some(before.position + 1))
    }
}

/// Rows and leaves; then the head, as the last statement.
fn append_rows(sql: &Connection, batch: &Batch, sealed: &[Vec<u8>], before: Head) -> rusqlite::Result<Head> {
    let (mut position, mut leaves) = (before.position, before.leaves);
    {
        let mut row_in = sql.prepare_cached(
            "INSERT INTO facts(position, record, n, revision, format, choice, sealed) VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6)",
        )?;
        for (row, sealed) in batch.rows.iter().zip(sealed) {
            position += 1;
            row_in.execute(params![position.cast_signed(), row.record.0, row.n, FORMAT, row.choice, sealed])?;
        }
        let mut leaf_in = sql.prepare_cached("INSERT INTO leaves(idx, commitment, position) VALUES (?1, ?2, ?3)")?;
        for (row, position) in batch.rows.iter().zip(before.position + 1..) {
            let Some(leaf) = &row.leaf else { continue };
            leaf_in.execute(params![leaves.cast_signed(), leaf, position.cast_signed()])?;
            leaves += 1;
        }
    }
    sql.prepare_cached("UPDATE head SET position = position + ?1, leaves = leaves + ?2 RETURNING position, leaves")?
        .query_row([(position - before.position).cast_signed(), (leaves - before.leaves).cast_signed()], head_of)
}

fn small_tables(sql: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    for tally in &batch.tallies {
        sql.prepare_cached(
            "INSERT INTO tallies(day, store, item, count) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        )?
        .execute(params![tally.day, tally.store, tally.item, tally.count])?;
    }
    for (name, value) in &batch.values {
        match value {
            Some(value) => sql
                .prepare_cached("INSERT INTO named(name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value")?
                .execute(params![name, value])?,
            None => sql.prepare_cached("DELETE FROM named WHERE name = ?1")?.execute([name])?,
        };
    }
    Ok(())
}

/// Keeps a tombstone in the database.
pub(super) fn bury(sql: &Connection, tombstone: &[u8; 32]) -> rusqlite::Result<()> {
    sql.prepare_cached("INSERT OR IGNORE INTO tombstones(hash) VALUES (?1)")?.execute([tombstone]).map(drop)
}

pub(crate) fn read_head(sql: &Connection) -> rusqlite::Result<Head> {
    sql.prepare_cached("SELECT position, leaves FROM head")?.query_row([], head_of)
}

fn head_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head { position: row.get::<_, i64>(0)?.cast_unsigned(), leaves: row.get::<_, i64>(1)?.cast_unsigned() })
}

/// Takes the content of rows away and leaves their positions as placeholders; nothing happens to those that are gone.
pub(super) fn hollow<'a>(sql: &Connection, counter: &Counter, positions: impl IntoIterator<Item = &'a u64>) -> rusqlite::Result<()> {
    let mut gone = Vec::new();
    for position in positions {
        let at = position.cast_signed();
        if let Some(slot) = grown_slot(sql, at)? {
            hollow_grown(sql, slot)?;
        }
        let changed = sql
            .prepare_cached(
                "UPDATE facts SET record = NULL, n = NULL, revision = NULL, format = NULL, choice = NULL, sealed = NULL
                 WHERE position = ?1 AND record IS NOT NULL",
            )?
            .execute([at])?;
        if changed == 1 {
            gone.push(*position);
        }
    }
    counter.note(sql, &gone)
}

fn hollow_grown(sql: &Connection, slot: i64) -> rusqlite::Result<()> {
    sql.prepare_cached("UPDATE grown SET revision = NULL, sealed = NULL WHERE slot = ?1")?.execute([slot]).map(drop)
}

fn grown_slot(sql: &Connection, position: i64) -> rusqlite::Result<Option<i64>> {
    sql.prepare_cached("SELECT sealed FROM facts WHERE position = ?1 AND typeof(sealed) = 'integer'")?
        .query_row([position], |row| row.get(0))
        .optional()
}

/// What a changed number of the row may add to its length, at most.
const MARGIN: usize = 8;

/// Gives a row new content, in place if it is shorter, else at the end of `grown`: a cell that grew could make SQLite move others.
fn replace(sql: &Connection, row: &crate::Replacement, sealed: &[u8]) -> rusqlite::Result<bool> {
    let position = row.position.cast_signed();
    let found = sql
        .prepare_cached(
            "SELECT facts.record, n, coalesce(facts.revision, grown.revision), facts.sealed, coalesce(length(grown.sealed), 0)
             FROM facts LEFT JOIN grown ON typeof(facts.sealed) = 'integer' AND grown.slot = facts.sealed
             WHERE position = ?1 AND facts.record IS NOT NULL",
        )?
        .query_row([position], |found| {
            let meant =
                found.get::<_, [u8; 16]>(0)? == row.record.0 && found.get::<_, u32>(1)? == row.n && found.get::<_, u32>(2)? < row.revision;
            Ok(match found.get_ref(3)? {
                ValueRef::Integer(slot) => (meant, Some(slot), usize::try_from(found.get::<_, u32>(4)?).unwrap_or(0)),
                other => (meant, None, other.as_bytes()?.len()),
            })
        })
        .optional()?;
    let Some((true, slot, room)) = found else { return Ok(false) };
    let fits = sealed.len() + MARGIN <= room;
    match slot {
        None if fits => {
            sql.prepare_cached("UPDATE facts SET revision = ?2, format = ?3, choice = ?4, sealed = ?5 WHERE position = ?1")?
                .execute(params![position, row.revision, FORMAT, row.choice, sealed])?;
        }
        Some(slot) if fits => {
            sql.prepare_cached("UPDATE grown SET revision = ?2, sealed = ?3 WHERE slot = ?1")?.execute(params![
                slot,
                row.revision,
                sealed
            ])?;
            sql.prepare_cached("UPDATE facts SET format = ?2, choice = ?3 WHERE position = ?1")?
                .execute(params![position, FORMAT, row.choice])?;
        }
        _ => {
            if let Some(slot) = slot {
                hollow_grown(sql, slot)?;
            }
            sql.prepare_cached("INSERT INTO grown(revision, sealed) VALUES (?1, ?2)")?.execute(params![row.revision, sealed])?;
            // Slots start so high that each takes the same number of bytes.
            sql.prepare_cached("UPDATE facts SET revision = NULL, format = ?2, choice = ?3, sealed = ?4 WHERE position = ?1")?
                .execute(params![position, FORMAT, row.choice, sql.last_insert_rowid()])?;
        }
    }
    Ok(true)
}
