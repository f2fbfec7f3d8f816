//! Whom the suppression list names, and which of their messages are known, kept where an older `facts.db` cannot undo it (rule 13).
//!
//! Invariant: after a start, whoever was erased and has no key any more is on the list, whichever of the backups `facts.db` is. Each entry is
//! noted with the keys, in the commit that destroys them; what either side lacks is put there at the start.

use std::collections::{HashMap, HashSet};

use regie_domain::fact::{Fact, IdentifierSuppressed, MessagesSeen};
use regie_domain::time::Time;
use regie_store::{SqliteStore, Store};

use super::error::EngineError;
use super::rules::Rules;
use super::start::note;
use super::views::Views;
use super::views::seen;

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

/// Forgets the notes whose term is over. O(notes).
pub(super) fn forget_over(store: &SqliteStore, now: Time) -> Result<(), EngineError> {
    let over: Vec<u64> = read(store)?.into_iter().filter(|(_, fact)| is_over(fact, now)).map(|(number, _)| number).collect();
    Ok(store.change_notes(&[], &over)?)
}

/// Is what a note says said no more?
fn is_over(noted: &Fact, now: Time) -> bool {
    match noted {
        Fact::IdentifierSuppressed(entry) => entry.until <= now,
        Fact::MessagesSeen(seen) => seen::is_over(seen, now),
        _ => true,
    }
}

/// Puts on the list, and among the messages that are known, what only the notes say, and notes what only the facts say. Notes whose term is over go. O(list).
pub(super) fn suppressed(store: &SqliteStore, rules: &Rules, views: &mut Views, now: Time) -> Result<(), EngineError> {
    let (mut noted, mut messages, mut over) = (Vec::new(), Vec::new(), Vec::new());
    for (number, fact) in read(store)? {
        match fact {
            fact if is_over(&fact, now) => over.push(number),
            Fact::IdentifierSuppressed(entry) => noted.push(entry),
            Fact::MessagesSeen(seen) => messages.push(seen),
            _ => {}
        }
    }
    // Erased again since, an identifier is on the list with the later moment.
    let is_listed = |entry: &IdentifierSuppressed| views.suppression.erased_at(&entry.hash).is_some_and(|at| at >= entry.at);
    let mut missing: Vec<Fact> = noted.iter().filter(|entry| !is_listed(entry)).cloned().map(Fact::IdentifierSuppressed).collect();
    let refused_again = missing.len();
    let named = |seen: &MessagesSeen| (seen.at, seen.messages.first().copied());
    let known: HashSet<_> = views.seen.iter().map(named).collect();
    missing.extend(messages.iter().filter(|seen| !known.contains(&named(seen))).cloned().map(Fact::MessagesSeen));
    let mut noted_at: HashMap<&str, Time> = HashMap::with_capacity(noted.len());
    for entry in &noted {
        noted_at.entry(&entry.hash).and_modify(|at| *at = entry.at.max(*at)).or_insert(entry.at);
    }
    let is_noted = |hash: &str, at: Time| noted_at.get(hash).is_some_and(|noted| *noted >= at);
    let entry = |(hash, s): (&str, &super::views::suppression::Suppressed)| IdentifierSuppressed {
        hash: hash.to_owned(),
        at: s.at,
        last: s.last,
        until: s.until,
        objected: s.objected.clone(),
    };
    let unnoted = views.suppression.iter().filter(|(hash, s)| s.until > now && !is_noted(hash, s.at)).map(entry);
    let messages: HashSet<_> = messages.iter().map(named).collect();
    let is_unnoted = |seen: &&MessagesSeen| !seen.messages.is_empty() && !seen::is_over(seen, now) && !messages.contains(&named(seen));
    let unnoted: Vec<Fact> =
        unnoted.map(Fact::IdentifierSuppressed).chain(views.seen.iter().filter(is_unnoted).cloned().map(Fact::MessagesSeen)).collect();
    store.change_notes(&notes(unnoted.iter())?, &over)?;
    if missing.is_empty() {
        return Ok(());
    }
    tracing::warn!(entries = refused_again, "facts.db is older than the keys: who was erased since is refused again");
    note(store, rules, views, missing)
}
