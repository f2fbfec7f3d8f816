//! What lags behind, at most half a minute and the time it takes: rows whose term ran out or whose consent ended, folded uses, old tallies.
//!
//! Nothing here decides what is allowed: decisions are computed at read, and what ended was unlearned before the next answer.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use regie_domain::collection::CHOICES;
use regie_domain::consent::{Field, Slot};
use regie_domain::fact::{Fact, UseCount, UsesSummed};
use regie_domain::policy::{PurposeIx, Purposes};
use regie_domain::time::Time;
use regie_store::journal::Outcome;
use regie_store::{Batch, Meta, Store};

use super::super::Shared;
use super::super::contribution;
use super::super::error::EngineError;
use super::super::recall;
use super::super::start::first_new_day;
use super::super::views::catalogue::ItemIx;
use super::super::views::days::days_in;
use super::super::views::popular::{self, rank};
use super::super::views::{RecordIx, Views};
use super::erase::{self, Why};
use super::look::{Ended, Look};
use super::plan::{Plan, Who};
use super::spent;
use super::{Place, Writer, fold};

/// Rankings are made anew at most so often.
const POPULAR_EVERY: Duration = Duration::from_secs(1);
/// Uses are folded once they are this old: the visit they belong to is over.
const FOLD_AFTER_SECONDS: i64 = 30 * 60;
/// How many facts are held against the views under one lock.
const FACTS_AT_ONCE: usize = 128;
/// So many facts of customers who are looked at together are held at a time, and what those of one customer exceed it by.
const FACTS_HELD_MAX: usize = 16_384;
/// How many names are read under one lock.
const NAMES_AT_ONCE: usize = 512;
/// How long rows are looked at while commands may wait.
pub(super) const SLICE: Duration = Duration::from_millis(5);
/// How often, unless somebody asks for it.
const FOLD_EVERY: Duration = Duration::from_secs(5 * 60);
/// Notes whose term is over go at most so often, as all are read for it.
const NOTES_EVERY: Duration = Duration::from_secs(60 * 60);
/// When a customer whose rows could not be looked at has its turn again.
const AGAIN_AFTER_SECONDS: i64 = 60;
/// After so many failures in one round it is not the customers: the rest waits for the next round.
const FAILURES_AT_ONCE: u32 = 100;
/// The named value that holds the latest moment that was believed, in milliseconds.
pub(in super::super) const TIME: &str = "time";
const TIME_NOTED_EVERY_SECONDS: i64 = 60;
/// The named value that is written to see whether the store takes anything.
const TRIED: &str = "tried";
/// The named value that says which uses are already counted.
pub(in super::super) const FOLD_ID: &str = "journal/fold";
/// The named value that says what the journal held at a clean stop; gone while the engine runs.
pub(in super::super) const EXTENT: &str = "journal/extent";

impl Writer {
    /// One round of upkeep. Without a believable clock nothing is deleted because of time. `whole` looks at all that is due, else
    /// the first slice of it: the rest comes between the commands.
    pub(super) fn upkeep(&mut self, whole: bool) -> Result<(), EngineError> {
        // Folding reads the whole journal.
        if whole || self.uses_folded.is_none_or(|at| at.elapsed() >= FOLD_EVERY) {
            self.fold_uses()?;
            self.uses_folded = Some(Instant::now());
        }
        let now = self.shared.clock.now();
        let today = now.day();
        if self.shared.clock.is_doubted() {
            return Ok(());
        }
        self.note_time_in_turn(now)?;
        self.shared.tallies.lock().roll(today);
        {
            let mut views = self.shared.views.write();
            let rules = self.shared.rules();
            views.catalogue.forget_new_before(first_new_day(&rules, now));
            for customer in contribution::settle(&mut views, &rules.policy, &rules.asked, self.shared.clock.judge()) {
                views.terms.at_latest(customer, 1);
            }
        }
        self.shared.store.delete_tallies_before((today + 1).saturating_sub(popular::DAYS))?;
        let looked = self.look_at_due(if whole { Duration::MAX } else { SLICE });
        while self.end_some_refusals()? && whole {}
        if self.notes_over && (whole || self.notes_looked_at.is_none_or(|at| at.elapsed() >= NOTES_EVERY)) {
            recall::forget_over(&self.shared.store, now)?;
            (self.notes_over, self.notes_looked_at) = (false, Some(Instant::now()));
        }
        looked
    }

    /// Tries whether the store takes anything again. What it takes says nothing.
    pub(super) fn try_store(&self) {
        let tried =
            Batch { values: vec![(TRIED.into(), Some(self.shared.clock.now().millis().to_string().into_bytes()))], ..Batch::default() };
        // A failure was told when it began; `note_store` tells its end.
        let _still_failing = self.shared.note_store(self.shared.store.append(tried));
    }

    /// Makes the moment durable, once a minute: what ended by it has ended, also for the next start by a clock that was set back.
    fn note_time_in_turn(&mut self, now: Time) -> Result<(), EngineError> {
        if self.time_noted.is_some_and(|noted| now < noted.plus_seconds(TIME_NOTED_EVERY_SECONDS)) {
            return Ok(());
        }
        self.note_time(now)
    }

    /// The same now, as when the program stops.
    pub(super) fn note_time(&mut self, now: Time) -> Result<(), EngineError> {
        let mut plan = Plan::default();
        plan.value(TIME.into(), Some(now.millis().to_string().into_bytes()));
        self.flush_now(&mut plan)?;
        self.time_noted = Some(now);
        Ok(())
    }

    /// Looks at customers whose term is due, for about so long. After a start that can be nearly all of them.
    pub(super) fn look_at_due(&mut self, slice: Duration) -> Result<(), EngineError> {
        self.more_due = false;
        if self.shared.clock.is_doubted() {
            return Ok(());
        }
        let (started, now) = (Instant::now(), self.shared.clock.now());
        let (mut failed, mut first) = (0, None);
        while failed < FAILURES_AT_ONCE {
            let next = self.shared.views.write().terms.take(now.seconds32());
            let Some(customer) = next else { break };
            if let Err(e) = self.look_at_rows(customer) {
                // One that cannot be read holds up nobody else: it has its turn again, after them.
                self.shared.views.write().terms.at_latest(customer, now.plus_seconds(AGAIN_AFTER_SECONDS).seconds32());
                failed += 1;
                first.get_or_insert(e);
            }
            if started.elapsed() > slice {
                self.more_due = true;
                break;
            }
        }
        if self.rows_deleted && !self.more_due {
            self.shared.store.truncate_logs()?;
            self.rows_deleted = false;
        }
        first.map_or(Ok(()), Err)
    }

    /// Looks at every row of a customer: replaces or deletes what may no longer be kept, folds the customer anew if that or time
    /// changed anything, and notes when to look again. O(the customer's facts).
    pub(super) fn look_at_rows(&mut self, customer: RecordIx) -> Result<(), EngineError> {
        self.look_at_rows_of(&[customer])
    }

    /// The same for several customers: what ends of their rows ends in common commits, so that many who withdraw at once do not wait for
    /// one another's. If it fails, some of them may not be looked at.
    pub(super) fn look_at_rows_of(&mut self, customers: &[RecordIx]) -> Result<(), EngineError> {
        let (mut looked, mut held) = (Vec::new(), 0);
        for &customer in customers {
            let (facts, mut look) = self.look(customer)?;
            if look.leaves_nothing(&facts, &self.shared.rules, self.shared.clock.now()) {
                let records = self.shared.views.read().customers.records_of(customer);
                self.erase_records(&records, Why::TermEnded)?;
                continue;
            }
            held += facts.len();
            looked.push(Looked { customer, facts, look });
            if held >= FACTS_HELD_MAX {
                self.end_what_was_found(std::mem::take(&mut looked))?;
                held = 0;
            }
        }
        self.end_what_was_found(looked)
    }

    fn end_what_was_found(&mut self, mut looked: Vec<Looked>) -> Result<(), EngineError> {
        let changed: Vec<bool> = looked.iter().map(|one| !one.look.ends.is_empty()).collect();
        let ends: Vec<Ended> = looked.iter_mut().flat_map(|one| std::mem::take(&mut one.look.ends)).collect();
        let mut ends = ends.into_iter().peekable();
        while ends.peek().is_some() {
            let some: Vec<Ended> = ends.by_ref().take(self.shared.limits.rows_ended.max(1)).collect();
            let gone: HashSet<u64> = some.iter().filter_map(Ended::gone).collect();
            self.end_rows(some.into_iter())?;
            looked.iter().for_each(|one| self.forget_days(&one.facts, &gone));
        }
        for (Looked { customer, facts, look }, changed) in looked.into_iter().zip(changed) {
            // Rounded up: looked at a fraction too early, the row would still be there, and be due again at once.
            let next = look.next.map(|at| Time::from_millis(at.millis().saturating_add(999)).seconds32());
            self.shared.views.write().terms.set(customer, next);
            if changed {
                let now = self.shared.clock.now();
                {
                    let mut views = self.shared.views.write();
                    views.information.drop_over(customer, now);
                    self.unask(&mut views, customer, &look.unasked);
                }
                self.refold_or_forget(customer);
            } else {
                self.fold_if_changed(customer, &facts)?;
            }
        }
        Ok(())
    }

    /// Permissions of which no row is left, that ended by themselves long ago, read as never asked: here as after a start.
    fn unask(&self, views: &mut Views, customer: RecordIx, purposes: &[PurposeIx]) {
        let policy = &self.shared.rules.policy;
        let mut standing = views.consents.standing(customer.0);
        let slots = purposes.iter().filter_map(|&ix| policy.at(ix).slot.map(usize::from));
        let mut changed = false;
        for slot in slots {
            if let Some(slot) = standing.slots.get_mut(slot).filter(|slot| **slot != Slot::Unknown) {
                (*slot, changed) = (Slot::Unknown, true);
            }
        }
        if changed {
            views.consents.put(policy, customer.0, &standing);
        }
    }

    /// Reads all rows of a customer and finds out what may no longer be kept.
    pub(super) fn look(&self, customer: RecordIx) -> Result<(Vec<(Meta, Fact)>, Look), EngineError> {
        let rules = &self.shared.rules;
        // By the clock that is believed: a wall clock in doubt may deny a use, never delete a row.
        let now = self.shared.clock.now();
        let positions = self.shared.views.read().positions(customer);
        let facts = self.shared.facts_at(&positions)?;
        let mut look = Look::default();
        let spent = self.look_at_choices(customer, &facts, &mut look, now);
        for some in facts.chunks(FACTS_AT_ONCE) {
            let views = self.shared.views.read();
            for (meta, fact) in some {
                if spent.contains(&meta.position) {
                    look.ends.push(Ended::Gone(*meta, None));
                } else {
                    look.at(rules, &views, customer, *meta, fact, now)?;
                }
            }
        }
        Ok((facts, look))
    }

    /// Where the choices lie that matter no longer, see [`spent`]. A policy that names no term for choices ends none.
    fn look_at_choices(&self, customer: RecordIx, facts: &[(Meta, Fact)], look: &mut Look, now: Time) -> BTreeSet<u64> {
        let rules = &self.shared.rules;
        let policy = &rules.policy;
        let Some(category) = policy.category(CHOICES).filter(|&category| rules.keeping.keeps(category)) else { return BTreeSet::new() };
        let views = self.shared.views.read();
        let records: Vec<_> = views.customers.records_of(customer).into_iter().filter_map(|ix| views.records.get(ix)).collect();
        let records: Vec<_> = records.into_iter().map(|record| (record.id, record.handle)).collect();
        let field = Field { category, not_for: Purposes::NONE, claimed: false, visit: None };
        let term = |at: Time| rules.keeping.may_keep(policy, &views.consents, Some(customer.0), &field, &rules.keeping.ends(at, at), now);
        // The calendar is asked about few moments: what lies before one that is over is over.
        let known = Cell::new((Time::from_millis(i64::MIN), Time::from_millis(i64::MAX)));
        let is_over = |at: Time| {
            let (over, young) = known.get();
            if at <= over || at >= young {
                return at <= over;
            }
            let is_over = term(at).is_none();
            known.set(if is_over { (at, young) } else { (over, at) });
            is_over
        };
        let found = spent::spent(policy, &records, views.policies.all(), facts, is_over);
        if let Some(kept) = found.next.and_then(term) {
            look.again(kept.recheck_at);
        }
        look.unasked = found.unasked;
        found.positions
    }

    /// Replaces and deletes these rows in one commit, which says of each of their records that its past changed. What rests on a
    /// permission that ended was forgotten before, so whatever commit is the last one before a crash, a replay folds the same.
    fn end_rows(&mut self, ends: impl Iterator<Item = Ended>) -> Result<(), EngineError> {
        let mut batch = Batch::default();
        let (mut touched, mut messages) = (Vec::new(), Vec::new());
        for ended in ends {
            let record = match ended {
                Ended::Changed(row) => {
                    let record = row.record;
                    batch.replace.push(row);
                    record
                }
                Ended::Gone(meta, message) => {
                    batch.delete.push(meta.position);
                    messages.extend(message);
                    meta.record
                }
            };
            if !touched.contains(&record) {
                touched.push(record);
            }
        }
        batch.delete.sort_unstable();
        let mut plan = Plan::default();
        let touched: Vec<RecordIx> = {
            let views = self.shared.views.read();
            let touched: Vec<RecordIx> = touched.into_iter().filter_map(|id| views.records.by_id(id)).collect();
            touched.iter().try_for_each(|&ix| plan.fact(&views, Who::Known(ix), Fact::HistoryChanged, false, None))?;
            let mut seen = erase::seen(messages.into_iter(), self.shared.clock.now()).into_iter().map(Fact::MessagesSeen);
            seen.try_for_each(|fact| plan.retailer_fact(&views, fact))?;
            touched
        };
        let (said, facts, _) = plan.into_parts();
        let places: Vec<_> = said.rows.iter().map(|row| (row.record, row.n)).collect();
        (batch.rows, batch.new_records) = (said.rows, said.new_records);
        let delete = batch.delete.clone();
        let first = self.shared.note_store(self.shared.store.append(batch))?.unwrap_or(0);
        let mut views = self.shared.views.write();
        for ix in touched {
            if let Some(entry) = views.records.get_mut(ix) {
                entry.positions = entry.positions.without(&delete);
            }
        }
        for ((position, (record, n)), fact) in (first..).zip(places).zip(facts) {
            let place = Place { position, record, n };
            fold::apply(&mut views, &self.shared.rules, place, &fact, &mut fold::Events::FoldNow);
        }
        drop(views);
        self.rows_deleted = true;
        metrics::counter!("regie_rows_ended_total").increment(delete.len() as u64);
        Ok(())
    }

    /// The days of these rows forget them.
    fn forget_days(&self, facts: &[(Meta, Fact)], gone: &HashSet<u64>) {
        for some in facts.chunks(FACTS_AT_ONCE) {
            let mut views = self.shared.views.write();
            for (meta, fact) in some.iter().filter(|(meta, _)| gone.contains(&meta.position)) {
                if let Some(record) = views.records.by_id(meta.record) {
                    fold::forget_day(&mut views, &self.shared.rules, record, meta.position, fact);
                }
            }
        }
    }

    /// Deletes what is remembered of some who were erased, whose term is over: identifiers on the suppression list, and messages. False if
    /// there were none. One commit, as it costs O(all that the retailer's record holds).
    fn end_some_refusals(&mut self) -> Result<bool, EngineError> {
        let (now, most) = (self.shared.clock.now(), self.shared.limits.rows_ended.max(1));
        let ((hashes, mut positions), messages) = {
            let views = self.shared.views.read();
            (views.suppression.over(now, most), views.seen.over(now, most))
        };
        positions.extend(&messages);
        positions.sort_unstable();
        if positions.is_empty() {
            return Ok(false);
        }
        let rows = self.shared.store.read(&positions)?;
        self.end_rows(rows.into_iter().map(|row| Ended::Gone(row.meta, None)))?;
        let mut views = self.shared.views.write();
        views.suppression.forget(&hashes);
        views.seen.forget(messages.len());
        drop(views);
        self.notes_over = true;
        Ok(true)
    }

    /// Folds a customer anew after something durable changed. If that fails, nothing of the customer steers anything until upkeep
    /// can read the history.
    pub(super) fn refold_or_forget(&mut self, customer: RecordIx) {
        if let Err(e) = self.refold(customer) {
            tracing::error!(code = e.code(), "folding a customer's history failed; upkeep tries again");
            let mut views = self.shared.views.write();
            contribution::forget(&mut views, customer);
            views.terms.at_latest(customer, 1);
        }
    }

    /// Folds uses that are half an hour old into a sealed row per record and day, each counted once whatever crashes.
    pub(super) fn fold_uses(&mut self) -> Result<(), EngineError> {
        let before = self.shared.clock.now().plus_seconds(-FOLD_AFTER_SECONDS).seconds32();
        let folded = self.shared.journal.fold(None, before, days_in(&self.shared.rules.policy.time_zone))?;
        if folded.counts().is_empty() {
            return Ok(());
        }
        let mut plan = Plan::default();
        {
            let views = self.shared.views.read();
            let wanted: HashSet<u64> = folded.counts().iter().map(|c| c.first_position).collect();
            let owners: HashMap<u64, RecordIx> =
                views.records.iter().filter_map(|(ix, r)| r.positions.first().filter(|p| wanted.contains(p)).map(|p| (p, ix))).collect();
            let mut counts = folded.counts().iter().peekable();
            while let Some(count) = counts.next() {
                let (first, day) = (count.first_position, count.day);
                let mut uses = vec![use_count(count)];
                while let Some(more) = counts.next_if(|c| (c.first_position, c.day) == (first, day)) {
                    uses.push(use_count(more));
                }
                if let Some(&record) = owners.get(&first) {
                    plan.fact(&views, Who::Known(record), Fact::UsesSummed(UsesSummed { day, uses }), false, None)?;
                }
            }
        }
        plan.value(FOLD_ID.into(), Some(folded.id().to_vec()));
        let shared = Arc::clone(&self.shared);
        let _moving = shared.moving.write();
        self.flush_now(&mut plan)?;
        folded.commit()?;
        Ok(())
    }

    /// Makes the rankings of popular items anew, at most once a second.
    pub(super) fn refresh_popular(&mut self) {
        if self.popular_made.is_some_and(|at| at.elapsed() < POPULAR_EVERY) {
            return;
        }
        let stale = self.shared.tallies.lock().take_stale();
        if stale.is_empty() {
            return;
        }
        for (shop, counted) in stale {
            let counted = popular::most(counted);
            let names = self.shared.names_of(&counted);
            let ranking = rank(counted, names);
            self.shared.views.write().popular.set(shop, ranking);
        }
        self.popular_made = Some(Instant::now());
    }
}

impl Shared {
    /// The ids of these items, under as many short locks as it takes.
    pub(in super::super) fn names_of(&self, counted: &[(ItemIx, i64)]) -> Vec<Arc<str>> {
        let mut names = Vec::with_capacity(counted.len());
        for some in counted.chunks(NAMES_AT_ONCE) {
            let views = self.views.read();
            names.extend(some.iter().map(|&(item, _)| views.catalogue.shared_name(item)));
        }
        names
    }
}

fn use_count(count: &regie_store::journal::UseCount) -> UseCount {
    UseCount {
        purpose: count.purpose.to_string(),
        category: count.category.to_string(),
        recipient: count.recipient.to_string(),
        channel: count.channel.as_ref().map(ToString::to_string),
        allowed: count.outcome == Outcome::Allowed,
        count: u32::try_from(count.count).unwrap_or(u32::MAX),
    }
}

/// A customer whose rows were looked at.
struct Looked {
    customer: RecordIx,
    facts: Vec<(Meta, Fact)>,
    look: Look,
}
