//! `regie evaluate --train F --test F`: the next item of a visit; and `--tune`, which first searches parameters on the training file.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use regie_recommend::evaluate::clicks::{ClickReader, Clicks as Session, leave_out_longest};
use regie_recommend::evaluate::report::{Evaluation, ParameterList, Report};
use regie_recommend::tune::{Settings, TuneError, Tuned, tune};
use regie_recommend::{Algorithm, Parameters};
use serde_json::json;

use super::super::bar;
use super::parameters::Flags;
use super::problem::EvaluateError;
use super::{clock, input, say, table};

#[derive(Debug, Args)]
pub(super) struct Clicks {
    /// What to learn from. Sessions longer than the 99.5th percentile are left out: robots and shared tills.
    #[arg(long, value_name = "FILE", required_unless_present = "audit_forgetting")]
    train: Option<PathBuf>,
    /// What to ask about: at each event of its sessions, what comes next?
    #[arg(long, value_name = "FILE", required_unless_present_any = ["tune", "audit_forgetting"])]
    test: Option<PathBuf>,
    /// The form of the files, plain or gzip.
    #[arg(long, value_enum, default_value_t = Format::Tsv)]
    format: Format,
    /// How to predict.
    #[arg(long, default_value = "vstan", value_parser = PossibleValuesParser::new(["vmis", "vstan"]).map(|name| Algorithm::from_name(&name).unwrap_or_default()))]
    algorithm: Algorithm,
    /// The length of the lists, as in HR@k.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    k: u16,
    /// Search parameters on the newest three tenths of the training file, in at most six million predictions: a minute, or a few.
    /// Then evaluate with them, or, without --test, print them for the configuration.
    #[arg(long)]
    tune: bool,
    #[command(flatten)]
    parameters: Flags,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// `SessionId<TAB>ItemId<TAB>Time` with a header; Unix seconds.
    Tsv,
}

pub(super) fn run(wanted: &Clicks, seed: u64, as_json: bool) -> Result<(), EvaluateError> {
    let mut parameters = wanted.parameters.over(wanted.algorithm)?;
    let n = usize::from(wanted.k);
    let Some(train_file) = &wanted.train else { return Ok(()) };
    let mut train = read(train_file, wanted.format)?;
    if train.is_empty() {
        return Err(EvaluateError::NothingToLearn { file: train_file.clone() });
    }
    // Before the search: whoever waits for it should not hear then that the other file is wrong.
    let test = wanted.test.as_deref().map(|file| read(file, wanted.format)).transpose()?;
    leave_out_longest(&mut train);
    let mut found = None;
    if wanted.tune {
        let tuned = search(&train, Settings { seed, n, start: parameters, ..Settings::default() })
            .map_err(|why| EvaluateError::Tune { file: train_file.clone(), why })?;
        parameters = tuned.parameters;
        found = Some(tuned);
    }
    let (Some(test), Some(test_file)) = (test, &wanted.test) else {
        return found.map_or(Ok(()), |tuned| print_found(&tuned, n, as_json));
    };

    let evaluation = Evaluation::new(&train, &test, parameters, clock()).map_err(EvaluateError::Parameters)?;
    if evaluation.predictions() == 0 {
        return Err(EvaluateError::NothingToPredict { file: test_file.clone() });
    }
    let report = ask(&evaluation, n, "Predicting");
    if as_json {
        say(&super::json(&report)?);
        return Ok(());
    }
    drop(evaluation);
    // For people the other way beside it: shops differ in whether they want to show what is being looked at.
    let other = Parameters { repeat_current: !parameters.repeat_current, ..parameters };
    let evaluation = Evaluation::new(&train, &test, other, clock()).map_err(EvaluateError::Parameters)?;
    let other = ask(&evaluation, n, "Predicting the other way");
    say(&table::clicks(&report, &other, n, found.as_ref()));
    Ok(())
}

fn ask(evaluation: &Evaluation, n: usize, what: &'static str) -> Report {
    let progress = bar(what);
    progress.set_length(evaluation.predictions() as u64);
    let report = evaluation.run(n, clock(), |done| progress.set_position(done as u64));
    progress.finish_and_clear();
    report
}

/// The sessions of a file.
pub(super) fn read(file: &Path, Format::Tsv: Format) -> Result<Vec<Session>, EvaluateError> {
    let mut reader = ClickReader::new();
    input::lines(file, |line| reader.line(line))?;
    reader.finish().map_err(|problem| input::wrong(file, problem))
}

fn search(train: &[Session], settings: Settings) -> Result<Tuned, TuneError> {
    let progress = bar("Searching parameters");
    let tuned = tune(train, settings, |now| {
        progress.set_length(now.total as u64);
        progress.set_position(now.done as u64);
    });
    progress.finish_and_clear();
    tuned
}

/// The parameters for the configuration, with what they gained where they were found.
fn print_found(tuned: &Tuned, n: usize, as_json: bool) -> Result<(), EvaluateError> {
    let Parameters { algorithm, .. } = tuned.parameters;
    let list = ParameterList::from(&tuned.parameters);
    if !as_json {
        say(&table::found(tuned, &list, n));
        return Ok(());
    }
    let metrics = |hit_rate: f64, mrr: f64| json!({format!("HR@{n}"): hit_rate, format!("MRR@{n}"): mrr});
    say(&super::json(&json!({
        "algorithm": algorithm.name(),
        "parameters": list,
        "train": {"sessions": tuned.train},
        "validation": {
            "sessions": tuned.validation,
            "metrics": metrics(tuned.hit_rate, tuned.mrr),
            "vmis_metrics": metrics(tuned.vmis_hit_rate, tuned.vmis_mrr),
        },
    }))?);
    Ok(())
}
