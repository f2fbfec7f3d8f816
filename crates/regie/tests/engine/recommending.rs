//! Recommending as a whole: others' baskets, what was bought again, goods that last, newcomers, variety, and the settings of all that.

use regie::engine::api::{Recommended, Wish};
use regie::engine::settings::Section;
use regie_domain::consent::UntilWish;
use serde_json::json;

use super::support::*;

/// A customer who permits recommendations.
fn permitting(world: &World, id: &str) -> regie_domain::ids::Handle {
    let customer = world.open(user(id));
    world.give(customer, "recommendations", UntilWish::Withdrawn);
    customer
}

/// A customer of whom others learn, with a basket.
fn teach(world: &World, id: &str, items: &[&str]) {
    let customer = world.open(user(id));
    world.give(customer, "model-improvement", UntilWish::Withdrawn);
    world.buy(id, items);
}

fn about<'a>(items: &'a [Recommended], item: &str) -> Option<&'a Recommended> {
    items.iter().find(|i| i.item == item)
}

/// Nothing new, so that a list holds what is looked for alone.
fn plain() -> Section {
    Section { new_every: Some(0), ..Section::default() }
}

#[test]
fn others_baskets_speak_through_what_the_customer_buys_and_stop_at_once() {
    let mut world = world();
    world.recommend_by(plain());
    let customer = permitting(&world, "me");
    // A habit, then enough else that it is not what was bought last.
    for _ in 0..3 {
        world.buy("me", &["oat-milk"]);
        world.hands.pass(DAY);
    }
    for other in 0..20 {
        world.buy("me", &[format!("once-{other}").as_str()]);
    }
    teach(&world, "other", &["oat-milk", "granola"]);
    let wish = || regie::engine::api::Wish { limit: 30, ..wish(Some(customer)) };
    let answer = world.recommend(wish());
    let granola = about(&answer.items, "granola").expect("a neighbour had it beside the oat milk");
    let because: Vec<_> = granola.because.iter().map(|b| (&*b.item, b.event.is_some(), b.times)).collect();
    assert_eq!(because, [("oat-milk", true, 3)], "a habit speaks, and says how often");
    assert_eq!(answer.items[0].item, "oat-milk", "what is bought most comes first");
    let other = world.user("other");
    world.withdraw(other, "model-improvement");
    assert!(about(&world.recommend(wish()).items, "granola").is_none());
}

#[test]
fn a_repeat_names_itself_first_and_three_events_at_most() {
    let mut world = world();
    world.recommend_by(plain());
    let customer = permitting(&world, "me");
    for _ in 0..2 {
        world.buy("me", &["a", "b", "c", "d"]);
    }
    teach(&world, "other", &["a", "b", "c", "d", "e"]);
    let answer = world.recommend_to(customer);
    for item in ["a", "b", "c", "d"] {
        let because = &about(&answer.items, item).expect("bought twice").because;
        let mut names: Vec<_> = because.iter().map(|b| &*b.item).collect();
        assert!((1..=3).contains(&names.len()), "{item}: {names:?}");
        assert!(because.iter().any(|b| *b.item == *item && b.times == 2), "{item}: {names:?}");
        names.dedup();
        assert_eq!(names.len(), because.len());
    }
    assert_eq!(about(&answer.items, "e").map(|i| i.because.len()), Some(3));
}

#[test]
fn what_lasts_is_not_recommended_right_after_it_was_bought() {
    let mut world = world();
    let durable_departments = Some(["appliances".to_owned()].into());
    world.recommend_by(Section { durable_departments, durable_days: Some(30), ..plain() });
    world.put(json!([
        {"item": "kettle", "department": "appliances"},
        {"item": "descaler", "department": "appliances", "durable": false},
        {"item": "pan", "department": "kitchen", "durable": true},
        {"item": "milk", "department": "dairy"},
    ]));
    let customer = permitting(&world, "me");
    world.buy("me", &["kettle", "descaler", "pan", "milk"]);
    let names_of = |world: &World| {
        let answer = world.recommend_to(customer);
        let mut names: Vec<String> = answer.items.into_iter().map(|i| i.item).collect();
        names.sort();
        names
    };
    assert_eq!(names_of(&world), ["descaler", "milk"]);
    let mut to_others = world.recommend(wish(None)).items.len();
    assert_eq!(to_others, 4, "whoever did not buy them may be shown them");
    world.hands.pass(29 * DAY);
    assert_eq!(names_of(&world), ["descaler", "milk"]);
    world.restart();
    assert_eq!(names_of(&world), ["descaler", "milk"], "a restart remembers");
    world.hands.pass(DAY);
    assert_eq!(names_of(&world), ["descaler", "kettle", "milk", "pan"]);
    // What cannot be known to have been bought rules nothing out.
    world.buy("me", &["kettle"]);
    world.withdraw(customer, "recommendations");
    to_others = world.recommend_to(customer).items.len();
    assert_eq!(to_others, 4);
}

#[test]
fn a_newcomer_gets_a_place_by_its_department_and_the_answer_says_so() {
    let mut world = world();
    world.recommend_by(Section { new_every: Some(3), new_days: Some(28), ..Section::default() });
    let old = "2020-01-01";
    world.put(json!([
        {"item": "bread", "department": "bakery", "on_sale_since": old},
        {"item": "bun", "department": "bakery", "on_sale_since": old},
        {"item": "roll", "department": "bakery", "on_sale_since": old},
        {"item": "baguette", "department": "bakery", "on_sale_since": old},
        {"item": "new-loaf", "department": "bakery", "brand": "mill"},
        {"item": "new-drill", "department": "tools"},
        {"item": "new-sold-out", "department": "bakery", "stock": 0},
        {"item": "announced", "department": "bakery", "on_sale_since": "2030-01-01"},
    ]));
    let customer = permitting(&world, "me");
    world.buy("me", &["bread", "bun", "roll", "baguette"]);
    let wish = || regie::engine::api::Wish { limit: 4, ..wish(Some(customer)) };
    let answer = world.recommend(wish());
    let new: Vec<_> = answer.items.iter().map(|i| (i.item.as_str(), i.new)).filter(|i| i.1).collect();
    assert_eq!(new, [("new-loaf", true)]);
    assert_eq!(answer.items[2].item, "new-loaf", "every third place: {answer:?}");
    assert!(answer.items[2].because.is_empty());
    let written: serde_json::Value = serde_json::from_slice(&answer.to_json()).unwrap();
    let told: Vec<_> = written["items"].as_array().unwrap().iter().map(|item| item["new"].clone()).collect();
    assert_eq!(told, [json!(null), json!(null), json!(true), json!(null)], "said where it holds, and else not at all");
    assert!(answer.items.windows(2).all(|pair| pair[0].score >= pair[1].score), "the score says the place");
    world.restart();
    assert_eq!(world.recommend(wish()), answer, "the same after a restart");
    // Once others' baskets speak for it, it is no newcomer any more; and after its time neither.
    let is_new = |world: &World| world.recommend(wish()).items.iter().any(|i| i.new);
    teach(&world, "other", &["new-loaf"]);
    assert!(!is_new(&world));
    let other = world.user("other");
    world.withdraw(other, "model-improvement");
    assert!(is_new(&world));
    world.put(json!([{"item": "new-loaf", "department": "bakery"}]));
    world.hands.pass(27 * DAY);
    assert!(is_new(&world), "putting it again does not make it older or newer");
    world.hands.pass(DAY);
    assert!(!is_new(&world));
}

#[test]
fn no_list_of_one_department_while_there_are_others() {
    let mut world = world();
    world.recommend_by(Section { variety_group_max: Some(2), variety_keeps: Some(1.0), ..plain() });
    let mut items: Vec<_> = (0..6).map(|i| json!({"item": format!("cheese-{i}"), "department": "cheese"})).collect();
    items.extend((0..3).map(|i| json!({"item": format!("fruit-{i}"), "department": "fruit"})));
    world.put(items.into());
    let customer = permitting(&world, "me");
    for i in 0..6 {
        for _ in 0..3 {
            world.buy("me", &[format!("cheese-{i}").as_str()]);
        }
    }
    world.buy("me", &["fruit-0", "fruit-1", "fruit-2"]);
    let firsts = |world: &World, n: usize| {
        let answer = world.recommend(regie::engine::api::Wish { limit: n, ..wish(Some(customer)) });
        answer.items.iter().map(|i| i.item.split('-').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(firsts(&world, 4), ["cheese", "cheese", "fruit", "fruit"]);
    assert_eq!(firsts(&world, 9).len(), 9, "nobody gets a shorter list for the sake of variety");
    world.recommend_by(Section { variety_group_max: Some(0), variety_keeps: Some(1.0), ..plain() });
    assert_eq!(firsts(&world, 4), ["cheese"; 4]);
}

#[test]
fn settings_hold_from_a_start_on_and_the_folder_remembers_them() {
    let mut world = world();
    teach(&world, "other", &["a", "b", "c", "d"]);
    let together = |world: &World, with: &str| world.to_a_stranger(&[with]).items.iter().filter(|i| !i.because.is_empty()).count();
    assert_eq!(together(&world, "d"), 3);
    // Of each session two items are kept: the model is folded anew, so it may change at any start.
    world.recommend_by(Section { max_session_items: Some(2), ..plain() });
    assert_eq!((together(&world, "d"), together(&world, "a")), (1, 0));
    let digest = world.audit().model;
    // As an import that knows of no configuration.
    world.recommend = None;
    world.restart();
    assert_eq!(world.audit().model, digest);
    world.recommend_by(Section::default());
    assert_eq!(together(&world, "d"), 3);
    assert_ne!(world.audit().model, digest);
}

/// The day is told by one clock: between midnight in the shop's zone and midnight in UTC an item is new as soon as it is put.
#[test]
fn an_item_is_new_from_the_moment_it_is_put() {
    let mut world = world();
    world.recommend_by(Section { new_every: Some(3), new_days: Some(28), ..Section::default() });
    let customer = permitting(&world, "me");
    let old = |item: &str| json!({"item": item, "department": "bakery", "on_sale_since": "2020-01-01"});
    world.put(json!(["bread", "bun", "roll", "baguette"].map(old)));
    world.buy("me", &["bread", "bun", "roll", "baguette"]);
    // 2026-06-02T00:30 in Amsterdam, 22:30 the day before in UTC.
    world.hands.pass(12 * HOUR + HOUR / 2);
    world.put(json!([{"item": "loaf", "department": "bakery"}]));
    let since = world.engine().catalogue_item("loaf").unwrap().on_sale_since;
    assert_eq!(since.map(|day| day.to_string()).as_deref(), Some("2026-06-01"));
    let offered = world.recommend(regie::engine::api::Wish { limit: 4, ..wish(Some(customer)) }).items;
    assert!(about(&offered, "loaf").is_some_and(|loaf| loaf.new), "{offered:?}");
}

/// A permission alone is no use: nothing is recorded of a kind of data of which there is none.
#[test]
fn only_what_is_there_is_recorded_as_used() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Week);
    let used = |world: &World| {
        let days = world.engine().uses(c).unwrap();
        let mut all: Vec<String> = days.into_iter().flat_map(|day| day.uses).filter(|u| u.allowed).map(|u| u.category).collect();
        all.sort();
        all.dedup();
        all
    };
    world.recommend_to(c);
    assert!(used(&world).is_empty());
    world.buy("a", &["tea"]);
    world.recommend_to(c);
    assert_eq!(used(&world), ["purchases"]);
    world.look("a", "cheese");
    world.recommend_to(c);
    assert_eq!(used(&world), ["browsing", "purchases"]);
}

/// A permission for once waits for an answer that rests on it.
#[test]
fn once_is_not_used_up_by_an_answer_that_used_nothing() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Once);
    let asked = |request: &str| Wish { request: Some(request.into()), ..wish(Some(c)) };
    assert!(!world.recommend(asked("1")).personal);
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent");
    world.buy("a", &["tea"]);
    assert!(world.recommend(asked("2")).personal);
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny used_up");
    assert!(world.recommend(asked("2")).personal, "a retry");
}
