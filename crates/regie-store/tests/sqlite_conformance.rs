//! The SQLite store keeps the contract.

#![expect(clippy::unwrap_used, reason = "a test fails where its helper does")]

use proptest::prelude::*;
use regie_store::conformance::{Step, agrees_with_a_model};
use regie_store::{MasterKey, SqliteStore};
use tempfile::TempDir;

fn fresh() -> (TempDir, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(dir.path()).unwrap();
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    (dir, store)
}

regie_store::conformance_tests!(fresh());

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![4 => 0..400u16, 1 => 4000..9000u16];
    prop_oneof![
        4 => prop::collection::vec((any::<u8>(), size.clone()), 0..40).prop_map(Step::Append),
        4 => (any::<u16>(), size).prop_map(|(at, size)| Step::Replace(at, size)),
        1 => prop::collection::vec(any::<u16>(), 0..5).prop_map(Step::Delete),
        1 => any::<u8>().prop_map(Step::Erase),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_history_agrees_with_a_plain_map(steps in prop::collection::vec(step(), 1..30)) {
        let (_dir, store) = fresh();
        agrees_with_a_model(&store, &steps).unwrap();
    }
}
