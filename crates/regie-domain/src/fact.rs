//! The one enum of everything that can happen.
//!
//! A fact is the smallest recorded change; the store is a log of them and every view is folded from them.
//! Facts carry the policy's names (stable over its versions), never the small integers that views use in memory.
//! A fact is written once: a correction replaces the row with a higher revision, and old shapes stay readable.

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{DisclosureId, EventId, Handle, RequestId};
use crate::information::{InformationItem, Told};
use crate::policy::Basis;
use crate::time::{Time, millis};

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
    /// The customer had uses restricted (Article 18). Carries the choice bit, as the next two do.
    #[serde(deserialize_with = "apart")]
    Restricted(Restricted),
    /// The customer was told that a restriction is going to be lifted (Article 18(3)).
    #[serde(deserialize_with = "apart")]
    LiftTold(LiftTold),
    /// A restriction was lifted.
    #[serde(deserialize_with = "apart")]
    RestrictionLifted(RestrictionLifted),
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
    /// Rows of this record were replaced or deleted: a view that knew it must forget its contribution and fold again.
    HistoryChanged,
    /// What the law keeps of an order after its customer was erased. Restricted to that one purpose.
    #[serde(deserialize_with = "apart")]
    OrderKeptByLaw(OrderKeptByLaw),

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
                | Fact::Restricted(_)
                | Fact::LiftTold(_)
                | Fact::RestrictionLifted(_)
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
            | Fact::Restricted(Restricted { by_request, .. })
            | Fact::LiftTold(LiftTold { by_request, .. })
            | Fact::RestrictionLifted(RestrictionLifted { by_request, .. })
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
        | Fact::Restricted(Restricted { by_request, .. })
        | Fact::LiftTold(LiftTold { by_request, .. })
        | Fact::RestrictionLifted(RestrictionLifted { by_request, .. })
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
            | Fact::InformationStated(InformationStated { salt, .. })
            | Fact::InformationRemoved(InformationRemoved { salt, .. })
            | Fact::InformationHidden(InformationHidden { salt, .. })
            | Fact::Disclosed(Disclosure { salt, .. }) => salt,
            _ => return None,
        })
    }

    /// Notes the salt of its leaf, hexadecimal, where it has one.
    pub fn set_salt(&mut self, hex: String) {
        if let Fact::Chosen(Choice { salt, .. })
        | Fact::InformationStated(InformationStated { salt, .. })
        | Fact::InformationRemoved(InformationRemoved { salt, .. })
        | Fact::InformationHidden(InformationHidden { salt, .. })
        | Fact::Disclosed(Disclosure { salt, .. }) = self
        {
            *salt = hex;
        }
    }

    /// When a choice, or a join, was recorded. `None` for what is neither.
    pub fn chosen_at(&self) -> Option<Time> {
        Some(match self {
            Fact::Chosen(choice) => choice.at,
            Fact::ConsenterStated(stated) => stated.at,
            Fact::Restricted(made) => made.at,
            Fact::LiftTold(told) => told.at,
            Fact::RestrictionLifted(lifted) => lifted.at,
            Fact::InformationStated(stated) => stated.at,
            Fact::InformationRemoved(removed) => removed.at,
            Fact::InformationHidden(hidden) => hidden.at,
            Fact::PreviewMade(made) => made.at,
            Fact::RecordJoined(joined) => joined.at,
            _ => return None,
        })
    }
}

/// See [`Fact::RecordOpened`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordOpened {
    /// What the world calls this record.
    pub handle: Handle,
    /// What arrived.
    pub identifier: Identifier,
    /// The source it came from.
    pub source: String,
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
}

/// See [`Fact::RecordJoined`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordJoined {
    /// The other record, by a handle that survives resealing.
    pub other: Handle,
    /// Who said so.
    pub actor: Actor,
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

/// A visit: the source's session id, hashed with its record, or one that we gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VisitId(pub u64);

/// See [`Fact::EventKept`]. Fields that may not be kept are absent; which category and origin a field has stands in the collection plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its public name.
    pub id: EventId,
    /// What happened.
    pub name: EventName,
    /// The source that said so.
    pub source: String,
    /// The visit it belongs to.
    pub visit: VisitId,
    /// When it happened, by the source's word.
    #[serde(with = "millis")]
    pub happened_at: Time,
    /// When we recorded it: whether it may be kept is judged here.
    #[serde(with = "millis")]
    pub recorded_at: Time,
    /// The source's time lay too far in the past or the future to be believed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub time_doubted: bool,
    /// The items it is about, in the source's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// What was searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The page's name (never its address).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The order, if this is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The shop it happened in (coarse location).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Purposes that the source's own `context.consent` ruled out for this event alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_for: Vec<String>,
    /// Keyed hash of (source, `messageId`): by it a retry is known. 0 if the source gave no message id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub message: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` hands over a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` hands over a reference")]
fn is_false(b: &bool) -> bool {
    !b
}

/// The events that the collection plan knows. Others are counted and not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventName {
    /// A page was looked at.
    PageViewed,
    /// A product was looked at.
    ProductViewed,
    /// A product went into the basket.
    ProductAdded,
    /// A product went out of the basket.
    ProductRemoved,
    /// Products were searched for.
    ProductsSearched,
    /// An order was placed, or a till slip closed.
    OrderCompleted,
    /// An order was refunded, whole or in part.
    OrderRefunded,
}

impl EventName {
    /// Does this event say what the customer bought (or gave back), rather than looked at?
    pub fn is_purchase(self) -> bool {
        matches!(self, EventName::OrderCompleted | EventName::OrderRefunded)
    }
}

/// One item of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The item, as the catalogue knows it.
    pub item: String,
    /// How many.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub quantity: u32,
    /// The price of one, in cents, if the source said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cents: Option<i64>,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` hands over a reference")]
fn is_one(n: &u32) -> bool {
    *n == 1
}

/// The fields of an order besides its lines. Money in cents of `currency`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The order's number at the source.
    pub id: String,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_cents: Option<i64>,
    /// The goods alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue_cents: Option<i64>,
    /// Tax in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_cents: Option<i64>,
    /// Shipping in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_cents: Option<i64>,
    /// What was taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_cents: Option<i64>,
    /// The coupon used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
}

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
    /// "Not on this ground": Article 21.
    Objected,
    /// The customer took an objection back.
    ObjectionEnded,
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
    /// As [`Choice::by_request`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_request: String,
}

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

    /// Did a browser's signal say so, rather than an answer to a question?
    pub fn is_signal(&self) -> bool {
        Evidence::SIGNALS.contains(&self.method.as_str())
    }
}

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

/// See [`Fact::UsesSummed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsesSummed {
    /// The day, as days since 1970-01-01 UTC.
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
    /// As answers and receipts write it.
    pub fn code(self) -> &'static str {
        match self {
            Ground::Consent => "consent",
            Ground::Contract => "contract",
            Ground::LegalObligation => "legal_obligation",
            Ground::LegitimateInterest => "legitimate_interest",
        }
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

/// See [`Fact::OrderKeptByLaw`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderKeptByLaw {
    /// The purpose that demands it, for instance `tax-records`.
    pub purpose: String,
    /// Kept until then, and not a day longer.
    #[serde(with = "millis")]
    pub until: Time,
    /// When it was ordered.
    #[serde(with = "millis")]
    pub happened_at: Time,
    /// The order's fields that this purpose needs.
    pub order: Order,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// See [`Fact::PolicyAdopted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAdopted {
    /// Its version.
    pub version: String,
    /// The whole file.
    pub text: String,
    /// SHA-256 of the file, hex.
    pub digest: String,
    /// When.
    #[serde(with = "millis")]
    pub at: Time,
}

/// See [`Fact::SensitiveItemsChanged`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensitiveItemsChanged {
    /// Sensitive from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// No longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
}

/// See [`Fact::RecordErased`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordErased {
    /// SHA-256 of the record's id with a prefix, hex.
    pub tombstone: String,
    /// The request it answers.
    pub request: RequestId,
}

/// See [`Fact::IdentifierSuppressed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierSuppressed {
    /// Keyed hash of the identifier, hex; the key serves nothing else.
    pub hash: String,
    /// When it was erased.
    #[serde(with = "millis")]
    pub at: Time,
    /// Forgotten then.
    #[serde(with = "millis")]
    pub until: Time,
}

/// See [`Fact::SuppressionLifted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionLifted {
    /// Keyed hash of the identifier, hex.
    pub hash: String,
    /// What happened before stays refused.
    #[serde(with = "millis")]
    pub not_before: Time,
}

/// See [`Fact::RequestCompleted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCompleted {
    /// Its number.
    pub request: RequestId,
    /// `erasure`, `export`.
    pub right: String,
    /// When.
    #[serde(with = "millis")]
    pub at: Time,
    /// Which parts went: names of categories, never values.
    pub parts: Vec<String>,
    /// Whom something of the customer had been disclosed to: they have to be told.
    pub recipients: Vec<String>,
    /// The salt of its ledger leaf, 32 bytes in hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
}
