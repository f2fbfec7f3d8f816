//! Items of the catalogue on their way in. A plain table, but for the `sensitive` flag, which is a fact.

use std::collections::{BTreeMap, BTreeSet};

use regie_domain::fact::{Fact, SensitiveItemsChanged};

use super::super::api::CatalogueItem;
use super::super::error::EngineError;
use super::super::views::RecordIx;
use super::super::views::catalogue::{Catalogue, ItemIx};
use super::Writer;
use super::plan::{Plan, Who};
use regie_recommend::CustomerSlot;

impl Writer {
    /// Puts items: durable, then in the view; customers who hold an item whose flag changed are folded anew.
    pub(super) fn put_catalogue(&mut self, plan: &mut Plan, items: Vec<CatalogueItem>) -> Result<usize, EngineError> {
        let count = items.len();
        // Of two lines about one item the later holds.
        let items: BTreeMap<String, CatalogueItem> = items.into_iter().map(|i| (i.item.clone(), i)).collect();
        let mut changed = SensitiveItemsChanged::default();
        {
            let views = self.shared.views.read();
            for item in items.values() {
                let was = views.catalogue.find(&item.item).is_some_and(|ix| views.catalogue.is_sensitive(ix));
                match (was, item.sensitive) {
                    (false, true) => changed.added.push(item.item.clone()),
                    (true, false) => changed.removed.push(item.item.clone()),
                    _ => {}
                }
            }
            for bucket in items.keys().map(|item| Catalogue::bucket(item)).collect::<BTreeSet<_>>() {
                plan.value(value_name(bucket), Some(bucket_text(&views.catalogue, bucket, &items)?));
            }
            if let (Some(retailer), false) = (views.retailer, changed.added.is_empty() && changed.removed.is_empty()) {
                plan.fact(&views, Who::Known(retailer), Fact::SensitiveItemsChanged(changed.clone()), false, None)?;
            }
        }
        self.flush_now(plan)?;
        {
            let mut views = self.shared.views.write();
            for (_, item) in items {
                if views.intern(&item.item).is_none() {
                    return Err(EngineError::CatalogueFull);
                }
                views.catalogue.put(item);
            }
        }
        for customer in self.holders(&changed) {
            self.refold(customer)?;
        }
        Ok(count)
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

/// The named value that holds a bucket of the durable table.
pub(in super::super) fn value_name(bucket: u16) -> String {
    format!("catalogue/{bucket:04}")
}

/// A bucket's entries as JSON lines, with these in place of older ones.
fn bucket_text(catalogue: &Catalogue, bucket: u16, items: &BTreeMap<String, CatalogueItem>) -> Result<Vec<u8>, EngineError> {
    let old = catalogue.in_bucket(bucket).filter(|e| !items.contains_key(&e.item)).map(AsRef::as_ref);
    let new = items.values().filter(|e| Catalogue::bucket(&e.item) == bucket);
    let mut text = Vec::new();
    for entry in old.chain(new) {
        serde_json::to_writer(&mut text, entry).map_err(|e| EngineError::FactUnreadable { position: 0, why: e.to_string() })?;
        text.push(b'\n');
    }
    Ok(text)
}
