//! Any bytes are a batch of events or are refused; a bad event is refused alone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_domain::collection::{Kind, limits, parse_batch, parse_event};
use regie_domain::time::Time;

fuzz_target!(|bytes: &[u8]| {
    let received = Time::from_seconds(1_780_000_000);
    match parse_batch(bytes, limits::BATCH_BYTES_DEFAULT, received) {
        Ok(batch) => {
            assert!(batch.events.len() <= bytes.len());
            for event in batch.events {
                if let Err(error) = event {
                    assert!(!error.code().is_empty() && !error.detail().is_empty());
                }
            }
        }
        Err(error) => assert!(!error.code().is_empty() && !error.detail().is_empty()),
    }
    for kind in [None, Some(Kind::Track), Some(Kind::Identify)] {
        if let Err(error) = parse_event(kind, bytes, received) {
            assert!(!error.code().is_empty() && !error.detail().is_empty());
        }
    }
});
