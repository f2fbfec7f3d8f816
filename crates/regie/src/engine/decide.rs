//! "May this happen now?": asking changes nothing; using is recorded.

use regie_domain::consent::{Decision, Ends, Reason, Use};
use regie_domain::fact::{Chosen, Fact};
use regie_domain::ids::Handle;
use regie_domain::policy::{ChannelIx, Policy, RecipientIx};
use regie_domain::time::Time;
use regie_store::Store;
use regie_store::journal::{self, Outcome};

use super::api::{Answer, Question};
use super::error::EngineError;
use super::rules::Rules;
use super::views::{RecordIx, Views};
use super::writer::Command;
use super::{Engine, choice, contribution, visit_of};

/// How many answered requests of once are remembered in memory; older ones are found in the log.
const ONCE_REMEMBERED_MAX: usize = 100_000;

impl Engine {
    /// Answers a question; changes nothing.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`] and [`EngineError::UnknownId`].
    pub fn decide(&self, customer: Option<Handle>, question: &Question) -> Result<Answer, EngineError> {
        self.settle();
        let rules = self.shared.rules();
        let views = self.shared.views.read();
        let (_, _, decision) = self.judge(&rules, &views, customer, question)?;
        Ok(answer(decision))
    }

    /// Answers a question and records the use; uses a permission for once up.
    ///
    /// # Errors
    /// As [`Engine::decide`]; [`EngineError::IdempotencyKeyRequired`] where a once would be used up without one.
    pub async fn use_now(&self, customer: Option<Handle>, question: &Question, request: Option<String>) -> Result<Answer, EngineError> {
        self.settle();
        let rules = self.shared.rules();
        let (record, asked, mut decision) = self.judge(&rules, &self.shared.views.read(), customer, question)?;
        if let Some(handle) = customer {
            decision = self.use_once(&rules, handle, &asked, decision, request.as_deref()).await?;
        }
        self.record_use(record, asked, decision.is_allow());
        Ok(answer(decision))
    }

    fn judge(&self, rules: &Rules, views: &Views, customer: Option<Handle>, q: &Question) -> Result<(Option<RecordIx>, Use, Decision), EngineError> {
        let record = customer.map(|c| views.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
        let handle = record.and_then(|r| views.handle(r));
        let asked = asked(&rules.policy, handle, q)?;
        let decision = views.consents.decide(&rules.policy, record.map(|r| r.0), &asked, self.shared.clock.judge());
        Ok((record, asked, decision))
    }

    /// Where a decision rests on a permission for once: uses it up durably before the answer. A retry of the request that
    /// used it up repeats the answer.
    pub(super) async fn use_once(&self, rules: &Rules, customer: Handle, asked: &Use, decision: Decision, request: Option<&str>) -> Result<Decision, EngineError> {
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
                    return Ok(if self.answered_once(customer, &request)? { decision } else { Decision::Deny(Reason::UsedUp) });
                }
                let mut once = self.shared.once.lock();
                if once.len() >= ONCE_REMEMBERED_MAX {
                    once.clear();
                }
                once.insert((customer, request), ());
                Ok(decision)
            }
            Decision::Deny(Reason::UsedUp) => {
                let Some(request) = request else { return Ok(decision) };
                let repeated = self.answered_once(customer, request)?;
                let basis = rules.policy.at(asked.purpose).basis;
                Ok(if repeated { Decision::Allow { basis, until: Ends::Once } } else { decision })
            }
            _ => Ok(decision),
        }
    }

    /// Was a permission for once used up by this request?
    fn answered_once(&self, customer: Handle, request: &str) -> Result<bool, EngineError> {
        if self.shared.once.lock().contains_key(&(customer, request.to_owned())) {
            return Ok(true);
        }
        let positions = {
            let views = self.shared.views.read();
            views.positions(views.customer(customer).ok_or(EngineError::UnknownCustomer)?)
        };
        let rows = self.shared.store.read_choices(&positions)?;
        let used = rows.iter().filter_map(|row| serde_json::from_slice::<Fact>(&row.payload).ok());
        let used = used.filter_map(|fact| if let Fact::Chosen(choice) = fact { Some(choice.what) } else { None });
        let last = used.filter_map(|what| if let Chosen::UsedUp { request } = what { Some(request) } else { None }).last();
        Ok(last.as_deref() == Some(request))
    }

    /// Puts a use into the journal. About 100 ns; never waits for the disk.
    pub(super) fn record_use(&self, customer: Option<RecordIx>, used: Use, allowed: bool) {
        // Under the read lock: an erasure forgets the record before it zeroes its uses, so none can slip in after.
        let views = self.shared.views.read();
        let Some(first_position) = customer.and_then(|c| views.records.get(c)).and_then(|r| r.positions.first()) else { return };
        self.shared.journal.record(journal::Use {
            first_position,
            at_seconds: self.shared.clock.now().seconds32(),
            purpose: used.purpose.0,
            category: used.category.0,
            recipient: used.recipient.0,
            channel: used.channel.map(|c| c.0),
            outcome: if allowed { Outcome::Allowed } else { Outcome::Denied },
        });
    }

    /// Unlearns every permission that ended, before anything is answered: one compare when nothing did.
    pub(super) fn settle(&self) {
        let now = self.shared.clock.judge();
        if self.shared.views.read().ends.next().is_none_or(|at| at > now.seconds32()) {
            return;
        }
        let rules = self.shared.rules();
        let ended = contribution::settle(&mut self.shared.views.write(), &rules.policy, &rules.asked, now);
        if !ended.is_empty() {
            // If the queue is full the next round of upkeep finds them: their terms are due.
            let mut views = self.shared.views.write();
            ended.iter().for_each(|&customer| views.terms.at_latest(customer, 1));
            drop(views);
            let _ = self.queue.try_send(Command::Upkeep { ended, reply: None });
        }
    }
}

/// The question in the policy's integers.
fn asked(policy: &Policy, customer: Option<Handle>, q: &Question) -> Result<Use, EngineError> {
    let unknown = |what: &'static str, id: &str| EngineError::UnknownId { what, id: id.chars().take(64).collect() };
    Ok(Use {
        purpose: policy.purpose(&q.purpose).ok_or_else(|| unknown("purpose", &q.purpose))?,
        category: policy.category(&q.category).ok_or_else(|| unknown("category", &q.category))?,
        recipient: q.recipient.as_ref().map_or(Ok(RecipientIx(0)), |r| policy.recipient(r).ok_or_else(|| unknown("recipient", r)))?,
        channel: q.channel.as_ref().map(|c| channel(policy, c)).transpose()?,
        visit: customer.zip(q.visit.as_deref()).map(|(handle, visit)| visit_of(handle, visit)),
    })
}

/// A channel by its id.
pub(super) fn channel(policy: &Policy, id: &str) -> Result<ChannelIx, EngineError> {
    policy.channel(id).ok_or_else(|| EngineError::UnknownId { what: "channel", id: id.chars().take(64).collect() })
}

/// A decision as the API says it.
pub(super) fn answer(decision: Decision) -> Answer {
    match decision {
        Decision::Allow { until, .. } => Answer { decision: "allow", reason: decision.reason(), until: ends_text(until) },
        Decision::Deny(reason) => Answer { decision: "deny", reason: reason.code(), until: None },
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
