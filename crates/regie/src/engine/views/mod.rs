//! What the engine holds in memory: everything here is folded from facts and can be thrown away.
//!
//! Invariant: each view equals the sum of what the remaining facts contribute. Record and customer share one index space:
//! a customer is known by the index of its canonical (oldest) record. Readers take one read lock for at most 100 µs;
//! the writer takes the write lock in turns of at most 50 µs.

pub(super) mod addresses;
pub(super) mod catalogue;
pub(super) mod customers;
pub(super) mod days;
pub(super) mod due;
pub(super) mod duplicates;
pub(super) mod identities;
pub(super) mod information;
pub(super) mod names;
pub(super) mod outbox;
pub(super) mod policies;
pub(super) mod popular;
pub(super) mod profiles;
pub(super) mod records;
pub(super) mod seen;
pub(super) mod suits;
pub(super) mod suppression;

use regie_domain::collection;
use regie_domain::consent::Consents;
use regie_domain::fact::VisitId;
use regie_domain::ids::Handle;
use regie_domain::time::Time;
use regie_recommend::{ItemId, Model};

use addresses::{Addresses, given_at_a_sale};
use catalogue::{Catalogue, ItemIx};
use customers::Customers;
use days::{Entry, What};
use due::Due;
use duplicates::Duplicates;
use identities::{IdentifierHash, Identities};
use information::Information;
use outbox::Outbox;
use policies::Policies;
use popular::Popular;
use profiles::Profiles;
use records::Records;
use seen::Seen;
use suppression::Suppression;

use super::contribution::Grants;

/// A record's place in memory; valid while the process lives, reused after an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RecordIx(pub u32);

impl RecordIx {
    /// As an index into an array.
    pub(super) fn at(self) -> usize {
        self.0 as usize
    }
}

/// All views.
#[derive(Debug)]
pub(super) struct Views {
    /// Every record, and where its facts lie.
    pub records: Records,
    /// The first row whose number in its record was passed already: a log that is written in order has none.
    pub out_of_order: Option<u64>,
    /// The retailer's own record, once a policy was adopted.
    pub retailer: Option<RecordIx>,
    /// The policies that were adopted.
    pub policies: Policies,
    /// Which identifier points where.
    pub identities: Identities,
    /// Which records are one customer.
    pub customers: Customers,
    /// E-mail addresses, by where and when they were said.
    pub addresses: Addresses,
    /// What customers permit.
    pub consents: Consents,
    /// What customers tell about themselves.
    pub information: Information,
    /// Mails that wait, and what was asked about by mail.
    pub outbox: Outbox,
    /// What each customer's contributions were made with.
    pub grants: Vec<Grants>,
    /// What customers bought and looked at, where recommendations may use it.
    pub profiles: Profiles,
    /// What everybody's recommendations learn from.
    pub model: Model,
    /// What sells.
    pub popular: Popular,
    /// Items.
    pub catalogue: Catalogue,
    /// Retries.
    pub duplicates: Duplicates,
    /// Retries of what is gone.
    pub seen: Seen,
    /// Erased identifiers.
    pub suppression: Suppression,
    /// When the next permission ends: then it is unlearned before the next answer.
    pub ends: Due,
    /// When the next field's term may end: then its rows are looked at.
    pub terms: Due,
    /// The newest moment at which a fact was recorded.
    pub newest_fact: Option<Time>,
}

impl Views {
    /// Views of an empty store.
    pub(super) fn new(model: Model) -> Views {
        Views {
            out_of_order: None,
            records: Records::default(),
            retailer: None,
            policies: Policies::default(),
            identities: Identities::default(),
            customers: Customers::default(),
            addresses: Addresses::default(),
            consents: Consents::default(),
            information: Information::default(),
            outbox: Outbox::default(),
            grants: Vec::new(),
            profiles: Profiles::default(),
            model,
            popular: Popular::default(),
            catalogue: Catalogue::default(),
            duplicates: Duplicates::default(),
            seen: Seen::default(),
            suppression: Suppression::default(),
            ends: Due::default(),
            terms: Due::default(),
            newest_fact: None,
        }
    }

    /// The customer that a handle names now.
    pub(super) fn customer(&self, handle: Handle) -> Option<RecordIx> {
        self.records.by_handle(handle).map(|record| self.customers.canonical(record))
    }

    /// The record that an identifier's events belong to now.
    pub(super) fn whose(&self, hash: IdentifierHash) -> Option<RecordIx> {
        let age = |record| self.records.get(record).and_then(|r| r.positions.first()).unwrap_or(u64::MAX);
        self.identities.resolve(hash, |a, b| self.customers.same(a, b), age)
    }

    /// The customer of an identifier, as long as nobody else is that customer: joined with no other record, and claimed by none.
    pub(super) fn alone(&self, hash: IdentifierHash) -> Option<Handle> {
        let record = self.whose(hash).filter(|_| !self.identities.is_claimed(hash))?;
        if self.customers.records_of(record).len() == 1 { self.handle(record) } else { None }
    }

    /// The visit that a source's or a page's session names for this customer: hashed with the canonical record's handle, unless a
    /// permission is bound to it under another record of the set (they were joined during the visit).
    pub(super) fn visit(&self, customer: RecordIx, session: &str) -> Option<VisitId> {
        let customer = self.customers.canonical(customer);
        let own = self.records.get(customer)?.handle?;
        let records = self.customers.records_of(customer);
        if records.len() == 1 {
            return Some(collection::visit_id(own, "", session));
        }
        let handles = records.iter().filter_map(|&r| self.records.get(r)?.handle);
        let (standing, told) = (self.consents.standing(customer.0), self.information.visits_of(customer));
        Some(information::visit_of(own, handles, &standing, told, session))
    }

    /// The handle by which the world knows a customer.
    pub(super) fn handle(&self, customer: RecordIx) -> Option<Handle> {
        self.records.get(self.customers.canonical(customer)).and_then(|r| r.handle)
    }

    /// All positions of a customer's facts, ascending.
    pub(super) fn positions(&self, customer: RecordIx) -> Vec<u64> {
        let records = self.customers.records_of(customer);
        let mut all: Vec<u64> = records.iter().filter_map(|&r| self.records.get(r)).flat_map(|r| r.positions.iter()).collect();
        if records.len() > 1 {
            all.sort_unstable();
        }
        all
    }

    /// What happened on which day of a customer: of each record, oldest day first, the records by age.
    pub(super) fn days(&self, customer: RecordIx) -> Vec<Entry> {
        let records = self.customers.records_of(customer);
        let mut all: Vec<Entry> = records.iter().filter_map(|&r| self.records.get(r)).flat_map(|r| r.days.iter()).collect();
        if records.len() > 1 {
            all.sort_by_key(|e| e.day);
        }
        all
    }

    /// The positions of a customer's facts of some kinds, ascending. O(days of the customer), far below its facts.
    pub(super) fn noted(&self, customer: RecordIx, wanted: impl Fn(What) -> bool) -> Vec<u64> {
        let days = self.days(customer);
        let noted = days.iter().filter(|e| !matches!(e.what, What::Event(_)) && wanted(e.what));
        let mut all: Vec<u64> = noted.map(|e| e.position).collect();
        all.sort_unstable();
        all
    }

    /// Was the customer's e-mail address given on a day with an order? O(addresses of the customer), nothing allocated.
    pub(super) fn address_given_at_a_sale(&self, customer: RecordIx) -> bool {
        let records = self.customers.members(&customer);
        let ordered = |day| records.iter().filter_map(|&r| self.records.get(r)).any(|r| r.days.has_order(day));
        given_at_a_sale(records.iter().flat_map(|&r| self.addresses.of(r)).copied(), ordered)
    }

    /// The item's integer in catalogue and model alike, given out now if need be.
    pub(super) fn intern(&mut self, item: &str) -> Option<ItemIx> {
        let known = self.catalogue.find(item);
        if let Some(ix) = known
            && (ix as usize) < self.model.item_count()
        {
            return known;
        }
        let key = catalogue::item_key(item);
        if known.is_none() && self.model.find(key).is_some() {
            // Another item has this key, by chance or by somebody's making: it is not taken in, so that numbers stay alike.
            return None;
        }
        let ix = self.catalogue.intern(item)?;
        if ix as usize >= self.model.item_count() {
            let id = self.model.intern(key);
            debug_assert_eq!(id, ItemId(ix), "catalogue and model number items alike");
        }
        Some(ix)
    }

    /// What the customer's contributions were made with.
    pub(super) fn granted(&self, customer: RecordIx) -> Grants {
        self.grants.get(customer.at()).copied().unwrap_or_default()
    }
}
