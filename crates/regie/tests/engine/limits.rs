//! What the engine bounds, met with low limits: what is over them is refused or counted before anything is written, and never
//! skipped in silence. A restart knows the same.

use regie::engine::Refusal;
use regie::engine::limits::Limits;
use regie_domain::collection::{Body, Incoming};
use regie_domain::consent::UntilWish;
use regie_domain::fact::{EventName, Fact};
use regie_domain::ids::Handle;

use super::support::*;

fn few(items: usize, shops: usize) -> World {
    World::with_limits(Limits { items, shops, ..Limits::default() })
}

fn in_shop(mut message: Incoming, shop: &str) -> Incoming {
    if let Body::Event(body) = &mut message.body {
        body.store = Some(shop.into());
    }
    message
}

/// A call with more new items than there is room for puts none of them, in memory or on disk.
#[test]
fn a_full_catalogue_takes_all_of_a_call_or_nothing() {
    let mut world = few(4, 9);
    let put = |world: &World, ids: &[(&str, bool)]| {
        let items = ids.iter().map(|(id, sensitive)| item(id, *sensitive)).collect();
        world.run.block_on(world.engine().put_catalogue(items))
    };
    assert_eq!(put(&world, &[("a", false), ("b", false)]).unwrap(), 2);
    world.buy("c1", &["c"]);
    let before = world.audit();
    let rows = world.facts().len();
    for _ in ["running", "restarted"] {
        let error = put(&world, &[("a", true), ("d", false), ("e", true)]).unwrap_err();
        assert_eq!((error.code(), error.to_string().contains("of 2 new ones there is room for 1")), ("catalogue_full", true), "{error}");
        assert_eq!((world.engine().catalogue_len(), world.facts().len()), (2, rows));
        assert_eq!(world.audit(), before);
        world.restart();
    }
    assert_eq!(put(&world, &[("a", false), ("c", false), ("d", false)]).unwrap(), 3, "those that are known need no room");
    assert_eq!(put(&world, &[("e", false)]).unwrap_err().code(), "catalogue_full");
    world.restart();
    assert_eq!(world.engine().catalogue_len(), 4);
}

/// A page cannot fill the memory with items that it makes up: whatever its customer permits it is told, and no other event is
/// lost with it. What a till sends is kept all the same, because a law may oblige to.
#[test]
fn an_event_with_an_item_too_many() {
    let mut world = few(3, 9);
    world.buy("c1", &["a", "b"]);
    let permits = world.open(device("permits"));
    world.give(permits, "recommendations", UntilWish::Withdrawn);
    let now = world.now();
    let sent = ["permits", "never asked"].map(|who| {
        let mut made_up = order(device_message(who), "1", &["x", "y"], now);
        made_up.message_id = Some(format!("made up by {who}"));
        world.collect(WEB, vec![view(device_message(who), "a", now), made_up, view(device_message(who), "b", now)])
    });
    assert!(sent.iter().all(|c| (c.accepted, c.refused.as_slice()) == (2, &[(1, Refusal::TooManyItems)])), "{sent:?}");
    let look = |item: &str| world.collect(WEB, vec![view(device_message("permits"), item, now)]).refused;
    assert_eq!((look("c"), look("d")), (vec![], vec![(0, Refusal::TooManyItems)]), "there is room for one more");
    world.send(order(user_message("c2"), "2", &["a", "x", "y"], now));
    assert_eq!(world.events_of("c2"), [EventName::OrderCompleted]);
    let live = world.audit();
    let counted: Vec<&str> = live.tallies.keys().map(|cell| cell.rsplit('/').next().unwrap()).collect();
    assert_eq!(counted, ["a", "b"], "on disk no more is counted than memory holds");
    world.restart();
    assert_eq!(world.audit(), live);
}

/// Shops beyond the limit are counted without their name, in one commit and over many, in memory and on disk.
#[test]
fn a_shop_too_many_is_counted_without_its_name() {
    let mut world = few(9, 2);
    let bought = |shop: &str| in_shop(order(user_message("c"), "1", &["a"], world.now()), shop);
    world.collect(SHOP, vec![bought("s1"), bought("s2"), bought("s3")]);
    world.collect(SHOP, vec![bought("s4"), bought("s1"), bought("s3"), bought("")]);
    let live = world.audit().tallies;
    let counts: Vec<_> = live.iter().map(|(cell, count)| (cell.split_once('/').unwrap().1, *count)).collect();
    assert_eq!(counts, [("/a", 4), ("s1/a", 2), ("s2/a", 1)]);
    world.restart();
    assert_eq!(world.audit().tallies, live);
    // A shop of which nothing is counted any more makes room.
    world.hands.pass(29 * DAY);
    world.upkeep();
    world.collect(SHOP, vec![in_shop(order(user_message("c"), "2", &["a"], world.now()), "s5")]);
    assert_eq!(world.audit().tallies.keys().map(|cell| cell.split_once('/').unwrap().1).collect::<Vec<_>>(), ["s5/a"]);
}

/// What ends of several customers' rows ends in common commits, however many rows one takes; each loses their own and no other.
#[test]
fn many_who_withdraw_at_once_all_lose_their_rows() {
    for rows_ended in [1, 4, 1000] {
        let mut world = World::with_limits(Limits { rows_ended, ..Limits::default() });
        let names: Vec<String> = (0..20).map(|i| format!("c{i}")).collect();
        let customers: Vec<Handle> = names.iter().map(|name| world.open(user(name))).collect();
        for (at, name) in names.iter().enumerate() {
            world.give(customers[at], "recommendations", UntilWish::Withdrawn);
            ["a", "b", "c"].iter().take(at % 4).for_each(|item| world.look(name, item));
            world.buy(name, &["d"]);
        }
        let who_stays = names.len() - 1;
        runtime().block_on(async {
            let mut all = tokio::task::JoinSet::new();
            for &customer in &customers[..who_stays] {
                let engine = world.engine().clone();
                all.spawn(async move { engine.withdraw(customer, "recommendations", Some(evidence())).await.map(drop) });
            }
            all.join_all().await.into_iter().for_each(|done| done.unwrap());
        });
        for (at, name) in names.iter().enumerate() {
            let looks = if at == who_stays { at % 4 } else { 0 };
            let left = world.events_of(name);
            assert_eq!(left.iter().filter(|name| **name == EventName::ProductViewed).count(), looks, "{name}");
            assert_eq!(left.len(), looks + 1, "{name}: the order is still an order");
        }
        let live = world.audit();
        world.restart();
        assert_eq!(world.audit(), live);
    }
}

/// A withdrawal that ends many rows does so in commits of a bounded size, and all engines agree on what is left.
#[test]
fn a_withdrawal_of_many_rows_is_many_commits() {
    let after = |rows_ended: usize| {
        let mut world = World::with_limits(Limits { rows_ended, ..Limits::default() });
        let c = world.open(user("c"));
        world.give(c, "recommendations", UntilWish::Withdrawn);
        for item in ["a", "b", "c", "d", "e"] {
            world.look("c", item);
        }
        world.buy("c", &["a"]);
        world.withdraw(c, "recommendations");
        assert_eq!(world.events_of("c"), [EventName::OrderCompleted], "the looks rested on it");
        assert_eq!(world.recommend_to(c).reason, "withdrawn");
        let live = world.audit();
        world.restart();
        assert_eq!(world.audit(), live);
        let commits = world.facts().iter().filter(|(_, fact)| matches!(fact, Fact::HistoryChanged)).count();
        (commits, live.model, live.profiles.len(), live.consents.into_values().collect::<Vec<_>>())
    };
    let (whole, ..) = after(1000);
    let (halves, ..) = after(3);
    let (single, ..) = after(1);
    assert_eq!((whole, halves, single), (1, 2, 5));
    assert_eq!(after(1).1, after(1000).1);
}

/// A customer whose rows cannot be read is told of and tried again; everybody else's rows go when their time has come.
#[test]
fn one_customer_that_cannot_be_read_holds_up_nobody() {
    let world = world();
    for who in ["a", "b", "c"] {
        let customer = world.open(user(who));
        world.give(customer, "recommendations", UntilWish::Week);
        world.look(who, "tea");
        world.hands.pass(1);
    }
    let row = world.facts().iter().find(|(_, fact)| matches!(fact, Fact::EventKept(_))).unwrap().0.position;
    let file = rusqlite::Connection::open(world.dir.path().join("facts.db")).unwrap();
    let sealed: Vec<u8> = file.query_one("SELECT sealed FROM facts WHERE position = ?1", [row.cast_signed()], |r| r.get(0)).unwrap();
    let write = |bytes: &[u8]| file.execute("UPDATE facts SET sealed = ?2 WHERE position = ?1", (row.cast_signed(), bytes)).unwrap();
    write(&vec![7; sealed.len()]);
    world.hands.pass(8 * DAY);
    assert_eq!(world.run.block_on(world.engine().upkeep()).unwrap_err().code(), "sealed_row_unreadable");
    assert_eq!(world.events_left(row), 1, "of the one alone");
    write(&sealed);
    world.hands.pass(61);
    world.upkeep();
    assert_eq!(world.events_left(row), 0);
}

impl World {
    /// How many rows of events are on disk, of which one may be unreadable.
    fn events_left(&self, unreadable: u64) -> usize {
        let store = regie_store::SqliteStore::open_read_only(self.dir.path(), &self.master).unwrap();
        let is_event = |row: &regie_store::RawRow| {
            row.meta.position == unreadable
                || matches!(serde_json::from_slice(&store.unseal(row).unwrap().unwrap()).unwrap(), Fact::EventKept(_))
        };
        raw_rows(self.dir.path(), &self.master).iter().filter(|row| is_event(row)).count()
    }
}
