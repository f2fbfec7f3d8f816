//! `regie verify --ledger DIR --facts`: with the master key, every fact against the leaf that commits to it.
//!
//! Reads only, also beside a running server. O(facts) in time; in memory a few dozen bytes a record.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use regie_domain::fact::Fact;
use regie_domain::ids::{Handle, RecordId};
use regie_store::journal::{Journal, JournalError};
use regie_store::ledger::{FolderLeaves, Leaves, LedgerError};
use regie_store::{MasterKey, Meta, SqliteStore, Store, StoreError};

use crate::engine::{EngineError, JOURNAL, JOURNAL_KEY, check_notes, leaf_of};

/// Leaves that are read at a time.
const LEAVES: u64 = 10_000;

/// What was read.
pub(super) struct Facts {
    /// Rows that opened.
    pub(super) rows: u64,
    /// Those of them that are what their leaf commits to.
    pub(super) committed: u64,
}

/// Why a log's facts are refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsound {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Notes(#[from] EngineError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(
        "the row at position {position} stands behind a later row of its record: rows were moved by hand; restore facts.db from a backup"
    )]
    Moved { position: u64 },
    #[error("the fact at position {position} is not one that this version can read")]
    Unreadable { position: u64 },
}

impl Unsound {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Unsound::Store(e) => e.code(),
            Unsound::Notes(e) => e.code(),
            Unsound::Ledger(e) => e.code(),
            Unsound::Journal(e) => e.code(),
            Unsound::Moved { .. } | Unsound::Unreadable { .. } => "fact_unreadable",
        }
    }
}

/// Opens every row, and holds those with a leaf against it. And what lies beside them, a start would take: tombstones, notes, journal.
pub(super) fn check(dir: &Path, leaves: FolderLeaves, master: &MasterKey, progress: &dyn Fn(u64, u64)) -> Result<Facts, Unsound> {
    let store = SqliteStore::open_read_only(dir, master)?;
    store.check()?;
    check_notes(&store)?;
    if store.has_service_key(JOURNAL_KEY) {
        Journal::check(&dir.join(JOURNAL), &store.service_key(JOURNAL_KEY)?)?;
    }
    let mut leaves = Ascending::of(leaves)?;
    let mut records: HashMap<RecordId, (Option<Handle>, u32)> = HashMap::new();
    let mut found = Facts { rows: 0, committed: 0 };
    let decode =
        |meta: &Meta, payload: &[u8]| serde_json::from_slice::<Fact>(payload).map_err(|_| Unsound::Unreadable { position: meta.position });
    let apply = |meta: Meta, fact: Fact| {
        found.rows += 1;
        let opened = match &fact {
            Fact::RecordOpened(opened) => Some(opened.handle),
            _ => None,
        };
        let (handle, last) = records.entry(meta.record).or_insert((opened, meta.n));
        if *last > meta.n {
            return Err(Unsound::Moved { position: meta.position });
        }
        *last = meta.n;
        let Some(expected) = leaves.at(meta.position)? else { return Ok(()) };
        if leaf_of(*handle, &fact) != Some(expected) {
            // Beside a server: of a record that was erased while it was read, the beginning may have gone first.
            if handle.is_none() && store.read(&[meta.position])?.is_empty() {
                return Ok(());
            }
            return Err(LedgerError::FactDiffers { position: meta.position }.into());
        }
        found.committed += 1;
        Ok(())
    };
    store.replay(1, decode, apply, progress)?;
    Ok(found)
}

/// The leaves by position, for somebody who asks with ascending ones.
struct Ascending {
    folder: FolderLeaves,
    next: u64,
    count: u64,
    read: VecDeque<(u64, [u8; 32])>,
}

impl Ascending {
    /// Those that there are now: what is written meanwhile is for the next time.
    fn of(folder: FolderLeaves) -> Result<Self, LedgerError> {
        let count = folder.count()?;
        Ok(Self { folder, next: 0, count, read: VecDeque::new() })
    }

    fn at(&mut self, position: u64) -> Result<Option<[u8; 32]>, Unsound> {
        loop {
            while self.read.pop_front_if(|(at, _)| *at < position).is_some() {}
            match self.read.front() {
                Some((at, leaf)) => return Ok((*at == position).then_some(*leaf)),
                None if self.next >= self.count => return Ok(None),
                None => {
                    self.read.extend(self.folder.placed(self.next..self.next + LEAVES)?);
                    self.next += LEAVES;
                }
            }
        }
    }
}
