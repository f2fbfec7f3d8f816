//! What may be used for one answer: decided anew each time, from what stands at that moment. Changes nothing, records nothing.

use std::sync::Arc;

use regie_domain::consent::{Decision, Ends, Reason, Use};
use regie_domain::policy::{CategoryIx, ChannelIx, PurposeIx, RecipientIx};
use smallvec::SmallVec;

use super::Once;
use crate::engine::api::Wish;
use crate::engine::decide::{Settled, ends_text};
use crate::engine::error::EngineError;
use crate::engine::informed::Informed;
use crate::engine::rules::Rules;

/// What may be used for this answer, and what it rests on.
#[derive(Debug, Clone, Default)]
pub(super) struct Permitted {
    pub(super) purchases: Option<Grounds>,
    pub(super) browsing: Option<Grounds>,
    /// The visit that the call itself carries.
    pub(super) visit: Option<Grounds>,
    pub(super) sensitive: bool,
    /// What the customer told.
    pub(super) informed: Informed,
    pub(super) reason: &'static str,
    pub(super) once_not_used: bool,
    pub(super) uses: SmallVec<[Use; 3]>,
}

/// A permission: its purpose, the category of data it lets be used, and its end.
#[derive(Debug, Clone)]
pub(super) struct Grounds {
    pub(super) purpose: Arc<str>,
    pub(super) category: Arc<str>,
    pub(super) until: Arc<str>,
}

/// What may be used now. Changes nothing.
pub(super) fn permit(settled: &Settled<'_>, rules: &Rules, wish: &Wish, channel: ChannelIx, once: &Once) -> Result<Permitted, EngineError> {
    let (asked, policy) = (&rules.asked, &rules.policy);
    let customer = wish.customer.map(|c| settled.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
    let visit = customer.zip(wish.visit_id.as_deref()).and_then(|(customer, id)| settled.visit(customer, id));
    let a_use =
        |purpose: PurposeIx, category: CategoryIx| Use { purpose, category, recipient: RecipientIx(0), channel: Some(channel), visit };
    let decide = |a_use: &Use| settled.decide(policy, customer, a_use);
    let grounds = |a_use: &Use, until: &str| Grounds {
        purpose: policy.at(a_use.purpose).id.as_str().into(),
        category: policy.categories[usize::from(a_use.category.0)].id.as_str().into(),
        until: until.into(),
    };
    let mut permitted = Permitted::default();
    let mut reason: Option<Reason> = None;
    for (at, category) in [asked.purchases, asked.browsing].into_iter().enumerate() {
        let (Some(purpose), Some(category), Some(_)) = (asked.recommendations, category, customer) else { continue };
        let a_use = a_use(purpose, category);
        let until = match decide(&a_use) {
            Decision::Deny(Reason::UsedUp) if once.permits[at] => Ends::Once,
            Decision::Allow { until: Ends::Once, .. } => {
                permitted.once_not_used = wish.request.is_none();
                continue;
            }
            Decision::Allow { until, .. } => until,
            // The first no is the one to tell, unless it only concerns the category.
            Decision::Deny(why) => {
                reason = reason.filter(|r| *r != Reason::CategoryNotCovered).or(Some(why));
                continue;
            }
        };
        let grounds = grounds(&a_use, &ends_text(until).unwrap_or_default());
        if at == 0 {
            permitted.purchases = Some(grounds);
        } else {
            permitted.browsing = Some(grounds);
        }
        permitted.uses.push(a_use);
    }
    if let (Some(purpose), Some(category)) = (asked.recommendations, asked.sensitive)
        && !permitted.uses.is_empty()
    {
        permitted.sensitive = match decide(&a_use(purpose, category)) {
            Decision::Deny(Reason::UsedUp) => once.permits[2],
            decision => decision.is_allow(),
        };
    }
    if !permitted.uses.is_empty() {
        permitted.reason = "consent";
        permitted.visit = permitted.browsing.clone();
    }
    if let (Some(purpose), Some(category), Some(customer)) =
        (asked.recommendations, asked.information, customer.filter(|_| !settled.cut_off))
    {
        let a_use = a_use(purpose, category);
        permitted.informed = Informed::of(settled, rules, customer, &a_use, &wish.without, settled.judge);
        if !permitted.informed.is_nothing() {
            permitted.reason = "consent";
            permitted.uses.push(a_use);
        }
    }
    if permitted.visit.is_none()
        && !wish.visit.is_empty()
        && let (Some(purpose), Some(category)) = (asked.visit_service, asked.browsing)
    {
        let a_use = a_use(purpose, category);
        let decision = decide(&a_use);
        if decision.is_allow() {
            permitted.visit = Some(grounds(&a_use, "visit"));
            if permitted.uses.is_empty() {
                permitted.reason = decision.reason();
            }
            permitted.uses.push(a_use);
        }
    }
    if permitted.uses.is_empty() {
        permitted.reason = reason.unwrap_or(Reason::Unknown).code();
    }
    Ok(permitted)
}
