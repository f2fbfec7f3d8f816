//! Whom the portal serves: somebody who logged in, or a device on which somebody chooses without saying who they are. The same pages serve both.
//!
//! Invariant: looking opens no record; the first choice does. Left out: how a device is recognised again (see [`device`](super::device)).

use regie_domain::consent::{ClaimedEvidence, PurposeState};
use regie_domain::fact::VisitId;
use regie_domain::ids::Handle;

use crate::engine::{Engine, EngineError};
use crate::http::pages::caller::{Caller, SHOP_SOURCE, token};
use crate::http::pages::session::anonymous_id;

/// When too many choose at once, how long to wait.
const RETRY_SECONDS: u32 = 60;

impl Caller {
    /// Reads what this customer has, on a thread that may wait. Of somebody who chose nothing yet there is nothing.
    pub(crate) async fn read<T: Default + Send + 'static>(
        &self,
        read: impl FnOnce(&Engine, Handle) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        match self.customer() {
            Some(customer) => self.site.engine.reading(move |engine| read(engine, customer)).await,
            None => Ok(T::default()),
        }
    }

    /// Where every purpose stands for this customer.
    pub(crate) fn states(&self) -> Result<Vec<PurposeState>, EngineError> {
        let engine = &self.site.engine;
        self.customer().map_or_else(|| Ok(engine.untouched()), |customer| engine.states(customer))
    }

    /// Is it permitted for another visit, as in another browser? Then it is on, and not here.
    pub(crate) fn is_elsewhere(&self, state: &PurposeState) -> bool {
        state.visit.is_some_and(|visit| self.is_other_visit(visit))
    }

    /// Is it another visit than the one here?
    pub(crate) fn is_other_visit(&self, visit: VisitId) -> bool {
        self.customer().and_then(|customer| self.site.engine.visit_named(customer, &self.session.visit)) != Some(visit)
    }

    /// Does nothing tell who this is, but what was chosen here?
    pub(crate) fn is_anonymous(&self) -> bool {
        self.customer().is_none() || self.session.secret.is_some()
    }

    /// Whose record this browser's device has apart from the customer who is logged in: the same person's words, left where they were.
    pub(crate) fn beside(&self) -> Option<Handle> {
        let id = self.device.as_deref().map(anonymous_id).or_else(|| self.session.beside.clone());
        let known = id.filter(|_| !self.is_anonymous()).and_then(|id| self.known_by(&id));
        known.filter(|beside| Some(*beside) != self.customer())
    }

    /// The customer whose choice is recorded next; for somebody without a record one is opened now, under a name that this visit alone knows.
    pub(crate) async fn open(&mut self) -> Result<Handle, EngineError> {
        if let Some(customer) = self.customer() {
            return Ok(customer);
        }
        if !self.site.pace.opens(self.from, self.site.engine.now()) {
            return Err(EngineError::Overloaded { retry_after_seconds: RETRY_SECONDS });
        }
        let secret = token();
        let unknown = || EngineError::UnknownId { what: "source", id: SHOP_SOURCE.into() };
        let identifier = self.anonymous_identifier(&anonymous_id(&secret)).ok_or_else(unknown)?;
        let customer = self.site.engine.open_device(identifier, SHOP_SOURCE).await?;
        self.belong_to(customer, secret);
        Ok(customer)
    }

    /// What proves a choice made on this page: the wording in force, in the language that was read, by the customer.
    pub(crate) fn evidence(&self, method: &str) -> Option<ClaimedEvidence> {
        Some(ClaimedEvidence {
            policy_version: Some(self.site.engine.policy().version.clone()),
            language: Some(self.words.language.tag().to_owned()),
            method: Some(method.to_owned()),
            actor: Some("customer".to_owned()),
        })
    }
}
