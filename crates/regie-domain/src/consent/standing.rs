//! Where one customer stands: everything their choices add up to, unpacked.
//!
//! Invariant: a pure function of the choices in the log's order and of the policy; it never looks at a clock, so an end that has
//! passed still stands here as given, and whoever reads it judges with its own `now`.

use super::join::is_nothing;
use super::restrict::{Part, Restrictions};
use super::shapes::Cover;
use crate::fact::{Actor, Choice, Chosen, Consenter, Evidence, Until, VisitId};
use crate::policy::{Basis, Categories, Channels, Policy, Purpose, PurposeIx, Purposes, Recipients, limits::CONSENT_PURPOSES_MAX};
use crate::time::Time;

use super::line::code;

/// When a given consent ends. Ordered from the most limited: what a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// With this visit.
    Visit(VisitId),
    /// With its first use.
    Once,
    /// At this second since 1970 (exclusive), between 16 and the year 2106.
    Moment(u32),
    /// When the customer withdraws it.
    Withdrawn,
}

impl End {
    /// As the hot view knows it; fractions of a second round down.
    pub fn of(until: Until) -> End {
        match until {
            Until::Moment(at) => End::Moment(seconds(at).min(code::MOMENT_MAX)),
            Until::Visit(visit) => End::Visit(visit),
            Until::Once => End::Once,
            Until::Withdrawn => End::Withdrawn,
        }
    }
}

/// A moment in the seconds that lines compare: above every code that permits nothing.
pub(super) fn seconds(at: Time) -> u32 {
    at.seconds32().clamp(code::MOMENT_MIN, code::MOMENT_MAX)
}

/// One given consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// Its end.
    pub end: End,
    /// What it covers.
    pub cover: Cover,
    /// A guardian gave it.
    pub by_guardian: bool,
    /// It was given while its purpose was restricted: the customer's consent for this very use.
    pub despite_restriction: bool,
}

/// Where one purpose based on consent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slot {
    /// Never asked.
    #[default]
    Unknown,
    /// A clear no.
    Refused,
    /// Given; whether its end has passed is for the reader to judge.
    Given(Given),
    /// It was bound to a visit that ended, or had ended by itself when records were joined.
    Lapsed,
    /// It was for once, and was used.
    UsedUp {
        /// It was given while its purpose was restricted: this one use goes on despite that.
        despite_restriction: bool,
    },
    /// The customer ended it.
    Withdrawn,
    /// The retailer ended it.
    Invalidated,
}

/// See the module. Valid for one policy only; never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// By the policy's slot.
    pub slots: [Slot; CONSENT_PURPOSES_MAX],
    /// What the customer objected to.
    pub objected: Purposes,
    /// Who consents for this customer, once somebody said so. Until then a consent of either counts.
    pub consenter: Option<Consenter>,
    /// Which uses are restricted.
    pub restrictions: Restrictions,
    /// By slot, as bits: a signal of the customer's browser stands against it. A consent given here goes before it.
    pub signalled: u16,
    /// Objections to other interests than direct marketing that the retailer has not weighed yet (Article 21(1)).
    pub weighing: Purposes,
}

impl Standing {
    /// How a purpose that rests on consent stands; `None` for another.
    pub fn slot_of(&self, purpose: &Purpose) -> Option<Slot> {
        self.slots.get(usize::from(purpose.slot?)).copied()
    }

    /// The visit that a consent to this purpose is bound to.
    pub fn visit_of(&self, purpose: &Purpose) -> Option<VisitId> {
        match self.slot_of(purpose)? {
            Slot::Given(Given { end: End::Visit(visit), .. }) => Some(visit),
            _ => None,
        }
    }

    /// Does a signal of the customer's browser stand against this purpose?
    pub fn is_signalled(&self, purpose: &Purpose) -> bool {
        purpose.slot.is_some_and(|slot| slot < 16 && self.signalled >> slot & 1 == 1)
    }

    /// Takes in the next choice of the log. A purpose that the policy no longer has changes nothing; names that it no longer has
    /// fall out of the cover.
    pub fn apply(&mut self, policy: &Policy, choice: &Choice) {
        let Some(ix) = policy.purpose(&choice.purpose) else { return };
        let purpose = policy.at(ix);
        match choice.what {
            Chosen::Objected => {
                // What rests on consent is denied by default: a general no must not stand in the way of a yes that is given here.
                match purpose.slot.filter(|&slot| slot < 16 && choice.evidence.as_ref().is_some_and(Evidence::is_general_no)) {
                    Some(slot) => self.signalled |= 1 << slot,
                    None => self.object(ix, purpose),
                }
                return;
            }
            Chosen::ObjectionEnded => {
                self.end_objection(ix);
                if let Some(slot) = purpose.slot.filter(|&slot| slot < 16) {
                    self.signalled &= !(1 << slot);
                }
                return;
            }
            _ => {}
        }
        match (self.slot_of(purpose), purpose.slot) {
            (Some(before), Some(at)) => {
                let by_guardian = choice.evidence.as_ref().is_some_and(|e| e.actor == Actor::Guardian);
                self.slots[usize::from(at)] = self.next(policy, ix, before, &choice.what, by_guardian);
                // An objection to direct marketing outlives a new tick somewhere; others yield to the later, specific choice.
                if matches!(choice.what, Chosen::Given { .. }) && !purpose.direct_marketing {
                    self.end_objection(ix);
                }
            }
            _ => self.apply_without_slot(ix, purpose, &choice.what),
        }
    }

    fn next(&self, policy: &Policy, ix: PurposeIx, before: Slot, what: &Chosen, by_guardian: bool) -> Slot {
        match what {
            Chosen::Given { categories, recipients, channels, until } => Slot::Given(Given {
                end: End::of(*until),
                cover: Cover {
                    recipients: recipients.iter().filter_map(|r| policy.recipient(r)).collect::<Recipients>(),
                    categories: categories.iter().filter_map(|c| policy.category(c)).collect::<Categories>(),
                    channels: channels.iter().filter_map(|c| policy.channel(c)).collect::<Channels>(),
                },
                by_guardian,
                despite_restriction: self.restrictions.touches(ix),
            }),
            Chosen::Refused => Slot::Refused,
            Chosen::Withdrawn => Slot::Withdrawn,
            Chosen::Invalidated => Slot::Invalidated,
            // Both only end what they speak of: a newer choice is not theirs to end.
            Chosen::UsedUp { .. } => match before {
                Slot::Given(Given { end: End::Once, despite_restriction, .. }) => Slot::UsedUp { despite_restriction },
                other => other,
            },
            Chosen::VisitEnded { visit } => match before {
                Slot::Given(Given { end: End::Visit(bound), .. }) if bound == *visit => Slot::Lapsed,
                other => other,
            },
            // What the customer's own data permit, or were told no to, stands as it stood.
            Chosen::LeftBehind => match before {
                Slot::Unknown | Slot::Lapsed | Slot::UsedUp { .. } | Slot::Invalidated => Slot::Withdrawn,
                Slot::Given(given) if is_nothing(policy.at(ix), &given) || !self.carries(&given) => Slot::Withdrawn,
                other => other,
            },
            Chosen::Objected | Chosen::ObjectionEnded => before,
        }
    }

    /// The purpose rested on consent when this was chosen and rests on a legitimate interest now (a newer policy). No basis takes the place of
    /// a consent, whatever became of it: it stands as an objection. A yes ended when the basis changed, and named what it covered.
    fn apply_without_slot(&mut self, ix: PurposeIx, purpose: &Purpose, what: &Chosen) {
        if purpose.basis == Basis::LegitimateInterest && !matches!(what, Chosen::Objected | Chosen::ObjectionEnded) {
            self.objected = self.objected.with(ix);
        }
    }

    /// Absolute against direct marketing. Another interest stops too until it is weighed, but for one that protects others or serves
    /// a claim: that goes on meanwhile (Article 18(2)).
    fn object(&mut self, ix: PurposeIx, purpose: &Purpose) {
        let is_weighed = purpose.basis == Basis::LegitimateInterest && !purpose.direct_marketing;
        if is_weighed {
            self.weighing = self.weighing.with(ix);
        }
        if !(is_weighed && purpose.goes_on.is_some()) {
            self.objected = self.objected.with(ix);
        }
    }

    /// The retailer weighed an objection: it stands for good, or stronger grounds go before it. One that is not there any more is not
    /// weighed.
    pub fn weigh(&mut self, ix: PurposeIx, upheld: bool) {
        if !self.weighing.has(ix) {
            return;
        }
        self.end_objection(ix);
        if upheld {
            self.objected = self.objected.with(ix);
        }
    }

    fn end_objection(&mut self, ix: PurposeIx) {
        self.objected = Purposes(self.objected.0 & !Purposes::only(ix).0);
        self.weighing = Purposes(self.weighing.0 & !Purposes::only(ix).0);
    }

    /// Restricts a part, or lifts the restriction of that very name (Article 18). A consent given before a restriction of its purpose
    /// no longer carries a use; one given during it does.
    pub fn restrict(&mut self, policy: &Policy, part: Part, restricted: bool) {
        self.restrictions.set(part, restricted);
        for (ix, purpose) in (0u8..).zip(&policy.purposes) {
            let ix = PurposeIx(ix);
            let ends = restricted && part.reaches(ix, purpose) || !self.restrictions.touches(ix);
            let slot = purpose.slot.filter(|_| ends).and_then(|slot| self.slots.get_mut(usize::from(slot)));
            if let Some(Slot::Given(Given { despite_restriction, .. }) | Slot::UsedUp { despite_restriction }) = slot {
                *despite_restriction = false;
            }
        }
    }

    /// Does restricting this part change nothing: it is restricted, and no consent was given for a use of it since?
    pub fn is_restricted(&self, policy: &Policy, part: Part) -> bool {
        let holds = |purpose| matches!(self.slot_of(purpose), Some(Slot::Given(given)) if given.despite_restriction);
        self.restrictions.has(part)
            && !(0u8..).zip(&policy.purposes).any(|(ix, purpose)| part.reaches(PurposeIx(ix), purpose) && holds(purpose))
    }

    /// The policy changed materially for these purposes at this moment: what was permitted then holds no more.
    pub fn invalidate(&mut self, policy: &Policy, purposes: &[String], at: Time) {
        for slot in purposes.iter().filter_map(|id| policy.at(policy.purpose(id)?).slot) {
            let Some(slot) = self.slots.get_mut(usize::from(slot)) else { continue };
            // What had ended by itself stays what it was: over.
            if matches!(slot, Slot::Given(given) if !matches!(given.end, End::Moment(second) if second <= seconds(at))) {
                *slot = Slot::Invalidated;
            }
        }
    }

    /// Does a guardian consent for this customer?
    pub fn is_minor(&self) -> bool {
        self.consenter == Some(Consenter::Guardian)
    }

    /// Was this consent given by who consents for this customer now? Only then does it permit anything.
    pub fn carries(&self, given: &Given) -> bool {
        self.consenter.is_none_or(|consenter| (consenter == Consenter::Guardian) == given.by_guardian)
    }

    /// Says who consents for this customer. Once it is the customer, what a guardian gave is asked anew (Article 8), and so is what
    /// the customer had given before there was a guardian.
    pub fn set_consenter(&mut self, consenter: Consenter) {
        if consenter == Consenter::Customer {
            let before = self.is_minor();
            for slot in &mut self.slots {
                if matches!(slot, Slot::Given(given) if before || given.by_guardian) {
                    *slot = Slot::Unknown;
                }
            }
        }
        self.consenter = Some(consenter);
    }
}
