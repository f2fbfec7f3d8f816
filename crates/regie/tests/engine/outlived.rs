//! Choices go when their term has passed since they ended mattering; where a customer stands never changes by it.

use proptest::prelude::*;
use regie::engine::api::Tell;
use regie_domain::consent::UntilWish;
use regie_domain::fact::{Chosen, Fact, RestrictedPart};
use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;
use regie_domain::time::Time;
use serde_json::json;

use super::histories::{self, CUSTOMERS, name};
use super::support::*;

/// The starting policy keeps choices for five years.
const TERM: i64 = 5 * 366 * DAY;
/// A term that is over, whatever day it began.
const PAST: i64 = TERM + 2 * DAY;

fn refuse(world: &World, customer: Handle, purpose: &str) {
    world.run.block_on(world.engine().refuse(customer, purpose, Some(evidence()))).unwrap();
}

fn object(world: &World, customer: Handle, purpose: &str, objects: bool) {
    world.run.block_on(world.engine().object(customer, purpose, objects, Some(evidence()))).unwrap();
}

fn part(purpose: &str) -> RestrictedPart {
    RestrictedPart { purpose: Some(purpose.into()), category: None }
}

fn tell(world: &World, customer: Handle, until: UntilWish) {
    let told = Tell {
        item: InformationItem::Diet,
        value: json!("vegan"),
        purpose: "recommendations".into(),
        until,
        recipients: None,
        visit: None,
        evidence: Some(evidence()),
    };
    world.run.block_on(world.engine().tell(customer, told)).unwrap();
}

/// Every choice on disk of a customer, in short words, oldest first.
fn choices(world: &World, id: &str) -> Vec<String> {
    let word = |fact: &Fact| {
        Some(match fact {
            Fact::Chosen(c) => format!("{} {}", c.what.code(), c.purpose),
            Fact::ConsenterStated(s) => format!("consents {:?}", s.consenter),
            Fact::Restricted(r) => format!("paused {}", r.part.purpose.clone().unwrap_or_default()),
            Fact::RestrictionLifted(r) => format!("lifted {}", r.part.purpose.clone().unwrap_or_default()),
            Fact::InformationStated(s) => format!("told {}", s.item.id()),
            Fact::InformationRemoved(s) => format!("taken back {}", s.item.id()),
            other if other.is_choice() => format!("{other:?}"),
            _ => return None,
        })
    };
    world.facts_of(&user(id)).iter().filter_map(word).collect()
}

#[test]
fn what_was_superseded_or_ended_goes_by_the_term_and_what_stands_stays() {
    let mut world = world();
    let c = world.open(user("a"));
    // Superseded: two refusals before the one that stands.
    refuse(&world, c, "marketing-email");
    world.give(c, "marketing-email", UntilWish::Month);
    refuse(&world, c, "marketing-email");
    // Ended by itself, and withdrawn: the one leaves nothing, the other a no.
    world.give(c, "recommendations", UntilWish::Week);
    world.give(c, "model-improvement", UntilWish::Withdrawn);
    world.withdraw(c, "model-improvement");
    // Live, and given twice.
    world.give(c, "demand-insight", UntilWish::Week);
    world.give(c, "demand-insight", UntilWish::Withdrawn);
    // An objection that stands, and one that was taken back.
    object(&world, c, "own-customer-email", true);
    object(&world, c, "visit-service", true);
    object(&world, c, "visit-service", false);
    // A pause that was lifted, and one that stands.
    for purpose in ["demand-insight", "personalised-advertising"] {
        world.run.block_on(world.engine().restrict(c, part(purpose), None, None)).unwrap();
    }
    world.run.block_on(world.engine().lift(c, part("demand-insight"), Some(evidence()))).unwrap();
    tell(&world, c, UntilWish::Week);
    let all = choices(&world, "a").len();
    let before = world.engine().states(c).unwrap();

    world.hands.pass(TERM - 40 * DAY);
    world.upkeep();
    assert_eq!(choices(&world, "a").len(), all, "within the term nothing goes");
    let then = world.now().plus_seconds(-DAY);
    let answers = |world: &World| -> Vec<String> {
        let decide = |purpose: &str| world.engine().decide_at(c, &question(purpose, "contact"), then).map(|e| e.answer.decision);
        ["marketing-email", "own-customer-email", "recommendations"].map(|purpose| format!("{:?}", decide(purpose))).to_vec()
    };
    let answered = answers(&world);

    world.hands.pass(50 * DAY);
    world.upkeep();
    assert_eq!(
        choices(&world, "a"),
        [
            "refused marketing-email",
            "withdrawn model-improvement",
            "given demand-insight",
            "objected own-customer-email",
            "paused personalised-advertising",
        ]
    );
    assert_eq!(answers(&world), answered);
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let (after, policy) = (world.engine().states(c).unwrap(), world.engine().policy());
        for (was, is) in before.iter().zip(&after) {
            let id = &policy.at(was.purpose).id;
            if id == "recommendations" {
                assert_eq!(world.verdict(c, id, "purchases"), "deny unknown", "{restarted}");
            } else {
                assert_eq!((was.state, was.objected, &was.restricted), (is.state, is.objected, &is.restricted), "{id} {restarted}");
            }
        }
    }
    assert_eq!(world.verdict(c, "demand-insight", "purchases"), "allow consent");
    assert!(world.engine().information(c).unwrap().is_empty());
    // What stands still does when years have gone by, and goes a term after it was superseded.
    world.give(c, "marketing-email", UntilWish::Day);
    world.hands.pass(PAST);
    world.upkeep();
    assert_eq!(
        choices(&world, "a"),
        ["withdrawn model-improvement", "given demand-insight", "objected own-customer-email", "paused personalised-advertising"]
    );
}

/// A term counts from the end of a permission, not from the day it was given.
#[test]
fn a_permission_goes_a_term_after_its_end() {
    let world = world();
    let c = world.open(user("a"));
    let end = world.now().plus_seconds(3 * 365 * DAY);
    world.give(c, "recommendations", UntilWish::Moment(end));
    world.hands.pass(PAST);
    world.upkeep();
    assert_eq!(choices(&world, "a"), ["given recommendations"]);
    world.hands.pass(3 * 365 * DAY);
    world.upkeep();
    assert_eq!(choices(&world, "a"), Vec::<String>::new());
}

/// What a newer policy ended counts from its adoption, and so does what it dropped.
#[test]
fn what_a_policy_ended_counts_from_its_adoption() {
    let mut world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.give(c, "demand-insight", UntilWish::Withdrawn);
    world.hands.pass(4 * 365 * DAY);
    let text = regie::BUILT_IN_POLICY;
    let version = text.split("version = \"").nth(1).unwrap().split('"').next().unwrap();
    let changed = text
        .replace(&format!("version = \"{version}\""), "version = \"2999-01-01\"")
        .replace("what.en = \"We count what is bought in each shop.", "what.en = \"We count everything that is bought in each shop.");
    assert_ne!(changed, text);
    world.adopt(&changed);
    let ended = |world: &World| world.verdict(c, "demand-insight", "purchases");
    assert_eq!(ended(&world), "deny invalidated");
    world.hands.pass(2 * 365 * DAY);
    world.upkeep();
    assert_eq!(choices(&world, "a"), ["given recommendations", "given demand-insight"], "six years after it was given");
    world.hands.pass(PAST - 2 * 365 * DAY);
    world.upkeep();
    assert_eq!((choices(&world, "a"), ended(&world)), (vec!["given recommendations".to_owned()], "deny unknown".into()));
    world.restart();
    assert_eq!(ended(&world), "deny unknown");
}

/// The leaf of a choice stays when its row is hollowed, and the ledger still checks.
#[test]
fn the_ledger_keeps_the_leaves_of_what_went() {
    let mut world = world();
    let c = world.open(user("a"));
    for _ in 0..3 {
        world.give(c, "recommendations", UntilWish::Day);
        world.hands.pass(DAY);
    }
    assert!(world.engine().ledger_settled().unwrap());
    let size = world.engine().ledger_head().checkpoint.size;
    world.hands.pass(PAST);
    world.upkeep();
    assert_eq!(choices(&world, "a"), Vec::<String>::new());
    world.restart();
    assert_eq!((size, world.engine().ledger_head().checkpoint.size), (3, 3));
    let data = world.copied();
    let verified = super::ledger::verify(&["--ledger", &data.path().display().to_string(), "--facts"]);
    super::ledger::says(&verified, true, &["✓ tiles", "✓ rows", "✓ facts"]);
}

/// A device that a page opened a record for, and that nobody can come back with, goes as a whole; one that a shop names stays.
#[test]
fn a_device_that_nobody_can_reach_goes_with_what_was_chosen_on_it() {
    let world = world();
    let by_page = |id: &str| world.run.block_on(world.engine().open_device(device(id), SHOP)).unwrap();
    let (forgotten, remembered) = (by_page("forgotten"), by_page("remembered"));
    let by_shop = world.open(device("by-shop"));
    for customer in [forgotten, remembered, by_shop] {
        refuse(&world, customer, "marketing-email");
    }
    world.give(remembered, "device-storage", UntilWish::Withdrawn);
    let known = |world: &World| [forgotten, remembered, by_shop].map(|customer| world.engine().knows(customer));
    let pass = |days: i64| {
        world.hands.pass(days * DAY);
        world.upkeep();
        known(&world)
    };
    assert_eq!(pass(80), [true, true, true]);
    // Ninety days, the shortest term of data of a device, after the visit.
    assert_eq!(pass(15), [false, true, true]);
    // It was seen again: our cookie lies there for a year more.
    assert_eq!(pass(265), [false, true, true]);
    assert!(world.engine().recognise(remembered, Some("web")));
    world.hands.pass(HOUR);
    world.upkeep();
    assert_eq!(pass(365 + 80), [false, true, true]);
    assert_eq!(pass(30), [false, false, true]);
}

/// Where somebody stands, but for what is over: allow or deny for every purpose and category, now and then.
fn stands(world: &World, customers: &[Handle], moments: &[Time]) -> Vec<String> {
    let mut all = Vec::new();
    for &customer in customers {
        for purpose in
            ["recommendations", "model-improvement", "personalised-advertising", "device-storage", "visit-service", "fraud-prevention"]
        {
            for category in ["purchases", "browsing", "my-information", "device"] {
                let asked = question(purpose, category);
                let Ok(now) = world.engine().decide(Some(customer), &asked) else { continue };
                all.push(format!("{purpose} {category} {}", now.decision));
                for &at in moments {
                    let then = world.engine().decide_at(customer, &asked, at).map(|e| e.answer.decision);
                    all.push(format!("{purpose} {category} {at} {then:?}"));
                }
            }
        }
        let told = world.engine().information(customer).unwrap();
        all.extend(told.iter().map(|i| format!("{} {} {:?}", i.item.id(), i.state.code(), i.until)));
        all.push(format!("{:?}", world.engine().consenter(customer).unwrap()));
        all.push(format!("{:?}", world.engine().restrictions(customer).unwrap().restrictions.len()));
    }
    all
}

fn known(world: &World) -> Vec<Handle> {
    (0..CUSTOMERS).filter_map(|who| world.engine().lookup(&user(&name(who)))).collect()
}

proptest! {
    #![proptest_config(histories::cases(24))]

    /// Standing before = standing after, here and after a start, and at moments within the term; and something does go.
    #[test]
    fn where_a_customer_stands_does_not_change(
        years in prop::collection::vec((prop::collection::vec(histories::step(), 4..25), 200..900i64), 2..6),
    ) {
        let mut world = world();
        let mut moments = Vec::new();
        for (steps, days) in &years {
            for step in steps {
                histories::take(&mut world, step);
            }
            histories::end_visits(&world);
            moments.push(world.now());
            world.hands.pass(days * DAY);
            let customers = known(&world);
            let within = moments.iter().copied().filter(|at| at.plus_seconds(5 * 365 * DAY - DAY) > world.now());
            let within: Vec<Time> = within.take(2).collect();
            let before = stands(&world, &customers, &within);
            world.upkeep();
            prop_assert_eq!(&stands(&world, &customers, &within), &before, "here");
            world.restart();
            prop_assert_eq!(&stands(&world, &customers, &within), &before, "after a start");
        }
    }
}

/// However often somebody changed their mind.
#[test]
fn many_choices_about_one_thing_leave_one() {
    let world = world();
    let c = world.open(user("a"));
    for _ in 0..200 {
        world.give(c, "recommendations", UntilWish::Week);
        refuse(&world, c, "recommendations");
    }
    world.hands.pass(PAST);
    world.upkeep();
    assert_eq!(choices(&world, "a"), ["refused recommendations"]);
    let is_no = |fact: &Fact| matches!(fact, Fact::Chosen(c) if c.what == Chosen::Refused);
    assert_eq!(world.facts_of(&user("a")).iter().filter(|f| is_no(f)).count(), 1);
}
