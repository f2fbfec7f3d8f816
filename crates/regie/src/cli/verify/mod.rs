//! `regie verify FILE…` and `regie verify --ledger DIR`: checks receipts, checkpoints and whole logs, without asking anybody.
//!
//! Says each thing it checked. Invariant: success means that everything that was handed in was checked and held; what could not be
//! compared is said. Needs no master key and no running server: whoever has the files can do it.

mod files;
mod told;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use regie_domain::ids::Handle;
use regie_domain::ledger::checkpoint::{Checkpoint, VerifierKey};
use regie_store::ledger::{Audited, audit};

use super::bar;
use files::{Input, read};
use told::Told;

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Receipts (JSON, as downloaded or as the API lists them) and checkpoints.
    #[arg(required_unless_present = "ledger", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The retailer's public key, as its server shows it at /ledger-key, or a file with it. Without it a receipt's own word is taken.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Check a whole log: a data folder, or a copy of a server's `checkpoint` and `tile/`. Every receipt and checkpoint handed in must be
    /// of this log.
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,
    /// The customer whom every receipt must be about.
    #[arg(long, value_name = "c_…")]
    customer: Option<Handle>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// A head that was found somewhere.
struct Seen {
    from: String,
    checkpoint: Checkpoint,
    key: VerifierKey,
}

pub(super) fn run(wanted: &Verify) -> anyhow::Result<()> {
    let pinned = wanted.key.as_deref().map(key_of).transpose()?;
    let mut told = Told::default();
    let mut inputs = Vec::new();
    for file in &wanted.files {
        match read(file) {
            Ok(more) => inputs.extend(more),
            Err(why) => told.part(&file.display().to_string()).fails("readable", why.code, &why.sentence),
        }
    }
    let mut seen = Vec::new();
    let mut leaves = Vec::new();
    for input in &inputs {
        if let Input::Receipt { name, text } = input {
            let found = told.receipt(name, text, pinned.as_ref(), wanted.customer);
            seen.extend(found.as_ref().map(|(checkpoint, key, _)| Seen {
                from: name.clone(),
                checkpoint: checkpoint.clone(),
                key: key.clone(),
            }));
            leaves.extend(found.map(|(.., leaf)| (name.clone(), leaf)));
        }
    }
    let log = wanted.ledger.as_ref().map(|dir| told.log(dir, pinned.as_ref())).and_then(|log| log);
    let known = pinned.clone().or_else(|| log.as_ref().map(|log| log.key.clone())).or_else(|| seen.first().map(|s| s.key.clone()));
    for input in &inputs {
        if let Input::Note { name, text } = input {
            let checkpoint = told.checkpoint(name, text, known.as_ref(), pinned.is_some());
            seen.extend(checkpoint.zip(known.clone()).map(|(checkpoint, key)| Seen { from: name.clone(), checkpoint, key }));
        }
    }
    compare(&mut told, &seen, &leaves, log.as_ref());
    told.say(wanted.json);
    match told.failures() {
        0 => Ok(()),
        1 => bail!("one thing does not hold: see ✗ above"),
        more => bail!("{more} things do not hold: see ✗ above"),
    }
}

fn key_of(given: &str) -> anyhow::Result<VerifierKey> {
    let text = if given.contains('+') {
        given.to_owned()
    } else {
        std::fs::read_to_string(given).with_context(|| format!("no key in {given}"))?
    };
    VerifierKey::parse(&text).with_context(|| format!("`--key {given}` is not usable"))
}

/// Holds everything against everything: heads of one size, leaves of one number, and all of it against the log.
fn compare(told: &mut Told, seen: &[Seen], leaves: &[(String, ([u8; 32], u64))], log: Option<&Audited>) {
    for (at, later) in seen.iter().enumerate() {
        for earlier in &seen[..at] {
            let (a, b) = (&earlier.checkpoint, &later.checkpoint);
            if earlier.key == later.key && a.size == b.size && a.root != b.root {
                let sentence =
                    format!("{} has another root for {} leaves than {}: the log told two stories", later.from, b.size, earlier.from);
                told.part("together").fails("one story", "ledger_forked", &sentence);
            }
        }
    }
    for (at, (name, (leaf, index))) in leaves.iter().enumerate() {
        for (other, (their_leaf, their_index)) in &leaves[..at] {
            if leaf == their_leaf {
                told.part("together").notes(&format!("{name} and {other} are receipts of the same choice: they prove it once"));
            } else if index == their_index {
                told.part("together").fails("one story", "ledger_forked", &format!("{name} and {other} claim the same place in the log"));
            }
        }
    }
    match log {
        Some(log) => {
            for one in seen {
                let mut part = told.part(&one.from);
                if one.key != log.key {
                    part.fails(
                        "log",
                        "receipt_other_key",
                        &format!("it is signed by {} and the log by {}", one.key.short(), log.key.short()),
                    );
                    continue;
                }
                match log.extends(&one.checkpoint) {
                    Ok(()) => part.holds("log", &format!("the log of {} leaves extends its {}", log.checkpoint.size, one.checkpoint.size)),
                    Err(e) => part.fails("log", e.code(), &e.to_string()),
                }
            }
        }
        None => {
            let sizes: std::collections::BTreeSet<u64> = seen.iter().map(|s| s.checkpoint.size).collect();
            if sizes.len() > 1 {
                let sizes: Vec<String> = sizes.iter().map(u64::to_string).collect();
                told.part("together").notes(&format!(
                    "heads of {} leaves were not compared: with --ledger DIR it is checked that each extends the one before",
                    sizes.join(", ")
                ));
            }
        }
    }
}

impl Told {
    /// Checks a whole log; `None` if it does not hold.
    fn log(&mut self, dir: &std::path::Path, pinned: Option<&VerifierKey>) -> Option<Audited> {
        let progress = bar("Checking the log");
        let done = audit(dir, pinned, &|done, of| {
            progress.set_length(of);
            progress.set_position(done);
        });
        progress.finish_and_clear();
        let mut part = self.part(&dir.display().to_string());
        match done {
            Ok(log) => {
                part.key(&log.key, log.pinned, "the log's own folder");
                part.holds("checkpoint", &format!("a head of {} leaves, signed with this key", log.checkpoint.size));
                match log.leaves {
                    Some(leaves) => {
                        part.holds("leaves", &format!("{} leaves lead to its root", log.checkpoint.size));
                        if leaves > log.checkpoint.size {
                            part.notes(&format!("{} more leaves are not published yet", leaves - log.checkpoint.size));
                        }
                    }
                    None => part.notes("there are no entries to compare: the tiles alone were checked"),
                }
                part.holds("tiles", "every tile has the hashes that the tree has");
                Some(log)
            }
            Err(e) => {
                part.fails("log", e.code(), &e.to_string());
                None
            }
        }
    }
}
