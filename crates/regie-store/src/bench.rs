//! Measures the store alone: durable appends, replay, erasure. For `regie bench store` and the example `store_bench`.
//!
//! Every record gets twenty facts of 200 bytes, each with its leaf; commits of 100 facts by one thread, as the engine writes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use regie_domain::ids::RecordId;

use crate::{Batch, ErasedRecord, Erasure, NewRow, Store, StoreError};

/// Facts in one commit.
pub const COMMIT: u64 = 100;
/// Facts of one record.
pub const PER_RECORD: u64 = 20;

/// What writing some facts took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AppendRate {
    /// Facts written by this call.
    pub facts: u64,
    /// The head afterwards.
    pub head: u64,
    /// Durable facts a second, all in all.
    pub facts_per_second: f64,
    /// Half of the commits took at most this long.
    pub commit_p50: Duration,
    /// 99 of 100 commits took at most this long.
    pub commit_p99: Duration,
}

/// Appends `facts` facts (rounded down to whole commits) of `payload_bytes` each to what is there.
///
/// # Errors
/// Those of the store.
pub fn append_rate(store: &impl Store, facts: u64, payload_bytes: usize) -> Result<AppendRate, StoreError> {
    let start = store.head()?;
    let mut commits = Vec::new();
    let began = Instant::now();
    for commit in 0..facts / COMMIT {
        let first = start + commit * COMMIT;
        let mut batch = Batch::default();
        for position in first..first + COMMIT {
            // Twenty records take turns, as customers do: five of them begin in each commit.
            let (round, within) = (position / (PER_RECORD * PER_RECORD), position % (PER_RECORD * PER_RECORD));
            let record = record(round * PER_RECORD + within / PER_RECORD);
            if within % PER_RECORD == 0 {
                batch.new_records.push(record);
            }
            let mut payload = vec![b'x'; payload_bytes];
            let stamp = position.to_be_bytes();
            let stamped = payload_bytes.min(stamp.len());
            payload[..stamped].copy_from_slice(&stamp[..stamped]);
            let mut leaf = [7; 32];
            leaf[..8].copy_from_slice(&stamp);
            let n = u32::try_from(within % PER_RECORD).unwrap_or(0);
            batch.rows.push(NewRow { record, n, choice: n == 0, payload, leaf: Some(leaf) });
        }
        let sent = Instant::now();
        store.append(batch)?;
        commits.push(sent.elapsed());
    }
    let seconds = began.elapsed().as_secs_f64();
    let written = commits.len() as u64 * COMMIT;
    Ok(AppendRate {
        facts: written,
        head: start + written,
        facts_per_second: rate(written, seconds),
        commit_p50: quantile(&mut commits, 50),
        commit_p99: quantile(&mut commits, 99),
    })
}

/// Appends facts in commits of `commit`, each with the leaf that `leaf` gives for its number; records of [`PER_RECORD`] facts, as
/// [`append_rate`] has them. Returns what it took, making the leaves included.
///
/// # Errors
/// Those of the store, and of `leaf`.
pub fn append_leaves<E: From<StoreError>>(
    store: &impl Store,
    facts: u64,
    commit: u64,
    payload_bytes: usize,
    mut leaf: impl FnMut(u64) -> Result<[u8; 32], E>,
) -> Result<Duration, E> {
    let start = store.head()?;
    let began = Instant::now();
    let mut written = 0;
    while written < facts {
        let first = start + written;
        let count = commit.min(facts - written);
        let mut batch = Batch::default();
        for position in first..first + count {
            let (number, n) = (position / PER_RECORD, position % PER_RECORD);
            let record = record(number);
            if n == 0 {
                batch.new_records.push(record);
            }
            let n = u32::try_from(n).unwrap_or(0);
            batch.rows.push(NewRow { record, n, choice: true, payload: vec![b'x'; payload_bytes], leaf: Some(leaf(position)?) });
        }
        store.append(batch)?;
        written += count;
    }
    Ok(began.elapsed())
}

/// Bytes that the ledger's leaves take in `facts.db` of this data folder.
///
/// # Errors
/// Those of the disk.
pub fn leaves_bytes(data: &std::path::Path) -> Result<u64, StoreError> {
    let facts = crate::sqlite::database::Database::open(&data.join(crate::folder::FACTS), crate::sqlite::database::Access::Read, 1024)?;
    let pages = facts.run(|sql| sql.query_row("SELECT sum(pgsize) FROM dbstat WHERE name = 'leaves'", [], |row| row.get::<_, i64>(0)))?;
    Ok(pages.cast_unsigned())
}

/// Replays everything, the payload's bytes only summed up: `(rows, seconds)`.
///
/// # Errors
/// Those of the store.
pub fn replay_seconds(store: &impl Store) -> Result<(u64, f64), StoreError> {
    let began = Instant::now();
    let mut rows = 0u64;
    store.replay(
        1,
        |_, payload| Ok::<_, StoreError>(payload.iter().map(|byte| u64::from(*byte)).sum::<u64>()),
        |_, sum| {
            black_box(sum);
            rows += 1;
            Ok(())
        },
        |_, _| {},
    )?;
    Ok((rows, began.elapsed().as_secs_f64()))
}

/// Erases `count` records that [`append_rate`] wrote, one at a time: `(p50, p99)` until acknowledged.
///
/// # Errors
/// Those of the store.
pub fn erase_latency(store: &impl Store, count: u64) -> Result<(Duration, Duration), StoreError> {
    let records = store.head()? / PER_RECORD;
    let mut took = Vec::new();
    for i in 0..count.min(records) {
        let which = i * (records / count.min(records));
        let first = which * PER_RECORD + 1;
        let erasure = Erasure {
            records: vec![ErasedRecord { record: record(which), positions: (first..first + PER_RECORD).collect() }],
            ..Erasure::default()
        };
        let sent = Instant::now();
        store.erase(erasure)?;
        took.push(sent.elapsed());
    }
    Ok((quantile(&mut took, 50), quantile(&mut took, 99)))
}

/// Record ids that look random, so that no index profits from their order.
fn record(number: u64) -> RecordId {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&mixed.to_be_bytes());
    id[8..].copy_from_slice(&(mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes());
    RecordId(id)
}

/// The smallest that `percent` of 100 do not pass.
fn quantile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a rate is printed with a few digits")]
fn rate(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}
