//! Replay: blocks of rows are read, unsealed and decoded on all cores, and applied in order on the calling thread.
//!
//! Invariant: at most [`AHEAD`] blocks are under way, so memory stays bounded however slow `apply` is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, unbounded};
use hashbrown::HashMap;
use regie_domain::ids::RecordId;

use super::SqliteStore;
use super::read::{COLUMNS, SLICE, row_at};
use crate::seal::{self, Key, Sealer};
use crate::{Meta, StoreError};

/// Rows in a block.
const BLOCK: u64 = 4096;
/// Blocks under way at once.
const AHEAD: u64 = 16;
/// From this many rows on it is worth unwrapping every key first.
const MANY: u64 = 50_000;

/// One decoded block.
struct Block<T> {
    rows: Vec<(Meta, T)>,
    /// Rows of erased records that are still there.
    orphans: Vec<u64>,
    /// Rows that say nothing.
    hollow: Vec<u64>,
}

/// A block's number and content; `None` from a worker that is gone.
type Done<T, E> = Option<(u64, Result<Block<T>, E>)>;

/// Where a replay finds its keys.
enum Lookup<'a> {
    All(HashMap<RecordId, Key>),
    Each(&'a SqliteStore),
}

impl Lookup<'_> {
    fn key(&self, record: RecordId) -> Result<Option<Key>, StoreError> {
        match self {
            Self::All(keys) => Ok(keys.get(&record).copied()),
            Self::Each(store) => store.key(record),
        }
    }
}

/// Tells the applying thread that a worker is gone, when it panicked: it would wait for ever.
struct Farewell<'a, M>(&'a Sender<Option<M>>);

impl<M> Drop for Farewell<'_, M> {
    fn drop(&mut self) {
        if thread::panicking() {
            let _gone_too = self.0.send(None);
        }
    }
}

impl SqliteStore {
    pub(super) fn replay_rows<T, E, D, A, P>(&self, from: u64, decode: D, mut apply: A, mut progress: P) -> Result<u64, E>
    where
        T: Send,
        E: From<StoreError> + Send,
        D: Fn(&Meta, &[u8]) -> Result<T, E> + Sync,
        A: FnMut(Meta, T) -> Result<(), E>,
        P: FnMut(u64, u64),
    {
        let from = from.max(1);
        let hollowed_before = self.hollowed()?;
        // The head first: every row up to it had its key before the keys are read.
        let head = self.read_head()?;
        if from > head {
            return Ok(head);
        }
        let rows = head - from + 1;
        let lookup = if rows >= MANY { Lookup::All(self.keys.all()?) } else { Lookup::Each(self) };
        let blocks = rows.div_ceil(BLOCK);
        let range_of = |block: u64| (from + block * BLOCK, head.min(from + (block + 1) * BLOCK - 1));
        let (mut orphans, mut hollow) = (Vec::new(), Vec::new());
        let mut take = |block: u64, decoded: Block<T>| -> Result<(), E> {
            for (meta, fact) in decoded.rows {
                apply(meta, fact)?;
            }
            orphans.extend(decoded.orphans);
            hollow.extend(decoded.hollow);
            progress(range_of(block).1, head);
            Ok(())
        };
        if blocks <= 2 {
            for block in 0..blocks {
                take(block, self.decode_block(range_of(block), &lookup, &decode)?)?;
            }
        } else {
            let stop = AtomicBool::new(false);
            let workers = thread::available_parallelism().map_or(2, |cores| cores.get()).clamp(1, 16);
            thread::scope(|scope| {
                let (issue, tickets) = unbounded::<u64>();
                let (hand_in, results) = unbounded();
                for _ in 0..workers {
                    let (tickets, hand_in, lookup, decode, stop) = (tickets.clone(), hand_in.clone(), &lookup, &decode, &stop);
                    scope.spawn(move || {
                        let _farewell = Farewell(&hand_in);
                        for block in tickets {
                            if stop.load(Ordering::Relaxed) {
                                break;
                            }
                            let decoded = self.decode_block(range_of(block), lookup, decode);
                            if hand_in.send(Some((block, decoded))).is_err() {
                                break;
                            }
                        }
                    });
                }
                drop((tickets, hand_in));
                let done = in_order(blocks, &issue, &results, &mut take);
                stop.store(true, Ordering::Relaxed);
                done
            })?;
        }
        if from == 1 {
            self.check_hollowed(hollowed_before, &hollow)?;
        }
        if !orphans.is_empty() && self.writer.is_some() {
            tracing::warn!(rows = orphans.len(), "completing an erasure that was cut short");
            self.hollow_slices(&orphans)?;
            self.empty_logs()?;
        }
        Ok(head)
    }

    /// Reads, unseals and decodes one block, in read transactions of at most a slice.
    fn decode_block<T, E, D>(&self, (first, last): (u64, u64), lookup: &Lookup<'_>, decode: &D) -> Result<Block<T>, E>
    where
        E: From<StoreError>,
        D: Fn(&Meta, &[u8]) -> Result<T, E>,
    {
        let mut block =
            Block { rows: Vec::with_capacity(usize::try_from(last - first + 1).unwrap_or(0)), orphans: Vec::new(), hollow: Vec::new() };
        let mut sealed = Vec::new();
        let mut ready: Option<(RecordId, Sealer)> = None;
        let mut next = first;
        while next <= last {
            // A decode error is of the caller's kind, so it travels beside the store's own.
            let sliced: Result<Result<(), E>, StoreError> = self.readers.with(|db| {
                let mut statement = db.run(|sql| {
                    sql.prepare_cached(&format!("SELECT {COLUMNS} FROM facts WHERE position >= ?1 AND position <= ?2 ORDER BY position"))
                })?;
                let mut rows = statement.query([next.cast_signed(), last.cast_signed()]).map_err(|error| db.failed(&error))?;
                let started = Instant::now();
                let mut expected = next;
                next = last + 1;
                while let Some(row) = rows.next().map_err(|error| db.failed(&error))? {
                    // Positions are dense: what is deleted is hollowed and keeps its row, so a gap is somebody else's doing.
                    let position = row.get::<_, i64>(0).map_err(|error| db.failed(&error))?.cast_unsigned();
                    if position != expected {
                        return Err(StoreError::RowMissing { position: expected });
                    }
                    expected += 1;
                    let found = row_at(&db.sql, row, &mut sealed).map_err(|error| db.failed(&error))?;
                    let Some(meta) = found else {
                        block.hollow.push(position);
                        continue;
                    };
                    if ready.as_ref().is_none_or(|(record, _)| *record != meta.record) {
                        let Some(key) = lookup.key(meta.record)? else {
                            self.must_be_erased(&meta)?;
                            block.orphans.push(meta.position);
                            continue;
                        };
                        ready = Some((meta.record, Sealer::new(&key)?));
                    }
                    let Some((_, sealer)) = &ready else { continue };
                    let clear = sealer
                        .open(&seal::row_binding(&meta), &mut sealed)
                        .ok_or(StoreError::SealedRowUnreadable { position: meta.position })?;
                    match decode(&meta, clear) {
                        Ok(fact) => block.rows.push((meta, fact)),
                        Err(error) => return Ok(Err(error)),
                    }
                    if meta.position % 256 == 0 && started.elapsed() > SLICE {
                        next = meta.position + 1;
                        break;
                    }
                }
                if next > last && expected <= last {
                    return Err(StoreError::RowMissing { position: expected });
                }
                Ok(Ok(()))
            });
            sliced??;
        }
        Ok(block)
    }
}

/// Issues blocks, a bounded number ahead, and takes them in order as they come back.
fn in_order<T, E: From<StoreError>>(
    blocks: u64,
    issue: &Sender<u64>,
    results: &Receiver<Done<T, E>>,
    take: &mut impl FnMut(u64, Block<T>) -> Result<(), E>,
) -> Result<(), E> {
    let lost = || E::from(StoreError::CryptoFailed { doing: "decoding rows: a worker is gone" });
    let mut issued = 0;
    let mut early = HashMap::new();
    for block in 0..blocks {
        while issued < blocks.min(block + AHEAD) {
            issue.send(issued).map_err(|_| lost())?;
            issued += 1;
        }
        let decoded = loop {
            if let Some(decoded) = early.remove(&block) {
                break decoded;
            }
            let (done, decoded) = results.recv().ok().flatten().ok_or_else(lost)?;
            early.insert(done, decoded);
        };
        take(block, decoded?)?;
    }
    Ok(())
}
