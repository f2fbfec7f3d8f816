//! What was allowed at a past moment (`at`), and which rule decided (`explain`).

use regie::engine::api::Question;
use regie::engine::past::Explained;
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{Actor, Consenter, RestrictedPart};
use regie_domain::ids::Handle;
use regie_domain::time::Time;

use super::support::*;

fn by_staff() -> ClaimedEvidence {
    ClaimedEvidence { actor: Some("staff".into()), ..evidence() }
}

impl World {
    fn then(&self, record: Handle, question: &Question, at: i64) -> Explained {
        self.engine().decide_at(record, question, Time::from_seconds(at)).unwrap()
    }

    fn was(&self, record: Handle, purpose: &str, at: i64) -> String {
        let then = self.then(record, &question(purpose, "purchases"), at);
        format!("{} {}", then.answer.decision, then.answer.reason)
    }
}

/// Every state of the past answers as it did then, whatever came after; also after a restart.
#[test]
fn every_moment_of_the_past_answers_as_it_did() {
    let mut world = world();
    let c = world.open(user("a"));
    let mut expected: Vec<(i64, String, String)> = Vec::new();
    let now = |world: &World| world.now().seconds();
    let mut note = |world: &World, what: &str| {
        expected.push((now(world), what.to_owned(), world.verdict(c, "recommendations", "purchases")));
        world.hands.pass(HOUR);
    };
    note(&world, "never asked");
    world.run.block_on(world.engine().refuse(c, "recommendations", Some(evidence()))).unwrap();
    note(&world, "refused");
    world.give(c, "recommendations", UntilWish::Day);
    note(&world, "given");
    world.run.block_on(world.engine().state_consenter(c, Consenter::Guardian, Some(evidence()))).unwrap();
    note(&world, "guardian");
    world.run.block_on(world.engine().state_consenter(c, Consenter::Customer, Some(evidence()))).unwrap();
    note(&world, "customer again");
    world.give(c, "recommendations", UntilWish::Day);
    world.run.block_on(world.engine().restrict(c, RestrictedPart::default(), None, None)).unwrap();
    note(&world, "restricted");
    world.run.block_on(world.engine().lift(c, RestrictedPart::default(), Some(evidence()))).unwrap();
    note(&world, "lifted");
    world.hands.pass(DAY);
    note(&world, "expired");
    world.give(c, "recommendations", UntilWish::Once);
    note(&world, "once");
    let used = world.run.block_on(world.engine().use_now(Some(c), &question("recommendations", "purchases"), Some("u".into())));
    assert_eq!(used.unwrap().decision, "allow");
    note(&world, "used up");
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.withdraw(c, "recommendations");
    note(&world, "withdrawn");
    let distinct: std::collections::BTreeSet<_> = expected.iter().map(|(_, _, verdict)| verdict.clone()).collect();
    assert_eq!(distinct.len(), 8, "{expected:?}");
    for how in ["running", "restarted"] {
        for (at, what, verdict) in &expected {
            assert_eq!(world.was(c, "recommendations", *at), *verdict, "{what}, {how}");
        }
        world.restart();
    }
}

/// Records answer for themselves until they were joined, and together from then on.
#[test]
fn before_a_join_each_record_answers_for_itself() {
    let world = world();
    let (a, b) = (world.open(user("a")), world.open(user("b")));
    world.give(a, "recommendations", UntilWish::Withdrawn);
    world.run.block_on(world.engine().refuse(b, "recommendations", Some(evidence()))).unwrap();
    let apart = world.now().seconds();
    world.hands.pass(HOUR);
    world.run.block_on(world.engine().join(a, b, Actor::Customer)).unwrap();
    let joined = world.now().seconds();
    world.hands.pass(HOUR);
    world.give(b, "recommendations", UntilWish::Withdrawn);
    let decided = world.now().seconds();
    assert_eq!(world.was(a, "recommendations", apart), "allow consent");
    assert_eq!(world.was(b, "recommendations", apart), "deny refused");
    for record in [a, b] {
        assert_eq!(world.was(record, "recommendations", joined), "deny refused");
        assert_eq!(world.was(record, "recommendations", decided), "allow consent");
    }
}

#[test]
fn what_is_no_longer_kept_is_not_answered_and_all_else_is() {
    let mut world = world();
    let c = world.open(user("a"));
    // Another purpose's shorter term ends nothing that this one keeps.
    let (before, after) = super::policies::changed("end-reminder", "choices = \"none\"", "choices = \"P30D\"");
    world.adopt(&super::policies::policy("2027-01-01", &[(&before, &after)]));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    let given = world.now().seconds() + 1;
    world.hands.pass(5 * 365 * DAY);
    assert_eq!(world.was(c, "recommendations", given), "allow consent", "five years and their leap days are not over");
    world.hands.pass(3 * DAY);
    let code = |at| world.engine().decide_at(c, &question("recommendations", "purchases"), Time::from_seconds(at)).map_err(|e| e.code());
    assert_eq!(code(given).map(|_| ()), Err("at_not_kept"));
    assert_eq!(world.was(c, "recommendations", given + 30 * DAY), "allow consent");
}

#[test]
fn a_moment_that_cannot_be_answered_is_refused() {
    let world = world();
    let c = world.open(user("a"));
    let asked = |at: i64| {
        world.engine().decide_at(c, &question("recommendations", "purchases"), Time::from_seconds(at)).map(|_| ()).map_err(|e| e.code())
    };
    assert_eq!(asked(START + 1), Err("at_in_the_future"));
    assert_eq!(asked(START), Ok(()));
    assert_eq!(asked(START - 1), Err("at_before_policy"), "nothing was in force");
    // A clock that jumps back makes no past of what is recorded.
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.hands.set_wall_by(-DAY);
    assert_eq!(world.was(c, "recommendations", START), "allow consent");
    let nobody = world.engine().decide_at(Handle(1), &question("recommendations", "purchases"), Time::from_seconds(START));
    assert_eq!(nobody.map(|_| ()).map_err(|e| e.code()), Err("customer_unknown"));
}

/// The rule, the basis, what it rests on and what the customer could do, for each way that a decision can go.
#[test]
fn an_explanation_names_the_rule_that_decided() {
    type Act = fn(&World, Handle);
    let cases: [(&str, &str, &str, &str, &str, Act); 18] = [
        ("recommendations", "purchases", "rule_2_never_asked", "", "give", |_, _| {}),
        ("recommendations", "purchases", "rule_1_consent_holds", "given", "withdraw", |w, c| w.give(c, "recommendations", UntilWish::Week)),
        ("recommendations", "purchases", "rule_3_once", "given", "withdraw", |w, c| w.give(c, "recommendations", UntilWish::Once)),
        ("recommendations", "purchases", "rule_1_expired", "given", "give", |w, c| {
            w.give(c, "recommendations", UntilWish::Day);
            w.hands.pass(DAY);
        }),
        ("recommendations", "purchases", "rule_4_withdrawn", "withdrawn", "give", |w, c| {
            w.give(c, "recommendations", UntilWish::Day);
            w.withdraw(c, "recommendations");
        }),
        ("recommendations", "purchases", "rule_2_refused", "refused", "give", |w, c| {
            w.run.block_on(w.engine().refuse(c, "recommendations", Some(evidence()))).map(drop).unwrap();
        }),
        ("recommendations", "my-information", "rule_5_category", "given", "widen", |w, c| w.give(c, "recommendations", UntilWish::Week)),
        ("recommendations", "contact", "rule_5_category", "given", "nothing", |w, c| w.give(c, "recommendations", UntilWish::Week)),
        ("recommendations", "sensitive-purchases", "rule_8a_special_category", "given", "widen", |w, c| {
            w.give(c, "recommendations", UntilWish::Week);
        }),
        ("visit-service", "browsing", "rule_9_objection", "objected", "end_objection", |w, c| {
            w.run.block_on(w.engine().object(c, "visit-service", true, None)).map(drop).unwrap();
        }),
        // What protects others goes on while the objection is weighed, and stops where it is upheld.
        ("fraud-prevention", "purchases", "rule_9_weighing", "objected", "end_objection", |w, c| {
            w.run.block_on(w.engine().object(c, "fraud-prevention", true, None)).map(drop).unwrap();
        }),
        ("fraud-prevention", "purchases", "rule_9_objection", "objected", "end_objection", |w, c| {
            w.run.block_on(w.engine().object(c, "fraud-prevention", true, None)).map(drop).unwrap();
            w.run.block_on(w.engine().weigh_objection(c, "fraud-prevention", true, Some(by_staff()))).map(drop).unwrap();
        }),
        ("fraud-prevention", "purchases", "rule_7_legitimate_interest", "", "object", |w, c| {
            w.run.block_on(w.engine().object(c, "fraud-prevention", true, None)).map(drop).unwrap();
            w.run.block_on(w.engine().weigh_objection(c, "fraud-prevention", false, Some(by_staff()))).map(drop).unwrap();
        }),
        ("legal-claims", "choices", "rule_7_legal_obligation", "", "nothing", |_, _| {}),
        ("recommendations", "purchases", "rule_10_restriction", "restricted", "lift_restriction", |w, c| {
            w.give(c, "recommendations", UntilWish::Week);
            let part = RestrictedPart { purpose: None, category: Some("purchases".into()) };
            w.run.block_on(w.engine().restrict(c, part, None, None)).unwrap();
        }),
        ("recommendations", "purchases", "rule_8_guardian", "guardian", "ask_guardian", |w, c| {
            w.run.block_on(w.engine().state_consenter(c, Consenter::Guardian, Some(evidence()))).unwrap();
        }),
        ("order-handling", "purchases", "rule_7_contract", "", "nothing", |_, _| {}),
        ("fraud-prevention", "purchases", "rule_7_legitimate_interest", "", "object", |_, _| {}),
    ];
    for (purpose, category, rule, rests_on, can, act) in cases {
        let world = world();
        let c = world.open(user("a"));
        act(&world, c);
        let question = question(purpose, category);
        let (used, decision) = world.engine().judged(Some(c), &question).unwrap();
        let why = world.engine().explain(c, used, decision).unwrap();
        let then = world.then(c, &question, world.now().seconds());
        for (how, why) in [("now", &why), ("then", &then)] {
            assert_eq!((why.rule.code(), why.can.code()), (rule, can), "{purpose}/{category} {how}: {:?}", why.answer);
            let rested = why
                .rests_on
                .as_ref()
                .map_or("", |on| ["choice", "change", "consenter"].iter().find_map(|key| on[*key].as_str()).unwrap_or("?"));
            assert_eq!(rested, rests_on, "{purpose}/{category} {how}");
            assert_eq!(why.policy.version, world.engine().policy().version);
        }
        assert_eq!(why.answer, then.answer);
    }
}
