//! The contract that every store keeps: a log of sealed facts, their ledger leaves, and few small tables beside it.
//!
//! Invariants. Positions are dense from 1 and in commit order. What a call acknowledged is durable; what failed left nothing.
//! In clear a row has only its [`Meta`]; a payload is sealed under its record's own key.
//! Left out on purpose: the store knows no kinds of facts, no customers, no clock. Where a record's rows lie is a view
//! of the engine's, never an index on disk, so the engine hands positions in.

use std::ops::Range;

use regie_domain::ids::RecordId;

use crate::StoreError;

/// What a row says in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// The row's place in the log, from 1.
    pub position: u64,
    /// The record that the row belongs to.
    pub record: RecordId,
    /// The record's own numbering, kept over revisions.
    pub n: u32,
    /// 0 as first written; each replacement raises it.
    pub revision: u32,
    /// Version of the sealing and of the payload's encoding; at present always [`crate::FORMAT`].
    pub format: u16,
    /// Whether this is a choice (consent, refusal, withdrawal, objection), says who consents, or joins records: what says where a
    /// customer stands.
    pub choice: bool,
}

/// A row to be appended. It is written with revision 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    /// Whose it is: a record with a key, or one named in [`Batch::new_records`].
    pub record: RecordId,
    /// The record's next number. The SQLite store takes the writer's word for it: it has one writer, which holds the lock.
    pub n: u32,
    /// As [`Meta::choice`].
    pub choice: bool,
    /// The clear bytes; the store seals them.
    pub payload: Vec<u8>,
    /// The ledger leaf that commits to this fact, if it has one; leaves are numbered from 0 in the order of the rows.
    pub leaf: Option<[u8; 32]>,
}

/// New content for a row that is already there: same position, record and n.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Which row.
    pub position: u64,
    /// Its record; another one is a [`StoreError::Conflict`].
    pub record: RecordId,
    /// Its number; another one is a [`StoreError::Conflict`].
    pub n: u32,
    /// The new revision, above the present one, else it is a [`StoreError::Conflict`].
    pub revision: u32,
    /// As [`Meta::choice`].
    pub choice: bool,
    /// The clear bytes; the store seals them.
    pub payload: Vec<u8>,
}

/// An anonymous count, made at the door: no record, no customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Days since 1970-01-01.
    pub day: u32,
    /// The shop it was counted in.
    pub store: String,
    /// The item that was counted.
    pub item: String,
    /// What to add; what was added so far when read.
    pub count: i64,
}

/// Everything that one commit writes, all or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Records that get a key, durably, before the rows. A record that has one keeps it.
    pub new_records: Vec<RecordId>,
    /// Rows, appended in this order.
    pub rows: Vec<NewRow>,
    /// Rows that get new content.
    pub replace: Vec<Replacement>,
    /// Positions whose rows go; one that is gone already is no error.
    pub delete: Vec<u64>,
    /// Counts to add.
    pub tallies: Vec<Tally>,
    /// Named values: set, or removed with `None`. In clear, so never anything about a customer.
    pub values: Vec<(String, Option<Vec<u8>>)>,
}

/// A row, unsealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it says in clear.
    pub meta: Meta,
    /// The clear payload.
    pub payload: Vec<u8>,
}

/// A row as it lies on disk, for `regie facts --raw`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRow {
    /// What it says in clear.
    pub meta: Meta,
    /// Nonce (12 bytes), ciphertext, tag (16 bytes).
    pub sealed: Vec<u8>,
}

/// One record to be erased, with all its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedRecord {
    /// The record.
    pub record: RecordId,
    /// Every position of the record. One of another record is a [`StoreError::Conflict`] and nothing is done;
    /// one that was left out is found and deleted by the next replay.
    pub positions: Vec<u64>,
}

/// Records to erase, and what is written in the same transaction as their tombstones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erasure {
    /// What goes.
    pub records: Vec<ErasedRecord>,
    /// The legal remainder under new record ids, and the retailer's own tombstone facts.
    pub append: Batch,
    /// What must be known of it even beside an older log of facts; see [`Store::notes`].
    pub notes: Vec<Vec<u8>>,
}

/// A store. Generic methods make it unfit for `dyn`: be generic over it, or name the backend.
///
/// Every method blocks; call it from a thread that may. All are safe to call from many threads at once.
pub trait Store: Send + Sync {
    /// Writes a batch and returns the position of its first row (`None` without rows). Durable on return.
    ///
    /// # Errors
    /// On any error nothing of the batch is written, except perhaps keys of new records, which a retry reuses.
    fn append(&self, batch: Batch) -> Result<Option<u64>, StoreError>;

    /// The rows at these positions, unsealed, in the order asked for; those that are gone are left out.
    ///
    /// # Errors
    /// [`StoreError::SealedRowUnreadable`], [`StoreError::KeyMissing`], and those of the disk.
    fn read(&self, positions: &[u64]) -> Result<Vec<Opened>, StoreError>;

    /// As [`Store::read`], but only choices; other rows are skipped without unsealing them.
    ///
    /// # Errors
    /// As [`Store::read`].
    fn read_choices(&self, positions: &[u64]) -> Result<Vec<Opened>, StoreError>;

    /// Hands every row from position `from` up to the present head to `apply`, in order, on this thread; `decode` runs on
    /// all cores. `progress(position, head)` is called every few thousand rows. Returns the head that was reached.
    ///
    /// Rows of erased records that are still there (a half-done erasure) are not shown, and are deleted at the end.
    ///
    /// # Errors
    /// The first error of the store, of `decode` or of `apply`; nothing is applied after it.
    /// [`StoreError::KeyMissing`] for a row without a key and without a tombstone.
    fn replay<T, E, D, A, P>(&self, from: u64, decode: D, apply: A, progress: P) -> Result<u64, E>
    where
        T: Send,
        E: From<StoreError> + Send,
        D: Fn(&Meta, &[u8]) -> Result<T, E> + Sync,
        A: FnMut(Meta, T) -> Result<(), E>,
        P: FnMut(u64, u64);

    /// Erases records: tombstone, legal remainder, keys, rows, and every trace in the files; in that order, each step
    /// idempotent. Returns the position of the first row of `append`. Repeating an erasure whose tombstones are all there
    /// writes nothing of `append` again, returns `None`, and completes the rest.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] before anything is done. [`StoreError::LogHeld`] if all is done but an open reader keeps
    /// old bytes in a write-ahead log: repeat later; start-up does it too.
    fn erase(&self, erasure: Erasure) -> Result<Option<u64>, StoreError>;

    /// The notes that were kept with erasures, and the number of each: durable with the destruction of the keys, and lost only with them.
    ///
    /// # Errors
    /// [`StoreError::FactsCorrupt`] for one that cannot be read, and those of the disk.
    fn notes(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;

    /// Keeps further notes and forgets those of these numbers, in one commit.
    ///
    /// # Errors
    /// Those of the disk.
    fn change_notes(&self, keep: &[Vec<u8>], forget: &[u64]) -> Result<(), StoreError>;

    /// Records that a tombstone says are erased but that still have a key and no tombstone in the database (an older
    /// backup was restored, or a crash came early): the engine erases them again, with their legal remainder.
    fn pending_tombstones(&self) -> Vec<RecordId>;

    /// Makes the files hold nothing but the present rows; for after deletions that are not an erasure.
    ///
    /// # Errors
    /// [`StoreError::LogHeld`] as long as a reader keeps the write-ahead log busy.
    fn truncate_logs(&self) -> Result<(), StoreError>;

    /// A named value.
    ///
    /// # Errors
    /// Those of the disk.
    fn value(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// All tallies of this day and later, by day, store and item.
    ///
    /// # Errors
    /// Those of the disk.
    fn tallies_since(&self, day: u32) -> Result<Vec<Tally>, StoreError>;

    /// Removes the tallies of the days before this one.
    ///
    /// # Errors
    /// Those of the disk.
    fn delete_tallies_before(&self, day: u32) -> Result<(), StoreError>;

    /// The position of the newest row; 0 when there is none.
    ///
    /// # Errors
    /// Those of the disk.
    fn head(&self) -> Result<u64, StoreError>;

    /// Ledger leaves by index, from 0; those past the end are left out.
    ///
    /// # Errors
    /// Those of the disk.
    fn leaves(&self, range: Range<u64>) -> Result<Vec<[u8; 32]>, StoreError>;

    /// How many ledger leaves there are.
    ///
    /// # Errors
    /// Those of the disk.
    fn leaf_count(&self) -> Result<u64, StoreError>;

    /// The index of the ledger leaf that was written with the row at this position; `None` if it has none, or was written before
    /// leaves knew their rows. O(log leaves).
    ///
    /// # Errors
    /// Those of the disk.
    fn leaf_index(&self, position: u64) -> Result<Option<u64>, StoreError>;

    /// The position of the row that the leaf of this index was written with; `None` if there is no such leaf, or it was written before
    /// leaves knew their rows. O(log leaves).
    ///
    /// # Errors
    /// Those of the disk.
    fn leaf_position(&self, index: u64) -> Result<Option<u64>, StoreError>;

    /// The positions of the rows that the leaves of these indexes were written with, in the leaves' order; `None` for one that was written
    /// before leaves knew their rows. Those past the end are left out.
    ///
    /// # Errors
    /// Those of the disk.
    fn leaf_positions(&self, range: Range<u64>) -> Result<Vec<Option<u64>>, StoreError>;

    /// A key for a use of the program's own (look-up hashes, suppression, cookies, portal links, journal): random, made
    /// when first asked for, and the same ever after.
    ///
    /// # Errors
    /// Those of the disk.
    fn service_key(&self, name: &str) -> Result<[u8; 32], StoreError>;

    /// Is there a service key of this name already?
    fn has_service_key(&self, name: &str) -> bool;

    /// Destroys a service key; asking again makes another one. What was sealed with it is lost, which is the purpose.
    ///
    /// # Errors
    /// Those of the disk.
    fn destroy_service_key(&self, name: &str) -> Result<(), StoreError>;
}

/// What is left of an erased record: SHA-256(`regie/tombstone/1` ‖ record id).
#[must_use]
pub fn tombstone(record: RecordId) -> [u8; 32] {
    let mut text = [0u8; 33];
    text[..17].copy_from_slice(b"regie/tombstone/1");
    text[17..].copy_from_slice(&record.0);
    let mut hash = [0u8; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text).as_ref());
    hash
}
