//! Rules 3 and 4 under real races: many threads, each with a runtime of its own, at the same customer.

use std::sync::{Arc, Barrier};

use regie::engine::api::Wish;
use regie::engine::disclosures::Disclose;
use regie::engine::{Engine, EngineError};
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{Actor, Chosen, Fact};
use regie_domain::ids::Handle;

use super::ledger::{holds, receipts};
use super::support::*;

/// What one of them does.
type Act<T> = Box<dyn FnOnce(&Engine) -> T + Send>;

/// Everybody at once: what each of these does, in its own thread.
fn at_once<T: Send>(engine: &Engine, doing: Vec<Act<T>>) -> Vec<T> {
    let barrier = Arc::new(Barrier::new(doing.len()));
    std::thread::scope(|scope| {
        let threads: Vec<_> = doing
            .into_iter()
            .map(|act| {
                let (engine, barrier) = (engine.clone(), barrier.clone());
                scope.spawn(move || {
                    barrier.wait();
                    act(&engine)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn own<T>(done: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(done)
}

fn used_up(world: &World, id: &str) -> usize {
    let facts = world.facts_of(&user(id));
    facts.iter().filter(|f| matches!(f, Fact::Chosen(c) if matches!(c.what, Chosen::UsedUp { .. }))).count()
}

/// One permission for once; recommendations and decisions that want it at the same time. Exactly one gets it, and a start in between
/// gives it to nobody else.
#[test]
fn once_is_once_among_recommendations_and_decisions() {
    let mut world = world();
    let c = world.open(user("a"));
    world.buy("a", &["bread"]);
    world.buy("a", &["bread"]);
    for round in 0..12 {
        world.give(c, "recommendations", UntilWish::Once);
        let act = move |n: usize| -> Box<dyn FnOnce(&Engine) -> bool + Send> {
            let request = Some(format!("round {round} request {n}"));
            if round % 3 == 0 || n.is_multiple_of(2) {
                // Only recommendations in every third round.
                Box::new(move |engine| own(engine.recommend(Wish { request, ..wish(Some(c)) })).unwrap().personal)
            } else {
                Box::new(move |engine| {
                    own(engine.use_now(Some(c), &question("recommendations", "purchases"), request)).unwrap().decision == "allow"
                })
            }
        };
        let got = at_once(world.engine(), (0..8).map(act).collect());
        assert_eq!(got.iter().filter(|got| **got).count(), 1, "round {round}: {got:?}");
        assert_eq!(used_up(&world, "a"), round + 1);
        if round % 4 == 3 {
            world.restart();
        }
        // Again, all of them: the one that had it may have it repeated, and nobody else.
        let again = at_once(world.engine(), (0..8).map(act).collect());
        for (n, (had, has)) in got.iter().zip(&again).enumerate() {
            assert!(*had || !*has, "round {round}: request {n} got what another used up");
        }
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny used_up");
        assert_eq!(used_up(&world, "a"), round + 1);
    }
}

/// Given, not used, and then a start: it is still there, once.
#[test]
fn once_outlives_a_start_and_is_still_once() {
    let mut world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Once);
    world.restart();
    let act = |n: usize| -> Box<dyn FnOnce(&Engine) -> bool + Send> {
        Box::new(move |engine| {
            let request = Some(format!("request {n}"));
            own(engine.use_now(Some(c), &question("recommendations", "purchases"), request)).unwrap().decision == "allow"
        })
    };
    assert_eq!(at_once(world.engine(), (0..8).map(act).collect()).iter().filter(|got| **got).count(), 1);
    world.restart();
    let later = own(world.engine().use_now(Some(c), &question("recommendations", "purchases"), Some("later".into()))).unwrap();
    assert_eq!(later.reason, "used_up");
}

/// A disclosure and a use are two: one permission for once lets one of them happen.
#[test]
fn once_is_once_among_disclosures_and_decisions() {
    let world = world();
    let c = world.open(user("a"));
    for round in 0..6 {
        let give = regie::engine::api::Give {
            recipients: Some(vec!["retailer".into(), "example-partner".into()]),
            ..giving("sharing-with-partners", UntilWish::Once)
        };
        world.try_give(c, give).unwrap();
        let act = move |n: usize| -> Box<dyn FnOnce(&Engine) -> bool + Send> {
            let request = Some(format!("round {round} request {n}"));
            if n.is_multiple_of(2) {
                let wish = Disclose {
                    recipient: "example-partner".into(),
                    purpose: "sharing-with-partners".into(),
                    categories: vec!["purchases".into()],
                    items: Vec::new(),
                    channel: None,
                    visit: None,
                    reference: None,
                };
                Box::new(move |engine| match own(engine.disclose(c, wish, request)) {
                    Ok(_) => true,
                    Err(e) => {
                        assert_eq!(e.code(), "disclosure_refused");
                        false
                    }
                })
            } else {
                Box::new(move |engine| {
                    own(engine.use_now(Some(c), &question("sharing-with-partners", "purchases"), request)).unwrap().decision == "allow"
                })
            }
        };
        let got = at_once(world.engine(), (0..8).map(act).collect());
        assert_eq!(got.iter().filter(|got| **got).count(), 1, "round {round}: {got:?}");
    }
    assert_eq!(used_up(&world, "a"), 6);
}

fn by(method: &str) -> Option<ClaimedEvidence> {
    Some(ClaimedEvidence { method: Some(method.into()), ..evidence() })
}

/// Two devices of one customer, joined, that give and withdraw at the same moment: the end is that of one of the two orders, both are in
/// the history and in the ledger, and a start agrees.
#[test]
fn two_devices_giving_and_withdrawing_at_once_leave_an_order_and_two_receipts() {
    let mut world = world();
    let (phone, laptop) = (world.open(device("phone")), world.open(device("laptop")));
    world.run.block_on(world.engine().join(phone, laptop, Actor::Customer)).unwrap();
    for round in 0..40 {
        world.give(phone, "recommendations", UntilWish::Month);
        let before = world.engine().consents(phone).unwrap().history.len();
        let give = move |engine: &Engine, on: Handle| {
            let give = regie::engine::api::Give { evidence: by("phone"), ..giving("recommendations", UntilWish::Week) };
            own(engine.give(on, give)).map(drop).unwrap();
        };
        let withdraw = move |engine: &Engine, on: Handle| own(engine.withdraw(on, "recommendations", by("laptop"))).map(drop).unwrap();
        // Who is called first changes, so that both orders come to be.
        let mut acts: Vec<Act<()>> = vec![Box::new(move |e: &Engine| give(e, phone)), Box::new(move |e: &Engine| withdraw(e, laptop))];
        if round % 2 == 1 {
            acts.reverse();
        }
        at_once(world.engine(), acts);
        let list = world.engine().consents(laptop).unwrap();
        let new: Vec<&str> = list.history[..list.history.len() - before].iter().map(|h| h.choice.as_str()).collect();
        let verdict = world.verdict(laptop, "recommendations", "purchases");
        match new[..] {
            ["given", "withdrawn"] => assert_eq!(verdict, "allow consent"),
            ["withdrawn", "given"] => assert_eq!(verdict, "deny withdrawn"),
            _ => panic!("{new:?}"),
        }
        let now = world.engine().consents(phone).unwrap().states;
        let all = receipts(&world, phone);
        let newest: Vec<&str> = all[..2].iter().map(|r| r["regie:ledger"]["core"]["choice"].as_str().unwrap()).collect();
        assert_eq!(newest, new, "each has its receipt");
        all[..2].iter().for_each(|receipt| holds(&world, receipt));
        if round % 10 == 9 {
            world.restart();
            assert_eq!(world.engine().consents(phone).unwrap().states, now);
        }
    }
}
