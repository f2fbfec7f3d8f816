//! Receipts, checkpoints, keys and names of tiles: whatever is handed in, nothing panics, and nothing that was not signed holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_domain::ledger::checkpoint::{Checkpoint, VerifierKey};
use regie_domain::ledger::proof::{verify_consistency, verify_inclusion};
use regie_domain::ledger::tile;
use regie_domain::ledger::{Trust, verify_receipt};

fuzz_target!(|data: &[u8]| {
    let nobody = |_: &[u8; 32], _: &[u8], _: &[u8]| false;
    assert!(verify_receipt(data, &Trust { key: None, verify: &nobody }).refused.is_some());
    // A signer who signs everything gets further; no further than the proof.
    let anybody = |_: &[u8; 32], _: &[u8], _: &[u8]| true;
    let _ = verify_receipt(data, &Trust { key: None, verify: &anybody });
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = VerifierKey::parse(text);
        let _ = tile::parse(text);
        if let Ok(key) = VerifierKey::new("winkel.example", [7; 32]) {
            let _ = Checkpoint::open(text, &key, &anybody);
        }
    }
    let number = |at: usize| data.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes);
    let hashes = data.as_chunks::<32>().0;
    let root = hashes.first().copied().unwrap_or_default();
    let _ = verify_inclusion(data, number(0), number(8), &root, hashes);
    let _ = verify_consistency((number(0), &root), (number(8), &root), hashes);
});
