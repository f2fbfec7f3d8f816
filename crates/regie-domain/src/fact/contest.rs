//! Contesting what was decided with significant effect, and a person's answer (Article 22(3)).

use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::ids::ContestId;
use crate::time::{Time, millis};

/// See [`Fact::DecisionContested`](super::Fact::DecisionContested).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionContested {
    /// Its public name.
    pub id: ContestId,
    /// The purpose for which it was decided.
    pub purpose: String,
    /// Which decision, by the retailer's own reference: the number of an order or an application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why, in the customer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// How, and by whom, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// As [`Choice::salt`](super::Choice::salt).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// As [`Choice::by_request`](super::Choice::by_request).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

/// What a person made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContestOutcome {
    /// The decision stands.
    Upheld,
    /// It was changed.
    Changed,
}

impl ContestOutcome {
    /// As requests, answers and receipts write it.
    pub fn code(self) -> &'static str {
        match self {
            ContestOutcome::Upheld => "upheld",
            ContestOutcome::Changed => "changed",
        }
    }
}

/// See [`Fact::ContestAnswered`](super::Fact::ContestAnswered).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContestAnswered {
    /// Which contest.
    pub id: ContestId,
    /// The purpose that it was about.
    pub purpose: String,
    /// What became of the decision.
    pub outcome: ContestOutcome,
    /// Why, in the words that the customer reads.
    pub reasons: String,
    /// When we recorded it.
    #[serde(with = "millis")]
    pub at: Time,
    /// In which language and how it was answered; by a person, never by a system.
    pub evidence: Evidence,
    /// As [`Choice::salt`](super::Choice::salt).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// As [`Choice::by_request`](super::Choice::by_request).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}
