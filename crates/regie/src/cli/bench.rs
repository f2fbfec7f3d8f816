//! `regie bench NAME`: measures what the project promises. Figures go to standard output as JSON lines, progress to standard error.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;
use indicatif::ProgressBar;

use super::{bar, evaluate};
use crate::bench::{self, Figure, Watch};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The store alone: durable facts a second as it grows, replay, erasure.
    Store {
        /// Measure each time the store has reached so many rows; add 10000000 for the whole figure.
        #[arg(long, value_delimiter = ',', default_value = "100000,1000000")]
        rows: Vec<u64>,
        #[command(flatten)]
        at: At,
    },
    /// The ledger: appending while it is published, proofs, and checking the whole of it.
    Ledger {
        /// Leaves of the log that is checked; 10000000 for the whole figure (2 GB of disk).
        #[arg(long, default_value_t = 1_000_000)]
        leaves: u64,
        #[command(flatten)]
        at: At,
    },
    /// Events over HTTP, durable before the answer.
    Collect {
        /// How long each part is measured.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        #[command(flatten)]
        at: At,
    },
    /// The same without HTTP.
    CollectEngine {
        /// How long it is measured.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        #[command(flatten)]
        at: At,
    },
    /// A million synthetic customers: replay, memory, decisions, recommendations. Takes about 8 GB of disk.
    Million {
        /// How many customers.
        #[arg(long, default_value_t = 1_000_000)]
        customers: u32,
        /// How long recommendations over HTTP are measured; 0: not at all.
        #[arg(long, default_value_t = 20)]
        http_seconds: u64,
        /// Only write the customers.
        #[arg(long, hide = true, requires = "data")]
        fill_only: bool,
        #[command(flatten)]
        at: At,
    },
    /// Decisions at random over many customers, beside one random memory access; the look-up apart.
    Decide {
        /// Measure views of so many customers.
        #[arg(long, value_delimiter = ',', default_value = "1000000,10000000")]
        customers: Vec<u32>,
    },
    /// Consents over HTTP: given and withdrawn, durable before the answer, and read again.
    Consents {
        /// How many synthetic customers: more than choices are made in one part, or the last of them change nothing.
        #[arg(long, default_value_t = 50_000)]
        customers: u32,
        /// How long each part is measured.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        #[command(flatten)]
        at: At,
    },
    /// Erase customers one after another.
    Erase {
        /// How many customers.
        #[arg(long, default_value_t = 1000)]
        customers: u32,
        /// Work on a copy of this data folder instead of a fresh demo.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Kill a writing process with -9 at random moments; fails if anything acknowledged is missing.
    Kill {
        /// How many times.
        #[arg(long, default_value_t = 100)]
        times: u32,
        /// Be the process that is killed.
        #[arg(long, hide = true, requires = "data")]
        child: Option<u32>,
        #[command(flatten)]
        at: At,
    },
    /// The demo: the first start, the start after, memory.
    Demo {
        #[command(flatten)]
        at: At,
    },
    /// The recommender's model alone: learning, asking, forgetting and memory as it grows.
    Model {
        /// Measure models of so many sessions; add 10000000 for the whole figure (4 GB of memory).
        #[arg(long, value_delimiter = ',', default_value = "100000,1000000")]
        sessions: Vec<u32>,
    },
    /// What answers over HTTP cost the server, beside a bare hyper that answers as many bytes.
    Serve {
        /// How many synthetic customers.
        #[arg(long, default_value_t = 100_000)]
        customers: u32,
        /// Learn this file's sessions instead (`SessionId<TAB>ItemId<TAB>Time`, plain or gzip), each as a customer of its own.
        #[arg(long, value_name = "FILE", requires = "test")]
        train: Option<PathBuf>,
        /// Ask about this file's sessions.
        #[arg(long, value_name = "FILE", requires = "train")]
        test: Option<PathBuf>,
        /// How long each part is measured.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Be the server that is measured.
        #[arg(long, hide = true, requires = "data")]
        as_regie: bool,
        /// Be the bare server, answering so many bytes.
        #[arg(long, hide = true)]
        as_hello: Option<usize>,
        #[command(flatten)]
        at: At,
    },
    /// The portal's pages for one customer with many events: time to answer, and bytes of a first visit.
    Pages {
        /// How many events the customer has.
        #[arg(long, default_value_t = 50_000)]
        events: u32,
        #[command(flatten)]
        at: At,
    },
    /// Recommendations for the demo's households, straight from the engine.
    Recommend {
        #[command(flatten)]
        at: At,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct At {
    /// The data folder, kept afterwards; without it a temporary one.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    let mut screen = Screen::default();
    let watch = &mut screen;
    match command {
        Command::Store { rows, at } => bench::store::run(&rows, at.data.as_deref(), watch),
        Command::Ledger { leaves, at } => bench::ledger::run(leaves, at.data.as_deref(), watch),
        Command::Collect { seconds, at } => bench::collect::run(seconds, at.data.as_deref(), watch),
        Command::CollectEngine { seconds, at } => bench::collect::run_engine(seconds, at.data.as_deref(), watch),
        Command::Million { customers, fill_only: true, at: At { data: Some(data) }, .. } => bench::million::fill(customers, &data, watch),
        Command::Million { customers, http_seconds, at, .. } => {
            bench::million::run(&bench::million::Plan { customers, data: at.data.as_deref(), http_seconds }, watch)
        }
        Command::Decide { customers } => bench::decide::run(&customers, watch),
        Command::Consents { customers, seconds, at } => bench::consents::run(customers, seconds, at.data.as_deref(), watch),
        Command::Erase { customers, data } => bench::erase::run(customers, data.as_deref(), watch),
        Command::Kill { child: Some(round), at: At { data: Some(data) }, .. } => {
            // A lock for each line: lines of several threads must not run into each other.
            bench::kill::child(round, &data, &|line| {
                let _nobody_listens = bench::kill::say_now(&mut std::io::stdout().lock(), line);
            })
        }
        Command::Kill { times, at, .. } => match bench::kill::run(times, at.data.as_deref(), watch)? {
            true => Ok(()),
            false => bail!("something that was acknowledged did not stand: see the figures"),
        },
        Command::Demo { at } => bench::demo::run(at.data.as_deref(), watch),
        Command::Model { sessions } => bench::model::run(&sessions, watch),
        Command::Serve { as_hello: Some(bytes), .. } => bench::serve::as_hello(bytes, say_address),
        Command::Serve { as_regie: true, at: At { data: Some(data) }, .. } => bench::serve::as_regie(&data, say_address),
        Command::Serve { customers, train, test, seconds, at, .. } => {
            let read = |file: PathBuf| evaluate::sessions(&file);
            let clicks = train.zip(test).map(|(train, test)| Ok::<_, anyhow::Error>((read(train)?, read(test)?))).transpose()?;
            bench::serve::run(bench::serve::Plan { customers, clicks, data: at.data.as_deref(), seconds }, watch)
        }
        Command::Pages { events, at } => bench::pages::run(events, at.data.as_deref(), watch),
        Command::Recommend { at } => bench::recommend::run(at.data.as_deref(), watch),
    }
}

/// Tells whoever started this process where it listens.
fn say_address(address: std::net::SocketAddr) {
    let mut out = std::io::stdout().lock();
    let _nobody_listens = writeln!(out, "{address}").and_then(|()| out.flush());
}

/// Figures as they come, and one bar for what goes on.
#[derive(Default)]
struct Screen {
    bar: Option<(&'static str, ProgressBar)>,
}

impl Watch for Screen {
    fn figure(&mut self, figure: Figure) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
        if let Ok(line) = serde_json::to_string(&figure) {
            let mut out = std::io::stdout().lock();
            let _nobody_listens = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }

    fn progress(&mut self, what: &'static str, done: u64, of: u64) {
        let is_same = self.bar.as_ref().is_some_and(|(before, _)| *before == what);
        if !is_same {
            if let Some((_, old)) = self.bar.take() {
                old.finish_and_clear();
            }
            self.bar = Some((what, bar(what)));
        }
        if let Some((_, bar)) = &self.bar {
            bar.set_length(of);
            bar.set_position(done);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
