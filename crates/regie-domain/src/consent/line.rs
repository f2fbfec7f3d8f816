//! One customer's compiled choices in exactly one cache line.
//!
//! Invariant: a line means something only together with the policy, the [`Shapes`](super::Shapes) and the visits it was packed
//! with. It holds no personal data by itself, but which customer it belongs to is one: it dies with the customer's contribution.

use super::shapes::ShapeId;
use crate::fact::Consenter;
use crate::policy::{PurposeIx, limits::CONSENT_PURPOSES_MAX};

/// The compiled choices of one customer: 64 bytes, aligned to a cache line. The default is "never asked anything".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Line {
    /// By slot: one of [`code`], or the second at which the consent ends (exclusive).
    pub(super) ends: [u32; CONSENT_PURPOSES_MAX],
    /// What the consents cover, interned.
    pub(super) shape: ShapeId,
    /// By purpose: the customer objected.
    pub(super) objected: u32,
    /// By slot: given while the record was restricted, so it holds despite the restriction.
    pub(super) despite: u16,
    /// By slot: given by a guardian.
    pub(super) guardian: u16,
    /// See [`flag`].
    pub(super) flags: u16,
    /// By slot: a signal of the customer's browser stands against it (rule 21).
    pub(super) signalled: u16,
}

const _: () = assert!(size_of::<Line>() == 64 && align_of::<Line>() == 64);
// The masks by slot have sixteen bits.
const _: () = assert!(CONSENT_PURPOSES_MAX <= 16);

/// What an end can be besides a second. Every code that permits nothing lies below every possible `now`, and every code that
/// permits lies above it, so that one comparison decides.
pub(super) mod code {
    /// Never asked.
    pub(in crate::consent) const UNKNOWN: u32 = 0;
    /// A clear no.
    pub(in crate::consent) const REFUSED: u32 = 1;
    /// Ended by the customer.
    pub(in crate::consent) const WITHDRAWN: u32 = 2;
    /// Ended by the retailer.
    pub(in crate::consent) const INVALIDATED: u32 = 3;
    /// A "once" that was used.
    pub(in crate::consent) const USED_UP: u32 = 4;
    /// The visit it was bound to ended, or its end had passed when records were joined.
    pub(in crate::consent) const LAPSED: u32 = 5;
    /// The smallest second that is a moment: before it, no retailer had a policy.
    pub(in crate::consent) const MOMENT_MIN: u32 = 16;
    /// The largest second that is a moment (in the year 2106).
    pub(in crate::consent) const MOMENT_MAX: u32 = u32::MAX - 16;
    /// Until the visit in the side table ends.
    pub(in crate::consent) const VISIT: u32 = u32::MAX - 2;
    /// Until its first use.
    pub(in crate::consent) const ONCE: u32 = u32::MAX - 1;
    /// Until the customer withdraws it.
    pub(in crate::consent) const UNTIL_WITHDRAWN: u32 = u32::MAX;
}

/// Bits of [`Line::flags`].
pub(super) mod flag {
    /// Below the age, or an adult under guardianship: a guardian consents.
    pub(in crate::consent) const MINOR: u16 = 1;
    /// Uses are restricted (Article 18); which, the side table says.
    pub(in crate::consent) const RESTRICTED: u16 = 2;
    /// Somebody said that the customer consents alone.
    pub(in crate::consent) const OF_AGE: u16 = 4;
    /// Objections are being weighed; which, the side table says.
    pub(in crate::consent) const WEIGHING: u16 = 8;

    /// The flag of who consents.
    pub(in crate::consent) fn of(consenter: Option<crate::fact::Consenter>) -> u16 {
        match consenter {
            None => 0,
            Some(crate::fact::Consenter::Customer) => OF_AGE,
            Some(crate::fact::Consenter::Guardian) => MINOR,
        }
    }
}

/// The line of somebody of whom nothing is known.
pub(super) static NEVER_ASKED: Line = Line {
    ends: [code::UNKNOWN; CONSENT_PURPOSES_MAX],
    shape: ShapeId::EMPTY,
    objected: 0,
    despite: 0,
    guardian: 0,
    flags: 0,
    signalled: 0,
};

impl Default for Line {
    fn default() -> Line {
        NEVER_ASKED
    }
}

impl Line {
    /// Did the customer object to this purpose?
    pub fn objected(&self, purpose: PurposeIx) -> bool {
        self.objected >> purpose.0 & 1 == 1
    }

    /// Does a guardian consent for this customer?
    pub fn is_minor(&self) -> bool {
        self.flags & flag::MINOR != 0
    }

    /// Who consents for this customer, if somebody said so.
    pub fn consenter(&self) -> Option<Consenter> {
        if self.is_minor() { Some(Consenter::Guardian) } else { (self.flags & flag::OF_AGE != 0).then_some(Consenter::Customer) }
    }

    /// Are objections being weighed?
    pub(super) fn is_weighing(&self) -> bool {
        self.flags & flag::WEIGHING != 0
    }

    /// Are uses restricted?
    pub fn is_restricted(&self) -> bool {
        self.flags & flag::RESTRICTED != 0
    }
}
