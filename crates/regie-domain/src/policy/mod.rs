//! What the retailer declares: categories, purposes, recipients, channels, sources, wording. One versioned file.
//!
//! A [`Policy`] is checked once, when it is read, and then immutable. Facts carry its *ids*; in memory each id is a small
//! integer ([`PurposeIx`] …) that is valid for one policy only. Reading the file is the caller's business: this module sees text.

pub mod diff;
mod masks;
mod names;
mod parse;
mod problems;
mod purposes;
mod retention;
mod rules;
mod signals;
mod tables;
mod warnings;

use jiff::tz::TimeZone;

pub use masks::{Categories, CategoryIx, ChannelIx, Channels, PurposeIx, Purposes, RecipientIx, Recipients};
pub use problems::{PolicyProblems, Problem};
pub use signals::ConsentSignal;
pub use warnings::Warning;

use crate::fact::Origin;

/// A checked policy. Invariant: every index in it points inside it, and every limit of [`limits`] holds.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The retailer's own name for this version, e.g. `2026-11-23`.
    pub version: String,
    /// The file's text, as adopted.
    pub text: String,
    /// SHA-256 of the text, hex.
    pub digest: String,
    /// Where days, weeks and months are counted.
    pub time_zone: TimeZone,
    /// Who decides what data are used for.
    pub controller: Organisation,
    /// Whom a customer can write to.
    pub privacy_officer: Contact,
    /// Where a customer can complain.
    pub supervisory_authority: Contact,
    /// Below this age a guardian consents.
    pub guardian_below_age: u8,
    /// How long after a no a customer may be asked again, at the soonest, where a purpose does not say.
    pub ask_again_after: Retention,
    /// How long an erased customer's identifier stays refused for imports, in days.
    pub suppression_days: u32,
    /// Kinds of data, at most 32.
    pub categories: Vec<Category>,
    /// What data are used for, at most 32.
    pub purposes: Vec<Purpose>,
    /// Who may get data, at most 64. Index 0 is the retailer itself.
    pub recipients: Vec<Recipient>,
    /// Where customers are met, at most 16.
    pub channels: Vec<Channel>,
    /// The systems that send data.
    pub sources: Vec<Source>,
    /// What a page's tags are told.
    pub consent_mode: ConsentMode,
    /// Purposes, categories, recipients and channels whose texts say the same as in the version before, in better words: no consent ends by
    /// them.
    pub corrections: Vec<String>,
}

/// A text for customers in both languages of the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// Dutch.
    pub nl: String,
    /// English.
    pub en: String,
}

impl Wording {
    /// The text in `language`; anything but `nl` reads English.
    pub fn get(&self, language: &str) -> &str {
        if language.starts_with("nl") { &self.nl } else { &self.en }
    }
}

/// An organisation that answers for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Where to write to.
    pub contact: String,
}

/// Whom to turn to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Name of the office (no person).
    pub name: String,
    /// E-mail or web address.
    pub contact: String,
}

/// A kind of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id, e.g. `purchases`.
    pub id: String,
    /// Its term in the Data Privacy Vocabulary.
    pub dpv: String,
    /// Its name for customers, e.g. "je aankopen".
    pub name: Wording,
    /// What is in it.
    pub explanation: Wording,
    /// Special categories of Article 9: never covered unless named in the consent.
    pub special: bool,
}

/// The legal ground of a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Article 6(1)(a).
    Consent,
    /// Article 6(1)(b).
    Contract,
    /// Article 6(1)(c).
    LegalObligation,
    /// Article 6(1)(f).
    LegitimateInterest,
}

impl Basis {
    /// As answers, receipts and registers write it.
    pub fn code(self) -> &'static str {
        match self {
            Basis::Consent => "consent",
            Basis::Contract => "contract",
            Basis::LegalObligation => "legal_obligation",
            Basis::LegitimateInterest => "legitimate_interest",
        }
    }
}

/// What data are used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// Its id, e.g. `recommendations`.
    pub id: String,
    /// Its term in the Data Privacy Vocabulary.
    pub dpv: String,
    /// Its legal ground.
    pub basis: Basis,
    /// The place of its end in the customer's compiled line, for purposes based on consent (0, 1, …).
    pub slot: Option<u8>,
    /// Its name for customers.
    pub name: Wording,
    /// Why data are collected for it.
    pub why: Wording,
    /// What is done.
    pub what: Wording,
    /// What the customer gets.
    pub benefit: Wording,
    /// How long, in words.
    pub how_long: Wording,
    /// What happens on refusal.
    pub refusal: Wording,
    /// The weighing, for a legitimate interest.
    pub weighing: Option<Wording>,
    /// Every category it may use.
    pub categories: Categories,
    /// Those without which it cannot work; what a consent covers if it names none.
    pub necessary_categories: Categories,
    /// Every recipient it may serve. The retailer (index 0) always is one.
    pub recipients: Recipients,
    /// What a consent covers if it names no recipients: the retailer, and processors without which it cannot work.
    pub necessary_recipients: Recipients,
    /// Every channel it may use.
    pub channels: Channels,
    /// What a consent covers if it names no channels.
    pub necessary_channels: Channels,
    /// How long each category is kept for it, by category index; `None` where the purpose does not use the category.
    pub retention: Vec<Option<Retention>>,
    /// Direct marketing: an objection to it is absolute.
    pub direct_marketing: bool,
    /// A marketing profile, never of a minor.
    pub not_for_minors: bool,
    /// Why it goes on where its use is restricted (Article 18(2)); `None`: it does not, unless the law demands it.
    pub goes_on: Option<GoesOn>,
    /// How long after a no the customer may be asked again, at the soonest.
    pub ask_again_after: Retention,
    /// Prices are made personal here: whoever shows one announces it as such.
    pub personal_price: bool,
    /// Decisions with legal or similarly significant effect are taken here by automated means alone (Article 22): what is decided and
    /// how, and where a customer contests it and gets a person's review.
    pub contest: Option<Wording>,
}

impl Purpose {
    /// Does it hold only where the address was given at a sale (Tw 11.7(3))? Direct marketing by e-mail that rests on no consent does.
    pub fn needs_sale(&self) -> bool {
        self.direct_marketing && self.basis == Basis::LegitimateInterest && self.id == OWN_CUSTOMER_EMAIL
    }

    /// Does it keep this category at all?
    pub fn keeps(&self, category: CategoryIx) -> bool {
        let term = self.retention.get(usize::from(category.0)).copied().flatten();
        term.is_some_and(|term| !matches!(term, Retention::None | Retention::For { months: 0, days: 0 }))
    }

    /// What whoever uses it has to do for the customer (rule 17), as answers write it.
    pub fn conditions(&self) -> impl Iterator<Item = &'static str> {
        let significant: &[&str] = if self.contest.is_some() { &["explain", "contest", "human_review"] } else { &[] };
        self.personal_price.then_some("announce_personal_price").into_iter().chain(significant.iter().copied())
    }
}

/// The one purpose of direct marketing by e-mail that needs no consent.
pub(crate) const OWN_CUSTOMER_EMAIL: &str = "own-customer-email";
/// The purpose that remembering a device rests on.
pub const DEVICE_STORAGE: &str = "device-storage";
/// The purpose for which a law keeps orders, whatever their customer chose.
pub const TAX_RECORDS: &str = "tax-records";
/// The purpose for which a proof of past consents outlives an erasure, if a policy declares it (Article 17(3)(e)).
pub const LEGAL_CLAIMS: &str = "legal-claims";

/// What goes on despite a restriction (Article 18(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GoesOn {
    /// Establishing, exercising or defending a legal claim.
    LegalClaims,
    /// Protecting the rights of somebody else.
    ProtectionOfOthers,
}

/// What a page's tags are told of a customer's choices: signals of Google's Consent Mode, and the purposes that must hold for each. By
/// default every signal is denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsentMode {
    /// The channel of the page.
    pub channel: Option<ChannelIx>,
    /// By signal: whose tags heed it, and the purposes that must all hold for that recipient. A signal that is not here is denied.
    pub signals: Vec<(ConsentSignal, RecipientIx, Vec<PurposeIx>)>,
}

/// How long something is kept, counted from the earlier of when it happened and when it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Not stored at all (`none`): used in the moment.
    None,
    /// So many calendar months and days.
    For {
        /// Months (a year is twelve).
        months: u16,
        /// Days.
        days: u16,
    },
    /// So many years, counted from the end of the calendar year in the policy's time zone.
    YearsFromYearEnd(u8),
}

/// Who may get data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Its id; the retailer itself is `retailer`.
    pub id: String,
    /// Its name for customers.
    pub name: Wording,
    /// What it is to the retailer.
    pub role: Role,
    /// ISO 3166 country.
    pub country: String,
    /// The ground for a transfer outside the EEA, e.g. `A45-3`.
    pub transfer: Option<String>,
    /// Where erasure notices go.
    pub erasure_contact: Option<String>,
}

/// A recipient's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The retailer itself.
    Retailer,
    /// Works on the retailer's instruction (Article 28).
    Processor,
    /// Decides for itself.
    ThirdParty,
}

impl Role {
    /// As answers and registers write it.
    pub fn code(self) -> &'static str {
        match self {
            Role::Retailer => "retailer",
            Role::Processor => "processor",
            Role::ThirdParty => "third_party",
        }
    }
}

/// Where customers are met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its id, e.g. `web`.
    pub id: String,
    /// Its name for customers.
    pub name: Wording,
}

/// A system that sends data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id, e.g. `shop`.
    pub id: String,
    /// Its name for customers.
    pub name: Wording,
    /// Whose customer numbers it uses.
    pub id_space: String,
    /// Whether what it says of a customer is believed.
    pub trust: Trust,
    /// The channel its events come through.
    pub channel: ChannelIx,
    /// How the source's consent categories (`context.consent.categoryPreferences`) map to purposes: a `false` narrows that event.
    pub consent_map: Vec<(String, Vec<PurposeIx>)>,
    /// The largest batch it may send, bytes decompressed: 500,000 by default, at most 4,000,000.
    pub batch_bytes_max: usize,
}

/// How far a source is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// The retailer's own system: it may say who a customer is.
    Server,
    /// Code on a device: it writes only under its own anonymous id, and what it says of a user is a claim.
    Browser,
}

/// The category and origin that the built-in collection plan gives a field; see `collection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldKind {
    /// The category's id.
    pub category: &'static str,
    /// How we come to it.
    pub origin: Origin,
}

/// The limits of a policy.
pub mod limits {
    /// Purposes.
    pub const PURPOSES_MAX: usize = 32;
    /// Purposes based on consent that fit the first line of a customer (16 bytes more each beyond them are a later format).
    pub const CONSENT_PURPOSES_MAX: usize = 12;
    /// Categories.
    pub const CATEGORIES_MAX: usize = 32;
    /// Recipients.
    pub const RECIPIENTS_MAX: usize = 64;
    /// Channels.
    pub const CHANNELS_MAX: usize = 16;
    /// Sources.
    pub const SOURCES_MAX: usize = 64;
    /// A name for customers, in characters.
    pub const NAME_CHARS_MAX: usize = 60;
    /// A text for customers, in characters.
    pub const TEXT_CHARS_MAX: usize = 300;
    /// The smallest batch a source can be held to: one event of the largest size, in bytes.
    pub const EVENT_BYTES_MAX: u64 = 32_768;
    /// The largest batch of a source that says nothing else, in bytes, decompressed.
    pub const BATCH_BYTES: u64 = 500_000;
    /// The largest batch a source may ask for, in bytes, decompressed.
    pub const BATCH_BYTES_MAX: u64 = 4_000_000;
    /// How long after a no a customer may be asked again where the policy does not say, in months.
    pub const ASK_AGAIN_MONTHS: u16 = 6;
    /// The file, in bytes.
    pub const TEXT_BYTES_MAX: usize = 1_000_000;
}

impl Policy {
    /// The purpose of this id. Linear in ≤ 32 purposes.
    pub fn purpose(&self, id: &str) -> Option<PurposeIx> {
        position(&self.purposes, |p| p.id == id).map(PurposeIx)
    }

    /// The category of this id.
    pub fn category(&self, id: &str) -> Option<CategoryIx> {
        position(&self.categories, |c| c.id == id).map(CategoryIx)
    }

    /// The recipient of this id.
    pub fn recipient(&self, id: &str) -> Option<RecipientIx> {
        position(&self.recipients, |r| r.id == id).map(RecipientIx)
    }

    /// The channel of this id.
    pub fn channel(&self, id: &str) -> Option<ChannelIx> {
        position(&self.channels, |c| c.id == id).map(ChannelIx)
    }

    /// The source of this id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|s| s.id == id)
    }

    /// The purposes that share with third parties and rest on consent or an interest: what Global Privacy Control is about. What an
    /// order or the law needs (a carrier, a payment service) is neither sale nor sharing in its sense.
    pub fn shared_with_third_parties(&self) -> Purposes {
        let third = |r: RecipientIx| self.recipients.get(usize::from(r.0)).is_some_and(|r| r.role == Role::ThirdParty);
        let shares = |p: &Purpose| matches!(p.basis, Basis::Consent | Basis::LegitimateInterest) && p.recipients.iter().any(third);
        (0u8..).zip(&self.purposes).filter(|(_, p)| shares(p)).map(|(ix, _)| PurposeIx(ix)).collect()
    }

    /// The processors that every purpose names which keeps anything, such as whoever runs the computers: they have all that is kept by
    /// working on it, and no use names them for it.
    pub fn holders(&self) -> Recipients {
        let keeping = self.purposes.iter().filter(|p| p.categories.iter().any(|c| p.keeps(c)));
        let named = keeping.map(|p| p.recipients).reduce(Recipients::and).unwrap_or(Recipients::NONE);
        let is_processor = |r: &RecipientIx| self.recipients.get(usize::from(r.0)).is_some_and(|r| r.role == Role::Processor);
        named.iter().filter(is_processor).collect()
    }

    /// The purposes that are direct marketing.
    pub fn direct_marketing(&self) -> Purposes {
        (0u8..).zip(&self.purposes).filter(|(_, p)| p.direct_marketing).map(|(ix, _)| PurposeIx(ix)).collect()
    }

    /// What stands behind a purpose's index.
    pub fn at(&self, ix: PurposeIx) -> &Purpose {
        &self.purposes[ix.0 as usize]
    }
}

fn position<T>(all: &[T], is: impl FnMut(&T) -> bool) -> Option<u8> {
    all.iter().position(is).and_then(|i| u8::try_from(i).ok())
}
