//! Where every purpose stands for one customer, unpacked for lists and pages.
//!
//! Invariant: the six states are judged with the same comparison as a decision; a list never shows as given what would be denied
//! as expired, nor what a customer gave for whom a guardian consents.

use super::decide::Ends;
use super::shapes::Cover;
use super::standing::{End, Given, Slot, Standing, seconds};
use crate::fact::VisitId;
use crate::policy::{Basis, Categories, Policy, PurposeIx};
use crate::time::Time;

/// The six states of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Never asked.
    Unknown,
    /// A clear no.
    Refused,
    /// Permission, and it holds.
    Given,
    /// Its end has passed: the moment, the visit, or its one use ([`PurposeState::used_up`]).
    Expired,
    /// Ended by the customer.
    Withdrawn,
    /// Ended by the retailer.
    Invalidated,
}

impl State {
    /// The API's word.
    pub fn code(self) -> &'static str {
        match self {
            State::Unknown => "unknown",
            State::Refused => "refused",
            State::Given => "given",
            State::Expired => "expired",
            State::Withdrawn => "withdrawn",
            State::Invalidated => "invalidated",
        }
    }
}

/// One purpose, for one customer, now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurposeState {
    /// The purpose.
    pub purpose: PurposeIx,
    /// Its basis.
    pub basis: Basis,
    /// The state of the consent; `None` where the basis is another.
    pub state: Option<State>,
    /// A "once" that was used: the reason that a decision gives besides the six states.
    pub used_up: bool,
    /// The customer objected, and it is not done.
    pub objected: bool,
    /// The customer objected, and the retailer has not weighed it yet.
    pub weighing: bool,
    /// The customer's browser says no to it (rule 21), and no yes was given here.
    pub signalled: bool,
    /// Of which categories its use is restricted (Article 18), whatever goes on despite that; none where a consent given since permits it.
    pub restricted: Categories,
    /// The end of what is given or has expired; [`Ends::None`] for every other state, and where only the log knows it.
    pub until: Ends,
    /// The visit that it is bound to, where it is to one: elsewhere nothing is permitted.
    pub visit: Option<VisitId>,
    /// What the consent covers within the policy; for another basis what the policy declares. Empty where nothing is given.
    pub cover: Cover,
}

pub(super) fn states(policy: &Policy, standing: &Standing, now: Time) -> Vec<PurposeState> {
    let now = seconds(now);
    (0u8..)
        .zip(&policy.purposes)
        .map(|(ix, purpose)| {
            let declared = Cover { recipients: purpose.recipients, categories: purpose.categories, channels: purpose.channels };
            let mut here = PurposeState {
                purpose: PurposeIx(ix),
                basis: purpose.basis,
                state: None,
                used_up: false,
                objected: standing.objected.has(PurposeIx(ix)),
                weighing: standing.weighing.has(PurposeIx(ix)),
                signalled: false,
                restricted: purpose.categories.iter().filter(|&c| standing.restrictions.covers(PurposeIx(ix), c)).collect(),
                until: Ends::None,
                visit: None,
                cover: declared,
            };
            if purpose.basis != Basis::Consent {
                return here;
            }
            let slot = standing.slot_of(purpose).unwrap_or_default();
            here.cover = Cover::default();
            here.signalled = standing.is_signalled(purpose) && !matches!(slot, Slot::Given(_));
            here.state = Some(match slot {
                Slot::Unknown => State::Unknown,
                Slot::Refused => State::Refused,
                Slot::Withdrawn => State::Withdrawn,
                Slot::Invalidated => State::Invalidated,
                Slot::Lapsed => State::Expired,
                Slot::UsedUp { .. } => {
                    here.used_up = true;
                    here.until = Ends::Once;
                    State::Expired
                }
                Slot::Given(given) if !standing.carries(&given) => State::Unknown,
                Slot::Given(Given { end, cover, despite_restriction, .. }) => {
                    if despite_restriction {
                        here.restricted = Categories::default();
                    }
                    here.cover = declared.and(cover);
                    here.until = until(end);
                    here.visit = if let End::Visit(visit) = end { Some(visit) } else { None };
                    if matches!(end, End::Moment(second) if second <= now) { State::Expired } else { State::Given }
                }
            });
            here
        })
        .collect()
}

fn until(end: End) -> Ends {
    match end {
        End::Visit(_) => Ends::Visit,
        End::Once => Ends::Once,
        End::Moment(second) => Ends::Moment(Time::from_seconds(i64::from(second))),
        End::Withdrawn => Ends::Withdrawn,
    }
}
