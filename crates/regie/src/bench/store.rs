//! `regie bench store`: the store alone. Facts of 200 bytes with their leaf, durable, in commits of 100.

use std::path::Path;

use regie_store::{SqliteStore, Store, bench};

use super::{Figure, Folder, Watch, precise};

const BENCH: &str = "store";
const PAYLOAD_BYTES: usize = 200;
/// Promised, all over a step and at its end alike.
const FACTS_PER_SECOND_MIN: f64 = 100_000.0;

/// Fills a store step by step, each up to that many rows, then replays it.
///
/// # Errors
/// Those of the store.
pub fn run(rows: &[u64], data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(data, BENCH);
    let store = SqliteStore::open(folder.path(), &folder.master()?)?;
    let most = rows.iter().copied().max().unwrap_or(0);
    let mut slowest: Option<f64> = None;
    let mut fastest = 0f64;
    for &goal in rows {
        let head = store.head()?;
        let step = goal.saturating_sub(head);
        watch.progress("writing facts", head, most);
        // The last tenth is measured apart: a store that slows down as it grows shows there first.
        let end = (step / 10).max(bench::COMMIT);
        let before = bench::append_rate(&store, step.saturating_sub(end), PAYLOAD_BYTES)?;
        watch.progress("writing facts", before.head, most);
        let last = bench::append_rate(&store, end, PAYLOAD_BYTES)?;
        let seconds = |rate: &bench::AppendRate| if rate.facts == 0 { 0.0 } else { precise(rate.facts) / rate.facts_per_second };
        let whole = precise(before.facts + last.facts) / (seconds(&before) + seconds(&last));
        let told = |figure: Figure| figure.with("rows", goal).with("commit_facts", bench::COMMIT).with("payload_bytes", PAYLOAD_BYTES);
        watch.figure(told(Figure::new(BENCH, "append", whole, "facts/s")).at_least(FACTS_PER_SECOND_MIN));
        watch.figure(told(Figure::new(BENCH, "append_last_tenth", last.facts_per_second, "facts/s")).at_least(FACTS_PER_SECOND_MIN));
        watch.figure(told(Figure::micros(BENCH, "commit_p50", last.commit_p50)));
        watch.figure(told(Figure::micros(BENCH, "commit_p99", last.commit_p99)));
        slowest = Some(slowest.map_or(last.facts_per_second, |slow| slow.min(last.facts_per_second)));
        fastest = fastest.max(last.facts_per_second);
    }
    if let Some(slowest) = slowest
        && rows.len() > 1
    {
        watch.figure(Figure::new(BENCH, "slowest_over_fastest_step", slowest / fastest, "ratio").with("steps", rows));
    }
    let (replayed, seconds) = bench::replay_seconds(&store)?;
    watch.figure(Figure::new(BENCH, "replay", precise(replayed) / seconds, "facts/s").with("rows", replayed));
    let (p50, p99) = bench::erase_latency(&store, 200)?;
    watch.figure(Figure::millis(BENCH, "erase_p50", p50).with("rows", replayed).with("facts_each", bench::PER_RECORD));
    watch.figure(Figure::millis(BENCH, "erase_p99", p99).with("rows", replayed).with("facts_each", bench::PER_RECORD));
    drop(store);
    watch.figure(Figure::new(BENCH, "folder", precise(folder.bytes()) / 1024.0 / 1024.0, "MiB").with("rows", replayed));
    Ok(())
}
