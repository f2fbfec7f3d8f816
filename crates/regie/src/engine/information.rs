//! *Mijn informatie*: told, hidden, shown again, taken back, read. Each is a choice like a consent: one customer at a time, durable before
//! it is acknowledged, with its leaf in the ledger.

use std::hash::{DefaultHasher, Hash, Hasher};

use regie_domain::consent::{self, ClaimedEvidence, Decision, Ends, Standing, Use};
use regie_domain::fact::{Evidence, Fact, InformationHidden, InformationRemoved, InformationStated, Until, VisitId};
use regie_domain::ids::Handle;
use regie_domain::information::{CATEGORY, InformationItem, StateError, Told, ToldState, validate_removal, validate_statement};
use regie_domain::policy::{Basis, RecipientIx};
use regie_domain::time::Time;
use serde::Serialize;
use serde_json::{Value, json};

use super::Engine;
use super::api::Tell;
use super::error::EngineError;
use super::read::until_words;
use super::rules::Rules;
use super::views::information::Entry;
pub use super::views::suits::GoesBy;
use super::views::{RecordIx, Views};
use super::writer::Standpoint;

/// One thing that a customer tells, as the customer reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Information {
    /// Which item.
    pub item: InformationItem,
    /// What was told.
    pub value: Value,
    /// What it may be used for.
    pub purpose: String,
    /// Who may use it, of those whom the policy still names for the purpose.
    pub recipients: Vec<String>,
    /// Its end: RFC 3339, `visit` or `withdrawn`.
    pub until: String,
    /// When it was told.
    pub since: Time,
    /// `in_use` by the retailer, `shared`: only others may use it, `hidden`, or why something else forbids its use.
    pub state: ToldState,
    /// It says something about faith or health.
    pub special: bool,
    /// Always `my-information`.
    pub category: &'static str,
    /// Always `provided`.
    pub origin: &'static str,
    /// The value as it is kept, for pages.
    #[serde(skip)]
    pub told: Told,
    /// The end as it is kept, for pages.
    #[serde(skip)]
    pub ends: Until,
}

impl Engine {
    /// Records something that the customer tells, in place of what was told of the item before.
    ///
    /// # Errors
    /// [`EngineError::Information`] for what cannot be recorded; as [`Engine::collect`] otherwise.
    pub async fn tell(&self, customer: Handle, tell: Tell) -> Result<Information, EngineError> {
        let item = tell.item;
        self.choose(customer, move |at| {
            let interest = |name: &str| at.views.catalogue.group_name(name);
            let told = Told::read(tell.item, &tell.value, &interest).map_err(StateError::from)?;
            let visit = tell.visit.as_deref().and_then(|v| at.views.visit(at.customer, v));
            let until = at.until(tell.until, None, visit)?;
            Ok(vec![statement(at, told, &tell.purpose, tell.recipients.as_deref(), until, tell.evidence.as_ref())?])
        })
        .await?;
        self.information_item(customer, item)
    }

    /// Ends what the customer tells of an item: the value is gone from every use when this returns. Ending what was never told changes nothing.
    ///
    /// # Errors
    /// As [`Engine::tell`].
    pub async fn take_back(&self, customer: Handle, item: InformationItem, evidence: Option<ClaimedEvidence>) -> Result<(), EngineError> {
        self.choose(customer, move |at| {
            let evidence = validate_removal(at.rules.known(), evidence.as_ref())?;
            let told = at.views.information.get(at.customer, item).is_some();
            Ok(if told { vec![removal(item, None, at.now, evidence)] } else { Vec::new() })
        })
        .await?;
        Ok(())
    }

    /// Hides an item: nobody uses it from now on, and until its end the customer alone reads it.
    ///
    /// # Errors
    /// As [`Engine::tell`]; [`StateError::NotTold`].
    pub async fn hide(
        &self,
        customer: Handle,
        item: InformationItem,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<Information, EngineError> {
        self.choose(customer, move |at| {
            let evidence = validate_removal(at.rules.known(), evidence.as_ref())?;
            let entry = standing_entry(at.views, at.customer, item, at.judge)?;
            let hidden = InformationHidden { item, at: at.now, evidence, salt: String::new(), by_request: String::new() };
            Ok(if entry.permission.hidden { Vec::new() } else { vec![Fact::InformationHidden(hidden)] })
        })
        .await?;
        self.information_item(customer, item)
    }

    /// States again what is told already: shown again after it was hidden, or until another end. A new permission with its own evidence;
    /// where it is shown, or ends then, already, nothing changes.
    ///
    /// # Errors
    /// As [`Engine::tell`]; [`StateError::NotTold`]; [`StateError::Hidden`] and [`StateError::Restricted`] for what is hidden, where another end
    /// is asked for, or restricted, because that would permit it again without a word.
    pub async fn tell_again(
        &self,
        customer: Handle,
        item: InformationItem,
        until: Option<consent::UntilWish>,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<Information, EngineError> {
        self.choose(customer, move |at| {
            let entry = standing_entry(at.views, at.customer, item, at.judge)?;
            let until = match until {
                // Shown again it would be a yes despite the pause, without a word of that.
                None if is_restricted(at, entry) => return Err(StateError::Restricted.into()),
                None => entry.permission.until,
                Some(_) if entry.permission.hidden => return Err(StateError::Hidden.into()),
                Some(_) if is_restricted(at, entry) => return Err(StateError::Restricted.into()),
                Some(wish) => {
                    let stands = if let Until::Moment(end) = entry.permission.until { Some(end) } else { None };
                    at.until(wish, stands, None)?
                }
            };
            if until == entry.permission.until && !entry.permission.hidden {
                return Ok(Vec::new());
            }
            let (purpose, recipients) = (entry.permission.purpose.as_str(), entry.permission.named(&at.rules.policy));
            Ok(vec![statement(at, (*entry.value).clone(), purpose, Some(&recipients), until, evidence.as_ref())?])
        })
        .await?;
        self.information_item(customer, item)
    }

    /// What the customer tells now, in the order of the pages. From memory.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`].
    pub fn information(&self, customer: Handle) -> Result<Vec<Information>, EngineError> {
        let judge = self.shared.clock.judge();
        let views = self.shared.views.read();
        let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
        let rules = &self.shared.rules;
        let mut all: Vec<Information> = views
            .information
            .of(record)
            .filter(|(_, entry)| !entry.permission.is_over(judge))
            .map(|(item, entry)| read(rules, &views, record, item, entry, judge))
            .collect();
        all.sort_by_key(|i| InformationItem::ALL.iter().position(|item| *item == i.item));
        Ok(all)
    }

    /// One item of [`Engine::information`].
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`]; [`StateError::NotTold`].
    pub fn information_item(&self, customer: Handle, item: InformationItem) -> Result<Information, EngineError> {
        self.information(customer)?.into_iter().find(|i| i.item == item).ok_or_else(|| StateError::NotTold.into())
    }

    /// Does the customer tell something for this purpose? From memory.
    pub fn tells_for(&self, customer: Handle, purpose: &str) -> bool {
        let views = self.shared.views.read();
        views.customer(customer).is_some_and(|record| views.information.of(record).any(|(_, entry)| entry.permission.purpose == purpose))
    }

    /// The departments of the catalogue that can be an interest without saying something about faith or health, by name. O(departments).
    pub fn departments(&self) -> Vec<String> {
        self.shared.views.read().catalogue.departments()
    }

    /// The diets, sizes and ages that the catalogue goes by: telling another changes nothing here.
    pub fn goes_by(&self) -> GoesBy {
        self.shared.views.read().catalogue.told().clone()
    }

    /// Mixes what the customer tells now into a mark: see [`Engine::standing`].
    pub(super) fn information_mark(&self, customer: Handle, mark: u64) -> u64 {
        let judge = self.shared.clock.judge();
        let views = self.shared.views.read();
        let Some(record) = views.customer(customer) else { return mark };
        let mut hasher = DefaultHasher::new();
        mark.hash(&mut hasher);
        for (_, entry) in views.information.of(record).filter(|(_, entry)| !entry.permission.is_over(judge)) {
            (entry.position, entry.permission.hidden).hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// The statements that end with a visit.
pub(super) fn ended_with(at: &Standpoint<'_>, visit: VisitId) -> Vec<Fact> {
    let bound = at.views.information.of(at.customer).filter(|(_, entry)| entry.permission.until == Until::Visit(visit));
    let evidence = || Some(Evidence::visit_over(&at.rules.policy.version));
    bound.map(|(item, _)| removal(item, Some(visit), at.now, evidence())).collect()
}

/// The ends of the statements for one purpose, or for every purpose of which `ends_alone` is true: those that no withdrawal ends.
pub(super) fn ended_for(at: &Standpoint<'_>, evidence: Option<&Evidence>, ends_alone: impl Fn(&str) -> bool) -> Vec<Fact> {
    let told = at.views.information.of(at.customer).filter(|(_, entry)| ends_alone(&entry.permission.purpose));
    told.map(|(item, _)| removal(item, None, at.now, evidence.cloned())).collect()
}

/// May this use of a customer's item happen? The decision about the whole category, and what the statement itself allows.
pub(super) fn judge(rules: &Rules, views: &Views, customer: RecordIx, entry: &Entry, asked: &Use, now: Time) -> Decision {
    let barred = views.consents.barred(&rules.policy, customer.0, asked);
    entry.permission.judge(&rules.policy, barred, views.consents.line(customer.0).consenter(), asked, now)
}

/// The decision about the category as a whole, where what was told carries more than the consent for the purpose: as long as any item does.
pub(super) fn judge_any(rules: &Rules, views: &Views, customer: RecordIx, asked: &Use, whole: Decision, now: Time) -> Decision {
    if whole.is_allow() || rules.policy.category(CATEGORY) != Some(asked.category) {
        return whole;
    }
    let told = views.information.of(customer).map(|(_, entry)| judge(rules, views, customer, entry, asked, now));
    told.filter(|decision| decision.is_allow()).max_by_key(|decision| lasts(*decision)).unwrap_or(whole)
}

/// The decision where data leave: what nobody may hand on stays, so each of these items must allow it, and without any named each that is
/// told. Of several permissions the one that ends first.
pub(super) fn judge_all(
    rules: &Rules,
    views: &Views,
    customer: RecordIx,
    asked: &Use,
    whole: Decision,
    items: &[InformationItem],
    now: Time,
) -> Decision {
    if rules.policy.category(CATEGORY) != Some(asked.category) {
        return whole;
    }
    if items.iter().any(|item| views.information.get(customer, *item).is_none_or(|entry| entry.permission.is_over(now))) {
        return Decision::Deny(consent::Reason::Unknown);
    }
    let leaves = |item: InformationItem| items.is_empty() || items.contains(&item);
    let told = views.information.of(customer).filter(|(item, entry)| leaves(*item) && !entry.permission.is_over(now));
    let mut ends = None;
    for (_, entry) in told {
        match judge(rules, views, customer, entry, asked, now) {
            Decision::Allow { until, .. } => ends = Some(ends.map_or(until, |before| sooner(before, until))),
            denied @ Decision::Deny(_) => return denied,
        }
    }
    ends.map_or(whole, |until| Decision::Allow { basis: Basis::Consent, until })
}

/// Of two ends the one that comes first: for once before a visit's, that before a moment.
pub(super) fn sooner(a: Ends, b: Ends) -> Ends {
    let rank = |ends: Ends| match ends {
        Ends::Once => (0, 0),
        Ends::Visit => (1, 0),
        Ends::Moment(at) => (2, at.millis()),
        Ends::Withdrawn => (3, 0),
        Ends::None => (4, 0),
    };
    if rank(b) < rank(a) { b } else { a }
}

/// Until when a yes lasts, to find the longest.
pub(super) fn lasts(decision: Decision) -> i64 {
    match decision {
        Decision::Allow { until: Ends::Moment(at), .. } => at.millis(),
        Decision::Allow { until: Ends::Withdrawn | Ends::None, .. } => i64::MAX,
        _ => 0,
    }
}

/// Is what is told for this purpose restricted, and was not told since?
fn is_restricted(at: &Standpoint<'_>, entry: &Entry) -> bool {
    let (permission, restrictions) = (&entry.permission, at.views.consents.restrictions(at.customer.0));
    !permission.despite_restriction && permission.is_restricted(&at.rules.policy, &restrictions)
}

fn standing_entry(views: &Views, customer: RecordIx, item: InformationItem, judge: Time) -> Result<&Entry, StateError> {
    views.information.get(customer, item).filter(|entry| !entry.permission.is_over(judge)).ok_or(StateError::NotTold)
}

/// What a device tells, told anew by the customer who takes it along and will stand at `standing` then.
pub(super) fn told_anew(
    at: &Standpoint<'_>,
    standing: &Standing,
    entry: &Entry,
    evidence: Option<&ClaimedEvidence>,
) -> Result<Fact, StateError> {
    let permission = &entry.permission;
    let recipients = permission.named(&at.rules.policy);
    let told = (permission.purpose.as_str(), Some(recipients.as_slice()), permission.until);
    stated(at, standing, (*entry.value).clone(), told, evidence)
}

fn statement(
    at: &Standpoint<'_>,
    told: Told,
    purpose: &str,
    recipients: Option<&[String]>,
    until: Until,
    evidence: Option<&ClaimedEvidence>,
) -> Result<Fact, StateError> {
    stated(at, &at.views.consents.standing(at.customer.0), told, (purpose, recipients, until), evidence)
}

fn stated(
    at: &Standpoint<'_>,
    standing: &Standing,
    told: Told,
    (purpose, recipients, until): (&str, Option<&[String]>, Until),
    evidence: Option<&ClaimedEvidence>,
) -> Result<Fact, StateError> {
    // An interest in what is sensitive says as much as a diet of faith or health does.
    if evidence.is_none() && is_special(at.views, &told) {
        return Err(StateError::NotExplicit);
    }
    let (recipients, evidence) = validate_statement(at.rules.known(), standing, &told, purpose, recipients, until, evidence)?;
    Ok(Fact::InformationStated(InformationStated {
        item: told.item(),
        value: Some(told),
        purpose: purpose.to_owned(),
        recipients,
        until,
        at: at.now,
        evidence,
        salt: String::new(),
        by_request: String::new(),
    }))
}

/// Does it say something about faith or health: by itself, or by what the catalogue has under that name?
fn is_special(views: &Views, told: &Told) -> bool {
    told.is_special() || matches!(told, Told::Interests(names) if names.iter().any(|name| views.catalogue.is_sensitive_group(name)))
}

/// A fact of what was told, for lists. The value of a statement that ended is gone.
pub(super) fn past_information(fact: &Fact) -> Option<Value> {
    let mut past = match fact {
        Fact::InformationStated(f) => {
            json!({"item": f.item, "change": "stated", "purpose": f.purpose, "recipients": f.recipients, "until": until_words(f.until), "at": f.at, "evidence": f.evidence})
        }
        Fact::InformationHidden(f) => json!({"item": f.item, "change": "hidden", "at": f.at, "evidence": f.evidence}),
        Fact::InformationRemoved(f) => {
            let change = if f.visit.is_some() { "visit_ended" } else { "removed" };
            json!({"item": f.item, "change": change, "at": f.at, "evidence": f.evidence})
        }
        _ => return None,
    };
    if let (Fact::InformationStated(InformationStated { value: Some(value), .. }), Some(past)) = (fact, past.as_object_mut()) {
        past.insert("value".into(), value.to_value());
    }
    Some(past)
}

pub(super) fn removal(item: InformationItem, visit: Option<VisitId>, at: Time, evidence: Option<Evidence>) -> Fact {
    Fact::InformationRemoved(InformationRemoved { item, visit, at, evidence, salt: String::new(), by_request: String::new() })
}

fn read(rules: &Rules, views: &Views, record: RecordIx, item: InformationItem, entry: &Entry, now: Time) -> Information {
    let permission = &entry.permission;
    let policy = &rules.policy;
    // As the retailer would ask, in the visit that it is bound to; else as whoever is named.
    let recipients = permission.named(policy);
    let named = recipients.iter().filter_map(|id| policy.recipient(id)).min_by_key(|recipient| recipient.0);
    let asked = policy.purpose(&permission.purpose).zip(policy.category(CATEGORY)).zip(named);
    let asked = asked.map(|((purpose, category), recipient)| Use {
        purpose,
        category,
        recipient,
        channel: None,
        visit: if let Until::Visit(visit) = permission.until { Some(visit) } else { None },
    });
    let state = match asked.map(|asked| (asked.recipient, judge(rules, views, record, entry, &asked, now))) {
        Some((RecipientIx(0), Decision::Allow { .. })) => ToldState::InUse,
        Some((_, Decision::Allow { .. })) => ToldState::Shared,
        _ if permission.hidden => ToldState::Hidden,
        Some((_, Decision::Deny(reason))) => ToldState::Held(reason),
        None => ToldState::Held(consent::Reason::Unknown),
    };
    Information {
        item,
        value: entry.value.to_value(),
        purpose: permission.purpose.clone(),
        recipients,
        until: until_words(permission.until),
        since: entry.at,
        state,
        special: is_special(views, &entry.value),
        category: CATEGORY,
        origin: "provided",
        told: (*entry.value).clone(),
        ends: permission.until,
    }
}
