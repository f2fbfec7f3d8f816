//! Who consents for a customer (Article 8), and choices that are asked for twice.

use regie::engine::api::Give;
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{Actor, Consenter, EventName};

use super::support::*;

/// Rule 8: below the policy's age a guardian consents; what the child had given carries nothing, at once and on the disk; no marketing
/// profile of a minor; at sixteen all is asked anew.
#[test]
fn a_minor_needs_the_guardian_and_is_asked_anew() {
    let mut world = world();
    world.buy("child", &["bread"]);
    let c = world.user("child");
    for purpose in ["recommendations", "model-improvement"] {
        world.give(c, purpose, UntilWish::Withdrawn);
    }
    world.look("child", "tea");
    assert_eq!((world.engine().sizes().1, world.events_of("child").len()), (1, 2));
    let say = |world: &World, consenter| world.run.block_on(world.engine().state_consenter(c, consenter, Some(evidence())));
    let as_guardian = || ClaimedEvidence { actor: Some("guardian".into()), ..evidence() };
    let give = |world: &World, purpose: &str, evidence| {
        let result = world.try_give(c, Give { evidence: Some(evidence), ..giving(purpose, UntilWish::Withdrawn) });
        result.map_err(|e| e.code())
    };

    say(&world, Consenter::Guardian).unwrap();
    for _ in 0..2 {
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny minor");
        assert!(!world.recommend_to(c).personal);
        assert_eq!(world.engine().sizes().1, 0, "nobody learns from it any more");
        assert_eq!(world.events_of("child"), [EventName::OrderCompleted], "the order stays, looking around does not");
        assert_eq!(give(&world, "recommendations", evidence()), Err("guardian_needed"));
        assert_eq!(give(&world, "personalised-advertising", as_guardian()), Err("not_for_minors"));
        assert_eq!(world.verdict(c, "personalised-advertising", "browsing"), "deny minor");
        assert_eq!(world.verdict(c, "order-handling", "purchases"), "allow contract");
        world.restart();
    }

    give(&world, "recommendations", as_guardian()).unwrap();
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent");
    assert!(world.recommend_to(c).personal);
    let rows = world.facts().len();
    say(&world, Consenter::Guardian).unwrap();
    assert_eq!(world.facts().len(), rows, "saying what stands already changes nothing");

    say(&world, Consenter::Customer).unwrap();
    for _ in 0..2 {
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny unknown");
        assert!(!world.recommend_to(c).personal);
        let list = world.engine().consents(c).unwrap();
        assert_eq!(list.consenter, Some(Consenter::Customer));
        assert_eq!(list.consenters.iter().map(|c| c.consenter).collect::<Vec<_>>(), [Consenter::Customer, Consenter::Guardian]);
        world.restart();
    }
    give(&world, "recommendations", evidence()).unwrap();
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent");

    // An answer on a page never takes a guardian back, whenever it comes.
    say(&world, Consenter::Guardian).unwrap();
    let answer = |consenter| world.run.block_on(world.engine().answer_consenter(c, consenter, Some(evidence()))).unwrap();
    assert_eq!(answer(Consenter::Customer), Some(Consenter::Guardian));
    say(&world, Consenter::Customer).unwrap();
    assert_eq!(answer(Consenter::Customer), Some(Consenter::Customer));

    // Joined with somebody for whom a guardian consents: the guardian does, for both.
    let other = world.open(user("other"));
    world.run.block_on(world.engine().state_consenter(other, Consenter::Guardian, Some(evidence()))).unwrap();
    world.run.block_on(world.engine().join(c, other, Actor::Source)).unwrap();
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny minor");
    assert!(say(&world, Consenter::Customer).is_ok());
    let unproved = world.run.block_on(world.engine().state_consenter(c, Consenter::Guardian, None));
    assert_eq!(unproved.map_err(|e| e.code()), Err("evidence_missing"));
}

/// A request that is retried after a restart chooses nothing again: what was withdrawn meanwhile stays so, and so does who consents.
#[test]
fn a_late_retry_brings_nothing_back() {
    let mut world = world();
    let c = world.open(user("a"));
    let again = |world: &World, name: &str| {
        let engine = world.engine().for_request(Some(name.into()));
        world.run.block_on(engine.give(c, giving("recommendations", UntilWish::Withdrawn))).unwrap();
    };
    again(&world, "k/1");
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent");
    world.withdraw(c, "recommendations");
    for _ in 0..2 {
        again(&world, "k/1");
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny withdrawn");
        world.restart();
    }
    again(&world, "k/2");
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent", "another request is another choice");

    let say = |world: &World, name: &str, consenter| {
        let engine = world.engine().for_request(Some(name.into()));
        world.run.block_on(engine.state_consenter(c, consenter, Some(evidence()))).unwrap();
    };
    say(&world, "k/3", Consenter::Customer);
    say(&world, "k/4", Consenter::Guardian);
    world.restart();
    say(&world, "k/3", Consenter::Customer);
    assert_eq!(world.engine().consenter(c).unwrap(), Some(Consenter::Guardian));
}
