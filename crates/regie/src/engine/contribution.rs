//! What one customer adds to profiles and model: a pure function of the customer's remaining events, the policy, the set of
//! sensitive items and `now`. Forgetting is subtraction; any change to the past is forget, then fold again.

use regie_domain::consent::{Decision, Ends, Use, retention_end};
use regie_domain::ids::EventId;
use regie_domain::policy::{Basis, CategoryIx, Policy, PurposeIx, RecipientIx, Retention};
use regie_domain::time::Time;
use regie_recommend::{CustomerSlot, ItemId, Session, SessionKey};

use super::views::catalogue::{Catalogue, ItemIx};
use super::views::profiles::Profiles;
use super::views::{RecordIx, Views};

/// The purposes and categories that the engine itself asks about, by their place in the policy in force.
/// A policy without one of them simply never allows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// `recommendations`: recommend from the customer's own data.
    pub recommendations: Option<PurposeIx>,
    /// `model-improvement`: others' recommendations learn from the customer.
    pub model_improvement: Option<PurposeIx>,
    /// `visit-service`: recommend from this visit alone.
    pub visit_service: Option<PurposeIx>,
    /// `purchases`.
    pub purchases: Option<CategoryIx>,
    /// `browsing`.
    pub browsing: Option<CategoryIx>,
    /// `sensitive-purchases`.
    pub sensitive: Option<CategoryIx>,
    /// `my-information`.
    pub information: Option<CategoryIx>,
}

impl Asked {
    /// Looks the ids up.
    pub(super) fn of(policy: &Policy) -> Asked {
        Asked {
            recommendations: policy.purpose("recommendations"),
            model_improvement: policy.purpose("model-improvement"),
            visit_service: policy.purpose("visit-service"),
            purchases: policy.category("purchases"),
            browsing: policy.category("browsing"),
            sensitive: policy.category("sensitive-purchases"),
            information: policy.category(regie_domain::information::CATEGORY),
        }
    }
}

/// Which of a customer's events may steer what: the bits with which the contributions in memory were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Grants(u8);

impl Grants {
    const PURCHASES: u8 = 1;
    const BROWSING: u8 = 2;
    const SENSITIVE: u8 = 4;
    const LEARN: u8 = 3;

    /// What the customer permits at `now`.
    pub(super) fn at(views: &Views, policy: &Policy, asked: &Asked, customer: RecordIx, now: Time) -> Grants {
        let mut bits = 0;
        let standing = views.consents.standing(customer.0);
        for (purpose, shift) in [(asked.recommendations, 0), (asked.model_improvement, Self::LEARN)] {
            for (category, bit) in
                [(asked.purchases, Self::PURCHASES), (asked.browsing, Self::BROWSING), (asked.sensitive, Self::SENSITIVE)]
            {
                let (Some(purpose), Some(category)) = (purpose, category) else { continue };
                // A permission for one visit lets the visit's own answers use the customer's data; it is asked again there.
                let visit = standing.visit_of(policy.at(purpose));
                let asked = Use { purpose, category, recipient: RecipientIx(0), channel: None, visit };
                let Decision::Allow { basis: Basis::Consent, until } = views.consents.decide(policy, Some(customer.0), &asked, now) else {
                    continue;
                };
                // What the model learned steers every answer from then on: that cannot be once.
                if shift == 0 || until != Ends::Once {
                    bits |= bit << shift;
                }
            }
        }
        Grants(bits)
    }

    /// Nothing steers anything.
    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// May the customer's own recommendations use events of this kind?
    pub(super) fn recommends(self, bought: bool) -> bool {
        self.0 & kind(bought) != 0
    }

    /// May everybody's recommendations learn from events of this kind?
    pub(super) fn teaches(self, bought: bool) -> bool {
        self.0 >> Self::LEARN & kind(bought) != 0
    }

    /// May sensitive items among them be used for the customer's own recommendations?
    pub(super) fn recommends_sensitive(self) -> bool {
        self.0 & Self::SENSITIVE != 0
    }

    fn teaches_sensitive(self) -> bool {
        self.0 >> Self::LEARN & Self::SENSITIVE != 0
    }

    /// Is anything missing here that `before` had? Only then must something be forgotten.
    pub(super) fn lost(self, before: Grants) -> bool {
        before.0 & !self.0 != 0
    }

    /// Only what the first allows too.
    #[must_use]
    pub(super) fn and(self, other: Grants) -> Grants {
        Grants(self.0 & other.0)
    }
}

fn kind(bought: bool) -> u8 {
    if bought { Grants::PURCHASES } else { Grants::BROWSING }
}

/// An event as far as contributions need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// Its public name.
    pub id: EventId,
    /// Its visit.
    pub visit: u64,
    /// When it happened, in seconds.
    pub at: u32,
    /// From when its terms count: the earlier of when it happened and when it was recorded.
    pub from: u32,
    /// Bought, rather than looked at.
    pub bought: bool,
    /// The source ruled it out for the customer's recommendations.
    pub not_recommend: bool,
    /// The source ruled it out for the model.
    pub not_teach: bool,
    /// Its items.
    pub items: Vec<ItemIx>,
}

/// The earlier of the two, in seconds. Up to a second earlier still, so that a replay can keep the difference in two bytes.
pub(super) fn counts_from(happened: Time, recorded: Time) -> u32 {
    let (at, from) = (happened.seconds32(), happened.min(recorded).seconds32());
    at.saturating_sub((at - from).div_ceil(AHEAD_UNIT).min(u16::MAX.into()) * AHEAD_UNIT)
}

/// A source's clock is ahead by a day at most: 43,200 of these.
pub(super) const AHEAD_UNIT: u32 = 2;

/// How far back each purpose may look. A law may keep an order for ten years; what the customer permitted ends with its own term.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// By kind, looked at and bought: the first second whose events recommendations may use.
    recommend: [u32; 2],
    /// The same for what others learn from.
    teach: [u32; 2],
}

impl Reach {
    /// The reach at `now`. About 30 µs: a binary search in the calendar.
    pub(super) fn at(policy: &Policy, asked: &Asked, now: Time) -> Reach {
        let mut known: Vec<(Retention, u32)> = Vec::new();
        let mut since = |purpose: Option<PurposeIx>, category: Option<CategoryIx>| {
            let (Some(purpose), Some(category)) = (purpose, category) else { return u32::MAX };
            let Some(retention) = policy.at(purpose).retention.get(usize::from(category.0)).copied().flatten() else { return u32::MAX };
            if let Some((_, since)) = known.iter().find(|(r, _)| *r == retention) {
                return *since;
            }
            let (mut ended, mut holds) = (0, now.seconds32().saturating_add(1));
            while ended < holds {
                let middle = ended + (holds - ended) / 2;
                if retention_end(Time::from_seconds(middle.into()), retention, &policy.time_zone) > now {
                    holds = middle
                } else {
                    ended = middle + 1
                }
            }
            known.push((retention, holds));
            holds
        };
        Reach {
            recommend: [asked.browsing, asked.purchases].map(|category| since(asked.recommendations, category)),
            teach: [asked.browsing, asked.purchases].map(|category| since(asked.model_improvement, category)),
        }
    }

    /// Is the term of either purpose over for an event that was not ruled out for it?
    pub(super) fn outlives(&self, event: &Held) -> bool {
        let kind = usize::from(event.bought);
        !event.not_recommend && event.from < self.recommend[kind] || !event.not_teach && event.from < self.teach[kind]
    }

    /// Rules an event out for the purposes whose term for it is over.
    pub(super) fn limit(&self, event: &mut Held) {
        let kind = usize::from(event.bought);
        event.not_recommend |= event.from < self.recommend[kind];
        event.not_teach |= event.from < self.teach[kind];
    }
}

/// The moment at which the first of these contributions ends by its term.
pub(super) fn first_end(policy: &Policy, asked: &Asked, events: &[Held]) -> Option<Time> {
    let first = |purpose: Option<PurposeIx>, bought: bool, out: fn(&Held) -> bool| {
        let category = if bought { asked.purchases } else { asked.browsing };
        let retention = policy.at(purpose?).retention.get(usize::from(category?.0)).copied().flatten()?;
        let from = events.iter().filter(|e| e.bought == bought && !out(e)).map(|e| e.from).min()?;
        Some(retention_end(Time::from_seconds(from.into()), retention, &policy.time_zone))
    };
    let all = [false, true].map(|bought| {
        let own = first(asked.recommendations, bought, |e| e.not_recommend);
        own.into_iter().chain(first(asked.model_improvement, bought, |e| e.not_teach)).min()
    });
    all.into_iter().flatten().min()
}

/// Forgets everything that the customer contributed. O(what was contributed).
pub(super) fn forget(views: &mut Views, customer: RecordIx) {
    views.profiles.forget(customer.at());
    views.model.forget(CustomerSlot(customer.0));
    if let Some(grants) = views.grants.get_mut(customer.at()) {
        *grants = Grants::default();
    }
}

/// Folds one event into the customer's contributions, as far as the grants in force allow it.
pub(super) fn add(views: &mut Views, customer: RecordIx, event: &Held) {
    let grants = views.granted(customer);
    recommend_from(&mut views.profiles, &views.catalogue, customer, event, grants);
    if grants.teaches(event.bought) && !event.not_teach {
        let allowed = allowed_items(&views.catalogue, event, grants.teaches_sensitive());
        if allowed.is_empty() {
            return;
        }
        let (slot, key) = (CustomerSlot(customer.0), SessionKey(event.visit));
        let start = views.model.sessions_of(slot).find(|s| s.key == key).map_or(event.at, |s| s.start.min(event.at));
        for &item in &allowed {
            views.model.append(slot, key, start, ItemId(item));
        }
    }
}

/// Adds an event to the customer's own profile, if the grants let recommendations use it.
pub(super) fn recommend_from(profiles: &mut Profiles, catalogue: &Catalogue, customer: RecordIx, event: &Held, grants: Grants) {
    if grants.recommends(event.bought) && !event.not_recommend {
        let allowed = allowed_items(catalogue, event, grants.recommends_sensitive());
        if !allowed.is_empty() {
            profiles.make(customer.at()).add(event.id, event.at, event.bought, &allowed);
        }
    }
}

fn allowed_items(catalogue: &Catalogue, event: &Held, sensitive: bool) -> Vec<ItemIx> {
    event.items.iter().copied().filter(|&i| sensitive || !catalogue.is_sensitive(i)).collect()
}

/// Forgets, then folds all of the customer's remaining events with these grants.
pub(super) fn refold<'a>(views: &mut Views, customer: RecordIx, grants: Grants, events: impl IntoIterator<Item = &'a Held>) {
    forget(views, customer);
    set_grants(views, customer, grants);
    if grants.is_none() {
        return;
    }
    let mut sessions: Vec<(u64, u32, Vec<ItemId>)> = Vec::new();
    for event in events {
        recommend_from(&mut views.profiles, &views.catalogue, customer, event, grants);
        teach(&mut sessions, &views.catalogue, event, grants);
    }
    for (key, start, items) in sessions {
        views.model.learn(Session { customer: CustomerSlot(customer.0), key: SessionKey(key), start, items: &items });
    }
}

/// Adds an event to the sessions that a customer teaches; they are then learned whole.
pub(super) fn teach(sessions: &mut Vec<(u64, u32, Vec<ItemId>)>, catalogue: &Catalogue, event: &Held, grants: Grants) {
    if !grants.teaches(event.bought) || event.not_teach {
        return;
    }
    // As in `add`: an event of which nothing may be learned says nothing of its session's time either.
    let items: Vec<_> = allowed_items(catalogue, event, grants.teaches_sensitive()).into_iter().map(ItemId).collect();
    if items.is_empty() {
        return;
    }
    // Newest first: the session that grows is nearly always the last one.
    match sessions.iter_mut().rev().find(|(key, ..)| *key == event.visit) {
        Some((_, start, all)) => {
            *start = event.at.min(*start);
            all.extend(items);
        }
        None => sessions.push((event.visit, event.at, items)),
    }
}

/// Notes with what the customer's contributions are made.
pub(super) fn set_grants(views: &mut Views, customer: RecordIx, grants: Grants) {
    if views.grants.len() <= customer.at() {
        if grants.is_none() {
            return;
        }
        views.grants.resize(customer.at() + 1, Grants::default());
    }
    views.grants[customer.at()] = grants;
}

/// Notes when the next of the customer's permissions ends by itself. If one ended since this was last noted, the rows behind it
/// are looked at soon.
pub(super) fn note_end(views: &mut Views, customer: RecordIx, now: Time) {
    if views.ends.of(customer).is_some_and(|at| at <= now.seconds32()) {
        views.terms.at_latest(customer, 1);
    }
    let end = views.consents.earliest_end(customer.0, now).map(Time::seconds32);
    views.ends.set(customer, end);
}

/// Unlearns every permission that ended by `now`; reads no disk. O(customers whose permission ended).
/// Returns those customers, whose rows must then be looked at.
pub(super) fn settle(views: &mut Views, policy: &Policy, asked: &Asked, now: Time) -> Vec<RecordIx> {
    let mut ended = Vec::new();
    while let Some(customer) = views.ends.take(now.seconds32()) {
        let grants = Grants::at(views, policy, asked, customer, now);
        let before = views.granted(customer);
        if grants.lost(before) {
            narrow(views, customer, grants.and(before));
        }
        note_end(views, customer, now);
        ended.push(customer);
    }
    ended
}

/// Forgets what the lost grants had contributed. What a purpose that still holds contributes stays as it is, unless only a
/// part of that purpose's categories was lost: then it goes whole, until the rows are folded again.
pub(super) fn narrow(views: &mut Views, customer: RecordIx, grants: Grants) {
    let before = views.granted(customer);
    let own = 7u8;
    let mut kept = before;
    if before.0 & own & !grants.0 != 0 {
        views.profiles.forget(customer.at());
        kept = Grants(kept.0 & !own);
    }
    if before.0 & !own & !grants.0 != 0 {
        views.model.forget(CustomerSlot(customer.0));
        kept = Grants(kept.0 & own);
    }
    set_grants(views, customer, kept);
}
