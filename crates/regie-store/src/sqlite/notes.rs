//! Notes that outlive `facts.db`: a few bytes about who was erased, sealed by the master key, in the database of the keys.
//!
//! An older `facts.db` that is put back knows nothing of an erasure since. Beside older keys, the erasure is done again; beside the newest
//! keys, there is nothing left to do it with, so what must be known of it is kept where the keys were. The first folders of format 1 have no
//! such table; they get one when they are first opened for writing.

use rusqlite::{Connection, params};

use super::SqliteStore;
use super::keys::Keys;
use crate::StoreError;
use crate::seal::{nonces, note_binding};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, note BLOB NOT NULL)";

/// Adds sealed notes, in the caller's transaction.
pub(super) fn write(sql: &Connection, sealed: &[Vec<u8>]) -> rusqlite::Result<()> {
    if sealed.is_empty() {
        return Ok(());
    }
    sql.execute_batch(TABLE)?;
    let mut insert = sql.prepare_cached("INSERT INTO notes(note) VALUES (?1)")?;
    sealed.iter().try_for_each(|note| insert.execute([note]).map(drop))
}

impl Keys {
    /// Seals notes.
    pub(super) fn seal_notes(&self, notes: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StoreError> {
        let (binding, mut nonces) = (note_binding(&self.store_id), nonces(notes.len())?);
        let seal = |note: &Vec<u8>| {
            let nonce = nonces.next().ok_or(StoreError::CryptoFailed { doing: "drawing nonces" })?;
            self.master.seal(nonce, &binding, note)
        };
        notes.iter().map(seal).collect()
    }
}

impl SqliteStore {
    pub(super) fn read_notes(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let db = self.keys.db.lock();
        let rows: Vec<(i64, Vec<u8>)> = db.run(|sql| {
            if !sql.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'notes'")?.exists([])? {
                return Ok(Vec::new());
            }
            sql.prepare("SELECT id, note FROM notes ORDER BY id")?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        let binding = note_binding(&self.keys.store_id);
        let open = |(id, mut sealed): (i64, Vec<u8>)| {
            let note = self.keys.master.open(&binding, &mut sealed).map(<[u8]>::to_vec);
            Ok((id.cast_unsigned(), note.ok_or_else(|| db.damaged("a note about an erasure cannot be read"))?))
        };
        rows.into_iter().map(open).collect()
    }

    pub(super) fn write_notes(&self, keep: &[Vec<u8>], forget: &[u64]) -> Result<(), StoreError> {
        if keep.is_empty() && forget.is_empty() {
            return Ok(());
        }
        self.writer()?;
        let sealed = self.keys.seal_notes(keep)?;
        self.keys.db.lock().run(|sql| {
            let writing = sql.unchecked_transaction()?;
            write(sql, &sealed)?;
            for id in forget {
                sql.prepare_cached("DELETE FROM notes WHERE id = ?1")?.execute(params![id.cast_signed()])?;
            }
            writing.commit()
        })
    }
}
