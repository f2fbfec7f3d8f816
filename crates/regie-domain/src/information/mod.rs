//! *Mijn informatie*: what a customer tells about themselves, one item at a time, for one purpose, for as long as the customer says.
//!
//! Telling is the permission: a statement covers its own item, its own purpose and the recipients that it names, on the half-open interval
//! `[given, until)`, and nothing else ([`Permission::judge`]). Decision 0011 says how it stands beside a consent for the whole purpose.
//!
//! Invariant: a [`Told`] that exists is valid ([`Told::read`]); it never holds a year of birth. Left out: which interests there are
//! (departments and brands of the catalogue: the caller knows), clocks, storage.

mod along;
mod item;
mod permission;
mod receipt;
mod told;

pub use along::{Along, along, says_no};
pub use item::{AgeBand, Birthday, Diet, Garment, Household, InformationItem, People};
pub use permission::{Permission, StateError, ToldState, validate_removal, validate_statement};
pub use receipt::{hidden_core, removed_core, stated_core};
pub use told::{InterestName, Told, ToldError, limits};

/// The category of everything that a customer tells.
pub const CATEGORY: &str = "my-information";
