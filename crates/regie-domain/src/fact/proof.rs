//! What is left to prove an erased customer's consents, for legal claims alone (Article 17(3)(e)).

use serde::{Deserialize, Serialize};

use super::{Actor, Chosen, Evidence};
use crate::ids::RequestId;
use crate::information::InformationItem;
use crate::time::{Time, millis};

/// See [`Fact::ConsentsProven`](super::Fact::ConsentsProven). It names nobody: who asks about a person has the identifier, and hashes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsentsProven {
    /// The purpose that it is restricted to: `legal-claims`.
    pub purpose: String,
    /// The erasure that it comes from.
    pub request: RequestId,
    /// When that was.
    #[serde(with = "millis")]
    pub erased_at: Time,
    /// Kept until then, and not a day longer: the latest end among what it proves.
    #[serde(with = "millis")]
    pub until: Time,
    /// Keyed hashes of the identifiers, hex; the key serves nothing else.
    pub of: Vec<String>,
    /// What is proven, oldest first.
    pub consents: Vec<ConsentProof>,
}

/// One consent: what was permitted, by which wording, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsentProof {
    /// The purpose that it was given to.
    pub consent_to: String,
    /// Of what was told: which item, never what was told of it. Nothing for a consent to the whole purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<InformationItem>,
    /// As it was given: categories, recipients, channels and the chosen end.
    pub given: Chosen,
    /// When it was recorded.
    #[serde(with = "millis")]
    pub given_at: Time,
    /// Which wording, in which language, how, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// How it ended: `withdrawn`, `refused`, `expired`, `used_up`, `visit_ended`, `invalidated`, `given_anew`, `consenter_changed`,
    /// `joined` (a no of another record of the customer, or not taken along), of what was told also `taken_back` or `hidden`, or `erased`.
    pub ended: String,
    /// When.
    #[serde(with = "millis")]
    pub ended_at: Time,
    /// Who ended it, if somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<Actor>,
    /// Kept until then.
    #[serde(with = "millis")]
    pub until: Time,
}

/// See [`Fact::ProofOpened`](super::Fact::ProofOpened): it lies beside what was looked up, and goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofOpened {
    /// When.
    #[serde(with = "millis")]
    pub at: Time,
    /// The retailer's number of the claim.
    pub reference: String,
    /// What operators call the key that asked.
    pub by: String,
}
