//! The one enum of everything that can happen.
//!
//! A fact is the smallest recorded change; the store is a log of them and every view is folded from them.
//! Facts carry the policy's names (stable over its versions), never the small integers that views use in memory.
//! A fact is written once: a correction replaces the row with a higher revision, and old shapes stay readable.

mod choice;
mod contest;
mod event;
mod identity;
mod mail;
mod proof;
mod restriction;
mod retailer;
mod told;
mod uses;

use serde::{Deserialize, Deserializer, Serialize};

pub use choice::{Choice, Chosen, Consenter, ConsenterStated, Evidence, ObjectionWeighed, Until};
pub use contest::{ContestAnswered, ContestOutcome, DecisionContested};
pub use event::{Event, EventName, Line, Order, VisitId};
pub use identity::{Actor, AttributesProvided, Identifier, IdentifierKind, IdentifierLinked, Origin, RecordJoined, RecordOpened};
pub use mail::{AlmostOver, Letter, MailAsked, MailClosed, MailOutcome, Permitted};
pub use proof::{ConsentProof, ConsentsProven, ProofOpened};
pub use restriction::{LiftTold, Restricted, RestrictedPart, RestrictionGround, RestrictionLifted};
pub use retailer::{
    IdentifierSuppressed, MessagesSeen, OrderKeptByLaw, PolicyAdopted, RecordErased, RequestCompleted, SensitiveItemsChanged,
    SuppressionLifted,
};
pub use told::{InformationHidden, InformationRemoved, InformationStated, PreviewMade};
pub use uses::{Disclosure, Ground, UseCount, UsesSummed};

use crate::time::Time;

/// Something that happened, past tense. Tagged JSON, so that a newcomer can read `regie facts`; an unknown `kind` refuses the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    // ── of a customer's record ──────────────────────────────────────────────
    /// An identifier arrived that nobody knew: always the record's first fact (`n` = 0).
    #[serde(deserialize_with = "apart")]
    RecordOpened(RecordOpened),
    /// A trusted source said that this identifier belongs to this record from now on.
    #[serde(deserialize_with = "apart")]
    IdentifierLinked(IdentifierLinked),
    /// The customer (or a trusted source) said that another record is the same person.
    #[serde(deserialize_with = "apart")]
    RecordJoined(RecordJoined),
    /// What a source says the customer is or has, or the customer says of themselves; the latest value of each name counts.
    #[serde(deserialize_with = "apart")]
    AttributesProvided(AttributesProvided),
    /// A source said that the customer did something, and some purpose allows it to be kept.
    #[serde(deserialize_with = "apart")]
    EventKept(Event),
    /// The customer chose: consent, refusal, withdrawal, objection, restriction. Its row carries the choice bit.
    #[serde(deserialize_with = "apart")]
    Chosen(Choice),
    /// Somebody said who consents for this customer: the customer, or a guardian (Article 8). Carries the choice bit too.
    #[serde(deserialize_with = "apart")]
    ConsenterStated(ConsenterStated),
    /// The retailer weighed an objection (Article 21(1)). Carries the choice bit.
    #[serde(deserialize_with = "apart")]
    ObjectionWeighed(ObjectionWeighed),
    /// The customer had uses restricted (Article 18). Carries the choice bit, as the next two do.
    #[serde(deserialize_with = "apart")]
    Restricted(Restricted),
    /// The customer was told that a restriction is going to be lifted (Article 18(3)).
    #[serde(deserialize_with = "apart")]
    LiftTold(LiftTold),
    /// A restriction was lifted.
    #[serde(deserialize_with = "apart")]
    RestrictionLifted(RestrictionLifted),
    /// The customer contested what was decided with significant effect (Article 22(3)). Carries the choice bit, as the answer does.
    #[serde(deserialize_with = "apart")]
    DecisionContested(DecisionContested),
    /// A person answered it.
    #[serde(deserialize_with = "apart")]
    ContestAnswered(ContestAnswered),
    /// The customer told something about themselves, and what it may be used for. Carries the choice bit: telling is the permission.
    #[serde(deserialize_with = "apart")]
    InformationStated(InformationStated),
    /// The customer took it back, or the visit ended that it was told for. Carries the choice bit.
    #[serde(deserialize_with = "apart")]
    InformationRemoved(InformationRemoved),
    /// The customer hid it: nobody uses it from now on, and the customer alone still reads it. Carries the choice bit.
    #[serde(deserialize_with = "apart")]
    InformationHidden(InformationHidden),
    /// The customer asked what a permission would bring: a use, once, of what was lawfully kept. Carries the choice bit.
    #[serde(deserialize_with = "apart")]
    PreviewMade(PreviewMade),
    /// What was used for what on one day (or in one month), folded from the use journal.
    #[serde(deserialize_with = "apart")]
    UsesSummed(UsesSummed),
    /// Data went to somebody outside the retailer, one by one: recorded before they left.
    #[serde(deserialize_with = "apart")]
    Disclosed(Disclosure),
    /// A mail to the customer was asked for: it waits until the next says what became of it.
    #[serde(deserialize_with = "apart")]
    MailAsked(MailAsked),
    /// What became of a mail.
    #[serde(deserialize_with = "apart")]
    MailClosed(MailClosed),
    /// Rows of this record were replaced or deleted: a view that knew it must forget its contribution and fold again.
    HistoryChanged,
    /// What the law keeps of an order after its customer was erased. Restricted to that one purpose.
    #[serde(deserialize_with = "apart")]
    OrderKeptByLaw(OrderKeptByLaw),

    /// What proves an erased customer's consents, for legal claims alone.
    #[serde(deserialize_with = "apart")]
    ConsentsProven(ConsentsProven),
    /// Such a proof was looked up.
    #[serde(deserialize_with = "apart")]
    ProofOpened(ProofOpened),

    // ── of the retailer's record ────────────────────────────────────────────
    /// From this position on, this policy is in force.
    #[serde(deserialize_with = "apart")]
    PolicyAdopted(PolicyAdopted),
    /// Items whose purchase would reveal what Article 9 protects, or that the policy excludes.
    #[serde(deserialize_with = "apart")]
    SensitiveItemsChanged(SensitiveItemsChanged),
    /// A record was erased; all that is left is the tombstone.
    #[serde(deserialize_with = "apart")]
    RecordErased(RecordErased),
    /// An erased customer's identifier, as a keyed hash: imports and late retries of it are refused.
    #[serde(deserialize_with = "apart")]
    IdentifierSuppressed(IdentifierSuppressed),
    /// The customer consented again: events that happened from then on are accepted.
    #[serde(deserialize_with = "apart")]
    SuppressionLifted(SuppressionLifted),
    /// Messages whose rows are gone: a late retry of one is known all the same. It names nobody.
    #[serde(deserialize_with = "apart")]
    MessagesSeen(MessagesSeen),
    /// The least evidence that a request was carried out.
    #[serde(deserialize_with = "apart")]
    RequestCompleted(RequestCompleted),
}

/// Reads one kind of fact in a function of its own: all of them in one made the largest function of the program by far, slow to compile.
#[inline(never)]
fn apart<'de, D: Deserializer<'de>, T: Deserialize<'de>>(content: D) -> Result<T, D::Error> {
    T::deserialize(content)
}

impl Fact {
    /// Does this alone change what the customer permits? Its row carries the choice bit (as a join's does), and after it what the
    /// customer contributes is looked at anew.
    pub fn is_choice(&self) -> bool {
        matches!(
            self,
            Fact::Chosen(_)
                | Fact::ConsenterStated(_)
                | Fact::ObjectionWeighed(_)
                | Fact::Restricted(_)
                | Fact::LiftTold(_)
                | Fact::RestrictionLifted(_)
                | Fact::DecisionContested(_)
                | Fact::ContestAnswered(_)
                | Fact::InformationStated(_)
                | Fact::InformationRemoved(_)
                | Fact::InformationHidden(_)
                | Fact::PreviewMade(_)
        )
    }

    /// The request that made this choice; empty if it named none. `None` for what is no choice.
    pub fn request(&self) -> Option<&str> {
        Some(match self {
            Fact::Chosen(Choice { by_request, .. })
            | Fact::ConsenterStated(ConsenterStated { by_request, .. })
            | Fact::ObjectionWeighed(ObjectionWeighed { by_request, .. })
            | Fact::Restricted(Restricted { by_request, .. })
            | Fact::LiftTold(LiftTold { by_request, .. })
            | Fact::RestrictionLifted(RestrictionLifted { by_request, .. })
            | Fact::DecisionContested(DecisionContested { by_request, .. })
            | Fact::ContestAnswered(ContestAnswered { by_request, .. })
            | Fact::InformationStated(InformationStated { by_request, .. })
            | Fact::InformationRemoved(InformationRemoved { by_request, .. })
            | Fact::InformationHidden(InformationHidden { by_request, .. })
            | Fact::PreviewMade(PreviewMade { by_request, .. })
            | Fact::Disclosed(Disclosure { by_request, .. }) => by_request,
            _ => return None,
        })
    }

    /// Notes the request that made this choice.
    pub fn set_request(&mut self, request: &str) {
        if let Fact::Chosen(Choice { by_request, .. })
        | Fact::ConsenterStated(ConsenterStated { by_request, .. })
        | Fact::ObjectionWeighed(ObjectionWeighed { by_request, .. })
        | Fact::Restricted(Restricted { by_request, .. })
        | Fact::LiftTold(LiftTold { by_request, .. })
        | Fact::RestrictionLifted(RestrictionLifted { by_request, .. })
        | Fact::DecisionContested(DecisionContested { by_request, .. })
        | Fact::ContestAnswered(ContestAnswered { by_request, .. })
        | Fact::InformationStated(InformationStated { by_request, .. })
        | Fact::InformationRemoved(InformationRemoved { by_request, .. })
        | Fact::InformationHidden(InformationHidden { by_request, .. })
        | Fact::PreviewMade(PreviewMade { by_request, .. })
        | Fact::Disclosed(Disclosure { by_request, .. }) = self
        {
            request.clone_into(by_request);
        }
    }

    /// The salt of its leaf, hexadecimal; empty or `None` where it has none.
    pub fn salt(&self) -> Option<&str> {
        Some(match self {
            Fact::Chosen(Choice { salt, .. })
            | Fact::ConsenterStated(ConsenterStated { salt, .. })
            | Fact::Restricted(Restricted { salt, .. })
            | Fact::RestrictionLifted(RestrictionLifted { salt, .. })
            | Fact::DecisionContested(DecisionContested { salt, .. })
            | Fact::ContestAnswered(ContestAnswered { salt, .. })
            | Fact::InformationStated(InformationStated { salt, .. })
            | Fact::InformationRemoved(InformationRemoved { salt, .. })
            | Fact::InformationHidden(InformationHidden { salt, .. })
            | Fact::Disclosed(Disclosure { salt, .. })
            | Fact::RequestCompleted(RequestCompleted { salt, .. }) => salt,
            _ => return None,
        })
    }

    /// Notes the salt of its leaf, hexadecimal, where it has one.
    pub fn set_salt(&mut self, hex: String) {
        if let Fact::Chosen(Choice { salt, .. })
        | Fact::ConsenterStated(ConsenterStated { salt, .. })
        | Fact::Restricted(Restricted { salt, .. })
        | Fact::RestrictionLifted(RestrictionLifted { salt, .. })
        | Fact::DecisionContested(DecisionContested { salt, .. })
        | Fact::ContestAnswered(ContestAnswered { salt, .. })
        | Fact::InformationStated(InformationStated { salt, .. })
        | Fact::InformationRemoved(InformationRemoved { salt, .. })
        | Fact::InformationHidden(InformationHidden { salt, .. })
        | Fact::Disclosed(Disclosure { salt, .. }) = self
        {
            *salt = hex;
        }
    }

    /// When we recorded it; of summed uses the beginning of their day, as if it were one of UTC. `None` where the fact does not say.
    pub fn recorded_at(&self) -> Option<Time> {
        Some(match self {
            Fact::RecordOpened(f) => f.at,
            Fact::IdentifierLinked(f) => f.at,
            Fact::RecordJoined(f) => f.at,
            Fact::AttributesProvided(f) => f.recorded_at,
            Fact::EventKept(f) => f.recorded_at,
            Fact::Chosen(f) => f.at,
            Fact::ConsenterStated(f) => f.at,
            Fact::ObjectionWeighed(f) => f.at,
            Fact::Restricted(f) => f.at,
            Fact::LiftTold(f) => f.at,
            Fact::RestrictionLifted(f) => f.at,
            Fact::DecisionContested(f) => f.at,
            Fact::ContestAnswered(f) => f.at,
            Fact::InformationStated(f) => f.at,
            Fact::InformationRemoved(f) => f.at,
            Fact::InformationHidden(f) => f.at,
            Fact::PreviewMade(f) => f.at,
            Fact::UsesSummed(f) => Time::from_day(f.day),
            Fact::Disclosed(f) => f.at,
            Fact::MailAsked(f) => f.at,
            Fact::MailClosed(f) => f.at,
            Fact::PolicyAdopted(f) => f.at,
            Fact::IdentifierSuppressed(f) => f.at,
            Fact::SuppressionLifted(f) => f.not_before,
            Fact::MessagesSeen(f) => f.at,
            Fact::RequestCompleted(f) => f.at,
            Fact::ConsentsProven(f) => f.erased_at,
            Fact::ProofOpened(f) => f.at,
            Fact::HistoryChanged | Fact::OrderKeptByLaw(_) | Fact::SensitiveItemsChanged(_) | Fact::RecordErased(_) => return None,
        })
    }

    /// When a choice, or a join, was recorded. `None` for what is neither.
    pub fn chosen_at(&self) -> Option<Time> {
        if self.is_choice() || matches!(self, Fact::RecordJoined(_)) { self.recorded_at() } else { None }
    }
}
