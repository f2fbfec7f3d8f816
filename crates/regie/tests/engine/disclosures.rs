//! Disclosures and what a customer sees of them: durable before they are answered, one leaf each, told as long as the policy says,
//! gone with an erasure but for the least evidence.

use regie::engine::EngineError;
use regie::engine::api::Give;
use regie::engine::disclosures::{Disclose, PastDisclosure};
use regie::engine::timeline::{Asked, Happened, Kind};
use regie_domain::consent::UntilWish;
use regie_domain::fact::{Actor, Fact};
use regie_domain::ids::Handle;
use regie_domain::ledger;
use regie_store::{SqliteStore, Store};

use crate::support::{DAY, World, device, giving, user, world};

pub(super) fn delivery() -> Disclose {
    Disclose {
        recipient: "carrier".into(),
        purpose: "delivery".into(),
        categories: vec!["contact".into()],
        items: Vec::new(),
        channel: None,
        visit: None,
        reference: Some("parcel 1".into()),
    }
}

fn disclose(world: &World, customer: Handle, wish: Disclose, request: Option<&str>) -> Result<PastDisclosure, EngineError> {
    world.run.block_on(world.engine().disclose(customer, wish, request.map(String::from))).map(|d| d.disclosure)
}

fn all(world: &World, customer: Handle) -> Vec<PastDisclosure> {
    world.engine().disclosures(customer, None, 200).unwrap().disclosures
}

#[test]
fn what_was_answered_stands_after_a_crash_with_a_leaf_that_commits_to_it() {
    let world = world();
    let customer = world.open(user("1"));
    let recorded = disclose(&world, customer, delivery(), Some("request")).unwrap();
    let crashed = world.crashed_copy();
    assert_eq!(all(&crashed, customer), std::slice::from_ref(&recorded));
    assert_eq!(disclose(&crashed, customer, delivery(), Some("request")).unwrap(), recorded, "a retry after a restart finds it");
    assert_eq!(all(&crashed, customer).len(), 1);

    let facts = world.facts_of(&user("1"));
    let disclosure = facts.iter().find_map(|f| if let Fact::Disclosed(d) = f { Some(d.clone()) } else { None }).unwrap();
    let salt: [u8; 32] = std::array::from_fn(|i| u8::from_str_radix(&disclosure.salt[2 * i..2 * i + 2], 16).unwrap());
    let leaf = ledger::leaf(&salt, &ledger::disclosure_core(customer, &disclosure)).unwrap();
    let store = SqliteStore::open_read_only(world.dir.path(), &world.master).unwrap();
    assert!(store.leaves(0..1000).unwrap().contains(&leaf));
}

/// Who retries has perhaps not sent it yet: a withdrawal in between keeps it here, also after a restart.
#[test]
fn a_retry_after_a_withdrawal_is_refused_and_one_that_used_a_once_up_is_not() {
    let sharing = || Disclose {
        recipient: "example-partner".into(),
        purpose: "sharing-with-partners".into(),
        categories: vec!["purchases".into()],
        ..delivery()
    };
    for (until, withdraws) in [(UntilWish::Week, true), (UntilWish::Week, false), (UntilWish::Once, false)] {
        let mut world = world();
        let customer = world.open(user("1"));
        let give = Give { recipients: Some(vec!["example-partner".into()]), ..giving("sharing-with-partners", until) };
        world.try_give(customer, give).unwrap();
        let recorded = disclose(&world, customer, sharing(), Some("request")).unwrap();
        if withdraws {
            world.withdraw(customer, "sharing-with-partners");
        }
        for again in [false, true] {
            if again {
                world.restart();
            }
            match disclose(&world, customer, sharing(), Some("request")) {
                Ok(found) => assert_eq!((found, withdraws), (recorded.clone(), false)),
                Err(e) => assert_eq!((e.code(), withdraws), ("disclosure_refused", true)),
            }
            assert_eq!(all(&world, customer).len(), 1);
        }
    }
}

#[test]
fn a_refusal_leaves_no_disclosure_but_is_seen() {
    let world = world();
    let customer = world.open(user("1"));
    let sharing = Disclose {
        recipient: "example-partner".into(),
        purpose: "sharing-with-partners".into(),
        categories: vec!["purchases".into()],
        ..delivery()
    };
    let refused = disclose(&world, customer, sharing, None).unwrap_err();
    assert!(matches!(refused, EngineError::DisclosureRefused { .. }), "{refused}");
    assert!(all(&world, customer).is_empty());
    let ways = world.engine().ways(customer).unwrap();
    let denied = ways.iter().find(|w| w.purpose == "sharing-with-partners").unwrap();
    assert_eq!((denied.allowed, denied.denied, denied.open), (0, 1, false));
}

#[test]
fn joined_records_have_one_history_and_a_split_second_tells_nothing_twice() {
    let world = world();
    let (customer, tablet) = (world.open(user("1")), world.open(device("tablet")));
    disclose(&world, customer, delivery(), None).unwrap();
    disclose(&world, tablet, delivery(), None).unwrap();
    world.run.block_on(world.engine().join(customer, tablet, Actor::Source)).unwrap();
    for name in [customer, tablet] {
        assert_eq!(all(&world, name).len(), 2);
    }
    let rows = world.engine().timeline(customer, &Asked { kinds: vec![Kind::Disclosures], limit: 10, before: None }).unwrap().rows;
    assert_eq!(rows.iter().filter(|r| matches!(r.what, Happened::Disclosed(_))).count(), 2);
}

#[test]
fn what_happened_is_told_for_five_years() {
    let mut world = world();
    let customer = world.open(user("1"));
    world.give(customer, "recommendations", UntilWish::Withdrawn);
    world.buy("1", &["milk"]);
    world.recommend_to(customer);
    disclose(&world, customer, delivery(), None).unwrap();
    world.hands.pass(DAY);
    world.upkeep();
    assert_eq!((all(&world, customer).len(), world.engine().uses(customer).unwrap().len()), (1, 1));
    world.hands.pass(5 * 366 * DAY);
    world.upkeep();
    assert!(all(&world, customer).is_empty());
    assert!(world.engine().uses(customer).unwrap().is_empty());
    assert!(!world.facts_of(&user("1")).iter().any(|f| matches!(f, Fact::Disclosed(_) | Fact::UsesSummed(_))));
    let running = world.audit().days;
    world.restart();
    assert_eq!(world.audit().days, running);
}

#[test]
fn an_erasure_keeps_to_whom_and_nothing_more() {
    let world = world();
    let customer = world.open(user("1"));
    let recorded = disclose(&world, customer, delivery(), None).unwrap();
    world.erase(customer);
    let facts = world.facts();
    let evidence = facts.iter().find_map(|(_, f)| if let Fact::RequestCompleted(r) = f { Some(r.clone()) } else { None }).unwrap();
    assert_eq!((evidence.recipients.as_slice(), evidence.right.as_str()), (&["carrier".to_owned()][..], "erasure"));
    let left = format!("{facts:?}");
    assert!(!left.contains("parcel 1") && !left.contains(&recorded.id.to_string()) && !left.contains("Disclosed("));
}

#[test]
fn pages_of_the_timeline_miss_and_repeat_nothing() {
    let world = world();
    let customer = world.open(user("1"));
    world.give(customer, "recommendations", UntilWish::Withdrawn);
    for day in 0..12 {
        world.buy("1", &["milk"]);
        world.look("1", "tea");
        world.recommend_to(customer);
        if day % 3 == 0 {
            disclose(&world, customer, delivery(), None).unwrap();
        }
        if day % 4 == 0 {
            world.upkeep();
        }
        world.hands.pass(DAY);
    }
    let whole = world.engine().timeline(customer, &Asked { limit: 200, ..Asked::default() }).unwrap();
    assert!(whole.next.is_none() && whole.rows.len() > 36, "{}", whole.rows.len());
    assert!(whole.rows.windows(2).all(|w| w[0].day >= w[1].day));
    for limit in [1, 2, 5, 7] {
        let (mut rows, mut before) = (Vec::new(), None);
        loop {
            let page = world.engine().timeline(customer, &Asked { before, limit, ..Asked::default() }).unwrap();
            rows.extend(page.rows);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(rows, whole.rows, "{limit} at a time");
    }
    let events: u32 = whole.rows.iter().map(|r| if let Happened::Collected { count, .. } = r.what { count } else { 0 }).sum();
    assert_eq!((u64::from(events), whole.totals.0.get(&Kind::Events).copied()), (24, Some(24)));
}
