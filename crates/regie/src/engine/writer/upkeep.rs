//! What lags behind, at most a minute: rows whose term ran out or whose consent ended, folded uses, old tallies.
//!
//! Nothing here decides what is allowed: decisions are computed at read, and what ended was unlearned before the next answer.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use regie_domain::collection::{self, Stripped};
use regie_domain::consent::{Field, Kept};
use regie_domain::fact::{Fact, IdentifierKind, UseCount, UsesSummed, VisitId};
use regie_domain::policy::Purposes;
use regie_domain::time::Time;
use regie_store::journal::Outcome;
use regie_store::{Batch, Meta, NewRow, Replacement, Store};

use super::super::contribution;
use super::super::error::EngineError;
use super::super::rules::Rules;
use super::super::views::{RecordIx, Views};
use super::erase::Why;
use super::plan::{Plan, Who, payload};
use super::{Place, Writer, fold};

/// Rankings are made anew at most so often.
const POPULAR_EVERY: Duration = Duration::from_secs(1);
/// Uses are folded once they are this old: the visit they belong to is over.
const FOLD_AFTER_SECONDS: i64 = 30 * 60;
/// How long rows are looked at while commands may wait.
pub(super) const SLICE: Duration = Duration::from_millis(5);
/// How often, unless somebody asks for it.
const FOLD_EVERY: Duration = Duration::from_secs(5 * 60);
/// The named value that says which uses are already counted.
pub(in super::super) const FOLD_ID: &str = "journal/fold";

impl Writer {
    /// One round of upkeep. Without a believable clock nothing is deleted because of time. `whole` looks at all that is due, else
    /// the first slice of it: the rest comes between the commands.
    pub(super) fn upkeep(&mut self, ended: Vec<RecordIx>, whole: bool) -> Result<(), EngineError> {
        // Folding reads the whole journal, and a permission that ends calls for upkeep at once: not each time for that.
        if whole || self.uses_folded.is_none_or(|at| at.elapsed() >= FOLD_EVERY) {
            self.fold_uses()?;
            self.uses_folded = Some(Instant::now());
        }
        let now = self.shared.clock.now();
        let today = u32::try_from(now.seconds().div_euclid(86_400)).unwrap_or(0);
        if self.shared.clock.is_doubted() {
            return Ok(());
        }
        {
            let mut views = self.shared.views.write();
            views.popular.roll(today);
            let rules = self.shared.rules();
            let unasked = contribution::settle(&mut views, &rules.policy, &rules.asked, self.shared.clock.judge());
            for customer in ended.into_iter().chain(unasked) {
                views.terms.at_latest(customer, 1);
            }
        }
        self.shared.store.delete_tallies_before((today + 1).saturating_sub(super::super::views::popular::DAYS))?;
        self.look_at_due(if whole { Duration::MAX } else { SLICE })
    }

    /// Looks at customers whose term is due, for about so long. After a start that can be nearly all of them.
    pub(super) fn look_at_due(&mut self, slice: Duration) -> Result<(), EngineError> {
        self.more_due = false;
        if self.shared.clock.is_doubted() {
            return Ok(());
        }
        let (started, now) = (Instant::now(), self.shared.clock.now());
        loop {
            let next = self.shared.views.write().terms.take(now.seconds32());
            let Some(customer) = next else { break };
            if let Err(e) = self.look_at_rows(customer) {
                self.shared.views.write().terms.at_latest(customer, 1);
                return Err(e);
            }
            if started.elapsed() > slice {
                self.more_due = true;
                return Ok(());
            }
        }
        if self.rows_deleted {
            self.shared.store.truncate_logs()?;
            self.rows_deleted = false;
        }
        Ok(())
    }

    /// Looks at every row of a customer: replaces or deletes what may no longer be kept, folds the customer anew if that or time
    /// changed anything, and notes when to look again. O(the customer's facts).
    pub(super) fn look_at_rows(&mut self, customer: RecordIx) -> Result<(), EngineError> {
        let rules = self.shared.rules();
        // By the clock that is believed: a wall clock in doubt may deny a use, never delete a row.
        let now = self.shared.clock.now();
        let positions = self.shared.views.read().positions(customer);
        let facts = self.shared.facts_at(&positions)?;
        let mut look = Look::default();
        {
            let views = self.shared.views.read();
            for (meta, fact) in &facts {
                look.at(&rules, &views, customer, *meta, fact, now)?;
            }
        }
        if look.leaves_nothing(&facts, &rules, now) {
            let records = self.shared.views.read().customers.records_of(customer);
            return self.erase_records(&records, Why::TermEnded).map(|_| ());
        }
        let changed = !look.replace.is_empty() || !look.delete.is_empty();
        if changed {
            let mut batch = Batch { replace: std::mem::take(&mut look.replace), delete: look.delete.clone(), ..Batch::default() };
            let touched = look.touched.iter().map(|id| (*id, self.next_n(*id)));
            let rows: Vec<_> = touched.filter_map(|(id, n)| Some((id, n?))).collect();
            for &(record, n) in &rows {
                batch.rows.push(NewRow { record, n, choice: false, payload: payload(&Fact::HistoryChanged)?, leaf: None });
            }
            let first = self.shared.store.append(batch)?.unwrap_or(0);
            let mut views = self.shared.views.write();
            for record in views.customers.records_of(customer) {
                if let Some(entry) = views.records.get_mut(record) {
                    entry.positions = entry.positions.without(&look.delete);
                }
            }
            for (position, (record, n)) in (first..).zip(rows) {
                fold::apply(&mut views, &rules, Place { position, record, n }, &Fact::HistoryChanged, &mut fold::Events::FoldNow);
            }
            self.rows_deleted = true;
            metrics::counter!("regie_rows_ended_total").increment(look.delete.len() as u64);
        }
        // Rounded up: looked at a fraction too early, the row would still be there, and be due again at once.
        let next = look.next.map(|at| Time::from_millis(at.millis().saturating_add(999)).seconds32());
        self.shared.views.write().terms.set(customer, next);
        if changed { self.refold(customer) } else { self.fold_if_changed(customer, &facts) }
    }

    fn next_n(&self, record: regie_domain::ids::RecordId) -> Option<u32> {
        let views = self.shared.views.read();
        views.records.by_id(record).and_then(|ix| views.records.get(ix)).map(|r| r.next_n)
    }

    /// Folds uses that are half an hour old into a sealed row per record and day, each counted once whatever crashes.
    pub(super) fn fold_uses(&mut self) -> Result<(), EngineError> {
        let before = self.shared.clock.now().plus_seconds(-FOLD_AFTER_SECONDS).seconds32();
        let folded = self.shared.journal.fold(None, before)?;
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
        self.flush_now(&mut plan)?;
        folded.commit()?;
        Ok(())
    }

    /// Makes the rankings of popular items anew, at most once a second.
    pub(super) fn refresh_popular(&mut self) {
        if self.popular_made.is_some_and(|at| at.elapsed() < POPULAR_EVERY) {
            return;
        }
        let made = {
            let views = self.shared.views.read();
            if !views.popular.is_stale() {
                return;
            }
            views.popular.rankings(&views.catalogue)
        };
        self.shared.views.write().popular.set_rankings(made);
        self.popular_made = Some(Instant::now());
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

/// What a look at a customer's rows found.
#[derive(Default)]
struct Look {
    replace: Vec<Replacement>,
    delete: Vec<u64>,
    touched: Vec<regie_domain::ids::RecordId>,
    next: Option<Time>,
    content: usize,
}

impl Look {
    fn at(&mut self, rules: &Rules, views: &Views, customer: RecordIx, meta: Meta, fact: &Fact, now: Time) -> Result<(), EngineError> {
        match fact {
            Fact::EventKept(event) => {
                let ends = rules.keeping.ends(event.happened_at, event.recorded_at);
                let not_for: Purposes = event.not_for.iter().filter_map(|id| rules.policy.purpose(id)).collect();
                let verdict = |category: &str| self.keeps(kept(rules, views, customer, category, not_for, event.visit, &ends, now));
                match collection::strip(event, verdict) {
                    Stripped::Unchanged => self.content += 1,
                    Stripped::Changed(event) => {
                        self.content += 1;
                        self.replace(meta, &Fact::EventKept(event))?;
                    }
                    Stripped::Gone => self.delete(meta),
                }
            }
            Fact::AttributesProvided(attributes) => {
                let ends = rules.keeping.ends(attributes.happened_at, attributes.recorded_at);
                let verdict =
                    |category: &'static str| self.keeps(kept(rules, views, customer, category, Purposes::NONE, VisitId(0), &ends, now));
                let (values, left) = collection::keep_attributes(attributes.values.clone(), verdict);
                if values.is_empty() {
                    self.delete(meta);
                } else {
                    self.content += 1;
                    if left > 0 {
                        let mut attributes = attributes.clone();
                        attributes.values = values;
                        self.replace(meta, &Fact::AttributesProvided(attributes))?;
                    }
                }
            }
            Fact::OrderKeptByLaw(order) if order.until <= now => self.delete(meta),
            Fact::OrderKeptByLaw(order) => {
                self.content += 1;
                self.again(order.until);
            }
            Fact::Chosen(_) | Fact::RecordJoined(_) => self.content += 1,
            _ => {}
        }
        Ok(())
    }

    fn keeps(&mut self, kept: Option<Kept>) -> bool {
        if let Some(kept) = kept {
            self.again(kept.recheck_at);
        }
        kept.is_some()
    }

    fn again(&mut self, at: Time) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    fn replace(&mut self, meta: Meta, fact: &Fact) -> Result<(), EngineError> {
        self.touch(meta);
        self.replace.push(Replacement {
            position: meta.position,
            record: meta.record,
            n: meta.n,
            revision: meta.revision + 1,
            choice: meta.choice,
            payload: payload(fact)?,
        });
        Ok(())
    }

    fn delete(&mut self, meta: Meta) {
        self.touch(meta);
        self.delete.push(meta.position);
    }

    fn touch(&mut self, meta: Meta) {
        if !self.touched.contains(&meta.record) {
            self.touched.push(meta.record);
        }
    }

    /// Is nothing left that may be kept: a law's remainder whose term ended, or the mere identifier of a device?
    fn leaves_nothing(&mut self, facts: &[(Meta, Fact)], rules: &Rules, now: Time) -> bool {
        if self.content > 0 || facts.is_empty() {
            return false;
        }
        let mut opened = facts.iter().filter_map(|(_, fact)| match fact {
            Fact::RecordOpened(opened) => Some(opened),
            _ => None,
        });
        let Some(first) = opened.next() else {
            return facts.iter().all(|(_, fact)| matches!(fact, Fact::OrderKeptByLaw(_) | Fact::HistoryChanged));
        };
        if opened.next().is_some() || first.identifier.kind != IdentifierKind::Anonymous {
            return false;
        }
        let until = first.at.plus_seconds(rules.floor(rules.policy.category("device")).into());
        if now < until {
            self.again(until);
            return false;
        }
        true
    }
}

#[expect(clippy::too_many_arguments, reason = "each is one thing that the rule looks at; a struct would only rename them")]
fn kept(
    rules: &Rules,
    views: &Views,
    customer: RecordIx,
    category: &str,
    not_for: Purposes,
    visit: VisitId,
    ends: &regie_domain::consent::RetentionEnds,
    now: Time,
) -> Option<Kept> {
    let category = rules.policy.category(category)?;
    let field = Field { category, not_for, visit: Some(visit) };
    rules.keeping.may_keep(&rules.policy, &views.consents, Some(customer.0), &field, ends, now)
}
