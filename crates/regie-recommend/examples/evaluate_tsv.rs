//! Evaluates session kNN on click files by the protocol of `regie_recommend::evaluate`, and times it.
//!
//! `evaluate_tsv TRAIN TEST [m=500] [k=100] [max_items=9] [factor=0.8] [repeat=true] [reasons=true]`, or `evaluate_tsv NAME …` for
//! `NAME-train.tsv.gz` and `NAME-test.tsv.gz` in the folder `REGIE_TEST_DATA`. Files hold
//! `SessionId<TAB>ItemId<TAB>Time` with a header, plain or gzip. Prints one JSON line. Training sessions longer than the
//! 99.5th percentile are left out, as VMIS-kNN does; one thread, no warm-up.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::time::Instant;

use regie_recommend::{CustomerSlot, ItemId, ItemKey, Model, Parameters, Scratch, Session, SessionKey, VisitDecay, evaluate};

const N: usize = 20;

struct Read1 {
    key: u64,
    start: u32,
    items: Vec<u64>,
}

/// Sessions in order of their key, events in order of time.
fn read(path: &PathBuf) -> Result<Vec<Read1>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(|e| format!("{}: {e}", path.display()))?.read_to_end(&mut bytes)?;
    let gzip = bytes.starts_with(&[0x1f, 0x8b]);
    let reader: Box<dyn Read> =
        if gzip { Box::new(flate2::read::MultiGzDecoder::new(bytes.as_slice())) } else { Box::new(bytes.as_slice()) };
    let mut sessions: HashMap<u64, Vec<(f64, u64)>> = HashMap::new();
    for (line, text) in BufReader::new(reader).lines().enumerate().skip(1) {
        let text = text?;
        let wrong = || format!("{}, line {}: expected session, item and time, got {text:?}", path.display(), line + 1);
        let mut fields = text.split('\t');
        let mut field = || fields.next().ok_or_else(wrong);
        let (session, item, time) = (field()?, field()?, field()?);
        let event = (time.parse().map_err(|_| wrong())?, item.parse().map_err(|_| wrong())?);
        sessions.entry(session.parse().map_err(|_| wrong())?).or_default().push(event);
    }
    let mut read: Vec<_> = sessions
        .into_iter()
        .map(|(key, mut events)| {
            events.sort_by(|a, b| a.0.total_cmp(&b.0));
            #[expect(clippy::cast_possible_truncation, reason = "seconds of this century")]
            #[expect(clippy::cast_sign_loss, reason = "seconds of this century")]
            let start = events[0].0 as u32;
            Read1 { key, start, items: events.into_iter().map(|(_, item)| item).collect() }
        })
        .collect();
    read.sort_by_key(|session| session.key);
    Ok(read)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut parameters = Parameters { max_session_items: 4_096, ..Parameters::vmis() };
    let (mut paths, mut reasons) = (Vec::new(), false);
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            None => paths.push(argument),
            Some(("m", value)) => parameters.m = value.parse()?,
            Some(("k", value)) => parameters.k = value.parse()?,
            Some(("max_items", value)) => parameters.max_items = value.parse()?,
            Some(("factor", value)) => parameters.decay = VisitDecay::Exponential { factor: value.parse()? },
            Some(("reasons", value)) => reasons = value.parse()?,
            Some(("repeat", value)) => parameters.repeat_current = value.parse()?,
            Some((name, _)) => return Err(format!("unknown parameter {name}").into()),
        }
    }
    let [train, test] = match paths.as_slice() {
        [train, test] => [PathBuf::from(train), PathBuf::from(test)],
        [name] => {
            let folder = PathBuf::from(std::env::var("REGIE_TEST_DATA").map_err(|_| "set REGIE_TEST_DATA")?);
            ["train", "test"].map(|part| folder.join(format!("{name}-{part}.tsv.gz")))
        }
        _ => return Err("give a train and a test file, or a name".into()),
    };
    let (mut train, test) = (read(&train)?, read(&test)?);
    let mut lengths: Vec<usize> = train.iter().map(|session| session.items.len()).collect();
    lengths.sort_unstable();
    let longest = lengths.get(lengths.len() * 995 / 1000).copied().unwrap_or(usize::MAX);
    train.retain(|session| session.items.len() <= longest);

    let started = Instant::now();
    let mut model = Model::new(parameters)?;
    let intern = |model: &mut Model, sessions: &[Read1]| -> Vec<Vec<ItemId>> {
        let items = |session: &Read1| session.items.iter().map(|&item| model.intern(ItemKey(item))).collect();
        sessions.iter().map(items).collect()
    };
    let train_items = intern(&mut model, &train);
    let items = model.item_count();
    model.build((0..).zip(train.iter().zip(&train_items)).map(|(customer, (session, items))| Session {
        customer: CustomerSlot(customer),
        key: SessionKey(session.key),
        start: session.start,
        items,
    }));
    let build_seconds = started.elapsed().as_secs_f64();
    let memory_bytes = model.memory_bytes();
    let test_items = intern(&mut model, &test);

    let (mut scratch, mut out, mut nanoseconds) = (Scratch::new(), Vec::new(), Vec::new());
    let sessions = test_items.iter().map(Vec::as_slice);
    let metrics = evaluate::next_item(sessions, N, parameters.max_items, |input, answer| {
        let asked = Instant::now();
        if reasons {
            model.predict(input, N, |_| true, &mut scratch, &mut out);
        } else {
            model.predict_without_reasons(input, N, |_| true, &mut scratch, &mut out);
        }
        nanoseconds.push(asked.elapsed().as_nanos());
        answer.extend(out.iter().map(|scored| scored.item));
    });
    let per_second = nanoseconds.len() as f64 / (nanoseconds.iter().sum::<u128>() as f64 / 1e9);
    nanoseconds.sort_unstable();
    let percentile = |part: usize| nanoseconds.get(nanoseconds.len() * part / 100).copied().unwrap_or(0) as f64 / 1e3;
    println!(
        "{{\"algorithm\":\"vmis\",\"parameters\":{{\"m\":{},\"k\":{},\"max_items\":{},\"decay\":\"{:?}\",\"repeat_current\":{}}},\
         \"train\":{{\"sessions\":{},\"events\":{},\"items\":{items},\"build_seconds\":{build_seconds:.3}}},\
         \"predictions\":{},\"predictions_per_second\":{per_second:.0},\
         \"latency_us\":{{\"p50\":{:.1},\"p90\":{:.1},\"p99\":{:.1}}},\"memory_bytes\":{memory_bytes},\
         \"metrics\":{{\"HR@20\":{:.4},\"MRR@20\":{:.4},\"Precision@20\":{:.4},\"Recall@20\":{:.4},\"repeat_rate\":{:.4}}}}}",
        parameters.m,
        parameters.k,
        parameters.max_items,
        parameters.decay,
        parameters.repeat_current,
        model.len(),
        train.iter().map(|session| session.items.len()).sum::<usize>(),
        metrics.predictions,
        percentile(50),
        percentile(90),
        percentile(99),
        metrics.hit_rate,
        metrics.mrr,
        metrics.precision,
        metrics.recall,
        metrics.repeat_rate,
    );
    Ok(())
}
