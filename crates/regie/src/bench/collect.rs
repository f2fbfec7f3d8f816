//! `regie bench collect`: events over HTTP, durable before the answer, the client on the same machine and in the same process.
//!
//! Batches of 100 events of 1 KB each, of customers who allowed what is needed to keep them: first as fast as they go, then in an
//! open loop at the promised rate. `collect-engine` is the same without HTTP: what is left is reading the JSON and the engine.

use std::path::Path;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regie_domain::collection::{limits, parse_batch};
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{Identifier, IdentifierKind};
use regie_store::{SqliteStore, Store};

use super::million::Beside;
use super::open_loop::{Answers, Load, drive};
use super::seeded::Seeded;
use super::server::{Server, WRITE_KEY};
use super::{Figure, Folder, Times, Watch, cpu_seconds, cpu_since, precise, rate, synthetic};
use crate::engine::api::Give;
use crate::engine::{Engine, EngineError};

const BENCH: &str = "collect";
const SOURCE: &str = "shop";
const BATCH: u64 = 100;
const EVENT_BYTES: usize = 1024;
const CONNECTIONS: u32 = 16;
const CUSTOMERS: u32 = 10_000;
const EVENTS_PER_SECOND_MIN: f64 = 20_000.0;
/// Different batches; their message ids are made anew for each request.
const TEMPLATES: u32 = 64;
/// Events of one batch beside recommendations.
const SMALL_BATCH: u64 = 10;
/// The part of the 16 connections that brings events in beside recommendations.
const EVENT_CONNECTIONS: u32 = 4;

/// Over HTTP.
///
/// # Errors
/// Those of the disk, the engine and the sockets.
pub fn run(seconds: u64, data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(data, BENCH);
    let engine = Engine::start(folder.options()?, &mut |_, _| {})?;
    consent(&engine, watch)?;
    let server = Server::start(&engine)?;
    let batches = Batches::new(BATCH, customer_id, CUSTOMERS);
    let head = || -> anyhow::Result<u64> { Ok(SqliteStore::open_read_only(folder.path(), &folder.master()?)?.head()?) };
    let promised = Some(EVENTS_PER_SECOND_MIN / precise(BATCH));
    // The second part's message ids must not be those of the first: its events would be retries.
    for (at, per_second, from) in [("as fast as they go", None, 0), ("the promised rate", promised, 1 << 32)] {
        let (before, cpu) = (head()?, cpu_seconds());
        let mut answers =
            drive(server.address(), Load { connections: CONNECTIONS, per_second, seconds }, |i, into| batches.request(from + i, into))?;
        tell(&mut answers, at, (head()? - before, cpu_since(cpu)), watch);
    }
    server.stop();
    engine.stop();
    Ok(())
}

fn tell(answers: &mut Answers, at: &str, (kept, cpu): (u64, Option<f64>), watch: &mut dyn Watch) {
    let events = answers.done * BATCH;
    let told =
        |figure: Figure| figure.with("at", at).with("connections", CONNECTIONS).with("batch", BATCH).with("event_bytes", EVENT_BYTES);
    let figure = told(Figure::new(BENCH, "acknowledged", rate(events, answers.took), "events/s"));
    let figure = figure
        .with("overloaded", answers.overloaded)
        .with("failed", answers.failed)
        .with("kept_share", share(kept, events))
        .with("cpu_seconds", cpu);
    // An open loop at the promised rate can at best just reach it.
    watch.figure(figure.at_least(if at == "the promised rate" { EVENTS_PER_SECOND_MIN * 0.99 } else { EVENTS_PER_SECOND_MIN }));
    for percent in [50, 99] {
        watch.figure(told(Figure::millis(BENCH, format!("batch_p{percent}"), answers.times.quantile(percent))));
    }
}

fn share(part: u64, of: u64) -> f64 {
    (precise(part) / precise(of.max(1)) * 1000.0).round() / 1000.0
}

/// Without HTTP.
///
/// # Errors
/// Those of the disk and the engine.
pub fn run_engine(seconds: u64, data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(data, "collect-engine");
    let engine = Engine::start(folder.options()?, &mut |_, _| {})?;
    consent(&engine, watch)?;
    let runtime = super::runtime(2)?;
    let batches = std::sync::Arc::new(Batches::new(BATCH, customer_id, CUSTOMERS));
    let began = Instant::now();
    let (mut times, mut events) = (Times::default(), 0);
    let all = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for connection in 0..u64::from(CONNECTIONS) {
            let (engine, batches) = (engine.clone(), batches.clone());
            tasks.spawn(async move {
                let (mut times, mut body, mut number) = (Vec::new(), Vec::new(), connection);
                while began.elapsed().as_secs() < seconds {
                    body.clear();
                    batches.body(number, &mut body);
                    number += u64::from(CONNECTIONS);
                    let sent = Instant::now();
                    let batch = parse_batch(&body, limits::BATCH_BYTES_DEFAULT, engine.now()).map_err(|e| anyhow::anyhow!("{e}"))?;
                    let messages: Vec<_> = batch.events.into_iter().filter_map(Result::ok).collect();
                    let collected = engine.collect(SOURCE, messages).await?;
                    times.push((sent.elapsed(), collected.accepted as u64));
                }
                Ok::<_, anyhow::Error>(times)
            });
        }
        tasks.join_all().await
    });
    let took = began.elapsed();
    for one in all {
        for (time, accepted) in one? {
            times.push(time);
            events += accepted;
        }
    }
    let kept = SqliteStore::open_read_only(folder.path(), &folder.master()?)?.head()?;
    let told = |figure: Figure| figure.with("under_way", CONNECTIONS).with("batch", BATCH).with("event_bytes", EVENT_BYTES);
    let figure = told(Figure::new("collect-engine", "acknowledged", rate(events, took), "events/s")).with("facts_in_all", kept);
    watch.figure(figure.with("events", events));
    for percent in [50, 99] {
        watch.figure(told(Figure::millis("collect-engine", format!("batch_p{percent}"), times.quantile(percent))));
    }
    engine.stop();
    Ok(())
}

/// Recommendations at their promised rate while events come in, for the benchmark of a million customers.
pub(super) fn beside_recommendations(engine: &Engine, beside: &Beside, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let server = Server::start(engine)?;
    let address = server.address();
    let batches = Batches::new(SMALL_BATCH, |i| synthetic::identifier(i).value, beside.customers);
    let seconds = beside.seconds;
    let events = Load { connections: EVENT_CONNECTIONS, per_second: Some(Beside::EVENTS_PER_SECOND / precise(SMALL_BATCH)), seconds };
    let asked = Load { connections: CONNECTIONS - EVENT_CONNECTIONS, per_second: Some(Beside::REQUESTS_PER_SECOND), seconds };
    let customers = beside.customers;
    let (mut recommended, mut collected) = std::thread::scope(|scope| -> std::io::Result<(Answers, Answers)> {
        let collecting = scope.spawn(|| drive(address, events, |i, into| batches.request(i, into)));
        let recommended = drive(address, asked, |i, into| server.ask(synthetic::customer(Seeded(i).below(customers)).handle, into))?;
        Ok((recommended, collecting.join().unwrap_or_else(|_| Err(std::io::Error::other("the sender of events is gone")))?))
    })?;
    let told = |figure: Figure| figure.with("customers", customers).with("connections", CONNECTIONS).with("seconds", seconds);
    let bench = "million";
    let figure = told(Figure::new(bench, "http_recommended", rate(recommended.done, recommended.took), "requests/s"));
    watch.figure(figure.with("failed", recommended.failed).with("overloaded", recommended.overloaded));
    let figure = told(Figure::new(bench, "http_collected_beside", rate(collected.done * SMALL_BATCH, collected.took), "events/s"));
    watch.figure(figure.with("failed", collected.failed).with("overloaded", collected.overloaded).with("batch", SMALL_BATCH));
    watch.figure(told(Figure::millis(bench, "http_recommend_p50", recommended.times.quantile(50))));
    watch.figure(told(Figure::millis(bench, "http_recommend_p99", recommended.times.quantile(99))).at_most(Beside::P99_MS_MAX));
    watch.figure(told(Figure::millis(bench, "http_collect_p99", collected.times.quantile(99))));
    server.stop();
    Ok(())
}

/// Lets recommendations use what the customers do: without it, looking at products is not kept.
fn consent(engine: &Engine, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let runtime = super::runtime(2)?;
    let evidence = || ClaimedEvidence {
        policy_version: None,
        language: Some("nl".into()),
        method: Some("benchmark".into()),
        actor: Some("source".into()),
    };
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for i in 0..CUSTOMERS {
            if tasks.len() >= 256
                && let Some(done) = tasks.join_next().await
            {
                done??;
                watch.progress("giving consents", i.into(), CUSTOMERS.into());
            }
            let (engine, evidence) = (engine.clone(), evidence());
            tasks.spawn(async move {
                let identifier = Identifier { space: "shop".into(), kind: IdentifierKind::User, value: customer_id(i) };
                let handle = engine.open_record(identifier, SOURCE).await?;
                let (purpose, until) = ("recommendations".to_owned(), UntilWish::Withdrawn);
                let give =
                    Give { purpose, until, categories: None, recipients: None, channels: None, visit: None, evidence: Some(evidence) };
                engine.give(handle, give).await?;
                Ok::<_, EngineError>(())
            });
        }
        for done in tasks.join_all().await {
            done?;
        }
        Ok(())
    })
}

fn customer_id(i: u32) -> String {
    format!("klant-{i:06}")
}

/// Bodies of batches, made before; only the message ids differ between two uses of one.
pub(super) struct Batches {
    bodies: Vec<(Vec<u8>, Vec<usize>)>,
    authorization: String,
}

const ID_DIGITS: usize = 20;

impl Batches {
    pub(super) fn new(events: u64, customer: impl Fn(u32) -> String, customers: u32) -> Batches {
        let mut seeded = Seeded(11);
        let bodies = (0..TEMPLATES).map(|_| template(events, &mut seeded, &customer, customers)).collect();
        Batches { bodies, authorization: STANDARD.encode(format!("{WRITE_KEY}:")) }
    }

    fn body(&self, number: u64, into: &mut Vec<u8>) {
        let (body, ids) = &self.bodies[usize::try_from(number).unwrap_or(0) % self.bodies.len()];
        let begin = into.len();
        into.extend_from_slice(body);
        // Ids of an earlier run on the same folder would be duplicates.
        let run = u64::from(std::process::id()) % 90_000 + 10_000;
        for (id, &at) in (0u64..).zip(ids) {
            let digits = format!("{run}{:0width$}", number * 100_000 + id, width = ID_DIGITS - 5);
            into[begin + at..begin + at + ID_DIGITS].copy_from_slice(digits.as_bytes());
        }
    }

    pub(super) fn request(&self, number: u64, into: &mut Vec<u8>) {
        let length = self.bodies[usize::try_from(number).unwrap_or(0) % self.bodies.len()].0.len();
        let head = format!(
            "POST /v1/batch HTTP/1.1\r\nhost: bench\r\nauthorization: Basic {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n",
            self.authorization
        );
        into.extend_from_slice(head.as_bytes());
        self.body(number, into);
    }
}

/// A batch of product views as a Segment client sends them, each filled up to its size; and where its message ids are.
fn template(events: u64, seeded: &mut Seeded, customer: &impl Fn(u32) -> String, customers: u32) -> (Vec<u8>, Vec<usize>) {
    let mut body = br#"{"batch":["#.to_vec();
    let mut ids = Vec::new();
    for i in 0..events {
        if i > 0 {
            body.push(b',');
        }
        let begin = body.len();
        let (who, item) = (customer(seeded.below(customers)), synthetic::item(seeded.zipf(synthetic::ITEMS)));
        let head = r#"{"type":"track","event":"Product Viewed","messageId":""#;
        ids.push(begin + head.len());
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&[b'0'; ID_DIGITS]);
        let rest = format!(
            r#"","userId":"{who}","properties":{{"product_id":"{item}","name":"Article","brand":"House","category":"Department","variant":"blue","price":12.95,"quantity":1,"currency":"EUR","position":3,"url":"https://shop.example/product/{item}","image_url":"https://shop.example/image/{item}.jpg"}},"context":{{"library":{{"name":"analytics-node","version":"3.1.0"}},"locale":"nl-NL","page":{{"path":"/product/{item}","title":"Article"}},"userAgent":""#
        );
        body.extend_from_slice(rest.as_bytes());
        let end = r#""}}"#;
        let filler = EVENT_BYTES.saturating_sub(body.len() - begin + end.len());
        body.extend(std::iter::repeat_n(b'x', filler));
        body.extend_from_slice(end.as_bytes());
    }
    body.extend_from_slice(b"]}");
    (body, ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use regie_domain::time::Time;

    #[test]
    fn a_batch_is_what_it_says() {
        let batches = Batches::new(BATCH, customer_id, CUSTOMERS);
        let mut body = Vec::new();
        batches.body(7, &mut body);
        let batch = parse_batch(&body, limits::BATCH_BYTES_DEFAULT, Time::from_seconds(1_790_000_000)).unwrap();
        let events: Vec<_> = batch.events.into_iter().map(Result::unwrap).collect();
        let ids: std::collections::BTreeSet<_> = events.iter().map(|e| e.message_id.clone().unwrap()).collect();
        assert_eq!((events.len(), ids.len()), (100, 100));
        assert!(body.len() / 100 >= EVENT_BYTES && body.len() / 100 < EVENT_BYTES + 10, "{}", body.len());
    }
}
