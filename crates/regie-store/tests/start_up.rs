//! What a start refuses, with which error, and what it puts right by itself.

#![expect(clippy::unwrap_used, reason = "a test fails where its helper does")]

use std::fs;
use std::path::Path;

use regie_domain::ids::RecordId;
use regie_store::conformance::{batch, erasure, everything, record, row};
use regie_store::{Batch, MasterKey, SqliteStore, Store as _, StoreError};
use tempfile::TempDir;

/// A closed data folder with three records of two rows each.
fn folder() -> (TempDir, MasterKey) {
    let dir = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(dir.path()).unwrap();
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    let rows = (0..6).map(|i| row(record((i % 3 + 1).into()), u32::from(i / 3), &[i; 50]));
    store.append(batch(rows.collect())).unwrap();
    (dir, master)
}

fn refusal(dir: &Path, master: &MasterKey) -> StoreError {
    SqliteStore::open(dir, master).unwrap_err()
}

fn keep(dir: &Path, files: &[&str]) -> Vec<(String, Vec<u8>)> {
    files.iter().map(|file| ((*file).to_owned(), fs::read(dir.join(file)).unwrap())).collect()
}

fn put_back(dir: &Path, files: &[(String, Vec<u8>)]) {
    files.iter().for_each(|(file, bytes)| fs::write(dir.join(file), bytes).unwrap());
}

fn erase_first(dir: &Path, master: &MasterKey) {
    let store = SqliteStore::open(dir, master).unwrap();
    store.erase(erasure(&[(record(1), &[1, 4])], record(9))).unwrap();
}

fn records(store: &SqliteStore) -> Vec<RecordId> {
    let mut records: Vec<_> = everything(store).unwrap().iter().map(|row| row.meta.record).collect();
    records.dedup();
    records.sort();
    records.dedup();
    records
}

#[test]
fn what_was_written_is_there_at_the_next_start() {
    let (dir, master) = folder();
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    let key = store.service_key("cookies").unwrap();
    assert_eq!((store.head().unwrap(), everything(&store).unwrap().len()), (6, 6));
    drop(store);
    assert!(!dir.path().join("facts.db-wal").exists() && !dir.path().join("keys.db-wal").exists(), "closing leaves no log");
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!(store.service_key("cookies").unwrap(), key);
    assert_eq!(fs::read_to_string(dir.path().join("FORMAT")).unwrap(), "1\n");
    assert!(dir.path().join("journal").is_dir());
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let (dir, master) = folder();
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!(refusal(dir.path(), &master), StoreError::Locked { file: dir.path().join("LOCK") });
    let reader = SqliteStore::open_read_only(dir.path(), &master).unwrap();
    store.append(batch(vec![row(record(1), 2, b"newer")])).unwrap();
    assert_eq!(everything(&reader).unwrap().len(), 7);
    let raw = reader.read_raw(&[7]).unwrap().remove(0);
    assert_eq!(reader.unseal(&raw).unwrap().as_deref(), Some(&b"newer"[..]));
    let mut seen = 0;
    reader
        .scan_raw(2, |_| {
            seen += 1;
            seen < 3
        })
        .unwrap();
    assert_eq!(seen, 3);
    assert_eq!(reader.append(Batch::default()).unwrap_err().code(), "read_only");
    // A reader beside it does not keep an erasure from ending, and sees it.
    store.erase(erasure(&[(record(1), &[1, 4, 7])], record(9))).unwrap();
    assert_eq!(records(&reader), [record(2), record(3), record(9)]);
}

#[test]
fn a_reader_needs_no_writer() {
    let (dir, master) = folder();
    assert_eq!(everything(&SqliteStore::open_read_only(dir.path(), &master).unwrap()).unwrap().len(), 6);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(SqliteStore::open_read_only(empty.path(), &master).unwrap_err().code(), "format_unknown");
}

#[test]
fn a_wrong_master_key_is_told_and_changes_nothing() {
    let (dir, master) = folder();
    let wrong = MasterKey::from_text("here", &"5a".repeat(32)).unwrap();
    assert_eq!(refusal(dir.path(), &wrong), StoreError::MasterKeyWrong { file: dir.path().join("keys.db") });
    assert_eq!(everything(&SqliteStore::open(dir.path(), &master).unwrap()).unwrap().len(), 6);
}

#[test]
fn another_format_is_refused() {
    let (dir, master) = folder();
    for text in ["2\n", "", "one", "1"] {
        fs::write(dir.path().join("FORMAT"), text).unwrap();
        assert_eq!(refusal(dir.path(), &master).code(), "format_unknown", "{text:?}");
    }
    fs::remove_file(dir.path().join("FORMAT")).unwrap();
    assert_eq!(refusal(dir.path(), &master).code(), "format_unknown");
}

#[test]
fn a_making_that_was_cut_short_is_taken_up_again() {
    let dir = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(dir.path()).unwrap();
    drop(SqliteStore::open(dir.path(), &master).unwrap());
    fs::remove_file(dir.path().join("FORMAT")).unwrap();
    fs::remove_file(dir.path().join("facts.db")).unwrap();
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!(store.append(batch(vec![row(record(1), 0, b"one")])).unwrap(), Some(1));
}

#[test]
fn damaged_files_are_told() {
    for (file, damage) in
        [("facts.db", 0), ("keys.db", 0), ("facts.db", 1), ("keys.db", 1), ("facts.db", 2), ("keys.db", 2), ("facts.db", 3)]
    {
        let (dir, master) = folder();
        let path = dir.path().join(file);
        let bytes = fs::read(&path).unwrap();
        match damage {
            0 => fs::remove_file(&path).unwrap(),
            1 => fs::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
            2 => fs::write(&path, vec![0x5a; bytes.len()]).unwrap(),
            _ => fs::write(&path, b"").unwrap(),
        }
        let error = SqliteStore::open(dir.path(), &master).and_then(|store| everything(&store)).unwrap_err();
        assert_eq!(error.code(), "facts_corrupt", "{file} {damage}: {error}");
        assert!(error.to_string().contains(file), "{error}");
    }
}

#[test]
fn databases_of_two_stores_are_not_mixed() {
    let (dir, master) = folder();
    let other = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(other.path(), &master).unwrap());
    fs::copy(other.path().join("keys.db"), dir.path().join("keys.db")).unwrap();
    assert_eq!(refusal(dir.path(), &master).code(), "databases_mismatched");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("not a folder");
    fs::write(&file, "").unwrap();
    let master = MasterKey::from_text("here", &"5a".repeat(32)).unwrap();
    let error = refusal(&file, &master);
    assert_eq!(error.code(), "io");
    assert!(error.to_string().contains("not a folder"), "{error}");
}

#[test]
fn a_row_without_a_key_and_without_a_tombstone_refuses_the_start() {
    let (dir, master) = folder();
    let older = keep(dir.path(), &["keys.db"]);
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    store.append(batch(vec![row(record(4), 0, b"newer than the key backup")])).unwrap();
    drop(store);
    put_back(dir.path(), &older);
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!(everything(&store), Err(StoreError::KeyMissing { position: 7 }));
    assert_eq!(store.read(&[7]), Err(StoreError::KeyMissing { position: 7 }));
}

#[test]
fn an_older_keys_backup_does_not_bring_a_key_back() {
    let (dir, master) = folder();
    let older = keep(dir.path(), &["keys.db"]);
    erase_first(dir.path(), &master);
    let newer = keep(dir.path(), &["keys.db"]);
    put_back(dir.path(), &older);
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!(store.wrapped_key(record(1)).unwrap(), None);
    assert_eq!(everything(&store), Err(StoreError::KeyMissing { position: 7 }), "the remainder's key came later");
    drop(store);
    put_back(dir.path(), &newer);
    assert_eq!(everything(&SqliteStore::open(dir.path(), &master).unwrap()).unwrap().len(), 5);
}

#[test]
fn an_older_facts_backup_loses_the_erased_rows_again() {
    let (dir, master) = folder();
    let older = keep(dir.path(), &["facts.db"]);
    erase_first(dir.path(), &master);
    put_back(dir.path(), &older);
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!(store.pending_tombstones(), [], "without a key there is nothing to keep of it");
    assert_eq!(records(&store), [record(2), record(3)]);
    assert_eq!(store.read_raw(&[1, 4]).unwrap(), [], "the replay deleted them");
}

#[test]
fn older_backups_of_both_are_erased_again_by_the_engine() {
    let (dir, master) = folder();
    let older = keep(dir.path(), &["facts.db", "keys.db"]);
    erase_first(dir.path(), &master);
    put_back(dir.path(), &older);
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!(store.pending_tombstones(), [record(1)]);
    assert_eq!(store.erase(erasure(&[(record(1), &[1, 4])], record(9))).unwrap(), Some(7));
    assert_eq!(store.pending_tombstones(), []);
    drop(store);
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!((store.pending_tombstones(), records(&store)), (vec![], vec![record(2), record(3), record(9)]));
}

#[test]
fn a_list_of_tombstones_that_is_older_than_the_database_is_refused() {
    let (dir, master) = folder();
    let older = keep(dir.path(), &["tombstones.log"]);
    erase_first(dir.path(), &master);
    put_back(dir.path(), &older);
    assert!(matches!(refusal(dir.path(), &master), StoreError::TombstonesMissing { missing: 1, .. }));
    fs::remove_file(dir.path().join("tombstones.log")).unwrap();
    assert_eq!(refusal(dir.path(), &master).code(), "tombstones_missing");
}

#[test]
fn a_folder_that_lost_its_list_of_tombstones_is_refused_though_it_knows_of_no_erasure() {
    let (dir, master) = folder();
    fs::remove_file(dir.path().join("tombstones.log")).unwrap();
    for _ in 0..2 {
        assert_eq!(refusal(dir.path(), &master), StoreError::TombstonesGone { file: dir.path().join("tombstones.log") });
        assert!(!dir.path().join("tombstones.log").exists(), "a refused start makes none");
    }
    fs::write(dir.path().join("tombstones.log"), "").unwrap();
    assert_eq!(records(&SqliteStore::open(dir.path(), &master).unwrap()).len(), 3);
}

/// Takes something out of a database as somebody would who has the files and no key.
fn alter(dir: &Path, database: &str, statement: &str) {
    rusqlite::Connection::open(dir.join(database)).unwrap().execute_batch(statement).unwrap();
}

#[test]
fn a_named_key_that_somebody_took_away_is_missed_and_not_made_anew() {
    let (dir, master) = folder();
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    for name in ["suppression", "claims", "old"] {
        store.service_key(name).unwrap();
    }
    store.destroy_service_key("old").unwrap();
    drop(store);
    for how in ["DELETE FROM service_keys WHERE", "UPDATE service_keys SET name = NULL, kid = NULL, wrapped = NULL WHERE"] {
        let before = keep(dir.path(), &["keys.db"]);
        alter(dir.path(), "keys.db", &format!("{how} name IN ('suppression', 'claims')"));
        let refused = refusal(dir.path(), &master);
        assert_eq!(refused, StoreError::ServiceKeyMissing { file: dir.path().join("keys.db"), names: "claims, suppression".into() });
        assert_eq!(SqliteStore::open_read_only(dir.path(), &master).unwrap_err(), refused);
        assert_eq!(refusal(dir.path(), &master), refused, "a refused start makes none");
        put_back(dir.path(), &before);
    }
    // The list itself cannot be shortened, only taken away.
    let before = keep(dir.path(), &["keys.db"]);
    alter(dir.path(), "keys.db", "DELETE FROM service_keys WHERE name = 'claims'; DELETE FROM meta WHERE name = 'check'");
    assert_eq!(refusal(dir.path(), &master).code(), "facts_corrupt");
    put_back(dir.path(), &before);
    assert!(SqliteStore::open(dir.path(), &master).unwrap().has_service_key("claims"));
}

#[test]
fn the_sum_over_emptied_rows_cannot_be_taken_away_with_what_it_guards() {
    let (dir, master) = folder();
    let before = keep(dir.path(), &["facts.db", "keys.db"]);
    alter(
        dir.path(),
        "facts.db",
        "DELETE FROM meta WHERE name = 'hollowed';
         UPDATE facts SET record = NULL, n = NULL, revision = NULL, format = NULL, choice = NULL, sealed = NULL WHERE position = 4",
    );
    let reader = SqliteStore::open_read_only(dir.path(), &master).unwrap();
    assert_eq!(everything(&reader).unwrap_err().code(), "facts_corrupt");
    drop(reader);
    assert_eq!(refusal(dir.path(), &master).code(), "facts_corrupt");
    alter(dir.path(), "keys.db", "DELETE FROM service_keys WHERE name LIKE 'hollowed%'");
    assert_eq!(refusal(dir.path(), &master).code(), "service_key_missing");
    assert_eq!(SqliteStore::open_read_only(dir.path(), &master).unwrap_err().code(), "service_key_missing");
    put_back(dir.path(), &before);
    SqliteStore::open(dir.path(), &master).unwrap();
}

/// What a start refuses, a check from outside refuses with the same words.
#[test]
fn a_check_from_outside_finds_what_a_start_does() {
    type Damage = fn(&Path);
    let cases: [(Damage, &str); 8] = [
        (|dir| fs::write(dir.join("tombstones.log"), "").unwrap(), "tombstones_missing"),
        (|dir| fs::remove_file(dir.join("tombstones.log")).unwrap(), "tombstones_missing"),
        (|dir| fs::write(dir.join("tombstones.log"), "what is this\n").unwrap(), "facts_corrupt"),
        (|dir| fs::write(dir.join("tombstones.log"), &fs::read(dir.join("tombstones.log")).unwrap()[..64]).unwrap(), "tombstones_missing"),
        (|dir| alter(dir, "facts.db", "UPDATE head SET position = position - 1"), "facts_corrupt"),
        (|dir| alter(dir, "facts.db", "UPDATE head SET leaves = leaves + 1"), "facts_corrupt"),
        (|dir| alter(dir, "facts.db", "INSERT INTO erasing(positions) VALUES (x'80')"), "facts_corrupt"),
        (|dir| fs::remove_dir_all(dir.join("journal")).unwrap(), "journal_missing"),
    ];
    for (number, (damage, code)) in cases.into_iter().enumerate() {
        let (dir, master) = folder();
        erase_first(dir.path(), &master);
        let check = || SqliteStore::open_read_only(dir.path(), &master).unwrap().check();
        check().unwrap();
        damage(dir.path());
        let found = check().unwrap_err();
        assert_eq!(found.code(), code, "{number}: {found}");
        assert_eq!(refusal(dir.path(), &master), found, "{number}");
    }
    // The journal that is lost for good.
    let (dir, master) = folder();
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    fs::create_dir(dir.path().join("journal")).unwrap();
    SqliteStore::open(dir.path(), &master).unwrap();
}

/// SQLite reads its log up to the first frame that does not check. A crash tears the last commit at most; more than that was acknowledged.
#[test]
fn a_damaged_frame_with_commits_behind_it_is_refused_and_a_torn_end_is_not() {
    const FRAME: usize = 24 + 4096;
    let (dir, master) = folder();
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    (2..12).for_each(|n| _ = store.append(batch(vec![row(record(1), n, &[7; 3000])])).unwrap());
    let files: Vec<_> = ["facts.db", "facts.db-wal", "keys.db", "tombstones.log", "FORMAT"].into_iter().collect();
    let whole = keep(dir.path(), &files);
    let log = &whole[1].1;
    let count = (log.len() - 32) / FRAME;
    let crashed = |change: &dyn Fn(&mut Vec<u8>)| {
        let copy = tempfile::tempdir().unwrap();
        put_back(copy.path(), &whole);
        fs::create_dir(copy.path().join("journal")).unwrap();
        let mut log = log.clone();
        change(&mut log);
        fs::write(copy.path().join("facts.db-wal"), &log).unwrap();
        let checked = SqliteStore::open_read_only(copy.path(), &master).and_then(|store| store.check()).map_err(|e| e.code());
        let opened = SqliteStore::open(copy.path(), &master).map(|store| store.head().unwrap());
        assert_eq!(checked.is_ok(), opened.is_ok(), "who only reads finds what a start refuses");
        if opened.is_err() {
            assert_eq!(fs::read(copy.path().join("facts.db-wal")).unwrap(), log, "nothing is changed");
        }
        opened
    };
    assert_eq!(crashed(&|_| ()).unwrap(), 16);
    let flip = |frame: usize, at: usize| crashed(&move |log: &mut Vec<u8>| log[32 + frame * FRAME + at] ^= 1);
    // Page number, commit mark, salt, checksum, content: of the first frame, of one in the middle, and of the last commit but one.
    let commits: Vec<usize> = (0..count).filter(|frame| log[32 + frame * FRAME + 4..][..4] != [0; 4]).collect();
    for frame in [0, count / 2, commits[commits.len() - 2]] {
        for at in [3, 9, 17, 2000] {
            assert_eq!(flip(frame, at).unwrap_err().code(), "facts_corrupt", "frame {frame}, byte {at}");
        }
    }
    for at in 0..32 {
        assert_eq!(crashed(&move |log: &mut Vec<u8>| log[at] ^= 1).unwrap_err().code(), "facts_corrupt", "byte {at} of the header");
    }
    // What a power cut does: the last commit torn at its end, at its beginning, or in between.
    let first_of_last = commits[commits.len() - 2] + 1;
    for frame in first_of_last..count {
        assert_eq!(flip(frame, 2000).unwrap(), 15);
        assert_eq!(crashed(&|log| log.truncate(32 + frame * FRAME + 100)).unwrap(), 15);
        assert_eq!(crashed(&|log| log[32 + frame * FRAME..].fill(0)).unwrap(), 15);
    }
}
