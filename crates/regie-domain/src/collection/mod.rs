//! Collection: from what a source sends to what Regie may keep.
//!
//! Nothing is collected that is not prescribed. [`wire`] reads an event in Segment's format into an [`Incoming`]: only fields
//! that the built-in collection [`plan`] names come through, everything else is dropped and counted. [`keep`] then leaves out
//! what no purpose allows, and the same rule ([`strip`]) shortens what was kept when a consent ends.
//! Invariant: no text of an event reaches an error, a counter or a field that the plan does not name.
//! Left out on purpose: who the customer is, whether a purpose holds, duplicates, keys of sources, HTTP.

mod body;
mod category;
mod error;
mod incoming;
mod json;
mod keep;
pub mod money;
mod narrow;
pub mod plan;
pub mod wire;

pub use category::{CHOICES, categories_of};
pub use error::{BatchError, EventError};
pub use incoming::{Body, Dropped, EventBody, Incoming, Kind, Stamp};
pub use keep::{Kept, Stripped, keep, keep_attributes, legal_remainder, strip};
pub use narrow::{narrow, visit_id};
pub use plan::{attribute_kind, field_kind};
pub use wire::{Batch, Single, parse_batch, parse_event};

/// May this name a customer, an item, a visit …: not blank, at most [`limits::ID_BYTES_MAX`] bytes, no control characters.
pub fn is_id(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= limits::ID_BYTES_MAX && !text.contains(char::is_control)
}

/// The limits of what a source may send. Sizes are bytes of decompressed JSON.
pub mod limits {
    /// One event's JSON text.
    pub const EVENT_BYTES_MAX: usize = 32_768;
    /// A batch, unless the source is allowed more.
    pub const BATCH_BYTES_DEFAULT: usize = 500_000;
    /// Events in one batch.
    pub const EVENTS_MAX: usize = 10_000;
    /// Objects and arrays inside each other, in one event.
    pub const DEPTH_MAX: usize = 64;
    /// An identifier, a number of an order, item, visit or store; at least 1.
    pub const ID_BYTES_MAX: usize = 256;
    /// Lines of one order.
    pub const LINES_MAX: usize = 1_000;
    /// What was searched for; longer is cut.
    pub const QUERY_BYTES_MAX: usize = 512;
    /// A page's name; longer is cut.
    pub const PAGE_BYTES_MAX: usize = 256;
    /// An attribute's value; longer is an error, because half an address is a wrong address.
    pub const ATTRIBUTE_BYTES_MAX: usize = 512;
    /// How many of one item.
    pub const QUANTITY_MAX: u32 = 1_000_000;
    /// An amount, in cents, either side of zero: a hundred billion.
    pub const CENTS_MAX: i64 = 10_000_000_000_000;
    /// How far ahead of ours a source's clock may be, in seconds.
    pub const AHEAD_SECONDS_MAX: i64 = 24 * 3_600;
    /// How long ago an event may have happened, in seconds: twenty years of 365.25 days.
    pub const AGO_SECONDS_MAX: i64 = 20 * 31_557_600;
    /// 2000-01-01T00:00:00Z in seconds: no event happened before.
    pub const EARLIEST_SECONDS: i64 = 946_684_800;
}
