//! Recommendations: what may be used is decided first. Then three lists are blended: what others had together with what is in this visit
//! (without a visit: with what the customer buys most), what the customer buys again, and what sells. Then comes variety, and newcomers get their
//! places. Each item carries the customer's own events that spoke for it. A recommendation is a use, and is recorded.

use std::cell::RefCell;

use regie_domain::consent::{Decision, Ends, Reason, Use};
use regie_domain::policy::{CategoryIx, PurposeIx, RecipientIx};
use regie_recommend::blend::{Blended, Lists, Origin, Weights, blend};
use regie_recommend::diversity::diversify;
use regie_recommend::newcomers::{Offered, Placed, offer};
use regie_recommend::repeat::{OwnItem, Repeat, score_repeats};
use regie_recommend::{ItemId, ItemKey, Reasons, Scored, Scratch};

use super::Engine;
use super::api::{Because, Recommendations, Recommended, Wish};
use super::decide::{channel, ends_text};
use super::error::EngineError;
use super::rules::Rules;
use super::settings::Settings;
use super::views::Views;
use super::views::catalogue::New;
use super::views::profiles::{Known, Profile};

/// The most items one answer holds.
pub(super) const LIMIT_MAX: usize = 100;
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
/// Events that are named for an item.
const REASONS_MAX: usize = 3;
/// How many answers that used a permission for once up are kept for a retry.
const ONCE_ANSWERS_MAX: usize = 1000;

thread_local! {
    static WORK: RefCell<Work> = RefCell::default();
}

/// Working memory of one thread, so that a recommendation allocates little.
#[derive(Default)]
struct Work {
    known: Vec<Known>,
    /// How well each of the known might be bought again, and its place.
    promising: Vec<(i64, u32)>,
    scratch: Scratch,
    scored: Vec<Scored>,
    own: Vec<OwnItem>,
    repeats: Vec<Repeat>,
    sold: Vec<(ItemId, f32)>,
    blended: Vec<Blended>,
    chosen: Vec<usize>,
    offered: Vec<Offered>,
}

/// What may be used for this answer, and what it rests on.
#[derive(Debug, Clone)]
struct Permitted {
    purchases: Option<Grounds>,
    browsing: Option<Grounds>,
    /// The visit that the call itself carries.
    visit: Option<Grounds>,
    sensitive: bool,
    reason: &'static str,
    once_not_used: bool,
    /// A permission for once is used up by this very answer.
    once_used: bool,
    /// The profile as it was before: using the permission up forgets it.
    profile: Option<Profile>,
    /// This request used a permission for once up before.
    retried: bool,
    uses: Vec<Use>,
}

/// A permission: its purpose and its end.
#[derive(Debug, Clone)]
struct Grounds {
    purpose: String,
    until: String,
}

impl Engine {
    /// Recommends. Never empty as long as the catalogue offers anything. About 100 µs under one read lock.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`], [`EngineError::UnknownId`] for the channel.
    pub async fn recommend(&self, wish: Wish) -> Result<Recommendations, EngineError> {
        self.settle();
        let rules = self.shared.rules();
        let permitted = self.permit(&rules, &wish).await?;
        let once = wish.customer.zip(wish.request.clone());
        if permitted.retried
            && let Some(answer) = once.as_ref().and_then(|key| self.shared.once.lock().get(key).cloned())
        {
            return Ok(answer);
        }
        let answer = WORK.with_borrow_mut(|work| {
            make(&self.shared.views.read(), &rules, &wish, &permitted, self.shared.clock.now().seconds32(), work)
        })?;
        if permitted.once_used
            && let Some(key) = once
        {
            let mut answers = self.shared.once.lock();
            if answers.len() >= ONCE_ANSWERS_MAX {
                answers.clear();
            }
            answers.insert(key, answer.clone());
        }
        for used in permitted.uses {
            self.record_use(wish.customer, used, true);
        }
        metrics::counter!("regie_recommendations_total", "personal" => if answer.personal { "yes" } else { "no" }).increment(1);
        Ok(answer)
    }

    async fn permit(&self, rules: &Rules, wish: &Wish) -> Result<Permitted, EngineError> {
        let asked = &rules.asked;
        let channel = channel(&rules.policy, &wish.channel)?;
        let customer = {
            let views = self.shared.views.read();
            wish.customer.map(|c| views.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?
        };
        let visit = customer.zip(wish.visit_id.as_deref()).and_then(|(customer, id)| self.shared.views.read().visit(customer, id));
        let a_use =
            |purpose: PurposeIx, category: CategoryIx| Use { purpose, category, recipient: RecipientIx(0), channel: Some(channel), visit };
        let mut permitted = Permitted {
            purchases: None,
            browsing: None,
            visit: None,
            sensitive: false,
            reason: Reason::Unknown.code(),
            once_not_used: false,
            once_used: false,
            profile: None,
            retried: false,
            uses: Vec::new(),
        };

        let mut reason: Option<Reason> = None;
        for (category, is_purchases) in [(asked.purchases, true), (asked.browsing, false)] {
            let (Some(purpose), Some(category), Some(_)) = (asked.recommendations, category, customer) else { continue };
            let a_use = a_use(purpose, category);
            let mut decision = self.decided(rules, wish, &a_use)?;
            if let Some(handle) = wish.customer {
                let is_once = matches!(decision, Decision::Allow { until: Ends::Once, .. });
                if is_once && wish.request.is_none() {
                    permitted.once_not_used = true;
                    continue;
                }
                if is_once {
                    let views = self.shared.views.read();
                    permitted.profile = views.customer(handle).and_then(|c| views.profiles.get(c.at())).cloned();
                    permitted.once_used = true;
                }
                let was_used_up = decision == Decision::Deny(Reason::UsedUp);
                decision = self.use_once(rules, handle, &a_use, decision, wish.request.as_deref()).await?;
                permitted.retried |= was_used_up && decision.is_allow() && !permitted.once_used;
            }
            match decision {
                Decision::Allow { until, .. } => {
                    let grounds = Grounds { purpose: rules.policy.at(purpose).id.clone(), until: ends_text(until).unwrap_or_default() };
                    if is_purchases {
                        permitted.purchases = Some(grounds);
                    } else {
                        permitted.browsing = Some(grounds);
                    }
                    permitted.uses.push(a_use);
                }
                // The first no is the one to tell, unless it only concerns the category.
                Decision::Deny(why) => reason = reason.filter(|r| *r != Reason::CategoryNotCovered).or(Some(why)),
            }
        }
        if let (Some(purpose), Some(category)) = (asked.recommendations, asked.sensitive)
            && !permitted.uses.is_empty()
        {
            let a_use = a_use(purpose, category);
            let mut decision = self.decided(rules, wish, &a_use)?;
            if let (Some(handle), Decision::Deny(Reason::UsedUp)) = (wish.customer, decision) {
                decision = self.use_once(rules, handle, &a_use, decision, wish.request.as_deref()).await?;
            }
            permitted.sensitive = decision.is_allow();
        }
        if !permitted.uses.is_empty() {
            permitted.reason = "consent";
            permitted.visit = permitted.browsing.clone();
        }
        if permitted.visit.is_none()
            && !wish.visit.is_empty()
            && let (Some(purpose), Some(category)) = (asked.visit_service, asked.browsing)
        {
            let a_use = a_use(purpose, category);
            let decision = self.decided(rules, wish, &a_use)?;
            if decision.is_allow() {
                permitted.visit = Some(Grounds { purpose: rules.policy.at(purpose).id.clone(), until: "visit".into() });
                if permitted.uses.is_empty() {
                    permitted.reason = decision.reason();
                }
                permitted.uses.push(a_use);
            }
        }
        if permitted.uses.is_empty() {
            permitted.reason = reason.unwrap_or(Reason::Unknown).code();
        }
        Ok(permitted)
    }

    /// By handle each time: between two locks an index may have become another customer's.
    fn decided(&self, rules: &Rules, wish: &Wish, a_use: &Use) -> Result<Decision, EngineError> {
        let views = self.shared.views.read();
        let customer = wish.customer.map(|c| views.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
        Ok(views.consents.decide(&rules.policy, customer.map(|c| c.0), a_use, self.shared.clock.judge()))
    }
}

/// The list that is made of what a wish names, as if that were permitted; with sensitive items left out. For measuring by whoever
/// knows that it is: nobody is shown it, so nothing is recorded.
pub(super) fn made_for_measuring(views: &Views, rules: &Rules, wish: &Wish, now: u32) -> Result<Recommendations, EngineError> {
    let grounds = || Some(Grounds { purpose: String::new(), until: String::new() });
    let permitted = Permitted {
        purchases: grounds(),
        browsing: grounds(),
        visit: grounds(),
        sensitive: false,
        reason: "consent",
        once_not_used: false,
        once_used: false,
        profile: None,
        retried: false,
        uses: Vec::new(),
    };
    WORK.with_borrow_mut(|work| make(views, rules, wish, &permitted, now, work))
}

/// Makes the list from what is permitted.
fn make(
    views: &Views,
    rules: &Rules,
    wish: &Wish,
    permitted: &Permitted,
    now: u32,
    work: &mut Work,
) -> Result<Recommendations, EngineError> {
    let limit = wish.limit.clamp(1, LIMIT_MAX);
    let customer = wish.customer.map(|c| views.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
    let profile = permitted.profile.as_ref().or_else(|| customer.and_then(|c| views.profiles.get(c.at())));
    let settings = &rules.settings;
    let Work { known, promising, scratch, scored, own, repeats, sold, blended, chosen, offered: mixed } = work;
    known.clear();
    known.extend(
        profile
            .into_iter()
            .flat_map(Profile::items)
            .filter(|k| if k.bought { permitted.purchases.is_some() } else { permitted.browsing.is_some() })
            .filter(|k| permitted.sensitive || !views.catalogue.is_sensitive(k.item)),
    );

    // The visit as the page knows it, newest last.
    let mut visit: Vec<ItemId> = Vec::new();
    if permitted.visit.is_some() {
        let from = wish.visit.len().saturating_sub(VISIT_MAX);
        let items = wish.visit[from..].iter().filter_map(|item| views.catalogue.find(item));
        visit.extend(items.filter(|&i| permitted.sensitive || !views.catalogue.is_sensitive(i)).map(ItemId));
    }
    let carried = visit.clone();
    // An item that neither the catalogue nor the model knows has a number only if somebody once named it, perhaps somebody
    // erased since: it must not even take up its place among the items asked for.
    visit.retain(|&item| views.model.sessions_with(item) > 0 || views.catalogue.entry(item.0).is_some());
    let strength = Strength::new(settings.repeat.half_life, now);
    let weights = Weights { visit: if visit.is_empty() { settings.habits_weight } else { settings.weights.visit }, ..settings.weights };
    // What the customer does now says what comes next; habits, asked about together with it, would only blur that.
    let query: Vec<ItemId> =
        if visit.is_empty() { strongest_of(views, known, &strength, HABITS_MAX).iter().map(|k| ItemId(k.item)).collect() } else { visit };

    let just_bought = |item: ItemId| {
        let bought = || profile?.item(item.0, true).filter(|_| permitted.purchases.is_some());
        views.catalogue.is_durable(item.0) && bought().is_some_and(|k| now.saturating_sub(k.at) < settings.durable_seconds)
    };
    let offered = |item: ItemId| views.catalogue.is_offered(item.0, permitted.sensitive) && !carried.contains(&item) && !just_bought(item);
    scored.clear();
    if !query.is_empty() {
        views.model.predict(&query, limit * CANDIDATES, offered, scratch, scored);
    }
    promising_of(views, known, &strength, limit * CANDIDATES, offered, promising);
    own.clear();
    own.extend(promising.iter().map(|&(_, at)| &known[at as usize]).map(|k| OwnItem {
        item: ItemId(k.item),
        count: k.count,
        last: k.at,
        mean_interval: 0,
    }));
    score_repeats(own, now, limit * CANDIDATES, &settings.repeat, |item| stable(views, item.0), repeats);
    let ranking = views.popular.ranking(wish.store.as_deref());
    sold.clear();
    #[expect(clippy::cast_precision_loss, reason = "a score needs no more than 24 bits")]
    sold.extend(ranking.iter().map(|&(item, sold)| (ItemId(item), sold as f32)).filter(|s| offered(s.0)).take(limit * CANDIDATES));
    let key = |item: ItemId| ItemKey(stable(views, item.0));
    let lists = Lists { visit: scored, repeat: repeats, popular: sold, fill: &[] };
    blend(lists, limit * CANDIDATES, weights, key, blended);
    if blended.len() < limit {
        let assortment: Vec<ItemId> = sold.iter().map(|s| s.0).chain(assortment(views, limit, offered)).collect();
        blend(Lists { fill: &assortment, ..lists }, limit * CANDIDATES, weights, key, blended);
    }
    let groups = |item: ItemId| {
        let [department, brand] = views.catalogue.groups(item.0);
        let numbered = |group: u32, kind: u64| (group > 0).then_some(u64::from(group) << 1 | kind);
        [numbered(department, 0), numbered(brand, 1).filter(|_| settings.by_brand)]
    };
    diversify(blended, limit, settings.diversity, |b| f64::from(b.score), |b| groups(b.item), chosen);
    let placed = |item: ItemId| {
        let [department, brand] = views.catalogue.groups(item.0);
        Placed { item, key: ItemKey(stable(views, item.0)), department, brand: (brand > 0).then_some(brand) }
    };
    let list: Vec<Placed> = chosen.iter().filter_map(|&at| blended.get(at)).map(|b| placed(b.item)).collect();
    let today = now / DAY;
    let mut new: Vec<Placed> = Vec::new();
    if settings.new_every > 0 && limit >= settings.new_every {
        new.extend(newcomers(views, settings, &list, today, offered).into_iter().map(placed));
    }
    // Who gets a place is decided by lot, each day anew.
    offer(&list, &new, limit, settings.new_every, today.into(), mixed);

    let of = |item: u32, bought: bool| {
        let grounds = if bought { permitted.purchases.as_ref() } else { permitted.browsing.as_ref() };
        grounds.and(profile)?.item(item, bought)
    };
    let newest = |item: u32| of(item, true).into_iter().chain(of(item, false)).max_by_key(|k| k.at);
    let purchases_id = rules.asked.purchases.map_or("", |c| &rules.policy.categories[usize::from(c.0)].id);
    let browsing_id = rules.asked.browsing.map_or("", |c| &rules.policy.categories[usize::from(c.0)].id);
    let because_known = |k: &Known| {
        let grounds = if k.bought { permitted.purchases.as_ref() } else { permitted.browsing.as_ref() }?;
        Some(Because {
            event: Some(k.event),
            item: views.catalogue.name(k.item).to_owned(),
            at: Some(regie_domain::time::Time::from_seconds(k.at.into())),
            category: if k.bought { purchases_id } else { browsing_id }.to_owned(),
            consent: grounds.purpose.clone(),
            until: grounds.until.clone(),
            times: k.count,
        })
    };
    let because_visit = |item: ItemId| {
        let grounds = permitted.visit.as_ref()?;
        let (item, category) = (views.catalogue.name(item.0).to_owned(), browsing_id.to_owned());
        Some(Because { event: None, item, at: None, category, consent: grounds.purpose.clone(), until: grounds.until.clone(), times: 1 })
    };
    let because = |item: ItemId| {
        newest(item.0).as_ref().and_then(because_known).or_else(|| carried.contains(&item).then(|| because_visit(item)).flatten())
    };
    let reasons_of = |b: &Blended| -> Vec<Because> {
        // What of the visit and of the customer's habits spoke for it most.
        let at = scored.iter().position(|s| s.item == b.item);
        let with_it = at.and_then(|at| scratch.reasons().get(at)).into_iter().flat_map(Reasons::iter).map(|(item, _)| item);
        let again = repeats.iter().any(|r| r.item == b.item).then_some(b.item);
        let mut named: [Option<ItemId>; REASONS_MAX] = [None; REASONS_MAX];
        let first = again.filter(|_| b.origin == Origin::Repeat);
        for item in first.into_iter().chain(with_it).chain(again).filter(|_| b.origin != Origin::Popular) {
            match named.iter().position(|name| name.is_none_or(|name| name == item)) {
                Some(place) => named[place] = Some(item),
                None => break,
            }
        }
        let reason = |item: ItemId| if item == b.item { of(item.0, true).as_ref().and_then(because_known) } else { because(item) };
        named.into_iter().flatten().filter_map(reason).collect()
    };
    // Variety may put an item behind one with a lower score: the score says the place.
    let mut lowest = f32::INFINITY;
    let items: Vec<Recommended> = mixed
        .iter()
        .map(|offered| {
            let blended = blended.iter().find(|b| b.item == offered.item && !offered.newcomer);
            lowest = blended.map_or(lowest, |b| lowest.min(b.score));
            let because = blended.map(reasons_of).unwrap_or_default();
            let score = if lowest.is_finite() { lowest } else { 0.0 };
            Recommended { item: views.catalogue.name(offered.item.0).to_owned(), score, because, new: offered.newcomer }
        })
        .collect();
    let personal = items.iter().any(|i| !i.because.is_empty());
    Ok(Recommendations { personal, reason: permitted.reason, once_not_used: permitted.once_not_used, items })
}

/// New items of the departments that a list is about, of which nobody's history says anything yet.
fn newcomers(views: &Views, settings: &Settings, list: &[Placed], today: u32, offered: impl Fn(ItemId) -> bool) -> Vec<ItemId> {
    let first_day = (today + 1).saturating_sub(settings.new_days);
    let is_new = |new: New| {
        let item = ItemId(new.item);
        (first_day..=today).contains(&new.since) && views.model.sessions_with(item) == 0 && offered(item)
    };
    let mut departments: Vec<(usize, u32)> = Vec::new();
    for placed in list {
        match departments.iter_mut().find(|(_, department)| *department == placed.department) {
            Some((count, _)) => *count += 1,
            None => departments.push((1, placed.department)),
        }
    }
    // Of equals the one that comes first in the list.
    departments.sort_by_key(|&(count, _)| std::cmp::Reverse(count));
    let of = |&(_, department): &(usize, u32)| views.catalogue.new_items(department, today.into(), NEW_OF_DEPARTMENT, is_new);
    departments.iter().take(DEPARTMENTS_MAX).flat_map(of).map(ItemId).collect()
}

/// How strongly a known item speaks for the customer's habits, without the exact score of each: the order is that of
/// log2(count) × half-life − seconds since, which needs no power for an item.
struct Strength {
    half_life: u32,
    now: u32,
    /// Nearly every count is small.
    few: [i64; 64],
}

impl Strength {
    fn new(half_life: u32, now: u32) -> Strength {
        let few = std::array::from_fn(|count| Self::worth(u32::try_from(count).unwrap_or(1), half_life));
        Strength { half_life, now, few }
    }

    #[expect(clippy::cast_possible_truncation, reason = "below 32 × 2^32")]
    fn worth(count: u32, half_life: u32) -> i64 {
        // Without decay the count alone decides.
        (f64::from(count.max(1)).log2() * f64::from(half_life.max(1 << 16))) as i64
    }

    fn of(&self, known: &Known) -> i64 {
        let worth = self.few.get(known.count as usize).copied().unwrap_or_else(|| Self::worth(known.count, self.half_life));
        if self.half_life == 0 { worth } else { worth - i64::from(self.now.saturating_sub(known.at)) }
    }
}

/// The strongest of the known, the weakest of them first. A selection, not a sort: O(known).
fn strongest_of<'a>(views: &Views, known: &'a mut [Known], strength: &Strength, room: usize) -> &'a [Known] {
    let order = |a: &Known, b: &Known| {
        let first = strength.of(a).cmp(&strength.of(b)).then_with(|| a.at.cmp(&b.at));
        first.then_with(|| stable(views, a.item).cmp(&stable(views, b.item))).then_with(|| a.bought.cmp(&b.bought))
    };
    let from = known.len().saturating_sub(room);
    if from > 0 && from < known.len() {
        known.select_nth_unstable_by(from, order);
    }
    let strongest = &mut known[from..];
    strongest.sort_unstable_by(order);
    strongest
}

/// The places of the known items that score best as repeats. O(known).
fn promising_of(
    views: &Views,
    known: &[Known],
    strength: &Strength,
    most: usize,
    offered: impl Fn(ItemId) -> bool,
    into: &mut Vec<(i64, u32)>,
) {
    into.clear();
    into.extend((0u32..).zip(known).filter(|(_, k)| k.bought && offered(ItemId(k.item))).map(|(at, k)| (strength.of(k), at)));
    if into.len() > most {
        // A key is looked up for a tie alone: it lies somewhere else in memory.
        let key = |at: u32| stable(views, known[at as usize].item);
        into.select_nth_unstable_by(most, |a, b| b.0.cmp(&a.0).then_with(|| key(a.1).cmp(&key(b.1))));
        into.truncate(most);
    }
}

/// One of each department in turn, where too little sells yet.
fn assortment(views: &Views, limit: usize, offered: impl Fn(ItemId) -> bool) -> impl Iterator<Item = ItemId> {
    views.catalogue.assortment(limit * CANDIDATES).into_iter().map(ItemId).filter(move |&item| offered(item))
}

/// The item's lasting key. The model numbers items as the catalogue does and keeps their keys.
fn stable(views: &Views, item: u32) -> u64 {
    views.model.item_key(ItemId(item)).map_or(0, |key| key.0)
}
