//! The register read beside a running engine: what it counts as used is what the customers are shown.

use regie::register::Seen;
use regie_domain::consent::UntilWish;
use regie_domain::ids::Handle;
use regie_store::SqliteStore;

use super::support::*;

/// How often recommendations were allowed to use something: by the register, and by what the customer is shown.
fn counted(world: &World, customer: Handle) -> (u64, u64) {
    let days = world.engine().uses(customer).unwrap();
    let shown = days.iter().flat_map(|day| &day.uses).filter(|u| u.allowed && u.purpose == "recommendations").map(|u| u64::from(u.count));
    (registered(world), shown.sum())
}

fn registered(world: &World) -> u64 {
    let store = SqliteStore::open_read_only(world.dir.path(), &world.master).unwrap();
    let seen = Seen::read(world.dir.path(), &store, &mut |_, _| {}).unwrap();
    seen.used(|purpose, _, _| purpose == "recommendations").allowed
}

#[test]
fn uses_count_before_they_are_folded_and_after_and_once() {
    let mut world = world();
    world.buy("a", &["bread"]);
    let customer = world.open(user("a"));
    world.give(customer, "recommendations", UntilWish::Withdrawn);
    world.recommend_to(customer);
    let (registered_now, shown) = counted(&world, customer);
    assert!(shown > 0);
    assert_eq!(registered_now, shown, "in the journal alone");

    world.hands.pass(HOUR);
    world.upkeep();
    assert_eq!(counted(&world, customer), (shown, shown), "folded");

    world.recommend_to(customer);
    assert_eq!(counted(&world, customer), (2 * shown, 2 * shown), "some folded, some not");

    world.stop();
    assert_eq!(registered(&world), 2 * shown, "after a clean stop");
}
