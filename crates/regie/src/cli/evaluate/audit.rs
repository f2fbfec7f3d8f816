//! `regie evaluate --audit-forgetting --data DIR`: forgets customers of a real data folder in memory, and compares with a model built
//! without them. Nothing is written; it may run beside a server.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::super::DataFolder;
use super::{Bars, master, say, table};
use crate::engine::audit::forgetting::{self, Plan};

#[derive(Debug, Args)]
#[command(next_help_heading = "Is forgetting exact?")]
pub(super) struct Audit {
    /// Forget customers of a data folder, in memory, and compare the model and its answers with one built without them. Fails if
    /// anything differs.
    #[arg(long, requires = "data", conflicts_with_all = ["train", "test", "tune"])]
    audit_forgetting: bool,
    /// The data folder; read only, also beside a running server.
    #[arg(long, value_name = "DIR", requires = "audit_forgetting")]
    data: Option<PathBuf>,
    /// The file that holds the master key, where it is not in the data folder.
    #[arg(long, value_name = "FILE", env = "REGIE_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
    /// How many customers are forgotten, one after another.
    #[arg(long, value_name = "N", default_value_t = 100, requires = "audit_forgetting", conflicts_with = "all")]
    customers: usize,
    /// Forget all of them.
    #[arg(long, requires = "audit_forgetting")]
    all: bool,
    /// How often a model is built from the log to compare with, each time as long as a start takes.
    #[arg(long, value_name = "N", default_value_t = 5, requires = "audit_forgetting", value_parser = clap::value_parser!(u16).range(1..))]
    checks: u16,
}

impl Audit {
    pub(super) fn is_wanted(&self) -> bool {
        self.audit_forgetting
    }
}

pub(super) fn run(wanted: &Audit, seed: u64, as_json: bool) -> anyhow::Result<()> {
    let Some(data) = wanted.data.clone() else { return Ok(()) };
    let folder = DataFolder { data, master_key_file: wanted.master_key_file.clone() };
    let customers = if wanted.all { usize::MAX } else { wanted.customers };
    let plan = Plan { customers, checks: wanted.checks.into(), seed };
    let mut bars = Bars::default();
    let found = forgetting::audit(&folder.data, &master(&folder)?, &plan, &mut |what, done, of| bars.show(what, done, of));
    bars.clear();
    let found = found.map_err(|e| anyhow::anyhow!("{e} ({})", e.code()))?;
    say(&if as_json { serde_json::to_string(&found)? } else { table::forgetting(&found) });
    if found.customers == 0 {
        bail!(
            "{}: nobody teaches others, so there is nothing to forget; choose a folder with consents (nothing_to_forget)",
            folder.data.display()
        );
    }
    match (found.exact, found.log_changed) {
        (true, _) => Ok(()),
        (false, true) => bail!("rows were replaced or erased meanwhile; audit again, or beside a stopped server (log_changed)"),
        (false, false) => bail!("forgetting is not exact: what differs stands above (forgetting_inexact)"),
    }
}
