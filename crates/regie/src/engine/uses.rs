//! Uses: what was used, for what, by whom, where, how often, and whether it was allowed; by day or by month.
//!
//! Folded from the journal's sums, from what still stands in the journal, and from disclosures, each of which is a use too.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use regie_domain::fact::{Disclosure, Fact, UseCount, UsesSummed};
use regie_domain::ids::Handle;
use regie_domain::time::Time;
use regie_store::journal::{self, Journal, Outcome};
use regie_store::{SqliteStore, Store};
use serde::Serialize;

use super::Engine;
use super::error::EngineError;
use super::start::{JOURNAL, JOURNAL_KEY};
use super::views::RecordIx;
use super::views::days::{What, day_in};
use super::writer::FOLD_ID;

/// The most periods in one answer.
pub const PERIODS_MAX: usize = 366;
/// The most kinds of use told of one period; the rarer ones are summed.
const KINDS_MAX: usize = 500;

/// A day or a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// Per day.
    #[default]
    Day,
    /// Per month.
    Month,
}

/// One kind of use in one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Used {
    /// The category.
    pub category: String,
    /// The purpose.
    pub purpose: String,
    /// By whom.
    pub recipient: String,
    /// Through which channel.
    pub channel: Option<String>,
    /// `allowed` or `denied`.
    pub outcome: &'static str,
    /// How often.
    pub count: u64,
}

/// How often something was allowed and denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// It happened.
    pub allowed: u64,
    /// It was asked and refused.
    pub denied: u64,
}

impl Totals {
    fn add(&mut self, allowed: bool, count: u64) {
        let sum = if allowed { &mut self.allowed } else { &mut self.denied };
        *sum = sum.saturating_add(count);
    }
}

/// The uses of one day or month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Period {
    /// `2026-06-01`, or `2026-06`.
    pub period: String,
    /// Of the whole period.
    pub totals: Totals,
    /// The most frequent first.
    pub uses: Vec<Used>,
    /// How many rarer kinds of use are in the totals only.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` hands over a reference")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Uses by period, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsesPage {
    /// Of everything there is, not of this page alone.
    pub totals: Totals,
    /// This page's periods.
    pub periods: Vec<Period>,
    /// What to ask `before` for the page that follows; `None`: there is none.
    pub next: Option<String>,
}

/// One kind of use on one day: day, purpose, category, recipient, channel, allowed.
type Key = (u32, String, String, String, Option<String>, bool);

impl Engine {
    /// What was used for what, by day (UTC), oldest first: folded rows, what still stands in the journal, and disclosures. Reads the
    /// disk: O(days of use), not the customer's events.
    ///
    /// # Errors
    /// As [`Engine::consents`], and those of the journal.
    pub fn uses(&self, customer: Handle) -> Result<Vec<UsesSummed>, EngineError> {
        self.uses_since(customer, 0)
    }

    /// The same from a day on (days since 1970-01-01 UTC), reading no older row.
    ///
    /// # Errors
    /// As [`Engine::uses`].
    pub fn uses_since(&self, customer: Handle, day: u32) -> Result<Vec<UsesSummed>, EngineError> {
        let _still = self.shared.moving.read();
        let (record, positions) = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            // A disclosure stands under its local day: the one before may be the same in UTC.
            let days = views.days(record);
            let wanted = days.iter().filter(|e| matches!(e.what, What::Used | What::Disclosed) && u32::from(e.day) + 1 >= day);
            let mut positions: Vec<u64> = wanted.map(|e| e.position).collect();
            positions.sort_unstable();
            (record, positions)
        };
        let facts: Vec<Fact> = self.shared.facts_at(&positions)?.into_iter().map(|(_, fact)| fact).collect();
        let mut sums = self.sum(record, facts.iter())?;
        for d in facts.iter().filter_map(|f| if let Fact::Disclosed(d) = f { Some(d) } else { None }) {
            disclosed(&self.shared.rules.policy.time_zone, &mut sums, d);
        }
        sums.retain(|key, _| key.0 >= day);
        Ok(by_day(sums))
    }

    /// Uses by day or month, newest first, before a period if one is named, at most [`PERIODS_MAX`]. Reads the disk: O(days of use).
    ///
    /// # Errors
    /// As [`Engine::uses`].
    pub fn uses_page(&self, customer: Handle, by: By, before: Option<&str>, limit: usize) -> Result<UsesPage, EngineError> {
        let mut totals = Totals::default();
        let mut periods: BTreeMap<String, BTreeMap<Key, u64>> = BTreeMap::new();
        for day in self.uses(customer)? {
            let name = name_of(by, day.day);
            let skip = before.is_some_and(|before| name.as_str() >= before);
            for used in day.uses {
                totals.add(used.allowed, used.count.into());
                if !skip {
                    let UseCount { purpose, category, recipient, channel, allowed, count } = used;
                    let sum = periods.entry(name.clone()).or_default();
                    *sum.entry((0, purpose, category, recipient, channel, allowed)).or_default() += u64::from(count);
                }
            }
        }
        let limit = limit.clamp(1, PERIODS_MAX);
        let more = periods.len() > limit;
        let periods: Vec<Period> = periods.into_iter().rev().take(limit).map(|(period, sums)| told(period, sums)).collect();
        let next = if more { periods.last().map(|p| p.period.clone()) } else { None };
        Ok(UsesPage { totals, periods, next })
    }

    /// The journal's uses among these facts and those that are not folded yet; without disclosures.
    pub(super) fn uses_among(&self, record: RecordIx, facts: &[Fact]) -> Result<Vec<UsesSummed>, EngineError> {
        Ok(by_day(self.sum(record, facts.iter())?))
    }

    fn sum<'a>(&self, record: RecordIx, facts: impl Iterator<Item = &'a Fact>) -> Result<BTreeMap<Key, u32>, EngineError> {
        let firsts: Vec<u64> = {
            let views = self.shared.views.read();
            let records = views.customers.records_of(record);
            records.iter().filter_map(|&r| views.records.get(r)?.positions.first()).collect()
        };
        let zone = &self.shared.rules.policy.time_zone;
        let mut sums: BTreeMap<Key, u32> = BTreeMap::new();
        for summed in facts.filter_map(|f| if let Fact::UsesSummed(s) = f { Some(s) } else { None }) {
            for u in &summed.uses {
                let key = (summed.day, u.purpose.clone(), u.category.clone(), u.recipient.clone(), u.channel.clone(), u.allowed);
                let sum = sums.entry(key).or_default();
                *sum = sum.saturating_add(u.count);
            }
        }
        for u in self.shared.journal.uses_of(&firsts)? {
            let key = (
                u32::from(day_in(zone, Time::from_seconds(u.at_seconds.into()))),
                u.purpose.to_string(),
                u.category.to_string(),
                u.recipient.to_string(),
                u.channel.map(|c| c.to_string()),
                u.outcome == Outcome::Allowed,
            );
            let sum = sums.entry(key).or_default();
            *sum = sum.saturating_add(1);
        }
        Ok(sums)
    }
}

/// Where a folder's log ends, and the uses that are in no fact up to there. Changes nothing, also beside a running server: where that folds
/// meanwhile, both are read again.
pub(crate) fn not_folded(data: &Path, store: &SqliteStore) -> Result<(u64, Vec<journal::UseCount>), EngineError> {
    if !store.has_service_key(JOURNAL_KEY) {
        return Ok((store.head()?, Vec::new()));
    }
    let key = store.service_key(JOURNAL_KEY)?;
    loop {
        let folded = store.value(FOLD_ID)?;
        let counts = Journal::counts_beside(&data.join(JOURNAL), &key, folded.as_deref())?;
        let head = store.head()?;
        if store.value(FOLD_ID)? == folded {
            return Ok((head, counts));
        }
    }
}

fn disclosed(zone: &TimeZone, sums: &mut BTreeMap<Key, u32>, d: &Disclosure) {
    let day = u32::from(day_in(zone, d.at));
    for category in &d.categories {
        let key = (day, d.purpose.clone(), category.clone(), d.recipient.clone(), d.channel.clone(), true);
        let sum = sums.entry(key).or_default();
        *sum = sum.saturating_add(1);
    }
}

fn by_day(sums: BTreeMap<Key, u32>) -> Vec<UsesSummed> {
    let mut out: Vec<UsesSummed> = Vec::new();
    for ((day, purpose, category, recipient, channel, allowed), count) in sums {
        let used = UseCount { purpose, category, recipient, channel, allowed, count };
        match out.last_mut() {
            Some(last) if last.day == day => last.uses.push(used),
            _ => out.push(UsesSummed { day, uses: vec![used] }),
        }
    }
    out
}

fn told(period: String, sums: BTreeMap<Key, u64>) -> Period {
    let mut totals = Totals::default();
    let mut uses: Vec<Used> = Vec::new();
    for ((_, purpose, category, recipient, channel, allowed), count) in sums {
        totals.add(allowed, count);
        uses.push(Used { category, purpose, recipient, channel, outcome: if allowed { "allowed" } else { "denied" }, count });
    }
    // A stable sort: what is as frequent stays in the order of the names.
    uses.sort_by_key(|used| std::cmp::Reverse(used.count));
    let left_out = uses.len().saturating_sub(KINDS_MAX);
    uses.truncate(KINDS_MAX);
    Period { period, totals, uses, left_out }
}

/// The civil date of a day since 1970-01-01.
pub(super) fn date_of(day: u32) -> Date {
    Date::constant(1970, 1, 1).checked_add(i64::from(day).days()).unwrap_or(Date::MAX)
}

fn name_of(by: By, day: u32) -> String {
    let date = date_of(day);
    match by {
        By::Day => date.to_string(),
        By::Month => format!("{:04}-{:02}", date.year(), date.month()),
    }
}
