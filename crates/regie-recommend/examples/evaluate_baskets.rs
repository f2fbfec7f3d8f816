//! Evaluates next-basket recommendation: `evaluate_baskets tafeng` reads `tafeng_{history,future}.json.gz` in the folder
//! `REGIE_TEST_DATA`; `evaluate_baskets FILE.csv` holds out the last basket of customers with at least four. More arguments are
//! parameters, `NAME=VALUE`. Prints one JSON line.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::error::Error;
use std::io::Read;
use std::time::Instant;

use regie_recommend::baskets::BasketParameters;
use regie_recommend::evaluate::baskets::{evaluate, hold_out_last, read_csv, read_json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut parameters = BasketParameters::default();
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().ok_or("give `tafeng` or a CSV file")?;
    for argument in arguments {
        match argument.split_once('=').ok_or("a parameter is NAME=VALUE")? {
            ("group_decay", value) => parameters.group_decay = value.parse()?,
            ("group", value) => parameters.group = value.parse()?,
            ("half_life", value) => parameters.half_life = value.parse()?,
            ("size_damping", value) => parameters.size_damping = value.parse()?,
            ("m", value) => parameters.m = value.parse()?,
            ("k", value) => parameters.k = value.parse()?,
            ("query_items", value) => parameters.query_items = value.parse()?,
            ("neighbours", value) => parameters.neighbours = value.parse()?,
            ("popularity", value) => parameters.popularity = value.parse()?,
            (name, _) => return Err(format!("unknown parameter {name}").into()),
        }
    }
    let (history, future) = if data == "tafeng" {
        let folder = std::env::var("REGIE_TEST_DATA").map_err(|_| "set REGIE_TEST_DATA")?;
        let read = |part: &str| -> Result<_, Box<dyn Error>> {
            let mut bytes = Vec::new();
            let file = std::fs::File::open(format!("{folder}/tafeng_{part}.json.gz"))?;
            flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
            Ok(read_json(&bytes)?)
        };
        (read("history")?, read("future")?)
    } else {
        hold_out_last(read_csv(&std::fs::read(data)?)?, 4)
    };
    let began = Instant::now();
    let clock = || u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let report = evaluate(&history, &future, parameters, &[10, 20], clock, |_| {})?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
