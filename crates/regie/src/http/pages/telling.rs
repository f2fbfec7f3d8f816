//! What happened with a customer's data, as a sentence: for the timeline's page and for its interface alike.
//!
//! Invariant: a sentence says no more than the row does. What the policy in force does not name any more is told by its id.

use regie_domain::fact::{Actor, Consenter, EventName, Evidence, Ground, IdentifierKind};
use regie_domain::information::InformationItem;
use regie_domain::ledger::until_text;
use regie_domain::policy::{Policy, Wording};
use regie_domain::time::Time;

use super::dates::Dates;
use super::portal::terms::{inside, listed, sentence};
use super::words::Words;
use crate::engine::api::{PastChoice, PastRestriction};
use crate::engine::disclosures::PastDisclosure;
use crate::engine::restrict::ALL;
use crate::engine::timeline::{Happened, Row};

/// A row in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What happened.
    pub text: String,
    /// On what ground, from whom, or by whom.
    pub note: Option<String>,
}

/// Says what a row tells.
pub fn tell(dates: &Dates, policy: &Policy, row: &Row) -> Told {
    let t = dates.words;
    let names = Names { t, policy };
    let mut note = None;
    let text = match &row.what {
        Happened::Chose(choice) => {
            note = choice.evidence.as_ref().and_then(|e| by(t, e));
            chose(dates, &names, choice)
        }
        Happened::ConsenterStated(Consenter::Customer) => t.get("told-consenter-customer"),
        Happened::ConsenterStated(Consenter::Guardian) => t.get("told-consenter-guardian"),
        Happened::Restriction(past) => {
            note = past.evidence.as_ref().and_then(|e| by(t, e));
            restricted(&names, past)
        }
        Happened::Stated { item, purpose, until, evidence } => {
            note = by(t, evidence);
            let until = end_of(dates, &until_text(*until));
            let values = [("item", names.item(*item).into()), ("purpose", names.purpose(purpose).into()), ("until", until.into())];
            t.with("told-stated", &values)
        }
        Happened::Unstated { item, hidden } => {
            t.with(if *hidden { "told-hidden" } else { "told-unstated" }, &[("item", names.item(*item).into())])
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
        Happened::Requested { right } if right == "export" => t.get("told-exported"),
        Happened::Requested { .. } => t.get("told-requested"),
    };
    Told { text, note }
}

fn chose(dates: &Dates, names: &Names<'_>, choice: &PastChoice) -> String {
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

fn restricted(names: &Names<'_>, past: &PastRestriction) -> String {
    let part = match (past.purpose.as_str(), past.category.as_str()) {
        (ALL, ALL) => names.t.get("told-part-all"),
        (purpose, ALL) => names.t.with("told-part-purpose", &[("purpose", names.purpose(purpose).into())]),
        (ALL, category) => names.categories(&[category.to_owned()]),
        (purpose, category) => {
            let categories = names.categories(&[category.to_owned()]);
            names.t.with("told-part-both", &[("purpose", names.purpose(purpose).into()), ("categories", categories.into())])
        }
    };
    let key = match past.change {
        "restricted" => "told-restricted",
        "told" => "told-lift-told",
        _ => return sentence(&names.t.with("told-lifted", &[("part", part.into())])),
    };
    names.t.with(key, &[("part", part.into())])
}

/// Who recorded a choice, if it was not the customer.
fn by(t: Words, evidence: &Evidence) -> Option<String> {
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

/// The policy's names for ids, in one language; an id that it does not know stands for itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    /// The words.
    pub(crate) t: Words,
    /// The policy in force.
    pub(crate) policy: &'a Policy,
}

impl Names<'_> {
    fn named(&self, wording: Option<&Wording>, id: &str) -> String {
        wording.map_or(id, |w| w.get(self.t.language.tag())).to_owned()
    }

    /// A purpose, as it stands inside a sentence.
    pub(crate) fn purpose(&self, id: &str) -> String {
        inside(&self.named(self.policy.purpose(id).map(|ix| &self.policy.at(ix).name), id))
    }

    /// A category: "je aankopen".
    pub(crate) fn category(&self, id: &str) -> String {
        self.named(self.policy.categories.iter().find(|c| c.id == id).map(|c| &c.name), id)
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
        self.named(self.policy.recipients.iter().find(|r| r.id == id).map(|r| &r.name), id)
    }

    /// A source: "de webwinkel".
    pub(crate) fn source(&self, id: &str) -> String {
        self.named(self.policy.source(id).map(|s| &s.name), id)
    }
}
