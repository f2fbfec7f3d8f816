//! A customer takes along what a device chose before they signed in: what may come, and the command. Who is joined with whom is the writer's
//! (`writer/join.rs`); what comes along is the domain's (`consent::carried`, `information::along`).

use regie_domain::consent::{self, ClaimedEvidence, Standing};
use regie_domain::fact::{Actor, Identifier};
use regie_domain::ids::Handle;
use regie_domain::information::{Along, InformationItem, along};
use regie_domain::policy::Purpose;

use super::decide::Settled;
use super::error::EngineError;
use super::views::RecordIx;
use super::writer::{Command, Other};
use super::{Engine, Information};

/// What a customer permits for all of their data, of what they had permitted on a device alone.
#[derive(Debug, Clone, Default)]
pub struct Carries {
    /// The purposes of permissions.
    pub purposes: Vec<String>,
    /// What is told and needs a permission of its own.
    pub told: Vec<InformationItem>,
}

impl Engine {
    /// Joins as [`Engine::join`], on the word of a customer who was shown what `device` has: every no of it holds from now on. A permission
    /// that it alone had, and what it tells to others than the retailer, comes along only where `carries` names it, as a permission of the
    /// customer with this evidence, in the same commit.
    ///
    /// # Errors
    /// [`EngineError::Choice`] without evidence; [`EngineError::Information`] for what cannot be told any more;
    /// [`EngineError::DeviceTaken`] where the device belongs to somebody by now, or is gone; as [`Engine::join`] otherwise.
    pub async fn take_along(
        &self,
        customer: Handle,
        device: &Identifier,
        carries: Carries,
        evidence: Option<ClaimedEvidence>,
    ) -> Result<(), EngineError> {
        let other = Other::Device { identifier: self.shared.rules().hash(device), carries, evidence };
        self.send(|reply| Command::Join { customer, other, actor: Actor::Customer, reply }).await
    }

    /// The purposes whose permission a customer could take along from `device` now: see [`Engine::take_along`].
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn can_take_along(&self, customer: Handle, device: Handle) -> Result<Vec<String>, EngineError> {
        let (settled, policy) = (self.settled(), &self.shared.rules.policy);
        let ((_, own), (_, other)) = (stands(&settled, customer)?, stands(&settled, device)?);
        let comes = |purpose: &&Purpose| consent::carried(policy, &own, &other, &purpose.id, settled.judge).is_some();
        Ok(policy.purposes.iter().filter(comes).map(|purpose| purpose.id.clone()).collect())
    }

    /// What `device` tells, each with what would become of it if this customer took it along now. From memory.
    ///
    /// # Errors
    /// As [`Engine::information`].
    pub fn told_beside(&self, customer: Handle, device: Handle) -> Result<Vec<(Information, Along)>, EngineError> {
        let told = self.information(device)?;
        let (settled, policy) = (self.settled(), &self.shared.rules.policy);
        let ((_, own), (record, other)) = (stands(&settled, customer)?, stands(&settled, device)?);
        let becomes = |item| {
            let entry = settled.information.get(record, item)?;
            Some(along(policy, &own, &other, &entry.permission, settled.judge))
        };
        Ok(told.into_iter().filter_map(|told| becomes(told.item).map(|becomes| (told, becomes))).collect())
    }
}

fn stands(settled: &Settled<'_>, of: Handle) -> Result<(RecordIx, Standing), EngineError> {
    let record = settled.customer(of).ok_or(EngineError::UnknownCustomer)?;
    Ok((record, settled.consents.standing(record.0)))
}
