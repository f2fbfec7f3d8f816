//! `cargo xtask test`: sets up, runs every suite, sums up.
//!
//! What fails soonest comes first: missing programs, then the workspace's tests, then the demo with real clients and a browser.
//! A suite that fails does not keep the next one from running; the end says which did.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::demo::{self, Demo};
use crate::run::{cargo, run_and_read, say};
use crate::tools::Browsing;
use crate::{npm, tools};

/// What a suite came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

struct Outcome {
    suite: &'static str,
    count: Count,
    succeeded: bool,
    seconds: f64,
}

pub(crate) fn all() -> Result<()> {
    run_suites(&["unit", "clients", "browser"])
}

pub(crate) fn only(suite: &str) -> Result<()> {
    match suite {
        "unit" => run_suites(&["unit"]),
        "clients" => run_suites(&["clients"]),
        "browser" => run_suites(&["browser"]),
        _ => bail!("`test --only` knows unit, clients and browser, not `{suite}`"),
    }
}

fn run_suites(suites: &[&'static str]) -> Result<()> {
    say(&format!("running: {}", suites.join(", ")));
    if suites.contains(&"unit") {
        match std::env::var("REGIE_TEST_DATA") {
            Ok(folder) => say(&format!("public data sets: {folder}")),
            Err(_) => say("REGIE_TEST_DATA is not set: whatever needs public data sets is SKIPPED"),
        }
    }
    let in_javascript: Vec<&'static str> = suites.iter().copied().filter(|suite| *suite != "unit").collect();
    let with_demo = if in_javascript.is_empty() { None } else { Some(set_up(&in_javascript)?) };

    let mut outcomes = Vec::new();
    if suites.contains(&"unit") {
        outcomes.push(measured("unit", cargo().args(["test", "--release", "--workspace", "--locked", "--no-fail-fast"]), cargo_line)?);
        if outcomes.iter().all(|outcome| outcome.count.passed == 0) {
            return sum_up(&outcomes);
        }
    }
    let mut trouble = None;
    if let Some(with) = with_demo {
        // Built alone it has other features of other crates, and half of them would be compiled once more.
        let regie = if suites.contains(&"unit") { demo::built()? } else { demo::build()? };
        let demo = Demo::start(&regie)?;
        for suite in in_javascript {
            let mut tests = npm::tests(&with, &npm::folder(suite));
            tests.env("REGIE_URL", demo.url()).env("REGIE_API_KEY", &demo.api_key).env("CHROMIUM", &with.chromium);
            // For what needs a server of its own: one that sends mail, and is restarted.
            tests.env("REGIE_PROGRAM", &regie);
            outcomes.push(measured(suite, &mut tests, node_line)?);
        }
        if outcomes.iter().any(|outcome| !outcome.succeeded) {
            say(&format!("what the demo printed last:\n{}", demo.printed()));
        }
        trouble = demo.stop().err();
    }
    sum_up(&outcomes)?;
    trouble.map_or(Ok(()), Err)
}

/// Everything that has to be there, before anything is compiled for minutes.
fn set_up(suites: &[&str]) -> Result<Browsing> {
    say("these need Node.js, npm and Chromium");
    let with = tools::browsing()?;
    for suite in suites {
        npm::install(&with, &npm::folder(suite))?;
    }
    Ok(with)
}

fn measured(suite: &'static str, command: &mut Command, read: impl Fn(&str, &mut Count)) -> Result<Outcome> {
    say(suite);
    let started = Instant::now();
    let mut count = Count::default();
    let succeeded = run_and_read(command, |line| read(line, &mut count))?;
    Ok(Outcome { suite, count, succeeded, seconds: started.elapsed().as_secs_f64() })
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
fn cargo_line(line: &str, count: &mut Count) {
    let Some(result) = line.strip_prefix("test result: ") else { return };
    for part in result.split([';', '.']) {
        if let Some((number, what)) = part.trim().split_once(' ') {
            add(number, what, count);
        }
    }
}

/// `ℹ pass 12`
fn node_line(line: &str, count: &mut Count) {
    if let Some((what, number)) = line.strip_prefix("ℹ ").and_then(|line| line.split_once(' ')) {
        add(number, what, count);
    }
}

fn add(number: &str, what: &str, count: &mut Count) {
    let Ok(number) = number.parse::<u64>() else { return };
    match what {
        "passed" | "pass" => count.passed += number,
        "failed" | "fail" | "cancelled" => count.failed += number,
        "ignored" | "skipped" | "todo" => count.skipped += number,
        _ => {}
    }
}

fn sum_up(outcomes: &[Outcome]) -> Result<()> {
    println!();
    let mut sum = Count::default();
    for Outcome { suite, count, succeeded, seconds } in outcomes {
        let word = if *succeeded { "ok" } else { "FAILED" };
        println!("{suite:8} {word:6} {:5} passed {:3} failed {:3} skipped  {seconds:7.1} s", count.passed, count.failed, count.skipped);
        sum.passed += count.passed;
        sum.failed += count.failed;
        sum.skipped += count.skipped;
    }
    println!("\n{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped);
    let failed: Vec<&str> = outcomes.iter().filter(|outcome| !outcome.succeeded).map(|outcome| outcome.suite).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    if sum.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Count, cargo_line, node_line};

    #[test]
    fn closing_lines_are_counted() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.31s",
            "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.02s",
        ] {
            cargo_line(line, &mut count);
        }
        assert_eq!(count, Count { passed: 17, failed: 2, skipped: 1 });
        for line in ["ℹ tests 9", "ℹ suites 2", "ℹ pass 6", "ℹ fail 1", "ℹ cancelled 1", "ℹ skipped 1", "ℹ todo 0", "ℹ duration_ms 812.5"]
        {
            node_line(line, &mut count);
        }
        assert_eq!(count, Count { passed: 23, failed: 4, skipped: 2 });
    }
}
