//! What happened with a customer's data, as a sentence: for the timeline's page and for its interface alike.
//!
//! Invariant: a sentence says no more than the row does. What the policy in force does not name any more is told by its last name.

use std::collections::BTreeMap;
use std::sync::Arc;

use regie_domain::fact::{Actor, Consenter, EventName, Evidence, Ground, IdentifierKind, Letter, MailOutcome, RestrictedPart};
use regie_domain::information::InformationItem;
use regie_domain::ledger::until_text;
use regie_domain::policy::Wording;
use regie_domain::time::Time;

use super::changes::{Changed, changed_about};
use super::dates::Dates;
use super::portal::terms::{inside, listed, sentence};
use super::words::Words;
use crate::engine::api::{PastChoice, PastRestriction};
use crate::engine::disclosures::PastDisclosure;
use crate::engine::ended::EndedBy;
use crate::engine::restrict::ALL;
use crate::engine::timeline::{Happened, Row, Unstated};
use crate::engine::{Engine, FormerNames, JOIN, PolicyInForce};

/// A row in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What happened.
    pub text: String,
    /// On what ground, from whom, or by whom.
    pub note: Option<String>,
}

/// Says what a row tells.
pub fn tell(dates: &Dates, names: &Names, row: &Row) -> Told {
    let (t, policy) = (dates.words, &names.policy);
    let mut note = None;
    let text = match &row.what {
        Happened::Chose(choice) => {
            note = match &choice.evidence {
                Some(evidence) => by(t, evidence),
                None => changed(names, &choice.purpose, choice),
            };
            chose(dates, names, choice)
        }
        Happened::ConsenterStated(Consenter::Customer) => match policy.guardian_below_age {
            0 => t.get("told-consenter-customer"),
            years => t.with("told-consenter-age", &[("years", usize::from(years).into())]),
        },
        Happened::ConsenterStated(Consenter::Guardian) => t.get("told-consenter-guardian"),
        Happened::Restriction(past) => {
            note = past.evidence.as_ref().and_then(|e| by(t, e));
            restricted(names, past)
        }
        Happened::Contested { purpose, reference, .. } => {
            note.clone_from(reference);
            t.with("told-contested", &[("purpose", names.purpose(purpose).into())])
        }
        Happened::ContestAnswered { purpose, outcome, reasons, .. } => {
            note = Some(reasons.clone());
            t.with(&format!("told-contest-{}", outcome.code()), &[("purpose", names.purpose(purpose).into())])
        }
        Happened::Stated { item, purpose, recipients, until, evidence } => {
            note = by(t, evidence);
            let until = end_of(dates, &until_text(*until));
            let own = policy.recipients.first().is_some_and(|own| recipients.len() == 1 && recipients.contains(&own.id));
            let who: Vec<String> = recipients.iter().map(|r| names.recipient(r)).collect();
            let values = [
                ("item", names.item(*item).into()),
                ("purpose", names.purpose(purpose).into()),
                ("names", listed(t, &who).into()),
                ("until", until.into()),
            ];
            t.with(if own || who.is_empty() { "told-stated" } else { "told-stated-others" }, &values)
        }
        Happened::Unstated { item, how } => {
            let key = match how {
                Unstated::TakenBack => "told-unstated",
                Unstated::Hidden => "told-hidden",
                Unstated::VisitEnded => "told-visit-over",
                Unstated::LeftBehind => "told-unstated-left",
            };
            t.with(key, &[("item", names.item(*item).into())])
        }
        Happened::ToldEnded { item, purpose, by } => {
            let key = match by {
                EndedBy::Policy => "told-information-ended",
                EndedBy::No => "told-information-ended-no",
                EndedBy::Consenter => "told-information-ended-consenter",
            };
            let values = [("item", names.item(*item).into()), ("purpose", names.purpose(purpose).into())];
            t.with(key, &values)
        }
        Happened::Previewed { purpose, categories } => {
            let values = [("purpose", names.purpose(purpose).into()), ("categories", names.categories(categories).into())];
            t.with("told-previewed", &values)
        }
        Happened::Used { purpose, recipient, categories, allowed, count, .. } => {
            let values = [
                ("categories", names.categories(categories).into()),
                ("purpose", names.purpose(purpose).into()),
                ("recipient", sentence(&names.recipient(recipient)).into()),
                ("count", (*count as usize).into()),
            ];
            let own = policy.recipients.first().is_some_and(|r| r.id == *recipient);
            match (allowed, own) {
                (true, true) => t.with("told-used", &values),
                (true, false) => t.with("told-used-by", &values),
                (false, _) => t.with("told-blocked", &values),
            }
        }
        Happened::Disclosed(d) => {
            note = Some(ground(t, d));
            let (categories, recipient) = (names.categories(&d.categories), names.recipient(&d.recipient));
            let values =
                [("categories", categories.into()), ("recipient", recipient.into()), ("purpose", names.purpose(&d.purpose).into())];
            t.with("told-disclosed", &values)
        }
        Happened::Collected { name, sources, count, .. } => {
            let sources: Vec<String> = sources.iter().map(|s| names.source(s)).collect();
            note = (!sources.is_empty()).then(|| t.with("told-heard-from", &[("sources", listed(t, &sources).into())]));
            t.with(collected(*name), &[("count", (*count as usize).into())])
        }
        Happened::Provided { source, categories, .. } => {
            let values = [("source", sentence(&names.source(source)).into()), ("categories", names.categories(categories).into())];
            t.with("told-provided", &values)
        }
        Happened::Opened { source, kind } => {
            let key = if *kind == IdentifierKind::User { "told-opened-user" } else { "told-opened-device" };
            t.with(key, &[("source", names.source(source).into())])
        }
        Happened::Linked { source, kind } => {
            let key = if *kind == IdentifierKind::User { "told-linked-user" } else { "told-linked-device" };
            t.with(key, &[("source", names.source(source).into())])
        }
        Happened::Joined { .. } => t.get("told-joined"),
        Happened::MailAsked { letter } => t.get(match letter {
            Letter::Receipt { .. } => "told-mail-receipt",
            Letter::AlmostOver { .. } => "told-mail-question",
            Letter::Lifting { .. } => "told-mail-lifting",
        }),
        Happened::MailClosed { outcome } => t.get(match outcome {
            MailOutcome::Sent => "told-mail-sent",
            MailOutcome::NotAllowed | MailOutcome::Over => "told-mail-needless",
            MailOutcome::NoAddress => "told-mail-no-address",
            MailOutcome::Refused | MailOutcome::GivenUp => "told-mail-failed",
            MailOutcome::Unsure => "told-mail-unsure",
        }),
    };
    Told { text, note }
}

fn chose(dates: &Dates, names: &Names, choice: &PastChoice) -> String {
    let t = dates.words;
    let purpose = names.purpose(&choice.purpose);
    let key = match choice.choice.as_str() {
        "given" => {
            let until = choice.until.as_deref().map_or_else(|| t.get("until-withdrawn"), |until| end_of(dates, until));
            let own = names.policy.recipients.first().map(|r| r.id.as_str());
            let others: Vec<String> = choice.recipients.iter().filter(|r| Some(r.as_str()) != own).map(|r| names.recipient(r)).collect();
            let values = [
                ("purpose", purpose.into()),
                ("categories", names.categories(&choice.categories).into()),
                ("names", listed(t, &others).into()),
                ("until", until.into()),
            ];
            return t.with(if others.is_empty() { "told-given" } else { "told-given-others" }, &values);
        }
        "refused" => "told-refused",
        "withdrawn" => "told-withdrawn",
        "left_behind" if choice.evidence.as_ref().is_some_and(|evidence| evidence.method == JOIN) => "told-ended-by-join",
        "left_behind" => "told-left-behind",
        "invalidated" => "told-invalidated",
        "used_up" => "told-used-up",
        "visit_ended" => "told-visit-ended",
        "objected" => "told-objected",
        "objection_ended" => "told-objection-ended",
        "objection_upheld" => "told-objection-upheld",
        "objection_overruled" => "told-objection-overruled",
        _ => "told-chose",
    };
    t.with(key, &[("purpose", purpose.into())])
}

/// What had changed, where a policy ended the permission.
fn changed(names: &Names, purpose: &str, choice: &PastChoice) -> Option<String> {
    let sentences = (choice.choice == "invalidated").then(|| names.changes.get(purpose)).flatten()?;
    Some(sentences.iter().map(|change| change.text.as_str()).collect::<Vec<_>>().join(" "))
}

/// An end inside a sentence.
fn end_of(dates: &Dates, until: &str) -> String {
    let t = dates.words;
    match until {
        "visit" => t.get("until-visit"),
        "once" => t.get("until-once"),
        moment => Time::parse(moment).map_or_else(
            |_| t.get("until-withdrawn"),
            |at| inside(t.with("until-moment", &[("end", dates.end(at).into())]).trim_end_matches('.')),
        ),
    }
}

/// What a restriction is about: "je aankopen", "al je gegevens".
pub(crate) fn restricted_part(names: &Names, part: &RestrictedPart) -> String {
    let of = |id: &Option<String>| id.clone().unwrap_or_else(|| ALL.to_owned());
    names.part(&of(&part.purpose), &of(&part.category))
}

fn restricted(names: &Names, past: &PastRestriction) -> String {
    let part = names.part(&past.purpose, &past.category);
    let key = match past.change {
        "restricted" => "told-restricted",
        "told" => "told-lift-told",
        _ => "told-lifted",
    };
    names.t.with(key, &[("part", part.into())])
}

/// Who recorded a choice, if it was not the customer.
fn by(t: Words, evidence: &Evidence) -> Option<String> {
    if evidence.is_signal() {
        return Some(t.get("told-by-browser"));
    }
    match evidence.actor {
        Actor::Customer | Actor::System => None,
        Actor::Guardian => Some(t.get("told-by-guardian")),
        Actor::Staff => Some(t.get("told-by-staff")),
        Actor::Source => Some(t.get("told-by-source")),
    }
}

fn ground(t: Words, d: &PastDisclosure) -> String {
    let ground = match d.ground {
        Ground::Consent => t.get("told-ground-consent"),
        Ground::Contract => t.get("told-ground-contract"),
        Ground::LegalObligation => t.get("told-ground-law"),
        Ground::LegitimateInterest => t.get("told-ground-interest"),
    };
    match &d.reference {
        Some(reference) => format!("{ground} {}", t.with("told-reference", &[("reference", reference.into())])),
        None => ground,
    }
}

fn collected(name: EventName) -> &'static str {
    match name {
        EventName::PageViewed => "told-page-viewed",
        EventName::ProductViewed => "told-product-viewed",
        EventName::ProductAdded => "told-product-added",
        EventName::ProductRemoved => "told-product-removed",
        EventName::ProductsSearched => "told-searched",
        EventName::OrderCompleted => "told-bought",
        EventName::OrderRefunded => "told-refunded",
    }
}

/// The policy's names for ids, in one language: of the one in force, else of the last one that had them. An id that none had stands for itself.
#[derive(Debug, Clone)]
pub struct Names {
    /// The words.
    pub(crate) t: Words,
    /// The policy in force.
    pub(crate) policy: PolicyInForce,
    former: Arc<FormerNames>,
    /// By purpose: what changed when a policy last ended permissions for it.
    changes: BTreeMap<String, Vec<Changed>>,
}

impl Names {
    /// The names as they are now.
    pub fn new(t: Words, engine: &Engine) -> Names {
        let policy = engine.policy();
        let changed = policy.purposes.iter().filter_map(|p| Some((p.id.clone(), changed_about(t, engine, &p.id)?.1)));
        Names { t, changes: changed.collect(), policy, former: engine.former_names() }
    }

    fn named(&self, now: Option<&Wording>, former: Option<&Wording>, id: &str) -> String {
        now.or(former).map_or(id, |w| w.get(self.t.language.tag())).to_owned()
    }

    /// A purpose, by the name that the retailer gave it: sentences quote it, so that nobody has to write grammar.
    pub(crate) fn purpose(&self, id: &str) -> String {
        self.named(self.policy.purpose(id).map(|ix| &self.policy.at(ix).name), self.former.purposes.get(id), id)
    }

    /// All purposes that ever were, by id: those of the policy in force, and those of former ones.
    pub(crate) fn purposes(&self) -> Vec<(String, String)> {
        let now = self.policy.purposes.iter().map(|p| p.id.clone());
        let former = self.former.purposes.keys().filter(|id| self.policy.purpose(id).is_none()).cloned();
        now.chain(former).map(|id| (id.clone(), self.purpose(&id))).collect()
    }

    /// A category: "je aankopen".
    pub(crate) fn category(&self, id: &str) -> String {
        self.named(self.policy.categories.iter().find(|c| c.id == id).map(|c| &c.name), self.former.categories.get(id), id)
    }

    /// What a restriction is about.
    fn part(&self, purpose: &str, category: &str) -> String {
        match (purpose, category) {
            (ALL, ALL) => self.t.get("told-part-all"),
            (purpose, ALL) => self.t.with("told-part-purpose", &[("purpose", self.purpose(purpose).into())]),
            (ALL, category) => self.category(category),
            (purpose, category) => {
                let values = [("purpose", self.purpose(purpose).into()), ("categories", self.category(category).into())];
                self.t.with("told-part-both", &values)
            }
        }
    }

    /// Several: "je aankopen en wat je bekijkt".
    pub(crate) fn categories(&self, ids: &[String]) -> String {
        let names: Vec<String> = ids.iter().map(|id| self.category(id)).collect();
        listed(self.t, &names)
    }

    /// What a customer can tell: "je dieet".
    fn item(&self, item: InformationItem) -> String {
        inside(&self.t.get(&format!("item-{}", item.id())))
    }

    /// A recipient: "de bezorger".
    pub(crate) fn recipient(&self, id: &str) -> String {
        let now = self.policy.recipients.iter().find(|r| r.id == id);
        self.named(now.map(|r| &r.name), self.former.recipients.get(id).map(|r| &r.name), id)
    }

    /// A source: "de webwinkel".
    pub(crate) fn source(&self, id: &str) -> String {
        self.named(self.policy.source(id).map(|s| &s.name), self.former.sources.get(id), id)
    }
}
