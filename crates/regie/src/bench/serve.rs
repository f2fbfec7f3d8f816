//! `regie bench serve`: what an answer over HTTP costs the server, beside a bare hyper that answers as many bytes in the same run.
//!
//! Servers are processes of their own with two workers, so that their processor time can be told from that of the load beside them.
//! For each kind of request: processor time and rate in a closed loop, the servers taking turns; times in an open loop; both again
//! for Regie while events come in and customers are erased or stop teaching others' recommendations. What a start leaves to upkeep is
//! done before.
//! Left out: what the answers say, which the tests know.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use regie_domain::policy::Policy;
use regie_recommend::evaluate::clicks::{Clicks, leave_out_longest};
use regie_store::SqliteStore;

use super::collect::Batches;
use super::open_loop::{self, Answers, Load};
use super::seeded::Seeded;
use super::server::{API_KEY, Server};
use super::synthetic::{self, customer, identifier};
use super::{Figure, Folder, Watch, closed_loop, cpu_seconds_of, million, precise, rate};
use crate::engine::Engine;
use crate::engine::api::CatalogueItem;

const BENCH: &str = "serve";
const CONNECTIONS: u32 = 16;
/// How often the servers take turns in the closed loop.
const ROUNDS: u32 = 2;
/// Different requests of a kind.
const REQUESTS: u32 = 1 << 14;
/// Items of a visit that a request carries at most.
const VISIT_ITEMS: usize = 9;
const EVENTS_PER_SECOND: f64 = 5000.0;
const EVENTS_OF_A_BATCH: u64 = 50;
const FORGOTTEN_PER_SECOND: f64 = 10.0;
/// A quarter of what the fastest of its kind takes at its own work.
const CPU_MICROS_MAX: f64 = 27.0;
const RECOMMEND_P99_MS_MAX: f64 = 3.0;
const DECIDE_P99_MS_MAX: f64 = 1.0;

/// What to measure on.
#[derive(Debug)]
pub struct Plan<'a> {
    /// How many synthetic customers, where there are no clicks.
    pub customers: u32,
    /// Clicks to learn, each visit as a customer of its own, and visits to ask about.
    pub clicks: Option<(Vec<Clicks>, Vec<Clicks>)>,
    /// The data folder, kept; one that is filled already is used as it is.
    pub data: Option<&'a Path>,
    /// How long each part takes.
    pub seconds: u64,
}

/// A kind of request.
struct Kind {
    name: &'static str,
    requests: Arc<[Vec<u8>]>,
    /// Of the open loop.
    per_second: f64,
    cpu_micros_max: f64,
    p99_ms_max: f64,
}

/// Measures.
///
/// # Errors
/// Those of the disk, the engine, the sockets and the operating system.
pub fn run(mut plan: Plan<'_>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(plan.data, BENCH);
    if let Some((learned, _)) = &mut plan.clicks {
        leave_out_longest(learned);
        plan.customers = u32::try_from(learned.len())?;
    }
    anyhow::ensure!(plan.customers >= 100, "at least 100 customers are needed: some are forgotten meanwhile");
    if !folder.path().join("FORMAT").exists() {
        match &plan.clicks {
            Some((learned, _)) => fill(learned, &folder, watch)?,
            None => million::fill(plan.customers, folder.path(), watch)?,
        }
    }
    let mut regie = Process::start(&["--as-regie", "--data", &folder.path().to_string_lossy()])?;
    for kind in kinds(&plan) {
        measure(&kind, &plan, &mut regie, watch)?;
    }
    regie.stop()
}

/// Writes the visits of clicks as customers.
fn fill(visits: &[Clicks], folder: &Folder, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let policy = Policy::parse(crate::BUILT_IN_POLICY).map_err(|e| anyhow::anyhow!("{e}"))?;
    let engine = Engine::start(folder.options()?, &mut |_, _| {})?;
    let now = engine.now();
    let mut items: Vec<u64> = visits.iter().flat_map(|visit| visit.items.iter().copied()).collect();
    items.sort_unstable();
    items.dedup();
    let entries: Vec<CatalogueItem> = items.iter().map(|item| CatalogueItem { item: item.to_string(), ..million::entry(0) }).collect();
    let runtime = super::runtime(1)?;
    for chunk in entries.chunks(20_000) {
        runtime.block_on(engine.put_catalogue(chunk.to_vec()))?;
    }
    engine.stop();
    drop(engine);
    let store = SqliteStore::open(folder.path(), &folder.master()?)?;
    let of = visits.iter().map(|visit| 5 + visit.items.len() as u64).sum();
    synthetic::write_visits(&store, &policy, visits, now, |done| watch.progress("writing facts", done, of))
}

fn kinds(plan: &Plan<'_>) -> [Kind; 3] {
    let mut seeded = Seeded(13);
    let visits: Vec<Vec<String>> = match &plan.clicks {
        Some((_, asked)) => asked.iter().flat_map(beginnings).take(REQUESTS as usize).collect(),
        None => (0..REQUESTS).map(|_| (0..1 + seeded.below(5)).map(|_| synthetic::item(seeded.zipf(synthetic::ITEMS))).collect()).collect(),
    };
    let visit = visits.iter().map(|items| {
        let items = items.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(",");
        request("POST", "/v1/recommendations", &format!(r#"{{"visit":[{items}],"channel":"web","limit":20}}"#))
    });
    // The last quarter of the customers are those who are forgotten meanwhile.
    let asked: Vec<_> = (0..REQUESTS).map(|_| customer(seeded.below(plan.customers / 4 * 3)).handle).collect();
    let own = asked.iter().map(|c| request("GET", &format!("/v1/recommendations?customer={c}&channel=web&limit=20"), ""));
    let decision = asked.iter().map(|c| {
        let body = format!(r#"{{"customer":"{c}","category":"purchases","purpose":"recommendations","channel":"web"}}"#);
        request("POST", "/v1/decisions", &body)
    });
    let kind = |name, requests, per_second, cpu_micros_max, p99_ms_max| Kind { name, requests, per_second, cpu_micros_max, p99_ms_max };
    [
        kind("visit", visit.collect(), 5000.0, CPU_MICROS_MAX, RECOMMEND_P99_MS_MAX),
        kind("customer", own.collect(), 5000.0, CPU_MICROS_MAX, RECOMMEND_P99_MS_MAX),
        kind("decision", decision.collect(), 10_000.0, CPU_MICROS_MAX, DECIDE_P99_MS_MAX),
    ]
}

/// A visit as it was at each of its events but the last.
fn beginnings(visit: &Clicks) -> impl Iterator<Item = Vec<String>> {
    (1..visit.items.len()).map(|end| visit.items[end.saturating_sub(VISIT_ITEMS)..end].iter().map(u64::to_string).collect())
}

fn request(method: &str, target: &str, body: &str) -> Vec<u8> {
    let kind =
        if body.is_empty() { String::new() } else { format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()) };
    format!("{method} {target} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {API_KEY}\r\n{kind}\r\n{body}").into_bytes()
}

fn measure(kind: &Kind, plan: &Plan<'_>, regie: &mut Process, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let lasts = Duration::from_secs(plan.seconds);
    let told = |figure: Figure| figure.with("asked", kind.name).with("connections", CONNECTIONS).with("customers", plan.customers);
    let bytes = answer_bytes(regie.address, &kind.requests)?;
    let mut hello = Process::start(&["--as-hello", &bytes.to_string()])?;
    let mut loops: [(&str, Closed); 2] = [("hello", Closed::default()), ("regie", Closed::default())];
    for _ in 0..ROUNDS {
        for ((_, closed), process) in loops.iter_mut().zip([&hello, regie]) {
            closed.add(process, lasts, kind)?;
        }
    }
    let [(_, bare), (_, real)] = &loops;
    let ratio = Figure::new(BENCH, "cpu_over_hello", real.cpu_micros() / bare.cpu_micros(), "ratio").with("answer_bytes", bytes);
    watch.figure(told(ratio));
    for (server, mut closed) in loops {
        let promised = server == "regie";
        let told = |figure: Figure| told(figure).with("server", server).with("loop", "closed");
        let cpu = told(Figure::new(BENCH, "cpu_each", closed.cpu_micros(), "µs"));
        watch.figure(if promised { cpu.at_most(kind.cpu_micros_max) } else { cpu });
        tell(&mut closed.answers, promised.then_some(kind.p99_ms_max), &told, watch);
    }
    for (server, process) in [("hello", &hello), ("regie", &*regie)] {
        let mut answers = open(process.address, kind, plan.seconds)?;
        let promised = (server == "regie").then_some(kind.p99_ms_max);
        tell(&mut answers, promised, &|figure| told(figure).with("server", server).with("loop", "open"), watch);
    }
    hello.stop()?;
    beside(plan, regie.address, watch, &told, |watch| {
        let told = |figure: Figure, by: &str| told(figure).with("server", "regie, learning and forgetting").with("loop", by);
        let mut closed = closed_loop::drive(regie.address, CONNECTIONS, lasts, &kind.requests)?;
        tell(&mut closed, None, &|figure| told(figure, "closed"), watch);
        let mut answers = open(regie.address, kind, plan.seconds)?;
        tell(&mut answers, Some(kind.p99_ms_max), &|figure| told(figure, "open"), watch);
        Ok(())
    })
}

/// Measures while events come in and customers go, and tells how many did.
fn beside(
    plan: &Plan<'_>,
    address: SocketAddr,
    watch: &mut dyn Watch,
    told: &dyn Fn(Figure) -> Figure,
    measured: impl FnOnce(&mut dyn Watch) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let kept = plan.customers / 4 * 3;
    let batches = Batches::new(EVENTS_OF_A_BATCH, |i| identifier(i).value, kept);
    let seconds = plan.seconds * 2;
    // Neither the ids of events nor who goes may be those of an earlier part or run.
    let mut salt = [0; 8];
    salt.copy_from_slice(&crate::engine::random::<8>()?);
    let from = u64::from_le_bytes(salt) >> 32;
    let per_second = Some(EVENTS_PER_SECOND / precise(EVENTS_OF_A_BATCH));
    let (learned, forgotten) = std::thread::scope(|scope| {
        let learning = scope
            .spawn(|| open_loop::drive(address, Load { connections: 2, per_second, seconds }, |i, into| batches.request(from + i, into)));
        let forgetting = scope.spawn(|| {
            let load = Load { connections: 1, per_second: Some(FORGOTTEN_PER_SECOND), seconds };
            open_loop::drive(address, load, |i, into| {
                let who = customer(kept + Seeded(from + i).below(plan.customers - kept)).handle;
                let what = if i.is_multiple_of(2) { "" } else { "/consents/model-improvement" };
                into.extend_from_slice(&request("DELETE", &format!("/v1/customers/{who}{what}"), ""));
            })
        });
        let measured = measured(watch);
        let gone = || std::io::Error::other("a sender is gone");
        let (learned, forgotten) = (learning.join().map_err(|_| gone())??, forgetting.join().map_err(|_| gone())??);
        measured.map(|()| (learned, forgotten))
    })?;
    for (name, mut answers, each, unit) in
        [("learned_beside", learned, EVENTS_OF_A_BATCH, "events/s"), ("forgotten_beside", forgotten, 1, "customers/s")]
    {
        let figure = told(Figure::new(BENCH, name, rate(answers.done * each, answers.took), unit));
        let p99 = (answers.times.quantile(99).as_secs_f64() * 1e5).round() / 100.0;
        watch.figure(figure.with("failed", answers.failed).with("overloaded", answers.overloaded).with("p99_ms", p99));
    }
    Ok(())
}

fn open(address: SocketAddr, kind: &Kind, seconds: u64) -> std::io::Result<Answers> {
    let load = Load { connections: CONNECTIONS, per_second: Some(kind.per_second), seconds };
    let write = |i: u64, into: &mut Vec<u8>| into.extend_from_slice(&kind.requests[usize::try_from(i).unwrap_or(0) % kind.requests.len()]);
    open_loop::drive(address, load, write)
}

fn tell(answers: &mut Answers, p99_ms_max: Option<f64>, told: &dyn Fn(Figure) -> Figure, watch: &mut dyn Watch) {
    let figure = told(Figure::new(BENCH, "answered", rate(answers.done, answers.took), "requests/s"));
    watch.figure(figure.with("failed", answers.failed).with("overloaded", answers.overloaded));
    for percent in [50, 90, 99] {
        let figure = told(Figure::millis(BENCH, format!("p{percent}"), answers.times.quantile(percent)));
        watch.figure(match p99_ms_max {
            Some(most) if percent == 99 => figure.at_most(most),
            _ => figure,
        });
    }
}

/// How long the answers are, on average over some.
fn answer_bytes(address: SocketAddr, requests: &[Vec<u8>]) -> anyhow::Result<u64> {
    let some = requests.iter().step_by((requests.len() / 256).max(1));
    let (mut sum, mut count) = (0, 0);
    let mut stream = BufReader::new(std::net::TcpStream::connect(address)?);
    for request in some {
        stream.get_mut().write_all(request)?;
        let (status, body) = open_loop::answer(&mut stream, &mut Vec::new())?;
        anyhow::ensure!(status == 200, "the server answered {status}");
        sum += body;
        count += 1;
    }
    Ok(sum / count)
}

/// What a server did in the closed loop.
#[derive(Default)]
struct Closed {
    answers: Answers,
    cpu_seconds: f64,
}

impl Closed {
    fn add(&mut self, process: &Process, lasts: Duration, kind: &Kind) -> anyhow::Result<()> {
        let before = process.cpu_seconds()?;
        self.answers.add(closed_loop::drive(process.address, CONNECTIONS, lasts, &kind.requests)?);
        self.cpu_seconds += process.cpu_seconds()? - before;
        Ok(())
    }

    /// Processor time of an answer.
    fn cpu_micros(&self) -> f64 {
        self.cpu_seconds * 1e6 / precise(self.answers.done.max(1))
    }
}

/// A server in a process of its own.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Waits until it listens. It ends when its input does, so also with this process.
    fn start(arguments: &[&str]) -> anyhow::Result<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", BENCH]).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        Ok(Process { child, address: line.trim().parse()? })
    }

    fn cpu_seconds(&self) -> anyhow::Result<f64> {
        cpu_seconds_of(&self.child.id().to_string()).ok_or_else(|| anyhow::anyhow!("the system does not say what a process took"))
    }

    fn stop(&mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        anyhow::ensure!(self.child.wait()?.success(), "a server failed");
        Ok(())
    }
}

/// Is the server to be measured, until the input ends; says where it listens.
///
/// # Errors
/// Those of the disk, the engine and the sockets.
pub fn as_regie(data: &Path, say: impl Fn(SocketAddr)) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(Some(data), BENCH);
    let engine = Engine::start(folder.options()?, &mut |_, _| {})?;
    // After a start nearly all customers' rows are looked at once: that is no part of an answer.
    super::runtime(1)?.block_on(engine.upkeep())?;
    let server = Server::start(&engine)?;
    say(server.address());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    server.stop();
    Ok(())
}

/// Is a bare hyper that reads what it is sent and answers so many bytes, until the input ends; says where it listens.
///
/// # Errors
/// Those of the sockets.
pub fn as_hello(bytes: usize, say: impl Fn(SocketAddr)) -> anyhow::Result<()> {
    let runtime = super::runtime(2)?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))?;
    say(listener.local_addr()?);
    let body = Bytes::from(vec![b'x'; bytes]);
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let body = body.clone();
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                    let body = body.clone();
                    async move {
                        request.into_body().collect().await?;
                        Ok::<_, hyper::Error>(Response::new(Full::new(body)))
                    }
                });
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
