//! Would this be taken from somebody of whom nothing is recorded yet? For pages that open a record with the first choice: what is going to be
//! refused opens none (decision 0014).
//!
//! The same rules as when it is recorded, held against nobody's standing. Left out: whether it changes anything.

use regie_domain::consent::{self, ClaimedEvidence, Standing};
use regie_domain::fact::{RestrictedPart, VisitId};

use super::Engine;
use super::api::Give;
use super::error::EngineError;

impl Engine {
    /// Could this be given?
    ///
    /// # Errors
    /// Those of [`Engine::give`], but for what a customer's own standing forbids.
    pub fn check_give(&self, give: &Give) -> Result<(), EngineError> {
        let rules = self.shared.rules();
        // Which visit makes no difference.
        let visit = give.visit.as_ref().map(|_| VisitId(1));
        let wish = consent::Give {
            purpose: &give.purpose,
            categories: give.categories.as_deref(),
            recipients: give.recipients.as_deref(),
            channels: give.channels.as_deref(),
            until: rules.until(give.until, None, visit, self.shared.clock.now_and_judge())?,
            evidence: give.evidence.as_ref(),
        };
        consent::validate_give(rules.known(), &Standing::default(), &wish)?;
        Ok(())
    }

    /// Could this be refused?
    ///
    /// # Errors
    /// Those of [`Engine::refuse`].
    pub fn check_refusal(&self, purpose: &str, evidence: Option<&ClaimedEvidence>) -> Result<(), EngineError> {
        consent::validate_refusal(self.shared.rules().known(), purpose, evidence)?;
        Ok(())
    }

    /// Could this be objected to?
    ///
    /// # Errors
    /// Those of [`Engine::object`].
    pub fn check_objection(&self, purpose: &str, evidence: Option<&ClaimedEvidence>) -> Result<(), EngineError> {
        consent::validate_objection(self.shared.rules().known(), purpose, false, evidence)?;
        Ok(())
    }

    /// Could this be restricted?
    ///
    /// # Errors
    /// Those of [`Engine::restrict`].
    pub fn check_restriction(&self, part: &RestrictedPart, evidence: Option<&ClaimedEvidence>) -> Result<(), EngineError> {
        consent::validate_restriction(self.shared.rules().known(), part, evidence)?;
        Ok(())
    }
}
