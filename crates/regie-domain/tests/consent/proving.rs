//! What is left to prove of past consents after an erasure: how each ended, and for how long it is kept.

use regie_domain::consent::{Ended, Placed, prove};
use regie_domain::fact::{
    Actor, Choice, Chosen, Consenter, ConsenterStated, Evidence, Fact, Identifier, IdentifierKind, InformationHidden, InformationRemoved,
    InformationStated, RecordJoined, RecordOpened, Until, VisitId,
};
use regie_domain::ids::{Handle, RecordId};
use regie_domain::information::InformationItem;
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
    let placed = (10..).step_by(10).zip(facts).map(|(position, fact)| Placed { position, record: RecordId([1; 16]), fact });
    prove(policy, &placed.collect::<Vec<_>>(), ended, at(ERASED)).into_iter().map(|p| (p.ended, p.ended_at, p.until)).collect()
}

fn evidence(actor: Actor) -> Evidence {
    Evidence { policy_version: "1".into(), language: "nl".into(), method: "desk".into(), actor }
}

/// A customer's record and a device's, opened; then what happens, each with the record it happens to. What is proven, oldest first.
fn of_two(facts: &[(u8, Fact)]) -> Vec<String> {
    let opened = |record: u8| {
        let identifier = Identifier { space: "shop".into(), kind: IdentifierKind::User, value: record.to_string() };
        let handle = Handle(record.into());
        (
            record,
            Fact::RecordOpened(RecordOpened { handle, identifier, source: "shop".into(), on_page: false, at: at("2026-01-01T00:00:00Z") }),
        )
    };
    let all: Vec<(u8, Fact)> = [opened(1), opened(2)].into_iter().chain(facts.iter().cloned()).collect();
    let placed = (10..).step_by(10).zip(&all).map(|(position, (r, fact))| Placed { position, record: RecordId([*r; 16]), fact });
    let policy = Policy::parse(RETAIL).unwrap();
    let proofs = prove(&policy, &placed.collect::<Vec<_>>(), &[], at(ERASED));
    proofs
        .into_iter()
        .map(|p| {
            let what = p.information.map_or(p.consent_to.clone(), |item| format!("{}/{item}", p.consent_to));
            format!("{what} {} {}", p.ended, &p.ended_at.to_string()[5..10])
        })
        .collect()
}

fn joined(day: &str, carries: Option<&[&str]>) -> (u8, Fact) {
    let carries = carries.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
    (
        1,
        Fact::RecordJoined(RecordJoined {
            other: Handle(2),
            actor: Actor::Customer,
            carries,
            tells: None,
            at: at(&format!("2026-{day}T00:00:00Z")),
        }),
    )
}

fn gives(record: u8, day: &str, until: Until) -> (u8, Fact) {
    (record, chosen(&format!("2026-{day}T00:00:00Z"), given(until)))
}

fn chose(record: u8, day: &str, what: Chosen) -> (u8, Fact) {
    (record, chosen(&format!("2026-{day}T00:00:00Z"), what))
}

fn tells(record: u8, day: &str, until: Until) -> (u8, Fact) {
    let stated = InformationStated {
        item: InformationItem::Diet,
        value: None,
        purpose: "recommendations".into(),
        recipients: vec!["retailer".into()],
        until,
        at: at(&format!("2026-{day}T00:00:00Z")),
        evidence: evidence(Actor::Customer),
        salt: "ab".repeat(32),
        by_request: String::new(),
    };
    (record, Fact::InformationStated(stated))
}

/// As `join.rs` judges it: before the join each record is a customer of its own.
#[test]
fn rule_6_what_records_permitted_apart_and_together_is_proven_so() {
    let w = Until::Withdrawn;
    let march = Until::Moment(at("2026-03-20T00:00:00Z"));
    let consents = |day: &str, consenter| {
        let stated = ConsenterStated {
            consenter,
            at: at(&format!("2026-{day}T00:00:00Z")),
            evidence: evidence(Actor::Staff),
            salt: String::new(),
            by_request: String::new(),
        };
        (2, Fact::ConsenterStated(stated))
    };
    for (facts, expected) in [
        // Apart, neither ends the other's: a later yes of another record is no new one of the same customer, a no neither.
        (vec![gives(1, "02-01", w), gives(2, "02-02", w)], vec!["recommendations erased 06-01"; 2]),
        (vec![gives(1, "02-01", w), chose(2, "02-02", Chosen::Withdrawn)], vec!["recommendations erased 06-01"]),
        // Joined, a no of either ends what the other permitted.
        (vec![gives(1, "02-01", w), chose(2, "02-02", Chosen::Refused), joined("03-01", None)], vec!["recommendations joined 03-01"]),
        (
            vec![chose(1, "02-01", Chosen::Withdrawn), gives(2, "02-02", w), joined("03-01", Some(&["recommendations"]))],
            vec!["recommendations joined 03-01"],
        ),
        // What ended by itself before says no to nothing.
        (
            vec![gives(1, "02-01", w), gives(2, "02-02", Until::Moment(at("2026-02-10T00:00:00Z"))), joined("03-01", None)],
            vec!["recommendations erased 06-01", "recommendations expired 02-10"],
        ),
        // Nobody was asked: what one of them permitted stands. Asked, it stands where it was taken along (older facts), else it ends.
        (vec![gives(2, "02-02", w), joined("03-01", None)], vec!["recommendations erased 06-01"]),
        (vec![gives(2, "02-02", w), joined("03-01", Some(&["recommendations"]))], vec!["recommendations erased 06-01"]),
        (vec![gives(2, "02-02", w), joined("03-01", Some(&[]))], vec!["recommendations joined 03-01"]),
        // Taken along as a consent of its own.
        (
            vec![gives(2, "02-02", w), joined("03-01", Some(&[])), gives(1, "03-01", w)],
            vec!["recommendations joined 03-01", "recommendations erased 06-01"],
        ),
        // Both permitted: with the sooner end, and with one withdrawal.
        (vec![gives(1, "02-01", w), gives(2, "02-02", march), joined("03-01", Some(&[]))], vec!["recommendations expired 03-20"; 2]),
        (
            vec![gives(1, "02-01", w), gives(2, "02-02", w), joined("03-01", None), chose(2, "04-01", Chosen::Withdrawn)],
            vec!["recommendations withdrawn 04-01"; 2],
        ),
        // Under a guardian what the customer gave permits nothing.
        (
            vec![gives(1, "02-01", w), consents("02-02", Consenter::Guardian), joined("03-01", None)],
            vec!["recommendations consenter_changed 03-01"],
        ),
        // What was told: for itself, and each of the two ways that a join ends it.
        (vec![tells(1, "02-01", w), tells(2, "02-02", w)], vec!["recommendations/diet erased 06-01"; 2]),
        (
            vec![tells(1, "02-01", w), tells(2, "02-02", w), joined("03-01", Some(&[]))],
            vec!["recommendations/diet joined 03-01", "recommendations/diet erased 06-01"],
        ),
        (vec![tells(1, "02-01", w), chose(2, "02-02", Chosen::Refused), joined("03-01", None)], vec!["recommendations/diet joined 03-01"]),
    ] {
        assert_eq!(of_two(&facts), expected, "{facts:?}");
    }
}

#[test]
fn rule_6_what_was_told_is_proven_without_what_it_was() {
    let w = Until::Withdrawn;
    let day = |day: &str| at(&format!("2026-{day}T00:00:00Z"));
    let removed = |visit| {
        let evidence = Some(evidence(Actor::Customer));
        (
            1,
            Fact::InformationRemoved(InformationRemoved {
                item: InformationItem::Diet,
                visit,
                at: day("03-01"),
                evidence,
                salt: String::new(),
                by_request: String::new(),
            }),
        )
    };
    let hidden = (
        1,
        Fact::InformationHidden(InformationHidden {
            item: InformationItem::Diet,
            at: day("03-01"),
            evidence: None,
            salt: String::new(),
            by_request: String::new(),
        }),
    );
    let visit = VisitId(7);
    for (facts, expected) in [
        (vec![tells(1, "02-01", w)], vec!["recommendations/diet erased 06-01"]),
        (vec![tells(1, "02-01", Until::Moment(day("02-10")))], vec!["recommendations/diet expired 02-10"]),
        (vec![tells(1, "02-01", w), removed(None)], vec!["recommendations/diet taken_back 03-01"]),
        (vec![tells(1, "02-01", Until::Visit(visit)), removed(Some(visit))], vec!["recommendations/diet visit_ended 03-01"]),
        (vec![tells(1, "02-01", w), removed(Some(visit))], vec!["recommendations/diet erased 06-01"]),
        (vec![tells(1, "02-01", w), hidden.clone()], vec!["recommendations/diet hidden 03-01"]),
        (
            vec![tells(1, "02-01", w), hidden, tells(1, "04-01", w)],
            vec!["recommendations/diet hidden 03-01", "recommendations/diet erased 06-01"],
        ),
        (
            vec![tells(1, "02-01", w), tells(1, "03-01", w)],
            vec!["recommendations/diet given_anew 03-01", "recommendations/diet erased 06-01"],
        ),
        (vec![tells(1, "02-01", w), chose(1, "03-01", Chosen::Withdrawn)], vec!["recommendations/diet withdrawn 03-01"]),
        // A consent for the whole purpose is another permission.
        (vec![tells(1, "02-01", w), gives(1, "03-01", w)], vec!["recommendations/diet erased 06-01", "recommendations erased 06-01"]),
    ] {
        assert_eq!(of_two(&facts), expected, "{facts:?}");
    }
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
        Fact::ConsenterStated(ConsenterStated {
            consenter,
            at: at(when),
            evidence: evidence(Actor::Staff),
            salt: String::new(),
            by_request: String::new(),
        })
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
