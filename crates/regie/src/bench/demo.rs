//! `regie bench demo`: the till's year, loaded the first time and read back the second, and the memory it takes.

use std::path::Path;
use std::time::Instant;

use super::{Figure, Folder, Watch, cpu_seconds, cpu_since, tell_memory};
use crate::demo::{load, till};
use crate::engine::Engine;

const BENCH: &str = "demo";
const FIRST_SECONDS_MAX: f64 = 20.0;
const AFTER_SECONDS_MAX: f64 = 5.0;
const MEMORY_MIB_MAX: f64 = 600.0;

/// Loads the demo and starts it again.
///
/// # Errors
/// Those of the disk and the engine.
pub fn run(data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(data, BENCH);
    let runtime = super::runtime(1)?;
    let was_there = folder.path().join("FORMAT").exists();
    if !was_there {
        let (began, cpu) = (Instant::now(), cpu_seconds());
        let engine = Engine::start(folder.options()?, &mut |_, _| {})?;
        runtime.block_on(load::load(&engine, &mut |done, of| watch.progress("loading", done, of)))?;
        let figure = Figure::new(BENCH, "first_start", began.elapsed().as_secs_f64(), "s")
            .with("baskets", till::BASKETS)
            .with("cpu_seconds", cpu_since(cpu));
        watch.figure(figure.at_most(FIRST_SECONDS_MAX));
        tell_memory(watch, BENCH, "after the first start", Some(MEMORY_MIB_MAX));
        engine.stop();
    }
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let engine = Engine::start(folder.options()?, &mut |done, of| watch.progress("reading the log", done, of))?;
    let (records, visits) = engine.sizes();
    let figure = Figure::new(BENCH, "start_after", began.elapsed().as_secs_f64(), "s")
        .with("records", records)
        .with("learned_visits", visits)
        .with("cpu_seconds", cpu_since(cpu));
    watch.figure(figure.with("folder_mib", folder.bytes() / 1024 / 1024).at_most(AFTER_SECONDS_MAX));
    tell_memory(watch, BENCH, "after the second start", Some(MEMORY_MIB_MAX));
    engine.stop();
    Ok(())
}
