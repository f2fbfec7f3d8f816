//! Several records that are one customer: whose word counts.
//!
//! Invariant: [`combine`] is commutative and associative for one moment of joining, and never permits what no record permitted
//! alone: any refusal, withdrawal, objection, restriction or guardian wins, and of two permissions the more limited end with what both
//! cover remains. A later choice on any record of the set is the customer deciding again, and wins from then on. What is no word of the
//! customer's about this purpose ends no consent to it, as on one record: a browser's general no (rule 21), and what the retailer ended
//! because its policy changed (rule 2), for a consent that stands was given after that.

use super::standing::{End, Given, Slot, Standing, seconds};
use crate::fact::{Chosen, Until};
use crate::policy::{Policy, Purpose, PurposeIx, Purposes};
use crate::time::Time;

/// Where the customer stands whose records stood at `a` and `b` when they were joined, at `at`.
pub fn combine(policy: &Policy, a: &Standing, b: &Standing, at: Time) -> Standing {
    let now = seconds(at);
    let mut joined = Standing {
        slots: a.slots,
        objected: Purposes(a.objected.0 | b.objected.0),
        consenter: a.consenter.max(b.consenter),
        restrictions: a.restrictions.or(&b.restrictions),
        signalled: a.signalled | b.signalled,
        // An objection that stands for good is not weighed again because another record's still is.
        weighing: Purposes((a.weighing.0 | b.weighing.0) & !(stands(a) | stands(b))),
    };
    for (at, slot) in joined.slots.iter_mut().enumerate() {
        let purpose = (0u8..).zip(&policy.purposes).find(|(_, purpose)| purpose.slot.is_some_and(|slot| usize::from(slot) == at));
        let is_restricted =
            |of: &Standing| purpose.is_some_and(|(ix, p)| p.categories.iter().any(|c| of.restrictions.covers(PurposeIx(ix), c)));
        let [own, other] = [a, b].map(|of| Here { slot: lapsed(of.slots[at], now), is_restricted: is_restricted(of) });
        // Of what is over before a general no of either, nothing is told apart.
        let is_over = weight(own.slot).max(weight(other.slot)) < INVALIDATED;
        *slot = if is_over && joined.signalled >> at & 1 == 1 { Slot::Unknown } else { combine_slots(own, other) };
    }
    joined
}

/// One slot of a record, with what else bears on it there.
#[derive(Clone, Copy)]
struct Here {
    slot: Slot,
    /// Any use for the purpose is restricted there.
    is_restricted: bool,
}

impl Here {
    /// Does nothing that was restricted here hold this consent back?
    fn lets(&self, given: &Given) -> bool {
        given.despite_restriction || !self.is_restricted
    }
}

/// The objections that nobody weighs any more.
fn stands(standing: &Standing) -> u32 {
    standing.objected.0 & !standing.weighing.0
}

/// As [`combine`], for a customer at `own` who takes along what stands at `other`: a permission that only `other` had lapses, unless
/// its purpose is among `carries`, which the customer permits for all of their data. Every no comes along; a permission of somebody who does
/// not consent for this customer limits nothing. Without `carries` nobody was asked, and it is [`combine`].
pub fn take_along(policy: &Policy, own: &Standing, other: &Standing, carries: Option<&[String]>, at: Time) -> Standing {
    let mut along = *other;
    let carried = |id: &String| policy.purpose(id).and_then(|ix| policy.at(ix).slot).map(usize::from);
    if let Some(carries) = carries {
        let carries: Vec<usize> = carries.iter().filter_map(carried).collect();
        let asked = Standing { consenter: own.consenter.max(along.consenter), ..Standing::default() };
        for (slot, (taken, stands)) in along.slots.iter_mut().zip(own.slots).enumerate() {
            let Slot::Given(given) = *taken else { continue };
            if !asked.carries(&given) {
                *taken = Slot::Lapsed;
                continue;
            }
            let alone = !matches!(lapsed(stands, seconds(at)), Slot::Given(_));
            if alone && !carries.contains(&slot) {
                *taken = Slot::Lapsed;
            }
        }
    }
    combine(policy, own, &along, at)
}

/// The consent to record where a customer at `own` takes along what `other` permitted to this purpose: from then on it is about all of their
/// data, and theirs. `None` where there is none, or a no of either, a restriction or a guardian goes before it, and where `own` permits it
/// too: then what both permit stands already. A restriction goes before it where it holds back any of what is permitted: giving that anew
/// would lift it.
pub fn carried(policy: &Policy, own: &Standing, other: &Standing, purpose: &str, at: Time) -> Option<Chosen> {
    if matches!(lapsed(slot_of(policy, own, purpose)?.1, seconds(at)), Slot::Given(_)) {
        return None;
    }
    let joined = take_along(policy, own, other, Some(&[purpose.to_owned()]), at);
    let (ix, Slot::Given(given)) = slot_of(policy, &joined, purpose)? else { return None };
    let until = match given.end {
        End::Visit(visit) => Until::Visit(visit),
        End::Once => Until::Once,
        End::Moment(second) => Until::Moment(Time::from_seconds(second.into())),
        End::Withdrawn => Until::Withdrawn,
    };
    let is_held = restricted(&joined, ix, &given).0 > 0;
    (!joined.is_minor() && permits(&joined, ix, &given) && !is_held && !is_nothing(policy.at(ix), &given))
        .then(|| given.cover.given(policy, until))
}

/// What is left of a consent when a device is taken along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// It permits nothing any more.
    No,
    /// It stands, and everything that it covers is restricted.
    Restricted,
    /// It permits something.
    Yes,
}

/// Does what a customer at `own` permitted to this purpose still permit it when `other` is taken along, with nothing that it carries?
pub fn stays(policy: &Policy, own: &Standing, other: &Standing, purpose: &str, at: Time) -> Stays {
    let joined = take_along(policy, own, other, Some(&[]), at);
    match slot_of(policy, &joined, purpose) {
        Some((ix, Slot::Given(given))) if permits(&joined, ix, &given) && !is_nothing(policy.at(ix), &given) => {
            let (held, all) = restricted(&joined, ix, &given);
            if held == all { Stays::Restricted } else { Stays::Yes }
        }
        _ => Stays::No,
    }
}

/// Why a consent that stood ends in a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lapses {
    /// It was not permitted in both: the other record said no, or what it permitted had nothing in common with this.
    NotInBoth,
    /// Nobody took it along.
    LeftBehind,
}

/// Does what `own` or `other` permitted to this purpose end when the two become `joined`, and nothing of either in its place?
pub fn lapses(policy: &Policy, [own, other]: [&Standing; 2], joined: &Standing, purpose: &str, at: Time) -> Option<Lapses> {
    let (ix, is) = slot_of(policy, joined, purpose)?;
    let stood = |of: &Standing| {
        let slot = slot_of(policy, of, purpose).map(|(_, slot)| lapsed(slot, seconds(at)));
        matches!(slot, Some(Slot::Given(given)) if of.carries(&given))
    };
    if !stood(own) && !stood(other) {
        return None;
    }
    match is {
        Slot::Given(given) if is_nothing(policy.at(ix), &given) || !joined.carries(&given) => Some(Lapses::NotInBoth),
        Slot::Given(_) => None,
        Slot::Refused | Slot::Withdrawn => Some(Lapses::NotInBoth),
        _ => Some(Lapses::LeftBehind),
    }
}

fn slot_of(policy: &Policy, standing: &Standing, purpose: &str) -> Option<(PurposeIx, Slot)> {
    let ix = policy.purpose(purpose)?;
    Some((ix, standing.slot_of(policy.at(ix))?))
}

/// Does nothing come under it? So it is where two had nothing in common.
pub(super) fn is_nothing(purpose: &Purpose, given: &Given) -> bool {
    let nowhere = given.cover.channels.is_empty() && !purpose.channels.is_empty();
    given.cover.categories.is_empty() || given.cover.recipients.is_empty() || nowhere
}

/// Does nothing else that stands go before this consent, whatever is restricted?
fn permits(standing: &Standing, ix: PurposeIx, given: &Given) -> bool {
    standing.carries(given) && !standing.objected.has(ix)
}

/// How many of the categories that this consent covers a restriction holds back, and how many there are.
fn restricted(standing: &Standing, ix: PurposeIx, given: &Given) -> (usize, usize) {
    let held = given.cover.categories.iter().filter(|category| standing.restrictions.covers(ix, *category)).count();
    (if given.despite_restriction { 0 } else { held }, given.cover.categories.iter().count())
}

/// A consent that has ended by itself no longer limits the other record's.
fn lapsed(slot: Slot, now: u32) -> Slot {
    match slot {
        Slot::Given(Given { end: End::Moment(second), .. }) if second <= now => Slot::Lapsed,
        other => other,
    }
}

fn combine_slots(a: Here, b: Here) -> Slot {
    match (a.slot, b.slot) {
        (Slot::Given(own), Slot::Given(other)) => Slot::Given(Given {
            end: own.end.min(other.end),
            cover: own.cover.and(other.cover),
            by_guardian: own.by_guardian && other.by_guardian,
            despite_restriction: (own.despite_restriction || other.despite_restriction) && a.lets(&own) && b.lets(&other),
        }),
        _ => {
            let (wins, other) = if weight(a.slot) >= weight(b.slot) { (a, b) } else { (b, a) };
            match wins.slot {
                // It was given despite what its own record restricted, not the other.
                Slot::Given(given) => {
                    let despite_restriction = given.despite_restriction && !other.is_restricted;
                    Slot::Given(Given { despite_restriction, ..given })
                }
                Slot::UsedUp { .. } => Slot::UsedUp { despite_restriction: false },
                over => over,
            }
        }
    }
}

const INVALIDATED: u8 = 3;

/// What wins over what. Above a permission: everything by which the customer said no. Below it: everything that is over.
fn weight(slot: Slot) -> u8 {
    match slot {
        Slot::Unknown => 0,
        Slot::Lapsed => 1,
        Slot::UsedUp { .. } => 2,
        Slot::Invalidated => INVALIDATED,
        Slot::Given(_) => 4,
        Slot::Withdrawn => 5,
        Slot::Refused => 6,
    }
}
