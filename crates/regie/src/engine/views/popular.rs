//! What sells, from anonymous tallies made at the door: no record, no customer, sensitive items left out.
//!
//! A tally sums 28 days per shop and counts only from ten up; a shop with fewer than 50 such items uses all shops.
//! Not personal data, so nothing here is forgotten when a customer is.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use regie_store::Tally;

use super::catalogue::{Catalogue, ItemIx};

/// Days that are summed.
pub(crate) const DAYS: u32 = 28;
const COUNTED_FROM: i64 = 10;
const SHOP_ITEMS_MIN: usize = 50;

/// Items with what they sold, most first.
pub(crate) type Ranking = Arc<Vec<(ItemIx, i64)>>;

/// The tallies of the last 28 days and the rankings made of them.
#[derive(Debug, Default)]
pub(crate) struct Popular {
    cells: BTreeMap<u32, HashMap<(Arc<str>, ItemIx), i64>>,
    everywhere: Ranking,
    by_store: HashMap<Arc<str>, Ranking>,
    stale: bool,
}

impl Popular {
    /// Counts. O(1).
    pub(crate) fn add(&mut self, tally: &Tally, item: ItemIx) {
        *self.cells.entry(tally.day).or_default().entry((tally.store.as_str().into(), item)).or_default() += tally.count;
        self.stale = true;
    }

    /// Every cell: day, shop, item, count.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (u32, &str, ItemIx, i64)> {
        self.cells.iter().flat_map(|(day, cells)| cells.iter().map(|((store, item), count)| (*day, &**store, *item, *count)))
    }

    /// Lets go of days that are over.
    pub(crate) fn roll(&mut self, today: u32) {
        let kept = self.cells.split_off(&(today + 1).saturating_sub(DAYS));
        self.stale |= !self.cells.is_empty();
        self.cells = kept;
    }

    /// Has something been counted since the rankings were made?
    pub(crate) fn is_stale(&self) -> bool {
        self.stale
    }

    /// Makes the rankings anew. O(cells); called at most once a second.
    pub(crate) fn rankings(&self, catalogue: &Catalogue) -> (Ranking, HashMap<Arc<str>, Ranking>) {
        let mut all: HashMap<ItemIx, i64> = HashMap::new();
        let mut stores: HashMap<Arc<str>, HashMap<ItemIx, i64>> = HashMap::new();
        for ((store, item), count) in self.cells.values().flatten() {
            *all.entry(*item).or_default() += count;
            if !store.is_empty() {
                *stores.entry(store.clone()).or_default().entry(*item).or_default() += count;
            }
        }
        // Ties go by the item's id, so that two nodes with the same tallies answer the same.
        let rank = |counts: HashMap<ItemIx, i64>| {
            let mut ranking: Vec<_> = counts.into_iter().filter(|&(_, count)| count >= COUNTED_FROM).collect();
            ranking.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| catalogue.name(a.0).cmp(catalogue.name(b.0))));
            Arc::new(ranking)
        };
        let by_store = stores.into_iter().map(|(store, counts)| (store, rank(counts))).filter(|(_, r)| r.len() >= SHOP_ITEMS_MIN).collect();
        (rank(all), by_store)
    }

    /// Puts rankings made before into use.
    pub(crate) fn set_rankings(&mut self, (everywhere, by_store): (Ranking, HashMap<Arc<str>, Ranking>)) {
        self.everywhere = everywhere;
        self.by_store = by_store;
        self.stale = false;
    }

    /// What sells in this shop, or everywhere.
    pub(crate) fn ranking(&self, store: Option<&str>) -> &Ranking {
        store.and_then(|s| self.by_store.get(s)).unwrap_or(&self.everywhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_of_ten_counts_the_sum_of_28_days() {
        let mut catalogue = Catalogue::default();
        let item = catalogue.intern("a").unwrap();
        let other = catalogue.intern("b").unwrap();
        let mut popular = Popular::default();
        let tally = |day, store: &str, count| Tally { day, store: store.into(), item: "a".into(), count };
        popular.add(&tally(100, "s1", 4), item);
        popular.add(&tally(110, "s2", 5), item);
        popular.add(&tally(110, "s2", 9), other);
        popular.set_rankings(popular.rankings(&catalogue));
        assert!(popular.ranking(None).is_empty());
        popular.add(&tally(127, "s1", 1), item);
        assert!(popular.is_stale());
        popular.set_rankings(popular.rankings(&catalogue));
        assert_eq!(**popular.ranking(None), [(item, 10)]);
        assert_eq!(**popular.ranking(Some("s1")), [(item, 10)], "too few items of its own: all shops");
        popular.roll(128);
        popular.set_rankings(popular.rankings(&catalogue));
        assert!(popular.ranking(None).is_empty());
    }
}
