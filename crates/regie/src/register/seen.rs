//! What a data folder really shows: of which kinds data are kept and from where, what was used for what, to whom it went.
//!
//! Reads the whole log once, and the journal for uses that are in no fact yet; changes nothing, also beside a running server: O(facts).
//! Invariant: each use is counted once. Counts only: no customer is named or told apart.

use std::collections::BTreeMap;
use std::path::Path;

use regie_domain::collection;
use regie_domain::fact::Fact;
use regie_domain::ids::RecordId;
use regie_domain::time::Time;
use regie_store::journal::Outcome;
use regie_store::{Meta, SqliteStore, Store};
use serde::Serialize;

use crate::engine::{EngineError, not_folded};

/// Of one kind of data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// How many events, values, identifiers, choices or accounts of them.
    pub count: u64,
    /// When the newest was recorded.
    pub newest: Option<Time>,
    /// From which sources, and how many of each.
    pub sources: BTreeMap<String, u64>,
}

/// How often something was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Used {
    /// It happened; disclosures are among it.
    pub allowed: u64,
    /// It was asked and refused.
    pub denied: u64,
    /// Of what happened: one by one, to somebody outside.
    pub disclosed: u64,
}

impl Used {
    fn add(&mut self, allowed: bool, count: u64) {
        let sum = if allowed { &mut self.allowed } else { &mut self.denied };
        *sum += count;
    }
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Facts that were read.
    pub facts: u64,
    /// Records of customers, each an identifier that was unknown when it arrived.
    pub records: u64,
    /// By category.
    pub kept: BTreeMap<String, Kept>,
    /// By purpose, category and recipient.
    #[serde(skip)]
    pub used: BTreeMap<(String, String, String), Used>,
    /// The text of the policy that was adopted last.
    #[serde(skip)]
    pub policy: Option<String>,
}

impl Seen {
    /// Reads a folder with its store.
    ///
    /// # Errors
    /// Those of the store and the journal; [`EngineError::FactUnreadable`].
    pub fn read(data: &Path, store: &SqliteStore, progress: &mut dyn FnMut(u64, u64)) -> Result<Seen, EngineError> {
        let mut seen = Seen::default();
        let (head, not_folded) = not_folded(data, store)?;
        for u in &not_folded {
            let what = (u.purpose.to_string(), u.category.to_string(), u.recipient.to_string());
            seen.used.entry(what).or_default().add(u.outcome == Outcome::Allowed, u.count);
        }
        let decode = |meta: &Meta, payload: &[u8]| {
            serde_json::from_slice::<Fact>(payload).map_err(|e| EngineError::FactUnreadable {
                position: meta.position,
                why: format!("{:?} error in column {}", e.classify(), e.column()),
            })
        };
        let note = |meta: Meta, fact: Fact| {
            // What is folded meanwhile is counted above.
            if meta.position <= head {
                seen.note(meta.record, fact);
            }
            Ok(())
        };
        store.replay(1, decode, note, progress)?;
        Ok(seen)
    }

    /// How often this was used, over all that `is` picks.
    pub fn used(&self, is: impl Fn(&str, &str, &str) -> bool) -> Used {
        self.used.iter().filter(|((p, c, r), _)| is(p, c, r)).fold(Used::default(), |sum, (_, used)| Used {
            allowed: sum.allowed + used.allowed,
            denied: sum.denied + used.denied,
            disclosed: sum.disclosed + used.disclosed,
        })
    }

    fn note(&mut self, record: RecordId, fact: Fact) {
        self.facts += 1;
        let at = fact.recorded_at();
        for (category, source) in collection::categories_of(&fact) {
            self.keep(category, source, at);
        }
        match fact {
            Fact::RecordOpened(_) => self.records += u64::from(record != RecordId::RETAILER),
            Fact::UsesSummed(f) => {
                for u in f.uses {
                    self.used.entry((u.purpose, u.category, u.recipient)).or_default().add(u.allowed, u.count.into());
                }
            }
            Fact::Disclosed(f) => {
                for category in f.categories {
                    let sum = self.used.entry((f.purpose.clone(), category, f.recipient.clone())).or_default();
                    sum.allowed += 1;
                    sum.disclosed += 1;
                }
            }
            Fact::PolicyAdopted(f) => self.policy = Some(f.text),
            // What they keep is counted above, by a table of all kinds of facts; they use nothing: a preview is among the uses of its day.
            _ => {}
        }
    }

    fn keep(&mut self, category: &str, source: &str, at: Option<Time>) {
        let kept = self.kept.entry(category.to_owned()).or_default();
        kept.count += 1;
        kept.newest = kept.newest.max(at);
        if !source.is_empty() {
            *kept.sources.entry(source.to_owned()).or_default() += 1;
        }
    }
}
