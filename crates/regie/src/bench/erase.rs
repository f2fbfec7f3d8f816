//! `regie bench erase`: how long until an erasure is acknowledged, on a folder like the demo's or on a copy of another.

use std::path::Path;
use std::time::Instant;

use regie_domain::fact::Identifier;
use regie_domain::ids::Handle;

use super::seeded::Seeded;
use super::{Figure, Folder, Times, Watch, bare_syncs, synthetic};
use crate::demo;
use crate::engine::Engine;

const BENCH: &str = "erase";
const P50_MS_MAX: f64 = 20.0;

/// Erases so many ordinary customers, one after another, in a seeded order.
///
/// # Errors
/// Those of the disk and the engine.
pub fn run(customers: u32, data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(None, BENCH);
    if let Some(data) = data {
        copy(data, folder.path())?;
    }
    let runtime = super::runtime(1)?;
    let engine = Engine::start(folder.options()?, &mut |done, of| watch.progress("reading the log", done, of))?;
    if data.is_none() {
        runtime.block_on(demo::load::load(&engine, &mut |done, of| watch.progress("loading the demo", done, of)))?;
    }
    let mut all = everybody(&engine)?;
    let mut seeded = Seeded(5);
    for i in (1..all.len()).rev() {
        all.swap(i, seeded.below(u32::try_from(i + 1)?) as usize);
    }
    all.truncate(customers as usize);
    anyhow::ensure!(!all.is_empty(), "the folder holds no customer whose identifier this benchmark knows");
    let (records, _) = engine.sizes();
    let before = folder.bytes();
    let mut bare = bare_syncs(folder.path())?;
    let figure = Figure::millis(BENCH, "bare_sync_p50", bare.quantile(50));
    watch.figure(figure.with("what", "4 KiB appended to a file and synced, for comparison: an erasure needs about a dozen"));
    let mut times = Times::default();
    for (done, &customer) in all.iter().enumerate() {
        watch.progress("erasing", done as u64, all.len() as u64);
        let began = Instant::now();
        runtime.block_on(engine.erase(customer))?;
        times.push(began.elapsed());
        anyhow::ensure!(!engine.knows(customer), "an erased customer is still known");
    }
    let told = |figure: Figure| figure.with("erased", all.len()).with("records", records).with("folder_mib", before / 1024 / 1024);
    watch.figure(told(Figure::millis(BENCH, "acknowledged_p50", times.quantile(50))).at_most(P50_MS_MAX));
    watch.figure(told(Figure::millis(BENCH, "acknowledged_p99", times.quantile(99))));
    watch.figure(told(Figure::millis(BENCH, "acknowledged_max", times.quantile(100))));
    engine.stop();
    Ok(())
}

/// Everybody in a demo, or in a folder of synthetic customers.
fn everybody(engine: &Engine) -> anyhow::Result<Vec<Handle>> {
    let known = |identifier: &Identifier| engine.lookup(identifier);
    if known(&synthetic::identifier(0)).is_some() {
        return Ok((0..).map_while(|i| known(&synthetic::identifier(i))).collect());
    }
    let households: std::collections::BTreeSet<u32> = demo::till::baskets()?.map(|b| b.map(|b| b.household)).collect::<Result<_, _>>()?;
    Ok(households.into_iter().filter_map(|household| known(&demo::load::identifier(household))).collect())
}

/// Copies a data folder that no server is using.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
