//! The list: three lists are found and blended, then come variety and newcomers.
//!
//! Each step leaves what it found in the [`Work`], for the next one. Left out: what may be used, which is decided before, and why each
//! item stands there, which is worked out for what is shown.

use regie_recommend::blend::{Blended, Lists, Weights, blend, fill_up};
use regie_recommend::diversity::diversify;
use regie_recommend::newcomers::{Offered, Placed, offer};
use regie_recommend::repeat::{OwnItem, Repeat, score_repeats};
use regie_recommend::{ItemId, ItemKey, Scored, Scratch};
use smallvec::SmallVec;

use super::LIMIT_MAX;
use super::habits::{Habit, Strength, Strongest};
use super::permit::Permitted;
use crate::engine::api::Wish;
use crate::engine::error::EngineError;
use crate::engine::settings::Settings;
use crate::engine::views::Views;
use crate::engine::views::catalogue::New;
use crate::engine::views::profiles::{Known, Profile};

/// The items of a visit that are looked at, the newest.
const VISIT_MAX: usize = 50;
/// How many candidates each list offers the blend, and the blend variety, for each place of the answer.
const CANDIDATES: usize = 2;
/// What the customer buys most is asked about with so many items, at most: more say nothing new and take longer.
const HABITS_MAX: usize = 8;
/// New items are looked for in so many departments, those that the list is most about.
const DEPARTMENTS_MAX: usize = 4;
/// New items that a department offers one answer.
const NEW_OF_DEPARTMENT: usize = 4;
const DAY: u32 = 86_400;

/// Working memory of one thread, so that a recommendation allocates little.
#[derive(Default)]
pub(super) struct Work {
    habits: Strongest,
    promising: Strongest,
    own: Vec<OwnItem>,
    /// What is asked about: the visit, or what the customer buys most.
    pub(super) query: Vec<ItemId>,
    /// It is the visit.
    in_visit: bool,
    pub(super) scratch: Scratch,
    pub(super) scored: Vec<Scored>,
    /// Those of them that are shown, with their reasons.
    pub(super) shown: Vec<Scored>,
    pub(super) repeats: Vec<Repeat>,
    sold: Vec<(ItemId, f32)>,
    pub(super) blended: Vec<Blended>,
    /// Places in `blended`, in the order of the list.
    pub(super) chosen: Vec<usize>,
    placed: Vec<Placed>,
    new: Vec<Placed>,
    /// The list: the chosen in their order, newcomers among them.
    pub(super) offered: Vec<Offered>,
}

/// One answer in the making: what it may look at.
pub(super) struct Making<'a> {
    pub(super) views: &'a Views,
    pub(super) permitted: &'a Permitted,
    profile: Option<&'a Profile>,
    settings: &'a Settings,
    now: u32,
    limit: usize,
    store: Option<&'a str>,
    left_out: SmallVec<[u32; 4]>,
    /// The visit as the page knows it, newest last.
    pub(super) carried: SmallVec<[ItemId; 16]>,
}

impl<'a> Making<'a> {
    /// The profile is the customer's, unless one as it was before is handed in.
    pub(super) fn new(
        views: &'a Views,
        settings: &'a Settings,
        wish: &'a Wish,
        (permitted, profile): (&'a Permitted, Option<&'a Profile>),
        now: u32,
    ) -> Result<Making<'a>, EngineError> {
        let customer = wish.customer.map(|c| views.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
        let profile = profile.or_else(|| customer.and_then(|c| views.profiles.get(c.at())));
        let left_out = wish.without.items.iter().filter_map(|item| views.catalogue.find(item)).collect();
        let (limit, store) = (wish.limit.clamp(1, LIMIT_MAX), wish.store.as_deref());
        let mut making = Making { views, permitted, profile, settings, now, limit, store, left_out, carried: SmallVec::new() };
        making.leave_out_namesakes(&wish.visit);
        if permitted.visit.is_some() {
            let from = wish.visit.len().saturating_sub(VISIT_MAX);
            let items = wish.visit[from..].iter().filter_map(|item| views.catalogue.find(item));
            making.carried = items.filter(|&item| making.may_use(item)).map(ItemId).collect();
        }
        Ok(making)
    }

    /// What was left out, and whatever else the customer bought or looked at that bears the same names: nobody can tell those apart.
    fn leave_out_namesakes(&mut self, visit: &[String]) {
        if self.left_out.is_empty() {
            return;
        }
        let catalogue = &self.views.catalogue;
        let names = |item: u32| catalogue.entry(item).map(|entry| &entry.names).filter(|names| !names.is_empty());
        let carried = visit.iter().filter_map(|item| catalogue.find(item));
        let known = self.profile.into_iter().flat_map(Profile::counted).map(|known| known.item).chain(carried);
        let is_namesake = |item: &u32| names(*item).is_some_and(|own| self.left_out.iter().any(|&out| names(out) == Some(own)));
        let namesakes: SmallVec<[u32; 4]> = known.filter(|item| !self.left_out.contains(item)).filter(is_namesake).collect();
        self.left_out.extend(namesakes);
    }

    /// May what the customer did with this item be used? If that was permitted at all.
    fn may_use(&self, item: u32) -> bool {
        !self.left_out.contains(&item) && (self.permitted.sensitive || !self.views.catalogue.is_sensitive(item))
    }

    /// What is known of an item, as bought or as looked at, where that is permitted.
    pub(super) fn known(&self, item: u32, bought: bool) -> Option<Known> {
        let grounds = if bought { &self.permitted.purchases } else { &self.permitted.browsing };
        grounds.as_ref().and(self.profile)?.item(item, bought)
    }

    /// May it stand in the list?
    fn is_offered(&self, item: ItemId) -> bool {
        self.views.catalogue.is_offered(item.0, self.permitted.sensitive)
            && !self.carried.contains(&item)
            && !self.is_just_bought(item.0)
            && self.permitted.informed.fits(&self.views.catalogue, item.0)
    }

    fn is_just_bought(&self, item: u32) -> bool {
        self.views.catalogue.is_durable(item)
            && self.known(item, true).is_some_and(|k| self.now.saturating_sub(k.at) < self.settings.durable_seconds)
    }

    /// The item's lasting key. The model numbers items as the catalogue does and keeps their keys.
    fn key(&self, item: ItemId) -> ItemKey {
        self.views.model.item_key(item).unwrap_or(ItemKey(0))
    }

    /// How many candidates a list offers.
    fn wanted(&self) -> usize {
        self.limit * CANDIDATES
    }

    /// What is asked about, and what the customer may buy again: one walk through the profile. O(known).
    pub(super) fn find_own(&self, work: &mut Work) {
        let Work { habits, promising, own, query, in_visit, repeats, .. } = work;
        query.clear();
        // An item that neither the catalogue nor the model knows has a number only if somebody once named it, perhaps somebody
        // erased since: it must not even take up its place among the items asked for.
        let is_known = |item: ItemId| self.views.model.sessions_with(item) > 0 || self.views.catalogue.entry(item.0).is_some();
        query.extend(self.carried.iter().copied().filter(|&item| is_known(item)));
        *in_visit = !query.is_empty();
        let strength = Strength::new(self.settings.repeat.half_life, self.now);
        // What the customer does now says what comes next; habits, asked about together with it, would only blur that.
        habits.begin(if *in_visit { 0 } else { HABITS_MAX });
        promising.begin(self.wanted());
        for known in self.profile.into_iter().flat_map(Profile::counted) {
            let strength = strength.of(&known);
            let (habit, again) = (habits.may_be(strength), known.bought && promising.may_be(strength));
            if !habit && !again {
                continue;
            }
            let permitted = if known.bought { &self.permitted.purchases } else { &self.permitted.browsing };
            if permitted.is_some() && self.may_use(known.item) {
                habits.add(Habit { strength, known });
                if again && self.is_offered(ItemId(known.item)) {
                    promising.add(Habit { strength, known });
                }
            }
        }
        let key = |item: u32| self.key(ItemId(item)).0;
        if !*in_visit {
            // The weakest first, as a visit has its oldest first. Of equals the later, then the one with the greater key, then the bought.
            let later = |at: u32, other: u32| other.cmp(&at);
            let chosen = habits.chosen(|a, b| later(a.at, b.at).then_with(|| key(b.item).cmp(&key(a.item))).then(b.bought.cmp(&a.bought)));
            chosen.sort_unstable_by(|a, b| {
                let (first, then) = (a.strength.cmp(&b.strength), a.known.at.cmp(&b.known.at));
                first.then(then).then_with(|| key(a.known.item).cmp(&key(b.known.item))).then(a.known.bought.cmp(&b.known.bought))
            });
            query.extend(chosen.iter().map(|habit| ItemId(habit.known.item)));
        }
        own.clear();
        let chosen = promising.chosen(|a, b| key(a.item).cmp(&key(b.item)));
        own.extend(chosen.iter().map(|Habit { known, .. }| OwnItem {
            item: ItemId(known.item),
            count: known.count,
            last: known.at,
            mean_interval: 0,
        }));
        score_repeats(own, self.now, self.wanted(), &self.settings.repeat, |item| key(item.0), repeats);
    }

    /// What others had together with what is asked about.
    pub(super) fn find_going_with(&self, work: &mut Work) {
        let Work { query, scratch, scored, .. } = work;
        scored.clear();
        if !query.is_empty() {
            self.views.model.predict_without_reasons(query, self.wanted(), |item| self.is_offered(item), scratch, scored);
        }
    }

    /// One list of what was found and what sells.
    pub(super) fn blend(&self, work: &mut Work) {
        let Work { in_visit, scored, repeats, sold, blended, .. } = work;
        let ranking = self.views.popular.ranking(self.store);
        sold.clear();
        let offered = ranking.iter().map(|&(item, sold)| (ItemId(item), sold)).filter(|sold| self.is_offered(sold.0));
        #[expect(clippy::cast_precision_loss, reason = "a score needs no more than 24 bits")]
        sold.extend(offered.map(|(item, sold)| (item, sold as f32)).take(self.wanted()));
        let weights = self.settings.weights;
        let weights = Weights { visit: if *in_visit { weights.visit } else { self.settings.habits_weight }, ..weights };
        let lists = Lists { visit: scored, repeat: repeats, popular: sold, fill: &[] };
        blend(lists, self.wanted(), weights, |item| self.key(item), blended);
        if blended.len() < self.limit {
            // Too little sells yet: one of each department in turn.
            let assortment = self.views.catalogue.assortment(self.wanted()).into_iter().map(ItemId).filter(|&item| self.is_offered(item));
            fill_up(self.wanted(), sold.iter().map(|sold| sold.0).chain(assortment), blended);
        }
        let informed = &self.permitted.informed;
        if !informed.is_nothing() {
            let sells = ranking.iter().map(|&(item, _)| ItemId(item));
            informed.weigh(&self.views.catalogue, sells, |item| self.is_offered(item), self.limit, blended);
        }
    }

    /// Variety, and the newcomers' places.
    pub(super) fn place(&self, work: &mut Work) {
        let Work { blended, chosen, placed, new, offered, .. } = work;
        let groups = |item: ItemId| {
            let [department, brand] = self.views.catalogue.groups(item.0);
            let numbered = |group: u32, kind: u64| (group > 0).then_some(u64::from(group) << 1 | kind);
            [numbered(department, 0), numbered(brand, 1).filter(|_| self.settings.by_brand)]
        };
        diversify(blended, self.limit, self.settings.diversity, |b| f64::from(b.score), |b| groups(b.item), chosen);
        placed.clear();
        placed.extend(chosen.iter().filter_map(|&at| blended.get(at)).map(|b| self.placed(b.item)));
        let today = self.now / DAY;
        new.clear();
        if self.settings.new_every > 0 && self.limit >= self.settings.new_every {
            self.find_newcomers(placed, today, new);
        }
        // Who gets a place is decided by lot, each day anew.
        offer(placed, new, self.limit, self.settings.new_every, today.into(), offered);
    }

    fn placed(&self, item: ItemId) -> Placed {
        let [department, brand] = self.views.catalogue.groups(item.0);
        Placed { item, key: self.key(item), department, brand: (brand > 0).then_some(brand) }
    }

    /// New items of the departments that a list is about, of which nobody's history says anything yet.
    fn find_newcomers(&self, list: &[Placed], today: u32, into: &mut Vec<Placed>) {
        let first_day = (today + 1).saturating_sub(self.settings.new_days);
        let is_new = |new: New| {
            let item = ItemId(new.item);
            (first_day..=today).contains(&new.since) && self.views.model.sessions_with(item) == 0 && self.is_offered(item)
        };
        let mut departments: SmallVec<[(usize, u32); 16]> = SmallVec::new();
        for placed in list {
            match departments.iter_mut().find(|(_, department)| *department == placed.department) {
                Some((count, _)) => *count += 1,
                None => departments.push((1, placed.department)),
            }
        }
        // Of equals the one that comes first in the list.
        departments.sort_by_key(|&(count, _)| std::cmp::Reverse(count));
        for &(_, department) in departments.iter().take(DEPARTMENTS_MAX) {
            let new = self.views.catalogue.new_items(department, today.into(), NEW_OF_DEPARTMENT, is_new);
            into.extend(new.into_iter().map(|item| self.placed(ItemId(item))));
        }
    }
}
