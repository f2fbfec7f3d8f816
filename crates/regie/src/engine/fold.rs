//! One fact into the views. Replay and the running engine go through the same function, so they cannot disagree.
//!
//! Deterministic, no clock, no I/O. What a customer contributes to profiles and model depends on facts that may still come
//! (a consent after the events), so during a replay events are set aside and folded in bulk at the end.

use regie_domain::collection;
use regie_domain::consent::{Part, take_along};
use regie_domain::fact::{Fact, PolicyAdopted, RecordJoined, RestrictedPart, SensitiveItemsChanged, Until};
use regie_domain::ids::RecordId;
use regie_domain::information::{Permission, says_no};
use regie_domain::policy::CategoryIx;
use regie_domain::time::Time;

use super::aside::Aside;
use super::contribution::{self, Reach};
use super::rules::Rules;
use super::sketch::Sketch;
use super::views::addresses::Said;
use super::views::days::{day_in, noted, source_at};
use super::views::information::Stood;
use super::views::{RecordIx, Views};

/// Where a fact stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Its position in the log.
    pub position: u64,
    /// Its record.
    pub record: RecordId,
    /// Its number in that record.
    pub n: u32,
}

/// What to do with events: fold them into contributions now, or set them aside.
#[derive(Debug)]
pub(super) enum Events<'a> {
    /// The engine runs: contributions are up to date and stay so.
    FoldNow,
    /// A replay: kept for the end.
    SetAside(&'a mut Aside),
}

/// Applies one fact. O(1) but for what it contributes.
pub(super) fn apply(views: &mut Views, rules: &Rules, place: Place, fact: &Fact, events: &mut Events<'_>) {
    if let Fact::EventKept(event) = fact {
        return apply_event(views, rules, place, &Sketch::of(event), events);
    }
    let record = match fact {
        Fact::RecordOpened(opened) => {
            let ix = views.records.insert(place.record, Some(opened.handle));
            views.identities.own(rules.hash(&opened.identifier), ix);
            if opened.identifier.kind == regie_domain::fact::IdentifierKind::Anonymous {
                term(views, rules, ix, rules.policy.category("device"), opened.at);
            }
            seen(views, opened.at);
            ix
        }
        // A record without a beginning is the retailer's, or what a law keeps of an erased one.
        _ => views.records.by_id(place.record).unwrap_or_else(|| views.records.insert(place.record, None)),
    };
    if place.record == RecordId::RETAILER {
        views.retailer = Some(record);
    }
    note_place(views, record, place);
    note_day(views, rules, record, place.position, fact);
    if let Some(said) = Said::of(rules, &rules.policy, place.position, fact) {
        views.addresses.say(record, said);
    }
    let customer = views.customers.canonical(record);
    if let (true, Some(at)) = (fact.is_choice(), fact.recorded_at()) {
        term(views, rules, customer, rules.policy.category(collection::CHOICES), at);
    }
    match fact {
        Fact::RecordOpened(_) | Fact::HistoryChanged | Fact::EventKept(_) => {}
        Fact::UsesSummed(summed) => {
            let day = Time::from_day(summed.day);
            term(views, rules, customer, rules.policy.category(collection::CHOICES), day);
        }
        Fact::Disclosed(disclosure) => {
            term(views, rules, customer, rules.policy.category(collection::CHOICES), disclosure.at);
            seen(views, disclosure.at);
        }
        Fact::MailAsked(mail) => {
            views.outbox.ask(record, place.position, mail);
            term(views, rules, customer, rules.policy.category(collection::CHOICES), mail.at);
            seen(views, mail.at);
        }
        Fact::MailClosed(mail) => {
            views.outbox.close(mail.id);
            term(views, rules, customer, rules.policy.category(collection::CHOICES), mail.at);
            seen(views, mail.at);
        }
        Fact::InformationStated(_) | Fact::InformationRemoved(_) | Fact::InformationHidden(_) | Fact::PreviewMade(_) => {
            tell(views, rules, customer, place, fact);
        }
        Fact::IdentifierLinked(linked) => {
            views.identities.claim(rules.hash(&linked.identifier), record);
            remember(views, linked.message, linked.at, events);
            seen(views, linked.at);
        }
        Fact::RecordJoined(joined) => {
            if let Some(other) = views.records.by_handle(joined.other) {
                join(views, rules, record, other, joined);
            }
            seen(views, joined.at);
        }
        Fact::AttributesProvided(attributes) => {
            remember(views, attributes.message, attributes.recorded_at, events);
            term(views, rules, customer, rules.policy.category("contact"), attributes.happened_at.min(attributes.recorded_at));
            seen(views, attributes.recorded_at);
        }
        Fact::Chosen(choice) => {
            inform(views, rules, customer, place, fact);
            views.consents.apply(&rules.policy, customer.0, choice);
            seen(views, choice.at);
        }
        Fact::ConsenterStated(stated) => {
            inform(views, rules, customer, place, fact);
            views.consents.set_consenter(&rules.policy, customer.0, stated.consenter);
            seen(views, stated.at);
        }
        Fact::ObjectionWeighed(weighed) => {
            views.consents.weigh(&rules.policy, customer.0, &weighed.purpose, weighed.upheld);
            seen(views, weighed.at);
        }
        Fact::Restricted(made) => {
            inform(views, rules, customer, place, fact);
            restrict(views, rules, customer, &made.part, true, made.at);
        }
        Fact::RestrictionLifted(lifted) => restrict(views, rules, customer, &lifted.part, false, lifted.at),
        Fact::LiftTold(told) => seen(views, told.at),
        Fact::DecisionContested(made) => seen(views, made.at),
        Fact::ContestAnswered(answered) => seen(views, answered.at),
        Fact::OrderKeptByLaw(order) => views.terms.at_latest(record, order.until.seconds32()),
        Fact::ConsentsProven(proven) => {
            let first = proven.consents.iter().map(|proof| proof.until).min().unwrap_or(proven.until);
            views.terms.at_latest(record, first.seconds32());
        }
        Fact::ProofOpened(opened) => seen(views, opened.at),
        Fact::PolicyAdopted(adopted) => adopt(views, rules, place.position, adopted),
        Fact::SensitiveItemsChanged(changed) => mark(views, changed),
        Fact::RecordErased(_) => {}
        // When it is said to have been erased may be by the clock of a source, in folders of earlier programs.
        Fact::IdentifierSuppressed(suppressed) => views.suppression.add(place.position, suppressed),
        Fact::SuppressionLifted(lifted) => views.suppression.lift(&lifted.hash, place.position, lifted.not_before),
        Fact::MessagesSeen(gone) => {
            views.seen.add(place.position, gone);
            seen(views, gone.at);
        }
        Fact::RequestCompleted(request) => seen(views, request.at),
    }
}

/// Applies one event. Replay comes here without the detour over a whole fact.
pub(super) fn apply_event(views: &mut Views, rules: &Rules, place: Place, event: &Sketch, events: &mut Events<'_>) {
    let record = views.records.by_id(place.record).unwrap_or_else(|| views.records.insert(place.record, None));
    note_place(views, record, place);
    if let Some(entry) = views.records.get_mut(record) {
        let policy = &rules.policy;
        entry.days.add_event(day_in(&policy.time_zone, event.happened_at), event.name, source_at(policy, event.source.as_str()));
    }
    let customer = views.customers.canonical(record);
    let category = if event.name.is_purchase() { rules.asked.purchases } else { rules.asked.browsing };
    term(views, rules, customer, category, event.happened_at.min(event.recorded_at));
    seen(views, event.recorded_at);
    remember(views, event.message, event.recorded_at, events);
    match events {
        Events::FoldNow => {
            let Some(mut held) = event.hold(|item| views.intern(item)) else { return };
            // What arrives this late may have outlived the purpose already. Only then is the calendar asked.
            if event.recorded_at.seconds() - i64::from(held.from) >= rules.floor(category).into() {
                Reach::at(&rules.policy, &rules.asked, event.recorded_at).limit(&mut held);
            }
            contribution::add(views, customer, &held);
        }
        Events::SetAside(aside) => aside.push(record, event, |item| views.intern(item)),
    }
}

/// By it a retry is known.
fn remember(views: &mut Views, message: u64, at: Time, events: &Events<'_>) {
    match events {
        Events::FoldNow => views.duplicates.insert(message, at),
        Events::SetAside(_) => views.duplicates.note(message, at),
    }
}

fn note_place(views: &mut Views, record: RecordIx, place: Place) {
    if let Some(entry) = views.records.get_mut(record) {
        if place.n < entry.next_n {
            views.out_of_order.get_or_insert(place.position);
        }
        entry.positions.push(place.position);
        entry.next_n = entry.next_n.max(place.n + 1);
    }
}

/// A fact that a page may tell; only customers' records have a handle, and pages.
fn note_day(views: &mut Views, rules: &Rules, record: RecordIx, position: u64, fact: &Fact) {
    if let Some((day, what)) = noted(fact, &rules.policy.time_zone)
        && let Some(entry) = views.records.get_mut(record).filter(|entry| entry.handle.is_some())
    {
        entry.days.add(day, what, position);
    }
}

/// A row of a record is gone: the day forgets it.
pub(super) fn forget_day(views: &mut Views, rules: &Rules, record: RecordIx, position: u64, fact: &Fact) {
    let policy = &rules.policy;
    let Some(entry) = views.records.get_mut(record) else { return };
    match fact {
        Fact::EventKept(event) => {
            entry.days.forget_event(day_in(&policy.time_zone, event.happened_at), event.name, source_at(policy, &event.source));
        }
        other => {
            if let Fact::AttributesProvided(_) = other {
                views.addresses.forget_row(record, position);
            }
            if let Fact::MailAsked(mail) = other {
                views.outbox.forget_mail(record, mail);
            }
            if let Some((day, what)) = noted(other, &policy.time_zone) {
                entry.days.forget(day, what, position);
            }
        }
    }
}

/// Two records become one customer: a refusal, withdrawal or objection of either wins until the customer decides.
fn join(views: &mut Views, rules: &Rules, a: RecordIx, b: RecordIx, joined: &RecordJoined) {
    let (was_a, was_b) = (views.customers.canonical(a), views.customers.canonical(b));
    if was_a == was_b {
        return;
    }
    for old in [was_a, was_b] {
        contribution::forget(views, old);
    }
    let records = &views.records;
    views.customers.join(a, b, |r| records.get(r).and_then(|r| r.positions.first()).unwrap_or(u64::MAX));
    let into = views.customers.canonical(a);
    let from = if into == was_a { was_b } else { was_a };
    let refuses = |record: RecordIx, purpose: &str| says_no(&rules.policy, &views.consents.standing(record.0), purpose);
    let leaves = |record: RecordIx, item| record == was_b && joined.tells.as_ref().is_some_and(|tells| !tells.contains(&item));
    let restricts = |record: RecordIx, told: &Permission| told.is_restricted(&rules.policy, &views.consents.restrictions(record.0));
    views.information.join((into, from), joined.at, refuses, leaves, restricts);
    let [own, other] = [was_a, was_b].map(|record| views.consents.standing(record.0));
    let standing = take_along(&rules.policy, &own, &other, joined.carries.as_deref(), joined.at);
    views.consents.put(&rules.policy, into.0, &standing);
    views.consents.reset(from.0);
    views.ends.set(from, None);
    views.terms.set(from, None);
    views.terms.at_latest(into, 1);
}

/// Another policy is in force: what was permitted to a purpose that changed materially holds no more, and what rested on it alone is
/// looked at soon. O(customers) if there is such a purpose.
fn adopt(views: &mut Views, rules: &Rules, position: u64, adopted: &PolicyAdopted) {
    let ended = views.policies.adopt(position, adopted);
    if !ended.is_empty() {
        for customer in views.consents.invalidate(&rules.policy, &ended, adopted.at) {
            views.terms.at_latest(RecordIx(customer), 1);
        }
        for customer in views.information.end_purposes(&ended) {
            views.terms.at_latest(customer, 1);
        }
    }
    seen(views, adopted.at);
}

/// Restricts uses, or lifts a restriction. What the policy no longer has restricts nothing.
fn restrict(views: &mut Views, rules: &Rules, customer: RecordIx, part: &RestrictedPart, restricted: bool, at: Time) {
    if let Some(part) = Part::of(&rules.policy, part) {
        views.consents.restrict(&rules.policy, customer.0, part, restricted);
    }
    seen(views, at);
}

/// What the customer tells, and no longer tells. A value that ended waits for its row to be looked at.
fn tell(views: &mut Views, rules: &Rules, customer: RecordIx, place: Place, fact: &Fact) {
    let at = match fact {
        Fact::InformationStated(stated) => {
            if let (Some(_), Until::Moment(end)) = (&stated.value, stated.until) {
                views.terms.at_latest(customer, end.seconds32());
            }
            stated.at
        }
        Fact::InformationRemoved(removed) => removed.at,
        Fact::InformationHidden(hidden) => hidden.at,
        Fact::PreviewMade(made) => made.at,
        _ => return,
    };
    inform(views, rules, customer, place, fact);
    seen(views, at);
}

/// What a fact does to what the customer tells; comes before the consents learn of it.
fn inform(views: &mut Views, rules: &Rules, customer: RecordIx, place: Place, fact: &Fact) {
    let consents = &views.consents;
    let before = Stood::of(&rules.policy, fact, || consents.line(customer.0).is_minor(), || consents.restrictions(customer.0));
    if views.information.apply(customer, place.position, fact, before) {
        views.terms.at_latest(customer, 1);
    }
}

fn mark(views: &mut Views, changed: &SensitiveItemsChanged) {
    for (items, sensitive) in [(&changed.added, true), (&changed.removed, false)] {
        for item in items {
            if views.intern(item).is_some() {
                views.catalogue.set_sensitive(item, sensitive);
            }
        }
    }
}

fn seen(views: &mut Views, at: Time) {
    views.newest_fact = views.newest_fact.max(Some(at));
}

/// The rows of this customer are looked at again no later than a field of this category can end.
fn term(views: &mut Views, rules: &Rules, customer: RecordIx, category: Option<CategoryIx>, from: Time) {
    views.terms.at_latest(customer, from.plus_seconds(rules.floor(category).into()).seconds32());
}
