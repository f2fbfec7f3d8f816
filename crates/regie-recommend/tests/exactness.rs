//! Forgetting is exact: after random histories of learning, growing, forgetting and learning again, the model equals one
//! that learned only what remains, to the bit, and both equal the plain definition.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, reason = "small numbers, and scores of 24 bits")]

mod common;

use std::collections::BTreeMap;

use common::{Answer, Plain};
use proptest::prelude::*;
use regie_recommend::{Algorithm, CustomerSlot, ItemId, ItemKey, Learned, Model, Parameters, Scratch, Session, SessionKey, VisitDecay};

const ITEMS: u64 = 24;
const UNKNOWN: u64 = ITEMS;

/// Lasting keys in another order than the numbers.
fn item_key(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(7)
}

fn session_key(customer: u32, visit: u64) -> u64 {
    (u64::from(customer) << 32 | visit).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

fn id_of(model: &Model, number: u64) -> ItemId {
    if number >= UNKNOWN { ItemId(u32::MAX) } else { model.find(ItemKey(item_key(number))).unwrap() }
}

fn ids(model: &Model, numbers: &[u64]) -> Vec<ItemId> {
    numbers.iter().map(|&number| id_of(model, number)).collect()
}

fn empty_model(parameters: Parameters, items: impl Iterator<Item = u64>) -> Model {
    let mut model = Model::new(parameters).unwrap();
    for number in items {
        model.intern(ItemKey(item_key(number)));
    }
    model
}

#[derive(Clone, Debug)]
enum Step {
    Learn { customer: u32, visit: u64, start: u32, items: Vec<u64> },
    Append { customer: u32, visit: u64, start: u32, item: u64 },
    Forget { customer: u32 },
    ForgetSlice { customer: u32 },
    ForgetSession { customer: u32, visit: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (customer, visit, start) = (0_u32..6, 0_u64..40, 0_u32..12);
    let item = prop_oneof![12 => 0..ITEMS, 1 => Just(UNKNOWN)];
    let items = prop::collection::vec(item.clone(), 0..30);
    let step = prop_oneof![
        6 => (customer.clone(), visit.clone(), start.clone(), items)
            .prop_map(|(customer, visit, start, items)| Step::Learn { customer, visit, start, items }),
        6 => (customer.clone(), 0_u64..4, start, item)
            .prop_map(|(customer, visit, start, item)| Step::Append { customer, visit, start, item }),
        1 => customer.clone().prop_map(|customer| Step::Forget { customer }),
        1 => customer.clone().prop_map(|customer| Step::ForgetSlice { customer }),
        2 => (customer, visit).prop_map(|(customer, visit)| Step::ForgetSession { customer, visit }),
    ];
    prop::collection::vec(step, 1..150)
}

fn parameters() -> impl Strategy<Value = Parameters> {
    let decay = prop_oneof![Just(VisitDecay::Linear), (0.05..=1.0_f64).prop_map(|factor| VisitDecay::Exponential { factor })];
    let counts = (1_usize..40, 1_usize..20, 1_usize..=16, prop_oneof![1_usize..6, Just(20), Just(64)]);
    let algorithm = prop_oneof![Just(Algorithm::Vmis), Just(Algorithm::Vstan)];
    let ipw = prop_oneof![Just(1.0), 0.1..1.0_f64];
    let distances = (0.1..=1.0_f64, 0.1..=1.0_f64, 0.1..=1.0_f64, 0.0..=3.0_f64, prop_oneof![Just(1.0), 0.0..=4.0_f64]);
    let damping = prop_oneof![Just(0.0), 0.0..=1.0_f64];
    let snh = prop_oneof![Just(0), 1_u32..20];
    (counts, algorithm, decay, any::<bool>(), ipw, distances, (0_u8..=4, 0_u8..=4), damping, snh).prop_map(
        |(counts, algorithm, decay, repeat_current, ipw, distances, (alike, visit_idf), damping, snh_half_life)| {
            let (m, k, max_items, max_session_items) = counts;
            let (inh_after, inh_before, before, next, again) = distances;
            Parameters {
                algorithm,
                m,
                k,
                max_items,
                max_session_items,
                decay,
                repeat_current,
                ipw,
                inh_after,
                inh_before,
                before,
                next,
                again,
                alike,
                visit_idf,
                damping,
                snh_half_life,
            }
        },
    )
}

type Remaining = BTreeMap<(u32, u64), (u32, Vec<u64>)>;

/// Does the step to the model and, plainly, to what should remain.
fn apply(step: &Step, model: &mut Model, remaining: &mut Remaining) {
    match step {
        Step::Learn { customer, visit, start, items } => {
            let (slot, key) = (CustomerSlot(*customer), SessionKey(session_key(*customer, *visit)));
            let found = ids(model, items);
            let learned = model.learn(Session { customer: slot, key, start: *start, items: &found });
            let known: Vec<u64> = items.iter().copied().filter(|&item| item != UNKNOWN).collect();
            if known.is_empty() {
                assert_eq!(learned, Learned::Nothing);
                remaining.remove(&(*customer, *visit));
            } else {
                let before = remaining.insert((*customer, *visit), (*start, known));
                assert_eq!(before.is_none(), learned == Learned::New);
            }
        }
        Step::Append { customer, visit, start, item } => {
            let (slot, key) = (CustomerSlot(*customer), SessionKey(session_key(*customer, *visit)));
            model.append(slot, key, *start, id_of(model, *item));
            if *item != UNKNOWN || remaining.contains_key(&(*customer, *visit)) {
                let entry = remaining.entry((*customer, *visit)).or_default();
                entry.0 = *start;
                entry.1.extend(Some(*item).filter(|&item| item != UNKNOWN));
            }
        }
        Step::Forget { customer } => {
            let count = remaining.keys().filter(|(other, _)| other == customer).count();
            assert_eq!(model.forget(CustomerSlot(*customer)), count);
            remaining.retain(|(other, _), _| other != customer);
        }
        Step::ForgetSlice { customer } => {
            while model.forget_at_most(CustomerSlot(*customer), 2) > 0 {}
            remaining.retain(|(other, _), _| other != customer);
        }
        Step::ForgetSession { customer, visit } => {
            let known = remaining.remove(&(*customer, *visit)).is_some();
            let key = SessionKey(session_key(*customer, *visit));
            assert_eq!(model.forget_session(CustomerSlot(*customer), key), known);
        }
    }
}

fn answers(model: &Model, visit: &[u64], n: usize, blocked: u64, scratch: &mut Scratch) -> Vec<Answer> {
    let blocked = id_of(model, blocked);
    let mut out = Vec::new();
    model.predict(&ids(model, visit), n, |item| item != blocked, scratch, &mut out);
    // The reasons of some answers are those that they have among all.
    let all: Vec<_> = out.iter().zip(scratch.reasons()).map(|(scored, reasons)| (*scored, format!("{reasons:?}"))).collect();
    let mut some = Vec::new();
    model.predict_without_reasons(&ids(model, visit), n, |item| item != blocked, scratch, &mut some);
    some.retain(|scored| scored.item.0 % 2 == 0);
    model.explain_some(&ids(model, visit), &mut some, scratch);
    let some: Vec<_> = some.iter().zip(scratch.reasons()).map(|(scored, reasons)| (*scored, format!("{reasons:?}"))).collect();
    assert_eq!(some, all.into_iter().filter(|(scored, _)| scored.item.0 % 2 == 0).collect::<Vec<_>>());
    model.predict(&ids(model, visit), n, |item| item != blocked, scratch, &mut out);
    let key = |item| model.item_key(item).unwrap().0;
    let reasons = scratch.reasons().iter().map(|reasons| reasons.iter().map(|(item, _)| key(item)).collect::<Vec<_>>());
    let answer = out.iter().zip(reasons).map(|(scored, reasons)| {
        assert_eq!(Some(&key(scored.because)), reasons.first());
        (key(scored.item), scored.score, reasons)
    });
    answer.collect()
}

fn bits(answers: &[Answer]) -> Vec<(u64, u32, Vec<u64>)> {
    answers.iter().map(|(item, score, because)| (*item, score.to_bits(), because.clone())).collect()
}

fn plain(remaining: &Remaining) -> Vec<Plain> {
    let session = |(&(customer, visit), (start, items)): (&(u32, u64), &(u32, Vec<u64>))| Plain {
        start: *start,
        key: session_key(customer, visit),
        events: items.iter().map(|&item| item_key(item)).collect(),
    };
    remaining.iter().map(session).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn equals_a_model_that_never_knew(
        parameters in parameters(),
        steps in steps(),
        visits in prop::collection::vec((prop::collection::vec(0..=UNKNOWN, 0..20), 0_usize..12, 0..=UNKNOWN), 12),
        salt in any::<u64>(),
    ) {
        let mut model = empty_model(parameters, 0..ITEMS);
        let mut remaining = Remaining::new();
        for step in &steps {
            apply(step, &mut model, &mut remaining);
        }

        // Fresh: items in another order, customers with other numbers, sessions in another order.
        let mut fresh = empty_model(parameters, (0..ITEMS).rev());
        let mut bulk = empty_model(parameters, (0..ITEMS).map(|number| (number * 7 + salt % ITEMS) % ITEMS));
        let mut order: Vec<_> = remaining.iter().collect();
        order.sort_by_key(|((customer, visit), _)| session_key(*customer, *visit) ^ salt);
        for ((customer, visit), (start, items)) in &order {
            let (key, items) = (SessionKey(session_key(*customer, *visit)), ids(&fresh, items));
            fresh.learn(Session { customer: CustomerSlot(9 - customer), key, start: *start, items: &items });
        }
        let lists: Vec<_> = order.iter().map(|(_, (_, items))| ids(&bulk, items)).collect();
        // The bulk gets every session twice, first with one item only: the later holds.
        let sessions = |cut: usize| order.iter().zip(&lists).map(move |(((customer, visit), (start, _)), items)| Session {
            customer: CustomerSlot(100 + customer),
            key: SessionKey(session_key(*customer, *visit)),
            start: *start / cut as u32,
            items: &items[..items.len().div_ceil(cut)],
        });
        bulk.build(sessions(2).chain(sessions(1)));

        prop_assert_eq!(model.len(), remaining.len());
        prop_assert_eq!(model.digest(), fresh.digest());
        prop_assert_eq!(model.digest(), bulk.digest());

        let plain = plain(&remaining);
        let mut scratch = Scratch::new();
        for (visit, n, blocked) in &visits {
            let keys: Vec<u64> = visit.iter().map(|&number| item_key(number)).collect();
            let expected = bits(&common::predict(&plain, &parameters, &keys, *n, item_key(*blocked)));
            // One scratch for all three: nothing may leak from question to question.
            for (name, asked) in [("model", &model), ("fresh", &fresh), ("bulk", &bulk)] {
                let got = bits(&answers(asked, visit, *n, *blocked, &mut scratch));
                prop_assert_eq!(&got, &expected, "{} {:?}", name, visit);
            }
        }

        for customer in 0..6 {
            let mut mine: Vec<_> = model.sessions_of(CustomerSlot(customer)).map(|view| view.key.0).collect();
            mine.sort_unstable();
            let mut expected: Vec<_> =
                remaining.keys().filter(|key| key.0 == customer).map(|key| session_key(key.0, key.1)).collect();
            expected.sort_unstable();
            prop_assert_eq!(mine, expected);
        }
    }
}

/// A fixed sequence of scattered numbers.
fn scattered(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// Lists of many blocks, where the newest m matter: against the plain definition, with half forgotten.
#[test]
fn long_lists() {
    for parameters in [Parameters::vmis(), Parameters::default()] {
        check_long_lists(Parameters { m: 150, k: 60, ..parameters });
    }
}

fn check_long_lists(parameters: Parameters) {
    let mut random = scattered(7);
    let mut model = empty_model(parameters, 0..ITEMS);
    let mut remaining = Remaining::new();
    for visit in 0..3_000_u64 {
        let customer = random(200) as u32;
        // Low numbers are much more common.
        let items: Vec<u64> = (0..1 + random(6)).map(|_| random(ITEMS) * random(ITEMS) / ITEMS).collect();
        let start = (visit + random(300)) as u32;
        apply(&Step::Learn { customer, visit, start, items }, &mut model, &mut remaining);
    }
    for customer in 0..100 {
        apply(&Step::Forget { customer }, &mut model, &mut remaining);
    }
    assert!(model.sessions_with(id_of(&model, 0)) > 300, "the list has several blocks");
    let plain = plain(&remaining);
    let (mut scratch, mut answered) = (Scratch::new(), 0);
    for _ in 0..150 {
        let visit: Vec<u64> = (0..1 + random(8)).map(|_| random(ITEMS)).collect();
        let keys: Vec<u64> = visit.iter().map(|&number| item_key(number)).collect();
        let expected = common::predict(&plain, &parameters, &keys, 20, u64::MAX);
        answered += usize::from(!expected.is_empty());
        assert_eq!(bits(&answers(&model, &visit, 20, UNKNOWN, &mut scratch)), bits(&expected), "{visit:?}");
    }
    assert!(answered > 120);
    while let Some(&(customer, _)) = remaining.keys().next() {
        apply(&Step::Forget { customer }, &mut model, &mut remaining);
    }
    assert_eq!(model.digest(), empty_model(parameters, 0..1).digest());
}
