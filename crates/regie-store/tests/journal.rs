//! The use journal: what it promises to the engine. Its files are looked at in `journal_disk.rs`, long random
//! histories in `journal_model.rs`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use regie_store::journal::{Dictionary, Journal, JournalError, NamedUse, Outcome, Use};

const KEY: [u8; 32] = [7; 32];
/// An hour's first second.
const START: u32 = 1_780_002_000;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn dictionary() -> Dictionary {
    Dictionary {
        purposes: names(&["recommendations", "demand-insight"]),
        categories: names(&["purchases", "browsing"]),
        recipients: names(&["retailer"]),
        channels: names(&["web", "store"]),
        policy_version: "1".into(),
    }
}

fn open(directory: &Path) -> Journal {
    Journal::open(directory, KEY, dictionary()).unwrap()
}

fn used(first_position: u64, at_seconds: u32) -> Use {
    Use { first_position, at_seconds, purpose: 0, category: 1, recipient: 0, channel: Some(0), outcome: Outcome::Allowed }
}

fn times(uses: &[NamedUse]) -> Vec<u32> {
    uses.iter().map(|used| used.at_seconds).collect()
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn a_use_is_named_and_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let denied = Use { purpose: 1, category: 0, channel: None, outcome: Outcome::Denied, ..used(5, START + 9) };
    let expected = vec![
        NamedUse {
            first_position: 5,
            at_seconds: START,
            purpose: "recommendations".into(),
            category: "browsing".into(),
            recipient: "retailer".into(),
            channel: Some("web".into()),
            outcome: Outcome::Allowed,
            policy_version: "1".into(),
        },
        NamedUse {
            first_position: 5,
            at_seconds: START + 9,
            purpose: "demand-insight".into(),
            category: "purchases".into(),
            recipient: "retailer".into(),
            channel: None,
            outcome: Outcome::Denied,
            policy_version: "1".into(),
        },
    ];
    let journal = open(directory.path());
    journal.record_many(&[denied, used(6, START), used(5, START)]);
    assert_eq!(journal.uses_of(&[5]).unwrap(), expected, "from the buffer");
    drop(journal);
    assert_eq!(open(directory.path()).uses_of(&[5, 5]).unwrap(), expected, "from disk");
}

#[test]
fn flushed_uses_are_in_a_copy_of_the_directory() {
    let (directory, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(directory.path());
    journal.record(used(1, START));
    journal.flush().unwrap();
    for path in segments(directory.path()) {
        fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    assert_eq!(times(&open(copy.path()).uses_of(&[1]).unwrap()), [START]);
}

#[test]
fn without_a_flush_the_flusher_writes() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.record(used(1, START));
    let slots = || segments(directory.path()).iter().map(|path| fs::metadata(path).unwrap().len() % 4096).sum::<u64>();
    // Far longer than it may take, so that a slow machine does not fail the test.
    for _ in 0..3000 {
        if slots() == 16 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!((slots(), journal.lost()), (16, 0));
}

#[test]
fn an_hour_is_a_segment_and_an_empty_one_goes() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    for (at, segments_then) in [(START, 1), (START + 3599, 1), (START + 3600, 2), (START + 3599, 2), (START + 7200, 3)] {
        journal.record(used(1, at));
        journal.flush().unwrap();
        assert_eq!(segments(directory.path()).len(), segments_then, "after {at}");
    }
    // A clock set back far must not keep an hour's key alive until that hour comes again.
    journal.record(used(1, START - 86_400));
    journal.flush().unwrap();
    assert_eq!(segments(directory.path()).len(), 4);
    assert_eq!(journal.erase(&[1]).unwrap(), 6);
    assert_eq!(segments(directory.path()).len(), 1, "the one that is appended to stays");
    drop(journal);
    drop(open(directory.path()));
    assert_eq!(segments(directory.path()).len(), 0);
}

#[test]
fn each_use_keeps_the_names_of_its_policy() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.record(used(1, START));
    let renumbered = Dictionary { purposes: names(&["delivery"]), policy_version: "2".into(), ..dictionary() };
    drop(journal);
    let journal = Journal::open(directory.path(), KEY, renumbered).unwrap();
    journal.record_many(&[used(1, START + 1), Use { purpose: 9, ..used(1, START + 2) }]);
    let named = |journal: &Journal| -> Vec<(Arc<str>, Arc<str>)> {
        journal.uses_of(&[1]).unwrap().into_iter().map(|used| (used.purpose, used.policy_version)).collect()
    };
    let expected = [("recommendations", "1"), ("delivery", "2"), ("#9", "2")].map(|(a, b)| (a.into(), b.into()));
    assert_eq!(named(&journal), expected);
    assert_eq!(segments(directory.path()).len(), 2);
    drop(journal);
    let journal = open(directory.path());
    assert_eq!(named(&journal), expected);
    let folded = journal.fold(None, u32::MAX, |at| at / 86_400).unwrap();
    let counted: Vec<_> = folded.counts().iter().map(|count| (&*count.purpose, count.count)).collect();
    assert_eq!(counted, [("#9", 1), ("delivery", 1), ("recommendations", 1)]);
}

#[test]
fn a_dictionary_that_does_not_fit_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for (dictionary, kind) in [
        (Dictionary { purposes: vec![String::new(); 256], ..dictionary() }, "purposes"),
        (Dictionary { channels: vec!["x".repeat(65_536)], ..dictionary() }, "channels"),
    ] {
        let refused = Journal::open(directory.path(), KEY, dictionary).unwrap_err();
        assert!(matches!(&refused, JournalError::DictionaryTooLarge { kind: of } if *of == kind), "{refused}");
    }
    let largest = Dictionary { purposes: vec!["p".repeat(65_535); 255], ..dictionary() };
    let journal = Journal::open(directory.path(), KEY, largest).unwrap();
    journal.record(used(1, START));
    drop(journal);
    assert_eq!(open(directory.path()).uses_of(&[1]).unwrap()[0].purpose.len(), 65_535);
}

#[test]
fn a_fold_counts_by_day_and_name_and_its_slots_go() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let day = START / 86_400;
    let midnight = (day + 1) * 86_400;
    journal.record_many(&[used(1, START), used(1, START + 1), used(2, START), used(1, midnight), used(1, midnight + 5)]);
    let folded = journal.fold(Some(&[1]), midnight + 5, |at| at / 86_400).unwrap();
    let counted: Vec<_> = folded.counts().iter().map(|count| (count.first_position, count.day, count.count)).collect();
    assert_eq!(counted, [(1, day, 2), (1, day + 1, 1)]);
    assert!(matches!(journal.fold(None, 0, |at| at / 86_400), Err(JournalError::FoldUnderWay)));
    assert_eq!(journal.uses_of(&[1]).unwrap().len(), 4, "until it is committed, nothing has happened");
    folded.commit().unwrap();
    assert_eq!(times(&journal.uses_of(&[1]).unwrap()), [midnight + 5]);
    assert_eq!(times(&journal.uses_of(&[2]).unwrap()), [START]);
    drop(journal);
    assert_eq!(times(&open(directory.path()).uses_of(&[1, 2]).unwrap()), [START, midnight + 5]);
}

#[test]
fn a_fold_that_was_dropped_counts_again_and_one_that_was_stored_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.record_many(&[used(1, START), used(2, START), used(1, START + 3600)]);
    drop(journal.fold(None, u32::MAX, |at| at / 86_400).unwrap());
    let folded = journal.fold(Some(&[1]), u32::MAX, |at| at / 86_400).unwrap();
    assert_eq!(folded.counts().iter().map(|count| count.count).sum::<u64>(), 2);
    let stored = folded.id().to_vec();
    // The process ends between the transaction and the commit.
    drop(folded);
    drop(journal);
    let journal = open(directory.path());
    for _ in 0..2 {
        journal.finish_fold(&stored).unwrap();
        assert_eq!(journal.uses_of(&[1]).unwrap(), []);
        assert_eq!(times(&journal.uses_of(&[2]).unwrap()), [START]);
        // What comes later is another use, even where the number of the segment is free again.
        journal.record(used(1, START + 7200));
        assert_eq!(journal.fold(None, START + 7200, |at| at / 86_400).unwrap().counts().len(), 1);
        assert_eq!(journal.erase(&[1]).unwrap(), 1);
    }
    journal.finish_fold(&[1]).unwrap();
    for damaged in [&stored[..stored.len() - 1], &[], &[9]] {
        assert!(matches!(journal.finish_fold(damaged), Err(JournalError::NotAFold)));
    }
}

#[test]
fn what_is_in_no_fact_yet_is_counted_beside_a_process_that_writes() {
    let directory = tempfile::tempdir().unwrap();
    let beside = |folded: Option<&[u8]>| -> Vec<(u64, u64)> {
        let counts = Journal::counts_beside(directory.path(), &KEY, folded).unwrap();
        counts.iter().map(|count| (count.first_position, count.count)).collect()
    };
    let journal = open(directory.path());
    journal.record_many(&[used(1, START), used(2, START), used(1, START + 1), used(1, START + 3600)]);
    journal.flush().unwrap();
    let before: Vec<_> = segments(directory.path()).iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(beside(None), [(1, 3), (2, 1)]);
    // Stored, and not zeroed yet.
    let folded = journal.fold(None, START + 3600, |at| at / 86_400).unwrap();
    let stored = folded.id().to_vec();
    assert_eq!(beside(Some(&stored)), [(1, 1)]);
    let after: Vec<_> = segments(directory.path()).iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(before == after, "nothing was changed");
    folded.commit().unwrap();
    assert_eq!((beside(Some(&stored)), beside(None)), (vec![(1, 1)], vec![(1, 1)]));
    assert!(matches!(Journal::counts_beside(directory.path(), &KEY, Some(&[9])), Err(JournalError::NotAFold)));
    assert_eq!(Journal::counts_beside(directory.path(), &[8; 32], None).unwrap_err().code(), "journal_wrong_key");
}

#[test]
fn while_the_disk_refuses_nothing_is_lost_within_the_bound_and_the_erased_stay_erased() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("journal");
    let journal = open(&directory);
    fs::remove_dir_all(&directory).unwrap();
    journal.record_many(&[used(1, START), used(2, START)]);
    assert_eq!(journal.flush().unwrap_err().code(), "journal_io");
    journal.record_many(&[used(1, START + 1), used(2, START + 1)]);
    assert!(journal.uses_of(&[1]).is_err());
    assert_eq!(journal.erase(&[1]).unwrap(), 2);
    let many = vec![used(3, START + 2); 1000];
    for _ in 0..1500 {
        journal.record_many(&many);
    }
    fs::create_dir_all(&directory).unwrap();
    journal.flush().unwrap();
    assert_eq!(journal.uses_of(&[1]).unwrap(), []);
    let two = journal.uses_of(&[2]).unwrap();
    assert_eq!((times(&two), &*two[0].policy_version), (vec![START, START + 1], "1"));
    let kept = journal.fold(Some(&[3]), u32::MAX, |at| at / 86_400).unwrap().counts()[0].count;
    assert!(journal.lost() > 0);
    assert_eq!(kept + journal.lost(), 1_500_000);
}

#[test]
fn a_position_that_does_not_fit_is_counted_as_lost() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.record_many(&[used(1 << 48, START), used((1 << 48) - 1, START)]);
    assert_eq!(journal.lost(), 1);
    assert_eq!(journal.uses_of(&[0, 1 << 48, (1 << 48) - 1]).unwrap().len(), 1);
}

#[test]
fn recording_erasing_and_folding_at_once_keep_count() {
    const EACH: u32 = 20_000;
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let (done, mut erased, mut folded) = (AtomicBool::new(false), 0, BTreeMap::<u64, u64>::new());
    std::thread::scope(|scope| {
        let recording: Vec<_> = (0..2u32)
            .map(|thread| {
                let journal = &journal;
                scope.spawn(move || {
                    for at in 0..EACH {
                        journal.record(used(u64::from(at % 4), START + at + thread));
                    }
                })
            })
            .collect();
        let eraser = scope.spawn(|| {
            let mut erased = 0;
            while !done.load(Ordering::Relaxed) {
                erased += journal.erase(&[1]).unwrap();
            }
            erased
        });
        let folder = scope.spawn(|| {
            let mut counts = BTreeMap::<u64, u64>::new();
            while !done.load(Ordering::Relaxed) {
                let fold = journal.fold(Some(&[2]), u32::MAX, |at| at / 86_400).unwrap();
                for count in fold.counts() {
                    *counts.entry(count.first_position).or_default() += count.count;
                }
                fold.commit().unwrap();
            }
            counts
        });
        for thread in recording {
            thread.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        (erased, folded) = (eraser.join().unwrap(), folder.join().unwrap());
    });
    let each = u64::from(EACH) / 4 * 2;
    let left = |record| journal.uses_of(&[record]).unwrap().len() as u64;
    assert_eq!((left(0), left(3)), (each, each));
    assert_eq!(erased + left(1), each);
    assert_eq!(folded.get(&2).copied().unwrap_or(0) + left(2), each);
    assert_eq!(journal.erase(&[1]).unwrap() + erased, each);
    drop(journal);
    assert_eq!(open(directory.path()).uses_of(&[1]).unwrap(), []);
}
