//! What the tests need beside Rust: found, or installed and said so.
//!
//! Programs of the system come from Debian's packages; what those lack or have too old, from cargo and npm, into a folder of
//! our own that outlives a clone. Nothing else on the machine is changed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{cargo, output, run, say};

/// The version that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";
/// The oldest Node.js that the clients and Playwright support.
const NODE_MAJOR_MIN: u32 = 20;
/// What is fetched where the system's is older.
const NODE_FETCHED: &str = "22";

/// The program that `cargo deny` runs: the user's, or one that is built here once.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    if let Some(found) = find("cargo-deny") {
        return Ok(found);
    }
    let folder = folder()?.join(format!("cargo-deny-{CARGO_DENY}"));
    let program = folder.join("bin/cargo-deny");
    if !program.is_file() {
        say("cargo-deny is missing: building it, once. This takes some minutes.");
        // Unoptimised: it runs for seconds, and is built in half the time.
        run(cargo()
            .args(["install", "cargo-deny", "--locked", "--debug", "--version", CARGO_DENY, "--root"])
            .arg(&folder)
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .env("CARGO_TARGET_DIR", folder.join("build")))?;
        std::fs::remove_dir_all(folder.join("build")).ok();
    }
    Ok(program)
}

/// What runs the tests in JavaScript.
#[derive(Debug, Clone)]
pub(crate) struct Browsing {
    pub(crate) node: PathBuf,
    pub(crate) npm: PathBuf,
    /// The system's: Playwright drives it, and never fetches a browser of its own.
    pub(crate) chromium: PathBuf,
}

/// Node.js 20 or newer, npm and Chromium.
pub(crate) fn browsing() -> Result<Browsing> {
    let wanted = [("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium")];
    let missing: Vec<&str> = wanted.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    install(&missing)?;
    let found = |program: &str| find(program).with_context(|| format!("{program} is missing even after installing it"));
    let npm = found("npm")?;
    Ok(Browsing { node: new_enough(found("node")?, &npm)?, npm, chromium: found("chromium")? })
}

/// The system's Node.js, or where that is too old, one from npm beside it.
fn new_enough(system: PathBuf, npm: &Path) -> Result<PathBuf> {
    if major(&system).is_some_and(|major| major >= NODE_MAJOR_MIN) {
        return Ok(system);
    }
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("the system's Node.js is older than {NODE_MAJOR_MIN}, and there is no package of a newer one for {other}"),
    };
    let package = format!("node-linux-{architecture}");
    let folder = folder()?.join(format!("node-{NODE_FETCHED}"));
    let node = folder.join("node_modules").join(&package).join("bin/node");
    if !node.is_file() {
        say(&format!("the system's Node.js is older than {NODE_MAJOR_MIN}: fetching {NODE_FETCHED} from npm, beside it"));
        std::fs::create_dir_all(&folder)?;
        run(Command::new(npm)
            .args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", &format!("{package}@{NODE_FETCHED}")])
            .current_dir(&folder))?;
    }
    Ok(node)
}

/// Installs packages of the system, as root or through sudo.
fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    if find("apt-get").is_none() {
        bail!("missing: {names}. This machine has no apt-get; install them by hand and try again.");
    }
    let root = output(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    if !root && find("sudo").is_none() {
        bail!("missing: {names}. Installing them needs root or sudo: `apt-get install {names}`, then try again.");
    }
    say(&format!("missing: {names}; installing from the system's packages{}", if root { "" } else { ", with sudo" }));
    let apt = |arguments: &[&str]| {
        let mut command = if root { Command::new("env") } else { Command::new("sudo") };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes"]).args(arguments);
        command
    };
    run(&mut apt(&["update"]))?;
    run(apt(&["install", "--no-install-recommends"]).args(packages))
}

/// `v20.19.2` → 20.
fn major(node: &Path) -> Option<u32> {
    output(Command::new(node).arg("--version"))?.trim_start_matches('v').split('.').next()?.parse().ok()
}

/// Where a program of the search path lies.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path: OsString = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Where fetched and built tools stay. Not in `target/`: a fresh clone would build them anew.
fn folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("REGIE_TOOLS") {
        return Ok(folder.into());
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    Ok(cache.context("neither REGIE_TOOLS nor HOME is set")?.join("regie-tools"))
}
