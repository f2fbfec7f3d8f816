//! Whom the suppression list names, and which of their messages are known, kept where an older `facts.db` cannot undo it (rule 13).
//!
//! Invariant: after a start, whoever was erased and has no key any more is on the list, whichever of the backups `facts.db` is. Each entry is
//! noted with the keys, in the commit that destroys them; what either side lacks is put there at the start.

use std::collections::HashMap;

use regie_domain::fact::{Fact, IdentifierSuppressed};
use regie_domain::time::Time;
use regie_store::{SqliteStore, Store};

use super::error::EngineError;
use super::rules::Rules;
use super::start::note;
use super::views::Views;
use super::views::duplicates::REMEMBERED_SECONDS;

/// The notes for an erasure that writes these facts.
pub(super) fn notes<'f>(facts: impl Iterator<Item = &'f Fact>) -> Result<Vec<Vec<u8>>, EngineError> {
    let noted = facts.filter(|fact| matches!(fact, Fact::IdentifierSuppressed(_) | Fact::MessagesSeen(_)));
    noted.map(|fact| serde_json::to_vec(fact).map_err(|_| EngineError::Broken)).collect()
}

/// Opens every note, as a start does. O(notes).
pub(crate) fn check(store: &SqliteStore) -> Result<(), EngineError> {
    read(store).map(drop)
}

fn read(store: &SqliteStore) -> Result<Vec<(u64, Fact)>, EngineError> {
    // At first only one kind was noted, without saying so.
    let older = |text: &[u8]| serde_json::from_slice(text).map(Fact::IdentifierSuppressed);
    let fact = |text: &[u8]| serde_json::from_slice(text).or_else(|_| older(text)).map_err(|_| EngineError::Broken);
    store.notes()?.into_iter().map(|(number, text)| Ok((number, fact(&text)?))).collect()
}

/// Puts on the list what only the notes say, and notes what only the list says. Notes whose term is over go. O(list).
pub(super) fn suppressed(store: &SqliteStore, rules: &Rules, views: &mut Views, now: Time) -> Result<(), EngineError> {
    let (mut noted, mut messages, mut over) = (Vec::new(), Vec::new(), Vec::new());
    for (number, fact) in read(store)? {
        match fact {
            Fact::IdentifierSuppressed(entry) if entry.until > now => noted.push(entry),
            Fact::MessagesSeen(seen) if seen.at.plus_seconds(REMEMBERED_SECONDS) >= now => messages.push(seen),
            _ => over.push(number),
        }
    }
    // Erased again since, an identifier is on the list with the later moment.
    let is_listed = |entry: &IdentifierSuppressed| views.suppression.erased_at(&entry.hash).is_some_and(|at| at >= entry.at);
    let mut missing: Vec<Fact> = noted.iter().filter(|entry| !is_listed(entry)).cloned().map(Fact::IdentifierSuppressed).collect();
    missing.extend(messages.into_iter().filter(|seen| !views.duplicates.has_rowless(seen.at)).map(Fact::MessagesSeen));
    let mut noted_at: HashMap<&str, Time> = HashMap::with_capacity(noted.len());
    for entry in &noted {
        noted_at.entry(&entry.hash).and_modify(|at| *at = entry.at.max(*at)).or_insert(entry.at);
    }
    let is_noted = |hash: &str, at: Time| noted_at.get(hash).is_some_and(|noted| *noted >= at);
    let entry = |(hash, s): (&str, &super::views::suppression::Suppressed)| IdentifierSuppressed {
        hash: hash.to_owned(),
        at: s.at,
        until: s.until,
        objected: s.objected.clone(),
    };
    let unnoted = views.suppression.iter().filter(|(hash, s)| s.until > now && !is_noted(hash, s.at)).map(entry);
    let unnoted: Vec<Fact> = unnoted.map(Fact::IdentifierSuppressed).collect();
    store.change_notes(&notes(unnoted.iter())?, &over)?;
    if missing.is_empty() {
        return Ok(());
    }
    tracing::warn!(entries = missing.len(), "facts.db is older than the keys: who was erased since is refused again");
    note(store, rules, views, missing)
}
