//! Too much at once, and a disk that takes no more: the caller is told to come back, what was acknowledged is there, and nothing else.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};

use regie::engine::Engine;
use serde_json::{Value, json};

use crate::server::{API, SHOP, Server, order};

/// Keeps the writer's queue full until it is told to stop: work that changes nothing, whose answers nobody waits for.
fn keep_busy(engine: Engine, enough: Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        while !enough.load(Ordering::SeqCst) {
            // Polled once, a command is in the queue or refused.
            let mut command = std::pin::pin!(engine.upkeep());
            let _ = command.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_told_to_come_back_and_a_retry_is_kept_once() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let enough = Arc::new(AtomicBool::new(false));
    let busy = keep_busy(server.engine.clone(), enough.clone());
    let send = |id: &str| server.send(server.request("POST", "/v1/batch", SHOP).json(&json!({"batch": [order("1", id, &["milk"])]})));
    let mut acknowledged = vec!["order-1".to_owned()];
    let mut refused = None;
    for n in 0..20_000 {
        let id = format!("o{n}");
        let answer = send(&id).await;
        if answer.status == 429 {
            answer.is_problem(429, "overloaded");
            assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0), "{}", answer.header("retry-after"));
            refused = Some(id);
            break;
        }
        assert_eq!(answer.ok()["success"], json!(true));
        acknowledged.push(id);
    }
    enough.store(true, Ordering::SeqCst);
    busy.join().unwrap();
    let refused = refused.unwrap();
    let orders = async || {
        let export = server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
        ids_of(&export)
    };
    // The commands that were waiting are done first, so that what is read now is what was acknowledged.
    while server.engine.upkeep().await.is_err() {
        tokio::task::yield_now().await;
    }
    acknowledged.sort();
    assert_eq!(orders().await, acknowledged);
    // What clients do with a 429: the same again, until it is taken.
    for _ in 0..2 {
        while send(&refused).await.status == 429 {
            tokio::task::yield_now().await;
        }
    }
    acknowledged.push(refused);
    acknowledged.sort();
    assert_eq!(orders().await, acknowledged);
    server.stop().await;
}

/// The order numbers of an export.
fn ids_of(export: &Value) -> Vec<String> {
    let events = export["events"].as_array().unwrap();
    let mut ids: Vec<String> = events.iter().map(|event| event["order"]["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// What a process of its own logs: that it listens, and where. Nobody else can have its port before it has.
const LISTENING: &str = "off,regie::cli=info";

/// Where such a process says that it listens; the rest of what it says is read and left out.
fn address_of(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = lines.find_map(|line| {
        // A progress bar may stand on the same line.
        let line = line.unwrap();
        let said: Value = serde_json::from_str(&line[line.find('{')?..]).ok()?;
        (said["fields"]["message"] == "listening").then(|| said["fields"]["address"].as_str().unwrap().to_owned())
    });
    std::thread::spawn(move || lines.for_each(drop));
    address.unwrap_or_else(|| panic!("the process ended by itself"))
}

/// A server of its own process, whose files may not grow past a size where `file_bytes_max` says so.
struct Process {
    child: Child,
    base: String,
}

impl Process {
    async fn start(folder: &Path, file_bytes_max: Option<u64>) -> Process {
        let config = folder.join("regie.toml");
        let text = String::from(
            "listen = \"127.0.0.1:0\"\ndata = \"data\"\n[[sources]]\nid = \"shop\"\nkeys = [\"env:SHOP\"]\n\
             [[api_keys]]\nname = \"test\"\nkey = \"env:API\"\nscopes = [\"customers\"]\nid_space = \"shop\"\n",
        );
        std::fs::write(&config, text).unwrap();
        // The shell sets the limit for what it becomes; the signal that would end the process there is ignored, as a full disk
        // sends none. POSIX counts in blocks of 512 bytes.
        let limit = file_bytes_max.map_or_else(String::new, |bytes| format!("trap '' XFSZ; ulimit -f {}; ", bytes / 512));
        let child = Command::new("sh")
            .args(["-c", &format!("{limit}exec \"$0\" serve --config \"$1\""), env!("CARGO_BIN_EXE_regie")])
            .arg(&config)
            .env("SHOP", SHOP)
            .env("API", API)
            .env("REGIE_LOG", LISTENING)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut process = Process { child, base: String::new() };
        process.base = format!("http://{}", address_of(&mut process.child));
        while !reqwest::get(format!("{}/readyz", process.base)).await.is_ok_and(|answer| answer.status() == 200) {
            assert_eq!(process.child.try_wait().unwrap(), None, "the server ended by itself");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        process
    }

    fn terminate(mut self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_refuses_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let client = reqwest::Client::new();
    let items: Vec<String> = (0..100).map(|n| format!("item-{n:0>100}")).collect();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let server = Process::start(folder.path(), Some(2_000_000)).await;
    let (mut acknowledged, mut refused) = (Vec::new(), Vec::new());
    for n in 0..5_000 {
        let id = format!("o{n:04}");
        let sent = client.post(format!("{}/v1/batch", server.base)).bearer_auth(SHOP);
        let answer = sent.json(&json!({"batch": [order("1", &id, &items)]})).send().await.unwrap();
        if answer.status() == 200 {
            acknowledged.push(id);
            continue;
        }
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().is_ok_and(|seconds| seconds > 0));
        let body: Value = answer.json().await.unwrap();
        // A full disk and a limit on files are two errors of the system.
        assert!(["storage_full", "io"].contains(&body["code"].as_str().unwrap()), "{body}");
        assert!(body["detail"].as_str().unwrap().contains("nothing of it was recorded") || body["code"] == "storage_full", "{body}");
        refused.push(id);
        if refused.len() == 5 {
            break;
        }
    }
    assert_eq!(refused.len(), 5, "the limit was reached");
    assert!(!acknowledged.is_empty());
    drop(server);

    // With room again, after the process was killed: all that was acknowledged is there, and a retry of the rest is taken.
    let server = Process::start(folder.path(), None).await;
    let export = async || {
        let lookup = client.post(format!("{}/v1/customers/lookup", server.base)).bearer_auth(API).json(&json!({"customer": "user:1"}));
        let found: Value = lookup.send().await.unwrap().json().await.unwrap();
        let path = format!("{}/v1/customers/{}/export", server.base, found["customer"].as_str().unwrap());
        ids_of(&client.get(path).bearer_auth(API).send().await.unwrap().json().await.unwrap())
    };
    assert_eq!(export().await, acknowledged);
    for id in refused {
        let sent = client.post(format!("{}/v1/batch", server.base)).bearer_auth(SHOP);
        let answer = sent.json(&json!({"batch": [order("1", &id, &items)]})).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        acknowledged.push(id);
    }
    acknowledged.sort();
    assert_eq!(export().await, acknowledged);
    server.terminate();
}

/// A server that is told to stop while it still loads does not finish loading first.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_ready_yet_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_regie"));
    demo.args(["demo", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data")).env("REGIE_LOG", LISTENING);
    let mut demo = demo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let address = address_of(&mut demo);
    while reqwest::get(format!("http://{address}/healthz")).await.is_err() {
        assert_eq!(demo.try_wait().unwrap(), None, "the demo ended by itself");
    }
    assert!(Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap().success());
    let ended = demo.wait_with_output().unwrap();
    assert!(ended.status.success());
    // The greeting is what a demo says when it is ready.
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "", "it went on to the end before it stopped");
}
