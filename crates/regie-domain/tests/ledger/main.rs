//! The ledger: trees, tiles and proofs against another implementation of the same specifications, notes against a third, receipts
//! against everything that a stranger might do to them, and their words against the published vocabulary.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where its helper does")]

mod notes;
mod receipts;
mod support;
mod trees;
mod vocabulary;
