//! What sells, from anonymous tallies made at the door: no record, no customer, sensitive items left out.
//!
//! A tally sums 28 days per shop and counts only from ten up; a shop with fewer than 50 such items uses all shops.
//! [`Tallies`] is what the writer counts, beside the views; readers see the finished [`Popular`] alone, so no reader waits for a
//! ranking to be made. Not personal data, so nothing here is forgotten when a customer is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use regie_store::Tally;

use super::catalogue::ItemIx;

/// Days that are summed.
pub(crate) const DAYS: u32 = 28;
/// More shops than this within [`DAYS`] are counted without their name: a name that a page makes up must not fill the memory.
pub(crate) const SHOPS_MAX: usize = 4096;
/// The name of no shop: what all sell.
pub(crate) const EVERYWHERE: &str = "";
const COUNTED_FROM: i64 = 10;
const SHOP_ITEMS_MIN: usize = 50;
/// A ranking is as long as this. Nobody asks for more than a few hundred, less what is sold out.
const RANKED_MAX: usize = 2000;

/// Items with what they sold, most first.
pub(crate) type Ranking = Arc<Vec<(ItemIx, i64)>>;
/// Items with what they sold, in no order.
type Counted = Vec<(ItemIx, i64)>;

/// The tallies of the last 28 days and their sums.
#[derive(Debug)]
pub(crate) struct Tallies {
    cells: BTreeMap<u32, HashMap<(Arc<str>, ItemIx), i64>>,
    everywhere: Sum,
    shops: HashMap<Arc<str>, Sum>,
    /// Shops without any sale left, whose rankings are still in use.
    gone: Vec<Arc<str>>,
    shops_max: usize,
}

/// What was sold in all days together.
#[derive(Debug, Default)]
struct Sum {
    items: HashMap<ItemIx, i64>,
    /// Changed since its ranking was made.
    stale: bool,
}

impl Sum {
    fn add(&mut self, item: ItemIx, count: i64) {
        let sum = self.items.entry(item).or_default();
        *sum += count;
        if *sum == 0 {
            self.items.remove(&item);
        }
        self.stale = true;
    }

    fn counted(&self) -> Counted {
        self.items.iter().filter(|&(_, &count)| count >= COUNTED_FROM).map(|(&item, &count)| (item, count)).collect()
    }
}

impl Tallies {
    /// None yet; of at most so many shops.
    pub(crate) fn new(shops_max: usize) -> Tallies {
        Tallies { cells: BTreeMap::new(), everywhere: Sum::default(), shops: HashMap::new(), gone: Vec::new(), shops_max }
    }

    /// Is this shop counted by its name, or no shop at all?
    pub(crate) fn knows(&self, shop: &str) -> bool {
        shop == EVERYWHERE || self.shops.contains_key(shop)
    }

    /// How many more shops are counted by their name.
    pub(crate) fn room(&self) -> usize {
        self.shops_max.saturating_sub(self.shops.len())
    }

    /// Counts. O(1). A shop too many is counted for all shops only.
    pub(crate) fn add(&mut self, tally: &Tally, item: ItemIx) {
        let shop = if self.knows(&tally.store) || self.room() > 0 { tally.store.as_str() } else { EVERYWHERE };
        let shop: Arc<str> = self.shops.get_key_value(shop).map_or_else(|| shop.into(), |(name, _)| name.clone());
        self.everywhere.add(item, tally.count);
        if &*shop != EVERYWHERE {
            self.shops.entry(shop.clone()).or_default().add(item, tally.count);
        }
        *self.cells.entry(tally.day).or_default().entry((shop, item)).or_default() += tally.count;
    }

    /// Every cell: day, shop, item, count.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (u32, &str, ItemIx, i64)> {
        self.cells.iter().flat_map(|(day, cells)| cells.iter().map(|((store, item), count)| (*day, &**store, *item, *count)))
    }

    /// Lets go of days that are over. O(their cells).
    pub(crate) fn roll(&mut self, today: u32) {
        let kept = self.cells.split_off(&(today + 1).saturating_sub(DAYS));
        for ((shop, item), count) in std::mem::replace(&mut self.cells, kept).into_values().flatten() {
            self.everywhere.add(item, -count);
            if let Some(sum) = self.shops.get_mut(&shop) {
                sum.add(item, -count);
            }
        }
        self.gone.extend(self.shops.extract_if(|_, sum| sum.items.is_empty()).map(|(shop, _)| shop));
    }

    /// What is to be ranked anew: the items that sold enough, by shop. O(items of the shops that sold something since).
    pub(crate) fn take_stale(&mut self) -> Vec<(Arc<str>, Counted)> {
        let mut stale = Vec::new();
        if std::mem::take(&mut self.everywhere.stale) {
            stale.push((EVERYWHERE.into(), self.everywhere.counted()));
        }
        stale.extend(self.gone.drain(..).map(|shop| (shop, Counted::new())));
        for (shop, sum) in self.shops.iter_mut().filter(|(_, sum)| sum.stale) {
            sum.stale = false;
            let counted = sum.counted();
            stale.push((shop.clone(), if counted.len() < SHOP_ITEMS_MIN { Counted::new() } else { counted }));
        }
        stale
    }

    /// What all shops sold enough of.
    pub(crate) fn everywhere(&self) -> Counted {
        self.everywhere.counted()
    }
}

/// Those that can be ranked: as many as are, and what ties with the last of them. O(n).
pub(crate) fn most(mut counted: Counted) -> Counted {
    if counted.len() > RANKED_MAX {
        let least = counted.select_nth_unstable_by_key(RANKED_MAX - 1, |&(_, count)| Reverse(count)).1.1;
        counted.retain(|&(_, count)| count >= least);
    }
    counted
}

/// Ranks. `names` are the items' ids: ties go by them, so that two nodes with the same tallies answer the same.
pub(crate) fn rank(counted: Counted, names: Vec<Arc<str>>) -> Ranking {
    let mut all: Vec<_> = counted.into_iter().zip(names).map(|((item, count), name)| (Reverse(count), name, item)).collect();
    if all.len() > RANKED_MAX {
        all.select_nth_unstable(RANKED_MAX);
        all.truncate(RANKED_MAX);
    }
    all.sort_unstable();
    Arc::new(all.into_iter().map(|(Reverse(count), _, item)| (item, count)).collect())
}

/// The rankings in use.
#[derive(Debug, Default)]
pub(crate) struct Popular {
    everywhere: Ranking,
    by_shop: HashMap<Arc<str>, Ranking>,
}

impl Popular {
    /// Puts a ranking into use; an empty one means that the shop goes by what all sell.
    pub(crate) fn set(&mut self, shop: Arc<str>, ranking: Ranking) {
        if &*shop == EVERYWHERE {
            self.everywhere = ranking;
        } else if ranking.is_empty() {
            self.by_shop.remove(&shop);
        } else {
            self.by_shop.insert(shop, ranking);
        }
    }

    /// What sells in this shop, or everywhere.
    pub(crate) fn ranking(&self, shop: Option<&str>) -> &Ranking {
        shop.and_then(|s| self.by_shop.get(s)).unwrap_or(&self.everywhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(day: u32, store: &str, count: i64) -> Tally {
        Tally { day, store: store.into(), item: "a".into(), count }
    }

    fn name(item: ItemIx) -> Arc<str> {
        format!("item-{:04}", 9999 - item).into()
    }

    fn refresh(tallies: &mut Tallies, popular: &mut Popular) {
        for (shop, counted) in tallies.take_stale() {
            let names = counted.iter().map(|&(item, _)| name(item)).collect();
            popular.set(shop, rank(counted, names));
        }
    }

    #[test]
    fn the_threshold_of_ten_counts_the_sum_of_28_days() {
        let (item, other) = (0, 1);
        let (mut tallies, mut popular) = (Tallies::new(9), Popular::default());
        tallies.add(&tally(100, "s1", 4), item);
        tallies.add(&tally(110, "s2", 5), item);
        tallies.add(&tally(110, "s2", 9), other);
        refresh(&mut tallies, &mut popular);
        assert!(popular.ranking(None).is_empty());
        tallies.add(&tally(127, "s1", 1), item);
        refresh(&mut tallies, &mut popular);
        assert_eq!(**popular.ranking(None), [(item, 10)]);
        assert_eq!(**popular.ranking(Some("s1")), [(item, 10)], "too few items of its own: all shops");
        assert!(tallies.take_stale().is_empty(), "nothing was counted since");
        tallies.roll(128);
        refresh(&mut tallies, &mut popular);
        assert!(popular.ranking(None).is_empty());
    }

    #[test]
    fn a_shop_of_its_own_ranks_by_itself_until_its_days_are_over() {
        let (mut tallies, mut popular) = (Tallies::new(9), Popular::default());
        for item in 0..60 {
            tallies.add(&tally(100, "big", 10 + i64::from(item % 2)), item);
            tallies.add(&tally(101, "small", 50), 7);
        }
        refresh(&mut tallies, &mut popular);
        assert_eq!(popular.ranking(None)[0], (7, 60 * 50 + 11));
        let big = popular.ranking(Some("big")).clone();
        assert_eq!((big.len(), big[0], big[59]), (60, (59, 11), (0, 10)), "ties go by the item's id");
        tallies.roll(128);
        assert_eq!((tallies.shops.len(), tallies.room()), (1, 8), "a shop without sales makes room at once");
        refresh(&mut tallies, &mut popular);
        assert_eq!(**popular.ranking(Some("big")), [(7, 60 * 50)]);
        tallies.roll(200);
        refresh(&mut tallies, &mut popular);
        assert!(popular.ranking(None).is_empty() && tallies.shops.is_empty() && tallies.cells().next().is_none());
    }

    #[test]
    fn a_shop_too_many_counts_for_all_shops_only() {
        let mut tallies = Tallies::new(2);
        for shop in ["s1", "s2", "s3", "s1"] {
            tallies.add(&tally(100, shop, 5), 0);
        }
        let mut cells: Vec<_> = tallies.cells().collect();
        cells.sort_unstable();
        assert_eq!(cells, [(100, "", 0, 5), (100, "s1", 0, 10), (100, "s2", 0, 5)]);
        assert_eq!((tallies.everywhere(), tallies.room(), tallies.knows("s3")), (vec![(0, 20)], 0, false));
    }

    #[test]
    fn a_long_ranking_is_cut_and_stays_the_same() {
        let counted: Counted = (0..3000).map(|item| (item, 10)).collect();
        let names = counted.iter().map(|&(item, _)| name(item)).collect();
        let ranking = rank(counted, names);
        assert_eq!((ranking.len(), ranking[0], ranking[1999]), (2000, (2999, 10), (1000, 10)));
    }
}
