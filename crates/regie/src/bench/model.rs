//! `regie bench model`: the recommender's model alone, at growing sizes: learning, asking and forgetting among made-up sessions.
//!
//! Customers have four sessions each, of one to eight items (4.5 on average) out of 100,000 by Zipf's law; two sessions start each
//! second. At each size the model is built, then in turn one visit is asked, one session learned, one customer forgotten.

use std::time::Instant;

use regie_recommend::{CustomerSlot, ItemId, ItemKey, Model, Parameters, Scratch, Session, SessionKey};

use super::seeded::Seeded;
use super::{Figure, Times, Watch, precise};

const BENCH: &str = "model";
const ITEMS: u32 = 100_000;
const SESSIONS_EACH: u32 = 4;
const TURNS: u32 = 20_000;
/// Promised at a million sessions, and near flat from a tenth to ten times as many.
const LEARN_P50_MICROS_MAX: f64 = 20.0;
const FORGET_P50_MICROS_MAX: f64 = 50.0;
const FORGET_P99_MICROS_MAX: f64 = 1000.0;
/// Promised at ten million sessions.
const BYTES_PER_EVENT_MAX: f64 = 60.0;

/// Measures a model of each of these numbers of sessions.
///
/// # Errors
/// Those of the model.
pub fn run(sizes: &[u32], watch: &mut dyn Watch) -> anyhow::Result<()> {
    let mut seeded = Seeded(1);
    for &sessions in sizes {
        one(sessions, &mut seeded, watch)?;
    }
    Ok(())
}

fn one(sessions: u32, seeded: &mut Seeded, watch: &mut dyn Watch) -> anyhow::Result<()> {
    watch.progress("building", 0, 1);
    let mut model = Model::new(Parameters::default())?;
    for key in 0..u64::from(ITEMS) {
        model.intern(ItemKey(key.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
    let (mut flat, mut ends) = (Vec::new(), vec![0]);
    for _ in 0..sessions {
        draw(seeded, &mut flat);
        ends.push(flat.len());
    }
    let customers = (sessions / SESSIONS_EACH).max(1);
    let began = Instant::now();
    model.build((0..).zip(ends.windows(2)).map(|(number, ends)| session(number, customers, &flat[ends[0]..ends[1]])));
    let built = began.elapsed();
    let (events, bytes) = (flat.len() as u64, model.memory_bytes() as u64);
    drop((flat, ends));

    let (mut learn, mut ask, mut forget) = (Times::default(), Times::default(), Times::default());
    let (mut items, mut scratch, mut answer) = (Vec::new(), Scratch::new(), Vec::new());
    for turn in 0..TURNS {
        if turn % 1000 == 0 {
            watch.progress("asking, learning, forgetting", turn.into(), TURNS.into());
        }
        items.clear();
        draw(seeded, &mut items);
        let began = Instant::now();
        model.predict(&items, 20, |_| true, &mut scratch, &mut answer);
        ask.push(began.elapsed());

        let next = session(sessions + turn, customers, &items);
        let began = Instant::now();
        model.learn(next);
        learn.push(began.elapsed());

        let customer = CustomerSlot(seeded.below(customers));
        let began = Instant::now();
        let forgotten = model.forget(customer);
        if forgotten > 0 {
            forget.push(began.elapsed());
        }
    }

    let told = |figure: Figure| figure.with("sessions", sessions).with("events", events);
    watch.figure(told(Figure::millis(BENCH, "build", built)));
    watch.figure(told(Figure::new(BENCH, "memory", precise(bytes) / precise(events), "bytes/event")).at_most(BYTES_PER_EVENT_MAX));
    for (name, times, p50_max, p99_max) in [
        ("learn", &mut learn, Some(LEARN_P50_MICROS_MAX), None),
        ("ask", &mut ask, None, None),
        ("forget_customer", &mut forget, Some(FORGET_P50_MICROS_MAX), Some(FORGET_P99_MICROS_MAX)),
    ] {
        for (percent, most) in [(50, p50_max), (99, p99_max)] {
            let figure = told(Figure::micros(BENCH, format!("{name}_p{percent}"), times.quantile(percent))).with("times", times.len());
            watch.figure(match most {
                Some(most) => figure.at_most(most),
                None => figure,
            });
        }
    }
    Ok(())
}

/// Adds the items of one session.
fn draw(seeded: &mut Seeded, into: &mut Vec<ItemId>) {
    for _ in 0..=seeded.below(8) {
        into.push(ItemId(seeded.zipf(ITEMS)));
    }
}

fn session(number: u32, customers: u32, items: &[ItemId]) -> Session<'_> {
    Session {
        customer: CustomerSlot(number % customers),
        key: SessionKey(u64::from(number).wrapping_mul(0xd6e8_feb8_6659_fd93)),
        start: number / 2,
        items,
    }
}
