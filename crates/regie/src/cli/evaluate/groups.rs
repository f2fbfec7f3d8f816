//! `regie evaluate groups --data DIR`: does somebody who allows little, is new, or likes what few like, get a good list too?

use anyhow::bail;
use clap::Args;

use super::super::DataFolder;
use super::{Bars, master, say, table};
use crate::engine::audit::groups;

#[derive(Debug, Args)]
pub(super) struct Groups {
    #[command(flatten)]
    folder: DataFolder,
    /// How many customers are asked about, at most.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    customers: usize,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(wanted: &Groups) -> anyhow::Result<()> {
    let mut bars = Bars::default();
    let show = &mut |what, done, of| bars.show(what, done, of);
    let measured = groups::measure(&wanted.folder.data, &master(&wanted.folder)?, wanted.customers, show);
    bars.clear();
    let measured = measured.map_err(|e| anyhow::anyhow!("{e} ({})", e.code()))?;
    say(&if wanted.json { serde_json::json!({"groups": measured}).to_string() } else { table::groups(&measured) });
    if measured.iter().all(|group| group.asked == 0) {
        bail!(
            "{}: nobody with two visits lets recommendations use them; choose a folder with consents (nobody_to_ask)",
            wanted.folder.data.display()
        );
    }
    if measured.iter().any(|group| group.broken > 0) {
        bail!("somebody gets an empty or broken list: see the table (list_broken)");
    }
    Ok(())
}
