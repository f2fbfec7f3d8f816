//! The items: their small integers in memory, and what the catalogue says of each. No personal data.
//!
//! An item gets its integer when an event or the catalogue first names it, and keeps it while the process lives.
//! The model numbers items in the same order, so that one integer serves both.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::names::Names;
use crate::engine::api::CatalogueItem;

/// More distinct items than this are refused: an id made up by a page must not fill the memory.
pub(crate) const ITEMS_MAX: usize = 8_000_000;

/// An item's place in memory.
pub(crate) type ItemIx = u32;

/// Article 9 protects what its purchase would reveal.
const SENSITIVE: u8 = 1;
/// Blocked, or sold out.
const AWAY: u8 = 2;

/// Everything known of items. About 120 bytes an item, and its catalogue entry.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    names: Names,
    /// A byte an item, so that leafing through a long history touches few lines of memory.
    flags: Vec<u8>,
    entries: Vec<Option<Arc<CatalogueItem>>>,
    /// In the order of their lasting keys: the same shelves in every process, whatever arrived first.
    by_department: HashMap<String, BTreeSet<(u64, ItemIx)>>,
    by_bucket: HashMap<u16, Vec<ItemIx>>,
    count: usize,
}

/// A key for the item that is the same in every process: FNV-1a over its id, finished by a mixer.
pub(crate) fn stable_key(item: &str) -> u64 {
    let hash = item.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let hash = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ hash >> 29
}

impl Catalogue {
    /// The item's integer, if it was ever named.
    pub(crate) fn find(&self, item: &str) -> Option<ItemIx> {
        self.names.find(item)
    }

    /// The item's integer, given out now if need be; `None` once there are too many.
    pub(crate) fn intern(&mut self, item: &str) -> Option<ItemIx> {
        if let Some(ix) = self.find(item) {
            return Some(ix);
        }
        if self.names.len() >= ITEMS_MAX {
            return None;
        }
        let ix = self.names.push(item)?;
        self.flags.push(0);
        self.entries.push(None);
        Some(ix)
    }

    /// How many items were ever named.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// How many items the catalogue itself describes.
    pub(crate) fn entries(&self) -> usize {
        self.count
    }

    /// The item's id.
    pub(crate) fn name(&self, item: ItemIx) -> &str {
        self.names.get(item).unwrap_or_default()
    }

    /// What the catalogue says of it.
    pub(crate) fn entry(&self, item: ItemIx) -> Option<&Arc<CatalogueItem>> {
        self.entries.get(item as usize)?.as_ref()
    }

    /// Puts an entry. The `sensitive` flag is not taken from here: only `SensitiveItemsChanged` sets it.
    pub(crate) fn put(&mut self, entry: CatalogueItem) -> Option<ItemIx> {
        let ix = self.intern(&entry.item)?;
        let old = self.entries[ix as usize].take();
        if let Some(old) = &old {
            if old.department != entry.department
                && let Some(items) = self.by_department.get_mut(shelf(old))
            {
                items.remove(&(stable_key(&entry.item), ix));
            }
        } else {
            self.count += 1;
            self.by_bucket.entry(Self::bucket(&entry.item)).or_default().push(ix);
        }
        if old.as_ref().is_none_or(|old| old.department != entry.department) {
            self.by_department.entry(shelf(&entry).to_owned()).or_default().insert((stable_key(&entry.item), ix));
        }
        let away = entry.blocked || entry.stock.is_some_and(|left| left <= 0);
        self.flag(ix, AWAY, away);
        self.entries[ix as usize] = Some(Arc::new(entry));
        Some(ix)
    }

    /// Is it sensitive?
    pub(crate) fn is_sensitive(&self, item: ItemIx) -> bool {
        self.flags.get(item as usize).is_some_and(|f| f & SENSITIVE != 0)
    }

    /// Marks it.
    pub(crate) fn set_sensitive(&mut self, item: &str, sensitive: bool) {
        if let Some(ix) = self.intern(item) {
            self.flag(ix, SENSITIVE, sensitive);
        }
    }

    /// May it be recommended: in stock, not blocked, not sensitive (unless the customer allowed that)?
    pub(crate) fn is_offered(&self, item: ItemIx, sensitive_allowed: bool) -> bool {
        let hindered = if sensitive_allowed { AWAY } else { AWAY | SENSITIVE };
        self.flags.get(item as usize).is_none_or(|f| f & hindered == 0)
    }

    fn flag(&mut self, item: ItemIx, flag: u8, is: bool) {
        if let Some(flags) = self.flags.get_mut(item as usize) {
            *flags = if is { *flags | flag } else { *flags & !flag };
        }
    }

    /// Entries of a department and/or with this text in a name, in no meaningful order.
    pub(crate) fn search(&self, department: Option<&str>, text: Option<&str>, limit: usize) -> Vec<Arc<CatalogueItem>> {
        let text = text.map(str::to_lowercase);
        let matches = |e: &&Arc<CatalogueItem>| text.as_ref().is_none_or(|t| e.names.values().any(|n| n.to_lowercase().contains(t)));
        match department {
            Some(d) => self
                .by_department
                .get(d)
                .into_iter()
                .flatten()
                .filter_map(|&(_, i)| self.entry(i))
                .filter(matches)
                .take(limit)
                .cloned()
                .collect(),
            None => self.entries.iter().flatten().filter(matches).take(limit).cloned().collect(),
        }
    }

    /// Offered items when nothing better is known: one of each department in turn. The same in every process.
    pub(crate) fn assortment(&self, limit: usize) -> Vec<ItemIx> {
        let mut departments: Vec<_> = self.by_department.iter().collect();
        departments.sort_unstable_by_key(|(name, _)| *name);
        let mut shelves: Vec<_> = departments.into_iter().map(|(_, items)| items.iter()).collect();
        let mut out = Vec::new();
        while !shelves.is_empty() {
            let mut full = false;
            shelves.retain_mut(|shelf| {
                let item = shelf.next();
                full |= out.len() >= limit;
                if let Some(&(_, item)) = item
                    && !full
                    && self.is_offered(item, false)
                {
                    out.push(item);
                }
                item.is_some()
            });
            if full {
                break;
            }
        }
        out
    }

    /// The bucket of the durable table in which an item's entry lies.
    pub(crate) fn bucket(item: &str) -> u16 {
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is below 4096")]
        let bucket = (stable_key(item) % u64::from(BUCKETS)) as u16;
        bucket
    }

    /// The entries of one bucket.
    pub(crate) fn in_bucket(&self, bucket: u16) -> impl Iterator<Item = &Arc<CatalogueItem>> {
        self.by_bucket.get(&bucket).into_iter().flatten().filter_map(|&ix| self.entry(ix))
    }
}

/// How many named values the durable table is spread over: an upsert rewrites only its own.
pub(crate) const BUCKETS: u16 = 4096;

/// Where an entry stands: its department, or one shelf for all that have none.
fn shelf(entry: &CatalogueItem) -> &str {
    entry.department.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(item: &str, department: &str) -> CatalogueItem {
        serde_json::from_value(serde_json::json!({"item": item, "department": department, "names": {"en": format!("Name of {item}")}}))
            .unwrap()
    }

    #[test]
    fn an_entry_moves_between_departments_and_is_counted_once() {
        let mut catalogue = Catalogue::default();
        catalogue.put(entry("a", "bread"));
        catalogue.put(entry("a", "milk"));
        assert_eq!(catalogue.entries(), 1);
        assert!(catalogue.search(Some("bread"), None, 9).is_empty());
        assert_eq!(catalogue.search(Some("milk"), Some("NAME OF"), 9).len(), 1);
    }

    #[test]
    fn what_is_blocked_sold_out_or_sensitive_is_not_offered() {
        let mut catalogue = Catalogue::default();
        let a = catalogue.put(entry("a", "x")).unwrap();
        let b = catalogue.put(CatalogueItem { blocked: true, ..entry("b", "x") }).unwrap();
        let c = catalogue.put(CatalogueItem { stock: Some(0), ..entry("c", "y") }).unwrap();
        catalogue.set_sensitive("d", true);
        let d = catalogue.find("d").unwrap();
        assert_eq!([a, b, c, d].map(|i| catalogue.is_offered(i, false)), [true, false, false, false]);
        assert!(catalogue.is_offered(d, true));
        assert_eq!(catalogue.assortment(10), [a]);
        let e = catalogue.put(CatalogueItem { department: None, ..entry("e", "") }).unwrap();
        assert_eq!(catalogue.assortment(10), [e, a], "an item without a department is offered too");
    }
}
