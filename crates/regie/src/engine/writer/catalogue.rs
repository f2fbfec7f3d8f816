//! Items of the catalogue on their way in. A plain table, but for the `sensitive` flag, which is a fact.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use regie_domain::fact::{Fact, SensitiveItemsChanged};

use super::super::api::CatalogueItem;
use super::super::error::EngineError;
use super::super::views::catalogue::{Catalogue, ItemIx, item_key};
use super::super::views::{RecordIx, Views};
use super::Writer;
use super::plan::{Plan, Who};
use regie_recommend::{CustomerSlot, ItemKey};

/// How many items are put under one lock.
const ITEMS_AT_ONCE: usize = 32;

impl Writer {
    /// Puts items: durable, then in the view; customers who hold an item whose flag changed are folded anew. What does not fit is
    /// refused before anything is written.
    pub(super) fn put_catalogue(&mut self, plan: &mut Plan, items: Vec<CatalogueItem>) -> Result<usize, EngineError> {
        let count = items.len();
        // Of two lines about one item the later holds.
        let mut items: BTreeMap<String, CatalogueItem> = items.into_iter().map(|i| (i.item.clone(), i)).collect();
        self.date(&mut items);
        let mut by_bucket: BTreeMap<u16, Vec<&CatalogueItem>> = BTreeMap::new();
        let mut changed = SensitiveItemsChanged::default();
        // Nobody but this thread changes the catalogue, so it may be looked at under many short locks.
        let mut room = Room::default();
        for some in items.keys().collect::<Vec<_>>().chunks(ITEMS_AT_ONCE) {
            let keyed: Vec<_> = some.iter().map(|&item| (item, item_key(item))).collect();
            room.ask(&self.shared.views.read(), &keyed)?;
        }
        room.check(&self.shared.views.read())?;
        for item in items.values() {
            by_bucket.entry(Catalogue::bucket(&item.item)).or_default().push(item);
            let was = {
                let views = self.shared.views.read();
                views.catalogue.find(&item.item).is_some_and(|ix| views.catalogue.is_sensitive(ix))
            };
            match (was, item.sensitive) {
                (false, true) => changed.added.push(item.item.clone()),
                (true, false) => changed.removed.push(item.item.clone()),
                _ => {}
            }
        }
        for (bucket, new) in by_bucket {
            let old: Vec<_> = self.shared.views.read().catalogue.in_bucket(bucket).cloned().collect();
            let old = old.iter().map(AsRef::as_ref).filter(|e: &&CatalogueItem| !items.contains_key(&e.item));
            plan.value(value_name(bucket), Some(bucket_text(old.chain(new))?));
        }
        if !changed.added.is_empty() || !changed.removed.is_empty() {
            let views = self.shared.views.read();
            if let Some(retailer) = views.retailer {
                plan.fact(&views, Who::Known(retailer), Fact::SensitiveItemsChanged(changed.clone()), false, None)?;
            }
        }
        self.flush_now(plan)?;
        let mut items = items.into_values().peekable();
        while items.peek().is_some() {
            let mut views = self.shared.views.write();
            for item in items.by_ref().take(ITEMS_AT_ONCE) {
                if views.intern(&item.item).is_some() {
                    views.catalogue.put(item);
                }
            }
        }
        for customer in self.holders(&changed) {
            self.refold_or_forget(customer);
        }
        Ok(count)
    }

    /// An item is sold from the day on which it was first put, unless the retailer says since when: the day in UTC, by which it is looked
    /// at whether an item is new, so that it is one from the moment it is put.
    fn date(&self, items: &mut BTreeMap<String, CatalogueItem>) {
        let today = self.shared.clock.now().to_jiff().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        for item in items.values_mut().filter(|item| item.on_sale_since.is_none()) {
            let views = self.shared.views.read();
            let known = views.catalogue.find(&item.item).and_then(|ix| views.catalogue.entry(ix));
            item.on_sale_since = match known {
                Some(known) => known.on_sale_since,
                None => Some(today),
            };
        }
    }

    /// Customers whose contributions an item's changed flag can change. An item that is no longer sensitive may stand in
    /// anybody's history, so then it is everyone who granted anything.
    fn holders(&self, changed: &SensitiveItemsChanged) -> Vec<RecordIx> {
        if changed.added.is_empty() && changed.removed.is_empty() {
            return Vec::new();
        }
        let views = self.shared.views.read();
        let added: BTreeSet<ItemIx> = changed.added.iter().filter_map(|i| views.catalogue.find(i)).collect();
        let granted = (0u32..).zip(&views.grants).filter(|(_, g)| !g.is_none()).map(|(i, _)| RecordIx(i));
        let holds = |customer: &RecordIx| {
            !changed.removed.is_empty()
                || views.profiles.get(customer.at()).is_some_and(|p| p.items().any(|k| added.contains(&k.item)))
                || views.model.sessions_of(CustomerSlot(customer.0)).any(|s| s.items().any(|i| added.contains(&i.0)))
        };
        granted.filter(holds).collect()
    }
}

/// Is there room for those of many items that are new, and can each be told from all others?
#[derive(Debug, Default)]
struct Room {
    new: HashSet<ItemKey>,
}

impl Room {
    fn ask(&mut self, views: &Views, items: &[(&String, ItemKey)]) -> Result<(), EngineError> {
        for (item, key) in items.iter().filter(|(item, _)| views.catalogue.find(item).is_none()) {
            if !self.new.insert(*key) || views.model.find(*key).is_some() {
                return Err(EngineError::ItemClashes { item: (*item).clone() });
            }
        }
        Ok(())
    }

    fn check(&self, views: &Views) -> Result<(), EngineError> {
        let (new, room) = (self.new.len(), views.catalogue.room());
        if new > room { Err(EngineError::CatalogueFull { new, room }) } else { Ok(()) }
    }
}

/// The named value that holds a bucket of the durable table.
pub(in super::super) fn value_name(bucket: u16) -> String {
    format!("catalogue/{bucket:04}")
}

/// A bucket's entries as JSON lines.
fn bucket_text<'a>(entries: impl Iterator<Item = &'a CatalogueItem>) -> Result<Vec<u8>, EngineError> {
    let mut text = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut text, entry).map_err(|e| EngineError::FactUnreadable { position: 0, why: e.to_string() })?;
        text.push(b'\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use regie_recommend::{Model, Parameters};

    use super::*;

    #[test]
    fn an_item_that_cannot_be_told_from_another_is_refused() {
        let mut views = Views::new(Model::new(Parameters::default()).unwrap());
        // As another item's id would that has the same key.
        views.model.intern(item_key("b"));
        let check = |items: [&str; 2]| {
            let items = items.map(String::from);
            Room::default().ask(&views, &items.each_ref().map(|item| (item, item_key(item)))).map_err(|e| e.code())
        };
        assert_eq!(check(["a", "c"]), Ok(()));
        assert_eq!(check(["a", "b"]), Err("item_clashes"));
    }
}
