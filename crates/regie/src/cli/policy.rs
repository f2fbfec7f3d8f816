//! `regie policy check FILE`: is this policy one that can be adopted? `regie policy diff OLD NEW`: what does a newer one change?

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Subcommand;
use regie_domain::policy::Policy;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a policy file: every problem with its line, its key and what to do.
    Check {
        /// The policy file.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what a newer policy changes: what customers read of it, and which consents end with it.
    Diff {
        /// The policy file in force.
        old: PathBuf,
        /// The newer one.
        new: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    let (file, json) = match command {
        Command::Check { file, json } => (file, json),
        Command::Diff { old, new, json } => return super::policy_diff::run(&old, &new, json),
    };
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read the policy {}", file.display()))?;
    match Policy::parse(&text) {
        Ok(policy) => {
            if json {
                println!("{}", json!({"valid": true, "version": policy.version, "digest": policy.digest, "problems": []}));
            } else {
                println!(
                    "{}: version {} can be adopted ({} purposes, {} categories, {} recipients, {} sources)",
                    file.display(),
                    policy.version,
                    policy.purposes.len(),
                    policy.categories.len(),
                    policy.recipients.len(),
                    policy.sources.len()
                );
            }
            Ok(())
        }
        Err(problems) => {
            if json {
                let all: Vec<_> = problems
                    .0
                    .iter()
                    .map(|p| json!({"line": p.line, "column": p.column, "key": p.key, "code": p.code, "message": p.message, "remedy": p.remedy}))
                    .collect();
                println!("{}", json!({"valid": false, "problems": all}));
            } else {
                println!("{problems}");
            }
            bail!("{} cannot be adopted: {} problem(s)", file.display(), problems.0.len());
        }
    }
}
