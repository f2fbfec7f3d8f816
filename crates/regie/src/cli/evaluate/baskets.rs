//! `regie evaluate baskets --history F --future F`: the next basket of each customer.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use regie_recommend::baskets::BasketParameters;
use regie_recommend::evaluate::baskets::{BasketReader, History, evaluate, read_json};

use super::super::bar;
use super::parameters::set;
use super::problem::EvaluateError;
use super::{clock, input, say, table};

/// The lengths of the lists.
const LENGTHS: [usize; 2] = [10, 20];

#[derive(Debug, Args)]
pub(super) struct Baskets {
    /// What customers bought before.
    #[arg(long, value_name = "FILE")]
    history: PathBuf,
    /// What they bought next: the first basket of each counts.
    #[arg(long, value_name = "FILE")]
    future: PathBuf,
    /// The form of both files, plain or gzip; without it by their names.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    parameters: Flags,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// `{"customer": [[-1], [items], …, [-1]]}`, baskets in order of time.
    Json,
    /// `customer,basket,time,item` with a header, one line an item; Unix seconds.
    Csv,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Parameters")]
struct Flags {
    /// What a basket weighs less for each group of newer ones.
    #[arg(long, value_name = "FACTOR")]
    group_decay: Option<f64>,
    /// Baskets of a group.
    #[arg(long, value_name = "N")]
    group: Option<usize>,
    /// Seconds after which a basket counts for half; 0: never.
    #[arg(long, value_name = "SECONDS")]
    half_life: Option<u32>,
    /// A basket of s items weighs s to the power of minus a quarter of this.
    #[arg(long, value_name = "N")]
    size_damping: Option<u8>,
    /// Customers that are looked at for each item.
    #[arg(long, value_name = "N")]
    m: Option<usize>,
    /// The most alike of those: the papers' k.
    #[arg(long, value_name = "N")]
    neighbours: Option<usize>,
    /// The strongest items of a customer, by which neighbours are sought.
    #[arg(long, value_name = "N")]
    query_items: Option<usize>,
    /// What the neighbours' mean weighs, the customer's own baskets weighing 1.
    #[arg(long, value_name = "NUMBER")]
    neighbours_weight: Option<f64>,
    /// What popularity weighs.
    #[arg(long, value_name = "NUMBER")]
    popularity_weight: Option<f64>,
}

pub(super) fn run(wanted: &Baskets) -> Result<(), EvaluateError> {
    let parameters = wanted.parameters.over_defaults();
    parameters.validate().map_err(EvaluateError::BasketParameters)?;
    let history = read(&wanted.history, wanted.format)?;
    let future = read(&wanted.future, wanted.format)?;
    if history.iter().all(|customer| customer.baskets.is_empty()) {
        return Err(EvaluateError::NothingToLearn { file: wanted.history.clone() });
    }
    if future.iter().all(|customer| customer.baskets.is_empty()) {
        return Err(EvaluateError::NothingToPredict { file: wanted.future.clone() });
    }
    let progress = bar("Learning and predicting");
    progress.set_length(future.len() as u64);
    let report = evaluate(&history, &future, parameters, &LENGTHS, clock(), |done| progress.set_position(done as u64))
        .map_err(EvaluateError::BasketParameters)?;
    progress.finish_and_clear();
    say(&if wanted.json { super::json(&report)? } else { table::baskets(&report, &LENGTHS) });
    Ok(())
}

fn read(file: &Path, format: Option<Format>) -> Result<Vec<History>, EvaluateError> {
    let format = format.or_else(|| by_name(file)).ok_or_else(|| EvaluateError::FormatUnknown { file: file.to_owned() })?;
    let histories = match format {
        Format::Json => read_json(&input::whole(file)?),
        Format::Csv => {
            let mut reader = BasketReader::new();
            input::lines(file, |line| reader.line(line))?;
            reader.finish()
        }
    };
    histories.map_err(|problem| input::wrong(file, problem))
}

fn by_name(file: &Path) -> Option<Format> {
    let name = file.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let forms = [(".json", Format::Json), (".csv", Format::Csv)];
    forms.into_iter().find(|(end, _)| name.ends_with(end)).map(|(_, format)| format)
}

impl Flags {
    fn over_defaults(&self) -> BasketParameters {
        let mut all = BasketParameters::default();
        set(&mut all.group_decay, self.group_decay);
        set(&mut all.group, self.group);
        set(&mut all.half_life, self.half_life);
        set(&mut all.size_damping, self.size_damping);
        set(&mut all.m, self.m);
        set(&mut all.k, self.neighbours);
        set(&mut all.query_items, self.query_items);
        set(&mut all.neighbours, self.neighbours_weight);
        set(&mut all.popularity, self.popularity_weight);
        all
    }
}
