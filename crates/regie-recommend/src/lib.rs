//! Recommendations from visits and baskets that can be forgotten exactly. Pure: no I/O, clock or randomness.
//!
//! [`Model`] is a session-based nearest-neighbour index (the VMIS-kNN family): a visit is compared with the newest
//! learned sessions that share an item with it, and the items of the most similar ones are recommended.
//! [`baskets::BasketModel`] says what a customer will buy next time, [`repeat`] the same from the customer's own purchases
//! alone. [`blend`] makes one list of several, [`diversity`] keeps it from being twenty times the same, [`newcomers`] gives
//! items without history a chance. [`evaluate`] measures quality, [`tune`] searches parameters.
//!
//! **Invariant:** after any history of learning, growing and forgetting, the model's [`Model::digest`] and its every
//! prediction equal, to the bit, those of a fresh model that learned only what remains, in whatever order. This holds by
//! construction: recency is the time of a session's *first* event; ties go by stable keys ([`SessionKey`], [`ItemKey`]),
//! never by slots or hash order; counters are integers and sums are sums of integers.
//!
//! **Left out:** who may be recommended what (the caller filters with a closure), names of items, consent, storage.

pub mod baskets;
mod best;
pub mod blend;
mod choose;
mod chunked;
mod customers;
mod digest;
pub mod diversity;
pub mod evaluate;
mod items;
mod model;
pub mod newcomers;
mod parameters;
mod postings;
mod predict;
pub mod repeat;
mod score;
mod scratch;
mod sessions;
pub mod tune;
mod weights;

pub use model::{Learned, Model, SessionView};
pub use parameters::{Algorithm, InvalidParameters, Parameters, VisitDecay};
pub use predict::Scored;
pub use scratch::{Reasons, Scratch};

/// An item's dense number in one [`Model`], given out by [`Model::intern`]; means nothing outside that model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(pub u32);

/// An item's lasting key: the same in every process that knows the item, whatever the order in which items arrive.
/// The caller derives it from the retailer's own item id (a 64-bit hash, or the number itself). Two items with one key
/// would be one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemKey(pub u64);

/// A customer's dense number, chosen by the caller and free to be given to another customer after [`Model::forget`].
/// Costs 4 bytes for every number up to the highest one used, so keep it dense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomerSlot(pub u32);

/// A session's lasting key: the same after a replay. It must be unique over *all* customers (a 64-bit hash over record
/// and visit is), because it decides between sessions that started in the same second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey(pub u64);

/// What one customer did in one visit, or one basket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session<'a> {
    pub customer: CustomerSlot,
    /// A session with the same customer and key is replaced.
    pub key: SessionKey,
    /// Unix seconds of the session's *first* event. Later events do not move it.
    pub start: u32,
    /// In order of event; repeats and unknown ids are allowed. An item counts once, at its last occurrence. Of more
    /// than [`Parameters::max_session_items`] distinct items the newest are kept.
    pub items: &'a [ItemId],
}
