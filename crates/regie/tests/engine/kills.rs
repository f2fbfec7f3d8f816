//! `kill -9` at random moments during load: after the restart every acknowledged fact is there, none twice, no withdrawn consent
//! is back, and nobody is half erased. `REGIE_KILLS` says how often (10).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use regie::engine::{Engine, Options};
use regie_domain::collection::Incoming;
use regie_domain::consent::UntilWish;
use regie_domain::fact::Fact;
use regie_store::MasterKey;

use super::support::*;

const DIR: &str = "REGIE_TEST_KILL_DIR";
const ROUND: &str = "REGIE_TEST_KILL_ROUND";
const BATCH: usize = 20;
const LEAVER_ORDERS: usize = 3;

fn start(dir: &std::path::Path) -> Engine {
    let mut options = Options::new(dir, MasterKey::load(dir).unwrap(), regie::BUILT_IN_POLICY.to_owned());
    options.time_confirmed = true;
    // So that some die between two commits of one withdrawal.
    options.limits.rows_ended = 1;
    Engine::start(options, &mut |_, _| {}).unwrap()
}

/// One line, at once: what stands here was acknowledged (capitals) or is about to be asked.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n@{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The batch of orders `i` of a round; the number of an order is its message id.
fn orders(engine: &Engine, round: &str, i: usize) -> Vec<Incoming> {
    (0..BATCH)
        .map(|k| {
            let id = format!("{round}-{i}-{k}");
            let from = user_message(&format!("buyer-{}", (i * BATCH + k) % 37));
            Incoming { message_id: Some(id.clone()), ..order(from, &id, &["tea", "milk"], engine.now()) }
        })
        .collect()
}

async fn buy(engine: Engine, round: String, lane: usize) {
    for i in (lane..).step_by(2) {
        say(&format!("m {i}"));
        let collected = engine.collect(SHOP, orders(&engine, &round, i)).await.unwrap();
        assert_eq!(collected.accepted, BATCH);
        say(&format!("M {i}"));
    }
}

async fn choose(engine: Engine, round: String) {
    for i in 0.. {
        let id = format!("chooser-{round}-{i}");
        let c = engine.open_record(user(&id), SHOP).await.unwrap();
        engine.give(c, giving("recommendations", UntilWish::Withdrawn)).await.unwrap();
        say(&format!("G {id}"));
        engine.collect(SHOP, vec![view(user_message(&id), "tea", engine.now())]).await.unwrap();
        engine.withdraw(c, "recommendations", None).await.unwrap();
        say(&format!("W {id}"));
    }
}

async fn leave(engine: Engine, round: String) {
    for i in 0.. {
        let id = format!("leaver-{round}-{i}");
        let slips = (0..LEAVER_ORDERS).map(|k| order(user_message(&id), &format!("{id}-{k}"), &["tea"], engine.now()));
        engine.collect(SHOP, slips.collect()).await.unwrap();
        let c = engine.lookup(&user(&id)).unwrap();
        engine.give(c, giving("model-improvement", UntilWish::Week)).await.unwrap();
        say(&format!("e {id}"));
        engine.erase(c).await.unwrap();
        say(&format!("E {id}"));
    }
}

#[test]
#[ignore = "the process that is killed; the test below starts it"]
fn child() {
    let (Some(dir), Ok(round)) = (std::env::var_os(DIR), std::env::var(ROUND)) else { return };
    let engine = start(dir.as_ref());
    let run = runtime();
    for lane in 0..2 {
        run.spawn(buy(engine.clone(), round.clone(), lane));
    }
    run.spawn(choose(engine.clone(), round.clone()));
    run.block_on(leave(engine, round));
}

/// Starts the child, kills it after so long, and returns what it said.
fn killed(dir: &std::path::Path, round: &str, after: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kills::child", "--exact", "--ignored", "--nocapture"])
        .env(DIR, dir)
        .env(ROUND, round)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    let (first, began) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut lines = Vec::new();
        for line in BufReader::new(out).split(b'\n') {
            let line = String::from_utf8(line.unwrap()).unwrap();
            if let Some(line) = line.strip_prefix('@') {
                let _ = first.send(());
                lines.push(line.to_owned());
            }
        }
        lines
    });
    began.recv_timeout(Duration::from_secs(60)).expect("the child begins");
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

fn said<'a>(lines: &'a [String], what: &str) -> Vec<&'a str> {
    lines.iter().filter_map(|line| line.strip_prefix(what)?.strip_prefix(' ')).collect()
}

/// How often each order stands on disk: of living customers, and of what the law keeps.
fn counts(dir: &std::path::Path, master: &MasterKey) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
    let (mut kept, mut by_law) = (BTreeMap::new(), BTreeMap::new());
    for (_, fact) in facts_on_disk(dir, master) {
        match fact {
            Fact::EventKept(event) => *kept.entry(event.order.map(|o| o.id).unwrap_or_default()).or_default() += 1,
            Fact::OrderKeptByLaw(order) => *by_law.entry(order.order.id).or_default() += 1,
            _ => {}
        }
    }
    (kept, by_law)
}

#[test]
fn nothing_acknowledged_is_lost_by_a_kill() {
    let kills: usize = std::env::var("REGIE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let dir = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(dir.path()).unwrap();
    let run = runtime();
    let mut acknowledged = 0;
    for kill in 0..kills {
        let round = format!("r{kill}");
        // Any moment will do; spread so that none is favoured.
        let after = Duration::from_micros((kill as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 400_000);
        let lines = killed(dir.path(), &round, after);
        let engine = start(dir.path());
        let (kept, by_law) = counts(dir.path(), &master);

        for i in said(&lines, "M") {
            for k in 0..BATCH {
                assert_eq!(kept.get(&format!("{round}-{i}-{k}")), Some(&1), "acknowledged");
                acknowledged += 1;
            }
        }
        assert!(kept.iter().all(|(id, n)| *n == 1 || id.is_empty()), "none twice");
        for id in said(&lines, "W") {
            let c = engine.lookup(&user(id)).expect("it was acknowledged");
            assert_eq!(engine.decide(Some(c), &question("recommendations", "purchases")).unwrap().reason, "withdrawn");
            assert!(engine.events(c, 10).unwrap().is_empty(), "the look rested on it");
        }
        for id in said(&lines, "G") {
            let c = engine.lookup(&user(id)).expect("it was acknowledged");
            assert!(["consent", "withdrawn"].contains(&engine.decide(Some(c), &question("recommendations", "purchases")).unwrap().reason));
        }
        let erased = said(&lines, "E");
        for id in said(&lines, "e") {
            let of = |counts: &BTreeMap<String, usize>| {
                (0..LEAVER_ORDERS).map(|k| counts.get(&format!("{id}-{k}")).copied().unwrap_or(0)).sum::<usize>()
            };
            let gone = engine.lookup(&user(id)).is_none();
            assert!(gone || !erased.contains(&id), "an acknowledged erasure stands");
            assert_eq!((of(&kept), of(&by_law)), if gone { (0, LEAVER_ORDERS) } else { (LEAVER_ORDERS, 0) }, "erased whole or not at all");
        }
        // The source sends again what it has no answer for, and, to be sure, what it has.
        let asked: Vec<usize> = said(&lines, "m").iter().map(|i| i.parse().unwrap()).collect();
        for &i in &asked {
            assert_eq!(run.block_on(engine.collect(SHOP, orders(&engine, &round, i))).unwrap().accepted, BATCH);
        }
        let (kept, _) = counts(dir.path(), &master);
        for i in asked {
            assert!((0..BATCH).all(|k| kept.get(&format!("{round}-{i}-{k}")) == Some(&1)), "each order once");
        }
        engine.stop();
    }
    println!("{kills} kills, {acknowledged} acknowledged orders, all there");
    assert!(acknowledged > 0);
}
