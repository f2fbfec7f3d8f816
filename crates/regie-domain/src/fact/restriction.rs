//! Restricting uses (Article 18).

use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::time::{Time, millis};

/// What a restriction is about. Nothing named is everything named: the whole record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RestrictedPart {
    /// This purpose alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// This category alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// Why a customer had uses restricted: the grounds of Article 18(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionGround {
    /// (a) The customer says that the data are not right; they are being checked.
    Accuracy,
    /// (b) They were used unlawfully, and the customer would rather not have them erased.
    Unlawful,
    /// (c) The customer needs them for a legal claim.
    Claims,
    /// (d) The customer objected, and that is being weighed.
    Objection,
}

/// See [`Fact::Restricted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restricted {
    /// What is restricted.
    #[serde(flatten)]
    pub part: RestrictedPart,
    /// Why, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<RestrictionGround>,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// How, and by whom, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// As [`Choice::salt`]; facts from before it was made have none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// See [`Fact::LiftTold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiftTold {
    /// Which restriction.
    #[serde(flatten)]
    pub part: RestrictedPart,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// In which language, how, and by whom the customer was told.
    pub evidence: Evidence,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// See [`Fact::RestrictionLifted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestrictionLifted {
    /// Which restriction.
    #[serde(flatten)]
    pub part: RestrictedPart,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// How, and by whom: the customer, or somebody after the customer had been told.
    pub evidence: Evidence,
    /// As [`Choice::salt`]; facts from before it was made have none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}
