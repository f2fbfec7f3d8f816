//! The pages for customers: server-rendered, complete without JavaScript, Dutch and English.
//!
//! Invariant: a page shows and changes only the customer of its own session; no path or query names a customer; every form
//! carries the session's token; nothing is saved by selecting. Left out: the console for staff, and the JSON interface.

pub(crate) mod asked;
pub mod assets;
pub mod caller;
pub(crate) mod changes;
pub mod dates;
pub mod form;
pub mod frame;
pub(crate) mod glyph;
pub mod link;
mod pace;
pub mod portal;
pub mod problem;
pub mod session;
pub mod site;
pub mod telling;
pub mod words;

pub use link::PortalLink;
pub use portal::portal;
pub use site::Site;

#[cfg(test)]
pub(crate) mod tests;
