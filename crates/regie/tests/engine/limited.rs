//! Rule 3: permissions that end by being used, or with a visit.

use std::sync::Arc;

use regie::engine::api::{Give, Question, Wish};
use regie_domain::consent::UntilWish;
use regie_domain::fact::{EventName, Fact};

use super::support::*;

/// Rule 3: "once" is used up by exactly one of many uses that race; a retry of that one repeats the answer, also after a restart.
#[test]
fn once_is_once_under_a_race() {
    let mut world = world();
    let c = world.open(user("a"));
    for round in 0..5 {
        world.give(c, "recommendations", UntilWish::Once);
        let question = Arc::new(question("recommendations", "purchases"));
        let engine = world.engine().clone();
        let answers: Vec<(usize, String)> = world.run.block_on(async {
            let tasks: Vec<_> = (0..16)
                .map(|i| {
                    let (engine, question) = (engine.clone(), question.clone());
                    tokio::spawn(
                        async move { engine.use_now(Some(c), &question, Some(format!("round {round} request {i}"))).await.unwrap() },
                    )
                })
                .collect();
            let mut answers = Vec::new();
            for (i, task) in tasks.into_iter().enumerate() {
                let answer = task.await.unwrap();
                answers.push((i, format!("{} {} {:?}", answer.decision, answer.reason, answer.until)));
            }
            answers
        });
        let allowed: Vec<usize> = answers.iter().filter(|(_, a)| a.starts_with("allow")).map(|(i, _)| *i).collect();
        assert_eq!(allowed.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|(_, a)| a == "allow consent Some(\"once\")" || a == "deny used_up None"), "{answers:?}");
        drop(engine);
        if round == 4 {
            world.restart();
        }
        let again =
            |i: usize| world.run.block_on(world.engine().use_now(Some(c), &question, Some(format!("round {round} request {i}")))).unwrap();
        for (i, answer) in &answers {
            let repeated = again(*i);
            assert_eq!(*answer, format!("{} {} {:?}", repeated.decision, repeated.reason, repeated.until), "a retry repeats the answer");
        }
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny used_up");
    }
    let used_up = world
        .facts_of(&user("a"))
        .iter()
        .filter(|f| matches!(f, Fact::Chosen(c) if matches!(c.what, regie_domain::fact::Chosen::UsedUp { .. })))
        .count();
    assert_eq!(used_up, 5);
}

#[test]
fn the_same_request_may_race_with_itself() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Once);
    let engine = world.engine().clone();
    let allowed = world.run.block_on(async move {
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let engine = engine.clone();
                tokio::spawn(async move {
                    engine.use_now(Some(c), &question("recommendations", "purchases"), Some("one".into())).await.unwrap().decision
                })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap());
        }
        all
    });
    assert!(allowed.iter().all(|d| *d == "allow"), "{allowed:?}");
}

/// A retry repeats its own answer and opens nothing else: not another purpose, not a category that was never covered.
#[test]
fn a_retry_of_once_stays_within_what_was_permitted() {
    let mut world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Once);
    world.give(c, "demand-insight", UntilWish::Once);
    let ask = |world: &World, purpose: &str, category: &str, channel: Option<&str>, request: &str| {
        let question = Question { channel: channel.map(String::from), ..question(purpose, category) };
        let answer = world.run.block_on(world.engine().use_now(Some(c), &question, Some(request.into()))).unwrap();
        format!("{} {}", answer.decision, answer.reason)
    };
    assert_eq!(ask(&world, "recommendations", "purchases", Some("web"), "r1"), "allow consent");
    assert_eq!(ask(&world, "demand-insight", "purchases", None, "r2"), "allow consent");
    for _ in ["running", "restarted"] {
        assert_eq!(ask(&world, "recommendations", "purchases", Some("web"), "r1"), "allow consent");
        assert_eq!(ask(&world, "recommendations", "browsing", Some("app"), "r1"), "allow consent");
        assert_eq!(ask(&world, "demand-insight", "purchases", None, "r2"), "allow consent");
        assert_eq!(ask(&world, "recommendations", "purchases", Some("web"), "r2"), "deny used_up", "another purpose's request");
        assert_eq!(ask(&world, "demand-insight", "purchases", None, "r1"), "deny used_up", "another purpose's request");
        assert_eq!(ask(&world, "recommendations", "sensitive-purchases", Some("web"), "r1"), "deny used_up", "never covered");
        assert_eq!(ask(&world, "recommendations", "purchases", Some("email"), "r1"), "deny used_up", "never covered");
        world.restart();
    }
    let without_key = world.run.block_on(async {
        world.engine().give(c, giving("recommendations", UntilWish::Once)).await.unwrap();
        world.engine().use_now(Some(c), &question("recommendations", "purchases"), None).await
    });
    assert_eq!(without_key.unwrap_err().code(), "idempotency_key_required");
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent", "and nothing was used up");
}

/// A recommendation for once is personal, exactly once; a retry gets the same list again.
#[test]
fn a_recommendation_for_once_uses_what_it_was_permitted_to() {
    let world = world();
    let c = world.open(user("a"));
    world.buy("a", &["bread"]);
    world.buy("a", &["bread"]);
    world.give(c, "recommendations", UntilWish::Once);
    world.look("a", "cheese");
    let unkeyed = world.recommend_to(c);
    assert!(!unkeyed.personal && unkeyed.once_not_used);
    let keyed = |request: &str| world.recommend(Wish { request: Some(request.into()), ..wish(Some(c)) });
    let first = keyed("r1");
    assert!(first.personal, "{first:?}");
    assert_eq!(first.items[0].item, "bread");
    assert_eq!(&*first.items[0].because[0].until, "once");
    assert_eq!(keyed("r1"), first, "a retry");
    let second = keyed("r2");
    assert_eq!((second.personal, second.reason), (false, "used_up"));
    assert_eq!(world.events_of("a"), [EventName::OrderCompleted, EventName::OrderCompleted], "the look rested on that permission alone");
}

/// A visit-bound permission holds in that visit, ends with it, and with the process that holds it.
#[test]
fn a_permission_for_a_visit_ends_with_the_visit_or_the_process() {
    for ends_with in ["the visit", "the process"] {
        let mut world = world();
        let c = world.open(user("a"));
        let missing = world.try_give(c, giving("recommendations", UntilWish::Visit)).unwrap_err();
        assert_eq!(missing.code(), "visit_missing");
        world.try_give(c, Give { visit: Some("v1".into()), ..giving("recommendations", UntilWish::Visit) }).unwrap();
        let asked = |world: &World, visit: Option<&str>| {
            let question = Question { visit: visit.map(String::from), ..question("recommendations", "browsing") };
            let answer = world.engine().decide(Some(c), &question).unwrap();
            format!("{} {} {}", answer.decision, answer.reason, answer.until.unwrap_or_default())
        };
        assert_eq!(asked(&world, Some("v1")), "allow consent visit");
        assert_eq!(asked(&world, Some("v2")), "deny expired ");
        assert_eq!(asked(&world, None), "deny expired ");
        for (session, item) in [("v1", "tea"), ("v2", "coffee")] {
            let mut message = view(user_message("a"), item, world.now());
            message.session = Some(session.into());
            world.send(message);
        }
        assert_eq!(world.events_of("a"), [EventName::ProductViewed], "only that visit's look is kept");
        world.buy("a", &["bread"]);
        let within = world.recommend(Wish { visit_id: Some("v1".into()), ..wish(Some(c)) });
        assert!(within.personal);
        assert!(within.items.iter().flat_map(|i| &i.because).all(|b| &*b.until == "visit"));
        assert!(!world.recommend(Wish { visit_id: Some("v2".into()), ..wish(Some(c)) }).personal);
        if ends_with == "the visit" {
            world.run.block_on(world.engine().end_visit(c, "v2")).unwrap();
            assert_eq!(asked(&world, Some("v1")), "allow consent visit", "another visit's end is not its end");
            world.run.block_on(world.engine().end_visit(c, "v1")).unwrap();
        } else {
            world.restart();
        }
        assert_eq!(asked(&world, Some("v1")), "deny expired ", "{ends_with}");
        assert_eq!(world.events_of("a"), [EventName::OrderCompleted], "{ends_with}: what rested on it is gone from the disk");
        assert!(!world.recommend(Wish { visit_id: Some("v1".into()), ..wish(Some(c)) }).personal);
    }
}

/// A customer of two records keeps a visit-bound permission through the join, whichever record the visit's events go to.
#[test]
fn a_visit_is_the_customers_and_not_the_records() {
    let world = world();
    let (old, young) = (world.open(user("old")), world.open(user("young")));
    world.try_give(young, Give { visit: Some("v1".into()), ..giving("recommendations", UntilWish::Visit) }).unwrap();
    world.run.block_on(world.engine().join(old, young, regie_domain::fact::Actor::Customer)).unwrap();
    let question = Question { visit: Some("v1".into()), ..question("recommendations", "browsing") };
    for c in [old, young] {
        assert_eq!(world.engine().decide(Some(c), &question).unwrap().decision, "allow");
    }
    for id in ["old", "young"] {
        let mut message = view(user_message(id), "tea", world.now());
        message.session = Some("v1".into());
        world.send(message);
        assert_eq!(world.events_of(id), [EventName::ProductViewed]);
    }
    world.run.block_on(world.engine().end_visit(old, "v1")).unwrap();
    assert_eq!(world.engine().decide(Some(young), &question).unwrap().reason, "expired");
    assert!(world.events_of("old").is_empty() && world.events_of("young").is_empty());
}
