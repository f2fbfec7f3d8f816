//! What of a customer's rows may still be kept: row by row, by the policy, by where the customer stands, and by the moment.
//!
//! Invariant: a pure function of the facts, the views and `now`; nothing is deleted here. Left out: which choices no longer matter
//! ([`spent`](super::spent)), when rows are looked at, and ending them ([`upkeep`](super::upkeep)).

use regie_domain::collection::{self, CHOICES, Stripped};
use regie_domain::consent::{Field, Kept};
use regie_domain::fact::{
    Chosen, ConsentProof, ConsentsProven, Fact, IdentifierKind, InformationStated, MailAsked, MailClosed, Until, VisitId,
};
use regie_domain::policy::{DEVICE_STORAGE, PurposeIx, Purposes};
use regie_domain::time::Time;
use regie_store::{Meta, Replacement};

use super::super::DEVICE_SECONDS_MAX;
use super::super::error::EngineError;
use super::super::rules::Rules;
use super::super::views::{RecordIx, Views};
use super::erase::message_of;
use super::plan::payload;

/// A row of which something may no longer be kept.
pub(super) enum Ended {
    /// Its new content.
    Changed(Replacement),
    /// All of it goes, and with it the message that it came with.
    Gone(Meta, Option<(u64, Time)>),
}

impl Ended {
    /// The row's position, if all of it goes.
    pub(super) fn gone(&self) -> Option<u64> {
        match self {
            Ended::Gone(meta, _) => Some(meta.position),
            Ended::Changed(_) => None,
        }
    }
}

/// What a look at a customer's rows found.
#[derive(Default)]
pub(super) struct Look {
    pub(super) ends: Vec<Ended>,
    pub(super) next: Option<Time>,
    pub(super) content: usize,
    /// Of what there is, so much are choices: all that a device can be left with that nobody can reach any more.
    pub(super) choices: usize,
    /// See [`spent::Spent::unasked`].
    pub(super) unasked: Vec<PurposeIx>,
}

impl Look {
    pub(super) fn at(
        &mut self,
        rules: &Rules,
        views: &Views,
        customer: RecordIx,
        meta: Meta,
        fact: &Fact,
        now: Time,
    ) -> Result<(), EngineError> {
        match fact {
            Fact::EventKept(event) => {
                let ends = rules.keeping.ends(event.happened_at, event.recorded_at);
                let not_for: Purposes = event.not_for.iter().filter_map(|id| rules.policy.purpose(id)).collect();
                let verdict = |category: &str| self.keeps(kept(rules, views, customer, category, not_for, false, event.visit, &ends, now));
                match collection::strip(event, verdict) {
                    Stripped::Unchanged => self.content += 1,
                    Stripped::Changed(event) => {
                        self.content += 1;
                        self.replace(meta, &Fact::EventKept(event))?;
                    }
                    Stripped::Gone => self.ends.push(Ended::Gone(meta, message_of(fact))),
                }
            }
            Fact::AttributesProvided(attributes) => {
                let ends = rules.keeping.ends(attributes.happened_at, attributes.recorded_at);
                let claimed = rules.claims(&attributes.source);
                let verdict = |category: &'static str| {
                    self.keeps(kept(rules, views, customer, category, Purposes::NONE, claimed, VisitId(0), &ends, now))
                };
                let (values, left) = collection::keep_attributes(attributes.values.clone(), verdict);
                if values.is_empty() {
                    self.ends.push(Ended::Gone(meta, message_of(fact)));
                } else {
                    self.content += 1;
                    if left > 0 {
                        let mut attributes = attributes.clone();
                        attributes.values = values;
                        self.replace(meta, &Fact::AttributesProvided(attributes))?;
                    }
                }
            }
            Fact::OrderKeptByLaw(order) if order.until <= now => self.ends.push(Ended::Gone(meta, None)),
            Fact::OrderKeptByLaw(order) => {
                self.content += 1;
                self.again(order.until);
            }
            Fact::ConsentsProven(proven) => {
                let stays: Vec<ConsentProof> = proven.consents.iter().filter(|proof| proof.until > now).cloned().collect();
                match stays.iter().map(|proof| proof.until).min() {
                    None => self.ends.push(Ended::Gone(meta, None)),
                    Some(next) => {
                        self.content += 1;
                        self.again(next);
                        if stays.len() < proven.consents.len() {
                            self.replace(meta, &Fact::ConsentsProven(ConsentsProven { consents: stays, ..proven.clone() }))?;
                        }
                    }
                }
            }
            Fact::InformationStated(stated) => {
                (self.content, self.choices) = (self.content + 1, self.choices + 1);
                let over = matches!(stated.until, Until::Moment(end) if end <= now);
                if stated.value.is_some() && (over || !views.information.stands_at(customer, stated.item, meta.position)) {
                    self.replace(meta, &Fact::InformationStated(InformationStated { value: None, ..stated.clone() }))?;
                } else if let (Some(_), Until::Moment(end)) = (&stated.value, stated.until) {
                    self.again(end);
                }
            }
            Fact::RecordJoined(_) => self.content += 1,
            Fact::Disclosed(d) => self.content += usize::from(self.account(rules, views, customer, meta, d.at, now)),
            Fact::MailAsked(MailAsked { at, .. }) | Fact::MailClosed(MailClosed { at, .. }) => {
                self.account(rules, views, customer, meta, *at, now);
            }
            Fact::UsesSummed(summed) => {
                self.account(rules, views, customer, meta, Time::from_day(summed.day), now);
            }
            // What was asked once of one's own data is an account of that, and nothing that stands.
            Fact::PreviewMade(made) => {
                let stays = usize::from(self.account(rules, views, customer, meta, made.at, now));
                (self.content, self.choices) = (self.content + stays, self.choices + stays);
            }
            choice if choice.is_choice() => (self.content, self.choices) = (self.content + 1, self.choices + 1),
            _ => {}
        }
        Ok(())
    }

    /// What says what happened with the data is kept as the choices are that it answers to; a policy that does not declare them ends
    /// neither. Returns whether the row stays.
    fn account(&mut self, rules: &Rules, views: &Views, customer: RecordIx, meta: Meta, at: Time, now: Time) -> bool {
        if rules.policy.category(CHOICES).is_none() {
            return true;
        }
        let ends = rules.keeping.ends(at, at);
        let stays = self.keeps(kept(rules, views, customer, CHOICES, Purposes::NONE, false, VisitId(0), &ends, now));
        if !stays {
            self.ends.push(Ended::Gone(meta, None));
        }
        stays
    }

    fn keeps(&mut self, kept: Option<Kept>) -> bool {
        if let Some(kept) = kept {
            self.again(kept.recheck_at);
        }
        kept.is_some()
    }

    pub(super) fn again(&mut self, at: Time) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    fn replace(&mut self, meta: Meta, fact: &Fact) -> Result<(), EngineError> {
        self.ends.push(Ended::Changed(Replacement {
            position: meta.position,
            record: meta.record,
            n: meta.n,
            revision: meta.revision + 1,
            choice: meta.choice,
            payload: payload(fact)?,
        }));
        Ok(())
    }

    /// Is nothing left that may be kept: a law's remainder whose term ended, the mere identifier of a device, or what was chosen on a device
    /// that nobody can come back with?
    ///
    /// The latter is a record that a page opened for somebody who logs in nowhere ([`RecordOpened::on_page`]), in which nothing but choices
    /// stands. Our cookie alone leads back to it. It lies on the device for a year at most since the last sign of life (a choice, or a use,
    /// as each recognition is one), and not at all where remembering was never permitted; once it must have gone, the record goes as a whole
    /// after the shortest term that the policy gives to data of a device. A device that a shop names to us has a life of its own, and is not meant.
    pub(super) fn leaves_nothing(&mut self, facts: &[(Meta, Fact)], rules: &Rules, now: Time) -> bool {
        if self.content > self.choices || facts.is_empty() {
            return false;
        }
        let mut opened = facts.iter().filter_map(|(_, fact)| match fact {
            Fact::RecordOpened(opened) => Some(opened),
            _ => None,
        });
        let Some(first) = opened.next() else {
            if self.content > 0 {
                return false;
            }
            let is_remainder = |fact: &Fact| {
                matches!(fact, Fact::OrderKeptByLaw(_) | Fact::ConsentsProven(_) | Fact::ProofOpened(_) | Fact::HistoryChanged)
            };
            return facts.iter().all(|(_, fact)| is_remainder(fact));
        };
        if opened.next().is_some() || first.identifier.kind != IdentifierKind::Anonymous {
            return false;
        }
        if self.content > 0 && !first.on_page {
            return false;
        }
        let seen = if first.on_page { last_reached(facts).unwrap_or(first.at) } else { first.at };
        let until = seen.plus_seconds(rules.floor(rules.policy.category("device")).into());
        if now < until {
            self.again(until);
            return false;
        }
        true
    }
}

/// Until when at most somebody could come back to a record that a page opened for a device.
fn last_reached(facts: &[(Meta, Fact)]) -> Option<Time> {
    let last = facts.iter().filter_map(|(_, fact)| match fact {
        // Its day may have lasted.
        Fact::UsesSummed(summed) => Some(Time::from_day(summed.day.saturating_add(1))),
        other => other.recorded_at(),
    });
    let last = last.max()?;
    let is_remembered =
        |fact: &Fact| matches!(fact, Fact::Chosen(c) if c.purpose == DEVICE_STORAGE && matches!(c.what, Chosen::Given { .. }));
    let remembered = facts.iter().any(|(_, fact)| is_remembered(fact));
    Some(if remembered { last.plus_seconds(DEVICE_SECONDS_MAX) } else { last })
}

#[expect(clippy::too_many_arguments, reason = "each is one thing that the rule looks at; a struct would only rename them")]
fn kept(
    rules: &Rules,
    views: &Views,
    customer: RecordIx,
    category: &str,
    not_for: Purposes,
    claimed: bool,
    visit: VisitId,
    ends: &regie_domain::consent::RetentionEnds,
    now: Time,
) -> Option<Kept> {
    let category = rules.policy.category(category)?;
    let field = Field { category, not_for, claimed, visit: Some(visit) };
    rules.keeping.may_keep(&rules.policy, &views.consents, Some(customer.0), &field, ends, now)
}
