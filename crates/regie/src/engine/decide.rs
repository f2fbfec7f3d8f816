//! "May this happen now?": asking changes nothing; using is recorded.

use std::ops::Deref;

use parking_lot::RwLockReadGuard;
use regie_domain::consent::{Decision, Ends, Reason, Use};
use regie_domain::fact::{Chosen, Fact, VisitId};
use regie_domain::ids::Handle;
use regie_domain::policy::{ChannelIx, Policy, Purpose, RecipientIx};
use regie_domain::time::Time;
use regie_store::Store;
use regie_store::journal::{self, Outcome};
use smallvec::SmallVec;

use super::api::{Answer, Question};
use super::disclosures::Disclose;
use super::error::EngineError;
use super::read::is_choice;
use super::rules::Rules;
use super::views::{RecordIx, Views};
use super::writer::{Command, read_fact};
use super::{Engine, choice, contribution};

impl Engine {
    /// Answers a question; changes nothing.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`] and [`EngineError::UnknownId`].
    pub fn decide(&self, customer: Option<Handle>, question: &Question) -> Result<Answer, EngineError> {
        let settled = self.settled();
        let (asked, decision) = judge(&self.shared.rules, &settled, customer, question)?;
        Ok(answer(decision, self.shared.rules.policy.at(asked.purpose)))
    }

    /// Answers a question and records the use; uses a permission for once up.
    ///
    /// # Errors
    /// As [`Engine::decide`]; [`EngineError::IdempotencyKeyRequired`] where a once would be used up without one.
    pub async fn use_now(&self, customer: Option<Handle>, question: &Question, request: Option<String>) -> Result<Answer, EngineError> {
        let (asked, decision) = self.use_judged(customer, question, request).await?;
        Ok(answer(decision, self.shared.rules.policy.at(asked.purpose)))
    }

    /// As [`Engine::use_now`], and which use it was.
    ///
    /// # Errors
    /// As [`Engine::use_now`].
    pub async fn use_judged(
        &self,
        customer: Option<Handle>,
        question: &Question,
        request: Option<String>,
    ) -> Result<(Use, Decision), EngineError> {
        let (asked, mut decision) = judge(&self.shared.rules, &self.settled(), customer, question)?;
        if let Some(handle) = customer
            && self.is_third_party(asked.recipient)
        {
            decision = self.use_by_third_party(handle, asked, question, request).await?;
            return Ok((asked, decision));
        }
        if let Some(handle) = customer {
            decision = self.use_once(handle, &asked, decision, request.as_deref()).await?;
        }
        self.record_uses(&self.settled(), customer, &[asked], decision.is_allow());
        Ok((asked, decision))
    }

    /// As [`Engine::decide`], and which use was judged.
    ///
    /// # Errors
    /// As [`Engine::decide`].
    pub fn judged(&self, customer: Option<Handle>, question: &Question) -> Result<(Use, Decision), EngineError> {
        judge(&self.shared.rules, &self.settled(), customer, question)
    }

    /// A use by somebody outside is a disclosure: durable before the answer.
    async fn use_by_third_party(
        &self,
        customer: Handle,
        asked: Use,
        question: &Question,
        request: Option<String>,
    ) -> Result<Decision, EngineError> {
        let wish = Disclose {
            recipient: question.recipient.clone().unwrap_or_default(),
            purpose: question.purpose.clone(),
            categories: vec![question.category.clone()],
            items: Vec::new(),
            channel: question.channel.clone(),
            visit: question.visit.clone(),
            reference: None,
        };
        match self.record_disclosure(customer, wish, request).await {
            // As it was recorded: a retry of what used a permission up would be denied by now.
            Ok((recorded, _)) => Ok(Decision::Allow {
                basis: self.shared.rules.policy.at(asked.purpose).basis,
                until: recorded.until.as_deref().map_or(Ends::None, ends_of),
            }),
            Err(EngineError::DisclosureRefused { reason, .. }) => Ok(Decision::Deny(reason)),
            Err(e) => Err(e),
        }
    }

    /// Judges by the index of the customer's record, under one read lock: so that `regie bench million` can measure the decision
    /// apart from the look-up. Changes nothing, allocates nothing.
    #[doc(hidden)]
    pub fn judge_by_index<T>(&self, ask: impl FnOnce(&dyn Fn(u32, &Use) -> Decision) -> T) -> T {
        let (rules, now) = (self.shared.rules(), self.shared.clock.judge());
        let views = self.shared.views.read();
        ask(&|customer, asked| views.consents.decide(&rules.policy, Some(customer), asked, now))
    }

    /// Where a decision rests on a permission for once: uses it up durably before the answer. A retry of the request that
    /// used it up repeats the answer.
    pub(super) async fn use_once(
        &self,
        customer: Handle,
        asked: &Use,
        decision: Decision,
        request: Option<&str>,
    ) -> Result<Decision, EngineError> {
        let rules = &self.shared.rules;
        match decision {
            Decision::Allow { until: Ends::Once, .. } => {
                let request = request.ok_or(EngineError::IdempotencyKeyRequired)?.to_owned();
                let (purpose, asked, request_id) = (rules.policy.at(asked.purpose).id.clone(), *asked, request.clone());
                let chose = self
                    .choose(customer, move |at| {
                        let still = at.views.consents.decide(&at.rules.policy, Some(at.customer.0), &asked, at.judge);
                        let once = matches!(still, Decision::Allow { until: Ends::Once, .. });
                        Ok(if once { vec![choice(&purpose, Chosen::UsedUp { request: request_id }, at.now, None)] } else { Vec::new() })
                    })
                    .await?;
                if chose.recorded == 0 {
                    // Another use was faster: unless it was this very request, retried, the answer is no.
                    return Ok(if self.answered_once(customer, asked, request).await? { decision } else { Decision::Deny(Reason::UsedUp) });
                }
                Ok(decision)
            }
            Decision::Deny(Reason::UsedUp) => {
                let Some(request) = request else { return Ok(decision) };
                let repeated = self.answered_once(customer, *asked, request.to_owned()).await?;
                let basis = rules.policy.at(asked.purpose).basis;
                Ok(if repeated { Decision::Allow { basis, until: Ends::Once } } else { decision })
            }
            _ => Ok(decision),
        }
    }

    /// Did this request use the purpose's permission for once up, and did that permission cover this use? Found in the log, so
    /// that a retry after a restart is answered alike.
    async fn answered_once(&self, customer: Handle, asked: Use, request: String) -> Result<bool, EngineError> {
        self.reading(move |engine| engine.find_once(customer, &asked, &request)).await
    }

    pub(super) fn find_once(&self, customer: Handle, asked: &Use, request: &str) -> Result<bool, EngineError> {
        let positions = {
            let views = self.shared.views.read();
            views.noted(views.customer(customer).ok_or(EngineError::UnknownCustomer)?, is_choice)
        };
        let policy = &self.shared.rules.policy;
        let purpose = &policy.at(asked.purpose).id;
        let (mut covered, mut used_by) = (false, None);
        for row in self.shared.store.read_choices(&positions)? {
            let (_, Fact::Chosen(choice)) = read_fact(&row)? else { continue };
            if choice.purpose != *purpose {
                continue;
            }
            match choice.what {
                Chosen::Given { categories, recipients, channels, .. } => {
                    let names = |all: &[String], id: Option<&String>| id.is_some_and(|id| all.contains(id));
                    covered = names(&categories, policy.categories.get(usize::from(asked.category.0)).map(|c| &c.id))
                        && names(&recipients, policy.recipients.get(usize::from(asked.recipient.0)).map(|r| &r.id))
                        && asked.channel.is_none_or(|channel| names(&channels, policy.channels.get(usize::from(channel.0)).map(|c| &c.id)));
                    used_by = None;
                }
                Chosen::UsedUp { request } => used_by = Some(request),
                _ => {}
            }
        }
        Ok(covered && used_by.as_deref() == Some(request))
    }

    /// Puts uses into the journal. About 100 ns; never waits for the disk.
    pub(super) fn record_uses(&self, settled: &Settled<'_>, customer: Option<Handle>, uses: &[Use], allowed: bool) {
        // Under the read lock: an erasure forgets the record before it zeroes its uses, so none can slip in after. By handle:
        // an index may be another customer's by now.
        let views = &settled.views;
        let Some(first_position) =
            customer.and_then(|c| views.customer(c)).and_then(|c| views.records.get(c)).and_then(|r| r.positions.first())
        else {
            return;
        };
        let recorded: SmallVec<[journal::Use; 4]> = uses
            .iter()
            .map(|used| journal::Use {
                first_position,
                at_seconds: settled.now.seconds32(),
                purpose: used.purpose.0,
                category: used.category.0,
                recipient: used.recipient.0,
                channel: used.channel.map(|c| c.0),
                outcome: if allowed { Outcome::Allowed } else { Outcome::Denied },
            })
            .collect();
        self.shared.journal.record_many(&recorded);
    }

    /// The views to answer from, once every permission that ended is unlearned: one compare when nothing did.
    pub(super) fn settled(&self) -> Settled<'_> {
        let (now, judge) = self.shared.clock.now_and_judge();
        let cut_off = self.shared.is_cut_off();
        let views = self.shared.views.read();
        if views.ends.next().is_none_or(|at| at > judge.seconds32()) {
            return Settled { views, now, judge, cut_off };
        }
        drop(views);
        self.unlearn_ended(judge);
        Settled { views: self.shared.views.read(), now, judge, cut_off }
    }

    fn unlearn_ended(&self, judge: Time) {
        let rules = &self.shared.rules;
        let ended = {
            let mut views = self.shared.views.write();
            let ended = contribution::settle(&mut views, &rules.policy, &rules.asked, judge);
            ended.iter().for_each(|&customer| views.terms.at_latest(customer, 1));
            !ended.is_empty()
        };
        if ended {
            // If the queue is full the next round of upkeep finds them: their terms are due.
            let _ = self.queue.try_send(Command::LookAtDue);
        }
    }
}

/// The views under their read lock, with nothing in them that ended by the moment to judge by. To be held for one answer.
pub(super) struct Settled<'a> {
    views: RwLockReadGuard<'a, Views>,
    /// The engine's now.
    pub(super) now: Time,
    /// What permissions are judged by.
    pub(super) judge: Time,
    /// Whether nothing but contract and law permits anything.
    pub(super) cut_off: bool,
}

impl Settled<'_> {
    /// May this use happen now? As the views say, unless they may be behind the truth.
    pub(super) fn decide(&self, policy: &Policy, customer: Option<RecordIx>, asked: &Use) -> Decision {
        let decision = self.views.consents.decide(policy, customer.map(|c| c.0), asked, self.judge);
        if self.cut_off { decision.cut_off() } else { decision }
    }
}

impl Deref for Settled<'_> {
    type Target = Views;
    fn deref(&self) -> &Views {
        &self.views
    }
}

fn judge(rules: &Rules, settled: &Settled<'_>, customer: Option<Handle>, q: &Question) -> Result<(Use, Decision), EngineError> {
    let record = customer.map(|c| settled.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
    let visit = record.zip(q.visit.as_deref()).and_then(|(r, visit)| settled.visit(r, visit));
    let asked = asked(&rules.policy, visit, q)?;
    let decision = match record {
        Some(record) => decided(rules, settled, record, &asked),
        None => settled.decide(&rules.policy, None, &asked),
    };
    Ok((asked, decision))
}

/// May this use of a customer's data happen now? What the consents say, what was told, and where an address came from.
pub(super) fn decided(rules: &Rules, settled: &Settled<'_>, customer: RecordIx, asked: &Use) -> Decision {
    let whole = settled.decide(&rules.policy, Some(customer), asked);
    let decision = super::information::judge_any(rules, settled, customer, asked, whole, settled.judge);
    let decision = after_a_sale(rules, settled, customer, asked, decision);
    // Once more: what was told may carry what no consent does.
    if settled.cut_off { decision.cut_off() } else { decision }
}

/// Tw 11.7(3): e-mail about similar products without consent only to an address that was given at a sale: the one that the customer has
/// now, said on a day with an order of theirs, as far as both are still kept. Nothing allocated.
pub(super) fn after_a_sale(rules: &Rules, views: &Views, customer: RecordIx, asked: &Use, decision: Decision) -> Decision {
    if !needs_sale(&rules.policy, asked, decision) || views.address_given_at_a_sale(customer) { decision } else { NO_SALE }
}

/// What stands where an address was not given at a sale.
pub(super) const NO_SALE: Decision = Decision::Deny(Reason::CategoryNotCovered);

/// Does this decision hold only where the address was given at a sale?
pub(super) fn needs_sale(policy: &Policy, asked: &Use, decision: Decision) -> bool {
    decision.is_allow() && policy.at(asked.purpose).needs_sale()
}

/// The question in the policy's integers.
pub(super) fn asked(policy: &Policy, visit: Option<VisitId>, q: &Question) -> Result<Use, EngineError> {
    let unknown = |what: &'static str, id: &str| EngineError::UnknownId { what, id: id.chars().take(64).collect() };
    Ok(Use {
        purpose: policy.purpose(&q.purpose).ok_or_else(|| unknown("purpose", &q.purpose))?,
        category: policy.category(&q.category).ok_or_else(|| unknown("category", &q.category))?,
        recipient: q.recipient.as_ref().map_or(Ok(RecipientIx(0)), |r| policy.recipient(r).ok_or_else(|| unknown("recipient", r)))?,
        channel: q.channel.as_ref().map(|c| channel(policy, c)).transpose()?,
        visit,
    })
}

/// A channel by its id.
pub(super) fn channel(policy: &Policy, id: &str) -> Result<ChannelIx, EngineError> {
    policy.channel(id).ok_or_else(|| EngineError::UnknownId { what: "channel", id: id.chars().take(64).collect() })
}

/// A decision as the API says it, with what whoever uses the purpose has to do for the customer.
pub(super) fn answer(decision: Decision, purpose: &Purpose) -> Answer {
    match decision {
        Decision::Allow { until, .. } => {
            let conditions = purpose.conditions().collect();
            Answer { decision: "allow", reason: decision.reason(), until: ends_text(until), conditions }
        }
        Decision::Deny(reason) => Answer { decision: "deny", reason: reason.code(), until: None, conditions: Vec::new() },
    }
}

/// Reads what [`ends_text`] writes.
fn ends_of(text: &str) -> Ends {
    match text {
        "visit" => Ends::Visit,
        "once" => Ends::Once,
        moment => Time::parse(moment).map_or(Ends::Withdrawn, Ends::Moment),
    }
}

/// An end as answers write it; nothing where the basis has no end.
pub fn ends_text(ends: Ends) -> Option<String> {
    Some(match ends {
        Ends::Moment(at) => Time::to_string(&at),
        Ends::Visit => "visit".into(),
        Ends::Once => "once".into(),
        Ends::Withdrawn => "withdrawn".into(),
        Ends::None => return None,
    })
}
