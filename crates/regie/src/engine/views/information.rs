//! What customers tell about themselves now. A customer's entries are a pure function of their remaining facts, in the order of the log;
//! whether one has ended by itself is judged by whoever reads it. Memory: nothing for who tells nothing, about 300 bytes an entry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;
use regie_domain::collection;
use regie_domain::consent::{End, Given, Restrictions, Slot, Standing};
use regie_domain::fact::{Chosen, Consenter, Fact, InformationStated, RestrictedPart, Until, VisitId};
use regie_domain::ids::Handle;
use regie_domain::information::{CATEGORY, InformationItem, Permission, Told};
use regie_domain::policy::Policy;
use regie_domain::time::Time;

use super::RecordIx;

/// One thing told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where its fact lies.
    pub position: u64,
    /// What was told.
    pub value: Arc<Told>,
    /// When.
    pub at: Time,
    /// What for, by whom, until when.
    pub permission: Permission,
}

impl Entry {
    /// Is its use among what such a restriction restricts?
    pub(crate) fn is_reached(&self, part: &RestrictedPart) -> bool {
        part.category.as_deref().is_none_or(|category| category == CATEGORY)
            && part.purpose.as_ref().is_none_or(|purpose| *purpose == self.permission.purpose)
    }
}

type Entries = BTreeMap<InformationItem, Entry>;

/// How a customer stood before a fact, as far as it bears on what the fact does to what is told.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stood {
    /// A guardian consented for them.
    guarded: bool,
    /// Its use for the purpose that it is told for was restricted.
    restricted: bool,
}

impl Stood {
    /// Asks only what this fact needs.
    pub(crate) fn of(
        policy: &Policy,
        fact: &Fact,
        is_guarded: impl FnOnce() -> bool,
        restrictions: impl FnOnce() -> Restrictions,
    ) -> Stood {
        match fact {
            Fact::ConsenterStated(_) => Stood { guarded: is_guarded(), restricted: false },
            Fact::InformationStated(stated) => {
                let told_for = policy.purpose(&stated.purpose).zip(policy.category(CATEGORY));
                Stood { guarded: false, restricted: told_for.is_some_and(|(purpose, category)| restrictions().covers(purpose, category)) }
            }
            _ => Stood::default(),
        }
    }
}

/// All entries, by canonical record.
#[derive(Debug, Default)]
pub(crate) struct Information {
    of: HashMap<RecordIx, Entries>,
    /// What customers took back and did not tell again: on a join that holds against what the other record told.
    taken_back: HashMap<RecordIx, BTreeSet<InformationItem>>,
}

impl Information {
    /// What this customer tells; ended and hidden entries among it.
    pub(crate) fn of(&self, customer: RecordIx) -> impl Iterator<Item = (InformationItem, &Entry)> {
        self.of.get(&customer).into_iter().flatten().map(|(item, entry)| (*item, entry))
    }

    /// Who tells anything, in no order. O(them).
    pub(crate) fn customers(&self) -> Vec<RecordIx> {
        self.of.keys().copied().collect()
    }

    /// What this customer took back and did not tell again.
    pub(crate) fn taken_back_by(&self, customer: RecordIx) -> impl Iterator<Item = InformationItem> {
        self.taken_back.get(&customer).into_iter().flatten().copied()
    }

    /// One item.
    pub(crate) fn get(&self, customer: RecordIx, item: InformationItem) -> Option<&Entry> {
        self.of.get(&customer)?.get(&item)
    }

    /// Is the statement at this position the one that stands?
    pub(crate) fn stands_at(&self, customer: RecordIx, item: InformationItem, position: u64) -> bool {
        self.get(customer, item).is_some_and(|entry| entry.position == position)
    }

    /// Takes in a fact, if it is about what is told. Returns whether something that was told ended with it.
    pub(crate) fn apply(&mut self, customer: RecordIx, position: u64, fact: &Fact, before: Stood) -> bool {
        match fact {
            Fact::InformationStated(stated) => self.state(customer, position, stated, before.restricted),
            Fact::InformationRemoved(removed) => self.remove(customer, removed.item, removed.visit),
            Fact::InformationHidden(hidden) => {
                self.hide(customer, hidden.item);
                false
            }
            Fact::Chosen(choice) if matches!(choice.what, Chosen::Refused | Chosen::Withdrawn | Chosen::Invalidated) => {
                self.end_purpose(customer, &choice.purpose)
            }
            Fact::ConsenterStated(stated) => self.consenter_stated(customer, stated.consenter, before.guarded),
            Fact::Restricted(made) => {
                self.restrict(customer, &made.part);
                false
            }
            _ => false,
        }
    }

    /// Takes in a statement. Returns whether it took another one's place. One whose value is gone leaves nothing.
    fn state(&mut self, customer: RecordIx, position: u64, stated: &InformationStated, restricted: bool) -> bool {
        if let Some(items) = self.taken_back.get_mut(&customer) {
            items.remove(&stated.item);
        }
        let Some(value) = &stated.value else { return self.retain(customer, |item, _| item != stated.item) };
        let permission = Permission { despite_restriction: restricted, ..stated.into() };
        let entry = Entry { position, value: Arc::new(value.clone()), at: stated.at, permission };
        self.of.entry(customer).or_default().insert(stated.item, entry).is_some()
    }

    /// Ends a statement; one that `visit` ends only if it was bound to that visit. Returns whether there was one.
    fn remove(&mut self, customer: RecordIx, item: InformationItem, visit: Option<VisitId>) -> bool {
        if visit.is_none() {
            self.taken_back.entry(customer).or_default().insert(item);
        }
        let ends = |entry: &Entry| visit.is_none_or(|visit| entry.permission.until == Until::Visit(visit));
        self.retain(customer, |other, entry| other != item || !ends(entry))
    }

    /// From now on the customer alone reads it.
    fn hide(&mut self, customer: RecordIx, item: InformationItem) {
        if let Some(entry) = self.of.get_mut(&customer).and_then(|all| all.get_mut(&item)) {
            entry.permission.hidden = true;
        }
    }

    /// What was told before this restriction is used no more.
    fn restrict(&mut self, customer: RecordIx, part: &RestrictedPart) {
        let reached = self.of.get_mut(&customer).into_iter().flat_map(BTreeMap::values_mut).filter(|entry| entry.is_reached(part));
        reached.for_each(|entry| entry.permission.despite_restriction = false);
    }

    /// The customer (or the retailer) ended the purpose as a whole. Returns whether anything ended with it.
    fn end_purpose(&mut self, customer: RecordIx, purpose: &str) -> bool {
        self.retain(customer, |_, entry| entry.permission.purpose != purpose)
    }

    /// These purposes changed materially: nothing that was told for one of them may be used any more. Returns whose. O(all that is told).
    pub(crate) fn end_purposes(&mut self, purposes: &[String]) -> Vec<RecordIx> {
        let told_for = |entries: &Entries| entries.values().any(|entry| purposes.contains(&entry.permission.purpose));
        let ended: Vec<RecordIx> = self.of.iter().filter(|(_, entries)| told_for(entries)).map(|(customer, _)| *customer).collect();
        for &customer in &ended {
            self.retain(customer, |_, entry| !purposes.contains(&entry.permission.purpose));
        }
        ended
    }

    /// Somebody said who consents: what a guardian stated is asked anew once the customer consents alone, and so is what the
    /// customer had stated before there was a guardian.
    fn consenter_stated(&mut self, customer: RecordIx, consenter: Consenter, was_guarded: bool) -> bool {
        self.retain(customer, |_, entry| consenter == Consenter::Guardian || !(was_guarded || entry.permission.by_guardian))
    }

    /// Lets go of what ended by itself. Returns whether anything did.
    pub(crate) fn drop_over(&mut self, customer: RecordIx, now: Time) -> bool {
        self.retain(customer, |_, entry| !entry.permission.is_over(now))
    }

    /// Two records are one customer: what one of them took back or hid stays so, else of two statements about one thing the later holds.
    /// `refuses` says of a record and a purpose whether a no stood there, which wins over the other record's statements; `leaves` of a record
    /// and an item whether its customer left that behind; `restricts` of a record whether the use of an entry was restricted there. What ended
    /// by itself before `at` holds against nothing, whether or not it was let go already.
    pub(crate) fn join(
        &mut self,
        (into, from): (RecordIx, RecordIx),
        at: Time,
        refuses: impl Fn(RecordIx, &str) -> bool,
        leaves: impl Fn(RecordIx, InformationItem) -> bool,
        restricts: impl Fn(RecordIx, &Permission) -> bool,
    ) -> bool {
        // A yes despite what one record restricted was none despite what the other did.
        for (record, other) in [(into, from), (from, into)] {
            let entries = self.of.get_mut(&record).into_iter().flat_map(BTreeMap::values_mut);
            entries.filter(|entry| restricts(other, &entry.permission)).for_each(|entry| entry.permission.despite_restriction = false);
        }
        let mut ended = self.drop_over(into, at) | self.drop_over(from, at);
        ended |= self.retain(into, |item, _| !leaves(into, item));
        ended |= self.retain(from, |item, _| !leaves(from, item));
        ended |= self.retain(into, |_, entry| !refuses(from, &entry.permission.purpose));
        ended |= self.retain(from, |_, entry| !refuses(into, &entry.permission.purpose));
        let [mut by_into, by_from] = [into, from].map(|record| self.taken_back.remove(&record).unwrap_or_default());
        ended |= self.retain(into, |item, _| !by_from.contains(&item));
        ended |= self.retain(from, |item, _| !by_into.contains(&item));
        by_into.extend(by_from);
        if !by_into.is_empty() {
            self.taken_back.insert(into, by_into);
        }
        for (item, entry) in self.of.remove(&from).unwrap_or_default() {
            let own = self.of.entry(into).or_default();
            ended |= own.contains_key(&item);
            let wins = |before: &Entry| (before.permission.hidden, before.position) < (entry.permission.hidden, entry.position);
            if own.get(&item).is_none_or(wins) {
                own.insert(item, entry);
            }
        }
        ended
    }

    /// These two customers alone, to see what joining them would do.
    pub(crate) fn of_both(&self, a: RecordIx, b: RecordIx) -> Information {
        let of = [a, b].into_iter().filter_map(|r| Some((r, self.of.get(&r)?.clone()))).collect();
        let taken_back = [a, b].into_iter().filter_map(|r| Some((r, self.taken_back.get(&r)?.clone()))).collect();
        Information { of, taken_back }
    }

    /// Forgets the customer.
    pub(crate) fn forget(&mut self, customer: RecordIx) {
        self.of.remove(&customer);
        self.taken_back.remove(&customer);
    }

    /// The visits that this customer's statements are bound to.
    pub(crate) fn visits_of(&self, customer: RecordIx) -> impl Iterator<Item = VisitId> {
        self.of(customer).filter_map(|(_, entry)| match entry.permission.until {
            Until::Visit(visit) => Some(visit),
            _ => None,
        })
    }

    /// Statements that are bound to a visit.
    pub(crate) fn bound_visits(&self) -> Vec<(RecordIx, InformationItem, VisitId)> {
        let bound = |entry: &Entry| match entry.permission.until {
            Until::Visit(visit) => Some(visit),
            _ => None,
        };
        let all = self.of.iter().flat_map(|(customer, entries)| entries.iter().map(move |(item, entry)| (*customer, *item, entry)));
        all.filter_map(|(customer, item, entry)| Some((customer, item, bound(entry)?))).collect()
    }

    fn retain(&mut self, customer: RecordIx, mut keep: impl FnMut(InformationItem, &Entry) -> bool) -> bool {
        let Some(entries) = self.of.get_mut(&customer) else { return false };
        let before = entries.len();
        entries.retain(|item, entry| keep(*item, entry));
        let ended = entries.len() < before;
        if entries.is_empty() {
            self.of.remove(&customer);
        }
        ended
    }
}

/// The visit that a session names for a customer of these records, the canonical one first: hashed with that one's handle, unless a
/// permission is bound to it under another record (they were joined during the visit).
pub(crate) fn visit_of(
    own: Handle,
    handles: impl Iterator<Item = Handle>,
    standing: &Standing,
    told: impl Iterator<Item = VisitId>,
    session: &str,
) -> VisitId {
    let consents = standing.slots.iter().filter_map(|slot| match slot {
        Slot::Given(Given { end: End::Visit(visit), .. }) => Some(*visit),
        _ => None,
    });
    let bound: Vec<VisitId> = consents.chain(told).collect();
    let mut named = handles.map(|handle| collection::visit_id(handle, "", session));
    named.find(|visit| bound.contains(visit)).unwrap_or_else(|| collection::visit_id(own, "", session))
}
