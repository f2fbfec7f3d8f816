//! Starting: open the store, replay the log into views, finish what a crash left, adopt the policy, start the threads.
//!
//! No half start: everything that can be refused is refused before the first command is taken.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use aws_lc_rs::hmac;
use hashbrown::HashMap;
use parking_lot::{Mutex, RwLock};
use regie_domain::fact::{Choice, Chosen, Evidence, Fact, InformationRemoved, PolicyAdopted};
use regie_domain::ids::RecordId;
use regie_domain::policy::Policy;
use regie_domain::policy::diff::version_order;
use regie_domain::time::Time;
use regie_recommend::Model;
use regie_store::journal::{Dictionary, Journal};
use regie_store::ledger::{Ledger, LedgerError};
use regie_store::{ErasedRecord, Erasure, MasterKey, Meta, SqliteStore, Store};

use super::aside::Aside;
use super::clock::{Clock, MachineTime, TimeSource};
use super::contribution::{self, Grants, Reach};
use super::error::EngineError;
use super::fold::{self, Events, Place};
use super::ledger::{PROOF_WAIT, leaf_of};
use super::limits::Limits;
use super::recall;
use super::rules::Rules;
use super::settings::{Section, Settings};
use super::sketch::Read;
use super::views::catalogue::{BUCKETS, Catalogue};
use super::views::popular::{self, Tallies};
use super::views::{RecordIx, Views};
use super::writer::{Command, EXTENT, FOLD_ID, Plan, TIME, Who, Writer, value_name};
use super::{Engine, QUEUE_MAX, Shared};

/// The folder of the journal, and the service key that opens it.
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const JOURNAL_KEY: &str = "journal";
/// How often rows whose term ran out are looked for.
const UPKEEP_EVERY: Duration = Duration::from_secs(30);
/// The named value that says how recommendations were made last: the section of the configuration, as JSON.
const SETTINGS: &str = "recommend";

/// Called with (done, of) while the log is replayed.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// What an engine is started with.
#[derive(Debug)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// What opens it.
    pub master: MasterKey,
    /// The policy file's text.
    pub policy: String,
    /// The clocks; the machine's by default.
    pub time: Arc<dyn TimeSource>,
    /// An operator has confirmed the wall clock.
    pub time_confirmed: bool,
    /// What is bounded.
    pub limits: Limits,
    /// How recommendations are made; `None`: as when this folder was last served.
    pub recommend: Option<Section>,
    /// What a ledger that begins now is called, such as `mijn.winkel.example`; `None`: after its key.
    pub origin: Option<String>,
    /// How long a receipt waits for its proof to be published; 3 s by default. More only for tests on a busy machine.
    pub proof_wait: Duration,
}

impl Options {
    /// The usual: the machine's clock, unconfirmed.
    pub fn new(data: &Path, master: MasterKey, policy: String) -> Options {
        let time = Arc::new(MachineTime::default());
        Options {
            data: data.to_owned(),
            master,
            policy,
            time,
            time_confirmed: false,
            limits: Limits::default(),
            recommend: None,
            origin: None,
            proof_wait: PROOF_WAIT,
        }
    }
}

impl Engine {
    /// Starts an engine on a data folder. Cost: O(facts), see `regie bench million`.
    ///
    /// # Errors
    /// Anything that would make a half start: see [`EngineError`] and the store's own errors.
    pub fn start(options: Options, progress: Progress<'_>) -> Result<Engine, EngineError> {
        let policy = Policy::parse(&options.policy).map_err(|e| EngineError::Policy(e.to_string()))?;
        let store = SqliteStore::open(&options.data, &options.master)?;
        let ledger = Ledger::open(&options.data, &store, options.origin.as_deref())?;
        let unpublished = ledger.unpublished(&store)?;
        let settings = settings_of(&store, options.recommend)?;
        let mut rules = Rules::new(policy, settings, &store.service_key("identifiers")?, &store.service_key("suppression")?);
        let mut views = empty_views(&rules, options.limits.items)?;
        read_catalogue(&store, &mut views)?;
        let mut aside = Aside::default();
        replay(&store, &rules, &mut views, &mut aside, &unpublished, |_, _| true, progress)?;
        let clock = Clock::start(options.time, views.newest_fact.max(noted_time(&store)?), options.time_confirmed);
        let judge = clock.judge();
        views.catalogue.know_new_from(first_new_day(&rules, clock.now()));
        // Before anything is learned: a policy that changed materially ends consents.
        rules.earlier_versions = adopt(&store, &rules, &mut views, clock.now())?;
        rules.outdated = views.policies.outdated();
        recall::suppressed(&store, &rules, &mut views, clock.now())?;
        fold_aside(aside, &rules, &mut views, judge);
        note_grants(&mut views, &rules, judge);
        let mut tallies = Tallies::new(options.limits.shops);
        read_tallies(&store, &mut views, &mut tallies, clock.now())?;
        let journal = Journal::open(&options.data.join(JOURNAL), store.service_key(JOURNAL_KEY)?, dictionary(&rules.policy))?;
        miss_uses(&store, &journal)?;
        miss_strangers(&journal, &views)?;
        if let Some(id) = store.value(FOLD_ID)? {
            journal.finish_fold(&id)?;
        }
        let claims = hmac::Key::new(hmac::HMAC_SHA256, &store.service_key("claims")?);
        let pending = store.pending_tombstones();
        let (publish, bell) = crossbeam_channel::bounded(1);
        let shared = Arc::new(Shared {
            store,
            journal,
            ledger,
            publish,
            publishing_fails: AtomicBool::new(false),
            proof_wait: options.proof_wait,
            views: RwLock::new(views),
            tallies: Mutex::new(tallies),
            rules: Arc::new(rules),
            limits: options.limits,
            clock,
            once: Mutex::default(),
            past_policies: Mutex::default(),
            moving: RwLock::default(),
            contests: tokio::sync::Mutex::default(),
            claims,
            cut_off: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        });
        let (sender, receiver) = crossbeam_channel::bounded(QUEUE_MAX);
        let mut writer = Writer::new(shared.clone(), receiver);
        for id in pending {
            // The whole customer: the log of tombstones may have been cut short between two records of one set.
            let records = {
                let views = shared.views.read();
                views.records.by_id(id).map(|record| views.customers.records_of(record))
            };
            match records {
                Some(records) => writer.complete_erasure(&records)?,
                // Erased with another record of its set just now, or a key without rows.
                None => {
                    let mut erasure = Erasure::default();
                    erasure.records.push(ErasedRecord { record: id, positions: Vec::new() });
                    shared.store.erase(erasure)?;
                }
            }
        }
        writer.end_visits()?;
        writer.make_rankings();
        let engine = Engine { shared, queue: sender.clone(), threads: Arc::default(), request: None };
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.into()).spawn(work).map_err(|_| EngineError::Stopping)
        };
        let writing = spawn("regie-writer", Box::new(move || writer.run()))?;
        engine.threads.lock().push(writing);
        let publisher = super::ledger::Publisher::new(&engine.shared, bell);
        let publishing = spawn("regie-ledger", Box::new(move || publisher.run()))?;
        engine.threads.lock().push(publishing);
        // Detached: it ends by itself within a turn once the engine stops.
        let shared = Arc::downgrade(&engine.shared);
        spawn(
            "regie-upkeep",
            Box::new(move || {
                loop {
                    std::thread::sleep(UPKEEP_EVERY);
                    match shared.upgrade() {
                        Some(shared) if !shared.stopping.load(std::sync::atomic::Ordering::SeqCst) => {}
                        _ => break,
                    }
                    if sender.send(Command::Upkeep { reply: None }).is_err() {
                        break;
                    }
                }
            }),
        )?;
        Ok(engine)
    }
}

/// Views of nothing yet, for these rules.
pub(super) fn empty_views(rules: &Rules, items_max: usize) -> Result<Views, EngineError> {
    let mut views = Views::new(Model::new(rules.settings.parameters).map_err(|e| EngineError::Settings(e.to_string()))?);
    views.catalogue = Catalogue::new(items_max);
    views.catalogue.declare_durable(&rules.settings.durable_departments);
    Ok(views)
}

/// The settings as given, noted in the folder if they are others than before; else those noted last; else the defaults.
fn settings_of(store: &SqliteStore, given: Option<Section>) -> Result<Settings, EngineError> {
    let Some(section) = given else { return noted_settings(store) };
    let settings = section.settings().map_err(|e| EngineError::Settings(e.to_string()))?;
    let text = serde_json::to_vec(&section).map_err(|e| EngineError::Settings(e.to_string()))?;
    if store.value(SETTINGS)?.as_ref() != Some(&text) {
        store.append(regie_store::Batch { values: vec![(SETTINGS.to_owned(), Some(text))], ..Default::default() })?;
    }
    Ok(settings)
}

/// How recommendations were made when this folder was last served.
pub(super) fn noted_settings(store: &SqliteStore) -> Result<Settings, EngineError> {
    let noted = store.value(SETTINGS)?;
    let section: Option<Section> =
        noted.map(|text| serde_json::from_slice(&text)).transpose().map_err(|e| EngineError::Settings(e.to_string()))?;
    section.unwrap_or_default().settings().map_err(|e| EngineError::Settings(e.to_string()))
}

/// The first day, since 1970, whose items are new now.
pub(super) fn first_new_day(rules: &Rules, now: Time) -> u32 {
    let today = now.day();
    (today + 1).saturating_sub(rules.settings.new_days)
}

/// Says how many uses are gone that were durable when the folder was closed last. They are no facts, so the start goes on without them.
fn miss_uses(store: &SqliteStore, journal: &Journal) -> Result<(), EngineError> {
    let Some(extent) = store.value(EXTENT)? else { return Ok(()) };
    let missing = journal.missing_since(&extent);
    if missing > 0 {
        tracing::warn!(
            missing,
            "uses are missing from the journal since this folder was closed: it was cut or is older than facts.db; if there is a newer one, stop and put it back"
        );
        journal.count_lost(missing);
    }
    // From here on segments are folded and go.
    store.append(regie_store::Batch { values: vec![(EXTENT.to_owned(), None)], ..Default::default() })?;
    Ok(())
}

/// Uses of records that are not there: an older `facts.db` was put beside this journal. They would be told to whoever gets their places.
fn miss_strangers(journal: &Journal, views: &Views) -> Result<(), EngineError> {
    let erased = journal.erase_unknown(views.records.iter().filter_map(|(_, record)| record.positions.first()))?;
    if erased > 0 {
        tracing::warn!(erased, "uses of customers who are not in facts.db were erased from the journal: facts.db is older than it");
        journal.count_lost(erased);
    }
    Ok(())
}

/// A leaf, and the whole fact that it should commit to.
type Committed = Option<([u8; 32], Box<Fact>)>;

/// Folds the log into views, events set aside, as far as `stays` keeps a row by its position and record. What is at the position of one of
/// these leaves is held against it.
pub(super) fn replay(
    store: &SqliteStore,
    rules: &Rules,
    views: &mut Views,
    aside: &mut Aside,
    leaves: &HashMap<u64, [u8; 32]>,
    stays: impl Fn(u64, RecordId) -> bool,
    progress: Progress<'_>,
) -> Result<(), EngineError> {
    let decode = |meta: &Meta, payload: &[u8]| {
        let unreadable = |e: serde_json::Error| EngineError::FactUnreadable {
            position: meta.position,
            why: format!("{:?} error in column {}", e.classify(), e.column()),
        };
        // The whole of it, with its salt, which views do without.
        let leaf = leaves.get(&meta.position).map(|leaf| Ok((*leaf, Box::new(serde_json::from_slice::<Fact>(payload)?))));
        Ok::<_, EngineError>((Read::from_payload(payload).map_err(unreadable)?, leaf.transpose().map_err(unreadable)?))
    };
    let apply = |meta: Meta, (read, leaf): (Read, Committed)| {
        if !stays(meta.position, meta.record) {
            return Ok(());
        }
        let place = Place { position: meta.position, record: meta.record, n: meta.n };
        match read {
            Read::Event(event) => fold::apply_event(views, rules, place, &event, &mut Events::SetAside(aside)),
            Read::Other(fact) => fold::apply(views, rules, place, &fact, &mut Events::SetAside(aside)),
        }
        if let Some((leaf, fact)) = leaf {
            let handle = views.records.by_id(meta.record).and_then(|ix| views.records.get(ix)).and_then(|record| record.handle);
            if leaf_of(handle, &fact) != Some(leaf) {
                return Err(LedgerError::FactDiffers { position: meta.position }.into());
            }
        }
        Ok(())
    };
    store.replay(1, decode, apply, progress)?;
    if let Some(position) = views.out_of_order {
        let why = "it stands behind a later row of its record: rows were moved by hand; restore a backup".into();
        return Err(EngineError::FactUnreadable { position, why });
    }
    if let Some(position) = views.policies.unreadable() {
        let why = "the policy that was adopted there cannot be read, and so not which consents it ended; restore a backup, or a newer version of regie"
            .into();
        return Err(EngineError::FactUnreadable { position, why });
    }
    views.duplicates.index();
    Ok(())
}

/// Folds the events that a replay set aside, as far as their customers permit it at `judge`.
pub(super) fn fold_aside(aside: Aside, rules: &Rules, views: &mut Views, judge: Time) {
    let reach = Reach::at(&rules.policy, &rules.asked, judge);
    aside.fold(views, &reach, |views, customer| Grants::at(views, &rules.policy, &rules.asked, customer, judge));
}

/// What each customer permits and when the next permission ends: also of those who have no events yet.
fn note_grants(views: &mut Views, rules: &Rules, judge: Time) {
    let customers: Vec<RecordIx> = views.records.iter().map(|(ix, _)| ix).filter(|&ix| views.customers.canonical(ix) == ix).collect();
    for customer in customers {
        let grants = Grants::at(views, &rules.policy, &rules.asked, customer, judge);
        contribution::set_grants(views, customer, grants);
        // An end that has passed is looked at by the first round of upkeep.
        let end = views.consents.earliest_end(customer.0, Time::from_millis(0)).map(|at| at.max(judge.plus_seconds(-1)).seconds32());
        views.ends.set(customer, end);
    }
}

/// The latest moment that was believed before.
fn noted_time(store: &SqliteStore) -> Result<Option<Time>, EngineError> {
    let text = store.value(TIME)?.and_then(|text| String::from_utf8(text).ok());
    Ok(text.and_then(|text| text.parse().ok()).map(Time::from_millis))
}

/// Items as the catalogue describes them.
pub(super) fn read_catalogue(store: &SqliteStore, views: &mut Views) -> Result<(), EngineError> {
    for bucket in 0..BUCKETS {
        let Some(text) = store.value(&value_name(bucket))? else { continue };
        for line in text.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
            let entry: super::api::CatalogueItem = serde_json::from_slice(line)
                .map_err(|e| EngineError::FactUnreadable { position: 0, why: format!("catalogue bucket {bucket}: {e}") })?;
            if views.intern(&entry.item).is_some() {
                views.catalogue.put(entry);
            }
        }
    }
    Ok(())
}

/// What sold in the last days before `now`.
pub(super) fn read_tallies(store: &SqliteStore, views: &mut Views, tallies: &mut Tallies, now: Time) -> Result<(), EngineError> {
    let today = now.day();
    for tally in store.tallies_since((today + 1).saturating_sub(popular::DAYS))? {
        if let Some(item) = views.intern(&tally.item) {
            tallies.add(&tally, item);
        }
    }
    Ok(())
}

/// Records the policy as adopted if it is not the one in force. Returns the versions adopted before.
fn adopt(store: &SqliteStore, rules: &Rules, views: &mut Views, now: Time) -> Result<Vec<String>, EngineError> {
    let policy = &rules.policy;
    let adopted = views.policies.all();
    let earlier: Vec<String> = adopted.iter().map(|adopted| adopted.version.clone()).collect();
    if adopted.last().is_some_and(|newest| newest.digest == policy.digest) {
        return Ok(earlier);
    }
    // Evidence names a version: each says one wording, and a later one is known by its version.
    if adopted.iter().any(|adopted| adopted.version == policy.version && adopted.digest != policy.digest) {
        return Err(EngineError::PolicyVersionReused { version: policy.version.clone() });
    }
    if let Some(newest) = earlier.last().filter(|newest| version_order(&policy.version, newest) != Ordering::Greater) {
        return Err(EngineError::PolicyBackwards { from: newest.clone(), to: policy.version.clone() });
    }
    if let Some(purpose) = views.policies.swapped(policy) {
        return Err(EngineError::PolicyBasisSwapped { purpose: purpose.to_owned() });
    }
    if let Some(recipient) = views.policies.renamed(policy) {
        return Err(EngineError::PolicyRecipientRenamed { recipient: recipient.to_owned() });
    }
    let fact = Fact::PolicyAdopted(PolicyAdopted {
        version: policy.version.clone(),
        text: policy.text.clone(),
        digest: policy.digest.clone(),
        at: now,
    });
    note(store, rules, views, vec![fact])?;
    tracing::info!(version = policy.version, "policy adopted");
    Ok(earlier)
}

/// Writes facts of the retailer's before there is a writer.
pub(super) fn note(store: &SqliteStore, rules: &Rules, views: &mut Views, facts: Vec<Fact>) -> Result<(), EngineError> {
    let mut plan = Plan::default();
    for fact in facts {
        plan.retailer_fact(views, fact)?;
    }
    let (batch, facts, _) = plan.into_parts();
    let rows: Vec<_> = batch.rows.iter().map(|r| (r.record, r.n)).collect();
    let first = store.append(batch)?.unwrap_or(0);
    for ((position, (record, n)), fact) in (first..).zip(rows).zip(facts) {
        fold::apply(views, rules, Place { position, record, n }, &fact, &mut Events::FoldNow);
    }
    Ok(())
}

fn dictionary(policy: &Policy) -> Dictionary {
    let ids = |all: &mut dyn Iterator<Item = &String>| all.cloned().collect();
    Dictionary {
        purposes: ids(&mut policy.purposes.iter().map(|p| &p.id)),
        categories: ids(&mut policy.categories.iter().map(|c| &c.id)),
        recipients: ids(&mut policy.recipients.iter().map(|r| &r.id)),
        channels: ids(&mut policy.channels.iter().map(|c| &c.id)),
        policy_version: policy.version.clone(),
    }
}

impl Writer {
    /// Visits ended with the process that held them, and so did what was bound to them.
    fn end_visits(&mut self) -> Result<(), EngineError> {
        let mut plan = Plan::default();
        {
            let rules = self.shared().rules();
            let now = self.shared().clock.now();
            let views = self.shared().views.read();
            for (customer, purpose, visit) in views.consents.bound_visits(&rules.policy) {
                let what = Chosen::VisitEnded { visit };
                let choice = Choice {
                    purpose: rules.policy.at(purpose).id.clone(),
                    what,
                    at: now,
                    evidence: None,
                    salt: String::new(),
                    by_request: String::new(),
                };
                plan.fact(&views, Who::Known(RecordIx(customer)), Fact::Chosen(choice), true, None)?;
            }
            for (customer, item, visit) in views.information.bound_visits() {
                let removed = InformationRemoved {
                    item,
                    visit: Some(visit),
                    at: now,
                    evidence: Some(Evidence::visit_over(&rules.policy.version)),
                    salt: String::new(),
                    by_request: String::new(),
                };
                plan.fact(&views, Who::Known(customer), Fact::InformationRemoved(removed), true, None)?;
            }
        }
        self.flush_now(&mut plan)
    }
}
