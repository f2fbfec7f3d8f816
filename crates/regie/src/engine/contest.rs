//! Contesting decisions of significant effect (Article 22(3)), and answering that.
//!
//! Invariant: only a purpose that the policy declares as such can be contested, and only a person answers. The first answer is the answer.
//! Left out: by when it has to be answered (no calendar of deadlines is kept), and what was decided: that stands in the retailer's systems.

use regie_domain::consent::{self, ChoiceError, ClaimedEvidence};
use regie_domain::fact::{ContestAnswered, ContestOutcome, DecisionContested, Fact};
use regie_domain::ids::{ContestId, Handle};
use regie_domain::time::Time;
use serde::Serialize;

use super::Engine;
use super::disclosures::REFERENCE_BYTES_MAX;
use super::error::EngineError;
use super::rules::random;
use super::views::days::What;

/// The longest reason, of the customer or of who answers, in bytes.
pub const REASON_BYTES_MAX: usize = 2_000;

/// A decision that a customer contests.
#[derive(Debug, Clone)]
pub struct ContestWish {
    /// The purpose's id.
    pub purpose: String,
    /// The retailer's own reference, at most [`REFERENCE_BYTES_MAX`] bytes.
    pub reference: Option<String>,
    /// Why, at most [`REASON_BYTES_MAX`] bytes.
    pub reason: Option<String>,
}

/// A contest, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contest {
    /// Its public name.
    pub contest: ContestId,
    /// The purpose.
    pub purpose: String,
    /// Which decision.
    pub reference: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When it came.
    pub at: Time,
    /// The answer, once there is one.
    pub answer: Option<ContestAnswer>,
}

/// See [`Contest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContestAnswer {
    /// Does the decision stand?
    pub outcome: ContestOutcome,
    /// Why.
    pub reasons: String,
    /// When.
    pub at: Time,
}

impl Engine {
    /// Records that the customer contests what was decided for a purpose. One that waits for an answer, about the same, is not recorded
    /// twice. Returns the contest. Durable when it returns; reads the disk.
    ///
    /// # Errors
    /// [`ChoiceError::NotContestable`]; [`EngineError::TooMany`] for words over their limits; as [`Engine::give`] otherwise.
    pub async fn contest(&self, customer: Handle, wish: ContestWish, evidence: Option<ClaimedEvidence>) -> Result<Contest, EngineError> {
        check_words("reference", wish.reference.as_deref(), REFERENCE_BYTES_MAX)?;
        check_words("reason", wish.reason.as_deref(), REASON_BYTES_MAX)?;
        consent::validate_contest(self.shared.rules().known(), &wish.purpose, evidence.as_ref())?;
        // What was looked at holds until it is recorded: nobody contests twice at once, and no contest gets two answers.
        let _turn = self.shared.contests.lock().await;
        let is_same = |c: &Contest| c.answer.is_none() && c.purpose == wish.purpose && c.reference == wish.reference;
        let all = self.reading(move |engine| engine.contests(customer)).await?;
        if let Some(waits) = all.into_iter().find(is_same) {
            return Ok(waits);
        }
        let id = ContestId(u128::from_le_bytes(random()?));
        let asked = wish.clone();
        self.choose(customer, move |at| {
            let evidence = consent::validate_contest(at.rules.known(), &wish.purpose, evidence.as_ref())?;
            let ContestWish { purpose, reference, reason } = wish;
            let (salt, by_request) = (String::new(), String::new());
            Ok(vec![Fact::DecisionContested(DecisionContested { id, purpose, reference, reason, at: at.now, evidence, salt, by_request })])
        })
        .await?;
        let is_it = |c: &Contest| c.contest == id || (c.purpose == asked.purpose && c.reference == asked.reference);
        // A request that is retried after a restart recorded it before: the newest about the same.
        let found = self.reading(move |engine| engine.contests(customer)).await?.into_iter().find(is_it);
        found.ok_or(EngineError::Broken)
    }

    /// Records a person's answer to a contest. The customer reads it.
    ///
    /// # Errors
    /// [`ChoiceError::NoSuchContest`]; [`ChoiceError::ContestAnswered`] unless it waits for an answer or this is the answer; as [`Engine::contest`] otherwise.
    pub async fn answer_contest(
        &self,
        customer: Handle,
        id: ContestId,
        outcome: ContestOutcome,
        reasons: String,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<Contest, EngineError> {
        check_words("reasons", Some(&reasons), REASON_BYTES_MAX)?;
        let _turn = self.shared.contests.lock().await;
        let find = move |engine: &Engine| Ok(engine.contests(customer)?.into_iter().find(|c| c.contest == id));
        let contest = self.reading(find).await?.ok_or(ChoiceError::NoSuchContest)?;
        if let Some(answer) = &contest.answer {
            // A retry of the very answer.
            let is_it = answer.outcome == outcome && answer.reasons == reasons;
            return if is_it { Ok(contest) } else { Err(ChoiceError::ContestAnswered.into()) };
        }
        self.choose(customer, move |at| {
            let evidence = consent::validate_contest_answer(at.rules.known(), evidence.as_ref())?;
            let (purpose, salt, by_request) = (contest.purpose, String::new(), String::new());
            Ok(vec![Fact::ContestAnswered(ContestAnswered { id, purpose, outcome, reasons, at: at.now, evidence, salt, by_request })])
        })
        .await?;
        self.reading(find).await?.ok_or(EngineError::Broken)
    }

    /// A customer's contests with their answers, newest first. Reads the disk.
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn contests(&self, customer: Handle) -> Result<Vec<Contest>, EngineError> {
        Ok(among(self.noted_facts(customer, |what| what == What::Contest)?.iter()))
    }
}

/// The contests among a customer's facts, newest first.
pub(super) fn among<'f>(facts: impl Iterator<Item = &'f Fact>) -> Vec<Contest> {
    let mut all: Vec<Contest> = Vec::new();
    for fact in facts {
        match fact {
            Fact::DecisionContested(f) => all.push(Contest {
                contest: f.id,
                purpose: f.purpose.clone(),
                reference: f.reference.clone(),
                reason: f.reason.clone(),
                at: f.at,
                answer: None,
            }),
            Fact::ContestAnswered(f) => {
                if let Some(contest) = all.iter_mut().find(|c| c.contest == f.id) {
                    contest.answer.get_or_insert(ContestAnswer { outcome: f.outcome, reasons: f.reasons.clone(), at: f.at });
                }
            }
            _ => {}
        }
    }
    all.reverse();
    all
}

fn check_words(what: &'static str, text: Option<&str>, max: usize) -> Result<(), EngineError> {
    let is_word =
        |text: &str| !text.trim().is_empty() && text.len() <= max && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\r');
    if text.is_none_or(is_word) { Ok(()) } else { Err(EngineError::TooMany { what, max }) }
}
