//! What was allowed at a past moment, and why a decision is what it is.
//!
//! The customer's choices are folded as they were recorded up to that moment, record by record, joined when they were joined, under
//! the policy that was in force then and with the consents ended that its predecessors' material changes had ended. Reads the disk:
//! O(the customer's facts). Left out: the present; its decision comes from the views, and only its explanation from here.

use std::collections::BTreeSet;
use std::sync::Arc;

use regie_domain::collection;
use regie_domain::consent::{Can, Consents, Decision, Field, Part, Reason, Rule, Standing, Use, explain, take_along};
use regie_domain::fact::{Choice, Chosen, Fact, Identifier, Until, VisitId};
use regie_domain::ids::{Handle, RecordId};
use regie_domain::information::{CATEGORY, InformationItem, Permission, Told, says_no};
use regie_domain::policy::{Policy, Purposes};
use regie_domain::time::Time;
use regie_store::Store;
use serde_json::{Value, json};

use super::Engine;
use super::api::{Answer, Question};
use super::decide::{NO_SALE, answer, asked, needs_sale};
use super::ended::{Ended, EndedBy};
use super::error::EngineError;
use super::information::lasts;
use super::read::{past, past_weighed, until_words};
use super::restrict::past_restriction;
use super::views::RecordIx;
use super::views::addresses::{Said, given_at_a_sale};
use super::views::information::{Information, Stood, visit_of};
use super::views::policies::Adopted;
use super::writer::read_fact;

/// How many earlier policies are kept read.
const POLICIES_KEPT: usize = 8;
/// Rows that are read at a time where all of a customer's count.
const ROWS_AT_ONCE: usize = 4_096;

/// A decision with its grounds.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The answer.
    pub answer: Answer,
    /// The rule that decided.
    pub rule: Rule,
    /// What the customer could do.
    pub can: Can,
    /// The basis of the purpose.
    pub basis: &'static str,
    /// The customer's own choice, or who consents, or a restriction, that it rests on.
    pub rests_on: Option<Value>,
    /// The policy that it was judged by.
    pub policy: Arc<Policy>,
    /// The use.
    pub used: Use,
    /// The moment that was asked about.
    pub at: Time,
}

/// What ended that was told.
struct ToldEnded {
    /// Of which set of records.
    set: usize,
    at: Time,
    item: InformationItem,
    purpose: String,
    by: EndedBy,
}

/// Where a customer stood.
struct Then {
    standing: Standing,
    /// The facts that add up to it, oldest first, and where each lies.
    facts: Vec<Fact>,
    positions: Vec<u64>,
    records: Vec<(RecordId, Option<Handle>)>,
    /// What was told then.
    information: Information,
    /// What of it had ended without a fact of its own.
    told_ended: Vec<ToldEnded>,
    customer: RecordIx,
}

impl Engine {
    /// What was allowed at `at`, for the customer that this record belonged to then.
    ///
    /// # Errors
    /// [`EngineError::AtInTheFuture`], [`EngineError::AtBeforePolicy`], [`EngineError::AtNotKept`]; as [`Engine::decide`] and [`Engine::consents`] otherwise.
    pub fn decide_at(&self, record: Handle, question: &Question, at: Time) -> Result<Explained, EngineError> {
        if at > self.now() {
            return Err(EngineError::AtInTheFuture);
        }
        let (policy, adopted) = self.policy_at(at)?;
        if !self.keeps_choices_of(record, at)? {
            return Err(EngineError::AtNotKept);
        }
        let then = self.then(record, &policy, &adopted, at)?;
        let used = asked(&policy, question.visit.as_deref().and_then(|session| then.visit(record, session)), question)?;
        let mut consents = Consents::new();
        consents.put(&policy, 0, &then.standing);
        let whole = consents.decide(&policy, Some(0), &used, at);
        let (mut decision, told) = then.told_decides(&policy, &used, whole, at);
        if needs_sale(&policy, &used, decision) && !self.address_given_at_a_sale_at(&then, &policy, at)? {
            decision = NO_SALE;
        }
        Ok(explained(policy, used, decision, (&then.facts, told), at))
    }

    /// Are the choices of that moment all kept still? As upkeep asks it: a policy that does not say how long deletes none.
    fn keeps_choices_of(&self, record: Handle, at: Time) -> Result<bool, EngineError> {
        let rules = self.shared.rules();
        let views = self.shared.views.read();
        let customer = views.customer(record).ok_or(EngineError::UnknownCustomer)?;
        let Some(category) = rules.policy.category(collection::CHOICES).filter(|&c| rules.keeping.keeps(c)) else { return Ok(true) };
        let field = Field { category, not_for: Purposes::NONE, claimed: false, visit: None };
        let (ends, now) = (rules.keeping.ends(at, at), self.now());
        Ok(rules.keeping.may_keep(&rules.policy, &views.consents, Some(customer.0), &field, &ends, now).is_some())
    }

    /// Was the e-mail address that the customer had then given on a day with an order that was known then? As far as the rows are still
    /// kept. Reads the disk: O(the customer's facts).
    fn address_given_at_a_sale_at(&self, then: &Then, policy: &Policy, at: Time) -> Result<bool, EngineError> {
        let positions: Vec<u64> = {
            let views = self.shared.views.read();
            let records = then.records.iter().filter_map(|(id, _)| views.records.by_id(*id)).filter_map(|ix| views.records.get(ix));
            records.flat_map(|record| record.positions.iter()).collect()
        };
        let (rules, mut said, mut ordered) = (self.shared.rules(), Vec::new(), BTreeSet::new());
        for some in positions.chunks(ROWS_AT_ONCE) {
            for (meta, fact) in self.shared.facts_at(some)? {
                if fact.recorded_at().is_some_and(|recorded| recorded <= at) {
                    said.extend(Said::of(&rules, policy, meta.position, &fact));
                    ordered.extend(Said::ordered(policy, &fact));
                }
            }
        }
        Ok(given_at_a_sale(said.iter().copied(), |day| ordered.contains(&day)))
    }

    /// Why a decision that was just made is what it is.
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn explain(&self, record: Handle, used: Use, decision: Decision) -> Result<Explained, EngineError> {
        let at = self.now();
        let adopted = self.shared.views.read().policies.all().to_vec();
        let policy = self.shared.rules().shared_policy();
        let then = self.then(record, &policy, &adopted, at)?;
        let (_, told) = then.told_decides(&policy, &used, Decision::Deny(Reason::Unknown), at);
        Ok(explained(policy, used, decision, (&then.facts, told.filter(|_| decision.is_allow())), at))
    }

    /// The record, by its own handle, that an identifier points at. `None` if nobody is known by it.
    pub fn record_of(&self, identifier: &Identifier) -> Option<Handle> {
        let rules = self.shared.rules();
        let views = self.shared.views.read();
        views.records.get(views.whose(rules.hash(identifier))?)?.handle
    }

    /// What this customer told and what ended of it without a fact of its own, under these adoptions, in their order. Reads the customer's
    /// choices.
    pub(super) fn told_ended(&self, customer: Handle, adopted: &[Adopted]) -> Result<Vec<(Time, Ended)>, EngineError> {
        let policy = self.shared.rules().shared_policy();
        let then = self.then(customer, &policy, adopted, self.now())?;
        Ok(then.told_ended.into_iter().map(|ended| (ended.at, Ended::Told(ended.item, ended.purpose, ended.by))).collect())
    }

    /// The policy in force at a moment, and all adoptions up to it.
    fn policy_at(&self, at: Time) -> Result<(Arc<Policy>, Vec<Adopted>), EngineError> {
        let (adopted, until) = {
            let views = self.shared.views.read();
            let adopted = views.policies.at(at).cloned().ok_or(EngineError::AtBeforePolicy)?;
            let until: Vec<Adopted> = views.policies.all().iter().filter(|a| a.position <= adopted.position).cloned().collect();
            (adopted, until)
        };
        Ok((self.policy_adopted(adopted)?, until))
    }

    /// The policy in force at a moment; what was recorded before the first was recorded under that.
    pub(super) fn policy_of(&self, at: Time) -> Result<Arc<Policy>, EngineError> {
        let adopted = {
            let views = self.shared.views.read();
            views.policies.at(at).or(views.policies.all().first()).cloned()
        };
        self.policy_adopted(adopted.ok_or(EngineError::AtBeforePolicy)?)
    }

    /// The policy of an adoption: from memory, else from the log.
    fn policy_adopted(&self, adopted: Adopted) -> Result<Arc<Policy>, EngineError> {
        if let Some((_, policy)) = self.shared.past_policies.lock().iter().find(|(digest, _)| *digest == adopted.digest) {
            return Ok(policy.clone());
        }
        let unreadable = || EngineError::FactUnreadable { position: adopted.position, why: "no policy of this version".into() };
        let text = self.shared.facts_at(&[adopted.position])?.into_iter().find_map(|(_, fact)| match fact {
            Fact::PolicyAdopted(adopted) => Some(adopted.text),
            _ => None,
        });
        let policy = Arc::new(text.as_deref().and_then(Policy::reread).ok_or_else(unreadable)?);
        let mut kept = self.shared.past_policies.lock();
        if kept.len() >= POLICIES_KEPT {
            kept.remove(0);
        }
        kept.push((adopted.digest, policy.clone()));
        Ok(policy)
    }

    fn then(&self, record: Handle, policy: &Policy, adopted: &[Adopted], at: Time) -> Result<Then, EngineError> {
        let (records, asked, positions) = {
            let views = self.shared.views.read();
            let ix = views.records.by_handle(record).ok_or(EngineError::UnknownCustomer)?;
            let customer = views.customers.canonical(ix);
            let set = views.customers.records_of(customer);
            let records: Vec<(RecordId, Option<Handle>)> =
                set.iter().filter_map(|&r| views.records.get(r)).map(|r| (r.id, r.handle)).collect();
            let asked = set.iter().position(|&r| r == ix).ok_or(EngineError::UnknownCustomer)?;
            (records, asked, views.positions(customer))
        };
        let mut sets = Sets::new(records, policy);
        let mut adopted = adopted.iter().filter(|a| a.at <= at).peekable();
        for row in self.shared.store.read_choices(&positions)? {
            let (meta, fact) = read_fact(&row)?;
            if fact.chosen_at().is_none_or(|recorded| recorded > at) {
                continue;
            }
            while let Some(adopted) = adopted.next_if(|a| a.position < meta.position) {
                sets.end(adopted);
            }
            sets.apply(meta.record, meta.position, fact);
        }
        adopted.for_each(|adopted| sets.end(adopted));
        Ok(sets.of(asked))
    }
}

impl Then {
    /// The decision where something that was told carries more than the purpose's own consent, and the fact that it rests on.
    fn told_decides(&self, policy: &Policy, used: &Use, whole: Decision, at: Time) -> (Decision, Option<&Fact>) {
        if whole.is_allow() || policy.category(CATEGORY) != Some(used.category) {
            return (whole, None);
        }
        let mut consents = Consents::new();
        consents.put(policy, 0, &self.standing);
        let barred = consents.barred(policy, 0, used);
        let judged = self
            .information
            .of(self.customer)
            .map(|(_, entry)| (entry.position, entry.permission.judge(policy, barred, self.standing.consenter, used, at)));
        let Some((position, decision)) = judged.filter(|(_, decision)| decision.is_allow()).max_by_key(|(_, decision)| lasts(*decision))
        else {
            return (whole, None);
        };
        let stated = self.positions.iter().position(|at| *at == position).and_then(|at| self.facts.get(at));
        (decision, stated)
    }

    /// The visit that a session names: see `Views::visit`.
    fn visit(&self, record: Handle, session: &str) -> Option<VisitId> {
        let told = self.information.visits_of(self.customer);
        Some(visit_of(record, self.records.iter().filter_map(|(_, handle)| *handle), &self.standing, told, session))
    }
}

/// Where a set of records stands, what is told in it (with where it lies, whether it is hidden, and its end), and what was taken back.
pub(super) type Stands = (Standing, Vec<(InformationItem, u64, bool, Until)>, Vec<InformationItem>);

/// Records that become one customer as the log goes on.
pub(super) struct Sets<'p> {
    policy: &'p Policy,
    records: Vec<(RecordId, Option<Handle>)>,
    /// By record: which set it is in now.
    set: Vec<usize>,
    /// By set.
    standings: Vec<Standing>,
    /// By set, in place of a customer.
    information: Information,
    told_ended: Vec<ToldEnded>,
    /// With the record and the position of each.
    facts: Vec<(usize, u64, Fact)>,
}

impl<'p> Sets<'p> {
    pub(super) fn new(records: Vec<(RecordId, Option<Handle>)>, policy: &'p Policy) -> Sets<'p> {
        let len = records.len();
        Sets {
            policy,
            records,
            set: (0..len).collect(),
            standings: vec![Standing::default(); len],
            information: Information::default(),
            told_ended: Vec::new(),
            facts: Vec::new(),
        }
    }

    pub(super) fn end(&mut self, adopted: &Adopted) {
        for standing in &mut self.standings {
            standing.invalidate(self.policy, &adopted.ended, adopted.at);
        }
        for set in 0..self.standings.len() {
            let told = self.told(set, adopted.at, EndedBy::Policy).filter(|told| adopted.ended.contains(&told.purpose)).collect::<Vec<_>>();
            self.told_ended.extend(told);
        }
        self.information.end_purposes(&adopted.ended);
    }

    /// What this set tells at a moment, as what might end then.
    fn told(&self, set: usize, at: Time, by: EndedBy) -> impl Iterator<Item = ToldEnded> {
        let stands = self.information.of(as_customer(set)).filter(move |(_, entry)| !entry.permission.is_over(at));
        stands.map(move |(item, entry)| ToldEnded { set, at, item, purpose: entry.permission.purpose.clone(), by })
    }

    pub(super) fn apply(&mut self, record: RecordId, position: u64, mut fact: Fact) {
        let Some(record) = self.records.iter().position(|(id, _)| *id == record) else { return };
        // A value that is gone by now was there then; to judge its use none is needed.
        if let Fact::InformationStated(stated) = &mut fact {
            stated.value.get_or_insert_with(|| Told::Interests(Vec::new()));
        }
        let set = self.set[record];
        let standing = &self.standings[set];
        let before = Stood::of(self.policy, &fact, || standing.is_minor(), || standing.restrictions);
        let ends = match &fact {
            Fact::Chosen(Choice { what: Chosen::Refused | Chosen::Withdrawn, at, .. }) => Some((EndedBy::No, *at)),
            Fact::ConsenterStated(stated) => Some((EndedBy::Consenter, stated.at)),
            _ => None,
        };
        let told: Vec<ToldEnded> = ends.into_iter().flat_map(|(by, at)| self.told(set, at, by)).collect();
        if self.information.apply(as_customer(set), position, &fact, before) {
            let ended = told.into_iter().filter(|told| self.information.get(as_customer(set), told.item).is_none());
            self.told_ended.extend(ended);
        }
        match &fact {
            Fact::Chosen(choice) => self.standings[set].apply(self.policy, choice),
            Fact::ConsenterStated(stated) => self.standings[set].set_consenter(stated.consenter),
            Fact::ObjectionWeighed(weighed) => {
                if let Some(ix) = self.policy.purpose(&weighed.purpose) {
                    self.standings[set].weigh(ix, weighed.upheld);
                }
            }
            Fact::Restricted(made) => self.restrict(set, Part::of(self.policy, &made.part), true),
            Fact::RestrictionLifted(lifted) => self.restrict(set, Part::of(self.policy, &lifted.part), false),
            Fact::RecordJoined(joined) => {
                let other = self.records.iter().position(|(_, handle)| *handle == Some(joined.other));
                if let Some(other) = other.map(|other| self.set[other]).filter(|&other| other != set) {
                    let (policy, standings) = (self.policy, &self.standings);
                    let refuses = |customer: RecordIx, purpose: &str| says_no(policy, &standings[customer.at()], purpose);
                    let is_left = |item| joined.tells.as_ref().is_some_and(|tells| !tells.contains(&item));
                    let leaves = |customer: RecordIx, item| customer.at() == other && is_left(item);
                    let restricts =
                        |customer: RecordIx, told: &Permission| told.is_restricted(policy, &standings[customer.at()].restrictions);
                    self.information.join((as_customer(set), as_customer(other)), joined.at, refuses, leaves, restricts);
                    let [own, along] = [set, other].map(|of| self.standings[of]);
                    self.standings[set] = take_along(self.policy, &own, &along, joined.carries.as_deref(), joined.at);
                    self.set.iter_mut().filter(|of| **of == other).for_each(|of| *of = set);
                    self.told_ended.iter_mut().filter(|ended| ended.set == other).for_each(|ended| ended.set = set);
                }
            }
            _ => {}
        }
        self.facts.push((record, position, fact));
    }

    /// Which set this record is in now.
    pub(super) fn set_of(&self, record: RecordId) -> Option<usize> {
        let at = self.records.iter().position(|(id, _)| *id == record)?;
        self.set.get(at).copied()
    }

    /// Where each set stands.
    pub(super) fn each(&self) -> impl Iterator<Item = Stands> {
        self.standings.iter().enumerate().map(|(set, standing)| {
            let told = self.information.of(as_customer(set));
            let told = told.map(|(item, entry)| (item, entry.position, entry.permission.hidden, entry.permission.until));
            (*standing, told.collect(), self.information.taken_back_by(as_customer(set)).collect())
        })
    }

    fn restrict(&mut self, set: usize, part: Option<Part>, restricted: bool) {
        if let Some(part) = part {
            self.standings[set].restrict(self.policy, part, restricted);
        }
    }

    fn of(self, record: usize) -> Then {
        let set = self.set[record];
        let ours = |of: usize| self.set[of] == set;
        let records = self.records.iter().enumerate().filter(|(of, _)| ours(*of)).map(|(_, record)| *record).collect();
        let ours = self.facts.into_iter().filter(|(of, ..)| self.set[*of] == set);
        let (positions, facts) = ours.map(|(_, position, fact)| (position, fact)).unzip();
        let told_ended = self.told_ended.into_iter().filter(|ended| ended.set == set).collect();
        let (standing, information) = (self.standings[set], self.information);
        Then { standing, facts, positions, records, information, told_ended, customer: as_customer(set) }
    }
}

/// A set of records as the views name a customer.
fn as_customer(set: usize) -> RecordIx {
    RecordIx(u32::try_from(set).unwrap_or(u32::MAX))
}

fn explained(policy: Arc<Policy>, used: Use, decision: Decision, (facts, told): (&[Fact], Option<&Fact>), at: Time) -> Explained {
    let why = explain(&policy, &used, decision, facts);
    let rests_on = told.or(why.rests_on).and_then(|fact| match fact {
        Fact::InformationStated(stated) => {
            let (item, until) = (stated.item.id(), until_words(stated.until));
            Some(json!({"information": item, "purpose": stated.purpose, "at": stated.at, "until": until, "evidence": stated.evidence}))
        }
        Fact::Chosen(choice) => Some(json!(past(choice.clone()))),
        Fact::ObjectionWeighed(weighed) => Some(json!(past_weighed(weighed.clone()))),
        Fact::ConsenterStated(stated) => Some(json!({"consenter": stated.consenter, "at": stated.at, "evidence": stated.evidence})),
        other => past_restriction(other).map(|restriction| json!(restriction)),
    });
    let basis = policy.at(used.purpose).basis.code();
    Explained { answer: answer(decision, policy.at(used.purpose)), rule: why.rule, can: why.can, basis, rests_on, policy, used, at }
}
