//! Rules 1 to 11, a table or a short story each.

use regie_domain::consent::{Consents, Decision, Ends, Line, Reason, Standing, State, Use, combine};
use regie_domain::fact::{Choice, Chosen, Consenter, Until, VisitId};
use regie_domain::policy::{Basis, PurposeIx};
use regie_domain::time::Time;

use crate::support::{at, by_guardian, choice, chose, covering, ends, given, in_visit, policy, recommend, use_of, used_up, word};

const NOW: &str = "2026-06-01T12:00:00Z";

#[test]
fn a_line_is_one_cache_line_and_its_default_was_never_asked() {
    assert_eq!((size_of::<Line>(), align_of::<Line>()), (64, 64));
    let (policy, mut consents) = (policy(), Consents::new());
    consents.ensure(1);
    assert_eq!(*consents.line(0), Line::default());
    for purpose in policy.purposes.iter().filter(|p| p.basis == Basis::Consent) {
        for category in purpose.necessary_categories.iter() {
            let u = Use { category, ..use_of(&policy, &purpose.id, "purchases", None) };
            assert_eq!(word(&policy, &consents, &u, at(NOW)), "unknown", "{}", purpose.id);
        }
    }
}

#[test]
fn rule_1_a_consent_ends_to_the_millisecond_by_the_now_that_is_handed_in() {
    let policy = policy();
    let end = at("2026-06-06T22:00:00Z");
    let consents = chose(&policy, &[choice("recommendations", given(Until::Moment(end)))]);
    for (now, expected) in [(-1_000, "consent"), (-1, "consent"), (0, "expired"), (1, "expired"), (999, "expired"), (1_000, "expired")] {
        let now = Time::from_millis(end.millis() + now);
        assert_eq!(word(&policy, &consents, &recommend(&policy), now), expected, "{now}");
        let state = consents.state(&policy, 0, now)[5];
        assert_eq!(state.state, Some(if expected == "consent" { State::Given } else { State::Expired }), "the list agrees, {now}");
        assert_eq!(state.until, Ends::Moment(end));
    }
    assert_eq!(ends(consents.decide(&policy, Some(0), &recommend(&policy), at(NOW))), Ends::Moment(end));
    assert_eq!(consents.earliest_end(0, at(NOW)), Some(end));
    assert_eq!(consents.earliest_end(0, end), None);
}

#[test]
fn rule_1_the_earliest_end_is_the_next_moment_and_nothing_else() {
    let policy = policy();
    let end = |text| Until::Moment(at(text));
    let mut choices = vec![
        choice("recommendations", given(Until::Withdrawn)),
        choice("model-improvement", given(Until::Once)),
        choice("marketing-email", given(Until::Visit(VisitId(7)))),
        choice("demand-insight", Chosen::Refused),
    ];
    assert_eq!(chose(&policy, &choices).earliest_end(0, at(NOW)), None);
    choices.push(choice("personalised-advertising", given(end("2026-07-01T00:00:00Z"))));
    choices.push(choice("device-storage", given(end("2026-06-15T00:00:00Z"))));
    choices.push(choice("cross-source-profile", given(end("2026-05-01T00:00:00Z"))));
    let consents = chose(&policy, &choices);
    assert_eq!(consents.earliest_end(0, at(NOW)), Some(at("2026-06-15T00:00:00Z")));
    assert_eq!(consents.earliest_end(0, at("2026-06-15T00:00:00Z")), Some(at("2026-07-01T00:00:00Z")));
    assert_eq!(consents.earliest_end(1, at(NOW)), None, "somebody of whom nothing is known");
}

#[test]
fn rule_1_fractions_of_a_recorded_end_round_down() {
    let policy = policy();
    let consents = chose(&policy, &[choice("recommendations", given(Until::Moment(at("2026-06-06T22:00:00.999Z"))))]);
    assert_eq!(word(&policy, &consents, &recommend(&policy), at("2026-06-06T21:59:59.999Z")), "consent");
    assert_eq!(word(&policy, &consents, &recommend(&policy), at("2026-06-06T22:00:00Z")), "expired");
}

#[test]
fn rule_2_six_states_and_all_distinct() {
    let policy = policy();
    let past = Until::Moment(at("2026-01-02T00:00:00Z"));
    let table = [
        (vec![], State::Unknown, "unknown"),
        (vec![Chosen::Refused], State::Refused, "refused"),
        (vec![given(Until::Withdrawn)], State::Given, "consent"),
        (vec![given(past)], State::Expired, "expired"),
        (vec![given(Until::Withdrawn), Chosen::Withdrawn], State::Withdrawn, "withdrawn"),
        (vec![given(Until::Withdrawn), Chosen::Invalidated], State::Invalidated, "invalidated"),
        (vec![given(Until::Once), used_up()], State::Expired, "used_up"),
        (vec![given(Until::Visit(VisitId(7))), Chosen::VisitEnded { visit: VisitId(7) }], State::Expired, "expired"),
        // Silence is not renewal, and the last choice counts, whatever the clocks say.
        (vec![Chosen::Refused, given(past)], State::Expired, "expired"),
        (vec![given(Until::Withdrawn), Chosen::Withdrawn, given(Until::Withdrawn)], State::Given, "consent"),
        (vec![given(Until::Withdrawn), Chosen::Refused], State::Refused, "refused"),
    ];
    for (history, state, reason) in table {
        let choices: Vec<_> = history.iter().map(|what| choice("recommendations", what.clone())).collect();
        let consents = chose(&policy, &choices);
        let here = consents.state(&policy, 0, at(NOW))[5];
        assert_eq!((here.state, here.used_up), (Some(state), reason == "used_up"), "{history:?}");
        assert_eq!(word(&policy, &consents, &recommend(&policy), at(NOW)), reason, "{history:?}");
    }
}

#[test]
fn rule_3_a_visit_carries_its_own_uses_only_and_ends() {
    let (policy, u) = (policy(), recommend(&policy()));
    let mut consents = chose(&policy, &[choice("recommendations", given(Until::Visit(VisitId(7))))]);
    assert_eq!(ends(consents.decide(&policy, Some(0), &in_visit(u, 7), at(NOW))), Ends::Visit);
    assert_eq!(word(&policy, &consents, &in_visit(u, 8), at(NOW)), "expired");
    assert_eq!(word(&policy, &consents, &u, at(NOW)), "expired", "a use outside every visit");
    assert_eq!(consents.bound_visits(&policy), [(0, u.purpose, VisitId(7))]);

    consents.apply(&policy, 0, &choice("recommendations", Chosen::VisitEnded { visit: VisitId(8) }));
    assert_eq!(word(&policy, &consents, &in_visit(u, 7), at(NOW)), "consent", "another visit's end ends nothing here");
    consents.apply(&policy, 0, &choice("recommendations", Chosen::VisitEnded { visit: VisitId(7) }));
    assert_eq!(word(&policy, &consents, &in_visit(u, 7), at(NOW)), "expired");
    assert_eq!(consents.bound_visits(&policy), []);
}

#[test]
fn rule_3_once_is_once_and_asking_does_not_use_it_up() {
    let (policy, u) = (policy(), recommend(&policy()));
    let mut consents = chose(&policy, &[choice("recommendations", given(Until::Once))]);
    for _ in 0..2 {
        assert_eq!(ends(consents.decide(&policy, Some(0), &u, at(NOW))), Ends::Once);
    }
    consents.apply(&policy, 0, &choice("recommendations", used_up()));
    assert_eq!(word(&policy, &consents, &u, at(NOW)), "used_up");
    // A late "used up" never ends a newer permission.
    consents.apply(&policy, 0, &choice("recommendations", given(Until::Withdrawn)));
    consents.apply(&policy, 0, &choice("recommendations", used_up()));
    assert_eq!(ends(consents.decide(&policy, Some(0), &u, at(NOW))), Ends::Withdrawn);
}

#[test]
fn rule_4_a_withdrawal_counts_for_the_very_next_decision_and_for_its_purpose_alone() {
    let policy = policy();
    let mut consents =
        chose(&policy, &[choice("recommendations", given(Until::Withdrawn)), choice("model-improvement", given(Until::Withdrawn))]);
    assert_eq!(word(&policy, &consents, &recommend(&policy), at(NOW)), "consent");
    consents.apply(&policy, 0, &choice("recommendations", Chosen::Withdrawn));
    assert_eq!(word(&policy, &consents, &recommend(&policy), at(NOW)), "withdrawn");
    assert_eq!(word(&policy, &consents, &use_of(&policy, "model-improvement", "purchases", None), at(NOW)), "consent");
}

#[test]
fn rule_5_a_consent_covers_what_it_names_within_what_the_purpose_declares() {
    let policy = policy();
    let retailer = |category, channel| use_of(&policy, "recommendations", category, channel);
    let to = |recipient: &str, u: Use| Use { recipient: policy.recipient(recipient).unwrap(), ..u };
    let narrow = covering(&["purchases"], &["retailer"], &["web"], Until::Withdrawn);
    // Wider than the purpose: the purpose still limits it.
    let wide = covering(&["purchases", "contact", "sensitive-purchases"], &["retailer", "partner"], &["web", "store"], Until::Withdrawn);
    let table = [
        (&narrow, retailer("purchases", Some("web")), "consent"),
        (&narrow, retailer("purchases", None), "consent"),
        (&narrow, retailer("browsing", Some("web")), "category_not_covered"),
        (&narrow, retailer("contact", Some("web")), "category_not_covered"),
        (&narrow, retailer("sensitive-purchases", Some("web")), "sensitive"),
        (&narrow, retailer("purchases", Some("app")), "channel_not_covered"),
        (&narrow, retailer("purchases", Some("store")), "channel_not_covered"),
        (&narrow, to("partner", retailer("purchases", Some("web"))), "recipient_not_covered"),
        (&wide, retailer("contact", Some("web")), "category_not_covered"),
        (&wide, retailer("sensitive-purchases", Some("web")), "consent"),
        (&wide, retailer("purchases", Some("store")), "channel_not_covered"),
        (&wide, to("partner", retailer("purchases", Some("web"))), "recipient_not_covered"),
    ];
    for (what, u, expected) in table {
        let consents = chose(&policy, &[choice("recommendations", what.clone())]);
        assert_eq!(word(&policy, &consents, &u, at(NOW)), expected, "{what:?} {u:?}");
    }
    // Partners only: the retailer is not added.
    let consents = chose(&policy, &[choice("sharing-with-partners", covering(&["purchases"], &["partner"], &[], Until::Withdrawn))]);
    let share = use_of(&policy, "sharing-with-partners", "purchases", None);
    assert_eq!(word(&policy, &consents, &share, at(NOW)), "recipient_not_covered");
    assert_eq!(word(&policy, &consents, &to("partner", share), at(NOW)), "consent");
}

#[test]
fn rule_5_refusing_has_no_detriment() {
    let policy = policy();
    let refusals: Vec<_> = policy.purposes.iter().filter(|p| p.basis == Basis::Consent).map(|p| choice(&p.id, Chosen::Refused)).collect();
    let consents = chose(&policy, &refusals);
    for (purpose, category, channel, expected) in [
        ("order-handling", "purchases", None, "contract"),
        ("tax-records", "purchases", None, "legal_obligation"),
        ("fraud-prevention", "purchases", None, "legitimate_interest"),
        ("visit-service", "browsing", Some("web"), "legitimate_interest"),
    ] {
        let u = use_of(&policy, purpose, category, channel);
        assert_eq!(word(&policy, &consents, &u, at(NOW)), expected);
        assert_eq!(consents.decide(&policy, None, &u, at(NOW)).reason(), expected, "nobody known");
        assert_eq!(ends(consents.decide(&policy, Some(0), &u, at(NOW))), Ends::None);
    }
    assert_eq!(consents.decide(&policy, None, &recommend(&policy), at(NOW)), Decision::Deny(Reason::Unknown));
    assert_eq!(consents.decide(&policy, Some(999), &recommend(&policy), at(NOW)), Decision::Deny(Reason::Unknown));
}

#[test]
fn what_another_basis_covers_is_what_the_policy_declares() {
    let policy = policy();
    let consents = Consents::new();
    let partner = |u: Use| Use { recipient: policy.recipient("partner").unwrap(), ..u };
    for (u, expected) in [
        (use_of(&policy, "order-handling", "browsing", None), "category_not_covered"),
        (use_of(&policy, "order-handling", "purchases", Some("web")), "channel_not_covered"),
        (use_of(&policy, "order-handling", "sensitive-purchases", None), "sensitive"),
        (partner(use_of(&policy, "order-handling", "purchases", None)), "recipient_not_covered"),
        (use_of(&policy, "visit-service", "browsing", Some("email")), "channel_not_covered"),
        // The law may need a special category that the policy names for it; an interest of the retailer never does.
        (use_of(&policy, "tax-records", "sensitive-purchases", None), "legal_obligation"),
        (use_of(&policy, "fraud-prevention", "sensitive-purchases", None), "sensitive"),
        (Use { purpose: PurposeIx(31), ..recommend(&policy) }, "unknown"),
    ] {
        assert_eq!(consents.decide(&policy, None, &u, at(NOW)).reason(), expected, "{u:?}");
    }
}

#[test]
fn rule_7_no_other_basis_takes_the_place_of_a_consent() {
    let old = policy();
    // A later policy rests the same purpose on a legitimate interest.
    let mut new = policy();
    let ix = usize::from(new.purpose("recommendations").unwrap().0);
    new.purposes[ix].basis = Basis::LegitimateInterest;
    new.purposes[ix].slot = None;
    let end = Until::Moment(at("2026-12-01T00:00:00Z"));
    for (history, expected) in [
        (vec![], "legitimate_interest"),
        (vec![Chosen::Refused], "objected"),
        (vec![given(Until::Withdrawn), Chosen::Withdrawn], "objected"),
        (vec![given(Until::Withdrawn), Chosen::Invalidated], "objected"),
        (vec![given(end)], "objected"),
        (vec![given(Until::Once), used_up()], "objected"),
        (vec![Chosen::Withdrawn, given(Until::Withdrawn)], "objected"),
        (vec![given(Until::Withdrawn)], "objected"),
        (vec![Chosen::LeftBehind], "objected"),
        (vec![Chosen::Refused, Chosen::ObjectionEnded], "legitimate_interest"),
    ] {
        let choices: Vec<_> = history.iter().map(|what| choice("recommendations", what.clone())).collect();
        assert_eq!(word(&new, &chose(&new, &choices), &recommend(&new), at(NOW)), expected, "{history:?}");
        assert_ne!(word(&old, &chose(&old, &choices), &recommend(&old), at(NOW)), "legitimate_interest");
    }
}

#[test]
fn rule_8_a_minors_consent_needs_the_guardian_and_is_asked_anew_at_sixteen() {
    let policy = policy();
    let mut consents = chose(&policy, &[choice("recommendations", given(Until::Withdrawn))]);
    let listed = |consents: &Consents, purpose: &str| {
        let states = consents.state(&policy, 0, at(NOW));
        states.iter().find(|s| policy.at(s.purpose).id == purpose).and_then(|s| s.state).unwrap()
    };
    assert_eq!(consents.standing(0).consenter, None);
    consents.set_consenter(&policy, 0, Consenter::Guardian);
    assert_eq!(word(&policy, &consents, &recommend(&policy), at(NOW)), "minor");
    assert_eq!(listed(&consents, "recommendations"), State::Unknown);
    // What was never asked waits for the guardian too.
    assert_eq!(word(&policy, &consents, &use_of(&policy, "model-improvement", "purchases", None), at(NOW)), "minor");
    consents.apply(&policy, 0, &by_guardian("recommendations", given(Until::Withdrawn)));
    assert_eq!(word(&policy, &consents, &recommend(&policy), at(NOW)), "consent");
    // No marketing profile of a minor, whoever consents and whatever the basis.
    consents.apply(
        &policy,
        0,
        &by_guardian("personalised-advertising", covering(&["browsing"], &["retailer"], &["web"], Until::Withdrawn)),
    );
    assert_eq!(word(&policy, &consents, &use_of(&policy, "personalised-advertising", "browsing", Some("web")), at(NOW)), "minor");
    assert_eq!(word(&policy, &consents, &use_of(&policy, "own-customer-email", "contact", Some("email")), at(NOW)), "minor");
    assert_eq!(word(&policy, &consents, &use_of(&policy, "order-handling", "contact", None), at(NOW)), "contract");
    assert_eq!(listed(&consents, "recommendations"), State::Given);
    // At sixteen it is asked anew, and neither the guardian's word nor the child's own is taken up again.
    consents.set_consenter(&policy, 0, Consenter::Customer);
    assert_eq!(consents.standing(0).consenter, Some(Consenter::Customer));
    assert_eq!(listed(&consents, "recommendations"), State::Unknown);
    assert_eq!(word(&policy, &consents, &recommend(&policy), at(NOW)), "unknown");
    assert_eq!(word(&policy, &consents, &use_of(&policy, "own-customer-email", "contact", Some("email")), at(NOW)), "legitimate_interest");
}

#[test]
fn rule_8_what_a_guardian_gave_ends_with_the_word_that_there_is_none() {
    let policy = policy();
    let mut consents =
        chose(&policy, &[by_guardian("recommendations", given(Until::Withdrawn)), choice("model-improvement", given(Until::Withdrawn))]);
    assert_eq!(word(&policy, &consents, &recommend(&policy), at(NOW)), "consent", "nobody said yet who consents");
    consents.set_consenter(&policy, 0, Consenter::Customer);
    assert_eq!(word(&policy, &consents, &recommend(&policy), at(NOW)), "unknown");
    assert_eq!(
        word(&policy, &consents, &use_of(&policy, "model-improvement", "purchases", None), at(NOW)),
        "consent",
        "the customer's own stays"
    );
}

#[test]
fn rule_8_a_consent_counts_if_it_came_from_who_consents_also_after_a_join() {
    let policy = policy();
    for (first, second, expected) in [
        (Some(Consenter::Customer), None, "unknown"),
        (None, Some(Consenter::Customer), "unknown"),
        (None, None, "consent"),
        (Some(Consenter::Guardian), None, "consent"),
        (Some(Consenter::Customer), Some(Consenter::Guardian), "consent"),
    ] {
        let of = |choices: &[Choice], consenter: Option<Consenter>| {
            let standing = chose(&policy, choices).standing(0);
            Standing { consenter, ..standing }
        };
        // Only the second record has a consent, of a guardian.
        let joined = combine(&policy, &of(&[], first), &of(&[by_guardian("recommendations", given(Until::Withdrawn))], second), at(NOW));
        let mut consents = Consents::new();
        consents.put(&policy, 0, &joined);
        assert_eq!(word(&policy, &consents, &recommend(&policy), at(NOW)), expected, "{first:?} {second:?}");
    }
}

#[test]
fn rule_9_an_objection_ends_an_interest_and_outlives_a_new_tick_for_marketing() {
    let policy = policy();
    let visit = use_of(&policy, "visit-service", "browsing", None);
    let mut consents = chose(
        &policy,
        &[choice("visit-service", Chosen::Objected), choice("order-handling", Chosen::Objected), choice("tax-records", Chosen::Objected)],
    );
    assert_eq!(word(&policy, &consents, &visit, at(NOW)), "objected");
    assert_eq!(word(&policy, &consents, &use_of(&policy, "order-handling", "purchases", None), at(NOW)), "contract");
    assert_eq!(word(&policy, &consents, &use_of(&policy, "tax-records", "purchases", None), at(NOW)), "legal_obligation");
    assert!(consents.state(&policy, 0, at(NOW))[3].objected);
    consents.apply(&policy, 0, &choice("visit-service", Chosen::ObjectionEnded));
    assert_eq!(word(&policy, &consents, &visit, at(NOW)), "legitimate_interest");

    let mail = use_of(&policy, "marketing-email", "contact", Some("email"));
    consents.apply(&policy, 0, &choice("marketing-email", Chosen::Objected));
    consents.apply(&policy, 0, &choice("marketing-email", covering(&["contact"], &["retailer"], &["email"], Until::Withdrawn)));
    assert_eq!(word(&policy, &consents, &mail, at(NOW)), "objected");
    consents.apply(&policy, 0, &choice("marketing-email", Chosen::ObjectionEnded));
    assert_eq!(word(&policy, &consents, &mail, at(NOW)), "consent");
}

/// Objections to other interests are weighed: meanwhile they stop, but for what protects others.
#[test]
fn rule_9_other_interests_are_weighed_and_what_protects_others_goes_on() {
    let policy = policy();
    let words = |consents: &Consents| {
        [("visit-service", "browsing"), ("fraud-prevention", "purchases"), ("own-customer-email", "contact")]
            .map(|(purpose, category)| word(&policy, consents, &use_of(&policy, purpose, category, None), at(NOW)))
    };
    let weighing = |consents: &Consents| -> Vec<bool> { consents.state(&policy, 0, at(NOW))[2..5].iter().map(|s| s.weighing).collect() };
    let all = ["visit-service", "fraud-prevention", "own-customer-email"];
    let objected: Vec<_> = all.iter().map(|id| choice(id, Chosen::Objected)).collect();
    let waiting = chose(&policy, &objected);
    assert_eq!(words(&waiting), ["objected", "legitimate_interest", "objected"]);
    assert_eq!(weighing(&waiting), [true, true, false], "direct marketing is not weighed");
    for (upheld, expected) in
        [(true, ["objected", "objected", "objected"]), (false, ["legitimate_interest", "legitimate_interest", "objected"])]
    {
        let mut weighed = waiting.clone();
        for id in all {
            weighed.weigh(&policy, 0, id, upheld);
            weighed.weigh(&policy, 0, id, !upheld);
        }
        assert_eq!(words(&weighed), expected, "{upheld}: once weighed it is weighed");
        assert_eq!(weighing(&weighed), [false; 3]);
        // Taken back, and made anew: weighed anew.
        for what in [Chosen::ObjectionEnded, Chosen::Objected] {
            all.iter().for_each(|id| weighed.apply(&policy, 0, &choice(id, what.clone())));
        }
        assert_eq!((words(&weighed), weighing(&weighed)), (words(&waiting), weighing(&waiting)));
        all.iter().for_each(|id| weighed.apply(&policy, 0, &choice(id, Chosen::ObjectionEnded)));
        assert_eq!(words(&weighed), ["legitimate_interest"; 3]);
        assert_eq!(weighing(&weighed), [false; 3]);
    }
    let mut never = chose(&policy, &[]);
    never.weigh(&policy, 0, "visit-service", true);
    assert_eq!(words(&never), ["legitimate_interest"; 3], "nobody objected");
}

/// Rule 29: without the truth nothing holds but what rests on a contract or the law.
#[test]
fn rule_29_cut_off_from_the_truth_only_contract_and_law_remain() {
    let policy = policy();
    let consents = chose(&policy, &[choice("recommendations", given(Until::Withdrawn)), choice("device-storage", Chosen::Refused)]);
    for (purpose, category, channel, expected) in [
        ("recommendations", "purchases", Some("web"), "cut_off"),
        ("fraud-prevention", "purchases", None, "cut_off"),
        ("visit-service", "browsing", None, "cut_off"),
        ("own-customer-email", "contact", Some("email"), "cut_off"),
        ("order-handling", "purchases", None, "contract"),
        ("tax-records", "purchases", None, "legal_obligation"),
        // What is denied anyway is denied for its own reason.
        ("device-storage", "device", None, "refused"),
        ("demand-insight", "purchases", None, "unknown"),
    ] {
        let u = use_of(&policy, purpose, category, channel);
        assert_eq!(consents.decide(&policy, Some(0), &u, at(NOW)).cut_off().reason(), expected, "{purpose}");
        assert_eq!(Decision::Deny(Reason::UsedUp).cut_off(), Decision::Deny(Reason::CutOff), "nor by a retry");
    }
}

#[test]
fn every_reason_has_its_word() {
    let words: Vec<_> = Reason::ALL.iter().map(|r| r.code()).collect();
    let format_1 = "unknown, refused, expired, withdrawn, invalidated, used_up, category_not_covered, recipient_not_covered, channel_not_covered, objected, restricted, minor, sensitive, cut_off";
    assert_eq!(words.join(", "), format_1);
}

#[test]
fn shapes_are_shared_and_freed() {
    let policy = policy();
    let mut consents = Consents::new();
    let plain = |purpose: &str| {
        let declared = policy.at(policy.purpose(purpose).unwrap());
        let ids = |mut set: Vec<String>| {
            set.retain(|id| id != "sensitive-purchases");
            set
        };
        Chosen::Given {
            categories: ids(declared.necessary_categories.iter().map(|c| policy.categories[usize::from(c.0)].id.clone()).collect()),
            recipients: vec!["retailer".to_owned()],
            channels: declared.necessary_channels.iter().map(|c| policy.channels[usize::from(c.0)].id.clone()).collect(),
            until: Until::Withdrawn,
        }
    };
    // Whoever narrows nothing shares one shape, whatever they allow.
    for (customer, purpose) in (0..).zip(["recommendations", "model-improvement", "demand-insight", "recommendations"]) {
        consents.apply(&policy, customer, &choice(purpose, plain(purpose)));
    }
    assert_eq!(consents.shapes().len(), 2);
    // Toggling for ever takes no memory.
    for channel in ["web", "app", "email"].iter().cycle().take(300) {
        consents.apply(&policy, 1, &choice("recommendations", covering(&["purchases"], &["retailer"], &[channel], Until::Withdrawn)));
    }
    assert_eq!(consents.shapes().len(), 3);
    for customer in 0..4 {
        consents.reset(customer);
    }
    assert!(consents.shapes().is_empty());
    assert_eq!(consents, Consents::new(), "forgotten is as if never seen");
}
