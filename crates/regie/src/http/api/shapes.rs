//! What answers look like, for the description of the interface. The engine's own types are what is sent; a test of the HTTP
//! interface holds the two against each other.
#![expect(dead_code, reason = "only their description is used")]

use std::collections::BTreeMap;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Where one purpose stands for a customer.
#[derive(ToSchema)]
pub(super) struct ConsentState {
    /// The purpose's id.
    purpose: String,
    /// `consent`, `contract`, `legal_obligation` or `legitimate_interest`.
    basis: String,
    /// `unknown`, `refused`, `given`, `expired`, `withdrawn` or `invalidated`; nothing where the basis is another.
    state: Option<String>,
    /// A permission for once that was used.
    used_up: bool,
    /// The customer objected.
    objected: bool,
    /// The objection waits to be weighed; absent where none does.
    weighing: Option<bool>,
    /// Category ids whose use for this purpose is restricted (Article 18); absent where none is.
    restricted: Option<Vec<String>>,
    /// RFC 3339, `visit`, `once` or `withdrawn`.
    until: Option<String>,
    /// Category ids.
    categories: Vec<String>,
    /// Recipient ids.
    recipients: Vec<String>,
    /// Channel ids.
    channels: Vec<String>,
    /// In the list: when the customer may be asked for it, `now` or RFC 3339; nothing where there is nothing to ask.
    ask_again_at: Option<String>,
}

/// One choice of the past.
#[derive(ToSchema)]
pub(super) struct PastChoice {
    /// The purpose's id.
    purpose: String,
    /// `given`, `refused`, `withdrawn`, `invalidated`, `used_up`, `visit_ended`, `left_behind`, `objected`, `objection_ended`,
    /// `objection_upheld` or `objection_overruled`.
    choice: String,
    /// When, RFC 3339.
    at: String,
    /// Its end, for one given.
    until: Option<String>,
    /// What it covers, for one given.
    categories: Vec<String>,
    /// Whom it covers.
    recipients: Vec<String>,
    /// Where it covers.
    channels: Vec<String>,
    /// What proves it.
    evidence: Option<PastEvidence>,
}

/// What proves a choice.
#[derive(ToSchema)]
pub(super) struct PastEvidence {
    /// The version of the policy whose wording the customer saw.
    policy_version: String,
    /// The language of that wording.
    language: String,
    /// How.
    method: String,
    /// By whom.
    actor: String,
}

/// A customer's receipts.
#[derive(ToSchema)]
pub(super) struct Receipts {
    /// `c_…`.
    customer: String,
    /// Consent receipts in JSON-LD, newest first.
    #[schema(value_type = Vec<Object>)]
    receipts: Vec<String>,
    /// Ask again with this as `before` for older ones; nothing if these were all.
    before: Option<u64>,
}

/// State and history.
#[derive(ToSchema)]
pub(super) struct Consents {
    /// `c_…`.
    customer: String,
    /// Every purpose of the policy, in its order.
    consents: Vec<ConsentState>,
    /// Newest first.
    history: Vec<PastChoice>,
    /// `customer` or `guardian`; nothing while nobody said who consents.
    consenter: Option<String>,
    /// Who did, newest first.
    consenters: Vec<PastConsenter>,
}

/// What is restricted for a customer, and how it came about.
#[derive(ToSchema)]
pub(super) struct Restrictions {
    /// `c_…`.
    customer: String,
    /// What is restricted now, the widest first.
    restrictions: Vec<Restriction>,
    /// Newest first.
    history: Vec<PastRestriction>,
}

/// A restriction that stands.
#[derive(ToSchema)]
pub(super) struct Restriction {
    /// The purpose's id, or `all`.
    purpose: String,
    /// The category's id, or `all`.
    category: String,
    /// Since when, RFC 3339.
    since: Option<String>,
    /// `accuracy`, `unlawful`, `claims` or `objection`, if it was said.
    ground: Option<String>,
    /// When the customer was told that it is going to be lifted, RFC 3339.
    told_at: Option<String>,
}

/// A restriction, a telling or a lifting of the past.
#[derive(ToSchema)]
pub(super) struct PastRestriction {
    /// The purpose's id, or `all`.
    purpose: String,
    /// The category's id, or `all`.
    category: String,
    /// `restricted`, `told` or `lifted`.
    change: String,
    /// When, RFC 3339.
    at: String,
    /// Why it was restricted, if it was said.
    ground: Option<String>,
    /// What proves it.
    evidence: Option<PastEvidence>,
}

/// Who consents for a customer.
#[derive(ToSchema)]
pub(super) struct Consenter {
    /// `c_…`.
    customer: String,
    /// `customer` or `guardian`.
    consenter: String,
}

/// Who consented from some moment on.
#[derive(ToSchema)]
pub(super) struct PastConsenter {
    /// `customer` or `guardian`.
    consenter: String,
    /// When it was said, RFC 3339.
    at: String,
    /// What proves it.
    evidence: PastEvidence,
}

/// The signals of Google's Consent Mode: each `granted` or `denied`.
#[derive(ToSchema)]
pub(super) struct ConsentMode {
    /// Storing for advertising.
    ad_storage: String,
    /// Sending user data for advertising.
    ad_user_data: String,
    /// Personalised advertising.
    ad_personalization: String,
    /// Storing for analytics.
    analytics_storage: String,
    /// Storing that the page's own functions need.
    functionality_storage: String,
    /// Storing for personalisation.
    personalization_storage: String,
    /// Storing for security.
    security_storage: String,
}

/// That Global Privacy Control is heeded.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct Gpc {
    /// It is.
    gpc: bool,
    /// Since when, `YYYY-MM-DD`.
    last_update: String,
}

/// The answer to a question.
#[derive(ToSchema)]
pub(super) struct Decision {
    /// `allow` or `deny`.
    decision: String,
    /// The basis of a yes; the reason of a no: `unknown`, `refused`, `expired`, `withdrawn`, `invalidated`, `used_up`,
    /// `category_not_covered`, `recipient_not_covered`, `channel_not_covered`, `objected`, `restricted`, `minor`, `sensitive`, `cut_off`.
    reason: String,
    /// The end of the permission: RFC 3339, `visit`, `once` or `withdrawn`.
    until: Option<String>,
    /// For a yes, what you have to do for the customer: `announce_personal_price`; `explain`, `contest` and `human_review` where decisions of
    /// significant effect are taken by automated means (Article 22). Absent where there is nothing.
    conditions: Option<Vec<String>>,
    /// The past moment that was asked about, RFC 3339.
    at: Option<String>,
    /// The version of the policy that it was judged by; with `at` or `explain`.
    policy_version: Option<String>,
    /// With `explain=true`.
    explanation: Option<Explanation>,
}

/// Why a decision is what it is.
#[derive(ToSchema)]
pub(super) struct Explanation {
    /// The rule that decided: a stable name, such as `rule_9_objection`.
    rule: String,
    /// `consent`, `contract`, `legal_obligation` or `legitimate_interest`.
    basis: String,
    /// The customer's choice (as in the history of consents), who consents, or the restriction that it rests on; nothing if nothing was
    /// ever said.
    rests_on: Option<serde_json::Value>,
    /// The version of the policy that it was judged by.
    policy_version: String,
    /// Why, in a sentence.
    because: Sentence,
    /// What the customer could do: `withdraw`, `object`, `give`, `widen`, `end_objection`, `lift_restriction`, `ask_guardian`, `contest` or `nothing`.
    customer_can: String,
    /// The same in a sentence.
    customer_could: Sentence,
}

/// A sentence in both languages of the pages.
#[derive(ToSchema)]
pub(super) struct Sentence {
    /// Dutch.
    nl: String,
    /// English.
    en: String,
}

/// Recommendations, and why.
#[derive(ToSchema)]
pub(super) struct Recommendations {
    /// Does any of it rest on the customer's data or visit?
    personal: bool,
    /// The basis, or why nothing personal was permitted.
    reason: String,
    /// A permission for once exists but was not used up, because the request has no `Idempotency-Key`.
    once_not_used: Option<bool>,
    /// The best first.
    items: Vec<RecommendedItem>,
}

/// One recommended item.
#[derive(ToSchema)]
pub(super) struct RecommendedItem {
    /// The item's id.
    item: String,
    /// Higher is better; comparable within one answer only.
    score: f32,
    /// The customer's own events that spoke for it; empty for a popular or a new item.
    because: Vec<Because>,
    /// It stands here because it is new and nobody's history speaks for it yet; absent otherwise.
    new: Option<bool>,
}

/// One reason: an event of the customer's own.
#[derive(ToSchema)]
pub(super) struct Because {
    /// `e_…`; nothing for the visit that the call carried.
    event: Option<String>,
    /// The item it was about.
    item: String,
    /// When it happened, RFC 3339.
    at: Option<String>,
    /// The category of data it is.
    category: String,
    /// The purpose whose permission it rests on.
    consent: String,
    /// The end of that permission.
    until: String,
    /// `diet`, `interests`, `sizes` or `household`, where what the customer told spoke for the item; absent for an event.
    information: Option<String>,
}

/// What an erasure did.
#[derive(ToSchema)]
pub(super) struct Erased {
    /// `r_…`.
    request: String,
    /// What a law keeps.
    kept: Vec<KeptByLaw>,
}

/// Fields that a law keeps after an erasure.
#[derive(ToSchema)]
pub(super) struct KeptByLaw {
    /// Which fields.
    fields: Vec<String>,
    /// For which purpose, and no other.
    purpose: String,
    /// Until then, RFC 3339.
    until: String,
}

/// A product, one JSON object a line.
#[derive(ToSchema)]
pub(super) struct CatalogueItem {
    /// The item's id, 1 to 256 bytes.
    item: String,
    /// Its name by language (BCP 47).
    names: Option<BTreeMap<String, String>>,
    /// Its department.
    department: Option<String>,
    /// Its brand.
    brand: Option<String>,
    /// Its price in cents.
    price_cents: Option<i64>,
    /// The price's currency, ISO 4217.
    currency: Option<String>,
    /// How many are left; absent: not counted, always in stock.
    stock: Option<i64>,
    /// Where its picture is.
    image: Option<String>,
    /// Would a purchase reveal what Article 9 protects, or is it excluded from recommending?
    sensitive: Option<bool>,
    /// Never recommend it.
    blocked: Option<bool>,
    /// Does it last, so that whoever just bought it needs no other for a while? Absent: as its department.
    durable: Option<bool>,
    /// The day from which it is sold, `YYYY-MM-DD`; absent: when it was first put. For a while after, it is new.
    #[schema(format = "date")]
    on_sale_since: Option<String>,
    /// The diets that it fits, and no other: vegetarian, vegan, pescatarian, halal, kosher, gluten-free, lactose-free, nut-free, low-sugar.
    /// Absent: not said, and it is left out for nobody.
    diets: Option<Vec<String>>,
    /// The sizes that there are, by tops, trousers, dresses and shoes. Absent: it has none.
    sizes: Option<BTreeMap<String, Vec<String>>>,
    /// The children that it is meant for: 0-3, 4-11, 12-17. Absent: it is for everybody.
    ages: Option<Vec<String>>,
}

/// What a customer tells.
#[derive(ToSchema)]
pub(super) struct InformationList {
    /// `c_…`.
    customer: String,
    /// Every item that is told, hidden ones among them.
    information: Vec<Information>,
}

/// The value of something that a customer tells.
pub(super) struct ToldValue;

impl PartialSchema for ToldValue {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let list = ArrayBuilder::new().items(text.clone()).build();
        // A size may be written as a number, and so may how many people; ages are a list.
        let member = OneOfBuilder::new().item(text.clone()).item(ObjectBuilder::new().schema_type(Type::Number)).item(list.clone());
        let members = ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(Schema::OneOf(member.build())));
        let description = "A text (`birthday`; when telling also one size, diet or interest), a list of texts (`diet`, `interests`) or an object (`sizes`, `household`).";
        OneOfBuilder::new().item(text).item(list).item(members).description(Some(description)).into()
    }
}

impl ToSchema for ToldValue {}

/// One thing that a customer tells.
#[derive(ToSchema)]
pub(super) struct Information {
    /// `sizes`, `diet`, `birthday`, `interests` or `household`.
    item: String,
    /// What was told, by item. Missing where the retailer may not use it now: see `state`.
    #[schema(required = false, value_type = ToldValue)]
    value: String,
    /// The one purpose that it may be used for.
    purpose: String,
    /// Who may use it.
    recipients: Vec<String>,
    /// Its end: RFC 3339, `visit` or `withdrawn`.
    until: String,
    /// When it was told, RFC 3339.
    since: String,
    /// `in_use`, `shared` (others may use it, the retailer not), `hidden`, or the reason for which it may not be used now.
    state: String,
    /// It says something about faith or health.
    special: bool,
    /// Always `my-information`.
    category: String,
    /// Always `provided`.
    origin: String,
}

/// An item that is told no more.
#[derive(ToSchema)]
pub(super) struct InformationGone {
    /// `c_…`.
    customer: String,
    /// The item.
    item: String,
    /// Always `removed`.
    state: String,
}
