//! `regie bench million`: a million synthetic customers. Replay, memory, the decision against one random memory access, the
//! look-up apart, and recommendations while events come in.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use regie_domain::consent::{Decision, Use};
use regie_domain::policy::{Policy, RecipientIx};
use regie_store::{SqliteStore, Store};

use super::seeded::{Seeded, scale};
use super::synthetic::{self, FACTS, ITEMS};
use super::{Figure, Folder, Times, Watch, cpu_seconds, cpu_since, rate, tell_memory};
use crate::engine::api::{CatalogueItem, Question, Wish};
use crate::engine::{Engine, EngineError};

const BENCH: &str = "million";
/// Decisions, look-ups and memory accesses that are timed.
const QUESTIONS: u32 = 1_000_000;
const RECOMMENDATIONS: u32 = 50_000;
const REPLAY_SECONDS_MAX: f64 = 60.0;
const RESIDENT_MIB_MAX: f64 = 2.5 * 1024.0;
const DECIDE_OVER_ACCESS_MAX: f64 = 2.0;
/// Recommendations a second over HTTP, and events that come in meanwhile.
const REQUESTS_PER_SECOND: f64 = 2000.0;
const EVENTS_PER_SECOND: f64 = 2000.0;
const RECOMMEND_P99_MS_MAX: f64 = 5.0;

/// What to measure on.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// How many customers.
    pub customers: u32,
    /// The data folder, kept; one that is filled already is used as it is.
    pub data: Option<&'a Path>,
    /// How long HTTP is measured; 0: not at all.
    pub http_seconds: u64,
}

/// Fills the folder in a process of its own, so that writing leaves nothing in the memory that is measured.
fn fill_apart(folder: &Folder, customers: u32) -> anyhow::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "million", "--fill-only", "--customers", &customers.to_string(), "--data"]).arg(folder.path());
    anyhow::ensure!(command.status()?.success(), "filling the data folder failed");
    Ok(())
}

/// Writes the synthetic customers, unless the folder holds them.
///
/// # Errors
/// Those of the store.
pub fn fill(customers: u32, data: &Path, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(Some(data), BENCH);
    let policy = Policy::parse(crate::BUILT_IN_POLICY).map_err(|e| anyhow::anyhow!("{e}"))?;
    let engine = Engine::start(folder.options()?, &mut |_, _| {})?;
    let now = engine.now();
    let runtime = super::runtime(1)?;
    let items: Vec<CatalogueItem> = (0..ITEMS).map(entry).collect();
    for chunk in items.chunks(20_000) {
        runtime.block_on(engine.put_catalogue(chunk.to_vec()))?;
    }
    engine.stop();
    drop(engine);
    let store = SqliteStore::open(folder.path(), &folder.master()?)?;
    let of = u64::from(customers) * FACTS;
    let began = Instant::now();
    synthetic::write(&store, &policy, customers, now, |done| watch.progress("writing facts", done, of))?;
    drop(store);
    let mib = super::precise(folder.bytes()) / 1024.0 / 1024.0;
    watch.figure(Figure::new(BENCH, "filled", rate(of, began.elapsed()), "facts/s").with("facts", of).with("folder_mib", mib.round()));
    Ok(())
}

/// What the catalogue says of the item of this rank.
pub(super) fn entry(rank: u32) -> CatalogueItem {
    CatalogueItem {
        item: synthetic::item(rank),
        names: [("en".to_owned(), format!("Article {rank}"))].into(),
        department: Some(format!("department-{:02}", rank % 32)),
        brand: None,
        price_cents: Some(199),
        currency: Some("EUR".into()),
        stock: None,
        image: None,
        sensitive: false,
        blocked: false,
        durable: None,
        // None of them is new: they were sold for as long as there is a history.
        on_sale_since: Some(jiff::civil::date(2017, 1, 1)),
        diets: None,
        sizes: None,
        ages: None,
    }
}

/// Measures.
///
/// # Errors
/// Those of the store and the engine.
pub fn run(plan: &Plan<'_>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(plan.data, BENCH);
    let customers = plan.customers;
    let is_filled = folder.path().join("FORMAT").exists() && {
        let store = SqliteStore::open_read_only(folder.path(), &folder.master()?)?;
        store.head()? >= u64::from(customers) * FACTS
    };
    if !is_filled {
        fill_apart(&folder, customers)?;
    }
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let engine = Engine::start(folder.options()?, &mut |done, of| watch.progress("reading the log", done, of))?;
    let (took, cpu) = (began.elapsed(), cpu_since(cpu));
    let told = |figure: Figure| figure.with("customers", customers).with("facts", u64::from(customers) * FACTS);
    let promised = u64::from(customers) >= 1_000_000;
    let figure = told(Figure::new(BENCH, "replay", took.as_secs_f64(), "s")).with("cpu_seconds", cpu);
    watch.figure(if promised { figure.at_most(REPLAY_SECONDS_MAX) } else { figure });
    let (records, sessions) = engine.sizes();
    watch.figure(told(Figure::new(BENCH, "records", super::precise(records as u64), "records").with("learned_visits", sessions)));
    tell_memory(watch, BENCH, "after replay", promised.then_some(RESIDENT_MIB_MAX));

    decide(&engine, customers, watch);
    look_up(&engine, customers, watch)?;
    recommend(&engine, customers, watch)?;
    if plan.http_seconds > 0 {
        super::collect::beside_recommendations(&engine, &Beside { customers, seconds: plan.http_seconds }, watch)?;
    }
    engine.stop();
    Ok(())
}

/// What goes on at once over HTTP.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside {
    pub(super) customers: u32,
    pub(super) seconds: u64,
}

impl Beside {
    pub(super) const REQUESTS_PER_SECOND: f64 = REQUESTS_PER_SECOND;
    pub(super) const EVENTS_PER_SECOND: f64 = EVENTS_PER_SECOND;
    pub(super) const P99_MS_MAX: f64 = RECOMMEND_P99_MS_MAX;
}

/// The decision given the customer's index, against one dependent random access over the same bytes.
fn decide(engine: &Engine, customers: u32, watch: &mut dyn Watch) {
    let policy = engine.policy();
    let uses: Vec<Use> = [
        ("recommendations", "purchases"),
        ("recommendations", "browsing"),
        ("model-improvement", "purchases"),
        ("device-storage", "device"),
    ]
    .into_iter()
    .filter_map(|(purpose, category)| {
        Some(Use {
            purpose: policy.purpose(purpose)?,
            category: policy.category(category)?,
            recipient: RecipientIx(0),
            channel: None,
            visit: None,
        })
    })
    .collect();
    let mut seeded = Seeded(1);
    // As many bytes as the view of consents: 64 for each customer, each line holding the next place to look.
    let lines: Vec<[u64; 8]> = (0..customers).map(|_| [seeded.next(); 8]).collect();
    let mut next = 1u64;
    let mut clock = Times::of(QUESTIONS, || ());
    let mut access = Times::of(QUESTIONS, || next = lines[scale(next, customers) as usize][0].wrapping_add(seeded.next()));
    black_box(next);
    let mut allowed = 0u32;
    let kinds = u32::try_from(uses.len()).unwrap_or(1);
    // Record 0 is the retailer's.
    let mut decided = engine.judge_by_index(|judge| {
        Times::of(QUESTIONS, || {
            let state = seeded.next();
            let asked = &uses[scale(state << 32, kinds) as usize];
            allowed += u32::from(matches!(black_box(judge(1 + scale(state, customers), asked)), Decision::Allow { .. }));
        })
    });
    let clock = clock.quantile(50);
    let mut p50 = [Duration::ZERO; 2];
    for (at, (name, times)) in [("random_access", &mut access), ("decide", &mut decided)].into_iter().enumerate() {
        for percent in [50, 99] {
            let nanos = times.quantile(percent).saturating_sub(clock);
            if percent == 50 {
                p50[at] = nanos;
            }
            let figure =
                Figure::new(BENCH, format!("{name}_p{percent}"), super::precise(nanos.as_nanos().try_into().unwrap_or(u64::MAX)), "ns");
            watch.figure(figure.with("customers", customers).with("bytes", u64::from(customers) * 64));
        }
    }
    let ratio = p50[1].as_secs_f64() / p50[0].as_secs_f64();
    let figure = Figure::new(BENCH, "decide_over_random_access_p50", ratio, "ratio").with("customers", customers);
    let share = f64::from(allowed) / f64::from(QUESTIONS);
    watch.figure(
        figure
            .with("allowed_share", (share * 100.0).round() / 100.0)
            .with("allocations", "not counted here")
            .at_most(DECIDE_OVER_ACCESS_MAX),
    );
}

/// From a handle to the customer's index; and the whole question as the API asks it, with look-up, clock and locks.
fn look_up(engine: &Engine, customers: u32, watch: &mut dyn Watch) -> Result<(), EngineError> {
    let mut seeded = Seeded(2);
    let mut clock = Times::of(QUESTIONS, || ());
    let clock = clock.quantile(50);
    let asked = 1 << 17;
    let handles: Vec<_> = (0..asked).map(|_| synthetic::customer(seeded.below(customers)).handle).collect();
    let mut known = 0u32;
    let mut looked = Times::default();
    for &handle in &handles {
        let began = Instant::now();
        known += u32::from(black_box(engine.knows(handle)));
        looked.push(began.elapsed().saturating_sub(clock));
    }
    let question = Question {
        purpose: "recommendations".into(),
        category: "purchases".into(),
        recipient: None,
        channel: Some("web".into()),
        visit: None,
    };
    let mut whole = Times::default();
    for &handle in &handles {
        let began = Instant::now();
        black_box(engine.decide(Some(handle), &question)?);
        whole.push(began.elapsed().saturating_sub(clock));
    }
    for (name, times) in [("look_up", &mut looked), ("decide_as_the_api_asks", &mut whole)] {
        for percent in [50, 99] {
            let nanos = u64::try_from(times.quantile(percent).as_nanos()).unwrap_or(u64::MAX);
            watch.figure(
                Figure::new(BENCH, format!("{name}_p{percent}"), super::precise(nanos), "ns")
                    .with("customers", customers)
                    .with("known", known),
            );
        }
    }
    Ok(())
}

/// Recommendations straight from the engine, one after another.
fn recommend(engine: &Engine, customers: u32, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut seeded = Seeded(3);
    let mut times = Times::default();
    let mut personal = 0u32;
    let count = RECOMMENDATIONS.min(customers);
    let cpu = cpu_seconds();
    for i in 0..count {
        if i % 1000 == 0 {
            watch.progress("recommending", i.into(), count.into());
        }
        let visit = (0..3).map(|_| synthetic::item(seeded.zipf(ITEMS))).collect();
        let customer = Some(synthetic::customer(seeded.below(customers)).handle);
        let wish = Wish { customer, visit, channel: "web".into(), limit: 20, ..Wish::default() };
        let began = Instant::now();
        let answer = runtime.block_on(engine.recommend(wish))?;
        times.push(began.elapsed());
        personal += u32::from(answer.personal);
    }
    let cpu_micros = cpu_since(cpu).map(|cpu| (cpu * 1e6 / f64::from(count)).round());
    for percent in [50, 99] {
        let figure = Figure::micros(BENCH, format!("engine_recommend_p{percent}"), times.quantile(percent));
        watch.figure(
            figure.with("customers", customers).with("requests", count).with("personal", personal).with("cpu_micros_each", cpu_micros),
        );
    }
    Ok(())
}
