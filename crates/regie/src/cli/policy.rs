//! `regie policy check FILE`: is this policy one that can be adopted? `regie policy diff OLD NEW`: what does a newer one change?
//! `regie policy register`, `notice`, `dpia`: what has to be written down about it, generated, and held against what a data folder
//! shows.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use regie_domain::policy::Policy;
use regie_store::{MasterKey, SqliteStore};
use serde_json::json;

use super::{bar, say};
use crate::http::pages::words::Language;
use crate::register::{Register, Seen};

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
    /// The register of processing (Article 30 GDPR); with --data, held against what is really kept, used and disclosed.
    Register {
        /// How it is written.
        #[arg(long, value_enum, default_value_t = Format::Html)]
        format: Format,
        #[command(flatten)]
        of: Of,
    },
    /// What customers are told (Articles 13 and 14 GDPR), as a page.
    Notice {
        #[command(flatten)]
        of: Of,
    },
    /// The skeleton of a data protection impact assessment (Article 35 GDPR), in Markdown.
    Dpia {
        #[command(flatten)]
        of: Of,
    },
}

/// How a register is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A page for people that stands by itself.
    Html,
    /// A table: a row for each purpose and category.
    Csv,
    /// For programs, in both languages.
    Json,
}

/// What it is made from.
#[derive(Debug, Args)]
pub(super) struct Of {
    /// The policy file. Without it: the one in force in the data folder, else the built-in one.
    file: Option<PathBuf>,
    /// The data folder to hold it against, also beside a running server. Read whole: about a minute for ten million facts.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The file that holds the master key, where it is not in the data folder.
    #[arg(long, value_name = "FILE", env = "REGIE_MASTER_KEY_FILE", requires = "data")]
    master_key_file: Option<PathBuf>,
    /// The language: nl or en.
    #[arg(long, default_value = "nl", value_parser = language)]
    lang: Language,
}

fn language(tag: &str) -> Result<Language, String> {
    Language::of_tag(tag).ok_or_else(|| "choose nl or en".into())
}

impl Of {
    fn read(&self) -> anyhow::Result<(Policy, Option<Seen>)> {
        let seen = self.data.as_ref().map(|data| {
            let master = match &self.master_key_file {
                Some(file) => MasterKey::from_file(file)?,
                None => MasterKey::load(data)?,
            };
            let store = SqliteStore::open_read_only(data, &master)?;
            let progress = bar("Reading the log");
            let seen = Seen::read(data, &store, &mut |done, of| {
                progress.set_length(of);
                progress.set_position(done);
            });
            progress.finish_and_clear();
            anyhow::Ok(seen?)
        });
        let seen = seen.transpose()?;
        let text = match (&self.file, &seen) {
            (Some(file), _) => std::fs::read_to_string(file).with_context(|| format!("cannot read the policy {}", file.display()))?,
            (None, Some(Seen { policy: Some(text), .. })) => text.clone(),
            (None, _) => crate::BUILT_IN_POLICY.to_owned(),
        };
        let adopted = self.file.is_none() && seen.is_some();
        let policy = match Policy::parse(&text) {
            Ok(policy) => policy,
            // It is in force by the rules of its time, whatever today's say of it.
            Err(problems) => Policy::reread(&text)
                .filter(|_| adopted)
                .ok_or_else(|| anyhow::anyhow!("the policy cannot be adopted; regie policy check says why:\n{problems}"))?,
        };
        Ok((policy, seen))
    }
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    let (of, format) = match command {
        Command::Check { file, json } => return check(&file, json),
        Command::Diff { old, new, json } => return super::policy_diff::run(&old, &new, json),
        Command::Register { format, of } => (of, Some(format)),
        Command::Notice { of } => {
            let (policy, seen) = of.read()?;
            say(&Register::new(&policy, seen.as_ref(), of.lang).notice()?);
            return Ok(());
        }
        Command::Dpia { of } => (of, None),
    };
    let (policy, seen) = of.read()?;
    let register = Register::new(&policy, seen.as_ref(), of.lang);
    match format {
        Some(Format::Html) => say(&register.html()?),
        Some(Format::Csv) => say(&register.csv()?),
        Some(Format::Json) => say(&format!("{:#}", register.json())),
        None => say(&register.dpia()?),
    }
    Ok(())
}

fn check(file: &std::path::Path, json: bool) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read the policy {}", file.display()))?;
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

#[cfg(test)]
mod tests {
    use regie_domain::fact::{Fact, PolicyAdopted};
    use regie_domain::ids::RecordId;
    use regie_domain::time::Time;
    use regie_store::{Batch, NewRow, Store};

    use super::*;

    /// What was adopted by the rules of its time is in force, whatever today's rules say of it; a file has to keep today's.
    #[test]
    fn a_register_of_a_folder_reads_the_policy_that_was_adopted_there() {
        let dir = tempfile::tempdir().unwrap();
        let master = MasterKey::generate_in(dir.path()).unwrap();
        let mode = "[consent_mode]\n";
        let text = crate::BUILT_IN_POLICY.replacen(mode, &format!("{mode}ad_storage = [\"device-storage\"]\n"), 1);
        assert!(Policy::parse(&text).is_err() && Policy::reread(&text).is_some());
        let adopted = PolicyAdopted { version: "1".into(), text: text.clone(), digest: String::new(), at: Time::from_seconds(1) };
        let payload = serde_json::to_vec(&Fact::PolicyAdopted(adopted)).unwrap();
        let row = NewRow { record: RecordId::RETAILER, n: 0, choice: false, payload, leaf: None };
        let store = SqliteStore::open(dir.path(), &master).unwrap();
        store.append(Batch { new_records: vec![RecordId::RETAILER], rows: vec![row], ..Batch::default() }).unwrap();
        drop(store);
        let file = dir.path().join("policy.toml");
        std::fs::write(&file, &text).unwrap();
        let of = |file| Of { file, data: Some(dir.path().to_owned()), master_key_file: None, lang: Language::English };
        assert_eq!(of(None).read().unwrap().0.text, text);
        assert!(of(Some(file)).read().is_err());
    }
}
