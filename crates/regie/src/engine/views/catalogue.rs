//! The items: their small integers in memory, and what the catalogue says of each. No personal data.
//!
//! An item gets its integer when an event or the catalogue first names it, and keeps it while the process lives.
//! The model numbers items in the same order, so that one integer serves both.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use regie_recommend::ItemKey;

use super::names::Names;
use super::suits::{GoesBy, Suits};
use crate::engine::api::CatalogueItem;

/// More distinct items than this are refused: an id made up by a page must not fill the memory.
pub(crate) const ITEMS_MAX: usize = 8_000_000;

/// Where a search goes on: a lasting key and an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaf(u64, ItemIx);

/// An item's place in memory.
pub(crate) type ItemIx = u32;

/// Article 9 protects what its purchase would reveal.
const SENSITIVE: u8 = 1;
/// Blocked, or sold out.
const AWAY: u8 = 2;
/// It lasts.
const DURABLE: u8 = 4;
/// How many items are looked at for the new ones of one department.
const LOOK_AT: usize = 16;

/// A number for a department or a brand; 0 for none. Valid while the process lives.
pub(crate) type GroupIx = u32;

/// A new item and where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct New {
    /// The item.
    pub item: ItemIx,
    /// The day from which it is sold, since 1970.
    pub since: u32,
}

/// Everything known of items. About 120 bytes an item, and its catalogue entry.
#[derive(Debug)]
pub(crate) struct Catalogue {
    names: Names,
    /// A byte an item, so that leafing through a long history touches few lines of memory.
    flags: Vec<u8>,
    entries: Vec<Option<Arc<CatalogueItem>>>,
    /// By name, and each in the order of its lasting keys: the same shelves in every process, whatever arrived first.
    by_department: BTreeMap<String, BTreeSet<(u64, ItemIx)>>,
    by_bucket: HashMap<u16, Vec<ItemIx>>,
    /// Departments and brands by name, numbered from 1.
    group_names: HashMap<String, GroupIx>,
    /// An item's department and brand.
    groups: Vec<[GroupIx; 2]>,
    /// Of each department and brand: how many items the catalogue describes, and how many of these are sensitive.
    group_items: Vec<[u32; 2]>,
    /// Whom an item suits.
    suits: Vec<Suits>,
    /// What can be told that some item goes by.
    told: GoesBy,
    /// Items that went on sale lately and since when, by department, in the order of their lasting keys.
    lately: BTreeMap<(GroupIx, u64, ItemIx), u32>,
    /// The first day that is lately.
    lately_from: u32,
    durable_departments: BTreeSet<String>,
    count: usize,
    items_max: usize,
}

impl Default for Catalogue {
    fn default() -> Catalogue {
        Catalogue::new(ITEMS_MAX)
    }
}

/// By what the model knows the item, the same in every process: the first 64 bits of its id's SHA-256. To make an
/// id that has a given item's key takes 2^64 tries; a clash refuses the newcomer.
pub(crate) fn item_key(item: &str) -> ItemKey {
    let digest = digest(&SHA256, item.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_ref()[..8]);
    ItemKey(u64::from_le_bytes(first))
}

/// Where the item stands in bucket and shelf, the same in every process: FNV-1a over its id, finished by a mixer.
fn stable_key(item: &str) -> u64 {
    let hash = item.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let hash = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ hash >> 29
}

impl Catalogue {
    /// An empty one, for at most so many items.
    pub(crate) fn new(items_max: usize) -> Catalogue {
        Catalogue {
            names: Names::default(),
            flags: Vec::new(),
            entries: Vec::new(),
            by_department: BTreeMap::new(),
            by_bucket: HashMap::new(),
            group_names: HashMap::new(),
            groups: Vec::new(),
            group_items: Vec::new(),
            suits: Vec::new(),
            told: GoesBy::default(),
            lately: BTreeMap::new(),
            lately_from: u32::MAX,
            durable_departments: BTreeSet::new(),
            count: 0,
            items_max,
        }
    }

    /// Declares whose items last; for an empty catalogue.
    pub(crate) fn declare_durable(&mut self, departments: &BTreeSet<String>) {
        self.durable_departments.clone_from(departments);
    }

    /// From now on knows the items that went on sale on this day or later. O(entries).
    pub(crate) fn know_new_from(&mut self, day: u32) {
        self.lately_from = day;
        self.lately.clear();
        for ix in (0..).take(self.entries.len()) {
            self.note_new(ix);
        }
    }

    /// Lets go of the items that went on sale before this day: they are not new any more. O(those that are new).
    pub(crate) fn forget_new_before(&mut self, day: u32) {
        self.lately_from = day;
        self.lately.retain(|_, since| *since >= day);
    }

    fn note_new(&mut self, ix: ItemIx) {
        if let Some(Some(entry)) = self.entries.get(ix as usize)
            && let Some(day) = since(entry).filter(|&day| day >= self.lately_from)
        {
            self.lately.insert((self.groups[ix as usize][0], stable_key(&entry.item), ix), day);
        }
    }

    /// Items of a department that went on sale lately, from a place on its shelf that `turn` draws; at most `most`, and of a bounded number
    /// that is looked at. Those of which `keep` is false are left out.
    pub(crate) fn new_items(&self, department: GroupIx, turn: u64, most: usize, keep: impl Fn(New) -> bool) -> Vec<ItemIx> {
        let from = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let first = self.lately.range((department, from, 0)..=(department, u64::MAX, ItemIx::MAX));
        let then = self.lately.range((department, 0, 0)..(department, from, 0));
        let new = first.chain(then).take(LOOK_AT).map(|(&(_, _, item), &since)| New { item, since });
        new.filter(|&new| keep(new)).map(|new| new.item).take(most).collect()
    }

    /// Its department and its brand.
    pub(crate) fn groups(&self, item: ItemIx) -> [GroupIx; 2] {
        self.groups.get(item as usize).copied().unwrap_or_default()
    }

    /// Whom it suits.
    pub(crate) fn suits(&self, item: ItemIx) -> Suits {
        self.suits.get(item as usize).copied().unwrap_or_default()
    }

    /// What can be told that some item goes by.
    pub(crate) fn told(&self) -> &GoesBy {
        &self.told
    }

    /// The number of a department or brand by its name.
    pub(crate) fn find_group(&self, name: &str) -> Option<GroupIx> {
        self.group_names.get(name).copied()
    }

    /// How the catalogue writes a department or brand; capitals aside. O(departments and brands) for one written otherwise.
    pub(crate) fn group_name(&self, name: &str) -> Option<String> {
        if self.group_names.contains_key(name) {
            return Some(name.to_owned());
        }
        self.group_names.keys().find(|known| known.to_lowercase() == name.to_lowercase()).cloned()
    }

    /// The first items of a department, in the order of its shelf.
    pub(crate) fn on_shelf(&self, department: &str, most: usize) -> impl Iterator<Item = ItemIx> {
        self.by_department.get(department).into_iter().flatten().map(|&(_, item)| item).take(most)
    }

    /// Does being interested in this department or brand say what its items would: at least half of them are sensitive (Article 9)?
    pub(crate) fn is_sensitive_group(&self, name: &str) -> bool {
        let [items, sensitive] = self.find_group(name).and_then(|ix| self.group_items.get(ix as usize)).copied().unwrap_or_default();
        sensitive > 0 && sensitive >= items - sensitive
    }

    /// Counts an item in its department and brand, or takes it out of them again.
    fn count_in_groups(&mut self, item: ItemIx, counts: bool) {
        if self.entry(item).is_none() {
            return;
        }
        let ones = [1, u32::from(self.is_sensitive(item))];
        for group in self.groups(item) {
            let at = group as usize;
            if self.group_items.len() <= at {
                self.group_items.resize(at + 1, [0; 2]);
            }
            for (sum, one) in self.group_items[at].iter_mut().zip(ones) {
                *sum = if counts { *sum + one } else { *sum - one };
            }
        }
    }

    /// The departments that have anything and can be an interest without saying something about faith or health, by name.
    pub(crate) fn departments(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.by_department.iter().filter(|(_, items)| !items.is_empty()).map(|(name, _)| name.clone()).collect();
        names.retain(|name| self.group_names.contains_key(name) && !self.is_sensitive_group(name));
        names.sort_unstable();
        names
    }

    /// Does it last?
    pub(crate) fn is_durable(&self, item: ItemIx) -> bool {
        self.flags.get(item as usize).is_some_and(|f| f & DURABLE != 0)
    }

    fn group(&mut self, name: Option<&str>) -> GroupIx {
        let Some(name) = name else { return 0 };
        if let Some(&ix) = self.group_names.get(name) {
            return ix;
        }
        let ix = GroupIx::try_from(self.group_names.len() + 1).unwrap_or(0);
        self.group_names.insert(name.to_owned(), ix);
        ix
    }

    /// How many more items it takes.
    pub(crate) fn room(&self) -> usize {
        self.items_max.saturating_sub(self.names.len())
    }

    /// The item's integer, if it was ever named.
    pub(crate) fn find(&self, item: &str) -> Option<ItemIx> {
        self.names.find(item)
    }

    /// The item's integer, given out now if need be; `None` once there are too many.
    pub(crate) fn intern(&mut self, item: &str) -> Option<ItemIx> {
        if let Some(ix) = self.find(item) {
            return Some(ix);
        }
        if self.room() == 0 {
            return None;
        }
        let ix = self.names.push(item)?;
        self.flags.push(0);
        self.groups.push([0; 2]);
        self.suits.push(Suits::default());
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

    /// The item's id, to be looked at after the lock.
    pub(crate) fn shared_name(&self, item: ItemIx) -> Arc<str> {
        self.name(item).into()
    }

    /// What the catalogue says of it.
    pub(crate) fn entry(&self, item: ItemIx) -> Option<&Arc<CatalogueItem>> {
        self.entries.get(item as usize)?.as_ref()
    }

    /// Puts an entry. The `sensitive` flag is not taken from here: only `SensitiveItemsChanged` sets it.
    pub(crate) fn put(&mut self, entry: CatalogueItem) -> Option<ItemIx> {
        let ix = self.intern(&entry.item)?;
        self.count_in_groups(ix, false);
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
        let department = entry.department.as_deref();
        let durable = entry.durable.unwrap_or_else(|| department.is_some_and(|d| self.durable_departments.contains(d)));
        self.flag(ix, DURABLE, durable);
        self.lately.remove(&(self.groups[ix as usize][0], stable_key(&entry.item), ix));
        self.groups[ix as usize] = [self.group(department), self.group(entry.brand.as_deref())];
        self.suits[ix as usize] = Suits::of(&entry);
        self.told.add(&entry);
        self.entries[ix as usize] = Some(Arc::new(entry));
        self.count_in_groups(ix, true);
        self.note_new(ix);
        Some(ix)
    }

    /// Is it sensitive?
    pub(crate) fn is_sensitive(&self, item: ItemIx) -> bool {
        self.flags.get(item as usize).is_some_and(|f| f & SENSITIVE != 0)
    }

    /// Marks it.
    pub(crate) fn set_sensitive(&mut self, item: &str, sensitive: bool) {
        if let Some(ix) = self.intern(item) {
            self.count_in_groups(ix, false);
            self.flag(ix, SENSITIVE, sensitive);
            self.count_in_groups(ix, true);
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

    /// Looks at the next few entries after a place, of one department or of all, and says where to go on: so that a search holds
    /// no lock for long. A department's in the order of its shelf, all in the order of their integers.
    pub(crate) fn leaf(&self, department: Option<&str>, after: Option<Leaf>, most: usize) -> (Vec<Arc<CatalogueItem>>, Option<Leaf>) {
        let mut last = None;
        let found = match department {
            Some(department) => {
                let from = after.map_or(Bound::Unbounded, |Leaf(key, ix)| Bound::Excluded((key, ix)));
                let shelf = self.by_department.get(department).into_iter().flat_map(|shelf| shelf.range((from, Bound::Unbounded)));
                let looked = shelf.take(most).inspect(|&&(key, ix)| last = Some(Leaf(key, ix)));
                looked.filter_map(|&(_, ix)| self.entry(ix).cloned()).collect()
            }
            None => {
                let from = after.map_or(0, |Leaf(_, ix)| ix + 1);
                let looked = (from..).zip(self.entries.iter().skip(from as usize)).take(most).inspect(|&(ix, _)| last = Some(Leaf(0, ix)));
                looked.filter_map(|(_, entry)| entry.clone()).collect()
            }
        };
        (found, last)
    }

    /// Offered items when nothing better is known: one of each department in turn. The same in every process.
    pub(crate) fn assortment(&self, limit: usize) -> Vec<ItemIx> {
        let mut shelves: Vec<_> = self.by_department.values().map(|items| items.iter()).collect();
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

/// The day from which an item is sold, since 1970.
fn since(entry: &CatalogueItem) -> Option<u32> {
    let days = entry.on_sale_since?.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).ok()?.get_days();
    u32::try_from(days).ok()
}

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
        assert_eq!(catalogue.leaf(Some("bread"), None, 9), (Vec::new(), None));
        assert_eq!(catalogue.leaf(Some("milk"), None, 9).0.len(), 1);
    }

    #[test]
    fn an_interest_in_what_is_sensitive_is_known_as_such() {
        let mut catalogue = Catalogue::default();
        catalogue.set_sensitive("before it is described", true);
        for i in 0..4 {
            catalogue.put(entry(&format!("i{i}"), "drugstore"));
        }
        catalogue.put(entry("before it is described", "drugstore"));
        let departments = |c: &Catalogue| c.departments();
        assert!(!catalogue.is_sensitive_group("drugstore") && !catalogue.is_sensitive_group("none"), "one of five");
        catalogue.set_sensitive("i0", true);
        catalogue.set_sensitive("i0", true);
        assert_eq!(departments(&catalogue), ["drugstore"], "two of five");
        catalogue.set_sensitive("i1", true);
        assert!(catalogue.is_sensitive_group("drugstore") && departments(&catalogue).is_empty(), "three of five");
        catalogue.put(entry("i1", "bread"));
        catalogue.put(entry("i2", "bread"));
        assert!(catalogue.is_sensitive_group("drugstore") && catalogue.is_sensitive_group("bread"), "two of three, one of two");
        catalogue.set_sensitive("i1", false);
        assert_eq!(departments(&catalogue), ["bread"]);
    }

    #[test]
    fn leafing_sees_every_entry_once() {
        let mut catalogue = Catalogue::default();
        catalogue.intern("only named");
        for i in 0..25 {
            catalogue.put(entry(&format!("i{i}"), if i % 2 == 0 { "even" } else { "odd" }));
        }
        for (department, count) in [(None, 25), (Some("even"), 13), (Some("none"), 0)] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let (found, last) = catalogue.leaf(department, after, 4);
                seen.extend(found.iter().map(|e| e.item.clone()));
                after = last;
                if last.is_none() {
                    break;
                }
            }
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), count, "{department:?}");
        }
    }

    #[test]
    fn new_items_are_found_by_department_wherever_the_lot_begins() {
        let mut catalogue = Catalogue::default();
        let since = |day| Some(jiff::civil::date(2026, 6, day));
        for i in 0..20 {
            catalogue.put(CatalogueItem { on_sale_since: since(1 + i), ..entry(&format!("i{i}"), "bread") });
        }
        catalogue.put(CatalogueItem { on_sale_since: since(20), ..entry("far", "milk") });
        assert!(catalogue.new_items(1, 0, 99, |_| true).is_empty());
        let days = jiff::civil::date(2026, 6, 11).since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).unwrap().get_days();
        catalogue.know_new_from(u32::try_from(days).unwrap());
        let bread = catalogue.groups(0)[0];
        for turn in 0..50 {
            let mut found = catalogue.new_items(bread, turn, 99, |_| true);
            found.sort_unstable();
            assert_eq!(found, (10..20).collect::<Vec<_>>(), "turn {turn}");
        }
        let firsts: BTreeSet<_> = (0..200).flat_map(|turn| catalogue.new_items(bread, turn, 1, |_| true)).collect();
        assert!(firsts.len() > 5, "the lot changes who is first: {firsts:?}");
        catalogue.put(CatalogueItem { on_sale_since: since(1), ..entry("i19", "bread") });
        assert_eq!(catalogue.new_items(bread, 1, 99, |_| true).len(), 9, "it turned out to be older");
    }

    #[test]
    fn what_lasts_is_declared_by_department_or_item() {
        let mut catalogue = Catalogue::default();
        catalogue.declare_durable(&["tools".to_owned()].into());
        let a = catalogue.put(entry("a", "tools")).unwrap();
        let b = catalogue.put(CatalogueItem { durable: Some(false), ..entry("b", "tools") }).unwrap();
        let c = catalogue.put(CatalogueItem { durable: Some(true), ..entry("c", "food") }).unwrap();
        let d = catalogue.put(entry("d", "food")).unwrap();
        assert_eq!([a, b, c, d].map(|i| catalogue.is_durable(i)), [true, false, true, false]);
    }

    #[test]
    fn no_more_items_than_there_is_room_for() {
        let mut catalogue = Catalogue::new(2);
        assert_eq!(["a", "b", "c", "a"].map(|item| catalogue.intern(item)), [Some(0), Some(1), None, Some(0)]);
        assert_eq!(catalogue.room(), 0);
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
