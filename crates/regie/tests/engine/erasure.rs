//! Erasing: no byte of the customer is left in any file, the law's remainder stays for its term and says no more than it must,
//! and what a crash or an older backup left undone is completed at the next start.

use std::path::Path;

use regie::engine::api::Recommendations;
use regie_domain::consent::UntilWish;
use regie_domain::fact::{Actor, Fact};
use regie_domain::ids::{Handle, RecordId};
use regie_domain::time::Time;
use regie_store::{MasterKey, SqliteStore, Store};

use super::support::*;

const EMAIL: &str = "unmistakable.person@example.org";
const QUERY: &str = "a very particular question";
const CUSTOMER: &str = "customer-4711-xyz";
const DEVICE: &str = "device-0815-abc";
const ORDER: &str = "order-1001-kept-for-tax";

/// What must be nowhere afterwards: ids, wrapped keys and sealed bytes of these records.
struct Traces(Vec<(String, Vec<u8>)>);

impl Traces {
    fn of(dir: &Path, master: &MasterKey, handles: &[Handle]) -> Traces {
        let facts = facts_on_disk(dir, master);
        let mut records: Vec<RecordId> = facts
            .iter()
            .filter(|(_, f)| matches!(f, Fact::RecordOpened(o) if handles.contains(&o.handle)))
            .map(|(m, _)| m.record)
            .collect();
        records.dedup();
        assert_eq!(records.len(), handles.len());
        let mut all = Vec::new();
        for record in &records {
            all.push((format!("record id {record:?}"), record.0.to_vec()));
            all.push((format!("key of {record:?}"), wrapped_key(dir, master, *record).expect("it has a key")));
        }
        for row in raw_rows(dir, master).into_iter().filter(|row| records.contains(&row.meta.record)) {
            all.push((format!("row at {}", row.meta.position), row.sealed));
        }
        for handle in handles {
            all.push(("handle".into(), handle.to_string().into_bytes()));
            all.push(("handle, raw".into(), handle.0.to_be_bytes().to_vec()));
            all.push(("handle, raw".into(), handle.0.to_le_bytes().to_vec()));
        }
        all.extend([EMAIL, QUERY, CUSTOMER, DEVICE].map(|text| (text.to_owned(), text.as_bytes().to_vec())));
        Traces(all)
    }

    /// Those that are still in some file.
    fn left_in(&self, dir: &Path) -> Vec<String> {
        let files = files(dir);
        let holds = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
        let left = self.0.iter().flat_map(|(what, needle)| {
            files.iter().filter(|(_, bytes)| holds(bytes, needle)).map(move |(file, _)| format!("{what} in {}", file.display()))
        });
        left.collect()
    }
}

/// A customer of two records with facts of every kind, among two others.
fn busy_world() -> (World, [Handle; 2]) {
    let world = world();
    for other in ["other-1", "other-2"] {
        let c = world.open(user(other));
        world.give(c, "model-improvement", UntilWish::Withdrawn);
        world.buy(other, &["tea", "sugar"]);
    }
    let c = world.open(user(CUSTOMER));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.give(c, "model-improvement", UntilWish::Month);
    world.collect(WEB, vec![view(device_message(DEVICE), "tea", world.now())]);
    let d = world.user_or_device(&device(DEVICE));
    world.give(d, "recommendations", UntilWish::Withdrawn);
    world.collect(WEB, vec![view(device_message(DEVICE), "tea", world.now())]);
    world.run.block_on(world.engine().join(c, d, Actor::Customer)).unwrap();
    world.send(identify(CUSTOMER, Some(DEVICE), EMAIL, world.now()));
    world.send(search(user_message(CUSTOMER), QUERY, world.now()));
    for i in 0..60 {
        world.hands.pass(61);
        let at = world.now();
        world.send(order(user_message(CUSTOMER), &format!("{ORDER}-{i}"), &["tea", "lemons"], at));
        world.buy("other-1", &["milk"]);
    }
    world.recommend_to(c);
    world.hands.pass(HOUR);
    world.upkeep();
    world.recommend_to(c);
    world.run.block_on(world.engine().use_now(Some(c), &question("recommendations", "purchases"), None)).unwrap();
    assert_eq!(world.engine().uses(c).unwrap().len(), 1, "uses are on record");
    (world, [c, d])
}

fn check_remainder(world: &World) {
    let facts = world.facts();
    let kept: Vec<_> =
        facts.iter().filter_map(|(meta, f)| if let Fact::OrderKeptByLaw(o) = f { Some((meta.record, o)) } else { None }).collect();
    assert_eq!(kept.len(), 60);
    assert!(kept.iter().all(|(record, _)| *record == kept[0].0), "in one record of its own");
    let until: Time = Time::parse("2033-12-31T23:00:00Z").unwrap();
    for (i, (_, order)) in kept.iter().enumerate() {
        assert_eq!(
            (order.purpose.as_str(), order.until, order.order.id.as_str()),
            ("tax-records", until, format!("{ORDER}-{i}").as_str()),
            "seven years from the end of the year, local"
        );
        assert!(order.order.coupon.is_none() && order.lines.len() == 2);
    }
    for (_, fact) in &facts {
        let text = serde_json::to_string(fact).unwrap();
        for value in [EMAIL, QUERY, CUSTOMER, DEVICE, "utrecht"] {
            assert!(
                !text.contains(value) || matches!(fact, Fact::PolicyAdopted(_)) || text.contains("\"kind\":\"event_kept\""),
                "{value} in {text}"
            );
        }
    }
}

#[test]
fn nothing_of_an_erased_customer_is_in_any_file() {
    let (mut world, handles) = busy_world();
    let traces = Traces::of(world.dir.path(), &world.master, &handles);
    assert!(traces.left_in(world.dir.path()).len() > 60, "they are there before");
    let others = world.to_a_stranger(&["sugar"]);
    let erased = world.erase(handles[1]);
    assert_eq!(traces.left_in(world.dir.path()), Vec::<String>::new(), "when it is acknowledged, with the engine running");
    let kept: Vec<&str> = erased.kept.iter().map(|kept| kept.purpose.as_str()).collect();
    assert_eq!(kept, ["legal-claims", "tax-records"]);
    assert_eq!(erased.kept[1].until, Time::parse("2033-12-31T23:00:00Z").unwrap());
    check_remainder(&world);
    for handle in handles {
        assert!(!world.engine().knows(handle));
        assert_eq!(world.engine().export(handle).unwrap_err().code(), "customer_unknown");
        assert_eq!(world.engine().decide(Some(handle), &question("order-handling", "purchases")).unwrap_err().code(), "customer_unknown");
        assert_eq!(world.run.block_on(world.engine().erase(handle)).unwrap_err().code(), "customer_unknown");
    }
    let others_now = world.to_a_stranger(&["sugar"]);
    // The scores may differ: how rare an item is was counted with the erased too. What merely sells is counted anew once a second.
    // What came with what came first, at the end of the list, may have come by the erased.
    let explained = |r: &Recommendations| {
        let explained = r.items.iter().filter(|i| !i.because.is_empty());
        explained.map(|i| (i.item.clone(), i.because.clone())).collect::<Vec<_>>()
    };
    assert!(!explained(&others_now).is_empty() && explained(&others).starts_with(&explained(&others_now)));
    let live = world.audit();
    world.restart();
    assert_eq!(world.audit(), live);
    world.upkeep();
    world.stop();
    assert_eq!(traces.left_in(world.dir.path()), Vec::<String>::new());
}

/// What the law keeps ends with its term, and then its key and the record's id too.
#[test]
fn the_remainder_goes_when_its_term_ends() {
    let (mut world, handles) = busy_world();
    world.erase(handles[0]);
    let remainder = world.facts().iter().find(|(_, f)| matches!(f, Fact::OrderKeptByLaw(_))).map(|(m, _)| m.record).unwrap();
    let end: Time = Time::parse("2033-12-31T23:00:00Z").unwrap();
    world.hands.pass(end.seconds() - world.now().seconds() - 1);
    world.restart();
    world.upkeep();
    assert_eq!(world.facts().iter().filter(|(m, _)| m.record == remainder).count(), 60);
    world.hands.pass(1);
    world.upkeep();
    assert_eq!(world.facts().iter().filter(|(m, _)| m.record == remainder).count(), 0);
    world.stop();
    assert_eq!(files_with(world.dir.path(), &remainder.0), Vec::<std::path::PathBuf>::new());
}

/// Files of two closed folders mixed: what a crash between two steps, or restoring an older backup, leaves.
#[test]
fn what_was_left_undone_is_completed_at_the_next_start() {
    let (mut world, handles) = busy_world();
    let traces = Traces::of(world.dir.path(), &world.master, &handles);
    world.stop();
    let before = world.copied();
    world.restart();
    world.erase(handles[0]);
    let live = world.audit();
    world.stop();
    // (what comes from before the erasure, what that is like)
    let cases: [(&[&str], &str); 3] = [
        (&["facts.db", "keys.db", "journal", "ledger"], "an older backup of both; or a crash after the log of tombstones"),
        (&["facts.db", "ledger"], "an older backup of the facts: rows without a key"),
        (&["journal"], "a crash before the uses were zeroed"),
    ];
    for (older, like) in cases {
        let dir = world.copied();
        for name in older {
            let (from, to) = (before.path().join(name), dir.path().join(name));
            if from.is_dir() {
                std::fs::remove_dir_all(&to).unwrap();
                std::fs::create_dir(&to).unwrap();
                copy_into(&from, &to);
            } else {
                std::fs::copy(from, to).unwrap();
            }
        }
        let mut again = World::on(dir, world.master.clone(), world.hands.same());
        for handle in handles {
            assert!(!again.engine().knows(handle), "{like}");
        }
        assert_eq!(again.audit().model, live.model, "{like}");
        if older != ["facts.db", "ledger"] {
            check_remainder(&again);
            // Refused: the identifiers were suppressed once more.
            again.send(view(user_message(CUSTOMER), "tea", again.now()));
            assert!(again.engine().lookup(&user(CUSTOMER)).is_none(), "{like}");
        }
        assert_eq!(traces.left_in(again.dir.path()), Vec::<String>::new(), "{like}");
        again.restart();
        assert_eq!(again.audit().model, live.model, "{like}");
        again.stop();
        assert_eq!(traces.left_in(again.dir.path()), Vec::<String>::new(), "{like}");
    }
}

/// Keys older than the facts are refused: the law's remainder has no key in them. With the right keys all is there.
#[test]
fn older_keys_alone_are_refused() {
    let (mut world, handles) = busy_world();
    world.stop();
    let before = std::fs::read(world.dir.path().join("keys.db")).unwrap();
    world.restart();
    world.erase(handles[0]);
    world.stop();
    let after = std::fs::read(world.dir.path().join("keys.db")).unwrap();
    std::fs::write(world.dir.path().join("keys.db"), before).unwrap();
    for _ in 0..2 {
        assert_eq!(try_start(world.dir.path(), &world.master, &world.hands, true).unwrap_err().code(), "key_missing");
    }
    std::fs::write(world.dir.path().join("keys.db"), after).unwrap();
    world.restart();
    check_remainder(&world);
}

/// A log of tombstones that was cut between two records of one customer still means the whole customer.
#[test]
fn half_a_customer_is_erased_whole() {
    let (mut world, handles) = busy_world();
    let traces = Traces::of(world.dir.path(), &world.master, &handles);
    world.stop();
    let before = world.copied();
    world.restart();
    world.erase(handles[0]);
    world.stop();
    let log = std::fs::read_to_string(world.dir.path().join("tombstones.log")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let dir = copy(before.path());
        std::fs::write(dir.path().join("tombstones.log"), format!("{line}\n{}", &line[..20])).unwrap();
        let mut again = World::on(dir, world.master.clone(), world.hands.same());
        assert!(handles.iter().all(|h| !again.engine().knows(*h)));
        let live = again.audit();
        again.restart();
        assert_eq!(again.audit(), live);
        again.stop();
        assert_eq!(traces.left_in(again.dir.path()), Vec::<String>::new());
    }
}

/// A list of tombstones older than the facts is refused: the erased could come back.
#[test]
fn an_older_list_of_tombstones_is_refused() {
    let (mut world, handles) = busy_world();
    let before = std::fs::read(world.dir.path().join("tombstones.log")).unwrap();
    world.erase(handles[0]);
    world.stop();
    std::fs::write(world.dir.path().join("tombstones.log"), before).unwrap();
    let refused = try_start(world.dir.path(), &world.master, &world.hands, true).unwrap_err();
    assert_eq!(refused.code(), "tombstones_missing");
}

/// What a withdrawal deletes is gone from every file too, once upkeep has passed.
#[test]
fn withdrawn_rows_leave_no_bytes() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.buy("a", &["bread"]);
    for i in 0..50 {
        world.send(view(user_message("a"), &format!("item-{i}"), world.now()));
    }
    let looks: Vec<Vec<u8>> =
        raw_rows(world.dir.path(), &world.master).into_iter().filter(|row| row.meta.position > 4).map(|row| row.sealed).collect();
    assert_eq!(looks.len(), 50);
    world.withdraw(c, "recommendations");
    world.upkeep();
    assert!(looks.iter().all(|sealed| files_with(world.dir.path(), sealed).is_empty()));
}

/// The list of refused identifiers has an end itself: then nothing of an entry is left, in memory or on disk.
#[test]
fn an_identifier_is_refused_until_its_term_and_then_forgotten() {
    let mut world = world();
    let list = |world: &World| {
        let facts = world.facts();
        facts.iter().filter(|(_, f)| matches!(f, Fact::IdentifierSuppressed(_) | Fact::SuppressionLifted(_))).count()
    };
    for customer in ["a", "b"] {
        world.buy(customer, &["bread"]);
        world.erase(world.user(customer));
    }
    world.give(world.open(user("a")), "recommendations", UntilWish::Week);
    assert_eq!((world.audit().suppressed.len(), list(&world)), (2, 3), "one was lifted");
    world.hands.pass(1826 * DAY - 1);
    assert_eq!((world.audit().suppressed.len(), list(&world)), (2, 3), "not a second before its end");
    world.hands.pass(2);
    let live = world.audit();
    assert_eq!((live.suppressed.len(), list(&world)), (0, 0));
    world.restart();
    assert_eq!(world.audit(), live);
    world.look("b", "tea");
    assert!(world.engine().lookup(&user("b")).is_some(), "welcome again");
}

/// Rule 13: a late retry is known by its message for a week, whatever it says of its time; by then what names it is gone, from the disk too.
#[test]
fn a_message_of_an_erased_customer_is_known_for_a_week() {
    let mut world = world();
    let mut message = order(user_message("a"), "1", &["bread"], world.now());
    message.message_id = Some("m1".into());
    world.send(message.clone());
    world.send(message.clone());
    assert_eq!(world.events_of("a").len(), 1, "a retry");
    world.erase(world.user("a"));
    let named = |world: &World| world.facts().iter().filter(|(_, fact)| matches!(fact, Fact::MessagesSeen(_))).count();
    for _ in ["running", "restarted"] {
        world.hands.pass(3 * DAY);
        message.happened_at = world.now();
        world.send(message.clone());
        assert!(world.engine().lookup(&user("a")).is_none(), "a retry");
        assert_eq!(named(&world), 1);
        world.restart();
    }
    world.hands.pass(2 * DAY);
    world.upkeep();
    assert_eq!(named(&world), 0);
    let notes = SqliteStore::open_read_only(world.dir.path(), &world.master).unwrap().notes().unwrap();
    assert!(!notes.iter().any(|(_, note)| String::from_utf8_lossy(note).contains("messages_seen")), "nor with the keys");
    message.happened_at = world.now();
    world.send(message);
    assert_eq!(world.events_of("a").len(), 1, "an order of its own");
    assert_eq!(world.crashed_copy().audit(), world.audit());
}

/// Nor does a retry make a device theirs again, which the erasure had let go.
#[test]
fn a_link_that_was_erased_is_not_made_again_by_a_retry() {
    let mut world = world();
    world.buy("a", &["bread"]);
    let mut linked = alias("a", "d", Time::from_millis(world.now().millis() + 40_000));
    linked.message_id = Some("l1".into());
    world.send(linked.clone());
    assert!(world.engine().lookup(&device("d")).is_some());
    world.erase(world.user("a"));
    world.give(world.open(user("a")), "recommendations", UntilWish::Week);
    for _ in ["running", "restarted"] {
        world.send(linked.clone());
        assert!(world.engine().lookup(&device("d")).is_none());
        world.restart();
    }
}

/// Rule 11: what a withdrawal deleted does not come back by a retry, though its customer says yes again, and whoever restarts what.
#[test]
fn what_a_withdrawal_deleted_is_no_news_after_another_yes() {
    for restarts in [false, true] {
        let mut world = world();
        let c = world.open(user("a"));
        world.give(c, "recommendations", UntilWish::Week);
        let mut seen = view(user_message("a"), "tea", world.now());
        seen.message_id = Some("v1".into());
        world.send(seen.clone());
        assert_eq!(world.events_of("a").len(), 1);
        world.withdraw(c, "recommendations");
        world.upkeep();
        if restarts {
            world.restart();
        }
        world.give(c, "recommendations", UntilWish::Week);
        world.send(seen);
        assert_eq!(world.events_of("a").len(), 0, "a retry");
        world.look("a", "tea");
        assert_eq!(world.events_of("a").len(), 1);
    }
}

/// Rule 13: the clock of the source ran ahead, so that what the customer did before the erasure seems to come after it. It is old all the
/// same, also once they came back, and keeps nothing out that is new.
#[test]
fn what_happened_before_by_a_clock_that_ran_ahead_is_not_new() {
    for comes_back in [false, true] {
        let mut world = world();
        let ahead = Time::from_millis(world.now().millis() + 40_000);
        let mut message = order(user_message("a"), "1", &["bread"], ahead);
        message.message_id = Some("m1".into());
        world.send(message.clone());
        world.erase(world.user("a"));
        world.hands.pass(20);
        if comes_back {
            world.give(world.open(user("a")), "recommendations", UntilWish::Week);
        }
        for _ in ["running", "restarted"] {
            world.send(message.clone());
            assert_eq!(world.engine().lookup(&user("a")).is_some(), comes_back);
            assert_eq!(world.events_of("a").len(), 0);
            world.restart();
        }
        world.send(order(user_message("a"), "2", &["bread"], world.now()));
        assert_eq!(world.events_of("a").len(), 1, "a new order is welcome, though the other's time has not come");
        world.hands.pass(8 * DAY);
        world.upkeep();
        world.send(message);
        assert_eq!(world.events_of("a").len(), 1, "known no more, it is too old");
    }
    // Without a message id only its time tells: nothing of before then is taken.
    let nameless = world();
    let ahead = Time::from_millis(nameless.now().millis() + 40_000);
    nameless.send(order(user_message("a"), "1", &["bread"], ahead));
    nameless.erase(nameless.user("a"));
    nameless.send(order(user_message("a"), "1", &["bread"], ahead));
    assert!(nameless.engine().lookup(&user("a")).is_none());
    let mut named = order(user_message("b"), "1", &["bread"], nameless.now());
    named.message_id = Some("b1".into());
    nameless.send(order(user_message("b"), "1", &["bread"], ahead));
    nameless.erase(nameless.user("b"));
    nameless.hands.pass(1);
    named.happened_at = nameless.now();
    nameless.send(named);
    assert_eq!(nameless.events_of("b").len(), 1, "what has an id is known by that, and new");
    nameless.send(order(user_message("a"), "2", &["bread"], Time::from_millis(ahead.millis() + 1)));
    assert_eq!(nameless.events_of("a").len(), 1, "a new order is welcome");
    // What was looked at by such a clock keeps no order out, and does not come back with the customer.
    nameless.erase(nameless.user("a"));
    nameless.hands.pass(60);
    nameless.give(nameless.open(user("a")), "recommendations", UntilWish::Week);
    nameless.send(view(user_message("a"), "tea", Time::from_millis(nameless.now().millis() + 40_000)));
    nameless.erase(nameless.user("a"));
    nameless.hands.pass(5);
    nameless.buy("a", &["milk"]);
    assert_eq!(nameless.events_of("a").len(), 1);
    let world = world();
    world.buy("a", &["bread"]);
    world.give(world.user("a"), "recommendations", UntilWish::Week);
    let mut view = view(user_message("a"), "tea", Time::from_millis(world.now().millis() + 40_000));
    view.message_id = Some("v1".into());
    world.send(view.clone());
    world.erase(world.user("a"));
    world.hands.pass(5);
    world.buy("a", &["milk"]);
    world.give(world.user("a"), "recommendations", UntilWish::Week);
    world.send(view);
    assert_eq!(world.events_of("a").len(), 1, "the new order alone");
}

/// A crash after the tombstone of a record whose term was over: the start completes it, and refuses nobody, because nobody asked.
/// Where something might still be kept, only a customer can have asked.
#[test]
fn an_erasure_that_nobody_asked_for_refuses_nobody() {
    for (days, asked) in [(1, true), (91, false)] {
        let mut world = world();
        world.collect(WEB, vec![view(device_message("d"), "tea", world.now())]);
        let handle = world.user_or_device(&device("d"));
        let opened = |(meta, fact): &(regie_store::Meta, Fact)| matches!(fact, Fact::RecordOpened(_)).then_some(meta.record);
        let record = world.facts().iter().find_map(opened).unwrap();
        world.stop();
        world.hands.pass(days * DAY);
        let line = regie::engine::hex(&regie_store::tombstone(record));
        std::fs::write(world.dir.path().join("tombstones.log"), format!("{line}\n")).unwrap();
        world.restart();
        assert!(!world.engine().knows(handle));
        let audit = world.audit();
        assert_eq!(audit.suppressed.len(), usize::from(asked), "after {days} days");
        let completed = world.facts().iter().filter(|(_, f)| matches!(f, Fact::RequestCompleted(_))).count();
        assert_eq!(completed, usize::from(asked), "after {days} days");
        world.restart();
        assert_eq!(world.audit(), audit);
    }
}
