//! Recommendations: what may be used is decided first. Then three lists are blended: what others had together with what is in this visit
//! (without a visit: with what the customer buys most), what the customer buys again, and what sells. Then comes variety, and newcomers get their
//! places. Each item carries the customer's own events that spoke for it. A recommendation is a use, and is recorded.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use regie_domain::consent::{Decision, Ends, Reason, Use};
use regie_domain::ids::Handle;
use regie_domain::policy::{CategoryIx, ChannelIx, PurposeIx, RecipientIx};
use regie_recommend::blend::{Blended, Lists, Origin, Weights, blend};
use regie_recommend::diversity::diversify;
use regie_recommend::newcomers::{Offered, Placed, offer};
use regie_recommend::repeat::{OwnItem, Repeat, score_repeats};
use regie_recommend::{ItemId, ItemKey, Reasons, Scored, Scratch};
use smallvec::SmallVec;

use super::Engine;
use super::api::{Because, Recommendations, Recommended, Wish};
use super::decide::{Settled, channel, ends_text};
use super::error::EngineError;
use super::informed::Informed;
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

/// Answers, by whether they were personal; looked up once.
static RECOMMENDED: LazyLock<[metrics::Counter; 2]> =
    LazyLock::new(|| ["no", "yes"].map(|personal| metrics::counter!("regie_recommendations_total", "personal" => personal)));

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
    /// Those of them that are shown, with their reasons.
    shown: Vec<Scored>,
    own: Vec<OwnItem>,
    repeats: Vec<Repeat>,
    sold: Vec<(ItemId, f32)>,
    blended: Vec<Blended>,
    chosen: Vec<usize>,
    offered: Vec<Offered>,
}

/// What may be used for this answer, and what it rests on.
#[derive(Debug, Clone, Default)]
struct Permitted {
    purchases: Option<Grounds>,
    browsing: Option<Grounds>,
    /// The visit that the call itself carries.
    visit: Option<Grounds>,
    sensitive: bool,
    /// What the customer told.
    informed: Informed,
    reason: &'static str,
    once_not_used: bool,
    uses: SmallVec<[Use; 3]>,
}

/// A permission: its purpose, the category of data it lets be used, and its end.
#[derive(Debug, Clone)]
struct Grounds {
    purpose: Arc<str>,
    category: Arc<str>,
    until: Arc<str>,
}

/// What a permission for once does for this answer: used up by it, or, where the request is a retry, before it.
#[derive(Debug, Default)]
struct Once {
    /// Of purchases, browsing and sensitive purchases: those that it permits.
    permits: [bool; 3],
    /// It is used up by this very answer.
    used: bool,
    /// This request used it up before.
    retried: bool,
    /// The profile as it was before: using the permission up forgets it.
    profile: Option<Profile>,
}

impl Engine {
    /// Recommends. Never empty as long as the catalogue offers anything. Within 100 µs, under one read lock, and without waiting unless
    /// a permission for once is used up.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`], [`EngineError::UnknownId`] for the channel.
    pub async fn recommend(&self, wish: Wish) -> Result<Recommendations, EngineError> {
        let channel = channel(&self.shared.rules.policy, &wish.channel)?;
        let named = wish.customer.zip(wish.request.clone());
        let once = match &named {
            // In a box: the few that wait must not make all others carry the room for it.
            Some((customer, request)) => Box::pin(self.use_up(&wish, channel, *customer, request)).await?,
            None => Once::default(),
        };
        if once.retried
            && let Some(answer) = named.as_ref().and_then(|key| self.shared.once.lock().get(key).cloned())
        {
            return Ok(answer);
        }
        let answer = self.recommend_now(&wish, channel, &once)?;
        if once.used
            && let Some(key) = named
        {
            let mut answers = self.shared.once.lock();
            if answers.len() >= ONCE_ANSWERS_MAX {
                answers.clear();
            }
            answers.insert(key, answer.clone());
        }
        RECOMMENDED[usize::from(answer.personal)].increment(1);
        Ok(answer)
    }

    /// Decides, recommends and records under one lock: what was permitted cannot end in between.
    fn recommend_now(&self, wish: &Wish, channel: ChannelIx, once: &Once) -> Result<Recommendations, EngineError> {
        let rules = &self.shared.rules;
        let settled = self.settled();
        let permitted = permit(&settled, rules, wish, channel, once)?;
        let profile = once.profile.as_ref();
        let answer = WORK.with_borrow_mut(|work| make(&settled, rules, wish, (&permitted, profile), settled.now.seconds32(), work))?;
        self.record_uses(&settled, wish.customer, &permitted.uses, true);
        Ok(answer)
    }

    /// Uses a permission for once up, durably, if the answer would rest on one; finds whether this request did so before.
    async fn use_up(&self, wish: &Wish, channel: ChannelIx, customer: Handle, request: &str) -> Result<Once, EngineError> {
        let asked = &self.shared.rules.asked;
        let mut once = Once::default();
        for (at, category) in [asked.purchases, asked.browsing, asked.sensitive].into_iter().enumerate() {
            let (Some(purpose), Some(category)) = (asked.recommendations, category) else { continue };
            let (a_use, decision) = {
                let settled = self.settled();
                let record = settled.customer(customer).ok_or(EngineError::UnknownCustomer)?;
                let visit = wish.visit_id.as_deref().and_then(|id| settled.visit(record, id));
                let a_use = Use { purpose, category, recipient: RecipientIx(0), channel: Some(channel), visit };
                let decision = settled.decide(&self.shared.rules.policy, Some(record), &a_use);
                if matches!(decision, Decision::Allow { until: Ends::Once, .. }) {
                    once.profile = settled.profiles.get(record.at()).cloned();
                }
                (a_use, decision)
            };
            let is_used_up = decision == Decision::Deny(Reason::UsedUp);
            let is_once = matches!(decision, Decision::Allow { until: Ends::Once, .. });
            // Sensitive purchases alone are no reason to use it up: nothing would rest on them.
            if !is_used_up && (!is_once || Some(category) == asked.sensitive) {
                continue;
            }
            once.permits[at] = self.use_once(customer, &a_use, decision, Some(request)).await?.is_allow();
            once.used |= is_once && once.permits[at];
            once.retried |= is_used_up && once.permits[at] && !once.used;
        }
        Ok(once)
    }
}

/// What may be used now. Changes nothing.
fn permit(settled: &Settled<'_>, rules: &Rules, wish: &Wish, channel: ChannelIx, once: &Once) -> Result<Permitted, EngineError> {
    let (asked, policy) = (&rules.asked, &rules.policy);
    let customer = wish.customer.map(|c| settled.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
    let visit = customer.zip(wish.visit_id.as_deref()).and_then(|(customer, id)| settled.visit(customer, id));
    let a_use =
        |purpose: PurposeIx, category: CategoryIx| Use { purpose, category, recipient: RecipientIx(0), channel: Some(channel), visit };
    let decide = |a_use: &Use| settled.decide(policy, customer, a_use);
    let grounds = |a_use: &Use, until: &str| Grounds {
        purpose: policy.at(a_use.purpose).id.as_str().into(),
        category: policy.categories[usize::from(a_use.category.0)].id.as_str().into(),
        until: until.into(),
    };
    let mut permitted = Permitted::default();
    let mut reason: Option<Reason> = None;
    for (at, category) in [asked.purchases, asked.browsing].into_iter().enumerate() {
        let (Some(purpose), Some(category), Some(_)) = (asked.recommendations, category, customer) else { continue };
        let a_use = a_use(purpose, category);
        let until = match decide(&a_use) {
            Decision::Deny(Reason::UsedUp) if once.permits[at] => Ends::Once,
            Decision::Allow { until: Ends::Once, .. } => {
                permitted.once_not_used = wish.request.is_none();
                continue;
            }
            Decision::Allow { until, .. } => until,
            // The first no is the one to tell, unless it only concerns the category.
            Decision::Deny(why) => {
                reason = reason.filter(|r| *r != Reason::CategoryNotCovered).or(Some(why));
                continue;
            }
        };
        let grounds = grounds(&a_use, &ends_text(until).unwrap_or_default());
        if at == 0 {
            permitted.purchases = Some(grounds);
        } else {
            permitted.browsing = Some(grounds);
        }
        permitted.uses.push(a_use);
    }
    if let (Some(purpose), Some(category)) = (asked.recommendations, asked.sensitive)
        && !permitted.uses.is_empty()
    {
        permitted.sensitive = match decide(&a_use(purpose, category)) {
            Decision::Deny(Reason::UsedUp) => once.permits[2],
            decision => decision.is_allow(),
        };
    }
    if !permitted.uses.is_empty() {
        permitted.reason = "consent";
        permitted.visit = permitted.browsing.clone();
    }
    if let (Some(purpose), Some(category), Some(customer)) =
        (asked.recommendations, asked.information, customer.filter(|_| !settled.cut_off))
    {
        let a_use = a_use(purpose, category);
        permitted.informed = Informed::of(settled, rules, customer, &a_use, &wish.without, settled.judge);
        if !permitted.informed.is_nothing() {
            permitted.reason = "consent";
            permitted.uses.push(a_use);
        }
    }
    if permitted.visit.is_none()
        && !wish.visit.is_empty()
        && let (Some(purpose), Some(category)) = (asked.visit_service, asked.browsing)
    {
        let a_use = a_use(purpose, category);
        let decision = decide(&a_use);
        if decision.is_allow() {
            permitted.visit = Some(grounds(&a_use, "visit"));
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

/// The list that is made of what a wish names, as if that were permitted; with sensitive items left out. For measuring by whoever
/// knows that it is: nobody is shown it, so nothing is recorded.
pub(super) fn made_for_measuring(views: &Views, rules: &Rules, wish: &Wish, now: u32) -> Result<Recommendations, EngineError> {
    let grounds = Some(Grounds { purpose: "".into(), category: "".into(), until: "".into() });
    let permitted =
        Permitted { purchases: grounds.clone(), browsing: grounds.clone(), visit: grounds, reason: "consent", ..Permitted::default() };
    WORK.with_borrow_mut(|work| make(views, rules, wish, (&permitted, None), now, work))
}

/// The list that purchases would make, were they permitted: see `difference.rs`, which records the use.
pub(super) fn preview(views: &Views, rules: &Rules, wish: &Wish, profile: &Profile, now: u32) -> Result<Recommendations, EngineError> {
    let name = |id: Option<&str>| id.unwrap_or_default().into();
    let (purpose, category) = (rules.asked.recommendations, rules.asked.purchases);
    let purchases = Some(Grounds {
        purpose: name(purpose.map(|p| rules.policy.at(p).id.as_str())),
        category: name(category.and_then(|c| rules.policy.categories.get(usize::from(c.0))).map(|c| c.id.as_str())),
        until: "once".into(),
    });
    let permitted = Permitted { purchases, reason: "consent", ..Permitted::default() };
    WORK.with_borrow_mut(|work| make(views, rules, wish, (&permitted, Some(profile)), now, work))
}

/// Makes the list from what is permitted, and from the profile as it was where there is one.
fn make(
    views: &Views,
    rules: &Rules,
    wish: &Wish,
    (permitted, profile): (&Permitted, Option<&Profile>),
    now: u32,
    work: &mut Work,
) -> Result<Recommendations, EngineError> {
    let limit = wish.limit.clamp(1, LIMIT_MAX);
    let customer = wish.customer.map(|c| views.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
    let profile = profile.or_else(|| customer.and_then(|c| views.profiles.get(c.at())));
    let settings = &rules.settings;
    let Work { known, promising, scratch, scored, shown, own, repeats, sold, blended, chosen, offered: mixed } = work;
    known.clear();
    known.extend(
        profile
            .into_iter()
            .flat_map(Profile::items)
            .filter(|k| if k.bought { permitted.purchases.is_some() } else { permitted.browsing.is_some() })
            .filter(|k| permitted.sensitive || !views.catalogue.is_sensitive(k.item)),
    );
    let left_out: Vec<u32> = wish.without.items.iter().filter_map(|item| views.catalogue.find(item)).collect();
    if !left_out.is_empty() {
        known.retain(|k| !left_out.contains(&k.item));
    }

    // The visit as the page knows it, newest last.
    let mut visit: Vec<ItemId> = Vec::new();
    if permitted.visit.is_some() {
        let from = wish.visit.len().saturating_sub(VISIT_MAX);
        let items = wish.visit[from..].iter().filter_map(|item| views.catalogue.find(item));
        visit.extend(
            items.filter(|i| !left_out.contains(i)).filter(|&i| permitted.sensitive || !views.catalogue.is_sensitive(i)).map(ItemId),
        );
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
    let informed = &permitted.informed;
    let offered = |item: ItemId| {
        views.catalogue.is_offered(item.0, permitted.sensitive)
            && !carried.contains(&item)
            && !just_bought(item)
            && informed.fits(&views.catalogue, item.0)
    };
    scored.clear();
    if !query.is_empty() {
        views.model.predict_without_reasons(&query, limit * CANDIDATES, offered, scratch, scored);
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
    if !informed.is_nothing() {
        informed.weigh(&views.catalogue, ranking.iter().map(|&(item, _)| ItemId(item)), offered, limit, blended);
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

    // Reasons cost as much as the prediction does, so they are worked out for what is shown only.
    shown.clear();
    shown.extend(scored.iter().filter(|s| mixed.iter().any(|offered| offered.item == s.item && !offered.newcomer)));
    if !shown.is_empty() {
        views.model.explain_some(&query, shown, scratch);
    }

    let of = |item: u32, bought: bool| {
        let grounds = if bought { permitted.purchases.as_ref() } else { permitted.browsing.as_ref() };
        grounds.and(profile)?.item(item, bought)
    };
    let newest = |item: u32| of(item, true).into_iter().chain(of(item, false)).max_by_key(|k| k.at);
    let because_known = |k: &Known| {
        let grounds = if k.bought { permitted.purchases.as_ref() } else { permitted.browsing.as_ref() }?;
        Some(Because {
            event: Some(k.event),
            item: views.catalogue.shared_name(k.item),
            at: Some(regie_domain::time::Time::from_seconds(k.at.into())),
            category: grounds.category.clone(),
            consent: grounds.purpose.clone(),
            until: grounds.until.clone(),
            times: k.count,
            information: None,
        })
    };
    let because_visit = |item: ItemId| {
        let grounds = permitted.visit.as_ref()?;
        let (item, category) = (views.catalogue.shared_name(item.0), grounds.category.clone());
        Some(Because {
            event: None,
            item,
            at: None,
            category,
            consent: grounds.purpose.clone(),
            until: grounds.until.clone(),
            times: 1,
            information: None,
        })
    };
    // The same few items of the visit speak for all others.
    let mut found: Vec<(ItemId, Option<Because>)> = Vec::new();
    let mut because = |item: ItemId| {
        if let Some((_, because)) = found.iter().find(|(before, _)| *before == item) {
            return because.clone();
        }
        let known = newest(item.0).as_ref().and_then(because_known);
        let because = known.or_else(|| carried.contains(&item).then(|| because_visit(item)).flatten());
        found.push((item, because.clone()));
        because
    };
    let mut reasons_of = |b: &Blended| -> Vec<Because> {
        // What of the visit and of the customer's habits spoke for it most.
        let at = shown.iter().position(|s| s.item == b.item);
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
        let events = named.into_iter().flatten().filter_map(reason);
        events.chain(informed.reasons(views, b.item.0)).collect()
    };
    // Variety may put an item behind one with a lower score: the score says the place.
    let mut lowest = f32::INFINITY;
    let items: Vec<Recommended> = mixed
        .iter()
        .map(|offered| {
            let blended = blended.iter().find(|b| b.item == offered.item && !offered.newcomer);
            lowest = blended.map_or(lowest, |b| lowest.min(b.score));
            let because = blended.map(&mut reasons_of).unwrap_or_default();
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
    few: [i64; 16],
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
