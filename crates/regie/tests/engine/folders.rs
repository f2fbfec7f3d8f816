//! Folders that cannot be used: a clear code, nothing deleted, no half start.

use std::io::Write as _;
use std::path::Path;

use regie_domain::consent::UntilWish;
use regie_domain::fact::{Fact, PolicyAdopted};
use regie_domain::ids::RecordId;
use regie_store::{Batch, MasterKey, NewRow, Store};

use super::support::*;

/// A closed folder with a few facts.
fn closed() -> World {
    let mut world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.buy("a", &["bread"]);
    world.look("a", "cheese");
    world.stop();
    world
}

#[test]
fn what_a_start_refuses() {
    type Damage = fn(&Path);
    let cases: [(&str, Damage, &str); 8] = [
        ("another format", |dir| std::fs::write(dir.join("FORMAT"), "2\n").unwrap(), "format_unknown"),
        ("no data folder", |dir| std::fs::write(dir.join("FORMAT"), "holiday photos").unwrap(), "format_unknown"),
        ("the format is missing", |dir| std::fs::remove_file(dir.join("FORMAT")).unwrap(), "format_unknown"),
        (
            "facts cut short",
            |dir| std::fs::File::options().write(true).open(dir.join("facts.db")).unwrap().set_len(8192).unwrap(),
            "facts_corrupt",
        ),
        ("facts overwritten", |dir| std::fs::write(dir.join("facts.db"), [7; 20_000]).unwrap(), "facts_corrupt"),
        ("facts missing", |dir| std::fs::remove_file(dir.join("facts.db")).unwrap(), "facts_corrupt"),
        ("keys missing", |dir| std::fs::remove_file(dir.join("keys.db")).unwrap(), "facts_corrupt"),
        ("a line of the tombstones damaged", |dir| std::fs::write(dir.join("tombstones.log"), "what is this\n").unwrap(), "facts_corrupt"),
    ];
    for (what, damage, code) in cases {
        let mut world = closed();
        let whole = world.copied();
        damage(world.dir.path());
        let damaged = names_and_sizes(world.dir.path());
        for _ in 0..2 {
            assert_eq!(try_start(world.dir.path(), &world.master, &world.hands, true).unwrap_err().code(), code, "{what}");
        }
        assert_eq!(names_and_sizes(world.dir.path()), damaged, "{what}: nothing is deleted or made");
        // Put right, all is there.
        for (file, bytes) in files(whole.path()) {
            std::fs::write(world.dir.path().join(file.strip_prefix(whole.path()).unwrap()), bytes).unwrap();
        }
        world.restart();
        assert_eq!(world.events_of("a").len(), 2, "{what}");
    }
}

fn names_and_sizes(dir: &Path) -> Vec<(std::path::PathBuf, usize)> {
    files(dir).into_iter().map(|(file, bytes)| (file, bytes.len())).collect()
}

#[test]
fn a_wrong_master_key() {
    let mut world = closed();
    let before = names_and_sizes(world.dir.path());
    let other = MasterKey::from_text("a test", &"5a".repeat(32)).unwrap();
    assert_eq!(try_start(world.dir.path(), &other, &world.hands, true).unwrap_err().code(), "master_key_wrong");
    assert_eq!(names_and_sizes(world.dir.path()), before);
    world.restart();
    assert_eq!(world.events_of("a").len(), 2);
}

#[test]
fn a_folder_in_use() {
    let mut world = closed();
    world.restart();
    assert_eq!(try_start(world.dir.path(), &world.master, &world.hands, true).unwrap_err().code(), "locked");
    world.buy("a", &["milk"]);
    assert_eq!(world.events_of("a").len(), 3, "the first goes on");
}

#[test]
fn a_policy_that_is_not_valid() {
    let world = closed();
    let mut options = regie::engine::Options::new(world.dir.path(), world.master.clone(), "version = 1".into());
    options.time = world.hands.clone();
    let before = names_and_sizes(world.dir.path());
    assert_eq!(regie::engine::Engine::start(options, &mut |_, _| {}).unwrap_err().code(), "policy_invalid");
    assert_eq!(names_and_sizes(world.dir.path()), before);
}

/// A row altered by hand is noticed, and nothing starts on it.
#[test]
fn an_altered_row() {
    let mut world = closed();
    let sealed = raw_rows(world.dir.path(), &world.master).pop().unwrap().sealed;
    let file = world.dir.path().join("facts.db");
    let whole = std::fs::read(&file).unwrap();
    let mut bytes = whole.clone();
    let at = bytes.windows(sealed.len()).position(|w| w == sealed).unwrap();
    bytes[at + sealed.len() / 2] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(try_start(world.dir.path(), &world.master, &world.hands, true).unwrap_err().code(), "sealed_row_unreadable");
    std::fs::write(&file, whole).unwrap();
    world.restart();
    assert_eq!(world.events_of("a").len(), 2);
}

/// Which consents an adopted policy ended is nowhere else written: where its text cannot be read, nothing starts on a guess.
#[test]
fn an_adopted_policy_that_cannot_be_read() {
    let world = closed();
    let store = regie_store::SqliteStore::open(world.dir.path(), &world.master).unwrap();
    let adopted = facts_on_disk(world.dir.path(), &world.master).into_iter().find_map(|(_, fact)| match fact {
        Fact::PolicyAdopted(adopted) => Some(adopted),
        _ => None,
    });
    let n = facts_on_disk(world.dir.path(), &world.master).iter().filter(|(meta, _)| meta.record == RecordId::RETAILER).count();
    let torn = Fact::PolicyAdopted(PolicyAdopted { version: "2999-01-01".into(), text: "version = ".into(), ..adopted.unwrap() });
    let payload = serde_json::to_vec(&torn).unwrap();
    let row = NewRow { record: RecordId::RETAILER, n: u32::try_from(n).unwrap(), choice: false, payload, leaf: None };
    store.append(Batch { rows: vec![row], ..Batch::default() }).unwrap();
    drop(store);
    let refused = try_start(world.dir.path(), &world.master, &world.hands, true).unwrap_err();
    assert_eq!(refused.code(), "fact_unreadable");
    assert!(refused.to_string().contains("which consents it ended"), "{refused}");
}

/// A full disk: nothing of it is acknowledged or lost, and writing goes on once there is room. Needs the right to mount.
#[test]
fn a_full_disk() {
    let mount = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(mount.path()).output();
    if !mounted.is_ok_and(|out| out.status.success()) {
        eprintln!("a_full_disk: skipped, this machine does not let the test mount a small disk");
        return;
    }
    let done = std::panic::catch_unwind(|| fill(mount.path()));
    let unmounted = std::process::Command::new("umount").arg(mount.path()).status();
    assert!(unmounted.unwrap().success());
    done.unwrap();
}

fn fill(disk: &Path) {
    let data = disk.join("data");
    std::fs::create_dir(&data).unwrap();
    let master = MasterKey::generate_in(&data).unwrap();
    let hands = Hands::new(START);
    let run = runtime();
    let engine = try_start(&data, &master, &hands, true).unwrap();
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![1; 4_000_000]).unwrap();
    let mut acknowledged = 0;
    let mut refused = 0;
    for i in 0..100_000 {
        let number = i.to_string();
        match run.block_on(engine.collect(SHOP, vec![order(user_message("a"), &number, &["bread"; 200], engine.now())])) {
            Ok(_) => acknowledged += 1,
            Err(e) => {
                assert_eq!(e.code(), "storage_full");
                refused += 1;
                if refused == 5 {
                    break;
                }
            }
        }
    }
    assert_eq!(refused, 5, "the disk is full");
    let c = engine.lookup(&user("a")).unwrap();
    assert_eq!(engine.events(c, usize::MAX).unwrap().len(), acknowledged);
    assert_eq!(engine.decide(Some(c), &question("order-handling", "purchases")).unwrap().decision, "allow", "reading goes on");
    engine.stop();
    drop(engine);
    // Nothing is left for what a start writes first.
    let rest = disk.join("rest");
    let mut full = std::fs::File::create(&rest).unwrap();
    while full.write_all(&[1; 4096]).is_ok() {}
    assert_eq!(try_start(&data, &master, &hands, true).unwrap_err().code(), "storage_full");
    std::fs::remove_file(&rest).unwrap();
    std::fs::remove_file(&ballast).unwrap();
    let engine = try_start(&data, &master, &hands, true).unwrap();
    run.block_on(engine.collect(SHOP, vec![order(user_message("a"), "after", &["bread"], engine.now())])).unwrap();
    engine.stop();
    drop(engine);
    let engine = try_start(&data, &master, &hands, true).unwrap();
    assert_eq!(engine.events(c, usize::MAX).unwrap().len(), acknowledged + 1);
    engine.stop();
}

/// As the README tells an operator to copy it: the files, without the write-ahead logs, after a stop. Somebody may still hold the
/// engine then, as a connection that lingers does.
#[test]
fn a_stopped_folder_can_be_copied_without_its_logs() {
    let world = world();
    for i in 0..20 {
        world.buy(&format!("user-{i}"), &["tea", "milk"]);
    }
    world.give(world.user("user-3"), "recommendations", UntilWish::Week);
    let audit = world.audit();
    world.engine().stop();
    let backup = world.copied();
    for log in ["facts.db-wal", "facts.db-shm", "keys.db-wal", "keys.db-shm"] {
        let file = backup.path().join(log);
        if file.exists() {
            std::fs::remove_file(file).unwrap();
        }
    }
    let restored = World::on(backup, world.master.clone(), world.hands.same());
    assert_eq!(restored.audit(), audit);
}
