//! The register of processing (Article 30), the notice (Articles 13 and 14) and the skeleton of a DPIA (Article 35): generated from the
//! policy, held against what a data folder really shows.
//!
//! Invariant: nothing stands in them that neither the policy nor the log says; what the two say differently is marked. Left out: what
//! no program can know (who was consulted, how likely a risk is): the skeleton leaves room for it.

pub mod seen;

mod differences;
mod table;
mod words;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regie_domain::policy::{Basis, Policy, Purpose, RecipientIx, Retention, Role};
use serde_json::{Value, json};

pub use differences::{Difference, differences};
pub use seen::Seen;
use seen::Used;

use crate::http::pages::portal::terms::inside;
use crate::http::pages::words::{Language, Words};
use words::{basis_name, retention_code, retention_words};

/// A register, ready to be written in one of its forms.
#[derive(Debug)]
pub struct Register<'a> {
    policy: &'a Policy,
    seen: Option<&'a Seen>,
    differences: Vec<Difference>,
    t: Words,
}

impl<'a> Register<'a> {
    /// Of this policy, and of what was seen if a folder was read.
    pub fn new(policy: &'a Policy, seen: Option<&'a Seen>, language: Language) -> Register<'a> {
        let differences = seen.map(|seen| differences(policy, seen)).unwrap_or_default();
        Register { policy, seen, differences, t: Words::new(language) }
    }

    /// Where declared and seen differ.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// For programs: names in both languages, terms as the policy writes them.
    pub fn json(&self) -> Value {
        let p = self.policy;
        let wording = |w: &regie_domain::policy::Wording| json!({"nl": w.nl, "en": w.en});
        let used = |is: &dyn Fn(&str, &str, &str) -> bool| self.seen.map(|seen| seen.used(is));
        let purposes: Vec<Value> = p
            .purposes
            .iter()
            .map(|purpose| {
                let categories: Vec<Value> = purpose
                    .categories
                    .iter()
                    .filter_map(|c| Some((p.categories.get(usize::from(c.0))?, purpose.retention.get(usize::from(c.0))?)))
                    .map(|(category, retention)| {
                        json!({"category": category.id, "retention": retention.map(retention_code), "seen": used(&|pu, c, _| pu == purpose.id && c == category.id)})
                    })
                    .collect();
                let recipients: Vec<&str> =
                    purpose.recipients.iter().filter_map(|r| p.recipients.get(usize::from(r.0))).map(|r| r.id.as_str()).collect();
                let channels: Vec<&str> =
                    purpose.channels.iter().filter_map(|c| p.channels.get(usize::from(c.0))).map(|c| c.id.as_str()).collect();
                json!({
                    "id": purpose.id, "name": wording(&purpose.name), "basis": purpose.basis.code(), "article": article(purpose.basis),
                    "dpv": purpose.dpv, "why": wording(&purpose.why), "what": wording(&purpose.what), "how_long": wording(&purpose.how_long),
                    "weighing": purpose.weighing.as_ref().map(wording), "direct_marketing": purpose.direct_marketing,
                    "not_for_minors": purpose.not_for_minors, "personal_price": purpose.personal_price,
                    "contest": purpose.contest.as_ref().map(wording), "categories": categories, "recipients": recipients, "channels": channels,
                    "seen": used(&|pu, _, _| pu == purpose.id),
                })
            })
            .collect();
        let categories: Vec<Value> = p
            .categories
            .iter()
            .map(|c| {
                json!({"id": c.id, "name": wording(&c.name), "explanation": wording(&c.explanation), "dpv": c.dpv, "special": c.special,
                    "kept": self.seen.map(|seen| seen.kept.get(&c.id).cloned().unwrap_or_default()),
                    "seen": used(&|_, ca, _| ca == c.id)})
            })
            .collect();
        let holders = p.holders();
        let recipients: Vec<Value> = (0u8..)
            .zip(&p.recipients)
            .map(|(ix, r)| {
                json!({"id": r.id, "name": wording(&r.name), "role": r.role.code(), "country": r.country, "transfer": r.transfer,
                    "erasure_contact": r.erasure_contact, "holds_everything": holders.has(RecipientIx(ix)), "seen": used(&|_, _, re| re == r.id)})
            })
            .collect();
        let sources: Vec<Value> = p.sources.iter().map(|s| json!({"id": s.id, "name": wording(&s.name), "id_space": s.id_space})).collect();
        json!({
            "format": "regie-register/1",
            "policy": {"version": p.version, "digest": p.digest},
            "controller": {"name": p.controller.name, "contact": p.controller.contact},
            "privacy_officer": {"name": p.privacy_officer.name, "contact": p.privacy_officer.contact},
            "supervisory_authority": {"name": p.supervisory_authority.name, "contact": p.supervisory_authority.contact},
            "data_subjects": ["customers"],
            "purposes": purposes, "categories": categories, "recipients": recipients, "sources": sources,
            "measures": MEASURES.map(|key| json!({"nl": Words::new(Language::Dutch).get(key), "en": Words::new(Language::English).get(key)})),
            "seen": self.seen,
            "differences": self.differences.iter().map(|d| json!({"code": d.code, "what": d.what, "id": d.id, "nl": d.text(Words::new(Language::Dutch), p), "en": d.text(Words::new(Language::English), p)})).collect::<Vec<_>>(),
        })
    }

    /// For spreadsheets: a row for each purpose and category, RFC 4180.
    ///
    /// # Errors
    /// Never for what is put in here: it is written into memory.
    pub fn csv(&self) -> Result<String, csv::Error> {
        Ok(String::from_utf8_lossy(&table::write(self)?).into_owned())
    }

    /// For people: one page that stands by itself.
    ///
    /// # Errors
    /// Never for what is put in here: it is written into memory.
    pub fn html(&self) -> Result<String, askama::Error> {
        let page = RegisterPage { p: Sheet::of(self), t: self.t, seen: self.seen.is_some() };
        page.render()
    }

    /// What customers are told (Articles 13 and 14), as a page that stands by itself. Held against what was seen, it begins with the
    /// differences, for whoever is about to publish it.
    ///
    /// # Errors
    /// As [`Register::html`].
    pub fn notice(&self) -> Result<String, askama::Error> {
        NoticePage { p: Sheet::of(self), t: self.t, seen: self.seen.is_some(), age: self.policy.guardian_below_age }.render()
    }

    /// The skeleton of a data protection impact assessment, in Markdown: filled in where the policy and the log can, with room for the
    /// rest.
    ///
    /// # Errors
    /// As [`Register::html`].
    pub fn dpia(&self) -> Result<String, askama::Error> {
        DpiaPage { criteria: self.criteria(), p: Sheet::of(self), t: self.t, records: self.seen.map(|s| s.records) }.render()
    }

    /// Which of the supervisory authorities' criteria for a DPIA (WP 248) the policy itself shows.
    fn criteria(&self) -> Vec<String> {
        let p = self.policy;
        let uses = |id: &str| p.category(id).is_some_and(|c| p.purposes.iter().any(|purpose| purpose.categories.has(c)));
        let special = p.categories.iter().any(|c| c.special && uses(&c.id));
        let found = [
            (uses("derived-profile"), "dpia-profiling"),
            (special, "dpia-special"),
            (p.guardian_below_age > 0, "dpia-vulnerable"),
            (p.sources.len() > 1, "dpia-matching"),
            (self.seen.is_some_and(|s| s.records >= 10_000), "dpia-large"),
            (p.recipients.iter().any(|r| r.transfer.is_some()), "dpia-transfer"),
        ];
        found.into_iter().filter(|(is, _)| *is).map(|(_, key)| self.t.get(key)).collect()
    }
}

/// What protects the data, as the program does it.
const MEASURES: [&str; 7] = [
    "reg-measure-sealed",
    "reg-measure-decide",
    "reg-measure-erase",
    "reg-measure-once",
    "reg-measure-ledger",
    "reg-measure-logs",
    "reg-measure-portal",
];

/// The pages' own font, laid into files that load nothing.
const FONT: &[u8] = include_bytes!("../../assets/figtree.woff2");

fn article(basis: Basis) -> &'static str {
    match basis {
        Basis::Consent => "6(1)(a)",
        Basis::Contract => "6(1)(b)",
        Basis::LegalObligation => "6(1)(c)",
        Basis::LegitimateInterest => "6(1)(f)",
    }
}

/// Everything that the pages say, in one language.
#[derive(Debug)]
struct Sheet {
    language: &'static str,
    /// The font, in base64.
    font: String,
    controller: (String, String),
    /// The controller inside a sentence.
    inside: String,
    officer: (String, String),
    authority: (String, String),
    version: String,
    digest: String,
    purposes: Vec<PurposeRow>,
    categories: Vec<CategoryRow>,
    recipients: Vec<RecipientRow>,
    sources: Vec<String>,
    measures: Vec<String>,
    differences: Vec<String>,
}

#[derive(Debug)]
struct PurposeRow {
    name: String,
    why: String,
    what: String,
    basis: String,
    article: &'static str,
    weighing: Option<String>,
    /// Personal prices, and decisions of significant effect: what is decided, and where to contest it.
    automated: Option<String>,
    refusal: String,
    how_long: String,
    /// Name, term, how often used.
    categories: Vec<(String, String, Option<Used>)>,
    recipients: Vec<String>,
    channels: Vec<String>,
    used: Option<Used>,
}

#[derive(Debug)]
struct CategoryRow {
    name: String,
    explanation: String,
    special: bool,
    kept: Option<u64>,
    used: Option<Used>,
    sources: Vec<String>,
}

#[derive(Debug)]
struct RecipientRow {
    name: String,
    role: String,
    /// It has all that is kept, without a use that says so.
    holds: bool,
    country: String,
    transfer: Option<String>,
    used: Option<Used>,
}

fn automated(t: Words, purpose: &Purpose) -> Option<String> {
    let price = purpose.personal_price.then(|| t.get("reg-personal-price"));
    let told: Vec<String> = price.into_iter().chain(purpose.contest.as_ref().map(|c| c.get(t.language.tag()).to_owned())).collect();
    (!told.is_empty()).then(|| told.join(" "))
}

impl Sheet {
    fn of(register: &Register<'_>) -> Sheet {
        let (p, t, tag) = (register.policy, register.t, register.t.language.tag());
        let used = |is: &dyn Fn(&str, &str, &str) -> bool| register.seen.map(|seen| seen.used(is));
        let pair = |name: &str, contact: &str| (t.part(name).to_owned(), contact.to_owned());
        let purposes = p.purposes.iter().map(|purpose| PurposeRow {
            name: purpose.name.get(tag).to_owned(),
            why: purpose.why.get(tag).to_owned(),
            what: purpose.what.get(tag).to_owned(),
            basis: basis_name(t, purpose.basis),
            article: article(purpose.basis),
            weighing: purpose.weighing.as_ref().map(|w| w.get(tag).to_owned()),
            automated: automated(t, purpose),
            refusal: purpose.refusal.get(tag).to_owned(),
            how_long: purpose.how_long.get(tag).to_owned(),
            categories: purpose
                .categories
                .iter()
                .filter_map(|c| {
                    Some((p.categories.get(usize::from(c.0))?, purpose.retention.get(usize::from(c.0))?.unwrap_or(Retention::None)))
                })
                .map(|(c, retention)| {
                    (c.name.get(tag).to_owned(), retention_words(t, retention), used(&|pu, ca, _| pu == purpose.id && ca == c.id))
                })
                .collect(),
            recipients: purpose
                .recipients
                .iter()
                .filter_map(|r| p.recipients.get(usize::from(r.0)))
                .map(|r| r.name.get(tag).to_owned())
                .collect(),
            channels: purpose
                .channels
                .iter()
                .filter_map(|c| p.channels.get(usize::from(c.0)))
                .map(|c| c.name.get(tag).to_owned())
                .collect(),
            used: used(&|pu, _, _| pu == purpose.id),
        });
        let categories = p.categories.iter().map(|c| CategoryRow {
            name: c.name.get(tag).to_owned(),
            explanation: c.explanation.get(tag).to_owned(),
            special: c.special,
            kept: register.seen.map(|seen| seen.kept.get(&c.id).map_or(0, |k| k.count)),
            used: used(&|_, ca, _| ca == c.id),
            sources: register
                .seen
                .and_then(|seen| seen.kept.get(&c.id))
                .map(|kept| kept.sources.keys().map(|id| p.source(id).map_or(id.as_str(), |s| s.name.get(tag)).to_owned()).collect())
                .unwrap_or_default(),
        });
        let holders = p.holders();
        let recipients = (0u8..).zip(&p.recipients).map(|(ix, r)| RecipientRow {
            name: r.name.get(tag).to_owned(),
            role: match r.role {
                Role::Retailer => t.get("reg-role-retailer"),
                Role::Processor => t.get("reg-role-processor"),
                Role::ThirdParty => t.get("reg-role-third"),
            },
            holds: holders.has(RecipientIx(ix)),
            country: r.country.clone(),
            transfer: r.transfer.clone(),
            used: used(&|_, _, re| re == r.id),
        });
        Sheet {
            language: tag,
            font: STANDARD.encode(FONT),
            inside: inside(t.part(&p.controller.name)),
            controller: pair(&p.controller.name, &p.controller.contact),
            officer: pair(&p.privacy_officer.name, &p.privacy_officer.contact),
            authority: pair(&p.supervisory_authority.name, &p.supervisory_authority.contact),
            version: p.version.clone(),
            digest: p.digest.clone(),
            purposes: purposes.collect(),
            categories: categories.collect(),
            recipients: recipients.collect(),
            sources: p.sources.iter().map(|s| s.name.get(tag).to_owned()).collect(),
            measures: MEASURES.map(|key| t.get(key)).to_vec(),
            differences: differences::sentences(&register.differences, t, p),
        }
    }
}

#[derive(Template)]
#[template(path = "register/register.html")]
struct RegisterPage {
    p: Sheet,
    t: Words,
    seen: bool,
}

#[derive(Template)]
#[template(path = "register/notice.html")]
struct NoticePage {
    p: Sheet,
    t: Words,
    seen: bool,
    age: u8,
}

#[derive(Template)]
#[template(path = "register/dpia.md")]
struct DpiaPage {
    p: Sheet,
    t: Words,
    criteria: Vec<String>,
    records: Option<u64>,
}

#[cfg(test)]
mod tests;
