//! The contract as executable checks, stamped on every backend with [`conformance_tests!`](crate::conformance_tests).
//!
//! Each check gets an empty store. It panics where the store breaks the contract, and returns the store's own errors.

use std::collections::BTreeMap;
use std::thread;

use regie_domain::ids::RecordId;

use crate::{Batch, ErasedRecord, Erasure, Meta, NewRow, Opened, Replacement, Store, StoreError, Tally, tombstone};

/// Makes one test of each check; the argument is an expression that gives `(guard, store)`, the guard living as long.
#[macro_export]
macro_rules! conformance_tests {
    ($make:expr; $($check:ident),+ $(,)?) => {
        $(#[test]
        fn $check() {
            let (_guard, store) = $make;
            $crate::conformance::$check(&store).unwrap();
        })+
    };
    ($make:expr) => {
        $crate::conformance_tests!($make;
            positions_are_dense_and_rows_read_back,
            a_failed_batch_leaves_nothing,
            rows_are_replaced_and_deleted,
            small_tables_commit_with_their_batch,
            leaves_are_numbered_in_order,
            replay_is_whole_ordered_and_stops_at_errors,
            erasing_takes_all_and_is_repeatable,
            erasing_the_wrong_thing_is_refused,
            notes_outlive_the_keys_they_are_kept_with,
            concurrent_appends_stay_dense,
            service_keys_are_stable_until_destroyed,
        );
    };
}

/// A record id for tests.
#[must_use]
pub fn record(number: u32) -> RecordId {
    let mut id = [0xa5; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    RecordId(id)
}

/// A row for tests; even `n` are choices.
#[must_use]
pub fn row(record: RecordId, n: u32, payload: &[u8]) -> NewRow {
    NewRow { record, n, choice: n.is_multiple_of(2), payload: payload.to_vec(), leaf: None }
}

/// A batch of rows, their records made with it.
#[must_use]
pub fn batch(rows: Vec<NewRow>) -> Batch {
    Batch { new_records: rows.iter().map(|row| row.record).collect(), rows, ..Batch::default() }
}

/// Everything that the store replays.
///
/// # Errors
/// The store's own.
pub fn everything(store: &impl Store) -> Result<Vec<Opened>, StoreError> {
    let mut rows = Vec::new();
    store.replay(
        1,
        |_, payload| Ok::<_, StoreError>(payload.to_vec()),
        |meta, payload| {
            rows.push(Opened { meta, payload });
            Ok(())
        },
        |_, _| {},
    )?;
    Ok(rows)
}

/// Positions count from 1 without a gap; what was written reads back, in the order asked for, and only then.
///
/// # Errors
/// The store's own.
pub fn positions_are_dense_and_rows_read_back(store: &impl Store) -> Result<(), StoreError> {
    assert_eq!(store.head()?, 0);
    assert_eq!(store.append(Batch::default())?, None, "an empty batch has no position");
    assert_eq!(store.append(batch(vec![row(record(1), 0, b"one"), row(record(2), 0, b"")]))?, Some(1));
    assert_eq!(store.append(batch(vec![row(record(1), 1, &[0xff; 9000])]))?, Some(3), "a record that has a key keeps it");
    assert_eq!(store.head()?, 3);
    let rows = store.read(&[3, 99, 1, 2])?;
    assert_eq!(rows.iter().map(|row| row.meta.position).collect::<Vec<_>>(), [3, 1, 2]);
    assert_eq!(rows[0].meta, Meta { position: 3, record: record(1), n: 1, revision: 0, format: crate::FORMAT, choice: false });
    assert_eq!((rows[0].payload.len(), rows[1].payload.as_slice(), rows[2].payload.as_slice()), (9000, b"one".as_slice(), b"".as_slice()));
    let choices = store.read_choices(&[3, 2, 1])?;
    assert_eq!(choices.iter().map(|row| row.meta.position).collect::<Vec<_>>(), [2, 1]);
    Ok(())
}

/// A batch that fails anywhere leaves nothing, and the next one works.
///
/// # Errors
/// The store's own.
pub fn a_failed_batch_leaves_nothing(store: &impl Store) -> Result<(), StoreError> {
    store.append(batch(vec![row(record(1), 0, b"one")]))?;
    let replacement = Replacement { position: 1, record: record(1), n: 0, revision: 1, choice: true, payload: b"new".to_vec() };
    let wrong = [
        Replacement { position: 9, ..replacement.clone() },
        Replacement { n: 7, ..replacement.clone() },
        Replacement { revision: 0, ..replacement.clone() },
        Replacement { record: record(2), ..replacement.clone() },
    ];
    store.append(Batch { new_records: vec![record(2)], ..Batch::default() })?;
    for wrong in wrong {
        let position = wrong.position;
        let mut doomed = batch(vec![NewRow { leaf: Some([1; 32]), ..row(record(1), 1, b"two") }]);
        doomed.replace = vec![replacement.clone(), wrong];
        doomed.values = vec![("name".to_owned(), Some(b"value".to_vec()))];
        doomed.tallies = vec![Tally { day: 1, store: "s".to_owned(), item: "i".to_owned(), count: 1 }];
        assert_eq!(store.append(doomed), Err(StoreError::Conflict { position }));
    }
    let unknown = Batch { rows: vec![row(record(1), 1, b"two"), row(record(9), 0, b"whose?")], ..Batch::default() };
    assert_eq!(store.append(unknown), Err(StoreError::RecordUnknown { index: 1 }));
    assert_eq!((store.head()?, store.value("name")?, store.tallies_since(0)?, store.leaves(0..9)?), (1, None, vec![], vec![]));
    assert_eq!(store.read(&[1])?[0].payload, b"one");
    assert_eq!(store.append(batch(vec![row(record(1), 1, b"two")]))?, Some(2));
    Ok(())
}

/// New content may be shorter or longer, again and again; a deleted row is gone, and stays gone.
///
/// # Errors
/// The store's own.
pub fn rows_are_replaced_and_deleted(store: &impl Store) -> Result<(), StoreError> {
    let rows = (0..50).map(|n| row(record(1), n, &[b'a'; 100])).collect();
    store.append(batch(rows))?;
    let sizes = [60usize, 60, 300, 20, 5000, 4000, 10_000, 0];
    for (revision, size) in (1..).zip(sizes) {
        let payload = vec![b'b'; size];
        let replace = (1..=50).map(|position: u32| Replacement {
            position: position.into(),
            record: record(1),
            n: position - 1,
            revision: revision * 100,
            choice: position == 7,
            payload: payload.clone(),
        });
        store.append(Batch { replace: replace.collect(), ..Batch::default() })?;
        let found = store.read(&[7, 8])?;
        assert_eq!(
            found[0].meta,
            Meta { position: 7, record: record(1), n: 6, revision: revision * 100, format: crate::FORMAT, choice: true }
        );
        assert_eq!((&found[0].payload, &found[1].payload, found[1].meta.choice), (&payload, &payload, false));
    }
    for _again in 0..2 {
        store.append(Batch { delete: vec![7, 50], ..Batch::default() })?;
    }
    assert_eq!(store.read(&[7, 50, 8])?.len(), 1);
    assert_eq!(everything(store)?.len(), 48);
    let lost = Replacement { position: 7, record: record(1), n: 6, revision: 9999, choice: true, payload: vec![] };
    assert_eq!(store.append(Batch { replace: vec![lost], ..Batch::default() }), Err(StoreError::Conflict { position: 7 }));
    assert_eq!(store.append(batch(vec![row(record(1), 50, b"")]))?, Some(51), "a deleted position is never used again");
    Ok(())
}

/// Named values and tallies.
///
/// # Errors
/// The store's own.
pub fn small_tables_commit_with_their_batch(store: &impl Store) -> Result<(), StoreError> {
    let tally = |day, item: &str, count| Tally { day, store: "Utrecht".to_owned(), item: item.to_owned(), count };
    let named = |value: Option<&[u8]>| vec![("settings".to_owned(), value.map(<[u8]>::to_vec))];
    store.append(Batch {
        tallies: vec![tally(10, "b", 2), tally(10, "a", 1), tally(11, "a", 1)],
        values: named(Some(b"1")),
        ..Batch::default()
    })?;
    store.append(Batch { tallies: vec![tally(10, "b", 3), tally(9, "c", -4)], values: named(Some(b"2")), ..Batch::default() })?;
    assert_eq!(store.value("settings")?, Some(b"2".to_vec()));
    assert_eq!(store.value("other")?, None);
    assert_eq!(store.tallies_since(10)?, [tally(10, "a", 1), tally(10, "b", 5), tally(11, "a", 1)]);
    store.delete_tallies_before(11)?;
    assert_eq!(store.tallies_since(0)?, [tally(11, "a", 1)]);
    store.append(Batch { values: named(None), ..Batch::default() })?;
    assert_eq!(store.value("settings")?, None);
    Ok(())
}

/// Leaves count from 0, only those of rows that have one, and outlive their rows.
///
/// # Errors
/// The store's own.
pub fn leaves_are_numbered_in_order(store: &impl Store) -> Result<(), StoreError> {
    for commit in 0..3u8 {
        let leaf = |i: u8| (i != 1).then_some([commit * 10 + i; 32]);
        let rows = (0..3).map(|i| NewRow { leaf: leaf(i), ..row(record(1), u32::from(commit * 3 + i), b"") });
        store.append(batch(rows.collect()))?;
    }
    store.append(Batch { delete: vec![1, 2, 3], ..Batch::default() })?;
    let leaves: Vec<u8> = store.leaves(0..100)?.iter().map(|leaf| leaf[0]).collect();
    assert_eq!(leaves, [0, 2, 10, 12, 20, 22]);
    assert_eq!(store.leaves(4..5)?, [[20; 32]]);
    // A leaf outlives its row, and both know their number.
    assert_eq!(store.leaf_count()?, 6);
    let of_rows = (1..=10).map(|position| store.leaf_index(position)).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(of_rows, [Some(0), None, Some(1), Some(2), None, Some(3), Some(4), None, Some(5), None]);
    let of_leaves = (0..7).map(|index| store.leaf_position(index)).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(of_leaves, [Some(1), Some(3), Some(4), Some(6), Some(7), Some(9), None]);
    Ok(())
}

/// Replay gives every row in order from where it is asked, reports progress, and stops at the first error.
///
/// # Errors
/// The store's own.
pub fn replay_is_whole_ordered_and_stops_at_errors(store: &impl Store) -> Result<(), StoreError> {
    for commit in 0..30u32 {
        let rows = (0..1000).map(|i| row(record(i % 7), commit * 1000 + i, &(commit * 1000 + i).to_be_bytes()));
        store.append(batch(rows.collect()))?;
    }
    store.append(Batch { delete: vec![15_000], ..Batch::default() })?;
    for from in [0, 1, 14_999, 30_000, 30_001] {
        let (mut next, mut reported) = (u64::max(from, 1), vec![]);
        let head = store.replay(
            from,
            |meta, payload| Ok::<_, StoreError>((meta.n.to_be_bytes() == payload, meta.position)),
            |meta, (same, position)| {
                next += u64::from(next == 15_000);
                assert!(same && meta.position == position && position == next, "at {position}, expected {next}");
                next += 1;
                Ok(())
            },
            |position, head| reported.push((position, head)),
        )?;
        assert_eq!((head, next), (30_000, 30_001), "from {from}");
        assert!(from > 30_000 || reported.last() == Some(&(30_000, 30_000)));
    }
    let stop = || StoreError::CryptoFailed { doing: "a test" };
    let mut applied = 0;
    let undecodable = |meta: &Meta, _: &[u8]| if meta.position == 20_000 { Err(stop()) } else { Ok(()) };
    let ended = store.replay(
        1,
        undecodable,
        |meta, ()| {
            applied = meta.position;
            Ok(())
        },
        |_, _| {},
    );
    assert!(ended == Err(stop()) && applied < 20_000, "{applied}");
    let inapplicable = |meta: Meta, ()| {
        applied = meta.position;
        if applied == 20_000 { Err(stop()) } else { Ok(()) }
    };
    assert_eq!(store.replay(1, |_, _| Ok(()), inapplicable, |_, _| {}), Err(stop()));
    assert_eq!(applied, 20_000, "nothing is applied after an error");
    Ok(())
}

/// An erasure of these records, with a remainder under another.
#[must_use]
pub fn erasure(records: &[(RecordId, &[u64])], remainder: RecordId) -> Erasure {
    let records = records.iter().map(|(record, positions)| ErasedRecord { record: *record, positions: positions.to_vec() });
    Erasure { records: records.collect(), append: batch(vec![row(remainder, 0, b"legal remainder")]), notes: Vec::new() }
}

/// After an erasure only the remainder is there; the same erasure again changes nothing.
///
/// # Errors
/// The store's own.
pub fn erasing_takes_all_and_is_repeatable(store: &impl Store) -> Result<(), StoreError> {
    let rows = (0..300).map(|n| row(record(n % 3 + 1), n / 3, &n.to_be_bytes()));
    store.append(batch(rows.collect()))?;
    let of = |which: u64| (0..300).filter(|n| n % 3 + 1 == which).map(|n| n + 1).collect::<Vec<u64>>();
    let (ones, twos) = (of(1), of(2));
    let both = erasure(&[(record(1), &ones), (record(2), &twos)], record(9));
    assert_eq!(store.erase(both.clone())?, Some(301));
    assert_eq!(store.erase(both)?, None, "the remainder is written once");
    assert_eq!(store.head()?, 301);
    assert_eq!(store.read(&ones)?, []);
    let left = everything(store)?;
    assert_eq!(left.len(), 101);
    assert!(left.iter().all(|row| row.meta.record == record(3) || row.payload == b"legal remainder"));
    assert_eq!(
        store.append(Batch { rows: vec![row(record(1), 200, b"late")], ..Batch::default() }),
        Err(StoreError::RecordUnknown { index: 0 })
    );
    assert_eq!(store.pending_tombstones(), []);
    Ok(())
}

/// Another record's row, the retailer's record, or a remainder under an erased record: refused before anything is done.
///
/// # Errors
/// The store's own.
pub fn erasing_the_wrong_thing_is_refused(store: &impl Store) -> Result<(), StoreError> {
    store.append(batch(vec![row(record(1), 0, b"one"), row(record(2), 0, b"two"), row(RecordId::RETAILER, 0, b"policy")]))?;
    assert_eq!(store.erase(erasure(&[(record(1), &[1, 2])], record(9))), Err(StoreError::Conflict { position: 2 }));
    assert_eq!(store.erase(erasure(&[(RecordId::RETAILER, &[3])], record(9))), Err(StoreError::Conflict { position: 3 }));
    assert_eq!(store.erase(erasure(&[(record(1), &[1])], record(1))), Err(StoreError::RecordUnknown { index: 0 }));
    assert_eq!(everything(store)?.len(), 3);
    store.append(Batch { rows: vec![row(record(1), 1, b"still there")], ..Batch::default() })?;
    Ok(())
}

/// Notes are kept with the first destruction of a key, not with a repeated one; each goes by its number.
///
/// # Errors
/// The store's own.
pub fn notes_outlive_the_keys_they_are_kept_with(store: &impl Store) -> Result<(), StoreError> {
    let said = |store: &_| Ok::<Vec<Vec<u8>>, StoreError>(Store::notes(store)?.into_iter().map(|(_, note)| note).collect());
    store.append(batch(vec![row(record(1), 0, b"one"), row(record(2), 0, b"two")]))?;
    assert_eq!(store.notes()?, []);
    let noted =
        |number: u32, note: &[u8]| Erasure { notes: vec![note.to_vec()], ..erasure(&[(record(number), &[number.into()])], record(9)) };
    store.erase(noted(1, b"first"))?;
    store.erase(noted(1, b"again"))?;
    store.erase(Erasure { append: Batch::default(), ..noted(2, b"second") })?;
    assert_eq!(said(store)?, [b"first".to_vec(), b"second".to_vec()]);
    let first = store.notes()?[0].0;
    store.change_notes(&[b"third".to_vec(), Vec::new()], &[first, first])?;
    assert_eq!(said(store)?, [b"second".to_vec(), b"third".to_vec(), Vec::new()]);
    Ok(())
}

/// Batches from many threads interleave, but each stays together and no position is skipped.
///
/// # Errors
/// The store's own.
pub fn concurrent_appends_stay_dense(store: &impl Store) -> Result<(), StoreError> {
    let firsts = thread::scope(|scope| {
        let writers: Vec<_> = (0..4u8)
            .map(|writer| {
                scope.spawn(move || {
                    (0..25u32)
                        .map(|commit| store.append(batch((0..3).map(|i| row(record(writer.into()), commit * 3 + i, &[writer])).collect())))
                        .collect::<Result<Vec<_>, _>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join()).collect::<Result<Vec<_>, _>>()
    })?;
    let mut firsts: Vec<u64> = firsts.into_iter().flatten().flatten().collect();
    firsts.sort_unstable();
    assert_eq!(firsts, (0..100).map(|commit| commit * 3 + 1).collect::<Vec<u64>>());
    let rows = everything(store)?;
    assert_eq!(rows.len(), 300);
    for writer in 0..4u8 {
        let ns: Vec<u32> = rows.iter().filter(|row| row.payload == [writer]).map(|row| row.meta.n).collect();
        assert_eq!(ns, (0..75).collect::<Vec<u32>>());
    }
    Ok(())
}

/// A service key is the same every time, differs by name, and is another one after it was destroyed.
///
/// # Errors
/// The store's own.
pub fn service_keys_are_stable_until_destroyed(store: &impl Store) -> Result<(), StoreError> {
    let (cookies, links) = (store.service_key("cookies")?, store.service_key("portal-links")?);
    assert_ne!(cookies, links);
    assert_eq!(store.service_key("cookies")?, cookies);
    store.destroy_service_key("cookies")?;
    store.destroy_service_key("never made")?;
    assert_ne!(store.service_key("cookies")?, cookies);
    assert_eq!(store.service_key("portal-links")?, links);
    Ok(())
}

/// A step of a random history, all numbers taken modulo what there is.
#[derive(Debug, Clone)]
pub enum Step {
    /// Rows for these records, of these sizes.
    Append(Vec<(u8, u16)>),
    /// A row gets content of this size.
    Replace(u16, u16),
    /// Rows go.
    Delete(Vec<u16>),
    /// A record is erased; its remainder starts another.
    Erase(u8),
}

/// Runs a random history on the store and on a plain map, which must agree after each step.
///
/// # Errors
/// The store's own.
pub fn agrees_with_a_model(store: &impl Store, steps: &[Step]) -> Result<(), StoreError> {
    let mut model: BTreeMap<u64, (RecordId, u32, u32, Vec<u8>)> = BTreeMap::new();
    let (mut next_n, mut erased, mut generation) = (BTreeMap::<RecordId, u32>::new(), [0u8; 256], 0u8);
    let mut head = 0;
    for step in steps {
        let pick = |at: u16| model.keys().nth(usize::from(at) % model.len().max(1)).copied();
        let id =
            |number: u8, erased: &[u8; 256]| RecordId([number, erased[usize::from(number)], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
        let mut count = |record: RecordId| {
            let n = next_n.entry(record).or_default();
            *n += 1;
            *n - 1
        };
        match step {
            Step::Append(rows) => {
                let rows: Vec<NewRow> = rows
                    .iter()
                    .map(|(number, size)| (id(number % 8, &erased), size))
                    .map(|(record, size)| row(record, count(record), &vec![generation; usize::from(*size)]))
                    .collect();
                let expected = (!rows.is_empty()).then_some(head + 1);
                for row in &rows {
                    head += 1;
                    model.insert(head, (row.record, row.n, 0, row.payload.clone()));
                }
                assert_eq!(store.append(batch(rows))?, expected);
            }
            Step::Replace(at, size) => {
                let Some(position) = pick(*at) else { continue };
                let Some((record, n, revision, payload)) = model.get_mut(&position) else { continue };
                *revision += 1 + u32::from(*size);
                *payload = vec![generation; usize::from(*size)];
                let replacement = Replacement {
                    position,
                    record: *record,
                    n: *n,
                    revision: *revision,
                    choice: n.is_multiple_of(2),
                    payload: payload.clone(),
                };
                store.append(Batch { replace: vec![replacement], ..Batch::default() })?;
            }
            Step::Delete(at) => {
                let delete: Vec<u64> = at.iter().filter_map(|at| pick(*at)).collect();
                delete.iter().for_each(|position| drop(model.remove(position)));
                store.append(Batch { delete, ..Batch::default() })?;
            }
            Step::Erase(number) => {
                let number = number % 8;
                let record = id(number, &erased);
                let positions: Vec<u64> = model.iter().filter(|(_, row)| row.0 == record).map(|(position, _)| *position).collect();
                erased[usize::from(number)] += 1;
                let fresh = id(number, &erased);
                head += 1;
                model.retain(|_, row| row.0 != record);
                model.insert(head, (fresh, count(fresh), 0, b"legal remainder".to_vec()));
                assert_eq!(store.erase(erasure(&[(record, &positions)], fresh))?, Some(head));
                assert_ne!(tombstone(record), tombstone(fresh));
            }
        }
        generation = generation.wrapping_add(1);
        let found: Vec<_> = everything(store)?
            .into_iter()
            .map(|row| (row.meta.position, (row.meta.record, row.meta.n, row.meta.revision, row.payload)))
            .collect();
        assert_eq!(found, model.clone().into_iter().collect::<Vec<_>>());
        assert_eq!(store.head()?, head);
    }
    Ok(())
}
