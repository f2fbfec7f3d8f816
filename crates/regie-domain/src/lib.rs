//! The rules of Regie, pure: no async, SQL, HTTP, clock or randomness. `now`, ids and seeds are arguments.

pub mod collection;
pub mod consent;
pub mod fact;
pub mod ids;
pub mod information;
pub mod ledger;
pub mod policy;
pub mod time;
