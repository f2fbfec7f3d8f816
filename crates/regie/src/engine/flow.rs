//! Where a customer's data go: from which source, which kind, for which purpose, to whom, how often in the last thirty days.
//!
//! Invariant: a way is shown if it was used, was denied, or may be used now for something that is kept; what is neither is left out.
//! From memory, but for the rows of the last thirty days of uses and disclosures. Left out: how a picture looks.

use std::collections::{BTreeMap, BTreeSet};

use regie_domain::collection;
use regie_domain::consent::{PurposeState, State};
use regie_domain::fact::{Fact, Ground, IdentifierKind};
use regie_domain::ids::Handle;
use regie_domain::information::CATEGORY;
use regie_domain::policy::{Basis, Retention};

use super::Engine;
use super::error::EngineError;
use super::views::days::What;

/// Over how many days uses are counted.
pub const DAYS: u32 = 30;

/// One way that data take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Is anything of the category kept?
    pub kept: bool,
    /// Where the kind of data comes from: ids of sources, the busiest first. Empty for what is kept: from the customer.
    pub sources: Vec<String>,
    /// The category's id.
    pub category: String,
    /// The purpose's id.
    pub purpose: String,
    /// The recipient's id.
    pub recipient: String,
    /// The purpose's ground in the policy in force; `None` where it does not know the purpose any more.
    pub ground: Option<Ground>,
    /// How often in the last [`DAYS`] days.
    pub allowed: u64,
    /// How often it was denied in that time.
    pub denied: u64,
    /// May it happen now?
    pub open: bool,
}

type Key = (String, String, String);

impl Engine {
    /// Every way that the customer's data took in the last [`DAYS`] days or may take now: the most used first, then what was denied,
    /// then what may happen and did not, by the policy's order. Reads the disk: O(the last days of use, attributes).
    ///
    /// # Errors
    /// As [`Engine::uses`].
    pub fn ways(&self, customer: Handle) -> Result<Vec<Way>, EngineError> {
        let policy = &self.shared.rules.policy;
        let states = self.states(customer)?;
        let today = u32::try_from(self.now().seconds().div_euclid(86_400)).unwrap_or(0);
        let mut counts: BTreeMap<Key, (u64, u64)> = BTreeMap::new();
        for used in self.uses_since(customer, today.saturating_sub(DAYS - 1))?.into_iter().flat_map(|day| day.uses) {
            let sums = counts.entry((used.category, used.purpose, used.recipient)).or_default();
            let sum = if used.allowed { &mut sums.0 } else { &mut sums.1 };
            *sum += u64::from(used.count);
        }
        let mut kept = self.kept_from(customer)?;
        let told = self.information(customer)?;
        if !told.is_empty() {
            // What was told is its own permission, whatever the purpose's is; it comes from the customer.
            kept.insert(CATEGORY.into(), Vec::new());
        }
        for (told, recipient) in told.iter().flat_map(|told| told.recipients.iter().map(move |recipient| (told, recipient))) {
            counts.entry((CATEGORY.into(), told.purpose.clone(), recipient.clone())).or_default();
        }
        let is_told =
            |category: &str, purpose: &str| category == CATEGORY && told.iter().any(|t| t.purpose == purpose && t.state == "in_use");
        for (category, purpose) in states.iter().filter(|s| is_open(s)).flat_map(|s| {
            let purpose = policy.at(s.purpose);
            let keeps = |c: usize| matches!(purpose.retention.get(c), Some(Some(r)) if *r != Retention::None);
            let covered = s.cover.categories.iter().map(|c| usize::from(c.0)).filter(move |c| keeps(*c));
            covered.filter_map(|c| policy.categories.get(c)).map(|c| (c.id.clone(), purpose.id.clone()))
        }) {
            if kept.contains_key(&category) && !counts.keys().any(|(c, p, _)| *c == category && *p == purpose) {
                let recipient = policy.recipients.first().map(|r| r.id.clone()).unwrap_or_default();
                counts.insert((category, purpose, recipient), (0, 0));
            }
        }
        let mut ways: Vec<(u8, Way)> = counts
            .into_iter()
            .map(|((category, purpose, recipient), (allowed, denied))| {
                let ix = policy.purpose(&purpose);
                let state = ix.and_then(|ix| states.iter().find(|s| s.purpose == ix));
                let open = is_told(&category, &purpose)
                    || state.is_some_and(|s| is_open(s) && policy.category(&category).is_some_and(|c| s.cover.categories.has(c)));
                let is_kept = kept.contains_key(&category);
                let sources = kept.get(&category).cloned().unwrap_or_default();
                let ground = ix.map(|ix| policy.at(ix).basis.into());
                (ix.map_or(u8::MAX, |ix| ix.0), Way { kept: is_kept, sources, category, purpose, recipient, ground, allowed, denied, open })
            })
            .collect();
        let ground = |way: &Way| match way.ground {
            Some(Ground::Consent) => 0,
            Some(Ground::Contract) => 1,
            Some(Ground::LegitimateInterest) => 2,
            Some(Ground::LegalObligation) => 3,
            None => 4,
        };
        ways.sort_by_key(|(ix, way)| (std::cmp::Reverse((way.allowed, way.denied)), ground(way), *ix));
        Ok(ways.into_iter().map(|(_, way)| way).collect())
    }

    /// The categories of which something is kept, each with the sources it came from, the busiest first.
    fn kept_from(&self, customer: Handle) -> Result<BTreeMap<String, Vec<String>>, EngineError> {
        let policy = &self.shared.rules.policy;
        let (days, positions) = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            (views.days(record), views.noted(record, |what| matches!(what, What::Opened | What::Linked | What::Provided)))
        };
        let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
        let mut choices = false;
        for entry in &days {
            match entry.what {
                What::Event(name) => {
                    let source = entry.source.and_then(|s| policy.sources.get(usize::from(s))).map_or("", |s| s.id.as_str());
                    *counts.entry(collection::plan::essential_category(name)).or_default().entry(source).or_default() +=
                        u64::from(entry.count);
                }
                What::Chosen | What::Consenter => choices = true,
                _ => {}
            }
        }
        let facts: Vec<Fact> = self.shared.facts_at(&positions)?.into_iter().map(|(_, fact)| fact).collect();
        for fact in &facts {
            let by_identifier = |kind: IdentifierKind| if kind == IdentifierKind::User { "account" } else { "device" };
            let (source, categories): (&str, BTreeSet<&str>) = match fact {
                Fact::RecordOpened(f) => (&f.source, BTreeSet::from([by_identifier(f.identifier.kind)])),
                Fact::IdentifierLinked(f) => (&f.source, BTreeSet::from([by_identifier(f.identifier.kind)])),
                Fact::AttributesProvided(f) => {
                    (&f.source, f.values.iter().filter_map(|(name, _)| Some(collection::attribute_kind(name)?.category)).collect())
                }
                _ => continue,
            };
            for category in categories {
                *counts.entry(category).or_default().entry(source).or_default() += 1;
            }
        }
        let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (category, sources) in counts {
            let mut sources: Vec<(&str, u64)> = sources.into_iter().filter(|(s, _)| policy.source(s).is_some()).collect();
            sources.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            kept.insert(category.to_owned(), sources.into_iter().map(|(s, _)| s.to_owned()).collect());
        }
        if choices {
            kept.insert("choices".into(), Vec::new());
        }
        Ok(kept)
    }
}

fn is_open(state: &PurposeState) -> bool {
    match state.basis {
        Basis::Consent => state.state == Some(State::Given),
        Basis::LegitimateInterest => !state.objected,
        Basis::Contract | Basis::LegalObligation => true,
    }
}
