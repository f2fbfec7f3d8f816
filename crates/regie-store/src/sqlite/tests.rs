//! What only the inside can test: traces in the files, erasures cut short, a disk that is full.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use regie_domain::ids::RecordId;
use tempfile::TempDir;

use super::SqliteStore;
use super::erase::EraseStep;
use crate::{Batch, ErasedRecord, Erasure, MasterKey, NewRow, Replacement, Store, StoreError, tombstone};

const WINDOW: usize = 16;

fn fresh() -> (TempDir, MasterKey, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(dir.path()).unwrap();
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    (dir, master, store)
}

/// A repeatable row of numbers that look random.
fn numbers(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or(0) % below
    }
}

fn record(number: usize) -> RecordId {
    let number = number as u64;
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    id[8..].copy_from_slice(&(number + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes());
    RecordId(id)
}

fn rows_of(number: usize, sizes: &[usize]) -> Batch {
    let rows = (0..).zip(sizes).map(|(n, size)| NewRow {
        record: record(number),
        n,
        choice: false,
        payload: vec![b'x'; *size],
        leaf: Some([7; 32]),
    });
    Batch { new_records: vec![record(number)], rows: rows.collect(), ..Batch::default() }
}

/// Copies the folder as a crash would leave it: with the logs, without closing anything.
fn as_after_a_crash(dir: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("journal")).unwrap();
    for entry in fs::read_dir(dir)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_file() && !entry.file_name().to_string_lossy().ends_with("-shm"))
    {
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

/// How many of these byte strings are in any file of the folder, and in which files.
fn traces(dir: &Path, needles: &HashSet<[u8; WINDOW]>) -> (usize, HashSet<String>) {
    let (mut found, mut files) = (HashSet::new(), HashSet::new());
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        for window in fs::read(entry.path()).unwrap().windows(WINDOW) {
            if let Some(needle) = needles.get(window) {
                found.insert(*needle);
                files.insert(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    (found.len(), files)
}

/// What must not be found of a record: its id, its wrapped key, and start, middle and end of each sealed row.
fn marks(store: &SqliteStore, record: RecordId, positions: &[u64]) -> Vec<[u8; WINDOW]> {
    let mut marks = vec![record.0];
    let wrapped = store.wrapped_key(record).unwrap().unwrap();
    let sealed = store.read_raw(positions).unwrap().into_iter().map(|row| row.sealed);
    for bytes in sealed.chain([wrapped]) {
        for at in [0, (bytes.len() - WINDOW) / 2, bytes.len() - WINDOW] {
            marks.push(bytes[at..at + WINDOW].try_into().unwrap());
        }
    }
    marks
}

#[test]
fn an_erasure_leaves_no_trace_in_any_file() {
    let (dir, _, store) = fresh();
    let mut any = numbers(7);
    let mut positions: Vec<Vec<u64>> = vec![vec![]; 600];
    let mut live = vec![];
    // Records grow in turns, rows are replaced by shorter and longer ones, some are deleted: pages fill, split and empty.
    let mut revision = 0;
    for turn in 0..3u32 {
        for (number, its) in positions.iter_mut().enumerate() {
            let size = any(400) + 40;
            let row = NewRow { record: record(number), n: turn, choice: false, payload: vec![b'x'; size], leaf: None };
            let at = store.append(Batch { new_records: vec![record(number)], rows: vec![row], ..Batch::default() }).unwrap().unwrap();
            its.push(at);
            live.push((number, at, turn));
        }
        for _ in 0..300 {
            revision += 1;
            let (number, at, n) = live[any(live.len())];
            let payload = vec![b'y'; any(700)];
            let replace = vec![Replacement { position: at, record: record(number), n, revision, choice: false, payload }];
            store.append(Batch { replace, ..Batch::default() }).unwrap();
        }
        for _ in 0..100 {
            let (_, at, _) = live.swap_remove(any(live.len()));
            store.append(Batch { delete: vec![at], ..Batch::default() }).unwrap();
        }
    }
    let doomed: Vec<usize> = (0..600).filter(|_| any(2) == 0).collect();
    let needles: HashSet<[u8; WINDOW]> = doomed.iter().flat_map(|number| marks(&store, record(*number), &positions[*number])).collect();
    let (before, files) = traces(dir.path(), &needles);
    assert_eq!(before, needles.len(), "everything is there before");
    assert!(files.contains("facts.db-wal") && files.contains("keys.db-wal"), "also in the logs: {files:?}");
    for few in doomed.chunks(40) {
        let records = few.iter().map(|number| ErasedRecord { record: record(*number), positions: positions[*number].clone() });
        store.erase(Erasure { records: records.collect(), append: rows_of(10_000 + few[0], &[100]), notes: Vec::new() }).unwrap();
    }
    assert_eq!(traces(dir.path(), &needles), (0, HashSet::new()));
    // Nor later, when more is written and the store is closed.
    store.append(rows_of(20_000, &[300; 500])).unwrap();
    drop(store);
    assert_eq!(traces(dir.path(), &needles), (0, HashSet::new()));
}

#[test]
fn an_erasure_that_a_crash_cuts_short_is_completed_at_the_next_start() {
    for last in [EraseStep::Logged, EraseStep::Written, EraseStep::KeysDestroyed, EraseStep::RowsDeleted, EraseStep::LogsEmptied] {
        let (dir, master, store) = fresh();
        store.append(rows_of(1, &[100, 200, 5000])).unwrap();
        store.append(rows_of(2, &[100])).unwrap();
        let needles: HashSet<_> = marks(&store, record(1), &[1, 2, 3]).into_iter().collect();
        let remainder = rows_of(3, &[50]);
        // The engine has lost sight of position 2: the replay finds it.
        let erasure =
            Erasure { records: vec![ErasedRecord { record: record(1), positions: vec![1, 3] }], append: remainder, notes: Vec::new() };
        store.erase_through(&erasure, last).unwrap();
        let crashed = as_after_a_crash(dir.path());
        drop(store);

        let store = SqliteStore::open(crashed.path(), &master).unwrap();
        if last == EraseStep::Logged {
            assert_eq!(store.pending_tombstones(), [record(1)], "the engine must erase it again, with its remainder");
            assert_eq!(crate::conformance::everything(&store).unwrap().len(), 4);
            assert_eq!(store.erase(erasure.clone()).unwrap(), Some(5));
        }
        assert_eq!(store.pending_tombstones(), [], "{last:?}");
        let rows = crate::conformance::everything(&store).unwrap();
        assert_eq!(rows.iter().map(|row| row.meta.record).collect::<Vec<_>>(), [record(2), record(3)], "{last:?}");
        assert_eq!(store.erase(erasure).unwrap(), None, "{last:?}: repeated after the restart, nothing is written twice");
        assert_eq!(store.head().unwrap(), 5, "{last:?}");
        assert_eq!(traces(crashed.path(), &needles), (0, HashSet::new()), "{last:?}");
        assert!(fs::read_to_string(crashed.path().join("tombstones.log")).unwrap().lines().count() == 1, "{last:?}");
    }
}

#[test]
fn a_key_is_destroyed_at_start_if_its_tombstone_is_there() {
    let (dir, master, store) = fresh();
    store.append(rows_of(1, &[100])).unwrap();
    {
        let mut writer = store.writer().unwrap().lock();
        writer.tombstones.append(&[tombstone(record(1))]).unwrap();
        writer.facts.run(|sql| super::append::bury(sql, &tombstone(record(1)))).unwrap();
    }
    drop(store);
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!(store.wrapped_key(record(1)).unwrap(), None);
    assert_eq!(store.read(&[1]).unwrap(), []);
}

#[test]
fn a_full_disk_refuses_and_takes_up_again() {
    let (_dir, _, store) = fresh();
    store.append(rows_of(1, &[100])).unwrap();
    let limit = |pages: i64| store.writer().unwrap().lock().facts.sql.pragma_update(None, "max_page_count", pages).unwrap();
    let pages: i64 = store.writer().unwrap().lock().facts.sql.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    limit(pages + 3);
    let before = store.head().unwrap();
    let refused = store.append(rows_of(2, &[3000; 50])).unwrap_err();
    assert!(matches!(&refused, StoreError::StorageFull { file } if file.ends_with("facts.db")), "{refused:?}");
    assert_eq!(store.head().unwrap(), before);
    assert_eq!(crate::conformance::everything(&store).unwrap().len(), 1);
    limit(1_000_000);
    assert_eq!(store.append(rows_of(2, &[3000; 50])).unwrap(), Some(before + 1));
    assert_eq!(crate::conformance::everything(&store).unwrap().len(), 51);
}

#[test]
fn rows_that_change_places_do_not_open() {
    let (_dir, _, store) = fresh();
    store.append(rows_of(1, &[100, 100])).unwrap();
    let alter = |statement: &str| store.writer().unwrap().lock().facts.run(|sql| sql.execute_batch(statement)).unwrap();
    let refused = || (store.read(&[1]).unwrap_err(), crate::conformance::everything(&store).unwrap_err());
    let unreadable = StoreError::SealedRowUnreadable { position: 1 };
    alter(
        "CREATE TABLE kept AS SELECT * FROM facts; UPDATE facts SET sealed = (SELECT sealed FROM kept WHERE kept.position = 3 - facts.position)",
    );
    assert_eq!(refused(), (unreadable.clone(), unreadable.clone()));
    alter("UPDATE facts SET sealed = (SELECT sealed FROM kept WHERE kept.position = facts.position), revision = 1");
    assert_eq!(refused(), (unreadable.clone(), unreadable.clone()));
    alter("UPDATE facts SET revision = 0, choice = 1");
    assert_eq!(refused(), (unreadable.clone(), unreadable));
    alter("UPDATE facts SET choice = 0");
    assert_eq!(store.read(&[1, 2]).unwrap().len(), 2);
}

#[test]
fn a_row_that_somebody_deleted_is_missed_wherever_it_was() {
    for gone in [1_i64, 3, 5000, 10_000] {
        let (_dir, _, store) = fresh();
        store.append(rows_of(1, &[10; 10_000])).unwrap();
        store.writer().unwrap().lock().facts.run(|sql| sql.execute("DELETE FROM facts WHERE position = ?1", [gone])).unwrap();
        let refused = crate::conformance::everything(&store).unwrap_err();
        assert_eq!(refused, StoreError::RowMissing { position: gone.cast_unsigned() });
    }
}

#[test]
fn a_row_that_somebody_emptied_is_missed_and_one_that_regie_emptied_is_not() {
    let empty = |n: u64| {
        format!(
            "UPDATE facts SET record = NULL, n = NULL, revision = NULL, format = NULL, choice = NULL, sealed = NULL WHERE position = {n}"
        )
    };
    for emptied in [1, 3, 5000, 9999, 10_000] {
        let (dir, master, store) = fresh();
        store.append(rows_of(1, &[10; 10_000])).unwrap();
        store.append(Batch { delete: vec![2, 7000, 2], ..Batch::default() }).unwrap();
        let row = crate::conformance::everything(&store).unwrap();
        assert_eq!(row.len(), 9998);
        let alter = |statement: &str| store.writer().unwrap().lock().facts.run(|sql| sql.execute_batch(statement)).unwrap();
        alter("CREATE TABLE kept AS SELECT * FROM facts");
        alter(&empty(emptied));
        let refused = |store: &SqliteStore| crate::conformance::everything(store).unwrap_err();
        assert_eq!(refused(&store), StoreError::RowsEmptied { known: 2, found: 3 });
        // As many as there should be, but not those.
        alter(
            "DELETE FROM facts WHERE position = 2; INSERT INTO facts SELECT 2, record, n, revision, format, choice, sealed FROM kept WHERE position = 4",
        );
        assert_eq!(refused(&store), StoreError::RowsEmptied { known: 2, found: 2 });
        alter(&empty(2));
        drop(store);
        let store = SqliteStore::open(dir.path(), &master).unwrap();
        assert_eq!(refused(&store), StoreError::RowsEmptied { known: 2, found: 3 });
        let alter = |statement: &str| store.writer().unwrap().lock().facts.run(|sql| sql.execute_batch(statement)).unwrap();
        alter("DELETE FROM meta WHERE name = 'hollowed'");
        drop(store);
        let gone = SqliteStore::open(dir.path(), &master).unwrap_err();
        assert_eq!(gone.code(), "facts_corrupt");
    }
}

#[test]
fn a_folder_without_a_sum_over_hollow_rows_gets_one() {
    let (dir, master, store) = fresh();
    store.append(rows_of(1, &[10; 10])).unwrap();
    store.append(Batch { delete: vec![2, 7], ..Batch::default() }).unwrap();
    store.writer().unwrap().lock().facts.run(|sql| sql.execute("DELETE FROM meta WHERE name = 'hollowed'", [])).unwrap();
    store.keys.destroy_service("hollowed-counted").unwrap();
    drop(store);
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    store.append(Batch { delete: vec![3], ..Batch::default() }).unwrap();
    assert_eq!(crate::conformance::everything(&store).unwrap().len(), 7);
}

#[test]
fn the_list_of_an_unfinished_erasure_takes_nothing_of_who_was_not_erased() {
    let (dir, master, store) = fresh();
    store.append(rows_of(1, &[10; 3])).unwrap();
    store.append(rows_of(2, &[10; 3])).unwrap();
    store
        .erase_through(
            &Erasure { records: vec![ErasedRecord { record: record(1), positions: vec![1, 2, 3] }], ..Erasure::default() },
            EraseStep::Written,
        )
        .unwrap();
    drop(store);
    let sql = rusqlite::Connection::open(dir.path().join("facts.db")).unwrap();
    sql.execute("INSERT INTO erasing(id, positions) VALUES (99, ?1)", [[5u8].as_slice()]).unwrap();
    assert_eq!(SqliteStore::open(dir.path(), &master).unwrap_err().code(), "facts_corrupt");
    assert_eq!(SqliteStore::open_read_only(dir.path(), &master).unwrap().check().unwrap_err().code(), "facts_corrupt");
    sql.execute("DELETE FROM erasing WHERE id = 99", []).unwrap();
    drop(sql);
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    assert_eq!(store.read(&[1, 2, 3, 4, 5, 6]).unwrap().len(), 3, "what was begun is completed, and no more");
}
