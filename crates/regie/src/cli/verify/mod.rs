//! `regie verify FILE…` and `regie verify --ledger DIR`: checks receipts, checkpoints and whole logs, without asking anybody.
//!
//! Says each thing it checked. Invariant: success means that everything that was handed in was checked and held; what could not be
//! compared is said. Needs no running server, and a master key only for `--facts`: whoever has the files can do it.

mod facts;
mod files;
mod told;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use regie_domain::ids::Handle;
use regie_domain::ledger::checkpoint::{Checkpoint, VerifierKey};
use regie_store::MasterKey;
use regie_store::ledger::{Audited, FolderLeaves, RowsBehind, audit};

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
    /// With the master key: open every fact of the data folder, too, and hold it against its leaf.
    #[arg(long, requires = "ledger")]
    facts: bool,
    /// The file that holds the master key, where it is not in the data folder.
    #[arg(long, value_name = "FILE", env = "REGIE_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
    /// The customer whom every receipt must be about. Named more than once: one of these, as after a join with an earlier number.
    #[arg(long, value_name = "c_…")]
    customer: Vec<Handle>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// A leaf that a receipt proves.
struct Proved {
    from: String,
    /// The file of the list that the receipt is of.
    list: Option<String>,
    leaf: [u8; 32],
    index: u64,
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
        if let Input::Receipt { name, text, list } = input {
            let found = told.receipt(name, text, pinned.as_ref(), &wanted.customer);
            seen.extend(found.as_ref().map(|(checkpoint, key, _)| Seen {
                from: name.clone(),
                checkpoint: checkpoint.clone(),
                key: key.clone(),
            }));
            leaves.extend(found.map(|(.., (leaf, index))| Proved { from: name.clone(), list: list.clone(), leaf, index }));
        }
    }
    let log = wanted.ledger.as_ref().and_then(|dir| told.log(dir, pinned.as_ref()));
    if let (Some(dir), true) = (&wanted.ledger, wanted.facts) {
        let master = master(dir, wanted.master_key_file.as_deref())?;
        told.facts(dir, &master);
    }
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

fn master(dir: &Path, file: Option<&Path>) -> anyhow::Result<MasterKey> {
    Ok(match file {
        Some(file) => MasterKey::from_file(file)?,
        None => MasterKey::load(dir)?,
    })
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
fn compare(told: &mut Told, seen: &[Seen], leaves: &[Proved], log: Option<&Audited>) {
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
    for (at, one) in leaves.iter().enumerate() {
        for other in &leaves[..at] {
            let (name, theirs) = (&one.from, &other.from);
            let listed = one.list.is_some() && one.list == other.list;
            if one.leaf == other.leaf && listed {
                told.part(name).fails("list", "receipt_repeated", &format!("the list has it already as {theirs}"));
            } else if one.leaf == other.leaf {
                told.part("together").notes(&format!("{name} and {theirs} are receipts of the same choice: they prove it once"));
            } else if one.index == other.index {
                told.part("together").fails("one story", "ledger_forked", &format!("{name} and {theirs} claim the same place in the log"));
            }
        }
        if let Some(before) = leaves[..at].last().filter(|before| one.list.is_some() && one.list == before.list && one.index > before.index)
        {
            let why = format!("it is newer than {}: a list has the newest first, so it was put into another order", before.from);
            told.part(&one.from).fails("list", "receipts_reordered", &why);
        }
    }
    for list in leaves.iter().filter_map(|one| one.list.as_deref()).collect::<std::collections::BTreeSet<_>>() {
        told.part(list).notes("whether a list is complete, and whose it says it is, is not signed: each receipt was checked by itself");
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
    fn log(&mut self, dir: &Path, pinned: Option<&VerifierKey>) -> Option<Audited> {
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
                self.rows(dir);
                Some(log)
            }
            Err(e) => {
                part.fails("log", e.code(), &e.to_string());
                None
            }
        }
    }

    /// Checks that the rows behind a data folder's leaves are there and in their order.
    fn rows(&mut self, dir: &Path) {
        let Some(leaves) = FolderLeaves::of(dir) else { return };
        let mut part = self.part(&dir.display().to_string());
        match leaves.rows_behind() {
            Ok(RowsBehind { placed, hollow }) => {
                part.holds("rows", &format!("{placed} leaves have their rows, in the same order; {hollow} of these were erased"));
            }
            Err(e) => part.fails("rows", e.code(), &e.to_string()),
        }
    }

    /// Opens every fact, and holds it against its leaf.
    fn facts(&mut self, dir: &Path, master: &MasterKey) {
        let progress = bar("Opening the facts");
        let done = FolderLeaves::of(dir).map(|leaves| {
            facts::check(dir, leaves, master, &|done, of| {
                progress.set_length(of);
                progress.set_position(done);
            })
        });
        progress.finish_and_clear();
        let mut part = self.part(&dir.display().to_string());
        match done {
            None => part.fails("facts", "facts_missing", "--facts needs a data folder: this has leaves alone"),
            Some(Ok(found)) => {
                let (rows, committed) = (found.rows, found.committed);
                part.holds(
                    "facts",
                    &format!("{rows} facts open, none was emptied or moved, and {committed} are what their leaves commit to"),
                );
            }
            Some(Err(e)) => part.fails("facts", e.code(), &e.to_string()),
        }
    }
}
