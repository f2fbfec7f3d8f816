//! What an adopted policy ended for a customer because it changed materially, and what had changed: the retailer's doing, so the customer
//! is told.

use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;
use regie_domain::policy::diff::Change;
use regie_domain::time::Time;

use super::Engine;
use super::error::EngineError;

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
    Told(InformationItem, String),
}

impl Engine {
    /// How this purpose changed when a policy last ended permissions for it; `None` if none ever did. From memory.
    pub fn purpose_changed(&self, purpose: &str) -> Option<PurposeChanged> {
        let views = self.shared.views.read();
        let adopted = views.policies.all().iter().rev().find(|adopted| adopted.ended.iter().any(|ended| ended == purpose))?;
        let is_of = |change: &&Change| change.purpose.as_ref().is_some_and(|thing| thing.id == purpose);
        Some(PurposeChanged { at: adopted.at, changes: adopted.changes.iter().filter(is_of).cloned().collect() })
    }

    /// What policies ended for this customer, oldest first. Reads nothing where none ever ended anything, else O(the customer's choices).
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn ended_by_policies(&self, customer: Handle) -> Result<Vec<(Time, Ended)>, EngineError> {
        let adopted = self.shared.views.read().policies.all().to_vec();
        if adopted.iter().all(|adopted| adopted.ended.is_empty()) {
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
