//! Recommendations: what may be used is decided first, then the visit's neighbours, the customer's own repeats and what sells
//! are blended. Each item carries the customer's own events that spoke for it. A recommendation is a use, and is recorded.

use std::cell::RefCell;

use regie_domain::consent::{Decision, Ends, Reason, Use};
use regie_domain::policy::{CategoryIx, PurposeIx, RecipientIx};
use regie_recommend::blend::{Blended, Origin, Weights, blend};
use regie_recommend::repeat::{OwnItem, Repeat, RepeatParameters, score_repeats};
use regie_recommend::{ItemId, ItemKey, Reasons, Scored, Scratch};

use super::Engine;
use super::api::{Because, Recommendations, Recommended, Wish};
use super::decide::{channel, ends_text};
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
    blended: Vec<Blended>,
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
    let Work { known, promising, scratch, scored, own, repeats, blended } = work;
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
        views.model.predict(&query, limit * CANDIDATES, offered, scratch, scored);
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
        })
    };
    let because_visit = |item: ItemId| {
        let grounds = permitted.visit.as_ref()?;
        let (item, category) = (views.catalogue.name(item.0).to_owned(), browsing_id.to_owned());
        Some(Because { event: None, item, at: None, category, consent: grounds.purpose.clone(), until: grounds.until.clone() })
    };
    let because = |item: ItemId| {
        newest(item.0).as_ref().and_then(because_known).or_else(|| carried.contains(&item).then(|| because_visit(item)).flatten())
    };
    let reasons_of = |b: &Blended| -> Vec<Because> {
        match b.origin {
            Origin::Popular => Vec::new(),
            Origin::Repeat => of(b.item.0, true).as_ref().and_then(because_known).into_iter().collect(),
            // What of the visit spoke for it most, up to three.
            Origin::Visit => {
                let at = scored.iter().position(|s| s.item == b.item);
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
    // Nearly every count is small.
    let few: [i64; 64] = std::array::from_fn(|count| worth(u32::try_from(count).unwrap_or(1).max(1)));
    into.clear();
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
