//! May this be kept, and until when?
//!
//! Invariant: a field is kept if and only if some purpose with a retention above `none` for its category holds for that customer
//! now and has not run out for that field. Nothing is kept "just in case", and which purposes those are, only the policy says.

use jiff::tz::TimeZone;

use super::consents::Consents;
use super::line::code;
use super::standing::seconds;
use crate::fact::VisitId;
use crate::policy::{Basis, CategoryIx, LEGAL_CLAIMS, Policy, PurposeIx, Purposes, Retention};
use crate::time::Time;

/// The policy's matrix of retention, turned by category. Valid for the policy it was made from.
#[derive(Debug, Clone)]
pub struct Keeping {
    zone: TimeZone,
    /// Every retention above `none` that the policy names, each once.
    retentions: Vec<Retention>,
    /// By category: who may keep it, and for how long (a place in `retentions`).
    by_category: Vec<Vec<(PurposeIx, usize)>>,
}

/// When each of the policy's retentions ends for one event. Made once per event, asked for each of its fields.
#[derive(Debug, Clone)]
pub struct RetentionEnds(Vec<Time>);

/// What is to be kept: one field of one event.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its category.
    pub category: CategoryIx,
    /// Purposes that the event's own `context.consent` ruled out. Contract and law are not the source's to rule out.
    pub not_for: Purposes,
    /// A claim that anybody could have made: kept by consent alone.
    pub claimed: bool,
    /// The visit it belongs to.
    pub visit: Option<VisitId>,
}

/// Yes: the field may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// When the last of the purposes runs out, by its retention or by the end of its consent, if nobody chooses anew: from this
    /// moment on the field may not be there.
    pub until: Time,
    /// The earliest such moment among the purposes: from then on `purposes` is smaller. Never after `until`.
    pub recheck_at: Time,
    /// The purposes that hold for it now.
    pub purposes: Purposes,
}

impl Keeping {
    /// Reads the policy's matrix.
    pub fn new(policy: &Policy) -> Keeping {
        let mut retentions = Vec::new();
        let by_category = (0..policy.categories.len())
            .map(|category| {
                let mut keepers = Vec::new();
                // The proof of past consents is made at an erasure: before it, that purpose keeps nothing.
                for (ix, purpose) in (0u8..).zip(&policy.purposes).filter(|(_, purpose)| purpose.id != LEGAL_CLAIMS) {
                    let Some(Some(retention)) = purpose.retention.get(category).copied() else { continue };
                    if matches!(retention, Retention::None | Retention::For { months: 0, days: 0 }) {
                        continue;
                    }
                    let at = retentions.iter().position(|r| *r == retention).unwrap_or_else(|| {
                        retentions.push(retention);
                        retentions.len() - 1
                    });
                    keepers.push((PurposeIx(ix), at));
                }
                keepers
            })
            .collect();
        Keeping { zone: policy.time_zone.clone(), retentions, by_category }
    }

    /// Does any purpose keep this category at all?
    pub fn keeps(&self, category: CategoryIx) -> bool {
        self.by_category.get(usize::from(category.0)).is_some_and(|keepers| !keepers.is_empty())
    }

    /// When the policy's retentions end for what happened and was recorded then. They count from the earlier of the two.
    pub fn ends(&self, happened: Time, recorded: Time) -> RetentionEnds {
        let from = happened.min(recorded);
        RetentionEnds(self.retentions.iter().map(|retention| retention_end(from, *retention, &self.zone)).collect())
    }

    /// May this field be kept at `now`? `None`: no purpose holds, it must not be there. `customer` is `None` for somebody of whom
    /// nothing is known. `ends` are this event's [`Keeping::ends`]. No allocation.
    ///
    /// A restriction is no reason to delete (Article 18 is about uses), an objection and the end of a consent are.
    pub fn may_keep(
        &self,
        policy: &Policy,
        consents: &Consents,
        customer: Option<u32>,
        field: &Field,
        ends: &RetentionEnds,
        now: Time,
    ) -> Option<Kept> {
        let now32 = seconds(now);
        let special = policy.categories.get(usize::from(field.category.0)).is_none_or(|c| c.special);
        let mut kept: Option<Kept> = None;
        for &(ix, retention) in self.by_category.get(usize::from(field.category.0))? {
            let Some(purpose) = policy.purposes.get(usize::from(ix.0)) else { continue };
            let ruled_out = field.not_for.has(ix) && matches!(purpose.basis, Basis::Consent | Basis::LegitimateInterest);
            let no_ground = field.claimed && purpose.basis != Basis::Consent;
            if ruled_out || no_ground || !purpose.categories.has(field.category) || special && purpose.basis == Basis::LegitimateInterest {
                continue;
            }
            let Ok(held) = consents.holding(policy, customer, ix, field.visit, now32) else { continue };
            let Some(mut end) = ends.0.get(retention).copied() else { continue };
            if let Some((consent_end, cover)) = held {
                if !cover.categories.has(field.category) {
                    continue;
                }
                if consent_end <= code::MOMENT_MAX {
                    end = end.min(Time::from_seconds(i64::from(consent_end)));
                }
            }
            if end <= now {
                continue;
            }
            kept = Some(match kept {
                None => Kept { until: end, recheck_at: end, purposes: Purposes::only(ix) },
                Some(k) => Kept { until: k.until.max(end), recheck_at: k.recheck_at.min(end), purposes: k.purposes.with(ix) },
            });
        }
        kept
    }
}

/// The moment from which something from `from` may no longer be kept under this retention; `from` itself where nothing is kept.
pub fn retention_end(from: Time, retention: Retention, zone: &TimeZone) -> Time {
    retention.ends(from, zone).unwrap_or(from)
}
