//! Unlearning ≡ never having learned: after an erasure, a withdrawal or an end, everything that answers others is to the bit what
//! it would be had the customer never been there, or never said yes.

use proptest::prelude::*;
use regie::engine::api::Wish;
use regie_domain::consent::UntilWish;
use regie_domain::fact::Fact;
use regie_domain::ids::Handle;

use super::histories::{self, CUSTOMERS, ITEMS, end_visits, name, product};
use super::support::*;
use super::without::{handles_of, of_others, records_of, world_without};

/// Every answer that others get, as text, to the bit.
fn answers(world: &World, customers: &[Handle]) -> Vec<String> {
    let strangers = (0..ITEMS).map(|i| Wish { visit: vec![product(i), product((i + 3) % ITEMS)], ..wish(None) });
    let known = customers.iter().map(|&c| wish(Some(c)));
    strangers
        .chain(known)
        .map(|wish| {
            let answer = world.recommend(wish);
            let bits: Vec<_> = answer.items.iter().map(|i| (&i.item, i.score.to_bits(), &i.because)).collect();
            format!("{} {bits:?}", answer.reason)
        })
        .collect()
}

fn known_customers(world: &World) -> Vec<Handle> {
    (0..CUSTOMERS).filter_map(|who| world.engine().lookup(&user(&name(who)))).collect()
}

proptest! {
    #![proptest_config(histories::cases(25))]

    #[test]
    fn after_an_erasure_nothing_that_answers_others_remembers(steps in prop::collection::vec(histories::step(), 5..60), who in 0..CUSTOMERS) {
        let mut world = world();
        for step in &steps {
            histories::take(&mut world, step);
        }
        end_visits(&world);
        let gone = world.open(user(&name(who)));
        let before = world.audit();
        let handles = handles_of(&before, gone);
        let as_it_was = world.copied();
        world.erase(gone);

        let records = records_of(&facts_on_disk(as_it_was.path(), &world.master), &handles);
        let never = world_without(&world, as_it_was.path(), |meta, _| !records.contains(&meta.record));
        prop_assert_eq!(of_others(&world.audit()), of_others(&never.audit()));
        let others = known_customers(&world);
        prop_assert!(!others.iter().any(|o| handles.contains(o)));
        prop_assert_eq!(answers(&world, &others), answers(&never, &others));
    }

    #[test]
    fn the_model_knows_only_those_who_permit_it_now(steps in prop::collection::vec(histories::step(), 5..60), passed in prop_oneof![Just(0), 1..3 * DAY, Just(32 * DAY)]) {
        let mut world = world();
        for step in &steps {
            histories::take(&mut world, step);
        }
        end_visits(&world);
        world.hands.pass(passed);
        let live = world.audit();
        let facts = world.facts();
        let silent: Vec<Handle> = facts.iter().filter_map(|(_, fact)| if let Fact::RecordOpened(o) = fact { Some(o.handle) } else { None })
            .filter(|&handle| ["purchases", "browsing"].iter().all(|category| {
                world.engine().decide(Some(handle), &question("model-improvement", category)).unwrap().decision == "deny"
            }))
            .collect();
        let records = records_of(&facts, &silent);
        let never = world_without(&world, world.dir.path(), |meta, fact| {
            !(records.contains(&meta.record) && matches!(fact, Fact::Chosen(c) if c.purpose == "model-improvement"))
        });
        let without = never.audit();
        prop_assert_eq!(&live.model, &without.model);
        prop_assert_eq!(&live.learned, &without.learned);
        prop_assert_eq!(&live.profiles, &without.profiles);
        let all = known_customers(&world);
        prop_assert_eq!(answers(&world, &all), answers(&never, &all));
    }
}

/// Three customers who let others learn; the third one's basket alone connects tea with lemons.
fn three() -> (World, [Handle; 3]) {
    let world = world();
    let customers = ["a", "b", "c"].map(|id| world.open(user(id)));
    for customer in customers {
        world.give(customer, "recommendations", UntilWish::Withdrawn);
    }
    world.give(customers[0], "model-improvement", UntilWish::Withdrawn);
    world.give(customers[1], "model-improvement", UntilWish::Withdrawn);
    world.give(customers[2], "model-improvement", UntilWish::Day);
    for (id, items) in [("a", ["tea", "sugar"]), ("b", ["tea", "milk"]), ("c", ["tea", "lemons"])] {
        world.hands.pass(60);
        world.buy(id, &items);
    }
    (world, customers)
}

#[test]
fn what_one_customer_taught_is_gone_with_the_permission_however_it_ends() {
    type End = fn(&World, Handle);
    let ends: [(&str, End); 4] = [
        ("withdrawn", |world, c| world.withdraw(c, "model-improvement")),
        ("expired", |world, _| world.hands.pass(DAY)),
        ("narrowed", |world, c| {
            let give =
                regie::engine::api::Give { categories: Some(vec!["browsing".into()]), ..giving("model-improvement", UntilWish::Withdrawn) };
            world.try_give(c, give).unwrap();
        }),
        ("erased", |world, c| drop(world.erase(c).kept)),
    ];
    for (how, end) in ends {
        let (world, [_, _, c]) = three();
        assert!(names(&world.to_a_stranger(&["tea"])).contains(&"lemons"), "{how}: learned first");
        assert!(names(&world.to_a_stranger(&["lemons"])).contains(&"tea"), "{how}: learned first");
        end(&world, c);
        assert_eq!(names(&world.to_a_stranger(&["lemons"])), Vec::<&str>::new(), "{how}: the very next answer knows nothing of it");
        let after = world.to_a_stranger(&["tea"]);
        assert!(names(&after).contains(&"sugar") && !names(&after).contains(&"lemons"), "{how}");
    }
}

#[test]
fn giving_again_learns_what_is_kept() {
    let (world, [_, _, c]) = three();
    let before = world.audit().model;
    world.withdraw(c, "model-improvement");
    assert_ne!(world.audit().model, before);
    world.give(c, "model-improvement", UntilWish::Week);
    assert_eq!(world.audit().model, before, "orders are kept by contract and law, so they are learned again");
}

#[test]
fn once_and_the_model_do_not_go_together() {
    let (world, [a, ..]) = three();
    world.give(a, "model-improvement", UntilWish::Once);
    assert!(!names(&world.to_a_stranger(&["tea"])).contains(&"sugar"), "a permission for once cannot steer every answer from now on");
}

/// Customers are told of how many visits others learn; one that teaches nothing is none.
#[test]
fn the_visits_that_teach_are_counted() {
    let world = world();
    let c = world.open(user("c"));
    world.run.block_on(world.engine().put_catalogue(vec![item("pills", true)])).unwrap();
    let learned = || world.engine().learned_visits(c).unwrap();
    world.buy("c", &["bread", "milk", "bread"]);
    world.buy("c", &["pills"]);
    assert_eq!(learned(), 0, "nobody permitted it");
    world.give(c, "model-improvement", UntilWish::Withdrawn);
    assert_eq!(learned(), 1);
    world.hands.pass(DAY);
    world.buy("c", &["tea", "milk"]);
    world.look("c", "tea");
    let kept: usize = world.engine().overview(c).unwrap().kept.iter().map(|k| k.count).sum();
    assert_eq!((learned(), kept), (2, 4));
    world.withdraw(c, "model-improvement");
    assert_eq!(learned(), 0);
}
