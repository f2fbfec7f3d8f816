//! Is forgetting exact? Tried in memory, on a real data folder that is opened for reading only.
//!
//! The log is folded as a start folds it. Customers are then forgotten one after another, as the engine forgets, and now and then
//! the model is held against one that was folded from the log without their records: its canonical digest, and its answers to
//! probing visits, to the bit. The digest covers all that answers are made from, so what one forgetting left behind is still there
//! at the next comparison.
//!
//! Invariant: both models are judged at the same moment and made from the same stretch of the log. Memory: two sets of views and
//! what one replay sets aside. Left out: profiles, which are one customer's own; rows and keys, which erasing ends.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use regie_domain::fact::Fact;
use regie_domain::ids::RecordId;
use regie_domain::policy::Policy;
use regie_domain::time::Time;
use regie_recommend::evaluate::report::{Percentiles, percentiles};
use regie_recommend::{CustomerSlot, ItemId, ItemKey, Model, Scored, Scratch};
use regie_store::{MasterKey, Meta, SqliteStore, Store};
use serde::Serialize;

use super::super::aside::Aside;
use super::super::clock::{Clock, MachineTime};
use super::super::contribution;
use super::super::error::EngineError;
use super::super::limits::Limits;
use super::super::rules::{Rules, hex};
use super::super::start::{empty_views, fold_aside, noted_settings, read_catalogue, replay};
use super::super::views::{RecordIx, Views};

/// Visits that both models are asked about in one comparison.
const PROBES: usize = 2_000;
/// The length of an answer that is compared.
const ANSWER: usize = 20;

/// What to try.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many customers are forgotten, at most.
    pub customers: usize,
    /// How often the model is compared with one that was built anew, at most.
    pub checks: usize,
    /// Which customers are taken, and in what order.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Forgetting {
    /// Facts that were read.
    pub facts: u64,
    /// Customers who teach others, and their sessions.
    pub customers: usize,
    /// See `customers`.
    pub sessions: usize,
    /// How many of them were forgotten.
    pub forgotten: usize,
    /// What forgetting one of them took, in microseconds.
    pub forget_us: Percentiles,
    /// Every comparison.
    pub checks: Vec<Check>,
    /// No comparison found a difference, and there was one.
    pub exact: bool,
    /// Rows were replaced or erased while this went on: then a difference says nothing.
    pub log_changed: bool,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Customers forgotten so far.
    pub forgotten: usize,
    /// Sessions that remain.
    pub sessions: usize,
    /// The digest after forgetting.
    pub digest: String,
    /// The digest of the model that was built without them.
    pub rebuilt_digest: String,
    /// Visits that both were asked about.
    pub predictions: usize,
    /// How many of them were answered differently.
    pub differing: usize,
}

impl Check {
    /// To the bit.
    pub fn is_equal(&self) -> bool {
        self.digest == self.rebuilt_digest && self.differing == 0
    }
}

/// See the module. Cost: a replay of the log, and another for every check.
///
/// # Errors
/// Those of the store; [`EngineError::Policy`] if no policy was ever adopted in this folder.
pub fn audit(
    data: &Path,
    master: &MasterKey,
    plan: &Plan,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Forgetting, EngineError> {
    let store = SqliteStore::open_read_only(data, master)?;
    let rules = rules_in_force(&store)?;
    let log = Log::now(&store, &rules)?;
    let (mut views, judge) = log.fold(|_, _| true, None, &mut |done, of| progress("Reading the log", done, of))?;

    let mut chosen = teachers(&views);
    let (customers, sessions) = (chosen.len(), views.model.len());
    shuffle(&mut chosen, plan.seed);
    chosen.truncate(plan.customers);
    let probes = probes(&views, &chosen);
    let mut gone: HashSet<RecordId> = HashSet::new();
    let (mut nanoseconds, mut checks) = (Vec::with_capacity(chosen.len()), Vec::new());
    for part in chosen.chunks(chosen.len().div_ceil(plan.checks.max(1)).max(1)) {
        for &customer in part {
            gone.extend(views.customers.records_of(customer).into_iter().filter_map(|r| views.records.get(r)).map(|r| r.id));
            let began = Instant::now();
            contribution::forget(&mut views, customer);
            nanoseconds.push(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        let (without, _) =
            log.fold(|_, record| !gone.contains(&record), Some(judge), &mut |done, of| progress("Building without them", done, of))?;
        let forgotten = nanoseconds.len();
        checks.push(compare(&views.model, &without.model, &probes, forgotten, &mut |done, of| progress("Comparing answers", done, of)));
    }
    Ok(Forgetting {
        facts: log.head,
        customers,
        sessions,
        forgotten: nanoseconds.len(),
        forget_us: percentiles(nanoseconds),
        exact: !checks.is_empty() && checks.iter().all(Check::is_equal),
        log_changed: log.was_rewritten()?,
        checks,
    })
}

/// The log up to where it stood at the beginning: beside a server it grows.
pub(super) struct Log<'a> {
    store: &'a SqliteStore,
    rules: &'a Rules,
    head: u64,
}

impl<'a> Log<'a> {
    /// As it stands now.
    pub(super) fn now(store: &'a SqliteStore, rules: &'a Rules) -> Result<Log<'a>, EngineError> {
        Ok(Log { store, rules, head: store.head()? })
    }

    /// The views that a start would have, had it only the rows that `stays` keeps by position and record, and the moment by which permissions were judged.
    pub(super) fn fold(
        &self,
        stays: impl Fn(u64, RecordId) -> bool,
        judge: Option<Time>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Views, Time), EngineError> {
        let mut views = empty_views(self.rules, Limits::default().items)?;
        read_catalogue(self.store, &mut views)?;
        let mut aside = Aside::default();
        let stays = |position, record| position <= self.head && stays(position, record);
        replay(self.store, self.rules, &mut views, &mut aside, &hashbrown::HashMap::new(), stays, progress)?;
        let judge = judge.unwrap_or_else(|| Clock::start(Arc::new(MachineTime::default()), views.newest_fact, false).judge());
        fold_aside(aside, self.rules, &mut views, judge);
        Ok((views, judge))
    }

    /// Did anything since change what had been read? Whatever does, says so in the log.
    fn was_rewritten(&self) -> Result<bool, EngineError> {
        let mut rewritten = false;
        let decode = |_: &Meta, payload: &[u8]| {
            let fact = serde_json::from_slice::<Fact>(payload);
            Ok::<_, EngineError>(matches!(fact, Ok(Fact::HistoryChanged | Fact::RecordErased(_))))
        };
        let note = |_: Meta, rewrites: bool| {
            rewritten |= rewrites;
            Ok(())
        };
        self.store.replay(self.head + 1, decode, note, |_, _| {})?;
        Ok(rewritten)
    }
}

/// The rules of this folder: the policy that was adopted last, and recommendations as they were made last.
pub(super) fn rules_in_force(store: &SqliteStore) -> Result<Rules, EngineError> {
    Ok(Rules::new(policy_in_force(store)?, noted_settings(store)?, &store.service_key("identifiers")?, &store.service_key("suppression")?))
}

fn policy_in_force(store: &SqliteStore) -> Result<Policy, EngineError> {
    let (mut text, mut failed) = (None, None);
    store.scan_raw(1, |row| {
        if row.meta.record == RecordId::RETAILER {
            match store.unseal(&row).map(|payload| payload.and_then(|payload| serde_json::from_slice(&payload).ok())) {
                Ok(Some(Fact::PolicyAdopted(adopted))) => text = Some(adopted.text),
                Ok(_) => {}
                Err(e) => failed = Some(e),
            }
        }
        failed.is_none()
    })?;
    if let Some(e) = failed {
        return Err(e.into());
    }
    let text = text.ok_or_else(|| EngineError::Policy("none was ever adopted in this data folder; start a server on it first".into()))?;
    Policy::parse(&text).map_err(|e| EngineError::Policy(e.to_string()))
}

/// Customers who taught the model anything, in the order of the log.
fn teachers(views: &Views) -> Vec<RecordIx> {
    let all = views.records.iter().map(|(ix, _)| ix);
    all.filter(|&ix| views.customers.canonical(ix) == ix && views.model.sessions_of(CustomerSlot(ix.0)).next().is_some()).collect()
}

/// Fisher and Yates, with the numbers of splitmix64.
fn shuffle(all: &mut [RecordIx], seed: u64) {
    let mut state = seed;
    for at in (1..all.len()).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let below = usize::try_from(mixed(state) % (at as u64 + 1)).unwrap_or(0);
        all.swap(at, below);
    }
}

/// The end of splitmix64: every bit of the answer depends on every bit of the number.
pub(super) fn mixed(number: u64) -> u64 {
    let once = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let twice = (once ^ once >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    twice ^ twice >> 31
}

/// Visits to ask about: half of them those of the customers who will be forgotten, where a trace of them would show first, half of
/// them everybody's; each whole and as it was midway.
fn probes(views: &Views, chosen: &[RecordIx]) -> Vec<Vec<ItemKey>> {
    let everybody = teachers(views);
    let mut probes = Vec::new();
    for group in [chosen, &everybody] {
        // Every so many customers, a few visits of each.
        let step = group.len().div_ceil(PROBES / 4).max(1);
        let each = (PROBES / 4 / group.len().max(1)).max(1);
        let visits = group.iter().step_by(step).flat_map(|c| {
            let mut visits: Vec<_> = views.model.sessions_of(CustomerSlot(c.0)).collect();
            visits.sort_unstable_by_key(|visit| visit.key);
            visits.into_iter().take(each)
        });
        for visit in visits {
            let keys: Vec<ItemKey> = visit.items().filter_map(|item| views.model.item_key(item)).collect();
            probes.push(keys[..keys.len().div_ceil(2)].to_vec());
            probes.push(keys);
        }
    }
    probes
}

/// Holds a model that forgot against one that never knew.
fn compare(forgot: &Model, never: &Model, probes: &[Vec<ItemKey>], forgotten: usize, progress: &mut dyn FnMut(u64, u64)) -> Check {
    let mut asked = [Asking::of(forgot), Asking::of(never)];
    let mut differing = 0;
    for (done, probe) in probes.iter().enumerate() {
        progress(done as u64, probes.len() as u64);
        let [a, b] = asked.each_mut().map(|asking| asking.answer(probe));
        differing += usize::from(a != b);
    }
    Check {
        forgotten,
        sessions: forgot.len(),
        digest: hex(&forgot.digest()),
        rebuilt_digest: hex(&never.digest()),
        predictions: probes.len(),
        differing,
    }
}

/// An item of an answer in lasting terms: its key, the bits of its score, and the keys and shares of its reasons.
type Answered = (Option<ItemKey>, u32, Vec<(Option<ItemKey>, u32)>);

struct Asking<'a> {
    model: &'a Model,
    scratch: Scratch,
    scored: Vec<Scored>,
}

impl<'a> Asking<'a> {
    fn of(model: &'a Model) -> Asking<'a> {
        Asking { model, scratch: Scratch::new(), scored: Vec::new() }
    }

    fn answer(&mut self, probe: &[ItemKey]) -> Vec<Answered> {
        // An item that one model was never told of is as unknown there as one without sessions is in the other.
        let known = |(at, &key): (u32, &ItemKey)| self.model.find(key).unwrap_or(ItemId(u32::MAX - at));
        let visit: Vec<ItemId> = (0..).zip(probe).map(known).collect();
        self.model.predict(&visit, ANSWER, |_| true, &mut self.scratch, &mut self.scored);
        let reasons = self.scratch.reasons().iter();
        let told = |(item, share): (ItemId, f32)| (self.model.item_key(item), share.to_bits());
        let items = self.scored.iter().zip(reasons);
        items.map(|(s, reasons)| (self.model.item_key(s.item), s.score.to_bits(), reasons.iter().map(told).collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use regie_recommend::{Parameters, Session, SessionKey};

    use super::*;

    fn model(sessions: &[(u32, u64, &[u64])]) -> Model {
        let mut model = Model::new(Parameters::default()).unwrap();
        for &(customer, key, items) in sessions {
            let items: Vec<ItemId> = items.iter().map(|&item| model.intern(ItemKey(item))).collect();
            model.learn(Session { customer: CustomerSlot(customer), key: SessionKey(key), start: 1_000, items: &items });
        }
        model
    }

    #[test]
    fn what_forgetting_leaves_behind_is_found() {
        let all: [(u32, u64, &[u64]); 4] = [(1, 10, &[7, 8, 9]), (2, 20, &[7, 5]), (2, 21, &[7, 6]), (3, 30, &[8, 9, 5])];
        let probes = [vec![ItemKey(7)], vec![ItemKey(8), ItemKey(5)], vec![ItemKey(404)]];
        let never = model(&[all[0], all[3]]);
        let mut forgot = model(&all);
        forgot.forget_session(CustomerSlot(2), SessionKey(20));
        let check = compare(&forgot, &never, &probes, 1, &mut |_, _| {});
        assert!(!check.is_equal() && check.differing > 0 && check.digest != check.rebuilt_digest, "one session is still there: {check:?}");
        forgot.forget(CustomerSlot(2));
        let check = compare(&forgot, &never, &probes, 1, &mut |_, _| {});
        assert!(check.is_equal(), "{check:?}");
        assert_eq!((check.sessions, check.predictions), (2, 3));
    }

    #[test]
    fn a_seed_shuffles_and_loses_nobody() {
        let all: Vec<RecordIx> = (0..50).map(RecordIx).collect();
        let shuffled = |seed| {
            let mut some = all.clone();
            shuffle(&mut some, seed);
            some
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut back = shuffled(3);
        back.sort();
        assert_eq!(back, all);
    }
}
