//! The command line: what an operator says, one module a command. The only place that prints.
#![expect(clippy::print_stdout, reason = "the command line speaks to a person or a pipe")]

mod bench;
mod demo;
mod evaluate;
mod facts;
mod import;
mod policy;
mod policy_diff;
mod serve;
mod verify;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use regie_store::StoreError;
use tokio::task::JoinHandle;

use crate::engine::EngineError;

/// Personalisation that its customers direct.
#[derive(Debug, Parser)]
#[command(name = "regie", version, about, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A shop to walk through, filled with a year of a real till. No other set-up.
    Demo(demo::Demo),
    /// Serve customers: collecting, the API, the portal.
    Serve(serve::Serve),
    /// Look at policies.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Measure what the project promises; figures as JSON lines.
    #[command(subcommand)]
    Bench(bench::Command),
    /// Measure recommendations on files of your own, search their parameters, or audit that forgetting is exact.
    Evaluate(Box<evaluate::Evaluate>),
    /// Show what is on disk about a customer, also beside a running server.
    Facts(facts::Facts),
    /// Check receipts, checkpoints and whole logs, without a server and without a secret.
    Verify(verify::Verify),
    /// Read data into a data folder that no server is using.
    #[command(subcommand)]
    Import(import::Command),
}

/// Carries a command out.
///
/// # Errors
/// What went wrong, for a person: what, where and what to do.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    // Somebody watches a demo's progress bars; a server's logs are for machines.
    crate::telemetry::init(if matches!(arguments.command, Command::Serve(_)) { "info" } else { "warn" });
    match arguments.command {
        Command::Demo(demo) => demo::run(demo),
        Command::Serve(wanted) => serve::run(&wanted),
        Command::Policy(command) => policy::run(command),
        Command::Bench(command) => bench::run(command),
        Command::Evaluate(wanted) => evaluate::run(&wanted),
        Command::Facts(facts) => facts::run(&facts),
        Command::Verify(wanted) => verify::run(&wanted),
        Command::Import(command) => import::run(command),
    }
}

/// The stable code of what went wrong, where it has one: the innermost cause says it best.
pub fn code(error: &anyhow::Error) -> Option<&'static str> {
    let of = |cause: &(dyn std::error::Error + 'static)| {
        let engine = cause.downcast_ref::<EngineError>().map(EngineError::code);
        engine.or_else(|| cause.downcast_ref::<StoreError>().map(StoreError::code))
    };
    error.chain().filter_map(of).last()
}

/// The data folder of a command.
#[derive(Debug, clap::Args)]
struct DataFolder {
    /// The data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The file that holds the master key, where it is not in the data folder.
    #[arg(long, value_name = "FILE", env = "REGIE_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
}

impl DataFolder {
    fn master(&self) -> anyhow::Result<regie_store::MasterKey> {
        Ok(match &self.master_key_file {
            Some(file) => regie_store::MasterKey::from_file(file)?,
            None => regie_store::MasterKey::load(&self.data)?,
        })
    }
}

/// Writes the answer. A pipe that nobody reads any more is no error.
fn say(answer: &str) {
    let mut out = std::io::stdout().lock();
    let _nobody_listens = writeln!(out, "{}", answer.trim_end()).and_then(|()| out.flush());
}

/// What servers run on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Prepares a server while `serving` answers "starting", then serves until it is told to stop. Told before it is ready, it does not
/// finish reading or loading first: what is on disk is whole at every
/// moment, together with the write-ahead logs, which only an ordinary stop empties.
fn serve_until_stopped<P: Future<Output = anyhow::Result<()>>>(
    serve: impl Future<Output = anyhow::Result<(JoinHandle<std::io::Result<()>>, P)>>,
) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let (mut serving, prepare) = serve.await?;
        tokio::select! {
            prepared = prepare => prepared?,
            ended = &mut serving => return Ok(ended??),
        }
        Ok(serving.await??)
    });
    // Replaying runs on a thread that nothing can interrupt.
    runtime.shutdown_background();
    done
}

/// A progress bar on a terminal; nothing where nobody looks.
fn bar(message: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:<28} {bar:32} {pos:>9}/{len} {eta}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style).with_message(message);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
