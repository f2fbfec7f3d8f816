//! Restriction (rule 10) and the signals of a browser (rule 21), as tables and as a property.

use std::collections::BTreeSet;

use proptest::prelude::*;
use regie_domain::consent::{Consents, Part, Restrictions, Use};
use regie_domain::fact::{Actor, Choice, Chosen, Evidence, RestrictedPart, Until};
use regie_domain::policy::{CategoryIx, Policy, PurposeIx};

use crate::support::{at, choice, chose, covering, given, policy, recommend, use_of};

const NOW: &str = "2026-06-01T12:00:00Z";

fn word(policy: &Policy, consents: &Consents, u: &Use) -> &'static str {
    consents.decide(policy, Some(0), u, at(NOW)).reason()
}

fn part(policy: &Policy, purpose: &str, category: &str) -> Part {
    let name = |id: &str| (id != "all").then(|| id.to_owned());
    Part::of(policy, &RestrictedPart { purpose: name(purpose), category: name(category) }).unwrap()
}

#[test]
fn rule_10_a_restriction_leaves_law_claims_others_and_what_was_consented_to_since() {
    let policy = policy();
    let mut consents =
        chose(&policy, &[choice("recommendations", given(Until::Withdrawn)), choice("model-improvement", given(Until::Withdrawn))]);
    let whole = part(&policy, "all", "all");
    consents.restrict(&policy, 0, whole, true);
    let learn = use_of(&policy, "model-improvement", "purchases", None);
    for u in [
        recommend(&policy),
        learn,
        use_of(&policy, "order-handling", "purchases", None),
        use_of(&policy, "visit-service", "browsing", Some("web")),
    ] {
        assert_eq!(word(&policy, &consents, &u), "restricted", "{u:?}");
    }
    assert_eq!(word(&policy, &consents, &use_of(&policy, "tax-records", "purchases", None)), "legal_obligation");
    assert_eq!(word(&policy, &consents, &use_of(&policy, "fraud-prevention", "purchases", None)), "legitimate_interest", "protects others");
    consents.apply(&policy, 0, &choice("recommendations", given(Until::Withdrawn)));
    assert_eq!(word(&policy, &consents, &recommend(&policy)), "consent", "consented to since");
    assert_eq!(word(&policy, &consents, &learn), "restricted");
    // Restricting anew ends what was consented to in between.
    consents.restrict(&policy, 0, whole, true);
    assert_eq!(word(&policy, &consents, &recommend(&policy)), "restricted");
    consents.restrict(&policy, 0, whole, false);
    assert_eq!(word(&policy, &consents, &learn), "consent");
    assert_eq!(word(&policy, &consents, &recommend(&policy)), "consent");
}

#[test]
fn rule_10_a_restriction_reaches_what_it_names_and_no_more() {
    let policy = policy();
    let both = covering(&["purchases", "browsing"], &["retailer"], &["web", "app"], Until::Withdrawn);
    let asked = [("recommendations", "purchases"), ("recommendations", "browsing"), ("model-improvement", "purchases")];
    for (restricted, expected) in [
        (vec![("all", "all")], ["restricted", "restricted", "restricted"]),
        (vec![("recommendations", "all")], ["restricted", "restricted", "consent"]),
        (vec![("all", "purchases")], ["restricted", "consent", "restricted"]),
        (vec![("recommendations", "purchases")], ["restricted", "consent", "consent"]),
        (vec![("recommendations", "browsing"), ("model-improvement", "all")], ["consent", "restricted", "restricted"]),
        (vec![("order-handling", "all")], ["consent", "consent", "consent"]),
    ] {
        let mut consents = chose(&policy, &[choice("recommendations", both.clone()), choice("model-improvement", both.clone())]);
        let words = |consents: &Consents| asked.map(|(p, c)| word(&policy, consents, &use_of(&policy, p, c, None)));
        for (p, c) in &restricted {
            consents.restrict(&policy, 0, part(&policy, p, c), true);
        }
        assert_eq!(words(&consents), expected, "{restricted:?}");
        let listed = consents.state(&policy, 0, at(NOW));
        for ((p, c), expected) in asked.iter().zip(expected) {
            let here = listed.iter().find(|s| policy.at(s.purpose).id == *p).unwrap();
            assert_eq!(
                here.restricted.has(policy.category(c).unwrap()),
                expected == "restricted",
                "the list agrees: {restricted:?} {p} {c}"
            );
        }
        for (p, c) in &restricted {
            consents.restrict(&policy, 0, part(&policy, p, c), false);
        }
        assert_eq!(words(&consents), ["consent"; 3], "lifted: {restricted:?}");
        assert!(consents.restrictions(0).is_none());
    }
}

#[test]
fn rule_10_lifting_one_restriction_leaves_the_others_and_a_yes_given_since() {
    let policy = policy();
    let mut consents = chose(&policy, &[choice("recommendations", given(Until::Withdrawn))]);
    let (whole, narrow) = (part(&policy, "all", "all"), part(&policy, "recommendations", "purchases"));
    consents.restrict(&policy, 0, whole, true);
    consents.restrict(&policy, 0, narrow, true);
    consents.restrict(&policy, 0, whole, false);
    assert_eq!(word(&policy, &consents, &recommend(&policy)), "restricted", "the narrower one stands");
    consents.apply(&policy, 0, &choice("recommendations", given(Until::Withdrawn)));
    assert_eq!(word(&policy, &consents, &recommend(&policy)), "consent");
    consents.restrict(&policy, 0, part(&policy, "all", "browsing"), true);
    assert_eq!(word(&policy, &consents, &recommend(&policy)), "restricted", "restricted anew: the yes came before");
    // A purpose or category that the policy dropped restricts nothing, and breaks nothing.
    assert_eq!(Part::of(&policy, &RestrictedPart { purpose: Some("gone".into()), category: None }), None);
    assert_eq!(Part::of(&policy, &RestrictedPart { purpose: None, category: Some("gone".into()) }), None);
    consents.reset(0);
    assert_eq!(consents, Consents::new(), "forgotten is as if never restricted");
}

fn signal(purpose: &str, method: &str) -> Choice {
    let evidence =
        Evidence { policy_version: "2026-01-01".to_owned(), language: "und".to_owned(), method: method.to_owned(), actor: Actor::Customer };
    Choice { evidence: Some(evidence), ..choice(purpose, Chosen::Objected) }
}

#[test]
fn rule_21_a_signal_is_a_general_no_and_a_specific_yes_goes_before_it() {
    let policy = policy();
    let share = Use { recipient: policy.recipient("partner").unwrap(), ..use_of(&policy, "sharing-with-partners", "purchases", None) };
    let yes = || choice("sharing-with-partners", covering(&["purchases"], &["partner"], &[], Until::Withdrawn));
    let no = |what| choice("sharing-with-partners", what);
    for (history, expected) in [
        (vec![], "unknown"),
        (vec![signal("sharing-with-partners", "gpc")], "objected"),
        (vec![signal("sharing-with-partners", "adpc")], "objected"),
        (vec![yes(), signal("sharing-with-partners", "gpc")], "consent"),
        (vec![signal("sharing-with-partners", "gpc"), yes()], "consent"),
        (vec![signal("sharing-with-partners", "gpc"), yes(), no(Chosen::Withdrawn)], "objected"),
        (vec![signal("sharing-with-partners", "gpc"), no(Chosen::ObjectionEnded)], "unknown"),
        // An objection in so many words is another thing than a general no: on a page, or by a browser that names what it is to.
        (vec![yes(), signal("sharing-with-partners", "adpc")], "objected"),
        (vec![yes(), signal("sharing-with-partners", "portal")], "objected"),
    ] {
        assert_eq!(word(&policy, &chose(&policy, &history), &share), expected, "{history:?}");
    }
    // Nothing else is touched by it.
    let consents = chose(&policy, &[signal("sharing-with-partners", "gpc"), choice("recommendations", given(Until::Withdrawn))]);
    assert_eq!(word(&policy, &consents, &recommend(&policy)), "consent");
}

proptest! {
    /// Against a model that keeps the names and looks them up.
    #[test]
    fn restricting_and_lifting_by_name_is_a_set_of_names(
        steps in proptest::collection::vec((proptest::option::of(0u8..3), proptest::option::of(0u8..3), any::<bool>()), 0..40)
    ) {
        let mut names: BTreeSet<(Option<u8>, Option<u8>)> = BTreeSet::new();
        let mut restrictions = Restrictions::default();
        for (purpose, category, on) in steps {
            let part = Part { purpose: purpose.map(PurposeIx), category: category.map(CategoryIx) };
            restrictions.set(part, on);
            if on { names.insert((purpose, category)); } else { names.remove(&(purpose, category)); }
            prop_assert_eq!(restrictions.has(part), on);
        }
        let listed: BTreeSet<_> = restrictions.parts().into_iter().map(|p| (p.purpose.map(|p| p.0), p.category.map(|c| c.0))).collect();
        prop_assert_eq!(&listed, &names);
        prop_assert_eq!(restrictions.is_none(), names.is_empty());
        for p in 0..3 {
            for c in 0..3 {
                let covered = names.iter().any(|(np, nc)| np.is_none_or(|n| n == p) && nc.is_none_or(|n| n == c));
                prop_assert_eq!(restrictions.covers(PurposeIx(p), CategoryIx(c)), covered);
            }
            let touched = names.iter().any(|(np, _)| np.is_none_or(|n| n == p));
            prop_assert_eq!(restrictions.touches(PurposeIx(p)), touched);
        }
        prop_assert_eq!(Restrictions::default().or(&restrictions), restrictions);
    }
}
