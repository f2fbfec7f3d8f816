//! The hot view: the standings of all customers, packed.
//!
//! Invariant: [`Consents::standing`] gives back exactly what was put in, so the view of a customer equals the fold of their
//! choices. Customers are the engine's dense indexes; an index that was never written reads as "never asked". The view is valid
//! for the policy it was built with: after adopting another, build it anew from the choices.

use std::collections::BTreeMap;

use super::decide::{self, Decision, Ends, Reason, Use};
use super::line::{Line, NEVER_ASKED, code, flag};
use super::restrict::{Part, Restrictions};
use super::shapes::{Cover, Shape, Shapes};
use super::standing::{End, Given, Slot, Standing, seconds};
use super::state::{PurposeState, states};
use crate::fact::{Choice, Consenter, VisitId};
use crate::policy::{Policy, PurposeIx, Purposes, limits::CONSENT_PURPOSES_MAX};
use crate::time::Time;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Consents {
    lines: Vec<Line>,
    shapes: Shapes,
    /// Which visit a visit-bound consent is bound to, by customer and slot. Rare and short-lived, so apart from the lines.
    visits: BTreeMap<(u32, u8), VisitId>,
    /// Which uses are restricted, by customer. Rare, so apart from the lines, which only say that there is something here.
    restrictions: BTreeMap<u32, Restrictions>,
    /// Which objections are being weighed, by customer. As rare.
    weighing: BTreeMap<u32, Purposes>,
}

impl Consents {
    /// Nobody.
    pub fn new() -> Consents {
        Consents::default()
    }

    /// Makes room for customers `0..len`, never asked.
    pub fn ensure(&mut self, len: usize) {
        if self.lines.len() < len {
            self.lines.resize(len, NEVER_ASKED);
        }
    }

    /// How many customers there is room for.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Is there room for nobody?
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line of a customer; "never asked" past the end. One load.
    pub fn line(&self, customer: u32) -> &Line {
        self.lines.get(customer as usize).unwrap_or(&NEVER_ASKED)
    }

    /// The interning table.
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// Takes in the customer's next choice, in the log's order. About 0.3 µs; no allocation but for a new shape, a visit, or a new customer.
    pub fn apply(&mut self, policy: &Policy, customer: u32, choice: &Choice) {
        self.change(policy, customer, |standing| standing.apply(policy, choice));
    }

    /// See [`Standing::restrict`].
    pub fn restrict(&mut self, policy: &Policy, customer: u32, part: Part, restricted: bool) {
        self.change(policy, customer, |standing| standing.restrict(policy, part, restricted));
    }

    /// See [`Standing::weigh`]. A purpose that the policy no longer has changes nothing.
    pub fn weigh(&mut self, policy: &Policy, customer: u32, purpose: &str, upheld: bool) {
        if let Some(ix) = policy.purpose(purpose) {
            self.change(policy, customer, |standing| standing.weigh(ix, upheld));
        }
    }

    /// The policy changed materially for these purposes: see [`Standing::invalidate`]. Returns whose permission ended. O(customers).
    pub fn invalidate(&mut self, policy: &Policy, purposes: &[String], at: Time) -> Vec<u32> {
        let slots: Vec<usize> = purposes.iter().filter_map(|id| policy.at(policy.purpose(id)?).slot.map(usize::from)).collect();
        let holds = |line: &Line| slots.iter().any(|&slot| line.ends.get(slot).is_some_and(|&end| end > code::LAPSED));
        let touched: Vec<u32> = (0u32..).zip(&self.lines).filter(|(_, line)| holds(line)).map(|(customer, _)| customer).collect();
        for &customer in &touched {
            self.change(policy, customer, |standing| standing.invalidate(policy, purposes, at));
        }
        touched
    }

    /// Which uses are restricted for a customer.
    pub fn restrictions(&self, customer: u32) -> Restrictions {
        self.restrictions.get(&customer).copied().unwrap_or_default()
    }

    /// See [`Standing::set_consenter`].
    pub fn set_consenter(&mut self, policy: &Policy, customer: u32, consenter: Consenter) {
        self.change(policy, customer, |standing| standing.set_consenter(consenter));
    }

    fn change(&mut self, policy: &Policy, customer: u32, change: impl FnOnce(&mut Standing)) {
        let mut standing = self.standing(customer);
        change(&mut standing);
        self.put(policy, customer, &standing);
    }

    /// Forgets the customer: as if never asked.
    pub fn reset(&mut self, customer: u32) {
        if let Some(line) = self.lines.get_mut(customer as usize) {
            self.shapes.release(line.shape);
            *line = NEVER_ASKED;
            self.unbind(customer);
            self.restrictions.remove(&customer);
            self.weighing.remove(&customer);
        }
    }

    fn unbind(&mut self, customer: u32) {
        while let Some((&key, _)) = self.visits.range((customer, 0)..=(customer, u8::MAX)).next() {
            self.visits.remove(&key);
        }
    }

    /// Puts a standing in the customer's place, for instance the one of joined records.
    pub fn put(&mut self, policy: &Policy, customer: u32, standing: &Standing) {
        self.ensure(customer as usize + 1);
        let Some(before) = self.lines.get(customer as usize).copied() else { return };
        if before.ends.contains(&code::VISIT) {
            self.unbind(customer);
        }
        let mut line = Line { objected: standing.objected.0, signalled: standing.signalled, ..NEVER_ASKED };
        line.flags = flag::of(standing.consenter);
        if standing.restrictions.is_none() {
            if before.is_restricted() {
                self.restrictions.remove(&customer);
            }
        } else {
            line.flags |= flag::RESTRICTED;
            self.restrictions.insert(customer, standing.restrictions);
        }
        if standing.weighing.is_empty() {
            if before.is_weighing() {
                self.weighing.remove(&customer);
            }
        } else {
            line.flags |= flag::WEIGHING;
            self.weighing.insert(customer, standing.weighing);
        }
        let mut shape = Shape::default();
        for (at, slot) in (0u8..).zip(&standing.slots) {
            line.ends[usize::from(at)] = match slot {
                Slot::Unknown => code::UNKNOWN,
                Slot::Refused => code::REFUSED,
                Slot::Withdrawn => code::WITHDRAWN,
                Slot::Invalidated => code::INVALIDATED,
                Slot::UsedUp { despite_restriction } => {
                    line.despite |= u16::from(*despite_restriction) << at;
                    code::USED_UP
                }
                Slot::Lapsed => code::LAPSED,
                Slot::Given(given) => {
                    shape.0[usize::from(at)] = given.cover;
                    line.guardian |= u16::from(given.by_guardian) << at;
                    line.despite |= u16::from(given.despite_restriction) << at;
                    match given.end {
                        End::Visit(visit) => {
                            self.visits.insert((customer, at), visit);
                            code::VISIT
                        }
                        End::Once => code::ONCE,
                        End::Moment(second) => second.clamp(code::MOMENT_MIN, code::MOMENT_MAX),
                        End::Withdrawn => code::UNTIL_WITHDRAWN,
                    }
                }
            };
        }
        if standing.slots.iter().any(|slot| matches!(slot, Slot::Given(_))) {
            fill(policy, standing, &mut shape);
        }
        // Most choices narrow nothing and leave the shape as it is: one comparison instead of two look-ups.
        line.shape = before.shape;
        if *self.shapes.get(before.shape) != shape {
            line.shape = self.shapes.acquire(&shape);
            self.shapes.release(before.shape);
        }
        if let Some(place) = self.lines.get_mut(customer as usize) {
            *place = line;
        }
    }

    /// Where a customer stands, unpacked.
    pub fn standing(&self, customer: u32) -> Standing {
        let line = self.line(customer);
        let shape = self.shapes.get(line.shape);
        let mut standing = Standing {
            objected: Purposes(line.objected),
            consenter: line.consenter(),
            restrictions: if line.is_restricted() { self.restrictions(customer) } else { Restrictions::default() },
            signalled: line.signalled,
            weighing: if line.is_weighing() { self.weighing.get(&customer).copied().unwrap_or_default() } else { Purposes::NONE },
            ..Standing::default()
        };
        for (at, slot) in (0u8..).zip(&mut standing.slots) {
            let end = match line.ends[usize::from(at)] {
                code::UNKNOWN => continue,
                code::REFUSED => {
                    *slot = Slot::Refused;
                    continue;
                }
                code::WITHDRAWN => {
                    *slot = Slot::Withdrawn;
                    continue;
                }
                code::INVALIDATED => {
                    *slot = Slot::Invalidated;
                    continue;
                }
                code::USED_UP => {
                    *slot = Slot::UsedUp { despite_restriction: line.despite >> at & 1 == 1 };
                    continue;
                }
                code::LAPSED => {
                    *slot = Slot::Lapsed;
                    continue;
                }
                code::VISIT => match self.visits.get(&(customer, at)) {
                    Some(&visit) => End::Visit(visit),
                    None => continue,
                },
                code::ONCE => End::Once,
                code::UNTIL_WITHDRAWN => End::Withdrawn,
                second => End::Moment(second),
            };
            *slot = Slot::Given(Given {
                end,
                cover: shape.0[usize::from(at)],
                by_guardian: line.guardian >> at & 1 == 1,
                despite_restriction: line.despite >> at & 1 == 1,
            });
        }
        standing
    }

    /// May this use happen now? `customer` is `None` for somebody of whom nothing is known. A few loads and masks, no allocation.
    ///
    /// The answer changes nothing: recording the use, and using a "once" up, are the caller's.
    pub fn decide(&self, policy: &Policy, customer: Option<u32>, u: &Use, now: Time) -> Decision {
        let line = customer.map_or(&NEVER_ASKED, |c| self.line(c));
        let restricted = || customer.and_then(|c| self.restrictions.get(&c)).is_some_and(|r| r.covers(u.purpose, u.category));
        decide::decide(policy, line, &self.shapes, |slot| self.bound_visit(customer, slot), restricted, u, now)
    }

    /// What forbids this use whatever the customer permitted: an objection, or a restriction that no consent given since can lift for
    /// what was told before it (a consent for the purpose says nothing of a statement).
    pub fn barred(&self, policy: &Policy, customer: u32, u: &Use) -> Option<Reason> {
        let (line, purpose) = (self.line(customer), policy.purposes.get(usize::from(u.purpose.0))?);
        if decide::objected(line, purpose, u.purpose) {
            return Some(Reason::Objected);
        }
        let restricted = line.is_restricted() && !decide::goes_on(purpose) && self.restrictions(customer).covers(u.purpose, u.category);
        restricted.then_some(Reason::Restricted)
    }

    /// Does the purpose hold for the customer now, whatever the category, recipient and channel? Objections, minors and a consent's
    /// end count; a restriction does not, because it leaves storage alone. `visit` is the visit that asks.
    ///
    /// # Errors
    /// The reason why it does not.
    pub fn holds(
        &self,
        policy: &Policy,
        customer: Option<u32>,
        purpose: PurposeIx,
        visit: Option<VisitId>,
        now: Time,
    ) -> Result<Ends, Reason> {
        self.holding(policy, customer, purpose, visit, seconds(now)).map(|end| end.map_or(Ends::None, |(end, _)| decide::ends(end)))
    }

    /// The end code and cover behind a purpose that holds (`None` where its basis is not consent), for [`super::Keeping`].
    pub(super) fn holding(
        &self,
        policy: &Policy,
        customer: Option<u32>,
        purpose: PurposeIx,
        visit: Option<VisitId>,
        now: u32,
    ) -> Result<Option<(u32, Cover)>, Reason> {
        let line = customer.map_or(&NEVER_ASKED, |c| self.line(c));
        let declared = policy.purposes.get(usize::from(purpose.0)).ok_or(Reason::Unknown)?;
        let held = decide::stands(line, declared, purpose, now)?;
        let Some((slot, end)) = held else { return Ok(None) };
        decide::same_visit(end, || self.bound_visit(customer, slot), visit)?;
        Ok(Some((end, self.shapes.get(line.shape).0[usize::from(slot)])))
    }

    fn bound_visit(&self, customer: Option<u32>, slot: u8) -> Option<VisitId> {
        self.visits.get(&(customer?, slot)).copied()
    }

    /// Where every purpose of the policy stands for the customer, for lists and pages.
    pub fn state(&self, policy: &Policy, customer: u32, now: Time) -> Vec<PurposeState> {
        states(policy, &self.standing(customer), now)
    }

    /// The earliest moment after `now` at which one of the customer's consents ends by itself.
    pub fn earliest_end(&self, customer: u32, now: Time) -> Option<Time> {
        let now = seconds(now);
        let ahead = |&&end: &&u32| end > now && end <= code::MOMENT_MAX;
        self.line(customer).ends.iter().filter(ahead).min().map(|&end| Time::from_seconds(i64::from(end)))
    }

    /// The visits that consents are bound to now: at a start they ended with the process that held them.
    pub fn bound_visits(&self, policy: &Policy) -> Vec<(u32, PurposeIx, VisitId)> {
        let purpose = |slot| (0u8..).zip(&policy.purposes).find(|(_, p)| p.slot == Some(slot)).map(|(ix, _)| PurposeIx(ix));
        self.visits.iter().filter_map(|(&(customer, slot), &visit)| Some((customer, purpose(slot)?, visit))).collect()
    }

    /// Bytes held, roughly: lines, shapes, visits, restrictions.
    pub fn memory_bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>()
            + self.shapes.memory_bytes()
            + self.visits.len() * 2 * size_of::<((u32, u8), VisitId)>()
            + self.restrictions.len() * 2 * size_of::<(u32, Restrictions)>()
            + self.weighing.len() * 2 * size_of::<(u32, Purposes)>()
    }
}

/// Slots without a consent carry what a consent would cover by default: customers who never narrowed anything then share one
/// shape, whichever purposes they allowed.
fn fill(policy: &Policy, standing: &Standing, shape: &mut Shape) {
    for purpose in &policy.purposes {
        let Some(at) = purpose.slot.map(usize::from).filter(|&at| at < CONSENT_PURPOSES_MAX) else { continue };
        if !matches!(standing.slots[at], Slot::Given(_)) {
            shape.0[at] = Cover::necessary(policy, purpose);
        }
    }
}

impl PartialEq for Consents {
    /// The same standing for every customer: shape ids are names within one view and may differ.
    fn eq(&self, other: &Consents) -> bool {
        let len = u32::try_from(self.len().max(other.len())).unwrap_or(u32::MAX);
        (0..len).all(|customer| self.standing(customer) == other.standing(customer))
    }
}
