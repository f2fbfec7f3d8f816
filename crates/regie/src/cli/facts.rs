//! `regie facts CUSTOMER --data DIR [--raw]`: what is on disk about a customer. Reads only, in slices, also beside a server.
//!
//! There is no index by customer on disk, so this reads the whole log once or twice: O(facts).

use std::collections::HashSet;

use anyhow::{Context, bail};
use clap::Args;
use regie_domain::fact::{Fact, Identifier, IdentifierKind};
use regie_domain::ids::{Handle, RecordId};
use regie_store::{RawRow, SqliteStore, Store};
use serde_json::json;

use super::{DataFolder, bar};
use crate::engine::hex;

#[derive(Debug, Args)]
pub(super) struct Facts {
    /// The customer: `c_…`, or `user:ID` or `anonymous:ID` in the id space given.
    customer: String,
    #[command(flatten)]
    folder: DataFolder,
    /// Whose numbering a `user:` or `anonymous:` id is.
    #[arg(long, default_value = "shop")]
    id_space: String,
    /// Show rows as they lie on disk: record id, n, revision and the sealed bytes in hex; and the wrapped keys.
    #[arg(long)]
    raw: bool,
}

pub(super) fn run(wanted: &Facts) -> anyhow::Result<()> {
    let store = SqliteStore::open_read_only(&wanted.folder.data, &wanted.folder.master()?)?;
    let records = records_of(&store, wanted)?;
    if records.is_empty() {
        bail!("nothing is on disk about this customer");
    }
    if wanted.raw {
        for record in &records {
            let wrapped = store.wrapped_key(*record)?.map(|key| hex(&key));
            println!("{}", json!({"record": hex(&record.0), "wrapped_key": wrapped}));
        }
    }
    let mut failed = None;
    store.scan_raw(1, |row| {
        if records.contains(&row.meta.record) {
            match show(&store, &row, wanted.raw) {
                Ok(Some(line)) => println!("{line}"),
                Ok(None) => {}
                Err(e) => failed = Some(e),
            }
        }
        failed.is_none()
    })?;
    failed.map_or(Ok(()), Err)
}

/// A row as one line; `None` if it was erased meanwhile.
fn show(store: &SqliteStore, row: &RawRow, raw: bool) -> anyhow::Result<Option<String>> {
    let meta = row.meta;
    let mut line = json!({"position": meta.position, "n": meta.n, "revision": meta.revision, "choice": meta.choice});
    if raw {
        line["record"] = json!(hex(&meta.record.0));
        line["sealed"] = json!(hex(&row.sealed));
    } else {
        let Some(payload) = store.unseal(row)? else { return Ok(None) };
        line["fact"] = serde_json::from_slice(&payload)
            .with_context(|| format!("the fact at position {} is not one this version can read", meta.position))?;
    }
    Ok(Some(line.to_string()))
}

/// The records that are this customer: the ones it names, and those joined with them.
fn records_of(store: &SqliteStore, wanted: &Facts) -> anyhow::Result<HashSet<RecordId>> {
    let looks_for = parse(wanted)?;
    let mut handles: Vec<(Handle, RecordId)> = Vec::new();
    let mut joins: Vec<(RecordId, Handle)> = Vec::new();
    let mut found: HashSet<RecordId> = HashSet::new();
    let head = store.head()?;
    let progress = bar("Looking for the customer");
    progress.set_length(head);
    let mut failed = None;
    store.scan_raw(1, |row| {
        progress.set_position(row.meta.position);
        // A record begins with its first fact; joins are choices.
        if row.meta.n > 0 && !row.meta.choice {
            return true;
        }
        match store.unseal(&row).map(|payload| payload.and_then(|payload| serde_json::from_slice(&payload).ok())) {
            Ok(Some(Fact::RecordOpened(opened))) => {
                handles.push((opened.handle, row.meta.record));
                let is = match &looks_for {
                    LooksFor::Handle(handle) => *handle == opened.handle,
                    LooksFor::Identifier(identifier) => *identifier == opened.identifier,
                };
                if is {
                    found.insert(row.meta.record);
                }
            }
            Ok(Some(Fact::RecordJoined(joined))) => joins.push((row.meta.record, joined.other)),
            Ok(_) => {}
            Err(e) => failed = Some(e),
        }
        failed.is_none()
    })?;
    progress.finish_and_clear();
    if let Some(e) = failed {
        return Err(e.into());
    }
    let edges: Vec<(RecordId, RecordId)> =
        joins.iter().filter_map(|(record, other)| handles.iter().find(|(h, _)| h == other).map(|(_, r)| (*record, *r))).collect();
    loop {
        let more: Vec<RecordId> = edges
            .iter()
            .flat_map(|(a, b)| [(*a, *b), (*b, *a)])
            .filter(|(a, b)| found.contains(a) && !found.contains(b))
            .map(|(_, b)| b)
            .collect();
        if more.is_empty() {
            return Ok(found);
        }
        found.extend(more);
    }
}

enum LooksFor {
    Handle(Handle),
    Identifier(Identifier),
}

fn parse(wanted: &Facts) -> anyhow::Result<LooksFor> {
    let kinds = [("user:", IdentifierKind::User), ("anonymous:", IdentifierKind::Anonymous)];
    for (prefix, kind) in kinds {
        if let Some(value) = wanted.customer.strip_prefix(prefix) {
            return Ok(LooksFor::Identifier(Identifier { space: wanted.id_space.clone(), kind, value: value.to_owned() }));
        }
    }
    let handle = wanted.customer.parse().with_context(|| "name the customer as c_…, user:ID or anonymous:ID")?;
    Ok(LooksFor::Handle(handle))
}
