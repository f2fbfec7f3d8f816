//! What can go wrong in a store, with what is needed to say where, and what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ffi::{ErrorCode, SQLITE_IOERR_SHMSIZE};

/// Why the store refused or failed. Messages are for operators and name no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process has the folder open for writing.
    #[error("another process has this data folder open ({}): stop it first, or give this one a folder of its own", file.display())]
    Locked {
        /// The lock file.
        file: PathBuf,
    },
    /// The folder was made by another version, or is no data folder at all.
    #[error("{} is not a data folder of format {}: its FORMAT says {found:?}; use the version of regie that wrote it, or another folder", dir.display(), crate::FORMAT)]
    FormatUnknown {
        /// The data folder.
        dir: PathBuf,
        /// What its FORMAT file says.
        found: String,
    },
    /// The master key does not open this key database.
    #[error("the master key is not the one that {} was written with: hand in the right one (nothing was changed)", file.display())]
    MasterKeyWrong {
        /// The key database.
        file: PathBuf,
    },
    /// There is no master key where it was looked for, or it cannot be read as one.
    #[error("no usable master key in {from}: {detail}; it must be 64 hexadecimal digits (`openssl rand -hex 32`)")]
    MasterKeyUnreadable {
        /// The file or the environment variable.
        from: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A new master key would make what is in the folder unreadable.
    #[error("{} already holds keys: a new master key would make them unreadable; restore the old one", dir.display())]
    MasterKeyExists {
        /// The data folder.
        dir: PathBuf,
    },
    /// A file of the store is missing, damaged, or not what it should be.
    #[error("{} is damaged: {detail}; restore it from a backup (together with the newest tombstones.log)", file.display())]
    FactsCorrupt {
        /// Which file.
        file: PathBuf,
        /// What was seen.
        detail: String,
    },
    /// The two databases do not belong together.
    #[error("facts.db and keys.db in {} are of different stores: restore both from the same installation", dir.display())]
    DatabasesMismatched {
        /// The data folder.
        dir: PathBuf,
    },
    /// Named keys that this folder had are gone: made anew, they would not know whom the old ones knew.
    #[error("{} has lost the keys {names}: they were deleted outside regie, and new ones would not know whom the old ones refuse; restore the newest keys.db", file.display())]
    ServiceKeyMissing {
        /// The key database.
        file: PathBuf,
        /// Which, by name.
        names: String,
    },
    /// A row's record has no key, and no tombstone says that it should not.
    #[error(
        "the row at position {position} has no key, and no tombstone says why: keys.db is older than facts.db; restore a newer keys.db"
    )]
    KeyMissing {
        /// The row.
        position: u64,
    },
    /// The list of tombstones is older than the database.
    #[error("{} lacks {missing} erasures that facts.db knows of: restore the newest tombstones.log, else erased customers could come back", file.display())]
    TombstonesMissing {
        /// The list.
        file: PathBuf,
        /// How many are missing.
        missing: usize,
    },
    /// The list of tombstones is not there, though the folder was made with one.
    #[error("{} is missing: put the newest one beside facts.db, else erased customers could come back; only if nobody was ever erased, make an empty file", file.display())]
    TombstonesGone {
        /// The list.
        file: PathBuf,
    },
    /// The folder of the journal is not there, though the data folder was made with one.
    #[error("{} is missing: put the newest one back; if it is lost for good, make an empty folder there, and the uses since the last fold are lost with it", dir.display())]
    JournalMissing {
        /// The folder.
        dir: PathBuf,
    },
    /// A row does not open with its record's key: it was altered or moved.
    #[error("the row at position {position} cannot be unsealed: it was altered outside regie; restore facts.db from a backup")]
    SealedRowUnreadable {
        /// The row.
        position: u64,
    },
    /// A row is not there, not even hollow: it was deleted outside regie.
    #[error("the row at position {position} is missing: it was deleted outside regie; restore facts.db from a backup")]
    RowMissing {
        /// The row.
        position: u64,
    },
    /// More or other rows are hollow than regie hollowed: somebody emptied them.
    #[error(
        "{found} rows are empty and regie emptied {known}: rows were emptied or put back outside regie; restore facts.db from a backup"
    )]
    RowsEmptied {
        /// Rows that regie hollowed.
        known: u64,
        /// Rows that are hollow.
        found: u64,
    },
    /// A row names a record that has no key.
    #[error("row {index} of the batch belongs to a record that is not there")]
    RecordUnknown {
        /// Which row of the batch, from 0.
        index: usize,
    },
    /// The row is not what the caller takes it for: another record, number or revision, or gone.
    #[error("the row at position {position} is not the one that was meant; nothing was written")]
    Conflict {
        /// The row.
        position: u64,
    },
    /// There is no room on the disk. Nothing was written; writing works again once there is.
    #[error("no room left on the disk for {}: make room; nothing was lost and nothing was acknowledged", file.display())]
    StorageFull {
        /// The file that could not grow.
        file: PathBuf,
    },
    /// The store was opened for reading only.
    #[error("{} is open for reading only", dir.display())]
    ReadOnly {
        /// The data folder.
        dir: PathBuf,
    },
    /// Everything is written, but a reader keeps old bytes in the write-ahead log.
    #[error("another process keeps {} open, so deleted bytes are still in its log: close it; regie tries again", file.display())]
    LogHeld {
        /// The database.
        file: PathBuf,
    },
    /// The cryptographic library refused: no randomness or no memory.
    #[error("the cryptographic library failed while {doing}")]
    CryptoFailed {
        /// What was being done.
        doing: &'static str,
    },
    /// The operating system or the database refused.
    #[error("{}: {detail}", file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        detail: String,
    },
}

impl StoreError {
    /// A name for this kind of error that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "locked",
            Self::FormatUnknown { .. } => "format_unknown",
            Self::MasterKeyWrong { .. } => "master_key_wrong",
            Self::MasterKeyUnreadable { .. } => "master_key_unreadable",
            Self::MasterKeyExists { .. } => "master_key_exists",
            Self::FactsCorrupt { .. } => "facts_corrupt",
            Self::DatabasesMismatched { .. } => "databases_mismatched",
            Self::ServiceKeyMissing { .. } => "service_key_missing",
            Self::KeyMissing { .. } => "key_missing",
            Self::TombstonesGone { .. } | Self::TombstonesMissing { .. } => "tombstones_missing",
            Self::JournalMissing { .. } => "journal_missing",
            Self::SealedRowUnreadable { .. } => "sealed_row_unreadable",
            Self::RowMissing { .. } => "row_missing",
            Self::RowsEmptied { .. } => "rows_emptied",
            Self::RecordUnknown { .. } => "record_unknown",
            Self::Conflict { .. } => "conflict",
            Self::StorageFull { .. } => "storage_full",
            Self::ReadOnly { .. } => "read_only",
            Self::LogHeld { .. } => "log_held",
            Self::CryptoFailed { .. } => "crypto_failed",
            Self::Io { .. } => "io",
        }
    }

    /// What an error of the operating system means for this file.
    pub(crate) fn io(file: &Path, error: &std::io::Error) -> Self {
        let file = file.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::StorageFull { file },
            _ => Self::Io { file, detail: error.to_string() },
        }
    }

    /// What an error of SQLite means for this database.
    pub(crate) fn sqlite(file: &Path, error: &rusqlite::Error) -> Self {
        let detail = error.to_string();
        let file = file.to_path_buf();
        let extended = error.sqlite_error().map(|error| error.extended_code);
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::FactsCorrupt { file, detail },
            Some(ErrorCode::DiskFull) => Self::StorageFull { file },
            // The index of the write-ahead log is made anew at each start; SQLite has no other word for "it cannot grow".
            _ if extended == Some(SQLITE_IOERR_SHMSIZE) => Self::StorageFull { file },
            _ => match error {
                // A column of another type than the schema's: nobody but damage or a stranger wrote it.
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => Self::FactsCorrupt { file, detail },
                _ => Self::Io { file, detail },
            },
        }
    }
}
