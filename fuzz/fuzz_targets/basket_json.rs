//! Any bytes are a basket file of the JSON form or are refused; what is read can be evaluated.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_recommend::baskets::BasketParameters;
use regie_recommend::evaluate::baskets::{evaluate, hold_out_last, read_json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(histories) = read_json(bytes) else { return };
    assert!(histories.is_sorted_by_key(|history| history.key));
    assert!(histories.iter().flat_map(|history| &history.baskets).all(|basket| !basket.items.is_empty()));
    let (past, future) = hold_out_last(histories, 2);
    evaluate(&past, &future, BasketParameters::default(), &[10, 20], || 0, |_| {}).unwrap();
});
