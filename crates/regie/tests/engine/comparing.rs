//! *Het verschil*, and a list without one reason: what permissions and what is told bring, seen by the customer who asks.

use regie::engine::api::{Give, Wish, Without};
use regie_domain::consent::UntilWish;
use regie_domain::fact::{Consenter, Fact};
use serde_json::json;

use super::information::{DIET, grocer};
use super::support::*;

/// Rule 8c: pressed by the customer, recorded as once, computed from what is lawfully kept, not stored.
#[test]
fn the_difference_is_recorded_and_changes_nothing() {
    let world = grocer();
    let c = world.open(user("a"));
    let ask = || world.run.block_on(world.engine().difference(c, 6, Some(evidence()))).unwrap();
    let made = || world.facts().iter().filter(|(_, fact)| matches!(fact, Fact::PreviewMade(_))).count();
    assert!(ask().unwrap().with.is_none(), "nothing to go by");
    assert_eq!(made(), 0, "and so nothing was used");
    // Orders are kept for the contract and the law; nothing else is permitted.
    for _ in 0..3 {
        world.buy("a", &["tea"]);
    }
    let difference = ask().unwrap();
    let with = difference.with.unwrap();
    assert_eq!(with.items[0].item, "tea");
    assert_eq!((&*with.items[0].because[0].until, with.items[0].because[0].times), ("once", 3));
    assert!(!difference.without.personal);
    assert_eq!(made(), 1);
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny unknown", "it permits nothing");
    assert!(!world.recommend_to(c).personal);
    let used = world.engine().uses(c).unwrap();
    let used: Vec<_> = used.iter().flat_map(|day| &day.uses).map(|u| (u.purpose.as_str(), u.category.as_str(), u.count)).collect();
    assert_eq!(used, [("recommendations", "purchases", 1)]);
    world.run.block_on(world.engine().state_consenter(c, Consenter::Guardian, Some(evidence()))).unwrap();
    assert!(ask().is_err(), "a guardian decides");
}

/// Purchases are read only once that is recorded, and without evidence nothing is, whatever there is to go by.
#[test]
fn the_difference_is_recorded_before_a_purchase_is_looked_at() {
    let world = grocer();
    world.put(json!([{"item": "test", "department": "pharmacy", "sensitive": true}]));
    let c = world.open(user("a"));
    let made = || world.facts().iter().filter(|(_, fact)| matches!(fact, Fact::PreviewMade(_))).count();
    let ask = |evidence| world.run.block_on(world.engine().difference(c, 6, evidence));
    assert_eq!(ask(None).unwrap_err().code(), "evidence_missing");
    world.buy("a", &["test"]);
    assert_eq!(ask(None).unwrap_err().code(), "evidence_missing");
    assert_eq!(made(), 0);
    // What it finds may not be shown; that it was looked at stands there.
    assert!(ask(Some(evidence())).unwrap().unwrap().with.is_none());
    assert_eq!(made(), 1);
    assert!(world.engine().uses(c).unwrap().is_empty(), "nothing was used");
}

#[test]
fn a_reason_can_be_left_out_to_see_what_it_brings() {
    let world = grocer();
    let c = world.open(user("a"));
    for _ in 0..3 {
        world.buy("a", &["tea"]);
        world.buy("a", &["cheese"]);
    }
    let give = Give { categories: Some(vec!["purchases".into()]), ..giving("recommendations", UntilWish::Week) };
    world.try_give(c, give).unwrap();
    let named = |answer: &regie::engine::api::Recommendations| {
        answer.items.iter().flat_map(|r| &r.because).map(|b| b.item.to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(named(&world.recommend_to(c)).contains("tea"));
    let without = Wish { without: Without { items: vec!["tea".into()], ..Without::default() }, ..wish(Some(c)) };
    let without = world.recommend(without);
    assert!(!named(&without).contains("tea") && named(&without).contains("cheese"), "{:?}", named(&without));
}

/// What bears the name of what is left out reads as the same, so it is left out with it.
#[test]
fn what_is_left_out_takes_its_namesakes_with_it() {
    let world = grocer();
    let named = |item: &str, name: &str| json!({"item": item, "department": "pets", "names": {"en": name}});
    world.put(json!([named("tin-1", "Cat food, tin"), named("tin-2", "Cat food, tin"), named("litter", "Cat litter")]));
    let c = world.open(user("a"));
    for _ in 0..3 {
        world.buy("a", &["tin-1"]);
        world.buy("a", &["tin-2"]);
        world.buy("a", &["litter"]);
    }
    let give = Give { categories: Some(vec!["purchases".into()]), ..giving("recommendations", UntilWish::Week) };
    world.try_give(c, give).unwrap();
    let without = Wish { without: Without { items: vec!["tin-1".into()], ..Without::default() }, ..wish(Some(c)) };
    let because: Vec<String> = world.recommend(without).items.iter().flat_map(|r| &r.because).map(|b| b.item.to_string()).collect();
    assert!(because.iter().all(|item| item == "litter") && !because.is_empty(), "{because:?}");
}

/// The shop goes by what was told with purchases and without, so both lists do, and it is a use.
#[test]
fn the_difference_goes_by_what_was_told() {
    let world = grocer();
    let c = world.open(user("a"));
    for _ in 0..3 {
        world.buy("a", &["steak"]);
        world.buy("a", &["carrots"]);
    }
    world.tell(c, DIET, json!("vegan"), UntilWish::Week);
    let difference = world.run.block_on(world.engine().difference(c, 6, Some(evidence()))).unwrap().unwrap();
    for list in [&difference.without, difference.with.as_ref().unwrap()] {
        let items: Vec<&str> = list.items.iter().map(|r| r.item.as_str()).collect();
        assert!(items.contains(&"carrots") && !items.contains(&"steak") && !items.contains(&"cheese"), "{items:?}");
        assert!(list.personal);
    }
    assert!(difference.without.items.iter().flat_map(|r| &r.because).all(|b| b.information.is_some()), "purchases have no part in it");
    let used = world.engine().uses(c).unwrap();
    let used: std::collections::BTreeSet<_> = used.iter().flat_map(|day| &day.uses).map(|u| u.category.as_str()).collect();
    assert_eq!(used.into_iter().collect::<Vec<_>>(), ["my-information", "purchases"]);
}

/// A use is told under the customer's own day, before it is folded as after: never a day before what allowed it.
#[test]
fn a_use_just_after_midnight_is_of_that_day() {
    let world = world();
    world.hands.pass(12 * HOUR + HOUR / 2);
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Week);
    world.buy("a", &["tea"]);
    assert!(world.recommend_to(c).personal);
    let day = world.now().day() + 1;
    let days = || world.engine().uses(c).unwrap().iter().map(|used| used.day).collect::<Vec<_>>();
    assert_eq!(days(), [day], "it is half past midnight in Amsterdam");
    world.hands.pass(HOUR);
    world.upkeep();
    assert_eq!(days(), [day]);
    assert!(world.facts_of(&user("a")).iter().any(|fact| matches!(fact, Fact::UsesSummed(summed) if summed.day == day)));
}
