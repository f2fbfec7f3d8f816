//! What a law keeps, and what stands on the retailer's own record.

use serde::{Deserialize, Serialize};

use super::{Line, Order};
use crate::ids::RequestId;
use crate::time::{Time, millis};

/// See [`Fact::OrderKeptByLaw`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderKeptByLaw {
    /// The purpose that demands it, for instance `tax-records`.
    pub purpose: String,
    /// Kept until then, and not a day longer.
    #[serde(with = "millis")]
    pub until: Time,
    /// When it was ordered.
    #[serde(with = "millis")]
    pub happened_at: Time,
    /// The order's fields that this purpose needs.
    pub order: Order,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// See [`Fact::PolicyAdopted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAdopted {
    /// Its version.
    pub version: String,
    /// The whole file.
    pub text: String,
    /// SHA-256 of the file, hex.
    pub digest: String,
    /// When.
    #[serde(with = "millis")]
    pub at: Time,
}

/// See [`Fact::SensitiveItemsChanged`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensitiveItemsChanged {
    /// Sensitive from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// No longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
}

/// See [`Fact::RecordErased`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordErased {
    /// SHA-256 of the record's id with a prefix, hex.
    pub tombstone: String,
    /// The request it answers.
    pub request: RequestId,
}

fn is_epoch(time: &Time) -> bool {
    *time == Time::default()
}

/// See [`Fact::IdentifierSuppressed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierSuppressed {
    /// Keyed hash of the identifier, hex; the key serves nothing else.
    pub hash: String,
    /// When it was erased: nothing of before then is ever taken again.
    #[serde(with = "millis")]
    pub at: Time,
    /// Just after its last order without a message id, by the clock of whoever sent that: nothing without one of before then is taken. What has a
    /// message id is known by that, see [`MessagesSeen`].
    #[serde(default, with = "millis", skip_serializing_if = "is_epoch")]
    pub last: Time,
    /// Forgotten then.
    #[serde(with = "millis")]
    pub until: Time,
    /// Direct marketing that its customer had objected to: the objection outlives the erasure, and a new sign-up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objected: Vec<String>,
}

/// See [`Fact::SuppressionLifted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionLifted {
    /// Keyed hash of the identifier, hex.
    pub hash: String,
    /// What happened before stays refused.
    #[serde(with = "millis")]
    pub not_before: Time,
}

/// See [`Fact::MessagesSeen`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagesSeen {
    /// When the rows went. A week later the messages are forgotten.
    #[serde(with = "millis")]
    pub at: Time,
    /// Keyed hashes of (source, `messageId`), in no meaningful order.
    pub messages: Vec<u64>,
}

/// See [`Fact::RequestCompleted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCompleted {
    /// Its number.
    pub request: RequestId,
    /// `erasure`, `export`.
    pub right: String,
    /// When.
    #[serde(with = "millis")]
    pub at: Time,
    /// Which parts went: names of categories, never values.
    pub parts: Vec<String>,
    /// Whom something of the customer had been disclosed to: they have to be told.
    pub recipients: Vec<String>,
    /// The salt of its ledger leaf, 32 bytes in hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
}
