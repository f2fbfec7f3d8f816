//! A wall clock that lies: nothing is deleted by mistake, permissions are judged by the later clock, and a confirmation goes on.

use regie_domain::consent::UntilWish;
use regie_domain::fact::EventName::{OrderCompleted, ProductViewed};
use regie_domain::ids::Handle;

use super::support::*;

/// A customer with a permission for a week, one without an end, an order and two looks.
fn one() -> (World, Handle) {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Week);
    world.give(c, "model-improvement", UntilWish::Month);
    world.buy("a", &["bread", "butter"]);
    world.look("a", "cheese");
    (world, c)
}

#[test]
fn back_a_day() {
    for restarted in [false, true] {
        let (mut world, c) = one();
        let before = world.audit();
        let now = world.now();
        world.hands.set_wall_by(-DAY);
        if restarted {
            world.restart_as(false);
        }
        world.hands.pass(60);
        assert!(world.now() >= now, "time never goes back");
        assert_eq!(world.engine().is_time_doubted(), !restarted);
        world.upkeep();
        assert_eq!(world.events_of("a"), [OrderCompleted, ProductViewed]);
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent");
        world.look("a", "tea");
        let last = world
            .facts()
            .into_iter()
            .rev()
            .find_map(|(_, f)| if let regie_domain::fact::Fact::EventKept(e) = f { Some(e.recorded_at) } else { None });
        assert!(last.unwrap() >= now, "facts are never stamped before older ones");
        world.engine().confirm_time();
        assert!(!world.engine().is_time_doubted());
        world.upkeep();
        assert_eq!(world.events_of("a").len(), 3);
        assert_eq!(world.audit().consents, before.consents);
        // A day later the wall has caught up, and ends come as chosen.
        world.hands.pass(8 * DAY);
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny expired");
    }
}

#[test]
fn forward_a_month_by_mistake() {
    for restarted in [false, true] {
        let (mut world, c) = one();
        let now = world.now();
        let before = world.audit();
        world.hands.set_wall_by(40 * DAY);
        if restarted {
            world.restart_as(false);
        }
        world.hands.pass(60);
        assert!(world.engine().is_time_doubted());
        assert_eq!(world.now(), now.plus_seconds(60), "time goes on from the last good moment");
        for _ in 0..2 {
            assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny expired", "denied if either clock says that it ended");
            assert_eq!(world.to_a_stranger(&["bread"]).items.len(), 0, "and unlearned");
            world.upkeep();
        }
        assert_eq!(world.events_of("a"), [OrderCompleted, ProductViewed], "nothing is deleted");
        // A choice in doubted time counts, and deletes nothing else by the wrong clock.
        world.run.block_on(world.engine().refuse(c, "demand-insight", Some(evidence()))).unwrap();
        let b = world.open(user("b"));
        world.run.block_on(world.engine().join(c, b, regie_domain::fact::Actor::Customer)).unwrap();
        assert_eq!(world.events_of("a"), [OrderCompleted, ProductViewed]);
        // The operator sets the clock right and says so: all is as before.
        world.hands.set_wall_by(-40 * DAY);
        world.engine().confirm_time();
        world.upkeep();
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent");
        let after = world.audit();
        assert_eq!((&after.model, &after.profiles), (&before.model, &before.profiles), "relearned");
        assert_eq!(after.ends, before.ends, "and its ends are known again");
        world.hands.pass(8 * DAY);
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny expired");
        world.hands.pass(32 * DAY);
        assert!(world.audit().learned.is_empty());
        assert_eq!(world.events_of("a"), [OrderCompleted], "in its true time the look goes");
    }
}

#[test]
fn forward_a_month_in_truth() {
    for restarted in [false, true] {
        let (mut world, c) = one();
        world.hands.set_wall_by(40 * DAY);
        if restarted {
            world.restart_as(false);
        }
        world.upkeep();
        assert_eq!(world.events_of("a"), [OrderCompleted, ProductViewed]);
        world.engine().confirm_time();
        assert_eq!(world.now().seconds(), START + 40 * DAY);
        world.upkeep();
        assert_eq!(world.events_of("a"), [OrderCompleted]);
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny expired");
    }
}

/// A withdrawal in doubted time deletes what rested on it: that is not time's doing.
#[test]
fn a_withdrawal_in_doubted_time() {
    let (world, c) = one();
    world.hands.set_wall_by(-DAY);
    assert!(world.engine().is_time_doubted());
    world.withdraw(c, "model-improvement");
    assert_eq!(world.events_of("a").len(), 2);
    world.withdraw(c, "recommendations");
    assert_eq!(world.events_of("a"), [OrderCompleted]);
}

/// Rows are deleted at their end even if nobody ever asks for the customer again.
#[test]
fn upkeep_finds_ends_by_itself() {
    let (world, _) = one();
    world.hands.pass(40 * DAY);
    world.upkeep();
    assert_eq!(world.events_of("a"), [OrderCompleted]);
}

/// An answer that finds a permission ended has the rows looked at soon; nobody has to ask for upkeep.
#[test]
fn an_answer_has_the_rows_looked_at() {
    let (world, c) = one();
    world.hands.pass(40 * DAY);
    assert_eq!(world.verdict(c, "recommendations", "browsing"), "deny expired");
    for _ in 0..1000 {
        if world.events_of("a") == [OrderCompleted] {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the rows are still there: {:?}", world.events_of("a"));
}

/// What ended stays ended, although nothing was recorded since and the clock was set back before the next start.
#[test]
fn an_end_is_not_undone_by_a_clock_that_was_set_back() {
    let (mut world, c) = one();
    world.hands.pass(6 * DAY);
    world.upkeep();
    world.hands.pass(2 * DAY);
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny expired");
    world.upkeep();
    let ended = world.now();
    world.hands.set_wall_by(-5 * DAY);
    world.restart_as(false);
    assert!(world.now() >= ended);
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny expired");
}

/// A day is a day from the moment that is believed, not from a wall clock in doubt.
#[test]
fn a_day_given_in_doubt_ends_within_a_day() {
    let (world, c) = one();
    world.hands.set_wall_by(DAY / 2);
    assert!(world.engine().is_time_doubted());
    let now = world.now();
    world.give(c, "demand-insight", UntilWish::Day);
    assert_eq!(world.verdict(c, "demand-insight", "purchases"), "allow consent");
    world.hands.set_wall_by(DAY);
    assert_eq!(world.verdict(c, "demand-insight", "purchases"), "deny expired", "denied if either clock says that it ended");
    world.hands.set_wall_by(-3 * DAY / 2);
    world.engine().confirm_time();
    assert_eq!(world.verdict(c, "demand-insight", "purchases"), "allow consent");
    world.hands.pass(DAY + 60);
    assert!(world.now() < now.plus_seconds(2 * DAY));
    assert_eq!(world.verdict(c, "demand-insight", "purchases"), "deny expired");
}

/// By one of two clocks it would be over at once: nothing is recorded, rather than something that permits nothing.
#[test]
fn what_would_be_over_at_once_is_not_recorded() {
    let world = world();
    let c = world.open(user("a"));
    world.hands.set_wall_by(2 * DAY);
    assert_eq!(world.try_give(c, giving("recommendations", UntilWish::Day)).map_err(|e| e.code()), Err("time_doubted"));
    assert_eq!(world.engine().consents(c).unwrap().history, []);
    world.give(c, "recommendations", UntilWish::Week);
    world.engine().confirm_time();
    world.give(c, "recommendations", UntilWish::Day);
}
