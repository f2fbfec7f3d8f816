//! Backups put back beside newer files: nobody who was erased comes back, and nobody is told another's uses (rules 13 and 28).

use std::fs;

use regie_domain::consent::UntilWish;
use regie_domain::ids::Handle;
use regie_domain::time::Time;
use tempfile::TempDir;

use super::support::*;

/// A folder in which these files are as they were `before` and all others as they are `now`.
fn mixed(now: &TempDir, before: &TempDir, older: &[&str]) -> TempDir {
    let dir = copy(now.path());
    for name in older {
        let (from, to) = (before.path().join(name), dir.path().join(name));
        if from.is_dir() {
            fs::remove_dir_all(&to).unwrap();
            fs::create_dir(&to).unwrap();
            copy_into(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
    dir
}

fn object(world: &World, c: Handle) {
    world.run.block_on(world.engine().object(c, "marketing-post", true, Some(evidence()))).unwrap();
}

/// Whichever of facts, keys and ledger is the older backup: an erased customer's old orders are refused, and their objection stands.
#[test]
fn an_older_backup_brings_nobody_back() {
    let mut world = world();
    let c = world.open(user("a"));
    object(&world, c);
    world.buy("a", &["tea"]);
    let late = order(user_message("a"), "late", &["milk"], world.now());
    let mut ahead = order(user_message("a"), "ahead", &["milk"], Time::from_millis(world.now().millis() + 20 * 3_600_000));
    ahead.message_id = Some("ahead".into());
    world.send(ahead.clone());
    world.stop();
    let before = world.copied();
    world.restart();
    world.hands.pass(HOUR);
    world.erase(world.user("a"));
    world.buy("b", &["bread"]);
    world.stop();
    let now = world.copied();
    for older in [&["facts.db", "ledger"][..], &["facts.db", "ledger", "journal"], &["facts.db", "keys.db", "ledger"], &[]] {
        let dir = mixed(&now, &before, older);
        let verified = super::ledger::verify(&["--ledger", &dir.path().display().to_string(), "--facts"]);
        super::ledger::says(&verified, true, &["facts open"]);
        let mut restored = World::on(dir, world.master.clone(), world.hands.same());
        for start in 0..2 {
            restored.send(late.clone());
            restored.send(ahead.clone());
            assert!(restored.engine().lookup(&user("a")).is_none(), "{older:?}, start {start}");
            assert_eq!(restored.audit().suppressed.len(), 1, "{older:?}, start {start}");
            restored.restart();
        }
        restored.buy("a", &["lemons"]);
        let verdict = restored.verdict(restored.user("a"), "marketing-post", "contact");
        assert!(verdict.starts_with("deny"), "{older:?}: {verdict}");
        // The list ends in its time, and does not come back from the notes.
        restored.hands.pass(1827 * DAY);
        restored.upkeep();
        restored.restart();
        assert_eq!(restored.audit().suppressed.len(), 0, "{older:?}");
    }
}

/// Facts of before beside a journal of after: the uses of who is not there any more are nobody's, and are said to be lost.
#[test]
fn an_older_backup_beside_a_newer_journal_tells_nobody_anothers_uses() {
    let mut world = world();
    let stays = world.open(user("stays"));
    world.give(stays, "recommendations", UntilWish::Withdrawn);
    world.buy("stays", &["tea"]);
    world.stop();
    let before = world.copied();
    world.restart();
    let use_it = |world: &World, c: Handle| assert!(world.recommend_to(c).personal);
    use_it(&world, stays);
    for i in 0..5 {
        let c = world.open(user(&format!("alice-{i}")));
        world.give(c, "recommendations", UntilWish::Withdrawn);
        world.buy(&format!("alice-{i}"), &["tea", "milk"]);
        use_it(&world, c);
    }
    world.stop();
    let now = world.copied();
    let restored = World::on(mixed(&now, &before, &["facts.db", "keys.db", "ledger"]), world.master.clone(), world.hands.same());
    assert!(restored.engine().uses_lost() > 0, "and it is said");
    let used = |c: Handle| restored.engine().uses(c).unwrap().len();
    assert!(used(restored.user("stays")) > 0, "whoever is still there keeps theirs");
    for i in 0..20 {
        let c = restored.open(user(&format!("bob-{i}")));
        assert_eq!(used(c), 0, "bob-{i}");
    }
}
