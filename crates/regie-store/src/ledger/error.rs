//! What can be wrong with a ledger on disk, with what is needed to say where, and what to do about it.

use std::path::{Path, PathBuf};

use regie_domain::ledger::checkpoint::CheckpointError;
use regie_domain::ledger::proof::ProofError;

use crate::StoreError;

/// Why a ledger is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// There was a ledger, and now there is none.
    #[error("{} is missing, though this log has published before: restore the newest one; if it is lost for good, make an empty folder there, and a new log begins under a new key, which everybody who knows the old one will notice", dir.display())]
    Missing {
        /// Its folder.
        dir: PathBuf,
    },
    /// There are tiles or a key, but no checkpoint.
    #[error("{} is missing: restore the newest ledger folder", file.display())]
    CheckpointMissing {
        /// The file.
        file: PathBuf,
    },
    /// The checkpoint cannot be read, or is not signed by the log's key.
    #[error("{}: {why}; restore the newest ledger folder", file.display())]
    Checkpoint {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: CheckpointError,
    },
    /// There is a checkpoint and no public key beside it.
    #[error("{} is missing: a start of regie on this data folder writes it again; for a copy of the log, give the key with --key", file.display())]
    KeyMissing {
        /// The file.
        file: PathBuf,
    },
    /// The public key beside the ledger is not the log's.
    #[error("{} is not the key of this log: ledger folder and keys.db are of different logs", file.display())]
    KeyDiffers {
        /// The file.
        file: PathBuf,
    },
    /// Leaves that were published are gone.
    #[error(
        "{published} leaves were published and the log has {found}: the log was cut, or facts.db is older than the ledger; restore the newest facts.db, or facts.db and the whole ledger folder of one moment"
    )]
    Truncated {
        /// Leaves in the checkpoint, or in tiles beyond it.
        published: u64,
        /// Leaves that there are.
        found: u64,
    },
    /// A leaf is another one than was published.
    #[error("leaf {index} is not the one that was published: facts.db was altered outside regie; restore it from a backup")]
    LeafAltered {
        /// Which.
        index: u64,
    },
    /// A leaf does not name a row after the row of the leaf before it.
    #[error(
        "leaf {index} does not name a row after the one of the leaf before it: facts.db was altered outside regie; restore it from a backup"
    )]
    RowOutOfOrder {
        /// Which leaf.
        index: u64,
    },
    /// A fact is not the one that its leaf commits to.
    #[error(
        "the fact at position {position} is not the one that its leaf commits to: facts.db was altered outside regie; restore it from a backup"
    )]
    FactDiffers {
        /// The row.
        position: u64,
    },
    /// Leaves and tiles agree with each other and not with the signed checkpoint: the log told two stories.
    #[error(
        "the log is not the one whose checkpoint of {size} leaves was signed: it tells two stories; restore facts.db and the ledger folder of one moment"
    )]
    Forked {
        /// The checkpoint's size.
        size: u64,
    },
    /// A tile is not there, or has not the size that it must have.
    #[error("the tile {} is missing or cut: restore it, or the whole ledger folder", file.display())]
    TileMissing {
        /// The file.
        file: PathBuf,
    },
    /// A tile has other hashes than the leaves give.
    #[error("the tile {} was altered: restore it, or the whole ledger folder", file.display())]
    TileAltered {
        /// The file.
        file: PathBuf,
    },
    /// There is no such leaf or tree.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LedgerError {
    /// A name for this kind of error that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "ledger_missing",
            Self::CheckpointMissing { .. } => "ledger_checkpoint_missing",
            Self::Checkpoint { why: CheckpointError::NotANote { .. } | CheckpointError::NotACheckpoint { .. }, .. } => {
                "ledger_checkpoint_unreadable"
            }
            Self::Checkpoint { .. } => "ledger_checkpoint_forged",
            Self::KeyMissing { .. } => "ledger_key_missing",
            Self::KeyDiffers { .. } => "ledger_key_differs",
            Self::Truncated { .. } => "ledger_truncated",
            Self::LeafAltered { .. } => "ledger_leaf_altered",
            Self::RowOutOfOrder { .. } => "ledger_row_out_of_order",
            Self::FactDiffers { .. } => "ledger_fact_differs",
            Self::Forked { .. } => "ledger_forked",
            Self::TileMissing { .. } => "ledger_tile_missing",
            Self::TileAltered { .. } => "ledger_tile_altered",
            Self::Proof(e) => e.code(),
            Self::Store(e) => e.code(),
        }
    }

    pub(super) fn io(file: &Path, error: &std::io::Error) -> Self {
        Self::Store(StoreError::io(file, error))
    }
}
