//! `regie bench ledger`: facts with their leaves, durable, in commits of 1,000 while a thread publishes them; then proofs, a check of
//! the whole log as `regie verify --ledger` does it, and what a leaf takes on disk.
//!
//! The leaves are real ones: the canonical JSON of a receipt's core under a salt. Left out: the engine's views.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use regie_domain::fact::{Actor, Choice, Chosen, Evidence, Until};
use regie_domain::ids::Handle;
use regie_domain::ledger::{leaf, proof, receipt_core};
use regie_domain::time::Time;
use regie_store::ledger::{Ledger, audit};
use regie_store::{SqliteStore, Store, bench};

use super::{Figure, Folder, Times, Watch, precise, rate};

const BENCH: &str = "ledger";
const COMMIT: u64 = 1000;
const PAYLOAD_BYTES: usize = 200;
/// Facts whose appending is measured; the rest of the log is filled with shorter ones.
const MEASURED: u64 = 500_000;
const PROOFS: u64 = 20_000;
const APPENDS_PER_SECOND_MIN: f64 = 50_000.0;
const PROOF_MICROS_MAX: f64 = 100.0;
const PUBLISHED_MILLIS_MAX: f64 = 1000.0;
/// Promised for ten million leaves.
const VERIFY_SECONDS_MAX: f64 = 20.0;
const VERIFY_LEAVES: u64 = 10_000_000;
const LEAF_BYTES_MAX: f64 = 100.0;

/// Measures a log of `leaves` leaves.
///
/// # Errors
/// Those of the store.
pub fn run(leaves: u64, data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(data, BENCH);
    let store = SqliteStore::open(folder.path(), &folder.master()?)?;
    let ledger = Ledger::open(folder.path(), &store, None)?;
    let measured = MEASURED.min(leaves.saturating_sub(store.leaf_count()?));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let publishing = scope.spawn(|| -> anyhow::Result<()> {
            while !stop.load(Ordering::Relaxed) {
                ledger.publish(&store)?;
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        });
        let done = append(&store, &ledger, measured, watch);
        stop.store(true, Ordering::Relaxed);
        let published = publishing.join().map_err(|_| anyhow::anyhow!("the publisher died"))?;
        done.and(published)
    })?;
    fill(&store, &ledger, leaves, watch)?;
    prove(&ledger, watch)?;
    drop(store);
    check(folder.path(), watch)?;
    Ok(())
}

fn append(store: &SqliteStore, ledger: &Ledger, facts: u64, watch: &mut dyn Watch) -> anyhow::Result<()> {
    watch.progress("appending and publishing", 0, facts);
    let took = bench::append_leaves(store, facts, COMMIT, PAYLOAD_BYTES, real_leaf)?;
    let (committed, last) = (store.leaf_count()?, Instant::now());
    let in_time = ledger.wait_for(committed, Duration::from_secs(60));
    let told = |figure: Figure| figure.with("facts", facts).with("commit_facts", COMMIT).with("payload_bytes", PAYLOAD_BYTES);
    if facts > 0 {
        watch.figure(told(Figure::new(BENCH, "append", rate(facts, took), "facts/s")).at_least(APPENDS_PER_SECOND_MIN));
        watch.figure(told(Figure::millis(BENCH, "published_after", last.elapsed())).with("in_time", in_time).at_most(PUBLISHED_MILLIS_MAX));
    }
    Ok(())
}

/// Fills the log up with facts of few bytes and leaves of no meaning: for a tree one is as good as another.
fn fill(store: &SqliteStore, ledger: &Ledger, leaves: u64, watch: &mut dyn Watch) -> anyhow::Result<()> {
    loop {
        let count = store.leaf_count()?;
        watch.progress("filling the log", count, leaves);
        if count >= leaves {
            return Ok(());
        }
        bench::append_leaves(store, (leaves - count).min(100_000), 10_000, 8, |number| {
            let mut leaf = [7; 32];
            leaf[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            Ok::<_, anyhow::Error>(leaf)
        })?;
        ledger.publish(store)?;
    }
}

fn prove(ledger: &Ledger, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let head = ledger.head();
    let size = head.checkpoint.size;
    let (mut times, mut hashes) = (Times::default(), 0);
    for i in 0..PROOFS {
        let index = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % size;
        let asked = Instant::now();
        hashes += ledger.prove(&head, index)?.len();
        times.push(asked.elapsed());
    }
    let told = |figure: Figure| figure.with("leaves", size).with("proofs", PROOFS).with("hashes", precise(hashes as u64 / PROOFS));
    watch.figure(told(Figure::micros(BENCH, "proof_p50", times.quantile(50))).at_most(PROOF_MICROS_MAX));
    watch.figure(told(Figure::micros(BENCH, "proof_p99", times.quantile(99))).at_most(PROOF_MICROS_MAX));
    let mut times = Times::default();
    for i in 1..1000 {
        let older = size * i / 1000;
        let asked = Instant::now();
        let proof = ledger.prove_extension(&head, older.max(1))?;
        times.push(asked.elapsed());
        anyhow::ensure!(!proof.is_empty(), proof::ProofError::Length { found: 0 });
    }
    watch.figure(told(Figure::micros(BENCH, "extension_proof_p50", times.quantile(50))));
    Ok(())
}

fn check(data: &Path, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let began = Instant::now();
    let found = audit(data, None, &|_, _| {})?;
    let (took, size) = (began.elapsed().as_secs_f64(), found.checkpoint.size);
    // Held against the promise where as much is checked as was promised; a smaller log is only told.
    let figure = Figure::new(BENCH, "verify", took, "s").with("leaves", size);
    watch.figure(if size >= VERIFY_LEAVES { figure.at_most(VERIFY_SECONDS_MAX) } else { figure });
    watch.figure(Figure::new(BENCH, "verify_rate", precise(size) / took, "leaves/s").at_least(precise(VERIFY_LEAVES) / VERIFY_SECONDS_MAX));
    let (table, tiles) = (bench::leaves_bytes(data)?, super::folder_bytes(&data.join("ledger")));
    watch.figure(
        Figure::new(BENCH, "bytes_a_leaf", precise(table + tiles) / precise(size), "bytes")
            .with("leaves", size)
            .with("in_facts_db", table)
            .with("in_tiles", tiles)
            .at_most(LEAF_BYTES_MAX),
    );
    Ok(())
}

/// The leaf of a consent as customers give it.
fn real_leaf(number: u64) -> anyhow::Result<[u8; 32]> {
    let texts = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
    let at = Time::from_seconds(1_790_000_000);
    let choice = Choice {
        purpose: "recommendations".to_owned(),
        what: Chosen::Given {
            categories: texts(&["purchases", "browsing"]),
            recipients: texts(&["retailer"]),
            channels: texts(&["web", "app"]),
            until: Until::Moment(at.plus_seconds(7 * 86_400)),
        },
        at,
        evidence: Some(Evidence {
            policy_version: "2026-11-25".to_owned(),
            language: "nl".to_owned(),
            method: "portal".to_owned(),
            actor: Actor::Customer,
        }),
        salt: String::new(),
        by_request: String::new(),
    };
    let mut salt = [7; 32];
    salt[..8].copy_from_slice(&number.to_be_bytes());
    Ok(leaf(&salt, &receipt_core(Handle(number.into()), &choice))?)
}
