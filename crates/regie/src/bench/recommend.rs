//! `regie bench recommend`: recommendations straight from the engine, for the demo's households.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use super::seeded::Seeded;
use super::{Figure, Folder, Times, Watch, cpu_seconds, cpu_since};
use crate::demo::{load, till};
use crate::engine::Engine;
use crate::engine::api::Wish;

const BENCH: &str = "recommend";
const REQUESTS: u32 = 20_000;
/// How many of the households with the longest histories are measured apart.
const LARGEST: usize = 50;
/// A read lock's longest hold, by design; a recommendation takes little else.
const P99_MICROS_MAX: f64 = 100.0;

/// Recommends for households that allow it: at random, and for those with most baskets; with and without a visit.
///
/// # Errors
/// Those of the disk and the engine.
pub fn run(data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(data, BENCH);
    let runtime = super::runtime(1)?;
    let was_there = folder.path().join("FORMAT").exists();
    let engine = Engine::start(folder.options()?, &mut |done, of| watch.progress("reading the log", done, of))?;
    if !was_there {
        runtime.block_on(load::load(&engine, &mut |done, of| watch.progress("loading the demo", done, of)))?;
    }
    let mut baskets: BTreeMap<u32, u32> = BTreeMap::new();
    for basket in till::baskets()? {
        *baskets.entry(basket?.household).or_default() += 1;
    }
    let mut households: Vec<(u32, u32)> = baskets
        .into_iter()
        .filter(|(household, _)| load::assigned(*household).recommendations.is_some())
        .map(|(household, count)| (count, household))
        .collect();
    households.sort_unstable_by(|a, b| b.cmp(a));
    let items: Vec<String> = till::products()?.products.into_iter().filter(|p| !p.blocked && !p.sensitive).map(|p| p.id).collect();
    let largest = &households[..LARGEST.min(households.len())];
    for (who, among) in [("anyone", &households[..]), ("largest", largest)] {
        for visit in [0, 3] {
            one(&engine, (who, among), (visit, &items), watch)?;
        }
    }
    engine.stop();
    Ok(())
}

fn one(
    engine: &Engine,
    (who, among): (&str, &[(u32, u32)]),
    (visit, items): (u32, &[String]),
    watch: &mut dyn Watch,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut seeded = Seeded(7);
    let mut times = Times::default();
    let mut personal = 0u32;
    let cpu = cpu_seconds();
    let (people, shelf) = (u32::try_from(among.len())?, u32::try_from(items.len())?);
    for i in 0..REQUESTS {
        if i % 1000 == 0 {
            watch.progress("recommending", i.into(), REQUESTS.into());
        }
        let customer = engine.lookup(&load::identifier(among[seeded.below(people) as usize].1));
        let visit = (0..visit).map(|_| items[seeded.zipf(shelf) as usize].clone()).collect();
        let wish = Wish { customer, visit, channel: "web".into(), limit: 20, ..Wish::default() };
        let began = Instant::now();
        let answer = runtime.block_on(engine.recommend(wish))?;
        times.push(began.elapsed());
        personal += u32::from(answer.personal);
    }
    let cpu_micros = cpu_since(cpu).map(|cpu| (cpu * 1e6 / f64::from(REQUESTS)).round());
    for percent in [50, 99] {
        let figure = Figure::micros(BENCH, format!("p{percent}"), times.quantile(percent));
        let figure = figure
            .with("households", who)
            .with("visit_items", visit)
            .with("requests", REQUESTS)
            .with("personal", personal)
            .with("limit", 20)
            .with("cpu_micros_each", cpu_micros);
        watch.figure(if percent == 99 { figure.at_most(P99_MICROS_MAX) } else { figure });
    }
    Ok(())
}
