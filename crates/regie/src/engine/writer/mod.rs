//! The one writer: commands in, facts out. There is no second way to write.
//!
//! A command is validated against the views, becomes facts in a [`Plan`], is made durable with everything else that waits in
//! one group commit, applied to the views, and only then acknowledged. A command that needs what is still planned (a second
//! choice of the same customer) flushes the plan first. A failed commit leaves views and store as they were; all that waited
//! for it are told.

mod catalogue;
mod choose;
mod collect;
mod erase;
mod join;
mod look;
mod plan;
mod spent;
mod upkeep;
mod visits;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};
use regie_domain::fact::{Fact, Identifier, ProofOpened};
use regie_domain::ids::{Handle, RecordId};
use regie_domain::time::Time;
use regie_store::{Batch, Opened, Store};
use tokio::sync::oneshot;

pub(super) use catalogue::value_name;
pub(super) use choose::{ChoiceMaker, Chose, Standpoint};
pub use collect::{Collected, Refusal};
pub(super) use join::Other;
use plan::Opening;
pub(super) use plan::{Plan, Who};
pub(super) use upkeep::{EXTENT, FOLD_ID, TIME};

use super::Shared;
use super::api::{CatalogueItem, Erased};
use super::contribution::{self, Grants, Held, Reach};
use super::error::EngineError;
use super::fold::{self, Events, Place};
use super::rules::Rules;
use super::sketch::Sketch;
use super::views::RecordIx;
use visits::Visits;

/// How many commands one group commit may take up.
const GROUP_MAX: usize = 512;
/// How many rows one group commit may take up.
const GROUP_ROWS_MAX: usize = 4096;
/// How often a store that takes nothing is tried.
const TRY_EVERY: Duration = Duration::from_secs(1);
/// How long the writer holds the views at a time.
const TURN_MAX: Duration = Duration::from_micros(50);

/// The answer of a command, when it is durable.
pub(super) type Reply<T> = oneshot::Sender<Result<T, EngineError>>;

/// Everything that changes something.
pub(super) enum Command {
    /// A source's events.
    Collect {
        /// The source's id.
        source: String,
        /// What it sent.
        messages: Vec<regie_domain::collection::Incoming>,
        /// What became of them.
        reply: Reply<Collected>,
    },
    /// Find the record of an identifier, or open one, because its customer acts.
    OpenRecord {
        /// The identifier.
        identifier: Identifier,
        /// On whose word.
        source: String,
        /// A page opens it, for a device that its cookie alone recognises.
        on_page: bool,
        /// Its handle.
        reply: Reply<Handle>,
    },
    /// Choices of one customer.
    Choose {
        /// The customer.
        customer: Handle,
        /// Makes the choices from what stands now.
        make: ChoiceMaker,
        /// The request that they are recorded under.
        request: Option<Arc<str>>,
        /// What was recorded.
        reply: Reply<Chose>,
    },
    /// Two records are one person.
    Join {
        /// One.
        customer: Handle,
        /// The other.
        other: Other,
        /// On whose word.
        actor: regie_domain::fact::Actor,
        /// Done.
        reply: Reply<()>,
    },
    /// A proof of past consents is looked up: noted beside it.
    NoteOpened {
        /// The records that hold it.
        records: Vec<RecordId>,
        /// What is noted.
        opened: ProofOpened,
        /// Done.
        reply: Reply<()>,
    },
    /// End a customer's data everywhere.
    Erase {
        /// The customer.
        customer: Handle,
        /// What was done, and what a law keeps.
        reply: Reply<Erased>,
    },
    /// Items of the catalogue.
    PutCatalogue {
        /// New or changed.
        items: Vec<CatalogueItem>,
        /// How many.
        reply: Reply<usize>,
    },
    /// Half a minute has passed: all that lags behind.
    Upkeep {
        /// Done.
        reply: Option<Reply<()>>,
    },
    /// Permissions ended: look at the rows of those whose term is due.
    LookAtDue,
    /// Stop after what was sent before.
    Stop,
}

/// The writer's own state; it lives on one thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    queue: Receiver<Command>,
    visits: Visits,
    popular_made: Option<Instant>,
    uses_folded: Option<Instant>,
    /// The moment that was made durable last.
    time_noted: Option<Time>,
    /// Are there notes whose term is over?
    notes_over: bool,
    notes_looked_at: Option<Instant>,
    rows_deleted: bool,
    /// Upkeep has more rows to look at, between the commands.
    more_due: bool,
    /// When a store that takes nothing was tried last.
    tried: Option<Instant>,
}

impl Writer {
    /// A writer for this engine.
    pub(super) fn new(shared: Arc<Shared>, queue: Receiver<Command>) -> Writer {
        Writer {
            shared,
            queue,
            visits: Visits::default(),
            popular_made: None,
            uses_folded: None,
            time_noted: None,
            notes_over: false,
            notes_looked_at: None,
            rows_deleted: false,
            more_due: false,
            tried: None,
        }
    }

    /// What it shares with readers.
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Makes the rankings of popular items; for the start.
    pub(super) fn make_rankings(&mut self) {
        self.refresh_popular();
    }

    /// Works until it is told to stop, or nobody can send any more.
    pub(super) fn run(mut self) {
        let mut plan = Plan::default();
        'work: loop {
            let mut next = match self.wait() {
                Ok(first) => Some(first),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => break,
            };
            let mut taken = 0;
            while let Some(command) = next.take() {
                if matches!(command, Command::Stop) {
                    self.flush(&mut plan);
                    break 'work;
                }
                self.carry_out(command, &mut plan);
                taken += 1;
                if taken < GROUP_MAX && plan.rows() < GROUP_ROWS_MAX {
                    next = self.queue.try_recv().ok();
                }
            }
            self.flush(&mut plan);
            self.try_store_in_turn();
            if self.more_due
                && !self.shared.is_cut_off()
                && let Err(e) = self.look_at_due(upkeep::SLICE)
            {
                tracing::error!(code = e.code(), "upkeep failed; it is tried again in half a minute");
            }
            self.refresh_popular();
        }
        let now = self.shared.clock.now();
        if !self.shared.clock.is_doubted()
            && let Err(e) = self.note_time(now)
        {
            tracing::error!(code = e.code(), "the moment could not be noted at the end");
        }
        if let Err(e) = self.note_extent() {
            tracing::error!(code = e.code(), "the use journal could not be flushed and noted at the end");
        }
    }

    /// Makes the journal durable and notes what it holds: the next start misses what is not there any more.
    fn note_extent(&self) -> Result<(), EngineError> {
        let extent = self.shared.journal.extent()?;
        self.shared.store.append(Batch { values: vec![(EXTENT.to_owned(), Some(extent))], ..Batch::default() })?;
        Ok(())
    }

    /// The next command; empty if there is something to do without one.
    fn wait(&self) -> Result<Command, TryRecvError> {
        // A store that takes nothing ends no rows either: what is due waits too.
        if self.shared.is_cut_off() {
            let left = self.tried.map_or(TRY_EVERY, |tried| TRY_EVERY.saturating_sub(tried.elapsed()));
            return self.queue.recv_timeout(left).map_err(|e| match e {
                RecvTimeoutError::Timeout => TryRecvError::Empty,
                RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
            });
        }
        if self.more_due {
            return self.queue.try_recv();
        }
        self.queue.recv().map_err(|_| TryRecvError::Disconnected)
    }

    /// Tries a store that takes nothing, once a second, whoever asks for what meanwhile.
    fn try_store_in_turn(&mut self) {
        if !self.shared.is_cut_off() {
            self.tried = None;
        } else if self.tried.is_none_or(|tried| tried.elapsed() >= TRY_EVERY) {
            self.try_store();
            self.tried = Some(Instant::now());
        }
    }

    fn carry_out(&mut self, command: Command, plan: &mut Plan) {
        match command {
            Command::Collect { source, messages, reply } => {
                let done = self.collect(plan, &source, messages);
                plan.answer(reply, done);
            }
            Command::OpenRecord { identifier, source, on_page, reply } => {
                let done = self.open_for_customer(plan, Opening { identifier, source: &source, on_page });
                plan.answer(reply, done);
            }
            Command::Choose { customer, make, request, reply } => self.choose(plan, customer, make, request.as_deref(), reply),
            Command::Join { customer, other, actor, reply } => {
                self.flush(plan);
                let _ = reply.send(self.join(plan, customer, other, actor));
            }
            Command::NoteOpened { records, opened, reply } => {
                let done = self.note_opened(plan, &records, &opened);
                plan.answer(reply, done);
            }
            Command::Erase { customer, reply } => {
                self.flush(plan);
                let _ = reply.send(self.erase(customer));
            }
            Command::PutCatalogue { items, reply } => {
                self.flush(plan);
                let _ = reply.send(self.put_catalogue(plan, items));
            }
            Command::LookAtDue => self.more_due = true,
            Command::Upkeep { reply } => {
                self.flush(plan);
                let done = self.upkeep(reply.is_some());
                if let Err(e) = &done {
                    tracing::error!(code = e.code(), "upkeep failed; it is tried again in half a minute");
                }
                if let Some(reply) = reply {
                    let _ = reply.send(done);
                }
            }
            Command::Stop => {}
        }
    }

    /// Makes the plan durable, applies it, and answers all who waited. On failure nothing of it happened.
    fn flush(&mut self, plan: &mut Plan) {
        let plan = std::mem::take(plan);
        let (batch, facts, replies) = plan.into_parts();
        if batch == Batch::default() {
            replies.into_iter().for_each(|reply| reply(Ok(())));
            return;
        }
        let rows: Vec<_> = batch.rows.iter().map(|row| (row.record, row.n)).collect();
        let tallies = batch.tallies.clone();
        let has_leaves = batch.rows.iter().any(|row| row.leaf.is_some());
        match self.shared.note_store(self.shared.store.append(batch)) {
            Ok(first) => {
                let places = (first.unwrap_or(0)..).zip(rows).map(|(position, (record, n))| Place { position, record, n });
                if has_leaves {
                    // Full: it is awake already.
                    let _ = self.shared.publish.try_send(());
                }
                let turned = self.apply(places.zip(facts));
                self.count_popular(&tallies);
                self.after_choices(turned);
                replies.into_iter().for_each(|reply| reply(Ok(())));
            }
            Err(e) => {
                tracing::error!(code = e.code(), "a commit failed; nothing of it was recorded");
                let e = Arc::new(e);
                replies.into_iter().for_each(|reply| reply(Err(EngineError::Store(e.clone()))));
            }
        }
    }

    /// Applies facts in short turns, so that readers never wait. What a choice takes away is forgotten in the same turn.
    /// Returns the customers who chose, with what had been granted before.
    fn apply(&self, facts: impl Iterator<Item = (Place, Fact)>) -> Vec<(RecordIx, Before)> {
        let rules = self.shared.rules();
        let (now, judge) = (self.shared.clock.now(), self.shared.clock.judge());
        let mut turned: Vec<(RecordIx, Before)> = Vec::new();
        let mut facts = facts.peekable();
        while facts.peek().is_some() {
            let started = Instant::now();
            let mut views = self.shared.views.write();
            for (place, fact) in facts.by_ref() {
                let chose = fact.is_choice().then(|| views.records.by_id(place.record)).flatten();
                if let Some(record) = chose {
                    let customer = views.customers.canonical(record);
                    if !turned.iter().any(|(c, _)| *c == customer) {
                        let keeps = rules.keeps(&views.consents, customer.0, now);
                        turned.push((customer, Before { keeps }));
                    }
                }
                fold::apply(&mut views, &rules, place, &fact, &mut Events::FoldNow);
                if let Some(record) = chose {
                    let customer = views.customers.canonical(record);
                    let grants = Grants::at(&views, &rules.policy, &rules.asked, customer, judge);
                    if grants.lost(views.granted(customer)) {
                        contribution::narrow(&mut views, customer, grants);
                    }
                    contribution::note_end(&mut views, customer, judge);
                }
                if started.elapsed() > TURN_MAX {
                    break;
                }
            }
            drop(views);
        }
        turned
    }

    /// The rest of choices: learn what is newly granted, delete what nothing carries any more. The choices are durable and what they took
    /// away is forgotten; where this fails, what remains is looked at again.
    fn after_choices(&mut self, turned: Vec<(RecordIx, Before)>) {
        let failed = |e: &EngineError| tracing::error!(code = e.code(), "folding a customer's history failed; upkeep tries again");
        let mut lost = Vec::new();
        for (customer, before) in turned {
            match self.learn_granted(customer, &before) {
                Ok(true) => lost.push(customer),
                Ok(false) => {}
                Err(e) => {
                    failed(&e);
                    self.shared.views.write().terms.at_latest(customer, 1);
                }
            }
        }
        if let Err(e) = self.look_at_rows_of(&lost) {
            failed(&e);
            let mut views = self.shared.views.write();
            lost.iter().for_each(|&customer| views.terms.at_latest(customer, 1));
        }
    }

    /// Learns what a choice newly grants; or says that rows are to be looked at, which does that too.
    fn learn_granted(&self, customer: RecordIx, before: &Before) -> Result<bool, EngineError> {
        let rules = self.shared.rules();
        let (now, judge) = (self.shared.clock.now(), self.shared.clock.judge());
        let (grants, granted, keeps) = {
            let views = self.shared.views.read();
            let grants = Grants::at(&views, &rules.policy, &rules.asked, customer, judge);
            (grants, views.granted(customer), rules.keeps(&views.consents, customer.0, now))
        };
        // A value that was told and has ended waits for its row.
        let told_ended = self.shared.views.read().terms.of(customer) == Some(1);
        if told_ended || !keeps.cover(&before.keeps) {
            // Deleting rows folds the customer anew. What was chosen counts in doubted time too: only time itself deletes nothing.
            return Ok(true);
        }
        if grants != granted {
            self.refold(customer)?;
        }
        Ok(false)
    }

    /// Forgets the customer's contributions and folds them from what the store still has. O(the customer's facts).
    fn refold(&self, customer: RecordIx) -> Result<(), EngineError> {
        let rules = self.shared.rules();
        let now = self.shared.clock.judge();
        let positions = self.shared.views.read().positions(customer);
        let facts = self.shared.facts_at(&positions)?;
        self.fold_anew(customer, &facts, &rules, now);
        Ok(())
    }

    /// As [`Writer::refold`] for rows that were just read and did not change: most often nothing else did either.
    fn fold_if_changed(&self, customer: RecordIx, facts: &[(regie_store::Meta, Fact)]) -> Result<(), EngineError> {
        let rules = self.shared.rules();
        let now = self.shared.clock.judge();
        let (grants_stand, ends_stand) = {
            let views = self.shared.views.read();
            let end = views.consents.earliest_end(customer.0, now).map(Time::seconds32);
            (Grants::at(&views, &rules.policy, &rules.asked, customer, now) == views.granted(customer), views.ends.of(customer) == end)
        };
        if !ends_stand {
            // Joined records: the earlier end may be the other one's.
            contribution::note_end(&mut self.shared.views.write(), customer, now);
        }
        let reach = Reach::at(&rules.policy, &rules.asked, now);
        let outlived = |fact: &Fact| held(fact, |_| None).is_some_and(|event| reach.outlives(&event));
        if !grants_stand || facts.iter().any(|(_, fact)| outlived(fact)) {
            self.fold_anew(customer, facts, &rules, now);
        }
        Ok(())
    }

    fn fold_anew(&self, customer: RecordIx, facts: &[(regie_store::Meta, Fact)], rules: &Rules, now: Time) {
        let mut views = self.shared.views.write();
        let mut held: Vec<Held> = facts.iter().filter_map(|(_, fact)| held(fact, |item| views.intern(item))).collect();
        let reach = Reach::at(&rules.policy, &rules.asked, now);
        held.iter_mut().for_each(|event| reach.limit(event));
        let grants = Grants::at(&views, &rules.policy, &rules.asked, customer, now);
        contribution::refold(&mut views, customer, grants, &held);
        contribution::note_end(&mut views, customer, now);
        if let (false, Some(end)) = (grants.is_none(), contribution::first_end(&rules.policy, &rules.asked, &held)) {
            views.terms.at_latest(customer, end.seconds32());
        }
    }

    fn note_opened(&self, plan: &mut Plan, records: &[RecordId], opened: &ProofOpened) -> Result<(), EngineError> {
        let views = self.shared.views.read();
        for record in records.iter().filter_map(|&id| views.records.by_id(id)) {
            plan.fact(&views, Who::Known(record), Fact::ProofOpened(opened.clone()), false, None)?;
        }
        Ok(())
    }

    /// Flushes and says whether it worked, for commands that go on afterwards.
    pub(super) fn flush_now(&mut self, plan: &mut Plan) -> Result<(), EngineError> {
        let (sender, mut receiver) = oneshot::channel();
        plan.answer(sender, Ok(()));
        self.flush(plan);
        receiver.try_recv().map_err(|_| EngineError::Stopping)?
    }
}

/// What held before a choice.
#[derive(Debug, Clone, Copy)]
struct Before {
    keeps: super::rules::Keeps,
}

/// The part of a fact that contributes.
pub(super) fn held(fact: &Fact, intern: impl FnMut(&str) -> Option<u32>) -> Option<Held> {
    match fact {
        Fact::EventKept(event) => Sketch::of(event).hold(intern),
        _ => None,
    }
}

impl Shared {
    /// The facts at these positions, read from disk.
    pub(super) fn facts_at(&self, positions: &[u64]) -> Result<Vec<(regie_store::Meta, Fact)>, EngineError> {
        self.store.read(positions)?.iter().map(read_fact).collect()
    }
}

/// Reads one fact of the store.
pub(super) fn read_fact(row: &Opened) -> Result<(regie_store::Meta, Fact), EngineError> {
    let fact = serde_json::from_slice(&row.payload).map_err(|e| EngineError::FactUnreadable {
        position: row.meta.position,
        why: format!("{:?} error in column {}", e.classify(), e.column()),
    })?;
    Ok((row.meta, fact))
}
