//! The journal of uses: every "this category, for this purpose, by this recipient" of the hot path, 16 bytes each.
//!
//! Uses are not facts: they come by the thousand a second, and a crash may lose the last second of them. They go to
//! one encrypted file an hour, are folded into facts when the visit ends (at the latest after a day), and are zeroed
//! in place when folded or when their customer is erased.
//!
//! Invariants: [`Journal::record`] never waits for the disk; memory is bounded, and what does not fit is counted in
//! [`Journal::lost`]; a zeroed slot never comes back; a use is counted by one fold only; the journal reads no clock
//! (the hour comes from the uses; only the flusher's turns are timed, monotonically).
//!
//! Left out: proof. Disclosures to third parties and "once" are facts, durable before they happen. What a file system
//! or disk keeps of overwritten blocks (copy on write, flash translation) is out of reach of zeroing; it becomes
//! unreadable when the segment and the key in its header are deleted, within a day if the caller folds as it should.
//!
//! The directory belongs to one process: the data folder's lock sees to that.

mod disk;
mod error;
mod fold;
mod index;
mod names;
mod segment;
mod slot;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hashbrown::HashSet;
use parking_lot::{Condvar, Mutex};

use disk::{Buffer, Disk};
pub use error::JournalError;
use fold::Folding;
pub use fold::{Folded, UseCount};
pub use names::Dictionary;
use names::Names;

/// How many uses wait in memory for a disk that has stalled, twice over (8 MiB each, taken only when needed): four
/// minutes at 2,000 a second.
const BUFFER_SLOTS: usize = 1 << 19;
/// From here on the flusher does not wait for its turn.
const BUFFER_HIGH: usize = BUFFER_SLOTS / 2;
/// Durable within a second: at most this long between two syncs, and the sync itself.
const SYNC_EVERY: Duration = Duration::from_millis(500);

/// Whether a use was permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It happened.
    Allowed,
    /// It was refused.
    Denied,
}

/// One use, in the small integers of the [`Dictionary`] in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Use {
    /// The position of the record's first fact, which names the record here; below 2⁴⁸.
    pub first_position: u64,
    /// Seconds since the epoch.
    pub at_seconds: u32,
    /// Number of the purpose.
    pub purpose: u8,
    /// Number of the category.
    pub category: u8,
    /// Number of the recipient.
    pub recipient: u8,
    /// Number of the channel, if there was one; 255 means none too.
    pub channel: Option<u8>,
    /// Whether it was permitted.
    pub outcome: Outcome,
}

/// One use, named by the dictionary that was in force when it was written. An integer that the dictionary did not
/// have is shown as `#17`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedUse {
    /// The position of the record's first fact.
    pub first_position: u64,
    /// Seconds since the epoch.
    pub at_seconds: u32,
    /// The purpose's name.
    pub purpose: Arc<str>,
    /// The category's name.
    pub category: Arc<str>,
    /// The recipient's name.
    pub recipient: Arc<str>,
    /// The channel's name, if there was one.
    pub channel: Option<Arc<str>>,
    /// Whether it was permitted.
    pub outcome: Outcome,
    /// The policy whose dictionary it was.
    pub policy_version: Arc<str>,
}

/// The journal. Share it by reference or [`Arc`]; dropping it writes what is left and makes it durable.
#[derive(Debug)]
pub struct Journal {
    inner: Arc<Inner>,
    flusher: Option<JoinHandle<()>>,
}

pub(crate) struct Inner {
    buffer: Mutex<Buffer>,
    /// Wakes the flusher before its turn.
    early: Condvar,
    disk: Mutex<Disk>,
    folding: Mutex<Folding>,
    lost: AtomicU64,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl Inner {
    fn lose(&self, uses: u64) {
        self.lost.fetch_add(uses, Ordering::Relaxed);
    }
}

impl Journal {
    /// Opens the journal in `directory`, which is made if it is missing. A torn last slot is cut off; segments with
    /// nothing left in them are deleted. Then hand the last stored fold to [`Journal::finish_fold`].
    /// Cost: reads every segment, about 0.13 µs a use; memory: 8 bytes a live use and 18–37 a live record of a segment.
    ///
    /// # Errors
    /// [`JournalError::WrongKey`] and [`JournalError::Unreadable`] for a segment that cannot be read (nothing is
    /// deleted then), [`JournalError::DictionaryTooLarge`], [`JournalError::Io`].
    #[expect(clippy::needless_pass_by_value, reason = "the key is handed over: the caller has no use for it any more")]
    pub fn open(directory: &Path, key: [u8; 32], dictionary: Dictionary) -> Result<Journal, JournalError> {
        let disk = Disk::open(directory, &key, Names::new(&dictionary)?, BUFFER_SLOTS)?;
        let inner = Arc::new(Inner {
            buffer: Mutex::new(Buffer { slots: Vec::with_capacity(BUFFER_SLOTS), stop: false }),
            early: Condvar::new(),
            disk: Mutex::new(disk),
            folding: Mutex::new(Folding::No),
            lost: AtomicU64::new(0),
        });
        let damaged: u64 = inner.disk.lock().segments().iter().map(|segment| u64::from(segment.damaged)).sum();
        if damaged > 0 {
            tracing::warn!(damaged, "uses in the journal cannot be read: the files were changed, or a crash tore them");
            inner.lose(damaged);
        }
        let flushed = Arc::clone(&inner);
        let flusher = std::thread::Builder::new().name("regie-journal".into()).spawn(move || flush_in_turns(&flushed));
        let flusher = flusher.map_err(JournalError::io("start its flusher"))?;
        Ok(Journal { inner, flusher: Some(flusher) })
    }

    /// Whether the segments in `directory` can be read with this key, as [`Journal::open`] would, and every use in them. Changes nothing; also
    /// beside a process that writes. Cost: as [`Journal::open`].
    ///
    /// # Errors
    /// As [`Journal::open`]; [`JournalError::Damaged`], where a start counts the uses as lost and goes on.
    pub fn check(directory: &Path, key: &[u8; 32]) -> Result<(), JournalError> {
        Disk::check(directory, key)
    }

    /// What the uses in `directory` add up to that are in no fact yet: all but those of the fold that was stored last, by its
    /// [`Folded::id`]. Changes nothing; also beside a process that writes, whose last second may be missing. What cannot be read is left out.
    /// Only right as long as no other fold is stored meanwhile. Cost: reads every segment, as [`Journal::fold`].
    ///
    /// # Errors
    /// As [`Journal::check`], without [`JournalError::Damaged`]; [`JournalError::NotAFold`] for other bytes.
    pub fn counts_beside(directory: &Path, key: &[u8; 32], folded: Option<&[u8]>) -> Result<Vec<UseCount>, JournalError> {
        fold::beside(&Disk::beside(directory, key)?, folded)
    }

    /// What there is, to be kept with the facts at a clean stop and given to [`Journal::missing_since`] at the next start: of each segment
    /// its id (16 bytes), its slots and its live uses (4 each, big-endian). Durable before it returns.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn extent(&self) -> Result<Vec<u8>, JournalError> {
        let mut disk = self.inner.disk.lock();
        disk.drain(&self.inner.buffer)?;
        disk.sync()?;
        let mut extent = Vec::new();
        for segment in disk.segments() {
            extent.extend_from_slice(&segment.id);
            extent.extend_from_slice(&segment.slots.to_be_bytes());
            extent.extend_from_slice(&segment.live.len().to_be_bytes());
        }
        Ok(extent)
    }

    /// How many uses are gone, at most, that were there at an earlier [`Journal::extent`]. Only right as long as nothing was folded or
    /// erased since.
    pub fn missing_since(&self, extent: &[u8]) -> u64 {
        let disk = self.inner.disk.lock();
        let missing = |noted: &[u8; 24]| {
            let number = |at: usize| u64::from(u32::from_be_bytes([noted[at], noted[at + 1], noted[at + 2], noted[at + 3]]));
            let (slots, live) = (number(16), number(20));
            match disk.segments().iter().find(|segment| segment.id == noted[..16]) {
                Some(segment) => live.min(slots.saturating_sub(segment.slots.into())),
                None => live,
            }
        };
        extent.as_chunks::<24>().0.iter().map(missing).sum()
    }

    /// Counts uses as lost that were found missing; see [`Journal::lost`].
    pub fn count_lost(&self, uses: u64) {
        self.inner.lose(uses);
    }

    /// Notes a use; durable within a second. Never waits for the disk: if it has stalled for so long that the buffer
    /// is full, the use is counted in [`Journal::lost`] and dropped.
    ///
    /// A use recorded after [`Journal::erase`] of its record is kept: the engine must have ended the record's uses
    /// before it erases.
    pub fn record(&self, used: Use) {
        self.record_many(std::slice::from_ref(&used));
    }

    /// Notes several uses under one lock; see [`Journal::record`].
    pub fn record_many(&self, uses: &[Use]) {
        let mut lost = 0;
        let mut buffer = self.inner.buffer.lock();
        let before = buffer.slots.len();
        for used in uses {
            match slot::encode(used) {
                Some(slot) if buffer.slots.len() < BUFFER_SLOTS => buffer.slots.push(slot),
                _ => lost += 1,
            }
        }
        let wake = before < BUFFER_HIGH && buffer.slots.len() >= BUFFER_HIGH;
        drop(buffer);
        if lost > 0 {
            self.inner.lose(lost);
        }
        if wake {
            self.inner.early.notify_one();
        }
    }

    /// Makes every use recorded before the call durable. Cost: one write and one fdatasync.
    ///
    /// # Errors
    /// [`JournalError::Io`]: uses since the last success may not survive a crash.
    pub fn flush(&self) -> Result<(), JournalError> {
        let mut disk = self.inner.disk.lock();
        disk.drain(&self.inner.buffer)?;
        disk.sync()
    }

    /// The uses of these records that were neither folded nor erased, by time. What is still in the buffer is there
    /// too. Cost: a look-up per record and segment, and one small read per use.
    ///
    /// # Errors
    /// [`JournalError::Io`], also when the buffer cannot be written.
    pub fn uses_of(&self, first_positions: &[u64]) -> Result<Vec<NamedUse>, JournalError> {
        let sorted = sorted(first_positions);
        let (mut uses, mut plain) = (Vec::new(), Vec::new());
        let mut disk = self.inner.disk.lock();
        disk.drain(&self.inner.buffer)?;
        for segment in disk.segments() {
            for at in sorted.iter().flat_map(|record| segment.live.slots_of(*record)) {
                segment.read(at, 1, &mut plain)?;
                uses.extend(plain.first().and_then(slot::decode).map(|used| segment.names.name_all(&used)));
            }
        }
        drop(disk);
        uses.sort_by(|a, b| a.at_seconds.cmp(&b.at_seconds).then_with(|| a.cmp(b)));
        Ok(uses)
    }

    /// Counts the uses before `before_seconds` of these records, or of all of them, so that they can be kept as facts; each under the day
    /// that `day_of` gives to its seconds since 1970.
    ///
    /// In this order: store [`Folded::counts`] as facts and [`Folded::id`] as a named value in one transaction;
    /// [`Folded::commit`]; only then the next fold. Dropping it undoes nothing, for nothing was done. A crash before
    /// the transaction loses no count; after it, [`Journal::finish_fold`] at start keeps them from being counted
    /// again. The counts of a record that was erased in the meantime must not be stored; its slots are zeroed already.
    /// Cost: for given records, one small read per use and, at the commit, one fdatasync, so fold the visits that ended
    /// within a second together; for all, every segment is read, about 0.4 µs a use and as much at the commit, in
    /// slices of 1–2 ms between which erasing and the flusher get their turn.
    ///
    /// # Errors
    /// [`JournalError::FoldUnderWay`]; [`JournalError::Io`].
    pub fn fold(&self, first_positions: Option<&[u64]>, before_seconds: u32, day_of: impl Fn(u32) -> u32) -> Result<Folded, JournalError> {
        let sorted = first_positions.map(sorted);
        fold::fold(&self.inner, sorted.as_deref(), before_seconds, &day_of)
    }

    /// Zeroes the slots of a fold whose counts are stored, without counting them. Call it at start with the stored
    /// [`Folded::id`], before the first fold; doing so again, or for a fold that was committed, does nothing.
    ///
    /// # Errors
    /// [`JournalError::NotAFold`] for other bytes; [`JournalError::Io`].
    pub fn finish_fold(&self, id: &[u8]) -> Result<(), JournalError> {
        fold::finish(&self.inner, id)
    }

    /// Zeroes every slot of these records, on disk and in the buffer, and returns how many there were; durable on
    /// return. Cost: a look-up per record and segment, a 16-byte write per run of slots, an fdatasync per segment
    /// touched; it does not grow with the size of the journal.
    ///
    /// # Errors
    /// [`JournalError::Io`]: some slots may be left; erase again.
    pub fn erase(&self, first_positions: &[u64]) -> Result<u64, JournalError> {
        self.inner.disk.lock().erase(&sorted(first_positions), &self.inner.buffer)
    }

    /// Erases the uses of records that are not there, and returns how many there were: an older log of facts was put beside this journal, and
    /// gives the places of what it never knew to others. Before anybody new is recorded. Durable on return; cost: O(`records`), nothing where
    /// there is no use.
    ///
    /// # Errors
    /// As [`Journal::erase`].
    pub fn erase_unknown(&self, records: impl IntoIterator<Item = u64>) -> Result<u64, JournalError> {
        let mut unknown: HashSet<u64> = self.inner.disk.lock().segments().iter().flat_map(|segment| segment.live.records()).collect();
        for first in records {
            if unknown.is_empty() {
                return Ok(0);
            }
            unknown.remove(&first);
        }
        self.erase(&unknown.into_iter().collect::<Vec<_>>())
    }

    /// How many uses were dropped since the start: no room while the disk stalled, a position of 2⁴⁸ or more, a
    /// slot that cannot be read, or what the start found missing ([`Journal::missing_since`]).
    pub fn lost(&self) -> u64 {
        self.inner.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.inner.buffer.lock().stop = true;
        self.inner.early.notify_one();
        if let Some(flusher) = self.flusher.take() {
            // It has nothing to say that it has not logged.
            let _ = flusher.join();
        }
    }
}

/// The flusher: writes and syncs every half second, and writes earlier when the buffer fills.
fn flush_in_turns(inner: &Inner) {
    let mut next_sync = Instant::now() + SYNC_EVERY;
    let mut failing = false;
    loop {
        let stop = {
            let mut buffer = inner.buffer.lock();
            // While the disk refuses, a full buffer is no reason to hurry.
            while !buffer.stop && (failing || buffer.slots.len() < BUFFER_HIGH) {
                if inner.early.wait_until(&mut buffer, next_sync).timed_out() {
                    break;
                }
            }
            buffer.stop
        };
        let mut disk = inner.disk.lock();
        let mut outcome = disk.drain(&inner.buffer);
        let now = Instant::now();
        if stop || failing || outcome.is_err() || now >= next_sync {
            outcome = outcome.and_then(|()| disk.sync());
            next_sync = now + SYNC_EVERY;
        }
        drop(disk);
        match &outcome {
            Err(error) if !failing => {
                tracing::error!(code = error.code(), %error, "uses cannot be written; trying again");
            }
            Ok(()) if failing => {
                tracing::info!(lost = inner.lost.load(Ordering::Relaxed), "uses are written again");
            }
            _ => {}
        }
        failing = outcome.is_err();
        if stop {
            return;
        }
    }
}

fn sorted(first_positions: &[u64]) -> Vec<u64> {
    let mut sorted = first_positions.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}
