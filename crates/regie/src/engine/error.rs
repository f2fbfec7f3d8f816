//! What a command or a question can be refused for. One enum for the engine's callers; HTTP turns it into problem+json in one match.

use regie_domain::consent::{ChoiceError, Reason, UntilError};
use regie_domain::information::StateError;
use std::sync::Arc;

use regie_store::StoreError;
use regie_store::journal::JournalError;
use regie_store::ledger::LedgerError;

use super::rules::NoRandomness;

/// Why the engine refused. The sentences never name a customer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No such customer, or erased.
    #[error("there is no such customer; look the customer up again")]
    UnknownCustomer,
    /// The policy has no such purpose, category, recipient or channel.
    #[error("the policy in force has no {what} `{id}`")]
    UnknownId {
        /// `purpose`, `category`, `recipient`, `channel`, `source`, or `before`: a cursor.
        what: &'static str,
        /// The id asked for.
        id: String,
    },
    /// Items of what a customer tells, where that is not among the categories.
    #[error("`items` name parts of `my-information`: put that among `categories`, or leave `items` out")]
    ItemsAlone,
    /// A choice that cannot be recorded.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// An end that cannot be.
    #[error(transparent)]
    Until(#[from] UntilError),
    /// Something told about oneself that cannot be recorded.
    #[error(transparent)]
    Information(#[from] StateError),
    /// A permission for once would be used up, and a retry could not be told from a second use.
    #[error("this permission is for once: send an Idempotency-Key, so that a retry is not a second use")]
    IdempotencyKeyRequired,
    /// What will be allowed, nobody knows: the customer can choose until then.
    #[error("this moment has not come yet: ask about the past, or leave `at` out")]
    AtInTheFuture,
    /// Nothing was in force that could have allowed or denied it.
    #[error("no policy was in force at this moment: nothing was recorded then")]
    AtBeforePolicy,
    /// Choices of then may be deleted by now, so that a yes of then reads as never asked.
    #[error("choices that old need not be kept any more, so what was allowed then cannot be told: ask about a later moment")]
    AtNotKept,
    /// A policy older than the one in force, by its version.
    #[error(
        "the policy's version goes backwards, from {from} to {to}: give this text a version after {from}, also if it is an earlier one again"
    )]
    PolicyBackwards {
        /// In force.
        from: String,
        /// To be adopted.
        to: String,
    },
    /// A purpose that rested on consent is to rest on a contract or a law: every no to it would become a yes (rule 7).
    #[error(
        "the purpose {purpose} rested on consent, and no other basis takes its place: whoever said no to it said no. Give what rests on a contract or the law an id of its own"
    )]
    PolicyBasisSwapped {
        /// Its id.
        purpose: String,
    },
    /// A recipient is called something else: what customers permitted and what went out would come to name another company.
    #[error(
        "the recipient {recipient} had another name: if it is another company, give it an id of its own; if it is the same in better words, list {recipient} under `corrections`"
    )]
    PolicyRecipientRenamed {
        /// Its id.
        recipient: String,
    },
    /// The version says another text already.
    #[error(
        "version {version} was adopted with another text: give a changed policy a new version, or evidence no longer says which wording a customer saw"
    )]
    PolicyVersionReused {
        /// The version.
        version: String,
    },
    /// Data may not go there now.
    #[error("`{category}` may not be disclosed for this now: {}", reason.code())]
    DisclosureRefused {
        /// Why not.
        reason: Reason,
        /// The first category that may not.
        category: String,
        /// Nothing was named of what the customer tells, and some of it may go there.
        some_items_may: bool,
    },
    /// The recipient is the retailer itself.
    #[error("the retailer's own use is no disclosure; ask POST /v1/decisions")]
    NotADisclosure,
    /// No address is known that mail can be sent to.
    #[error("no e-mail address is known of this customer that mail can be sent to")]
    NoAddress,
    /// The customer has no receipt of this number.
    #[error("the customer has no receipt of this number")]
    UnknownReceipt,
    /// So many mails were asked for today that no more are.
    #[error("too many mails were asked for today; ask again tomorrow")]
    TooManyMails,
    /// A list or a text that is empty, too long or says something twice.
    #[error("`{what}` must hold 1 to {max} (of a list each once, of a text in bytes without control signs)")]
    TooMany {
        /// Which field.
        what: &'static str,
        /// The most.
        max: usize,
    },
    /// Two names for one and the same record.
    #[error("a customer cannot be joined with itself")]
    SameCustomer,
    /// A device that was to be taken along is somebody's by now, or gone.
    #[error("the device belongs to somebody by now, or is gone")]
    DeviceTaken,
    /// The wall clock jumped, and what was asked for would be over before it began by one of the two clocks.
    #[error("the clock jumped and nobody confirmed it yet: what lasts so short cannot be promised now")]
    TimeDoubted,
    /// The writer's queue is full.
    #[error("too much at once; try again in {retry_after_seconds} s")]
    Overloaded {
        /// When to try again.
        retry_after_seconds: u32,
    },
    /// More items than the catalogue takes. None of the call's was put.
    #[error("the catalogue takes no more items: of {new} new ones there is room for {room}")]
    CatalogueFull {
        /// How many of the call's items were new.
        new: usize,
        /// For how many there is room.
        room: usize,
    },
    /// Two items have one lasting key, by chance or by somebody's making. None of the call's items was put.
    #[error("the item `{item}` cannot be told from another one; give it another id")]
    ItemClashes {
        /// The item.
        item: String,
    },
    /// Reading broke off by a fault of the program, which the log names.
    #[error("an internal error; it was logged")]
    Broken,
    /// The engine is shutting down.
    #[error("the engine is shutting down; try again when it is back")]
    Stopping,
    /// The store could not do it; nothing of it was recorded.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The use journal could not do it.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ledger is not the one that was published, or could not be read.
    #[error(transparent)]
    Ledger(Box<LedgerError>),
    /// Publishing lags behind: what was just chosen is recorded, and its proof is not there yet.
    #[error("the proof is not published yet; try again in a second")]
    LedgerBehind,
    /// A fact on disk is not one that this version knows.
    #[error("the fact at position {position} cannot be read by this version: {why}")]
    FactUnreadable {
        /// Where it lies.
        position: u64,
        /// What the reader said; never a value.
        why: String,
    },
    /// The policy on disk or the one to adopt is not valid.
    #[error("the policy is not valid:\n{0}")]
    Policy(String),
    /// The settings for recommendations, given or noted in the folder, cannot be used.
    #[error("the settings for recommendations cannot be used: {0}")]
    Settings(String),
    /// The system has no randomness to give.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl EngineError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            EngineError::UnknownCustomer => "customer_unknown",
            EngineError::UnknownId { what: "purpose", .. } => "purpose_unknown",
            EngineError::UnknownId { what: "category", .. } => "category_unknown",
            EngineError::UnknownId { what: "recipient", .. } => "recipient_unknown",
            EngineError::UnknownId { what: "channel", .. } => "channel_unknown",
            EngineError::UnknownId { what: "before", .. } => "cursor_unknown",
            EngineError::UnknownId { .. } => "source_unknown",
            EngineError::ItemsAlone => "items_without_category",
            EngineError::Choice(e) => e.code(),
            EngineError::Until(e) => e.code(),
            EngineError::Information(e) => e.code(),
            EngineError::IdempotencyKeyRequired => "idempotency_key_required",
            EngineError::DisclosureRefused { .. } => "disclosure_refused",
            EngineError::NotADisclosure => "not_a_disclosure",
            EngineError::NoAddress => "mail_address_unknown",
            EngineError::UnknownReceipt => "receipt_unknown",
            EngineError::TooManyMails => "mails_too_many",
            EngineError::TooMany { .. } => "size_wrong",
            EngineError::SameCustomer => "same_customer",
            EngineError::DeviceTaken => "device_taken",
            EngineError::AtInTheFuture => "at_in_the_future",
            EngineError::AtBeforePolicy => "at_before_policy",
            EngineError::AtNotKept => "at_not_kept",
            EngineError::PolicyBackwards { .. } => "policy_version_backwards",
            EngineError::PolicyVersionReused { .. } => "policy_version_reused",
            EngineError::PolicyBasisSwapped { .. } => "policy_basis_swapped",
            EngineError::PolicyRecipientRenamed { .. } => "policy_recipient_renamed",
            EngineError::TimeDoubted => "time_doubted",
            EngineError::Overloaded { .. } => "overloaded",
            EngineError::CatalogueFull { .. } => "catalogue_full",
            EngineError::ItemClashes { .. } => "item_clashes",
            EngineError::Broken => "internal",
            EngineError::Stopping => "stopping",
            EngineError::Store(e) => e.code(),
            EngineError::Journal(e) => e.code(),
            EngineError::Ledger(e) => e.code(),
            EngineError::LedgerBehind => "ledger_behind",
            EngineError::FactUnreadable { .. } => "fact_unreadable",
            EngineError::Policy(_) => "policy_invalid",
            EngineError::Settings(_) => "settings_invalid",
            EngineError::Randomness(_) => "no_randomness",
        }
    }
}

impl From<StoreError> for EngineError {
    fn from(e: StoreError) -> EngineError {
        EngineError::Store(Arc::new(e))
    }
}

impl From<LedgerError> for EngineError {
    fn from(e: LedgerError) -> EngineError {
        match e {
            LedgerError::Store(e) => e.into(),
            e => EngineError::Ledger(Box::new(e)),
        }
    }
}
