//! Prints JSON lines: durable facts a second at 10^5, 10^6 (and 10^7, or the number given) rows, replay, erasure.
//! `cargo run --release -p regie-store --example store_bench -- 10000000 [directory]`

use std::path::PathBuf;

use regie_store::{MasterKey, SqliteStore, StoreError, bench};

#[expect(clippy::print_stdout, reason = "an example that prints its figures")]
fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1);
    let most: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let place = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = place.join(format!("regie-store-bench-{}", std::process::id()));
    let master = MasterKey::generate_in(&dir)?;
    let store = SqliteStore::open(&dir, &master)?;
    let mut head = 0;
    for goal in [100_000, 1_000_000, 10_000_000, 20_000_000].into_iter().filter(|goal| *goal <= most) {
        let rate = bench::append_rate(&store, goal - head, 200)?;
        head = rate.head;
        println!(
            r#"{{"bench":"store_append","rows":{head},"facts_per_second":{:.0},"commit_p50_us":{},"commit_p99_us":{}}}"#,
            rate.facts_per_second,
            rate.commit_p50.as_micros(),
            rate.commit_p99.as_micros()
        );
    }
    let (rows, seconds) = bench::replay_seconds(&store)?;
    println!(r#"{{"bench":"store_replay","rows":{rows},"seconds":{seconds:.2}}}"#);
    let (p50, p99) = bench::erase_latency(&store, 200)?;
    println!(r#"{{"bench":"store_erase","erasures":200,"p50_us":{},"p99_us":{}}}"#, p50.as_micros(), p99.as_micros());
    drop(store);
    let _left_behind = std::fs::remove_dir_all(&dir);
    Ok(())
}
