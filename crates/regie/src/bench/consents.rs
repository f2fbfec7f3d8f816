//! `regie bench consents`: how long a shop's system waits for a consent over HTTP: given and withdrawn, durable before the answer,
//! and read again with its history.
//!
//! The customers are synthetic, each with a past of events and choices that a choice folds anew. They take turns, so that each
//! choice changes something: all give, then all withdraw. Requests follow one another on one connection; fall due at a steady rate on
//! sixteen, so that each one's time is its own; and follow one another on sixteen, where each waits for the others and the rate is the
//! figure. What the disk takes for one bare sync stands beside it.

use std::path::Path;

use regie_store::{SqliteStore, Store};

use super::open_loop::{self, Answers, Load};
use super::server::{API_KEY, Server};
use super::{Figure, Folder, Watch, bare_syncs, cpu_seconds, cpu_since, million, rate, synthetic};
use crate::engine::Engine;

const BENCH: &str = "consents";
/// The purpose that is chosen about: all synthetic customers let it be, and withdrawing it makes their past be looked at.
const PURPOSE: &str = "recommendations";
/// Connections, and how many requests fall due a second; without a rate the next one follows as soon as the last is answered.
const LOADS: [(u32, Option<f64>); 3] = [(1, None), (16, Some(500.0)), (16, None)];
const WRITE_P50_MS_MAX: f64 = 5.0;
const READ_P50_MS_MAX: f64 = 0.5;

/// One kind of request.
struct Kind {
    name: &'static str,
    p50_ms_max: f64,
    request: fn(customer: &str) -> String,
}

const KINDS: [Kind; 3] = [
    Kind { name: "give", p50_ms_max: WRITE_P50_MS_MAX, request: give },
    Kind { name: "read", p50_ms_max: READ_P50_MS_MAX, request: read },
    Kind { name: "withdraw", p50_ms_max: WRITE_P50_MS_MAX, request: withdraw },
];

/// Measures each kind of request at each number of connections, for so many seconds.
///
/// # Errors
/// Those of the disk, the engine and the sockets.
pub fn run(customers: u32, seconds: u64, data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let customers = customers.max(1);
    let folder = Folder::named_or_temporary(data, BENCH);
    if !folder.path().join("FORMAT").exists() {
        million::fill(customers, folder.path(), watch)?;
    }
    let mut syncs = bare_syncs(folder.path())?;
    for percent in [50, 99] {
        watch.figure(Figure::millis(BENCH, format!("bare_sync_p{percent}"), syncs.quantile(percent)).with("bytes", 4096));
    }
    let engine = Engine::start(folder.options()?, &mut |_, _| {})?;
    // What lags behind after a start is no part of an answer.
    super::runtime(1)?.block_on(engine.upkeep())?;
    let server = Server::start(&engine)?;
    let head = || -> anyhow::Result<u64> { Ok(SqliteStore::open_read_only(folder.path(), &folder.master()?)?.head()?) };
    for (connections, per_second) in LOADS {
        for kind in &KINDS {
            let (before, cpu) = (head()?, cpu_seconds());
            let write = |i: u64, into: &mut Vec<u8>| {
                // Far below 2^32 in so few seconds.
                let who = u32::try_from(i).unwrap_or(0) % customers;
                into.extend_from_slice((kind.request)(&synthetic::customer(who).handle.to_string()).as_bytes());
            };
            let load = Load { connections, per_second, seconds };
            let mut answers = open_loop::drive(server.address(), load, write)?;
            tell(kind, (load, customers), &mut answers, (head()? - before, cpu_since(cpu)), watch);
        }
    }
    server.stop();
    Ok(())
}

fn tell(kind: &Kind, (load, customers): (Load, u32), answers: &mut Answers, (facts, cpu): (u64, Option<f64>), watch: &mut dyn Watch) {
    let by = load.per_second.map_or_else(|| "one after another".to_owned(), |rate| format!("{rate} a second"));
    let told = |figure: Figure| figure.with("connections", load.connections).with("requests", &by).with("customers", customers);
    // Saturated, a request waits for all others: that says how many are possible, not how long one takes.
    let promised = load.connections == 1 || load.per_second.is_some();
    for percent in [50, 99] {
        let figure = told(Figure::millis(BENCH, format!("{}_p{percent}", kind.name), answers.times.quantile(percent)));
        watch.figure(if promised && percent == 50 { figure.at_most(kind.p50_ms_max) } else { figure });
    }
    let answered = Figure::new(BENCH, format!("{}_answered", kind.name), rate(answers.done, answers.took), "requests/s");
    let answered = told(answered).with("failed", answers.failed).with("overloaded", answers.overloaded);
    watch.figure(answered.with("facts_recorded", facts).with("cpu_seconds_with_load", cpu));
}

fn give(customer: &str) -> String {
    let evidence = r#"{"language":"nl","method":"shop","actor":"customer"}"#;
    of_purpose("PUT", customer, &format!(r#"{{"until":"P1M","evidence":{evidence}}}"#))
}

fn withdraw(customer: &str) -> String {
    of_purpose("DELETE", customer, "{}")
}

fn of_purpose(method: &str, customer: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} /v1/customers/{customer}/consents/{PURPOSE} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {API_KEY}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn read(customer: &str) -> String {
    format!("GET /v1/customers/{customer}/consents HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {API_KEY}\r\n\r\n")
}
