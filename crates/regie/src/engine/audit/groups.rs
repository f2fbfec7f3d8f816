//! How good are recommendations for those who allow little? Measured on a real data folder that is opened for reading only.
//!
//! The last visit of every customer is held out, the rest of the log folded as a start folds it. Then each is asked for half
//! of what that visit held: once with everything, once without the other half, once without a past, once with neither.
//! So the groups differ in what is allowed alone, not in who they are. Of every twentieth customer all but the first visit is held
//! out: they are new. Rare taste is the tenth whose items the fewest others buy.
//!
//! Invariant: only customers whose permission for recommendations holds are asked about; nothing is recorded or written. Left out:
//! customers of several records; what sells is of the folder's last 28 days and so knows the held-out visits too, a little.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use regie_domain::ids::RecordId;
use regie_recommend::ItemId;
use regie_recommend::evaluate::next_basket;
use regie_store::{MasterKey, Meta, SqliteStore, Store};
use serde::Serialize;

use super::super::api::Wish;
use super::super::error::EngineError;
use super::super::limits::Limits;
use super::super::recommend::made_for_measuring;
use super::super::sketch::{Read, Sketch};
use super::super::start::read_tallies;
use super::super::views::catalogue::item_key;
use super::super::views::popular::{EVERYWHERE, Tallies, rank};
use super::super::views::{RecordIx, Views};
use super::forgetting::{Log, mixed};

/// The length of a list.
const LENGTH: usize = 20;
/// Of so many customers one is made new.
const NEW_ONE_IN: u8 = 20;

/// What one group gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Its name.
    pub group: &'static str,
    /// Customers that were asked about.
    pub asked: usize,
    /// Share of the lists that rest on the customer's data or visit.
    pub personal: f64,
    /// `Recall@20`, `NDCG@20` and `PHR@20` of what the visit still came to.
    pub metrics: BTreeMap<String, f64>,
    /// The shortest list.
    pub shortest: usize,
    /// Lists that are empty, or name an item twice.
    pub broken: usize,
}

/// One customer's last visit, and what was before it.
struct HeldOut {
    shown: Vec<String>,
    target: Vec<u64>,
    at: u32,
    is_new: bool,
}

#[derive(Default)]
struct Seen {
    first: Option<u64>,
    newest: u64,
    at: u32,
    positions: Vec<u64>,
    items: Vec<String>,
    visits: u32,
}

/// See the module. `customers` bounds how many are asked about. Cost: two passes over the log.
///
/// # Errors
/// As [`super::forgetting::audit`].
pub fn measure(
    data: &Path,
    master: &MasterKey,
    customers: usize,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Vec<Group>, EngineError> {
    let store = SqliteStore::open_read_only(data, master)?;
    let rules = super::forgetting::rules_in_force(&store)?;
    let log = Log::now(&store, &rules)?;
    let (seen, mut held) = last_visits(&store, &mut |done, of| progress("Looking for last visits", done, of))?;
    held.extend(seen.values().filter(|seen| seen.visits > 1).flat_map(|seen| &seen.positions));
    let stays = |position, _| !held.contains(&position);
    let (mut views, _) = log.fold(stays, None, &mut |done, of| progress("Reading the log", done, of))?;
    rank_what_sells(&store, &mut views)?;

    let mut asked: Vec<(RecordIx, HeldOut)> = seen.into_iter().filter_map(|(record, seen)| held_out(&views, record, seen)).collect();
    asked.sort_unstable_by_key(|(customer, _)| *customer);
    let step = asked.len().div_ceil(customers.max(1)).max(1);
    let asked: Vec<_> = asked.into_iter().step_by(step).collect();
    let (new, known): (Vec<_>, Vec<_>) = asked.into_iter().partition(|(_, held)| held.is_new);
    let rare = rarest(&views, &known);
    let known: Vec<&(RecordIx, HeldOut)> = known.iter().collect();
    let new: Vec<&(RecordIx, HeldOut)> = new.iter().collect();
    let groups = [
        ("everything allowed", &known, true, true),
        ("own data only", &known, true, false),
        ("visit only", &known, false, true),
        ("nothing", &known, false, false),
        ("new customers", &new, true, true),
        ("rare taste", &rare, true, true),
    ];
    let mut measured = Vec::new();
    for (done, (name, who, own, visit)) in (0u64..).zip(groups) {
        progress("Asking each group", done, groups.len() as u64);
        measured.push(group(&views, name, who, own, visit)?);
    }
    Ok(measured)
}

/// Each record's last visit so far, and the rows that make somebody new if they are left out.
fn last_visits(store: &SqliteStore, progress: &mut dyn FnMut(u64, u64)) -> Result<(HashMap<RecordId, Seen>, HashSet<u64>), EngineError> {
    let (mut seen, mut held): (HashMap<RecordId, Seen>, HashSet<u64>) = Default::default();
    let decode = |_: &Meta, payload: &[u8]| Ok::<_, EngineError>(Read::from_payload(payload).ok());
    let note = |meta: Meta, read: Option<Read>| {
        if let Some(Read::Event(event)) = read
            && event.says_of_items()
        {
            let seen = seen.entry(meta.record).or_default();
            if is_new(meta.record) && seen.first.is_some_and(|first| first != event.visit) {
                held.insert(meta.position);
            }
            seen.add(meta.position, &event);
        }
        Ok(())
    };
    store.replay(1, decode, note, progress)?;
    Ok((seen, held))
}

impl Seen {
    fn add(&mut self, position: u64, event: &Sketch) {
        let (at, _) = event.counts();
        self.first.get_or_insert(event.visit);
        if self.visits == 0 || self.newest != event.visit {
            // What arrives late belongs to a visit before the last.
            if self.visits > 0 && at < self.at {
                return;
            }
            *self = Seen { first: self.first, newest: event.visit, at, visits: self.visits + 1, ..Seen::default() };
        }
        self.positions.push(position);
        self.items.extend(event.items().map(str::to_owned));
    }
}

/// A record's id is random, so its first byte draws the lot.
fn is_new(record: RecordId) -> bool {
    record.0[0].is_multiple_of(NEW_ONE_IN)
}

/// What to ask about this customer, if there is something to foretell and recommendations may use the past.
fn held_out(views: &Views, record: RecordId, seen: Seen) -> Option<(RecordIx, HeldOut)> {
    let customer = views.records.by_id(record)?;
    let is_alone = views.customers.canonical(customer) == customer && views.customers.records_of(customer).len() <= 1;
    if !is_alone || seen.visits < 2 || views.profiles.get(customer.at()).is_none() {
        return None;
    }
    let mut distinct = BTreeSet::new();
    let is_open = |item: &String| views.catalogue.find(item).is_some_and(|ix| !views.catalogue.is_sensitive(ix));
    let items: Vec<String> = seen.items.into_iter().filter(is_open).filter(|item| distinct.insert(item.clone())).collect();
    // By lot, not by order: a till may put what everybody buys first.
    let mut by_lot: Vec<usize> = (0..items.len()).collect();
    by_lot.sort_by_key(|&at| mixed(item_key(&items[at]).0 ^ seen.newest));
    let (shown, target) = by_lot.split_at_mut(items.len() / 2);
    shown.sort_unstable();
    let shown: Vec<String> = shown.iter().map(|&at| items[at].clone()).collect();
    let target: Vec<u64> = target.iter().map(|&at| item_key(&items[at]).0).collect();
    let held = HeldOut { shown, target, at: seen.at, is_new: is_new(record) };
    (!held.shown.is_empty()).then_some((customer, held))
}

/// The tenth whose items are in the fewest learned sessions.
fn rarest<'a>(views: &Views, known: &'a [(RecordIx, HeldOut)]) -> Vec<&'a (RecordIx, HeldOut)> {
    let mean = |customer: RecordIx| {
        let items: Vec<usize> = views
            .profiles
            .get(customer.at())
            .into_iter()
            .flat_map(|p| p.items())
            .map(|k| views.model.sessions_with(ItemId(k.item)))
            .collect();
        items.iter().sum::<usize>() / items.len().max(1)
    };
    let mut by_mean: Vec<_> = known.iter().map(|one| (mean(one.0), one)).collect();
    by_mean.sort_by_key(|(mean, one)| (*mean, one.0));
    by_mean.into_iter().take(known.len() / 10).map(|(_, one)| one).collect()
}

fn group(views: &Views, name: &'static str, who: &[&(RecordIx, HeldOut)], own: bool, visit: bool) -> Result<Group, EngineError> {
    let mut answers: Vec<(Vec<u64>, &[u64])> = Vec::with_capacity(who.len());
    let (mut personal, mut shortest, mut broken) = (0usize, usize::MAX, 0);
    for (customer, held) in who {
        let wish = Wish {
            customer: own.then(|| views.handle(*customer)).flatten(),
            visit: if visit { held.shown.clone() } else { Vec::new() },
            limit: LENGTH,
            ..Wish::default()
        };
        let answer = made_for_measuring(views, &wish, held.at)?;
        personal += usize::from(answer.personal);
        shortest = shortest.min(answer.items.len());
        let distinct: BTreeSet<&str> = answer.items.iter().map(|item| item.item.as_str()).collect();
        broken += usize::from(answer.items.is_empty() || distinct.len() < answer.items.len());
        answers.push((answer.items.iter().map(|item| item_key(&item.item).0).collect(), &held.target));
    }
    let found = next_basket(answers.iter().map(|(answer, target)| (answer.as_slice(), *target)), LENGTH);
    let metrics = [("Recall", found.recall), ("NDCG", found.ndcg), ("PHR", found.phr)];
    Ok(Group {
        group: name,
        asked: who.len(),
        personal: personal as f64 / who.len().max(1) as f64,
        metrics: metrics.into_iter().map(|(name, value)| (format!("{name}@{LENGTH}"), value)).collect(),
        shortest: if who.is_empty() { 0 } else { shortest },
        broken,
    })
}

/// What sells, as of the folder's newest fact.
fn rank_what_sells(store: &SqliteStore, views: &mut Views) -> Result<(), EngineError> {
    let Some(now) = views.newest_fact else { return Ok(()) };
    let mut tallies = Tallies::new(Limits::default().shops);
    read_tallies(store, views, &mut tallies, now)?;
    let counted = tallies.everywhere();
    let names = counted.iter().map(|&(item, _)| views.catalogue.shared_name(item)).collect();
    views.popular.set(EVERYWHERE.into(), rank(counted, names));
    Ok(())
}
