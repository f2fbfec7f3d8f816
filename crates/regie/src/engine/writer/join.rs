//! Two records become one customer, and with them what the customer permits of what a device alone had.

use regie_domain::consent::{self, ClaimedEvidence, Lapses, Standing, combine, validate_evidence};
use regie_domain::fact::{Actor, Choice, Chosen, Evidence, Fact, RecordJoined};
use regie_domain::ids::Handle;
use regie_domain::information::{Along, InformationItem, along};
use regie_domain::policy::{DEVICE_STORAGE, Policy};

use super::super::choice;
use super::super::error::EngineError;
use super::super::information;
use super::super::signals::NO_LANGUAGE;
use super::super::take_along::{Carries, JOIN};
use super::super::views::RecordIx;
use super::super::views::identities::IdentifierHash;
use super::choose::Standpoint;
use super::{Plan, Who, Writer};

/// Whom a customer is joined with.
#[derive(Debug)]
pub(crate) enum Other {
    /// Whoever has this handle.
    Customer(Handle),
    /// A device that nobody else is, by its identifier; what comes along of it, and what shows that the customer said so.
    Device { identifier: IdentifierHash, carries: Carries, evidence: Option<ClaimedEvidence> },
}

/// What a customer takes along of a device.
#[derive(Debug, Default)]
struct Taken {
    /// What it tells that comes as it is.
    tells: Vec<InformationItem>,
    /// What the customer permits anew.
    given: Vec<Fact>,
    /// What ends with it.
    ended: Vec<Fact>,
}

impl Writer {
    pub(super) fn join(&mut self, plan: &mut Plan, customer: Handle, other: Other, actor: Actor) -> Result<(), EngineError> {
        let (rules, now, judge) = (self.shared.rules(), self.shared.clock.now(), self.shared.clock.judge());
        let (a, given) = {
            let views = self.shared.views.read();
            let a = views.records.by_handle(customer).ok_or(EngineError::UnknownCustomer)?;
            let (other, asked) = match other {
                Other::Customer(other) => (other, None),
                // Looked at here, where nothing comes between: it may be somebody else's by now.
                Other::Device { identifier, carries, evidence } => {
                    (views.alone(identifier).ok_or(EngineError::DeviceTaken)?, Some((carries, evidence)))
                }
            };
            let b = views.records.by_handle(other).ok_or(EngineError::UnknownCustomer)?;
            if a == b {
                return Err(EngineError::SameCustomer);
            }
            if views.customers.same(a, b) {
                return Ok(());
            }
            let at = Standpoint { rules: &rules, views: &views, customer: views.customers.canonical(a), now, judge };
            let device = views.customers.canonical(b);
            let taken = asked.map(|(carries, evidence)| taken(&at, device, &carries, evidence.as_ref())).transpose()?;
            let carries = taken.as_ref().map(|_| Vec::new());
            let tells = taken.as_ref().map(|taken| taken.tells.clone());
            let taken = taken.unwrap_or_else(|| Taken { ended: ended(&at, device, actor), ..Taken::default() });
            let fact = Fact::RecordJoined(RecordJoined { other, actor, carries, tells, at: now });
            plan.fact(&views, Who::Known(a), fact, true, None)?;
            let Taken { given, ended, .. } = taken;
            (a, ended.into_iter().chain(given).collect())
        };
        if let Err(e) = self.add_choices(plan, a, customer, given, now) {
            // All of it or nothing: before it the plan was empty.
            *plan = Plan::default();
            return Err(e);
        }
        self.flush_now(plan)?;
        let customer = self.shared.views.read().customers.canonical(a);
        self.look_at_rows(customer)
    }
}

/// What customers who become one ended in each other without a word of their own about it.
fn ended(at: &Standpoint<'_>, other: RecordIx, actor: Actor) -> Vec<Fact> {
    let policy = &at.rules.policy;
    let [own, other] = [at.customer, other].map(|record| at.views.consents.standing(record.0));
    let joined = combine(policy, &own, &other, at.now.max(at.judge));
    let evidence = Evidence { actor, ..by_join(policy) };
    lapsed(at, [&own, &other], &joined, &evidence).into_iter().map(Fact::Chosen).collect()
}

/// The ends of consents that stood in either and stand in `joined` no more: not permitted in both, or left behind, as `left` shows.
fn lapsed(at: &Standpoint<'_>, both: [&Standing; 2], joined: &Standing, left: &Evidence) -> Vec<Choice> {
    let policy = &at.rules.policy;
    let ended = policy.purposes.iter().filter(|purpose| purpose.id != DEVICE_STORAGE).filter_map(|purpose| {
        let evidence = match consent::lapses(policy, both, joined, &purpose.id, at.now.max(at.judge))? {
            Lapses::NotInBoth => Evidence { actor: left.actor, ..by_join(policy) },
            Lapses::LeftBehind => left.clone(),
        };
        Some(Choice {
            purpose: purpose.id.clone(),
            what: Chosen::LeftBehind,
            at: at.now,
            evidence: Some(evidence),
            salt: String::new(),
            by_request: String::new(),
        })
    });
    ended.collect()
}

fn by_join(policy: &Policy) -> Evidence {
    Evidence { policy_version: policy.version.clone(), language: NO_LANGUAGE.to_owned(), method: JOIN.to_owned(), actor: Actor::System }
}

/// What the customer of this standpoint takes along of a device, with what they carry.
fn taken(at: &Standpoint<'_>, device: RecordIx, carries: &Carries, claimed: Option<&ClaimedEvidence>) -> Result<Taken, EngineError> {
    let policy = &at.rules.policy;
    let evidence = validate_evidence(at.rules.known(), claimed)?;
    let [own, other] = [at.customer, device].map(|record| at.views.consents.standing(record.0));
    let moment = at.now.max(at.judge);
    let (mut taken, mut left) = (Taken::default(), Vec::new());
    for purpose in &carries.purposes {
        let what = consent::carried(policy, &own, &other, purpose, moment);
        taken.given.extend(what.map(|what| choice(purpose, what, at.now, Some(evidence.clone()))));
    }
    let joined = combine(policy, &own, &other, moment);
    for (item, entry) in at.views.information.of(device).filter(|(_, entry)| !entry.permission.is_over(moment)) {
        match along(policy, &own, &other, &entry.permission, moment) {
            Along::Comes => taken.tells.push(item),
            Along::IfPermitted if carries.told.contains(&item) => taken.given.push(information::told_anew(at, &joined, entry, claimed)?),
            Along::IfPermitted | Along::Refused | Along::TakenBack | Along::Held => left.push(item),
        }
    }
    // What does not come along does not lapse in silence: the customer read that it ends, and ends it.
    let comes = |id: &str| taken.given.iter().any(|fact| matches!(fact, Fact::Chosen(choice) if choice.purpose == id));
    let bare = consent::take_along(policy, &own, &other, Some(&[]), moment);
    let ended: Vec<Fact> =
        lapsed(at, [&own, &other], &bare, &evidence).into_iter().filter(|choice| !comes(&choice.purpose)).map(Fact::Chosen).collect();
    taken.ended.extend(ended);
    let own_tells = |item| at.views.information.get(at.customer, item).is_some_and(|entry| !entry.permission.is_over(moment));
    let ended = left.into_iter().filter(|item| !own_tells(*item));
    taken.ended.extend(ended.map(|item| information::removal(item, None, at.now, Some(evidence.clone()))));
    Ok(taken)
}
