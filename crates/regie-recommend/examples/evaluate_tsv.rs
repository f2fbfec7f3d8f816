//! Evaluates session kNN on click files by the protocol of `regie_recommend::evaluate`, and times it.
//!
//! `evaluate_tsv TRAIN TEST [vmis] [tune[=SEED]] [m=500] [k=100] …`, or `evaluate_tsv NAME …` for `NAME-train.tsv.gz` and
//! `NAME-test.tsv.gz` in the folder `REGIE_TEST_DATA`. Files hold `SessionId<TAB>ItemId<TAB>Time` with a header, plain or
//! gzip. Prints one JSON line. Training sessions longer than the 99.5th percentile are left out; one thread, no warm-up.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the command line")]

use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::time::Instant;

use regie_recommend::evaluate::clicks::{ClickReader, Clicks, leave_out_longest};
use regie_recommend::evaluate::report::Evaluation;
use regie_recommend::tune::{Settings, tune};
use regie_recommend::{Parameters, VisitDecay};

fn read(path: &PathBuf) -> Result<Vec<Clicks>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    let named = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    std::fs::File::open(path).map_err(|e| named(&e))?.read_to_end(&mut bytes)?;
    let gzip = bytes.starts_with(&[0x1f, 0x8b]);
    let file: Box<dyn Read> = if gzip { Box::new(flate2::read::MultiGzDecoder::new(bytes.as_slice())) } else { Box::new(bytes.as_slice()) };
    let (mut file, mut line, mut reader) = (BufReader::new(file), Vec::new(), ClickReader::new());
    while file.read_until(b'\n', &mut line)? > 0 {
        reader.line(&line).map_err(|e| named(&e))?;
        line.clear();
    }
    Ok(reader.finish().map_err(|e| named(&e))?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut paths, mut parameters, mut seed) = (Vec::new(), Parameters::default(), None);
    for argument in std::env::args().skip(1) {
        match argument.split_once('=').unwrap_or((&argument, "")) {
            ("vmis", "") => parameters = Parameters::vmis(),
            ("tune", value) => seed = Some(value.parse().unwrap_or(1)),
            ("m", value) => parameters.m = value.parse()?,
            ("k", value) => parameters.k = value.parse()?,
            ("max_items", value) => parameters.max_items = value.parse()?,
            ("spw", value) => parameters.decay = VisitDecay::Exponential { factor: value.parse()? },
            ("ipw", value) => parameters.ipw = value.parse()?,
            ("inh_after", value) => parameters.inh_after = value.parse()?,
            ("inh_before", value) => parameters.inh_before = value.parse()?,
            ("before", value) => parameters.before = value.parse()?,
            ("next", value) => parameters.next = value.parse()?,
            ("again", value) => parameters.again = value.parse()?,
            ("alike", value) => parameters.alike = value.parse()?,
            ("visit_idf", value) => parameters.visit_idf = value.parse()?,
            ("damping", value) => parameters.damping = value.parse()?,
            ("snh_half_life", value) => parameters.snh_half_life = value.parse()?,
            ("repeat", value) => parameters.repeat_current = value.parse()?,
            (_, "") => paths.push(argument),
            (name, _) => return Err(format!("unknown parameter {name}").into()),
        }
    }
    parameters.max_session_items = 4_096;
    let [train, test] = match paths.as_slice() {
        [train, test] => [PathBuf::from(train), PathBuf::from(test)],
        [name] => {
            let folder = PathBuf::from(std::env::var("REGIE_TEST_DATA").map_err(|_| "set REGIE_TEST_DATA")?);
            ["train", "test"].map(|part| folder.join(format!("{name}-{part}.tsv.gz")))
        }
        _ => return Err("give a train and a test file, or a name".into()),
    };
    let (mut train, test) = (read(&train)?, read(&test)?);
    leave_out_longest(&mut train);
    let began = Instant::now();
    if let Some(seed) = seed {
        let tuned = tune(&train, Settings { seed, start: parameters, ..Settings::default() }, |_| {})?;
        eprintln!("{:.1} s, {tuned:?}", began.elapsed().as_secs_f64());
        parameters = tuned.parameters;
    }
    let clock = || u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let report = Evaluation::new(&train, &test, parameters, clock)?.run(20, clock, |_| {});
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
