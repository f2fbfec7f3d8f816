//! Mails to the customer: that one was asked for, and what became of it. Between the two it waits in the outbox.
//!
//! Neither says what the address was, nor what was written: the address stands where the customer's contact data stand, and what a
//! mail says follows from the customer's own facts.

use serde::{Deserialize, Serialize};

use super::RestrictedPart;
use crate::ids::MailId;
use crate::information::InformationItem;
use crate::time::{Time, millis};

/// See [`Fact::MailAsked`](super::Fact::MailAsked).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAsked {
    /// Its public name.
    pub id: MailId,
    /// What it is.
    #[serde(flatten)]
    pub letter: Letter,
    /// The language to write in, BCP 47.
    pub language: String,
    /// When it was asked for.
    #[serde(with = "millis")]
    pub at: Time,
}

/// What a mail is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// The receipt of a choice: the customer asked for it.
    Receipt {
        /// The leaf of that choice in the ledger.
        index: u64,
    },
    /// The one question before permissions end by themselves: the customer allowed that it is asked by mail.
    AlmostOver {
        /// Which; at least one. None of them is ever asked about again.
        permissions: Vec<AlmostOver>,
    },
    /// That a restriction is going to be lifted (Article 18(3)). The customer counts as told once the mail server took it.
    Lifting {
        /// Which restriction.
        part: RestrictedPart,
    },
}

/// A permission that ends by itself. One that was made longer is another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlmostOver {
    /// What ends.
    #[serde(flatten)]
    pub what: Permitted,
    /// When, exclusive, to the second.
    #[serde(with = "millis")]
    pub until: Time,
}

/// What a permission is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permitted {
    /// A purpose.
    Purpose(String),
    /// Something that the customer told.
    Item(InformationItem),
}

/// See [`Fact::MailClosed`](super::Fact::MailClosed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailClosed {
    /// Which mail.
    pub id: MailId,
    /// What became of it.
    pub outcome: MailOutcome,
    /// When.
    #[serde(with = "millis")]
    pub at: Time,
}

/// What became of a mail. Only the first is a mail that the customer may find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailOutcome {
    /// The mail server took it.
    Sent,
    /// The mail server refused it for good.
    Refused,
    /// No address is known any more that can be written to.
    NoAddress,
    /// It may not be sent any more.
    NotAllowed,
    /// What it is about is over.
    Over,
    /// The mail server could not be reached for too long.
    GivenUp,
    /// Whether the server took it cannot be known, and a second one would be one too many.
    Unsure,
}

impl MailOutcome {
    /// As facts and metrics write it.
    pub fn code(self) -> &'static str {
        match self {
            MailOutcome::Sent => "sent",
            MailOutcome::Refused => "refused",
            MailOutcome::NoAddress => "no_address",
            MailOutcome::NotAllowed => "not_allowed",
            MailOutcome::Over => "over",
            MailOutcome::GivenUp => "given_up",
            MailOutcome::Unsure => "unsure",
        }
    }
}
