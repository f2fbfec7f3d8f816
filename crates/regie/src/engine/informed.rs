//! What the customer told, as far as one answer may use it: a diet, a size and a household rule items out where the catalogue says that
//! they do not fit, an interest and children weigh items up. Made anew for each answer, so that what ended by then is not in it.
//!
//! Left out: items about which the catalogue says nothing; nothing is concluded from a name.

use std::sync::Arc;

use regie_domain::consent::{Decision, Use};
use regie_domain::information::{Diet, Garment, InformationItem, Told};
use regie_domain::time::Time;
use regie_recommend::ItemId;
use regie_recommend::blend::{Blended, Origin};

use super::api::{Because, Without};
use super::decide::ends_text;
use super::information::judge;
use super::rules::Rules;
use super::views::catalogue::{Catalogue, GroupIx};
use super::views::{RecordIx, Views};

/// What an item gains that the customer's interests or household speak for.
const GAIN: f32 = 1.5;
/// And what it has at least, as a share of the best score: an interest is said in words, so it shows.
const FLOOR: f32 = 0.6;
/// How many of what sells are looked through for items of the customer's interests.
const LOOK_THROUGH: usize = 2_000;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Informed {
    diets: u16,
    sizes: Vec<(Garment, String)>,
    interests: Vec<GroupIx>,
    departments: Vec<String>,
    /// The ages of the children, if a household was told.
    ages: Option<u8>,
    grounds: Vec<Ground>,
}

/// One item that may be used, and what that rests on.
#[derive(Debug, Clone)]
struct Ground {
    item: InformationItem,
    at: Time,
    purpose: Arc<str>,
    category: Arc<str>,
    until: Arc<str>,
}

impl Informed {
    /// What may be used for this answer; `asked` is the use of the category. No allocation for a customer who tells nothing.
    pub(super) fn of(views: &Views, rules: &Rules, customer: RecordIx, asked: &Use, without: &Without, now: Time) -> Informed {
        let mut informed = Informed::default();
        for (item, entry) in views.information.of(customer) {
            if without.information.contains(&item) {
                continue;
            }
            let Decision::Allow { until, .. } = judge(rules, views, customer, entry, asked, now) else { continue };
            match &*entry.value {
                Told::Diet(diets) => informed.diets = diets.iter().fold(0, |all, diet: &Diet| all | diet.bit()),
                Told::Sizes(sizes) => informed.sizes = sizes.iter().map(|(kind, size)| (*kind, size.clone())).collect(),
                Told::Interests(names) => {
                    informed.interests = names.iter().filter_map(|n| views.catalogue.find_group(n)).collect();
                    informed.departments.clone_from(names);
                }
                Told::Household(household) => informed.ages = Some(household.children.iter().fold(0, |all, age| all | age.bit())),
                // Nothing is recommended by it: the shop says what a birthday is for.
                Told::Birthday(_) => continue,
            }
            informed.grounds.push(Ground {
                item,
                at: entry.at,
                purpose: entry.permission.purpose.as_str().into(),
                category: regie_domain::information::CATEGORY.into(),
                until: ends_text(until).unwrap_or_default().into(),
            });
        }
        informed
    }

    /// Is there anything to go by?
    pub(super) fn is_nothing(&self) -> bool {
        self.grounds.is_empty()
    }

    /// Does the item fit what was told?
    pub(super) fn fits(&self, catalogue: &Catalogue, item: u32) -> bool {
        if self.is_nothing() {
            return true;
        }
        let suits = catalogue.suits(item);
        if self.diets != 0 && suits.diets(self.diets) == Some(false) {
            return false;
        }
        if self.ages.is_some_and(|ages| suits.ages(ages) == Some(false)) {
            return false;
        }
        self.size_of(catalogue, item) != Some(false)
    }

    /// Is there one in the customer's size? `None`: the item has no sizes, or the customer told none of its kind.
    fn size_of(&self, catalogue: &Catalogue, item: u32) -> Option<bool> {
        if self.sizes.is_empty() || !catalogue.suits(item).has_sizes() {
            return None;
        }
        let sizes = catalogue.entry(item)?.sizes.as_ref()?;
        let told = self.sizes.iter().filter_map(|(kind, size)| sizes.get(kind).map(|all| all.iter().any(|s| s.eq_ignore_ascii_case(size))));
        told.reduce(|all, fits| all || fits)
    }

    /// Weighs up what the customer's interests and household speak for, and brings in what sells of it. `sells` comes best first.
    pub(super) fn weigh(
        &self,
        catalogue: &Catalogue,
        sells: impl Iterator<Item = ItemId>,
        offered: impl Fn(ItemId) -> bool + Copy,
        places: usize,
        blended: &mut Vec<Blended>,
    ) {
        if self.interests.is_empty() && self.ages.is_none_or(|ages| ages == 0) {
            return;
        }
        let best = blended.first().map_or(1.0, |b| b.score).max(f32::MIN_POSITIVE);
        let room = blended.len().max(places);
        let mut more = places.div_ceil(3);
        // Where too little of it sells yet, what stands on its shelves.
        let shelves = self.departments.iter().flat_map(|name| catalogue.on_shelf(name, places)).map(ItemId).filter(|&item| offered(item));
        for item in sells.take(LOOK_THROUGH).filter(|&item| offered(item)).chain(shelves) {
            if more == 0 {
                break;
            }
            if self.speaks_for(catalogue, item.0) && !blended.iter().any(|b| b.item == item) {
                blended.push(Blended { item, score: 0.0, origin: Origin::Popular, because: None });
                more -= 1;
            }
        }
        // In the order that they have: each a little below the one before, so that the order stays.
        let mut floor = best * FLOOR;
        for b in blended.iter_mut().filter(|b| self.speaks_for(catalogue, b.item.0)) {
            b.score = (b.score * GAIN).max(floor);
            floor *= 0.97;
        }
        blended.sort_by(|a, b| b.score.total_cmp(&a.score));
        blended.truncate(room);
    }

    fn speaks_for(&self, catalogue: &Catalogue, item: u32) -> bool {
        self.is_interest(catalogue, item) || self.ages.is_some_and(|ages| catalogue.suits(item).ages(ages) == Some(true))
    }

    fn is_interest(&self, catalogue: &Catalogue, item: u32) -> bool {
        !self.interests.is_empty() && catalogue.groups(item).iter().any(|group| *group > 0 && self.interests.contains(group))
    }

    /// What of it spoke for an item that is shown, what weighs before what filters.
    pub(super) fn reasons(&self, views: &Views, item: u32) -> impl Iterator<Item = Because> {
        let catalogue = &views.catalogue;
        let speaks = move |told: InformationItem| match told {
            InformationItem::Interests => self.is_interest(catalogue, item),
            InformationItem::Household => self.ages.is_some_and(|ages| catalogue.suits(item).ages(ages) == Some(true)),
            InformationItem::Sizes => self.size_of(catalogue, item) == Some(true),
            InformationItem::Diet => self.diets != 0 && catalogue.suits(item).diets(self.diets) == Some(true),
            InformationItem::Birthday => false,
        };
        let order = [InformationItem::Interests, InformationItem::Household, InformationItem::Sizes, InformationItem::Diet];
        let grounds = order.into_iter().filter_map(move |told| self.grounds.iter().find(|g| g.item == told && speaks(told)));
        grounds.map(move |ground| Because {
            event: None,
            item: catalogue.shared_name(item),
            at: Some(ground.at),
            category: ground.category.clone(),
            consent: ground.purpose.clone(),
            until: ground.until.clone(),
            times: 1,
            information: Some(ground.item),
        })
    }
}
