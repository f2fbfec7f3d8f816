//! What ended for a customer without a fact of its own: permissions and what was told, because an adopted policy changed materially (and what
//! had changed), and what was told, because of a no to what it was told for or because somebody else consents. The customer is told.

use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;
use regie_domain::policy::diff::Change;
use regie_domain::time::Time;

use super::Engine;
use super::error::EngineError;
use super::views::days::What;

/// A purpose that changed so that earlier permissions ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurposeChanged {
    /// When the policy was adopted.
    pub at: Time,
    /// How it changed, in the policy's order: what ended permissions, and what came with it.
    pub changes: Vec<Change>,
}

/// What ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A consent to this purpose.
    Consent(String),
    /// Something that was told for this purpose.
    Told(InformationItem, String, EndedBy),
}

/// Why something ended that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    /// The retailer changed the purpose.
    Policy,
    /// The customer said no to the purpose, or ended it.
    No,
    /// Who consents for the customer changed.
    Consenter,
}

impl Engine {
    /// How this purpose changed when a policy last ended permissions for it; `None` if none ever did. From memory.
    pub fn purpose_changed(&self, purpose: &str) -> Option<PurposeChanged> {
        let views = self.shared.views.read();
        let adopted = views.policies.all().iter().rev().find(|adopted| adopted.ended.iter().any(|ended| ended == purpose))?;
        let is_of = |change: &&Change| change.purpose.as_ref().is_some_and(|thing| thing.id == purpose);
        Some(PurposeChanged { at: adopted.at, changes: adopted.changes.iter().filter(is_of).cloned().collect() })
    }

    /// What policies ended for this customer, oldest first. Cost: as [`Engine::ended`].
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn ended_by_policies(&self, customer: Handle) -> Result<Vec<(Time, Ended)>, EngineError> {
        let mut ended = self.ended(customer)?;
        ended.retain(|(_, ended)| matches!(ended, Ended::Consent(_) | Ended::Told(_, _, EndedBy::Policy)));
        Ok(ended)
    }

    /// What ended for this customer without a fact that says so, oldest first. Reads nothing where no policy ever ended anything and the
    /// customer never told anything, else O(the customer's choices).
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn ended(&self, customer: Handle) -> Result<Vec<(Time, Ended)>, EngineError> {
        let (adopted, tells) = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            (views.policies.all().to_vec(), !views.noted(record, |what| what == What::Information).is_empty())
        };
        if !tells && adopted.iter().all(|adopted| adopted.ended.is_empty()) {
            return Ok(Vec::new());
        }
        let history = self.consents(customer)?.history;
        let by_policy = history.into_iter().filter(|choice| choice.choice == "invalidated" && choice.evidence.is_none());
        let mut ended: Vec<(Time, Ended)> = by_policy.map(|choice| (choice.at, Ended::Consent(choice.purpose))).collect();
        ended.extend(self.told_ended(customer, &adopted)?);
        ended.sort_by_key(|(at, _)| *at);
        Ok(ended)
    }
}
