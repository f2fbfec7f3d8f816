//! Mails that were asked for and of which nothing came yet, and what customers were asked about by mail: a question is asked once ever.
//!
//! Folded from facts, so both survive a restart. Invariant: a mail waits from the fact that asks for it to the one that closes it, and no
//! longer than its record. Memory: about 150 bytes a mail that waits, 60 a permission that was asked about.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use regie_domain::fact::{AlmostOver, Letter, MailAsked};
use regie_domain::ids::MailId;

use super::RecordIx;

/// A mail that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Under which record it was asked for.
    pub record: RecordIx,
    /// What was asked for.
    pub mail: MailAsked,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// By the position of the fact: in the order of the log.
    waiting: BTreeMap<u64, Waiting>,
    at: HashMap<MailId, u64>,
    /// By record: what waits for it.
    of: HashMap<RecordIx, BTreeSet<u64>>,
    asked: HashMap<RecordIx, BTreeSet<AlmostOver>>,
}

impl Outbox {
    /// A mail was asked for.
    pub(crate) fn ask(&mut self, record: RecordIx, position: u64, mail: &MailAsked) {
        if let Letter::AlmostOver { permissions } = &mail.letter {
            self.asked.entry(record).or_default().extend(permissions.iter().cloned());
        }
        self.at.insert(mail.id, position);
        self.of.entry(record).or_default().insert(position);
        self.waiting.insert(position, Waiting { record, mail: mail.clone() });
    }

    /// Something became of it.
    pub(crate) fn close(&mut self, id: MailId) {
        let Some(position) = self.at.remove(&id) else { return };
        let Some(waiting) = self.waiting.remove(&position) else { return };
        if let Some(positions) = self.of.get_mut(&waiting.record) {
            positions.remove(&position);
            if positions.is_empty() {
                self.of.remove(&waiting.record);
            }
        }
    }

    /// The row that asked for it is gone.
    pub(crate) fn forget_mail(&mut self, record: RecordIx, mail: &MailAsked) {
        self.close(mail.id);
        if let (Letter::AlmostOver { permissions }, Some(asked)) = (&mail.letter, self.asked.get_mut(&record)) {
            permissions.iter().for_each(|permission| _ = asked.remove(permission));
        }
    }

    /// Forgets a record: what waits for it is not sent any more. O(that).
    pub(crate) fn forget(&mut self, record: RecordIx) {
        self.asked.remove(&record);
        for position in self.of.remove(&record).unwrap_or_default() {
            if let Some(waiting) = self.waiting.remove(&position) {
                self.at.remove(&waiting.mail.id);
            }
        }
    }

    /// What waits, oldest first.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.values()
    }

    /// One that waits.
    pub(crate) fn get(&self, id: MailId) -> Option<&MailAsked> {
        self.waiting.get(self.at.get(&id)?).map(|waiting| &waiting.mail)
    }

    /// Was a customer asked about this permission before, under any of these records?
    pub(crate) fn was_asked(&self, records: &[RecordIx], permission: &AlmostOver) -> bool {
        records.iter().filter_map(|record| self.asked.get(record)).any(|asked| asked.contains(permission))
    }
}

#[cfg(test)]
mod tests {
    use regie_domain::fact::Permitted;
    use regie_domain::time::Time;

    use super::*;

    fn mail(id: u128, letter: Letter) -> MailAsked {
        MailAsked { id: MailId(id), letter, language: "nl".into(), at: Time::from_seconds(1) }
    }

    fn question(until: i64) -> AlmostOver {
        AlmostOver { what: Permitted::Purpose("recommendations".into()), until: Time::from_seconds(until) }
    }

    #[test]
    fn a_mail_waits_until_something_becomes_of_it_and_a_question_stays_asked() {
        let mut outbox = Outbox::default();
        outbox.ask(RecordIx(3), 11, &mail(2, Letter::AlmostOver { permissions: vec![question(50)] }));
        outbox.ask(RecordIx(4), 10, &mail(1, Letter::Receipt { index: 7 }));
        let ids = |outbox: &Outbox| outbox.waiting().map(|w| w.mail.id.0).collect::<Vec<_>>();
        assert_eq!(ids(&outbox), [1, 2], "in the order of the log");
        outbox.close(MailId(2));
        assert_eq!((ids(&outbox), outbox.get(MailId(2))), (vec![1], None));
        assert!(outbox.was_asked(&[RecordIx(9), RecordIx(3)], &question(50)));
        assert!(!outbox.was_asked(&[RecordIx(3)], &question(51)), "made longer, it is another one");
        assert!(!outbox.was_asked(&[RecordIx(4)], &question(50)), "another's");
        outbox.forget(RecordIx(4));
        assert_eq!(ids(&outbox), Vec::<u128>::new());
        assert!(outbox.at.is_empty() && outbox.of.is_empty(), "nothing of it is left: {outbox:?}");
        outbox.forget_mail(RecordIx(3), &mail(2, Letter::AlmostOver { permissions: vec![question(50)] }));
        assert!(!outbox.was_asked(&[RecordIx(3)], &question(50)));
    }
}
