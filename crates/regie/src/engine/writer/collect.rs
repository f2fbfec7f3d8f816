//! An event on its way in: whose is it, was it here before, what of it may be kept.

use std::collections::HashSet;

use regie_domain::collection::{self, Body, Incoming, Kept, Kind, Stamp};
use regie_domain::consent::Field;
use regie_domain::fact::{
    Actor, AttributesProvided, Chosen, Event, EventName, Evidence, Fact, Identifier, IdentifierKind, IdentifierLinked, Line, VisitId,
};
use regie_domain::ids::{EventId, Handle};
use regie_domain::policy::{Basis, PurposeIx, Purposes, Source, Trust};
use regie_domain::time::Time;
use regie_store::Tally;

use super::super::choice;
use super::super::error::EngineError;
use super::super::limits;
use super::super::rules::{Rules, random};
use super::super::signals::NO_LANGUAGE;
use super::super::views::Views;
use super::super::views::identities::IdentifierHash;
use super::super::views::popular::{self, EVERYWHERE, Tallies};
use super::super::views::suppression::Refused;
use super::Writer;
use super::choose::add_choice;
use super::plan::{Opening, Plan, Who};

/// How many tallies are counted under one lock.
const TALLIES_AT_ONCE: usize = 256;

/// What became of a source's events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Accepted: kept as far as permitted, counted, or known already.
    pub accepted: usize,
    /// Refused: the index of the event and why. Nothing else is lost with it.
    pub refused: Vec<(usize, Refusal)>,
}

/// Why one event is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A source on a device wrote for a user.
    BrowserMayNotWriteForUser,
    /// More distinct items than the memory takes.
    TooManyItems,
}

impl Refusal {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::BrowserMayNotWriteForUser => "browser_may_not_write_for_user",
            Refusal::TooManyItems => "too_many_items",
        }
    }

    /// What to do about it.
    pub fn detail(self) -> &'static str {
        match self {
            Refusal::BrowserMayNotWriteForUser => {
                "a browser source writes under its own anonymousId only; send what you know of a user from a server source"
            }
            Refusal::TooManyItems => {
                "the engine knows as many items as it can hold, and this one is not among them; send items of the catalogue"
            }
        }
    }
}

impl Writer {
    /// Plans a source's events. They may be committed in several parts; each is kept or refused by itself.
    pub(super) fn collect(&mut self, plan: &mut Plan, source: &str, messages: Vec<Incoming>) -> Result<Collected, EngineError> {
        let rules = self.shared.rules();
        let source = rules.policy.source(source).ok_or_else(|| EngineError::UnknownId { what: "source", id: source.to_owned() })?;
        let mut collected = Collected::default();
        for (index, message) in messages.into_iter().enumerate() {
            match self.collect_one(plan, &rules, source, message)? {
                Ok(()) => collected.accepted += 1,
                Err(refusal) => collected.refused.push((index, refusal)),
            }
        }
        Ok(collected)
    }

    fn collect_one(
        &mut self,
        plan: &mut Plan,
        rules: &Rules,
        source: &Source,
        message: Incoming,
    ) -> Result<Result<(), Refusal>, EngineError> {
        for (reason, count) in message.dropped.reasons() {
            left_out(reason, count.into());
        }
        let Some(identifier) = identifier(source, &message) else { return Ok(Err(Refusal::BrowserMayNotWriteForUser)) };
        if source.trust == Trust::Browser && message.user_id.is_some() {
            // What a device says of a user is a claim: it is neither kept nor linked.
            left_out("user_claimed_by_browser", 1);
        }
        let key = message.message_id.as_deref().map_or(0, |id| rules.message_hash(&source.id, id));
        let now = self.shared.clock.now();
        let is_retry = plan.messages.contains(&key) || {
            let views = self.shared.views.read();
            views.duplicates.contains(key) || views.seen.contains(key)
        };
        if is_retry {
            left_out("duplicate", 1);
            return Ok(Ok(()));
        }
        if self.is_suppressed(rules, &identifier, &message, key != 0, now) {
            left_out("erased", 1);
            return Ok(Ok(()));
        }
        let fits = match &message.body {
            Body::Event(body) => note_items(plan, &self.shared.views.read(), &body.lines),
            _ => true,
        };
        if !fits {
            limits::count_over("item", 1);
            if source.trust == Trust::Browser {
                // Whatever its customer permits: the answer must not tell.
                return Ok(Err(Refusal::TooManyItems));
            }
            // A law may oblige to keep it: it is kept, and what there is no room for steers nothing.
        }
        let hash = rules.hash(&identifier);
        let mut who = self.whose(plan, hash);
        if let Some(Who::Known(record)) = who
            && plan.chose.contains(&self.shared.views.read().customers.canonical(record))
        {
            self.flush_now(plan)?;
            who = self.whose(plan, hash);
        }
        let who = match who {
            Some(who) => who,
            None => self.open(plan, rules, hash, Opening { identifier: identifier.clone(), source: &source.id, on_page: false }, now)?,
        };
        self.link(plan, rules, source, (&message, key), who, now)?;
        // Linking may have flushed the plan, and with it the plan's own numbering.
        let who = self.whose(plan, hash).ok_or(EngineError::UnknownCustomer)?;
        let views = self.shared.views.read();
        // A visit is the customer's, whichever of the records its events go to.
        let (handle, named) = match who {
            Who::Known(record) => (views.handle(record), message.session.as_ref().and_then(|session| views.visit(record, session))),
            Who::New(_) => (plan.handle(&views, who), None),
        };
        let handle = handle.ok_or(EngineError::UnknownCustomer)?;
        match message.body {
            Body::Event(body) => {
                let visit = match &message.session {
                    Some(session) => named.unwrap_or_else(|| collection::visit_id(handle, "", session)),
                    None => self.visits.at(handle, &source.id, now, || VisitId(random().map_or(0, u64::from_le_bytes))),
                };
                let ruled_out = collection::narrow(&rules.policy, source, &message.consent_preferences);
                let stamp = Stamp {
                    id: EventId(u128::from_le_bytes(random()?)),
                    source: source.id.clone(),
                    visit,
                    happened_at: message.happened_at,
                    recorded_at: now,
                    time_doubted: message.time_doubted,
                    not_for: ruled_out.iter().map(|p| rules.policy.at(p).id.clone()).collect(),
                    message: key,
                };
                let event = body.into_event(stamp);
                tally(plan, &views, &self.shared.tallies.lock(), &event, fits, now);
                let ends = rules.keeping.ends(event.happened_at, now);
                let verdict =
                    |category: &str| may_keep(rules, &views, who, category, ruled_out, false, visit, &ends, self.shared.clock.judge());
                match collection::keep(event, verdict) {
                    Kept::Kept { event, parts_left_out } => {
                        left_out("field_not_permitted", parts_left_out.into());
                        metrics::counter!("regie_events_kept_total").increment(1);
                        plan.fact(&views, who, Fact::EventKept(event), false, None)?;
                    }
                    Kept::Nothing { category } => left_out_category(category),
                }
            }
            Body::Attributes(values) => {
                let claimed = rules.claims(&source.id);
                let ends = rules.keeping.ends(message.happened_at, now);
                let verdict = |category: &'static str| {
                    may_keep(rules, &views, who, category, Purposes::NONE, claimed, VisitId(0), &ends, self.shared.clock.judge())
                };
                let (values, left) = collection::keep_attributes(values, verdict);
                left_out("attribute_not_permitted", left.into());
                if !values.is_empty() {
                    let fact = AttributesProvided {
                        source: source.id.clone(),
                        values,
                        happened_at: message.happened_at,
                        recorded_at: now,
                        message: key,
                    };
                    plan.fact(&views, who, Fact::AttributesProvided(fact), false, None)?;
                }
            }
            Body::Alias | Body::Counted => {}
        }
        if key != 0 {
            plan.messages.insert(key);
        }
        Ok(Ok(()))
    }

    /// Opens a record. Somebody who was erased and comes back is not advertised to: what they had objected to stays objected to, whatever
    /// they consent to since; and until they consent, an erasure is a no to all direct marketing that asks for no consent.
    fn open(&mut self, plan: &mut Plan, rules: &Rules, hash: IdentifierHash, opening: Opening<'_>, now: Time) -> Result<Who, EngineError> {
        let policy = &rules.policy;
        let objected: Vec<PurposeIx> = {
            let views = self.shared.views.read();
            if views.suppression.is_empty() {
                return plan.open(&views, hash, opening, now);
            }
            let erased = rules.suppression_hash(&opening.identifier);
            let (before, holds) = (views.suppression.objected(&erased, now), views.suppression.holds(&erased, now));
            let unasked = |ix: PurposeIx| holds && policy.at(ix).basis == Basis::LegitimateInterest;
            policy.direct_marketing().iter().filter(|&ix| before.contains(&policy.at(ix).id) || unasked(ix)).collect()
        };
        let who = plan.open(&self.shared.views.read(), hash, opening, now)?;
        if objected.is_empty() {
            return Ok(who);
        }
        {
            let views = self.shared.views.read();
            let handle = plan.handle(&views, who).ok_or(EngineError::UnknownCustomer)?;
            for ix in objected {
                let evidence = Evidence {
                    policy_version: policy.version.clone(),
                    language: NO_LANGUAGE.to_owned(),
                    method: "erasure".to_owned(),
                    actor: Actor::System,
                };
                add_choice(plan, &views, who, handle, choice(&policy.at(ix).id, Chosen::Objected, now, Some(evidence)))?;
            }
        }
        // Nothing else of theirs may be decided before it is applied.
        self.flush_now(plan)?;
        self.whose(plan, hash).ok_or(EngineError::UnknownCustomer)
    }

    /// The record that an identifier points at, the plan's own before the views'.
    fn whose(&self, plan: &Plan, hash: IdentifierHash) -> Option<Who> {
        plan.points_at(hash).or_else(|| {
            let views = self.shared.views.read();
            views.whose(hash).map(Who::Known)
        })
    }

    /// A trusted source's `identify` and `alias` make an identifier point at the user's record from now on. They do not join.
    fn link(
        &mut self,
        plan: &mut Plan,
        rules: &Rules,
        source: &Source,
        (message, key): (&Incoming, u64),
        who: Who,
        now: Time,
    ) -> Result<(), EngineError> {
        if source.trust != Trust::Server || message.user_id.is_none() {
            return Ok(());
        }
        let pointed = match message.kind {
            Kind::Identify => message.anonymous_id.as_ref().map(|value| (IdentifierKind::Anonymous, value)),
            Kind::Alias => message.previous_id.as_ref().map(|value| (IdentifierKind::Anonymous, value)),
            _ => None,
        };
        let Some((kind, value)) = pointed else { return Ok(()) };
        let identifier = Identifier { space: source.id_space.clone(), kind, value: value.clone() };
        let hash = rules.hash(&identifier);
        let known = match who {
            Who::Known(record) => self.shared.views.read().identities.has_claim(hash, record),
            Who::New(_) => false,
        };
        if known || plan.points_at(hash) == Some(who) {
            return Ok(());
        }
        // Who the device points at from now on depends on whether others claim it too: then let the views say.
        let contested = plan.points_at(hash).is_some() || self.shared.views.read().identities.is_claimed(hash);
        plan.fact(
            &self.shared.views.read(),
            who,
            Fact::IdentifierLinked(IdentifierLinked { identifier, source: source.id.clone(), at: now, message: key }),
            false,
            None,
        )?;
        plan.point(hash, who);
        if contested { self.flush_now(plan) } else { Ok(()) }
    }

    /// Erased customers stay erased: what they did before is refused. An order after the erasure opens a new record, for
    /// contract and law; only a consent by the customer lets everything in again.
    fn is_suppressed(&self, rules: &Rules, identifier: &Identifier, message: &Incoming, has_id: bool, now: Time) -> bool {
        let views = self.shared.views.read();
        if views.suppression.is_empty() {
            return false;
        }
        let hash = rules.suppression_hash(identifier);
        let is_order = matches!(&message.body, Body::Event(b) if b.name == EventName::OrderCompleted);
        match views.suppression.refused(&hash, has_id, views.seen.known_since(), now) {
            Refused::Nothing => false,
            Refused::Before(back) => message.happened_at < back,
            Refused::AllButOrdersFrom(erased) => !is_order || message.happened_at < erased || message.time_doubted,
        }
    }

    /// The record of an identifier whose customer acts: found, or opened.
    pub(super) fn open_for_customer(&mut self, plan: &mut Plan, opening: Opening<'_>) -> Result<Handle, EngineError> {
        let rules = self.shared.rules();
        let hash = rules.hash(&opening.identifier);
        let who = match self.whose(plan, hash) {
            Some(who) => who,
            None => self.open(plan, &rules, hash, opening, self.shared.clock.now())?,
        };
        let views = self.shared.views.read();
        plan.handle(&views, who).ok_or(EngineError::UnknownCustomer)
    }

    /// Adds what was just made durable to what sells.
    pub(super) fn count_popular(&self, tallies: &[Tally]) {
        if tallies.is_empty() {
            return;
        }
        for some in tallies.chunks(TALLIES_AT_ONCE) {
            let mut items: Vec<_> = {
                let views = self.shared.views.read();
                some.iter().map(|tally| views.catalogue.find(&tally.item)).collect()
            };
            if items.contains(&None) {
                let mut views = self.shared.views.write();
                items = some.iter().map(|tally| views.intern(&tally.item)).collect();
            }
            let mut tallies = self.shared.tallies.lock();
            some.iter().zip(items).for_each(|(tally, item)| item.into_iter().for_each(|item| tallies.add(tally, item)));
        }
    }
}

/// Whose a message is; `None` where a browser writes for a user.
fn identifier(source: &Source, message: &Incoming) -> Option<Identifier> {
    let make = |kind, value: &String| Identifier { space: source.id_space.clone(), kind, value: value.clone() };
    let anonymous = message.anonymous_id.as_ref().map(|id| make(IdentifierKind::Anonymous, id));
    match source.trust {
        Trust::Server => message.user_id.as_ref().map(|id| make(IdentifierKind::User, id)).or(anonymous),
        Trust::Browser => anonymous,
    }
}

#[expect(clippy::too_many_arguments, reason = "each is one thing that the rule looks at; a struct would only rename them")]
fn may_keep(
    rules: &Rules,
    views: &Views,
    who: Who,
    category: &str,
    not_for: Purposes,
    claimed: bool,
    visit: VisitId,
    ends: &regie_domain::consent::RetentionEnds,
    now: Time,
) -> bool {
    let Some(category) = rules.policy.category(category) else { return false };
    let customer = match who {
        Who::Known(record) => Some(views.customers.canonical(record).0),
        Who::New(_) => None,
    };
    let field = Field { category, not_for, claimed, visit: Some(visit) };
    rules.keeping.may_keep(&rules.policy, &views.consents, customer, &field, ends, now).is_some()
}

/// Is there room for the items of all these lines, beside those that the plan will add? Then the plan adds them.
fn note_items(plan: &mut Plan, views: &Views, lines: &[Line]) -> bool {
    let new = |item: &&String| views.catalogue.find(item).is_none() && !plan.items.contains(*item);
    let new: HashSet<&String> = lines.iter().map(|line| &line.item).filter(new).collect();
    let fits = plan.items.len() + new.len() <= views.catalogue.room();
    if fits {
        plan.items.extend(new.into_iter().cloned());
    }
    fits
}

/// Counts what was sold, at the door: no record. Sensitive items are left out, and new ones unless the event's `fits`. A shop
/// too many is counted without its name, on disk too.
fn tally(plan: &mut Plan, views: &Views, tallies: &Tallies, event: &Event, fits: bool, now: Time) {
    if event.name != EventName::OrderCompleted {
        return;
    }
    let (day, today) = (event.happened_at.day(), now.day());
    if day > today || today - day >= popular::DAYS {
        return;
    }
    let mut shop = event.store.as_deref().unwrap_or(EVERYWHERE);
    if !tallies.knows(shop) && !plan.shops.contains(shop) {
        if plan.shops.len() < tallies.room() {
            plan.shops.insert(shop.to_owned());
        } else {
            limits::count_over("shop", 1);
            shop = EVERYWHERE;
        }
    }
    for line in &event.lines {
        if views.catalogue.find(&line.item).map_or(!fits, |item| views.catalogue.is_sensitive(item)) {
            continue;
        }
        plan.tally(Tally { day, store: shop.to_owned(), item: line.item.clone(), count: 1 });
    }
}

pub(super) fn left_out(reason: &'static str, count: u64) {
    if count > 0 {
        metrics::counter!("regie_left_out_total", "reason" => reason).increment(count);
    }
}

fn left_out_category(category: &'static str) {
    metrics::counter!("regie_left_out_total", "reason" => "event_not_permitted", "category" => category).increment(1);
}
