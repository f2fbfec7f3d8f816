//! What can be wrong with a policy's text: each flaw says what, why, and what to do about it.
//!
//! Invariant: a code never changes its meaning once released; sentences may. Left out: finding the flaws.

use std::fmt;

use serde::Serialize;

use super::limits;

/// One thing wrong in a policy's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// Where in the policy, e.g. `purpose[recommendations].basis`; empty for the file as a whole.
    pub key: String,
    /// A stable name for this kind of problem, e.g. `unknown_key`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{} [{}]\n    remedy: {}", self.message, self.code, self.remedy)
    }
}

/// Everything that is wrong with a policy's text, in the order of its lines. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyProblems(pub Vec<Problem>);

impl fmt::Display for PolicyProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("the policy has 1 problem")?,
            n => write!(f, "the policy has {n} problems")?,
        }
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for PolicyProblems {}

/// The kinds of problem. `#[error]` is the message.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Flaw {
    #[error("the file has {bytes} bytes")]
    TextTooLarge { bytes: usize },
    #[error("not TOML: {detail}")]
    Syntax { detail: String },
    #[error("unknown key `{key}`")]
    UnknownKey { key: String, nearest: Option<String>, known: String },
    #[error("`{key}` is missing")]
    MissingKey { key: &'static str },
    #[error("expected {expected}, found {found}")]
    WrongType { expected: &'static str, found: &'static str },
    #[error("`{id}` is not an id")]
    BadId { id: String },
    #[error("the {what} `{id}` is declared twice")]
    DuplicateId { what: &'static str, id: String },
    #[error("`{id}` stands here twice")]
    Repeated { id: String },
    #[error("there is no {what} `{id}`")]
    UnknownId { what: &'static str, id: String, nearest: Option<String>, known: String },
    #[error("{count} of `{what}`, where {max} is the most")]
    TooMany { what: &'static str, count: usize, max: usize },
    #[error("`{value}` is none of the choices")]
    NotAChoice { value: String, choices: &'static str },
    #[error("the number must lie between {min} and {max}")]
    OutOfRange { min: u64, max: u64 },
    #[error("nothing is listed here")]
    NothingListed { why: &'static str },
    #[error("the explanation for customers is missing in `{language}`")]
    MissingExplanation { language: &'static str },
    #[error("the text for customers is missing in `{language}`")]
    MissingWording { language: &'static str },
    #[error("the text in `{language}` has {chars} characters, where {max} is the most")]
    TooLong { language: &'static str, chars: usize, max: usize },
    #[error("no retention term for the category `{category}`")]
    NoRetention { category: String },
    #[error("a retention term for `{category}`, which this purpose does not use")]
    StrayRetention { category: String },
    #[error("`{term}` is not a retention term")]
    BadTerm { term: String },
    #[error("`{term}` is not a list of vocabulary terms")]
    BadVocabulary { term: String },
    #[error("`{version}` is not a version")]
    BadVersion { version: String },
    #[error("`{zone}` is not a time zone")]
    BadTimeZone { zone: String },
    #[error("`{country}` is not a country code")]
    BadCountry { country: String },
    #[error("`{contact}` is neither an e-mail nor a web address")]
    BadContact { contact: String },
    #[error("a third party without a contact for erasure notices")]
    NoErasureContact,
    #[error("data go to `{country}`, outside the European Economic Area, without a ground")]
    NoTransferGround { country: String },
    #[error("`{ground}` is not a ground for a transfer")]
    BadTransferGround { ground: String },
    #[error("a legitimate interest without its weighing")]
    NoWeighing,
    #[error("`{id}` is marked as necessary, but this purpose does not use it")]
    NecessaryNotUsed { id: String },
    #[error("the first recipient, and only the first, is the retailer itself")]
    RetailerNotFirst,
    #[error("this is direct marketing and is not marked as such")]
    MarketingNotMarked,
    #[error("direct marketing by `{channel}` rests on consent")]
    MarketingNeedsConsent { channel: String },
    #[error("direct marketing by telephone always rests on consent")]
    TelephoneNeedsConsent,
    #[error("keeping tax records is a legal obligation")]
    TaxIsObligation,
    #[error("`{category}` is a special category and can never be necessary")]
    SpecialNecessary { category: String },
    #[error("`{recipient}` decides for itself what it does with data and can never be necessary")]
    ThirdPartyNecessary { recipient: String },
    #[error("`{category}` is a special category and never rests on a legitimate interest")]
    SpecialNeedsConsent { category: String },
    #[error("reading or writing a customer's device rests on consent")]
    DeviceNeedsConsent,
    #[error("sharing with or selling to third parties, and advertising elsewhere, rests on consent")]
    SharingNeedsConsent,
    #[error("a marketing profile is made here, also of minors")]
    MinorsNotLeftOut,
    #[error("the {what} `{id}` is none of `{purpose}`: what was permitted there says nothing about it")]
    SignalNotServed { purpose: String, what: &'static str, id: String },
    #[error("in this country a guardian consents below 16")]
    GuardianAgeTooLow,
    #[error("what serves the visit alone is not stored: the term for `{category}` must be `none`")]
    VisitStored { category: String },
    #[error("automated decisions of significant effect do not rest on a legitimate interest, nor on special categories without consent")]
    SignificantNeedsGround,
    #[error("a proof of past consents is kept because the law wants them provable")]
    ClaimsAreObligation,
    #[error("a proof of past consents is made of choices alone")]
    ClaimsKeepChoices,
}

impl Flaw {
    /// The stable name.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Flaw::TextTooLarge { .. } => "text_too_large",
            Flaw::Syntax { .. } => "syntax",
            Flaw::UnknownKey { .. } => "unknown_key",
            Flaw::MissingKey { .. } => "missing_key",
            Flaw::WrongType { .. } => "wrong_type",
            Flaw::BadId { .. } => "bad_id",
            Flaw::DuplicateId { .. } => "duplicate_id",
            Flaw::Repeated { .. } => "repeated",
            Flaw::UnknownId { .. } => "unknown_id",
            Flaw::TooMany { .. } => "too_many",
            Flaw::NotAChoice { .. } => "not_a_choice",
            Flaw::OutOfRange { .. } => "out_of_range",
            Flaw::NothingListed { .. } => "nothing_listed",
            Flaw::MissingExplanation { .. } => "missing_explanation",
            Flaw::MissingWording { .. } => "missing_wording",
            Flaw::TooLong { .. } => "wording_too_long",
            Flaw::NoRetention { .. } => "no_retention",
            Flaw::StrayRetention { .. } => "stray_retention",
            Flaw::BadTerm { .. } => "bad_term",
            Flaw::BadVocabulary { .. } => "bad_vocabulary",
            Flaw::BadVersion { .. } => "bad_version",
            Flaw::BadTimeZone { .. } => "bad_time_zone",
            Flaw::BadCountry { .. } => "bad_country",
            Flaw::BadContact { .. } => "bad_contact",
            Flaw::NoErasureContact => "no_erasure_contact",
            Flaw::NoTransferGround { .. } => "no_transfer_ground",
            Flaw::BadTransferGround { .. } => "bad_transfer_ground",
            Flaw::NoWeighing => "no_weighing",
            Flaw::NecessaryNotUsed { .. } => "necessary_not_used",
            Flaw::RetailerNotFirst => "retailer_not_first",
            Flaw::MarketingNotMarked => "marketing_not_marked",
            Flaw::MarketingNeedsConsent { .. } => "marketing_needs_consent",
            Flaw::TelephoneNeedsConsent => "telephone_needs_consent",
            Flaw::TaxIsObligation => "tax_is_obligation",
            Flaw::SpecialNecessary { .. } => "special_necessary",
            Flaw::ThirdPartyNecessary { .. } => "third_party_necessary",
            Flaw::SpecialNeedsConsent { .. } => "special_needs_consent",
            Flaw::DeviceNeedsConsent => "device_needs_consent",
            Flaw::SharingNeedsConsent => "sharing_needs_consent",
            Flaw::MinorsNotLeftOut => "minors_not_left_out",
            Flaw::SignalNotServed { .. } => "signal_not_served",
            Flaw::GuardianAgeTooLow => "guardian_age_too_low",
            Flaw::VisitStored { .. } => "visit_stored",
            Flaw::SignificantNeedsGround => "significant_needs_ground",
            Flaw::ClaimsAreObligation => "claims_are_obligation",
            Flaw::ClaimsKeepChoices => "claims_keep_choices",
        }
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        match self {
            Flaw::TextTooLarge { .. } => format!("shorten it to {} bytes", limits::TEXT_BYTES_MAX),
            Flaw::Syntax { .. } => "correct the spelling of the TOML; the rest is checked once the file can be read".into(),
            Flaw::UnknownKey { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Flaw::UnknownKey { known, .. } => format!("remove it; the keys here are {known}"),
            Flaw::MissingKey { key } => format!("add `{key}`"),
            Flaw::WrongType { expected, .. } => format!("write {expected}"),
            Flaw::BadId { .. } => "use 1 to 40 of the characters a-z, 0-9 and -".into(),
            Flaw::DuplicateId { .. } => "rename or remove one of the two".into(),
            Flaw::Repeated { .. } => "remove one of the two".into(),
            Flaw::UnknownId { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Flaw::UnknownId { what, known, .. } => format!("declare the {what}, or choose from {known}"),
            Flaw::TooMany { max, .. } => format!("join some until {max} are left"),
            Flaw::NotAChoice { choices, .. } => format!("choose from {choices}"),
            Flaw::OutOfRange { min, max } => format!("write a whole number from {min} to {max}"),
            Flaw::NothingListed { why } => (*why).into(),
            Flaw::MissingExplanation { language } => format!("explain it to customers in `{language}`: a purpose that is not explained may not be asked for"),
            Flaw::MissingWording { language } => format!("write it in `{language}`"),
            Flaw::TooLong { max, .. } => format!("shorten it to {max} characters: customers read it on a telephone"),
            Flaw::NoRetention { category } => format!("add `{category} = \"P2Y\"`, or whichever term holds, under the purpose's `retention`"),
            Flaw::StrayRetention { category } => format!("remove the term, or add `{category}` to the purpose's `categories`"),
            Flaw::BadTerm { .. } => "write \"none\", a calendar duration such as \"P2Y\", \"P13M\", \"P2W\" or \"P90D\" (at most 100 years), or \"P7Y from year end\"".into(),
            Flaw::BadVocabulary { .. } => "write terms with their prefix and a space between them, such as \"pd:Purchase pd:Transaction\"".into(),
            Flaw::BadVersion { .. } => "use 1 to 40 letters, digits, dots, - and _, such as \"2026-11-23\"".into(),
            Flaw::BadTimeZone { .. } => "write an IANA name, such as \"Europe/Amsterdam\"".into(),
            Flaw::BadCountry { .. } => "write the two capital letters of ISO 3166, such as \"NL\"".into(),
            Flaw::BadContact { .. } => "write an address such as \"privacy@shop.example\" or \"https://shop.example/privacy\"".into(),
            Flaw::NoErasureContact => "add `erasure_contact`: who received data is told of an erasure (Article 19)".into(),
            Flaw::NoTransferGround { .. } => "add `transfer`, such as \"A45-3\" or \"A46-2-c\" (Articles 45 to 49)".into(),
            Flaw::BadTransferGround { .. } => "write \"A45-3\", \"A46-2-a\" to \"A46-2-f\", \"A46-3-a\", \"A46-3-b\", or \"A49-1-a\" to \"A49-1-g\"".into(),
            Flaw::NoWeighing => "add `weighing`: your interest, and why the customer's does not outweigh it (Article 6(1)(f))".into(),
            Flaw::NecessaryNotUsed { id } => format!("add `{id}` to what the purpose uses, or take it away here"),
            Flaw::RetailerNotFirst => "make the first recipient `id = \"retailer\"`, `role = \"retailer\"`, and give the others another role".into(),
            Flaw::MarketingNotMarked => "add `direct_marketing = true`: a customer can always object to it (Article 21(3))".into(),
            Flaw::MarketingNeedsConsent { .. } => "set `basis = \"consent\"`; only `own-customer-email`, by e-mail alone, may rest on a legitimate interest (Tw 11.7)".into(),
            Flaw::TelephoneNeedsConsent => "set `basis = \"consent\"`, or take the channel `telephone` away (Tw 11.7)".into(),
            Flaw::TaxIsObligation => "set `basis = \"legal-obligation\"`".into(),
            Flaw::ThirdPartyNecessary { .. } => "take it away here: a consent reaches a third party only if it names it".into(),
            Flaw::SpecialNecessary { .. } => "take it away here: a consent covers a special category only if it names it (Article 9)".into(),
            Flaw::SpecialNeedsConsent { .. } => "take the category away, or set `basis = \"consent\"` (Article 9)".into(),
            Flaw::DeviceNeedsConsent => "set `basis = \"consent\"` (Tw 11.7a)".into(),
            Flaw::SharingNeedsConsent => "set `basis = \"consent\"`, or take the third party away".into(),
            Flaw::MinorsNotLeftOut => "add `not_for_minors = true`".into(),
            Flaw::SignalNotServed { purpose, what: "recipient", .. } => format!("take `{purpose}` away here, or say under `[consent_mode.recipients]` whose tags heed this signal"),
            Flaw::SignalNotServed { purpose, .. } => format!("take `{purpose}` away here, or name the page's own channel under `[consent_mode]`"),
            Flaw::GuardianAgeTooLow => "set `guardian_below_age = 16` or higher (Article 8)".into(),
            Flaw::VisitStored { .. } => "write \"none\"".into(),
            Flaw::SignificantNeedsGround => "have a person decide and remove `contest`, or rest it on `contract`, `legal-obligation` or `consent` (Article 22)".into(),
            Flaw::ClaimsAreObligation => "set `basis = \"legal-obligation\"` (Articles 5(2) and 7(1))".into(),
            Flaw::ClaimsKeepChoices => "write `categories = [\"choices\"]` (Article 17(3)(e))".into(),
        }
    }
}
