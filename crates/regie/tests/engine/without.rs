//! "As if it had never been": a new folder with the same log, less what a test leaves out.
//!
//! Handles and visits stand in the facts, so they are the same in both; positions, numbers and look-up hashes are not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regie::engine::audit::Audit;
use regie_domain::fact::Fact;
use regie_domain::ids::{Handle, RecordId};
use regie_store::{Batch, MasterKey, Meta, NewRow, SqliteStore, Store};
use tempfile::TempDir;

use super::support::*;

/// A folder with those facts of another one that `stays` keeps, and the same catalogue, policies and tallies.
pub(crate) fn folder_without(dir: &Path, master: &MasterKey, stays: impl Fn(&Meta, &Fact) -> bool) -> TempDir {
    let from = SqliteStore::open_read_only(dir, master).unwrap();
    let new = tempfile::tempdir().unwrap();
    let to = SqliteStore::open(new.path(), master).unwrap();
    let mut batch = Batch::default();
    let mut next_n: BTreeMap<RecordId, u32> = BTreeMap::new();
    for (meta, fact) in facts_on_disk(dir, master).into_iter().filter(|(meta, fact)| stays(meta, fact)) {
        let n = next_n.entry(meta.record).or_default();
        batch.rows.push(NewRow {
            record: meta.record,
            n: *n,
            choice: meta.choice,
            payload: serde_json::to_vec(&fact).unwrap(),
            leaf: None,
        });
        *n += 1;
    }
    batch.new_records = next_n.into_keys().collect();
    let values = (0..4096).map(|bucket| format!("catalogue/{bucket:04}"));
    batch.values = values.filter_map(|name| from.value(&name).unwrap().map(|value| (name, Some(value)))).collect();
    batch.tallies = from.tallies_since(0).unwrap();
    to.append(batch).unwrap();
    new
}

/// An engine on such a folder, at the same moment.
pub(crate) fn world_without(world: &World, dir: &Path, stays: impl Fn(&Meta, &Fact) -> bool) -> World {
    World::on(folder_without(dir, &world.master, stays), world.master.clone(), world.hands.same())
}

/// The ids of the records with these handles.
pub(crate) fn records_of(facts: &[(Meta, Fact)], handles: &[Handle]) -> BTreeSet<RecordId> {
    let opened = facts.iter().filter(|(_, f)| matches!(f, Fact::RecordOpened(o) if handles.contains(&o.handle)));
    opened.map(|(meta, _)| meta.record).collect()
}

/// All handles of a customer.
pub(crate) fn handles_of(audit: &Audit, customer: Handle) -> Vec<Handle> {
    let set = audit.joined.values().find(|set| set.contains(&customer.to_string()));
    set.map_or_else(|| vec![customer], |set| set.iter().map(|h| h.parse().unwrap()).collect())
}

/// The part of an audit that a log without somebody must share: everything that answers others. Places in the log and the list of
/// refused identifiers are left out.
pub(crate) fn of_others(audit: &Audit) -> Audit {
    let none = BTreeMap::new();
    // Where facts lie differs as `records` do; what happened on which day does not.
    let place_left_out = |days: &Vec<String>| days.iter().filter_map(|day| Some(day.rsplit_once(' ')?.0.to_owned())).collect();
    let days = audit.days.iter().map(|(name, days)| (name.clone(), place_left_out(days))).collect();
    Audit { records: none, days, identifiers: BTreeMap::new(), suppressed: BTreeMap::new(), ..audit.clone() }
}
