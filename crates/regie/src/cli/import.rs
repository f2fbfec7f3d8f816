//! `regie import catalogue FILE`: the items of a shop, JSON Lines, into a data folder.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Subcommand;
use regie_domain::collection::{is_id, limits::ID_BYTES_MAX};

use super::{DataFolder, bar};
use crate::engine::api::CatalogueItem;
use crate::engine::{Engine, Options};

const CHUNK: usize = 10_000;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Put items of a JSON Lines file into the catalogue.
    Catalogue {
        /// One item a line: `item`, `names`, `department`, `brand`, `price_cents`, `stock`, `image`, `sensitive`, `blocked`.
        file: PathBuf,
        #[command(flatten)]
        folder: DataFolder,
        /// The policy file, where it is not the built-in one.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    let Command::Catalogue { file, folder, policy } = command;
    let items = read(&file)?;
    let policy = match policy {
        Some(file) => std::fs::read_to_string(&file).with_context(|| format!("cannot read the policy {}", file.display()))?,
        None => crate::BUILT_IN_POLICY.to_owned(),
    };
    let master =
        if folder.master_key_file.is_some() { folder.master()? } else { regie_store::MasterKey::load_or_generate_in(&folder.data)? };
    let replay = bar("Reading the log");
    let engine = Engine::start(Options::new(&folder.data, master, policy), &mut |done, of| {
        replay.set_length(of);
        replay.set_position(done);
    })?;
    replay.finish_and_clear();
    let progress = bar("Putting items");
    progress.set_length(items.len() as u64);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for chunk in items.chunks(CHUNK) {
        runtime.block_on(engine.put_catalogue(chunk.to_vec()))?;
        progress.inc(chunk.len() as u64);
    }
    progress.finish_and_clear();
    engine.stop();
    println!("{} items are in the catalogue of {}", items.len(), folder.data.display());
    Ok(())
}

/// Reads every line before the first is put: a broken file changes nothing.
fn read(file: &PathBuf) -> anyhow::Result<Vec<CatalogueItem>> {
    let reader = BufReader::new(std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?);
    let mut items = Vec::new();
    for (number, line) in (1..).zip(reader.lines()) {
        let line = line.with_context(|| format!("{}, line {number}: not UTF-8", file.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        let item: CatalogueItem = serde_json::from_str(&line).with_context(|| format!("{}, line {number}", file.display()))?;
        if !is_id(&item.item) {
            bail!("{}, line {number}: `item` must be 1 to {ID_BYTES_MAX} bytes without control characters", file.display());
        }
        items.push(item);
    }
    Ok(items)
}
