//! One SQLite file: how it is opened, and how its log is emptied.
//!
//! Invariant: every connection for writing has WAL, `synchronous=FULL` and `secure_delete=ON`.
//!
//! `secure_delete` overwrites a deleted cell with zeros, but when SQLite moves cells between pages (`rebuildPage`, as after
//! an insertion in the middle or a DELETE that merges pages) it leaves stale copies behind that nothing overwrites later. So in
//! tables with personal content rows are only ever appended at the end, or changed in place to something not longer; what goes is
//! *hollowed* (set to NULL), and its few remaining bytes stay as a placeholder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

/// "REGI", so that `file` and a curious operator can tell what this is.
const APPLICATION_ID: i64 = 0x5245_4749;

/// A connection that knows its file, so that errors can name it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) file: PathBuf,
    pub(crate) sql: Connection,
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// For the one writer; made with this schema if it is not there.
    Create,
    /// For the one writer; it must be there.
    Write,
    /// For reading beside it.
    Read,
}

impl Database {
    pub(crate) fn open(file: &Path, access: Access, cache_kib: u32) -> Result<Self, StoreError> {
        if access != Access::Create && std::fs::metadata(file).map(|found| found.len()).unwrap_or(0) == 0 {
            return Err(StoreError::FactsCorrupt { file: file.to_path_buf(), detail: "it is missing or empty".to_owned() });
        }
        let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX
            | match access {
                Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
                Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
                Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            };
        let at = |error| StoreError::sqlite(file, &error);
        let sql = Connection::open_with_flags(file, flags).map_err(at)?;
        let set_up = || {
            sql.busy_timeout(Duration::from_secs(5))?;
            sql.set_prepared_statement_cache_capacity(64);
            sql.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
            sql.pragma_update(None, "temp_store", "MEMORY")?;
            sql.pragma_update(None, "trusted_schema", false)?;
            if access != Access::Read {
                sql.pragma_update(None, "journal_mode", "WAL")?;
                sql.pragma_update(None, "synchronous", "FULL")?;
                sql.pragma_update(None, "secure_delete", true)?;
                sql.pragma_update(None, "wal_autocheckpoint", AUTOCHECKPOINT_PAGES)?;
            }
            Ok(())
        };
        set_up().map_err(at)?;
        Ok(Self { file: file.to_path_buf(), sql })
    }

    /// Runs something, its errors told with the file's name.
    pub(crate) fn run<'a, T>(&'a self, ask: impl FnOnce(&'a Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        ask(&self.sql).map_err(|error| self.failed(&error))
    }

    pub(crate) fn failed(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::sqlite(&self.file, error)
    }

    pub(crate) fn damaged(&self, detail: &str) -> StoreError {
        StoreError::FactsCorrupt { file: self.file.clone(), detail: detail.to_owned() }
    }

    /// Checks the structure of every page.
    pub(crate) fn check_pages(&self) -> Result<(), StoreError> {
        let found: String = self.run(|sql| sql.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        if found == "ok" { Ok(()) } else { Err(self.damaged(&found)) }
    }

    /// Makes the tables in one transaction if they are not there, and checks that they are of this format.
    pub(crate) fn prepare(
        &self,
        access: Access,
        schema: &str,
        first_rows: impl FnOnce(&Connection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let version: i64 = self.run(|sql| sql.pragma_query_value(None, "user_version", |row| row.get(0)))?;
        if version == 0 && access == Access::Create {
            let writing = self.run(|sql| sql.unchecked_transaction())?;
            self.run(|sql| sql.execute_batch(schema))?;
            first_rows(&self.sql)?;
            self.run(|sql| sql.pragma_update(None, "application_id", APPLICATION_ID))?;
            self.run(|sql| sql.pragma_update(None, "user_version", i64::from(crate::FORMAT)))?;
            return writing.commit().map_err(|error| self.failed(&error));
        }
        if version != i64::from(crate::FORMAT) {
            let dir = self.file.parent().unwrap_or(&self.file).to_path_buf();
            return Err(StoreError::FormatUnknown { dir, found: format!("{version} in {}", self.file.display()) });
        }
        Ok(())
    }

    /// Moves everything from the write-ahead log into the database and cuts the log to nothing.
    ///
    /// `LogHeld` when a reader was in the way for the whole of `wait`.
    pub(crate) fn truncate_log(&self, wait: Duration) -> Result<(), StoreError> {
        self.run(|sql| sql.busy_timeout(wait))?;
        let busy = self.run(|sql| sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)));
        self.run(|sql| sql.busy_timeout(Duration::from_secs(5)))?;
        if busy? == 0 { Ok(()) } else { Err(StoreError::LogHeld { file: self.file.clone() }) }
    }
}

/// How far the write-ahead log grows before a commit also moves it into the database: 16 MiB of 4 KiB pages.
const AUTOCHECKPOINT_PAGES: i64 = 4000;
