//! Where a customer's data go: from which source, which kind, for which purpose, to whom, how often in the last thirty days.
//!
//! Invariant: a way is shown if it was used, was denied, or may be used now for something that is kept; what is neither is left out.
//! From memory, but for the rows of the last thirty days of uses and disclosures. Left out: how a picture looks.

use std::collections::BTreeMap;

use regie_domain::collection;
use regie_domain::consent::Use;
use regie_domain::fact::{Fact, Ground, Until};
use regie_domain::ids::Handle;
use regie_domain::policy::{CategoryIx, PurposeIx, RecipientIx, Retention};

use super::Engine;
use super::decide::{Settled, decided};
use super::error::EngineError;
use super::views::RecordIx;
use super::views::days::{What, day_in};

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
    /// then what may happen and did not, by the policy's order. Reads the disk: O(the last days of use, identifiers, attributes, what was told).
    ///
    /// # Errors
    /// As [`Engine::uses`].
    pub fn ways(&self, customer: Handle) -> Result<Vec<Way>, EngineError> {
        let policy = &self.shared.rules.policy;
        let today = u32::from(day_in(&policy.time_zone, self.now()));
        let mut counts: BTreeMap<Key, (u64, u64)> = BTreeMap::new();
        for used in self.uses_since(customer, today.saturating_sub(DAYS - 1))?.into_iter().flat_map(|day| day.uses) {
            let sums = counts.entry((used.category, used.purpose, used.recipient)).or_default();
            let sum = if used.allowed { &mut sums.0 } else { &mut sums.1 };
            *sum += u64::from(used.count);
        }
        let kept = self.kept_from(customer)?;
        let settled = self.settled();
        let record = settled.customer(customer).ok_or(EngineError::UnknownCustomer)?;
        let open = |purpose, category, recipient| self.may_happen(&settled, record, purpose, category, recipient);
        for (ix, purpose) in (0u8..).map(PurposeIx).zip(&policy.purposes) {
            let keeps = |c: CategoryIx| matches!(purpose.retention.get(usize::from(c.0)), Some(Some(r)) if *r != Retention::None);
            for category in purpose.categories.iter().filter(|c| keeps(*c)) {
                let Some(id) = policy.categories.get(usize::from(category.0)).map(|c| &c.id) else { continue };
                let went = counts.keys().any(|(c, p, _)| c == id && *p == purpose.id);
                if kept.contains_key(id) && !went && open(ix, category, RecipientIx(0)) {
                    let recipient = policy.recipients.first().map(|r| r.id.clone()).unwrap_or_default();
                    counts.insert((id.clone(), purpose.id.clone(), recipient), (0, 0));
                }
            }
        }
        let mut ways: Vec<(u8, Way)> = counts
            .into_iter()
            .map(|((category, purpose, recipient), (allowed, denied))| {
                let ix = policy.purpose(&purpose);
                let asked = ix.zip(policy.category(&category)).zip(policy.recipient(&recipient));
                let open = asked.is_some_and(|((purpose, category), recipient)| open(purpose, category, recipient));
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

    /// Would this be decided with a yes now, through some channel? What is bound to a visit is asked in that visit: it may still be going on.
    fn may_happen(
        &self,
        settled: &Settled<'_>,
        record: RecordIx,
        purpose: PurposeIx,
        category: CategoryIx,
        recipient: RecipientIx,
    ) -> bool {
        let rules = &self.shared.rules;
        let by_consent = settled.consents.standing(record.0).visit_of(rules.policy.at(purpose));
        let told = settled.information.of(record).filter_map(|(_, entry)| match entry.permission.until {
            Until::Visit(visit) => Some(visit),
            _ => None,
        });
        std::iter::once(None).chain(by_consent.into_iter().chain(told).map(Some)).any(|visit| {
            let asked = Use { purpose, category, recipient, channel: None, visit };
            decided(rules, settled, record, &asked).is_allow()
        })
    }

    /// The categories of which something is kept, each with the sources it came from, the busiest first. From memory but for the rows
    /// that say who the customer is and what was told; what is a part of few events only (the shop of an order) is not looked for.
    fn kept_from(&self, customer: Handle) -> Result<BTreeMap<String, Vec<String>>, EngineError> {
        let policy = &self.shared.rules.policy;
        let (days, positions) = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            let read = |what| matches!(what, What::Opened | What::Linked | What::Provided | What::Information);
            (views.days(record), views.noted(record, read))
        };
        let facts: Vec<Fact> = self.shared.facts_at(&positions)?.into_iter().map(|(_, fact)| fact).collect();
        let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
        let mut count = |category, source, n| *counts.entry(category).or_default().entry(source).or_default() += n;
        for entry in &days {
            match entry.what {
                What::Event(name) => {
                    let source = entry.source.and_then(|s| policy.sources.get(usize::from(s))).map_or("", |s| s.id.as_str());
                    count(collection::plan::essential_category(name), source, u64::from(entry.count));
                }
                what if what.is_choices() => count(collection::CHOICES, "", 1),
                _ => {}
            }
        }
        for (category, source) in facts.iter().flat_map(collection::categories_of) {
            count(category, source, 1);
        }
        let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (category, sources) in counts {
            let mut sources: Vec<(&str, u64)> = sources.into_iter().filter(|(s, _)| policy.source(s).is_some()).collect();
            sources.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            kept.insert(category.to_owned(), sources.into_iter().map(|(s, _)| s.to_owned()).collect());
        }
        Ok(kept)
    }
}
