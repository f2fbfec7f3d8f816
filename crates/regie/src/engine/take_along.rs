//! A customer takes along what a device chose before they signed in: what may come, and the command. Who is joined with whom is the writer's
//! (`writer/join.rs`); what comes along is the domain's (`consent::carried`, `information::along`).

use regie_domain::consent::{self, ClaimedEvidence, Standing, Stays};
use regie_domain::fact::{Actor, Identifier};
use regie_domain::ids::Handle;
use regie_domain::information::{Along, InformationItem, along, says_no};
use regie_domain::policy::Purpose;

use super::decide::Settled;
use super::error::EngineError;
use super::views::RecordIx;
use super::views::information::Entry;
use super::writer::{Command, Other};
use super::{Engine, Information};

/// The method in the evidence of what a customer takes along, or leaves behind.
pub const TAKE_ALONG: &str = "take-along";
/// The method in the evidence of what ended because two records became one that did not both permit it.
pub const JOIN: &str = "join";

/// What a customer permits for all of their data, of what they had permitted on a device alone.
#[derive(Debug, Clone, Default)]
pub struct Carries {
    /// The purposes of permissions.
    pub purposes: Vec<String>,
    /// What is told and needs a permission of its own.
    pub told: Vec<InformationItem>,
}

/// What becomes of what is told where a customer takes along what a device has.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// What the device tells.
    pub told: Vec<(Information, Along)>,
    /// Of that: what does not count, because what the customer tells of it is newer.
    pub older: Vec<InformationItem>,
    /// Of that: what comes and is restricted then.
    pub paused: Vec<InformationItem>,
    /// What the customer tells, and no more then: on the device they said no to it.
    pub ends: Vec<InformationItem>,
}

impl Engine {
    /// Joins as [`Engine::join`], on the word of a customer who was shown what `device` has: every no of it holds from now on. A permission
    /// that it alone had, and what it tells to others than the retailer, comes along only where `carries` names it, as a permission of the
    /// customer with this evidence, in the same commit; what does not come along ends as taken back, with that evidence too.
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

    /// What is left of what the customer permits to each purpose after taking along what `device` has, in the policy's order.
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn stays_along(&self, customer: Handle, device: Handle) -> Result<Vec<Stays>, EngineError> {
        let (settled, policy) = (self.settled(), &self.shared.rules.policy);
        let ((_, own), (_, other)) = (stands(&settled, customer)?, stands(&settled, device)?);
        Ok(policy.purposes.iter().map(|purpose| consent::stays(policy, &own, &other, &purpose.id, settled.judge)).collect())
    }

    /// What `device` tells, and what would become of it if this customer took it along now: found by joining the two, aside. From memory.
    ///
    /// # Errors
    /// As [`Engine::information`].
    pub fn told_beside(&self, customer: Handle, device: Handle) -> Result<Beside, EngineError> {
        let (told, own_told) = (self.information(device)?, self.information(customer)?);
        let (settled, policy) = (self.settled(), &self.shared.rules.policy);
        let ((into, own), (from, other)) = (stands(&settled, customer)?, stands(&settled, device)?);
        let becomes = |item| {
            let entry = settled.information.get(from, item)?;
            Some(along(policy, &own, &other, &entry.permission, settled.judge))
        };
        let told: Vec<(Information, Along)> =
            told.into_iter().filter_map(|told| becomes(told.item).map(|becomes| (told, becomes))).collect();
        let mut joined = settled.information.of_both(into, from);
        let stood = |record: RecordIx| if record == into { &own } else { &other };
        joined.join(
            (into, from),
            settled.judge,
            |record, purpose| says_no(policy, stood(record), purpose),
            |record, item| record == from && !told.iter().any(|(told, becomes)| told.item == item && *becomes == Along::Comes),
            |record, told| told.is_restricted(policy, &stood(record).restrictions),
        );
        let mut beside = Beside { told, older: Vec::new(), paused: Vec::new(), ends: Vec::new() };
        let restrictions = own.restrictions.or(&other.restrictions);
        for (told, becomes) in beside.told.iter_mut().filter(|(_, becomes)| *becomes == Along::Comes) {
            let (before, after) = (settled.information.get(from, told.item), joined.get(into, told.item));
            match after {
                // The customer took it back.
                None => *becomes = Along::TakenBack,
                Some(after) if before.is_some_and(|before| before.position != after.position) => beside.older.push(told.item),
                Some(Entry { permission, .. }) => {
                    let is_held = !permission.despite_restriction && permission.is_restricted(policy, &restrictions);
                    beside.paused.extend(is_held.then_some(told.item));
                }
            }
        }
        beside.ends = own_told.iter().map(|own| own.item).filter(|item| joined.get(into, *item).is_none()).collect();
        Ok(beside)
    }
}

fn stands(settled: &Settled<'_>, of: Handle) -> Result<(RecordIx, Standing), EngineError> {
    let record = settled.customer(of).ok_or(EngineError::UnknownCustomer)?;
    Ok((record, settled.consents.standing(record.0)))
}
