//! The folders of tests in JavaScript: `npm ci` when their lock file is new, then Node's own test runner.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{root, run, say};
use crate::tools::Browsing;

/// What `npm ci` installed last, so that it need not again.
const INSTALLED: &str = "node_modules/.installed-lock.json";

/// A folder of the repository with a `package.json`.
pub(crate) fn folder(name: &str) -> PathBuf {
    root().join("tests").join(name)
}

/// Installs exactly what the lock file names, unless that is already there.
///
/// # Errors
/// The lock file names a server, or npm failed.
pub(crate) fn install(with: &Browsing, folder: &Path) -> Result<()> {
    let lock_file = folder.join("package-lock.json");
    let lock = fs::read_to_string(&lock_file).with_context(|| format!("{} is missing", lock_file.display()))?;
    if lock.contains("\"resolved\": \"http") {
        bail!("{} names the server that packages came from; `.npmrc` should have prevented that", lock_file.display());
    }
    if fs::read_to_string(folder.join(INSTALLED)).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say(&format!("npm packages for {}", folder.display()));
    run(Command::new(&with.npm).arg("ci").current_dir(folder))?;
    fs::write(folder.join(INSTALLED), lock)?;
    Ok(())
}

/// Node's test runner on the folder's tests; one file after another, for they share one server.
pub(crate) fn tests(with: &Browsing, folder: &Path) -> Command {
    let mut command = Command::new(&with.node);
    command.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).current_dir(folder);
    command
}
