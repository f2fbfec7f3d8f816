//! `cargo xtask check`: what needs no test to be found wrong. The cheapest comes first.

use std::process::Command;

use anyhow::{Result, bail};

use crate::run::{cargo, output, root, run, say};
use crate::{pure, tools};

pub(crate) fn all() -> Result<()> {
    format()?;
    pure::prove()?;
    lint()?;
    dependencies()
}

pub(crate) fn only(part: &str) -> Result<()> {
    match part {
        "fmt" => format(),
        "pure" => pure::prove(),
        "clippy" => lint(),
        "deny" => dependencies(),
        _ => bail!("`check --only` knows fmt, pure, clippy and deny, not `{part}`"),
    }
}

fn format() -> Result<()> {
    say("is everything formatted?");
    run(cargo().args(["fmt", "--all", "--check"]))
}

/// In the release profile, as everything else: a second one would compile the C libraries twice.
fn lint() -> Result<()> {
    say("lints");
    run(cargo().args(["clippy", "--release", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))
}

fn dependencies() -> Result<()> {
    say("licences, sources and bans of what we build on");
    let cargo_deny = tools::cargo_deny()?;
    let deny = || {
        let mut command = Command::new(&cargo_deny);
        command.current_dir(root());
        command
    };
    run(deny().args(["--workspace", "--locked", "check", "bans", "licenses", "sources"]))?;
    // The list of known weaknesses lives outside any registry; a closed network must not fail the build, but be heard.
    say("known weaknesses");
    if output(deny().args(["fetch", "db"])).is_none() {
        say("NOT CHECKED: the database of advisories cannot be reached from here");
        return Ok(());
    }
    run(deny().args(["--workspace", "--locked", "check", "advisories"]))
}
