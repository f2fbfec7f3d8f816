//! Where a customer's data go: what is kept, and what may happen now.

use regie::engine::api::Tell;
use regie::engine::flow::Way;
use regie_domain::consent::UntilWish;
use regie_domain::fact::RestrictedPart;
use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;
use serde_json::json;

use super::support::*;

impl World {
    fn way(&self, customer: Handle, category: &str, purpose: &str) -> Option<Way> {
        self.engine().ways(customer).unwrap().into_iter().find(|w| w.category == category && w.purpose == purpose)
    }

    fn is_open(&self, customer: Handle, category: &str, purpose: &str) -> bool {
        self.way(customer, category, purpose).is_some_and(|way| way.open)
    }
}

#[test]
fn what_was_told_goes_its_own_way_as_long_as_it_may_be_used() {
    let world = world();
    let c = world.open(user("a"));
    assert!(world.way(c, "my-information", "recommendations").is_none(), "nothing was told");
    let tell = Tell {
        item: InformationItem::Diet,
        value: json!("vegetarian"),
        purpose: "recommendations".into(),
        recipients: None,
        until: UntilWish::Week,
        visit: None,
        evidence: Some(evidence()),
    };
    world.run.block_on(world.engine().tell(c, tell)).unwrap();
    let way = world.way(c, "my-information", "recommendations").expect("it may be used now");
    assert!(way.kept && way.open && way.sources.is_empty(), "{way:?}");
    assert!(world.way(c, "my-information", "personal-shop").is_none_or(|way| !way.open), "told for one purpose");
    world.run.block_on(world.engine().take_back(c, InformationItem::Diet, Some(evidence()))).unwrap();
    world.upkeep();
    assert!(world.way(c, "my-information", "recommendations").is_none());
}

#[test]
fn a_way_is_open_only_if_it_would_be_decided_so() {
    let world = world();
    world.buy("a", &["tea"]);
    let c = world.user("a");
    world.give(c, "recommendations", UntilWish::Week);
    world.give(c, "loyalty-personal-offers", UntilWish::Withdrawn);
    assert!(world.is_open(c, "purchases", "recommendations") && world.is_open(c, "purchases", "loyalty-personal-offers"));
    // A general no to direct marketing goes before a yes to one kind of it.
    world.run.block_on(world.engine().object(c, "loyalty-personal-offers", true, Some(evidence()))).unwrap();
    assert!(!world.is_open(c, "purchases", "loyalty-personal-offers"));
    let part = RestrictedPart { purpose: None, category: Some("purchases".into()) };
    world.run.block_on(world.engine().restrict(c, part.clone(), None, None)).unwrap();
    assert!(!world.is_open(c, "purchases", "recommendations"), "restricted");
    assert!(world.is_open(c, "purchases", "tax-records"), "what the law demands goes on");
    world.run.block_on(world.engine().lift(c, part, Some(evidence()))).unwrap();
    assert!(world.is_open(c, "purchases", "recommendations"));
}

#[test]
fn what_holds_for_a_visit_is_open_though_it_is_looked_at_from_outside_of_it() {
    let world = world();
    world.buy("a", &["tea"]);
    let c = world.user("a");
    world.try_give(c, regie::engine::api::Give { visit: Some("s-1".into()), ..giving("recommendations", UntilWish::Visit) }).unwrap();
    assert!(world.is_open(c, "purchases", "recommendations"));
}
