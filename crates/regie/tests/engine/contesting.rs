//! Rule 17: what is decided with significant effect is contested in one step, answered by a person, and both are proven.

use regie::engine::contest::{Contest, ContestWish};
use regie::engine::timeline::Happened;
use regie::engine::{EngineError, timeline};
use regie_domain::consent::ClaimedEvidence;
use regie_domain::fact::ContestOutcome;
use regie_domain::ids::{ContestId, Handle};

use super::ledger::{holds, receipts};
use super::policies::{changed, policy};
use super::support::*;

const BASIS: &str = "basis = \"contract\"";
const CONTEST: &str = "basis = \"contract\"\ncontest = { nl = \"We weigeren achteraf betalen. Vraag om een mens.\", en = \"We refuse pay-later. Ask for a person.\" }";

fn contestable() -> World {
    let mut world = world();
    let (before, after) = changed("delivery", BASIS, CONTEST);
    world.adopt(&policy("2027-01-01", &[(&before, &after)]));
    world
}

fn contest(world: &World, c: Handle, purpose: &str, reference: Option<&str>) -> Result<Contest, EngineError> {
    let wish = ContestWish { purpose: purpose.into(), reference: reference.map(Into::into), reason: Some("I always pay.".into()) };
    world.run.block_on(world.engine().contest(c, wish, Some(evidence())))
}

fn answer(world: &World, c: Handle, id: ContestId, outcome: ContestOutcome, actor: &str) -> Result<Contest, EngineError> {
    let by = ClaimedEvidence { actor: Some(actor.into()), method: Some("email".into()), ..evidence() };
    world.run.block_on(world.engine().answer_contest(c, id, outcome, "An invoice was open.".into(), Some(by)))
}

#[test]
fn a_decision_is_contested_answered_by_a_person_and_told() {
    let mut world = contestable();
    let c = world.open(user("a"));
    assert_eq!(contest(&world, c, "recommendations", None).unwrap_err().code(), "purpose_not_contestable");
    let first = contest(&world, c, "delivery", Some("order 17")).unwrap();
    world.hands.pass(HOUR);
    assert_eq!(contest(&world, c, "delivery", Some("order 17")).unwrap(), first, "it waits already");
    let second = contest(&world, c, "delivery", None).unwrap();
    assert_ne!(second.contest, first.contest);
    assert_eq!(answer(&world, c, ContestId(1), ContestOutcome::Upheld, "staff").unwrap_err().code(), "contest_unknown");
    let other = world.open(user("b"));
    assert_eq!(answer(&world, other, first.contest, ContestOutcome::Upheld, "staff").unwrap_err().code(), "contest_unknown");
    for no_person in ["source", "customer"] {
        assert_eq!(answer(&world, c, first.contest, ContestOutcome::Upheld, no_person).unwrap_err().code(), "evidence_missing");
    }
    world.hands.pass(HOUR);
    let answered = answer(&world, c, first.contest, ContestOutcome::Changed, "staff").unwrap();
    assert_eq!(answered.answer.as_ref().unwrap().outcome, ContestOutcome::Changed);
    assert_eq!(answer(&world, c, first.contest, ContestOutcome::Changed, "staff").unwrap(), answered, "said again");
    assert_eq!(answer(&world, c, first.contest, ContestOutcome::Upheld, "staff").unwrap_err().code(), "contest_answered", "answered");
    for _ in ["running", "restarted"] {
        assert_eq!(world.engine().contests(c).unwrap(), [second.clone(), answered.clone()]);
        let asked = timeline::Asked { limit: 10, ..timeline::Asked::default() };
        let told = world.engine().timeline(c, &asked).unwrap().rows;
        let told: Vec<_> = told
            .iter()
            .filter_map(|row| match &row.what {
                Happened::Contested { reference, .. } => Some(format!("contested {}", reference.as_deref().unwrap_or("-"))),
                Happened::ContestAnswered { outcome, reasons, .. } => Some(format!("{} {reasons}", outcome.code())),
                _ => None,
            })
            .collect();
        assert_eq!(told, ["changed An invoice was open.", "contested -", "contested order 17"]);
        let all = receipts(&world, c);
        all.iter().for_each(|receipt| holds(&world, receipt));
        let said: Vec<_> = all.iter().map(|r| r["regie:ledger"]["core"]["choice"].as_str().unwrap()).collect();
        assert_eq!(said, ["contest_answered", "contested", "contested"]);
        let right = &all[1]["dpv:hasRecordOfActivity"]["dpv:hasRight"]["@type"][1];
        assert_eq!(right, "eu-gdpr:A22");
        assert_eq!(world.engine().export(c).unwrap()["contests"].as_array().unwrap().len(), 2);
        world.restart();
    }
    // It changes nothing about what is permitted, and a device's comes along.
    let d = world.open(device("d"));
    contest(&world, d, "delivery", None).unwrap();
    world.run.block_on(world.engine().join(c, d, regie_domain::fact::Actor::Customer)).unwrap();
    assert_eq!(world.engine().contests(c).unwrap().len(), 3);
    assert_eq!(world.crashed_copy().audit(), world.audit());
    world.erase(c);
    assert!(!world.facts().iter().any(|(_, f)| matches!(f, regie_domain::fact::Fact::DecisionContested(_))));
}

/// Pressed in two tabs, answered at two desks: one contest, one answer.
#[test]
fn at_once_there_is_one_contest_and_one_answer() {
    let world = contestable();
    let c = world.open(user("a"));
    let engine = world.engine();
    let wish = || ContestWish { purpose: "delivery".into(), reference: Some("order 17".into()), reason: None };
    let both = || async { tokio::join!(engine.contest(c, wish(), Some(evidence())), engine.contest(c, wish(), Some(evidence()))) };
    let (one, other) = world.run.block_on(both());
    let id = one.unwrap().contest;
    assert_eq!((id, engine.contests(c).unwrap().len()), (other.unwrap().contest, 1));
    let by = || Some(ClaimedEvidence { actor: Some("staff".into()), method: Some("email".into()), ..evidence() });
    let answer = |outcome| engine.answer_contest(c, id, outcome, "An invoice was open.".into(), by());
    let answers = || async { tokio::join!(answer(ContestOutcome::Changed), answer(ContestOutcome::Upheld)) };
    let (one, other) = world.run.block_on(answers());
    assert!(one.is_ok() != other.is_ok(), "the first answer is the answer");
}
