//! Recommendations: what may be used is decided first, then the visit's neighbours, the customer's own repeats and what sells
//! are blended. Each item carries the customer's own events that spoke for it. A recommendation is a use, and is recorded.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use regie_domain::consent::{Decision, Ends, Reason, Use};
use regie_domain::ids::Handle;
use regie_domain::policy::{CategoryIx, ChannelIx, PurposeIx, RecipientIx};
use regie_recommend::blend::{Blended, Origin, Weights, blend};
use regie_recommend::repeat::{OwnItem, Repeat, RepeatParameters, score_repeats};
use regie_recommend::{ItemId, ItemKey, Reasons, Scored, Scratch};
use smallvec::SmallVec;

use super::Engine;
use super::api::{Because, Recommendations, Recommended, Wish};
use super::decide::{Settled, channel, ends_text};
use super::error::EngineError;
use super::rules::Rules;
use super::views::Views;
use super::views::profiles::{Known, Profile};

/// The most items one answer holds.
pub(super) const LIMIT_MAX: usize = 100;
/// The items of a visit that are looked at, the newest.
const VISIT_MAX: usize = 50;
/// How many candidates each list offers the blend.
const CANDIDATES: usize = 4;
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
    blended: Vec<Blended>,
}

/// What may be used for this answer, and what it rests on.
#[derive(Debug, Clone, Default)]
struct Permitted {
    purchases: Option<Grounds>,
    browsing: Option<Grounds>,
    /// The visit that the call itself carries.
    visit: Option<Grounds>,
    sensitive: bool,
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
        let answer = WORK.with_borrow_mut(|work| make(&settled, wish, (&permitted, profile), settled.now.seconds32(), work))?;
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
                let decision = settled.consents.decide(&self.shared.rules.policy, Some(record.0), &a_use, settled.judge);
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
    let decide = |a_use: &Use| settled.consents.decide(policy, customer.map(|c| c.0), a_use, settled.judge);
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
pub(super) fn made_for_measuring(views: &Views, wish: &Wish, now: u32) -> Result<Recommendations, EngineError> {
    let grounds = Some(Grounds { purpose: "".into(), category: "".into(), until: "".into() });
    let permitted =
        Permitted { purchases: grounds.clone(), browsing: grounds.clone(), visit: grounds, reason: "consent", ..Permitted::default() };
    WORK.with_borrow_mut(|work| make(views, wish, (&permitted, None), now, work))
}

/// Makes the list from what is permitted, and from the profile as it was where there is one.
fn make(
    views: &Views,
    wish: &Wish,
    (permitted, profile): (&Permitted, Option<&Profile>),
    now: u32,
    work: &mut Work,
) -> Result<Recommendations, EngineError> {
    let limit = wish.limit.clamp(1, LIMIT_MAX);
    let customer = wish.customer.map(|c| views.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
    let profile = profile.or_else(|| customer.and_then(|c| views.profiles.get(c.at())));
    let Work { known, promising, scratch, scored, shown, own, repeats, blended } = work;
    known.clear();
    known.extend(
        profile
            .into_iter()
            .flat_map(Profile::items)
            .filter(|k| if k.bought { permitted.purchases.is_some() } else { permitted.browsing.is_some() })
            .filter(|k| permitted.sensitive || !views.catalogue.is_sensitive(k.item)),
    );

    // The visit as the page knows it, newest last; before it what the customer did lately, as far as permitted.
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
    let room = views.model.parameters().max_items.saturating_sub(visit.len());
    let query: Vec<ItemId> = newest_of(views, known, room).iter().map(|k| ItemId(k.item)).chain(visit.iter().copied()).collect();

    let offered = |item: ItemId| views.catalogue.is_offered(item.0, permitted.sensitive) && !carried.contains(&item);
    scored.clear();
    if !query.is_empty() {
        views.model.predict_without_reasons(&query, limit * CANDIDATES, offered, scratch, scored);
    }
    promising_of(views, known, now, limit * CANDIDATES, offered, promising);
    own.clear();
    own.extend(promising.iter().map(|&(_, at)| &known[at as usize]).map(|k| OwnItem {
        item: ItemId(k.item),
        count: k.count,
        last: k.at,
        mean_interval: 0,
    }));
    score_repeats(own, now, limit * CANDIDATES, &RepeatParameters::default(), |item| stable(views, item.0), repeats);
    let key = |item: ItemId| ItemKey(stable(views, item.0));
    blend(scored, repeats, &[], limit, Weights::default(), key, blended);
    if blended.len() < limit {
        let popular = popular(views, wish, limit, offered);
        blend(scored, repeats, &popular, limit, Weights::default(), key, blended);
    }

    // Reasons cost as much as the prediction does, so they are worked out for what is shown only.
    shown.clear();
    shown.extend(scored.iter().filter(|s| blended.iter().any(|b| b.item == s.item)));
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
        })
    };
    let because_visit = |item: ItemId| {
        let grounds = permitted.visit.as_ref()?;
        let (item, category) = (views.catalogue.shared_name(item.0), grounds.category.clone());
        Some(Because { event: None, item, at: None, category, consent: grounds.purpose.clone(), until: grounds.until.clone() })
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
        match b.origin {
            Origin::Popular => Vec::new(),
            Origin::Repeat => of(b.item.0, true).as_ref().and_then(because_known).into_iter().collect(),
            // What of the visit spoke for it most, up to three.
            Origin::Visit => {
                let at = shown.iter().position(|s| s.item == b.item);
                let strongest = at.and_then(|at| scratch.reasons().get(at));
                strongest.into_iter().flat_map(Reasons::iter).filter_map(|(item, _)| because(item)).collect()
            }
        }
    };
    let items: Vec<Recommended> = blended
        .iter()
        .map(|b| Recommended { item: views.catalogue.name(b.item.0).to_owned(), score: b.score, because: reasons_of(b) })
        .collect();
    let personal = items.iter().any(|i| !i.because.is_empty());
    Ok(Recommendations { personal, reason: permitted.reason, once_not_used: permitted.once_not_used, items })
}

/// The newest of the known, oldest of them first. A selection, not a sort: O(known).
fn newest_of<'a>(views: &Views, known: &'a mut [Known], room: usize) -> &'a [Known] {
    let order = |a: &Known, b: &Known| {
        a.at.cmp(&b.at).then_with(|| stable(views, a.item).cmp(&stable(views, b.item))).then_with(|| a.bought.cmp(&b.bought))
    };
    let from = known.len().saturating_sub(room);
    if from > 0 && from < known.len() {
        known.select_nth_unstable_by(from, order);
    }
    let newest = &mut known[from..];
    newest.sort_unstable_by(order);
    newest
}

/// The places of the known items that score best as repeats, without the exact score of each: its order is that of
/// log2(count) × half-life − seconds since, which needs no power for an item. O(known).
fn promising_of(views: &Views, known: &[Known], now: u32, most: usize, offered: impl Fn(ItemId) -> bool, into: &mut Vec<(i64, u32)>) {
    let half_life = RepeatParameters::default().half_life.max(1);
    #[expect(clippy::cast_possible_truncation, reason = "below 32 × 2^32")]
    let worth = |count: u32| (f64::from(count).log2() * f64::from(half_life)) as i64;
    into.clear();
    if known.is_empty() {
        return;
    }
    // Nearly every count is small.
    let few: [i64; 64] = std::array::from_fn(|count| worth(u32::try_from(count).unwrap_or(1).max(1)));
    into.extend((0u32..).zip(known).filter(|(_, k)| k.bought && offered(ItemId(k.item))).map(|(at, k)| {
        let since = i64::from(now.saturating_sub(k.at));
        (few.get(k.count as usize).copied().unwrap_or_else(|| worth(k.count)) - since, at)
    }));
    if into.len() > most {
        // A key is looked up for a tie alone: it lies somewhere else in memory.
        let key = |at: u32| stable(views, known[at as usize].item);
        into.select_nth_unstable_by(most, |a, b| b.0.cmp(&a.0).then_with(|| key(a.1).cmp(&key(b.1))));
        into.truncate(most);
    }
}

/// What sells, or one of each department where nothing does yet.
fn popular(views: &Views, wish: &Wish, limit: usize, offered: impl Fn(ItemId) -> bool) -> Vec<ItemId> {
    let ranking = views.popular.ranking(wish.store.as_deref());
    let mut list: Vec<ItemId> = ranking.iter().map(|&(item, _)| ItemId(item)).filter(|&i| offered(i)).take(limit * 2).collect();
    if list.len() < limit {
        list.extend(views.catalogue.assortment(limit * 2).into_iter().map(ItemId).filter(|&i| offered(i)));
    }
    list
}

/// The item's lasting key. The model numbers items as the catalogue does and keeps their keys.
fn stable(views: &Views, item: u32) -> u64 {
    views.model.item_key(ItemId(item)).map_or(0, |key| key.0)
}
