//! Random histories of random customers, against a model that keeps every choice and looks the last one up.

use std::collections::BTreeMap;

use proptest::prelude::*;
use regie_domain::consent::{Consents, State, Use};
use regie_domain::fact::{Choice, Chosen, Until, VisitId};
use regie_domain::policy::{Basis, CategoryIx, ChannelIx, Policy, PurposeIx, RecipientIx};
use regie_domain::time::Time;

use crate::support::{CATEGORIES, CHANNELS, RECIPIENTS, choice, policy};

/// 2026-06-01T00:00:00Z; ends and questions lie within some seconds of it.
const START: i64 = 1_780_272_000_000;
const PURPOSES: u8 = 13;
const CUSTOMERS: u32 = 3;

/// What one customer said about one purpose: the last choice that changed something, and whether an objection stands.
#[derive(Default)]
struct Said {
    last: Option<Chosen>,
    objected: bool,
}

#[derive(Default)]
struct Model(BTreeMap<(u32, String), Said>);

impl Model {
    fn apply(&mut self, policy: &Policy, customer: u32, choice: &Choice) {
        let declared = policy.at(policy.purpose(&choice.purpose).unwrap());
        let said = self.0.entry((customer, choice.purpose.clone())).or_default();
        let interest = declared.basis == Basis::LegitimateInterest;
        let ended = match (&choice.what, &said.last) {
            (Chosen::Objected, _) => {
                // What protects others goes on until it is weighed, and nobody weighs here.
                said.objected |= !(interest && declared.goes_on.is_some());
                return;
            }
            (Chosen::ObjectionEnded, _) => {
                said.objected = false;
                return;
            }
            (_, _) if interest => {
                said.objected = true;
                return;
            }
            (Chosen::Given { .. }, _) => {
                said.objected &= declared.direct_marketing;
                true
            }
            (Chosen::UsedUp { .. }, Some(Chosen::Given { until: Until::Once, .. })) => true,
            (Chosen::UsedUp { .. }, _) => false,
            (Chosen::VisitEnded { visit }, Some(Chosen::Given { until: Until::Visit(bound), .. })) => visit == bound,
            (Chosen::VisitEnded { .. }, _) => false,
            (Chosen::LeftBehind, None | Some(Chosen::UsedUp { .. } | Chosen::VisitEnded { .. } | Chosen::Invalidated)) => true,
            // A yes under which nothing comes, as a join of two that have nothing in common leaves it.
            (Chosen::LeftBehind, Some(Chosen::Given { categories, recipients, channels, .. })) => {
                categories.is_empty() || recipients.is_empty() || (channels.is_empty() && !declared.channels.is_empty())
            }
            (Chosen::LeftBehind, _) => false,
            (Chosen::Refused | Chosen::Withdrawn | Chosen::Invalidated, _) => true,
        };
        if ended {
            said.last = Some(choice.what.clone());
        }
    }

    fn decide(&self, policy: &Policy, customer: u32, u: &Use, now: Time) -> &'static str {
        let purpose = policy.at(u.purpose);
        let nothing = Said::default();
        let said = self.0.get(&(customer, purpose.id.clone())).unwrap_or(&nothing);
        let category = CATEGORIES[usize::from(u.category.0)].to_owned();
        let recipient = RECIPIENTS[usize::from(u.recipient.0)].to_owned();
        let channel = u.channel.map(|c| CHANNELS[usize::from(c.0)].to_owned());
        let special = category == "sensitive-purchases";
        let category_out = if special { "sensitive" } else { "category_not_covered" };
        let declared = |yes: &'static str| {
            if !purpose.categories.has(u.category) {
                category_out
            } else if special && purpose.basis == Basis::LegitimateInterest {
                "sensitive"
            } else if !purpose.recipients.has(u.recipient) {
                "recipient_not_covered"
            } else if u.channel.is_some_and(|c| !purpose.channels.has(c)) {
                "channel_not_covered"
            } else {
                yes
            }
        };
        match purpose.basis {
            Basis::Contract => return declared("contract"),
            Basis::LegalObligation => return declared("legal_obligation"),
            Basis::LegitimateInterest if said.objected => return "objected",
            Basis::LegitimateInterest => return declared("legitimate_interest"),
            Basis::Consent if said.objected => return "objected",
            Basis::Consent => {}
        }
        match &said.last {
            None => "unknown",
            Some(Chosen::Refused) => "refused",
            Some(Chosen::Withdrawn | Chosen::LeftBehind) => "withdrawn",
            Some(Chosen::Invalidated) => "invalidated",
            Some(Chosen::UsedUp { .. }) => "used_up",
            Some(Chosen::VisitEnded { .. }) => "expired",
            Some(Chosen::Given { until: Until::Moment(end), .. }) if now.seconds() >= end.seconds() => "expired",
            Some(Chosen::Given { until: Until::Visit(visit), .. }) if u.visit != Some(*visit) => "expired",
            Some(Chosen::Given { categories, recipients, channels, .. }) => {
                if !categories.contains(&category) || !purpose.categories.has(u.category) {
                    category_out
                } else if !recipients.contains(&recipient) || !purpose.recipients.has(u.recipient) {
                    "recipient_not_covered"
                } else if channel.is_some_and(|c| !channels.contains(&c)) || u.channel.is_some_and(|c| !purpose.channels.has(c)) {
                    "channel_not_covered"
                } else {
                    "consent"
                }
            }
            Some(Chosen::Objected | Chosen::ObjectionEnded) => unreachable!("kept apart"),
        }
    }
}

fn some_of(names: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    proptest::sample::subsequence(names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>(), 0..=names.len())
}

fn moment() -> impl Strategy<Value = Time> {
    // Often exactly on a second, because that is where an end lies.
    (0i64..6, prop_oneof![3 => Just(0i64), 1 => Just(1), 1 => Just(999)]).prop_map(|(s, ms)| Time::from_millis(START + s * 1000 + ms))
}

fn until() -> impl Strategy<Value = Until> {
    prop_oneof![
        moment().prop_map(Until::Moment),
        (0u64..2).prop_map(|v| Until::Visit(VisitId(v))),
        Just(Until::Once),
        Just(Until::Withdrawn)
    ]
}

fn chosen() -> impl Strategy<Value = Chosen> {
    let given = (some_of(&CATEGORIES), some_of(&RECIPIENTS), some_of(&CHANNELS), until())
        .prop_map(|(categories, recipients, channels, until)| Chosen::Given { categories, recipients, channels, until });
    prop_oneof![
        8 => given,
        1 => Just(Chosen::Refused),
        1 => Just(Chosen::Withdrawn),
        1 => Just(Chosen::Invalidated),
        2 => Just(Chosen::UsedUp { request: "r1".to_owned() }),
        2 => (0u64..2).prop_map(|v| Chosen::VisitEnded { visit: VisitId(v) }),
        1 => Just(Chosen::Objected),
        1 => Just(Chosen::ObjectionEnded),
        1 => Just(Chosen::LeftBehind),
    ]
}

fn history() -> impl Strategy<Value = Vec<(u32, u8, Chosen)>> {
    // Few purposes, so that choices about the same one meet.
    let purpose = prop_oneof![Just(0u8), Just(1), Just(2), Just(5), Just(7), Just(8)];
    proptest::collection::vec((0..CUSTOMERS, purpose, chosen()), 0..40)
}

fn any_use() -> impl Strategy<Value = Use> {
    (0..PURPOSES, 0u8..7, 0u8..3, proptest::option::of(0u8..4), proptest::option::of(0u64..2)).prop_map(|(p, c, r, h, v)| Use {
        purpose: PurposeIx(p),
        category: CategoryIx(c),
        recipient: RecipientIx(r),
        channel: h.map(ChannelIx),
        visit: v.map(VisitId),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_decision_is_the_models(history in history(), uses in proptest::collection::vec((0..CUSTOMERS, any_use(), moment()), 60)) {
        let policy = policy();
        let (mut consents, mut model) = (Consents::new(), Model::default());
        for (customer, purpose, what) in history {
            let choice = choice(&policy.at(PurposeIx(purpose)).id, what);
            consents.apply(&policy, customer, &choice);
            model.apply(&policy, customer, &choice);
        }
        for (customer, u, now) in uses {
            let decision = consents.decide(&policy, Some(customer), &u, now);
            prop_assert_eq!(decision.reason(), model.decide(&policy, customer, &u, now), "{:?} at {}", u, now);
            let unvisited = Use { visit: None, ..u };
            if !decision.is_allow() {
                prop_assert!(!consents.decide(&policy, Some(customer), &unvisited, now).is_allow(), "a visit only ever adds");
            }
            let state = consents.state(&policy, customer, now)[usize::from(u.purpose.0)];
            if decision.reason() == "consent" {
                prop_assert_eq!(state.state, Some(State::Given));
                prop_assert!(state.cover.categories.has(u.category) && state.cover.recipients.has(u.recipient));
            }
        }
    }

    #[test]
    fn forgetting_a_customer_leaves_the_view_that_never_saw_them(history in history(), gone in 0..CUSTOMERS) {
        let policy = policy();
        let (mut all, mut others) = (Consents::new(), Consents::new());
        for (customer, purpose, what) in history {
            let choice = choice(&policy.at(PurposeIx(purpose)).id, what);
            all.apply(&policy, customer, &choice);
            if customer != gone {
                others.apply(&policy, customer, &choice);
            }
        }
        all.reset(gone);
        prop_assert!(all == others);
        prop_assert_eq!(all.shapes().len(), others.shapes().len());
        prop_assert_eq!(all.bound_visits(&policy), others.bound_visits(&policy));
    }
}
