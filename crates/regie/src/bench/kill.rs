//! `regie bench kill`: a process that writes is killed with -9 at random moments. After each restart every acknowledged fact must
//! be there, once, and no consent may stand that its customer had withdrawn.
//!
//! The child says on its standard output what it is about to do and, once the engine has acknowledged it, that it is done. What
//! was said to be done must stand; what was only begun may.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use regie_domain::collection::{Body, Dropped, EventBody, Incoming, Kind};
use regie_domain::consent::{ClaimedEvidence, State, UntilWish};
use regie_domain::fact::{EventName, Fact, Identifier, IdentifierKind, Line, Order};
use regie_store::{SqliteStore, Store};

use super::seeded::Seeded;
use super::{Figure, Folder, Times, Watch};
use crate::engine::api::Give;
use crate::engine::{Engine, EngineError};

const BENCH: &str = "kill";
const SOURCE: &str = "shop";
const PURPOSE: &str = "recommendations";
/// Customers who order and choose, all the time.
const CUSTOMERS: u32 = 200;
/// Commands under way at once.
const UNDER_WAY: u32 = 8;
/// A child lives at least and at most so long, in milliseconds after its first acknowledgement.
const LIFE_MILLIS: (u32, u32) = (1, 400);

/// What the children said.
#[derive(Debug, Default)]
struct Said {
    /// Orders that were acknowledged.
    orders: BTreeSet<u64>,
    /// Per customer: the last acknowledged choice, and what was begun since.
    choices: BTreeMap<u32, (Option<bool>, Vec<bool>)>,
    /// Customers whose erasure was acknowledged.
    erased: BTreeSet<u32>,
    /// Customers whose erasure was begun: nothing is known of them until it is acknowledged.
    doomed: BTreeSet<u32>,
}

/// What was found wrong.
#[derive(Debug, Default, Clone, Copy)]
struct Wrong {
    missing: u64,
    twice: u64,
    back: u64,
    not_erased: u64,
}

/// Kills so many times. Returns whether everything stood.
///
/// # Errors
/// Those of the disk, the engine and the operating system.
pub fn run(times: u32, data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<bool> {
    let folder = Folder::named_or_temporary(data, BENCH);
    let mut said = Said::default();
    let mut wrong = Wrong::default();
    let mut restarts = Times::default();
    let mut seeded = Seeded(u64::from(std::process::id()));
    // The folder is made first, so that a kill while it is made is not what is measured.
    Engine::start(folder.options()?, &mut |_, _| {})?.stop();
    for round in 0..times {
        watch.progress("killing", round.into(), times.into());
        let life = Duration::from_millis((LIFE_MILLIS.0 + seeded.below(LIFE_MILLIS.1 - LIFE_MILLIS.0)).into());
        one_life(folder.path(), round, life, &mut said)?;
        let began = Instant::now();
        let engine = Engine::start(folder.options()?, &mut |_, _| {})?;
        restarts.push(began.elapsed());
        let found = check(&engine, folder.path(), &folder.master()?, &said)?;
        engine.stop();
        wrong.missing += found.missing;
        wrong.twice += found.twice;
        wrong.back += found.back;
        wrong.not_erased += found.not_erased;
        // What had only been begun is settled now: the next life starts from what stands.
        settle(&mut said);
    }
    let told = |figure: Figure| {
        figure.with("kills", times).with("acknowledged_orders", said.orders.len()).with("customers_erased", said.erased.len())
    };
    for (name, count) in
        [("missing", wrong.missing), ("twice", wrong.twice), ("withdrawn_but_back", wrong.back), ("erased_but_back", wrong.not_erased)]
    {
        watch.figure(told(Figure::new(BENCH, name, super::precise(count), "facts")).at_most(0.0));
    }
    watch.figure(told(Figure::millis(BENCH, "restart_p50", restarts.quantile(50))));
    watch.figure(told(Figure::millis(BENCH, "restart_max", restarts.quantile(100))));
    Ok(wrong.missing + wrong.twice + wrong.back + wrong.not_erased == 0)
}

/// Starts a child, lets it live so long after its first acknowledgement, kills it, and notes what it said.
fn one_life(data: &Path, round: u32, life: Duration, said: &mut Said) -> anyhow::Result<()> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["bench", "kill", "--child", &round.to_string(), "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or_else(|| anyhow::anyhow!("the child has no output"))?;
    let (send, receive) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    let first = receive.recv_timeout(Duration::from_secs(60));
    std::thread::sleep(life);
    // SIGKILL: nothing of the child runs any more.
    child.kill()?;
    child.wait()?;
    let _ = reading.join();
    for line in first.into_iter().chain(receive.try_iter()) {
        note(&line, said);
    }
    Ok(())
}

/// One line of a child's: `begun` or `done`, what, which. A line that was cut by the kill says nothing.
fn note(line: &str, said: &mut Said) {
    let mut words = line.split(' ');
    let (Some(stage), Some(what), Some(Ok(which)), Some("end")) =
        (words.next(), words.next(), words.next().map(str::parse::<u64>), words.next())
    else {
        return;
    };
    let customer = u32::try_from(which).unwrap_or(u32::MAX);
    match (stage, what) {
        ("done", "order") => {
            said.orders.insert(which);
        }
        ("begun", "give") => said.choices.entry(customer).or_default().1.push(true),
        ("begun", "withdraw") => said.choices.entry(customer).or_default().1.push(false),
        ("done", "give" | "withdraw") => {
            said.choices.insert(customer, (Some(what == "give"), Vec::new()));
        }
        ("begun", "erase") => {
            said.doomed.insert(customer);
        }
        ("done", "erase") => {
            said.erased.insert(customer);
        }
        _ => {}
    }
}

fn settle(said: &mut Said) {
    for (acknowledged, begun) in said.choices.values_mut() {
        if !begun.is_empty() {
            *acknowledged = None;
            begun.clear();
        }
    }
}

/// Looks at everything that stands.
fn check(engine: &Engine, data: &Path, master: &regie_store::MasterKey, said: &Said) -> anyhow::Result<Wrong> {
    let mut wrong = Wrong::default();
    let mut found: BTreeMap<u64, u32> = BTreeMap::new();
    let store = SqliteStore::open_read_only(data, master)?;
    let decode = |_: &regie_store::Meta, payload: &[u8]| {
        Ok::<_, regie_store::StoreError>(match serde_json::from_slice(payload) {
            Ok(Fact::EventKept(event)) => event.order.and_then(|order| order.id.parse::<u64>().ok()),
            _ => None,
        })
    };
    let count = |_, order: Option<u64>| {
        if let Some(order) = order {
            *found.entry(order).or_default() += 1;
        }
        Ok(())
    };
    store.replay(1, decode, count, |_, _| {})?;
    wrong.twice = found.values().filter(|&&count| count > 1).count() as u64;
    let gone = |order: &u64| said.doomed.contains(&customer_of(*order));
    wrong.missing = said.orders.iter().filter(|order| !gone(order) && !found.contains_key(order)).count() as u64;
    let policy = engine.policy();
    for (&customer, (acknowledged, begun)) in &said.choices {
        let Some(handle) = engine.lookup(&identifier(customer)) else {
            if !said.doomed.contains(&customer) && acknowledged.is_some() {
                wrong.missing += 1;
            }
            continue;
        };
        let states = engine.states(handle)?;
        let stands = states.iter().any(|s| policy.at(s.purpose).id == PURPOSE && s.state == Some(State::Given));
        match acknowledged {
            Some(false) if stands && !begun.contains(&true) => wrong.back += 1,
            Some(true) if !stands && !begun.contains(&false) && !said.doomed.contains(&customer) => wrong.missing += 1,
            _ => {}
        }
    }
    wrong.not_erased = said.erased.iter().filter(|&&customer| engine.lookup(&identifier(customer)).is_some()).count() as u64;
    Ok(wrong)
}

/// The child: writes until it is killed. `say` must have handed on what it is told when it returns.
///
/// # Errors
/// Those of the disk and the engine.
pub fn child(round: u32, data: &Path, say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(Some(data), BENCH);
    let engine = Engine::start(folder.options()?, &mut |_, _| {})?;
    let runtime = super::runtime(2)?;
    std::thread::scope(|scope| {
        for worker in 0..UNDER_WAY {
            let (engine, runtime) = (&engine, &runtime);
            scope.spawn(move || {
                let mut step = 0;
                while runtime.block_on(one_step(engine, round, worker, step, say)).is_ok() {
                    step += 1;
                }
            });
        }
    });
    Ok(())
}

async fn one_step(engine: &Engine, round: u32, worker: u32, step: u32, say: &(dyn Fn(&str) + Sync)) -> Result<(), EngineError> {
    let mut seeded = Seeded(u64::from(round) << 40 | u64::from(worker) << 32 | u64::from(step));
    // Each worker has customers of its own, so that it knows in which order its choices were made.
    let customer = seeded.below(CUSTOMERS / UNDER_WAY) * UNDER_WAY + worker;
    let tell = |stage: &str, what: &str, which: u64| say(&format!("{stage} {what} {which} end"));
    match seeded.below(400) {
        0 => {
            // Whoever is erased is a customer of this round alone: an erased one's later orders are another matter.
            let once = 1_000_000 + round * 10_000 + step * UNDER_WAY + worker;
            let handle = engine.open_record(identifier(once), SOURCE).await?;
            give(engine, handle).await?;
            tell("begun", "erase", once.into());
            engine.erase(handle).await?;
            tell("done", "erase", once.into());
        }
        1..100 => {
            let handle = engine.open_record(identifier(customer), SOURCE).await?;
            if seeded.below(2) == 0 {
                tell("begun", "give", customer.into());
                give(engine, handle).await?;
                tell("done", "give", customer.into());
            } else {
                tell("begun", "withdraw", customer.into());
                engine.withdraw(handle, PURPOSE, Some(evidence())).await?;
                tell("done", "withdraw", customer.into());
            }
        }
        _ => {
            let number = (u64::from(round) * 1_000_000 + u64::from(step)) * u64::from(UNDER_WAY) + u64::from(worker);
            let number = number * u64::from(CUSTOMERS) + u64::from(customer);
            let collected = engine.collect(SOURCE, vec![order(number, customer, engine.now())]).await?;
            if collected.accepted == 1 {
                tell("done", "order", number);
            }
        }
    }
    Ok(())
}

async fn give(engine: &Engine, handle: regie_domain::ids::Handle) -> Result<(), EngineError> {
    let (purpose, until) = (PURPOSE.to_owned(), UntilWish::Withdrawn);
    let give = Give { purpose, until, categories: None, recipients: None, channels: None, visit: None, evidence: Some(evidence()) };
    engine.give(handle, give).await.map(drop)
}

fn customer_of(order: u64) -> u32 {
    u32::try_from(order % u64::from(CUSTOMERS)).unwrap_or(0)
}

fn identifier(customer: u32) -> Identifier {
    Identifier { space: "shop".into(), kind: IdentifierKind::User, value: format!("kill-{customer}") }
}

fn evidence() -> ClaimedEvidence {
    ClaimedEvidence { policy_version: None, language: Some("nl".into()), method: Some("benchmark".into()), actor: Some("source".into()) }
}

fn order(number: u64, customer: u32, at: regie_domain::time::Time) -> Incoming {
    let lines = vec![Line { item: format!("art-{}", number % 97), quantity: 1, cents: Some(100) }];
    Incoming {
        message_id: Some(format!("kill-{number}")),
        kind: Kind::Track,
        user_id: Some(identifier(customer).value),
        anonymous_id: None,
        previous_id: None,
        session: None,
        happened_at: at,
        time_doubted: false,
        body: Body::Event(EventBody {
            name: EventName::OrderCompleted,
            lines,
            order: Some(Order { id: number.to_string(), currency: Some("EUR".into()), total_cents: Some(100), ..Order::default() }),
            query: None,
            page: None,
            store: None,
        }),
        consent_preferences: Vec::new(),
        dropped: Dropped::default(),
    }
}

/// Says a line at once: what is handed to the pipe outlives the process.
///
/// # Errors
/// Nobody listens any more.
pub fn say_now(out: &mut dyn Write, line: &str) -> std::io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}
