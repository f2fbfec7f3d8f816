//! The decision: allow, on which basis and until when, or deny, and why.
//!
//! Invariant: a purpose is judged on its own basis alone; when that does not carry a use, no other basis is tried.

use super::line::{Line, code};
use super::shapes::{Cover, Shapes};
use super::standing::seconds;
use crate::fact::{Consenter, Until, VisitId};
use crate::policy::{Basis, Category, CategoryIx, ChannelIx, Policy, Purpose, PurposeIx, RecipientIx};
use crate::time::Time;

/// One act: this category for this purpose by this recipient through this channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// What for.
    pub purpose: PurposeIx,
    /// What is used.
    pub category: CategoryIx,
    /// By whom; 0 is the retailer.
    pub recipient: RecipientIx,
    /// Where the customer is met; `None` for a use that meets nobody, such as learning.
    pub channel: Option<ChannelIx>,
    /// The visit it happens in.
    pub visit: Option<VisitId>,
}

/// When an allowed use stops being allowed, if nobody chooses anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ends {
    /// At this moment (exclusive).
    Moment(Time),
    /// With the visit.
    Visit,
    /// With this very use.
    Once,
    /// When the customer withdraws.
    Withdrawn,
    /// The basis has no end: it is not consent.
    None,
}

impl From<Until> for Ends {
    fn from(until: Until) -> Ends {
        match until {
            Until::Moment(at) => Ends::Moment(at),
            Until::Visit(_) => Ends::Visit,
            Until::Once => Ends::Once,
            Until::Withdrawn => Ends::Withdrawn,
        }
    }
}

/// The answer to "may this use happen now?"
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Allow {
        /// What it rests on.
        basis: Basis,
        /// How long.
        until: Ends,
    },
    /// No.
    Deny(Reason),
}

impl Decision {
    /// Is it a yes?
    pub fn is_allow(self) -> bool {
        matches!(self, Decision::Allow { .. })
    }

    /// The same from a node that is cut off from the truth (rule 29): nothing holds there but what rests on a contract or the law. What was
    /// used up neither: else a retry would get the yes that its first request used up.
    #[must_use]
    pub fn cut_off(self) -> Decision {
        match self {
            Decision::Allow { basis: Basis::Consent | Basis::LegitimateInterest, .. } | Decision::Deny(Reason::UsedUp) => {
                Decision::Deny(Reason::CutOff)
            }
            other => other,
        }
    }

    /// The API's word: the basis of a yes, the reason of a no.
    pub fn reason(self) -> &'static str {
        match self {
            Decision::Allow { basis, .. } => basis.code(),
            Decision::Deny(reason) => reason.code(),
        }
    }
}

/// Why a use is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The customer was never asked.
    Unknown,
    /// The customer said no.
    Refused,
    /// The consent's end has passed, or it is bound to another visit.
    Expired,
    /// The customer ended it.
    Withdrawn,
    /// The retailer ended it.
    Invalidated,
    /// It was for once, and was used.
    UsedUp,
    /// The consent, or the purpose itself, leaves this category out.
    CategoryNotCovered,
    /// The consent, or the purpose itself, leaves this recipient out.
    RecipientNotCovered,
    /// The consent, or the purpose itself, leaves this channel out.
    ChannelNotCovered,
    /// The customer objected.
    Objected,
    /// This use is restricted.
    Restricted,
    /// A guardian has to consent, or the purpose is not for minors at all.
    Minor,
    /// A special category that the consent does not name.
    Sensitive,
    /// This node is cut off from the truth.
    CutOff,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 14] = [
        Reason::Unknown,
        Reason::Refused,
        Reason::Expired,
        Reason::Withdrawn,
        Reason::Invalidated,
        Reason::UsedUp,
        Reason::CategoryNotCovered,
        Reason::RecipientNotCovered,
        Reason::ChannelNotCovered,
        Reason::Objected,
        Reason::Restricted,
        Reason::Minor,
        Reason::Sensitive,
        Reason::CutOff,
    ];

    /// The API's word.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Unknown => "unknown",
            Reason::Refused => "refused",
            Reason::Expired => "expired",
            Reason::Withdrawn => "withdrawn",
            Reason::Invalidated => "invalidated",
            Reason::UsedUp => "used_up",
            Reason::CategoryNotCovered => "category_not_covered",
            Reason::RecipientNotCovered => "recipient_not_covered",
            Reason::ChannelNotCovered => "channel_not_covered",
            Reason::Objected => "objected",
            Reason::Restricted => "restricted",
            Reason::Minor => "minor",
            Reason::Sensitive => "sensitive",
            Reason::CutOff => "cut_off",
        }
    }
}

pub(super) fn decide(
    policy: &Policy,
    line: &Line,
    shapes: &Shapes,
    bound_visit: impl FnOnce(u8) -> Option<VisitId>,
    restricted: impl FnOnce() -> bool,
    u: &Use,
    now: Time,
) -> Decision {
    let judge = || {
        let purpose = policy.purposes.get(usize::from(u.purpose.0)).ok_or(Reason::Unknown)?;
        unrestricted(line, purpose, restricted)?;
        match stands(line, purpose, u.purpose, seconds(now))? {
            None => {
                covered(policy, purpose, None, u)?;
                Ok(Decision::Allow { basis: purpose.basis, until: Ends::None })
            }
            Some((slot, end)) => {
                same_visit(end, || bound_visit(slot), u.visit)?;
                covered(policy, purpose, Some(shapes.get(line.shape).0[usize::from(slot)]), u)?;
                Ok(Decision::Allow { basis: purpose.basis, until: ends(end) })
            }
        }
    };
    judge().unwrap_or_else(Decision::Deny)
}

/// Article 18(2): what is restricted is stored, and used for what the law demands, for legal claims and the protection of others, and
/// for what the customer consented to since.
fn unrestricted(line: &Line, purpose: &Purpose, covers: impl FnOnce() -> bool) -> Result<(), Reason> {
    let despite = || purpose.slot.is_some_and(|slot| slot < 16 && line.despite >> slot & 1 == 1);
    if line.is_restricted() && !goes_on(purpose) && !despite() && covers() { Err(Reason::Restricted) } else { Ok(()) }
}

/// Does a restriction leave this purpose alone?
pub(super) fn goes_on(purpose: &Purpose) -> bool {
    purpose.basis == Basis::LegalObligation || purpose.goes_on.is_some()
}

/// Does an objection of the customer's own stand against it? A browser's signal is none.
pub(super) fn objected(line: &Line, purpose: &Purpose, ix: PurposeIx) -> bool {
    matches!(purpose.basis, Basis::Consent | Basis::LegitimateInterest) && line.objected(ix)
}

/// Does the purpose stand on its own basis now, for some category? With consent: the slot and its end code.
pub(super) fn stands(line: &Line, purpose: &Purpose, ix: PurposeIx, now: u32) -> Result<Option<(u8, u32)>, Reason> {
    if objected(line, purpose, ix) {
        return Err(Reason::Objected);
    }
    if line.is_minor() && purpose.not_for_minors {
        return Err(Reason::Minor);
    }
    if purpose.basis != Basis::Consent {
        return Ok(None);
    }
    let (slot, end) = purpose.slot.and_then(|slot| Some((slot, *line.ends.get(usize::from(slot))?))).ok_or(Reason::Unknown)?;
    if end > now {
        return match (line.consenter(), line.guardian >> slot & 1 == 1) {
            (Some(Consenter::Guardian), false) => Err(Reason::Minor),
            // Of a record that was joined: the customer consents alone, so what its guardian gave is asked anew.
            (Some(Consenter::Customer), true) => Err(Reason::Unknown),
            _ => Ok(Some((slot, end))),
        };
    }
    // A browser's signal is a general no (rule 21): a specific yes given here goes before it, nothing else does.
    if line.signalled >> slot & 1 == 1 {
        return Err(Reason::Objected);
    }
    Err(match end {
        code::UNKNOWN if line.is_minor() => Reason::Minor,
        code::UNKNOWN => Reason::Unknown,
        code::REFUSED => Reason::Refused,
        code::WITHDRAWN => Reason::Withdrawn,
        code::INVALIDATED => Reason::Invalidated,
        code::USED_UP => Reason::UsedUp,
        _ => Reason::Expired,
    })
}

/// A visit-bound consent carries only what happens in that visit.
pub(super) fn same_visit(end: u32, bound: impl FnOnce() -> Option<VisitId>, asked: Option<VisitId>) -> Result<(), Reason> {
    if end != code::VISIT || asked.is_some() && bound() == asked { Ok(()) } else { Err(Reason::Expired) }
}

/// Do the policy's purpose and, for consent, the customer's narrowing cover category, recipient and channel?
fn covered(policy: &Policy, purpose: &Purpose, narrowed: Option<Cover>, u: &Use) -> Result<(), Reason> {
    let declared = Cover { recipients: purpose.recipients, categories: purpose.categories, channels: purpose.channels };
    let cover = narrowed.map_or(declared, |narrowed| declared.and(narrowed));
    // The law and a contract may need a special category that the policy names for them; an interest of the retailer never does.
    let special = policy.categories.get(usize::from(u.category.0)).is_none_or(|c: &Category| c.special);
    if !cover.categories.has(u.category) {
        return Err(if special { Reason::Sensitive } else { Reason::CategoryNotCovered });
    }
    if special && purpose.basis == Basis::LegitimateInterest {
        return Err(Reason::Sensitive);
    }
    if !cover.recipients.has(u.recipient) {
        return Err(Reason::RecipientNotCovered);
    }
    match u.channel {
        Some(channel) if !cover.channels.has(channel) => Err(Reason::ChannelNotCovered),
        _ => Ok(()),
    }
}

pub(super) fn ends(end: u32) -> Ends {
    match end {
        code::VISIT => Ends::Visit,
        code::ONCE => Ends::Once,
        code::UNTIL_WITHDRAWN => Ends::Withdrawn,
        second => Ends::Moment(Time::from_seconds(i64::from(second))),
    }
}
