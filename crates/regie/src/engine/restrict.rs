//! Restricting uses (Article 18), telling the customer that a restriction is going to be lifted, and lifting it.
//!
//! Invariant: nobody but the customer (or a guardian) lifts a restriction of which the customer was not told since it was made.

use regie_domain::consent::{self, ChoiceError, ClaimedEvidence, Part};
use regie_domain::fact::{Actor, Fact, LiftTold, Restricted, RestrictedPart, RestrictionGround, RestrictionLifted};
use regie_domain::ids::Handle;
use regie_domain::policy::Policy;
use regie_domain::time::Time;
use regie_store::Store;

use super::Engine;
use super::api::{PastRestriction, Restriction, RestrictionList};
use super::error::EngineError;
use super::views::days::What;
use super::views::information::Entry;
use super::writer::read_fact;

/// How a part is named where everything is meant.
pub const ALL: &str = "all";

impl Engine {
    /// Restricts uses, also those that were permitted since an earlier restriction of the same. What is restricted already stays as it is,
    /// unless the customer was told that it is going to be lifted: then it is made anew, and they are to be told anew.
    ///
    /// # Errors
    /// [`EngineError::Choice`] for a purpose or category that the policy does not have, or evidence that cannot be; as
    /// [`Engine::give`] otherwise.
    pub async fn restrict(
        &self,
        customer: Handle,
        part: RestrictedPart,
        ground: Option<RestrictionGround>,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<(), EngineError> {
        let asked = part.clone();
        let (is_told, read) = self.reading(move |engine| engine.told_of_lifting(customer, &asked)).await?;
        self.choose(customer, move |at| {
            let (ix, evidence) = consent::validate_restriction(at.rules.known(), &part, evidence.as_ref())?;
            let since = |(_, entry): (_, &Entry)| entry.permission.despite_restriction && entry.is_reached(&part);
            let told = at.views.information.of(at.customer).any(since);
            // Told in between, it counts as told.
            let ends = is_told || read != at.views.noted(at.customer, is_restriction);
            let stands = !told && !ends && at.views.consents.standing(at.customer.0).is_restricted(&at.rules.policy, ix);
            let fact = Fact::Restricted(Restricted { part, ground, at: at.now, evidence, salt: String::new(), by_request: String::new() });
            Ok(if stands { Vec::new() } else { vec![fact] })
        })
        .await?;
        Ok(())
    }

    /// Records that the customer was told that a restriction is going to be lifted (Article 18(3)).
    ///
    /// # Errors
    /// [`ChoiceError::NotRestricted`] where there is none; as [`Engine::restrict`] otherwise.
    pub async fn tell_of_lifting(
        &self,
        customer: Handle,
        part: RestrictedPart,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<(), EngineError> {
        self.choose(customer, move |at| {
            let (ix, _) = consent::validate_restriction(at.rules.known(), &part, None)?;
            let evidence = consent::validate_evidence(at.rules.known(), evidence.as_ref())?;
            if !at.views.consents.restrictions(at.customer.0).has(ix) {
                return Err(ChoiceError::NotRestricted.into());
            }
            Ok(vec![Fact::LiftTold(LiftTold { part, at: at.now, evidence, by_request: String::new() })])
        })
        .await?;
        Ok(())
    }

    /// Lifts a restriction: the customer does, or somebody after the customer was told. Lifting what is not restricted changes nothing.
    ///
    /// # Errors
    /// [`ChoiceError::NotTold`]; as [`Engine::restrict`] otherwise.
    pub async fn lift(&self, customer: Handle, part: RestrictedPart, evidence: Option<ClaimedEvidence>) -> Result<(), EngineError> {
        let asked = part.clone();
        let (is_told, read) = self.reading(move |engine| engine.told_of_lifting(customer, &asked)).await?;
        self.choose(customer, move |at| {
            let (ix, _) = consent::validate_restriction(at.rules.known(), &part, None)?;
            let evidence = consent::validate_evidence(at.rules.known(), evidence.as_ref())?;
            if !at.views.consents.restrictions(at.customer.0).has(ix) {
                return Ok(Vec::new());
            }
            // A restriction made anew in between needs to be told of anew.
            let still = || is_told && read == at.views.noted(at.customer, is_restriction);
            if !matches!(evidence.actor, Actor::Customer | Actor::Guardian) && !still() {
                return Err(ChoiceError::NotTold.into());
            }
            Ok(vec![Fact::RestrictionLifted(RestrictionLifted {
                part,
                at: at.now,
                evidence,
                salt: String::new(),
                by_request: String::new(),
            })])
        })
        .await?;
        Ok(())
    }

    /// Was the customer told since this restriction was made? And where everything about restrictions lies that was read. Reads the disk, so it
    /// is asked before the choice is made, not under its lock.
    fn told_of_lifting(&self, customer: Handle, part: &RestrictedPart) -> Result<(bool, Vec<u64>), EngineError> {
        let positions = {
            let views = self.shared.views.read();
            views.noted(views.customer(customer).ok_or(EngineError::UnknownCustomer)?, is_restriction)
        };
        let facts = self.restriction_facts(&positions)?;
        Ok((told_at(&self.shared.rules.policy, &facts, Part::of(&self.shared.rules.policy, part)).is_some(), positions))
    }

    fn restriction_facts(&self, positions: &[u64]) -> Result<Vec<Fact>, EngineError> {
        self.shared.store.read_choices(positions)?.iter().map(|row| Ok(read_fact(row)?.1)).collect()
    }

    /// What is restricted for a customer now; nothing of one whom nobody knows. From memory.
    pub fn restricted(&self, customer: Handle) -> consent::Restrictions {
        let views = self.shared.views.read();
        views.customer(customer).map(|record| views.consents.restrictions(record.0)).unwrap_or_default()
    }

    /// What is restricted for a customer, the widest first, and how it came about, newest first. Reads the disk.
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn restrictions(&self, customer: Handle) -> Result<RestrictionList, EngineError> {
        let rules = self.shared.rules();
        let (standing, positions) = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            (views.consents.restrictions(record.0), views.noted(record, is_restriction))
        };
        let facts = self.restriction_facts(&positions)?;
        let mut history: Vec<PastRestriction> = facts.iter().filter_map(past_restriction).collect();
        let now = standing.parts().into_iter().map(|part| {
            let purpose = part.purpose.map_or(ALL, |ix| rules.policy.at(ix).id.as_str());
            let category = part.category.and_then(|c| rules.policy.categories.get(usize::from(c.0))).map_or(ALL, |c| c.id.as_str());
            let told_at = told_at(&rules.policy, &facts, Some(part));
            let mut here = Restriction { purpose: purpose.into(), category: category.into(), since: None, ground: None, told_at };
            let made = |h: &&PastRestriction| h.change == "restricted" && h.purpose == purpose && h.category == category;
            if let Some(past) = history.iter().rev().find(made) {
                (here.since, here.ground) = (Some(past.at), past.ground);
            }
            here
        });
        let restrictions = now.collect();
        history.reverse();
        Ok(RestrictionList { restrictions, history })
    }
}

/// When the customer was told that the restriction of this part is going to be lifted, by these facts in the log's order. A restriction made
/// anew, or a join, takes that back: since a join it is about more than they were told of.
fn told_at(policy: &Policy, facts: &[Fact], part: Option<Part>) -> Option<Time> {
    facts.iter().fold(None, |told, fact| match fact {
        Fact::Restricted(made) if Part::of(policy, &made.part) == part => None,
        Fact::LiftTold(tale) if Part::of(policy, &tale.part) == part => Some(tale.at),
        Fact::RecordJoined(_) => None,
        _ => told,
    })
}

/// What decides whether a restriction was told of: those themselves, and joins.
fn is_restriction(what: What) -> bool {
    matches!(what, What::Restriction | What::Joined)
}

/// A fact of restriction, for lists.
pub(super) fn past_restriction(fact: &Fact) -> Option<PastRestriction> {
    let (part, change, at, ground, evidence) = match fact {
        Fact::Restricted(made) => (&made.part, "restricted", made.at, made.ground, made.evidence.clone()),
        Fact::LiftTold(told) => (&told.part, "told", told.at, None, Some(told.evidence.clone())),
        Fact::RestrictionLifted(lifted) => (&lifted.part, "lifted", lifted.at, None, Some(lifted.evidence.clone())),
        _ => return None,
    };
    let named = |id: &Option<String>| id.clone().unwrap_or_else(|| ALL.to_owned());
    Some(PastRestriction { purpose: named(&part.purpose), category: named(&part.category), change, at, ground, evidence })
}
