//! What the use journal costs, printed; nothing is asserted about time.
//! `cargo test --release -p regie-store --test journal_speed -- --ignored --nocapture`

use std::time::{Duration, Instant};

use regie_store::journal::{Dictionary, Journal, Outcome, Use};

const START: u32 = 1_780_002_000;

fn used(first_position: u64, at_seconds: u32) -> Use {
    Use { first_position, at_seconds, purpose: 1, category: 2, recipient: 3, channel: Some(4), outcome: Outcome::Allowed }
}

fn middle_and_last(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() - 1])
}

#[test]
#[ignore = "prints figures; run it alone and in release"]
fn figures() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path(), [1; 32], Dictionary::default()).unwrap();

    // One hour at 2,000 uses a second: 360,000 visits of 20 uses, some 1,000 at a time, one use every 30 s each.
    let (mut recording, mut draining) = (Duration::ZERO, Duration::ZERO);
    for second in 0..3600u32 {
        let begun = Instant::now();
        for nth in 0..2000u64 {
            journal.record(used(u64::from(second / 600) * 60_000 + u64::from(second % 30) * 2000 + nth, START + second));
        }
        recording += begun.elapsed();
        if second % 100 == 99 {
            let begun = Instant::now();
            journal.flush().unwrap();
            draining += begun.elapsed();
        }
    }
    let uses = 7_200_000.0;
    println!("record, one thread: {:.0} ns", recording.as_nanos() as f64 / uses);
    println!("write, encrypt, index, sync (in the flusher): {:.0} ns", draining.as_nanos() as f64 / uses);

    let mut times = Vec::new();
    for customer in 0..200 {
        journal.record_many(&vec![used(1 << 40, START + 3599); 1000]);
        let begun = Instant::now();
        let erased = journal.erase(&[customer * 1501 + 3]).unwrap();
        times.push(begun.elapsed());
        assert_eq!(erased, 20);
    }
    let (middle, last) = middle_and_last(times);
    println!("erase 20 of 7.2 million slots: {middle:?} middle, {last:?} longest");

    let mut times = Vec::new();
    for customer in 0..200 {
        let begun = Instant::now();
        let folded = journal.fold(Some(&[customer * 1501 + 4]), u32::MAX, |at| at / 86_400).unwrap();
        folded.commit().unwrap();
        times.push(begun.elapsed());
    }
    let (middle, last) = middle_and_last(times);
    println!("fold and commit a visit of 20 uses: {middle:?} middle, {last:?} longest");

    let records: Vec<u64> = (0..1000).map(|customer| customer * 299 + 5).collect();
    let begun = Instant::now();
    let folded = journal.fold(Some(&records), u32::MAX, |at| at / 86_400).unwrap();
    let id = folded.id().len();
    folded.commit().unwrap();
    println!("fold and commit 1,000 visits at once: {:?}, id {id} bytes", begun.elapsed());

    drop(journal);
    let begun = Instant::now();
    let journal = Journal::open(directory.path(), [1; 32], Dictionary::default()).unwrap();
    println!("open with an hour of unfolded uses: {:?}", begun.elapsed());

    let begun = Instant::now();
    let folded = journal.fold(None, u32::MAX, |at| at / 86_400).unwrap();
    let (counts, id) = (folded.counts().len(), folded.id().len());
    println!("fold the hour: {:?}, {counts} counts, id {id} bytes", begun.elapsed());
    let begun = Instant::now();
    folded.commit().unwrap();
    println!("commit it: {:?}", begun.elapsed());

    let begun = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..2u64 {
            let journal = &journal;
            scope.spawn(move || (0..200_000u64).for_each(|at| journal.record(used(thread * 1000 + at % 100, START))));
        }
    });
    println!("record, two threads at once: {:.0} ns of wall clock", begun.elapsed().as_nanos() as f64 / 400_000.0);
    println!("lost: {}", journal.lost());
}
