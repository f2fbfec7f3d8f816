//! Signals of a customer's browser, as far as they are recorded, and what a page's tags are told.

use regie_domain::consent::{Decision, Ends, Use};
use regie_domain::fact::{Actor, Chosen, Evidence, Identifier, IdentifierKind};
use regie_domain::ids::Handle;
use regie_domain::policy::{ConsentSignal, Policy, PurposeIx, Purposes, RecipientIx};

use super::error::EngineError;
use super::views::{RecordIx, Views};
use super::{Engine, choice};

/// The language of a signal's evidence: nobody read a wording (ISO 639-2: undetermined).
pub(super) const NO_LANGUAGE: &str = "und";

impl Engine {
    /// Takes a signal of the customer's browser as an objection to these purposes (Article 21(5)). A general no (`gpc`) leaves a yes that
    /// was given here; an explicit objection (`adpc`) ends it, as one on our own pages does. Writes only what does not stand already; returns
    /// how much that was.
    ///
    /// # Errors
    /// As [`Engine::object`].
    pub async fn heed_signal(&self, customer: Handle, method: &'static str, purposes: Purposes) -> Result<usize, EngineError> {
        {
            let (rules, views) = (self.shared.rules(), self.shared.views.read());
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            if unheeded(&rules.policy, &views, record, (method, purposes)).next().is_none() {
                return Ok(0);
            }
        }
        let chose = self.choose(customer, move |at| {
            let policy = &at.rules.policy;
            let evidence = || said_by(policy, method);
            let missing = unheeded(policy, at.views, at.customer, (method, purposes));
            Ok(missing.map(|ix| choice(&policy.at(ix).id, Chosen::Objected, at.now, Some(evidence()))).collect())
        });
        Ok(chose.await?.recorded)
    }

    /// Does the customer's consent to this purpose hold now? From memory.
    pub fn is_given(&self, customer: Handle, purpose: &str) -> bool {
        let (rules, judge) = (self.shared.rules(), self.shared.clock.judge());
        let views = self.shared.views.read();
        let Some((record, ix)) = views.customer(customer).zip(rules.policy.purpose(purpose)) else { return false };
        rules.policy.at(ix).slot.is_some_and(|_| {
            let states = views.consents.state(&rules.policy, record.0, judge);
            states.iter().any(|s| s.purpose == ix && s.state == Some(regie_domain::consent::State::Given))
        })
    }

    /// The purposes that a signal rules out for an event of this identifier: third parties get nothing of it, unless its customer said
    /// yes to that here.
    pub fn ruled_out_by_signal(&self, identifier: Option<&Identifier>) -> Vec<String> {
        let policy = self.policy();
        let customer = identifier.and_then(|identifier| self.lookup(identifier));
        let given = |id: &str| customer.is_some_and(|customer| self.is_given(customer, id));
        let ids = policy.shared_with_third_parties().iter().map(|ix| policy.at(ix).id.clone());
        ids.filter(|id| !given(id)).collect()
    }

    /// The identifier of a device in a source's numbering; `None` if the policy has no such source.
    pub fn device_of(&self, source: &str, anonymous_id: &str) -> Option<Identifier> {
        let space = self.policy().source(source)?.id_space.clone();
        Some(Identifier { space, kind: IdentifierKind::Anonymous, value: anonymous_id.to_owned() })
    }

    /// What a page's tags are told: each signal of Google's Consent Mode, granted while all purposes that the policy maps it to hold
    /// now, for the recipient and the channel that it names. `None`: for somebody of whom nothing is known.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`].
    pub fn consent_mode(&self, customer: Option<Handle>, visit: Option<&str>) -> Result<Vec<(ConsentSignal, bool)>, EngineError> {
        let rules = self.shared.rules();
        let (policy, settled) = (&rules.policy, self.settled());
        let record = customer.map(|c| settled.customer(c).ok_or(EngineError::UnknownCustomer)).transpose()?;
        let visit = record.zip(visit).and_then(|(record, visit)| settled.visit(record, visit));
        let mode = &policy.consent_mode;
        // A purpose that does not serve the signal's recipient or the page's channel denies, as any use would be that it does not cover.
        let holds = |ix: &PurposeIx, recipient: RecipientIx| {
            let mut needed = policy.at(*ix).necessary_categories.iter().peekable();
            needed.peek().is_some()
                && needed.all(|category| {
                    let asked = Use { purpose: *ix, category, recipient, channel: mode.channel, visit };
                    // What a page's tags do cannot be counted, so nothing that is permitted for once is granted to them.
                    matches!(settled.decide(policy, record, &asked), Decision::Allow { until, .. } if until != Ends::Once)
                })
        };
        let granted = |signal: ConsentSignal| {
            let mapped = mode.signals.iter().find(|(mapped, ..)| *mapped == signal);
            mapped.is_some_and(|(_, recipient, purposes)| !purposes.is_empty() && purposes.iter().all(|ix| holds(ix, *recipient)))
        };
        Ok(ConsentSignal::ALL.map(|signal| (signal, granted(signal))).to_vec())
    }
}

/// What shows that a browser said something for its customer.
fn said_by(policy: &Policy, method: &str) -> Evidence {
    Evidence { policy_version: policy.version.clone(), language: NO_LANGUAGE.to_owned(), method: method.to_owned(), actor: Actor::Customer }
}

/// The purposes among these against which this signal does not stand yet.
fn unheeded<'p>(
    policy: &'p Policy,
    views: &Views,
    customer: RecordIx,
    (method, purposes): (&str, Purposes),
) -> impl Iterator<Item = PurposeIx> + use<'p> {
    let standing = views.consents.standing(customer.0);
    let is_general = said_by(policy, method).is_general_no();
    purposes.iter().filter(move |&ix| !(standing.objected.has(ix) || is_general && standing.is_signalled(policy.at(ix))))
}
