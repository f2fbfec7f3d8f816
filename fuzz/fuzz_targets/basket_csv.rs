//! Any bytes are a basket file of the CSV form or are refused with a line; what is read can be evaluated.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_recommend::baskets::BasketParameters;
use regie_recommend::evaluate::baskets::{evaluate, hold_out_last, read_csv};

fuzz_target!(|bytes: &[u8]| {
    let with_header = [b"customer,basket,time,item\n", bytes].concat();
    for file in [bytes, &with_header] {
        match read_csv(file) {
            Ok(histories) => {
                let baskets = histories.iter().flat_map(|history| &history.baskets);
                assert!(baskets.clone().all(|basket| !basket.items.is_empty()));
                let (past, future) = hold_out_last(histories, 2);
                evaluate(&past, &future, BasketParameters::default(), &[10, 20], || 0, |_| {}).unwrap();
            }
            Err(error) => {
                assert!(!error.to_string().is_empty() && error.line <= file.split(|&byte| byte == b'\n').count());
            }
        }
    }
});
