//! Rule 29: cut off from the truth, an engine denies everything but what rests on a contract or the law.

use std::time::Duration;

use regie::engine::api::Wish;
use regie_domain::consent::UntilWish;
use regie_domain::policy::ConsentSignal;

use super::support::*;

/// Somebody else holds the database, so that nothing can be written: a withdrawal cannot be recorded, and from then on nothing is
/// permitted that could have been withdrawn. As soon as the store takes writes again, what was permitted is.
#[test]
fn a_store_that_takes_nothing_permits_nothing_that_could_be_withdrawn() {
    let mut world = world();
    let c = world.open(user("a"));
    for purpose in ["recommendations", "model-improvement", "device-storage"] {
        world.give(c, purpose, UntilWish::Withdrawn);
    }
    world.buy("a", &["bread", "butter"]);
    world.buy("a", &["bread"]);
    world.put(serde_json::json!([{"item": "bread"}, {"item": "butter"}]));
    let told = regie::engine::api::Tell {
        item: regie_domain::information::InformationItem::Diet,
        value: serde_json::json!("vegan"),
        purpose: "recommendations".into(),
        until: UntilWish::Week,
        recipients: None,
        visit: None,
        evidence: Some(evidence()),
    };
    world.run.block_on(world.engine().tell(c, told)).unwrap();
    assert!(world.recommend_to(c).personal);
    let granted = |world: &World| -> usize {
        let mode: Vec<(ConsentSignal, bool)> = world.engine().consent_mode(Some(c), None).unwrap();
        mode.iter().filter(|(_, granted)| *granted).count()
    };
    assert!(granted(&world) > 0);

    let other = rusqlite::Connection::open(world.dir.path().join("facts.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = world.run.block_on(world.engine().withdraw(c, "recommendations", None)).map(drop).map_err(|e| e.code());
    assert_eq!(refused, Err("io"));
    assert!(world.engine().is_cut_off());
    let all = [
        ("recommendations", "purchases", "deny cut_off"),
        ("recommendations", "my-information", "deny cut_off"),
        ("model-improvement", "purchases", "deny cut_off"),
        ("fraud-prevention", "purchases", "deny cut_off"),
        ("visit-service", "browsing", "deny cut_off"),
        ("order-handling", "purchases", "allow contract"),
        ("tax-records", "purchases", "allow legal_obligation"),
        ("demand-insight", "purchases", "deny unknown"),
    ];
    for (purpose, category, verdict) in all {
        assert_eq!(world.verdict(c, purpose, category), verdict, "{purpose}");
        let (used, decision) = world.engine().judged(Some(c), &question(purpose, category)).unwrap();
        if verdict == "deny cut_off" {
            assert_eq!(world.engine().explain(c, used, decision).unwrap().rule.code(), "rule_29_cut_off");
        }
    }
    // Everybody gets what is the same for everybody.
    for wish in [wish(Some(c)), Wish { visit: vec!["bread".into()], ..wish(Some(c)) }, Wish { visit: vec!["bread".into()], ..wish(None) }] {
        let answer = world.recommend(wish);
        assert!(!answer.personal && answer.items.iter().all(|item| item.because.is_empty()), "{answer:?}");
    }
    assert_eq!(granted(&world), 0);
    let difference = world.run.block_on(world.engine().difference(c, 10, Some(evidence()))).unwrap();
    assert!(matches!(difference, Err(regie_domain::consent::Reason::CutOff)));

    other.execute_batch("ROLLBACK").unwrap();
    for _ in 0..2000 {
        if !world.engine().is_cut_off() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!world.engine().is_cut_off(), "it notices by itself");
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent", "nobody withdrew it: the withdrawal was refused");
    assert!(world.recommend_to(c).personal && granted(&world) > 0);
    world.withdraw(c, "recommendations");
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny withdrawn");
    world.restart();
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny withdrawn");
}
