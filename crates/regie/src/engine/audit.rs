//! A canonical account of all views, to compare two engines: for tests and for `verify`.
//!
//! Invariant: walked over what answers are made from, and written in lasting names only (handles, item ids, identifier hashes),
//! never in the small integers of one process. Left out on purpose: what a start may know more coarsely without any answer
//! changing (when rows are looked at next, which retries are remembered of rows that are gone).

pub mod forgetting;
pub mod groups;

use std::collections::BTreeMap;

use regie_domain::consent::{End, Given, Slot, Standing};
use regie_domain::time::Time;
use serde::Serialize;

use super::error::EngineError;
use super::rules::hex;
use super::views::popular::rank;
use super::views::{RecordIx, Views};
use super::{Engine, contribution};

/// Item, bought, how often, newest event, its moment.
pub type AuditedItem = (String, bool, u32, String, u32);

/// See the module. Equal audits give equal answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// The model's own digest.
    pub model: String,
    /// By customer: how many sessions others learn from.
    pub learned: BTreeMap<String, usize>,
    /// By customer: item, bought, how often, newest event, its moment.
    pub profiles: BTreeMap<String, Vec<AuditedItem>>,
    /// By customer, unless never asked.
    pub consents: BTreeMap<String, String>,
    /// By customer: what is told and holds, and what was taken back.
    #[serde(skip)]
    pub information: BTreeMap<String, Vec<String>>,
    /// Customers of several records: the canonical one and all.
    pub joined: BTreeMap<String, Vec<String>>,
    /// By record: the next number, and the positions of its facts. What a law keeps has no name and stands under `-`.
    pub records: BTreeMap<String, Vec<(u32, Vec<u64>)>>,
    /// By record that has a name: what happened on which day, as text.
    #[serde(skip)]
    pub days: BTreeMap<String, Vec<String>>,
    /// By record: where its e-mail address was said.
    #[serde(skip)]
    pub addresses: BTreeMap<String, Vec<String>>,
    /// By identifier hash: whose its events are now.
    pub identifiers: BTreeMap<String, String>,
    /// How many identifiers have a record of their own, and how many are claimed.
    pub identities: (usize, usize),
    /// Refused identifiers.
    pub suppressed: BTreeMap<String, String>,
    /// By day, shop and item.
    pub tallies: BTreeMap<String, i64>,
    /// What sells, most first, as the next ranking will say.
    pub ranking: Vec<(String, i64)>,
    /// Sensitive items.
    pub sensitive: Vec<String>,
    /// How many items the catalogue describes.
    pub catalogue: usize,
    /// By customer: when the next permission ends.
    pub ends: BTreeMap<String, u32>,
}

impl Engine {
    /// Looks at every customer's rows and folds all of them anew, as if each had changed.
    ///
    /// # Errors
    /// Those of the store.
    #[doc(hidden)]
    pub async fn refold_everything(&self) -> Result<(), EngineError> {
        {
            let mut views = self.shared.views.write();
            let all: Vec<_> = views.records.iter().map(|(ix, _)| views.customers.canonical(ix)).collect();
            for customer in all {
                contribution::forget(&mut views, customer);
                views.terms.at_latest(customer, 1);
            }
        }
        self.upkeep().await
    }

    /// The account, after everything that ended was unlearned. O(everything).
    #[doc(hidden)]
    pub fn audit(&self) -> Audit {
        drop(self.settled());
        let counted = self.shared.tallies.lock().everywhere();
        let names = self.shared.names_of(&counted);
        let ranking = rank(counted, names);
        let (views, judge) = (self.shared.views.read(), self.shared.clock.judge());
        let name = |ix: RecordIx| views.records.get(ix).and_then(|r| r.handle).map_or_else(|| "-".to_owned(), |h| h.to_string());
        let item = |ix: u32| views.catalogue.name(ix).to_owned();
        let mut audit = Audit {
            model: hex(&views.model.digest()),
            learned: BTreeMap::new(),
            profiles: BTreeMap::new(),
            consents: BTreeMap::new(),
            information: BTreeMap::new(),
            joined: BTreeMap::new(),
            records: BTreeMap::new(),
            days: BTreeMap::new(),
            addresses: BTreeMap::new(),
            identifiers: views
                .identities
                .hashes()
                .map(|hash| (format!("{:032x}", hash.0), views.whose(hash).map_or_else(String::new, name)))
                .collect(),
            identities: views.identities.counts(),
            suppressed: views
                .suppression
                .iter()
                .map(|(hash, s)| {
                    (hash.to_owned(), format!("Suppressed {{ at: {:?}, until: {:?}, not_before: {:?} }}", s.at, s.until, s.not_before))
                })
                .collect(),
            tallies: self
                .shared
                .tallies
                .lock()
                .cells()
                .map(|(day, store, ix, count)| (format!("{day}/{store}/{}", item(ix)), count))
                .collect(),
            ranking: ranking.iter().map(|&(ix, count)| (item(ix), count)).collect(),
            sensitive: (0u32..).take(views.catalogue.len()).filter(|&ix| views.catalogue.is_sensitive(ix)).map(item).collect(),
            catalogue: views.catalogue.entries(),
            ends: BTreeMap::new(),
        };
        audit.sensitive.sort();
        for (ix, record) in views.records.iter() {
            audit.records.entry(name(ix)).or_default().push((record.next_n, record.positions.iter().collect()));
            let days: Vec<String> =
                record.days.iter().map(|e| format!("{} {:?} {:?} {} {}", e.day, e.what, e.source, e.count, e.position)).collect();
            if !days.is_empty() {
                audit.days.insert(name(ix), days);
            }
            let said = views.addresses.of(ix);
            if !said.is_empty() {
                // The hash is this folder's own: what lasts is which of them are the same.
                let first = |address| said.iter().position(|s| s.address == address).unwrap_or_default();
                let told = said.iter().map(|s| format!("{} as {}", s.day, first(s.address)));
                audit.addresses.insert(name(ix), told.collect());
            }
            if views.customers.canonical(ix) == ix {
                audit.add_customer(&views, ix, judge, &name);
            }
        }
        audit.records.values_mut().for_each(|all| all.sort());
        audit
    }
}

impl Audit {
    fn add_customer(&mut self, views: &Views, ix: RecordIx, judge: Time, name: &impl Fn(RecordIx) -> String) {
        let sessions = views.model.sessions_of(regie_recommend::CustomerSlot(ix.0)).count();
        if sessions > 0 {
            self.learned.insert(name(ix), sessions);
        }
        if let Some(profile) = views.profiles.get(ix.at()) {
            let known = profile.items().map(|k| (views.catalogue.name(k.item).to_owned(), k.bought, k.count, k.event.to_string(), k.at));
            let mut known: Vec<_> = known.collect();
            known.sort();
            if !known.is_empty() {
                self.profiles.insert(name(ix), known);
            }
        }
        let standing = views.consents.standing(ix.0);
        if standing != Standing::default() {
            self.consents.insert(name(ix), text(&standing));
        }
        let told = views.information.of(ix).filter(|(_, entry)| !entry.permission.is_over(judge));
        let mut told: Vec<String> = told.map(|(item, entry)| format!("{item}: {:?} {:?}", entry.value, entry.permission)).collect();
        told.extend(views.information.taken_back_by(ix).map(|item| format!("{item}: taken back")));
        if !told.is_empty() {
            self.information.insert(name(ix), told);
        }
        let set = views.customers.records_of(ix);
        if set.len() > 1 {
            self.joined.insert(name(ix), set.into_iter().map(name).collect());
        }
        if let Some(end) = views.ends.of(ix) {
            self.ends.insert(name(ix), end);
        }
    }
}

/// A standing by slot, without what says nothing.
fn text(standing: &Standing) -> String {
    let slot = |slot: &Slot| match slot {
        Slot::Given(Given { end, cover, by_guardian, .. }) => {
            let end = match end {
                End::Moment(second) => second.to_string(),
                other => format!("{other:?}"),
            };
            format!(
                "given until {end} for {:x}/{:x}/{:x}{}",
                cover.categories.0,
                cover.recipients.0,
                cover.channels.0,
                if *by_guardian { " by guardian" } else { "" }
            )
        }
        other => format!("{other:?}"),
    };
    let slots = standing.slots.iter().enumerate().filter(|(_, s)| **s != Slot::Unknown).map(|(at, s)| format!("{at}: {}", slot(s)));
    let mut text = format!("{}; objected {:x}", slots.collect::<Vec<_>>().join(", "), standing.objected.0);
    if standing.signalled != 0 {
        text += &format!("; signalled {:x}", standing.signalled);
    }
    for part in standing.restrictions.parts() {
        let named = |ix: Option<u8>| ix.map_or_else(|| "all".to_owned(), |ix| ix.to_string());
        text += &format!("; restricted {}/{}", named(part.purpose.map(|p| p.0)), named(part.category.map(|c| c.0)));
    }
    if let Some(consenter) = standing.consenter {
        text += &format!("; {consenter:?} consents");
    }
    text
}
