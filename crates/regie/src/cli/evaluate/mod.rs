//! `regie evaluate`: how good are the recommendations, on a retailer's own data? And is forgetting exact, on a real data folder?
//!
//! Invariant: standard output holds the answer and nothing else, with `--json` one object; bars and errors go to standard error, and
//! whatever is in a file, it is answered or refused with the file, the line and a stable code.
//! Left out: what is measured and how, which `regie_recommend::evaluate` and `regie_recommend::tune` say; they open no file and
//! read no clock, so both are done here.

mod audit;
mod baskets;
mod clicks;
mod groups;
mod input;
mod parameters;
mod problem;
mod table;

use std::time::Instant;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use regie_store::{MasterKey, StoreError};

use super::{DataFolder, say};
use problem::EvaluateError;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Evaluate {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    clicks: clicks::Clicks,
    #[command(flatten)]
    audit: audit::Audit,
    /// Decides what --tune draws, or which customers --audit-forgetting takes: the same number, the same result.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// How well the next basket is foretold.
    Baskets(baskets::Baskets),
    /// How good recommendations are for those who allow little, are new, or have a rare taste.
    Groups(groups::Groups),
}

pub(super) fn run(wanted: &Evaluate) -> anyhow::Result<()> {
    let done = match &wanted.other {
        Some(Other::Baskets(baskets)) => baskets::run(baskets),
        Some(Other::Groups(groups)) => return groups::run(groups),
        None if wanted.audit.is_wanted() => return audit::run(&wanted.audit, wanted.seed, wanted.json),
        None => clicks::run(&wanted.clicks, wanted.seed, wanted.json),
    };
    done.map_err(|problem| anyhow::anyhow!("{problem} ({})", problem.code()))
}

/// The sessions of a file of clicks, for whoever else asks about them.
pub(super) fn sessions(file: &std::path::Path) -> anyhow::Result<Vec<regie_recommend::evaluate::clicks::Clicks>> {
    clicks::read(file, clicks::Format::Tsv).map_err(|problem| anyhow::anyhow!("{problem} ({})", problem.code()))
}

/// One bar after another, for work that says by name what it does now.
#[derive(Default)]
struct Bars(Option<(&'static str, ProgressBar)>);

impl Bars {
    fn show(&mut self, what: &'static str, done: u64, of: u64) {
        if self.0.as_ref().is_none_or(|(before, _)| *before != what) {
            self.clear();
            self.0 = Some((what, super::bar(what)));
        }
        if let Some((_, bar)) = &self.0 {
            bar.set_length(of);
            bar.set_position(done);
        }
    }

    fn clear(&mut self) {
        if let Some((_, bar)) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// The master key, or why not, with a code.
fn master(folder: &DataFolder) -> anyhow::Result<MasterKey> {
    folder.master().map_err(|e| match e.downcast_ref::<StoreError>() {
        Some(known) => anyhow::anyhow!("{e} ({})", known.code()),
        None => e,
    })
}

/// Nanoseconds from some beginning.
fn clock() -> impl Fn() -> u64 {
    let began = Instant::now();
    move || u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn json(answer: &impl serde::Serialize) -> Result<String, EvaluateError> {
    serde_json::to_string(answer).map_err(|e| EvaluateError::Answer(e.to_string()))
}
