//! The demo as the tests see it: built, started on a free port with a data folder of its own, stopped at the end.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::run::{cargo, run, say};

/// How long the demo may take to load its year and be ready. A guard against waiting for ever, not a figure to reach.
const READY_SECONDS_MAX: u64 = 300;
/// What the demo logs: trouble, and where it listens.
const LOGGED: &str = "warn,regie::cli=info";
/// How long it may take to stop.
const STOP_SECONDS_MAX: u64 = 30;

/// A running demo. Dropping it stops it and removes its data.
#[derive(Debug)]
pub(crate) struct Demo {
    child: Child,
    /// Known once it says so: the system chose the port, so that nobody else has it.
    address: Option<SocketAddr>,
    /// What callers of its API prove themselves with.
    pub(crate) api_key: String,
    folder: TempDir,
}

/// Builds Regie as `cargo run --release -- demo` would.
pub(crate) fn build() -> Result<PathBuf> {
    build_with(&[])
}

/// The same with more words for cargo.
pub(crate) fn build_with(words: &[&str]) -> Result<PathBuf> {
    run(cargo().args(["build", "--release", "--package", "regie", "--locked"]).args(words))?;
    built()
}

/// Where Regie lies once it is built: beside this program. The workspace's tests build it too.
pub(crate) fn built() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("regie"))
}

impl Demo {
    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// It stopped by itself or is not ready in time; what it printed is part of the error.
    pub(crate) fn start(regie: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("regie-test-").tempdir()?;
        let log = File::create(folder.path().join("demo.log"))?;
        let api_key = format!("test-{:016x}{:016x}", random(), random());
        say(&format!("starting the demo, data in {}", folder.path().display()));
        let child = Command::new(regie)
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .env("REGIE_API_KEY", &api_key)
            .env("REGIE_LOG", LOGGED)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the demo could not be started")?;
        let mut demo = Self { child, address: None, api_key, folder };
        demo.wait_until_ready()?;
        Ok(demo)
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        self.address.map_or_else(String::new, |address| format!("http://{address}"))
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(READY_SECONDS_MAX) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the demo stopped by itself ({status}):\n{}", self.printed());
            }
            self.address = self.address.or_else(|| self.said_address());
            if self.address.is_some_and(ready) {
                say(&format!("the demo is ready after {:.1} s", started.elapsed().as_secs_f64()));
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the demo is not ready after {READY_SECONDS_MAX} s:\n{}", self.printed());
    }

    /// The address that it logged, once it listens.
    fn said_address(&self) -> Option<SocketAddr> {
        let log = fs::read(self.log()).ok()?;
        let log = String::from_utf8_lossy(&log);
        let line = log.lines().find(|line| line.contains("\"listening\""))?;
        line.split_once("\"address\":\"")?.1.split_once('"')?.0.parse().ok()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("demo.log")
    }

    /// What it printed so far: the last 60 lines.
    pub(crate) fn printed(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    /// Asks it to stop, as an operator would, and expects it to do so cleanly.
    ///
    /// # Errors
    /// It had stopped before, does not stop in time, or ends with an error.
    pub(crate) fn stop(mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the demo stopped by itself during the tests ({status}):\n{}", self.printed());
        }
        run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(STOP_SECONDS_MAX) {
            if let Some(status) = self.child.try_wait()? {
                if !status.success() {
                    bail!("the demo did not stop cleanly ({status}):\n{}", self.printed());
                }
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the demo did not stop within {STOP_SECONDS_MAX} s of being asked:\n{}", self.printed());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Already stopped is fine.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Does it answer that it is ready?
fn ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0u8; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// Sixty-four bits that differ from run to run: the seed that the standard library gives every hash map.
fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
