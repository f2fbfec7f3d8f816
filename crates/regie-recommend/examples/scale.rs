//! Times learning, asking and forgetting at growing sizes, on made-up sessions.
//!
//! `scale [SESSIONS …]` (default 100000 1000000): customers with 4 sessions each, lengths 1–8 (4.5 on average), items
//! from 100,000 by Zipf's law, two sessions a second. At each size: bulk build, bytes per event, then in turn one
//! session learned, one visit asked, one customer forgotten. Prints one JSON line for each size.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::error::Error;
use std::time::Instant;

use regie_recommend::{CustomerSlot, ItemId, ItemKey, Model, Parameters, Scratch, Session, SessionKey};

const ITEMS: usize = 100_000;
const TURNS: u32 = 20_000;

/// Numbers that look random and are the same every time (`SplitMix64`).
struct Scattered(u64);

impl Scattered {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }
}

struct World {
    scattered: Scattered,
    /// Cumulative shares of the items, the most common first.
    zipf: Vec<f64>,
}

impl World {
    fn new() -> Self {
        let mut total = 0.0;
        let weights = (1..=ITEMS).map(|rank| {
            total += 1.0 / rank as f64;
            total
        });
        let zipf: Vec<f64> = weights.collect();
        Self { scattered: Scattered(1), zipf }
    }

    fn items(&mut self, into: &mut Vec<ItemId>) {
        let total = self.zipf.last().copied().unwrap_or(1.0);
        for _ in 0..=self.scattered.next() % 8 {
            let at = (self.scattered.next() >> 11) as f64 / (1_u64 << 53) as f64 * total;
            let rank = self.zipf.partition_point(|&share| share < at);
            into.push(ItemId(u32::try_from(rank).unwrap_or(0)));
        }
    }
}

fn percentiles(name: &str, mut nanoseconds: Vec<u128>) -> String {
    nanoseconds.sort_unstable();
    let at = |part: usize| nanoseconds[nanoseconds.len() * part / 1000] as f64 / 1e3;
    let (p50, p90, p99, p999) = (at(500), at(900), at(990), at(999));
    format!("\"{name}_us\":{{\"p50\":{p50:.2},\"p90\":{p90:.2},\"p99\":{p99:.2},\"p999\":{p999:.2}}}")
}

fn session(number: u32, customers: u32, items: &[ItemId]) -> Session<'_> {
    Session {
        customer: CustomerSlot(number % customers),
        key: SessionKey(u64::from(number).wrapping_mul(0xD6E8_FEB8_6659_FD93)),
        start: number / 2,
        items,
    }
}

fn measure(sessions: u32, world: &mut World) -> Result<(), Box<dyn Error>> {
    let mut model = Model::new(Parameters::vmis())?;
    for key in 0..ITEMS as u64 {
        model.intern(ItemKey(key.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    }
    let (mut flat, mut ends) = (Vec::new(), vec![0]);
    for _ in 0..sessions {
        world.items(&mut flat);
        ends.push(flat.len());
    }
    let customers = (sessions / 4).max(1);
    let started = Instant::now();
    model.build((0..sessions).map(|number| {
        let at = number as usize;
        session(number, customers, &flat[ends[at]..ends[at + 1]])
    }));
    let build_seconds = started.elapsed().as_secs_f64();
    let (events, memory) = (flat.len(), model.memory_bytes());
    drop((flat, ends));

    let (mut learn, mut ask, mut forget) = (Vec::new(), Vec::new(), Vec::new());
    let (mut items, mut scratch, mut out) = (Vec::new(), Scratch::new(), Vec::new());
    for turn in 0..TURNS {
        items.clear();
        world.items(&mut items);
        let asked = Instant::now();
        model.predict(&items, 20, |_| true, &mut scratch, &mut out);
        ask.push(asked.elapsed().as_nanos());

        let next = session(sessions + turn, customers, &items);
        let asked = Instant::now();
        model.learn(next);
        learn.push(asked.elapsed().as_nanos());

        let random = u32::try_from(world.scattered.next() % u64::from(customers))?;
        let asked = Instant::now();
        let forgotten = model.forget(CustomerSlot(random));
        if forgotten > 0 {
            forget.push(asked.elapsed().as_nanos());
        }
    }
    println!(
        "{{\"sessions\":{sessions},\"events\":{events},\"build_seconds\":{build_seconds:.2},\"bytes_per_event\":{:.1},{},{},{}}}",
        memory as f64 / events as f64,
        percentiles("learn", learn),
        percentiles("ask", ask),
        percentiles("forget_customer", forget),
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut sizes = Vec::new();
    for argument in std::env::args().skip(1) {
        sizes.push(argument.parse()?);
    }
    if sizes.is_empty() {
        sizes = vec![100_000, 1_000_000];
    }
    let mut world = World::new();
    for size in sizes {
        measure(size, &mut world)?;
    }
    Ok(())
}
