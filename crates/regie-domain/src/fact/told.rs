//! What customers tell about themselves, and what they try.

use serde::{Deserialize, Serialize};

use super::{Evidence, Until, VisitId};
use crate::information::{InformationItem, Told};
use crate::time::{Time, millis};

/// See [`Fact::InformationStated`]. A later statement of the same item takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InformationStated {
    /// Which item.
    pub item: InformationItem,
    /// What was told. Gone once the statement ended, whichever way: what stays is the proof that it was permitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Told>,
    /// The one purpose that it may be used for.
    pub purpose: String,
    /// Who may use it.
    pub recipients: Vec<String>,
    /// Its end.
    pub until: Until,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// Which wording, how, and by whom.
    pub evidence: Evidence,
    /// As [`Choice::salt`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// See [`Fact::InformationRemoved`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InformationRemoved {
    /// Which item.
    pub item: InformationItem,
    /// The visit that ended, if that is why: a newer statement is not its to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<VisitId>,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// How, and by whom; with a visit, by the retailer's system ([`Evidence::visit_over`]), which older facts do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// As [`Choice::salt`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// See [`Fact::InformationHidden`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InformationHidden {
    /// Which item.
    pub item: InformationItem,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// How, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// As [`Choice::salt`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// See [`Fact::PreviewMade`]. What it showed is nowhere kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewMade {
    /// The purpose that was tried.
    pub purpose: String,
    /// The categories that were used for it.
    pub categories: Vec<String>,
    /// When we recorded it: before the answer.
    #[serde(with = "millis")]
    pub at: Time,
    /// Which wording, how, and by whom.
    pub evidence: Evidence,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}
