//! Facts that wait for one commit, and who waits for it.

use std::collections::{HashMap, HashSet};

use regie_domain::fact::{Fact, Identifier, RecordOpened};
use regie_domain::ids::{Handle, RecordId};
use regie_domain::time::Time;
use regie_store::{Batch, NewRow, Tally};

use super::super::error::EngineError;
use super::super::rules::random;
use super::super::views::identities::IdentifierHash;
use super::super::views::{RecordIx, Views};
use super::Reply;

/// What a record is opened for.
#[derive(Debug, Clone)]
pub(crate) struct Opening<'s> {
    /// What arrived.
    pub identifier: Identifier,
    /// From which source.
    pub source: &'s str,
    /// See [`RecordOpened::on_page`].
    pub on_page: bool,
}

/// A record that is known, or one that this plan opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// Known.
    Known(RecordIx),
    /// The plan's own numbering.
    New(usize),
}

type Waiting = Box<dyn FnOnce(Result<(), EngineError>) + Send>;

/// See the module.
#[derive(Default)]
pub(crate) struct Plan {
    batch: Batch,
    facts: Vec<Fact>,
    opened: Vec<(RecordId, Handle)>,
    points_at: HashMap<IdentifierHash, Who>,
    next_n: HashMap<Who, u32>,
    /// Customers with a choice in this plan: nothing else of theirs may be decided before it is applied.
    pub chose: HashSet<RecordIx>,
    /// Messages in this plan.
    pub messages: HashSet<u64>,
    /// Items that this plan may be the first to name.
    pub items: HashSet<String>,
    /// Shops whose sales this plan is the first to count.
    pub shops: HashSet<String>,
    replies: Vec<Waiting>,
}

impl Plan {
    /// How many rows wait.
    pub(crate) fn rows(&self) -> usize {
        self.batch.rows.len()
    }

    /// Where the plan itself makes an identifier point.
    pub(crate) fn points_at(&self, hash: IdentifierHash) -> Option<Who> {
        self.points_at.get(&hash).copied()
    }

    /// From now on the plan makes the identifier point there.
    pub(crate) fn point(&mut self, hash: IdentifierHash, who: Who) {
        self.points_at.insert(hash, who);
    }

    /// Opens a record for an identifier that nobody knows.
    ///
    /// # Errors
    /// No randomness for its id and handle.
    pub(crate) fn open(&mut self, views: &Views, hash: IdentifierHash, opening: Opening<'_>, at: Time) -> Result<Who, EngineError> {
        let Opening { identifier, source, on_page } = opening;
        let id = RecordId(random()?);
        let handle = Handle(u128::from_le_bytes(random()?));
        let who = Who::New(self.opened.len());
        self.opened.push((id, handle));
        self.batch.new_records.push(id);
        self.points_at.insert(hash, who);
        self.fact(
            views,
            who,
            Fact::RecordOpened(RecordOpened { handle, identifier, source: source.to_owned(), on_page, at }),
            false,
            None,
        )?;
        Ok(who)
    }

    /// The handle of a record.
    pub(crate) fn handle(&self, views: &Views, who: Who) -> Option<Handle> {
        match who {
            Who::Known(ix) => views.records.get(ix).and_then(|r| r.handle),
            Who::New(i) => self.opened.get(i).map(|&(_, handle)| handle),
        }
    }

    /// Adds a fact.
    ///
    /// # Errors
    /// The record is gone.
    pub(crate) fn fact(&mut self, views: &Views, who: Who, fact: Fact, choice: bool, leaf: Option<[u8; 32]>) -> Result<(), EngineError> {
        let (record, known_n) = match who {
            Who::Known(ix) => views.records.get(ix).map(|r| (r.id, r.next_n)).ok_or(EngineError::UnknownCustomer)?,
            Who::New(i) => (self.opened.get(i).ok_or(EngineError::UnknownCustomer)?.0, 0),
        };
        let n = self.next_n.entry(who).or_insert(known_n);
        self.batch.rows.push(NewRow { record, n: *n, choice, payload: payload(&fact)?, leaf });
        *n += 1;
        self.facts.push(fact);
        Ok(())
    }

    /// Adds a fact to the retailer's own record, which the very first one opens.
    ///
    /// # Errors
    /// As [`Plan::fact`].
    pub(crate) fn retailer_fact(&mut self, views: &Views, fact: Fact) -> Result<(), EngineError> {
        if let Some(retailer) = views.retailer {
            return self.fact(views, Who::Known(retailer), fact, false, None);
        }
        let who = Who::New(self.opened.len());
        self.opened.push((RecordId::RETAILER, Handle(0)));
        self.batch.new_records.push(RecordId::RETAILER);
        self.fact(views, who, fact, false, None)
    }

    /// Counts, anonymously.
    pub(crate) fn tally(&mut self, tally: Tally) {
        self.batch.tallies.push(tally);
    }

    /// Sets a named value in the same commit.
    pub(crate) fn value(&mut self, name: String, value: Option<Vec<u8>>) {
        self.batch.values.push((name, value));
    }

    /// Answers when the plan is durable and applied, or says why not.
    pub(crate) fn answer<T: Send + 'static>(&mut self, reply: Reply<T>, done: Result<T, EngineError>) {
        self.replies.push(Box::new(move |durable| {
            let _ = reply.send(durable.and(done));
        }));
    }

    /// As [`Plan::answer`], with an answer that is made once the plan is applied.
    pub(crate) fn answer_then<T: Send + 'static>(&mut self, reply: Reply<T>, done: impl FnOnce() -> T + Send + 'static) {
        self.replies.push(Box::new(move |durable| {
            let _ = reply.send(durable.map(|()| done()));
        }));
    }

    /// What to commit, what to apply, whom to tell.
    pub(crate) fn into_parts(self) -> (Batch, Vec<Fact>, Vec<Waiting>) {
        (self.batch, self.facts, self.replies)
    }
}

/// A fact as it is sealed.
///
/// # Errors
/// Never for the facts there are; a value that JSON cannot hold would be one.
pub(super) fn payload(fact: &Fact) -> Result<Vec<u8>, EngineError> {
    serde_json::to_vec(fact).map_err(|e| EngineError::FactUnreadable { position: 0, why: e.to_string() })
}
