//! What was done with data: uses, and disclosures to others.

use serde::{Deserialize, Serialize};

use crate::ids::DisclosureId;
use crate::information::InformationItem;
use crate::policy::Basis;
use crate::time::{Time, millis};

/// See [`Fact::UsesSummed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsesSummed {
    /// The local day, as days since 1970-01-01. (Of UTC in folders of earlier programs.)
    pub day: u32,
    /// What was used, how often.
    pub uses: Vec<UseCount>,
}

/// So many uses of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseCount {
    /// The purpose.
    pub purpose: String,
    /// The category.
    pub category: String,
    /// The recipient.
    pub recipient: String,
    /// The channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Allowed (`true`) or blocked.
    pub allowed: bool,
    /// How often.
    pub count: u32,
}

/// See [`Fact::Disclosed`]. Recorded durably before the data leave, so that none can have left unseen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// Its public name.
    pub id: DisclosureId,
    /// To whom, never the retailer itself.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// Which kinds of data, at least one.
    pub categories: Vec<String>,
    /// Of `my-information`: which items, where not everything that is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<InformationItem>,
    /// Through which channel the customer is served with it, if through one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The legal ground that it rested on when it was recorded.
    pub ground: Ground,
    /// The end of the consent that it rested on, as answers write it; nothing on another ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The retailer's own reference: the number of an order or a parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// As [`Choice::salt`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// A legal ground as facts name it; the policy in force may have given the purpose another one since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The customer's permission.
    Consent,
    /// An order or another contract with the customer.
    Contract,
    /// A law demands it.
    LegalObligation,
    /// An interest that outweighs the customer's, until an objection.
    LegitimateInterest,
}

impl Ground {
    /// As answers and receipts write it: as they write a basis.
    pub fn code(self) -> &'static str {
        match self {
            Ground::Consent => Basis::Consent,
            Ground::Contract => Basis::Contract,
            Ground::LegalObligation => Basis::LegalObligation,
            Ground::LegitimateInterest => Basis::LegitimateInterest,
        }
        .code()
    }
}

impl From<Basis> for Ground {
    fn from(basis: Basis) -> Ground {
        match basis {
            Basis::Consent => Ground::Consent,
            Basis::Contract => Ground::Contract,
            Basis::LegalObligation => Ground::LegalObligation,
            Basis::LegitimateInterest => Ground::LegitimateInterest,
        }
    }
}
