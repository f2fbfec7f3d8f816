//! A small policy, and short words for choices and uses.
#![allow(dead_code, reason = "shared with the example, which needs a part of it")]

use jiff::tz::TimeZone;
use regie_domain::consent::{Consents, Decision, Use};
use regie_domain::fact::{Actor, Choice, Chosen, Evidence, Until, VisitId};
use regie_domain::policy::{
    Basis, Category, Channel, Contact, Organisation, Policy, Purpose, Recipient, RecipientIx, Retention, Role, Wording,
};
use regie_domain::time::Time;

pub(crate) const CATEGORIES: [&str; 7] =
    ["contact", "account", "purchases", "browsing", "sensitive-purchases", "device", "derived-profile"];
pub(crate) const RECIPIENTS: [&str; 3] = ["retailer", "mailer", "partner"];
pub(crate) const CHANNELS: [&str; 4] = ["web", "app", "email", "store"];

pub(crate) fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn wording(text: &str) -> Wording {
    Wording { nl: text.to_owned(), en: text.to_owned() }
}

/// One purpose of the small policy; the first `necessary` of its categories and channels are necessary.
struct Draft {
    id: &'static str,
    basis: Basis,
    categories: &'static [&'static str],
    necessary: usize,
    recipients: &'static [&'static str],
    channels: &'static [&'static str],
    retention: Retention,
}

const YEARS_2: Retention = Retention::For { months: 24, days: 0 };

const fn draft(id: &'static str, basis: Basis, categories: &'static [&'static str], retention: Retention) -> Draft {
    Draft { id, basis, categories, necessary: categories.len(), recipients: &["retailer"], channels: &[], retention }
}

const DRAFTS: [Draft; 13] = [
    draft("order-handling", Basis::Contract, &["contact", "purchases"], YEARS_2),
    draft("tax-records", Basis::LegalObligation, &["contact", "purchases", "sensitive-purchases"], Retention::YearsFromYearEnd(7)),
    draft(
        "fraud-prevention",
        Basis::LegitimateInterest,
        &["account", "purchases", "device", "sensitive-purchases"],
        Retention::For { months: 0, days: 90 },
    ),
    Draft { channels: &["web", "app"], ..draft("visit-service", Basis::LegitimateInterest, &["browsing"], Retention::None) },
    Draft { channels: &["email"], ..draft("own-customer-email", Basis::LegitimateInterest, &["contact"], YEARS_2) },
    // Necessary: purchases, and web with app; the special category never, although it stands among them.
    Draft {
        channels: &["web", "app", "email"],
        necessary: 2,
        ..draft("recommendations", Basis::Consent, &["purchases", "sensitive-purchases", "browsing", "derived-profile"], YEARS_2)
    },
    draft("model-improvement", Basis::Consent, &["purchases", "browsing"], YEARS_2),
    Draft { channels: &["email"], recipients: &["retailer", "mailer"], ..draft("marketing-email", Basis::Consent, &["contact"], YEARS_2) },
    Draft {
        recipients: &["retailer", "partner"],
        necessary: 0,
        ..draft("sharing-with-partners", Basis::Consent, &["contact", "purchases"], YEARS_2)
    },
    Draft {
        channels: &["web"],
        ..draft("personalised-advertising", Basis::Consent, &["browsing", "derived-profile"], Retention::For { months: 12, days: 0 })
    },
    draft("cross-source-profile", Basis::Consent, &["account", "purchases", "browsing"], YEARS_2),
    draft("device-storage", Basis::Consent, &["device"], Retention::For { months: 12, days: 0 }),
    draft("demand-insight", Basis::Consent, &["purchases"], YEARS_2),
];

/// The small policy: the starting policy's purposes in miniature.
pub(crate) fn policy() -> Policy {
    let categories: Vec<Category> = CATEGORIES
        .iter()
        .map(|&id| Category {
            id: id.to_owned(),
            dpv: String::new(),
            name: wording(id),
            explanation: wording(id),
            special: id == "sensitive-purchases",
        })
        .collect();
    let mut policy = Policy {
        version: "2026-01-01".to_owned(),
        text: String::new(),
        digest: String::new(),
        time_zone: TimeZone::get("Europe/Amsterdam").unwrap(),
        controller: Organisation { name: "retailer".to_owned(), contact: String::new() },
        privacy_officer: Contact { name: String::new(), contact: String::new() },
        supervisory_authority: Contact { name: String::new(), contact: String::new() },
        guardian_below_age: 16,
        suppression_days: 365,
        ask_again_after: Retention::For { months: 6, days: 0 },
        categories,
        purposes: Vec::new(),
        recipients: RECIPIENTS
            .iter()
            .map(|&id| Recipient {
                id: id.to_owned(),
                name: wording(id),
                role: match id {
                    "retailer" => Role::Retailer,
                    "partner" => Role::ThirdParty,
                    _ => Role::Processor,
                },
                country: "NL".to_owned(),
                transfer: None,
                erasure_contact: None,
            })
            .collect(),
        channels: CHANNELS.iter().map(|&id| Channel { id: id.to_owned(), name: wording(id) }).collect(),
        sources: Vec::new(),
        consent_mode: regie_domain::policy::ConsentMode::default(),
        corrections: Vec::new(),
    };
    let mut slots = 0u8..;
    policy.purposes = DRAFTS.iter().map(|draft| purpose(&policy, draft, &mut slots)).collect();
    policy
}

fn purpose(policy: &Policy, draft: &Draft, slots: &mut impl Iterator<Item = u8>) -> Purpose {
    let categories = |ids: &[&str]| ids.iter().map(|id| policy.category(id).unwrap()).collect::<regie_domain::policy::Categories>();
    let channels = |ids: &[&str]| ids.iter().map(|id| policy.channel(id).unwrap()).collect();
    let used = categories(draft.categories);
    Purpose {
        id: draft.id.to_owned(),
        dpv: String::new(),
        basis: draft.basis,
        slot: (draft.basis == Basis::Consent).then(|| slots.next().unwrap()),
        name: wording(draft.id),
        why: wording(""),
        what: wording(""),
        benefit: wording(""),
        how_long: wording(""),
        refusal: wording(""),
        weighing: None,
        categories: used,
        necessary_categories: categories(&draft.categories[..draft.necessary]),
        recipients: draft.recipients.iter().map(|id| policy.recipient(id).unwrap()).collect(),
        necessary_recipients: regie_domain::policy::Recipients::only(regie_domain::policy::RecipientIx(0)),
        channels: channels(draft.channels),
        necessary_channels: channels(&draft.channels[..draft.necessary.min(draft.channels.len())]),
        retention: policy
            .categories
            .iter()
            .zip(0..)
            .map(|(_, ix)| used.has(regie_domain::policy::CategoryIx(ix)).then_some(draft.retention))
            .collect(),
        direct_marketing: draft.id.contains("email"),
        not_for_minors: draft.id.contains("email") || draft.id == "personalised-advertising",
        goes_on: (draft.id == "fraud-prevention").then_some(regie_domain::policy::GoesOn::ProtectionOfOthers),
        ask_again_after: Retention::For { months: 6, days: 0 },
        personal_price: false,
        contest: None,
    }
}

fn texts(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

/// Recommendations from purchases, by the retailer, on the web and in the app.
pub(crate) fn given(until: Until) -> Chosen {
    covering(&["purchases"], &["retailer"], &["web", "app"], until)
}

pub(crate) fn covering(categories: &[&str], recipients: &[&str], channels: &[&str], until: Until) -> Chosen {
    Chosen::Given { categories: texts(categories), recipients: texts(recipients), channels: texts(channels), until }
}

pub(crate) fn choice(purpose: &str, what: Chosen) -> Choice {
    Choice {
        purpose: purpose.to_owned(),
        what,
        at: at("2026-01-01T00:00:00Z"),
        evidence: None,
        salt: String::new(),
        by_request: String::new(),
    }
}

pub(crate) fn by_guardian(purpose: &str, what: Chosen) -> Choice {
    let evidence = Evidence {
        policy_version: "2026-01-01".to_owned(),
        language: "nl".to_owned(),
        method: "portal".to_owned(),
        actor: Actor::Guardian,
    };
    Choice { evidence: Some(evidence), ..choice(purpose, what) }
}

pub(crate) fn used_up() -> Chosen {
    Chosen::UsedUp { request: "r1".to_owned() }
}

/// A use by the retailer, in no visit.
pub(crate) fn use_of(policy: &Policy, purpose: &str, category: &str, channel: Option<&str>) -> Use {
    Use {
        purpose: policy.purpose(purpose).unwrap(),
        category: policy.category(category).unwrap(),
        recipient: RecipientIx(0),
        channel: channel.map(|c| policy.channel(c).unwrap()),
        visit: None,
    }
}

/// The use that most tests ask about.
pub(crate) fn recommend(policy: &Policy) -> Use {
    use_of(policy, "recommendations", "purchases", Some("web"))
}

pub(crate) fn in_visit(u: Use, visit: u64) -> Use {
    Use { visit: Some(VisitId(visit)), ..u }
}

/// A view in which customer 0 chose this.
pub(crate) fn chose(policy: &Policy, choices: &[Choice]) -> Consents {
    let mut consents = Consents::new();
    for choice in choices {
        consents.apply(policy, 0, choice);
    }
    consents
}

/// The word of the decision for customer 0.
pub(crate) fn word(policy: &Policy, consents: &Consents, u: &Use, now: Time) -> &'static str {
    consents.decide(policy, Some(0), u, now).reason()
}

pub(crate) fn ends(decision: Decision) -> regie_domain::consent::Ends {
    match decision {
        Decision::Allow { until, .. } => until,
        Decision::Deny(reason) => panic!("denied: {}", reason.code()),
    }
}
