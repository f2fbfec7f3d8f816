//! What customers choose, with its evidence.

use serde::{Deserialize, Serialize};

use super::{Actor, VisitId};
use crate::time::{Time, millis};

/// One choice of the customer (or one end of it). Order comes from the log, never from clocks: the last one wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The purpose it is about.
    pub purpose: String,
    /// What was chosen.
    #[serde(flatten)]
    pub what: Chosen,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// Which wording, how, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The salt of its ledger leaf, 32 bytes in hex; gone with the row, and then the leaf says nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// The `Idempotency-Key` of the request that made it, unique to its holder and route: by it a late retry is known, also after a restart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// See [`Choice`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "choice", rename_all = "snake_case")]
pub enum Chosen {
    /// Permission.
    Given {
        /// The categories it covers.
        categories: Vec<String>,
        /// The recipients it covers.
        recipients: Vec<String>,
        /// The channels it covers.
        channels: Vec<String>,
        /// Its end.
        until: Until,
    },
    /// A clear no.
    Refused,
    /// The customer ended it.
    Withdrawn,
    /// The retailer ended it, for instance because its wording changed materially.
    Invalidated,
    /// A permission for once was used up, by this request.
    UsedUp {
        /// The `Idempotency-Key` of the use: a retry of it repeats the answer.
        request: String,
    },
    /// The visit it was bound to ended.
    VisitEnded {
        /// That visit.
        visit: VisitId,
    },
    /// The customer took a device along, and left this permission of it behind. What was told for the purpose is not ended with it.
    LeftBehind,
    /// "Not on this ground": Article 21.
    Objected,
    /// The customer took an objection back.
    ObjectionEnded,
}

impl Chosen {
    /// As lists and receipts write it.
    pub fn code(&self) -> &'static str {
        match self {
            Chosen::Given { .. } => "given",
            Chosen::Refused => "refused",
            Chosen::Withdrawn => "withdrawn",
            Chosen::Invalidated => "invalidated",
            Chosen::UsedUp { .. } => "used_up",
            Chosen::VisitEnded { .. } => "visit_ended",
            Chosen::LeftBehind => "left_behind",
            Chosen::Objected => "objected",
            Chosen::ObjectionEnded => "objection_ended",
        }
    }
}

/// Who can give a consent for a customer. Ordered by what a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consenter {
    /// The customer: of age for it, and under nobody's guardianship.
    Customer,
    /// A guardian: the customer is below the policy's age, or an adult under guardianship.
    Guardian,
}

/// See [`Fact::ConsenterStated`]. It is an answer to "16 or older?"; a date of birth is never asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsenterStated {
    /// Who consents from now on.
    pub consenter: Consenter,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// Which wording, how, and by whom.
    pub evidence: Evidence,
    /// As [`Choice::salt`]; facts from before it was made have none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// See [`Fact::ObjectionWeighed`]. The reasons are told to the customer, and stand nowhere here: they may be about the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectionWeighed {
    /// The purpose that was objected to.
    pub purpose: String,
    /// The objection stands; else stronger grounds go before it.
    pub upheld: bool,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// In which language, how, and by whom the customer was told.
    pub evidence: Evidence,
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// When a permission ends. "One day", "one week", "one month" are resolved to a moment when given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// At this moment (exclusive).
    Moment(#[serde(with = "millis")] Time),
    /// When this visit ends.
    Visit(VisitId),
    /// After its first use.
    Once,
    /// When the customer withdraws it.
    Withdrawn,
}

/// What proves a choice (Article 7(1)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The version of the policy whose wording the customer saw.
    pub policy_version: String,
    /// The language of that wording, BCP 47.
    pub language: String,
    /// How: `portal`, `shop`, `checkout`, `paper`, `telephone` …
    pub method: String,
    /// By whom.
    pub actor: Actor,
}

impl Evidence {
    /// The methods of choices that a browser made for its customer: Global Privacy Control, and Advanced Data Protection Control.
    pub const SIGNALS: [&str; 2] = ["gpc", "adpc"];

    /// Of what ended because a visit was over: nobody chose that, and nobody read a wording.
    pub fn visit_over(policy_version: &str) -> Evidence {
        Evidence { policy_version: policy_version.to_owned(), language: "und".to_owned(), method: "visit".to_owned(), actor: Actor::System }
    }

    /// Did a browser's signal say so, rather than an answer to a question?
    pub fn is_signal(&self) -> bool {
        Evidence::SIGNALS.contains(&self.method.as_str())
    }

    /// Was it the signal of a general no (rule 21), before which a specific yes goes? What names a purpose is an objection like any other.
    pub fn is_general_no(&self) -> bool {
        self.method == "gpc"
    }
}
