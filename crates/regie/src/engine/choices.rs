//! What a customer chooses about a purpose, and who consents for them: validated against where they stand, in the writer, and recorded.
//!
//! Saying what stands already changes nothing. Left out: restrictions (`restrict.rs`) and what is told (`information.rs`).

use regie_domain::consent::{self, ClaimedEvidence, PurposeState};
use regie_domain::fact::{Choice, Chosen, Consenter, ConsenterStated, Evidence, Fact, ObjectionWeighed, Until};
use regie_domain::ids::Handle;
use regie_domain::time::Time;

use super::api::Give;
use super::error::EngineError;
use super::writer::Standpoint;
use super::{Engine, information};

impl Engine {
    /// Gives a consent.
    ///
    /// # Errors
    /// [`EngineError::Choice`] and [`EngineError::Until`] for what cannot be recorded; as [`Engine::collect`] otherwise.
    pub async fn give(&self, customer: Handle, give: Give) -> Result<PurposeState, EngineError> {
        let purpose = give.purpose.clone();
        let chose = self.choose(customer, move |at| {
            let visit = give.visit.as_deref().and_then(|v| at.views.visit(at.customer, v));
            let until = at.until(give.until, None, visit)?;
            let wish = consent::Give {
                purpose: &give.purpose,
                categories: give.categories.as_deref(),
                recipients: give.recipients.as_deref(),
                channels: give.channels.as_deref(),
                until,
                evidence: give.evidence.as_ref(),
            };
            let (what, evidence) = consent::validate_give(at.rules.known(), &at.views.consents.standing(at.customer.0), &wish)?;
            Ok(vec![choice(&give.purpose, what, at.now, Some(evidence))])
        });
        self.state_of(&chose.await?, &purpose)
    }

    /// Gives what stands once more, with all that it covers, until another end: a day, week or month counts from the end that stands. A new
    /// consent with its own evidence. Changes nothing where none stands any more, where it ends then already, or where giving anew would
    /// lift an objection or a pause.
    ///
    /// # Errors
    /// As [`Engine::give`].
    pub async fn give_again(
        &self,
        customer: Handle,
        purpose: &str,
        until: consent::UntilWish,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<PurposeState, EngineError> {
        let id = purpose.to_owned();
        let chose = self.choose(customer, move |at| {
            let policy = &at.rules.policy;
            let states = at.views.consents.state(policy, at.customer.0, at.judge);
            let stands = |s: &&PurposeState| {
                policy.at(s.purpose).id == id
                    && s.state == Some(consent::State::Given)
                    && !s.objected
                    && !s.weighing
                    && s.restricted.is_empty()
            };
            let Some(state) = states.iter().find(stands) else { return Ok(Vec::new()) };
            let stands = if let consent::Ends::Moment(end) = state.until { Some(end) } else { None };
            let until = at.until(until, stands, None)?;
            if matches!(until, Until::Moment(end) if stands == Some(end)) {
                return Ok(Vec::new());
            }
            let categories: Vec<String> =
                state.cover.categories.iter().filter_map(|c| Some(policy.categories.get(usize::from(c.0))?.id.clone())).collect();
            let recipients: Vec<String> =
                state.cover.recipients.iter().filter_map(|r| Some(policy.recipients.get(usize::from(r.0))?.id.clone())).collect();
            let channels: Vec<String> =
                state.cover.channels.iter().filter_map(|c| Some(policy.channels.get(usize::from(c.0))?.id.clone())).collect();
            let wish = consent::Give {
                purpose: &id,
                categories: Some(&categories),
                recipients: Some(&recipients),
                channels: Some(&channels),
                until,
                evidence: evidence.as_ref(),
            };
            let (what, evidence) = consent::validate_give(at.rules.known(), &at.views.consents.standing(at.customer.0), &wish)?;
            Ok(vec![choice(&id, what, at.now, Some(evidence))])
        });
        self.state_of(&chose.await?, purpose)
    }

    /// Records a clear no.
    ///
    /// # Errors
    /// As [`Engine::give`].
    pub async fn refuse(&self, customer: Handle, purpose: &str, evidence: Option<ClaimedEvidence>) -> Result<PurposeState, EngineError> {
        let id = purpose.to_owned();
        let chose = self.choose(customer, move |at| {
            let (what, evidence) = consent::validate_refusal(at.rules.known(), &id, evidence.as_ref())?;
            Ok(vec![choice(&id, what, at.now, Some(evidence))])
        });
        self.state_of(&chose.await?, purpose)
    }

    /// Withdraws a consent. Withdrawing what was never given changes nothing.
    ///
    /// # Errors
    /// As [`Engine::give`].
    pub async fn withdraw(&self, customer: Handle, purpose: &str, evidence: Option<ClaimedEvidence>) -> Result<PurposeState, EngineError> {
        let id = purpose.to_owned();
        let chose = self.choose(customer, move |at| {
            let (what, evidence) = consent::validate_withdrawal(at.rules.known(), &id, evidence.as_ref())?;
            if is_given(at, &id) {
                return Ok(vec![choice(&id, what, at.now, evidence)]);
            }
            // What was told for this purpose alone stands without a consent for the whole of it, and stops with it.
            Ok(information::ended_for(at, evidence.as_ref(), |purpose| purpose == id))
        });
        self.state_of(&chose.await?, purpose)
    }

    /// Withdraws every consent that holds. Returns how many there were.
    ///
    /// # Errors
    /// As [`Engine::give`].
    pub async fn withdraw_all(&self, customer: Handle, evidence: Option<ClaimedEvidence>) -> Result<usize, EngineError> {
        let chose = self.choose(customer, move |at| {
            let mut ends = Vec::new();
            for purpose in at.rules.policy.purposes.iter().filter(|p| is_given(at, &p.id)) {
                let (what, evidence) = consent::validate_withdrawal(at.rules.known(), &purpose.id, evidence.as_ref())?;
                ends.push(choice(&purpose.id, what, at.now, evidence));
            }
            let evidence = evidence.as_ref().map(|e| consent::validate_evidence(at.rules.known(), Some(e))).transpose()?;
            ends.extend(information::ended_for(at, evidence.as_ref(), |purpose| !is_given(at, purpose)));
            Ok(ends)
        });
        Ok(chose.await?.recorded)
    }

    /// Objects to a purpose (Article 21), or takes an objection back.
    ///
    /// # Errors
    /// As [`Engine::give`].
    pub async fn object(
        &self,
        customer: Handle,
        purpose: &str,
        objects: bool,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<PurposeState, EngineError> {
        let id = purpose.to_owned();
        let chose = self.choose(customer, move |at| {
            let (what, evidence) = consent::validate_objection(at.rules.known(), &id, !objects, evidence.as_ref())?;
            let standing = at.views.consents.standing(at.customer.0);
            let ix = at.rules.policy.purpose(&id);
            let objected = ix.is_some_and(|ix| standing.objected.has(ix) || standing.weighing.has(ix));
            let signalled = ix.is_some_and(|ix| standing.is_signalled(at.rules.policy.at(ix)));
            // A browser's general no is an objection of its own; taking an objection back takes both back.
            let by_signal = evidence.as_ref().is_some_and(Evidence::is_general_no);
            let stands = objected || signalled && (by_signal || !objects);
            Ok(if stands == objects { Vec::new() } else { vec![choice(&id, what, at.now, evidence)] })
        });
        self.state_of(&chose.await?, purpose)
    }

    /// Records how an objection was weighed (Article 21(1)): it stands, or stronger grounds go before it. Direct marketing is not weighed.
    ///
    /// # Errors
    /// [`ChoiceError::NothingToWeigh`](consent::ChoiceError::NothingToWeigh); as [`Engine::give`] otherwise.
    pub async fn weigh_objection(
        &self,
        customer: Handle,
        purpose: &str,
        upheld: bool,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<PurposeState, EngineError> {
        let id = purpose.to_owned();
        let chose = self.choose(customer, move |at| {
            let standing = at.views.consents.standing(at.customer.0);
            let evidence = consent::validate_weighing(at.rules.known(), &standing, &id, evidence.as_ref())?;
            Ok(vec![Fact::ObjectionWeighed(ObjectionWeighed { purpose: id, upheld, at: at.now, evidence, by_request: String::new() })])
        });
        self.state_of(&chose.await?, purpose)
    }

    /// Records who consents for the customer (Article 8): an answer to "16 or older?". From then on a consent of the other is refused
    /// and carries nothing; saying what stands already changes nothing.
    ///
    /// # Errors
    /// As [`Engine::give`].
    pub async fn state_consenter(
        &self,
        customer: Handle,
        consenter: Consenter,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<(), EngineError> {
        self.choose(customer, move |at| {
            let evidence = consent::validate_evidence(at.rules.known(), evidence.as_ref())?;
            let stands = at.views.consents.line(at.customer.0).consenter() == Some(consenter);
            Ok(if stands { Vec::new() } else { vec![stated(consenter, at.now, evidence)] })
        })
        .await?;
        Ok(())
    }

    /// The customer's own answer to "16 or older?" on our pages. A yes never takes a guardian back, whoever said meanwhile that there is
    /// one: returns who consents now.
    ///
    /// # Errors
    /// As [`Engine::give`].
    pub async fn answer_consenter(
        &self,
        customer: Handle,
        consenter: Consenter,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<Option<Consenter>, EngineError> {
        self.choose(customer, move |at| {
            let stands = at.views.consents.line(at.customer.0).consenter();
            // `None` comes before the customer, and the customer before a guardian.
            if stands >= Some(consenter) {
                return Ok(Vec::new());
            }
            let evidence = consent::validate_evidence(at.rules.known(), evidence.as_ref())?;
            Ok(vec![stated(consenter, at.now, evidence)])
        })
        .await?;
        self.consenter(customer)
    }

    /// Ends a visit: consents bound to it end with it.
    ///
    /// # Errors
    /// As [`Engine::collect`].
    pub async fn end_visit(&self, customer: Handle, visit: &str) -> Result<(), EngineError> {
        let visit = visit.to_owned();
        self.choose(customer, move |at| {
            let Some(visit) = at.views.visit(at.customer, &visit) else { return Ok(Vec::new()) };
            let standing = at.views.consents.standing(at.customer.0);
            let bound = at.rules.policy.purposes.iter().filter(|purpose| standing.visit_of(purpose) == Some(visit));
            let consents = bound.map(|p| choice(&p.id, Chosen::VisitEnded { visit }, at.now, None));
            Ok(consents.chain(information::ended_with(at, visit)).collect())
        })
        .await?;
        Ok(())
    }
}

/// A choice of the customer's, as a fact.
pub(super) fn choice(purpose: &str, what: Chosen, at: Time, evidence: Option<Evidence>) -> Fact {
    Fact::Chosen(Choice { purpose: purpose.to_owned(), what, at, evidence, salt: String::new(), by_request: String::new() })
}

fn stated(consenter: Consenter, at: Time, evidence: Evidence) -> Fact {
    Fact::ConsenterStated(ConsenterStated { consenter, at, evidence, salt: String::new(), by_request: String::new() })
}

fn is_given(at: &Standpoint<'_>, purpose: &str) -> bool {
    let standing = at.views.consents.standing(at.customer.0);
    let slot = at.rules.policy.purpose(purpose).and_then(|ix| standing.slot_of(at.rules.policy.at(ix)));
    matches!(slot, Some(consent::Slot::Given(_)))
}
