//! Who a record is of: identifiers, joins, attributes.

use serde::{Deserialize, Serialize};

use super::event::is_zero;
use crate::ids::Handle;
use crate::information::InformationItem;
use crate::time::{Time, millis};

/// See [`Fact::RecordOpened`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordOpened {
    /// What the world calls this record.
    pub handle: Handle,
    /// What arrived.
    pub identifier: Identifier,
    /// The source it came from.
    pub source: String,
    /// A page opened it for a device of somebody who logs in nowhere: our own cookie alone leads back to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_page: bool,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
}

/// Something that points at a customer, plain. It stands in sealed payloads only; views know its keyed hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identifier {
    /// Whose numbering this is: the till's 17 is not the shop's 17.
    pub space: String,
    /// What kind of identifier.
    #[serde(rename = "type")]
    pub kind: IdentifierKind,
    /// The value as the source wrote it, 1 to 256 bytes.
    pub value: String,
}

/// The kinds of identifier that link deterministically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// The customer number at a source (Segment's `userId`).
    User,
    /// A device or browser (Segment's `anonymousId`).
    Anonymous,
}

/// See [`Fact::IdentifierLinked`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentifierLinked {
    /// What points here from now on.
    pub identifier: Identifier,
    /// Who said so.
    pub source: String,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// Keyed hash of (source, `messageId`): by it a retry is known. 0 if the source gave no message id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub message: u64,
}

/// See [`Fact::RecordJoined`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordJoined {
    /// The other record, by a handle that survives resealing.
    pub other: Handle,
    /// Who said so.
    pub actor: Actor,
    /// Where the customer was asked, every permission that only the other record had lapses, but for these purposes. Written empty: what the
    /// customer takes along is a consent of their own right after it, with evidence and leaf; older facts name the purposes here. `None`:
    /// nobody was asked, and of two standings the more careful counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carries: Option<Vec<String>>,
    /// Where the customer was asked: which of what the other record tells comes along as it is; of the rest, what they permit is told anew
    /// right after it. `None`: nobody was asked, or in a fact from before that was, and all of it comes along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tells: Option<Vec<InformationItem>>,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
}

/// Who acted. Towards customers, staff appear by role, never by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The customer, in the portal or in the shop.
    Customer,
    /// A guardian on behalf of the customer.
    Guardian,
    /// A colleague of the retailer, on the customer's word.
    Staff,
    /// A trusted source's system.
    Source,
    /// Regie itself: an end that was reached, a visit that ended.
    System,
}

/// How we came to a value (glossary: origin). It decides what portability covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The customer gave it knowingly.
    Provided,
    /// Seen in what the customer did.
    Observed,
    /// Computed from other values by arithmetic.
    Derived,
    /// Concluded about the customer.
    Inferred,
    /// From somebody else.
    ThirdParty,
}

/// See [`Fact::AttributesProvided`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributesProvided {
    /// Who said so.
    pub source: String,
    /// Name and value of each attribute that the collection plan knows; its category and origin stand in the plan.
    pub values: Vec<(String, String)>,
    /// When it was so, by the source's word.
    #[serde(with = "millis")]
    pub happened_at: Time,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub recorded_at: Time,
    /// Keyed hash of (source, `messageId`): by it a retry is known. 0 if the source gave no message id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub message: u64,
}
