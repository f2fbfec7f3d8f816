//! A small world to test the engine in: a data folder, clocks held by hand, and short words for what sources and customers do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use regie::engine::api::{Answer, Give, Question, Recommendations, Wish};
use regie::engine::audit::Audit;
use regie::engine::clock::TimeSource;
use regie::engine::limits::Limits;
use regie::engine::settings::Section;
use regie::engine::{Collected, Engine, EngineError, Options};
use regie_domain::collection::{Body, Dropped, EventBody, Incoming, Kind};
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{EventName, Fact, Identifier, IdentifierKind, Line, Order};
use regie_domain::ids::{Handle, RecordId};
use regie_domain::time::Time;
use regie_store::{MasterKey, Meta, RawRow, SqliteStore};
use tempfile::TempDir;

/// 2026-06-01T10:00:00Z, a Monday; noon in Amsterdam.
pub(crate) const START: i64 = 1_780_308_000;
pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 86_400;
/// The server source of the web shop, and the browser source of its pages.
pub(crate) const SHOP: &str = "shop";
pub(crate) const WEB: &str = "web";

/// How long a receipt may wait for the disk: tests on a busy machine say nothing about its speed.
const PROOF_WAIT: Duration = Duration::from_secs(60);

/// Clocks that move only when a test says so.
#[derive(Debug)]
pub(crate) struct Hands(Mutex<(i64, u64)>);

impl Hands {
    pub(crate) fn new(wall_seconds: i64) -> Arc<Hands> {
        Arc::new(Hands(Mutex::new((wall_seconds * 1000, 0))))
    }

    /// Clocks that stand where these stand now.
    pub(crate) fn same(&self) -> Arc<Hands> {
        Arc::new(Hands(Mutex::new(*self.0.lock())))
    }

    /// Both clocks go on.
    pub(crate) fn pass(&self, seconds: i64) {
        self.pass_millis(seconds * 1000);
    }

    pub(crate) fn pass_millis(&self, millis: i64) {
        let mut hands = self.0.lock();
        hands.0 += millis;
        hands.1 += u64::try_from(millis).unwrap();
    }

    /// Somebody sets the wall clock; the monotonic one does not notice.
    pub(crate) fn set_wall_by(&self, seconds: i64) {
        self.0.lock().0 += seconds * 1000;
    }
}

impl TimeSource for Hands {
    fn wall(&self) -> Time {
        Time::from_millis(self.0.lock().0)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.lock().1)
    }
}

/// An engine on a folder of its own.
pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) master: MasterKey,
    pub(crate) hands: Arc<Hands>,
    policy: String,
    limits: Limits,
    pub(crate) recommend: Option<Section>,
    engine: Option<Engine>,
    pub(crate) run: tokio::runtime::Runtime,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn try_start(dir: &Path, master: &MasterKey, hands: &Arc<Hands>, confirmed: bool) -> Result<Engine, EngineError> {
    Engine::start(options(dir, master, hands, confirmed, regie::BUILT_IN_POLICY), &mut |_, _| {})
}

fn options(dir: &Path, master: &MasterKey, hands: &Arc<Hands>, time_confirmed: bool, policy: &str) -> Options {
    Options { time: hands.clone(), time_confirmed, proof_wait: PROOF_WAIT, ..Options::new(dir, master.clone(), policy.to_owned()) }
}

/// A child that another test starts holds our open files, and with them the lock, until it becomes a program of its own.
fn start_patiently(options: impl Fn() -> Options) -> Engine {
    for _ in 0..500 {
        match Engine::start(options(), &mut |_, _| {}) {
            Err(e) if e.code() == "locked" => std::thread::sleep(Duration::from_millis(10)),
            done => return done.unwrap(),
        }
    }
    panic!("the folder stays locked");
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub(crate) fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(dir.path()).unwrap();
    World::on(dir, master, Hands::new(START))
}

/// A copy of a folder as it lies on disk now. Beside an idle engine that is what a crash at this moment would leave.
pub(crate) fn copy(dir: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_into(dir, copy.path());
    copy
}

pub(crate) fn copy_into(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_into(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl World {
    pub(crate) fn on(dir: TempDir, master: MasterKey, hands: Arc<Hands>) -> World {
        World::with_policy(dir, master, hands, regie::BUILT_IN_POLICY.to_owned())
    }

    pub(crate) fn with_policy(dir: TempDir, master: MasterKey, hands: Arc<Hands>, policy: String) -> World {
        World::started(World { dir, master, hands, policy, limits: Limits::default(), recommend: None, engine: None, run: runtime() })
    }

    pub(crate) fn with_limits(limits: Limits) -> World {
        let dir = tempfile::tempdir().unwrap();
        let master = MasterKey::generate_in(dir.path()).unwrap();
        let policy = regie::BUILT_IN_POLICY.to_owned();
        World::started(World { dir, master, hands: Hands::new(START), policy, limits, recommend: None, engine: None, run: runtime() })
    }

    fn started(mut world: World) -> World {
        world.restart();
        world
    }

    /// Restarts with this way of recommending.
    pub(crate) fn recommend_by(&mut self, section: Section) {
        self.recommend = Some(section);
        self.restart();
    }

    /// Stops and starts again on the same folder, at the same moment.
    pub(crate) fn restart(&mut self) {
        self.restart_as(true);
    }

    pub(crate) fn restart_as(&mut self, confirmed: bool) {
        self.stop();
        let options = || options(self.dir.path(), &self.master, &self.hands, confirmed, &self.policy);
        let engine = start_patiently(|| Options { limits: self.limits, recommend: self.recommend.clone(), ..options() });
        self.engine = Some(engine);
    }

    /// Restarts with another policy.
    pub(crate) fn adopt(&mut self, policy: &str) {
        policy.clone_into(&mut self.policy);
        self.restart();
    }

    /// What a start with another policy is refused with; the old one runs again afterwards.
    pub(crate) fn try_adopt(&mut self, policy: &str) -> &'static str {
        self.stop();
        let options = || options(self.dir.path(), &self.master, &self.hands, true, policy);
        let refused = loop {
            match Engine::start(options(), &mut |_, _| {}) {
                Err(e) if e.code() == "locked" => std::thread::sleep(Duration::from_millis(10)),
                Err(e) => break e.code(),
                Ok(_) => panic!("it was adopted"),
            }
        };
        self.restart();
        refused
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("it runs")
    }

    /// Stops the engine; the folder is closed on return.
    pub(crate) fn stop(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop();
        }
    }

    /// Another engine on a copy of this folder, at the same moment, as after a crash.
    pub(crate) fn crashed_copy(&self) -> World {
        World::with_policy(self.copied(), self.master.clone(), self.hands.same(), self.policy.clone())
    }

    /// A copy of this folder at one moment.
    pub(crate) fn copied(&self) -> TempDir {
        // Published is what was committed, so that no file comes or goes meanwhile.
        if let Some(engine) = &self.engine {
            assert!(engine.ledger_settled().unwrap());
        }
        copy(self.dir.path())
    }

    pub(crate) fn now(&self) -> Time {
        self.engine().now()
    }

    pub(crate) fn user(&self, id: &str) -> Handle {
        self.engine().lookup(&user(id)).unwrap_or_else(|| panic!("{id} is not known"))
    }

    pub(crate) fn user_or_device(&self, identifier: &Identifier) -> Handle {
        self.engine().lookup(identifier).expect("it is known")
    }

    pub(crate) fn open(&self, identifier: Identifier) -> Handle {
        self.run.block_on(self.engine().open_record(identifier, SHOP)).unwrap()
    }

    pub(crate) fn collect(&self, source: &str, messages: Vec<Incoming>) -> Collected {
        self.run.block_on(self.engine().collect(source, messages)).unwrap()
    }

    pub(crate) fn send(&self, message: Incoming) {
        let collected = self.collect(SHOP, vec![message]);
        assert_eq!((collected.accepted, collected.refused.len()), (1, 0));
    }

    pub(crate) fn buy(&self, id: &str, items: &[&str]) {
        self.send(order(user_message(id), "", items, self.now()));
    }

    pub(crate) fn look(&self, id: &str, item: &str) {
        self.send(view(user_message(id), item, self.now()));
    }

    pub(crate) fn try_give(&self, customer: Handle, give: Give) -> Result<(), EngineError> {
        self.run.block_on(self.engine().give(customer, give)).map(|_| ())
    }

    pub(crate) fn give(&self, customer: Handle, purpose: &str, until: UntilWish) {
        self.try_give(customer, giving(purpose, until)).unwrap();
    }

    pub(crate) fn withdraw(&self, customer: Handle, purpose: &str) {
        self.run.block_on(self.engine().withdraw(customer, purpose, None)).unwrap();
    }

    pub(crate) fn ask(&self, customer: Handle, purpose: &str, category: &str) -> Answer {
        self.engine().decide(Some(customer), &question(purpose, category)).unwrap()
    }

    /// The answer in one word: `allow …` or `deny …` with its reason.
    pub(crate) fn verdict(&self, customer: Handle, purpose: &str, category: &str) -> String {
        let answer = self.ask(customer, purpose, category);
        format!("{} {}", answer.decision, answer.reason)
    }

    pub(crate) fn recommend(&self, wish: Wish) -> Recommendations {
        self.run.block_on(self.engine().recommend(wish)).unwrap()
    }

    pub(crate) fn recommend_to(&self, customer: Handle) -> Recommendations {
        self.recommend(wish(Some(customer)))
    }

    /// What others get who look at these items: the model alone speaks.
    pub(crate) fn to_a_stranger(&self, visit: &[&str]) -> Recommendations {
        self.recommend(Wish { visit: visit.iter().map(ToString::to_string).collect(), ..wish(None) })
    }

    /// Puts items into the catalogue, as JSON.
    pub(crate) fn put(&self, items: serde_json::Value) {
        let items = serde_json::from_value(items).unwrap();
        self.run.block_on(self.engine().put_catalogue(items)).unwrap();
    }

    pub(crate) fn upkeep(&self) {
        self.run.block_on(self.engine().upkeep()).unwrap();
    }

    pub(crate) fn erase(&self, customer: Handle) -> regie::engine::api::Erased {
        self.run.block_on(self.engine().erase(customer)).unwrap()
    }

    /// The audit once upkeep has done what may lag behind: rows, and what is learned from them, whose term ended.
    pub(crate) fn audit(&self) -> Audit {
        self.upkeep();
        self.engine().audit()
    }

    /// Every row on disk, unsealed, with what it says in clear.
    pub(crate) fn facts(&self) -> Vec<(Meta, Fact)> {
        facts_on_disk(self.dir.path(), &self.master)
    }

    /// The facts of the record that an identifier opened.
    pub(crate) fn facts_of(&self, identifier: &Identifier) -> Vec<Fact> {
        let all = self.facts();
        let opened = all.iter().find(|(_, f)| matches!(f, Fact::RecordOpened(o) if o.identifier == *identifier));
        let record = opened.map(|(meta, _)| meta.record);
        all.into_iter().filter(|(meta, _)| Some(meta.record) == record).map(|(_, fact)| fact).collect()
    }

    pub(crate) fn events_of(&self, id: &str) -> Vec<EventName> {
        let facts = self.facts_of(&user(id));
        facts.iter().filter_map(|f| if let Fact::EventKept(e) = f { Some(e.name) } else { None }).collect()
    }
}

pub(crate) fn raw_rows(dir: &Path, master: &MasterKey) -> Vec<RawRow> {
    let store = SqliteStore::open_read_only(dir, master).unwrap();
    let mut rows = Vec::new();
    store
        .scan_raw(1, |row| {
            rows.push(row);
            true
        })
        .unwrap();
    rows
}

pub(crate) fn facts_on_disk(dir: &Path, master: &MasterKey) -> Vec<(Meta, Fact)> {
    let store = SqliteStore::open_read_only(dir, master).unwrap();
    raw_rows(dir, master).iter().map(|row| (row.meta, serde_json::from_slice(&store.unseal(row).unwrap().unwrap()).unwrap())).collect()
}

pub(crate) fn wrapped_key(dir: &Path, master: &MasterKey, record: RecordId) -> Option<Vec<u8>> {
    SqliteStore::open_read_only(dir, master).unwrap().wrapped_key(record).unwrap()
}

/// Every file of a folder with its bytes. An engine that runs gives files new names meanwhile (a checkpoint is written beside
/// the old one); then the folder is read once more, so that nothing is passed over between two names.
pub(crate) fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    fn read(dir: &Path, all: &mut Vec<(PathBuf, Vec<u8>)>) -> std::io::Result<()> {
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                read(&path, all)?;
            } else {
                all.push((path.clone(), std::fs::read(&path)?));
            }
        }
        Ok(())
    }
    loop {
        let mut all = Vec::new();
        match read(dir, &mut all) {
            Ok(()) => {
                all.sort();
                return all;
            }
            Err(gone) if gone.kind() == std::io::ErrorKind::NotFound && dir.is_dir() => {}
            Err(other) => panic!("{}: {other}", dir.display()),
        }
    }
}

pub(crate) fn files_with(dir: &Path, needle: &[u8]) -> Vec<PathBuf> {
    files(dir).into_iter().filter(|(_, bytes)| bytes.windows(needle.len()).any(|w| w == needle)).map(|(path, _)| path).collect()
}

pub(crate) fn user(id: &str) -> Identifier {
    Identifier { space: "shop".into(), kind: IdentifierKind::User, value: id.into() }
}

pub(crate) fn device(id: &str) -> Identifier {
    Identifier { space: "shop".into(), kind: IdentifierKind::Anonymous, value: id.into() }
}

fn message(kind: Kind, user: Option<&str>, anonymous: Option<&str>) -> Incoming {
    Incoming {
        message_id: None,
        kind,
        user_id: user.map(String::from),
        anonymous_id: anonymous.map(String::from),
        previous_id: None,
        session: None,
        happened_at: Time::from_seconds(START),
        time_doubted: false,
        body: Body::Counted,
        consent_preferences: Vec::new(),
        dropped: Dropped::default(),
    }
}

pub(crate) fn user_message(id: &str) -> Incoming {
    message(Kind::Track, Some(id), None)
}

pub(crate) fn device_message(id: &str) -> Incoming {
    message(Kind::Track, None, Some(id))
}

fn body(name: EventName, items: &[&str]) -> EventBody {
    let line = |item: &&str| Line { item: (*item).to_owned(), quantity: 1, cents: Some(250) };
    EventBody { name, lines: items.iter().map(line).collect(), order: None, query: None, page: None, store: None }
}

pub(crate) fn order(from: Incoming, number: &str, items: &[&str], at: Time) -> Incoming {
    let order = Order {
        id: if number.is_empty() { "1000".into() } else { number.into() },
        currency: Some("EUR".into()),
        total_cents: Some(1234),
        ..Order::default()
    };
    Incoming {
        happened_at: at,
        body: Body::Event(EventBody { order: Some(order), store: Some("utrecht".into()), ..body(EventName::OrderCompleted, items) }),
        ..from
    }
}

pub(crate) fn view(from: Incoming, item: &str, at: Time) -> Incoming {
    Incoming { happened_at: at, body: Body::Event(body(EventName::ProductViewed, &[item])), ..from }
}

pub(crate) fn search(from: Incoming, query: &str, at: Time) -> Incoming {
    Incoming {
        happened_at: at,
        body: Body::Event(EventBody { query: Some(query.into()), ..body(EventName::ProductsSearched, &[]) }),
        ..from
    }
}

/// An `identify` with an e-mail address; a device too makes a trusted source claim it.
pub(crate) fn identify(id: &str, device: Option<&str>, email: &str, at: Time) -> Incoming {
    Incoming { happened_at: at, body: Body::Attributes(vec![("email".into(), email.into())]), ..message(Kind::Identify, Some(id), device) }
}

pub(crate) fn alias(id: &str, previous: &str, at: Time) -> Incoming {
    Incoming { happened_at: at, previous_id: Some(previous.into()), body: Body::Alias, ..message(Kind::Alias, Some(id), None) }
}

pub(crate) fn evidence() -> ClaimedEvidence {
    ClaimedEvidence { policy_version: None, language: Some("nl".into()), method: Some("portal".into()), actor: Some("customer".into()) }
}

pub(crate) fn giving(purpose: &str, until: UntilWish) -> Give {
    Give { purpose: purpose.into(), until, categories: None, recipients: None, channels: None, visit: None, evidence: Some(evidence()) }
}

pub(crate) fn question(purpose: &str, category: &str) -> Question {
    Question { purpose: purpose.into(), category: category.into(), recipient: None, channel: Some("web".into()), visit: None }
}

pub(crate) fn wish(customer: Option<Handle>) -> Wish {
    Wish { customer, channel: "web".into(), limit: 10, ..Wish::default() }
}

pub(crate) fn item(id: &str, sensitive: bool) -> regie::engine::api::CatalogueItem {
    serde_json::from_value(serde_json::json!({"item": id, "names": {"en": id}, "sensitive": sensitive})).unwrap()
}

pub(crate) fn names(recommended: &Recommendations) -> Vec<&str> {
    recommended.items.iter().map(|i| i.item.as_str()).collect()
}
