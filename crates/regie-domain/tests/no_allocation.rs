//! A decision allocates nothing, whatever the customer chose and whatever is asked.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests: clippy excuses only the test functions themselves")]

#[path = "consent/support.rs"]
mod support;

use std::hint::black_box;

use regie_domain::consent::{Consents, Part, Use};
use regie_domain::fact::{Chosen, Consenter, Until, VisitId};
use regie_domain::policy::{CategoryIx, ChannelIx, PurposeIx, RecipientIx};
use support::{CATEGORIES, CHANNELS, RECIPIENTS, at, by_guardian, choice, covering, given, policy, used_up};

#[test]
fn a_decision_allocates_nothing() {
    let policy = policy();
    let moment = Until::Moment(at("2026-06-01T00:00:00Z"));
    let wide = covering(&["purchases", "browsing"], &["retailer"], &["web", "app", "email"], Until::Withdrawn);
    let chosen = [
        given(moment),
        given(Until::Visit(VisitId(7))),
        given(Until::Once),
        wide,
        Chosen::Refused,
        Chosen::Withdrawn,
        Chosen::Invalidated,
        used_up(),
        Chosen::VisitEnded { visit: VisitId(7) },
        Chosen::Objected,
    ];
    let mut consents = Consents::new();
    // Customer 0 was never asked.
    for (customer, what) in (1..).zip(&chosen) {
        for purpose in policy.purposes.iter().filter(|p| p.slot.is_some() || matches!(what, Chosen::Objected)) {
            consents.apply(&policy, customer, &choice(&purpose.id, what.clone()));
        }
    }
    let last = u32::try_from(chosen.len()).unwrap();
    consents.set_consenter(&policy, 1, Consenter::Guardian);
    consents.apply(&policy, 1, &by_guardian("recommendations", given(Until::Withdrawn)));
    consents.restrict(&policy, 4, Part { purpose: None, category: None }, true);
    consents.restrict(&policy, 5, Part { purpose: Some(PurposeIx(0)), category: Some(CategoryIx(0)) }, true);
    let mut asked = Vec::new();
    for purpose in 0..u8::try_from(policy.purposes.len()).unwrap() {
        for category in 0..u8::try_from(CATEGORIES.len()).unwrap() {
            for recipient in 0..u8::try_from(RECIPIENTS.len()).unwrap() {
                for channel in (0..u8::try_from(CHANNELS.len()).unwrap()).map(|c| Some(ChannelIx(c))).chain([None]) {
                    for visit in [None, Some(VisitId(7)), Some(VisitId(8))] {
                        let (purpose, category, recipient) = (PurposeIx(purpose), CategoryIx(category), RecipientIx(recipient));
                        asked.push(Use { purpose, category, recipient, channel, visit });
                    }
                }
            }
        }
    }
    let now = at("2026-03-01T00:00:00Z");
    let allocations = |customer: Option<u32>| {
        allocation_counter::measure(|| {
            for asked in &asked {
                black_box(consents.decide(&policy, black_box(customer), asked, now));
            }
        })
        .count_total
    };
    for customer in (0..=last + 1).map(Some).chain([None]) {
        assert_eq!(allocations(customer), 0, "customer {customer:?}");
    }
    assert_ne!(allocation_counter::measure(|| drop(black_box(vec![1u8]))).count_total, 0, "the counter counts");
}
