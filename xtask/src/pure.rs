//! The proof that the pure crates know no input or output, clock, randomness or threads.
//!
//! Two ways to cheat are closed: a dependency that can do it, and the standard library itself. Tests in `tests/` may read files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run::{cargo, output, root, say};

/// The crates that hold rules only.
const PURE: [&str; 2] = ["regie-domain", "regie-recommend"];

/// Crates that read or write, keep time, draw randomness or start threads. The first word of a line of `cargo tree`.
const FORBIDDEN_CRATES: [&str; 24] = [
    "async-std",
    "aws-lc-rs",
    "axum",
    "chrono",
    "crossbeam-channel",
    "fastrand",
    "getrandom",
    "hyper",
    "memmap2",
    "mio",
    "nix",
    "parking_lot",
    "rand",
    "rayon",
    "reqwest",
    "ring",
    "rusqlite",
    "rustix",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "uuid",
];

/// Modules of the standard library that do, and calls of libraries that read the clock or the machine's settings.
const FORBIDDEN_STD: [&str; 9] = ["env", "fs", "io", "net", "os", "process", "thread", "time::Instant", "time::SystemTime"];
const FORBIDDEN_CALLS: [&str; 6] =
    ["Timestamp::now(", "ZonedDateTime::now(", "TimeZone::system(", "RandomState::new(", "println!(", "eprintln!("];

/// Checks both crates and lists every offence.
///
/// # Errors
/// There is one, or a crate could not be read.
pub(crate) fn prove() -> Result<()> {
    let mut offences = Vec::new();
    for name in PURE {
        let tree = output(cargo().args(["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", name]))
            .with_context(|| format!("`cargo tree` failed for {name}"))?;
        // A crate that is reached in several ways has as many lines; the first line is the crate itself.
        let dependencies: BTreeSet<&str> = tree.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
        for dependency in &dependencies {
            if FORBIDDEN_CRATES.contains(dependency) {
                offences.push(format!("{name} depends on {dependency}"));
            }
        }
        let mut files = Vec::new();
        rust_files(&root().join("crates").join(name).join("src"), &mut files)?;
        for file in &files {
            let text = fs::read_to_string(file)?;
            offences.extend(found_in(&text).into_iter().map(|what| format!("{}: {what}", file.display())));
        }
        say(&format!("{name}: {} crates beneath it, {} files of its own", dependencies.len(), files.len()));
    }
    if !offences.is_empty() {
        bail!("the pure crates are not pure:\n  {}", offences.join("\n  "));
    }
    say("the pure crates know no input or output, clock, randomness or threads");
    Ok(())
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Every forbidden path in a source text. Reads words, not syntax: `std::{fs, io::Read}` is taken apart, comments are left out.
fn found_in(text: &str) -> Vec<String> {
    let mut code: String = text.lines().map(|line| line.split("//").next().unwrap_or(line)).collect::<Vec<_>>().join("\n");
    code.retain(|c| !c.is_whitespace());
    let mut found: Vec<String> = FORBIDDEN_CALLS.iter().filter(|call| code.contains(**call)).map(|call| (*call).to_owned()).collect();
    for (at, _) in code.match_indices("std::") {
        let path = &code[at + "std::".len()..];
        let names = if path.starts_with('{') { group(path) } else { vec![path.to_owned()] };
        for name in names {
            found.extend(FORBIDDEN_STD.iter().filter(|module| begins(&name, module)).map(|module| format!("std::{module}")));
        }
    }
    found
}

/// Is `path` the module or inside it? `time::{Duration, Instant}` is inside `time::Instant`.
fn begins(path: &str, module: &str) -> bool {
    if let Some(rest) = path.strip_prefix(module) {
        return !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    }
    match module.split_once("::") {
        Some((outer, inner)) => path
            .strip_prefix(outer)
            .and_then(|rest| rest.strip_prefix("::"))
            .is_some_and(|rest| group(rest).iter().any(|name| begins(name, inner))),
        None => false,
    }
}

/// The members of the braces that `text` begins with; none if it begins otherwise.
fn group(text: &str) -> Vec<String> {
    let mut members = vec![String::new()];
    let mut depth = 0usize;
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
        match (c, depth) {
            ('{', 1) => {}
            (',', 1) => members.push(String::new()),
            _ => members.last_mut().into_iter().for_each(|member| member.push(c)),
        }
    }
    members.retain(|member| !member.is_empty());
    members
}

#[cfg(test)]
mod tests {
    use super::found_in;

    #[test]
    fn what_reads_or_writes_is_found() {
        for (code, expected) in [
            ("use std::fs;", vec!["std::fs"]),
            ("use std::fs::File;", vec!["std::fs"]),
            ("use std::{fmt, fs};", vec!["std::fs"]),
            ("use std::{\n    collections::{BTreeMap, HashMap},\n    io::{self, Read},\n};", vec!["std::io"]),
            ("let now = std::time::SystemTime::now();", vec!["std::time::SystemTime"]),
            ("use std::time::{Duration, Instant};", vec!["std::time::Instant"]),
            ("use std::{time::{Duration, Instant}};", vec!["std::time::Instant"]),
            ("let now = jiff::Timestamp::now();", vec!["Timestamp::now("]),
            ("std::thread::spawn(f); std::env::var(\"A\")", vec!["std::thread", "std::env"]),
        ] {
            assert_eq!(found_in(code), expected, "{code}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not() {
        for code in
            ["use std::time::Duration;", "// std::fs is not used", "use std::iter::once;", "use std::{fmt, iter};", "use std::osprey;"]
        {
            assert!(found_in(code).is_empty(), "{code}: {:?}", found_in(code));
        }
    }
}
