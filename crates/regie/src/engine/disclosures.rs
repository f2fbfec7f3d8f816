//! Disclosures: what went to somebody outside the retailer, one by one, recorded before it left.
//!
//! A system asks before it sends. Invariant: a yes is durable before it is answered, with its leaf in the ledger in the same commit;
//! a no is told with its reason and noted as a use that was denied. Left out: sending; what was sent cannot be recalled.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use regie_domain::consent::{Decision, Ends, Reason, Use};
use regie_domain::fact::{Choice, Chosen, Disclosure, Fact, Ground, VisitId};
use regie_domain::ids::{DisclosureId, Handle};
use regie_domain::information::{CATEGORY, InformationItem};
use regie_domain::policy::{Policy, RecipientIx, Role};
use regie_domain::time::Time;
use serde::Serialize;
use serde_json::{Value, json};
use smallvec::SmallVec;

use super::api::Question;
use super::decide::{after_a_sale, asked, ends_text};
use super::error::EngineError;
use super::information::{judge_all, judge_any, sooner};
use super::read::is_choice;
use super::rules::{Rules, random};
use super::views::days::What;
use super::views::policies::FormerNames;
use super::views::{RecordIx, Views};
use super::{Engine, choice};

/// The longest reference of the retailer's, in bytes.
pub const REFERENCE_BYTES_MAX: usize = 256;
/// The most disclosures in one answer.
pub const DISCLOSURES_MAX: usize = 200;

/// A wish to hand data to somebody outside the retailer.
#[derive(Debug, Clone)]
pub struct Disclose {
    /// To whom: a recipient of the policy, not the retailer itself.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// Which kinds of data: all of them must be allowed.
    pub categories: Vec<String>,
    /// Of `my-information`: these items alone. Without them everything that is told leaves, so each item must allow it.
    pub items: Vec<InformationItem>,
    /// Through which channel the customer is served with it.
    pub channel: Option<String>,
    /// The visit in which it happens.
    pub visit: Option<String>,
    /// The retailer's own reference, at most [`REFERENCE_BYTES_MAX`].
    pub reference: Option<String>,
}

/// One disclosure as customers and their export see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastDisclosure {
    /// Its public name.
    pub id: DisclosureId,
    /// When it was recorded, just before the data left.
    pub at: Time,
    /// To whom.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// Which kinds of data.
    pub categories: Vec<String>,
    /// Of what the customer tells: these items alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<InformationItem>,
    /// Through which channel.
    pub channel: Option<String>,
    /// The legal ground it rested on.
    pub ground: Ground,
    /// When the consent was given that it rested on, if that is still in the log.
    pub consent_given_at: Option<Time>,
    /// The end of that consent, as it stood.
    pub until: Option<String>,
    /// The retailer's own reference.
    pub reference: Option<String>,
}

/// A disclosure that may happen now, and what leaves with it of what the customer tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Disclosed {
    /// As it was recorded.
    pub disclosure: PastDisclosure,
    /// By item: the values that were judged, and no others. Empty where `my-information` does not leave.
    pub information: Values,
}

/// Values of what a customer tells, by item.
type Values = BTreeMap<InformationItem, Value>;

/// Disclosures, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisclosureList {
    /// The newest of those asked for.
    pub disclosures: Vec<PastDisclosure>,
    /// How many there are in all.
    pub total: usize,
    /// What to ask `before` for the ones that follow; `None`: there are no more.
    pub next: Option<DisclosureId>,
}

impl Engine {
    /// May these data go there now? Then it is recorded, durably, before this returns. The request's name, if it has one, makes a
    /// retry find what was recorded, also after a restart: as long as it may still go there, for who retries has perhaps not sent it yet.
    ///
    /// # Errors
    /// [`EngineError::DisclosureRefused`] with the reason; [`EngineError::UnknownId`], [`EngineError::NotADisclosure`],
    /// [`EngineError::TooMany`]; [`EngineError::IdempotencyKeyRequired`] where a permission for once would be used up without one; as
    /// [`Engine::collect`] otherwise.
    pub async fn disclose(&self, customer: Handle, wish: Disclose, request: Option<String>) -> Result<Disclosed, EngineError> {
        let (Disclosure { id, .. }, information) = self.record_disclosure(customer, wish, request).await?;
        let facts = self.reading(move |engine| engine.noted_facts(customer, |what| what == What::Disclosed || is_choice(what))).await?;
        let disclosure = among(facts.into_iter()).into_iter().find(|d| d.id == id).ok_or(EngineError::Broken)?;
        Ok(Disclosed { disclosure, information })
    }

    /// What [`Engine::disclose`] records.
    pub(super) async fn record_disclosure(
        &self,
        customer: Handle,
        wish: Disclose,
        request: Option<String>,
    ) -> Result<(Disclosure, Values), EngineError> {
        let uses = uses_of(&self.shared.rules.policy, &wish)?;
        if let Some(name) = request.clone() {
            let (again, retried) = (uses.clone(), wish.clone());
            let before = self.reading(move |engine| engine.disclosed_before(customer, &again, &retried, &name)).await;
            if let Some(found) = before.inspect_err(|e| self.note_refused(customer, &uses, e))? {
                return Ok(found);
            }
        }
        let recorded: Arc<OnceLock<(Disclosure, Values)>> = Arc::default();
        let (made, name, visit, wanted) = (recorded.clone(), request.clone(), wish.visit.clone(), uses.clone());
        let engine = match request {
            Some(request) => self.for_request(Some(request)),
            None => self.clone(),
        };
        let id = DisclosureId(u128::from_le_bytes(random()?));
        let chose = engine
            .choose(customer, move |at| {
                let visit = visit.as_deref().and_then(|v| at.views.visit(at.customer, v));
                let ends = judge_wish(at.rules, at.views, at.customer, &wanted, visit, &wish.items, at.judge)?;
                let values = told_among(at.rules, at.views, at.customer, &wanted, &wish.items, at.judge);
                let mut facts = Vec::new();
                if ends == Ends::Once {
                    let request = name.ok_or(EngineError::IdempotencyKeyRequired)?;
                    facts.push(choice(&wish.purpose, Chosen::UsedUp { request }, at.now, None));
                }
                let ground = wanted.first().map_or(Ground::Consent, |used| at.rules.policy.at(used.purpose).basis.into());
                let Disclose { recipient, purpose, categories, items, channel, reference, .. } = wish;
                let until = ends_text(ends);
                let disclosure = Disclosure {
                    id,
                    recipient,
                    purpose,
                    categories,
                    items,
                    channel,
                    ground,
                    until,
                    reference,
                    at: at.now,
                    salt: String::new(),
                    by_request: String::new(),
                };
                let _first = made.set((disclosure.clone(), values));
                facts.push(Fact::Disclosed(disclosure));
                Ok(facts)
            })
            .await;
        match chose {
            Ok(_) => recorded.get().cloned().ok_or(EngineError::Broken),
            Err(e) => {
                self.note_refused(customer, &uses, &e);
                Err(e)
            }
        }
    }

    /// A refusal is a use that was denied.
    fn note_refused(&self, customer: Handle, uses: &[Use], error: &EngineError) {
        if matches!(error, EngineError::DisclosureRefused { .. }) {
            self.record_uses(&self.settled(), Some(customer), uses, false);
        }
    }

    /// The customer's disclosures, newest first, at most [`DISCLOSURES_MAX`]; with `before` only those that are older. Reads the disk:
    /// O(the customer's disclosures and choices).
    ///
    /// # Errors
    /// As [`Engine::consents`]; [`EngineError::UnknownId`] for a `before` that is none of theirs.
    pub fn disclosures(&self, customer: Handle, before: Option<DisclosureId>, limit: usize) -> Result<DisclosureList, EngineError> {
        let facts = self.noted_facts(customer, |what| what == What::Disclosed || is_choice(what))?;
        let mut all = among(facts.into_iter());
        all.reverse();
        let total = all.len();
        let skip = match before {
            None => 0,
            Some(id) => {
                let unknown = || EngineError::UnknownId { what: "before", id: id.to_string() };
                all.iter().position(|d| d.id == id).ok_or_else(unknown)? + 1
            }
        };
        let limit = limit.clamp(1, DISCLOSURES_MAX);
        let more = total > skip + limit;
        let disclosures: Vec<PastDisclosure> = all.into_iter().skip(skip).take(limit).collect();
        let next = if more { disclosures.last().map(|d| d.id) } else { None };
        Ok(DisclosureList { disclosures, total, next })
    }

    /// Is this recipient one that decides for itself what it does with data? Then each use of its is a disclosure.
    pub(super) fn is_third_party(&self, recipient: RecipientIx) -> bool {
        self.shared.rules.policy.recipients.get(usize::from(recipient.0)).is_some_and(|r| r.role == Role::ThirdParty)
    }

    /// The customer's facts of some kinds, in the order of the log. Reads only those.
    pub(super) fn noted_facts(&self, customer: Handle, wanted: impl Fn(What) -> bool) -> Result<Vec<Fact>, EngineError> {
        let positions = {
            let views = self.shared.views.read();
            views.noted(views.customer(customer).ok_or(EngineError::UnknownCustomer)?, wanted)
        };
        Ok(self.shared.facts_at(&positions)?.into_iter().map(|(_, fact)| fact).collect())
    }

    /// What this very request recorded before, if it may still leave. A permission that it used up itself is one it still has.
    fn disclosed_before(
        &self,
        customer: Handle,
        uses: &[Use],
        wish: &Disclose,
        request: &str,
    ) -> Result<Option<(Disclosure, Values)>, EngineError> {
        let facts = self.noted_facts(customer, |what| what == What::Disclosed)?;
        let recorded = facts.into_iter().find_map(|fact| match fact {
            Fact::Disclosed(d) if d.by_request == request => Some(d),
            _ => None,
        });
        let Some(recorded) = recorded else { return Ok(None) };
        let judged = {
            let settled = self.settled();
            let record = settled.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            let policy = &self.shared.rules.policy;
            let unsure = |used: &&Use| settled.decide(policy, Some(record), used) == Decision::Deny(Reason::CutOff);
            if let Some(used) = uses.iter().find(unsure) {
                return Err(refused(policy, used, Reason::CutOff, false));
            }
            let visit = wish.visit.as_deref().and_then(|v| settled.visit(record, v));
            let rules = &self.shared.rules;
            judge_wish(rules, &settled, record, uses, visit, &wish.items, settled.judge)
                .map(|_| told_among(rules, &settled, record, uses, &wish.items, settled.judge))
        };
        match judged {
            Ok(information) => Ok(Some((recorded, information))),
            Err(EngineError::DisclosureRefused { reason: Reason::UsedUp, .. })
                if uses.iter().all(|used| self.find_once(customer, used, request).unwrap_or(false)) =>
            {
                Ok(Some((recorded, Values::new())))
            }
            Err(e) => Err(e),
        }
    }
}

/// The disclosures among a customer's facts, oldest first, each with the consent that it rested on.
pub(super) fn among(facts: impl Iterator<Item = Fact>) -> Vec<PastDisclosure> {
    let mut given: Vec<(String, Time)> = Vec::new();
    let mut all = Vec::new();
    for fact in facts {
        match fact {
            Fact::Chosen(Choice { purpose, what: Chosen::Given { .. }, at, .. }) => {
                given.retain(|(p, _)| *p != purpose);
                given.push((purpose, at));
            }
            Fact::Disclosed(d) => {
                let consent = given.iter().find(|(p, _)| *p == d.purpose && d.ground == Ground::Consent).map(|(_, at)| *at);
                all.push(told(d, consent));
            }
            _ => {}
        }
    }
    all
}

/// A disclosure with the recipient as the policy names it; one that it does not know any more, as the last policy that did.
pub fn disclosure_json(policy: &Policy, former: &FormerNames, d: &PastDisclosure) -> Value {
    let (mut value, recipient) = (json!(d), recipient_json(policy, former, &d.recipient));
    if let Some(all) = value.as_object_mut() {
        let [name, role, country] = ["name", "role", "country"].map(|part| recipient[part].clone());
        all.extend([("recipient_name".into(), name), ("role".into(), role), ("country".into(), country)]);
    }
    value
}

/// Who a recipient is: as the policy names it, else as the last policy did that knew it.
pub(super) fn recipient_json(policy: &Policy, former: &FormerNames, id: &str) -> Value {
    let recipient = policy.recipients.iter().find(|r| r.id == id).or_else(|| former.recipients.get(id));
    let name = recipient.map_or_else(|| json!({"nl": id, "en": id}), |r| json!({"nl": r.name.nl, "en": r.name.en}));
    let (role, country) = recipient.map_or((Role::ThirdParty, ""), |r| (r.role, r.country.as_str()));
    json!({"recipient": id, "name": name, "role": role.code(), "country": country})
}

/// May all of these leave? The end of the permission that ends first.
fn judge_wish(
    rules: &Rules,
    views: &Views,
    customer: RecordIx,
    uses: &[Use],
    visit: Option<VisitId>,
    items: &[InformationItem],
    now: Time,
) -> Result<Ends, EngineError> {
    let mut ends = Ends::None;
    for used in uses {
        let used = Use { visit, ..*used };
        let whole = views.consents.decide(&rules.policy, Some(customer.0), &used, now);
        let decision = judge_all(rules, views, customer, &used, whole, items, now);
        match after_a_sale(rules, views, customer, &used, decision) {
            Decision::Allow { until, .. } => ends = sooner(ends, until),
            Decision::Deny(reason) => {
                let any_item = || judge_any(rules, views, customer, &used, Decision::Deny(reason), now).is_allow();
                return Err(refused(&rules.policy, &used, reason, items.is_empty() && any_item()));
            }
        }
    }
    Ok(ends)
}

/// What leaves of what the customer tells, where these uses were judged to be allowed: each of it allowed it.
fn told_among(rules: &Rules, views: &Views, customer: RecordIx, uses: &[Use], items: &[InformationItem], now: Time) -> Values {
    if !uses.iter().any(|used| rules.policy.category(CATEGORY) == Some(used.category)) {
        return Values::new();
    }
    let leaves = |item: &InformationItem| items.is_empty() || items.contains(item);
    let told = views.information.of(customer).filter(|(item, entry)| leaves(item) && !entry.permission.is_over(now));
    told.map(|(item, entry)| (item, entry.value.to_value())).collect()
}

pub(super) fn told(d: Disclosure, consent_given_at: Option<Time>) -> PastDisclosure {
    let Disclosure { id, recipient, purpose, categories, items, channel, ground, until, reference, at, salt: _, by_request: _ } = d;
    PastDisclosure { id, at, recipient, purpose, categories, items, channel, ground, consent_given_at, until, reference }
}

/// What is to be decided, one use a category, without its visit.
fn uses_of(policy: &Policy, wish: &Disclose) -> Result<SmallVec<[Use; 4]>, EngineError> {
    if wish.categories.is_empty() || wish.categories.len() > policy.categories.len() {
        return Err(EngineError::TooMany { what: "categories", max: policy.categories.len() });
    }
    if wish.reference.as_ref().is_some_and(|r| r.is_empty() || r.len() > REFERENCE_BYTES_MAX || r.chars().any(char::is_control)) {
        return Err(EngineError::TooMany { what: "reference", max: REFERENCE_BYTES_MAX });
    }
    let mut uses: SmallVec<[Use; 4]> = SmallVec::new();
    for category in &wish.categories {
        let question = Question {
            purpose: wish.purpose.clone(),
            category: category.clone(),
            recipient: Some(wish.recipient.clone()),
            channel: wish.channel.clone(),
            visit: None,
        };
        let used = asked(policy, None, &question)?;
        if uses.iter().any(|u| u.category == used.category) {
            return Err(EngineError::TooMany { what: "categories", max: policy.categories.len() });
        }
        uses.push(used);
    }
    if wish.items.iter().enumerate().any(|(at, item)| wish.items[..at].contains(item)) {
        return Err(EngineError::TooMany { what: "items", max: InformationItem::ALL.len() });
    }
    if !wish.items.is_empty() && !wish.categories.iter().any(|category| category == CATEGORY) {
        return Err(EngineError::ItemsAlone);
    }
    let of_its_own = |u: &Use| policy.recipients.get(usize::from(u.recipient.0)).is_some_and(|r| r.role == Role::Retailer);
    if uses.iter().any(of_its_own) {
        return Err(EngineError::NotADisclosure);
    }
    Ok(uses)
}

fn refused(policy: &Policy, used: &Use, reason: Reason, some_items_may: bool) -> EngineError {
    let category = policy.categories.get(usize::from(used.category.0)).map(|c| c.id.clone()).unwrap_or_default();
    EngineError::DisclosureRefused { reason, category, some_items_may }
}
