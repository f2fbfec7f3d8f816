//! What is recorded of what somebody asked for, and what is refused.

use regie_domain::consent::{
    ChoiceError, ClaimedEvidence, Give, Known, Standing, validate_give, validate_objection, validate_refusal, validate_withdrawal,
};
use regie_domain::fact::{Actor, Chosen, Consenter, Until};
use regie_domain::policy::Policy;

use crate::support::{choice, covering, policy};

fn evidence(actor: &str) -> ClaimedEvidence {
    ClaimedEvidence {
        policy_version: None,
        language: Some("nl".to_owned()),
        method: Some("portal".to_owned()),
        actor: Some(actor.to_owned()),
    }
}

fn list(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

fn give(
    policy: &Policy,
    purpose: &str,
    categories: Option<&[&str]>,
    recipients: Option<&[&str]>,
    channels: Option<&[&str]>,
) -> Result<Chosen, ChoiceError> {
    let lists = [categories.map(list), recipients.map(list), channels.map(list)];
    let known = Known { policy, earlier_versions: &[], outdated: &[] };
    let give = Give {
        purpose,
        categories: lists[0].as_deref(),
        recipients: lists[1].as_deref(),
        channels: lists[2].as_deref(),
        until: Until::Withdrawn,
        evidence: Some(&evidence("customer")),
    };
    validate_give(known, &Standing::default(), &give).map(|(what, _)| what)
}

#[test]
fn what_is_left_out_is_the_least() {
    let policy = policy();
    // A special category is never covered unless named, even where the purpose calls it necessary.
    assert_eq!(
        give(&policy, "recommendations", None, None, None),
        Ok(covering(&["purchases"], &["retailer"], &["web", "app"], Until::Withdrawn))
    );
    assert_eq!(
        give(&policy, "recommendations", Some(&["sensitive-purchases", "browsing", "browsing"]), None, Some(&["email"])),
        Ok(covering(&["browsing", "sensitive-purchases"], &["retailer"], &["email"], Until::Withdrawn)),
    );
    assert_eq!(
        give(&policy, "sharing-with-partners", Some(&["contact"]), Some(&["partner"]), None),
        Ok(covering(&["contact"], &["partner"], &[], Until::Withdrawn)),
    );
}

#[test]
fn what_cannot_be_consented_to_is_refused_by_name() {
    let policy = policy();
    let long = "x".repeat(10_000);
    for (purpose, categories, recipients, channels, code) in [
        ("recomendations", None, None, None, "purpose_unknown"),
        ("order-handling", None, None, None, "purpose_not_consent_based"),
        ("fraud-prevention", None, None, None, "purpose_not_consent_based"),
        ("recommendations", Some(&["purchase"][..]), None, None, "category_unknown"),
        ("recommendations", Some(&[long.as_str()][..]), None, None, "category_unknown"),
        ("recommendations", Some(&["contact"][..]), None, None, "category_outside_purpose"),
        ("recommendations", Some(&[][..]), None, None, "nothing_chosen"),
        ("recommendations", None, Some(&["partner"][..]), None, "recipient_outside_purpose"),
        ("recommendations", None, Some(&["nobody"][..]), None, "recipient_unknown"),
        ("recommendations", None, Some(&[][..]), None, "nothing_chosen"),
        ("recommendations", None, None, Some(&[][..]), "nothing_chosen"),
        ("recommendations", None, None, Some(&["store"][..]), "channel_outside_purpose"),
        ("recommendations", None, None, Some(&["fax"][..]), "channel_unknown"),
        // Nothing is necessary for sharing: what is shared has to be named.
        ("sharing-with-partners", None, None, None, "nothing_chosen"),
    ] {
        let refused = give(&policy, purpose, categories, recipients, channels).unwrap_err();
        assert_eq!(refused.code(), code);
        assert!(refused.to_string().len() < 400, "{refused}");
    }
    let refused = give(&policy, "recommendations", Some(&["purchase"]), None, None).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "unknown category `purchase`: choose from contact, account, purchases, browsing, sensitive-purchases, device, derived-profile"
    );
    let refused = give(&policy, "recommendations", None, None, Some(&["store"])).unwrap_err();
    assert_eq!(refused.to_string(), "the purpose does not use the channel `store`: choose from web, app, email");
}

#[test]
fn rule_6_without_evidence_there_is_no_consent() {
    let policy = policy();
    let earlier = list(&["2025-06-01"]);
    let known = Known { policy: &policy, earlier_versions: &earlier, outdated: &[] };
    let try_with = |evidence: Option<ClaimedEvidence>| {
        let give = Give {
            purpose: "recommendations",
            categories: None,
            recipients: None,
            channels: None,
            until: Until::Once,
            evidence: evidence.as_ref(),
        };
        validate_give(known, &Standing::default(), &give).map(|(_, evidence)| evidence)
    };
    let full = evidence("customer");
    for (claimed, code) in [
        (None, "evidence_missing"),
        (Some(ClaimedEvidence::default()), "evidence_missing"),
        (Some(ClaimedEvidence { language: None, ..full.clone() }), "evidence_missing"),
        (Some(ClaimedEvidence { method: None, ..full.clone() }), "evidence_missing"),
        (Some(ClaimedEvidence { method: Some(String::new()), ..full.clone() }), "evidence_missing"),
        (Some(ClaimedEvidence { method: Some("told me at the desk".to_owned()), ..full.clone() }), "evidence_missing"),
        (Some(ClaimedEvidence { actor: None, ..full.clone() }), "evidence_missing"),
        // Regie itself never consents on anybody's behalf.
        (Some(evidence("system")), "evidence_missing"),
        (Some(ClaimedEvidence { policy_version: Some("2027-01-01".to_owned()), ..full.clone() }), "policy_version_unknown"),
    ] {
        assert_eq!(try_with(claimed.clone()).unwrap_err().code(), code, "{claimed:?}");
    }
    let recorded = try_with(Some(full.clone())).unwrap();
    assert_eq!(
        (recorded.policy_version.as_str(), recorded.language.as_str(), recorded.method.as_str(), recorded.actor),
        ("2026-01-01", "nl", "portal", Actor::Customer)
    );
    let earlier = try_with(Some(ClaimedEvidence { policy_version: Some("2025-06-01".to_owned()), ..full }));
    assert_eq!(earlier.unwrap().policy_version, "2025-06-01");
    for (word, actor) in [("guardian", Actor::Guardian), ("staff", Actor::Staff), ("source", Actor::Source)] {
        assert_eq!(try_with(Some(evidence(word))).unwrap().actor, actor);
    }
}

#[test]
fn rules_8_and_9_who_may_give_and_what_an_objection_bars() {
    let policy = policy();
    let known = Known { policy: &policy, earlier_versions: &[], outdated: &[] };
    let of_age = Standing { consenter: Some(Consenter::Customer), ..Standing::default() };
    let minor = Standing { consenter: Some(Consenter::Guardian), ..Standing::default() };
    let mut objector = Standing::default();
    objector.apply(&policy, &choice("marketing-email", Chosen::Objected));
    objector.apply(&policy, &choice("recommendations", Chosen::Objected));
    for (standing, purpose, actor, expected) in [
        (&minor, "recommendations", "customer", Err("guardian_needed")),
        (&minor, "recommendations", "staff", Err("guardian_needed")),
        (&of_age, "recommendations", "guardian", Err("no_guardian")),
        (&of_age, "recommendations", "customer", Ok(())),
        (&minor, "recommendations", "guardian", Ok(())),
        (&minor, "personalised-advertising", "guardian", Err("not_for_minors")),
        (&objector, "marketing-email", "customer", Err("objected")),
        (&objector, "recommendations", "customer", Ok(())),
    ] {
        let evidence = evidence(actor);
        let give = Give { purpose, categories: None, recipients: None, channels: None, until: Until::Withdrawn, evidence: Some(&evidence) };
        assert_eq!(validate_give(known, standing, &give).map(|_| ()).map_err(|e| e.code()), expected, "{purpose} by {actor}");
    }
}

#[test]
fn rule_4_withdrawing_asks_for_nothing_and_objecting_neither() {
    let policy = policy();
    let known = Known { policy: &policy, earlier_versions: &[], outdated: &[] };
    assert_eq!(validate_withdrawal(known, "recommendations", None), Ok((Chosen::Withdrawn, None)));
    assert!(validate_withdrawal(known, "recommendations", Some(&evidence("customer"))).unwrap().1.is_some());
    assert_eq!(validate_withdrawal(known, "order-handling", None).unwrap_err().code(), "purpose_not_consent_based");
    assert_eq!(validate_refusal(known, "recommendations", None).unwrap_err().code(), "evidence_missing");
    assert_eq!(validate_refusal(known, "recommendations", Some(&evidence("customer"))).unwrap().0, Chosen::Refused);
    for (purpose, expected) in [
        ("fraud-prevention", Ok(Chosen::Objected)),
        ("own-customer-email", Ok(Chosen::Objected)),
        ("marketing-email", Ok(Chosen::Objected)),
        ("recommendations", Err("purpose_not_objectable")),
        ("order-handling", Err("purpose_not_objectable")),
        ("tax-records", Err("purpose_not_objectable")),
    ] {
        assert_eq!(validate_objection(known, purpose, false, None).map(|(what, _)| what).map_err(|e| e.code()), expected, "{purpose}");
    }
    assert_eq!(validate_objection(known, "fraud-prevention", true, None).unwrap_err().code(), "evidence_missing");
    assert_eq!(validate_objection(known, "fraud-prevention", true, Some(&evidence("customer"))).unwrap().0, Chosen::ObjectionEnded);
}
