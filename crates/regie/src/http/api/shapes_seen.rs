//! What the answers look like that say what happened with a customer's data; see [`shapes`](super::shapes).
#![expect(dead_code, reason = "only their description is used")]

use utoipa::ToSchema;

/// How often something was allowed and denied.
#[derive(ToSchema)]
pub(super) struct UseTotals {
    /// It happened.
    allowed: u64,
    /// It was asked and refused.
    denied: u64,
}

/// One kind of use in one period.
#[derive(ToSchema)]
pub(super) struct UsedHowOften {
    /// The category's id.
    category: String,
    /// The purpose's id.
    purpose: String,
    /// By whom: the recipient's id.
    recipient: String,
    /// Through which channel.
    channel: Option<String>,
    /// `allowed` or `denied`.
    outcome: String,
    /// How often.
    count: u64,
}

/// The uses of one day or month.
#[derive(ToSchema)]
pub(super) struct UsesOfPeriod {
    /// `2026-06-01`, or `2026-06`.
    period: String,
    /// Of the whole period.
    totals: UseTotals,
    /// The most frequent first, at most 500.
    uses: Vec<UsedHowOften>,
    /// How many rarer kinds of use are in the totals only; absent: none.
    left_out: Option<usize>,
}

/// Uses by period, newest first.
#[derive(ToSchema)]
pub(super) struct UsesOf {
    /// `c_…`.
    customer: String,
    /// `day` or `month`.
    by: String,
    /// Of everything there is, not of this page alone.
    totals: UseTotals,
    /// This page's periods.
    periods: Vec<UsesOfPeriod>,
    /// What to send as `before` for the page that follows; nothing: there is none.
    next: Option<String>,
}

/// One disclosure.
#[derive(ToSchema)]
pub(super) struct Disclosed {
    /// `d_…`.
    id: String,
    /// When it was recorded, just before the data left; RFC 3339.
    at: String,
    /// The recipient's id.
    recipient: String,
    /// Its name, in Dutch and English.
    recipient_name: Wording,
    /// `processor` or `third_party`.
    role: String,
    /// ISO 3166 country.
    country: String,
    /// The purpose's id.
    purpose: String,
    /// Category ids.
    categories: Vec<String>,
    /// Through which channel.
    channel: Option<String>,
    /// The legal ground it rested on: `consent`, `contract`, `legal_obligation` or `legitimate_interest`.
    ground: String,
    /// When the consent was given that it rested on.
    consent_given_at: Option<String>,
    /// The end of that consent, as it stood: RFC 3339, `visit`, `once` or `withdrawn`.
    until: Option<String>,
    /// The retailer's own reference.
    reference: Option<String>,
    /// Of `my-information`, in the answer that lets it leave: the value of each item, by its id.
    #[schema(value_type = Option<Object>)]
    information: Option<serde_json::Value>,
}

/// A name in both languages.
#[derive(ToSchema)]
pub(super) struct Wording {
    /// Dutch.
    nl: String,
    /// English.
    en: String,
}

/// Disclosures, newest first.
#[derive(ToSchema)]
pub(super) struct Disclosures {
    /// `c_…`.
    customer: String,
    /// Newest first.
    disclosures: Vec<Disclosed>,
    /// How many there are in all.
    total: usize,
    /// What to send as `before` for the ones that follow; nothing: there are none.
    next: Option<String>,
}

/// One row of the timeline. Which of the details are there depends on what it tells.
#[derive(ToSchema)]
pub(super) struct TimelineRow {
    /// `2026-06-01`.
    day: String,
    /// When exactly, RFC 3339; nothing for what is summed over a day.
    at: Option<String>,
    /// `choices`, `uses`, `disclosures`, `events` or `account`.
    kind: String,
    /// `given`, `refused`, `withdrawn`, `used`, `denied`, `disclosed`, `order_completed`, …
    what: String,
    /// The sentence.
    text: String,
    /// On what ground, from whom, or by whom.
    note: Option<String>,
    /// The purpose's id.
    purpose: Option<String>,
    /// Category ids.
    categories: Option<Vec<String>>,
    /// Recipient ids.
    recipients: Option<Vec<String>>,
    /// Channel ids.
    channels: Option<Vec<String>>,
    /// Source ids.
    sources: Option<Vec<String>>,
    /// How often.
    count: Option<u32>,
    /// The end of a consent: RFC 3339, `visit`, `once` or `withdrawn`.
    until: Option<String>,
    /// `d_…`.
    disclosure: Option<String>,
    /// The item of what a customer told.
    item: Option<String>,
}

/// How much there is in all, by kind.
#[derive(ToSchema)]
pub(super) struct TimelineTotals {
    /// Consents, refusals, withdrawals, objections.
    choices: u64,
    /// Days on which something was used or denied.
    use_days: u64,
    /// Disclosures.
    disclosures: u64,
    /// Events.
    events: u64,
    /// Identifiers, attributes, joins.
    account: u64,
}

/// A page of the timeline.
#[derive(ToSchema)]
pub(super) struct Timeline {
    /// `c_…`.
    customer: String,
    /// The language of the sentences: `nl` or `en`.
    language: String,
    /// Newest first.
    entries: Vec<TimelineRow>,
    /// Of everything, whatever was asked for.
    totals: TimelineTotals,
    /// What to send as `before` for the page that follows; nothing: there is none.
    next: Option<String>,
}

/// What proves the consents of an erased customer.
#[derive(ToSchema)]
pub(super) struct Proofs {
    /// One for each erasure.
    proofs: Vec<Proof>,
}

/// What one erasure left for legal claims.
#[derive(ToSchema)]
pub(super) struct Proof {
    /// The erasure's number.
    request: String,
    /// When that was, RFC 3339.
    erased_at: String,
    /// What it is restricted to: `legal-claims`.
    purpose: String,
    /// The consents, oldest first.
    consents: Vec<ProvenConsent>,
    /// The look-ups before this one, oldest first.
    opened: Vec<OpenedProof>,
}

/// One consent, and how it ended.
#[derive(ToSchema)]
pub(super) struct ProvenConsent {
    /// As in the history of consents.
    given: super::shapes::PastChoice,
    /// Of what the customer told: which item was permitted to be used, never what was told. Nothing for a consent to the whole purpose.
    information: Option<String>,
    /// `withdrawn`, `refused`, `expired`, `used_up`, `visit_ended`, `invalidated`, `given_anew`, `consenter_changed`, `joined` (a no of
    /// another record of the customer, or not taken along), `taken_back`, `hidden` or `erased`.
    ended: String,
    /// When, RFC 3339.
    ended_at: String,
    /// Who ended it, if somebody did.
    ended_by: Option<String>,
    /// Kept until then, RFC 3339.
    kept_until: String,
}

/// What a customer contested.
#[derive(ToSchema)]
pub(super) struct Contests {
    /// `c_…`.
    customer: String,
    /// Newest first.
    contests: Vec<Contest>,
}

/// A contested decision.
#[derive(ToSchema)]
pub(super) struct Contest {
    /// Its id, `k_…`.
    contest: String,
    /// The purpose's id.
    purpose: String,
    /// Your own reference of the decision.
    reference: Option<String>,
    /// Why, in the customer's words.
    reason: Option<String>,
    /// When it came, RFC 3339.
    at: String,
    /// A person's answer, once there is one.
    answer: Option<AnsweredContest>,
}

/// A person's answer to it.
#[derive(ToSchema)]
pub(super) struct AnsweredContest {
    /// `upheld` or `changed`.
    outcome: String,
    /// Why, as the customer reads it.
    reasons: String,
    /// When, RFC 3339.
    at: String,
}

/// A look-up.
#[derive(ToSchema)]
pub(super) struct OpenedProof {
    /// When, RFC 3339.
    at: String,
    /// The claim's number.
    reference: String,
    /// What operators call the key that asked.
    by: String,
}
