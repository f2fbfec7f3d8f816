//! Decisions at random over many customers, given the customer's index, against one dependent random memory access over the same
//! bytes; the look-up of the index apart. (Against another engine: `bench/peers`, a workspace of its own.)
//!
//! Every question is timed alone, and the clock's own time (its median) is taken off both. The clock waits for the loads before it,
//! so a question cannot overlap its miss with the next one's. How often deciding asks for memory is counted apart, if the program was built
//! to count it (`cargo xtask bench decide` does).

use std::hint::black_box;
use std::time::Instant;

use regie_domain::policy::Policy;
use regie_domain::time::Time;

use super::crowd::{self, Die, below};
use super::{Figure, Times, Watch, allocations, precise};
use crate::engine::measure::Handles;

const BENCH: &str = "decide";
const QUESTIONS: u32 = 1_000_000;
const RATIO_MAX: f64 = 1.5;
const LINE_BYTES_MAX: f64 = 64.0;

/// Measures views of so many customers, one after another.
///
/// # Errors
/// The built-in policy cannot be read.
pub fn run(customers: &[u32], watch: &mut dyn Watch) -> anyhow::Result<()> {
    let policy = Policy::parse(crate::BUILT_IN_POLICY)?;
    for &customers in customers {
        of(&policy, customers.max(1), watch);
    }
    Ok(())
}

fn of(policy: &Policy, customers: u32, watch: &mut dyn Watch) {
    watch.progress("building", 0, u64::from(customers));
    let began = Instant::now();
    let consents = crowd::consents(policy, customers);
    let built = began.elapsed();
    let figure = |name: &str, value, unit| Figure::new(BENCH, name, value, unit).with("customers", customers);
    let bytes = precise(consents.memory_bytes() as u64) / f64::from(customers);
    let purposes = policy.purposes.iter().filter(|purpose| purpose.slot.is_some()).count();
    watch.figure(figure("choices_applied", f64::from(customers) * 3.0 / built.as_secs_f64(), "per second"));
    watch.figure(
        figure("bytes_a_customer", bytes.floor(), "bytes")
            .with("consent_purposes", purposes)
            .with("room_for", 12)
            .with("shapes", consents.shapes().len())
            .at_most(LINE_BYTES_MAX),
    );

    let uses = crowd::uses(policy);
    let kinds = u32::try_from(uses.len()).unwrap_or(1);
    let now = Time::from_seconds(crowd::NOW);
    let mut die = Die(7);
    // The same bytes: 64 for each customer, each holding the next place to look.
    let lines: Vec<[u64; 8]> = (0..customers).map(|_| [die.roll(); 8]).collect();
    let mut clock = Times::of(QUESTIONS, || ());
    let clock = clock.quantile(50);
    let mut next = 1u64;
    let mut access = Times::of(QUESTIONS, || next = lines[below(next, customers) as usize][0].wrapping_add(die.roll()));
    black_box(next);
    let mut allowed = 0u32;
    let mut decided = Times::of(QUESTIONS, || {
        let bits = die.roll();
        let asked = &uses[below(bits << 32, kinds) as usize];
        allowed += u32::from(black_box(consents.decide(policy, Some(below(bits, customers)), asked, now)).is_allow());
    });
    drop(lines);
    let asked_for_memory = allocations(|| {
        for _ in 0..QUESTIONS {
            let bits = die.roll();
            black_box(consents.decide(policy, Some(below(bits, customers)), &uses[below(bits << 32, kinds) as usize], now));
        }
    });
    if let Some(count) = asked_for_memory {
        watch.figure(figure("allocations", precise(count), "allocations").with("decisions", QUESTIONS).at_most(0.0));
    }
    let handles = Handles::of(customers);
    let mut looked = Times::of(QUESTIONS, || {
        black_box(handles.find(below(die.roll(), customers)));
    });

    let share = (f64::from(allowed) / f64::from(QUESTIONS) * 100.0).round() / 100.0;
    let mut p50 = Vec::new();
    for (name, times) in [("random_access", &mut access), ("decide", &mut decided), ("look_up", &mut looked)] {
        for percent in [50, 99] {
            let nanos = times.quantile(percent).saturating_sub(clock);
            if percent == 50 {
                p50.push(nanos.as_secs_f64());
            }
            watch.figure(figure(&format!("{name}_p{percent}"), precise(u64::try_from(nanos.as_nanos()).unwrap_or(u64::MAX)), "ns"));
        }
    }
    if let [access, decided, ..] = p50[..] {
        watch.figure(figure("decide_over_random_access_p50", decided / access, "ratio").with("allowed_share", share).at_most(RATIO_MAX));
    }
}
