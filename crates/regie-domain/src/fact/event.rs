//! What customers did, as sources told it.

use serde::{Deserialize, Serialize};

use crate::ids::EventId;
use crate::time::{Time, millis};

/// A visit: the source's session id, hashed with its record, or one that we gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VisitId(pub u64);

/// See [`Fact::EventKept`]. Fields that may not be kept are absent; which category and origin a field has stands in the collection plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its public name.
    pub id: EventId,
    /// What happened.
    pub name: EventName,
    /// The source that said so.
    pub source: String,
    /// The visit it belongs to.
    pub visit: VisitId,
    /// When it happened, by the source's word.
    #[serde(with = "millis")]
    pub happened_at: Time,
    /// When we recorded it: whether it may be kept is judged here.
    #[serde(with = "millis")]
    pub recorded_at: Time,
    /// The source's time lay too far in the past or the future to be believed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub time_doubted: bool,
    /// The items it is about, in the source's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// What was searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The page's name (never its address).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The order, if this is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The shop it happened in (coarse location).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Purposes that the source's own `context.consent` ruled out for this event alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_for: Vec<String>,
    /// Keyed hash of (source, `messageId`): by it a retry is known. 0 if the source gave no message id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub message: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` hands over a reference")]
pub(super) fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` hands over a reference")]
fn is_false(b: &bool) -> bool {
    !b
}

/// The events that the collection plan knows. Others are counted and not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventName {
    /// A page was looked at.
    PageViewed,
    /// A product was looked at.
    ProductViewed,
    /// A product went into the basket.
    ProductAdded,
    /// A product went out of the basket.
    ProductRemoved,
    /// Products were searched for.
    ProductsSearched,
    /// An order was placed, or a till slip closed.
    OrderCompleted,
    /// An order was refunded, whole or in part.
    OrderRefunded,
}

impl EventName {
    /// Does this event say what the customer bought (or gave back), rather than looked at?
    pub fn is_purchase(self) -> bool {
        matches!(self, EventName::OrderCompleted | EventName::OrderRefunded)
    }
}

/// One item of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The item, as the catalogue knows it.
    pub item: String,
    /// How many.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub quantity: u32,
    /// The price of one, in cents, if the source said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cents: Option<i64>,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` hands over a reference")]
fn is_one(n: &u32) -> bool {
    *n == 1
}

/// The fields of an order besides its lines. Money in cents of `currency`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The order's number at the source.
    pub id: String,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_cents: Option<i64>,
    /// The goods alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue_cents: Option<i64>,
    /// Tax in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_cents: Option<i64>,
    /// Shipping in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_cents: Option<i64>,
    /// What was taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_cents: Option<i64>,
    /// The coupon used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
}
