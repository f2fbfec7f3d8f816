//! A customer takes along what a device chose: its permissions where they say so, every no of it, and what it tells.

use regie::engine::api::Tell;
use regie_domain::consent::UntilWish;
use regie_domain::fact::{Identifier, IdentifierKind};
use regie_domain::information::InformationItem;
use serde_json::json;

use super::support::*;

fn device() -> Identifier {
    Identifier { space: "shop".into(), kind: IdentifierKind::Anonymous, value: "0123456789abcdef".into() }
}

/// The standing after a restart, and what the log says of this moment, are what stood at once.
#[test]
fn what_was_not_carried_stays_off_also_after_a_restart_and_for_the_past() {
    for (carries, tips) in [(vec![], "deny expired"), (vec!["recommendations".to_owned()], "allow consent")] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        world.give(phone, "recommendations", UntilWish::Week);
        world.give(phone, "personalised-advertising", UntilWish::Week);
        world.withdraw(phone, "personalised-advertising");
        world.give(customer, "personalised-advertising", UntilWish::Week);
        let tell = Tell {
            item: InformationItem::Household,
            value: json!({"people": "2", "children": []}),
            purpose: "recommendations".into(),
            until: UntilWish::Week,
            recipients: None,
            visit: None,
            evidence: Some(evidence()),
        };
        world.run.block_on(world.engine().tell(phone, tell)).unwrap();
        world.buy("a", &["tea"]);
        world.run.block_on(world.engine().take_along(customer, &device(), carries)).unwrap();
        let stands = |world: &World| {
            let told: Vec<_> = world.engine().information(customer).unwrap().into_iter().map(|told| told.state).collect();
            let verdicts = [("recommendations", "purchases"), ("personalised-advertising", "browsing")];
            (verdicts.map(|(purpose, category)| world.verdict(customer, purpose, category)), told)
        };
        let expected = ([tips.to_owned(), "deny withdrawn".to_owned()], vec!["in_use"]);
        assert_eq!(stands(&world), expected);
        assert_eq!(world.recommend_to(customer).items.iter().any(|r| !r.because.is_empty()), tips == "allow consent");
        world.hands.pass(1);
        let now = world.now();
        let then = world.engine().decide_at(customer, &question("recommendations", "purchases"), now).unwrap();
        assert_eq!(format!("{} {}", then.answer.decision, then.answer.reason), tips);
        world.restart();
        assert_eq!(stands(&world), expected, "after a restart");
    }
}

/// Two customers use one device, one after the other. Whoever answers last gets nothing of the one who took it along.
#[test]
fn a_device_that_somebody_took_along_joins_nobody_else() {
    let world = world();
    let [one, other] = ["a", "b"].map(|name| world.open(user(name)));
    let phone = world.open(device());
    world.give(phone, "recommendations", UntilWish::Week);
    let take = |customer| world.run.block_on(world.engine().take_along(customer, &device(), Vec::new()));
    take(one).unwrap();
    assert_eq!(take(other).unwrap_err().code(), "device_taken");
    assert_eq!((world.engine().lookup(&user("a")), world.engine().lookup(&user("b"))), (Some(one), Some(other)));
    // Nor what is gone, or was never there.
    world.run.block_on(world.engine().erase(one)).unwrap();
    assert_eq!(take(other).unwrap_err().code(), "device_taken");
}
