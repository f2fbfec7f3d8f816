//! `decide` at random over many customers, against one dependent random memory access over the same bytes. Prints JSON lines.
//!
//! `cargo run --release -p regie-domain --example decide_bench [CUSTOMERS]`, 1,000,000 by default.
//!
//! Every question is timed alone; the clock's own time (its median) is taken off both. The clock waits for the loads before it, so a
//! question cannot overlap its miss with the next one's.

#[path = "../tests/consent/support.rs"]
#[expect(clippy::unwrap_used, clippy::panic, reason = "the tests' small policy")]
mod support;

use std::hint::black_box;
use std::time::Instant;

use regie_domain::consent::{Consents, Use};
use regie_domain::fact::{Choice, Chosen, Until};
use regie_domain::policy::Policy;

const QUESTIONS: u32 = 1_000_000;
const PURPOSES: [&str; 3] = ["recommendations", "model-improvement", "cross-source-profile"];

/// `SplitMix64`: the same customers every time.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

#[expect(clippy::print_stdout, reason = "an example that prints its figures")]
#[expect(clippy::cast_possible_truncation, reason = "a handful of uses")]
fn main() {
    let customers: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let policy = support::policy();
    let mut seeded = Seeded(1);
    let start = Instant::now();
    let consents = filled(&policy, customers, &mut seeded);
    let built = start.elapsed();

    let uses: Vec<Use> =
        PURPOSES.iter().flat_map(|p| ["purchases", "browsing"].map(|category| support::use_of(&policy, p, category, None))).collect();
    let now = support::at("2026-06-01T12:00:00Z");

    // The same bytes: 64 for each customer, each holding the next place to look.
    let lines: Vec<[u64; 8]> = (0..customers).map(|_| [seeded.next(); 8]).collect();
    let mut next = 1u64;
    let clock = measure(|| ());
    let access = measure(|| next = lines[scale(next, customers) as usize][0].wrapping_add(seeded.next()));
    black_box(next);
    let mut allowed = 0u32;
    let decide = measure(|| {
        let state = seeded.next();
        let u = &uses[scale(state << 32, uses.len() as u32) as usize];
        allowed += u32::from(black_box(consents.decide(&policy, Some(scale(state, customers)), u, now)).is_allow());
    });
    let clock = percentile(&clock, 50);

    println!(
        r#"{{"bench":"decide","customers":{customers},"view_bytes":{},"shapes":{},"choices_applied_per_second":{:.0},"allowed_share":{:.2}}}"#,
        consents.memory_bytes(),
        consents.shapes().len(),
        f64::from(customers) * 3.0 / built.as_secs_f64(),
        f64::from(allowed) / f64::from(QUESTIONS),
    );
    for (what, nanos) in [("random_access", &access), ("decide", &decide)] {
        println!(r#"{{"what":"{what}","p50_ns":{:.1},"p99_ns":{:.1}}}"#, percentile(nanos, 50) - clock, percentile(nanos, 99) - clock);
    }
    println!(r#"{{"decide_over_access_p50":{:.2}}}"#, (percentile(&decide, 50) - clock) / (percentile(&access, 50) - clock));
}

/// A number below `n` from the upper half of `state`.
fn scale(state: u64, n: u32) -> u32 {
    (((state >> 32) * u64::from(n)) >> 32) as u32
}

/// Sorted nanoseconds per question, the clock's own included.
fn measure(mut ask: impl FnMut()) -> Vec<f64> {
    let mut nanos: Vec<f64> = (0..QUESTIONS)
        .map(|_| {
            let start = Instant::now();
            ask();
            start.elapsed().as_nanos() as f64
        })
        .collect();
    nanos.sort_by(f64::total_cmp);
    nanos
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[sorted.len() * percent / 100]
}

/// Three choices each: most narrow nothing, some end soon, some refuse or withdraw.
fn filled(policy: &Policy, customers: u32, seeded: &mut Seeded) -> Consents {
    let whats = [
        Chosen::Refused,
        Chosen::Withdrawn,
        support::given(Until::Moment(support::at("2026-05-01T00:00:00Z"))),
        support::given(Until::Moment(support::at("2026-07-01T00:00:00Z"))),
        support::covering(&["browsing"], &["retailer"], &["web"], Until::Withdrawn),
    ];
    let choices = PURPOSES.map(|purpose| -> Vec<Choice> {
        let usual = support::given(Until::Withdrawn);
        whats.iter().cloned().chain(std::iter::repeat_n(usual, 5)).map(|what| support::choice(purpose, what)).collect()
    });
    let mut consents = Consents::new();
    consents.ensure(customers as usize);
    for customer in 0..customers {
        for choices in &choices {
            consents.apply(policy, customer, &choices[scale(seeded.next(), 10) as usize]);
        }
    }
    consents
}
