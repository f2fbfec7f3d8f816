//! The ledger on disk: what is published is what was appended, crashes leave nothing half, and whatever was touched is found.

#![expect(clippy::unwrap_used, reason = "a test fails where its helper does")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regie_domain::ledger::checkpoint::Checkpoint;
use regie_domain::ledger::proof::{verify_consistency, verify_inclusion};
use regie_domain::ledger::tile::{Tile, entries, hashes};
use regie_domain::ledger::tree::{Hash, entry_hash, fold_root};
use regie_store::conformance::{batch, record, row};
use regie_store::ledger::{FolderLeaves, Ledger, LedgerError, audit, verify_signature};
use regie_store::{MasterKey, NewRow, SqliteStore, Store as _};
use tempfile::TempDir;

struct World {
    dir: TempDir,
    master: MasterKey,
}

fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(dir.path()).unwrap();
    World { dir, master }
}

fn leaf(number: u64) -> Hash {
    entry_hash(&number.to_be_bytes())
}

fn append(store: &SqliteStore, count: u64) {
    let first = store.leaf_count().unwrap();
    for start in (first..first + count).step_by(5000) {
        let rows = (start..(first + count).min(start + 5000)).map(|i| {
            let n = u32::try_from(i).unwrap();
            NewRow { leaf: Some(leaf(i)), ..row(record(1), n, b"x") }
        });
        store.append(batch(rows.collect())).unwrap();
    }
}

impl World {
    fn store(&self) -> SqliteStore {
        SqliteStore::open(self.dir.path(), &self.master).unwrap()
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join("ledger").join(name)
    }

    /// A folder with so many leaves, all published, closed.
    fn published(count: u64) -> World {
        let world = world();
        let store = world.store();
        let ledger = Ledger::open(world.path(), &store, None).unwrap();
        append(&store, count);
        ledger.publish(&store).unwrap();
        world
    }

    /// What a start refuses, and what a check from outside does: the same.
    #[track_caller]
    fn refused(&self, code: &str) {
        let store = self.store();
        let start = Ledger::open(self.path(), &store, None).unwrap_err();
        drop(store);
        let rows = || FolderLeaves::of(self.path()).unwrap().rows_behind();
        let check = audit(self.path(), None, &|_, _| {}).and_then(|_| rows()).unwrap_err();
        assert_eq!((start.code(), check.code()), (code, code), "{start}");
    }

    fn sql(&self, statement: &str) {
        rusqlite::Connection::open(self.path().join("facts.db")).unwrap().execute_batch(statement).unwrap();
    }
}

fn root(count: u64) -> Hash {
    let mut all: Vec<Hash> = (0..count).map(|i| entry_hash(&leaf(i))).collect();
    fold_root(&mut all)
}

#[test]
fn what_is_published_is_what_was_appended_and_can_be_proved() {
    let world = world();
    let store = world.store();
    let ledger = Ledger::open(world.path(), &store, Some("winkel.example")).unwrap();
    let empty = ledger.head();
    assert_eq!((empty.checkpoint.size, empty.checkpoint.root), (0, fold_root(&mut [])));
    let mut heads = vec![empty];
    for more in [1, 1, 253, 1, 1, 700, 0, 65_000] {
        append(&store, more);
        let size = ledger.publish(&store).unwrap();
        let head = ledger.head();
        assert_eq!((head.checkpoint.size, head.checkpoint.root), (size, root(size)));
        assert!(ledger.wait_for(size, Duration::ZERO) && !ledger.wait_for(size + 1, Duration::ZERO));
        assert_eq!(Checkpoint::open(&head.note, ledger.key(), &verify_signature), Ok(head.checkpoint.clone()));
        for index in [0, size / 3, size / 2, size - 1] {
            let proof = ledger.prove(&head, index).unwrap();
            verify_inclusion(&leaf(index), index, size, &head.checkpoint.root, &proof).unwrap();
        }
        for older in &heads {
            let proof = ledger.prove_extension(&head, older.checkpoint.size).unwrap();
            let older = &older.checkpoint;
            verify_consistency((older.size, &older.root), (size, &head.checkpoint.root), &proof).unwrap();
        }
        heads.push(head);
    }
    // An older head still proves what it had.
    let proof = ledger.prove(&heads[3], 3).unwrap();
    verify_inclusion(&leaf(3), 3, heads[3].checkpoint.size, &heads[3].checkpoint.root, &proof).unwrap();
    assert_eq!(ledger.prove(&heads[3], 70_000).unwrap_err().code(), "proof_index_past_end");

    // Tiles: whole ones, partial ones of any width that was, and none that is not there yet.
    let tile = |level, index, width| ledger.tile(&Tile { level, index, width }).unwrap().map(|bytes| hashes(&bytes).unwrap());
    assert_eq!(tile(0, 0, 256).unwrap()[255], entry_hash(&leaf(255)));
    assert_eq!(tile(0, 1, 7).unwrap().len(), 7);
    assert_eq!(tile(1, 0, 256).unwrap().len(), 256);
    assert_eq!((tile(0, 258, 256), tile(2, 0, 2), tile(6, 0, 1)), (None, None, None));
    let bundle = ledger.entries(&store, &Tile { level: 0, index: 2, width: 3 }).unwrap().unwrap();
    assert_eq!(entries(&bundle).unwrap(), [leaf(512), leaf(513), leaf(514)]);
    assert_eq!(ledger.entries(&store, &Tile { level: 0, index: 258, width: 200 }).unwrap(), None);
    // A partial tile goes when its full one is there.
    assert!(!world.file("tile/0/000.p").exists() && world.file("tile/0/000").exists());

    drop(store);
    let found = audit(world.path(), Some(ledger.key()), &|_, _| {}).unwrap();
    assert_eq!((found.checkpoint.size, found.leaves, found.pinned), (heads.last().unwrap().checkpoint.size, Some(65_957), true));
    for head in &heads {
        found.extends(&head.checkpoint).unwrap();
    }
    let forked = Checkpoint { root: [9; 32], ..heads[5].checkpoint.clone() };
    assert_eq!(found.extends(&forked).unwrap_err().code(), "ledger_forked");
    let longer = Checkpoint { size: 70_000, ..heads[5].checkpoint.clone() };
    assert_eq!(found.extends(&longer).unwrap_err().code(), "ledger_shrunk");
}

#[test]
fn a_start_goes_on_where_it_was_and_the_key_stays() {
    let world = World::published(300);
    let note = fs::read_to_string(world.file("checkpoint")).unwrap();
    let store = world.store();
    append(&store, 10);
    let ledger = Ledger::open(world.path(), &store, Some("another.example")).unwrap();
    assert_eq!(ledger.head().note, note, "the name stays too");
    assert_eq!(ledger.publish(&store).unwrap(), 310);
    assert_eq!(ledger.head().checkpoint.root, root(310));
    assert_eq!(fs::read_to_string(world.file("key")).unwrap().trim(), ledger.key().to_string());
}

#[test]
fn leaves_know_their_rows_and_old_ones_are_left_alone() {
    let world = World::published(5);
    // A folder of before leaves knew their rows.
    world.sql("ALTER TABLE leaves DROP COLUMN position");
    let store = world.store();
    append(&store, 3);
    store.append(batch(vec![row(record(1), 8, b"no leaf")])).unwrap();
    append(&store, 1);
    let found: Vec<_> = (1..=11).map(|position| store.leaf_index(position).unwrap()).collect();
    let none = None;
    assert_eq!(found, [none, none, none, none, none, Some(5), Some(6), Some(7), none, Some(8), none]);
    let found: Vec<_> = [0, 4, 5, 8, 9].iter().map(|index| store.leaf_position(*index).unwrap()).collect();
    assert_eq!(found, [none, none, Some(6), Some(10), none]);
    assert_eq!(Ledger::open(world.path(), &store, None).unwrap().publish(&store).unwrap(), 9);
}

#[test]
fn what_a_crash_left_beyond_the_checkpoint_is_written_over() {
    let world = World::published(300);
    // Torn tiles of a publication that never came to its checkpoint.
    fs::write(world.file("tile/0/001"), [1; 100]).unwrap();
    fs::write(world.file("tile/0/002.p"), b"").unwrap();
    fs::write(world.file("checkpoint.new"), b"half").unwrap();
    fs::remove_file(world.file("tile/0/002.p")).unwrap();
    let store = world.store();
    append(&store, 400);
    let ledger = Ledger::open(world.path(), &store, None).unwrap();
    assert_eq!(ledger.publish(&store).unwrap(), 700);
    drop((ledger, store));
    audit(world.path(), None, &|_, _| {}).unwrap();
}

#[test]
fn a_leaf_with_one_flipped_bit_is_named() {
    for index in [0u64, 255, 256, 299] {
        let world = World::published(300);
        let mut altered = leaf(index);
        altered[7] ^= 16;
        let hex: String = altered.iter().map(|b| format!("{b:02x}")).collect();
        world.sql(&format!("UPDATE leaves SET commitment = x'{hex}' WHERE idx = {index}"));
        world.refused("ledger_leaf_altered");
        let store = world.store();
        assert_eq!(Ledger::open(world.path(), &store, None).unwrap_err(), LedgerError::LeafAltered { index });
    }
}

#[test]
fn a_tile_with_one_flipped_bit_or_byte_less_is_named() {
    for name in ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"] {
        let world = World::published(300);
        let mut bytes = fs::read(world.file(name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(world.file(name), &bytes).unwrap();
        world.refused("ledger_tile_altered");
        bytes[middle] ^= 1;
        fs::write(world.file(name), &bytes[1..]).unwrap();
        world.refused("ledger_tile_missing");
        fs::remove_file(world.file(name)).unwrap();
        world.refused("ledger_tile_missing");
    }
}

#[test]
fn a_log_that_was_cut_or_rewritten_is_refused() {
    let world = World::published(300);
    world.sql("DELETE FROM leaves WHERE idx >= 290; UPDATE head SET leaves = 290");
    world.refused("ledger_truncated");

    // Leaves and tiles rewritten together, so that they agree: the signed checkpoint is of another log.
    let (honest, other) = (World::published(300), World::published(300));
    let store = other.store();
    drop(store);
    for (name, content) in [("checkpoint", fs::read(honest.file("checkpoint")).unwrap()), ("key", fs::read(honest.file("key")).unwrap())] {
        fs::write(other.file(name), content).unwrap();
    }
    let store = other.store();
    assert_eq!(Ledger::open(other.path(), &store, None).unwrap_err().code(), "ledger_key_differs");
    drop(store);
    // The same leaves lead to the same root, so that check from outside finds nothing wrong with it; other leaves do not.
    audit(other.path(), None, &|_, _| {}).unwrap();
    let forked = world_with_other_leaves(&honest);
    let found = audit(forked.path(), None, &|_, _| {}).unwrap_err();
    assert_eq!(found, LedgerError::Forked { size: 300 });
}

/// An older checkpoint put back over a log that was cut with it: the tiles that were published since show more leaves than there are.
#[test]
fn tiles_beyond_an_older_checkpoint_show_that_the_log_was_cut() {
    for (older, count, left) in [(250, 300, 250), (250, 300, 299), (10, 20, 12), (300, 1000, 400)] {
        let world = World::published(older);
        let note = fs::read(world.file("checkpoint")).unwrap();
        let store = world.store();
        append(&store, count - older);
        Ledger::open(world.path(), &store, None).unwrap().publish(&store).unwrap();
        drop(store);
        fs::write(world.file("checkpoint"), note).unwrap();
        // As it is, it is a restore.
        let store = world.store();
        assert_eq!(Ledger::open(world.path(), &store, None).unwrap().unpublished(&store).unwrap().len() as u64, count - older);
        drop(store);
        world.sql(&format!(
            "DELETE FROM leaves WHERE idx >= {left}; DELETE FROM facts WHERE position > {left}; UPDATE head SET leaves = {left}, position = {left}"
        ));
        world.refused("ledger_truncated");
    }
}

#[test]
fn leaves_that_name_other_rows_are_refused() {
    let changed = "UPDATE leaves SET position = CASE position WHEN 100 THEN 101 ELSE 100 END WHERE position IN (100, 101)";
    for (sql, code) in [
        (changed, "ledger_row_out_of_order"),
        ("UPDATE leaves SET position = 100 WHERE position = 101", "ledger_row_out_of_order"),
        ("UPDATE leaves SET position = NULL WHERE position = 101", "ledger_row_out_of_order"),
        ("UPDATE leaves SET position = 301 WHERE position = 300", "row_missing"),
    ] {
        let world = World::published(300);
        world.sql(sql);
        world.refused(code);
    }
    // A leaf that no checkpoint vouches for must know its row.
    let world = World::published(300);
    let store = world.store();
    append(&store, 1);
    world.sql("UPDATE leaves SET position = NULL");
    let ledger = Ledger::open(world.path(), &store, None).unwrap();
    assert_eq!(ledger.unpublished(&store).unwrap_err(), LedgerError::RowOutOfOrder { index: 300 });
}

#[test]
fn a_public_key_that_is_gone_is_told_and_written_again() {
    let world = World::published(300);
    let key = fs::read(world.file("key")).unwrap();
    fs::remove_file(world.file("key")).unwrap();
    assert_eq!(audit(world.path(), None, &|_, _| {}).unwrap_err().code(), "ledger_key_missing");
    drop(Ledger::open(world.path(), &world.store(), None).unwrap());
    assert_eq!(fs::read(world.file("key")).unwrap(), key);
    audit(world.path(), None, &|_, _| {}).unwrap();
}

/// A folder whose leaves and tiles agree, under the checkpoint of an honest one.
fn world_with_other_leaves(honest: &World) -> World {
    let world = world();
    let store = world.store();
    let ledger = Ledger::open(world.path(), &store, None).unwrap();
    let rows = (0..300u64).map(|i| NewRow { leaf: Some(leaf(i + 1)), ..row(record(1), u32::try_from(i).unwrap(), b"x") });
    store.append(batch(rows.collect())).unwrap();
    ledger.publish(&store).unwrap();
    drop((ledger, store));
    for name in ["checkpoint", "key"] {
        fs::copy(honest.file(name), world.file(name)).unwrap();
    }
    world
}

#[test]
fn a_checkpoint_that_is_cut_forged_or_gone_is_refused() {
    let world = World::published(300);
    let note = fs::read_to_string(world.file("checkpoint")).unwrap();
    for end in [0, 10, note.len() - 1] {
        fs::write(world.file("checkpoint"), &note[..end]).unwrap();
        world.refused_at_least(&["ledger_checkpoint_unreadable", "ledger_checkpoint_forged"]);
    }
    fs::write(world.file("checkpoint"), note.replacen("\n300\n", "\n299\n", 1)).unwrap();
    world.refused("ledger_checkpoint_forged");
    fs::remove_file(world.file("checkpoint")).unwrap();
    world.refused("ledger_checkpoint_missing");
    fs::write(world.file("checkpoint"), &note).unwrap();
    fs::write(world.file("key"), "winkel.example+00000000+AAAA").unwrap();
    let store = world.store();
    assert_eq!(Ledger::open(world.path(), &store, None).unwrap_err().code(), "ledger_key_differs");
}

impl World {
    #[track_caller]
    fn refused_at_least(&self, codes: &[&str]) {
        let store = self.store();
        let start = Ledger::open(self.path(), &store, None).unwrap_err();
        assert!(codes.contains(&start.code()), "{start}");
    }
}

#[test]
fn a_ledger_that_is_gone_is_missed_and_a_new_one_has_a_new_key() {
    let world = World::published(300);
    let key = fs::read_to_string(world.file("key")).unwrap();
    fs::remove_dir_all(world.path().join("ledger")).unwrap();
    let store = world.store();
    assert_eq!(Ledger::open(world.path(), &store, None).unwrap_err().code(), "ledger_missing");
    fs::create_dir(world.path().join("ledger")).unwrap();
    let ledger = Ledger::open(world.path(), &store, None).unwrap();
    assert_eq!(ledger.publish(&store).unwrap(), 300);
    assert_ne!(ledger.key().to_string(), key.trim());
}

#[test]
fn a_copied_log_is_checked_without_the_folder() {
    let world = World::published(700);
    let copy = tempfile::tempdir().unwrap();
    let store = world.store();
    let ledger = Ledger::open(world.path(), &store, None).unwrap();
    for name in ["checkpoint", "key"] {
        fs::copy(world.file(name), copy.path().join(name)).unwrap();
    }
    let of_level = |level| (0..).map_while(move |index| Tile::in_tree(level, index, 700));
    let mut tiles: Vec<Tile> = (0..2).flat_map(of_level).collect();
    let put = |name: String, bytes: Vec<u8>| {
        let file = copy.path().join("tile").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    };
    tiles.iter().for_each(|tile| put(tile.path(), ledger.tile(tile).unwrap().unwrap()));
    assert_eq!(audit(copy.path(), None, &|_, _| {}).unwrap().leaves, None);
    tiles.retain(|tile| tile.level == 0);
    for tile in &tiles {
        put(format!("entries/{}", tile.index_path()), ledger.entries(&store, tile).unwrap().unwrap());
    }
    assert_eq!(audit(copy.path(), None, &|_, _| {}).unwrap().leaves, Some(700));
    put("entries/000".to_owned(), vec![0; 34 * 256]);
    assert_eq!(audit(copy.path(), None, &|_, _| {}).unwrap_err().code(), "ledger_tile_missing");
    assert!(FolderLeaves::of(copy.path()).is_none());
}
