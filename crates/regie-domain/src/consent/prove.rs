//! What proves a customer's consents once all else of them is erased (Article 17(3)(e)).
//!
//! Invariant: a pure function of the customer's facts in the log's order, of what policies ended, and of the term that the policy gives
//! to `legal-claims`: no term, no proof. What was given and how it ended, nothing else: no refusal, no objection, no event. Each proof
//! is kept for the term from when its consent ended; an erasure ends those that stood.

use super::keep::retention_end;
use crate::fact::{Actor, Choice, Chosen, ConsentProof, Consenter, Fact, Until, VisitId};
use crate::policy::{LEGAL_CLAIMS, Policy, Retention};
use crate::time::Time;

/// The purposes whose consents a policy ended by changing materially, and where and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended<'a> {
    /// Its place in the log.
    pub position: u64,
    /// When it was adopted.
    pub at: Time,
    /// Their ids.
    pub purposes: &'a [String],
}

/// How long a proof is kept; `None`: the policy keeps none.
pub fn proof_term(policy: &Policy) -> Option<Retention> {
    let purpose = policy.at(policy.purpose(LEGAL_CLAIMS)?);
    let mut terms = purpose.categories.iter().filter_map(|c| purpose.retention.get(usize::from(c.0)).copied().flatten());
    terms.find(|term| !matches!(term, Retention::None | Retention::For { months: 0, days: 0 }))
}

/// The proofs to keep at an erasure, oldest first. `facts` are the customer's, by their places in the log, ascending; so is `ended`.
pub fn prove(policy: &Policy, facts: &[(u64, &Fact)], ended: &[Ended<'_>], erased_at: Time) -> Vec<ConsentProof> {
    let Some(term) = proof_term(policy) else { return Vec::new() };
    let mut proofs = Proofs::default();
    let mut ended = ended.iter().peekable();
    for &(position, fact) in facts {
        while let Some(ended) = ended.next_if(|e| e.position < position) {
            proofs.close_where("invalidated", ended.at, None, |proof| ended.purposes.contains(&proof.consent_to));
        }
        proofs.take(fact);
    }
    for ended in ended {
        proofs.close_where("invalidated", ended.at, None, |proof| ended.purposes.contains(&proof.consent_to));
    }
    proofs.close_where("erased", erased_at, None, |_| true);
    proofs.closed.sort_by_key(|proof| proof.given_at);
    let kept = proofs
        .closed
        .into_iter()
        .map(|proof| ConsentProof { until: retention_end(proof.ended_at.min(erased_at), term, &policy.time_zone), ..proof });
    kept.filter(|proof| proof.until > erased_at).collect()
}

/// Consents as they come and go: at most one stands for a purpose.
#[derive(Default)]
struct Proofs {
    open: Vec<ConsentProof>,
    closed: Vec<ConsentProof>,
    guarded: bool,
}

impl Proofs {
    fn take(&mut self, fact: &Fact) {
        match fact {
            Fact::Chosen(choice) => self.chose(choice),
            Fact::ConsenterStated(stated) => {
                // As `Standing::set_consenter` and `Standing::carries` judge it.
                let was_guarded = std::mem::replace(&mut self.guarded, stated.consenter == Consenter::Guardian);
                let by_guardian = |proof: &ConsentProof| proof.evidence.as_ref().is_some_and(|e| e.actor == Actor::Guardian);
                let ends = |proof: &ConsentProof| match stated.consenter {
                    Consenter::Guardian => !by_guardian(proof),
                    Consenter::Customer => was_guarded || by_guardian(proof),
                };
                self.close_where("consenter_changed", stated.at, Some(stated.evidence.actor), ends);
            }
            _ => {}
        }
    }

    fn chose(&mut self, choice: &Choice) {
        let by = choice.evidence.as_ref().map(|e| e.actor);
        let word = match &choice.what {
            Chosen::Given { .. } => "given_anew",
            Chosen::Refused => "refused",
            Chosen::Withdrawn => "withdrawn",
            Chosen::Invalidated => "invalidated",
            Chosen::UsedUp { .. } => "used_up",
            Chosen::VisitEnded { .. } => "visit_ended",
            Chosen::Objected | Chosen::ObjectionEnded => return,
        };
        // Both only end what they speak of.
        let ends = |proof: &ConsentProof| match (&choice.what, until_of(&proof.given)) {
            (Chosen::UsedUp { .. }, until) => until == Some(Until::Once),
            (Chosen::VisitEnded { visit }, until) => until == Some(Until::Visit(*visit)),
            _ => true,
        };
        self.close_where(word, choice.at, by, |proof| proof.consent_to == choice.purpose && ends(proof));
        if matches!(choice.what, Chosen::Given { .. }) {
            self.open.push(ConsentProof {
                consent_to: choice.purpose.clone(),
                given: choice.what.clone(),
                given_at: choice.at,
                evidence: choice.evidence.clone(),
                ended: String::new(),
                ended_at: choice.at,
                ended_by: None,
                until: choice.at,
            });
        }
    }

    /// Ends those that still stand. One whose end had passed ended by itself, before.
    fn close_where(&mut self, word: &str, at: Time, by: Option<Actor>, ends: impl Fn(&ConsentProof) -> bool) {
        for mut proof in self.open.extract_if(.., |proof| ends(proof)) {
            match until_of(&proof.given) {
                Some(Until::Moment(end)) if end <= at => {
                    "expired".clone_into(&mut proof.ended);
                    proof.ended_at = end;
                }
                _ => {
                    word.clone_into(&mut proof.ended);
                    (proof.ended_at, proof.ended_by) = (at, by);
                }
            }
            // The visit's name was needed to see it end; kept, it would be a hash of who the customer was.
            if let Chosen::Given { until: Until::Visit(visit), .. } = &mut proof.given {
                *visit = VisitId(0);
            }
            self.closed.push(proof);
        }
    }
}

fn until_of(given: &Chosen) -> Option<Until> {
    if let Chosen::Given { until, .. } = given { Some(*until) } else { None }
}
