//! The store of Regie: the one log of facts, sealed per record, durable on return.
//!
//! Start with [`Store`], the contract; [`SqliteStore`] is the embedded backend; [`MasterKey`] opens it.
//! The crate never looks into a payload: what a fact means is the domain's business.

pub mod bench;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;
mod error;
mod folder;
pub mod journal;
pub mod ledger;
mod master;
mod seal;
mod sqlite;
mod tombstones;

pub use contract::{Batch, ErasedRecord, Erasure, Meta, NewRow, Opened, RawRow, Replacement, Store, Tally, tombstone};
pub use error::StoreError;
pub use master::MasterKey;
pub use sqlite::SqliteStore;

/// The version of the data format that this crate writes: the folder's FORMAT, and each row's.
pub const FORMAT: u16 = 1;
