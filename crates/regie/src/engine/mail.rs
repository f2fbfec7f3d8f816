//! Mails to a customer: asked for, judged, recorded, closed. Sending is not here (`crate::mail`): the engine says what waits, and may be sent.
//!
//! Invariants: a mail that was asked for waits durably until something became of it; before its content leaves, the disclosure to the
//! mail server is in the log; a customer is asked about one permission once ever; an address that only a browser claims is none.
//! A receipt that the server may or may not have taken is sent again, a question is not.

use std::sync::{Arc, OnceLock};

use lettre::Address;
use regie_domain::collection::CHOICES;
use regie_domain::consent::{ChoiceError, Decision, Ends, NEAR_SECONDS, Part, State, is_near, validate_restriction};
use regie_domain::fact::{
    Actor, AlmostOver, Evidence, Fact, Letter, LiftTold, MailAsked, MailClosed, MailOutcome, Permitted, RestrictedPart, Until,
};
use regie_domain::ids::{Handle, MailId};
use regie_domain::policy::{Basis, Policy};
use regie_domain::time::Time;

use super::Engine;
use super::api::Question;
use super::disclosures::Disclose;
use super::error::EngineError;
use super::rules::random;
use super::views::days::{What, day_in};
use super::views::{RecordIx, Views};

/// The recipient that sends mails for the retailer.
pub const MAILER: &str = "mailer";
/// The channel that mails go through.
pub const CHANNEL: &str = "email";
/// What a receipt is sent for, and word of a restriction.
pub const RECEIPTS: &str = "rights-handling";
/// What the question before an end is sent for: a consent of its own.
pub const QUESTIONS: &str = "end-reminder";
/// What a mail carries: the address, and what was chosen.
const CARRIED: [&str; 2] = ["contact", CHOICES];
/// The attribute that holds the address.
const EMAIL: &str = "email";
/// Mails that a customer can ask for in a day.
pub const MAILS_A_DAY_MAX: usize = 20;
/// Customers whose end is near that are looked at under one lock.
const ENDS_AT_ONCE: usize = 256;

/// A mail that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingMail {
    /// Whose.
    pub customer: Handle,
    /// What was asked for.
    pub mail: MailAsked,
}

/// What a mail's disclosure says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It was recorded just now: nothing was sent before.
    First,
    /// It was recorded before: the mail server may have got it.
    Again,
}

/// A permission whose end is near.
#[derive(Debug, Clone)]
struct Near {
    permission: AlmostOver,
    since: Time,
}

impl Engine {
    /// Can the policy in force carry mails at all: does it name who sends them, and the channel?
    pub fn policy_knows_mail(&self) -> bool {
        let policy = &self.shared.rules.policy;
        policy.recipient(MAILER).is_some() && policy.channel(CHANNEL).is_some() && policy.purpose(RECEIPTS).is_some()
    }

    /// The address that a customer is known by: the latest one that a source said which may speak for its customers, if mail can be
    /// sent there. Reads the disk: O(the customer's attributes).
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn mail_address(&self, customer: Handle) -> Result<Option<Address>, EngineError> {
        let rules = &self.shared.rules;
        let told = self.noted_facts(customer, |what| what == What::Provided)?;
        let latest = told.into_iter().rev().find_map(|fact| match fact {
            Fact::AttributesProvided(said) if !rules.claims(&said.source) => {
                said.values.into_iter().find(|(name, _)| name == EMAIL).map(|(_, value)| value)
            }
            _ => None,
        });
        Ok(latest.as_deref().and_then(usable))
    }

    /// Asks for a receipt by mail, in this language. One that waits already is not asked for twice. Durable when it returns.
    ///
    /// # Errors
    /// [`EngineError::NoAddress`]; [`EngineError::UnknownReceipt`]; [`EngineError::TooManyMails`]; [`EngineError::DisclosureRefused`]
    /// where it may not be sent; as [`Engine::collect`] otherwise.
    pub async fn ask_for_receipt(&self, customer: Handle, index: u64, language: &str) -> Result<MailId, EngineError> {
        self.reading(move |engine| {
            if engine.mail_address(customer)?.is_none() {
                return Err(EngineError::NoAddress);
            }
            let before = index.checked_add(1).ok_or(EngineError::UnknownReceipt)?;
            let found = engine.receipts(customer, Some(before), 1, None)?.receipts;
            let is_it = found.first().is_some_and(|receipt| receipt["regie:ledger"]["index"].as_u64() == Some(index));
            if is_it { engine.may_mail(customer, RECEIPTS) } else { Err(EngineError::UnknownReceipt) }
        })
        .await?;
        self.ask_for(customer, Letter::Receipt { index }, language).await?.ok_or(EngineError::Broken)
    }

    /// Asks for a mail that tells the customer that a restriction is going to be lifted, in this language. Once the mail server took it, the
    /// customer counts as told; until then nobody else lifts the restriction. Durable when it returns.
    ///
    /// # Errors
    /// [`ChoiceError::NotRestricted`] where there is none; as [`Engine::ask_for_receipt`] otherwise.
    pub async fn tell_of_lifting_by_mail(&self, customer: Handle, part: RestrictedPart, language: &str) -> Result<MailId, EngineError> {
        let stands = part.clone();
        self.reading(move |engine| {
            if engine.is_restricted(customer, &stands)? {
                engine.mail_address(customer)?.ok_or(EngineError::NoAddress)?;
                engine.may_mail(customer, RECEIPTS)
            } else {
                Err(ChoiceError::NotRestricted.into())
            }
        })
        .await?;
        self.ask_for(customer, Letter::Lifting { part }, language).await?.ok_or(EngineError::Broken)
    }

    /// Does this restriction stand? From memory.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`]; [`EngineError::Choice`] for a part that the policy does not have.
    pub fn is_restricted(&self, customer: Handle, part: &RestrictedPart) -> Result<bool, EngineError> {
        let (ix, _) = validate_restriction(self.shared.rules.known(), part, None)?;
        let views = self.shared.views.read();
        let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
        Ok(views.consents.restrictions(record.0).has(ix))
    }

    /// Asks about every permission whose end is near, once ever, those customers who allowed that by mail. Returns how many were asked.
    /// O(customers with a permission that ends within two days), of whom those are read from the disk who allowed it.
    ///
    /// # Errors
    /// As [`Engine::collect`].
    pub async fn ask_about_ends(&self) -> Result<usize, EngineError> {
        if self.shared.rules.policy.purpose(QUESTIONS).is_none() {
            return Ok(0);
        }
        let (mut asked, mut failed) = (0, Ok(()));
        for (customer, permissions, language) in self.reading(|engine| engine.whom_to_ask()).await? {
            match self.ask_for(customer, Letter::AlmostOver { permissions }, &language).await {
                Ok(mail) => asked += usize::from(mail.is_some()),
                Err(EngineError::UnknownCustomer | EngineError::TooManyMails) => {}
                // The others are asked all the same.
                Err(e) => failed = failed.and(Err(e)),
            }
        }
        failed.map(|()| asked)
    }

    /// What waits, oldest first. From memory.
    pub fn mails_waiting(&self) -> Vec<WaitingMail> {
        let views = self.shared.views.read();
        let waiting = views.outbox.waiting();
        waiting.filter_map(|w| Some(WaitingMail { customer: views.handle(w.record)?, mail: w.mail.clone() })).collect()
    }

    /// The permissions of a question that still stand as they were asked about. From memory.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`].
    pub fn still_ending(&self, customer: Handle, permissions: &[AlmostOver]) -> Result<Vec<AlmostOver>, EngineError> {
        let standing = self.ending(customer)?;
        Ok(permissions.iter().filter(|asked| standing.contains(asked)).cloned().collect())
    }

    /// May this mail be sent now? Then the disclosure to the mail server is durable when this returns.
    ///
    /// # Errors
    /// [`EngineError::DisclosureRefused`]; [`EngineError::UnknownCustomer`] once erased; as [`Engine::disclose`] otherwise.
    pub async fn claim_mail(&self, waiting: &WaitingMail) -> Result<Claim, EngineError> {
        let (customer, purpose) = (waiting.customer, purpose_of(&waiting.mail.letter));
        let name = format!("mail-{}", waiting.mail.id);
        let request = name.clone();
        let before = self.reading(move |engine| {
            let disclosed = engine.noted_facts(customer, |what| what == What::Disclosed)?;
            Ok(disclosed.iter().any(|fact| matches!(fact, Fact::Disclosed(d) if d.by_request == request)))
        });
        let claim = if before.await? { Claim::Again } else { Claim::First };
        let wish = Disclose {
            recipient: MAILER.into(),
            purpose: purpose.into(),
            categories: CARRIED.map(String::from).to_vec(),
            items: Vec::new(),
            channel: Some(CHANNEL.into()),
            visit: None,
            reference: None,
        };
        // What was recorded before says nothing of now: that is judged each time, and noted once.
        self.record_disclosure(customer, wish, Some(name)).await?;
        Ok(claim)
    }

    /// Notes what became of a mail. One that does not wait any more stays as it was.
    ///
    /// # Errors
    /// As [`Engine::collect`].
    pub async fn close_mail(&self, customer: Handle, id: MailId, outcome: MailOutcome) -> Result<(), EngineError> {
        self.choose(customer, move |at| {
            let Some(mail) = at.views.outbox.get(id) else { return Ok(Vec::new()) };
            let mut facts = vec![Fact::MailClosed(MailClosed { id, outcome, at: at.now })];
            if let (Letter::Lifting { part }, MailOutcome::Sent) = (&mail.letter, outcome)
                && Part::of(&at.rules.policy, part).is_some_and(|ix| at.views.consents.restrictions(at.customer.0).has(ix))
            {
                // In the same commit: the customer was told exactly if the mail is recorded as sent.
                let evidence = Evidence {
                    policy_version: at.rules.policy.version.clone(),
                    language: mail.language.clone(),
                    method: CHANNEL.into(),
                    actor: Actor::System,
                };
                facts.push(Fact::LiftTold(LiftTold { part: part.clone(), at: at.now, evidence, by_request: String::new() }));
            }
            Ok(facts)
        })
        .await?;
        Ok(())
    }

    /// Would a mail for this purpose be allowed now?
    ///
    /// # Errors
    /// [`EngineError::DisclosureRefused`] if not.
    fn may_mail(&self, customer: Handle, purpose: &str) -> Result<(), EngineError> {
        for category in CARRIED {
            let question = Question {
                purpose: purpose.into(),
                category: category.into(),
                recipient: Some(MAILER.into()),
                channel: Some(CHANNEL.into()),
                visit: None,
            };
            let (_, decision) = self.judged(Some(customer), &question)?;
            if let Decision::Deny(reason) = decision {
                return Err(EngineError::DisclosureRefused { reason, category: category.into(), some_items_may: false });
            }
        }
        Ok(())
    }

    /// Records that a mail is asked for, unless it waits already or (for a question) was asked before; then the one that waits, if any.
    async fn ask_for(&self, customer: Handle, letter: Letter, language: &str) -> Result<Option<MailId>, EngineError> {
        let (id, language) = (MailId(u128::from_le_bytes(random()?)), language.to_owned());
        let answer: Arc<OnceLock<MailId>> = Arc::default();
        let made = answer.clone();
        self.choose(customer, move |at| {
            let records = at.views.customers.records_of(at.customer);
            let letter = match letter {
                Letter::AlmostOver { mut permissions } => {
                    permissions.retain(|permission| !at.views.outbox.was_asked(&records, permission));
                    if permissions.is_empty() {
                        return Ok(Vec::new());
                    }
                    Letter::AlmostOver { permissions }
                }
                letter => {
                    let same = at.views.outbox.waiting().find(|w| records.contains(&w.record) && w.mail.letter == letter);
                    if let Some(waiting) = same {
                        let _first = made.set(waiting.mail.id);
                        return Ok(Vec::new());
                    }
                    letter
                }
            };
            // Each asks and closes: two facts.
            let today = day_in(&at.rules.policy.time_zone, at.now);
            let of_today = at.views.days(at.customer).iter().rev().filter(|e| e.day == today && e.what == What::Mailed).count();
            if of_today >= 2 * MAILS_A_DAY_MAX {
                return Err(EngineError::TooManyMails);
            }
            let _first = made.set(id);
            Ok(vec![Fact::MailAsked(MailAsked { id, letter, language, at: at.now })])
        })
        .await?;
        Ok(answer.get().copied())
    }

    /// Customers who can be asked now, about what, in which language.
    fn whom_to_ask(&self) -> Result<Vec<(Handle, Vec<AlmostOver>, String)>, EngineError> {
        let mut all = Vec::new();
        for customer in self.with_an_end_near() {
            // Mostly nobody allowed it, and then the disk is not asked.
            match self.may_mail(customer, QUESTIONS) {
                Ok(()) => {}
                Err(EngineError::DisclosureRefused { .. } | EngineError::UnknownCustomer) => continue,
                Err(e) => return Err(e),
            }
            let found = self.near(customer).and_then(|near| Ok((near, self.mail_address(customer)?)));
            match found {
                Ok((Some((permissions, language)), Some(_))) => all.push((customer, permissions, language)),
                Ok(_) | Err(EngineError::UnknownCustomer) => {}
                // One who cannot be read keeps nobody else from being asked.
                Err(e) => {
                    tracing::warn!(code = e.code(), "whether a customer is to be asked about an end could not be read; it is tried again")
                }
            }
        }
        Ok(all)
    }

    /// Customers of whom some permission ends within two days, or who tell something.
    fn with_an_end_near(&self) -> Vec<Handle> {
        let judge = self.shared.clock.judge();
        let until = judge.plus_seconds(NEAR_SECONDS).seconds32();
        let mut last = (judge.seconds32(), RecordIx(u32::MAX));
        let mut all = Vec::new();
        let mut customers = self.shared.views.read().information.customers();
        loop {
            let some = self.shared.views.read().ends.after(last, until, ENDS_AT_ONCE);
            customers.extend(some.iter().map(|(_, customer)| *customer));
            match some.last() {
                Some(end) => last = *end,
                None => break,
            }
        }
        customers.sort_unstable();
        customers.dedup();
        for some in customers.chunks(ENDS_AT_ONCE) {
            let views = self.shared.views.read();
            all.extend(some.iter().filter_map(|&customer| views.handle(customer)));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What is near its end and was never asked about, and the language that the customer allowed the question in.
    fn near(&self, customer: Handle) -> Result<Option<(Vec<AlmostOver>, String)>, EngineError> {
        let standing = self.ending(customer)?;
        let judge = self.shared.clock.judge();
        let close: Vec<AlmostOver> = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            let records = views.customers.records_of(record);
            let comes = |p: &AlmostOver| p.until.seconds() - judge.seconds() <= NEAR_SECONDS;
            standing.into_iter().filter(|p| comes(p) && !views.outbox.was_asked(&records, p)).collect()
        };
        if close.is_empty() {
            return Ok(None);
        }
        let history = self.consents(customer)?.history;
        let told = self.information(customer)?;
        let given = |purpose: &str| history.iter().find(|c| c.purpose == purpose && c.choice == "given");
        let near = close.into_iter().filter_map(|permission| {
            let since = match &permission.what {
                Permitted::Purpose(purpose) => given(purpose)?.at,
                Permitted::Item(item) => told.iter().find(|i| i.item == *item)?.since,
            };
            Some(Near { permission, since })
        });
        let near: Vec<AlmostOver> = near.filter(|n| is_near(n.since, n.permission.until, judge)).map(|n| n.permission).collect();
        let language = given(QUESTIONS).and_then(|c| c.evidence.as_ref()).map_or_else(String::new, |e| e.language.clone());
        Ok((!near.is_empty()).then_some((near, language)))
    }

    /// Was this customer asked by mail about the end of this permission? From memory.
    pub fn was_asked(&self, customer: Handle, permission: AlmostOver) -> bool {
        let views = self.shared.views.read();
        let Some(record) = views.customer(customer) else { return false };
        let permission = AlmostOver { until: to_the_second(permission.until), ..permission };
        views.outbox.was_asked(&views.customers.records_of(record), &permission)
    }

    /// Every permission of the customer's that is in use and ends at a moment.
    fn ending(&self, customer: Handle) -> Result<Vec<AlmostOver>, EngineError> {
        let told = self.information(customer)?;
        let policy = &self.shared.rules.policy;
        let mut all = purposes_ending(policy, &self.shared.views.read(), customer, self.shared.clock.judge())?;
        all.extend(told.into_iter().filter(|i| i.state.is_used()).filter_map(|i| match i.ends {
            Until::Moment(at) => Some(AlmostOver { what: Permitted::Item(i.item), until: to_the_second(at) }),
            _ => None,
        }));
        Ok(all)
    }
}

fn purposes_ending(policy: &Policy, views: &Views, customer: Handle, judge: Time) -> Result<Vec<AlmostOver>, EngineError> {
    let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
    let states = views.consents.state(policy, record.0, judge);
    let given = states.into_iter().filter(|s| s.basis == Basis::Consent && s.state == Some(State::Given) && s.restricted.is_empty());
    Ok(given
        .filter_map(|s| match s.until {
            // The question about the question would be one too many.
            Ends::Moment(at) if policy.at(s.purpose).id != QUESTIONS => {
                Some(AlmostOver { what: Permitted::Purpose(policy.at(s.purpose).id.clone()), until: to_the_second(at) })
            }
            _ => None,
        })
        .collect())
}

/// What a mail is sent for.
pub fn purpose_of(letter: &Letter) -> &'static str {
    match letter {
        Letter::Receipt { .. } | Letter::Lifting { .. } => RECEIPTS,
        Letter::AlmostOver { .. } => QUESTIONS,
    }
}

fn to_the_second(at: Time) -> Time {
    Time::from_seconds(at.seconds())
}

/// An address that mail can be sent to: what a line of a mail's head can hold as it is. Quoted names, comments and other scripts are
/// lawful in an address and seldom more than somebody's attempt, so they are none here.
fn usable(text: &str) -> Option<Address> {
    let plain = |c: char| c.is_ascii_graphic() && !"\"(),:;<>[\\]".contains(c);
    text.parse().ok().filter(|_| text.len() <= 254 && text.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use super::usable;

    #[test]
    fn only_a_plain_address_is_written_to() {
        for text in ["a@winkel.example", "first.last+shop@mail.winkel.example", "x_y-z@a-b.example"] {
            assert_eq!(usable(text).map(|a| a.to_string()).as_deref(), Some(text));
        }
        let long = format!("{}@winkel.example", "a".repeat(300));
        for text in [
            "",
            "nobody",
            "@winkel.example",
            "a@",
            "a@b@winkel.example",
            "a@winkel.example\r\nBcc: b@winkel.example",
            "a@winkel.example\nBcc: b@winkel.example",
            "a\r\n@winkel.example",
            "a@winkel.example\0",
            "\"a b\"@winkel.example",
            "\"a\\\r\nBcc: b\"@winkel.example",
            "a@winkel.example, b@winkel.example",
            "Name <a@winkel.example>",
            "a@winkel.example> RCPT TO:<b@winkel.example",
            "a b@winkel.example",
            " a@winkel.example",
            "ä@winkel.example",
            "a@[127.0.0.1]",
            long.as_str(),
        ] {
            assert_eq!(usable(text), None, "{text:?}");
        }
    }
}
