//! What is left to prove of past consents after an erasure: how each ended, and for how long it is kept.

use regie_domain::consent::{Ended, prove};
use regie_domain::fact::{Choice, Chosen, Consenter, ConsenterStated, Evidence, Fact, Until, VisitId};
use regie_domain::policy::Policy;
use regie_domain::time::Time;

use crate::support::{at, by_guardian, choice, covering, given, used_up};

const RETAIL: &str = include_str!("../../../../policy/retail.toml");
const ERASED: &str = "2026-06-01T10:00:00Z";

fn chosen(when: &str, what: Chosen) -> Fact {
    of("recommendations", when, what)
}

fn of(purpose: &str, when: &str, what: Chosen) -> Fact {
    Fact::Chosen(Choice { at: at(when), ..choice(purpose, what) })
}

/// How each consent ended, when, and until when its proof is kept.
fn proven(policy: &Policy, facts: &[Fact], ended: &[Ended<'_>]) -> Vec<(String, Time, Time)> {
    let placed: Vec<(u64, &Fact)> = (10..).step_by(10).zip(facts).collect();
    prove(policy, &placed, ended, at(ERASED)).into_iter().map(|p| (p.ended, p.ended_at, p.until)).collect()
}

#[test]
fn rule_6_each_consent_is_proven_for_the_term_from_its_end() {
    let policy = Policy::parse(RETAIL).unwrap();
    let moment = |text: &str| Until::Moment(at(text));
    let (march, may) = ("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z");
    let visit = VisitId(7);
    for (facts, word, end, until) in [
        (vec![chosen(march, given(Until::Withdrawn))], "erased", ERASED, "2031-06-01T10:00:00Z"),
        (vec![chosen(march, given(moment(may)))], "expired", may, "2031-05-01T00:00:00Z"),
        (vec![chosen(march, given(moment("2027-01-01T00:00:00Z")))], "erased", ERASED, "2031-06-01T10:00:00Z"),
        (vec![chosen(march, given(Until::Withdrawn)), chosen(may, Chosen::Withdrawn)], "withdrawn", may, "2031-05-01T00:00:00Z"),
        (vec![chosen(march, given(Until::Withdrawn)), chosen(may, Chosen::Refused)], "refused", may, "2031-05-01T00:00:00Z"),
        (vec![chosen(march, given(Until::Once)), chosen(may, used_up())], "used_up", may, "2031-05-01T00:00:00Z"),
        (vec![chosen(march, given(Until::Withdrawn)), chosen(may, used_up())], "erased", ERASED, "2031-06-01T10:00:00Z"),
        (
            vec![chosen(march, given(Until::Visit(visit))), chosen(may, Chosen::VisitEnded { visit })],
            "visit_ended",
            may,
            "2031-05-01T00:00:00Z",
        ),
        (vec![chosen(march, given(Until::Withdrawn)), chosen(may, Chosen::Objected)], "erased", ERASED, "2031-06-01T10:00:00Z"),
        // Withdrawn after it had ended by itself: it was over before.
        (
            vec![chosen("2026-01-01T00:00:00Z", given(moment(march))), chosen(may, Chosen::Withdrawn)],
            "expired",
            march,
            "2031-03-01T00:00:00Z",
        ),
    ] {
        assert_eq!(proven(&policy, &facts, &[]), [(word.to_owned(), at(end), at(until))], "{facts:?}");
    }
}

#[test]
fn rule_6_what_was_never_permitted_and_what_is_too_long_ago_is_not_kept() {
    let policy = Policy::parse(RETAIL).unwrap();
    let no = [chosen("2026-03-01T00:00:00Z", Chosen::Refused), of("marketing-post", "2026-03-02T00:00:00Z", Chosen::Objected)];
    assert_eq!(proven(&policy, &no, &[]), []);
    let long_ago = [chosen("2020-01-01T00:00:00Z", given(Until::Withdrawn)), chosen("2021-06-01T09:00:00Z", Chosen::Withdrawn)];
    assert_eq!(proven(&policy, &long_ago, &[]), [], "five years and an hour");
    let just = [chosen("2020-01-01T00:00:00Z", given(Until::Withdrawn)), chosen("2021-06-01T10:00:01Z", Chosen::Withdrawn)];
    assert_eq!(proven(&policy, &just, &[]).len(), 1);
    // Off by the policy: no purpose, or no term.
    let given = [chosen("2026-03-01T00:00:00Z", given(Until::Withdrawn))];
    let block = RETAIL.find("[[purpose]]\nid = \"legal-claims\"").unwrap();
    let (head, tail) = RETAIL.split_at(block);
    let none = Policy::parse(&format!("{head}{}", tail.replacen("choices = \"P5Y\"", "choices = \"none\"", 1))).unwrap();
    assert_eq!(proven(&none, &given, &[]), []);
    let gone = format!("{head}{}", &tail[tail.find("\n# ─").unwrap()..]);
    assert_eq!(proven(&Policy::parse(&gone).unwrap(), &given, &[]), []);
}

#[test]
fn rule_6_later_choices_policies_and_consenters_end_what_stood() {
    let policy = Policy::parse(RETAIL).unwrap();
    let words = |facts: &[Fact], ended: &[Ended<'_>]| proven(&policy, facts, ended).into_iter().map(|(word, ..)| word).collect::<Vec<_>>();
    let (a, b, c) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    let anew = [
        chosen(a, given(Until::Withdrawn)),
        chosen(b, given(Until::Withdrawn)),
        of("marketing-sms", c, covering(&["contact"], &["retailer"], &["sms"], Until::Withdrawn)),
    ];
    assert_eq!(words(&anew, &[]), ["given_anew", "erased", "erased"]);
    let changed = ["recommendations".to_owned()];
    let adopted = |position| Ended { position, at: at("2026-02-15T00:00:00Z"), purposes: &changed };
    assert_eq!(words(&anew, &[adopted(25)]), ["given_anew", "invalidated", "erased"]);
    assert_eq!(words(&anew, &[adopted(99)]), ["given_anew", "invalidated", "erased"]);
    assert_eq!(words(&anew, &[adopted(5)]), ["given_anew", "erased", "erased"], "before any of them");
    let stated = |when: &str, consenter| {
        let evidence =
            Evidence { policy_version: "1".into(), language: "nl".into(), method: "desk".into(), actor: regie_domain::fact::Actor::Staff };
        Fact::ConsenterStated(ConsenterStated { consenter, at: at(when), evidence, by_request: String::new() })
    };
    let guardian = |when: &str| Fact::Chosen(Choice { at: at(when), ..by_guardian("recommendations", given(Until::Withdrawn)) });
    let child = [
        chosen(a, given(Until::Withdrawn)),
        stated(b, Consenter::Guardian),
        guardian(c),
        stated("2026-04-01T00:00:00Z", Consenter::Customer),
    ];
    assert_eq!(words(&child, &[]), ["consenter_changed", "consenter_changed"]);
}
