//! What becomes of what a device told where its customer takes it along to their own data.
//!
//! Invariant: what others than the retailer would get, and what a browser said no to, comes along only as a permission that is given anew;
//! and whatever no stands with the customer holds against what the device told for that purpose, as it does against its consents.

use super::permission::Permission;
use crate::consent::{Slot, Standing, combine};
use crate::policy::{Policy, RecipientIx};
use crate::time::Time;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// It comes along as it is.
    Comes,
    /// It comes along if the customer permits exactly that.
    IfPermitted,
    /// The customer said no to its purpose.
    Refused,
    /// The customer took it back.
    TakenBack,
    /// An objection, a restriction, or a guardian stands against it.
    Held,
}

/// What becomes of what a device at `other` tells with this permission, where a customer at `own` takes it along. What is hidden permits
/// nothing, and stays hidden.
pub fn along(policy: &Policy, own: &Standing, other: &Standing, told: &Permission, at: Time) -> Along {
    let Some(ix) = policy.purpose(&told.purpose) else { return Along::Held };
    if says_no(policy, own, &told.purpose) {
        return Along::Refused;
    }
    if own.objected.has(ix) {
        return Along::Held;
    }
    if told.hidden || !own.is_signalled(policy.at(ix)) && !is_shared(policy, told) {
        return Along::Comes;
    }
    let joined = combine(policy, own, other, at);
    let held = joined.is_minor() || joined.objected.has(ix) || told.is_restricted(policy, &joined.restrictions);
    if held { Along::Held } else { Along::IfPermitted }
}

/// May others than the retailer use it?
fn is_shared(policy: &Policy, told: &Permission) -> bool {
    told.named(policy).iter().any(|id| policy.recipient(id) != Some(RecipientIx(0)))
}

/// Does a no of the customer's stand against this purpose?
pub fn says_no(policy: &Policy, standing: &Standing, purpose: &str) -> bool {
    let slot = policy.purpose(purpose).and_then(|ix| standing.slot_of(policy.at(ix)));
    matches!(slot, Some(Slot::Refused | Slot::Withdrawn))
}
