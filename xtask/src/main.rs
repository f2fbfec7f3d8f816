//! What a newcomer runs: `cargo xtask test` sets up what the tests need and runs them all.
//!
//! Every step says what it does before it does it. Invariant: nothing is installed that the step at hand does not need, and no
//! process is ended that this program did not start. Left out: building and running Regie itself (`cargo run --release -- demo`).

#![expect(clippy::print_stdout, reason = "a command-line program talks through its standard output")]

mod check;
mod demo;
mod npm;
mod pure;
mod run;
mod test;
mod tools;

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask test [--only unit|clients|browser]
    Installs what the tests need if it is missing, then runs them: the workspace's tests, real clients that send events
    to a running demo, and a browser that uses the demo's pages.
cargo xtask check [--only fmt|pure|clippy|deny]
    Formatting, the proof that the pure crates know no input or output, lints, licences and sources of what we build on.
cargo xtask pure
    The same as `check --only pure`.
cargo xtask bench [NAME …]
    Builds Regie and runs `regie bench NAME …`, or without a name all of them, one after another.

REGIE_TEST_DATA names a folder of public data sets; what needs one and does not find it is skipped, and that is said.
REGIE_TOOLS names the folder for tools that are installed (default: regie-tools in the user's cache folder).";

/// What `regie bench` measures, the quick ones first.
const BENCHES: [&str; 14] = [
    "pages",
    "recommend",
    "model",
    "consents",
    "decide",
    "serve",
    "erase",
    "demo",
    "ledger",
    "store",
    "collect-engine",
    "collect",
    "kill",
    "million",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<()> {
    match words {
        ["test"] => test::all(),
        ["test", "--only", suite] => test::only(suite),
        ["check"] => check::all(),
        ["check", "--only", part] => check::only(part),
        ["pure"] => check::only("pure"),
        ["bench", names @ ..] => bench(names),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("I do not know `{}`.\n\n{USAGE}", words.join(" ")),
    }
}

fn bench(words: &[&str]) -> Result<()> {
    let one = |words: &[&str]| -> Result<()> {
        // Counting allocations takes an allocator that counts.
        let regie = if words[0] == "decide" { demo::build_with(&["--features", "count-allocations"])? } else { demo::build()? };
        run::run(Command::new(regie).arg("bench").args(words))
    };
    if !words.is_empty() {
        return one(words);
    }
    BENCHES.into_iter().try_for_each(|name| one(&[name]))
}
