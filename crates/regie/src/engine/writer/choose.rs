//! A customer's choices on their way in, and who consents for them: made from what stands now, committed to the ledger, one
//! customer at a time in a commit.

use regie_domain::consent::{PurposeState, UntilWish};
use regie_domain::fact::{Actor, Chosen, Fact, Identifier, SuppressionLifted, Until, VisitId};
use regie_domain::ids::Handle;
use regie_domain::ledger;
use regie_domain::time::Time;

use super::super::error::EngineError;
use super::super::rules::{Rules, hex, random};
use super::super::views::days::What;
use super::super::views::{RecordIx, Views};
use super::plan::{Plan, Who};
use super::{Reply, Writer};

/// What a choice looks at: the views as they stand when it is made.
pub(crate) struct Standpoint<'a> {
    /// The rules in force.
    pub rules: &'a Rules,
    /// The views.
    pub views: &'a Views,
    /// The customer who chooses.
    pub customer: RecordIx,
    /// When it is recorded.
    pub now: Time,
    /// The moment to judge by.
    pub judge: Time,
}

impl Standpoint<'_> {
    /// The end to record for a wish: see [`Rules::until`].
    ///
    /// # Errors
    /// As [`Rules::until`].
    pub(crate) fn until(&self, wish: UntilWish, stands: Option<Time>, visit: Option<VisitId>) -> Result<Until, EngineError> {
        self.rules.until(wish, stands, visit, (self.now, self.judge))
    }
}

/// Makes the choices of a command ([`Fact::is_choice`]), or a disclosure that is decided with them: none if nothing would change. The salt is added by the writer.
pub(crate) type ChoiceMaker = Box<dyn FnOnce(&Standpoint<'_>) -> Result<Vec<Fact>, EngineError> + Send>;

/// What a command of choices did.
#[derive(Debug, Clone)]
pub(crate) struct Chose {
    /// How many choices were recorded.
    pub recorded: usize,
    /// Where every purpose stands now.
    pub states: Vec<PurposeState>,
}

impl Writer {
    pub(super) fn choose(&mut self, plan: &mut Plan, handle: Handle, make: ChoiceMaker, request: Option<&str>, reply: Reply<Chose>) {
        match self.plan_choices(plan, handle, make, request) {
            Ok((customer, recorded)) => {
                // The states are read once the choices stand.
                let shared = self.shared.clone();
                plan.answer_then(reply, move || {
                    let rules = shared.rules();
                    let states = shared.views.read().consents.state(&rules.policy, customer.0, shared.clock.judge());
                    Chose { recorded, states }
                });
            }
            Err(e) => {
                let _ = reply.send(Err(e));
            }
        }
    }

    fn plan_choices(
        &mut self,
        plan: &mut Plan,
        handle: Handle,
        make: ChoiceMaker,
        request: Option<&str>,
    ) -> Result<(RecordIx, usize), EngineError> {
        let known = self.shared.views.read().customer(handle);
        let customer = match known {
            Some(customer) => customer,
            None => {
                // The record may be opened in this very plan.
                self.flush_now(plan)?;
                self.shared.views.read().customer(handle).ok_or(EngineError::UnknownCustomer)?
            }
        };
        if plan.chose.contains(&customer) {
            self.flush_now(plan)?;
        }
        let rules = self.shared.rules();
        let (now, judge) = (self.shared.clock.now(), self.shared.clock.judge());
        let (mut choices, handle) = {
            let views = self.shared.views.read();
            let choices = make(&Standpoint { rules: &rules, views: &views, customer, now, judge })?;
            (choices, views.handle(customer).ok_or(EngineError::UnknownCustomer)?)
        };
        choices.iter_mut().for_each(|fact| fact.set_request(request.unwrap_or_default()));
        let recorded = choices.len();
        self.add_choices(plan, customer, handle, choices, now)?;
        if recorded > 0 {
            plan.chose.insert(customer);
        }
        Ok((customer, recorded))
    }

    /// Adds what was chosen to the plan, under this record, whose handle this is; a consent lets in again what an erasure refuses.
    pub(super) fn add_choices(
        &self,
        plan: &mut Plan,
        record: RecordIx,
        handle: Handle,
        choices: Vec<Fact>,
        now: Time,
    ) -> Result<(), EngineError> {
        let who = {
            let views = self.shared.views.read();
            let lifts = choices.iter().any(gives_as_customer) && !views.suppression.is_empty();
            if lifts { views.noted(record, |what| matches!(what, What::Opened | What::Linked)) } else { Vec::new() }
        };
        // From the disk, so without the views: whoever waits to change them would hold up every reader. Nobody else changes where a
        // customer stands meanwhile.
        let who = self.shared.facts_at(&who)?;
        let (rules, views) = (self.shared.rules(), self.shared.views.read());
        lift_suppression(plan, &rules, &views, who.iter().map(|(_, fact)| fact), now)?;
        for fact in choices {
            add_choice(plan, &views, Who::Known(record), handle, fact)?;
        }
        Ok(())
    }
}

/// A consent by the customer lets events in again that happen from now on, for every identifier of theirs on the list.
fn lift_suppression<'f>(
    plan: &mut Plan,
    rules: &Rules,
    views: &Views,
    who: impl Iterator<Item = &'f Fact>,
    now: Time,
) -> Result<(), EngineError> {
    let Some(retailer) = views.retailer else { return Ok(()) };
    for hash in who.filter_map(identifier_of).map(|identifier| rules.suppression_hash(identifier)) {
        if views.suppression.holds(&hash, now) {
            plan.fact(views, Who::Known(retailer), Fact::SuppressionLifted(SuppressionLifted { hash, not_before: now }), false, None)?;
        }
    }
    Ok(())
}

/// Adds what a customer chose to the plan, with its leaf if it has one.
pub(super) fn add_choice(plan: &mut Plan, views: &Views, who: Who, handle: Handle, mut fact: Fact) -> Result<(), EngineError> {
    let mut leaf = None;
    if let Some(core) = ledger::core_of(handle, &fact) {
        let (salt, committed) = commit(&core)?;
        fact.set_salt(salt);
        leaf = Some(committed);
    }
    let choice = fact.is_choice();
    plan.fact(views, who, fact, choice, leaf)
}

/// A salt (for the sealed fact) and the leaf (for its row) that commit to this core: the one way into the ledger, for whatever fact.
/// The core is what a receipt will say; every value in it a text or a list of texts. Hand the leaf to [`Plan::fact`] with the fact.
pub(super) fn commit(core: &serde_json::Value) -> Result<(String, [u8; 32]), EngineError> {
    let salt: [u8; 32] = random()?;
    let leaf = ledger::leaf(&salt, core).map_err(|e| EngineError::Policy(e.to_string()))?;
    Ok((hex(&salt), leaf))
}

fn gives_as_customer(fact: &Fact) -> bool {
    if let Fact::InformationStated(stated) = fact {
        return matches!(stated.evidence.actor, Actor::Customer | Actor::Guardian);
    }
    let Fact::Chosen(choice) = fact else { return false };
    let by_customer = choice.evidence.as_ref().is_some_and(|e| matches!(e.actor, Actor::Customer | Actor::Guardian));
    by_customer && matches!(choice.what, Chosen::Given { .. })
}

/// The identifier that a fact makes point at its record.
pub(super) fn identifier_of(fact: &Fact) -> Option<&Identifier> {
    match fact {
        Fact::RecordOpened(opened) => Some(&opened.identifier),
        Fact::IdentifierLinked(linked) => Some(&linked.identifier),
        _ => None,
    }
}
