//! What may be kept: some purpose with a retention above `none` for the category holds for that customer now.

use jiff::tz::TimeZone;
use regie_domain::consent::{Consents, Field, Keeping, Kept, Part, retention_end};
use regie_domain::fact::{Chosen, Until, VisitId};
use regie_domain::policy::{Policy, Purposes, Retention};

use crate::support::{at, choice, chose, covering, given, policy};

const NOW: &str = "2026-06-01T12:00:00Z";

fn keep(policy: &Policy, consents: &Consents, category: &str, not_for: &[&str], happened: &str, now: &str) -> Option<Kept> {
    let keeping = Keeping::new(policy);
    let field =
        Field { category: policy.category(category).unwrap(), not_for: purposes(policy, not_for), claimed: false, visit: Some(VisitId(7)) };
    let ends = keeping.ends(at(happened), at(NOW));
    keeping.may_keep(policy, consents, Some(0), &field, &ends, at(now))
}

fn purposes(policy: &Policy, ids: &[&str]) -> Purposes {
    ids.iter().map(|id| policy.purpose(id).unwrap()).collect()
}

fn names(policy: &Policy, kept: Option<Kept>) -> Vec<&str> {
    kept.map_or(Vec::new(), |kept| kept.purposes.iter().map(|ix| policy.at(ix).id.as_str()).collect())
}

#[test]
fn without_any_choice_contract_law_and_interests_keep_theirs_and_nothing_else_is_kept() {
    let policy = policy();
    let nobody = Consents::new();
    let of = |category| names(&policy, keep(&policy, &nobody, category, &[], NOW, NOW));
    assert_eq!(of("purchases"), ["order-handling", "tax-records", "fraud-prevention"]);
    assert_eq!(of("contact"), ["order-handling", "tax-records", "own-customer-email"]);
    assert_eq!(of("device"), ["fraud-prevention"]);
    assert_eq!(of("browsing"), [""; 0], "the service from the visit alone stores nothing");
    assert_eq!(of("derived-profile"), [""; 0]);
    assert_eq!(of("sensitive-purchases"), ["tax-records"], "an interest of the retailer never reaches what is special");
    let keeping = Keeping::new(&policy);
    let field = Field { category: policy.category("browsing").unwrap(), not_for: Purposes::NONE, claimed: false, visit: None };
    assert_eq!(keeping.may_keep(&policy, &nobody, None, &field, &keeping.ends(at(NOW), at(NOW)), at(NOW)), None);
}

#[test]
fn a_consent_keeps_the_categories_it_names_while_it_holds() {
    let policy = policy();
    let week = at("2026-06-08T12:00:00Z");
    let with =
        |categories: &[&str], until| chose(&policy, &[choice("recommendations", covering(categories, &["retailer"], &["web"], until))]);
    let consents = with(&["browsing"], Until::Moment(week));
    let kept = keep(&policy, &consents, "browsing", &[], NOW, NOW).unwrap();
    assert_eq!((kept.until, kept.recheck_at), (week, week), "its end comes before the two years");
    assert_eq!(keep(&policy, &consents, "browsing", &[], NOW, "2026-06-08T11:59:59.999Z").map(|k| k.until), Some(week));
    assert_eq!(keep(&policy, &consents, "browsing", &[], NOW, "2026-06-08T12:00:00Z"), None, "nothing renews it, no sweeper is needed");
    assert_eq!(keep(&policy, &consents, "derived-profile", &[], NOW, NOW), None, "not named");

    let two_years = at("2028-06-01T12:00:00Z");
    let lasting = keep(&policy, &with(&["browsing"], Until::Withdrawn), "browsing", &[], NOW, NOW).unwrap();
    assert_eq!((lasting.until, lasting.recheck_at), (two_years, two_years));
    assert!(keep(&policy, &with(&["browsing"], Until::Once), "browsing", &[], NOW, NOW).is_some());
    assert!(keep(&policy, &with(&["browsing"], Until::Visit(VisitId(7))), "browsing", &[], NOW, NOW).is_some());
    assert_eq!(keep(&policy, &with(&["browsing"], Until::Visit(VisitId(8))), "browsing", &[], NOW, NOW), None, "another visit's");

    assert_eq!(
        names(&policy, keep(&policy, &with(&["purchases"], Until::Withdrawn), "sensitive-purchases", &[], NOW, NOW)),
        ["tax-records"]
    );
    assert_eq!(
        names(&policy, keep(&policy, &with(&["sensitive-purchases"], Until::Withdrawn), "sensitive-purchases", &[], NOW, NOW)),
        ["tax-records", "recommendations"]
    );
}

#[test]
fn rule_11_a_withdrawal_takes_what_rested_on_it_alone() {
    let policy = policy();
    let mut consents =
        chose(&policy, &[choice("recommendations", covering(&["purchases", "browsing"], &["retailer"], &["web"], Until::Withdrawn))]);
    assert_eq!(
        names(&policy, keep(&policy, &consents, "purchases", &[], NOW, NOW)),
        ["order-handling", "tax-records", "fraud-prevention", "recommendations"]
    );
    assert_eq!(names(&policy, keep(&policy, &consents, "browsing", &[], NOW, NOW)), ["recommendations"]);
    consents.apply(&policy, 0, &choice("recommendations", Chosen::Withdrawn));
    assert_eq!(names(&policy, keep(&policy, &consents, "purchases", &[], NOW, NOW)), ["order-handling", "tax-records", "fraud-prevention"]);
    assert_eq!(keep(&policy, &consents, "browsing", &[], NOW, NOW), None);
}

#[test]
fn objections_take_and_restrictions_leave() {
    let policy = policy();
    let mut consents = chose(&policy, &[choice("fraud-prevention", Chosen::Objected), choice("tax-records", Chosen::Objected)]);
    assert_eq!(names(&policy, keep(&policy, &consents, "device", &[], NOW, NOW)), ["fraud-prevention"], "while it is weighed");
    consents.weigh(&policy, 0, "fraud-prevention", true);
    assert_eq!(keep(&policy, &consents, "device", &[], NOW, NOW), None);
    assert_eq!(names(&policy, keep(&policy, &consents, "purchases", &[], NOW, NOW)), ["order-handling", "tax-records"]);
    consents.apply(&policy, 0, &choice("recommendations", given(Until::Withdrawn)));
    consents.restrict(&policy, 0, Part { purpose: None, category: None }, true);
    assert_eq!(names(&policy, keep(&policy, &consents, "purchases", &[], NOW, NOW)), ["order-handling", "tax-records", "recommendations"]);
}

#[test]
fn a_sources_own_consent_narrows_what_is_the_customers_to_permit() {
    let policy = policy();
    let consents = chose(&policy, &[choice("recommendations", given(Until::Withdrawn))]);
    let not_for = ["order-handling", "tax-records", "fraud-prevention", "recommendations"];
    assert_eq!(names(&policy, keep(&policy, &consents, "purchases", &not_for, NOW, NOW)), ["order-handling", "tax-records"]);
}

#[test]
fn until_is_the_last_end_and_recheck_at_the_first() {
    let policy = policy();
    let week = at("2026-06-08T12:00:00Z");
    let consents = chose(&policy, &[choice("recommendations", given(Until::Moment(week)))]);
    // 90 days, two years, seven years from the end of the year, and the week of the consent.
    let kept = keep(&policy, &consents, "purchases", &[], NOW, NOW).unwrap();
    assert_eq!((kept.until, kept.recheck_at), (at("2033-12-31T23:00:00Z"), week));
    let kept = keep(&policy, &consents, "purchases", &[], NOW, "2026-06-08T12:00:00Z").unwrap();
    assert_eq!((kept.until, kept.recheck_at), (at("2033-12-31T23:00:00Z"), at("2026-08-30T12:00:00Z")));
    // What happened long ago is judged by when it happened, and a source cannot date it into the future.
    assert_eq!(
        names(&policy, keep(&policy, &consents, "purchases", &[], "2025-01-01T00:00:00Z", NOW)),
        ["order-handling", "tax-records", "recommendations"]
    );
    assert_eq!(names(&policy, keep(&policy, &consents, "purchases", &[], "2018-12-31T22:59:59Z", NOW)), [""; 0]);
    assert_eq!(
        names(&policy, keep(&policy, &consents, "purchases", &[], "2018-12-31T23:00:00Z", NOW)),
        ["tax-records"],
        "already 2019 in Amsterdam"
    );
    let future = keep(&policy, &Consents::new(), "device", &[], "2030-01-01T00:00:00Z", NOW).unwrap();
    assert_eq!(future.until, at("2026-08-30T12:00:00Z"));
}

#[test]
fn retention_is_counted_on_the_local_calendar() {
    let zone = TimeZone::get("Europe/Amsterdam").unwrap();
    let months = |months| Retention::For { months, days: 0 };
    for (from, retention, end) in [
        ("2026-06-01T12:00:00Z", Retention::None, "2026-06-01T12:00:00Z"),
        ("2026-06-01T12:00:00.123Z", months(24), "2028-06-01T12:00:00.123Z"),
        ("2024-02-29T12:00:00Z", months(12), "2025-02-28T12:00:00Z"),
        ("2026-11-30T12:00:00Z", months(3), "2027-02-28T12:00:00Z"),
        ("2026-03-01T12:00:00Z", Retention::For { months: 0, days: 90 }, "2026-05-30T11:00:00Z"),
        ("2026-01-31T11:00:00Z", Retention::For { months: 1, days: 1 }, "2026-03-01T11:00:00Z"),
        ("2026-01-01T00:00:00Z", Retention::YearsFromYearEnd(7), "2033-12-31T23:00:00Z"),
        ("2025-12-31T23:00:00Z", Retention::YearsFromYearEnd(7), "2033-12-31T23:00:00Z"),
        ("2025-12-31T22:59:59Z", Retention::YearsFromYearEnd(7), "2032-12-31T23:00:00Z"),
        ("2026-06-01T12:00:00Z", Retention::YearsFromYearEnd(0), "2026-12-31T23:00:00Z"),
    ] {
        assert_eq!(retention_end(at(from), retention, &zone), at(end), "{from} {retention:?}");
    }
    let last = at("9999-12-30T00:00:00Z");
    assert_eq!(retention_end(last, months(1), &zone), last, "past the calendar's end: not kept");
}

/// What anybody could have claimed is kept by consent alone: neither a contract nor an interest carries it.
#[test]
fn a_claim_is_kept_by_consent_alone() {
    let policy = policy();
    let field = |claimed| Field { category: policy.category("contact").unwrap(), not_for: Purposes::NONE, claimed, visit: None };
    let keeping = Keeping::new(&policy);
    let at = at("2026-02-01T00:00:00Z");
    let ends = keeping.ends(at, at);
    let given = covering(&["contact"], &["retailer"], &["email"], Until::Withdrawn);
    let cases = [(None, false), (Some(given), true), (Some(Chosen::Withdrawn), false)];
    for (what, kept) in cases {
        let consents = what.map_or_else(Consents::new, |what| chose(&policy, &[choice("marketing-email", what)]));
        assert_eq!(keeping.may_keep(&policy, &consents, Some(0), &field(true), &ends, at).is_some(), kept);
        assert!(keeping.may_keep(&policy, &consents, Some(0), &field(false), &ends, at).is_some(), "the shop's own word");
    }
}
