//! Times predictions on a click file again and again, keeping each question's fastest time: for comparing two versions of the
//! code on a machine that also does other things. `hot NAME [ROUNDS] [vmis|vstan] [all|MIN-MAX] [reasons]`, files as for `evaluate_tsv`.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::time::Instant;

use regie_recommend::{CustomerSlot, ItemId, ItemKey, Model, Parameters, Scratch, Session, SessionKey};

type Sessions = BTreeMap<u64, Vec<(f64, u64)>>;

fn read(name: &str, part: &str) -> Result<Sessions, Box<dyn Error>> {
    let folder = std::env::var("REGIE_TEST_DATA").map_err(|_| "set REGIE_TEST_DATA")?;
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(format!("{folder}/{name}-{part}.tsv.gz"))?).read_to_string(&mut text)?;
    let mut sessions = Sessions::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split('\t');
        let mut field = || fields.next().ok_or("a field is missing");
        let (session, item, time) = (field()?.parse()?, field()?.parse()?, field()?.parse()?);
        sessions.entry(session).or_default().push((time, item));
    }
    sessions.values_mut().for_each(|events| events.sort_by(|a, b| a.0.total_cmp(&b.0)));
    Ok(sessions)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let name = arguments.get(1).ok_or("give a name")?;
    let rounds: usize = arguments.get(2).map_or(Ok(5), |rounds| rounds.parse())?;
    let mut parameters = if arguments.get(3).is_some_and(|name| name == "vstan") { Parameters::default() } else { Parameters::vmis() };
    parameters.max_session_items = 4_096;
    let mut model = Model::new(parameters)?;
    let train = read(name, "train")?;
    let mut lengths: Vec<usize> = train.values().map(Vec::len).collect();
    lengths.sort_unstable();
    let longest = lengths[lengths.len() * 995 / 1000];
    let mut items = |events: &[(f64, u64)]| -> Vec<ItemId> { events.iter().map(|event| model.intern(ItemKey(event.1))).collect() };
    let rows: Vec<_> = train.iter().filter(|row| row.1.len() <= longest).map(|(key, events)| (*key, events[0].0, items(events))).collect();
    let tests: Vec<Vec<ItemId>> = read(name, "test")?.values().map(|events| items(events)).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of this century")]
    model.build((0..).zip(&rows).map(|(customer, (key, start, items))| Session {
        customer: CustomerSlot(customer),
        key: SessionKey(*key),
        start: *start as u32,
        items,
    }));
    let window = parameters.max_items;
    let reasons = arguments.get(5).is_some_and(|word| word == "reasons");
    let visits: Vec<&[ItemId]> = tests.iter().flat_map(|test| (1..test.len()).map(|t| &test[t.saturating_sub(window)..t])).collect();
    let mut fastest = vec![u128::MAX; visits.len()];
    let (mut scratch, mut out, mut sum) = (Scratch::new(), Vec::new(), 0_usize);
    for _ in 0..rounds {
        for (visit, fastest) in visits.iter().zip(&mut fastest) {
            let started = Instant::now();
            if reasons {
                model.predict(visit, 20, |_| true, &mut scratch, &mut out);
            } else {
                model.predict_without_reasons(visit, 20, |_| true, &mut scratch, &mut out);
            }
            *fastest = started.elapsed().as_nanos().min(*fastest);
            sum += out.len();
        }
    }
    for len in 1..=window {
        let some: Vec<u128> = visits.iter().zip(&fastest).filter(|(visit, _)| visit.len() == len).map(|(_, time)| *time).collect();
        print!("{len}:{:.1} ", some.iter().sum::<u128>() as f64 / 1e3 / some.len().max(1) as f64);
    }
    let mean = fastest.iter().sum::<u128>() as f64 / fastest.len() as f64;
    fastest.sort_unstable();
    let at = |part: usize| fastest[fastest.len() * part / 100] as f64 / 1e3;
    println!("mean {:.2} µs ({:.0}/s) p50 {:.1} p90 {:.1} p99 {:.1}, {sum}", mean / 1e3, 1e9 / mean, at(50), at(90), at(99));
    Ok(())
}
