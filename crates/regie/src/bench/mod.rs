//! The benchmarks that `regie bench` runs: each measures one figure that the project promises, on real code and real disks.
//!
//! Invariant: a figure is printed with what it was measured on and, where one is promised, with its target; nothing here is
//! used by the running server. Allocations are counted where the program was built with the feature
//! `count-allocations`, which puts an allocator that counts in place of its own; without it no figure says anything about them.

mod closed_loop;
pub mod collect;
pub mod consents;
pub mod crowd;
pub mod decide;
pub mod demo;
pub mod erase;
pub mod kill;
pub mod ledger;
pub mod million;
pub mod model;
mod open_loop;
pub mod pages;
pub mod recommend;
mod seeded;
pub mod serve;
mod server;
pub mod store;
mod synthetic;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value, json};

/// One measured figure, as it is printed.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Which benchmark.
    pub bench: &'static str,
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// What it was measured on.
    #[serde(flatten)]
    pub with: Map<String, Value>,
    /// What is promised, if something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// Is the promise kept?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
    /// The machine's load average over the last minute, so that a figure measured beside other work can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
}

impl Figure {
    /// A figure, rounded to three decimals.
    pub fn new(bench: &'static str, name: impl Into<String>, value: f64, unit: &'static str) -> Figure {
        let value = (value * 1000.0).round() / 1000.0;
        Figure { bench, name: name.into(), value, unit, with: Map::new(), target: None, met: None, load: load() }
    }

    /// A time in milliseconds.
    pub fn millis(bench: &'static str, name: impl Into<String>, time: Duration) -> Figure {
        Figure::new(bench, name, time.as_secs_f64() * 1e3, "ms")
    }

    /// A time in microseconds.
    pub fn micros(bench: &'static str, name: impl Into<String>, time: Duration) -> Figure {
        Figure::new(bench, name, time.as_secs_f64() * 1e6, "µs")
    }

    /// Says one thing about what it was measured on.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Serialize) -> Figure {
        self.with.insert(key.to_owned(), json!(value));
        self
    }

    /// Promised: no less than this.
    #[must_use]
    pub fn at_least(mut self, target: f64) -> Figure {
        (self.target, self.met) = (Some(target), Some(self.value >= target));
        self
    }

    /// Promised: no more than this.
    #[must_use]
    pub fn at_most(mut self, target: f64) -> Figure {
        (self.target, self.met) = (Some(target), Some(self.value <= target));
        self
    }
}

/// Who looks on while a benchmark runs.
pub trait Watch {
    /// A figure is there.
    fn figure(&mut self, figure: Figure);
    /// So much of this part is done.
    fn progress(&mut self, what: &'static str, done: u64, of: u64);
}

/// A data folder that is gone when this is dropped, unless somebody named the place to keep it in.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    keep: bool,
}

impl Folder {
    /// The named folder, to be kept, or one of its own under the system's temporary folder.
    #[must_use]
    pub fn named_or_temporary(named: Option<&Path>, what: &str) -> Folder {
        match named {
            Some(dir) => Folder { dir: dir.to_owned(), keep: true },
            None => Folder { dir: std::env::temp_dir().join(format!("regie-bench-{what}-{}", std::process::id())), keep: false },
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Bytes in its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        folder_bytes(&self.dir)
    }

    /// The key that opens it, made with it.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn master(&self) -> anyhow::Result<regie_store::MasterKey> {
        Ok(regie_store::MasterKey::load_or_generate_in(&self.dir)?)
    }

    /// What an engine on it is started with: the built-in policy, the clock confirmed.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn options(&self) -> anyhow::Result<crate::engine::Options> {
        let mut options = crate::engine::Options::new(&self.dir, self.master()?, crate::BUILT_IN_POLICY.to_owned());
        options.time_confirmed = true;
        Ok(options)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            let _left_behind = std::fs::remove_dir_all(&self.dir);
        }
    }
}

fn folder_bytes(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.metadata().map_or(0, |found| if found.is_dir() { folder_bytes(&entry.path()) } else { found.len() })).sum()
}

/// The times of many questions; sorts when asked.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Times each of `count` questions alone. The clock waits for the loads before it, so a question cannot hide its miss behind the next
    /// one's.
    fn of(count: u32, mut ask: impl FnMut()) -> Times {
        let mut times = Times::default();
        for _ in 0..count {
            let began = Instant::now();
            ask();
            times.push(began.elapsed());
        }
        times
    }

    /// One more.
    pub fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// All of another's.
    pub fn extend(&mut self, other: Times) {
        self.0.extend(other.0);
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The time that `percent` of 100 do not pass; 100 is the longest.
    pub fn quantile(&mut self, percent: usize) -> Duration {
        self.0.sort_unstable();
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or_default()
    }
}

/// What the disk takes to make four kibibytes durable: the measure of everything that is durable.
fn bare_syncs(dir: &Path) -> std::io::Result<Times> {
    let file = dir.join("bench.sync");
    let mut open = std::fs::File::create(&file)?;
    let mut times = Times::default();
    for _ in 0..100 {
        let began = Instant::now();
        std::io::Write::write_all(&mut open, &[0; 4096])?;
        open.sync_data()?;
        times.push(began.elapsed());
    }
    std::fs::remove_file(&file)?;
    Ok(times)
}

/// A line of this process's own status, in MiB: `VmRSS` now, `VmHWM` at most. `None` where the system does not say.
fn memory_mib(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib: f64 = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Processor time of this process so far, in seconds: on a busy machine it says more than the clock on the wall. `None` where the
/// system does not say.
fn cpu_seconds() -> Option<f64> {
    cpu_seconds_of("self")
}

/// The same of another process, by its id.
fn cpu_seconds_of(process: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name may hold spaces; user and system time are the 12th and 13th field after it, in hundredths.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / 100.0)
}

/// How often this thread asks for memory while it does something; `None` where the program does not count that.
#[cfg(feature = "count-allocations")]
fn allocations(doing: impl FnOnce()) -> Option<u64> {
    Some(allocation_counter::measure(doing).count_total)
}

/// See the other.
#[cfg(not(feature = "count-allocations"))]
fn allocations(_doing: impl FnOnce()) -> Option<u64> {
    None
}

/// What was spent since an earlier [`cpu_seconds`], with three decimals.
fn cpu_since(before: Option<f64>) -> Option<f64> {
    let spent = cpu_seconds()? - before?;
    Some((spent * 1000.0).round() / 1000.0)
}

fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// Tells memory: what is resident now, and the most there was.
fn tell_memory(watch: &mut dyn Watch, bench: &'static str, at: &str, most_mib: Option<f64>) {
    if let Some(resident) = memory_mib("VmRSS") {
        let figure = Figure::new(bench, "resident_memory", resident, "MiB").with("at", at);
        watch.figure(match most_mib {
            Some(most) => figure.at_most(most),
            None => figure,
        });
    }
    if let Some(peak) = memory_mib("VmHWM") {
        watch.figure(Figure::new(bench, "peak_memory", peak, "MiB").with("at", at));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure is printed with a few digits")]
fn precise(count: u64) -> f64 {
    count as f64
}

/// So many a second.
fn rate(count: u64, time: Duration) -> f64 {
    precise(count) / time.as_secs_f64()
}

/// A runtime of its own for what drives the load.
fn runtime(threads: usize) -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()
}
