//! *Het verschil*: what a customer's purchases bring, shown before it is permitted. That is itself a use: pressed by the customer, recorded
//! as once and durable before the answer, computed from purchases that are lawfully kept for something else, and stored nowhere.

use regie_domain::consent::{ClaimedEvidence, Decision, Reason, Use, validate_evidence};
use regie_domain::fact::{Fact, PreviewMade};
use regie_domain::ids::Handle;
use regie_domain::policy::{Policy, RecipientIx};

use super::Engine;
use super::api::{Recommendations, Wish, Without};
use super::contribution::Reach;
use super::decide::Settled;
use super::error::EngineError;
use super::informed::Informed;
use super::recommend;
use super::views::days::What;
use super::views::profiles::Profile;
use super::writer::held;

/// Two lists side by side.
#[derive(Debug, Clone)]
pub struct Difference {
    /// What everybody sees; where the customer told something, what that makes of it (then it is personal).
    pub without: Recommendations,
    /// What the customer's purchases make of it; `None`: there are none to go by, or none of which anything may be shown.
    pub with: Option<Recommendations>,
}

impl Engine {
    /// Shows a customer what their purchases would bring. Reads the disk: O(the customer's facts). The trial is recorded, with its evidence,
    /// before anything is computed; a customer who may not be shown it (restricted, objected, a guardian decides) gets the reason.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`], [`EngineError::Choice`] for evidence that is missing; those of the store.
    pub async fn difference(
        &self,
        customer: Handle,
        limit: usize,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<Result<Difference, Reason>, EngineError> {
        let rules = &self.shared.rules;
        let (Some(purpose), Some(category)) = (rules.asked.recommendations, rules.asked.purchases) else { return Ok(Err(Reason::Unknown)) };
        let asked = Use { purpose, category, recipient: RecipientIx(0), channel: rules.policy.channel("web"), visit: None };
        if let Some(reason) = denied(&self.settled(), &rules.policy, customer, &asked)? {
            return Ok(Err(reason));
        }
        let wish = |customer| Wish { customer, channel: "web".into(), limit, ..Wish::default() };
        let mut without = self.recommend(wish(None)).await?;
        let (names, id) = (vec![rules.policy.categories[usize::from(category.0)].id.clone()], rules.policy.at(purpose).id.clone());
        let evidence = validate_evidence(rules.known(), evidence.as_ref())?;
        if !self.has_bought(customer)? {
            return Ok(Ok(Difference { without, with: None }));
        }
        self.choose(customer, move |at| {
            let made = PreviewMade { purpose: id, categories: names, at: at.now, evidence, by_request: String::new() };
            Ok(vec![Fact::PreviewMade(made)])
        })
        .await?;
        let profile = self.reading(move |engine| engine.purchases_kept(customer)).await?;
        if profile.items().next().is_none() {
            return Ok(Ok(Difference { without, with: None }));
        }
        let settled = self.settled();
        // Judged again: what the customer said meanwhile counts.
        if let Some(reason) = denied(&settled, &rules.policy, customer, &asked)? {
            return Ok(Err(reason));
        }
        // What the customer told counts in the shop by a permission of its own, with purchases and without.
        let told = rules.asked.information.map(|category| Use { category, ..asked });
        let informed = told.and_then(|told| {
            let record = settled.customer(customer).filter(|_| !settled.cut_off)?;
            Some(Informed::of(&settled, rules, record, &told, &Without::default(), settled.judge))
        });
        let informed = informed.unwrap_or_default();
        let (now, wish) = (settled.now.seconds32(), wish(Some(customer)));
        let mut uses = vec![asked];
        if !informed.is_nothing() {
            without = recommend::preview(&settled, rules, &wish, None, informed.clone(), now)?;
            uses.extend(told);
        }
        let with = recommend::preview(&settled, rules, &wish, Some(&profile), informed, now)?;
        self.record_uses(&settled, Some(customer), &uses, true);
        Ok(Ok(Difference { without, with: Some(with) }))
    }

    /// Is there a purchase to go by, as far as the days say? From memory: nothing is used before it is recorded.
    fn has_bought(&self, customer: Handle) -> Result<bool, EngineError> {
        let views = self.shared.views.read();
        let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
        Ok(views.days(record).iter().any(|entry| matches!(entry.what, What::Event(name) if name.is_purchase())))
    }

    /// A profile of the purchases that are kept and still in reach, sensitive ones left out. It lives as long as the answer.
    fn purchases_kept(&self, customer: Handle) -> Result<Profile, EngineError> {
        let rules = &self.shared.rules;
        let reach = Reach::at(&rules.policy, &rules.asked, self.shared.clock.judge());
        let mut profile = Profile::default();
        for fact in self.facts_of(customer)?.1 {
            let views = self.shared.views.read();
            let Some(mut event) = held(&fact, |item| views.catalogue.find(item)) else { continue };
            reach.limit(&mut event);
            if event.bought && !event.not_recommend {
                let items: Vec<_> = event.items.iter().copied().filter(|&item| !views.catalogue.is_sensitive(item)).collect();
                profile.add(event.id, event.at, true, &items);
            }
        }
        Ok(profile)
    }
}

/// Why a customer may not be shown what a permission would bring: a consent is not needed, but nothing may stand against it.
fn denied(settled: &Settled<'_>, policy: &Policy, customer: Handle, asked: &Use) -> Result<Option<Reason>, EngineError> {
    let record = settled.customer(customer).ok_or(EngineError::UnknownCustomer)?;
    let decision = settled.decide(policy, Some(record), asked);
    Ok(match decision {
        Decision::Deny(reason @ (Reason::Objected | Reason::Restricted | Reason::Minor | Reason::CutOff)) => Some(reason),
        _ => settled.consents.line(record.0).is_minor().then_some(Reason::Minor),
    })
}
